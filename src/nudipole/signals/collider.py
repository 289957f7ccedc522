r"""One photon and missing energy from N at e+ e- colliders.

Two sources, both for the sum of the lepton-number states:

* e+ e- -> nu N, then N -> nu gamma inside the detector. Weighted nodes in the energy lost to initial-state radiation
  along the beams (structure function), the direction of N, and the direction of the photon in the rest frame of N with
  the helicity of N folded in (:func:`nudipole.processes.annihilation.helicity`);
* e+ e- -> nu N gamma with N leaving the detector undecayed: exact tree-level radiator.

Without the first there is no limit where N is short-lived, without the second none where it is long-lived: the limit
rises below the mass at which N leaves. N is a decaying node with near = 0, far = the path to the wall in the first
and near = wall, far = infinity in the second. The photon's direction stands for its impact point.
"""

from __future__ import annotations

import functools
import itertools
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole import units
from nudipole.constraint import as_masses
from nudipole.errors import check_count, check_finite
from nudipole.portal import Direction, Nature
from nudipole.processes import annihilation, gauge_decays, hnl_decay, mono_photon
from nudipole.signals.photon_acceptance import LeptonCollider
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Source = Literal["decay", "radiative"]
SOURCES: tuple[Source, ...] = ("decay", "radiative")
MASS_GRID = np.concatenate([[1e-3, 0.05, 0.1], np.linspace(0.15, 0.95, 13), 1.0 - np.geomspace(0.03, 1e-4, 4)])
PATH_GRID = np.geomspace(0.5, 200.0, 25)  # path to the wall times p_0 / p, in radii


def widths(masses: npt.ArrayLike, direction: Direction) -> tuple[FloatArray, FloatArray]:
    """Total width of N per D [GeV^3], completion and nature included, and its branching fraction to nu gamma."""
    completion = direction.completion
    lepton = ("e", "mu", "tau")[int(np.argmax(np.abs(np.asarray(direction.couplings))))]
    total = gauge_decays.total_width(masses, completion.z_over_gamma, completion.w_over_gamma, lepton)
    photon = hnl_decay.radiative_width(masses)
    fraction = np.divide(photon, total, out=np.ones_like(total), where=total > 0)
    return total * direction.majorana_factor, fraction


def decay_template(mass: float, direction: Direction, collider: LeptonCollider) -> SignalTemplate:
    """e+ e- -> nu N, N -> nu gamma inside the detector: one bin, events per d^2.

    Parameters
    ----------
    mass : float
        M [GeV].
    direction : Direction
        Couplings, Dirac or Majorana, completion.
    collider : LeptonCollider

    Returns
    -------
    SignalTemplate
        Zero at and above the kinematic end, and for M = 0.
    """
    return template(mass, direction, collider, sources=("decay",))


def radiative_template(mass: float, direction: Direction, collider: LeptonCollider) -> SignalTemplate:
    """e+ e- -> nu N gamma with N leaving undecayed: one bin, events per d^2; parameters as in :func:`decay_template`.

    The direction of N, which only decides where the decay inside takes over, is taken as sin^2(theta) about the beam
    with the energy (sqrt(s) - E_gamma) / 2 + M^2 / 2 (sqrt(s) - E_gamma).
    """
    return template(mass, direction, collider, sources=("radiative",))


