r"""Meson decays as one quasi-random set of events: which meson, which energy of N, which way N flies.

A meson from a target is drawn in proportion to

.. math:: \min\Bigl[1, \frac{\Omega}{4\pi}\,\frac{1}{(\gamma-\sqrt{\gamma^2-1}\,\cos\alpha)^2}\Bigr],

the chance that it sends a light N into the window of slopes that covers the detector, times max(0.1, 1 - x + x ln x), x =
E_min / E_meson, the chance that the photon is above its threshold. N that is not aimed (below) is drawn with the density
0.2 + 1.6 w of w = (1 + cos theta*) / 2.

Seven draws in eight follow that; the eighth is taken from the same mesons, energies and directions times

.. math:: \gamma^k\,E^{*k}\,\Bigl(\frac{1+\cos\theta^*}2\Bigr)^k \simeq E_N^k, \qquad k = 12,

because where N lives briefly, exp(-kappa D l) with kappa ~ 1/p leaves the fastest few alone: at the upper end of an excluded
region the exponent is 10 to 30. The two sets are joined with the balance heuristic (Veach and Guibas 1995): an event of
either counts 1 / (7/8 + r/8), r the ratio of the two densities there, which is known in closed form.

N is then sent into that window with the density dOmega*/dOmega of :func:`nudipole.processes.mesons.meson.momentum_towards`,
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
from nudipole.fluxes.hadrons import mesons as spectra
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.phase_space import boost

FloatArray = npt.NDArray[np.float64]
EVENTS, FEWEST = 1 << 13, 1 << 7  # draws of a channel that makes all N, and of one that hardly makes any
MOST = 1 << 14  # of a channel that makes all N at a collider, where few N are fast enough and near enough to the axis
FAST, POWER = 0.125, 12  # part of the draws (the last block) that prefers fast N, as this power of its energy
_FORWARD = 0.8  # slope of the usual draws in (1 + cos theta*) / 2: N that fly backwards in the meson hardly count
_DIM = 0.1  # draws of a meson too slow for the photon, relative to one fast enough
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

    @property
    def fast_content(self) -> float:
        """``cumulative`` at its end with every meson times gamma^k: what the draws of fast N are in proportion to."""
        content = np.diff(self.cumulative, prepend=0.0)
        return float(np.sum(content * (self.energy / self.mass) ** POWER))


class Draws(NamedTuple):
    """Decays: rest-frame energy of N, the meson, how many N per d^2 each stands for, polarisation, which decay."""

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
    """N in the lab: momentum [GeV], unit direction, origin [m], weight per d^2, its meson, polarisation, which decay."""

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
    beam: float | str,
    parent: str,
    mass_number: float,
    decay_path: float,
    window: tuple[float, ...],
    exposure: float,
    softest: float = 0.0,
) -> Parents:
    """Mesons from a proton beam.

    Parameters
    ----------
    beam, parent, mass_number
        As in :func:`nudipole.fluxes.hadrons.mesons.meson_spectrum`.
    decay_path : float
        Path [m] on which pions and kaons may decay before they are absorbed.
    window : tuple of four floats
        Slopes from :func:`slope_window`, flattened.
    exposure : float
        Protons on target, or pb^-1.
    softest : float
        Smallest energy [GeV] of a photon that counts: slower mesons are drawn rarely.
    """
    check_positive(decay_path=decay_path)
    check_positive(largest=LARGEST_TOTAL, exposure=exposure)
    check_non_negative(softest=softest)
    nodes = spectra.meson_spectrum(beam, parent, mass_number)
    if nodes.weight.size == 0:
        raise DomainError(f"protons of {beam} GeV make no {parent}: below threshold")
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
    # the photon carries a flat share of N, N a flat share of the meson: the chance that their product is above x
    x = np.minimum(softest / nodes.energy, 1.0)
    bright = 1.0 - x + np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0)), 0.0)
    preference = (np.minimum(chance, 1.0) + 1e-9) * np.maximum(bright, _DIM)
    narrow = (off == 0) & (gamma**2 * solid_angle > np.pi)
    order = np.argsort(nodes.energy * (1 + 1e-6 * nodes.angle))
    cumulative = np.cumsum((number * preference)[order])
    energy, angle = nodes.energy[order], nodes.angle[order]
    return Parents(mass, energy, angle, cumulative, preference[order], narrow[order], (0.0, 0.0))


def _tilted(
    content: FloatArray, tilt: FloatArray, u: FloatArray, usual: int
) -> tuple[npt.NDArray[np.intp], FloatArray, FloatArray]:
    """Cells drawn from uniforms u: the first ``usual`` as ``content``, the others as content times tilt.

    Returns the cell, the position in the cumulative content (0 to 1), and the ratio of the second density to the first.
    """
    share = content / np.sum(content)
    tilt = tilt / np.sum(share * tilt)
    edge, tilted = np.cumsum(share), np.cumsum(share * tilt)
    cell = np.concatenate([np.searchsorted(edge, u[:usual]), np.searchsorted(tilted, u[usual:])])
    cell = np.minimum(cell, share.size - 1)
    fast = cell[usual:]
    inside = (u[usual:] - tilted[fast]) / np.maximum(tilt[fast], 1e-300)
    position = np.concatenate([u[:usual], edge[fast] + np.clip(inside, -share[fast], 0.0)])
    return cell, position, tilt[cell]


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
    parents: Parents,
    energy: FloatArray,
    ratio: FloatArray,
    polarisation: float,
    group: int,
    share: float = 1.0,
    events: int = EVENTS,
    at: FloatArray | None = None,
) -> Draws:
    """Decays of one channel from rest-frame energies [GeV] and branching ratios per d^2 [GeV^2].

    ``share`` of all N, which sets how many of the ``events`` are drawn; ``at``: uniform numbers (n, 8) in place of the
    quasi-random ones.
    """
    u = uniforms()[: FEWEST * max(1, round(events * min(share, 1.0) / FEWEST))] if at is None else at
    u = u.copy()
    usual = round((1 - FAST) * len(u))
    order = np.argsort(energy)
    energy, ratio = energy[order], ratio[order]
    cumulative = np.cumsum(ratio)
    _, position, factor = _tilted(ratio, (energy / energy[-1]) ** POWER, u[:, 1], usual)
    star = np.interp(position * cumulative[-1], cumulative - 0.5 * ratio, energy)
    content = np.diff(parents.cumulative, prepend=0.0)
    index, position, boosted = _tilted(content, (parents.energy / np.max(parents.energy)) ** POWER, u[:, 0], usual)
    narrow = parents.narrow[index]
    ahead = u[:, 2].copy()  # (1 + cos theta*) / 2 of N that are not aimed
    ahead[:usual] = (np.sqrt((1 - _FORWARD) ** 2 + 4 * _FORWARD * ahead[:usual]) - 1 + _FORWARD) / (2 * _FORWARD)
    ahead[usual:] **= 1 / (POWER + 1)
    u[:, 2] = np.where(narrow, ahead, u[:, 2])
    even = np.where(narrow, 1 - _FORWARD + 2 * _FORWARD * ahead, 1.0)
    forward = np.where(narrow, (POWER + 1) * ahead**POWER, 1.0)
    weight = parents.cumulative[-1] / len(u) / parents.preference[index] * cumulative[-1]
    weight = weight / ((1 - FAST) * even + FAST * factor * boosted * forward)
    momentum = np.sqrt(parents.energy[index] ** 2 - parents.mass**2)
    axis = unit(np.cos(parents.angle[index]), 2 * np.pi * u[:, 4])
    start, end = parents.region
    same = np.ones(len(u))
    return Draws(
        star,
        np.column_stack([parents.energy[index], momentum[:, None] * axis]),
        parents.mass * same,
        narrow,
        start + (end - start) * position,
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
    return np.asarray(qmc.Sobol(8, scramble=True, rng=np.random.default_rng(62)).random(MOST))
