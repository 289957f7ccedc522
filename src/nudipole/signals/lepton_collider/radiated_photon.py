r"""The photon radiated off the beams: e+ e- -> nu N gamma with N leaving the detector, and e+ e- -> nu nubar gamma.

Without W exchange the radiator of :mod:`nudipole.processes.collisions.mono_photon`; with it every tree diagram
(:mod:`nudipole.processes.collisions.mono_photon_w`), whose two terms, over radiator and phase space, are smooth in M^2 / s,
x / x_max and cos^2(theta): tabulated once for an energy at Gauss nodes of the three.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.collisions import mono_photon, mono_photon_w
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance
from nudipole.signals.quadrature import interpolation, legendre, midpoints

FloatArray = npt.NDArray[np.float64]
_NODES = (8, 7, 3)  # in M^2 / s, x / x_max and cos^2(theta)
_DIRECTIONS = (
    6,
    3,
)  # polar and azimuth of N: with the above within 0.1 % of the rate at LEP2 for d_W = d_B, 0.2 % for 5


def radiative_nodes(
    masses: FloatArray, z_over_gamma: float, w_over_gamma: float, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV].

    The direction of N, which only decides where the decay inside takes over, is taken as sin^2(theta) about the beam
    with the energy (sqrt(s) - E_gamma) / 2 + M^2 / 2 (sqrt(s) - E_gamma).

    Parameters
    ----------
    masses : ndarray (m,)
        M [GeV], below sqrt(s).
    z_over_gamma, w_over_gamma : float
        d_Z / d_gamma, and d_W / d_gamma of the electron flavour.
    collider : LeptonCollider

    Returns
    -------
    tuple of ndarray
        Both (m, n); without weight where no photon can be accepted.
    """
    nodes = [_nodes(float(mass), z_over_gamma, w_over_gamma, collider) for mass in masses]
    longest = max(weight.size for weight, _ in nodes)
    weights, paths = np.zeros((len(nodes), longest)), np.ones((len(nodes), longest))
    for row, (weight, path) in enumerate(nodes):
        weights[row, : weight.size], paths[row, : path.size] = weight, path
    return weights, paths


def _nodes(
    mass: float, z_over_gamma: float, w_over_gamma: float, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    s, acceptance = collider.sqrt_s**2, collider.acceptance
    floor = max(acceptance.energy_min * 2.0 / collider.sqrt_s, acceptance.x_transverse_min, 1e-6)
    if acceptance.veto_cosine > 0.0:
        floor = max(floor, 2.0 / (1.0 + 1.0 / np.sqrt(1.0 - acceptance.veto_cosine**2)))
    ceiling = min(1.0 - mass**2 / s, acceptance.energy_max * 2.0 / collider.sqrt_s)
    if ceiling <= floor:
        return np.zeros(1), np.ones(1)
    pole, gap = 1.0 - units.Z_MASS**2 / s, units.Z_MASS * units.Z_WIDTH / s
    inner = [pole + k * gap for k in (-20, -5, -1, 1, 5, 20)] if z_over_gamma != 0.0 else []
    edges = [floor, *(e for e in inner if floor < e < ceiling), ceiling]
    cells = [midpoints(np.log(a), np.log(b), 20) for a, b in itertools.pairwise(edges)]
    log_weight = np.concatenate([width for _, width in cells])
    x = np.minimum(np.exp(np.concatenate([node for node, _ in cells])), 1.0 - 1e-12)[:, None]
    cell = 0.5 * collider.sqrt_s * x * log_weight[:, None]
    c, c_weight = _polar_nodes(acceptance)
    kept = acceptance.share(0.5 * x * collider.sqrt_s, cell, c, collider.sqrt_s)
    density = mono_photon.signal_distribution(x, c, s, mass, z_over_gamma)
    if w_over_gamma:
        terms = exchange_terms(x[:, 0], c, mass, collider)
        density = np.maximum(density + mono_photon_w.combined(x, s, *terms, z_over_gamma, w_over_gamma), 0.0)
    rate = 2.0 * np.sum(density * kept * c_weight, axis=1) * log_weight * x[:, 0]
    polar, polar_weight = legendre(4)
    rest = collider.sqrt_s * (1.0 - 0.5 * x)
    energy = 0.5 * (rest + mass**2 / rest)
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 1e-30))
    weight = rate[:, None] * 0.75 * (1.0 - polar**2) * polar_weight
    scale = collider.events_per_cross_section * acceptance.efficiency
    return weight.ravel() * scale, (collider.path(polar) / momentum).ravel()


