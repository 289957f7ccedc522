r"""Recoil spectra per unit flux exposure: what one kind of target contributes at each recoil energy.

dR/dE_r = number * sum_j c_j(E_r, M) * Phi_j(E_min(E_r, M)), with Phi_j the cumulative flux moments. Electrons count
where the recoil exceeds their binding energy (stepping approximation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.fluxes.flux import FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.matter import form_factors
from nudipole.matter.isotopes import Nucleus
from nudipole.matter.materials import Material
from nudipole.portal import FLAVORS
from nudipole.processes import standard_model, upscattering

FloatArray = npt.NDArray[np.float64]


class Target(Protocol):
    """One kind of particle in the detector that recoils."""

    @property
    def mass(self) -> float: ...

    def dipole_spectra(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, moments: Sequence[CumulativeMoments]
    ) -> list[FloatArray]:
        """dR/dE_r / d^2 per target, of each flux component, shape (masses, recoil energies)."""

    def standard_model_spectrum(self, recoil_energy: FloatArray, component: FluxComponent) -> FloatArray:
        """dR/dE_r per target of the Standard Model, shape (recoil energies,)."""

    def number(self, recoil_energy: FloatArray) -> FloatArray:
        """Targets that can recoil with this energy, times seconds (or times one run)."""


@dataclass(frozen=True)
class NuclearTarget:
    """Nuclei of one isotope, scattering coherently (spin 0: exact to 1e-3 for every nucleus in use).

    Parameters
    ----------
    nucleus : Nucleus
    exposure : float
        Number of nuclei times seconds (or times one run).
    form_factor : str
    """

    nucleus: Nucleus
    exposure: float
    form_factor: str = "helm"

    @cached_property
    def mass(self) -> float:
        """Nuclear mass [GeV]."""
        return self.nucleus.mass

    def dipole_spectra(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, moments: Sequence[CumulativeMoments]
    ) -> list[FloatArray]:
        q2 = 2.0 * self.mass * recoil_energy
        charge = self.nucleus.protons * form_factors.form_factor(self.form_factor, self.nucleus)(q2)
        scale = units.GEV_M2_TO_CM2 * charge**2
        coefficients = upscattering.energy_coefficients(recoil_energy, hnl_mass[:, None], self.mass)
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, hnl_mass[:, None], self.mass)
        return [scale * spectrum for spectrum in _fold(coefficients, minimum, moments)]

    def standard_model_spectrum(self, recoil_energy: FloatArray, component: FluxComponent) -> FloatArray:
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, 0.0, self.mass)
        parts = [
            _fold(
                standard_model.coherent_energy_coefficients(recoil_energy, self.nucleus, flavor, self.form_factor),
                minimum,
                [CumulativeMoments.of(component, component.flavor_intensity(flavor))],
            )[0]
            for flavor in FLAVORS
        ]
        return units.GEV_M2_TO_CM2 * np.sum(parts, axis=0)

    def number(self, recoil_energy: FloatArray) -> FloatArray:
        return np.full_like(recoil_energy, self.exposure)


@dataclass(frozen=True)
class ElectronTarget:
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

    def dipole_spectra(
        self, recoil_energy: FloatArray, hnl_mass: FloatArray, moments: Sequence[CumulativeMoments]
    ) -> list[FloatArray]:
        coefficients = upscattering.electron_energy_coefficients(recoil_energy, hnl_mass[:, None])
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, hnl_mass[:, None], self.mass)
        return [units.GEV_M2_TO_CM2 * spectrum for spectrum in _fold(coefficients, minimum, moments)]

    def standard_model_spectrum(self, recoil_energy: FloatArray, component: FluxComponent) -> FloatArray:
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, 0.0, self.mass)
        parts = [
            _fold(
                standard_model.electron_energy_coefficients(recoil_energy, flavor, component.antineutrino),
                minimum,
                [CumulativeMoments.of(component, component.flavor_intensity(flavor))],
            )[0]
            for flavor in FLAVORS
        ]
        return units.GEV_M2_TO_CM2 * np.sum(parts, axis=0)

    def number(self, recoil_energy: FloatArray) -> FloatArray:
        return self.exposure * self.material.ionisable_electrons_per_kg(recoil_energy)


def _fold(
    coefficients: FloatArray, minimum_energy: FloatArray, moments: Sequence[CumulativeMoments]
) -> list[FloatArray]:
    """sum_j c_j Phi_j(E_min) of each component; exactly zero where no neutrino reaches, never below zero by rounding."""
    by_power = np.broadcast_to(coefficients, (3, *minimum_energy.shape))
    reach = minimum_energy < max((m.maximum for m in moments), default=0.0)
    energy, factors = minimum_energy[reach], by_power[:, reach]
    logarithm = np.log(energy)
    spectra = []
    for component in moments:
        spectrum = np.zeros(minimum_energy.shape)
        inside = energy <= component.maximum
        values = np.einsum("jr,rj->r", factors[:, inside], component(energy[inside], logarithm[inside]))
        part = np.zeros(energy.shape)
        part[inside] = np.maximum(values, 0.0)
        spectrum[reach] = part
        spectra.append(spectrum)
    return spectra
