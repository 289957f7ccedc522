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
_ZOOM_ROUNDS, _ZOOM_POINTS = 3, 11  # about the lowest point of a scan
_EDGE, _MOST_STEPS = 1e-5, 60  # of edges, in ln d
_AT_ONCE = 2_000_000  # numbers in a likelihood of many signals


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
        rest = self.likelihood.without_free(per_d2)  # nothing is left where free backgrounds take any signal
        rows = np.nonzero((per_d2.sum(axis=1) * D_SCAN[-1] ** 2 > 1e-6) & np.any(rest, axis=1))[0]
        result: list[tuple[Interval, ...]] = [()] * len(per_d2)
        if rows.size == 0:
            return tuple(result)
        # in units of the statistical noise every search starts near one, whatever the size of the signal
        unit = rest[rows]
        moving = np.zeros(0, dtype=np.intp) if relative is None else np.nonzero(np.any(relative, axis=(0, 2)))[0]
        moved = np.zeros((1, 0, unit.shape[1])) if relative is None else relative[:, moving]
        moved = np.broadcast_to(moved, (len(per_d2), *moved.shape[1:]))[rows] * per_d2[rows, None]
        noise = np.maximum(self.likelihood.observed, self.likelihood.background)
        variance = np.where(self.likelihood.sigma > 0, self.likelihood.sigma**2, np.maximum(noise, 1.0))
        scale = 1.0 / np.sqrt(np.sum(unit**2 / variance, axis=1))
        moved = self.likelihood.without_free(moved * scale[:, None, None])
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
