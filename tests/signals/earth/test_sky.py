"""Neutrinos by energy and zenith: sums kept, directions turned, masses on the ladder of energies."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.earth import paths, sky

RNG = np.random.default_rng(4)
ENERGY = np.geomspace(0.1, 1e3, 400)
WEIGHT = ENERGY**-2.7 * RNG.uniform(0.5, 1.5, 400)
SHARE = RNG.dirichlet(np.ones(paths.DIRECTIONS), 400)


def test_groups_are_fine_up_to_where_the_fluence_ends():
    """99.9 per cent of this fluence lie below half of the way in ln E: 28 groups up to there, 10 above."""
    edges = sky.energy_edges(np.log(ENERGY), WEIGHT)
    assert len(edges) == 28 + 10 + 1
    assert edges[28] == pytest.approx(0.5 * (np.log(0.1) + np.log(1e3)), rel=1e-9, abs=0)
    assert edges[[0, -1]] == pytest.approx(np.log([0.1, 1e3]), rel=1e-6, abs=0)
    flat = sky.energy_edges(np.log(ENERGY), np.ones(400))
    assert np.exp(flat[28]) == pytest.approx(ENERGY[399], rel=0.03, abs=0)
    mixed = sky.energy_edges(np.log(ENERGY[::-1]), np.where(ENERGY < 100.0, 1.0, 1e-9)[::-1])
    assert np.exp(mixed[28]) == pytest.approx(100.0, rel=0.03, abs=0)


def test_groups_keep_fluence_of_every_direction_and_mean_energy():
    energy, fluence = sky.grouped(ENERGY, WEIGHT, SHARE)
    assert np.all(np.diff(energy) > 0)
    assert fluence.sum(axis=0) == pytest.approx(WEIGHT @ SHARE, rel=1e-9, abs=0)
    assert energy @ fluence.sum(axis=1) == pytest.approx(ENERGY @ WEIGHT, rel=1e-9, abs=0)
    occupied, _ = np.histogram(np.log(ENERGY), sky.energy_edges(np.log(ENERGY), WEIGHT))
    assert len(energy) == np.count_nonzero(occupied)


def test_no_neutrinos_have_no_groups():
    energy, fluence = sky.grouped(np.zeros(0), np.zeros(0), np.zeros((0, paths.DIRECTIONS)))
    assert energy.shape == (0,)
    assert fluence.shape == (0, paths.DIRECTIONS)


def test_a_small_angle_keeps_directions_and_a_right_angle_forgets_up_and_down():
    fluence = np.stack([np.eye(paths.DIRECTIONS)[9], 2.0 * np.ones(paths.DIRECTIONS)])
    angles = len(paths.ANGLE_EDGES) - 1
    found = sky.hnl_directions(fluence).reshape(2, angles, paths.DIRECTIONS)
    assert found.sum(axis=-1) == pytest.approx(np.array([[1.0], [20.0]]) * np.ones(angles), rel=1e-9, abs=0)
    assert found[0, 0, 9] > 0.9
    assert found[0, -1, 0] > 0.5  # turned back
    assert found[1] == pytest.approx(np.full((angles, paths.DIRECTIONS), 2.0), rel=0.15, abs=0)


def test_ladder_holds_the_largest_step_below_each_mass():
    masses, highest = np.array([0.0, 2.99, 3.01, 5.0, 9.0, 9.999, 20.0]), 10.0
    step = sky.ladder_step(masses, highest)
    below = np.array([sky.ladder_energy(int(k), highest) for k in step])
    above = np.array([sky.ladder_energy(min(int(k) + 1, 14), highest) for k in step])
    assert np.all(below <= masses + 1e-12)
    inside = step < 14
    assert np.all(masses[inside] < above[inside])
    assert step.tolist()[:3] == [0, 0, 1]
    assert step[-1] == 14
