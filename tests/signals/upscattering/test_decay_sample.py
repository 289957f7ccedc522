"""Sampled decays: weights, evenness, neighbourhoods, and the spectrum of pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from nudipole import units
from nudipole.processes.decays import hnl_decay
from nudipole.signals.upscattering import decay_sample

NAMES = ("turn", "rest", "angle")


def sample(decays=4096):
    return decay_sample.sample_nodes(np.array([1.0, 3.0, 0.0]), np.array([2, 5, 7]), 9, decays, NAMES)


def test_decays_are_shared_out_by_importance_and_weigh_one_at_each_node():
    found = sample()
    number = np.bincount(found.node, minlength=9)
    assert number[[2, 5, 7]].tolist() == [1026, 3074, 2]
    assert number.sum() == 4102
    assert np.bincount(found.node, found.weight, 9)[[2, 5, 7]] == pytest.approx(np.ones(3), rel=1e-12, abs=0)


def test_numbers_fill_the_unit_cube_evenly():
    """Means, squares and products of different dimensions integrate to 1/2, 1/3 and 1/4 at each node."""
    found = sample()
    drawn = {name: found.uniform(name) for name in NAMES}
    for node in (2, 5):
        at = found.node == node
        for name in NAMES:
            assert 0.0 <= drawn[name].min() < drawn[name].max() < 1.0
            assert drawn[name][at].mean() == pytest.approx(0.5, rel=5e-3, abs=0)
            assert np.mean(drawn[name][at] ** 2) == pytest.approx(1 / 3, rel=1e-2, abs=0)
        assert np.mean(drawn["turn"][at] * drawn["rest"][at]) == pytest.approx(0.25, rel=1e-2, abs=0)


def test_nodes_have_shifts_of_their_own_the_same_every_time():
    found, again = sample(), sample()
    first = [np.flatnonzero(found.node == node)[0] for node in (2, 5)]
    assert len(set(found.uniform("rest")[first])) == 2
    assert found.uniform("angle").tolist() == again.uniform("angle").tolist()


def test_points_about_a_node_have_the_density_of_linear_interpolation():
    """Integral of f over the points = sum of its values at the nodes times their weights, for f linear in between."""
    nodes, u = np.array([0.0, 1.0, 4.0, 6.0]), (np.arange(100_000) + 0.5) / 100_000
    inner = decay_sample.around_nodes(nodes, np.full(len(u), 1), u)
    for value in (0.5, 1.0, 2.5):
        # (1 - t)^2 / 2 of the triangle lies beyond t; each side holds half
        beyond = 1.0 - 0.5 * value**2 if value <= 1.0 else 0.5 * ((4.0 - value) / 3.0) ** 2
        assert np.mean(inner > value) == pytest.approx(beyond, rel=1e-3, abs=0)
    assert 0.0 < inner.min() < inner.max() < 4.0


@pytest.mark.parametrize(("index", "low", "high"), [(0, 0.0, 1.0), (3, 4.0, 6.0)])
def test_points_about_an_end_stay_inside(index, low, high):
    nodes, u = np.array([0.0, 1.0, 4.0, 6.0]), (np.arange(10_000) + 0.5) / 10_000
    found = decay_sample.around_nodes(nodes, np.full(len(u), index), u)
    assert low <= found.min() < found.max() <= high
    near = low if index == 0 else high
    assert np.abs(found - near).mean() == pytest.approx((high - low) / 3.0, rel=1e-3, abs=0)


def test_pairs_follow_their_spectrum():
    """Share of pairs below s, by direct integration of dGamma/ds; none below 4 m_e^2 or above M^2."""
    mass, u = 0.2, (np.arange(20_000) + 0.5) / 20_000
    x = decay_sample.pair_mass_squared(mass, u)
    assert x.min() >= (2.0 * units.ELECTRON_MASS / mass) ** 2
    assert x.max() <= 1.0

    def content(low: float, high: float) -> float:
        def integrand(t: float) -> float:
            return np.exp(t) * float(hnl_decay.dilepton_spectrum(np.exp(t), mass, "e"))

        return quad(integrand, np.log(low), np.log(high), epsabs=0, epsrel=1e-8)[0]

    least = 4.0 * units.ELECTRON_MASS**2
    for place in (2e-3, 2e-2, 0.2):
        expected = content(least, place * mass**2) / content(least, mass**2)
        assert np.mean(x < place) == pytest.approx(expected, rel=2e-3, abs=0)


@pytest.mark.parametrize("mass", [0.0, 1e-3, 2.0 * units.ELECTRON_MASS])
def test_light_n_make_no_pairs(mass):
    assert decay_sample.pair_mass_squared(mass, np.array([0.2, 0.9])).tolist() == [0.0, 0.0]
