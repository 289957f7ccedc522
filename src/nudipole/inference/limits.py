r"""From counts to excluded intervals in the coupling d.

Two statistics, one question (is this d excluded?):

* :class:`ProfileStatistic`: Delta chi^2 of a :class:`~nudipole.inference.likelihood.Likelihood` against its best fit in
  d at the same mass (1 parameter) or over all masses (2 parameters), two-sided or one-sided;
* :class:`CountStatistic`: the summed signal against an upper limit on the number of events.

Where the signal is exactly proportional to d^2 best fit and edges are found for all masses at once
(:mod:`nudipole.inference.profile`); otherwise Delta chi^2 is scanned in ln d and every crossing is zoomed into.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference import scan
from nudipole.inference.counting import critical_value
from nudipole.inference.goodness import GoodnessOfFit, goodness_of_fit
from nudipole.inference.intervals import D_SCAN
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.profile import BestFit, Profile

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Scale = Literal["two-sided", "one-sided", "two-parameter"]
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

    @property
    def scale(self) -> Scale:
        """Which critical values :meth:`test` is held against."""

    @property
    def description(self) -> str:
        """The test in words."""

    def critical(self, cl: float) -> float:
        """Value of :meth:`test` above which a coupling is excluded at this confidence level; refuses other levels."""

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        """Excluded intervals at each mass."""

    def test(self, signal: Signal, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        """What crosses :meth:`critical` at the edges of :meth:`intervals`, at masses ``rows`` (n,) and couplings (n,).

        With ``upper`` couplings with less signal than the best fit count as allowed: an exclusion never excludes the absence of N.
        """

    def delta_chi2(self, signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
        """-2 ln L relative to no signal, at masses ``rows`` (n,) and couplings (n,): adds over independent data."""

    def goodness(self) -> GoodnessOfFit | None:
        """How well the background alone describes the data; None where no data are held against an expectation."""


def totals(signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
    """Expected events in all bins at masses ``rows`` (n,) and couplings (n,)."""
    found = np.zeros(len(rows))
    for row in np.unique(rows).tolist():
        found[rows == row] = signal.counts(row, d[rows == row]).sum(axis=-1)
    return found


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
        return replace(self, best_chi2=float(self.best(signal)[0].min()))

    @property
    def scale(self) -> Scale:
        if self.parameters == 2:
            return "two-parameter"
        return "one-sided" if self.one_sided else "two-sided"

    @property
    def description(self) -> str:
        free = "two parameters (mass and coupling)" if self.parameters == 2 else self.scale
        covers = "; as an upper limit it covers (1 + CL) / 2" if self.scale == "two-sided" else ""
        return f"profile likelihood ratio, {free}{covers}"

    def critical(self, cl: float) -> float:
        return critical_value(cl, self.parameters, self.one_sided)

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        if signal.per_d2 is not None:
            return self._quadratic(signal, self.critical(cl))
        return self._scanned(signal, self.critical(cl))

    def best(self, signal: Signal) -> tuple[FloatArray, FloatArray]:
        """Smallest chi^2 of each mass and the coupling where it is.

        Of an N that must leave undecayed, among couplings at which it does: what is left of a hard tail at couplings
        beyond any use is no alternative to hold the others against.
        """
        signal = getattr(signal, "without_decay", signal)
        if signal.per_d2 is None:
            place, lowest = scan.refined_minima(functools.partial(self._at, signal), self._scan(signal))
            zero = self.zero
            return np.minimum(lowest, zero), np.where(lowest < zero - scan.NOTHING, place, 0.0)
        rows, scale, profile = self._profile(signal)
        lowest, place = np.full(len(signal), self.zero), np.zeros(len(signal))
        if rows.size:
            fit = profile.minimum()
            lowest[rows], place[rows] = fit.chi2, np.sqrt(fit.x * scale)
        return lowest, place

    def test(self, signal: Signal, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        lowest, place = self.best(signal)
        if self.parameters == 2:
            lowest = np.full_like(lowest, lowest.min() if self.best_chi2 is None else self.best_chi2)
        chi2 = self._at(signal, rows, d[:, None])[:, 0]
        # too little signal: a coupling that is too small, or so large that N is lost
        best = totals(signal, np.arange(len(signal)), place)
        little = (totals(signal, rows, d) < best[rows]) & ((chi2 <= self.zero + scan.NOTHING) | self.one_sided)
        return np.where(little & (upper or self.one_sided), 0.0, np.maximum(chi2 - lowest[rows], 0.0))

    def delta_chi2(self, signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
        return self._at(signal, rows, d[:, None])[:, 0] - self.zero

    def goodness(self) -> GoodnessOfFit | None:
        return goodness_of_fit(self.likelihood)

    @cached_property
    def zero(self) -> float:
        """chi^2 without signal."""
        return float(self._chi2(np.zeros((1, self.likelihood.bins)))[0])

    def _chi2(self, counts: FloatArray, relative: FloatArray | None = None) -> FloatArray:
        shifts = None if relative is None else counts[..., None, :] * relative
        return self.likelihood.chi2(counts, shifts)[0]

    def _profile(self, signal: Signal) -> tuple[Rows, FloatArray, Profile]:
        """Masses with a signal, its scale in x = d^2, and the profiles of these, in units of the statistical noise.

        In these units every search starts near one, whatever the size of the signal.
        """
        per_d2, relative = signal.per_d2, signal.relative_shifts
        assert per_d2 is not None
        rest = self.likelihood.without_free(per_d2)  # nothing is left where free backgrounds take any signal
        rows = np.nonzero((per_d2.sum(axis=1) * D_SCAN[-1] ** 2 > 1e-6) & np.any(rest, axis=1))[0]
        unit = rest[rows]
        moving = np.zeros(0, dtype=np.intp) if relative is None else np.nonzero(np.any(relative, axis=(0, 2)))[0]
        moved = np.zeros((1, 0, unit.shape[1])) if relative is None else relative[:, moving]
        moved = np.broadcast_to(moved, (len(per_d2), *moved.shape[1:]))[rows] * per_d2[rows, None]
        noise = np.maximum(self.likelihood.observed, self.likelihood.background)
        variance = np.where(self.likelihood.sigma > 0, self.likelihood.sigma**2, np.maximum(noise, 1.0))
        scale = 1.0 / np.sqrt(np.sum(unit**2 / variance, axis=1))
        moved = self.likelihood.without_free(moved * scale[:, None, None])
        return rows, scale, Profile(self.likelihood, unit * scale[:, None], moved, moving)

    def _quadratic(self, signal: Signal, critical: float) -> tuple[tuple[Interval, ...], ...]:
        """Edges in x = d^2 for all masses at once."""
        rows, scale, profile = self._profile(signal)
        result: list[tuple[Interval, ...]] = [()] * len(signal)
        if rows.size == 0:
            return tuple(result)
        best: BestFit = profile.minimum()
        if self.parameters == 2:
            lowest = float(best.chi2.min()) if self.best_chi2 is None else self.best_chi2
            best = replace(best, chi2=np.full_like(best.chi2, lowest))
        high = np.sqrt(profile.edge(best, critical, above=True) * scale)
        low = None if self.one_sided else profile.edge(best, critical, above=False)
        low = None if low is None else np.sqrt(np.maximum(low, 0.0) * scale)
        for row, found in zip(rows, scan.above_and_below(low, high), strict=True):
            result[row] = found
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

    def _scan(self, signal: Signal) -> FloatArray:
        """Chi^2 of every mass at the couplings of the scan, (masses, couplings)."""
        return self._at(signal, np.arange(len(signal)), np.broadcast_to(D_SCAN, (len(signal), len(D_SCAN))))

    def _scanned(self, signal: Signal, critical: float) -> tuple[tuple[Interval, ...], ...]:
        chi2_at, chi2 = functools.partial(self._at, signal), self._scan(signal)
        minimum = scan.refined_minima(chi2_at, chi2)
        escaping = getattr(signal, "without_decay", None) is not None
        # the best fit that `test` holds points against
        best = self.best(signal)[0] if escaping else np.minimum(minimum[1], self.zero)
        if self.parameters == 2 and len(signal):
            best = np.full(len(signal), best.min() if self.best_chi2 is None else self.best_chi2)
        return scan.excluded_intervals(chi2_at, chi2, minimum, best, critical, self.zero if self.one_sided else None)
