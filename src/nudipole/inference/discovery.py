r"""Discovery: the significance of an excess, and what is expected of a signal.

The background alone is held against the best signal, :math:`q_0 = \chi^2(0) - \min_{x\ge0}\chi^2(x)`, Z = sqrt(q_0). With the
expectation of a signal as data (Asimov; Cowan et al., Eur. Phys. J. C 71 (2011) 1554) its best fit is the signal itself, so

.. math:: Z_A = \sqrt{\chi^2(0\,|\,{\rm data}=s+b)},

which for one bin without uncertainties is :math:`\sqrt{2[(s+b)\ln(1+s/b)-s]}`. Local, one-sided: no trials factor.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, OnOff, Significance
from nudipole.inference.likelihood import Ensemble, Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic

FloatArray = npt.NDArray[np.float64]
#: Standard deviations beyond which nothing is computed; larger ones count as this.
LARGEST = 1e3
_ENORMOUS = 1e6  # times the background


def expected_significance(likelihood: Likelihood, counts: FloatArray) -> FloatArray:
    """Median standard deviations at which signals would be seen.

    Parameters
    ----------
    likelihood : Likelihood
        Its data are not used.
    counts : ndarray (n, b)
        Expected events of each signal.

    Returns
    -------
    ndarray
        Z of each, shape (n,), at most :data:`LARGEST`.

    Examples
    --------
    >>> one = Likelihood(np.zeros(1), np.array([100.0]), np.zeros(1))
    >>> round(float(expected_significance(one, np.array([[30.0]]))[0]), 3)
    2.866
    """
    enormous = counts.sum(axis=1) > _ENORMOUS * (1.0 + float(np.sum(np.abs(likelihood.background))))
    found = np.full(len(counts), LARGEST)
    some = np.nonzero(~enormous)[0]
    if some.size:
        background = np.repeat(likelihood.background[None], some.size, axis=0)
        ensemble = Ensemble(background + counts[some], background)
        chi2 = likelihood.chi2(np.zeros_like(background), ensemble=ensemble)[0]
        found[some] = np.sqrt(np.clip(chi2, 0.0, LARGEST**2))
    return found


def likelihood_of(statistic: Statistic) -> tuple[Likelihood, bool]:
    """The likelihood of the data behind a statistic, and whether there are data or only an expectation.

    Counts are summed to one bin, on and off counts are two with a free background.

    Raises
    ------
    DomainError
        Where there is none: published limits, unions.
    """
    if isinstance(statistic, ProfileStatistic):
        return statistic.likelihood, True
    if not isinstance(statistic, CountStatistic):
        raise DomainError(f"there is no significance of this: {statistic.description}")
    model, none = statistic.model, np.zeros(1)
    if statistic.likelihood is not None:
        found = statistic.likelihood, isinstance(model, Counts)
    elif isinstance(model, Counts):
        found = Likelihood(np.array([float(model.observed)]), np.array([model.background]), none), True
    elif isinstance(model, Significance):
        expected = np.array([model.background])
        found = Likelihood(expected, expected, none), False
    elif isinstance(model, OnOff):
        size = max(model.off / model.ratio, 1.0)
        observed, own = np.array([model.on, model.off]), np.array([model.own + model.off / model.ratio, model.off])
        shifts = size * np.array([[1.0, model.ratio]])
        found = Likelihood(observed, own, np.zeros(2), (Pull("background", free=True),), shifts), True
    else:
        raise DomainError(f"there is no significance of this: {model.test}")
    return found


def check_background(likelihood: Likelihood) -> None:
    """Raise unless there is a background to hold an excess against.

    Raises
    ------
    DomainError
        If none is expected: a single event is a discovery then.
    """
    if not np.any(likelihood.background > 0):
        raise DomainError("no background is expected, so that a single event is a discovery: there is no significance")


def as_bins(likelihood: Likelihood, counts: FloatArray) -> FloatArray:
    """Counts (n, b) in the bins of a likelihood from :func:`likelihood_of`: summed into the first where it has fewer."""
    if counts.shape[1] == likelihood.bins:
        return counts
    found = np.zeros((len(counts), likelihood.bins))
    found[:, 0] = counts.sum(axis=1)
    return found
