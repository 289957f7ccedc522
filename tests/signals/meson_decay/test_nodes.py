"""Nodes between the masses at which events are made: what a decay makes is its own, the share that is seen is linear."""

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.signals.meson_decay.nodes import Gathered, Knot, bracket, gather, interpolated, knot_masses


def node(weight, code, inverse=0.1, near=1.0, far=2.0):
    return Gathered(*(np.array([v]) for v in (weight, inverse, near, far)), np.array([code]))


def test_gathered_nodes_keep_sums_and_means():
    code = np.array([5, 5, 2])
    found = gather(code, np.array([1.0, 3.0, 2.0]), np.array([0.4, 0.8, 0.1]), np.array([1.0, 2.0, 3.0]), code + 4.0)
    assert found.code.tolist() == [2, 5]
    assert found.weight.tolist() == [2.0, 4.0]
    assert found.inverse_momentum == pytest.approx([0.1, 0.7], rel=1e-12, abs=0)
    assert found.near == pytest.approx([3.0, 1.75], rel=1e-12, abs=0)


def test_between_knots_the_seen_share_is_linear_and_the_yield_its_own():
    # two decays; the code ends in the decay (of two), then in its group (of three)
    low = Knot(node(2.0, 4 * 2 + 1), np.array([5.0, 10.0]))
    high = Knot(node(6.0, 4 * 2 + 1), np.array([5.0, 20.0]))
    found = interpolated([(low, 0.25), (high, 0.75)], np.array([0.0, 40.0]), np.array([0, 2]), 3)
    assert found.code.tolist() == [4 * 3 + 2]
    assert found.weight[0] == pytest.approx(40.0 * (0.25 * 2.0 / 10.0 + 0.75 * 6.0 / 20.0), rel=1e-12, abs=0)


def test_a_decay_closed_at_one_knot_is_seen_as_at_the_other():
    low, high = Knot(node(2.0, 0), np.array([10.0])), Knot(node(1.0, 0), np.array([0.0]))
    high = Knot(
        high.nodes._replace(
            **{name: np.zeros(0) for name in ("weight", "inverse_momentum", "near", "far")},
            code=np.zeros(0, dtype=np.intp),
        ),
        np.array([0.0]),
    )
    found = interpolated([(low, 0.4), (high, 0.6)], np.array([3.0]), np.array([0]), 4)
    assert found.weight[0] == pytest.approx(3.0 * 2.0 / 10.0, rel=1e-12, abs=0)


def test_knots_rise_by_a_tenth_to_the_heaviest_meson():
    knots = knot_masses(0.5)
    assert knots[0] == pytest.approx(1e-6, rel=1e-9, abs=0)
    assert knots[8] == pytest.approx(0.03, rel=1e-9, abs=0)
    assert knots[9:] / knots[8:-1] == pytest.approx(np.full(len(knots) - 9, 1.1), rel=1e-9, abs=0)
    assert 0.5 / 1.1 < knots[-1] < 0.5 * 1.1
    with pytest.raises(DomainError):
        knot_masses(0.0)


def test_the_bracket_weighs_linearly_and_stops_at_the_ends():
    knots = np.array([0.1, 0.2, 0.4])
    assert bracket(knots, 0.1) == (0.1, 0.2, 0.0)
    assert bracket(knots, 0.2) == (0.1, 0.2, 1.0)
    assert bracket(knots, 0.35) == pytest.approx((0.2, 0.4, 0.75), rel=1e-12, abs=0)
    assert bracket(knots, 0.01) == (0.1, 0.2, 0.0)
    assert bracket(knots, 9.0) == (0.2, 0.4, 1.0)
