r"""Meson decays as one quasi-random set of events: which meson, which energy of N, which way N flies.

A meson from a target is drawn in proportion to

.. math:: \min\Bigl[1, \frac{\Omega}{4\pi}\,\frac{1}{(\gamma-\sqrt{\gamma^2-1}\,\cos\alpha)^2}\Bigr],

the chance that it sends a light N into the window of slopes that covers the detector.

N is then sent into that window with the density dOmega*/dOmega of :func:`nudipole.processes.meson.momentum_towards`,
or, where the cone of the decay is narrower than the window, isotropically in the rest frame of the meson. The same
Sobol points serve every mass, so that curves are smooth in M.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from nudipole.detectors.geometry import Volume
from nudipole.errors import LARGEST_TOTAL, DomainError, check_finite, check_non_negative, check_positive
from nudipole.fluxes import mesons as spectra
from nudipole.processes import meson
from nudipole.processes.phase_space import boost

FloatArray = npt.NDArray[np.float64]
EVENTS, FEWEST = 1 << 13, 1 << 7  # draws of a channel that makes all N, and of one that hardly makes any
_EVEN, _CELLS = 0.2, 24  # part of the draws, and cells of ln E, among which it is shared evenly
_PROPER_LENGTH = {"pi": 7.8045, "K": 3.711}  # c tau [m], PDG


class Parents(NamedTuple):
    """Mesons that may be drawn.

    ``cumulative``: number of mesons times preference, summed up; ``preference``: draws per meson; ``narrow``: N is not
    aimed but isotropic in the rest frame; ``region``: where along z [m] they decay.
    """

    mass: float
    energy: FloatArray
    angle: FloatArray
    cumulative: FloatArray
    preference: FloatArray
    narrow: npt.NDArray[np.bool_]
    region: tuple[float, float]


class Draws(NamedTuple):
    """Decays: rest-frame energy of N, the meson, how many N per d^2 each stands for, polarisation, flavour group."""

    rest_energy: FloatArray
    parent: FloatArray  # (n, 4) [GeV]
    parent_mass: FloatArray
    narrow: npt.NDArray[np.bool_]
    z: FloatArray
    weight: FloatArray
    polarisation: FloatArray
    group: npt.NDArray[np.intp]
    uniforms: FloatArray  # (n, 8)

    def rows(self, index: npt.NDArray[np.intp]) -> Draws:
        """Some of the draws."""
        return Draws(
            self.rest_energy[index],
            self.parent[index],
            self.parent_mass[index],
            self.narrow[index],
            self.z[index],
            self.weight[index],
            self.polarisation[index],
            self.group[index],
            self.uniforms[index],
        )


class Events(NamedTuple):
    """N in the lab: momentum [GeV], unit direction, origin [m], weight per d^2, its meson, polarisation, group."""

    momentum: FloatArray
    direction: FloatArray
    origin: FloatArray
    weight: FloatArray
    parent: FloatArray
    polarisation: FloatArray
    group: npt.NDArray[np.intp]
    uniforms: FloatArray

    def rows(self, index: npt.NDArray[np.intp]) -> Events:
        """Some of the events."""
        return Events(
            self.momentum[index],
            self.direction[index],
            self.origin[index],
            self.weight[index],
            self.parent[index],
            self.polarisation[index],
            self.group[index],
            self.uniforms[index],
        )


@functools.lru_cache(maxsize=256)
def target_parents(
    beam: float | str, parent: str, mass_number: float, decay_path: float, window: tuple[float, ...], exposure: float
) -> Parents:
    """Mesons from a proton beam.

    Parameters
    ----------
    beam, parent, mass_number
        As in :func:`nudipole.fluxes.mesons.meson_spectrum`.
    decay_path : float
        Path [m] on which pions and kaons may decay before they are absorbed.
    window : tuple of four floats
        Slopes from :func:`slope_window`, flattened.
    exposure : float
        Protons on target, or pb^-1.
    """
    check_positive(decay_path=decay_path)
    check_positive(largest=LARGEST_TOTAL, exposure=exposure)
    nodes = spectra.meson_spectrum(beam, parent, mass_number)
    mass, number = meson.parent_mass(parent), nodes.weight * exposure
    if parent in _PROPER_LENGTH:
        momentum = np.sqrt(nodes.energy**2 - mass**2)
        number = number * -np.expm1(-decay_path * mass / (momentum * _PROPER_LENGTH[parent]))
    low, high = np.array(window[:2]), np.array(window[2:])
    nearest = np.where((low < 0) & (high > 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
    inner = float(np.arctan(np.hypot(*nearest)))
    outer = float(np.arctan(np.hypot(*np.maximum(np.abs(low), np.abs(high)))))
    solid_angle = float(np.prod(high - low))
    off = np.clip(np.maximum(inner - nodes.angle, nodes.angle - outer), 0.0, np.pi)
    gamma = nodes.energy / mass
    chance = solid_angle / (4 * np.pi) / (gamma - np.sqrt(gamma**2 - 1) * np.cos(off)) ** 2
    preference = (np.minimum(chance, 1.0) + 1e-9) * _flattening(nodes.energy, number * (np.minimum(chance, 1.0) + 1e-9))
    narrow = (off == 0) & (gamma**2 * solid_angle > np.pi)
    order = np.argsort(nodes.energy * (1 + 1e-6 * nodes.angle))
    cumulative = np.cumsum((number * preference)[order])
    energy, angle = nodes.energy[order], nodes.angle[order]
    return Parents(mass, energy, angle, cumulative, preference[order], narrow[order], (0.0, 0.0))


def _flattening(energy: FloatArray, weight: FloatArray) -> FloatArray:
    """Factor that gives a part of the draws evenly to all energies: the fastest N decide where a ceiling lies."""
    position = np.log(energy / energy.min()) / max(np.log(energy.max() / energy.min()), 1e-9)
    cell = np.minimum((position * _CELLS).astype(np.intp), _CELLS - 1)
    content = np.bincount(cell, weight, _CELLS)
    even = content.sum() / np.count_nonzero(content) / np.where(content > 0, content, np.inf)
    return np.asarray(1.0 - _EVEN + _EVEN * even[cell])


@functools.lru_cache(maxsize=256)
def beam_parents(parent: str, momentum: float, decays: float, region: tuple[float, float]) -> Parents:
    """``decays`` mesons of one momentum [GeV] along z that decay uniformly between two z [m]."""
    check_non_negative(momentum=momentum)
    check_non_negative(largest=LARGEST_TOTAL, decays=decays)
    check_finite(region=region)
    if not region[1] > region[0]:
        raise DomainError(f"the decay region must have a length, got {region[0]:g} to {region[1]:g} m")
    mass, one = meson.parent_mass(parent), np.ones(1)
    return Parents(mass, np.hypot(momentum, mass) * one, 0 * one, decays * one, one, one > 0, region)


def draw(
    parents: Parents, energy: FloatArray, ratio: FloatArray, polarisation: float, group: int, share: float = 1.0
) -> Draws:
    """Decays of one channel from rest-frame energies [GeV] and branching ratios per d^2 [GeV^2].

    ``share`` of all N, which sets how many are drawn: a power of two.
    """
    u = uniforms()[: max(FEWEST, 1 << int(np.ceil(np.log2(EVENTS * min(share, 1.0) + 1e-9))))]
    order = np.argsort(energy)
    energy, ratio = energy[order], ratio[order]
    cumulative = np.cumsum(ratio)
    star = np.interp(u[:, 1] * cumulative[-1], cumulative - 0.5 * ratio, energy)
    index = np.searchsorted(parents.cumulative, u[:, 0] * parents.cumulative[-1])
    weight = parents.cumulative[-1] / len(u) / parents.preference[index] * cumulative[-1]
    momentum = np.sqrt(parents.energy[index] ** 2 - parents.mass**2)
    axis = unit(np.cos(parents.angle[index]), 2 * np.pi * u[:, 4])
    start, end = parents.region
    same = np.ones(len(u))
    return Draws(
        star,
        np.column_stack([parents.energy[index], momentum[:, None] * axis]),
        parents.mass * same,
        parents.narrow[index],
        start + (end - start) * u[:, 0],
        weight,
        polarisation * same,
        np.full(len(u), group),
        u,
    )


def join(draws: list[Draws]) -> Draws:
    """All channels together; an empty list gives no events."""
    if not draws:
        none = np.zeros(0)
        empty = np.zeros(0, dtype=np.intp)
        return Draws(none, np.zeros((0, 4)), none, none > 0, none, none, none, empty, np.zeros((0, 8)))
    return Draws(
        np.concatenate([d.rest_energy for d in draws]),
        np.concatenate([d.parent for d in draws]),
        np.concatenate([d.parent_mass for d in draws]),
        np.concatenate([d.narrow for d in draws]),
        np.concatenate([d.z for d in draws]),
        np.concatenate([d.weight for d in draws]),
        np.concatenate([d.polarisation for d in draws]),
        np.concatenate([d.group for d in draws]),
        np.concatenate([d.uniforms for d in draws]),
    )


def fly(draws: Draws, mass: float, window: FloatArray | None) -> Events:
    """N of mass [GeV] in the lab, aimed at a window of slopes (2, 2) where its meson is not ``narrow``."""
    free = draws.narrow
    isotropic = _isotropic(draws.rows(np.nonzero(free)[0]), mass)
    if window is None or np.all(free):
        return isotropic
    aimed = _aimed(draws.rows(np.nonzero(~free)[0]), mass, window)
    return Events(
        np.concatenate([isotropic.momentum, aimed.momentum]),
        np.concatenate([isotropic.direction, aimed.direction]),
        np.concatenate([isotropic.origin, aimed.origin]),
        np.concatenate([isotropic.weight, aimed.weight]),
        np.concatenate([isotropic.parent, aimed.parent]),
        np.concatenate([isotropic.polarisation, aimed.polarisation]),
        np.concatenate([isotropic.group, aimed.group]),
        np.concatenate([isotropic.uniforms, aimed.uniforms]),
    )


def _isotropic(draws: Draws, mass: float) -> Events:
    u = draws.uniforms
    p = np.sqrt(np.maximum(draws.rest_energy**2 - mass**2, 0.0))
    rest = np.column_stack([draws.rest_energy, p[:, None] * unit(2 * u[:, 2] - 1, 2 * np.pi * u[:, 3])])
    lab = boost(rest, draws.parent, draws.parent_mass)
    momentum = np.sqrt(np.sum(lab[:, 1:] ** 2, axis=1))
    rows = np.nonzero(momentum > 0)[0]
    return _events(draws, rows, momentum[rows], lab[rows, 1:] / momentum[rows, None], draws.weight[rows])


def _aimed(draws: Draws, mass: float, window: FloatArray) -> Events:
    slope = window[0] + draws.uniforms[:, 2:4] * (window[1] - window[0])
    length = np.sqrt(1 + np.sum(slope**2, axis=1))
    direction = np.column_stack([slope, np.ones(len(slope))]) / length[:, None]
    solid_angle = np.prod(window[1] - window[0]) / length**3
    size = np.sqrt(np.sum(draws.parent[:, 1:] ** 2, axis=1))
    cosine = np.clip(np.sum(direction * draws.parent[:, 1:], axis=1) / np.where(size > 0, size, 1.0), -1, 1)
    p, density = meson.momentum_towards(draws.rest_energy, mass, draws.parent[:, 0] / draws.parent_mass, cosine)
    weight = draws.weight * density / (4 * np.pi) * solid_angle
    branch, rows = np.nonzero(weight > 0)
    return _events(draws, rows, p[branch, rows], direction[rows], weight[branch, rows])


def _events(
    draws: Draws, rows: npt.NDArray[np.intp], momentum: FloatArray, direction: FloatArray, weight: FloatArray
) -> Events:
    origin = np.zeros_like(direction)
    origin[:, 2] = draws.z[rows]
    kept = (draws.parent[rows], draws.polarisation[rows], draws.group[rows], draws.uniforms[rows])
    return Events(momentum, direction, origin, weight, *kept)


def slope_window(volume: Volume) -> FloatArray:
    """Smallest rectangle of slopes (dx/dz, dy/dz) from the origin that holds front and back of a volume at z > 0."""
    front = volume.sample_front(_face())
    slopes = np.concatenate([front / z for z in volume.extent])
    low, high = slopes.min(axis=0), slopes.max(axis=0)
    margin = 0.01 * (high - low)
    return np.stack([low - margin, high + margin])


def unit(cosine: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Unit vectors (n, 3) from cos(theta) and azimuth."""
    sine = np.sqrt(np.maximum((1 - cosine) * (1 + cosine), 0.0))
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)


@functools.cache
def _face() -> FloatArray:
    grid = np.linspace(0.0, 1.0 - 1e-12, 65)
    return np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)


@functools.cache
def uniforms() -> FloatArray:
    """One scrambled Sobol set for every mass and channel: (events, 8)."""
    return np.asarray(qmc.Sobol(8, scramble=True, rng=np.random.default_rng(62)).random(EVENTS))
