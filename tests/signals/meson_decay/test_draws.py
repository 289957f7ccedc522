"""Draws of meson decays: two sets joined without bias, and each density against its closed form."""

import numpy as np
import pytest

from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay import draws
from nudipole.signals.meson_decay.parents import POWER, Parents, beam_parents, target_parents


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize(("beam", "parent", "channel"), [(400.0, "eta", "gamma nu N"), ("lhc", "omega", "nu N")])
def test_fast_and_usual_draws_together_stand_for_every_decay(beam, parent, channel, narrow):
    """The balance heuristic leaves numbers and mean energies as they are, whatever the fast draws prefer."""
    parents = target_parents(beam, parent, 12.0, 0.15, (-0.05, -0.05, 0.05, 0.05), 1.0)
    number, one = np.diff(parents.cumulative, prepend=0.0) / parents.preference, np.ones(parents.energy.size)
    parents = parents._replace(cumulative=np.cumsum(number), preference=one, narrow=np.full(one.size, narrow))
    energy, ratio = meson.hnl_energy_nodes(parent, channel, 0.1)
    drawn = draws.draw(parents, energy, ratio, 0.0, 0)
    assert np.sum(drawn.weight) == pytest.approx(np.sum(number) * np.sum(ratio), rel=0.01, abs=0)
    mean = np.average(drawn.rest_energy, weights=drawn.weight)
    assert mean == pytest.approx(np.average(energy, weights=ratio), rel=0.01, abs=0)
    mean = np.average(drawn.parent[:, 0], weights=drawn.weight)
    assert mean == pytest.approx(np.average(parents.energy, weights=number), rel=0.02, abs=0)
    if narrow:
        cosine = np.average(2 * drawn.uniforms[:, 2] - 1, weights=drawn.weight)
        assert cosine == pytest.approx(0.0, abs=0.02)


def test_tilted_cells_follow_content_and_tilt():
    content, tilt = np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.0, 3.0])
    u = (np.arange(40_000) + 0.5) / 40_000
    both = np.concatenate([u, u])
    cell, position, ratio = draws.tilted(content, tilt, both, u.size)
    usual, fast = cell[: u.size], cell[u.size :]
    assert np.bincount(usual, minlength=3) / u.size == pytest.approx([0.25, 0.5, 0.25], rel=1e-3, abs=0)
    assert np.bincount(fast, minlength=3) / u.size == pytest.approx([0.25, 0.0, 0.75], rel=1e-3, abs=1e-9)
    assert ratio[[0, 20_000, 39_999]] == pytest.approx([1.0, 0.0, 3.0], rel=1e-9, abs=1e-12)
    edges = np.array([0.0, 0.25, 0.75, 1.0])
    assert np.all((position >= edges[cell] - 1e-9) & (position <= edges[cell + 1] + 1e-9))
    assert position[: u.size] == pytest.approx(u, rel=1e-12, abs=0)


def test_both_densities_of_the_emission_are_normalised_and_drawn_from():
    u = (np.arange(20_000) + 0.5) / 20_000
    both = np.concatenate([u, u])
    ahead, even, forward = draws.emission(both, np.ones(both.size, dtype=bool), u.size)
    usual, fast = ahead[: u.size], ahead[u.size :]
    # moments of 0.2 + 1.6 w and of 13 w^12
    assert np.mean(usual) == pytest.approx(0.1 + 1.6 / 3, rel=1e-4, abs=0)
    assert np.mean(usual**2) == pytest.approx(0.2 / 3 + 0.4, rel=1e-4, abs=0)
    assert np.mean(fast) == pytest.approx((POWER + 1) / (POWER + 2), rel=1e-4, abs=0)
    assert even == pytest.approx(0.2 + 1.6 * ahead, rel=1e-12, abs=0)
    assert forward == pytest.approx(13.0 * ahead**12, rel=1e-12, abs=0)
    aimed, one, other = draws.emission(both, np.zeros(both.size, dtype=bool), u.size)
    assert np.array_equal(aimed, both)
    assert np.all(one == 1.0)
    assert np.all(other == 1.0)


