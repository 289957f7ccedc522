r"""Recoils of one detector as few products: what depends on mass and flux, times what depends on the detector.

For nuclei at fixed :math:`u = m E_r = Q^2/2` the lowest neutrino energy is common to all isotopes (to 1e-5), and the exact
spin-0 spectrum splits by its power of the target's mass,

.. math::

    \frac{dR}{dE_r} &= 4\alpha d^2 \sum_i N_i Z_i^2 F_i^2\, \big(m_i A + B + C/m_i\big),\\
    A &= \frac{\Phi_0}{u} - \Big(\frac{M^2}{4u} + \frac{M^4}{8u^2}\Big)\Phi_2, \quad
    B = -\Big(1 + \frac{M^2}{2u}\Big)\Phi_1, \quad
    C = \Big(\frac u4 + \frac{M^2}{8}\Big)\Phi_2,

with cumulative flux moments :math:`\Phi_j(E_{\min}(u, M)) = \int_{E_{\min}}^\infty\phi E^{-j}dE`. So A, B and C serve every
isotope, and three matrices hold the detector. For electrons the magnetic part joins A, B, C of
one mass. Electrons count where the recoil exceeds their binding energy (stepping approximation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.detectors.response import Response
from nudipole.errors import check_non_negative
from nudipole.fluxes.flux import FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.matter import form_factors
from nudipole.matter.isotopes import Nucleus
from nudipole.matter.materials import Material
from nudipole.portal import FLAVORS
from nudipole.processes import standard_model, upscattering
from nudipole.signals.recoil_grid import Matrices, RecoilGrid

FloatArray = npt.NDArray[np.float64]
Kernels = tuple[FloatArray, ...]  # one (masses, energies) array for each matrix of a channel
MASS_SPREAD = 1.12  # nuclei whose masses differ by less share their kernels


class Channel(Protocol):
    """Particles of the detector that recoil on one grid of energies."""

    @property
    def mass(self) -> float:
        """Mass [GeV] of the (lightest) target."""

    @property
    def spread(self) -> float:
        """Mass of the heaviest target over that of the lightest."""

    def response(self, response: Response) -> Response:
        """The detector as these recoils see it."""

    def dipole_matrices(self, grid: RecoilGrid, response: Response) -> tuple[Matrices, ...]:
        """What the detector does to each kernel: response, targets and quadrature."""

    def dipole_kernels(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, fluxes: Sequence[CumulativeMoments]
    ) -> tuple[Kernels, ...]:
        """For each flux the kernels at recoil energies [GeV] of the (lightest) target, per unit d^2."""

    def standard_model(self, grid: FloatArray, response: Response, flux: Sequence[FluxComponent]) -> FloatArray:
        """Standard Model counts (bins,) of a flux."""


@dataclass(frozen=True)
class NuclearChannel:
    """Nuclei of similar mass, scattering coherently (spin 0: exact to 1e-3 for every nucleus in use).

    Parameters
    ----------
    nuclei : tuple of (Nucleus, float)
        With their number times seconds (or times one run), lightest first.
    form_factor : str
    """

    nuclei: tuple[tuple[Nucleus, float], ...]
    form_factor: str = "helm"

    @cached_property
    def mass(self) -> float:
        return self.nuclei[0][0].mass

    @property
    def spread(self) -> float:
        return self.nuclei[-1][0].mass / self.mass

    def response(self, response: Response) -> Response:
        return response

    def dipole_matrices(self, grid: RecoilGrid, response: Response) -> tuple[Matrices, ...]:
        total = np.zeros((3, response.bins, grid.fine.size))
        for nucleus, number in self.nuclei:
            ratio = self.mass / nucleus.mass
            charge = nucleus.protons * form_factors.form_factor(self.form_factor, nucleus)(2.0 * self.mass * grid.fine)
            folded = response.matrix(grid.fine * ratio) * (ratio * charge**2 * number * units.GEV_M2_TO_CM2)
            total += np.array([nucleus.mass, 1.0, 1.0 / nucleus.mass])[:, None, None] * folded
        return tuple(grid.matrices(part) for part in total)

    def dipole_kernels(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, fluxes: Sequence[CumulativeMoments]
    ) -> tuple[Kernels, ...]:
        u, mass2 = self.mass * recoil_energy, hnl_mass[:, None] ** 2
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, hnl_mass[:, None], self.mass)
        logarithm = np.log(minimum)
        b1 = -4.0 * units.ALPHA * (1.0 + mass2 / (2.0 * u))
        a2 = -4.0 * units.ALPHA * (mass2 / (4.0 * u) + mass2**2 / (8.0 * u**2))
        c2 = 4.0 * units.ALPHA * (0.25 * u + 0.125 * mass2)
        found = []
        for flux in fluxes:
            phi = _above(flux, minimum, logarithm)
            found.append((4.0 * units.ALPHA / u * phi[0] + a2 * phi[2], b1 * phi[1], c2 * phi[2]))
        return tuple(found)

    def standard_model(self, grid: FloatArray, response: Response, flux: Sequence[FluxComponent]) -> FloatArray:
        minimum = kinematics.minimum_neutrino_energy(grid, 0.0, self.mass)
        phi = {flavor: moments(_of_flavor(flux, flavor), minimum) for flavor in FLAVORS}
        counts = np.zeros(response.bins)
        for nucleus, number in self.nuclei:
            recoil = grid * (self.mass / nucleus.mass)
            spectrum = np.zeros_like(grid)
            for flavor in FLAVORS:
                c = standard_model.coherent_energy_coefficients(recoil, nucleus, flavor, self.form_factor)
                spectrum += np.sum(c * phi[flavor], axis=0)
            counts += _seen(response, recoil) @ np.maximum(spectrum, 0.0) * number * units.GEV_M2_TO_CM2
        return counts


@dataclass(frozen=True)
class ElectronChannel:
    """Electrons of a material, each counted where the recoil exceeds its binding energy.

    Parameters
    ----------
    material : Material
    exposure : float
        Kilograms times seconds (or times one run).
    """

    material: Material
    exposure: float

    mass: float = units.ELECTRON_MASS
    spread: float = 1.0

    def response(self, response: Response) -> Response:
        return response.for_electrons()

    def dipole_matrices(self, grid: RecoilGrid, response: Response) -> tuple[Matrices, ...]:
        return (grid.matrices(self.response(response).matrix(grid.fine) * self._electrons(grid.fine)),)

    def dipole_kernels(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, fluxes: Sequence[CumulativeMoments]
    ) -> tuple[Kernels, ...]:
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, hnl_mass[:, None], self.mass)
        logarithm = np.log(minimum)
        c = upscattering.electron_energy_coefficients(recoil_energy, hnl_mass[:, None])
        found = []
        for flux in fluxes:
            phi = _above(flux, minimum, logarithm)
            found.append((np.maximum(c[0] * phi[0] + c[1] * phi[1] + c[2] * phi[2], 0.0),))
        return tuple(found)

    def standard_model(self, grid: FloatArray, response: Response, flux: Sequence[FluxComponent]) -> FloatArray:
        return _seen(self.response(response), grid) @ self.standard_model_spectrum(grid, flux)

    def standard_model_spectrum(self, recoil_energy: FloatArray, flux: Sequence[FluxComponent]) -> FloatArray:
        """dR/dE_r [GeV^-1 per exposure] at recoil energies [GeV], before the detector."""
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, 0.0, self.mass)
        spectrum = np.zeros_like(recoil_energy)
        for flavor in FLAVORS:
            for antineutrino in (False, True):
                some = [component for component in flux if component.antineutrino is antineutrino]
                c = standard_model.electron_energy_coefficients(recoil_energy, flavor, antineutrino)
                spectrum += np.sum(c * moments(_of_flavor(some, flavor), minimum), axis=0)
        return np.maximum(spectrum, 0.0) * self._electrons(recoil_energy)

    def _electrons(self, recoil_energy: FloatArray) -> FloatArray:
        return self.exposure * units.GEV_M2_TO_CM2 * self.material.ionisable_electrons_per_kg(recoil_energy)


def nuclear_channels(
    nuclei: Sequence[tuple[Nucleus, float]], exposure: float, form_factor: str
) -> tuple[NuclearChannel, ...]:
    """Nuclei with their numbers per kilogram, gathered into channels of similar mass."""
    check_non_negative(exposure=exposure)
    gathered: list[list[tuple[Nucleus, float]]] = []
    for nucleus, number in sorted(nuclei, key=lambda pair: pair[0].mass):
        if not gathered or nucleus.mass > MASS_SPREAD * gathered[-1][0][0].mass:
            gathered.append([])
        gathered[-1].append((nucleus, exposure * number))
    return tuple(NuclearChannel(tuple(members), form_factor) for members in gathered)


def merged(components: Sequence[FluxComponent], intensities: Sequence[FloatArray]) -> tuple[FluxComponent, ...]:
    """The same flux as one continuum and one set of lines: moments add, so fewer look-ups give the same counts."""
    result = []
    energy: FloatArray
    intensity: FloatArray
    for lines in (False, True):
        some = [(c.energy, i) for c, i in zip(components, intensities, strict=True) if c.lines is lines and np.any(i)]
        if not some:
            continue
        if lines:
            energy, position = np.unique(np.concatenate([e for e, _ in some]), return_inverse=True)
            intensity = np.bincount(position, np.concatenate([i for _, i in some])).astype(float)
        elif len(some) == 1:
            energy, intensity = some[0]
        else:
            # a spectrum that does not start or end at zero is given its step
            stepped = [(np.r_[e[0] * (1 - 1e-9), e, e[-1] * (1 + 1e-9)], np.r_[0.0, i, 0.0]) for e, i in some]
            energy = np.unique(np.concatenate([e for e, _ in stepped]))
            intensity = np.sum([np.interp(energy, e, i, left=0.0, right=0.0) for e, i in stepped], axis=0)
        antineutrino = components[0].antineutrino
        result.append(FluxComponent("merged", energy, intensity, np.eye(3) / 3.0, antineutrino, lines))
    return tuple(result)


def _above(flux: CumulativeMoments, minimum: FloatArray, logarithm: FloatArray) -> FloatArray:
    """Phi_0, Phi_1, Phi_2 at E_min, exactly zero where no neutrino reaches; shape (3,) + E_min.shape."""
    phi = np.zeros((3, *minimum.shape))
    reached = minimum <= flux.maximum
    if np.all(reached):
        phi[:] = np.moveaxis(flux(minimum, logarithm), -1, 0)
    elif np.any(reached):
        phi[:, reached] = flux(minimum[reached], logarithm[reached]).T
    return phi


def moments(flux: Sequence[FluxComponent], minimum_energy: FloatArray) -> FloatArray:
    """int_{E_min}^inf phi E^-j dE for j = 0, 1, 2, summed over components; shape (3,) + E_min.shape."""
    total = np.zeros((3, *minimum_energy.shape))
    for component in flux:
        reached = minimum_energy < component.energy[-1] * (1.0 + 1e-15)
        if np.all(reached):
            total += component.cumulative_moments(component.intensity, minimum_energy, (0, 1, 2))
        elif np.any(reached):
            total[:, reached] += component.cumulative_moments(component.intensity, minimum_energy[reached], (0, 1, 2))
    return total


def _of_flavor(flux: Sequence[FluxComponent], flavor: str) -> tuple[FluxComponent, ...]:
    return merged(flux, [c.flavor_intensity(flavor) for c in flux]) if flux else ()


def _seen(response: Response, recoil: FloatArray) -> FloatArray:
    """Response matrix times trapezoid weights."""
    weights = np.zeros_like(recoil)
    weights[:-1] += 0.5 * np.diff(recoil)
    weights[1:] += 0.5 * np.diff(recoil)
    return response.matrix(recoil) * weights
