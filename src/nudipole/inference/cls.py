r"""Observed CLs, beside the profile likelihood ratio.

A signal is excluded at the level CL where

.. math:: {\rm CL}_s = \frac{p_{s+b}}{1 - p_b} < 1 - {\rm CL}

(Read, J. Phys. G 28 (2002) 2693). For binned data the test statistic is that of an upper limit with the strength x of the
signal kept physical, :math:`\tilde q = \chi^2(1) - \min_{0\le x\le1}\chi^2(x)`, and its distributions are the asymptotic ones
with the background at its best fit as Asimov data (Cowan et al., Eur. Phys. J. C 71 (2011) 1554):

.. math:: p_{s+b} = \Phi(-\sqrt{q}),\quad 1-p_b = \Phi(\sqrt{q_A}-\sqrt q)\quad (q\le q_A),\qquad
    \Phi\Bigl(-\frac{q\pm q_A}{2\sqrt{q_A}}\Bigr)\quad(q > q_A).

One count is exact, :math:`{\rm CL}_s = P(n\le N|s+b)/P(n\le N|b)`, each averaged over systematic uncertainties. CLs never
excludes what an experiment is not sensitive to, so it overcovers near zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.constraint import Interval
from nudipole.errors import DomainError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import CountModel, Counts, PublishedLimit
from nudipole.inference.counting import check_confidence_level
from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.intervals import D_SCAN, crossings
from nudipole.inference.likelihood import Ensemble, Likelihood
from nudipole.inference.limits import ProfileStatistic, Rows, Scale, Signal, Statistic, totals
from nudipole.inference.profile import Profile

FloatArray = npt.NDArray[np.float64]
_ENORMOUS, _SMALL_PULL = 1e3, 0.2  # times everything seen: a signal that no pull of this size can cancel
_TINY = 1e-6  # events that exclude nothing


def log_cls(likelihood: Likelihood, counts: FloatArray, relative: FloatArray | None = None) -> FloatArray:
    """ln CLs of signals over the background of a likelihood, asymptotic.

    Parameters
    ----------
    likelihood : Likelihood
        Data, background and pulls.
    counts : ndarray (n, b)
        Expected events of each signal.
    relative : ndarray (j, b) or (n, j, b), optional
        Relative change of the signal for one unit of each pull.

    Returns
    -------
    ndarray
        Shape (n,); 0 where nothing is learnt.

    Raises
    ------
    ConvergenceError
        If a fit does not converge.

    Examples
    --------
    >>> one = Likelihood(np.array([52.0]), np.array([50.0]), np.array([5.0]))
    >>> [round(float(x), 3) for x in np.exp(log_cls(one, np.array([[10.0], [5.0], [0.0]])))]
    [0.084, 0.418, 1.0]
    """
    number, (pulls, bins) = len(counts), (len(likelihood.pulls), likelihood.bins)
    relative = np.zeros((pulls, bins)) if relative is None else relative
    relative = np.broadcast_to(relative, (number, pulls, bins))
    total, largest = counts.sum(axis=1), np.max(np.abs(relative), axis=(1, 2), initial=0.0)
    seen = 1.0 + float(np.sum(np.abs(likelihood.observed)) + np.sum(np.abs(likelihood.background)))
    enormous = (total > _ENORMOUS * seen) & (largest <= _SMALL_PULL)
    found = np.zeros(number)
    with np.errstate(divide="ignore"):
        found[enormous] = -0.5 * np.minimum(total[enormous], largest[enormous] ** -2.0)
    some = np.nonzero(~enormous & (total > _TINY))[0]
    if some.size:
        found[some] = _asymptotic(*_test_values(likelihood, counts[some], relative[some]))
    return found


def _asymptotic(q: FloatArray, q_asimov: FloatArray) -> FloatArray:
    """ln CLs from the test statistic of the data and of the Asimov data."""
    root, width = np.sqrt(q), np.sqrt(q_asimov)
    near = q <= q_asimov
    safe = np.where(width > 0.0, width, 1.0)
    signal = np.where(near, -root, -(q + q_asimov) / (2.0 * safe))
    background = np.where(near, width - root, -(q - q_asimov) / (2.0 * safe))
    return np.where(width > 0.0, special.log_ndtr(signal) - special.log_ndtr(background), 0.0)


def _test_values(likelihood: Likelihood, counts: FloatArray, relative: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The test statistic of each signal in the data, and in the background at its best fit."""
    moved = counts[:, None, :] * relative
    _, theta, _ = likelihood.chi2(np.zeros((1, likelihood.bins)))
    fitted = likelihood.background + theta[0] @ likelihood.changes
    fitted = np.where(likelihood.sigma > 0, fitted, np.maximum(fitted, 0.0))
    asimov = Ensemble(np.repeat(fitted[None], len(counts), axis=0), np.repeat(fitted[None], len(counts), axis=0))
    # pulls are measured from their best fit, where the signal is this much larger
    factor = 1.0 + np.einsum("j,njb->nb", theta[0], relative)
    without = likelihood.chi2(np.zeros_like(counts), ensemble=asimov)[0]
    q_asimov = likelihood.chi2(counts * factor, moved, ensemble=asimov)[0] - without
    rest = likelihood.without_free(counts)
    noise = np.maximum(np.maximum(likelihood.observed, likelihood.background), 1.0)
    variance = np.where(likelihood.sigma > 0, likelihood.sigma**2, noise)
    size = np.sqrt(np.sum(rest**2 / variance, axis=1))
    rows = np.nonzero(size > 0.0)[0]
    q = np.zeros(len(counts))
    if rows.size:
        moving = np.nonzero(np.any(relative, axis=(0, 2)))[0]
        scaled = likelihood.without_free(moved[rows][:, moving] / size[rows, None, None])
        best = Profile(likelihood, rest[rows] / size[rows, None], scaled, moving).minimum()
        here = likelihood.chi2(counts[rows], moved[rows])[0]
        q[rows] = np.where(best.x < size[rows], here - best.chi2, 0.0)
    return np.maximum(q, 0.0), np.maximum(q_asimov, 0.0)


