"""N by angle and momentum: sums kept on the grid, cuts on production, and totals against the cross section."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.matter import materials, targets
from nudipole.processes.scattering import upscattering_total
from nudipole.signals import production
from nudipole.signals.upscattering import produced_hnl
from nudipole.signals.upscattering.acceptance import ANGLES, STEP

MASSES, ENERGIES = np.array([0.05, 0.2]), np.array([[0.3, 0.7, 1.5], [0.4, 0.8, 1.5]])
MOMENTA = produced_hnl.momentum_grid(0.1, 1.5)
FLUENCE = np.array([[[1.0, 3.0], [2.0, 1.0], [4.0, 0.5]], [[1.0, 1.0], [5.0, 2.0], [1.0, 7.0]]])


def scatterer(material="C", channel="coherent"):
    return production.scatterers(material, (channel,))[0]


def made(states, hnl_cosine=-1.0, first=0.0, polarised=True):
    """Sums of the grid by (index, column), with the states' own weights."""
    cosine, weight = produced_hnl.selected_weight(states, hnl_cosine, first)
    every = produced_hnl.produced_hnl(states, weight, cosine, MASSES, FLUENCE, MOMENTA, polarised)
    return {(index, column): grid for index, column, grid in every}


def test_momenta_decrease_in_equal_steps_of_the_logarithm_to_a_tenth_of_the_lowest():
    assert MOMENTA[0] == 1.5
    assert np.diff(np.log(MOMENTA)) == pytest.approx(np.full(len(MOMENTA) - 1, -STEP), rel=1e-9, abs=0)
    assert MOMENTA[-1] < 0.01 < MOMENTA[-3]


def test_cell_weights_reproduce_angle_and_inverse_momentum():
    rng = np.random.default_rng(6)
    angle, momentum = rng.uniform(0.0, np.pi, 300), rng.uniform(1.01 * MOMENTA[-1], 1.5, 300)
    index, share = produced_hnl.cell_weights(angle, momentum, MOMENTA)
    row, column = np.divmod(index, len(MOMENTA))
    assert np.all(share >= 0.0)
    assert share.sum(axis=0) == pytest.approx(np.ones(300), rel=1e-12, abs=0)
    assert np.sum(share * ANGLES[row], axis=0) == pytest.approx(angle, rel=1e-9, abs=0)
    assert np.sum(share / MOMENTA[column], axis=0) == pytest.approx(1.0 / momentum, rel=1e-9, abs=0)
    neighbours = (MOMENTA[column] / momentum < np.exp(STEP) + 1e-9) & (
        MOMENTA[column] / momentum > np.exp(-STEP) - 1e-9
    )
    assert np.all(neighbours | (share < 1e-9))


def test_slower_n_count_as_the_slowest():
    index, share = produced_hnl.cell_weights(np.zeros(1), np.array([1e-9]), MOMENTA)
    found = np.bincount(index.ravel(), share.ravel(), len(MOMENTA))[: len(MOMENTA)]
    assert found[-1] == pytest.approx(1.0, rel=1e-3, abs=0)


def test_number_of_n_is_cross_section_times_fluence():
    kind = scatterer()
    grids = made(production.states_on(kind, ENERGIES, MASSES))
    for column in (0, 1):
        for row, mass in enumerate(MASSES):
            sigma = upscattering_total.total_cross_section(targets.get("C12"), ENERGIES[row], float(mass))
            expected = units.GEV_M2_TO_CM2 * np.sum(sigma * FLUENCE[row, :, column])
            assert grids[0, column][row].sum() == pytest.approx(expected, rel=0.01, abs=0)