def test_draws_carry_their_meson_and_where_it_decays():
    kaons = beam_parents("K", 75.0, 1e12, (10.0, 60.0))
    drawn = draws.draw(kaons, np.array([0.3, 0.2]), np.array([1e-3, 3e-3]), 0.4, 7)
    mass = meson.parent_mass("K")
    assert drawn.parent[:, 3] == pytest.approx(np.full(len(drawn.z), 75.0), rel=1e-12, abs=0)
    assert drawn.parent[:, 0] ** 2 - 75.0**2 == pytest.approx(np.full(len(drawn.z), mass**2), rel=1e-9, abs=0)
    assert np.average(drawn.z, weights=drawn.weight) == pytest.approx(35.0, rel=0.02, abs=0)
    assert drawn.z.min() >= 10.0
    assert drawn.z.max() <= 60.0
    assert set(drawn.group) == {7}
    assert set(drawn.polarisation) == {0.4}
    assert np.sum(drawn.weight) == pytest.approx(1e12 * 4e-3, rel=0.01, abs=0)
    assert drawn.rest_energy.min() >= 0.2
    assert drawn.rest_energy.max() <= 0.3


def test_energies_lie_about_their_nodes():
    """A symmetric spectrum keeps its mean, which half a node to either side would move by two per cent."""
    kaons, energy = beam_parents("K", 75.0, 1.0, (0.0, 1.0)), np.linspace(0.2, 0.36, 21)
    drawn = draws.draw(kaons, energy, 1.0 - np.abs(energy - 0.28) / 0.1, 0.0, 0)
    assert np.average(drawn.rest_energy, weights=drawn.weight) == pytest.approx(0.28, rel=3e-3, abs=0)


def test_mesons_fly_at_their_angle():
    one = np.ones(2)
    two = Parents(0.5, np.array([1.0, 2.0]), np.array([0.1, 0.3]), one, one, one > 0, (0.0, 0.0))
    found = draws.four_momenta(two, np.array([1, 0]), np.array([0.0, np.pi / 2]))
    momentum = np.sqrt(np.array([4.0, 1.0]) - 0.25)
    assert found[:, 0].tolist() == [2.0, 1.0]
    assert found[:, 3] == pytest.approx(momentum * np.cos([0.3, 0.1]), rel=1e-12, abs=0)
    assert found[0, 1] == pytest.approx(momentum[0] * np.sin(0.3), rel=1e-12, abs=0)
    assert found[1, 2] == pytest.approx(momentum[1] * np.sin(0.1), rel=1e-12, abs=0)


def test_the_number_of_draws_follows_the_share():
    assert draws.number_of_draws(1.0) == draws.EVENTS == 8192
    assert draws.number_of_draws(5.0) == 8192
    assert draws.number_of_draws(0.25, draws.MOST) == 4096
    assert draws.number_of_draws(1e-6) == 128


def test_joined_draws_are_all_of_them_and_none_are_none():
    kaons = beam_parents("K", 75.0, 1.0, (0.0, 1.0))
    one, two = (draws.draw(kaons, np.array([0.3]), np.array([r]), 0.0, g, 0.1) for r, g in ((1.0, 0), (2.0, 1)))
    both = draws.join([one, two])
    assert np.sum(both.weight[both.group == 1]) == pytest.approx(np.sum(two.weight), rel=1e-12, abs=0)
    assert len(both.weight) == len(one.weight) + len(two.weight)
    rows = both.rows(np.array([0, len(one.weight)]))
    assert rows.group.tolist() == [0, 1]
    assert len(draws.join([]).weight) == 0
    assert draws.join([]).uniforms.shape == (0, 8)


def test_unit_vectors():
    found = draws.unit(np.array([1.0, 0.0, -0.6]), np.array([0.4, np.pi / 2, np.pi]))
    expected = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-0.8, 0.0, -0.6]]
    assert found == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)
