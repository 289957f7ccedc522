r"""N in flight: how fast it decays along its path, into what, and where its photon goes.

With :math:`D = \sum_\alpha|d_\alpha|^2` and the total dipole width :math:`\Gamma = D\,\gamma(M)`, an N of momentum p decays
along its path at the rate

.. math::

    \frac{dP}{d\ell} = \kappa\,(D + X), \qquad \kappa = \frac{\gamma M}{p\,\hbar c}, \qquad
    X = \frac{\Gamma_{\rm extra}}{\gamma},

:math:`\Gamma_{\rm extra}` a width into invisible final states that does not depend on d (:class:`nudipole.portal.Direction`).
Of the decays a fraction D / (D + X) is due to the dipole, and of those ``photon`` are N -> nu gamma. In the rest frame of
N, with the polarisation P of N and :math:`\theta^*` between the photon and the path of N,

.. math::

    \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p\cos\theta^*),\quad
    \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*} .

These are the only places where the package spells these formulas for a detector; every signal calls them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.portal import FLAVORS, Direction
from nudipole.processes.decays import gauge_decays, hnl_decay

FloatArray = npt.NDArray[np.float64]


class DecayWidths(NamedTuple):
    """Decays of N at each mass, shape of the masses.

    ``total``: dipole width per D [GeV^3], with nature and completion; ``photon``, ``pair``: fractions of it into nu gamma and
    nu e+ e-; ``extra``: X [GeV^-2], the D that would have the width of the extra decays.
    """

    total: FloatArray
    photon: FloatArray
    pair: FloatArray
    extra: FloatArray


def decay_widths(masses: npt.ArrayLike, direction: Direction) -> DecayWidths:
    r"""Widths and branching fractions of N for one direction.

    Parameters
    ----------
    masses : array_like
        M [GeV].
    direction : Direction
        Dirac or Majorana (twice every width), completion (on-shell W and Z), and extra width [GeV].

    Returns
    -------
    DecayWidths
        Fractions are 1 and 0 where the width vanishes, M = 0 or so small that M^3 underflows.

    Raises
    ------
    DomainError
        If a mass is negative, or if there is an extra width where the dipole has none (M = 0).

    Examples
    --------
    >>> found = decay_widths(0.15, Direction("mu", nature="majorana"))
    >>> round(float(found.photon), 4), float(found.extra)
    (0.9936, 0.0)
    """
    masses = np.asarray(masses, dtype=float)
    completion = direction.completion
    lepton = FLAVORS[int(np.argmax(np.abs(np.asarray(direction.couplings))))]
    total = gauge_decays.total_width(masses, completion.z_over_gamma, completion.w_over_gamma, lepton)
    photon = hnl_decay.radiative_width(masses)
    decays = total > 0.0
    seen = np.divide(photon, total, out=np.ones_like(total), where=decays)
    pair = np.divide(photon * hnl_decay.dilepton_ratio(masses, "e"), total, out=np.zeros_like(total), where=decays)
    total = total * direction.majorana_factor
    extra = np.zeros_like(total)
    if direction.extra_width > 0.0:
        if not np.all(decays):
            raise DomainError("an extra width needs an N with a mass: at M = 0 nothing decays")
        extra = direction.extra_width / total
    return DecayWidths(total, seen, pair, extra)


def decay_rate(width: npt.ArrayLike, mass: npt.ArrayLike, momentum: npt.ArrayLike) -> FloatArray:
    r"""kappa = Gamma M / (p hbar c) along the path of N in the lab.

    Parameters
    ----------
    width : array_like
        Gamma per D [GeV^3] (or [GeV]: then the result is in 1/m).
    mass, momentum : array_like
        M and p [GeV], broadcast.

    Returns
    -------
    ndarray
        [1/m per GeV^-2]; infinite at rest.

    Examples
    --------
    >>> round(1.0 / float(decay_rate(2.7e-16, 0.15, 100.0)))  # mean decay length [m]
    487
    """
    scale = np.asarray(width, dtype=float) * np.asarray(mass, dtype=float) / units.HBAR_C
    scale, momentum = np.broadcast_arrays(scale, np.asarray(momentum, dtype=float))
    return np.divide(scale, momentum, out=np.where(scale > 0.0, np.inf, 0.0), where=momentum > 0.0)


def photon_energy(
    energy: FloatArray | float, momentum: FloatArray | float, cosine: FloatArray | float, pair: FloatArray | float = 0.0
) -> FloatArray:
    """Energy [GeV] in the lab of the photon at ``cosine`` = cos(theta*) to the path of N of ``energy`` and ``momentum``.

    ``pair``: mass squared of an e+ e- pair in the photon's place over M^2: E = ((1 + x) E_N + (1 - x) p cos(theta*)) / 2.
    """
    return np.asarray(0.5 * ((1.0 + pair) * energy + (1.0 - pair) * momentum * cosine))


def photon_cosine(
    energy: FloatArray | float, momentum: FloatArray | float, cosine: FloatArray | float, pair: FloatArray | float = 0.0
) -> FloatArray:
    """cos(alpha) in the lab between photon (or pair) and path of N; arguments as in :func:`photon_energy`."""
    along = (1.0 - pair) * energy * cosine + (1.0 + pair) * momentum
    if np.ndim(pair) == 0 and pair == 0.0:  # the momentum of a photon is its energy
        size = energy + momentum * cosine
    else:
        rest2 = (energy - momentum) * (energy + momentum) * (1.0 - np.square(cosine))
        size = np.sqrt(along**2 + (1.0 - pair) ** 2 * rest2)
    return np.asarray(np.clip(along / np.maximum(size, 1e-300), -1.0, 1.0))


def rest_cosine(photon: FloatArray | float, energy: FloatArray | float, momentum: FloatArray | float) -> FloatArray:
    """cos(theta*) at which the photon has this energy [GeV] in the lab, clipped to [-1, 1]."""
    return np.asarray(np.clip((2.0 * np.asarray(photon) - energy) / momentum, -1.0, 1.0))


def share_below(cosine: FloatArray, polarisation: FloatArray | float) -> FloatArray:
    """Integral of (1 - P cos)/2 over cos(theta*), up to a constant: differences are shares of the decays."""
    return np.asarray(0.5 * cosine - 0.25 * polarisation * np.square(cosine))
