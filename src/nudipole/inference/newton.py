"""Newton's method in the nuisance parameters of a binned likelihood, for many signals (or pseudo-experiments) at once.

-2 ln L of every bin is Gaussian or Poisson, the expectation linear in the pulls theta, so one step is exact where every
bin is Gaussian and few are needed elsewhere. The Hessian is scaled by its diagonal before it is solved, so the
minimum does not depend on the units of a template: a free peak of 1e-6 counts and one of 1e6 give one limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import ConvergenceError

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[Any] | slice
_ITERATIONS = 200
_DIGITS = 1e-10  # of chi^2, relative: below them no step is judged
_EPSILON = 1e-15  # last digit of an expectation, relative
_WALL = 1e-3  # events that an empty bin may be below zero
_EMPTY = 1e-9  # count that gives an empty bin a curvature, for steps alone
_NEARER = 0.99  # of the way to zero that an expectation may go in one step
_RIDGE = 1e-12  # relative to the diagonal of the Hessian: pulls that do nothing stay where they are
_STUCK = 1e-2  # gain in chi^2 that a step still promises where no step is short enough: not a minimum


@dataclass(frozen=True)
class Bins:
    """What each bin saw and how it is judged (rows m, or one row for all).

    Parameters
    ----------
    observed : ndarray (m or 1, b)
    sigma : ndarray (b,)
        Gaussian uncertainty, 0 for a Poisson bin.
    size : ndarray (m or 1, b)
        Typical expectation: sets where a Poisson bin is continued quadratically.
    """

    observed: FloatArray
    sigma: FloatArray
    size: FloatArray

    @property
    def purely_gaussian(self) -> bool:
        """True if one Newton step is exact."""
        return bool(np.all(self.sigma > 0))

    def some(self, rows: Rows) -> Bins:
        """The bins of some rows."""
        if len(self.observed) == 1:
            return self
        return Bins(self.observed[rows], self.sigma, self.size[rows])

    def longest(self, mu: FloatArray, change: FloatArray) -> FloatArray:
        """Share (m,) of a change of mu, at most 1, that keeps Poisson bins above zero (empty ones above the wall)."""
        room = np.where(self.observed > 0, _NEARER * mu, mu + _WALL)
        falls = (self.sigma == 0) & (change < 0) & (room > 0)
        share = np.ones(mu.shape)
        with np.errstate(over="ignore"):
            np.divide(room, -change, out=share, where=falls)
        return np.minimum(share.min(axis=-1), 1.0)

    def chi2(self, mu: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """chi^2 of each bin with its first and second derivative in mu; mu is kept positive in Poisson bins."""
        observed, gaussian = self.observed, self.sigma > 0
        if self.purely_gaussian:
            residual = (mu - observed) / self.sigma
            return residual**2, 2 * residual / self.sigma, np.broadcast_to(2 / self.sigma**2, mu.shape).copy()
        floor = 1e-9 + 1e-6 * self.size
        safe = np.where(gaussian, 1.0, np.maximum(mu, floor))
        below = ~gaussian & (mu < floor)
        ratio = observed / safe
        log_term = np.where(observed > 0, observed * np.log(np.where(observed > 0, np.maximum(ratio, 1e-300), 1.0)), 0)
        value = 2 * (safe - observed + log_term)
        slope = 2 * (1 - ratio)
        curvature = 2 * np.maximum(observed, _EMPTY) / safe**2
        # continued quadratically below the floor, so that Newton's method can come back; where nothing was observed the
        # exact curvature is zero and a negative expectation would be rewarded, so a wall of _WALL events stands there
        curvature = np.where(below, np.maximum(curvature, 2.0 / _WALL), curvature)
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
        If a row does not come to rest; names it, with the gain that another step still promises.
    """

    def look(at: FloatArray, rows: Rows) -> Minimum:
        value, slope, curvature = bins.some(rows).chi2(fixed[rows] + design.some(rows).onto_bins(at))
        total = value.sum(axis=-1) + (penalty * at**2).sum(axis=-1)
        return Minimum(at, total, slope, curvature, np.zeros((len(at), len(penalty), len(penalty))))

    found = look(starts[0].copy(), slice(None))
    for other in starts[1:]:
        tried = look(other, slice(None))
        better = tried.value < found.value
        for name in ("theta", "value", "slope", "curvature"):
            getattr(found, name)[better] = getattr(tried, name)[better]
    if len(penalty) == 0:
        return found
    active, gain = np.arange(fixed.shape[0]), np.zeros(0)
    for _ in range(_ITERATIONS):
        rows: Rows = slice(None) if len(active) == len(fixed) else active
        here = design.some(rows)
        gradient = here.onto_pulls(found.slope[rows]) + 2 * penalty * found.theta[rows]
        hessian = here.squared(found.curvature[rows]) + np.diag(2 * penalty)
        step = -solve(hessian, gradient)
        gain = -np.einsum("mj,mj->m", gradient, step)
        found.hessian[rows] = hessian
        # exact where every bin is Gaussian, and good to gain^1.5 where it is not; below its last digits no chi^2 falls
        rounding = np.sum(found.curvature[rows] * (_EPSILON * fixed[rows]) ** 2, axis=-1)
        last = (gain <= tolerance + _DIGITS * np.abs(found.value[rows]) + rounding) | bins.purely_gaussian
        done = active[last]
        found.theta[done] += step[last]
        found.value[done] -= 0.5 * gain[last]
        found.slope[done] += found.curvature[done] * here.some(last).onto_bins(step[last])
        active, step, gain = active[~last], step[~last], gain[~last]
        if active.size == 0:
            return found
        expected = (fixed[rows] + here.onto_bins(found.theta[rows]))[~last]
        scale = bins.some(rows).some(~last).longest(expected, here.some(~last).onto_bins(step))
        slack = _DIGITS * (1 + np.abs(found.value[active]))
        slack += _EPSILON * np.sum(np.abs(found.slope[active] * fixed[active]), axis=-1)
        active = _shortened(found, look, active, step, gain, scale, slack)
        if active.size == 0:
            return found
    raise ConvergenceError(_where(active, fixed, gain[: active.size], f"after {_ITERATIONS} steps"))


def _shortened(
    found: Minimum,
    look: Any,
    active: npt.NDArray[np.intp],
    step: FloatArray,
    gain: FloatArray,
    scale: FloatArray,
    slack: FloatArray,
) -> npt.NDArray[np.intp]:
    """Takes the longest step that does not raise chi^2; returns the rows that moved."""
    for _ in range(60):
        trial = look(found.theta[active] + scale[:, None] * step, active)
        worse = ~(trial.value <= found.value[active] + slack)
        if not np.any(worse):
            break
        scale = np.where(worse, 0.4 * scale, scale)
    stuck = worse & (gain > _STUCK + 1e-8 * np.abs(found.value[active]))
    if np.any(stuck):
        raise ConvergenceError(_where(active[stuck], found.slope, gain[stuck], "where no step lowers it"))
    moved = active[~worse]  # where no step is short enough, chi^2 falls no further
    found.theta[moved], found.value[moved] = trial.theta[~worse], trial.value[~worse]
    found.slope[moved], found.curvature[moved] = trial.slope[~worse], trial.curvature[~worse]
    return moved


def _where(rows: npt.NDArray[np.intp], fixed: FloatArray, gain: FloatArray, when: str) -> str:
    return (
        f"the fit of the nuisance parameters did not converge for {len(rows)} of {len(fixed)} signals, first number "
        f"{int(rows[0])}: {when} another step still promises {float(np.max(gain)):.3g} in -2 ln L"
    )
