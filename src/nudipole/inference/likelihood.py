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

import numpy as np
import numpy.typing as npt

from nudipole.errors import LARGEST_TOTAL, DomainError, check_finite, check_non_negative
from nudipole.inference import free_backgrounds
from nudipole.inference.newton import Bins, Design, Minimum, minimise, solve

FloatArray = npt.NDArray[np.float64]
# gain in chi^2 of a last step, which is taken to second order without another look and leaves gain^1.5: for one signal,
# and on the way of a search along one
_TOLERANCE, _ROUGH = 1e-6, 1e-4


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


def profile_point(found: Minimum, design: Design, unit: FloatArray, moved: FloatArray) -> ProfilePoint:
    """The profile at a minimum over the pulls, with its derivatives along the signal x u.

    Parameters
    ----------
    found : Minimum
        Of -2 ln L at x u.
    design : Design
        How the pulls move the counts there.
    unit, moved : ndarray (m, b), (m, k, b)
        u, and its change for one unit of the pulls that move the signal.
    """
    along, moving = unit, design.moving
    if moving.size:
        along = unit + np.einsum("mk,mkb->mb", found.theta[:, moving], moved)
    slope = np.sum(found.slope * along, axis=-1)
    curvature = np.sum(found.curvature * along**2, axis=-1)
    if found.theta.shape[1] == 0:
        return ProfilePoint(found.value, slope, curvature, found.theta, found.theta)
    mixed = design.onto_pulls(found.curvature * along)
    if moving.size:
        mixed[:, moving] += np.einsum("mkb,mb->mk", moved, found.slope)
    drift = -solve(found.hessian, mixed)
    return ProfilePoint(found.value, slope, curvature + np.sum(mixed * drift, axis=-1), found.theta, drift)


