r"""Neutrinos by energy and direction, and where N flies after scattering.

The nodes of all fluxes are grouped into energies, each the mean of its group, with the fluence F(E, c) from each cell c of
cos zenith. An angle theta between N and its neutrino turns it by the chance K_theta(c -> c') of
:func:`nudipole.signals.earth.paths.zenith_kernel`,

.. math:: F_\theta(E, c') = \sum_c F(E, c)\,K_\theta(c\to c') .
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_between, check_positive
from nudipole.signals.earth import paths

FloatArray = npt.NDArray[np.float64]
_BULK, _TAIL = 28, 10  # energies below and above the quantile 0.999 of the fluence
_RUNGS, _STEP = 14, 0.7


def energy_edges(logarithm: FloatArray, weight: FloatArray) -> FloatArray:
    """Edges in ln E of the groups of energies: fine over the bulk of the fluence, coarse above.

    Parameters
    ----------
    logarithm, weight : ndarray (n,)
        ln(E / GeV), in any order, and fluence.

    Returns
    -------
    ndarray (groups + 1,)
        Increasing; 28 groups up to the energy below which 99.9 per cent of the fluence lie, at least half of the way in ln E,
        and 10 beyond.
    """
    order = np.argsort(logarithm)
    share = np.cumsum(weight[order]) / weight.sum()
    knee = float(logarithm[order][min(int(np.searchsorted(share, 0.999)), len(order) - 1)])
    low, high = float(logarithm.min()), float(logarithm.max())
    knee = min(max(knee, low + 0.5 * (high - low)), high)
    tail = np.linspace(knee, high + 1e-9, _TAIL + 1)[1:] if high > knee else np.array([])
    return np.concatenate([np.linspace(low, knee, _BULK + 1), tail])


def grouped(energy: FloatArray, weight: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes of fluxes as few energies, and the fluence at each from every cell of zenith.

    Parameters
    ----------
    energy, weight : ndarray (n,)
        [GeV] and fluence [cm^-2 s^-1].
    share : ndarray (n, directions)
        Of the fluence of each node in each cell of zenith.

    Returns
    -------
    energy : ndarray (groups,)
        Mean of each group [GeV], increasing; groups without fluence are left out.
    fluence : ndarray (groups, directions)
        [cm^-2 s^-1]; the sum over groups is kept for every direction.
    """
    if not energy.size:
        return energy, share
    edges = energy_edges(np.log(energy), weight)
    number = len(edges) - 1
    cell = np.clip(np.searchsorted(edges, np.log(energy), side="right") - 1, 0, number - 1)
    total: FloatArray = np.bincount(cell, weight, number).astype(float)
    mean: FloatArray = np.bincount(cell, weight * energy, number).astype(float)
    fluence: FloatArray = np.stack([np.bincount(cell, weight * c, number) for c in share.T], axis=1).astype(float)
    keep = total > 0
    return mean[keep] / total[keep], fluence[keep]


def hnl_directions(fluence: FloatArray) -> FloatArray:
    """Fluence of neutrinos whose N fly in each cell of zenith, by angle between N and neutrino.

    Parameters
    ----------
    fluence : ndarray (energies, directions)

    Returns
    -------
    ndarray (energies * angles, directions)
        Row ``energy * angles + angle``; every row of one energy has the sum of its fluence.
    """
    turned = np.einsum("ei,tij->etj", fluence, paths.zenith_kernel())
    return np.asarray(turned.reshape(-1, paths.DIRECTIONS))


def ladder_step(masses: FloatArray, highest: float) -> npt.NDArray[np.intp]:
    """Largest k with M >= (1 - 0.7^k) E_max, at most 14: masses of one step share their neutrino energies.

    Neutrinos below :func:`ladder_energy` of the step cannot make N.

    Parameters
    ----------
    masses : ndarray (m,)
        M [GeV].
    highest : float
        E_max [GeV].

    Examples
    --------
    >>> ladder_step(np.array([0.0, 0.2, 0.31, 2.0]), 1.0)
    array([ 0,  0,  1, 14])
    """
    gap = np.clip(1.0 - masses / highest, _STEP**_RUNGS, 1.0)
    return np.floor(np.log(gap) / np.log(_STEP)).astype(np.intp)


def ladder_energy(step: int, highest: float) -> float:
    """(1 - 0.7^k) E_max [GeV]: no larger than any mass of this :func:`ladder_step`.

    Raises
    ------
    DomainError
        If ``step`` is not from 0 to 14, or ``highest``, E_max [GeV], not positive.

    Examples
    --------
    >>> round(ladder_energy(1, 10.0), 6)
    3.0
    """
    check_between(0, _RUNGS, step=step)
    check_positive(highest=highest)
    return (1.0 - _STEP ** float(step)) * highest
