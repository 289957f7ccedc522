"""Newton's method in the nuisance parameters of a binned likelihood, for many signals (or pseudo-experiments) at once.

-2 ln L of every bin is Gaussian or Poisson, the expectation linear in the pulls theta, so one step is exact where every
bin is Gaussian and few are needed elsewhere. The Hessian is scaled by its diagonal before it is solved, so the
minimum does not depend on the units of a template: a free peak of 1e-6 counts and one of 1e6 give one limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import ConvergenceError

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[Any] | slice
_ALL = slice(None)
_QUICK, _ITERATIONS = 40, 300
_FAR = 1e-3
_PATH = (10.0, 1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5)  # counts of empty bins on the way down
_DIGITS = 1e-10  # of chi^2, relative: below them no step is judged
_EPSILON = 1e-15  # last digit of an expectation, relative
_EMPTY = 1e-6  # count of an empty bin: keeps its expectation above zero and moves chi^2 by less than 1e-4
_FLOOR = 1e-6  # of the count: smallest expectation that the logarithm sees
_DECREASE = 0.2  # share of the promised gain that a step must bring
_NEARER = 0.99  # of the way to zero that an expectation may go in one step
_RIDGE = 1e-12  # relative to the diagonal of the Hessian: pulls that do nothing stay where they are


@dataclass(frozen=True)
class Bins:
    """What each bin saw and how it is judged (rows m, or one row for all).

    Parameters
    ----------
    observed : ndarray (m or 1, b)
    sigma : ndarray (b,)
        Gaussian uncertainty, 0 for a Poisson bin.
    empty : float
        Count of an empty Poisson bin, which keeps its expectation above zero.
    """

    observed: FloatArray
    sigma: FloatArray
    empty: float = _EMPTY

    @property
    def purely_gaussian(self) -> bool:
        """True if one Newton step is exact."""
        return bool(np.all(self.sigma > 0))

    def some(self, rows: Rows) -> Bins:
        """The bins of some rows."""
        if len(self.observed) == 1:
            return self
        return replace(self, observed=self.observed[rows])

    def longest(self, mu: FloatArray, change: FloatArray) -> FloatArray:
        """Share (m,) of a change of mu, at most 1, that keeps Poisson bins above zero (empty ones above the wall)."""
        falls = (self.sigma == 0) & (change < 0) & (mu > 0)
        share = np.ones(mu.shape)
        with np.errstate(over="ignore"):
            np.divide(_NEARER * mu, -change, out=share, where=falls)
        return np.minimum(share.min(axis=-1), 1.0)

    def chi2(self, mu: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """chi^2 of each bin with its first and second derivative in mu; mu is kept positive in Poisson bins."""
        observed, gaussian = self.observed, self.sigma > 0
        if self.purely_gaussian:
            residual = (mu - observed) / self.sigma
            return residual**2, 2 * residual / self.sigma, np.broadcast_to(2 / self.sigma**2, mu.shape).copy()
        counted = np.maximum(observed, self.empty)
        floor = _FLOOR * counted
        safe = np.where(gaussian, 1.0, np.maximum(mu, floor))
        below = ~gaussian & (mu < floor)
        ratio = counted / safe
        value = 2 * (safe - counted + counted * np.log(ratio))
        slope = 2 * (1 - ratio)
        curvature = 2 * ratio / safe
        # continued quadratically below the floor, so that Newton's method can come back
        value = np.where(below, value + slope * (mu - safe) + 0.5 * curvature * (mu - safe) ** 2, value)
        slope = np.where(below, slope + curvature * (mu - safe), slope)
        if not np.any(gaussian):
            return value, slope, curvature
        width = np.where(gaussian, self.sigma, 1.0)
        residual = (mu - observed) / width
        return (
            np.where(gaussian, residual**2, value),
            np.where(gaussian, 2 * residual / width, slope),
            np.where(gaussian, 2 / width**2, curvature),
        )


@dataclass(frozen=True)
class Design:
    """d mu / d theta of many signals: ``common`` (j, b) to all, plus ``own`` (m, k, b) for the pulls ``moving`` (k,)."""

    common: FloatArray
    moving: npt.NDArray[np.intp]
    own: FloatArray

    def some(self, rows: Rows) -> Design:
        return Design(self.common, self.moving, self.own[rows])

    def onto_bins(self, theta: FloatArray) -> FloatArray:
        """sum_j theta_j d mu_b / d theta_j, shape (m, b)."""
        moved = theta @ self.common
        if self.moving.size:
            moved += np.einsum("mk,mkb->mb", theta[:, self.moving], self.own)
        return np.asarray(moved)

    def onto_pulls(self, slope: FloatArray) -> FloatArray:
        """sum_b (d mu_b / d theta_j) slope_b, shape (m, j)."""
        summed = slope @ self.common.T
        if self.moving.size:
            summed[:, self.moving] += np.einsum("mkb,mb->mk", self.own, slope)
        return np.asarray(summed)

    def squared(self, curvature: FloatArray) -> FloatArray:
        """sum_b (d mu_b / d theta_j) curvature_b (d mu_b / d theta_i), shape (m, j, i)."""
        number = len(self.common)
        products = (self.common[:, None, :] * self.common).reshape(number**2, -1)
        result = (curvature @ products.T).reshape(-1, number, number)
        if self.moving.size:
            weighted = self.own * curvature[:, None, :]
            mixed = weighted @ self.common.T
            result[:, self.moving, :] += mixed
            result[:, :, self.moving] += mixed.transpose(0, 2, 1)
            result[:, self.moving[:, None], self.moving] += np.matmul(weighted, self.own.transpose(0, 2, 1))
        return np.asarray(result)


@dataclass(frozen=True)
class Minimum:
    """Where the pulls came to rest (rows m): theta (m, j), chi^2 (m,), its derivatives in mu_b (m, b) and in theta."""

    theta: FloatArray
    value: FloatArray
    slope: FloatArray
    curvature: FloatArray
    hessian: FloatArray

    def take(self, other: Minimum, rows: npt.NDArray[Any]) -> None:
        """The rows of ``other`` (all of them, in order, or those of a mask) in place of ours."""
        chosen = rows if rows.dtype == bool else slice(None)
        for name in ("theta", "value", "slope", "curvature", "hessian"):
            getattr(self, name)[rows] = getattr(other, name)[chosen]


def solve(hessian: FloatArray, right: FloatArray) -> FloatArray:
    """x with hessian x = right (rows m), scaled by the diagonal; what no bin feels stays at zero."""
    diagonal = np.diagonal(hessian, axis1=1, axis2=2)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = hessian * scale[:, :, None] * scale[:, None, :]
    scaled = scaled + np.eye(hessian.shape[1]) * _RIDGE
    scaled[:, np.arange(hessian.shape[1]), np.arange(hessian.shape[1])] += diagonal <= 0
    return np.asarray(np.linalg.solve(scaled, (right * scale)[..., None])[..., 0] * scale)


def minimise(
    fixed: FloatArray, design: Design, bins: Bins, penalty: FloatArray, starts: Sequence[FloatArray], tolerance: float
) -> Minimum:
    """Smallest chi^2 in the pulls of every row.

    Parameters
    ----------
    fixed : ndarray (m, b)
        Expectation with every pull at zero.
    design : Design
    bins : Bins
    penalty : ndarray (j,)
        1 for a unit-normal pull, 0 for a free one.
    starts : sequence of ndarray (m, j)
        Where to start: each row at the best of them.
    tolerance : float
        Gain in chi^2 of a last step.

    Raises
    ------
    ConvergenceError
        If a row does not come to rest; names it.
    """

    fit = _Fit(fixed, design, bins, penalty)
    found = fit.look(starts[0].copy())
    for other in starts[1:]:
        tried = fit.look(other)
        found.take(tried, tried.value < found.value)
    if len(penalty) == 0:
        return found
    active, _ = fit.descend(found, tolerance, _QUICK)
    if active.size == 0:
        return found
    # what is left sits at the edge of what is positive: follow the minimum while the empty bins are emptied
    part = fit.some(active, bins.empty)
    slow = part.look(starts[0][active])
    for empty in (*_PATH, bins.empty):
        part = fit.some(active, empty)
        slow = part.look(slow.theta)
        left, gain = part.descend(slow, tolerance, _ITERATIONS)
    # far from any fit, where signals of many events are cancelled by pulls of many standard deviations, a part in a
    # thousand decides nothing
    left = left[gain > _FAR * slow.value[left]]
    if left.size:
        raise ConvergenceError(
            f"the fit of the nuisance parameters did not converge for {left.size} of {len(fixed)} signals, first number "
            f"{int(active[left[0]])}: after {_ITERATIONS} steps it stands at -2 ln L = {float(slow.value[left[0]]):.6g}"
        )
    found.take(slow, active)
    return found


@dataclass(frozen=True)
class _Fit:
    """One fit of many rows; see :func:`minimise`."""

    fixed: FloatArray
    design: Design
    bins: Bins
    penalty: FloatArray

    def some(self, rows: npt.NDArray[np.intp], empty: float) -> _Fit:
        return _Fit(self.fixed[rows], self.design.some(rows), replace(self.bins.some(rows), empty=empty), self.penalty)

    def expected(self, theta: FloatArray, rows: Rows) -> FloatArray:
        return np.asarray(self.fixed[rows] + self.design.some(rows).onto_bins(theta))

    def look(self, theta: FloatArray, rows: Rows = _ALL) -> Minimum:
        value, slope, curvature = self.bins.some(rows).chi2(self.expected(theta, rows))
        total = value.sum(axis=-1) + (self.penalty * theta**2).sum(axis=-1)
        number = len(self.penalty)
        return Minimum(theta, total, slope, curvature, np.zeros((len(theta), number, number)))

    def descend(self, found: Minimum, tolerance: float, steps: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Newton's method from ``found``, which it moves; returns the rows not yet at rest and what they may gain."""
        active, gain = np.arange(len(self.fixed)), np.zeros(0)
        for _ in range(steps):
            rows: Rows = slice(None) if len(active) == len(self.fixed) else active
            here = self.design.some(rows)
            gradient = here.onto_pulls(found.slope[rows]) + 2 * self.penalty * found.theta[rows]
            hessian = here.squared(found.curvature[rows]) + np.diag(2 * self.penalty)
            step = -solve(hessian, gradient)
            gain = -np.einsum("mj,mj->m", gradient, step)
            found.hessian[rows] = hessian
            change, small = here.onto_bins(step), tolerance + _DIGITS * np.abs(found.value[rows])
            # exact where every bin is Gaussian, good to gain^1.5 where it is not
            last = (gain <= small) | self.bins.purely_gaussian
            done = active[last]
            found.theta[done] += step[last]
            found.value[done] -= 0.5 * gain[last]
            found.slope[done] += found.curvature[done] * change[last]
            # below the last digits of the expectation no chi^2 falls: one more step, if it lowers chi^2 at all
            rounding = np.sum(found.curvature[rows] * (_EPSILON * self.fixed[rows]) ** 2, axis=-1)
            stuck = ~last & (gain <= small + rounding)
            on = ~last
            if np.any(on):
                self._move(found, active[on], step[on], change[on], gain[on])
            active, gain = active[on & ~stuck], gain[on & ~stuck]
            if active.size == 0:
                break
        return active, gain

    def _move(
        self, found: Minimum, active: npt.NDArray[np.intp], step: FloatArray, change: FloatArray, gain: FloatArray
    ) -> None:
        """Takes the longest step that lowers chi^2 by a share of what it promises."""
        scale = self.bins.some(active).longest(self.expected(found.theta[active], active), change)
        slack = _DIGITS * (1 + np.abs(found.value[active]))
        slack += _EPSILON * np.sum(np.abs(found.slope[active] * self.fixed[active]), axis=-1)
        for _ in range(60):
            trial = self.look(found.theta[active] + scale[:, None] * step, active)
            worse = ~(trial.value <= found.value[active] - _DECREASE * scale * gain + slack)
            if not np.any(worse):
                break
            scale = np.where(worse, 0.4 * scale, scale)
        for name in ("theta", "value", "slope", "curvature"):
            getattr(found, name)[active[~worse]] = getattr(trial, name)[~worse]
