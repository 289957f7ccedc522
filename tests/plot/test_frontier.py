"""Which curves bound what is excluded, and where."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.constraint import Interval, Limit
from nudipole.plot import frontier
from nudipole.portal import Direction

MASSES = np.geomspace(1e-6, 1.0, 61)
WINDOW = frontier.Window((1e-6, 1.0), (1e-12, 1e-4))
MU = units.mu_from_d(1.0)


def curve(key, low, high=None, kind="exclusion", masses=MASSES):
    """A limit from mu as a function of mass; nothing is excluded where it is NaN."""
    lows = np.array([low(m) / MU for m in masses])
    highs = [None if high is None else high(m) / MU for m in masses]
    excluded = tuple((Interval(a, b),) if np.isfinite(a) else () for a, b in zip(lows, highs, strict=True))
    return Limit(key, Direction("mu"), 0.9, masses, excluded, kind)


def roles(*limits):
    return {c.limit.key: c.role for c in frontier.classify(limits, WINDOW)}


def test_the_strongest_bounds_and_the_weaker_is_hidden():
    assert roles(curve("strong", lambda m: 1e-10), curve("weak", lambda m: 1e-8)) == {
        "strong": "frontier",
        "weak": "hidden",
    }


def test_curves_that_cross_share_the_frontier_where_each_is_strongest():
    flat, falling = curve("flat", lambda m: 1e-9), curve("falling", lambda m: 1e-12 / m)
    one, two = frontier.classify([flat, falling], WINDOW)
    assert (one.role, two.role) == ("frontier", "frontier")
    crossing = 1e-3
    assert one.trace.mass[one.trace.exposed].max() == pytest.approx(crossing, rel=0.05, abs=0)
    assert two.trace.mass[two.trace.exposed].min() == pytest.approx(crossing, rel=0.05, abs=0)
    # three decades of mass flat, and three along a diagonal
    assert one.trace.length == pytest.approx(3.0, rel=0.02, abs=0)
    assert two.trace.length == pytest.approx(3.0 * np.sqrt(2.0), rel=0.02, abs=0)


def test_curves_on_top_of_each_other_are_both_there():
    assert set(roles(curve("a", lambda m: 1e-10), curve("b", lambda m: 1.005e-10)).values()) == {"frontier"}


def test_an_upper_edge_counts_where_nothing_covers_it():
    band = curve("band", lambda m: 1e-10, lambda m: 1e-9)
    (alone,) = frontier.classify([band], WINDOW)
    assert alone.trace.length == pytest.approx(12.0, rel=0.02, abs=0)
    covered = frontier.classify([band, curve("above", lambda m: 3e-10)], WINDOW)[0]
    assert covered.trace.length == pytest.approx(6.0, rel=0.02, abs=0)


def test_a_projection_bounds_nothing_and_reaches_beyond_only_what_is_excluded():
    better = curve("better", lambda m: 1e-10, kind="projection")
    best = curve("best", lambda m: 1e-11, kind="projection")
    worse = curve("worse", lambda m: 1e-7, kind="projection")
    assert roles(curve("existing", lambda m: 1e-8), better, best, worse) == {
        "existing": "frontier",
        "better": "beyond",
        "best": "beyond",
        "worse": "within",
    }


def test_what_happens_outside_of_the_window_makes_no_frontier():
    high = curve("high", lambda m: 1e-3)
    assert roles(high) == {"high": "hidden"}
    assert len(frontier.classify([high], WINDOW)[0].trace.mass) == 0


def test_the_end_of_the_grid_is_no_boundary():
    masses = np.geomspace(1e-6, 1e-3, 31)
    short = curve("short", lambda m: 1e-9, masses=masses)
    (found,) = frontier.classify([short], WINDOW)
    assert found.trace.length == pytest.approx(3.0, rel=0.02, abs=0)
    ending = curve("ending", lambda m: 1e-9 if m < 1e-3 else np.nan)
    (closed,) = frontier.classify([ending], WINDOW)
    # the wall from 1e-9 to the top of the window
    assert closed.trace.length == pytest.approx(2.9 + 5.0, rel=0.02, abs=0)


def test_a_constraint_that_excludes_nothing_is_hidden():
    (found,) = frontier.classify([curve("nothing", lambda m: np.nan)], WINDOW)
    assert found.role == "hidden"
    assert found.trace.length == 0.0


def test_few_points_draw_the_same_line():
    x = np.geomspace(1e-6, 1.0, 500)
    y = 1e-10 * (1.0 + (x / 1e-2) ** 2)
    keep = frontier.simplify(x, y)
    assert len(keep) < 40
    assert {0, 499} <= set(keep.tolist())
    again = np.exp(np.interp(np.log(x), np.log(x[keep]), np.log(y[keep])))
    assert np.max(np.abs(np.log10(again / y))) < 0.01


def test_few_points_of_a_closed_line_and_of_a_corner():
    x, y = np.array([1.0, 10.0, 10.0, 1.0, 1.0]), np.array([1.0, 1.0, 10.0, 10.0, 1.0])
    assert frontier.simplify(x, y).tolist() == [0, 1, 2, 3, 4]
