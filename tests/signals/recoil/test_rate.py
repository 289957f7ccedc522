"""Recoil rates against the plain double integral over neutrino and recoil energy, isotope by isotope."""

import itertools

import numpy as np
import pytest
from scipy import integrate

from nudipole import kinematics, units
from nudipole.detectors.response import from_options
from nudipole.fluxes.flux import FluxComponent
from nudipole.fluxes.low_energy.solar import solar
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.matter import form_factors, materials
from nudipole.processes.scattering import upscattering
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from nudipole.signals.recoil import rate as recoil_rate
from nudipole.signals.recoil.counting import ELECTRON_STEPS, SMOOTH_NODES
from nudipole.signals.recoil.energy_grid import RecoilGrid
from nudipole.signals.recoil.rate import ElectronChannel, dipole_kernels, merged, moments, nuclear_channels

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
    assert ours == pytest.approx(expected, rel=2e-3, abs=0)


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
    assert sum(seen @ spectrum for seen, spectrum in pairs)[0] == pytest.approx(expected, rel=2e-3, abs=0)


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
    assert ours == pytest.approx(
        integrate.quad(spectrum, KEV, 3 * KEV, points=steps, limit=200, epsabs=0)[0], rel=1e-3, abs=0
    )


SCINTILLATOR = ElectronChannel(materials.get("pseudocumene"), 1.0)  # no shell above 0.3 keV
SMEARED = from_options(np.array([150.0, 400.0]) * KEV, resolution={"model": "fractional", "a": 1.0})
MODEL_GRID = RecoilGrid(60.0 * KEV, 800.0 * KEV, ELECTRON_STEPS, SMOOTH_NODES)  # as fine as in a model


def _smeared_counts(energy, mass):
    """Smeared electron recoils between two edges from neutrinos of one energy, by scipy alone."""
    electrons = float(SCINTILLATOR.material.ionisable_electrons_per_kg(KEV)) * units.GEV_M2_TO_CM2
    start, stop = (float(x) for x in kinematics.recoil_limits(energy, mass, units.ELECTRON_MASS))
    start, stop = max(start, MODEL_GRID.low), min(stop, MODEL_GRID.high)

    def spectrum(logarithm):
        recoil = np.exp(logarithm)
        cross = upscattering.spectrum_spin_half(recoil, energy, mass, units.ELECTRON_MASS, f1=1.0, f2=0.0)
        return recoil * cross * SMEARED.matrix(recoil)[0]

    if stop <= start:
        return 0.0
    # three panels of Gauss-Legendre nodes, just inside the kinematic limits
    edges = np.linspace(np.log(start) + 1e-12, np.log(stop) - 1e-12, 4)
    return electrons * sum(integrate.fixed_quad(spectrum, a, b, n=30)[0] for a, b in itertools.pairwise(edges))


@pytest.mark.parametrize("shift", np.linspace(0.0, 0.95, 12))
def test_a_line_is_cut_off_where_it_ends(shift):
    """Masses for which the step of the 0.862 MeV line moves through the window, cell by cell, and out of it."""
    mass = 0.33e-3 + 0.03e-3 * shift
    ours = _counts(SCINTILLATOR, MODEL_GRID, SMEARED, [mass], BERYLLIUM)[0]
    lines = zip(BERYLLIUM.energy, BERYLLIUM.intensity, strict=True)
    assert ours == pytest.approx(sum(w * _smeared_counts(e, mass) for e, w in lines), rel=1e-4, abs=0)


@pytest.mark.parametrize("mass", [0.0, 5e-4])
def test_a_continuum_against_the_double_integral(mass):
    carbon = solar(components=["13N"], survival="none").components[0]
    ours = _counts(SCINTILLATOR, MODEL_GRID, SMEARED, [mass], carbon)[0]
    values = [_smeared_counts(e, mass) for e in carbon.energy]
    expected = integrate.simpson(np.array(values) * carbon.intensity, x=carbon.energy)
    assert ours == pytest.approx(expected, rel=1e-4, abs=0)


def test_electron_polynomials_are_the_cross_section():
    recoil, masses = np.geomspace(1e-7, 1e-2, 40), np.array([0.0, 1e-5, 1e-3, 5e-3])
    polynomials = SCINTILLATOR.dipole_polynomials(recoil)[0]
    ours = np.einsum("jkn,mk->jmn", polynomials, masses[:, None] ** np.array([0.0, 2.0, 4.0]))
    expected = upscattering.electron_energy_coefficients(recoil, masses[:, None])
    # the terms of S_0 and S_M that cancel are left out here
    assert ours == pytest.approx(expected, rel=1e-10, abs=1e-14 * float(recoil.max()))


def test_nuclear_polynomials_are_the_cross_section():
    (channel,) = nuclear_channels(materials.get("Ar").nuclei_per_kg[:1], 1.0, "helm")
    recoil, masses = np.geomspace(1e-7, 1e-4, 40), np.array([0.0, 1e-3, 3e-2])
    a, b, c = channel.dipole_polynomials(recoil)
    summed = channel.mass * a + b + c / channel.mass
    ours = np.einsum("jkn,mk->jmn", summed, masses[:, None] ** np.array([0.0, 2.0, 4.0]))
    assert ours == pytest.approx(
        upscattering.energy_coefficients(recoil, masses[:, None], channel.mass), rel=1e-10, abs=0
    )


def test_half_a_cell_counts_half():
    """The share of the cell that a step falls into, against the integral of a constant spectrum."""
    recoil = np.geomspace(1.0 * KEV, 4.0 * KEV, 31)
    weights = RecoilGrid(1.0 * KEV, 4.0 * KEV, 1, 31).weights
    masses = np.linspace(0.0, 3e-4, 50)
    low, high = kinematics.recoil_limits(7e-5, masses, units.ELECTRON_MASS)
    cover = recoil_rate._Cover.of(SCINTILLATOR, recoil, masses, 7e-5)
    ours = cover.average(np.ones((len(masses), len(recoil)))) @ weights
    expected = np.clip(high, recoil[0], recoil[-1]) - np.clip(low, recoil[0], recoil[-1])
    assert ours == pytest.approx(expected, abs=1e-12 * KEV)


def test_nuclei_gather_by_mass():
    assert [len(c.nuclei) for c in nuclear_channels(materials.get("CsI").nuclei_per_kg, 1.0, "helm")] == [2]
    assert len(nuclear_channels(materials.get("NaI").nuclei_per_kg, 1.0, "helm")) == 2
    for channel in nuclear_channels(materials.get("Xe").nuclei_per_kg, 1.0, "helm"):
        masses = [nucleus.mass for nucleus, _ in channel.nuclei]
        assert masses == sorted(masses)
        assert channel.spread == pytest.approx(masses[-1] / masses[0], rel=1e-6, abs=0)


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
    assert moments(together, minimum) == pytest.approx(apart, rel=1e-6, abs=0)


def test_nothing_above_the_kinematic_edge():
    (channel,) = nuclear_channels(materials.get("Xe").nuclei_per_kg, 1.0, "helm")
    edge = float(kinematics.maximum_hnl_mass(BORON.energy[-1], channel.mass))
    assert _counts(channel, RecoilGrid(KEV, 4 * KEV, 2, 50), WINDOW, [1.01 * edge], BORON)[0] == 0.0
