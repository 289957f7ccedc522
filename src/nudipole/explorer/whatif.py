r"""Limits with other assumptions from a table of expected counts: what the sliders of the page do, in Python.

With factors on exposure (x), background (b), efficiency (e) and systematic errors (s), and a share k of each bin above
the threshold,

.. math::

    n \to x\,e\,k\,n, \qquad B_{\rm SM} \to x\,e\,k\,B_{\rm SM}, \qquad B \to x\,b\,k\,B, \qquad
    N \to x\,[\,k N + (B'_{\rm SM} + B') - k\,(B_{\rm SM} + B)\,],

so that the data keep their distance to the expectation; Gaussian errors go as sqrt(x b k), shifts as what they shift,
those of constrained pulls also times s. Exposure, efficiency, confidence level and (for pulls on the rate) systematic
errors are exact; background and threshold are not where the card gives only an error or one window: the background is
then taken as flat, and an error as that of its background. A threshold of photon energy changes the signal alone, by the
shares of :mod:`nudipole.explorer.photon_energies`. The page runs the same formulas (``web/whatif.js``), and a
test compares both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.errors import DomainError, check_between
from nudipole.explorer.yields import Survival, Yields
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, PublishedLimit
from nudipole.inference.counting import check_confidence_level
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic, Statistic

FloatArray = npt.NDArray[np.float64]
Excluded = tuple[tuple[Interval, ...], ...]
_FINE = 400  # places among which the largest number of surviving N is looked for


@dataclass(frozen=True)
class Settings:
    """Positions of the sliders: factors, 1 being the card; the threshold in units of the axis; the confidence level.

    ``majorana``: N decays twice as fast at the same coupling, so that counts over d^2 are those of a Dirac N at sqrt(2) d.
    Exact where N is only seen, or only lost, by how fast it decays; angles and energies of photons stay those of a Dirac N.

    Raises
    ------
    DomainError
        If a factor is not between 1e-4 and 1e4 (systematic: 0 to 100) or the confidence level not in (0, 1).
    """

    cl: float
    exposure: float = 1.0
    background: float = 1.0
    efficiency: float = 1.0
    systematic: float = 1.0
    threshold: float | None = None
    majorana: bool = False

    def __post_init__(self) -> None:
        check_confidence_level(self.cl)
        check_between(1e-4, 1e4, exposure=self.exposure, background=self.background, efficiency=self.efficiency)
        check_between(0.0, 100.0, systematic=self.systematic)


@dataclass(frozen=True)
class _Table:
    """A table of counts as the statistic wants it; couplings enter through a cubic in ln d."""

    yields: Yields
    scale: FloatArray  # (s,), what the settings make of each bin of the table
    sums: FloatArray  # (s, b), from bins of the table to bins of the data
    per_d2: FloatArray | None
    relative_shifts: FloatArray | None
    shift: float = 0.0  # of ln d at which the table is read
    photons: FloatArray | None = None  # (m,), counts above the threshold of photon energy over those of the card

    def __len__(self) -> int:
        return len(self.yields.masses)

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts in the bins of the data at couplings d, shape d.shape + (bins,)."""
        d = np.asarray(d, dtype=float)
        if self.per_d2 is not None:
            return d[..., None] ** 2 * self.per_d2[mass_index]
        logs = self.yields.log_counts
        assert logs is not None
        assert self.yields.couplings is not None
        value = cubic(np.log(self.yields.couplings[mass_index]), logs[mass_index], np.log(d).ravel() + self.shift)
        counts = d.ravel()[:, None] ** 2 * np.exp(value) * self.scale
        counts = counts if self.photons is None else counts * self.photons[mass_index]
        return np.asarray((counts @ self.sums).reshape(*d.shape, -1))


