r"""Binned likelihoods that are linear in their nuisance parameters, profiled for many signals at once.

Expected counts in bin b for a signal n_b with pulls theta_j (unit normal where constrained, free otherwise):

.. math::

    \mu_b = n_b + B_b + \sum_j \theta_j\,(C_{jb} + n_b A_{jb}), \qquad
    -2\ln L = \sum_b \chi^2_b(\mu_b) + \sum_{j\,\rm constrained}\theta_j^2 ,

with chi^2_b Poisson, 2 [mu - N + N ln(N/mu)], or Gaussian, (mu - N)^2 / sigma^2, bin by bin. The minimum over theta is
found by Newton's method (one step where every bin is Gaussian), vectorised over all leading axes of the signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_finite, check_non_negative

FloatArray = npt.NDArray[np.float64]
_ITERATIONS = 60
_TOLERANCE = 1e-9
_WALL = 1e-3


@dataclass(frozen=True)
class Pull:
    """One nuisance parameter, unit normal unless ``free``; equal names in joined likelihoods are one parameter."""

    name: str
    free: bool = False


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

    @property
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
        lead = signal.shape[:-1]
        fixed = (signal + self.background).reshape(-1, self.bins)
        number = len(self.pulls)
        assert self.shifts is not None
        if number == 0:
            value, slope, _ = self._bins(fixed)
            return value.sum(axis=-1).reshape(lead), np.zeros((*lead, 0)), slope.reshape(signal.shape)
        gradient_of_mu = np.broadcast_to(self.shifts, (fixed.shape[0], number, self.bins))
        if signal_shifts is not None:
            extra = np.broadcast_to(np.asarray(signal_shifts, dtype=float), (*lead, number, self.bins))
            gradient_of_mu = gradient_of_mu + extra.reshape(-1, number, self.bins)
        penalty = np.array([0.0 if pull.free else 1.0 for pull in self.pulls])
        theta = np.zeros((fixed.shape[0], number)) if start is None else start.reshape(-1, number).copy()
        theta, value, slope = self._minimise(fixed, gradient_of_mu, penalty, theta)
        return value.reshape(lead), theta.reshape(*lead, number), slope.reshape(signal.shape)

    def _minimise(
        self, fixed: FloatArray, gradient_of_mu: FloatArray, penalty: FloatArray, theta: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        def total(point: FloatArray, rows: npt.NDArray[np.intp] | slice) -> tuple[FloatArray, FloatArray, FloatArray]:
            mu = fixed[rows] + np.einsum("mj,mjb->mb", point, gradient_of_mu[rows])
            bins, slope, curvature = self._bins(mu)
            return bins.sum(axis=-1) + (penalty * point**2).sum(axis=-1), slope, curvature

        value, slope, curvature = total(theta, slice(None))
        active = np.arange(fixed.shape[0])
        for _ in range(_ITERATIONS):
            design = gradient_of_mu[active]
            gradient = np.einsum("mjb,mb->mj", design, slope[active]) + 2 * penalty * theta[active]
            hessian = np.matmul(design * curvature[active][:, None, :], design.transpose(0, 2, 1))
            hessian += np.diag(2 * penalty)
            hessian += np.eye(len(penalty)) * 1e-12 * np.trace(hessian, axis1=1, axis2=2)[:, None, None]
            step = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
            expected_gain = -np.einsum("mj,mj->m", gradient, step)
            scale = np.ones(len(active))
            trial, new = theta[active] + step, total(theta[active] + step, active)
            for _ in range(40):
                worse = ~(new[0] <= value[active] + 1e-10 * (1 + np.abs(value[active])))
                if not np.any(worse):
                    break
                scale = np.where(worse, 0.4 * scale, scale)
                trial = theta[active] + scale[:, None] * step
                new = total(trial, active)
            theta[active], value[active], slope[active], curvature[active] = trial, *new
            if self.purely_gaussian:
                break
            active = active[expected_gain > _TOLERANCE]
            if active.size == 0:
                break
        return theta, value, slope

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
