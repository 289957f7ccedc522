r"""N from any meson: which decays there are, how wide, and where N goes when the meson flies.

Widths are per d^2 and for one lepton-number state. Spin-zero mesons, and vector mesons without polarisation, decay
isotropically, so a spectrum of energies E* in the rest frame is all that a boost needs. For a parent of boost gamma
(velocity beta) and N at an angle alpha to it,

.. math::

    E^* = \gamma(E - \beta p\cos\alpha), \qquad
    \frac{d\Omega^*}{d\Omega} = \frac{p^2}{p^*\,|\gamma(p - \beta E\cos\alpha)|},

and the first equation has one solution p for a fast N, two for a slow one inside a cone of largest angle (standard
kinematics; tests/processes/mesons/test_meson.py boosts Monte Carlo events instead).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST, DomainError, UnknownNameError, check_between, check_non_negative
from nudipole.processes.mesons import charged_meson, four_body_meson, neutral_meson, vector_meson
from nudipole.processes.mesons.phase_space import legendre

FloatArray = npt.NDArray[np.float64]
PARENTS = (*neutral_meson.NEUTRAL_MESONS, *vector_meson.VECTOR_MESONS, *charged_meson.CHARGED_MESONS)
_ALIASES = {
    **{f"{parent}{sign}": parent for parent in charged_meson.CHARGED_MESONS for sign in "+-"},
    **{f"D{name}{sign}": "Ds" for name in ("_s", "(s)") for sign in ("", "+", "-")},
    "etaprime": "eta'",
    "eta_prime": "eta'",
    "eta'(958)": "eta'",
    "rho0": "rho",
    "rho(770)0": "rho",
    "omega(782)": "omega",
    "phi(1020)": "phi",
    "Jpsi": "J/psi",
    "J/psi(1S)": "J/psi",
    "psi2S": "psi'",
    "psi(2S)": "psi'",
    "Upsilon": "Upsilon(1S)",
    **{f"Upsilon{n}S": f"Upsilon({n}S)" for n in (1, 2, 3)},
}


class LabNodes(NamedTuple):
    """Weighted nodes: energy [GeV] of N, its polar angle [rad] to the beam, weight."""

    energy: FloatArray
    angle: FloatArray
    weight: FloatArray


def parent_mass(parent: str) -> float:
    """Mass [GeV] of the meson."""
    return units.particle_mass(_particle(parent))


def total_width(parent: str) -> float:
    """Total width [GeV] of the meson (PDG)."""
    return units.particle_width(_particle(parent))


def lepton_number_states(parent: str) -> int:
    """Lepton-number states that one and the same meson decays to: 2 for a neutral one, 1 for a charged one.

    A virtual photon makes nu Nbar and, by the Hermitian conjugate of the dipole, nubar N: two final states of equal width,
    which do not interfere. P+ decays through W+ -> l+ nu*, nu* -> N gamma, so l+ N is all there is at order d^2; l- Nbar is
    a decay of P-, another meson with its own flux. For Majorana N nothing is added either: l- N from P+ would break the
    electric charge, not lepton number, so only a neutral parent has two states, nu N and nubar N.
    """
    return 1 if canonical(parent) in charged_meson.CHARGED_MESONS else 2


def canonical(parent: str) -> str:
    """The name used in this package: ``Upsilon`` is ``Upsilon(1S)``, ``psi(2S)`` is ``psi'``, ``K+`` and ``K-`` are ``K``.

    Both charges have the same width, and names are understood as the ``particle`` package, PDG and plain ASCII write them.

    Raises
    ------
    UnknownNameError
        If there is no such parent.

    Examples
    --------
    >>> [canonical(name) for name in ("Ds+", "etaprime", "Jpsi", "psi(2S)", "Upsilon")]
    ['Ds', "eta'", 'J/psi', "psi'", 'Upsilon(1S)']
    """
    name = _ALIASES.get(parent, parent)
    if name not in PARENTS:
        raise UnknownNameError("meson", parent, PARENTS)
    return name


def channels(parent: str) -> tuple[str, ...]:
    """Names of all decays of the meson into N: ``gamma nu N``, ``nu N``, or ``l gamma N`` and ``l l' l' N``.

    Examples
    --------
    >>> channels("pi")
    ('e gamma N', 'mu gamma N', 'e e e N', 'mu e e N')
    """
    name = canonical(parent)
    if name in neutral_meson.NEUTRAL_MESONS:
        return ("gamma nu N",)
    if name in vector_meson.VECTOR_MESONS:
        return ("nu N",)
    mass, lepton_mass = parent_mass(name), units.LEPTON_MASS
    radiative = [f"{x} gamma N" for x in lepton_mass if lepton_mass[x] < mass]
    pairs = [(x, pair) for pair in lepton_mass for x in lepton_mass if lepton_mass[x] + 2 * lepton_mass[pair] < mass]
    return (*radiative, *(f"{x} {pair} {pair} N" for x, pair in pairs))


def width(parent: str, channel: str, hnl_mass: float, form_factor: str = "point") -> float:
    """Width per d^2 [GeV^3] of one channel, one lepton-number state; zero where it is closed.

    Parameters
    ----------
    parent, channel : str
        As in :data:`PARENTS` and :func:`channels`. Channels with a charged lepton first need the coupling d of its
        flavour; the others any flavour, with ``d^2 = sum |d_alpha|^2``.
    hnl_mass : float
        M [GeV].
    form_factor : {"point", "pole"}
        Electromagnetic transition form factor of pi0, eta, eta'; without effect for the others.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown parent or channel; mass negative or not finite.
    """
    name, leptons = _split(parent, channel)
    check_non_negative(hnl_mass=hnl_mass)
    if name in neutral_meson.NEUTRAL_MESONS:
        return float(neutral_meson.width(name, hnl_mass, form_factor))
    if name in vector_meson.VECTOR_MESONS:
        return float(vector_meson.width(name, hnl_mass))
    if len(leptons) == 1:
        return float(charged_meson.width(name, leptons[0], hnl_mass))
    return four_body_meson.width(name, leptons[0], leptons[1], hnl_mass)


def decay_channels(parent: str, hnl_mass: float, form_factor: str = "point") -> list[tuple[str, float]]:
    """Every open decay of the meson into N: (channel, width per d^2 [GeV^3]), one lepton-number state each.

    Examples
    --------
    >>> [name for name, _ in decay_channels("K", 0.2)]
    ['e gamma N', 'mu gamma N', 'e e e N', 'mu e e N', 'e mu mu N']
    """
    widths = [(name, width(parent, name, hnl_mass, form_factor)) for name in channels(parent)]
    return [(name, value) for name, value in widths if value > 0]


def branching_ratio(parent: str, channel: str, hnl_mass: float, form_factor: str = "point") -> float:
    """Width per d^2 over the total width of the meson [GeV^2], one lepton-number state."""
    return width(parent, channel, hnl_mass, form_factor) / total_width(parent)


def hnl_energy_nodes(
    parent: str, channel: str, hnl_mass: float, form_factor: str = "point"
) -> tuple[FloatArray, FloatArray]:
    """Energies of N [GeV] in the rest frame of the meson and the width per d^2 [GeV^3] that each carries."""
    name, leptons = _split(parent, channel)
    if name in neutral_meson.NEUTRAL_MESONS:
        return neutral_meson.hnl_energy_nodes(name, hnl_mass, form_factor)
    if name in vector_meson.VECTOR_MESONS:
        energy, weight = vector_meson.hnl_energy_nodes(name, hnl_mass)
        return energy[weight > 0], weight[weight > 0]
    if len(leptons) == 1:
        return charged_meson.hnl_energy_nodes(name, leptons[0], hnl_mass)
    return four_body_meson.hnl_energy_nodes(name, leptons[0], leptons[1], hnl_mass)


def polarisation(parent: str, channel: str, hnl_mass: float) -> float:
    r"""Mean polarisation of N (of Nbar: the opposite) along its direction of flight, in the frame it is emitted in.

    V -> nu Nbar and P0 -> gamma nu Nbar: (1 - 2r) / (1 + 2r) with r = M^2/q^2, because one helicity goes as q^2 sin^2
    and the other as M^2 (1 + cos^2) (errata section 8); P -> l gamma N: 1, because the photon of the dipole has one
    helicity and N must carry the spin of the off-shell neutrino. The frame is that of the virtual photon or neutrino.

    Examples
    --------
    >>> polarisation("phi", "nu N", 0.0), polarisation("K", "e gamma N", 0.1)
    (1.0, 1.0)
    """
    name, _ = _split(parent, channel)
    check_non_negative(hnl_mass=hnl_mass)
    y = min((hnl_mass / parent_mass(name)) ** 2, 1.0)
    if name in vector_meson.VECTOR_MESONS:
        return (1 - 2 * y) / (1 + 2 * y)
    if name in charged_meson.CHARGED_MESONS:
        return 1.0
    node, weight = legendre(24)
    x = y + 0.5 * (1 - y) * (1 + node)
    rate = weight * (1 - x) ** 3 * np.maximum(1 - y / x, 0.0) ** 2
    total = float(np.sum(rate * (1 + 2 * y / x)))
    return float(np.sum(rate * (1 - 2 * y / x))) / total if total > 0 else -1 / 3


def compress(energy: FloatArray, weight: FloatArray, number: int) -> tuple[FloatArray, FloatArray]:
    """At most ``number`` nodes that keep the total weight and the mean energy of every interval of equal weight."""
    if number < 1:
        raise DomainError(f"at least one node is needed, got {number}")
    if energy.size <= number:
        return energy, weight
    order = np.argsort(energy)
    energy, weight = energy[order], weight[order]
    below = np.cumsum(weight) - 0.5 * weight
    group = np.minimum((below / np.sum(weight) * number).astype(int), number - 1)
    total = np.bincount(group, weight, number)
    mean = np.bincount(group, weight * energy, number)
    keep = total > 0
    return np.asarray(mean[keep] / total[keep], dtype=float), np.asarray(total[keep], dtype=float)


def lab_spectrum(
    parents: LabNodes,
    parent: str,
    channel: str,
    hnl_mass: float,
    form_factor: str = "point",
    nodes: tuple[int, int, int] = (12, 16, 8),
) -> LabNodes:
    r"""N in the lab from a spectrum of mesons: nodes in E*, in the decay angle and in its azimuth.

    Parameters
    ----------
    parents : LabNodes
        Energy [GeV], polar angle [rad] and number of mesons.
    parent, channel, hnl_mass, form_factor
        As in :func:`width`.
    nodes : tuple of int
        Number of rest-frame energies, cos(alpha*) (Gauss-Legendre) and azimuths (midpoint).

    Returns
    -------
    LabNodes
        Weights are numbers of N per d^2 [GeV^2], i.e. mesons times branching ratio; they add up to
        sum(parents.weight) * branching_ratio.
    """
    mass = parent_mass(parent)
    if np.any(parents.energy < mass):
        raise DomainError(f"the energy of {parent} must be at least its mass {mass:g} GeV")
    energy, rate = compress(*hnl_energy_nodes(parent, channel, hnl_mass, form_factor), nodes[0])
    if energy.size == 0:
        return LabNodes(np.zeros(0), np.zeros(0), np.zeros(0))
    cosine, weight_c = legendre(nodes[1])
    azimuth = (np.arange(nodes[2]) + 0.5) * np.pi / nodes[2]
    gamma = (parents.energy / mass)[:, None, None, None]
    boost = np.sqrt(np.maximum(gamma**2 - 1, 0.0))
    star = energy[:, None, None]
    momentum = np.sqrt(np.maximum(star**2 - hnl_mass**2, 0.0))
    along = gamma * momentum * cosine[:, None] + boost * star
    across = momentum * np.sqrt(1 - cosine[:, None] ** 2)
    total = np.hypot(along, across)
    lab_energy = np.hypot(total, hnl_mass)
    theta = parents.angle[:, None, None, None]
    transverse_x = along * np.sin(theta) + across * np.cos(azimuth) * np.cos(theta)
    transverse = np.hypot(transverse_x, across * np.sin(azimuth))
    longitudinal = along * np.cos(theta) - across * np.cos(azimuth) * np.sin(theta)
    angle = np.arctan2(transverse, longitudinal)
    weight = parents.weight[:, None, None, None] * rate[:, None, None] / total_width(parent)
    weight = weight * 0.5 * weight_c[:, None] / nodes[2]
    shape = angle.shape
    return LabNodes(*(np.broadcast_to(v, shape).ravel() for v in (lab_energy, angle, weight)))


def momentum_towards(
    rest_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, gamma: npt.ArrayLike, cosine: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Lab momenta of N at an angle to its parent, and the density dOmega*/dOmega there; both solutions.

    Parameters
    ----------
    rest_energy, hnl_mass : array_like
        E* and M [GeV].
    gamma : array_like
        Boost of the parent, E_parent / m_parent >= 1.
    cosine : array_like
        cos(alpha) between N and the parent in the lab.

    Returns
    -------
    momentum, density : ndarray, shape (2,) + broadcast shape
        p [GeV] and dOmega*/dOmega; both zero where there is no (second) solution.

    Examples
    --------
    >>> p, density = momentum_towards(1.0, 0.0, 10.0, 1.0)
    >>> round(float(p[0]), 3), round(float(density[0]), 1)
    (19.95, 398.0)
    """
    check_non_negative(rest_energy=rest_energy, hnl_mass=hnl_mass)
    check_between(1.0 - 1e-12, LARGEST, gamma=gamma)
    check_between(-1.0 - 1e-12, 1.0 + 1e-12, cosine=cosine)
    star, mass, gamma, cosine = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (rest_energy, hnl_mass, gamma, cosine))
    )
    boost = np.sqrt(np.maximum(gamma**2 - 1, 0.0))
    a = boost * cosine
    denominator = 1 + boost**2 * (1 - cosine) * (1 + cosine)  # gamma^2 - a^2
    discriminant = star**2 - mass**2 * denominator
    root = gamma * np.sqrt(np.maximum(discriminant, 0.0))
    p_star = np.sqrt(np.maximum(star**2 - mass**2, 0.0))
    momenta, densities = [], []
    for sign in (1.0, -1.0):
        p = (a * star + sign * root) / denominator
        good = (discriminant > 0) & (p > 0)
        p = np.where(good, p, 0.0)
        slope = np.abs(gamma * p - a * np.sqrt(p**2 + mass**2))
        density = np.divide(p**2, p_star * slope, out=np.zeros_like(p), where=good & (slope * p_star > 0))
        momenta.append(p)
        densities.append(density)
    return np.stack(momenta), np.stack(densities)


def _particle(parent: str) -> str:
    name = canonical(parent)
    if name in neutral_meson.NEUTRAL_MESONS:
        return neutral_meson.NEUTRAL_MESONS[name].particle
    if name in vector_meson.VECTOR_MESONS:
        return vector_meson.VECTOR_MESONS[name].particle
    return charged_meson.CHARGED_MESONS[name].particle


def _split(parent: str, channel: str) -> tuple[str, tuple[str, ...]]:
    name = canonical(parent)
    if channel not in channels(name):
        raise UnknownNameError(f"channel of {parent}", channel, channels(name))
    return name, tuple(word for word in channel.split() if word in units.LEPTON_MASS)
