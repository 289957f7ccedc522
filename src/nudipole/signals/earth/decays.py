r"""Decays in the detector by momentum of N and length of its path.

Of N made through state i (weight w_i per kilogram and fluence, angle theta_i to its neutrino, momentum p_i) in matter of
density rho(c', l) a distance l away in the direction c', decays in a cubic metre of the detector whose photon ends in bin b
are

.. math:: m_b(p, \ell) = \sum_{i\,\in\,p} w_i\,a_{ib} \sum_{c'} F_{\theta_i}(E_i, c')\,\rho_i(c', \ell),

:math:`F_\theta` the fluence of :func:`nudipole.signals.earth.sky.hnl_directions`. Momenta are cells; every cell decays with
the mean of 1/p, to which the rate is proportional.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from nudipole.signals.earth import paths
from nudipole.signals.production import States

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
_PER_DECADE, _DECADES = 12, 5
_MOMENTA = _DECADES * _PER_DECADE


def joined(parts: Sequence[States]) -> States:
    """Final states of several kinds of target as one, in their order."""
    return States(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in States.__dataclass_fields__})


def hnl_momentum(states: States, mass: float) -> FloatArray:
    """p = sqrt((E - M)(E + M)) [GeV] of each state (n,), not below 1e-12."""
    return np.maximum(np.sqrt(np.maximum((states.energy - mass) * (states.energy + mass), 0.0)), 1e-12)


def hnl_cosine(states: States) -> FloatArray:
    """Cosine of the angle between N and its neutrino, (n,)."""
    return np.where(states.forward, 1.0, -1.0) * np.sqrt(np.maximum(1.0 - states.sine**2, 0.0))


def angle_cell(states: States) -> Integers:
    """Cell of the angle between N and its neutrino (:data:`~.paths.ANGLE_EDGES`), (n,)."""
    theta = np.arccos(hnl_cosine(states))
    return np.clip(np.searchsorted(paths.ANGLE_EDGES, theta, side="right") - 1, 0, len(paths.ANGLE_EDGES) - 2)


def arrival_row(states: States) -> Integers:
    """Row of :func:`nudipole.signals.earth.sky.hnl_directions` for the energy and angle of each state, (n,)."""
    return np.asarray(states.neutrino * (len(paths.ANGLE_EDGES) - 1) + angle_cell(states))


def momentum_cell(momentum: FloatArray, highest: float) -> Integers:
    """Cell of ln p, twelve a decade from 1e-5 of ``highest`` [GeV] to it; what lies beyond is in the first or last.

    Examples
    --------
    >>> momentum_cell(np.array([1e-9, 1.01e-5, 0.099, 0.101, 1.0]), 1.0)
    array([ 0,  0, 47, 48, 59])
    """
    decade = np.log10(momentum / highest) + _DECADES
    return np.clip(decade * _PER_DECADE, 0, _MOMENTA - 1).astype(np.intp)


def by_distance(
    states: States, kind: Integers, cell: Integers, seen: FloatArray, arriving: FloatArray, density: FloatArray
) -> FloatArray:
    """m_b(p, l): the sum over states, directions and kinds of target.

    Parameters
    ----------
    states : States
        n states on all kinds of target.
    kind, cell : ndarray (n,) of int
        Index into ``density``, and :func:`momentum_cell`.
    seen : ndarray (n, bins)
        Weight of each state [cm^2 GeV^2 / kg] times the share of its decays in each bin.
    arriving : ndarray (energies * angles, directions)
        Of :func:`nudipole.signals.earth.sky.hnl_directions` [cm^-2].
    density : ndarray (kinds, directions, lengths)
        [kg/m^3].

    Returns
    -------
    ndarray (momenta, lengths, bins)
        Decays [GeV^2 / m^3] if N decayed in every cell of length.
    """
    kinds, _, lengths = density.shape
    node = np.zeros((_MOMENTA, lengths, seen.shape[1]))
    row = arrival_row(states)
    place = cell * kinds + kind
    order = np.argsort(place, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=_MOMENTA * kinds))])
    for number in range(seen.shape[1]):
        places = csr_array((seen[order, number], row[order], start), shape=(len(start) - 1, len(arriving)))
        node[:, :, number] = (places @ arriving).reshape(_MOMENTA, -1) @ density.reshape(-1, lengths)
    return node


def mean_inverse_momentum(
    states: States, cell: Integers, seen: FloatArray, arriving: FloatArray, momentum: FloatArray
) -> FloatArray:
    """Mean of 1/p [GeV^-1] in each cell of momentum, weighted with the fluence and the photons seen; 0 where there are none.

    Arguments as in :func:`by_distance`; ``momentum``: ndarray (n,), p [GeV].

    Returns
    -------
    ndarray (momenta,)
    """
    weight = seen.sum(axis=1) * arriving.sum(axis=1)[arrival_row(states)]
    total, inverse = np.bincount(cell, weight, _MOMENTA), np.bincount(cell, weight / momentum, _MOMENTA)
    return np.asarray(np.divide(inverse, total, out=np.zeros(_MOMENTA), where=total > 0))
