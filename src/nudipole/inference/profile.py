r"""The profile chi^2 of signals that are proportional to one number x, many signals at once: best fit and edges.

With f(x, theta) = -2 ln L of the signal x u, p(x) = min over theta of f(x, theta) is convex. Slope and curvature come in
closed form from :meth:`nudipole.inference.likelihood.Likelihood.along`, so the best fit x >= 0 is found by Newton's method
on

.. math:: p'(x) = 0, \qquad\text{and the edges as}\qquad p(x) = p_{\min} + \Delta\chi^2_{\rm critical}

by the roots of local parabolas, both inside a bracket.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nudipole.errors import ConvergenceError
from nudipole.inference.likelihood import Ensemble, Likelihood, ProfilePoint

FloatArray = npt.NDArray[np.float64]
# in units of the noise: last gain in chi^2, last relative step, and how far to look
_GAIN, _STEP, _FARTHEST = 1e-7, 1e-3, 1e9


@dataclass(frozen=True)
class BestFit:
    """Best fit of each row: where, the chi^2 there, the profile's curvature, the pulls and how they move with x."""

    x: FloatArray
    chi2: FloatArray
    curvature: FloatArray
    pulls: FloatArray
    drift: FloatArray


@dataclass(frozen=True)
class Profile:
    """chi^2 of x * unit at profiled pulls, one convex function of x per row.

    Parameters
    ----------
    likelihood : Likelihood
    unit : ndarray (m, b)
        The signal at x = 1, without what free backgrounds can take (:meth:`.Likelihood.without_free`).
    moved : ndarray (m, k, b)
        Its change for one unit of the pulls ``moving`` (k,), likewise.
    ensemble : Ensemble, optional
        Data and background of each row: pseudo-experiments.
    """

    likelihood: Likelihood
    unit: FloatArray
    moved: FloatArray
    moving: npt.NDArray[np.intp]
    ensemble: Ensemble | None = None

    def at(self, x: FloatArray, start: FloatArray, rows: npt.NDArray[np.intp]) -> ProfilePoint:
        """The profile of some rows, each at its own x."""
        if len(rows) == len(self.unit):
            return self.likelihood.along(x, self.unit, self.moved, self.moving, start, self.ensemble)
        data = None if self.ensemble is None else self.ensemble.some(rows)
        return self.likelihood.along(x, self.unit[rows], self.moved[rows], self.moving, start, data)

    @cached_property
    def zero(self) -> tuple[FloatArray, FloatArray]:
        """chi^2 without signal (m,), and the pulls (m, j)."""
        number = 1 if self.ensemble is None else len(self.ensemble.observed)
        chi2, pulls, _ = self.likelihood.chi2(np.zeros((number, self.likelihood.bins)), ensemble=self.ensemble)
        if number == 1:
            return np.repeat(chi2, len(self.unit)), np.repeat(pulls, len(self.unit), axis=0)
        return chi2, pulls

    def minimum(self) -> BestFit:
        """Best x >= 0: Newton's method on the derivative, kept inside a bracket."""
        everything, number = np.arange(len(self.unit)), len(self.unit)
        low, high, x = np.zeros(number), np.full(number, np.inf), np.zeros(number)
        point = self.at(x, self.zero[1], everything)
        found = BestFit(x, point.chi2, point.curvature, point.pulls, point.drift)
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
        raise ConvergenceError(f"the best fit of a signal did not converge in {len(rows)} of {number} cases")

    def _look(
        self, found: BestFit, x: FloatArray, start: FloatArray, rows: npt.NDArray[np.intp]
    ) -> tuple[ProfilePoint, FloatArray]:
        point = self.at(x, start, rows)
        found.x[rows], found.chi2[rows], found.curvature[rows] = x, point.chi2, point.curvature
        found.pulls[rows], found.drift[rows] = point.pulls, point.drift
        return point, point.slope

    def edge(self, best: BestFit, critical: float, above: bool) -> FloatArray:
        """x above (or below) the best fit where chi^2 is larger by ``critical``: roots of local parabolas in a bracket.

        Infinite if never reached above, 0 where even x = 0 is allowed below. A pull on the signal lets the profile
        saturate at large x, where a parabola alone would run away.
        """
        side = 1.0 if above else -1.0
        target = best.chi2 + critical
        edge = np.full_like(best.x, np.inf if above else 0.0)
        rows = np.arange(len(best.x)) if above else np.nonzero(self.zero[0] > target)[0]
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
        raise ConvergenceError(f"the edge of an excluded interval did not converge in {len(rows)} of {len(edge)} cases")
