"""Templates made simpler where N is prompt, and merged where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.prompt_decay import simplified
from nudipole.signals.template import SignalTemplate


def from_the_start(kappa, length, number=200, seed=3):
    """Nodes of N that decays from where it is made to the end of a volume of this length [m]."""
    rng = np.random.default_rng(seed)
    return SignalTemplate.from_nodes(
        rng.exponential(1e6, (number, 2)), kappa=kappa * rng.uniform(0.5, 2.0, number), near=0.0, far=length
    )


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e3])
def test_n_is_prompt_where_it_decays_within_the_length_and_not_within_a_metre(length):
    """What no decay changes by less than the allowed number of events is kappa times the length, not kappa."""
    whole = from_the_start(1e14 / length, length)
    assert simplified(whole, 1e-3).scales_as_d2  # without decay: w / (kappa L e) = 7e-6 events at most are missed
    slow = from_the_start(1e10 / length, length)
    assert not simplified(slow, 1e-3).scales_as_d2  # 0.07 events would be missed


@pytest.mark.parametrize("length", [1e-2, 1.0, 1e2])
def test_counts_change_by_less_than_what_is_negligible(length):
    d = np.geomspace(1e-9, 1e-1, 60)
    for kappa in (1e8, 1e11, 1e14):
        template = from_the_start(kappa / length, length)
        exact, simple = template.counts(d), simplified(template, 1e-2).counts(d)
        assert np.all(np.abs(simple - exact).sum(axis=1) < 1e-2 + 5e-3 * exact.sum(axis=1))


def test_nodes_of_n_that_leaves_are_merged_apart_from_those_that_decay_inside():
    d = np.geomspace(1e-9, 1e-4, 40)
    inside = from_the_start(1e8, 3.0)
    leaving = SignalTemplate.from_nodes(inside.weight, inside.kappa, near=7.0, far=np.inf)
    both = inside + leaving
    found = simplified(both, 1e-9)
    assert found.kappa.size < 0.5 * both.kappa.size
    assert found.counts(d) == pytest.approx(both.counts(d), rel=5e-3, abs=1e-9)
