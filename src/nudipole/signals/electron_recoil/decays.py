r"""Templates of N made in a target of finite length: N that leaves it, and N that decays near its vertex.

N of momentum p decays at the rate kappa D = (kappa p) D / p along its path. N leaves if it lives longer than the way out, a
depth even in the length L of the target plus what lies behind it; its photon merges with the electron if N decays within
``merge``:

.. math:: P_{\rm out} = \int_0^1 e^{-\kappa D (\ell_{\rm behind} + xL)}\,dx, \qquad
          P_{\rm merged} = 1 - e^{-\kappa D\,\ell_{\rm merge}} .
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.portal import Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths
from nudipole.signals.template import SignalTemplate, merge_nodes

FloatArray = npt.NDArray[np.float64]
_MOMENTUM_GROUPS = 60
_WAYS_OUT = 4
_SLOWEST = 1e-3  # smallest p over E_N that is told apart, at threshold
_LEAST_ENERGY = 1e-6  # GeV, of cells without a rate


class Produced(NamedTuple):
    """N made by one beam setting: counts per d^2 (..., bins) in the bins of that beam, and the energy of N (...) [GeV]."""

    beam: int
    weight: FloatArray
    energy: FloatArray


class Momenta(NamedTuple):
    """N in groups of momentum: counts per d^2 (groups, bins of all beams), and mean 1/p (groups,) [1/GeV]."""

    weight: FloatArray
    inverse: FloatArray


class Decay(NamedTuple):
    """Decay of N at one mass. ``kappa``: rate times p, per D [GeV/m per GeV^-2]; ``photon``: share of N -> nu gamma.

    ``norm``: D / d^2 of the direction; ``extra``: X [GeV^-2] of :mod:`nudipole.signals.decay_in_flight`.
    """

    kappa: float
    photon: float
    norm: float = 1.0
    extra: float = 0.0


def decays_of(masses: FloatArray, direction: Direction) -> list[Decay]:
    """Decay of N at each mass (m,) [GeV], with nature, completion and extra width of the direction."""
    widths = decay_widths(masses, direction)
    kappa = decay_rate(widths.total, masses, 1.0)
    return [
        Decay(float(kappa[row]), float(widths.photon[row]), direction.decay_norm, float(widths.extra[row]))
        for row in range(len(masses))
    ]


def positive_energy(energy: FloatArray) -> FloatArray:
    """Energies [GeV] of cells, kept off zero in those without a rate."""
    return np.maximum(energy, _LEAST_ENERGY)


def grouped_by_momentum(produced: Sequence[Produced], mass: float, highest: float, beams: int, bins: int) -> Momenta:
    """Counts of all cells and beams in groups even in ln p, with the mean 1/p of each; empty groups are left out.

    Parameters
    ----------
    produced : sequence of Produced
    mass : float
        M [GeV].
    highest : float
        Largest neutrino energy [GeV]: groups lie between 1 MeV and here.
    beams, bins : int
        Number of beam settings, and of bins of each; beam b fills the bins from b * bins on.

    Examples
    --------
    >>> made = Produced(1, np.array([[3.0], [1.0]]), np.array([5.0, 5.0]))
    >>> found = grouped_by_momentum([made], 3.0, 10.0, beams=2, bins=1)
    >>> found.weight.tolist(), found.inverse.tolist()
    ([[0.0, 4.0]], [0.25])
    """
    limits = np.geomspace(1e-3, highest * 1.001, _MOMENTUM_GROUPS + 1)
    weights, momenta = [np.zeros((0, beams * bins))], [np.zeros(0)]
    for beam, weight, energy in produced:
        inside = np.zeros((energy.size, beams * bins))
        inside[:, beam * bins : (beam + 1) * bins] = weight.reshape(-1, bins)
        weights.append(inside)
        slowest = positive_energy(_SLOWEST * energy)
        momenta.append(np.sqrt(np.maximum(energy**2 - mass**2, slowest**2)).ravel())
    momentum = np.concatenate(momenta)
    group = np.clip(np.searchsorted(limits, momentum) - 1, 0, _MOMENTUM_GROUPS - 1)
    joined = merge_nodes(group, np.concatenate(weights), 1.0 / momentum)
    return Momenta(joined.weight, joined.means[0])


def leaving_template(momenta: Momenta, decay: Decay, length: float, behind: float) -> SignalTemplate:
    """N that does not decay through the dipole before it is out: Gauss-Legendre over the depth of its vertex.

    Parameters
    ----------
    momenta, decay : Momenta, Decay
    length, behind : float
        Length of the target along the beam, and of what behind it would still see a photon [m].

    Examples
    --------
    >>> one = Momenta(np.ones((1, 1)), np.array([0.1]))
    >>> out = leaving_template(one, Decay(kappa=10.0, photon=1.0), length=2.0, behind=0.0)
    >>> round(float(out.counts(1.0)[0]), 4)  # (1 - exp(-2)) / 2
    0.4323
    """
    depth, share = np.polynomial.legendre.leggauss(_WAYS_OUT)
    ways = behind + 0.5 * length * (1.0 + depth)
    return SignalTemplate.from_nodes(
        (momenta.weight[:, None, :] * (0.5 * share)[:, None]).reshape(-1, momenta.weight.shape[1]),
        kappa=np.repeat(decay.kappa * momenta.inverse, _WAYS_OUT),
        near=np.tile(ways, len(momenta.inverse)),
        far=np.inf,
        decay_norm=decay.norm,
        extra=decay.extra,
    )


def merging_template(momenta: Momenta, decay: Decay, merge: float) -> SignalTemplate:
    """N -> nu gamma within ``merge`` [m] of the vertex.

    Examples
    --------
    >>> one = Momenta(np.ones((1, 1)), np.array([0.1]))
    >>> near = merging_template(one, Decay(kappa=10.0, photon=0.5), merge=1.0)
    >>> round(float(near.counts(1.0)[0]), 4)  # (1 - exp(-1)) / 2
    0.3161
    """
    kappa = decay.kappa * momenta.inverse
    return SignalTemplate.from_nodes(momenta.weight, kappa, 0.0, merge, decay.photon, decay.norm, decay.extra)
