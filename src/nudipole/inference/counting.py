r"""Counting experiments: Poisson and Feldman-Cousins upper limits, on/off counting, and plain event thresholds.

Feldman & Cousins, Phys. Rev. D 57 (1998) 3873 :cite:`Feldman:1997qc`: for each signal s, counts are accepted in order
of the likelihood ratio P(n | s + b) / P(n | max(0, n - b) + b) until the confidence level is reached. Their tables
lengthen some intervals so that the ends fall monotonically with b; that cosmetic step is left out here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.errors import DomainError, check_between, check_count, check_non_negative

FloatArray = npt.NDArray[np.float64]
_MOST_COUNTS = 1e4  # of the Feldman-Cousins construction, which lists every count
_AT_ONCE = 1_000_000  # probabilities of its table
_MOST_EVENTS = 1e12  # the likelihood ratio of on/off counting has no digits left beyond


def check_confidence_level(cl: float) -> None:
    """Raise :class:`~nudipole.errors.DomainError` unless 0 < cl < 1."""
    if not 0.0 < cl < 1.0:
        raise DomainError(f"confidence level must lie between 0 and 1 (exclusive), got {cl:g}")


def critical_value(cl: float, parameters: int = 1, one_sided: bool = False) -> float:
    """Delta chi^2 at which a point is excluded, for 1 or 2 parameters; one-sided for one parameter only.

    Raises
    ------
    DomainError
        If the level is not between 0 and 1, or a one-sided one is 50 % or less, where everything would be excluded.

    Examples
    --------
    >>> round(critical_value(0.90), 2), round(critical_value(0.90, 2), 2), round(critical_value(0.90, 1, True), 2)
    (2.71, 4.61, 1.64)
    """
    check_confidence_level(cl)
    if one_sided:
        if parameters != 1:
            raise DomainError("a one-sided limit has one parameter")
        if cl <= 0.5:
            raise DomainError(f"a one-sided limit needs a confidence level above 0.5, got {cl:g}")
        return float(special.ndtri(cl) ** 2)
    check_count(parameters=parameters)
    return float(2.0 * special.gammaincinv(0.5 * parameters, cl))


def poisson_upper_limit(observed: float, background: float, cl: float) -> float:
    """Classical upper limit on a Poisson signal: P(n <= observed | s + b) = 1 - cl; 0 if even s = 0 is unlikely."""
    check_confidence_level(cl)
    check_non_negative(observed=observed, background=background)
    total = float(special.gammaincinv(observed + 1.0, cl))
    return max(total - background, 0.0)


@functools.lru_cache(maxsize=256)
def feldman_cousins(observed: int, background: float, cl: float) -> tuple[float, float]:
    """Feldman-Cousins interval (low, high) of a Poisson signal with a known background.

    The bare construction. For counts far below the background the authors' table is longer, as they do not let the upper
    end fall and rise again with the background: no count over 3 gives 1.08 there, 0.95 here.

    Examples
    --------
    >>> [round(x, 2) for x in feldman_cousins(0, 0.0, 0.90)]
    [0.0, 2.44]
    """
    check_confidence_level(cl)
    check_between(0.0, _MOST_COUNTS, observed=observed, background=background)
    if observed != int(observed):
        raise DomainError(f"a Feldman-Cousins count must be a whole number, got {observed}")
    observed = int(observed)
    top = observed + background + 15.0 * np.sqrt(observed + background + 1.0) + 15.0
    counts = np.arange(int(2 * top + 50))
    best = np.maximum(counts - background, 0.0) + background

    def accepted(signal: FloatArray) -> npt.NDArray[np.bool_]:
        """True if the counts of a larger likelihood ratio (of equal ones the smaller) do not fill the confidence level."""
        mean = (signal + background)[:, None]
        probability = np.exp(special.xlogy(counts, mean) - special.gammaln(counts + 1.0) - mean)
        log_ratio = special.xlogy(counts, mean / np.where(best > 0, best, 1.0)) - (mean - best)
        ours = log_ratio[:, observed, None]
        before = (log_ratio > ours) | ((log_ratio == ours) & (counts < observed))
        return np.asarray(np.sum(probability, axis=1, where=before) < cl)

    grid = np.linspace(0.0, top, 2001)
    inside = np.concatenate([accepted(part) for part in np.array_split(grid, 1 + grid.size * counts.size // _AT_ONCE)])
    if not inside.any():
        raise DomainError(f"no Feldman-Cousins interval for {observed} counts over {background}")
    first, last = int(np.argmax(inside)), int(len(inside) - 1 - np.argmax(inside[::-1]))
    low = 0.0 if first == 0 else _edge(accepted, grid[first - 1], grid[first])
    return low, _edge(accepted, grid[last + 1], grid[last])


def _edge(accepted: Callable[[FloatArray], npt.NDArray[np.bool_]], outside: float, inside: float) -> float:
    for _ in range(40):
        middle = 0.5 * (outside + inside)
        if accepted(np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return float(inside)


def on_off_significance(on: float, off: float, ratio: float, signal: float) -> float:
    r"""-2 ln of the profile likelihood ratio for n_on ~ P(s + b), n_off ~ P(tau b), tau = off / on exposure.

    Li & Ma 1983; Rolke et al. 2005. Zero at the best fit.
    """
    check_between(1.0 / _MOST_EVENTS, _MOST_EVENTS, ratio=ratio)
    check_between(0.0, 1e3 * _MOST_EVENTS**2, on=on, off=off, signal=signal)

    def minus_two_log(s: float) -> float:
        # b solves (1 + tau) b^2 + [(1 + tau) s - on - off] b - off s = 0
        a, b, c = 1 + ratio, (1 + ratio) * s - on - off, -off * s
        root = np.sqrt(b * b - 4 * a * c)
        best = -2 * c / (b + root) if b > 0 else (root - b) / (2 * a)  # the form without cancellation
        best = max(best, np.finfo(float).tiny)
        return float(-2 * (special.xlogy(on, s + best) - s - best + special.xlogy(off, ratio * best) - ratio * best))

    best_signal = max(on - off / ratio, 0.0)
    return minus_two_log(signal) - minus_two_log(best_signal)


def on_off_upper_limit(on: float, off: float, ratio: float, cl: float) -> float:
    """Upper limit on the signal from the on/off profile likelihood, one-sided."""
    from scipy.optimize import brentq

    check_between(0.0, _MOST_EVENTS, on=on, off=off)
    check_between(1.0 / _MOST_EVENTS, _MOST_EVENTS, ratio=ratio)
    target = critical_value(cl, one_sided=True)
    start = max(on - off / ratio, 0.0)
    width = np.sqrt(on + off / ratio**2 + 1.0)

    def excess(signal: float) -> float:
        return on_off_significance(on, off, ratio, signal) - target

    nearest = start + 1e-9 * width
    return float(brentq(excess, nearest, start + 50 * width)) if excess(nearest) < 0 else start
