r"""Pseudo-experiments of a binned likelihood, many at once: data, auxiliary measurements, and how they are judged.

Counts are Poisson or Gaussian about :math:`\mu = n + B` at pulls of zero. Each constrained pull has an auxiliary
measurement a_j ~ N(0, 1), which moves its penalty to (theta_j - a_j)^2. With theta' = theta - a that is the old penalty
about another expectation,

.. math:: \mu = n\,(1 + \textstyle\sum_j a_j A_j) + B + \sum_j a_j C_j + \sum_j\theta'_j (C_j + n A_j),

so a pseudo-experiment is a row of data, background and signal of the same likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_count, check_finite
from nudipole.inference.likelihood import Ensemble, Likelihood
from nudipole.inference.profile import Profile

FloatArray = npt.NDArray[np.float64]
_AT_ONCE = 4_000_000  # numbers in the likelihood of a scan


@dataclass(frozen=True)
class Toys:
    """Pseudo-experiments of one likelihood.

    Attributes
    ----------
    likelihood : Likelihood
    ensemble : Ensemble
        Data and moved background of each, shape (m, b).
    signal_factors : ndarray (m, b)
        1 + sum_j a_j A_jb, which multiplies any signal.
    relative : ndarray (j, b)
        A, the relative change of the signal for one unit of each pull.
    """

    likelihood: Likelihood
    ensemble: Ensemble
    signal_factors: FloatArray
    relative: FloatArray

    def chi2(self, counts: FloatArray) -> FloatArray:
        """-2 ln L of signals (k, b) in every pseudo-experiment, shape (m, k)."""
        number, bins = self.ensemble.observed.shape
        pulls = len(self.likelihood.pulls)
        result = np.empty((number, len(counts)))
        step = max(1, _AT_ONCE // (len(counts) * bins * (1 + pulls)))
        for first in range(0, number, step):
            rows = np.arange(first, min(first + step, number))
            signal = self.signal_factors[rows, None, :] * counts
            moved = np.broadcast_to(counts[:, None, :] * self.relative, (len(rows), len(counts), pulls, bins))
            flat = Ensemble(
                *(np.repeat(x[rows], len(counts), axis=0) for x in (self.ensemble.observed, self.ensemble.background))
            )
            found = self.likelihood.chi2(signal.reshape(-1, bins), moved.reshape(-1, pulls, bins), ensemble=flat)[0]
            result[rows] = found.reshape(len(rows), len(counts))
        return result

    def profile(self, unit: FloatArray) -> tuple[Profile, float]:
        """The profile of x times a signal (b,) in every pseudo-experiment, and the scale in which x is counted."""
        noise = np.maximum(self.likelihood.background, 1.0)
        variance = np.where(self.likelihood.sigma > 0, self.likelihood.sigma**2, noise)
        rest = self.likelihood.without_free(unit)
        size = float(np.sum(rest**2 / variance))
        if size <= 0.0:
            raise DomainError("free backgrounds describe any size of this signal")
        scale = 1.0 / np.sqrt(size)
        moving = np.nonzero(np.any(self.relative, axis=1))[0]
        moved = self.likelihood.without_free(scale * unit * self.relative[moving])
        rows = self.likelihood.without_free(scale * self.signal_factors * unit)
        moved = np.broadcast_to(moved, (len(rows), *moved.shape))
        return Profile(self.likelihood, rows, moved, moving, self.ensemble), scale


def draw(
    likelihood: Likelihood,
    signal: FloatArray,
    number: int,
    random: np.random.Generator,
    relative: FloatArray | None = None,
) -> Toys:
    """Pseudo-experiments of a signal over the background of a likelihood, pulls at zero.

    Parameters
    ----------
    likelihood : Likelihood
        Its data are not used.
    signal : ndarray (b,)
        True counts.
    number : int
    random : numpy.random.Generator
    relative : ndarray (j, b), optional
        Relative change of the signal for one unit of each pull.

    Examples
    --------
    >>> one = Likelihood(np.zeros(1), np.array([50.0]), np.zeros(1))
    >>> draw(one, np.array([10.0]), 5, np.random.default_rng(1)).ensemble.observed.shape
    (5, 1)
    """
    check_count(number=number)
    check_finite(signal=signal)
    expected = likelihood.background + signal
    shape = (number, likelihood.bins)
    gaussian = likelihood.sigma > 0
    if np.any(expected[~gaussian] < 0):
        raise DomainError("a Poisson bin cannot expect a negative count")
    counted = random.poisson(np.where(gaussian, 0.0, expected), shape)
    observed = np.where(gaussian, random.normal(expected, likelihood.sigma, shape), counted)
    free = np.array([pull.free for pull in likelihood.pulls], dtype=bool)
    measured = np.where(free, 0.0, random.normal(size=(number, free.size)))
    relative = np.zeros((free.size, likelihood.bins)) if relative is None else relative
    ensemble = Ensemble(observed, likelihood.background + measured @ likelihood.changes)
    return Toys(likelihood, ensemble, 1.0 + measured @ relative, relative)
