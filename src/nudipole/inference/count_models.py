r"""How a number of signal events is judged: counts over a background, published limits, expected significances.

Each model answers four questions about s, the expected number of signal events:

* ``allowed(cl)``: the largest s that is not excluded;
* ``statistic(s)``: what is held against ``critical(cl)``, so that :math:`q(\mathrm{allowed}(cl)) = \mathrm{critical}(cl)`;
* ``minus_two_log(s)``: :math:`-2\ln L(s)/L(0)`, which adds over independent experiments.

For discrete counts there is no statistic with a fixed critical value, so q is the confidence level at which s is the
edge, on the scale of a chi^2 of one degree of freedom.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.errors import LARGEST_TOTAL, DomainError, check_between, check_non_negative, check_positive
from nudipole.inference.counting import check_confidence_level, critical_value, on_off_significance, on_off_upper_limit

FloatArray = npt.NDArray[np.float64]
_LEVEL_DIGITS = 1e-9
_GRID, _NODES = 241, 16  # signals scanned for the last accepted one; nodes of the average over systematic uncertainties
_MOST_COUNTS = 1e4


def _events(signal: npt.ArrayLike) -> FloatArray:
    """Numbers of signal events, at least none."""
    check_non_negative(largest=LARGEST_TOTAL, signal=signal)
    return np.asarray(signal, dtype=float)


class CountModel(Protocol):
    """See the head of the module."""

    def critical(self, cl: float) -> float: ...
    def allowed(self, cl: float) -> float: ...
    def statistic(self, signal: npt.ArrayLike) -> FloatArray: ...
    def minus_two_log(self, signal: npt.ArrayLike) -> FloatArray: ...
    @property
    def test(self) -> str:
        """In words, for the page of the card."""
        ...


@dataclass(frozen=True)
class PublishedLimit:
    """At most ``number`` signal events at the confidence level ``level``, one-sided.

    Without an ``approximation`` there is nothing to compute another level from, and it is refused. ``gaussian``: a
    Gaussian measurement of zero with the uncertainty that gives this limit; ``poisson``: no event and no background, with
    the efficiency that gives it.

    Examples
    --------
    >>> round(PublishedLimit(3.0, 0.95, "poisson").allowed(0.90), 3)
    2.306
    """

    number: float
    level: float
    approximation: Literal["", "gaussian", "poisson"] = ""

    def __post_init__(self) -> None:
        check_positive(number=self.number)
        check_confidence_level(self.level)

    @property
    def test(self) -> str:
        how = {
            "": "as published, other levels are refused; Gaussian likelihood for joint fits",
            "gaussian": "other levels as of a Gaussian measurement of zero",
            "poisson": "other levels as of no event without background",
        }
        return f"upper limit of {self.number:.4g} events at {self.level:.3g}, {how[self.approximation]}"

    def critical(self, cl: float) -> float:
        return critical_value(cl, one_sided=True)

    def allowed(self, cl: float) -> float:
        check_confidence_level(cl)
        if abs(cl - self.level) < _LEVEL_DIGITS:
            return self.number
        if not self.approximation:
            raise DomainError(
                f"the limit of {self.number:.4g} events is known at the confidence level {self.level:g} only, not at {cl:g}"
            )
        if self.approximation == "poisson":
            return float(self.number * np.log1p(-cl) / np.log1p(-self.level))
        return float(self.number * np.sqrt(self.critical(cl) / self.critical(self.level)))

    def statistic(self, signal: npt.ArrayLike) -> FloatArray:
        share = _events(signal) / self.number
        if self.approximation == "poisson":
            return np.asarray(np.maximum(-special.ndtri_exp(np.log1p(-self.level) * share), 0.0) ** 2)
        return self.critical(self.level) * share**2

    def minus_two_log(self, signal: npt.ArrayLike) -> FloatArray:
        share = _events(signal) / self.number
        if self.approximation == "poisson":
            return np.asarray(-2.0 * np.log1p(-self.level) * share)
        return self.critical(self.level) * share**2


#: No event seen and none expected: -ln(1 - CL) events, 2.30 at 90 %.
NOTHING_SEEN = PublishedLimit(float(-np.log1p(-0.9)), 0.9, "poisson")


@dataclass(frozen=True)
class Significance:
    """A projection: excluded where S / sqrt(S + B) exceeds the one-sided normal quantile."""

    background: float

    def __post_init__(self) -> None:
        check_non_negative(background=self.background)

    test: str = "expected significance S / sqrt(S + B), one-sided"

    def critical(self, cl: float) -> float:
        return critical_value(cl, one_sided=True)

    def allowed(self, cl: float) -> float:
        z2 = self.critical(cl)
        return float(0.5 * (z2 + np.sqrt(z2**2 + 4.0 * z2 * self.background)))

    def statistic(self, signal: npt.ArrayLike) -> FloatArray:
        signal = _events(signal)
        return np.divide(signal**2, signal + self.background, out=np.zeros(signal.shape), where=signal > 0)

    def minus_two_log(self, signal: npt.ArrayLike) -> FloatArray:
        return self.statistic(signal)


@dataclass(frozen=True)
class OnOff:
    """n_on ~ P(s + own + b), n_off ~ P(ratio b): profile likelihood, one-sided (Li & Ma 1983; Rolke et al. 2005)."""

    on: float
    off: float
    ratio: float
    own: float = 0.0
    test: str = "profile likelihood of on and off counts, one-sided"

    def critical(self, cl: float) -> float:
        return critical_value(cl, one_sided=True)

    def allowed(self, cl: float) -> float:
        room = on_off_upper_limit(self.on, self.off, self.ratio, cl) - self.own
        if room <= 0.0:
            raise DomainError(
                f"{self.on:g} counts leave no room for the expectation of {self.own:g} without a signal at {cl:g}"
            )
        return room

    def statistic(self, signal: npt.ArrayLike) -> FloatArray:
        best = max(self.on - self.off / self.ratio, 0.0)
        total = np.asarray(signal, dtype=float) + self.own
        return np.where(total > best, self._ratio(total), 0.0)

    def minus_two_log(self, signal: npt.ArrayLike) -> FloatArray:
        signal = _events(signal)
        return self._ratio(signal + self.own) - self._ratio(np.array(self.own))

    def _ratio(self, total: FloatArray) -> FloatArray:
        flat = [on_off_significance(self.on, self.off, self.ratio, float(s)) for s in np.ravel(total)]
        return np.reshape(flat, np.shape(total))


@dataclass(frozen=True)
class Counts:
    r"""One count over an expected background: the unified construction of Feldman and Cousins.

    Systematic uncertainties enter as a Gaussian spread of the expectation, :math:`\tau^2 = A s^2 + 2 B s + C`, over which
    the Poisson probability is averaged before the ordering (Conrad et al., Phys. Rev. D 67 (2003) 012002).

    Parameters
    ----------
    observed : int
    background : float
    spread : tuple of three float
        A, B, C.

    Examples
    --------
    >>> round(Counts(0, 0.0).allowed(0.9), 2), round(float(Counts(0, 0.0).statistic(2.4358)), 2)
    (2.44, 2.71)
    """

    observed: int
    background: float
    spread: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        check_between(0.0, _MOST_COUNTS, observed=self.observed, background=self.background)

    @property
    def test(self) -> str:
        averaged = ", averaged over systematic uncertainties" if any(self.spread) else ""
        return f"Feldman-Cousins, {self.observed} counts over {self.background:.3g}{averaged}"

    def critical(self, cl: float) -> float:
        return critical_value(cl)

    def statistic(self, signal: npt.ArrayLike) -> FloatArray:
        signal = _events(signal)
        flat = signal.ravel()
        result = np.zeros(flat.shape)
        near = (flat < self.farthest) & (flat > max(self.observed - self.background, 0.0))
        for part in np.array_split(np.nonzero(near)[0], 1 + flat.size // 500):
            result[part] = special.ndtri(0.5 * self._p_value(flat[part])) ** 2 if part.size else 0.0
        far = flat >= self.farthest  # beyond the construction, where the level has no digits left
        result[far] = _FARTHEST_CHI2 * flat[far] / self.farthest
        return result.reshape(signal.shape)

    def allowed(self, cl: float) -> float:
        """The last signal that is accepted at this level, however the acceptance goes up and down before."""
        target = self.critical(cl)
        grid = np.concatenate(
            [[max(self.observed - self.background, 0.0)], np.linspace(0.0, self.farthest, _GRID)[1:-1]]
        )
        grid = np.sort(grid[grid >= grid[0]])
        inside = np.nonzero(self.statistic(grid) < target)[0]
        low = grid[inside[-1]] if inside.size else grid[0]
        high = grid[inside[-1] + 1] if inside.size and inside[-1] + 1 < grid.size else self.farthest
        for _ in range(50):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.statistic(middle) < target else (low, middle)
        return float(0.5 * (low + high))

    def minus_two_log(self, signal: npt.ArrayLike) -> FloatArray:
        signal = _events(signal)
        floor = max(self.background, 1e-9)
        return np.asarray(2 * (signal - special.xlogy(self.observed, (signal + floor) / floor)))

    @property
    def farthest(self) -> float:
        """Signals [events] beyond which nothing is left to compute."""
        a, _, c = self.spread
        size = self.observed + self.background + 1.0
        return (self.observed + 12.0 * np.sqrt(size) + 20.0 + 6.0 * np.sqrt(c)) * (1.0 + min(6.0 * np.sqrt(a), 4.0))

    @functools.cached_property
    def _counts(self) -> FloatArray:
        top = self.farthest + self.background
        return np.arange(int(top + 12.0 * np.sqrt(top + 1.0) + 20.0), dtype=float)

    @functools.cached_property
    def _best(self) -> FloatArray:
        """Largest probability of each count over all signals >= 0."""
        wide = np.maximum(self._counts - self.background, 0.0)
        best = self._probability(wide)[np.arange(wide.size), np.arange(wide.size)]
        return np.maximum(best, self._probability(np.zeros(1))[0])

    def _probability(self, signal: FloatArray) -> FloatArray:
        """P(n | s), shape (signals, counts)."""
        mean = signal + self.background
        a, b, c = self.spread
        if not any(self.spread):
            return _poisson(self._counts, mean[:, None])
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        tau = np.sqrt(np.maximum(a * signal**2 + 2 * b * signal + c, 0.0))
        spread = np.maximum(mean[:, None] + tau[:, None] * nodes, 0.0)
        return np.asarray(
            np.einsum("snk,k->sn", _poisson(self._counts[:, None], spread[:, None, :]), weights / weights.sum())
        )

    def at_most(self, signal: FloatArray) -> FloatArray:
        """Probability of no more than the observed count for signals (n,), shape (n,)."""
        return np.asarray(np.sum(self._probability(signal)[:, : self.observed + 1], axis=1))

    def _p_value(self, signal: FloatArray) -> FloatArray:
        """Probability of the counts that are no more likely, relative to their best signal, than the observed one."""
        probability = self._probability(signal)
        ratio = probability / np.where(self._best > 0, self._best, 1.0)
        ours = ratio[:, self.observed, None] * (1.0 + 1e-12)
        return np.asarray(np.sum(probability, axis=1, where=ratio <= ours))


_FARTHEST_CHI2 = 80.0


def _poisson(counts: FloatArray, mean: FloatArray) -> FloatArray:
    return np.asarray(np.exp(special.xlogy(counts, mean) - special.gammaln(counts + 1.0) - mean))
