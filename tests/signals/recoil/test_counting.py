"""Sums of a recoil search: kernels times matrices, in cells of the energy of N, and in the Standard Model."""

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.detectors.response import from_options
from nudipole.matter import materials
from nudipole.portal import Direction
from nudipole.signals.recoil import counting
from nudipole.signals.recoil.energy_grid import Matrices
from nudipole.signals.recoil.rate import nuclear_channels

KEV = 1e-6


def target(low=1.0, high=3.0, energy=0.015):
    (channel,) = nuclear_channels(materials.get("Xe").nuclei_per_kg, 1.0, "helm")
    return counting.Target(channel, counting.grid(channel, from_options(np.array([low, high]) * KEV), energy))


def test_the_grid_covers_what_is_seen_and_what_the_flux_reaches():
    found = target()
    lightest = found.channel.mass
    reach = 2 * 0.015**2 / (lightest + 2 * 0.015)
    assert found.grid.fine[0] < 1.0 * KEV
    assert found.grid.fine[-1] > 3.0 * KEV * 0.99
    assert found.grid.fine[-1] <= reach * (1 + 1e-12)


def test_a_detector_that_sees_nothing_counts_nothing():
    blind = target(5.0, 6.0, energy=1e-3)  # neutrinos of 1 MeV do not reach 5 keV
    seen = counting.seen_by([blind], from_options(np.array([5.0, 6.0]) * KEV))
    assert np.all(seen[0][0] == 0.0)


def test_fold_is_the_sum_over_targets_kernels_and_recoils():
    rng = np.random.default_rng(2)
    matrices = tuple(
        tuple(Matrices(coarse=rng.random((3, 5)), fine=rng.random((3, 9))) for _ in range(2)) for _ in range(2)
    )
    smooth = counting.Folded(1, False, tuple(rng.random((4, 5)) for _ in range(2)))
    line = counting.Folded(0, True, tuple(rng.random((4, 9)) for _ in range(2)))
    expected = np.zeros((4, 3))
    for m in range(4):
        for b in range(3):
            for k in range(2):
                expected[m, b] += sum(smooth.kernels[k][m, r] * matrices[1][k].coarse[b, r] for r in range(5))
                expected[m, b] += sum(line.kernels[k][m, r] * matrices[0][k].fine[b, r] for r in range(9))
    assert counting.fold(4, [smooth, line], matrices, 3) == pytest.approx(expected, rel=1e-12, abs=0)
    twice = counting.summed([smooth, line, smooth])
    assert [(f.target, f.lines) for f in twice] == [(1, False), (0, True)]
    both = counting.fold(4, twice, matrices, 3) - counting.fold(4, [smooth], matrices, 3)
    assert both == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("key", "flavor"), [("xenonnt-nees", "e"), ("coherent-csi", "mu")])
def test_cells_of_the_energy_of_n_add_up_to_all_counts(key, flavor):
    model, masses = registry.get(key).model(), np.array([1e-4, 5e-3])
    parts = (model.flux.components,)
    fluxes = counting.arriving(parts, Direction(flavor))
    matrices = counting.matrices(model.targets, counting.seen_by(model.targets, model.response))
    edges = np.concatenate([[0.0], np.geomspace(1e-5, 1.01 * model.flux.maximum_energy, 30)])
    bins = model.response.bins
    cells = counting.counts_by_hnl_energy(model.targets, matrices, 1, masses, fluxes, edges, bins)
    (kernels,) = counting.kernels(model.targets, 1, masses, fluxes)
    everything = counting.fold(len(masses), kernels, matrices, bins)
    total = everything.sum(axis=1)
    assert cells.sum(axis=(0, 1, 3)) == pytest.approx(total, rel=1e-3, abs=0)
    assert np.all(cells >= 0)
    slow = edges[1:] < masses[1]  # N is never slower than at rest
    assert cells[slow, 0, 1].sum() == 0.0


def test_standard_model_counts_are_seen_recoils():
    recoils = (((np.array([1.0, 2.0]), np.array([4.0, 8.0])),), ((np.array([16.0, 32.0]),),))
    seen = ((np.array([[0.5, 0.25]]), np.array([[1.0, 0.5]])), (np.array([[0.0, 1.0]]),))
    (counts,) = counting.standard_model_counts(recoils, seen, 1)
    assert counts.tolist() == [0.5 * 1 + 0.25 * 2 + 1 * 4 + 0.5 * 8 + 32.0]
