"""From intervals of a statistic to a curve: regions and exclusions, ends, and the validity of the operator."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nudipole.catalogue import exclusion
from nudipole.constraint import Interval
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic
from nudipole.portal import Direction
from nudipole.signals.protocol import Signal

MU = Direction("mu")
STATISTIC = ProfileStatistic(Likelihood(np.array([100.0]), np.array([100.0]), np.array([10.0])))


def model(per_d2, largest_s=1.0, smooth=False):
    """Counts per_d2 / M^2 d^2 in one bin."""
    computed = []

    def signal(masses, _direction):
        computed.append(len(masses))
        return Signal(per_d2=per_d2 / np.asarray(masses)[:, None] ** 2)

    return SimpleNamespace(signal=signal, largest_s=largest_s, smooth_in_mass=smooth, computed=computed)


def test_an_exclusion_begins_where_the_counts_are_too_many():
    """Gaussian: s = z sigma with d^2 = z sigma M^2 / per_d2."""
    masses = np.array([0.1, 0.2])
    found, beyond = exclusion.excluded(model(1e12), STATISTIC, MU, masses, 0.9, is_region=False)
    assert beyond == []
    edge = [intervals[0].low for intervals in found]
    assert edge[1] / edge[0] == pytest.approx(2.0, rel=1e-6, abs=0)
    assert edge[0] == pytest.approx(np.sqrt(STATISTIC.critical(0.9) ** 0.5 * 10.0 * 0.01 / 1e12), rel=1e-3, abs=0)


def test_only_signals_with_a_completion_have_a_larger_coupling():
    assert exclusion.largest_over_gamma(Signal(per_d2=np.ones((1, 1)), largest_over_gamma=3.0)) == 3.0
    assert exclusion.largest_over_gamma(SimpleNamespace()) == 1.0


def test_nothing_is_excluded_where_the_operator_is_not_valid():
    """d^2 s < 1: of the two masses only the first has its edge below."""
    masses = np.array([1e-3, 100.0])
    found, beyond = exclusion.excluded(model(1e4, largest_s=1e4), STATISTIC, MU, masses, 0.9, is_region=False)
    assert found[0][0].high == pytest.approx(0.01, rel=1e-9, abs=0)
    assert found[1] == ()
    assert beyond == [100.0]


def test_only_smooth_models_are_interpolated_and_only_between_increasing_masses():
    masses = np.geomspace(0.01, 1.0, 120)
    smooth, rough, down = model(1e12, smooth=True), model(1e12), model(1e12, smooth=True)
    thin, _ = exclusion.excluded(smooth, STATISTIC, MU, masses, 0.9, is_region=False)
    full, _ = exclusion.excluded(rough, STATISTIC, MU, masses, 0.9, is_region=False)
    exclusion.excluded(down, STATISTIC, MU, masses[::-1], 0.9, is_region=False)
    assert sum(smooth.computed) < 120 == sum(rough.computed) == sum(down.computed)
    assert [i[0].low for i in thin] == pytest.approx([i[0].low for i in full], rel=1e-3, abs=0)


def test_a_region_is_between_what_is_excluded_below_and_above():
    low, middle, high = Interval(0.0, 1.0), Interval(2.0, 3.0), Interval(5.0, None)
    assert exclusion.region_between((low, middle, high)) == (Interval(1.0, 2.0), Interval(3.0, 5.0))
    assert exclusion.region_between((middle, high)) == ()  # no signal at all is allowed
    assert exclusion.region_between(()) == ()
    assert exclusion.without_zero((low, middle, high)) == (middle, high)


def test_a_source_makes_n_of_the_flavours_that_it_has():
    assert exclusion.contained(Direction("e"), ("e", "mu"))
    assert not exclusion.contained(Direction("tau"), ("e", "mu"))
    assert exclusion.contained(Direction("mix", (0.0, 0.0, 1.0 + 0j)), ("tau",))
    assert exclusion.contained(Direction("universal"), ())


def test_range_of_a_card_is_in_gev():
    assert exclusion.card_mass_range(SimpleNamespace(mass_range_MeV=(2.0, 300.0))) == (
        pytest.approx(0.002, rel=1e-12, abs=0), pytest.approx(0.3, rel=1e-12, abs=0),
    )  # fmt: skip
    assert exclusion.card_mass_range(SimpleNamespace(mass_range_MeV=None)) == (0.0, np.inf)


@pytest.mark.parametrize(
    ("card", "kinematic", "expected"),
    [
        ((0.0, np.inf), 2.0, ("grid", "physics", "physics")),
        ((0.0, 2.0), 5.0, ("grid", "physics", "card")),
        ((0.0, 2.0), 2.0, ("grid", "physics", "physics")),
        ((1e-6 * 1.5, 2.0), 2.0, ("card", "physics", "physics")),
        ((0.1 * (1.0 - 1e-7), 2.0 * (1.0 + 1e-7)), 5.0, ("card", "card", "card")),  # the same end but for rounding
    ],
)
def test_ends_are_the_planes_the_cards_or_of_physics(card, kinematic, expected):
    assert exclusion.ends(np.array([1e-6, 0.1, 2.0]), card, kinematic) == expected
