r"""Range of the decay angle in the rest frame of N in which a photon may be accepted.

A photon (or a pair of invariant mass squared x M^2) at theta* to the path of N has in the lab

.. math:: E = \tfrac12\left[(1 + x) E_N + (1 - x)\,p\cos\theta^*\right],\qquad
    \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*}\ (x = 0),

so an energy window is a range of cos theta*, and a largest angle to the beam is a smallest cos theta*. Both are widened by
five standard deviations of the resolution. Decays are sampled within the range, and their share of all decays is known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.signals.upscattering.card import Selection

FloatArray = npt.NDArray[np.float64]
_SIGMAS = 5.0
_LEAST_IMPORTANCE = 1e-3  # a node that accepts nothing may have neighbours that do


def least_rest_cosine(
    selection: Selection, energy: FloatArray, momentum: FloatArray, angle: FloatArray, x: FloatArray | float = 0.0
) -> FloatArray:
    """cos(theta*) below which no photon of N is accepted: too little energy, or too far from the beam.

    Parameters
    ----------
    selection : Selection
        Smallest energy, smallest cosine to the beam (or largest E theta^2), resolution.
    energy, momentum, angle : ndarray (n,)
        E_N, p [GeV] and theta [rad] of N to the beam.
    x : float or ndarray (n,)
        Mass squared of the pair over M^2; an array stands for pairs, for which only the energy counts.

    Returns
    -------
    ndarray (n,)
        From -1 to 1.
    """
    lowest = selection.energy_min_GeV
    # (squared: stochastic smearing of smaller energies is relatively larger)
    true = lowest / (1.0 + _SIGMAS * _resolution_at(selection, lowest)) ** 2
    least = _cosine_of_energy(true, energy, momentum, x)
    if np.ndim(x) == 0:  # pairs keep closer to the path of N, so this would miss some
        widest = np.arccos(max(selection.cosine_min, -1.0))
        if selection.energy_angle2_max_GeV is not None and lowest > 0.0:
            widest = min(widest, np.sqrt(selection.energy_angle2_max_GeV / lowest))
        widest = widest + _SIGMAS * np.deg2rad(selection.angle_resolution_deg) + angle
        cosine, beta = np.cos(np.minimum(widest, np.pi)), momentum / energy
        bound = np.divide(cosine - beta, 1.0 - beta * cosine, out=np.full_like(beta, -1.0), where=cosine > -1.0)
        least = np.maximum(least, bound)
    return np.asarray(np.clip(least, -1.0, 1.0))


def most_rest_cosine(
    selection: Selection, energy: FloatArray, momentum: FloatArray, x: FloatArray | float = 0.0
) -> FloatArray:
    """cos(theta*) above which the energy of the photon is too large; arguments as in :func:`least_rest_cosine`.

    Returns
    -------
    ndarray (n,)
        From -1 to 1; 1 without a largest energy.
    """
    highest = selection.energy_max_GeV
    if highest is None:
        return np.ones_like(energy)
    # (stochastic smearing of larger energies is relatively smaller)
    spread = _SIGMAS * _resolution_at(selection, highest)
    true = highest / (1.0 - spread) if spread < 1.0 else np.inf
    return np.asarray(np.clip(_cosine_of_energy(true, energy, momentum, x), -1.0, 1.0))


def sampling_importance(selection: Selection, mass: float, angle: FloatArray, momentum: FloatArray) -> FloatArray:
    """sqrt(most - least) of cos(theta*): nodes at which few decays can be accepted get fewer samples.

    Parameters
    ----------
    selection : Selection
    mass : float
        M [GeV].
    angle, momentum : ndarray (n,)
        theta [rad] and p [GeV] of N.

    Returns
    -------
    ndarray (n,)
        From sqrt(0.001) to sqrt(2).
    """
    energy = np.hypot(momentum, mass)
    width = most_rest_cosine(selection, energy, momentum) - least_rest_cosine(selection, energy, momentum, angle)
    return np.sqrt(np.maximum(width, _LEAST_IMPORTANCE))


def _cosine_of_energy(true: float, energy: FloatArray, momentum: FloatArray, x: FloatArray | float) -> FloatArray:
    """cos(theta*) at which the photon or pair has this energy [GeV] in the lab, not clipped."""
    return np.asarray((2.0 * true - (1.0 + x) * energy) / np.maximum((1.0 - x) * momentum, 1e-300))


def _resolution_at(selection: Selection, energy: float) -> float:
    """Relative resolution at an energy [GeV]."""
    stochastic, constant = selection.energy_resolution
    return float(np.hypot(stochastic / np.sqrt(max(energy, 1e-6)), constant))
