r"""The joint test statistic of several searches as a function of three couplings at one mass.

Counts come from one table a search (:mod:`nudipole.fits.couplings`), so a point costs an interpolation and a profile:

.. math::

    q(d_e,d_\mu,d_\tau) = \sum_{\text{groups }g}\Bigl(\min_{\theta_g}\bigl[-2\ln L_g(\mathbf d,\theta_g)\bigr]
        - \min_{\theta_g}\bigl[-2\ln L_g(0,\theta_g)\bigr]\Bigr).

Searches that share a nuisance parameter by name are one group with one parameter for each name; every other search is
profiled by itself, which is exact because the likelihood factorises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.catalogue.experiment import Experiment
from nudipole.errors import DomainError
from nudipole.fits import couplings as tables
from nudipole.inference.count_limits import likelihood_of
from nudipole.inference.likelihood import Likelihood, join
from nudipole.portal import Nature

FloatArray = npt.NDArray[np.float64]
_ENORMOUS = 1e2  # times everything seen and expected: such a signal is excluded whatever the nuisance parameters
_TINY = 1e-5  # events: the test statistic is linear in them, so it moves by less than 1e-4
_SMALL_PULL = 0.2  # cancelling a signal by a pull of at most this relative size costs 25 in -2 ln L
_AT_ONCE = 4_000_000  # numbers in a likelihood of many signals


def profiled(
    likelihood: Likelihood, counts: FloatArray, shifts: FloatArray, zero: float, largest: float | FloatArray = 0.0
) -> FloatArray:
    """-2 ln L of signals relative to no signal; a lower bound where a signal is enormous.

    Parameters
    ----------
    likelihood : Likelihood
    counts : ndarray (n, b)
    shifts : ndarray (n, j, b)
        Change of the counts for one unit of each pull.
    zero : float
        -2 ln L without signal.
    largest : float or ndarray (n,)
        Largest relative change of the counts for one unit of a pull.
    """
    value, total = np.empty(len(counts)), counts.sum(axis=1)
    largest = np.broadcast_to(np.asarray(largest, dtype=float), total.shape)
    seen = 1.0 + float(likelihood.observed.sum() + likelihood.background.sum())
    enormous = (total > _ENORMOUS * seen) & (largest <= _SMALL_PULL)
    with np.errstate(divide="ignore"):
        value[enormous] = np.minimum(total[enormous], largest[enormous] ** -2.0)
    tiny = total < _TINY
    value[tiny] = 0.0
    rest = np.nonzero(~(enormous | tiny))[0]
    step = max(1, _AT_ONCE // (likelihood.bins * (1 + len(likelihood.pulls))))
    for first in range(0, rest.size, step):
        some = rest[first : first + step]
        value[some] = likelihood.chi2(counts[some], shifts[some])[0] - zero
    return value


@dataclass(frozen=True)
class _Together:
    """Searches that share nuisance parameters."""

    parts: tuple[tables.Tabulated, ...]
    likelihood: Likelihood
    positions: tuple[npt.NDArray[np.intp], ...]
    zero: float

    def test_statistic(self, couplings: FloatArray) -> FloatArray:
        counts = np.zeros((len(couplings), self.likelihood.bins))
        shifts = np.zeros((len(couplings), len(self.likelihood.pulls), self.likelihood.bins))
        start = 0
        for part, where in zip(self.parts, self.positions, strict=True):
            own, moved = part.counts.counts(couplings)
            stop = start + own.shape[1]
            counts[:, start:stop] = own
            if moved is not None:
                shifts[:, where, start:stop] = moved
            start = stop
        return profiled(self.likelihood, counts, shifts, self.zero, relative_size(counts, shifts))


def relative_size(counts: FloatArray, shifts: FloatArray) -> FloatArray:
    """The largest change of any bin relative to its counts for one unit of a pull, shape (n,)."""
    some = np.broadcast_to(counts[:, None, :] > 0, shifts.shape)
    ratio = np.divide(np.abs(shifts), counts[:, None, :], out=np.zeros(shifts.shape), where=some)
    return np.asarray(np.max(ratio, axis=(1, 2), initial=0.0))


@dataclass(frozen=True)
class JointTable:
    """Several searches at one mass.

    Attributes
    ----------
    keys : tuple of str
        Those with a signal at this mass.
    shared : mapping
        Nuisance parameter -> keys that share it.
    interferes : bool
        Whether the signs of the couplings matter.
    """

    keys: tuple[str, ...]
    shared: Mapping[str, tuple[str, ...]]
    interferes: bool
    _groups: tuple[_Together | tables.TabulatedEnvelope | tables.Tabulated, ...]

    def test_statistic(self, couplings: npt.ArrayLike) -> FloatArray:
        """-2 ln L relative to no signal at real d_e, d_mu, d_tau [GeV^-1] of shape (points, 3); shape (points,).

        Raises
        ------
        DomainError
            If the couplings have another shape or are not finite.
        """
        points = np.asarray(couplings, dtype=float)
        if points.ndim != 2 or points.shape[1] != 3 or not np.all(np.isfinite(points)):
            raise DomainError(f"couplings must be finite numbers of the shape (points, 3), got {points.shape}")
        total = np.zeros(len(points))
        for group in self._groups:
            total += group.test_statistic(points)
        return total


def table(
    experiments: Sequence[Experiment], mass: float, nature: Nature = "dirac", presets: Mapping[str, str] | None = None
) -> JointTable:
    """Tabulate searches at one mass and join those that share nuisance parameters.

    Parameters
    ----------
    experiments : sequence of Experiment
        With independent data (:func:`nudipole.fits.datasets.check_independent`).
    mass : float
        M_N [GeV].
    nature : {"dirac", "majorana"}
    presets : mapping, optional
        By key.

    Examples
    --------
    >>> from nudipole.catalogue import registry
    >>> found = table([registry.get("conus-plus"), registry.get("texono-csi")], 1e-3)
    >>> found.keys, found.shared
    (('conus-plus', 'texono-csi'), {'reactor.flux': ('conus-plus', 'texono-csi')})
    >>> bool(found.test_statistic([[1e-6, 0.0, 0.0]])[0] > 100)
    True
    """
    chosen = presets or {}
    every = {e.key: tables.tabulate(e, mass, nature, chosen.get(e.key, "default")) for e in experiments}
    found = {key: one for key, one in every.items() if one is not None}
    pulls = {key: _pulls(one) for key, one in found.items()}
    names = sorted(frozenset().union(*pulls.values()))
    sharing = {name: tuple(key for key in found if name in pulls[key]) for name in names}
    shared = {name: keys for name, keys in sharing.items() if len(keys) > 1}
    label = {key: number for number, key in enumerate(found)}
    for keys in shared.values():
        together = {label[key] for key in keys}
        label = {key: min(together) if number in together else number for key, number in label.items()}
    groups = tuple(
        _group([found[key] for key in found if label[key] == number]) for number in dict.fromkeys(label.values())
    )
    return JointTable(tuple(found), shared, any(_interferes(one) for one in found.values()), groups)


def _pulls(one: tables.Tabulated | tables.TabulatedEnvelope) -> frozenset[str]:
    likelihood = None if isinstance(one, tables.TabulatedEnvelope) else likelihood_of(one.statistic)
    return frozenset() if likelihood is None else frozenset(pull.name for pull in likelihood.pulls)


def _interferes(one: tables.Tabulated | tables.TabulatedEnvelope) -> bool:
    if isinstance(one, tables.TabulatedEnvelope):
        return any(_interferes(part) for part in one.parts)
    return max(one.counts.pairs) > 2


def _group(
    parts: Sequence[tables.Tabulated | tables.TabulatedEnvelope],
) -> _Together | tables.TabulatedEnvelope | tables.Tabulated:
    (first, *others) = parts
    if not isinstance(first, tables.Tabulated) or likelihood_of(first.statistic) is None:
        return first
    members = [part for part in (first, *others) if isinstance(part, tables.Tabulated)]
    likelihood, positions = join([member.statistic.likelihood for member in members])
    zero = float(likelihood.chi2(np.zeros((1, likelihood.bins)))[0][0])
    return _Together(tuple(members), likelihood, positions, zero)
