r"""The photon of N -> nu gamma in bins of its energy, and inside a cone around the direction of the neutrinos.

With theta* between photon and N in the rest frame of N and alpha in the lab,

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

a bin of energy is a range of cos theta*. The chance that a photon at an angle gamma to the neutrino is reconstructed in
the cone is sum_l p_l d_l P_l(cos gamma), p_l of the step and d_l = exp(-l (l + 1) sigma^2 / 2) of a resolution that
spreads directions as diffusion does; the azimuths around N turn P_l(cos gamma) into P_l(cos theta_N) P_l(cos alpha).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError
from nudipole.signals.decay_in_flight import rest_cosine, share_below
from nudipole.signals.earth.card import Selection
from nudipole.signals.earth.decays import hnl_cosine
from nudipole.signals.production import States

FloatArray = npt.NDArray[np.float64]
_LEGENDRE, _NODES = 9, 2  # orders of the expansion, and nodes per bin of cos theta*


def shares(cosine: FloatArray, polarisation: FloatArray) -> FloatArray:
    """Share of decays in each bin between edges ``cosine`` (n, bins + 1) of cos theta*; shape (n, bins).

    Examples
    --------
    >>> shares(np.array([[-1.0, 0.0, 1.0]]), np.array([1.0]))
    array([[0.75, 0.25]])
    """
    return np.asarray(np.diff(share_below(cosine, polarisation[:, None]), axis=1))


def shares_of_states(
    states: States, momentum: FloatArray, polarisation: FloatArray, edges: FloatArray, selection: Selection
) -> FloatArray:
    """Share of the decays of each state with its photon in each bin.

    Parameters
    ----------
    states : States
        n states, whose neutrinos come from the axis of the cone.
    momentum, polarisation : ndarray (n,)
        p [GeV] and P of N (0 for Majorana N).
    edges : ndarray (e + 1,)
        Of the photon energy [GeV].
    selection : Selection
        First cascade, cone around the Sun and resolution.

    Returns
    -------
    ndarray (n, e) or (n, 2 e)
        With a cone, first the bins of photons in it, then those of the rest. 0 where the first cascade is not seen.
    """
    cosine = rest_cosine(edges, states.energy[:, None], momentum[:, None])
    share = shares(cosine, polarisation)
    if selection.first_cascade_min_GeV > 0.0:
        share = share * (states.shower & (states.recoil >= selection.first_cascade_min_GeV))[:, None]
    if selection.sun_cosine_min is None:
        return share
    resolution = np.deg2rad(np.array(selection.angle_resolution_deg or (0.0,)))
    towards, seen = np.zeros_like(share), share.sum(axis=1) > 0
    towards[seen] = shares_in_cone(
        selection.sun_cosine_min,
        resolution,
        hnl_cosine(states)[seen],
        (momentum / states.energy)[seen],
        cosine[seen],
        polarisation[seen],
    )
    towards = np.minimum(towards, share)
    return np.concatenate([towards, share - towards], axis=1)


def shares_in_cone(
    cone: float,
    resolution: FloatArray,
    turn: FloatArray,
    beta: FloatArray,
    cosine: FloatArray,
    polarisation: FloatArray,
) -> FloatArray:
    """Share of decays in each bin whose photon is reconstructed within the cone around the neutrino's direction.

    Parameters
    ----------
    cone : float
        Cosine of its half opening angle.
    resolution : ndarray (bins,) or (1,)
        Half angle [rad] that holds 68 per cent of the reconstructed directions.
    turn, beta, polarisation : ndarray (n,)
        cos theta_N, velocity and polarisation of N.
    cosine : ndarray (n, bins + 1)
        As in :func:`shares`.

    Returns
    -------
    ndarray (n, bins)
        Not negative; good to 0.01 of the decays in the bin for resolutions of 20 degrees or more, the sharper the
        resolution the more orders a step would need.

    Raises
    ------
    DomainError
        If the cone is no cosine.
    """
    if not -1.0 < cone < 1.0:
        raise DomainError(f"the cosine of a cone lies between -1 and 1, got {cone:g}")
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    middle, half = 0.5 * (cosine[:, 1:] + cosine[:, :-1]), 0.5 * np.diff(cosine, axis=1)
    rest = middle + half * node[:, None, None]
    rate = half * weight[:, None, None] * 0.5 * (1.0 - polarisation[:, None] * rest)
    photon = (rest + beta[:, None]) / (1.0 + beta[:, None] * rest)
    width = resolution / np.sqrt(-2.0 * np.log(0.32))
    hnl = np.polynomial.legendre.legvander(turn, _LEGENDRE).T
    before, now = np.ones_like(photon), photon
    total = np.zeros(middle.shape)
    for order, size in enumerate(_step(cone)):
        damped = size * np.exp(-0.5 * order * (order + 1) * width**2)
        total += damped * hnl[order][:, None] * (rate * before).sum(axis=0)
        before, now = now, ((2 * order + 3) * photon * now - (order + 1) * before) / (order + 2)
    return np.maximum(total, 0.0)


def _step(cosine: float) -> FloatArray:
    """Legendre coefficients of the step at ``cosine``: (P_{l-1} - P_{l+1}) / 2."""
    values = np.polynomial.legendre.legvander(np.array([cosine]), _LEGENDRE + 1)[0]
    below = np.concatenate([[1.0], values[:-2]])  # P_{-1} = 1
    return np.asarray(0.5 * (below - values[1:]))
