r"""Binned likelihoods that are linear in their nuisance parameters, profiled for many signals at once.

Expected counts in bin b for a signal n_b with pulls theta_j (unit normal where constrained, free otherwise):

.. math::

    \mu_b = n_b + B_b + \sum_j \theta_j\,(C_{jb} + n_b A_{jb}), \qquad
    -2\ln L = \sum_b \chi^2_b(\mu_b) + \sum_{j\,\rm constrained}\theta_j^2 ,

with chi^2_b Poisson, 2 [mu - N + N ln(N/mu)], or Gaussian, (mu - N)^2 / sigma^2, bin by bin. The minimum over theta is
found by Newton's method (one step where every bin is Gaussian), vectorised over all leading axes of the signal. Along a
signal n = x u the profile has, at its minimum over theta, the slope and curvature

.. math::

    p' = \partial_x f, \qquad p'' = \partial_x^2 f - (\partial_x\partial_\theta f)^T (\partial_\theta^2 f)^{-1}
    (\partial_x\partial_\theta f), \qquad f = -2\ln L ,

and theta moves by -(d_theta^2 f)^-1 (d_x d_theta f) with x: a search in x needs few steps, each with a good start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_finite, check_non_negative

FloatArray = npt.NDArray[np.float64]
_ITERATIONS = 60
# gain in chi^2 of a last step, which is taken to second order without another look and leaves gain^1.5: for one signal,
# and on the way of a search along one
_TOLERANCE, _ROUGH = 1e-6, 1e-4
_DIGITS = 1e-10
_WALL = 1e-3


@dataclass(frozen=True)
class Pull:
    """One nuisance parameter, unit normal unless ``free``; equal names in joined likelihoods are one parameter."""

    name: str
    free: bool = False


@dataclass(frozen=True)
class ProfilePoint:
    """The profile of signals x u at one x for each (rows m).

    Parameters
    ----------
    chi2, slope, curvature : ndarray (m,)
        -2 ln L minimised over the pulls, and its first and second derivative in x.
    pulls, drift : ndarray (m, j)
        Pulls at the minimum, and how they move with x.
    """

    chi2: FloatArray
    slope: FloatArray
    curvature: FloatArray
    pulls: FloatArray
    drift: FloatArray


@dataclass(frozen=True)
class Likelihood:
    """Data, background and background shifts of one experiment, or of several joined.

    Parameters
    ----------
    observed : ndarray (b,)
        Counts (Poisson bins) or measured values (Gaussian bins); need not be whole numbers (Asimov data).
    background : ndarray (b,)
        Expectation without signal, pulls at zero.
    sigma : ndarray (b,)
        Gaussian uncertainty of each bin; 0 marks a Poisson bin.
    pulls : tuple of Pull
    shifts : ndarray (j, b)
        Change of the background for theta_j = 1.
    """

    observed: FloatArray
    background: FloatArray
    sigma: FloatArray
    pulls: tuple[Pull, ...] = ()
    shifts: FloatArray | None = None

    def __post_init__(self) -> None:
        check_finite(observed=self.observed, background=self.background)
        check_non_negative(sigma=self.sigma)
        if not self.observed.shape == self.background.shape == self.sigma.shape:
            raise DomainError("observed, background and sigma must have the same number of bins")
        shifts = np.zeros((len(self.pulls), self.observed.size)) if self.shifts is None else self.shifts
        if shifts.shape != (len(self.pulls), self.observed.size):
            raise DomainError(f"shifts must have shape (pulls, bins), got {shifts.shape}")
        object.__setattr__(self, "shifts", shifts)
        poisson = self.sigma == 0
        if np.any(self.observed[poisson] < 0):
            raise DomainError("a Poisson bin cannot hold a negative count")

    @property
    def bins(self) -> int:
        """Number of bins."""
        return int(self.observed.size)

    @cached_property
    def purely_gaussian(self) -> bool:
        """True if one Newton step is exact."""
        return bool(np.all(self.sigma > 0))

    def asimov(self, signal: FloatArray | float = 0.0) -> Likelihood:
        """The same experiment having observed exactly background plus ``signal``: for sensitivities."""
        return Likelihood(self.background + signal, self.background, self.sigma, self.pulls, self.shifts)

    def chi2(
        self, signal: npt.ArrayLike, signal_shifts: npt.ArrayLike | None = None, start: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        r"""-2 ln L (Poisson: relative to the saturated model) minimised over the pulls.

        Parameters
        ----------
        signal : array_like (..., b)
            Expected signal.
        signal_shifts : array_like (..., j, b), optional
            Change of the signal for theta_j = 1.
        start : ndarray (..., j), optional
            Where to start.

        Returns
        -------
        tuple of ndarray
            chi2 of shape (...), pulls theta of shape (..., j) and d chi2 / d mu_b of shape (..., b) at the minimum,
            which by the envelope theorem is all that the derivative along any signal needs.
        """
        check_finite(signal=signal)
        signal = np.asarray(signal, dtype=float)
        if signal.shape[-1:] != (self.bins,):
            raise DomainError(f"a signal has {self.bins} bins on its last axis here, got the shape {signal.shape}")
        lead, number = signal.shape[:-1], len(self.pulls)
        fixed = (signal + self.background).reshape(-1, self.bins)
        assert self.shifts is not None
        own = np.zeros((1, number, self.bins))
        if signal_shifts is not None:
            own = np.broadcast_to(np.asarray(signal_shifts, dtype=float), (*lead, number, self.bins))
            own = own.reshape(len(fixed), number, self.bins)
        moving = np.nonzero(np.any(own, axis=(0, 2)))[0]
        design = _Design(self.shifts, moving, np.broadcast_to(own[:, moving], (len(fixed), moving.size, self.bins)))
        if start is not None and start.size != len(fixed) * number:
            raise DomainError(f"a start needs {number} pulls for each signal, got the shape {start.shape}")
        theta = np.zeros((fixed.shape[0], number)) if start is None else start.reshape(len(fixed), number)
        found = self._minimise(fixed, design, theta)
        return found.value.reshape(lead), found.theta.reshape(*lead, number), found.slope.reshape(signal.shape)

    def along(
        self,
        x: FloatArray,
        unit: FloatArray,
        relative: FloatArray,
        moving: npt.NDArray[np.intp],
        start: FloatArray | None = None,
    ) -> ProfilePoint:
        """The profile of signals x u and its first two derivatives in x.

        Parameters
        ----------
        x : ndarray (m,)
        unit : ndarray (m, b)
            The signal u for x = 1.
        relative : ndarray (m, k, b)
            Relative change of each bin of the signal for one unit of the pulls that move it.
        moving : ndarray (k,)
            Which pulls these are; none for a signal without uncertainty.
        start : ndarray (m, j), optional
            Where to start with the pulls.
        """
        assert self.shifts is not None
        number = len(self.pulls)
        counts = x[:, None] * unit
        design = _Design(self.shifts, moving, counts[:, None, :] * relative)
        theta = np.zeros((len(x), number)) if start is None else start
        found = self._minimise(counts + self.background, design, theta, _ROUGH)
        along = unit
        if moving.size:
            along = unit * (1.0 + np.einsum("mk,mkb->mb", found.theta[:, moving], relative))
        slope = np.sum(found.slope * along, axis=-1)
        curvature = np.sum(found.curvature * along**2, axis=-1)
        if number == 0:
            return ProfilePoint(found.value, slope, curvature, found.theta, found.theta)
        mixed = design.onto_pulls(found.curvature * along)
        if moving.size:
            mixed[:, moving] += np.einsum("mkb,mb->mk", relative, found.slope * unit)
        drift = np.asarray(-np.linalg.solve(found.hessian, mixed[..., None])[..., 0], dtype=float)
        return ProfilePoint(found.value, slope, curvature + np.sum(mixed * drift, axis=-1), found.theta, drift)

    def _minimise(
        self, fixed: FloatArray, design: _Design, theta: FloatArray, tolerance: float = _TOLERANCE
    ) -> _Minimum:
        """Newton's method in the pulls from ``theta``."""
        penalty = np.array([0.0 if pull.free else 1.0 for pull in self.pulls])

        def look(at: FloatArray, rows: npt.NDArray[np.intp] | slice) -> _Minimum:
            bins, slope, curvature = self._bins(fixed[rows] + design.some(rows).onto_bins(at))
            value = bins.sum(axis=-1) + (penalty * at**2).sum(axis=-1)
            return _Minimum(at, value, slope, curvature, np.zeros((len(at), len(penalty), len(penalty))))

        found = look(theta.copy(), slice(None))
        if len(penalty) == 0:
            return found
        active = np.arange(fixed.shape[0])
        for _ in range(_ITERATIONS):
            rows = slice(None) if len(active) == len(fixed) else active
            here = design.some(rows)
            gradient = here.onto_pulls(found.slope[rows]) + 2 * penalty * found.theta[rows]
            hessian = here.squared(found.curvature[rows])
            hessian += np.diag(2 * penalty)
            hessian += np.eye(len(penalty)) * 1e-12 * np.trace(hessian, axis1=1, axis2=2)[:, None, None]
            step = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
            gain = -np.einsum("mj,mj->m", gradient, step)
            found.hessian[rows] = hessian
            # exact where every bin is Gaussian, and good to gain^1.5 where it is not; below its last digits no chi^2 falls
            last = (gain <= tolerance + _DIGITS * np.abs(found.value[rows])) | self.purely_gaussian
            done = active[last]
            found.theta[done] += step[last]
            found.value[done] -= 0.5 * gain[last]
            found.slope[done] += found.curvature[done] * here.some(last).onto_bins(step[last])
            active, step = active[~last], step[~last]
            if active.size == 0:
                break
            scale = np.ones(len(active))
            for _ in range(40):
                trial = look(found.theta[active] + scale[:, None] * step, active)
                worse = ~(trial.value <= found.value[active] + 1e-10 * (1 + np.abs(found.value[active])))
                if not np.any(worse):
                    break
                scale = np.where(worse, 0.4 * scale, scale)
            active = active[~worse]  # where no step is short enough, chi^2 falls no further
            found.theta[active], found.value[active] = trial.theta[~worse], trial.value[~worse]
            found.slope[active], found.curvature[active] = trial.slope[~worse], trial.curvature[~worse]
        return found

    def _bins(self, mu: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """chi^2 of each bin with its first and second derivative in mu; mu is kept positive in Poisson bins."""
        if self.purely_gaussian:
            residual = (mu - self.observed) / self.sigma
            return residual**2, 2 * residual / self.sigma, np.broadcast_to(2 / self.sigma**2, mu.shape).copy()
        observed, gaussian = self.observed, self.sigma > 0
        floor = 1e-9 + 1e-6 * np.maximum(observed, self.background)
        safe = np.where(gaussian, 1.0, np.maximum(mu, floor))
        below = ~gaussian & (mu < floor)
        ratio = observed / safe
        log_term = np.where(observed > 0, observed * np.log(np.where(observed > 0, np.maximum(ratio, 1e-300), 1.0)), 0)
        value = 2 * (safe - observed + log_term)
        slope = 2 * (1 - ratio)
        curvature = 2 * np.maximum(ratio / safe, 1e-12)
        # continued quadratically below the floor, so that Newton's method can come back; where nothing was observed the
        # exact curvature is zero and a negative expectation would be rewarded, so a wall of _WALL events stands there
        curvature = np.where(below, np.maximum(curvature, 2.0 / _WALL), curvature)
        value = np.where(below, value + slope * (mu - safe) + 0.5 * curvature * (mu - safe) ** 2, value)
        slope = np.where(below, slope + curvature * (mu - safe), slope)
        width = np.where(gaussian, self.sigma, 1.0)
        residual = (mu - observed) / width
        return (
            np.where(gaussian, residual**2, value),
            np.where(gaussian, 2 * residual / width, slope),
            np.where(gaussian, 2 / width**2, curvature),
        )


@dataclass(frozen=True)
class _Minimum:
    """Where the pulls came to rest (rows m): theta (m, j), chi^2 (m,), its derivatives in mu_b (m, b) and in theta."""

    theta: FloatArray
    value: FloatArray
    slope: FloatArray
    curvature: FloatArray
    hessian: FloatArray


@dataclass(frozen=True)
class _Design:
    """d mu / d theta of many signals: ``common`` (j, b) to all, plus ``own`` (m, k, b) for the pulls ``moving`` (k,)."""

    common: FloatArray
    moving: npt.NDArray[np.intp]
    own: FloatArray

    def some(self, rows: npt.NDArray[Any] | slice) -> _Design:
        return _Design(self.common, self.moving, self.own[rows])

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


def join(likelihoods: Sequence[Likelihood]) -> tuple[Likelihood, tuple[npt.NDArray[np.intp], ...]]:
    """Several experiments in one likelihood; pulls of the same name become one parameter.

    Returns
    -------
    tuple
        The joint likelihood, and for each member the position of its pulls in the joint list.
    """
    pulls: dict[str, Pull] = {}
    for member in likelihoods:
        for pull in member.pulls:
            pulls.setdefault(pull.name, pull)
    names = list(pulls)
    positions = tuple(np.array([names.index(p.name) for p in member.pulls], dtype=np.intp) for member in likelihoods)
    shifts = np.zeros((len(names), sum(member.bins for member in likelihoods)))
    start = 0
    for member, where in zip(likelihoods, positions, strict=True):
        assert member.shifts is not None
        shifts[where, start : start + member.bins] = member.shifts
        start += member.bins
    joint = Likelihood(
        np.concatenate([member.observed for member in likelihoods]),
        np.concatenate([member.background for member in likelihoods]),
        np.concatenate([member.sigma for member in likelihoods]),
        tuple(pulls.values()),
        shifts,
    )
    return joint, positions
