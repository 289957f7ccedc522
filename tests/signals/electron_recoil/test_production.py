"""N made by each beam setting against the integrals of the cross section, with a flux of one energy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate

from nudipole import units
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.matter import targets
from nudipole.portal import Direction
from nudipole.processes.scattering import upscattering, upscattering_total
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from nudipole.signals.electron_recoil.acceptance import angular_acceptance
from nudipole.signals.electron_recoil.card import SelectionSection
from nudipole.signals.electron_recoil.production import (
    Beam,
    electron_sample,
    recoils_in_bins,
    recoils_of_any_size,
)

ME = units.ELECTRON_MASS
EDGES = np.array([2.0, 6.0, 15.0])
MASS = 0.05


def beam(electrons: float, energy: float = 20.0, flavor: int = 1) -> Beam:
    density = np.zeros((3, 3))
    density[flavor, flavor] = 1.0
    line = FluxComponent("nu", np.array([energy]), np.array([1.0]), density, lines=True)
    return Beam(Flux("toy", (line,), per="POT"), electrons)


def integrated(low: float, high: float, energy: float, selection: SelectionSection) -> float:
    """Cross section times acceptance over one bin of E_e [cm^2 GeV^2]."""

    def density(t: float) -> float:
        accepted = 1.0
        if selection.etheta2_MeV is not None:
            arrays = (np.array(t), np.array(energy), np.array(MASS))
            accepted = float(angular_acceptance(*arrays, selection.etheta2_MeV * 1e-3, selection.angle_mrad * 1e-3))
        return accepted * float(upscattering.spectrum_spin_half(t, energy, MASS, ME))

    area = integrate.quad(density, low - ME, high - ME, epsabs=0, epsrel=1e-7)[0]
    return area * selection.efficiency * units.GEV_M2_TO_CM2


@pytest.mark.parametrize("cut", [{}, {"etheta2_MeV": 1.5, "angle_mrad": 8.0}])
def test_counts_in_bins_are_electrons_times_the_cross_section(cut: dict[str, float]) -> None:
    selection = SelectionSection(energy_GeV=EDGES.tolist(), efficiency=0.6, **cut)
    beams = [beam(1e30), beam(3e30, 30.0)]
    counts, made = recoils_in_bins(beams, Direction("mu"), np.array([MASS]), EDGES, selection)
    expected = [
        one.electrons * integrated(low, high, energy, selection)
        for one, energy in zip(beams, (20.0, 30.0), strict=True)
        for low, high in itertools.pairwise(EDGES)
    ]
    assert counts[0] == pytest.approx(np.array(expected), rel=1e-5, abs=0)
    assert [one.beam for one in made] == [0, 1]


def test_cells_of_a_mass_hold_the_counts_of_that_mass() -> None:
    selection, masses = SelectionSection(energy_GeV=EDGES.tolist()), np.array([0.01, 0.1])
    counts, (made,) = recoils_in_bins([beam(1e30)], Direction("mu"), masses, EDGES, selection)
    assert counts[1].sum() < counts[0].sum()
    ones = np.ones((len(made.cells.recoil), 1, 1))
    for row in (0, 1):
        produced = made.at(row, 2.0 * ones)
        assert produced.weight[..., 0] == pytest.approx(2.0 * made.cells.rate[row], rel=1e-12, abs=0)
        assert produced.energy == pytest.approx(made.cells.energy[row] - made.cells.recoil[:, None], rel=1e-12, abs=0)


def test_a_beam_without_the_flavour_makes_nothing_in_its_bins() -> None:
    selection = SelectionSection(energy_GeV=EDGES.tolist())
    both = [beam(1e30, flavor=2), beam(1e30)]
    counts, made = recoils_in_bins(both, Direction("mu"), np.array([MASS]), EDGES, selection)
    assert counts[0, :2].tolist() == [0.0, 0.0]
    assert np.all(counts[0, 2:] > 0)
    assert [one.beam for one in made] == [1]


def test_soft_recoils_make_n_as_the_total_cross_section_says() -> None:
    """All of nu e -> N e above the smallest recoil, with the efficiency: a logarithm in T."""
    (made,) = recoils_of_any_size([beam(2e30)], Direction("mu"), np.array([MASS]), 2.0, 0.6)
    total = float(upscattering_total.total_cross_section(targets.get("e-"), 20.0, MASS))
    expected = 2e30 * 0.6 * total * units.GEV_M2_TO_CM2
    assert made.cells.rate.sum() == pytest.approx(expected, rel=0.02, abs=0)


def test_the_sample_is_that_of_the_standard_model() -> None:
    selection = SelectionSection(energy_GeV=EDGES.tolist(), efficiency=0.6)
    found = electron_sample(beam(1e30), ["e", "mu"], EDGES, selection)
    for events, low, high in zip(found, EDGES[:-1], EDGES[1:], strict=True):
        area = integrate.quad(
            lambda t: float(standard_model.electron_spectrum(t, 20.0, "mu", False)), low - ME, high - ME, epsabs=0
        )[0]
        assert events == pytest.approx(1e30 * 0.6 * area * units.GEV_M2_TO_CM2, rel=1e-6, abs=0)
    assert not electron_sample(beam(1e30), ["e"], EDGES, selection).any()


def test_a_wide_bin_counts_the_soft_end_of_a_continuum() -> None:
    """Neutrinos below half the upper edge make most of the counts; each against the integral over the flux."""
    energy, edges = np.linspace(1.0, 20.0, 39), np.array([1.0, 30.0])
    flux = Flux("toy", (FluxComponent("nu", energy, energy**-2.0, np.diag([0.0, 1.0, 0.0])),), per="POT")
    selection, fine = SelectionSection(energy_GeV=edges.tolist()), np.linspace(1.0, 20.0, 2001)
    shape = np.interp(fine, energy, energy**-2.0)
    recoil = np.geomspace(edges[0] - ME, 20.0, 801)
    counts, _ = recoils_in_bins([Beam(flux, 1e30)], Direction("mu"), np.array([MASS]), edges, selection)
    made = upscattering.spectrum_spin_half(recoil, fine[:, None], MASS, ME)
    area = np.trapezoid(shape * np.trapezoid(made, recoil, axis=1), fine)
    assert counts[0, 0] == pytest.approx(1e30 * area * units.GEV_M2_TO_CM2, rel=0.01, abs=0)
    found = electron_sample(Beam(flux, 1e30), ["mu"], edges, selection)
    spectrum = np.asarray(standard_model.electron_spectrum(recoil, fine[:, None], "mu", False))
    area = np.trapezoid(shape * np.trapezoid(spectrum, recoil, axis=1), fine)
    assert found[0] == pytest.approx(1e30 * area * units.GEV_M2_TO_CM2, rel=0.01, abs=0)
