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
from nudipole.processes.scattering.upscattering import S0_TERMS, SM_TERMS
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from nudipole.signals.recoil.energy_grid import Matrices, RecoilGrid

FloatArray = npt.NDArray[np.float64]
Kernels = tuple[FloatArray, ...]  # one (masses, energies) array for each matrix of a channel
Seen = tuple[FloatArray, ...]  # for each kind of target: probability (bins, energies) that its recoils are counted
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

    def seen(self, grid: RecoilGrid, response: Response) -> Seen:
        """How the detector counts the recoils of each kind of target, on the fine grid."""

    def dipole_matrices(self, grid: RecoilGrid, seen: Seen) -> tuple[Matrices, ...]:
        """What the detector does to each kernel: response, targets and quadrature."""

    def dipole_polynomials(self, recoil_energy: FloatArray) -> FloatArray:
        """The cross section by kernel, power j of 1/E, power k of M^2 and recoil energy, per unit d^2."""

    def standard_model(
        self, grid: RecoilGrid, flux: Sequence[Sequence[FluxComponent]]
    ) -> tuple[tuple[FloatArray, ...], ...]:
        """For each flux and kind of target the Standard Model recoils in each cell of the fine grid."""


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

    def seen(self, grid: RecoilGrid, response: Response) -> Seen:
        return tuple(response.matrix(grid.fine * (self.mass / nucleus.mass)) for nucleus, _ in self.nuclei)

    def dipole_matrices(self, grid: RecoilGrid, seen: Seen) -> tuple[Matrices, ...]:
        total = np.zeros((3, *seen[0].shape))
        for (nucleus, number), probability in zip(self.nuclei, seen, strict=True):
            ratio = self.mass / nucleus.mass
            charge = nucleus.protons * form_factors.form_factor(self.form_factor, nucleus)(2.0 * self.mass * grid.fine)
            folded = probability * (ratio * charge**2 * number * units.GEV_M2_TO_CM2)
            for matrix, power in zip(total, (nucleus.mass, 1.0, 1.0 / nucleus.mass), strict=True):
                matrix += power * folded
        return tuple(grid.matrices(part) for part in total)

    def dipole_polynomials(self, recoil_energy: FloatArray) -> FloatArray:
        u = self.mass * recoil_energy
        c = np.zeros((3, 3, 3, len(u)))  # A, B, C: powers 1, 0, -1 of m at fixed u; then as in the module's equation
        for factor, a, b, j, k in S0_TERMS:
            c[1 - a + b, j, k] += factor * u**b
        return 4.0 * units.ALPHA * c

    def standard_model(
        self, grid: RecoilGrid, flux: Sequence[Sequence[FluxComponent]]
    ) -> tuple[tuple[FloatArray, ...], ...]:
        minimum = kinematics.minimum_neutrino_energy(grid.fine, 0.0, self.mass)
        phi = [{flavor: moments(_of_flavor(part, flavor), minimum) for flavor in FLAVORS} for part in flux]
        shining = [flavor for flavor in FLAVORS if any(np.any(part[flavor]) for part in phi)]
        spectra: list[list[FloatArray]] = [[] for _ in flux]
        for nucleus, number in self.nuclei:
            recoil = grid.fine * (self.mass / nucleus.mass)
            weights = number * units.GEV_M2_TO_CM2 * (self.mass / nucleus.mass) * grid.weights
            coefficients = [
                (f, standard_model.coherent_energy_coefficients(recoil, nucleus, f, self.form_factor)) for f in shining
            ]
            for found, part in zip(spectra, phi, strict=True):
                spectrum = np.zeros_like(recoil)
                for flavor, c in coefficients:
                    spectrum += np.sum(c * part[flavor], axis=0)
                found.append(np.maximum(spectrum, 0.0) * weights)
        return tuple(tuple(found) for found in spectra)


@dataclass(frozen=True)
class ElectronChannel:
    """Electrons of a material, each counted where the recoil exceeds its binding energy.

    Parameters
    ----------
    material : Material
    exposure : float
        Kilograms times seconds (or times one run).
    atomic : str
        ``stepping`` or ``rrpa``; :meth:`nudipole.matter.materials.Material.ionisable_electrons_per_kg`.
    """

    material: Material
    exposure: float
    atomic: str = "stepping"

    mass: float = units.ELECTRON_MASS
    spread: float = 1.0

    def response(self, response: Response) -> Response:
        return response.for_electrons()

    def seen(self, grid: RecoilGrid, response: Response) -> Seen:
        return (self.response(response).matrix(grid.fine),)

    def dipole_matrices(self, grid: RecoilGrid, seen: Seen) -> tuple[Matrices, ...]:
        return (grid.matrices(seen[0] * self._electrons(grid.fine)),)

    def dipole_polynomials(self, recoil_energy: FloatArray) -> FloatArray:
        c = np.zeros((1, 3, 3, len(recoil_energy)))
        for factor, a, b, j, k in (*S0_TERMS, *SM_TERMS):
            c[0, j, k] += factor * self.mass**a * recoil_energy**b
        return 4.0 * units.ALPHA * c

    def standard_model(
        self, grid: RecoilGrid, flux: Sequence[Sequence[FluxComponent]]
    ) -> tuple[tuple[FloatArray, ...], ...]:
        spectra = self.standard_model_spectra(grid.fine, flux)
        return tuple((spectrum * grid.weights,) for spectrum in spectra)

    def standard_model_spectra(self, recoil_energy: FloatArray, flux: Sequence[Sequence[FluxComponent]]) -> FloatArray:
        """dR/dE_r [GeV^-1 per exposure], shape (fluxes, n), at recoil energies [GeV], before the detector."""
        minimum = kinematics.minimum_neutrino_energy(recoil_energy, 0.0, self.mass)
        spectra = np.zeros((len(flux), len(recoil_energy)))
        for flavor in FLAVORS:
            for antineutrino in (False, True):
                some = [
                    _of_flavor([component for component in part if component.antineutrino is antineutrino], flavor)
                    for part in flux
                ]
                if not any(some):
                    continue
                c = standard_model.electron_energy_coefficients(recoil_energy, flavor, antineutrino)
                for spectrum, part in zip(spectra, some, strict=True):
                    spectrum += np.sum(c * moments(part, minimum), axis=0)
        return np.maximum(spectra, 0.0) * self._electrons(recoil_energy)

    def _electrons(self, recoil_energy: FloatArray) -> FloatArray:
        electrons = self.material.ionisable_electrons_per_kg(recoil_energy, self.atomic)
        return self.exposure * units.GEV_M2_TO_CM2 * electrons


