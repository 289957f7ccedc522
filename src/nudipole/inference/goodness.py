r"""Goodness of fit: whether the data can come from the background at all.

The likelihood is held against the saturated one, which puts the expectation of every bin at its count and every pull at
zero (Baker & Cousins, Nucl. Instrum. Meth. 221 (1984) 437):

.. math:: \chi^2_{\rm sat} = \min_\theta\bigl[-2\ln L(\mathrm{data}\,|\,s=0,\theta)\bigr] + 2\ln L_{\rm saturated},

which for well filled bins follows a chi^2 of (bins - free backgrounds) degrees of freedom: a constrained pull is one
parameter and one auxiliary measurement more. Poisson bins that expect few events are judged by pseudo-experiments of the
best fit, a single one without pulls by the sum over its counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.errors import check_between, check_count
from nudipole.inference.likelihood import Ensemble, Likelihood

FloatArray = npt.NDArray[np.float64]
#: p value below which a limit is not to be trusted without a look at the data.
MISFIT = 0.01
FEW_EXPECTED = 5.0  # events in a Poisson bin below which chi^2 is no guide
_TOYS, _SEED = 2000, 20261201
_TIE = 1e-4  # of chi^2, relative: equal within the tolerance of a fit and the count of an empty bin
_DEPENDENT = 1e-9  # relative size of what is left of a template that others make up


@dataclass(frozen=True)
class GoodnessOfFit:
    """How well the background alone describes the data.

    Attributes
    ----------
    chi2 : float
        -2 ln of the likelihood at the best fit without signal over the saturated one.
    degrees : int
        Degrees of freedom.
    p_value : float
        Probability of a chi^2 at least as large if the best fit is true.
    method : {"asymptotic", "exact", "pseudo-experiments", "worst member"}
        How the p value was found; the last one of a union of searches, multiplied by their number.
    excess : float
        Observed minus expected events of all bins at the best fit: the sign tells which way the data are off.
    """

    chi2: float
    degrees: int
    p_value: float
    method: Literal["asymptotic", "exact", "pseudo-experiments", "worst member"]
    excess: float

    @property
    def misfit(self) -> bool:
        """Whether the p value is below :data:`MISFIT`."""
        return self.p_value < MISFIT

    def __str__(self) -> str:
        return f"p = {self.p_value:.2g} (chi^2 = {self.chi2:.4g}, {self.degrees} degrees of freedom, {self.method})"


def goodness_of_fit(likelihood: Likelihood, toys: int = _TOYS, seed: int = _SEED) -> GoodnessOfFit | None:
    """Whether data come from the background of this likelihood, pulls at their best fit.

    Parameters
    ----------
    likelihood : Likelihood
    toys : int
        Pseudo-experiments, where a Poisson bin expects fewer than :data:`FEW_EXPECTED` events.
    seed : int
        Of the generator: the same likelihood has the same p value.

    Returns
    -------
    GoodnessOfFit or None
        None where free backgrounds describe any data, or no background is expected at all (counts from which none was
        subtracted say nothing about it).

    Raises
    ------
    ConvergenceError
        If a fit does not converge.

    Examples
    --------
    >>> import numpy as np
    >>> measured = Likelihood(np.array([12.0]), np.array([10.0]), np.array([1.0]))
    >>> found = goodness_of_fit(measured)
    >>> round(found.chi2, 6), found.degrees, round(found.p_value, 4)
    (4.0, 1, 0.0455)
    """
    check_count(toys=toys)
    check_between(0, 2**63, seed=seed)
    if not np.any(likelihood.background) and not np.any(likelihood.changes):
        return None
    chi2, theta, _ = likelihood.chi2(np.zeros((1, likelihood.bins)))
    expected = likelihood.background + theta[0] @ likelihood.changes
    degrees = likelihood.bins - _free_templates(likelihood)
    if degrees <= 0:
        return None
    value, poisson = float(chi2[0]), likelihood.sigma == 0
    excess = float(np.sum(likelihood.observed - expected))
    if not np.any(poisson & (expected < FEW_EXPECTED)):
        p_value = float(special.chdtrc(degrees, max(value, 0.0)))
        return GoodnessOfFit(value, degrees, p_value, "asymptotic", excess)
    if likelihood.bins == 1 and not likelihood.pulls:
        return GoodnessOfFit(value, degrees, _exact(value, float(expected[0])), "exact", excess)
    found = _pseudo_experiments(likelihood, theta[0], np.maximum(expected, 0.0), toys, seed)
    slack = _TIE * (1.0 + abs(value))
    p_value = float((1 + np.count_nonzero(found >= value - slack)) / (1 + toys))
    return GoodnessOfFit(value, degrees, p_value, "pseudo-experiments", excess)


def worst(members: Sequence[GoodnessOfFit | None]) -> GoodnessOfFit | None:
    """Of several searches the worst described, its p value multiplied by how many could be tested (Bonferroni)."""
    tested = [member for member in members if member is not None]
    if len(tested) < 2:
        return tested[0] if tested else None
    found = min(tested, key=lambda member: member.p_value)
    return replace(found, p_value=min(1.0, len(tested) * found.p_value), method="worst member")


def _free_templates(likelihood: Likelihood) -> int:
    """Independent backgrounds without constraint: the parameters that the data pay for."""
    free = likelihood.changes[[pull.free for pull in likelihood.pulls]] if likelihood.pulls else np.zeros((0, 1))
    norm = np.linalg.norm(free, axis=1, keepdims=True)
    free = np.divide(free, norm, out=np.zeros(free.shape), where=norm > 0)
    return int(np.linalg.matrix_rank(free, tol=_DEPENDENT)) if free.size else 0


def _exact(value: float, expected: float) -> float:
    """Probability of the counts of one bin that are no better described than the observed one."""
    counts = np.arange(int(expected + 40.0 * np.sqrt(expected + 1.0) + 60.0), dtype=float)
    with np.errstate(divide="ignore"):
        deviance = 2.0 * (expected - counts + special.xlogy(counts, counts) - special.xlogy(counts, expected))
    probability = np.exp(special.xlogy(counts, expected) - expected - special.gammaln(counts + 1.0))
    better = deviance < value - _TIE * (1.0 + value)
    return float(max(1.0 - np.sum(probability[better]), 0.0)) if np.any(better) else 1.0


def _pseudo_experiments(
    likelihood: Likelihood, theta: FloatArray, expected: FloatArray, toys: int, seed: int
) -> FloatArray:
    """chi^2 of data and auxiliary measurements drawn from the best fit.

    An auxiliary measurement a of a constrained pull moves its penalty to (theta - a)^2: the same likelihood about the
    background that theta = a expects.
    """
    random = np.random.default_rng(seed)
    gaussian = likelihood.sigma > 0
    shape = (toys, likelihood.bins)
    drawn = np.where(gaussian, random.normal(expected, likelihood.sigma, shape), random.poisson(expected, shape))
    free = np.array([pull.free for pull in likelihood.pulls], dtype=bool)
    measured = np.where(free, 0.0, random.normal(theta, 1.0, (toys, len(theta))))
    ensemble = Ensemble(drawn, likelihood.background + measured @ likelihood.changes)
    return likelihood.chi2(np.zeros(shape), ensemble=ensemble)[0]
