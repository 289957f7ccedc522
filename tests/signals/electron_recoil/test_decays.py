"""Templates of N that leaves or merges: closed forms of the decay along the way, and momentum kept in groups."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.portal import Direction
from nudipole.signals.electron_recoil.decays import (
    Decay,
    Momenta,
    Produced,
    decays_of,
    grouped_by_momentum,
    leaving_template,
    merging_template,
)


def test_the_decay_is_that_of_the_portal() -> None:
    for nature in ("dirac", "majorana"):
        direction = Direction("mu", nature=nature)
        (light, found) = decays_of(np.array([0.01, 0.1]), direction)
        momentum, d = 5.0, 1e-6
        length = momentum / 0.1 / (float(direction.portal(0.1, d).width) * units.METRE)
        assert found.kappa / momentum * d**2 == pytest.approx(1.0 / length, rel=1e-9, abs=0)
        assert light.kappa / found.kappa == pytest.approx(1e-4, rel=0.02, abs=0)  # width M^3, and M of the boost
        assert light.photon > found.photon > 0.9


def test_an_extra_width_is_told_in_units_of_the_dipole() -> None:
    direction = Direction("mu", extra_width=1e-20)
    (found,) = decays_of(np.array([0.1]), direction)
    assert found.extra == pytest.approx(1e-20 / float(Direction("mu").portal(0.1, 1.0).width), rel=1e-9, abs=0)


def test_n_that_leaves_is_averaged_over_the_depth_of_its_vertex() -> None:
    momenta = Momenta(np.array([[2.0], [1.0]]), np.array([0.5, 0.1]))
    decay, length, behind = Decay(kappa=3.0, photon=0.9), 2.0, 0.7
    d = np.array([0.0, 0.3, 0.7, 1.0])  # up to three decay lengths in the target
    found = leaving_template(momenta, decay, length, behind).counts(d)[:, 0]
    expected = np.zeros(len(d))
    for weight, inverse in zip((2.0, 1.0), (0.5, 0.1), strict=True):
        rate = decay.kappa * inverse * d**2
        mean = np.exp(-rate * behind) * np.divide(-np.expm1(-rate * length), rate * length, out=np.ones(4), where=d > 0)
        expected += weight * d**2 * mean
    assert found == pytest.approx(expected, rel=1e-5, abs=0)


def test_n_that_merges_decays_into_a_photon_on_the_first_metres() -> None:
    momenta = Momenta(np.array([[2.0, 1.0]]), np.array([0.5]))
    d = np.array([0.1, 1.0])
    found = merging_template(momenta, Decay(kappa=3.0, photon=0.9), 0.4).counts(d)
    expected = d**2 * 0.9 * -np.expm1(-3.0 * 0.5 * d**2 * 0.4)
    assert found == pytest.approx(np.outer(expected, [2.0, 1.0]), rel=1e-12, abs=0)


def test_leaving_and_merging_together_are_all_n_where_the_merging_length_is_the_way_out() -> None:
    momenta, decay, d = Momenta(np.array([[2.0]]), np.array([0.5])), Decay(kappa=3.0, photon=1.0), np.array([0.7])
    out = leaving_template(momenta, decay, 1e-9, 0.4).counts(d) + merging_template(momenta, decay, 0.4).counts(d)
    assert float(out[0, 0]) == pytest.approx(2.0 * 0.7**2, rel=1e-8, abs=0)


def test_an_invisible_decay_spoils_nothing_and_makes_no_photon() -> None:
    momenta, strong = Momenta(np.array([[1.0]]), np.array([1.0])), Decay(1e3, 1.0, extra=1e12)
    assert leaving_template(momenta, strong, 1.0, 1.0).counts(1.0)[0] == pytest.approx(1.0, rel=1e-6, abs=0)
    assert merging_template(momenta, strong, 1.0).counts(1.0)[0] < 1e-10


def test_a_direction_with_more_couplings_decays_faster() -> None:
    momenta = Momenta(np.array([[1.0]]), np.array([1.0]))
    one, two = (merging_template(momenta, Decay(2.0, 1.0, norm=norm), 0.3).counts(1.0)[0] for norm in (1.0, 2.0))
    assert one == pytest.approx(-np.expm1(-0.6), rel=1e-12, abs=0)
    assert two == pytest.approx(-np.expm1(-1.2), rel=1e-12, abs=0)


def test_groups_keep_counts_and_the_mean_inverse_momentum() -> None:
    rng = np.random.default_rng(5)
    energy, mass = rng.uniform(0.5, 30.0, (40, 3)), 0.3
    weight = rng.uniform(0.0, 1.0, (40, 3, 2))
    found = grouped_by_momentum([Produced(0, weight, energy), Produced(1, 2 * weight, energy)], mass, 30.0, 3, 2)
    assert len(found.weight) <= 60
    total = weight.sum(axis=(0, 1))
    assert found.weight.sum(axis=0) == pytest.approx([*total, *(2 * total), 0.0, 0.0], rel=1e-12, abs=0)
    inverse = 1.0 / np.sqrt(energy**2 - mass**2)
    expected = 3 * np.sum(weight.sum(axis=-1) * inverse)
    assert np.sum(found.weight.sum(axis=1) * found.inverse) == pytest.approx(expected, rel=1e-12, abs=0)
    spread = np.diff(np.sort(found.inverse))
    assert np.all(spread > 0)


def test_groups_are_narrow_in_momentum() -> None:
    """Sixty from 1 MeV to the highest energy: N of 1 and 1.5 GeV are told apart, N of 1 and 1.001 GeV are not."""
    made = [Produced(0, np.ones((1, 1)), np.array([energy])) for energy in (1.0, 1.001, 1.5)]
    found = grouped_by_momentum(made, 0.0, 50.0, 1, 1)
    assert sorted(found.weight[:, 0].tolist()) == [1.0, 2.0]


def test_n_at_rest_and_no_n_at_all_are_finite() -> None:
    found = grouped_by_momentum([Produced(0, np.ones((1, 1)), np.array([0.1]))], 0.1, 50.0, 1, 1)
    assert found.inverse == pytest.approx([1e4], rel=1e-9, abs=0)  # a thousandth of its energy
    none = grouped_by_momentum([], 0.1, 50.0, 2, 3)
    assert none.weight.shape == (0, 6)
    assert leaving_template(none, Decay(1.0, 1.0), 1.0, 0.0).counts(1.0).tolist() == [0.0] * 6