def dipole_kernels(
    channel: Channel,
    recoil_energy: FloatArray,
    hnl_mass: FloatArray,
    fluxes: Sequence[CumulativeMoments],
    hnl_energy_min: FloatArray | float = 0.0,
) -> tuple[Kernels, ...]:
    r"""For each flux the kernels of a channel, sum_j c_j(E_r, M) Phi_j(E_min(E_r, M)), (masses, energies), per unit d^2.

    Parameters
    ----------
    channel : Channel
    recoil_energy : ndarray (n,)
        Increasing, of the (lightest) target [GeV].
    hnl_mass : ndarray (m,)
        [GeV].
    fluxes : sequence of CumulativeMoments
        A continuum has its value at each energy; lines, whose spectra end in a step, the average over the cell of each
        energy (half way to its neighbours), so that trapezoid weights integrate the step exactly where it lies.
    hnl_energy_min : float or ndarray (m,)
        Only N above this energy [GeV], of neutrinos above it by the recoil energy; one for all masses or one for each.
    """
    polynomials = channel.dipole_polynomials(recoil_energy)
    powers = hnl_mass[:, None] ** np.array([0.0, 2.0, 4.0])
    massless = kinematics.minimum_neutrino_energy(recoil_energy, 0.0, channel.mass)
    softest = np.asarray(hnl_energy_min)[..., None] + recoil_energy
    found = []
    for flux in fluxes:
        kernels = np.zeros((len(polynomials), len(hnl_mass), len(recoil_energy)))
        for line in flux.lines:
            cover = _Cover.of(channel, recoil_energy, hnl_mass, float(line[0]))
            for kernel, polynomial in zip(kernels, polynomials, strict=True):
                coefficients = np.einsum("j,jkn->kn", line[1:], polynomial)
                if np.any(coefficients):
                    kernel += cover.average(np.einsum("mk,kn->mn", powers, coefficients)) * (softest <= line[0])
        reached = np.nonzero(massless <= flux.maximum)[0]
        if flux.table.size and reached.size:  # beyond the last energy with flux there is nothing to look up
            columns = slice(0, int(reached[-1]) + 1)
            heavier = 1.0 + 0.5 * powers[:, 1:2] / (channel.mass * recoil_energy[columns])  # E_min(M) / E_min(0)
            least = heavier * massless[columns]
            least = np.maximum(least, softest[..., columns]) if np.any(hnl_energy_min) else least
            phi = flux.at_logarithm(np.log(least))
            for kernel, polynomial in zip(kernels, polynomials[..., columns], strict=True):
                for moment, coefficients in zip(phi, polynomial, strict=True):
                    if np.any(coefficients):
                        kernel[:, columns] += np.einsum("mk,kn->mn", powers, coefficients) * moment
        found.append(tuple(kernels))
    return tuple(found)


@dataclass(frozen=True)
class _Cover:
    """Cells of a grid of recoil energies between the kinematic limits of one line, for each mass (row).

    Cells ``low`` to ``high`` are reached, of the first one a share ``below`` is missing, of the last one ``above`` is there.
    """

    inside: npt.NDArray[np.bool_]
    low: npt.NDArray[np.intp]
    high: npt.NDArray[np.intp]
    below: FloatArray
    above: FloatArray

    @classmethod
    def of(cls, channel: Channel, recoil_energy: FloatArray, hnl_mass: FloatArray, energy: float) -> _Cover:
        edges = np.concatenate([recoil_energy[:1], 0.5 * (recoil_energy[1:] + recoil_energy[:-1]), recoil_energy[-1:]])
        cells = np.arange(len(recoil_energy))
        positions, shares = [], []
        for limit in kinematics.recoil_limits(energy, hnl_mass, channel.mass):
            position = np.clip(np.searchsorted(edges, limit, side="right") - 1, 0, len(cells) - 1)
            positions.append(position)
            shares.append(np.clip((limit - edges[position]) / np.diff(edges)[position], 0.0, 1.0))
        low, high = positions
        inside = (cells >= low[:, None]) & (cells < high[:, None])
        return cls(inside, low, high, *shares)

    def average(self, spectrum: FloatArray) -> FloatArray:
        """A smooth spectrum (masses, cells) cut off at the limits; changes its argument."""
        row = np.arange(len(spectrum))
        last, first = spectrum[row, self.high] * self.above, spectrum[row, self.low] * self.below
        spectrum *= self.inside
        spectrum[row, self.high] += last
        spectrum[row, self.low] -= first
        return spectrum


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