def _nodes(
    source: Source, masses: FloatArray, width: FloatArray, direction: Direction, colliders: tuple[LeptonCollider, ...]
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 and kappa times path of the nodes, shape (masses, runnings, nodes); zero above the end."""
    energy = np.array([machine.sqrt_s for machine in colliders])
    radius = np.array([machine.radius for machine in colliders])
    ratio = np.minimum(masses[:, None] / energy, 1.0)
    parts = [p * _joint_shares(source, *to, direction.nature, colliders) for p, to in exchanges(direction)]
    shares = np.sum(parts, axis=0)
    position = np.interp(ratio, MASS_GRID, np.arange(MASS_GRID.size))
    left = np.minimum(position.astype(int), MASS_GRID.size - 2)
    part, rows = (position - left)[..., None], np.arange(energy.size)
    weight = (1.0 - part) * shares[rows, left] + part * shares[rows, left + 1]
    phase_space = (1.0 - ratio**2) ** 2 * (1.0 + 2.0 * ratio**2) * direction.decay_norm * (masses[:, None] > 0.0)
    momentum = np.maximum(0.5 * energy * (1.0 - ratio**2), 1e-300)
    rate = width[:, None] * masses[:, None] / units.HBAR_C
    kappa = rate * np.where(ratio < 1.0, radius / momentum, 0.0)
    return weight * phase_space[..., None], kappa[..., None] * PATH_GRID


def exchanges(direction: Direction) -> list[tuple[float, tuple[float, float]]]:
    """Shares of nu_e N and of the rest in e+ e- -> nu N, each with its (d_Z, d_W) / d_gamma: W exchange makes nu_e N."""
    completion = direction.completion
    electron = abs(direction.couplings[0]) ** 2 / direction.decay_norm if completion.w_over_gamma else 0.0
    parts = ((electron, completion.w_over_gamma), (1.0 - electron, 0.0))
    return [(part, (completion.z_over_gamma, w)) for part, w in parts if part > 0.0]


@functools.lru_cache(maxsize=32)
def _joint_shares(
    source: Source, z_over_gamma: float, w_over_gamma: float, nature: Nature, colliders: tuple[LeptonCollider, ...]
) -> FloatArray:
    return np.stack([_shares(source, z_over_gamma, w_over_gamma, nature, machine) for machine in colliders])


@functools.lru_cache(maxsize=128)
def _shares(
    source: Source, z_over_gamma: float, w_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> FloatArray:
    """Accepted events per d^2 over phase space, on the grid of M / sqrt(s) and of path times p_0 / (p radius).

    Accepted fractions are smooth in the mass, so that a curve interpolates them; below the grid they are constant
    (to 1e-6). Nodes are shared out between neighbouring points of :data:`PATH_GRID`, linearly in the logarithm.
    """
    compute = _decay_nodes if source == "decay" else _radiative_nodes
    table = np.zeros((MASS_GRID.size, PATH_GRID.size))
    for row, ratio in enumerate(MASS_GRID):
        weight, path_over_momentum = compute(ratio * collider.sqrt_s, z_over_gamma, w_over_gamma, nature, collider)
        reach = path_over_momentum * 0.5 * collider.sqrt_s * (1.0 - ratio**2) / collider.radius
        table[row] = deposit(weight, reach) / ((1.0 - ratio**2) ** 2 * (1.0 + 2.0 * ratio**2))
    return table


def _directions(cosine_max: float) -> tuple[FloatArray, FloatArray]:
    """Gauss nodes in cos(theta) of N, split at the edge of the acceptance, which photons of a light N share."""
    edges = (-1.0, -cosine_max, cosine_max, 1.0)
    parts = []
    for (low, high), number in zip(itertools.pairwise(edges), (2, 8, 2), strict=True):
        node, weight = _legendre(number)
        parts.append((low + 0.5 * (high - low) * (node + 1.0), 0.5 * (high - low) * weight))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def midpoints(low: float, high: float, number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the midpoint rule, for integrands with steps."""
    check_finite(low=low, high=high)
    check_count(number=number)
    edges = np.linspace(low, high, number + 1)
    return 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)


def deposit(weight: FloatArray, reach: FloatArray) -> FloatArray:
    """Weights shared out between the neighbouring points of :data:`PATH_GRID`, linearly in ln(reach)."""
    step = np.log(PATH_GRID[1] / PATH_GRID[0])
    position = np.log(np.clip(reach, PATH_GRID[0], PATH_GRID[-1] * (1.0 - 1e-12)) / PATH_GRID[0]) / step
    left = np.minimum(position.astype(int), PATH_GRID.size - 2)
    part = position - left
    result = np.zeros(PATH_GRID.size)
    np.add.at(result, left, weight * (1.0 - part))
    np.add.at(result, left + 1, weight * part)
    return result


