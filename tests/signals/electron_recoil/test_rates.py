"""Rates in cells of recoil and neutrino energy against quadrature of the cross sections."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from nudipole import kinematics, units
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.portal import Direction
from nudipole.processes.scattering import upscattering
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from nudipole.signals.electron_recoil import rates

ME = units.ELECTRON_MASS
MU = np.diag([0.0, 1.0, 0.0])
ENERGY = np.geomspace(1.0, 60.0, 40)


def component(**changes: object) -> FluxComponent:
    intensity = np.exp(-ENERGY / 12.0) * ENERGY
    return FluxComponent(**({"name": "nu", "energy": ENERGY, "intensity": intensity, "density": MU} | changes))


def flux(*components: FluxComponent) -> Flux:
    return Flux("toy", components, per="POT")


def along(energy: float) -> float:
    return float(np.interp(energy, ENERGY, component().intensity))


# --- recoils ---------------------------------------------------------------------------------------------------------
def test_recoil_nodes_integrate_falling_spectra_in_each_bin() -> None:
    edges = np.array([0.5, 1.0, 8.0, 40.0])
    recoil, weights = rates.recoil_nodes(edges)
    low, high = edges[:-1] - ME, edges[1:] - ME
    assert recoil**-1.0 @ weights == pytest.approx(np.log(high / low), rel=1e-10, abs=0)
    assert recoil**-3.0 @ weights == pytest.approx((low**-2 - high**-2) / 2, rel=1e-8, abs=0)
    for column, (start, end) in zip(weights.T, zip(low, high, strict=True), strict=True):
        assert np.all((column > 0) == ((recoil > start) & (recoil < end)))


def test_one_bin_has_as_many_nodes_as_many_bins_together() -> None:
    assert len(rates.recoil_nodes(np.array([1.0, 50.0]))[0]) == 32
    assert len(rates.recoil_nodes(np.geomspace(1.0, 50.0, 11))[0]) == 80


# --- cells -----------------------------------------------------------------------------------------------------------
def test_cells_span_what_can_reach_the_lowest_bin() -> None:
    found = rates.energy_cells(component(), 8.0)
    assert found[0] == pytest.approx(4.0, rel=1e-12, abs=0)
    assert found[-1] >= ENERGY[-1]
    assert len(found) == 41
    assert rates.energy_cells(component(), 0.1)[0] == ENERGY[0]
    assert rates.energy_cells(component(), 500.0).size == 1


def test_every_line_lies_in_a_cell_of_its_own() -> None:
    lines = component(energy=np.array([5.0, 20.0]), intensity=np.array([1.0, 3.0]), lines=True)
    edges = rates.energy_cells(lines, 1.0)
    assert np.searchsorted(edges, lines.energy).tolist() == [1, 2]


# --- rates -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mass", [0.0, 0.05, 0.15])
def test_the_recoil_spectrum_against_the_integral_over_the_flux(mass: float) -> None:
    recoil = np.array([1.0, 6.0, 20.0])
    (found,) = rates.dipole_rates(flux(component()), Direction("mu"), recoil, np.array([mass]), 1.0)
    for index, t in enumerate(recoil):
        start = max(float(kinematics.minimum_neutrino_energy(t, mass, ME)), 1.0)
        nodes = ENERGY[(start < ENERGY)]
        expected = sum(
            integrate.quad(
                lambda e, t=t: along(e) * float(upscattering.spectrum_spin_half(t, e, mass, ME)), low, high, epsabs=0
            )[0]
            for low, high in zip([start, *nodes[:-1]], nodes, strict=True)
        )
        total = float(found.rate[0, index].sum())
        assert total == pytest.approx(expected * units.GEV_M2_TO_CM2, rel=1e-5, abs=0)


def test_each_cell_holds_its_own_energies() -> None:
    """The mean energy of all cells, weighted with their rates: a tenth of width squared over twelve."""
    t, mass = 6.0, 0.05
    (found,) = rates.dipole_rates(flux(component()), Direction("mu"), np.array([t]), np.array([mass]), 1.0)
    energy = np.linspace(float(kinematics.minimum_neutrino_energy(t, mass, ME)), ENERGY[-1], 20_001)
    density = np.interp(energy, ENERGY, component().intensity) * upscattering.spectrum_spin_half(t, energy, mass, ME)
    expected = np.trapezoid(energy * density, energy) / np.trapezoid(density, energy)
    assert np.average(found.energy[0, 0], weights=found.rate[0, 0]) == pytest.approx(expected, rel=2e-3, abs=0)
    assert found.hnl_energy == pytest.approx(found.energy - t, rel=1e-12, abs=0)
    assert np.all(found.energy[found.rate > 0] > energy[0])


def test_lines_are_the_cross_section_itself() -> None:
    lines = component(energy=np.array([5.0, 20.0]), intensity=np.array([1.0, 3.0]), lines=True)
    recoil = np.array([4.0, 15.0])
    (found,) = rates.dipole_rates(flux(lines), Direction("mu"), recoil, np.array([0.05]), 1.0)
    sigma = upscattering.spectrum_spin_half(recoil[:, None], lines.energy, 0.05, ME) * [1.0, 3.0]
    assert found.rate[0].sum(axis=-1) == pytest.approx(sigma.sum(axis=1) * units.GEV_M2_TO_CM2, rel=1e-9, abs=0)


def test_only_flavours_that_couple_make_n() -> None:
    source = flux(component(), component(name="tau", density=np.diag([0.0, 0.0, 1.0])))
    recoil, mass = np.array([2.0]), np.array([0.05])
    assert rates.dipole_rates(source, Direction("e"), recoil, mass, 1.0) == []
    (muon,) = rates.dipole_rates(source, Direction("mu"), recoil, mass, 1.0)
    both = rates.dipole_rates(source, Direction("universal"), recoil, mass, 1.0)
    assert sum(part.rate.sum() for part in both) == pytest.approx(2 * muon.rate.sum(), rel=1e-12, abs=0)


def test_nothing_above_the_reach_of_the_beam() -> None:
    heavy = 1.01 * float(kinematics.maximum_hnl_mass(ENERGY[-1], ME))
    (found,) = rates.dipole_rates(flux(component()), Direction("mu"), np.array([1.0]), np.array([heavy]), 1.0)
    assert not np.any(found.rate)
    (soft,) = rates.dipole_rates(flux(component()), Direction("mu"), np.array([1.0]), np.array([0.0]), 500.0)
    assert not np.any(soft.rate)
    assert soft.rate.shape == (1, 1, 1)


@pytest.mark.parametrize(("flavor", "anti"), [("mu", False), ("mu", True), ("e", False), ("e", True)])
def test_the_standard_model_spectrum_of_each_flavour(flavor: str, anti: bool) -> None:
    density = np.diag([0.25, 0.75, 0.0])
    lines = component(
        energy=np.array([20.0]), intensity=np.array([2.0]), density=density, lines=True, antineutrino=anti
    )
    recoil = np.array([3.0, 12.0])
    (found,) = rates.standard_model_rates(flux(lines), [flavor], recoil, 1.0)
    share = {"e": 0.25, "mu": 0.75}[flavor]
    expected = 2.0 * share * standard_model.electron_spectrum(recoil, 20.0, flavor, anti) * units.GEV_M2_TO_CM2
    assert found.rate[0].sum(axis=-1) == pytest.approx(np.asarray(expected), rel=1e-9, abs=0)