def cubic(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Cubic Hermite interpolation with central slopes between equally spaced nodes, straight lines beyond them.

    Parameters
    ----------
    x : ndarray (k,)
        Equally spaced.
    y : ndarray (k, s)
    at : ndarray (n,)

    Returns
    -------
    ndarray (n, s)
    """
    step = (x[-1] - x[0]) / (len(x) - 1)
    slope = np.empty_like(y)
    slope[1:-1] = 0.5 * (y[2:] - y[:-2])
    slope[0], slope[-1] = y[1] - y[0], y[-1] - y[-2]
    place = (at - x[0]) / step
    left = np.clip(np.floor(place), 0, len(x) - 2).astype(np.intp)
    t = (place - left)[:, None]
    a, b, sa, sb = y[left], y[left + 1], slope[left], slope[left + 1]
    inner = a + t * (sa + t * (3 * (b - a) - 2 * sa - sb + t * (sa + sb - 2 * (b - a))))
    return np.where(t < 0, a + t * sa, np.where(t > 1, b + (t - 1) * sb, inner))


def recompute(table: Yields, settings: Settings) -> Excluded:
    """Excluded intervals in d [GeV^-1] at each mass of the table.

    Raises
    ------
    DomainError
        If the table has no what-if, or the settings leave nothing of the data.
    """
    if table.rule == "none":
        raise DomainError(f"{table.key}: {table.reason or 'no what-if'}")
    signal, statistic = prepare(table, settings)
    found = statistic.intervals(signal, settings.cl)
    if table.survival is None:
        return found
    survival = replace(table.survival, couplings=table.survival.couplings * np.exp(-_shift(settings)))
    return tuple(surviving(survival, m, intervals) for m, intervals in enumerate(found))


def _shift(settings: Settings) -> float:
    return 0.5 * float(np.log(2.0)) if settings.majorana else 0.0


def log_survival(survival: Survival, m: int, log_coupling: FloatArray) -> FloatArray:
    """ln S at mass m and ln d (n,); zero below the grid, where every N leaves."""
    x = np.log(survival.couplings[m])
    inside = cubic(x, survival.logs[m][:, None], np.maximum(log_coupling, x[0]))[:, 0]
    return np.where(log_coupling < x[0], 0.0, inside)


def surviving(survival: Survival, m: int, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """From the excluded y = d^2 of stable N to the d with y = d^2 S(d): regions close where too few N leave.

    Parameters
    ----------
    survival : Survival
    m : int
        Which mass.
    intervals : tuple of Interval
        In sqrt(y); of those that begin at zero, where data prefer N, only the lower end is changed.
    """

    def reach(at: FloatArray) -> FloatArray:
        """ln of sqrt(y)."""
        return at + 0.5 * log_survival(survival, m, at)

    x = np.log(survival.couplings[m])
    grid = np.linspace(x[0], x[-1], _FINE)
    values = reach(grid)
    top = int(np.argmax(values))
    found: list[Interval] = []
    for interval in intervals:
        edge = interval.low or interval.high
        if edge is None or np.log(edge) >= values[top]:
            found += [] if interval.low else [Interval(0.0, None)]
            continue
        level = float(np.log(edge))
        low = float(np.exp(_root(reach, level, min(level, float(grid[0])) - 1e-9, float(grid[top]))))
        if not interval.low:
            found.append(Interval(0.0, low))
        elif values[-1] >= level:
            found.append(Interval(low, None))
        else:
            found.append(Interval(low, float(np.exp(_root(reach, level, float(grid[-1]), float(grid[top]))))))
    return tuple(found)


def _root(function: Callable[[FloatArray], FloatArray], level: float, outside: float, inside: float) -> float:
    """Where a function crosses the level between a place below it and one above, by bisection."""
    for _ in range(60):
        middle = 0.5 * (outside + inside)
        if function(np.array([middle]))[0] >= level:
            inside = middle
        else:
            outside = middle
    return 0.5 * (outside + inside)


def prepare(table: Yields, settings: Settings) -> tuple[_Table, Statistic]:
    """Signal and statistic under these settings."""
    kept = _kept(table, settings.threshold)
    bins = int(table.group.max()) + 1
    groups = np.zeros((len(table.group), bins))
    groups[np.arange(len(table.group)), table.group] = 1.0
    share = _share(table, kept, groups)
    used = np.nonzero(share > 0)[0]
    if used.size == 0:
        raise DomainError(f"{table.key}: the threshold leaves nothing of the data")
    scale, sums = settings.exposure * settings.efficiency * kept, groups[:, used]
    per_d2 = None if table.per_d2 is None else (table.per_d2 * scale) @ sums
    whole = table.likelihood
    pulls = () if whole is None else whole.pulls
    loose = np.array([1.0 if p.free else settings.systematic for p in pulls])
    relative = _relative(table, kept, sums, loose)
    photons = None if table.photons is None else table.photons.above(settings.threshold)
    signal = _Table(table, scale, sums, per_d2, relative, _shift(settings), photons)
    if table.rule == "allowed":
        allowed = float(np.interp(settings.cl, table.levels, table.allowed))
        return signal, CountStatistic(PublishedLimit(allowed, settings.cl))
    assert whole is not None
    assert whole.shifts is not None
    own = (table.standard_model * kept) @ sums
    own_nominal = _nominal_own(table, groups)[used]
    card = whole.background[used] - own_nominal
    own_now, card_now = settings.efficiency * own, settings.background * share[used] * card
    expected = own_now + card_now
    data = share[used] * whole.observed[used] + expected - share[used] * whole.background[used]
    observed = expected if table.expectation_as_data else data
    ratio = np.divide(own_now, own_nominal, out=np.zeros_like(own), where=own_nominal != 0)
    own_shifts = table.own_shifts[:, used]
    shifts = own_shifts * ratio + (whole.shifts[:, used] - own_shifts) * settings.background * share[used]
    sigma = whole.sigma[used] * np.sqrt(settings.exposure * settings.background * share[used])
    observed = np.where(sigma > 0, observed, np.maximum(observed, 0.0)) * settings.exposure
    expected = expected * settings.exposure
    if table.rule == "feldman-cousins":
        seen, mean = int(np.floor(observed.sum() + 0.5)), float(expected.sum())
        return signal, CountStatistic(Counts(seen, mean))
    changed = Likelihood(observed, expected, sigma, pulls, shifts * settings.exposure * loose[:, None])
    return signal, ProfileStatistic(changed, 1, table.one_sided)


def _kept(table: Yields, threshold: float | None) -> FloatArray:
    """Share of each bin of the table above the threshold; by default those inside the data's own edges."""
    low, high = table.edges[:-1], table.edges[1:]
    start = table.data_edges[0] if threshold is None and table.threshold else threshold
    if start is None or not table.threshold:
        return np.ones(len(table.group))
    return np.clip((high - start) / (high - low), 0.0, 1.0)


def _share(table: Yields, kept: FloatArray, groups: FloatArray) -> FloatArray:
    """Width that is kept over the width of each bin of the data."""
    if not table.threshold:
        return np.ones(groups.shape[1])
    return np.asarray((kept * np.diff(table.edges)) @ groups / np.diff(table.data_edges))


def _nominal_own(table: Yields, groups: FloatArray) -> FloatArray:
    return np.asarray((table.standard_model * _kept(table, None)) @ groups)


def _relative(table: Yields, kept: FloatArray, sums: FloatArray, loose: FloatArray) -> FloatArray | None:
    """Relative change of each bin of the data for each pull, shape (m or 1, j, b)."""
    if table.relative is None:
        return None
    if len(table.group) == sums.shape[1] and np.all(kept > 0):
        return table.relative * loose[:, None]
    # a mean over the bins that are joined, weighted with their counts
    weight = np.ones((1, len(kept))) * kept if table.per_d2 is None else table.per_d2 * kept
    joined = weight @ sums
    safe = np.where(joined > 0, joined, 1.0)
    part = np.einsum(
        "mjs,ms,sb->mjb", np.broadcast_to(table.relative, (len(weight), *table.relative.shape[1:])), weight, sums
    )
    return np.asarray(part / safe[:, None, :] * loose[:, None])