@dataclass(frozen=True)
class ClsStatistic:
    """CLs in the place of another statistic; :meth:`test` is -2 ln CLs, held against -2 ln(1 - CL)."""

    inner: ProfileStatistic | CountStatistic

    @property
    def scale(self) -> Scale:
        return "one-sided"

    @property
    def description(self) -> str:
        how = "exact for one count" if isinstance(self.inner, CountStatistic) else "asymptotic"
        return f"CLs, {how}"

    def critical(self, cl: float) -> float:
        check_confidence_level(cl)
        return float(-2.0 * np.log1p(-cl))

    def intervals(self, signal: Signal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        number, critical = len(signal), self.critical(cl)

        def excess(rows: Rows, at: FloatArray) -> FloatArray:
            flat = self.test(signal, np.repeat(rows, at.shape[1]), np.ravel(at))
            return flat.reshape(at.shape) - critical

        d = np.broadcast_to(D_SCAN, (number, len(D_SCAN)))
        return crossings(d, excess(np.arange(number), d), excess) if number else ()

    def test(self, signal: Signal, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        if isinstance(self.inner, CountStatistic):
            return -2.0 * _counted(self.inner, signal, rows, d)
        likelihood, relative = self.inner.likelihood, signal.relative_shifts
        found = np.zeros(len(rows))
        for row in np.unique(rows).tolist():
            own = rows == row
            moved = None if relative is None else relative[row if len(relative) > 1 else 0]
            found[own] = -2.0 * log_cls(likelihood, signal.counts(row, d[own]), moved)
        return found

    def delta_chi2(self, signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
        return self.inner.delta_chi2(signal, rows, d)

    def goodness(self) -> GoodnessOfFit | None:
        return self.inner.goodness()


def _counted(statistic: CountStatistic, signal: Signal, rows: Rows, d: FloatArray) -> FloatArray:
    """ln CLs of counts of few events."""
    models, events = statistic.models(signal), totals(signal, rows, d)
    found = np.zeros(len(rows))
    for model in dict.fromkeys(models):
        own = np.array([models[row] == model for row in rows.tolist()], dtype=bool)
        found[own] = _log_cls_of_count(model, events[own])
    return found


def _log_cls_of_count(model: CountModel, events: FloatArray) -> FloatArray:
    if isinstance(model, PublishedLimit) and model.approximation == "poisson":
        return events / model.number * np.log1p(-model.level)
    if not isinstance(model, Counts):
        raise DomainError(f"there is no CLs of this: {model.test}")
    found = np.empty(len(events))
    far = events > model.farthest
    found[far] = -events[far]  # a bound: no digits are left
    alone = model.at_most(np.zeros(1))[0]
    near = model.at_most(events[~far])
    found[~far] = np.log(np.maximum(near, 1e-300)) - np.log(alone)
    return found


def as_cls(statistic: Statistic) -> ClsStatistic:
    """The same data judged by CLs.

    Parameters
    ----------
    statistic : Statistic
        Of one search.

    Raises
    ------
    DomainError
        For a fit of two parameters, a union of searches, and published limits and projections by a number of events.
    """
    if isinstance(statistic, ProfileStatistic) and statistic.parameters == 1:
        return ClsStatistic(statistic)
    if isinstance(statistic, CountStatistic):
        _log_cls_of_count(statistic.model, np.zeros(1))
        return ClsStatistic(statistic)
    raise DomainError(f"there is no CLs of this: {statistic.description}")
