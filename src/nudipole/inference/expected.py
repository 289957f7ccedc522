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

from nudipole.errors import DomainError
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
