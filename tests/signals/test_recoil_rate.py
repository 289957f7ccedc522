"""Recoil rates against the plain double integral over neutrino and recoil energy, isotope by isotope."""

import numpy as np
import pytest
from scipy import integrate

from nudipole import kinematics, units
from nudipole.detectors.response import from_options
from nudipole.fluxes.flux import FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.fluxes.solar import solar
from nudipole.matter import form_factors, materials
from nudipole.processes import standard_model, upscattering
from nudipole.signals.recoil_grid import RecoilGrid
from nudipole.signals.recoil_rate import ElectronChannel, dipole_kernels, merged, moments, nuclear_channels

KEV = units.KEV
WINDOW = from_options(np.array([1.0, 3.0]) * KEV)
BORON = solar(components=["8B"], survival="none").components[0]
BERYLLIUM = solar(components=["7Be"], survival="none").components[0]


def _counts(channel, grid, response, masses, component):
    flux = CumulativeMoments.of(component, component.intensity)
    energies = grid.fine if component.lines else grid.coarse
    (kernels,) = dipole_kernels(channel, energies, np.asarray(masses), [flux])
    pairs = zip(kernels, channel.dipole_matrices(grid, channel.seen(grid, response)), strict=True)
    return sum(k @ m.of(component).T for k, m in pairs)[:, 0]


@pytest.mark.parametrize("mass", [0.0, 1e-3, 8e-3])
def test_xenon_nuclei_against_the_double_integral(mass):
    nuclei = materials.get("Xe").nuclei_per_kg
    (channel,) = nuclear_channels(nuclei, 1.0, "helm")
    grid = RecoilGrid(0.9 * KEV, 4.0 * KEV, 10, 601)
    ours = _counts(channel, grid, WINDOW, [mass], BORON)[0]
    expected = 0.0
    recoil = np.linspace(1.0, 3.0, 401) * KEV
    for nucleus, number in nuclei:
        charge = nucleus.protons * form_factors.form_factor("helm", nucleus)(2 * nucleus.mass * recoil)
        cross = upscattering.spectrum_spin0(recoil[:, None], BORON.energy, mass, nucleus.mass) * charge[:, None] ** 2
        spectrum = np.trapezoid(cross * BORON.intensity, BORON.energy, axis=1)
        expected += number * units.GEV_M2_TO_CM2 * integrate.simpson(spectrum, x=recoil)
    assert ours == pytest.approx(expected, rel=2e-3)


def test_xenon_coherent_scattering_against_the_double_integral():
    nuclei = materials.get("Xe").nuclei_per_kg
    (channel,) = nuclear_channels(nuclei, 1.0, "helm")
    grid = RecoilGrid(0.9 * KEV, 4.0 * KEV, 10, 601)
    recoil = np.linspace(1.0, 3.0, 401) * KEV
    expected = 0.0
    for nucleus, number in nuclei:
        c = standard_model.coherent_energy_coefficients(recoil, nucleus, "e")
        low = kinematics.minimum_neutrino_energy(recoil, 0.0, nucleus.mass)[:, None]
        cross = c[0][:, None] + c[1][:, None] / BORON.energy + c[2][:, None] / BORON.energy**2
        spectrum = np.trapezoid(np.where(BORON.energy >= low, cross, 0.0) * BORON.intensity, BORON.energy, axis=1)
        expected += number * units.GEV_M2_TO_CM2 * integrate.simpson(spectrum, x=recoil)
    (spectra,) = channel.standard_model(grid, [[BORON]])
    pairs = zip(channel.seen(grid, WINDOW), spectra, strict=True)
    assert sum(seen @ spectrum for seen, spectrum in pairs)[0] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("mass", [0.0, 1e-4, 4e-4])
def test_electrons_on_a_line_against_the_closed_spectrum(mass):
    channel = ElectronChannel(materials.get("Xe"), 1.0)
    grid = RecoilGrid(0.9 * KEV, 4.0 * KEV, 10, 601)
    ours = _counts(channel, grid, WINDOW, [mass], BERYLLIUM)[0]

    def spectrum(recoil):
        cross = upscattering.spectrum_spin_half(recoil, BERYLLIUM.energy, mass, units.ELECTRON_MASS, f1=1.0, f2=0.0)
        electrons = materials.get("Xe").ionisable_electrons_per_kg(recoil)
        return float(electrons * units.GEV_M2_TO_CM2 * np.sum(cross * BERYLLIUM.intensity))

    steps = [1.0024 * KEV, 1.1487 * KEV]
    assert ours == pytest.approx(integrate.quad(spectrum, KEV, 3 * KEV, points=steps, limit=200)[0], rel=1e-3)


def test_nuclei_gather_by_mass():
    assert [len(c.nuclei) for c in nuclear_channels(materials.get("CsI").nuclei_per_kg, 1.0, "helm")] == [2]
    assert len(nuclear_channels(materials.get("NaI").nuclei_per_kg, 1.0, "helm")) == 2
    for channel in nuclear_channels(materials.get("Xe").nuclei_per_kg, 1.0, "helm"):
        masses = [nucleus.mass for nucleus, _ in channel.nuclei]
        assert masses == sorted(masses)
        assert channel.spread == pytest.approx(masses[-1] / masses[0])


def test_merging_components_keeps_the_moments():
    flux = solar()
    minimum = np.geomspace(1e-6, 0.03, 400)
    together = merged(flux.components, [c.intensity for c in flux.components])
    apart = sum(c.cumulative_moments(c.intensity, minimum, (0, 1, 2)) for c in flux.components)
    assert len(together) == 2
    assert moments(together, minimum) == pytest.approx(apart, rel=1e-6, abs=1e-12 * apart.max())


def test_merging_keeps_a_spectrum_that_starts_with_a_step():
    energy = np.array([1.0, 2.0, 3.0])
    step = FluxComponent("step", energy, np.array([2.0, 1.0, 1.0]), np.eye(3) / 3)
    other = FluxComponent("other", 0.5 * energy, np.array([0.0, 1.0, 0.0]), np.eye(3) / 3)
    together = merged((step, other), [step.intensity, other.intensity])
    minimum = np.array([0.1, 0.8, 0.999, 1.001, 1.4, 2.9])
    apart = sum(c.cumulative_moments(c.intensity, minimum, (0, 1, 2)) for c in (step, other))
    assert moments(together, minimum) == pytest.approx(apart, rel=1e-6)


def test_nothing_above_the_kinematic_edge():
    (channel,) = nuclear_channels(materials.get("Xe").nuclei_per_kg, 1.0, "helm")
    edge = float(kinematics.maximum_hnl_mass(BORON.energy[-1], channel.mass))
    assert _counts(channel, RecoilGrid(KEV, 4 * KEV, 2, 50), WINDOW, [1.01 * edge], BORON)[0] == 0.0
