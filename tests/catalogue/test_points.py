"""The statistic at single points: order kept, masses computed once, silence outside the reach."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nudipole.catalogue import points
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic
from nudipole.portal import Completion, Direction, Portal

MU, E, TAU = Direction("mu"), Direction("e"), Direction("tau")
LIKELIHOOD = Likelihood(np.array([9.0]), np.array([9.0]), np.array([3.0]))


def model(statistic=None):
    asked = []

    def signal(masses, direction):
        asked.append((direction.name, np.asarray(masses).tolist()))
        return np.asarray(masses)

    return SimpleNamespace(
        flavors=("e", "mu"), signal=signal, asked=asked, statistic=lambda: statistic or ProfileStatistic(LIKELIHOOD)
    )


def judge(_statistic, signal, rows, d):
    return signal[rows] * d


def test_points_keep_their_order_and_masses_are_computed_once():
    built = model()
    portals = [Portal(0.2, 3.0, MU), Portal(0.1, 5.0, E), Portal(0.1, 7.0, MU), Portal(0.2, 11.0, MU)]
    found = points.of_points(portals, built, (0.0, 1.0), judge)
    assert found == pytest.approx([0.6, 0.5, 0.7, 2.2], rel=1e-12, abs=0)
    assert built.asked == [("mu", [0.1, 0.2]), ("e", [0.1])]


def test_nothing_is_said_outside_the_reach_or_for_a_flavour_that_is_not_there():
    portals = [
        Portal(0.05, 3.0, MU),
        Portal(0.1, 3.0, MU),
        Portal(0.3, 3.0, MU),
        Portal(0.31, 3.0, MU),
        Portal(0.2, 3.0, TAU),
    ]
    found = points.of_points(portals, model(), (0.1, 0.3), judge)
    assert found == pytest.approx([0.0, 0.3, 0.9, 0.0, 0.0], rel=1e-12, abs=0)


def test_the_operator_is_valid_up_to_one_over_root_s():
    portals = [Portal(1.0, 0.099, MU), Portal(1.0, 0.101, MU), Portal(20.0, 0.06, MU)]
    assert points.beyond_operator(portals, 100.0).tolist() == [False, True, True]  # at 20 GeV the mass is the scale
    gauge = Direction("mu", completion=Completion("gauge", 3.0))
    larger = gauge.completion.largest_over_gamma
    assert larger > 1.0
    at = [Portal(1.0, 0.1 * share / larger, gauge) for share in (0.99, 1.01)]
    assert points.beyond_operator(at, 100.0).tolist() == [False, True]


def test_only_a_fit_of_mass_and_coupling_looks_for_its_best_point():
    one = ProfileStatistic(LIKELIHOOD)
    built = model(one)
    assert points.anchored(built, one, MU, (0.1, 1.0)) is one
    assert built.asked == []
