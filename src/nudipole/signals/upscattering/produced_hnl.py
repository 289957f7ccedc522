r"""Number of N made on each kind of target, by angle to the beam and momentum.

Final states of :func:`nudipole.signals.production.states_on` (weight w, energy E_N, angle theta, polarisation P) times the
fluence of the neutrinos that make them are summed on a grid of angles and momenta,

.. math:: n_{tp} = \sum_i w_i\,\Phi_i\; u_t(\theta_i)\,v_p(1/p_i),\qquad
    p = \sqrt{(E_N - M)(E_N + M)},

u and v the weights of linear interpolations in theta and in 1/p, to which the decay rate is proportional: the sum keeps the
number, the mean angle and the mean 1/p.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nudipole.errors import LARGEST, check_between, check_positive
from nudipole.kinematics import maximum_hnl_mass
from nudipole.signals.production import Scatterer, States, scatterers, states_on
from nudipole.signals.upscattering.acceptance import ANGLES, STEP
from nudipole.signals.upscattering.fluence import interpolation

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


def momentum_grid(low: float, high: float) -> FloatArray:
    """Momenta of N, decreasing in steps of :data:`~.acceptance.STEP` in ln p from ``high`` to below ``low`` / 10.

    Parameters
    ----------
    low, high : float
        [GeV]; the range of neutrino energies.

    Returns
    -------
    ndarray (p,)
        [GeV]; two at least.

    Raises
    ------
    DomainError
        If they are not positive, or the range is empty.

    Examples
    --------
    >>> momentum_grid(1.0, 1.0)[[0, 10, 20]].round(4)
    array([1.    , 0.3162, 0.1   ])
    """
    check_positive(low=low, high=high)
    check_between(low, LARGEST, highest=high)
    return np.asarray(high * np.exp(-STEP * np.arange(int(np.log(10.0 * high / low) / STEP) + 2)))


def selected_weight(states: States, hnl_cosine_min: float, first_cascade_min: float) -> tuple[FloatArray, FloatArray]:
    """cos(theta) of N, and the weight of each state, 0 where a cut on N or on its production rejects it.

    Parameters
    ----------
    states : States
    hnl_cosine_min : float
        Smallest cos(theta).
    first_cascade_min : float
        Smallest energy [GeV] of hadrons or electrons where N is made; 0: no such cut.

    Returns
    -------
    (ndarray, ndarray)
        Of the shape of the states; weights in cm^2 GeV^2 as those of the states.
    """
    cosine = np.where(states.forward, 1.0, -1.0) * np.sqrt(1.0 - states.sine**2)
    weight = np.where(cosine >= hnl_cosine_min, states.weight, 0.0)
    if first_cascade_min > 0:
        weight = np.where(states.shower & (states.recoil >= first_cascade_min), weight, 0.0)
    return cosine, weight


def cell_weights(angle: FloatArray, momentum: FloatArray, momenta: FloatArray) -> tuple[Integers, FloatArray]:
    """The four grid points around each N and its share of each, linear in the angle and in 1/p.

    Parameters
    ----------
    angle, momentum : ndarray (...)
        theta [rad] and p [GeV]; N slower than the grid count as the slowest.
    momenta : ndarray (p,)
        Of :func:`momentum_grid` [GeV].

    Returns
    -------
    index : ndarray (4, n) of int
        Flat index into (:data:`~.acceptance.ANGLES`, momenta), n the number of N.
    share : ndarray (4, n)
        Not negative; the sum over the first axis is 1.
    """
    below, far = interpolation(angle, ANGLES)
    number = len(momenta)
    step = np.clip(np.log(momenta[0] / momentum) / STEP, 0.0, number - 1.0001).astype(np.intp)
    slow = np.clip((momenta[step] / momentum - 1.0) / np.expm1(STEP), 0.0, 1.0)
    corner = (below * number + step).ravel()
    near = 1.0 - far
    share = np.stack([near * (1.0 - slow), near * slow, far * (1.0 - slow), far * slow])
    return np.stack([corner, corner + 1, corner + number, corner + number + 1]), share.reshape(4, -1)


def produced_hnl(
    states: States,
    weight: FloatArray,
    cosine: FloatArray,
    masses: FloatArray,
    fluence: FloatArray,
    momenta: FloatArray,
    with_polarisation: bool,
) -> Iterator[tuple[int, int, FloatArray]]:
    """N per d^2 and target on the grid of angles and momenta.

    Parameters
    ----------
    states : States
        Of shape (masses, energies, ...).
    weight, cosine : ndarray, of the shape of the states
        Of :func:`selected_weight`.
    masses : ndarray (m,)
        M [GeV].
    fluence : ndarray (m, energies, columns)
        [cm^-2], at the neutrino energies of the states.
    momenta : ndarray (p,)
        [GeV].
    with_polarisation : bool
        False for Majorana N, whose decays are isotropic.

    Yields
    ------
    (int, int, ndarray (m, angles, p))
        0 for the number of N [GeV^2] or 1 for the sum of their polarisations; the column of the fluence; the sum.
    """
    if not weight.any():
        return
    shape = (len(masses), len(ANGLES), len(momenta))
    mass = masses.reshape(-1, *[1] * (weight.ndim - 1))
    momentum = np.sqrt(np.maximum((states.energy - mass) * (states.energy + mass), 1e-24))
    corners, share = cell_weights(np.arctan2(states.sine, cosine), momentum, momenta)
    each = weight[0].size
    place = (corners + np.repeat(np.arange(len(masses)) * shape[1] * shape[2], each)).ravel()
    weights = [weight, weight * states.polarisation] if with_polarisation else [weight]
    of_energy = each // fluence.shape[1]  # states of one neutrino energy
    for column, arriving in enumerate(fluence.reshape(-1, fluence.shape[2]).T):
        arriving = np.repeat(arriving, of_energy)
        for index, of_states in enumerate(weights):
            made = share * (of_states.ravel() * arriving)
            yield (
                index,
                column,
                np.asarray(np.bincount(place, made.ravel(), math.prod(shape)), dtype=float).reshape(shape),
            )


def targets_of(matter: Sequence[tuple[str, str, Sequence[str]]]) -> list[tuple[Scatterer, dict[str, float]]]:
    """Every kind of target once, with its number per kilogram of each kind of matter.

    ``matter``: name of the kind, material and channels of each piece of it.

    Examples
    --------
    >>> [(target.name, *amounts) for target, amounts in targets_of([("oil", "CH2", ["electron"])])]
    [('e-', 'oil')]
    """
    found: dict[str, tuple[Scatterer, dict[str, float]]] = {}
    for kind, material, channels in matter:
        for scatterer in scatterers(material, tuple(channels)):
            found.setdefault(scatterer.name, (scatterer, {}))[1][kind] = scatterer.number
    return list(found.values())


def in_matter(
    targets: Sequence[tuple[Scatterer, Mapping[str, float]]],
    energies: FloatArray,
    masses: FloatArray,
    fluence: FloatArray,
    momenta: FloatArray,
    cuts: tuple[float, float] = (-1.0, 0.0),
    with_polarisation: bool = True,
) -> dict[str, FloatArray]:
    """N per d^2 and kilogram of each kind of matter: :func:`produced_hnl` summed over its targets.

    Parameters
    ----------
    targets : sequence of (Scatterer, mapping)
        Of :func:`targets_of`.
    energies : ndarray (m, n)
        Neutrino energies [GeV] at each mass.
    masses, fluence, momenta, with_polarisation
        As in :func:`produced_hnl`.
    cuts : (float, float)
        Smallest cos(theta) of N and smallest first cascade [GeV], as in :func:`selected_weight`.

    Returns
    -------
    dict of ndarray (2, columns, m, angles, p)
        By kind of matter: number [GeV^2 / kg] (0) and summed polarisation (1).
    """
    shape = (2, fluence.shape[2], len(masses), len(ANGLES), len(momenta))
    produced = {kind: np.zeros(shape) for _, amounts in targets for kind in amounts}
    for scatterer, amounts in targets:
        if scatterer.target is not None and masses.min() >= maximum_hnl_mass(momenta[0], scatterer.target.mass):
            continue
        states = states_on(scatterer, energies, masses, floor=cuts[1])  # nodes begin at the cut: smooth in mass
        cosine, weight = selected_weight(states, *cuts)
        for index, column, made in produced_hnl(states, weight, cosine, masses, fluence, momenta, with_polarisation):
            for kind, amount in amounts.items():
                produced[kind][index, column] += amount * made
    return produced
