r"""From counts to excluded intervals in the coupling d.

Two statistics, one question (is this d excluded?):

* :class:`ProfileStatistic`: Delta chi^2 of a :class:`~nudipole.inference.likelihood.Likelihood` against its best fit in
  d at the same mass (1 parameter) or over all masses (2 parameters), two-sided or one-sided;
* :class:`CountStatistic`: the summed signal against an upper limit on the number of events.

Where the signal is exactly proportional to d^2 best fit and edges are found for all masses at once
(:mod:`nudipole.inference.profile`); otherwise Delta chi^2 is scanned in ln d and every crossing is zoomed into.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.profile import Profile

FloatArray = npt.NDArray[np.float64]
# couplings scanned where the signal is not proportional to d^2 [GeV^-1]
D_SCAN = np.geomspace(1e-12, 1e1, 105)
_ZOOM_ROUNDS, _ZOOM_POINTS = 4, 11
_FLAT = 1e-9  # of chi^2 between neighbours of the scan: no signal there


class Signal(Protocol):
    """Expected counts of a grid of masses as a function of the coupling."""

    @property
    def per_d2(self) -> FloatArray | None:
        """Counts per d^2, shape (masses, bins), if exactly proportional to d^2; None otherwise."""

    @property
    def relative_shifts(self) -> FloatArray | None:
        """Relative change of each bin for each pull, shape (masses or 1, pulls, bins)."""

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts at couplings d, shape d.shape + (bins,)."""

    def __len__(self) -> int: ...


class Statistic(Protocol):
    """What decides whether a coupling is excluded."""

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        """Excluded intervals at each mass."""

    def delta_chi2(self, signal: Signal, mass_index: int, d: FloatArray) -> FloatArray:
        """-2 ln L relative to no signal; for counting limits the equivalent on the chi^2 scale."""


@dataclass(frozen=True)
class ProfileStatistic:
    """Delta chi^2 of a profile likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    parameters : int
        1: best fit at the same mass. 2: best fit over all masses on the grid, critical value for two parameters.
    one_sided : bool
        Exclude only couplings above the best fit, with the one-sided critical value.
    best_chi2 : float, optional
        Chi^2 of the best fit over all masses where it is known (:meth:`anchored`); otherwise that of the masses given.
    """

    likelihood: Likelihood
    parameters: int = 1
    one_sided: bool = False
    best_chi2: float | None = None

    def anchored(self, signal: Signal) -> ProfileStatistic:
        """The same, two parameters fitted to the masses of this signal: intervals at other masses then agree with it."""
        values = [
            self._chi2(signal.counts(i, D_SCAN), _shifts_at(signal.relative_shifts, i)) for i in range(len(signal))
        ]
        return replace(self, best_chi2=min(self._refined_minimum(signal, i, v)[1] for i, v in enumerate(values)))

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        critical = critical_value(cl, self.parameters, self.one_sided)
        if signal.per_d2 is not None:
            return self._quadratic(signal.per_d2, signal.relative_shifts, critical)
        return self._scanned(signal, critical)

    def delta_chi2(self, signal: Signal, mass_index: int, d: FloatArray) -> FloatArray:
        counts = signal.counts(mass_index, d)
        return self._chi2(counts, _shifts_at(signal.relative_shifts, mass_index)) - self._chi2(
            np.zeros_like(counts[:1])
        )

    def _chi2(self, counts: FloatArray, relative: FloatArray | None = None) -> FloatArray:
        shifts = None if relative is None else counts[..., None, :] * relative
        return self.likelihood.chi2(counts, shifts)[0]

    def _quadratic(
        self, per_d2: FloatArray, relative: FloatArray | None, critical: float
    ) -> tuple[tuple[Interval, ...], ...]:
        """Edges in x = d^2 for all masses at once."""
        reach = per_d2.sum(axis=1) * D_SCAN[-1] ** 2 > 1e-6
        rows = np.nonzero(reach)[0]
        result: list[tuple[Interval, ...]] = [()] * len(per_d2)
        if rows.size == 0:
            return tuple(result)
        # in units of the statistical noise every search starts near one, whatever the size of the signal
        unit = per_d2[rows]
        moving = np.zeros(0, dtype=np.intp) if relative is None else np.nonzero(np.any(relative, axis=(0, 2)))[0]
        moved = np.zeros((1, 0, unit.shape[1])) if relative is None else relative[:, moving]
        moved = np.broadcast_to(moved, (len(per_d2), *moved.shape[1:]))[rows]
        noise = np.maximum(self.likelihood.observed, self.likelihood.background)
        variance = np.where(self.likelihood.sigma > 0, self.likelihood.sigma**2, np.maximum(noise, 1.0))
        scale = 1.0 / np.sqrt(np.sum(unit**2 / variance, axis=1))
        profile = Profile(self.likelihood, unit * scale[:, None], moved, moving)
        best = profile.minimum()
        if self.parameters == 2:
            best = replace(best, chi2=np.full_like(best.chi2, best.chi2.min()))
        high = profile.edge(best, critical, above=True)
        low = None if self.one_sided else profile.edge(best, critical, above=False)
        for position, row in enumerate(rows):
            if not np.isfinite(high[position]):
                continue
            upper = Interval(float(np.sqrt(high[position] * scale[position])))
            if low is None or not low[position] > 0.0:
                result[row] = (upper,)
            else:
                result[row] = (Interval(0.0, float(np.sqrt(low[position] * scale[position]))), upper)
        return tuple(result)

    def _refined_minimum(self, signal: Signal, index: int, chi2: FloatArray) -> tuple[float, float]:
        """Smallest chi^2 near the lowest point of the scan and where it is; the scan alone is too coarse for both."""
        lowest = int(np.argmin(chi2))
        place, value = float(D_SCAN[lowest]), float(chi2[lowest])
        if np.ptp(chi2[max(lowest - 1, 0) : lowest + 2]) < _FLAT:  # no signal yet: nothing to refine
            return place, value
        low, high = D_SCAN[max(lowest - 1, 0)], D_SCAN[min(lowest + 1, len(D_SCAN) - 1)]
        for _ in range(3):
            grid = np.geomspace(low, high, _ZOOM_POINTS)
            fine = self._chi2(signal.counts(index, grid), _shifts_at(signal.relative_shifts, index))
            lowest = int(np.argmin(fine))
            if fine[lowest] < value:
                place, value = float(grid[lowest]), float(fine[lowest])
            low, high = grid[max(lowest - 1, 0)], grid[min(lowest + 1, len(grid) - 1)]
        return place, value

    def _scanned(self, signal: Signal, critical: float) -> tuple[tuple[Interval, ...], ...]:
        values = [
            self._chi2(signal.counts(i, D_SCAN), _shifts_at(signal.relative_shifts, i)) for i in range(len(signal))
        ]
        zero = float(self._chi2(np.zeros((1, self.likelihood.bins)))[0])
        lowest = [self._refined_minimum(signal, i, v) for i, v in enumerate(values)]
        best = [min(value, zero) for _, value in lowest]
        if self.parameters == 2:
            best = [min(best) if self.best_chi2 is None else self.best_chi2] * len(best)
        result = []
        for index, chi2 in enumerate(values):

            def excess(d: FloatArray, index: int = index) -> FloatArray:
                chi2_d = self._chi2(signal.counts(index, d), _shifts_at(signal.relative_shifts, index))
                return chi2_d - best[index] - critical

            # the lowest point joins the scan: what is allowed around a strong preference is narrower than its steps
            place, value = lowest[index]
            d, first = np.unique(np.append(D_SCAN, place), return_index=True)
            chi2_d = np.append(chi2, value)[first]
            level = chi2_d - best[index] - critical
            if self.one_sided and zero > best[index]:
                level = np.where(np.arange(len(d)) < int(np.argmin(chi2_d)), -critical, level)
            result.append(crossings(d, level, excess))
        return tuple(result)