def test_means_over_the_grid_are_those_of_the_states():
    states = production.states_on(scatterer(), ENERGIES, MASSES)
    grids = made(states)
    fluence = FLUENCE[:, :, 0][..., None]
    momentum = np.sqrt(states.energy**2 - MASSES[:, None, None] ** 2)
    weight = states.weight * fluence
    theta = np.arctan2(states.sine, np.where(states.forward, 1.0, -1.0) * np.sqrt(1.0 - states.sine**2))
    grid = grids[0, 0]
    assert np.einsum("mtp,t->m", grid, ANGLES) == pytest.approx((weight * theta).sum(axis=(1, 2)), rel=1e-9, abs=0)
    inverse = np.einsum("mtp,p->m", grid, 1.0 / MOMENTA)
    assert inverse == pytest.approx((weight / momentum).sum(axis=(1, 2)), rel=1e-4, abs=0)
    spin = grids[1, 0].sum(axis=(1, 2))
    assert spin == pytest.approx((weight * states.polarisation).sum(axis=(1, 2)), rel=1e-9, abs=0)


def test_majorana_n_have_no_polarisation():
    assert set(made(production.states_on(scatterer(), ENERGIES, MASSES), polarised=False)) == {(0, 0), (0, 1)}


def test_cut_on_the_direction_of_n():
    states = production.states_on(scatterer(), ENERGIES, MASSES)
    cosine, weight = produced_hnl.selected_weight(states, 0.9, 0.0)
    assert np.array_equal(weight > 0, (cosine >= 0.9) & (states.weight > 0))
    assert np.all(np.isin(weight[weight > 0], states.weight))
    assert 0.0 < weight.sum() < states.weight.sum()
    assert np.any(cosine < 0.0) == (not states.forward.all())


def test_first_cascade_needs_an_energetic_recoil_that_is_seen():
    nucleons, nuclei = (production.states_on(scatterer("C", c), ENERGIES, MASSES) for c in ("incoherent", "coherent"))
    _, weight = produced_hnl.selected_weight(nucleons, -1.0, 0.1)
    assert np.array_equal(weight > 0, (nucleons.recoil >= 0.1) & (nucleons.weight > 0))
    assert weight.any()
    assert not produced_hnl.selected_weight(nuclei, -1.0, 1e-6)[1].any()
    assert made(nuclei, first=1e-6) == {}


def test_targets_are_counted_once_for_every_kind_of_matter():
    found = produced_hnl.targets_of([("oil", "CH2", ("electron",)), ("soil", "crust", ("electron",))])
    ((electron, amounts),) = found
    assert electron.name == "e-"
    assert amounts["oil"] == pytest.approx(materials.get("CH2").electrons_per_kg, rel=1e-12, abs=0)
    assert amounts["soil"] == pytest.approx(materials.get("crust").electrons_per_kg, rel=1e-12, abs=0)


def test_matter_adds_its_targets_in_proportion_to_their_numbers():
    channels = ("coherent", "incoherent")
    kinds = produced_hnl.targets_of([("a", "C", channels), ("b", "C", channels[:1])])
    found = produced_hnl.in_matter(kinds, ENERGIES, MASSES, FLUENCE, MOMENTA)
    coherent = made(production.states_on(scatterer(), ENERGIES, MASSES))
    number = materials.get("C").atoms_per_kg["C"]
    for index, column in coherent:
        expected = number * coherent[index, column]
        assert found["b"][index, column] == pytest.approx(expected, rel=1e-9, abs=0)
        nucleons = found["a"][index, column] - found["b"][index, column]
        if index == 0:
            assert np.all(nucleons.sum(axis=(1, 2)) > 0.0)
    unpolarised = produced_hnl.in_matter(kinds, ENERGIES, MASSES, FLUENCE, MOMENTA, with_polarisation=False)
    assert not unpolarised["b"][1].any()
    assert np.array_equal(unpolarised["b"][0], found["b"][0])


def test_no_energy_makes_a_heavier_n():
    kinds = produced_hnl.targets_of([("a", "C", ("electron",))])  # sqrt(2 m E) of an electron is 0.04 GeV here
    assert not produced_hnl.in_matter(kinds, ENERGIES, MASSES, FLUENCE, MOMENTA)["a"].any()