def _decay_nodes(
    mass: float, z_over_gamma: float, w_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV]."""
    s = collider.sqrt_s**2
    loss_nodes, loss_weight = _losses(s, mass, collider.radiation, resonant=z_over_gamma != 0.0)
    c_nodes, c_weight = _directions(collider.acceptance.cosine_max)
    star_nodes, star_weight = midpoints(-1.0, 1.0, 32)  # the cuts are steps: cells, no Gauss rule
    azimuth = (np.arange(4) + 0.5) * np.pi / 4.0  # symmetric in phi -> -phi
    loss, c, star, phi = np.ix_(loss_nodes, c_nodes, star_nodes, azimuth)
    reduced = s * (1.0 - loss)
    sigma = annihilation.angular_distribution(c, reduced, mass, "e", z_over_gamma, "sum", w_over_gamma)
    # the heavy lepton and the photon in the nu N frame, photon angle measured from the flight direction
    root = np.sqrt(reduced)
    energy, momentum = (reduced + mass**2) / (2.0 * root), (reduced - mass**2) / (2.0 * root)
    flat = nature == "majorana" or collider.isotropic
    tilt = 0.0 if flat else annihilation.helicity(c, reduced, mass, z_over_gamma, w_over_gamma)
    decay = 0.5 * (1.0 - tilt * star) * star_weight[:, None]
    photon = 0.5 * (energy + momentum * star)
    cos_open = np.clip((momentum + energy * star) / (energy + momentum * star), -1.0, 1.0)
    sin_open, sin_c = np.sqrt(1.0 - cos_open**2), np.sqrt(1.0 - c**2)
    cos_photon = c * cos_open - sin_c * sin_open * np.cos(phi)
    # boost along the beam against the lost photon; both legs by symmetry of the acceptance
    velocity = loss / (2.0 - loss)
    gamma = 1.0 / np.sqrt(1.0 - velocity**2)
    photon_lab = gamma * photon * (1.0 + velocity * cos_photon)
    cos_lab = (cos_photon + velocity) / (1.0 + velocity * cos_photon)
    cell = gamma * 0.5 * momentum * star_weight[0] * (1.0 + velocity * cos_photon)
    kept = collider.acceptance.share(photon_lab, cell, cos_lab, collider.sqrt_s)
    accepted = np.sum(decay * kept, axis=(2, 3)) / azimuth.size
    weight = sigma[..., 0, 0] * c_weight * loss_weight[:, None] * accepted
    along = (gamma * (momentum * c + velocity * energy))[..., 0, 0]
    total = np.sqrt(along**2 + (momentum * sin_c)[..., 0, 0] ** 2)
    ratio = collider.path(along / total) / total
    scale = collider.events_per_cross_section * collider.acceptance.efficiency
    return weight.ravel() * scale, ratio.ravel()


def _radiative_nodes(
    mass: float, z_over_gamma: float, w_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV]."""
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
    c, c_weight = _legendre(40)
    c = acceptance.cosine_max * c
    kept = acceptance.share(0.5 * x * collider.sqrt_s, cell, c, collider.sqrt_s)
    density = 2.0 * mono_photon.signal_distribution(x, c, s, mass, z_over_gamma, w_over_gamma) * kept
    rate = np.sum(density * c_weight * acceptance.cosine_max, axis=1) * log_weight * x[:, 0]
    polar, polar_weight = _legendre(4)
    rest = collider.sqrt_s * (1.0 - 0.5 * x)
    energy = 0.5 * (rest + mass**2 / rest)
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 1e-30))
    weight = rate[:, None] * 0.75 * (1.0 - polar**2) * polar_weight
    scale = collider.events_per_cross_section * acceptance.efficiency
    return weight.ravel() * scale, (collider.path(polar) / momentum).ravel()