def _polar_nodes(acceptance: PhotonAcceptance) -> tuple[FloatArray, FloatArray]:
    """Gauss nodes in cos(theta) of the photon, inside the acceptance and on both sides of its gap."""
    low, high = np.minimum(acceptance.cosine_gap, acceptance.cosine_max)
    widest = acceptance.cosine_max
    ranges = [(-widest, widest, 40)] if low == high else [(-widest, -high, 10), (-low, low, 30), (high, widest, 10)]
    parts = []
    for start, end, number in ranges:
        node, weight = legendre(number)
        parts.append((start + 0.5 * (end - start) * (node + 1.0), 0.5 * (end - start) * weight))
    c, c_weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    if acceptance.symmetric:  # as both terms are: half of the even rule is all of it
        c, c_weight = c[c > 0.0], 2.0 * c_weight[c > 0.0]
    return c, c_weight


def neutrino_background(collider: LeptonCollider) -> float:
    """Expected Standard Model e+ e- -> nu nubar gamma events inside the acceptance.

    Above the Z with further radiation, if the running asks for it; inside a veto or polynomial bounds without.

    Raises
    ------
    DomainError
        If the acceptance has no lower cut on the photon's energy.
    """
    acceptance, s = collider.acceptance, collider.sqrt_s**2
    sigma = functools.partial(mono_photon.neutrino_pair_cross_section, nodes=8)  # good to 2e-6 at LEP2
    lowest, largest = (
        2.0 * acceptance.energy_min / collider.sqrt_s,
        min(2.0 * acceptance.energy_max / collider.sqrt_s, 1.0),
    )
    scale = collider.events_per_cross_section * acceptance.efficiency
    if not (
        acceptance.veto_cosine or any(acceptance.cosine_gap) or acceptance.theta_min_deg or acceptance.theta_max_deg
    ):
        radiation = collider.radiation and collider.sqrt_s > units.Z_MASS
        cuts = (lowest, acceptance.cosine_max, acceptance.x_transverse_min, largest)
        return scale * float(mono_photon.visible_cross_section(sigma, s, *cuts, radiation=radiation, nodes=12))
    floor = max(lowest, acceptance.x_transverse_min)
    if not 0.0 < floor < largest:
        raise DomainError(f"a photon acceptance needs 0 < x_min < x_max <= 1, got {floor:g}, {largest:g}")
    log_x, width = midpoints(np.log(floor), np.log(largest), 100)
    x = np.exp(log_x)[:, None]
    c, c_width = midpoints(-acceptance.cosine_max, acceptance.cosine_max, 400)
    cell = 0.5 * collider.sqrt_s * x * width[:, None]
    kept = acceptance.share(0.5 * collider.sqrt_s * x, cell, c, collider.sqrt_s)
    density = mono_photon.radiator(x, c) * sigma(s * (1.0 - x[:, 0]))[:, None] * x * width[:, None] * c_width
    return scale * float(np.sum(density * kept))


def exchange_terms(
    x: FloatArray, cosine: FloatArray, mass: float, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """:func:`nudipole.processes.collisions.mono_photon_w.distribution_terms` on x (n,) by cosine (c,), from the running's table."""
    s = collider.sqrt_s**2
    share = min(mass**2 / s, 1.0)
    table = _exchange_table(s)
    at = (np.array([share]), x / max(1.0 - share, 1e-300), cosine**2)
    by_mass, by_x, by_angle = (
        interpolation(number, 2.0 * place - 1.0) for number, place in zip(_NODES, at, strict=True)
    )
    smooth = np.einsum("tmxc,m->txc", table, by_mass[0])
    norm = _norm(x[:, None], cosine, share)
    interference, square = norm * (by_x @ smooth @ by_angle.T)
    return interference, square


@functools.lru_cache(maxsize=64)
def _exchange_table(s: float) -> FloatArray:
    """Both terms over :func:`_norm` at the nodes, shape (2, masses, x, angles); for every detector at this energy."""
    share, part, angle = (0.5 * (legendre(number)[0] + 1.0) for number in _NODES)
    share = share[:, None, None]
    x, cosine = (1.0 - share) * part[:, None], np.sqrt(angle)
    terms = mono_photon_w.distribution_terms(x, cosine, s, np.sqrt(s * share), *_DIRECTIONS)
    return np.stack(terms) / _norm(x, cosine, share)


def _norm(x: FloatArray, cosine: FloatArray, share: FloatArray | float) -> FloatArray:
    """Radiator times the square of the phase space (1 - M^2 / s') of N."""
    return mono_photon.radiator(x, cosine) * np.maximum(1.0 - share / np.maximum(1.0 - x, 1e-15), 0.0) ** 2
