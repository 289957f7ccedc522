"""Energies and fluences: thresholds, lines, ends; what is shared keeps its sum and its mean energy."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.fluxes.accelerator import horn_beams
from nudipole.fluxes.flux import FluxComponent, mixed, pure
from nudipole.portal import Direction
from nudipole.signals.upscattering import fluence

LINE = FluxComponent("line", np.array([0.03]), np.array([5.0]), pure("mu"), lines=True)
GRID = np.linspace(0.1, 3.0, 200)
BROAD = FluxComponent("broad", GRID, GRID * np.exp(-2.0 * GRID), pure("mu"))
SHORT = FluxComponent("short", GRID[:60], np.exp(-GRID[:60]), pure("e"))


def test_range_is_that_of_neutrinos_above_an_energy():
    dark = FluxComponent("dark", np.array([0.001, 9.0]), np.array([0.0, 0.0]), pure("e"))
    assert fluence.energy_range([BROAD, LINE, dark], 0.0) == (0.03, 3.0)
    low, high = fluence.energy_range([BROAD, LINE], 0.03)
    assert (low, high) == (pytest.approx(0.1, rel=1e-12, abs=0), 3.0)
    assert fluence.energy_range([BROAD], 5.0) == (np.inf, 0.0)


def test_threshold_grid_is_dense_at_its_start():
    grid = fluence.threshold_grid(101)
    assert grid[0] == 0.0
    assert grid[-1] == pytest.approx(1.0, rel=1e-12, abs=0)
    assert grid[50] == pytest.approx(0.25 * 1.4 / 0.9, rel=1e-12, abs=0)
    assert np.all(np.diff(grid, 2) > 0)


def test_nodes_begin_at_the_threshold_of_each_mass():
    """E = M + M^2 / 2m off the heaviest target, or where the flux begins; the end is the same for all."""
    masses, target = np.array([0.01, 0.3, 1.0]), 11.0
    nodes = fluence.energy_nodes(masses, target, [BROAD], (0.1, 3.0))
    assert nodes[:, 0] == pytest.approx([0.1, 0.3 + 0.09 / 22.0, 1.0 + 1.0 / 22.0], rel=1e-9, abs=0)
    assert nodes[:, -1] == pytest.approx(np.full(3, 3.0), rel=1e-9, abs=0)
    assert nodes.shape == (3, 44)
    assert np.all(np.diff(nodes, axis=1) > 0)
    assert fluence.energy_nodes(masses[1:], target, [BROAD], (1e-6, 3.0)).shape[1] == int(44 * np.log10(3e6) / 3.0)


def test_energies_stay_in_the_flux_whatever_the_mass():
    nodes = fluence.energy_nodes(np.array([2.999, 50.0]), 11.0, [BROAD], (0.1, 3.0))
    assert np.all((nodes >= 0.999998 * 3.0) & (nodes <= 3.0 * (1.0 + 1e-9)))


def test_lines_and_the_first_end_of_a_flux_are_nodes():
    (nodes,) = fluence.energy_nodes(np.array([1e-3]), 11.0, [BROAD, SHORT, LINE], (0.02, 3.0))
    for energy in (0.03, SHORT.energy[-1]):
        assert np.abs(nodes / energy - 1.0).min() < 1e-9
    assert len(nodes) == 44 + 1 + 16
    (heavy,) = fluence.energy_nodes(np.array([2.0]), 11.0, [BROAD, SHORT, LINE], (0.02, 3.0))
    assert heavy[0] == pytest.approx(2.0 + 4.0 / 22.0, rel=1e-9, abs=0)  # the line cannot make it: no node below


def test_flavours_interfere_where_a_density_matrix_has_other_than_diagonal_elements():
    coherent = FluxComponent("mix", GRID, GRID, np.full((3, 3), 1.0 / 3.0))
    assert fluence.is_diagonal([BROAD, SHORT])
    assert fluence.is_diagonal([FluxComponent("f", GRID, GRID, mixed(np.full((200, 3), 0.3)))])
    assert not fluence.is_diagonal([BROAD, coherent])


def test_fluence_of_each_flavour_keeps_number_and_mean_energy():
    nodes = fluence.energy_nodes(np.array([1e-3, 0.02]), 11.0, [BROAD, SHORT], (0.1, 3.0))
    found = fluence.fluences([BROAD, SHORT], ("e", "mu"), Direction("mu"), nodes)
    assert found.shape == (*nodes.shape, 2)
    for column, part in enumerate((SHORT, BROAD)):
        number = np.trapezoid(part.intensity, part.energy)
        assert found[:, :, column].sum(axis=1) == pytest.approx(np.full(2, number), rel=1e-6, abs=0)
        content = np.sum(part.quadrature(part.intensity) * part.energy)
        assert np.sum(nodes * found[:, :, column], axis=1) == pytest.approx(np.full(2, content), rel=1e-6, abs=0)


def test_fluence_of_a_direction_is_that_of_its_flavour():
    flux = horn_beams.booster(541.0)
    nodes = fluence.energy_nodes(np.array([0.05]), 11.0, flux.components, (0.1, 3.0))
    alone = fluence.fluences(flux.components, None, Direction("e"), nodes)
    both = fluence.fluences(flux.components, ("mu", "e"), Direction("mu"), nodes)
    assert alone[0, :, 0] == pytest.approx(both[0, :, 1], rel=1e-12, abs=0)
    assert alone.sum() < 0.1 * both[:, :, 0].sum()


def test_strengths_are_squared_couplings():
    flavors = ("mu", "e")
    assert fluence.strengths(flavors, Direction("mu")).tolist() == [1.0, 0.0]
    assert fluence.strengths(flavors, Direction("universal")).tolist() == [1.0, 1.0]
    mixed_direction = Direction("mix", (0.6, 0.8j, 0.0))
    assert fluence.strengths(flavors, mixed_direction) == pytest.approx([0.64, 0.36], rel=1e-12, abs=0)


def test_rebinned_flux_keeps_sum_and_mean_and_drops_what_is_below():
    rng = np.random.default_rng(3)
    energy, weight, nodes = rng.uniform(0.5, 3.0, 500), rng.exponential(1.0, 500), np.array([0.9, 1.1, 2.0, 3.5])
    kept = energy >= 0.9
    found = fluence.rebin_flux(energy, [weight, 2.0 * weight], nodes)
    assert found.sum(axis=0) == pytest.approx(np.array([1.0, 2.0]) * weight[kept].sum(), rel=1e-12, abs=0)
    assert nodes @ found[:, 0] == pytest.approx(energy[kept] @ weight[kept], rel=1e-12, abs=0)


def test_interpolation_reproduces_linear_functions_and_holds_the_ends():
    nodes, value = np.array([1.0, 2.0, 5.0]), np.array([0.5, 1.0, 1.7, 3.5, 5.0, 9.0])
    below, share = fluence.interpolation(value, nodes)
    found = (1.0 - share) * nodes[below] + share * nodes[below + 1]
    assert found == pytest.approx(np.clip(value, 1.0, 5.0), rel=1e-12, abs=0)
    below, share = fluence.interpolation(value, nodes[:1])
    assert below.tolist() == share.tolist() == [0] * 6