def templates(
    masses: npt.ArrayLike,
    direction: Direction,
    *colliders: LeptonCollider,
    apart: bool = False,
    sources: tuple[Source, ...] = SOURCES,
) -> list[SignalTemplate]:
    """Both sources of one or several runnings, in one bin or (``apart``) in one bin for each running.

    exp(-kappa L) needs kappa L alone: the path to the wall is carried in kappa; N decays inside between 0 and 1, and
    escapes beyond 1.

    Parameters
    ----------
    masses : array_like (m,)
        M [GeV].
    direction : Direction
        Couplings, Dirac or Majorana, completion.
    colliders : LeptonCollider
    apart : bool
    sources : tuple of {"decay", "radiative"}

    Returns
    -------
    list of SignalTemplate
        Events per d^2, one for each mass; zero at and above the kinematic end, and for M = 0.

    Raises
    ------
    DomainError
        If a mass is negative.
    """
    masses = as_masses(masses)
    if not masses.size:
        return []
    width, visible = widths(masses, direction)
    number = len(colliders)
    bin_of = np.eye(number) if apart else np.ones((number, 1))
    nodes = [_nodes(source, masses, width, direction, colliders) for source in sources]
    shape = (masses.size, -1, bin_of.shape[1])
    weight = np.concatenate([np.einsum("mrp,rb->mrpb", w, bin_of).reshape(shape) for w, _ in nodes], axis=1)
    kappa = np.concatenate([k.reshape(masses.size, -1) for _, k in nodes], axis=1)
    inside = np.repeat([source == "decay" for source in sources], number * PATH_GRID.size)
    near, far = np.where(inside, 0.0, 1.0), np.where(inside, 1.0, np.inf)
    none = np.zeros(bin_of.shape[1])
    return [
        SignalTemplate(w, k, near, far, np.where(inside, seen, 1.0), none, direction.decay_norm)
        for w, k, seen in zip(weight, kappa, visible, strict=True)
    ]


def template(
    mass: float,
    direction: Direction,
    *colliders: LeptonCollider,
    apart: bool = False,
    sources: tuple[Source, ...] = SOURCES,
) -> SignalTemplate:
    """One mass of :func:`templates`."""
    return templates([mass], direction, *colliders, apart=apart, sources=sources)[0]


def neutrino_background(collider: LeptonCollider) -> float:
    """Expected Standard Model e+ e- -> nu nubar gamma events inside the acceptance (no Bhabha veto, no polynomial bounds).

    Raises
    ------
    DomainError
        If the acceptance has no lower cut on the photon's energy.
    """
    acceptance = collider.acceptance
    sigma = mono_photon.visible_cross_section(
        functools.partial(mono_photon.neutrino_pair_cross_section, nodes=8),  # good to 2e-6 at LEP2
        collider.sqrt_s**2,
        x_min=2.0 * acceptance.energy_min / collider.sqrt_s,
        cosine_max=acceptance.cosine_max,
        x_transverse_min=acceptance.x_transverse_min,
        x_max=min(2.0 * acceptance.energy_max / collider.sqrt_s, 1.0),
        radiation=collider.radiation and collider.sqrt_s > units.Z_MASS,
        nodes=12,
    )
    return float(sigma) * collider.events_per_cross_section * acceptance.efficiency


def _losses(s: float, mass: float, radiation: bool, resonant: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the fraction of s lost along the beams."""
    if not radiation:
        return np.zeros(1), np.ones(1)
    node, weight = _legendre(3 if resonant else 2)
    x_max = (1.0 - mass**2 / s) * (1.0 - 1e-9)
    inner = (1e-3, 0.01, 0.03, 0.1, 0.4) if resonant else (0.01, 0.1, 0.4)
    edges = np.array([0.0, *(x for x in inner if x < x_max), x_max])
    low, high = edges[:-1, None], edges[1:, None]
    beta = 2.0 * units.ALPHA / np.pi * (np.log(s / units.ELECTRON_MASS**2) - 1.0)
    u_low, u_high = low**beta, high**beta
    u = 0.5 * (u_high - u_low) * (node + 1.0) + u_low
    x = np.maximum(u ** (1.0 / beta), 1e-300).ravel()
    jacobian = (0.5 * (u_high - u_low) * weight).ravel() * x ** (1.0 - beta) / beta
    return x, jacobian * mono_photon.structure_function(x, s)


@functools.cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    node, weight = roots_legendre(nodes)
    return np.asarray(node), np.asarray(weight)