@dataclass(frozen=True)
class CountStatistic:
    """Excluded where the summed signal exceeds what the observation allows.

    Parameters
    ----------
    allowed : callable
        Confidence level -> upper limit on the number of signal events.
    """

    allowed: Callable[[float], float]

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        allowed = self.allowed(cl)
        if signal.per_d2 is not None:
            totals = signal.per_d2.sum(axis=1)
            return tuple((Interval(float(np.sqrt(allowed / t))),) if t > 0 else () for t in totals)
        result = []
        for index in range(len(signal)):

            def excess(d: FloatArray, index: int = index) -> FloatArray:
                with np.errstate(divide="ignore"):
                    return np.log(signal.counts(index, d).sum(axis=-1)) - np.log(allowed)

            result.append(crossings(D_SCAN, excess(D_SCAN), excess))
        return tuple(result)

    def delta_chi2(self, signal: Signal, mass_index: int, d: FloatArray) -> FloatArray:
        return critical_value(0.9) * signal.counts(mass_index, d).sum(axis=-1) / self.allowed(0.9)


def crossings(d: FloatArray, level: FloatArray, excess: Callable[[FloatArray], FloatArray]) -> tuple[Interval, ...]:
    """Intervals of d where ``level`` > 0, each edge refined with ``excess`` (vectorised zoom in ln d, 1e-5).

    Open above only if the last scanned point is excluded.
    """
    outside = ~(level > 0)
    edges = np.nonzero(outside[:-1] != outside[1:])[0]
    refined = [_zoom(d[i], d[i + 1], excess) for i in edges]
    starts = [] if outside[0] else [0.0]
    bounds: list[float] = starts + refined
    intervals = []
    for first in range(0, len(bounds), 2):
        high = bounds[first + 1] if first + 1 < len(bounds) else None
        intervals.append(Interval(float(bounds[first]), None if high is None else float(high)))
    return tuple(intervals)


def _zoom(low: float, high: float, excess: Callable[[FloatArray], FloatArray]) -> float:
    for _ in range(_ZOOM_ROUNDS):
        grid = np.geomspace(low, high, _ZOOM_POINTS)
        positive = excess(grid) > 0
        change = np.nonzero(positive[:-1] != positive[1:])[0]
        if change.size == 0:  # the crossing sits on an end of the grid
            break
        low, high = grid[change[0]], grid[change[0] + 1]
    return float(np.sqrt(low * high))


def _shifts_at(relative: FloatArray | None, index: int) -> FloatArray | None:
    if relative is None:
        return None
    return relative[index if len(relative) > 1 else 0]
