r"""One photon and missing energy from N at e+ e- colliders.

Two sources, both for the sum of the lepton-number states:

* e+ e- -> nu N, then N -> nu gamma inside the detector. Weighted nodes in the energy lost to initial-state radiation
  along the beams (structure function), the direction of N, and the direction of the photon in the rest frame of N with
  the helicity of N folded in (:func:`nudipole.processes.collisions.annihilation.helicity`);
* e+ e- -> nu N gamma with N leaving the detector undecayed, exact at tree level
  (:mod:`nudipole.signals.lepton_collider.radiated_photon`).

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

from nudipole import units
from nudipole.constraint import as_masses
from nudipole.errors import SMALLEST
from nudipole.portal import Direction, Nature
from nudipole.processes.collisions import annihilation, mono_photon
from nudipole.signals.decay_in_flight import decay_rate, decay_widths, photon_cosine, photon_energy
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance
from nudipole.signals.lepton_collider.radiated_photon import radiative_nodes
from nudipole.signals.quadrature import legendre, midpoints
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Source = Literal["decay", "radiative"]
SOURCES: tuple[Source, ...] = ("decay", "radiative")
MASS_GRID = np.concatenate([[1e-3, 0.05, 0.1], np.linspace(0.15, 0.95, 13), 1.0 - np.geomspace(0.03, 1e-4, 4)])
PATH_GRID = np.geomspace(0.5, 200.0, 25)  # path to the wall times p_0 / p, in radii

_AROUND_THE_Z = (-16.0, -4.0, -1.0, 1.0, 4.0, 16.0)  # edges of panels, in widths
_CELLS, _AZIMUTHS = 12, 6  # of the photon about the path of N: accepted rates to 1.5 %, 3 % at worst (Belle II)


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
    """e+ e- -> nu N gamma with N leaving undecayed: one bin, events per d^2; parameters as in :func:`decay_template`."""
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
    momentum = np.where(ratio < 1.0, 0.5 * energy * (1.0 - ratio**2), energy)
    kappa = decay_rate(width[:, None], masses[:, None], momentum) * np.where(ratio < 1.0, radius, 0.0)
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
    masses = MASS_GRID * collider.sqrt_s
    if source == "decay":
        one_by_one = masses[:, None]  # they fit into the cache
        nodes = [_decay_nodes(mass, z_over_gamma, w_over_gamma, nature, collider) for mass in one_by_one]
        weight, path_over_momentum = (np.concatenate(part) for part in zip(*nodes, strict=True))
    else:
        weight, path_over_momentum = radiative_nodes(masses, z_over_gamma, w_over_gamma, collider)
    room = 1.0 - MASS_GRID[:, None] ** 2
    reach = path_over_momentum * 0.5 * collider.sqrt_s * room / collider.radius
    return deposit(weight, reach) / (room**2 * (3.0 - 2.0 * room))


def _directions(acceptance: PhotonAcceptance) -> tuple[FloatArray, FloatArray]:
    """Gauss nodes in cos(theta) of N, split at the edges of the acceptance, which photons of a light N share."""
    inner = [c for c in acceptance.cosine_gap if 0.0 < c < acceptance.cosine_max]
    positive = [*inner, acceptance.cosine_max, 1.0]
    edges = [-c for c in reversed(positive)] + positive
    parts = []
    for low, high in itertools.pairwise(edges):
        node, weight = legendre(8 if low < 0.0 < high else 2)
        parts.append((low + 0.5 * (high - low) * (node + 1.0), 0.5 * (high - low) * weight))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def deposit(weight: FloatArray, reach: FloatArray) -> FloatArray:
    """Weights (m, n) shared out between the neighbouring points of :data:`PATH_GRID`, linearly in ln(reach)."""
    step = np.log(PATH_GRID[1] / PATH_GRID[0])
    position = np.log(np.clip(reach, PATH_GRID[0], PATH_GRID[-1] * (1.0 - 1e-12)) / PATH_GRID[0]) / step
    left = np.minimum(position.astype(int), PATH_GRID.size - 2)
    part, rows = position - left, len(weight)
    place = (left + PATH_GRID.size * np.arange(rows)[:, None]).ravel()
    both = (
        np.bincount(place + k, (weight * p).ravel(), rows * PATH_GRID.size) for k, p in ((0, 1.0 - part), (1, part))
    )
    return np.asarray(sum(both)).reshape(rows, -1)


def _decay_nodes(
    masses: FloatArray, z_over_gamma: float, w_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV]: (masses, nodes)."""
    s = collider.sqrt_s**2
    loss, loss_weight = _losses(s, masses, collider.radiation, resonant=z_over_gamma != 0.0)
    c, c_weight = _directions(collider.acceptance)
    # axes: mass, loss, direction of N; photon about its path
    mass, loss, reduced = masses[:, None, None], loss[..., None], s * (1.0 - loss[..., None])
    sigma, helicity = annihilation.polarised_distribution(c, reduced, mass, z_over_gamma, w_over_gamma)
    tilt = 0.0 if nature == "majorana" or collider.isotropic else helicity
    root = np.sqrt(reduced)
    energy, momentum = (reduced + mass**2) / (2.0 * root), (reduced - mass**2) / (2.0 * root)
    # boost along the beam against the lost photon; both legs by symmetry of the acceptance
    velocity = loss / (2.0 - loss)
    gamma = 1.0 / np.sqrt(1.0 - velocity**2)
    # the photon in the nu N frame; the cuts are steps: cells about the path of N, no Gauss rule
    cells, cell_weight = midpoints(-1.0, 1.0, _CELLS)
    star, phi = np.repeat(cells, _AZIMUTHS), np.tile((np.arange(_AZIMUTHS) + 0.5) * np.pi / _AZIMUTHS, _CELLS)
    rest_photon, open_cosine = photon_energy(energy, momentum, star), photon_cosine(energy, momentum, star)
    across = np.sqrt(1.0 - open_cosine**2) * np.cos(phi)  # even in phi: half of the circle
    sine = np.sqrt(1.0 - c**2)
    cosine = c[:, None] * open_cosine[:, :, None] - sine[:, None] * across[:, :, None]
    boost = 1.0 + velocity[..., None] * cosine
    photon = (gamma * rest_photon)[:, :, None] * boost
    cell = (0.5 * gamma * momentum * cell_weight[0])[..., None] * boost
    kept = collider.acceptance.share(photon, cell, (cosine + velocity[..., None]) / boost, collider.sqrt_s)
    accepted = kept @ np.stack([np.ones(star.size), -star], axis=-1) * (0.5 * cell_weight[0] / _AZIMUTHS)
    weight = sigma * c_weight * loss_weight[..., None] * (accepted[..., 0] + tilt * accepted[..., 1])
    along = gamma * (momentum * c + velocity * energy)
    total = np.hypot(along, momentum * sine)
    scale = collider.events_per_cross_section * collider.acceptance.efficiency
    shape = (masses.size, -1)
    return (weight * scale).reshape(shape), (collider.path(along / total) / total).reshape(shape)


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
    decays = decay_widths(masses, direction)
    number = len(colliders)
    bin_of = np.eye(number) if apart else np.ones((number, 1))
    nodes = [_nodes(source, masses, decays.total, direction, colliders) for source in sources]
    shape = (masses.size, -1, bin_of.shape[1])
    weight = np.concatenate([np.einsum("mrp,rb->mrpb", w, bin_of).reshape(shape) for w, _ in nodes], axis=1)
    kappa = np.concatenate([k.reshape(masses.size, -1) for _, k in nodes], axis=1)
    inside = np.repeat([source == "decay" for source in sources], number * PATH_GRID.size)
    near, far = np.where(inside, 0.0, 1.0), np.where(inside, 1.0, np.inf)
    none = np.zeros(bin_of.shape[1])
    return [
        SignalTemplate(w, k, near, far, np.where(inside, seen, 1.0), none, direction.decay_norm, float(extra))
        for w, k, seen, extra in zip(weight, kappa, decays.photon, decays.extra, strict=True)
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


def _losses(s: float, masses: FloatArray, radiation: bool, resonant: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the fraction of s lost along the beams, shape (masses, nodes)."""
    if not radiation:
        return np.zeros((masses.size, 1)), np.ones((masses.size, 1))
    node, weight = legendre(3 if resonant else 2)
    inner = np.array((0.0, 1e-3, 0.01, 0.03, 0.1, 0.4, 1.0) if resonant else (0.0, 0.01, 0.1, 0.4, 1.0))
    if resonant and s > units.Z_MASS**2:  # the return to the Z, at x = 1 - M_Z^2 / s and Gamma_Z M_Z / s wide
        pole, width = 1.0 - units.Z_MASS**2 / s, units.Z_MASS * units.Z_WIDTH / s
        inner = np.unique(np.clip(np.append(inner, pole + width * np.array(_AROUND_THE_Z)), 0.0, 1.0))
    edges = np.minimum(inner, (1.0 - masses[:, None] ** 2 / s) * (1.0 - 1e-9))
    beta = 2.0 * units.ALPHA / np.pi * (np.log(s / units.ELECTRON_MASS**2) - 1.0)
    powers = edges[..., None] ** beta
    half = 0.5 * np.diff(powers, axis=1)
    u = half * (node + 1.0) + powers[:, :-1]
    x = np.maximum(u ** (1.0 / beta), SMALLEST).reshape(masses.size, -1)
    jacobian = (half * weight).reshape(x.shape) * x ** (1.0 - beta) / beta
    return x, jacobian * mono_photon.structure_function(x, s)
