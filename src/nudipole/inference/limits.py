r"""From counts to excluded intervals in the coupling d.

Two statistics, one question (is this d excluded?):

* :class:`ProfileStatistic`: Delta chi^2 of a :class:`~nudipole.inference.likelihood.Likelihood` against its best fit in
  d at the same mass (1 parameter) or over all masses (2 parameters), two-sided or one-sided;
* :class:`CountStatistic`: the summed signal against an upper limit on the number of events.

Where the signal is exactly proportional to d^2 best fit and edges are found by Newton's method in x = d^2 on the convex
profile, for all masses at once, with slope and curvature of the profile in closed form; otherwise Delta chi^2 is scanned
in ln d and every crossing is zoomed into.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.errors import DomainError
from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood, ProfilePoint

FloatArray = npt.NDArray[np.float64]
# couplings scanned where the signal is not proportional to d^2 [GeV^-1]
D_SCAN = np.geomspace(1e-12, 1e1, 105)
_ZOOM_ROUNDS, _ZOOM_POINTS = 3, 11  # about the lowest point of a scan
_EDGE, _MOST_STEPS = 1e-5, 60  # of edges, in ln d
_AT_ONCE = 2_000_000  # numbers in a likelihood of many signals
# searches in x = d^2, in units of the noise: last gain in chi^2, last relative step, and how far to look
_GAIN, _STEP, _FARTHEST = 1e-7, 1e-3, 1e9


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
        scan = np.broadcast_to(D_SCAN, (len(signal), len(D_SCAN)))
        chi2 = self._at(signal, np.arange(len(signal)), scan)
        return replace(self, best_chi2=float(self._refined_minima(signal, chi2)[1].min()))

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        critical = critical_value(cl, self.parameters, self.one_sided)
        if signal.per_d2 is not None:
            return self._quadratic(signal.per_d2, signal.relative_shifts, critical)
        return self._scanned(signal, critical)

    def delta_chi2(self, signal: Signal, mass_index: int, d: FloatArray) -> FloatArray:
        zero = self._chi2(np.zeros((1, self.likelihood.bins)))
        return self._at(signal, np.array([mass_index]), np.atleast_2d(d))[0] - zero

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
        profile = _Profile(self.likelihood, unit * scale[:, None], moved, moving)
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

    def _at(self, signal: Signal, rows: npt.NDArray[np.intp], d: FloatArray) -> FloatArray:
        """Chi^2 of some masses, each at its own couplings: d and result of shape (rows, couplings)."""
        together = max(1, _AT_ONCE // (d.shape[1] * self.likelihood.bins * (1 + len(self.likelihood.pulls))))
        parts = [np.zeros((0, d.shape[1]))]
        for start in range(0, len(rows), together):
            chosen = rows[start : start + together]
            counts = np.stack([signal.counts(i, d[start + k]) for k, i in enumerate(chosen.tolist())])
            relative = signal.relative_shifts
            if relative is not None:
                relative = relative[chosen if len(relative) > 1 else [0]][:, None]
            parts.append(self._chi2(counts, relative))
        return np.concatenate(parts)

    def _refined_minima(self, signal: Signal, chi2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Smallest chi^2 near the lowest point of each scan and where it is; the scan alone is too coarse for both."""
        rows = np.arange(len(signal))
        lowest = np.argmin(chi2, axis=1)
        place, value = D_SCAN[lowest], chi2[rows, lowest]
        low, high = D_SCAN[np.maximum(lowest - 1, 0)], D_SCAN[np.minimum(lowest + 1, len(D_SCAN) - 1)]
        for _ in range(_ZOOM_ROUNDS):
            grid = np.geomspace(low, high, _ZOOM_POINTS, axis=1)
            fine = self._at(signal, rows, grid)
            lowest = np.argmin(fine, axis=1)
            better = fine[rows, lowest] < value
            place = np.where(better, grid[rows, lowest], place)
            value = np.where(better, fine[rows, lowest], value)
            low = grid[rows, np.maximum(lowest - 1, 0)]
            high = grid[rows, np.minimum(lowest + 1, _ZOOM_POINTS - 1)]
        return place, value

    def _scanned(self, signal: Signal, critical: float) -> tuple[tuple[Interval, ...], ...]:
        number = len(signal)
        d = np.broadcast_to(D_SCAN, (number, len(D_SCAN)))
        chi2 = self._at(signal, np.arange(number), d)
        zero = float(self._chi2(np.zeros((1, self.likelihood.bins)))[0])
        place, lowest = self._refined_minima(signal, chi2)
        best = np.minimum(lowest, zero)
        if self.parameters == 2 and number:
            best = np.full(number, best.min() if self.best_chi2 is None else self.best_chi2)
        # the lowest point joins the scan: what is allowed around a strong preference is narrower than its steps
        d, chi2 = np.column_stack([d, place]), np.column_stack([chi2, lowest])
        order = np.argsort(d, axis=1, kind="stable")
        d, chi2 = np.take_along_axis(d, order, 1), np.take_along_axis(chi2, order, 1)
        level = chi2 - best[:, None] - critical
        if self.one_sided:
            below = np.arange(d.shape[1]) < np.argmin(chi2, axis=1)[:, None]
            level = np.where(below & (zero > best)[:, None], -critical, level)

        def excess(rows: npt.NDArray[np.intp], at: FloatArray) -> FloatArray:
            return self._at(signal, rows, at[:, None])[:, 0] - best[rows] - critical

        return crossings(d, level, excess)


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

        def excess(rows: npt.NDArray[np.intp], d: FloatArray) -> FloatArray:
            counts = [signal.counts(i, at).sum(axis=-1) for i, at in zip(rows.tolist(), d, strict=True)]
            with np.errstate(divide="ignore"):
                return np.log(np.reshape(counts, d.shape)) - np.log(allowed)

        d = np.broadcast_to(D_SCAN, (len(signal), len(D_SCAN)))
        return crossings(d, excess(np.arange(len(signal)), d), excess)

    def delta_chi2(self, signal: Signal, mass_index: int, d: FloatArray) -> FloatArray:
        return critical_value(0.9) * signal.counts(mass_index, d).sum(axis=-1) / self.allowed(0.9)


