r"""Expected limits: what a search would exclude if there were no N, and how far one experiment strays from it.

With the expectation as data (Asimov), q_A(d) = (x / sigma)^2 for a signal of x = 1. A best fit N standard deviations off
zero, which stops at zero, excludes from

.. math:: \sqrt{q_A} = \sqrt c + N \quad (N \ge 0), \qquad \sqrt{q_A} = \sqrt{c + N^2} + N \quad (N < 0),

c the critical value: the median (N = 0) and its bands are edges of the same statistic at other confidence levels
(Cowan et al., Eur. Phys. J. C 71 (2011) 1554, with the best fit kept physical).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from nudipole.errors import DomainError, check_between
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, OnOff, PublishedLimit
from nudipole.inference.counting import critical_value
from nudipole.inference.limits import ProfileStatistic, Statistic

#: Standard deviations of the bands: 95 % and 68 % about the median.
DEVIATIONS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def shifted_level(cl: float, deviation: float, one_sided: bool = False) -> float:
    """Confidence level whose Asimov edge is the limit of an experiment ``deviation`` standard deviations off.

    Parameters
    ----------
    cl : float
    deviation : float
        Of the best fit from no signal, before it is kept physical.
    one_sided : bool

    Examples
    --------
    >>> round(shifted_level(0.9, 0.0), 6), round(shifted_level(0.9, 1.0), 4)
    (0.9, 0.9918)
    """
    root = np.sqrt(critical_value(cl, one_sided=one_sided))
    edge = root + deviation if deviation >= 0 else np.hypot(root, deviation) + deviation
    return float(special.ndtr(edge) if one_sided else special.erf(edge / np.sqrt(2.0)))


def asimov(statistic: Statistic) -> ProfileStatistic:
    """The same statistic with its expectation as data.

    Raises
    ------
    DomainError
        For anything but a profile likelihood of one parameter.
    """
    if not isinstance(statistic, ProfileStatistic) or statistic.parameters != 1:
        raise DomainError("an asymptotic expected limit needs a profile likelihood of one parameter")
    return replace(statistic, likelihood=statistic.likelihood.asimov())


def without_signal(statistic: Statistic, cl: float, deviation: float) -> tuple[Statistic, float]:
    """Statistic and level whose edge is the limit of an experiment without N, ``deviation`` standard deviations off.

    Profile likelihoods of one parameter: :func:`asimov` at :func:`shifted_level`. Counts: the quantile of the Poisson count
    over its background in the place of what was observed. A published limit is that of a Gaussian measurement of zero, unless
    its card says that no event was seen over no background, where every experiment is the same. A projection S / sqrt(S + B)
    is its own median.

    Parameters
    ----------
    statistic : Statistic
        Of one search.
    cl : float
        Confidence level of the limit.
    deviation : float
        Of the best fit from no signal.

    Raises
    ------
    DomainError
        For a fit of two parameters and a union of searches.

    Examples
    --------
    >>> judged, level = without_signal(CountStatistic(Counts(7, 3.2)), 0.9, 0.0)
    >>> judged.model.observed, level
    (3, 0.9)
    """
    if not isinstance(statistic, CountStatistic):
        found = asimov(statistic)
        return found, shifted_level(cl, deviation, found.one_sided)
    model = statistic.model
    if isinstance(model, Counts):
        count = quantile(model.background, deviation)
        return replace(statistic, model=replace(model, observed=count)), cl
    if isinstance(model, OnOff):
        on = quantile(model.off / model.ratio + model.own, deviation)
        return replace(statistic, model=replace(model, on=float(on))), cl
    if isinstance(model, PublishedLimit):
        if model.approximation == "poisson":
            return statistic, cl
        size = np.sqrt(critical_value(shifted_level(cl, deviation, True), one_sided=True) / model.critical(cl))
        return replace(statistic, model=PublishedLimit(float(size) * model.allowed(cl), cl)), cl
    return statistic, shifted_level(cl, deviation, one_sided=True)


def quantile(mean: float, deviation: float) -> int:
    """The Poisson count that many standard deviations from the median, by its probability; for 0 the median itself.

    Parameters
    ----------
    mean : float
        Expected count.
    deviation : float
        As of a normal.

    Examples
    --------
    >>> quantile(4.0, -1.0), quantile(4.0, 0.0), quantile(4.0, 2.0)
    (2, 4, 8)
    """
    check_between(0.0, 1e9, mean=mean)
    check_between(-8.0, 8.0, deviation=deviation)
    wanted = float(special.ndtr(deviation))
    count = max(0, int(np.floor(special.pdtrik(wanted, mean))) - 1) if mean > 0 else 0
    while special.gammaincc(count + 1.0, mean) < wanted:
        count += 1
    return count