@dataclass(frozen=True)
class Ensemble:
    """Data and background of many pseudo-experiments: ``observed`` and ``background``, each of shape (m, b)."""

    observed: FloatArray
    background: FloatArray

    def some(self, rows: npt.NDArray[np.intp]) -> Ensemble:
        """Some of them, by number."""
        return Ensemble(self.observed[rows], self.background[rows])


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

    def summed(self) -> Likelihood:
        """All Poisson bins added to one."""
        return Likelihood(
            self.observed.sum(keepdims=True),
            self.background.sum(keepdims=True),
            np.zeros(1),
            self.pulls,
            self.changes.sum(axis=1, keepdims=True),
        )

    def asimov(self, signal: FloatArray | float = 0.0) -> Likelihood:
        """The same experiment having observed exactly background plus ``signal``: for sensitivities."""
        return Likelihood(self.background + signal, self.background, self.sigma, self.pulls, self.shifts)

    def chi2(
        self,
        signal: npt.ArrayLike,
        signal_shifts: npt.ArrayLike | None = None,
        start: FloatArray | None = None,
        ensemble: Ensemble | None = None,
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
        ensemble : Ensemble, optional
            Data and background of each row instead of this experiment's own (pseudo-experiments); the leading axes of
            the signal are then flattened onto its rows.

        Returns
        -------
        tuple of ndarray
            chi2 of shape (...), pulls theta of shape (..., j) and d chi2 / d mu_b of shape (..., b) at the minimum,
            which by the envelope theorem is all that the derivative along any signal needs.

        Raises
        ------
        ConvergenceError
            If a fit does not converge.
        """
        check_finite(largest=LARGEST_TOTAL, signal=signal)
        signal = np.asarray(signal, dtype=float)
        if signal.shape[-1:] != (self.bins,):
            raise DomainError(f"a signal has {self.bins} bins on its last axis here, got the shape {signal.shape}")
        lead, number = signal.shape[:-1], len(self.pulls)
        flat, own = signal.reshape(-1, self.bins), np.zeros((1, number, self.bins))
        if signal_shifts is not None:
            own = np.broadcast_to(np.asarray(signal_shifts, dtype=float), (*lead, number, self.bins))
            own = own.reshape(len(flat), number, self.bins)
        moving = np.nonzero(np.any(own, axis=(0, 2)))[0]
        moved = np.broadcast_to(own[:, moving], (len(flat), moving.size, self.bins))
        if start is not None and start.size != len(flat) * number:
            raise DomainError(f"a start needs {number} pulls for each signal, got the shape {start.shape}")
        rest, own = self.without_free(flat), self.without_free(moved)
        theta = None
        if start is not None:
            theta = start.reshape(len(flat), number)
            theta = theta + self._absorbed(flat - rest + np.einsum("mk,mkb->mb", theta[:, moving], moved - own))
        found = self._minimum(rest, Design(self.changes, moving, own), theta, _TOLERANCE, ensemble)
        taken = flat - rest + np.einsum("mk,mkb->mb", found.theta[:, moving], moved - own)
        theta = found.theta - self._absorbed(taken)
        return found.value.reshape(lead), theta.reshape(*lead, number), found.slope.reshape(*lead, self.bins)

    def along(
        self,
        x: FloatArray,
        unit: FloatArray,
        moved: FloatArray,
        moving: npt.NDArray[np.intp],
        start: FloatArray | None = None,
        ensemble: Ensemble | None = None,
    ) -> ProfilePoint:
        """The profile of signals x u and its first two derivatives in x.

        Parameters
        ----------
        x : ndarray (m,)
        unit : ndarray (m, b)
            The signal u for x = 1.
        moved : ndarray (m, k, b)
            Change of u for one unit of the pulls that move it.
        moving : ndarray (k,)
            Which pulls these are; none for a signal without uncertainty.
        start : ndarray (m, j), optional
            Where to start with the pulls.
        ensemble : Ensemble, optional
            Data and background of each row instead of this experiment's own.
        """
        design = Design(self.changes, moving, x[:, None, None] * moved)
        found = self._minimum(x[:, None] * unit, design, start, _ROUGH, ensemble)
        return profile_point(found, design, unit, moved)

    def _minimum(
        self,
        signal: FloatArray,
        design: Design,
        theta: FloatArray | None,
        tolerance: float,
        ensemble: Ensemble | None,
    ) -> Minimum:
        data = self._own_data if ensemble is None else ensemble
        if len(data.observed) not in (1, len(signal)):
            raise DomainError(f"{len(data.observed)} pseudo-experiments for {len(signal)} signals")
        penalty = np.array([0.0 if pull.free else 1.0 for pull in self.pulls])
        bins = Bins(data.observed, self.sigma)
        fixed = signal + data.background
        starts = [theta] if theta is not None else [np.zeros((len(fixed), len(penalty)))]
        if theta is None and not np.all(penalty):
            starts.append(self._absorbed(data.observed - fixed))
        return minimise(fixed, design, bins, penalty, starts, tolerance)

    @cached_property
    def _own_data(self) -> Ensemble:
        return Ensemble(self.observed[None, :], self.background[None, :])

    @property
    def changes(self) -> FloatArray:
        """Change of the background for one unit of each pull, shape (j, b)."""
        assert self.shifts is not None
        return self.shifts

    @cached_property
    def _free(self) -> tuple[FloatArray, FloatArray, npt.NDArray[np.intp]]:
        """Weights of the bins (b,), an orthonormal basis of the free backgrounds (b, r) in them, which pulls are free."""
        free = np.nonzero([pull.free for pull in self.pulls])[0]
        weight = free_backgrounds.bin_weights(self.observed, self.background, self.sigma)
        return weight, free_backgrounds.orthonormal_basis(self.changes[free], weight), free

    def without_free(self, counts: FloatArray) -> FloatArray:
        """``counts`` (..., b) less what free backgrounds can take: the same likelihood, with other values of those pulls."""
        weight, basis, free = self._free
        return free_backgrounds.remainder(counts, weight, basis) if free.size else counts

    def _absorbed(self, counts: FloatArray) -> FloatArray:
        """Pulls (m, j) of the free backgrounds that come closest to ``counts`` (m, b), the other pulls at zero."""
        weight, _, free = self._free
        theta = np.zeros((len(counts), len(self.pulls)))
        if free.size:
            theta[:, free] = free_backgrounds.closest_pulls(counts, weight, self.changes[free])
        return theta


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