@dataclass(frozen=True)
class _Best:
    """Best fit of each row: where, the chi^2 there, the profile's curvature, the pulls and how they move with x."""

    x: FloatArray
    chi2: FloatArray
    curvature: FloatArray
    pulls: FloatArray
    drift: FloatArray


@dataclass(frozen=True)
class _Profile:
    """chi^2 of x * unit at profiled pulls, one convex function of x per row."""

    likelihood: Likelihood
    unit: FloatArray
    relative: FloatArray
    moving: npt.NDArray[np.intp]

    def at(self, x: FloatArray, start: FloatArray, rows: npt.NDArray[np.intp]) -> ProfilePoint:
        every = len(rows) == len(self.unit)
        unit, relative = (self.unit, self.relative) if every else (self.unit[rows], self.relative[rows])
        return self.likelihood.along(x, unit, relative, self.moving, start)

    @cached_property
    def _zero(self) -> tuple[float, FloatArray]:
        """chi^2 without signal, which is the same in every row, and the pulls."""
        chi2, pulls, _ = self.likelihood.chi2(np.zeros((1, self.likelihood.bins)))
        return float(chi2[0]), np.repeat(pulls, len(self.unit), axis=0)

    def minimum(self) -> _Best:
        """Best x >= 0: Newton's method on the derivative, kept inside a bracket."""
        everything, number = np.arange(len(self.unit)), len(self.unit)
        low, high, x = np.zeros(number), np.full(number, np.inf), np.zeros(number)
        point = self.at(x, self._zero[1], everything)
        found = _Best(x, point.chi2, point.curvature, point.pulls, point.drift)
        rows = np.nonzero(point.slope < 0)[0]
        slope = point.slope[rows]
        for _ in range(100):
            if rows.size == 0:
                return found
            here, curvature = x[rows], found.curvature[rows]
            newton = here - np.divide(slope, curvature, out=np.full(rows.size, -np.inf), where=curvature > 0)
            farthest = np.where(np.isfinite(high[rows]), 0.5 * (low[rows] + high[rows]), 4.0 * (here + 1.0))
            inside = (newton > low[rows]) & (newton < high[rows]) & (newton <= 16.0 * (here + 1.0))
            trial = np.where(inside, newton, farthest)
            start = found.pulls[rows] + (trial - here)[:, None] * found.drift[rows]
            point, slope = self._look(found, trial, start, rows)
            left = slope < 0
            low[rows], high[rows] = np.where(left, trial, low[rows]), np.where(left, high[rows], trial)
            # what the next step would gain; the width of the bracket where the profile has no minimum to speak of
            gain = np.divide(slope**2, point.curvature, out=np.full(rows.size, np.inf), where=point.curvature > 0)
            gain = np.minimum(gain, np.abs(slope) * (high[rows] - low[rows]))
            rows, slope = rows[gain > _GAIN], slope[gain > _GAIN]
        raise DomainError("the best fit of a signal did not converge")

    def _look(
        self, found: _Best, x: FloatArray, start: FloatArray, rows: npt.NDArray[np.intp]
    ) -> tuple[ProfilePoint, FloatArray]:
        point = self.at(x, start, rows)
        found.x[rows], found.chi2[rows], found.curvature[rows] = x, point.chi2, point.curvature
        found.pulls[rows], found.drift[rows] = point.pulls, point.drift
        return point, point.slope

    def edge(self, best: _Best, critical: float, above: bool) -> FloatArray:
        """x above (or below) the best fit where chi^2 is larger by ``critical``: roots of local parabolas in a bracket.

        Infinite if never reached above, 0 where even x = 0 is allowed below. A pull on the signal lets the profile
        saturate at large x, where a parabola alone would run away.
        """
        side = 1.0 if above else -1.0
        target = best.chi2 + critical
        edge = np.full_like(best.x, np.inf if above else 0.0)
        rows = np.arange(len(best.x)) if above else np.nonzero(self._zero[0] > target)[0]
        inner, outer = best.x.copy(), edge.copy()
        distance = np.sqrt(2.0 * critical / np.where(best.curvature > 0, best.curvature, 2.0))
        x = np.clip(best.x + side * distance, 0.5 * best.x, best.x + 1e3)
        start = best.pulls[rows] + (x - best.x)[rows, None] * best.drift[rows]
        for _ in range(100):
            if rows.size == 0:
                return edge
            here = x[rows]
            point = self.at(here, start, rows)
            gap = target[rows] - point.chi2
            reached = gap <= 0
            inner[rows], outer[rows] = np.where(reached, inner[rows], here), np.where(reached, here, outer[rows])
            root = point.slope + side * np.sqrt(np.maximum(point.slope**2 + 2.0 * point.curvature * gap, 0.0))
            step = np.divide(2.0 * gap, root, out=np.full(rows.size, np.nan), where=root != 0)
            trial = here + step
            first, last = (inner[rows], outer[rows]) if above else (outer[rows], inner[rows])
            good = (trial > first) & (trial < last) & (np.abs(step) <= 4.0 * np.abs(here - best.x[rows]))
            away = np.where(np.isfinite(last), 0.5 * (first + last), best.x[rows] + 2.5 * (here - best.x[rows]))
            x[rows] = np.where(good, trial, away)
            # the parabola's root is good to the third power of its step
            done = (good & (np.abs(step) <= _STEP * here)) | (last - first <= _STEP**2 * here)
            edge[rows[done]] = x[rows[done]]
            lost = ~done & (x[rows] - best.x[rows] > _FARTHEST * (distance[rows] + 1.0))
            keep = ~done & ~lost
            start = (point.pulls + (x[rows] - here)[:, None] * point.drift)[keep]
            rows = rows[keep]
        raise DomainError("the edge of an excluded interval did not converge")


