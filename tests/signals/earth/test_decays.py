"""Decays by momentum and length of path, against a plain loop over states, directions and kinds of matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nudipole.matter import materials
from nudipole.signals.earth import decays, paths, sky
from nudipole.signals.production import final_states

MASS, ENERGY = 0.05, np.array([0.2, 1.0])
PARTS = [final_states(materials.get(m), ENERGY, np.array([MASS]), ("coherent",), 4)[0] for m in ("quartz", "Fe")]
STATES = decays.joined(PARTS)
KIND = np.repeat([0, 1], [len(part.weight) for part in PARTS])
MOMENTUM = decays.hnl_momentum(STATES, MASS)
CELL = decays.momentum_cell(MOMENTUM, 1.0)
RNG = np.random.default_rng(2)
SEEN = STATES.weight[:, None] * RNG.uniform(0.1, 0.9, (len(KIND), 3))
ARRIVING = sky.hnl_directions(RNG.uniform(1.0, 2.0, (2, paths.DIRECTIONS)))
DENSITY = RNG.uniform(1.0, 3.0, (2, paths.DIRECTIONS, 6))


def test_states_are_joined_in_order():
    first = len(PARTS[0].weight)
    assert np.array_equal(STATES.energy[:first], PARTS[0].energy)
    assert np.array_equal(STATES.recoil[first:], PARTS[1].recoil)


def test_momentum_and_cosine_are_those_of_a_two_body_final_state():
    """(E - E_N)^2 + 2 m (E - E_N) is the recoil momentum squared, which E, p and the angle fix."""
    energy = ENERGY[STATES.neutrino]
    first = len(PARTS[0].weight)
    mass = (
        ((MOMENTUM**2 + energy**2 - 2 * energy * MOMENTUM * decays.hnl_cosine(STATES)) / STATES.recoil) - STATES.recoil
    ) / 2
    assert mass[first:] == pytest.approx(np.full(len(mass) - first, 52.09), rel=2e-3, abs=0)  # 56Fe
    assert pytest.approx(STATES.energy**2, rel=1e-12, abs=0) == MOMENTUM**2 + MASS**2


def test_angles_are_in_the_cells_of_the_kernel():
    theta = np.arccos(decays.hnl_cosine(STATES))
    cell = decays.angle_cell(STATES)
    assert np.all((paths.ANGLE_EDGES[cell] <= theta) & (theta <= paths.ANGLE_EDGES[cell + 1]))
    assert len(set(cell.tolist())) > 2
    back = replace(STATES, sine=np.zeros(len(KIND)), forward=np.zeros(len(KIND), dtype=bool))
    assert set(decays.angle_cell(back).tolist()) == {len(paths.ANGLE_EDGES) - 2}


def test_decays_are_the_sum_over_states_directions_and_matter():
    found = decays.by_distance(STATES, KIND, CELL, SEEN, ARRIVING, DENSITY)
    angles = len(paths.ANGLE_EDGES) - 1
    arriving = ARRIVING.reshape(len(ENERGY), angles, paths.DIRECTIONS)
    expected = np.zeros_like(found)
    for i in range(len(KIND)):
        fluence = arriving[STATES.neutrino[i], decays.angle_cell(STATES)[i]]
        expected[CELL[i]] += np.outer(fluence @ DENSITY[KIND[i]], SEEN[i])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert np.count_nonzero(found.any(axis=(1, 2))) == len(set(CELL.tolist())) > 1


def test_inverse_momenta_are_means_weighted_with_fluence_and_photons():
    found = decays.mean_inverse_momentum(STATES, CELL, SEEN, ARRIVING, MOMENTUM)
    row = STATES.neutrino * (len(paths.ANGLE_EDGES) - 1) + decays.angle_cell(STATES)
    weight = SEEN.sum(axis=1) * ARRIVING[row].sum(axis=1)
    for cell in set(CELL.tolist()):
        of_cell = cell == CELL
        expected = np.average(1.0 / MOMENTUM[of_cell], weights=weight[of_cell])
        assert found[cell] == pytest.approx(expected, rel=1e-9, abs=0)
    assert np.count_nonzero(found) == len(set(CELL.tolist()))
