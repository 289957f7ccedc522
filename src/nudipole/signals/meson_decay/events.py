r"""N from meson decays in the lab: aimed at the window of slopes that covers the detector, or isotropic at rest.

N is sent into the window with the density dOmega*/dOmega of :func:`nudipole.processes.mesons.meson.momentum_towards`,

.. math:: w = w_{\rm draw}\;\frac{1}{4\pi}\frac{d\Omega^*}{d\Omega}\;\Omega_{\rm window} ,

or, where the cone of the decay is narrower than the window, isotropically in the rest frame of the meson.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Volume
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.phase_space import boost
from nudipole.signals.meson_decay.draws import Draws, unit

FloatArray = npt.NDArray[np.float64]


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
        return Events._make(values[index] for values in self)

    def four_momentum(self, mass: float) -> FloatArray:
        """(E, p) of N of this mass, (n, 4) [GeV]."""
        return np.column_stack([np.hypot(self.momentum, mass), self.momentum[:, None] * self.direction])


def fly(draws: Draws, mass: float, window: FloatArray | None) -> Events:
    """N of mass [GeV] in the lab, aimed at a window of slopes (2, 2) where its meson is not ``narrow``."""
    free = draws.narrow
    isotropic = _isotropic(draws.rows(np.nonzero(free)[0]), mass)
    if window is None or np.all(free):
        return isotropic
    aimed = _aimed(draws.rows(np.nonzero(~free)[0]), mass, window)
    return Events._make(np.concatenate(values) for values in zip(isotropic, aimed, strict=True))


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


@functools.cache
def _face() -> FloatArray:
    grid = np.linspace(0.0, 1.0 - 1e-12, 65)
    return np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