def crossings(
    d: FloatArray, level: FloatArray, excess: Callable[[npt.NDArray[np.intp], FloatArray], FloatArray]
) -> tuple[tuple[Interval, ...], ...]:
    """Intervals of d where ``level`` > 0, for many masses at once: each edge to 1e-5.

    Parameters
    ----------
    d, level : ndarray (masses, couplings)
        Increasing couplings, and what is positive where they are excluded.
    excess : callable
        Rows (n,) and couplings (n,) -> level there (n,).

    Returns
    -------
    tuple
        Intervals of each mass, open above only if the last coupling is excluded.
    """
    outside = ~(level > 0)
    row, edge = np.nonzero(outside[:, :-1] != outside[:, 1:])
    ends = (np.log(d[row, edge]), np.log(d[row, edge + 1]))
    found = _roots(*ends, level[row, edge], level[row, edge + 1], lambda i, x: excess(row[i], np.exp(x)))
    result = []
    for index, closed in enumerate(outside[:, 0]):
        bounds = [*([] if closed else [0.0]), *np.exp(found[row == index]).tolist()]
        highs = [*bounds[1::2], None]
        result.append(tuple(Interval(low, high) for low, high in zip(bounds[::2], highs, strict=False)))
    return tuple(result)


def _roots(
    one: FloatArray,
    other: FloatArray,
    f_one: FloatArray,
    f_other: FloatArray,
    function: Callable[[npt.NDArray[np.intp], FloatArray], FloatArray],
) -> FloatArray:
    """Roots between ``one`` and ``other``, where signs differ, to :data:`_EDGE`: Chandrupatla's method, all at once.

    Adv. Eng. Software 28 (1997) 145: inverse quadratic interpolation where it is safe, bisection elsewhere (also where a
    value is infinite).
    """
    rows, root = np.arange(len(one)), np.array(one)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = f_one / (f_one - f_other)
        for _ in range(_MOST_STEPS):
            if not rows.size:
                break
            least = _EDGE / np.abs(other - one)
            x = one + np.clip(np.where(np.isfinite(share), share, 0.5), least, 1.0 - least) * (other - one)
            f = function(rows, x)
            same = (f > 0) == (f_one > 0)
            third, f_third = np.where(same, one, other), np.where(same, f_one, f_other)
            other, f_other = np.where(same, other, one), np.where(same, f_other, f_one)
            one, f_one = x, f
            root[rows] = np.where(np.abs(f_other) < np.abs(f), other, x)
            xi, phi = (one - other) / (third - other), (f_one - f_other) / (f_third - f_other)
            smooth = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
            inverse = f_one / (f_other - f_one) * f_third / (f_other - f_third) + (third - one) / (
                other - one
            ) * f_one / (f_third - f_one) * f_other / (f_third - f_other)
            share = np.where(smooth, inverse, 0.5)
            keep = np.abs(other - one) > 2.0 * _EDGE
            rows, share, one, other = rows[keep], share[keep], one[keep], other[keep]
            f_one, f_other = f_one[keep], f_other[keep]
    return root
