"""Excluded intervals become connected regions."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.constraint import Interval, Limit
from nudipole.plot import regions
from nudipole.portal import Direction


def test_excluded_regions_are_connected_by_overlap():
    limit = Limit(
        "k",
        Direction("e"),
        0.9,
        np.array([1.0, 2.0, 3.0, 4.0]),
        ((Interval(1, 4),), (Interval(1, 2), Interval(3, 4)), (Interval(1, 2),), ()),
    )
    stem, upper, lower = sorted(regions.regions(limit), key=lambda r: len(r.masses))
    assert [len(r.masses) for r in (stem, upper, lower)] == [1, 2, 3]
    assert not upper.starts  # it splits off: no wall there
    assert not lower.starts
    assert not stem.stops
    assert upper.stops
    assert lower.stops
    # the branches share the stem's column and meet half-way in the gap
    assert (lower.low[0], upper.high[0]) == (stem.low[0], stem.high[0])
    assert lower.high[0] == upper.low[0] == pytest.approx(np.sqrt(6.0) * stem.low[0], rel=1e-6, abs=0)
    merged = Limit("k", Direction("e"), 0.9, limit.masses, limit.excluded[::-1])
    back = sorted(regions.regions(merged), key=lambda r: len(r.masses))
    assert [len(r.masses) for r in back] == [1, 2, 3]
    assert [r.starts for r in back] == [False, True, True]
    assert back[1].low[-1] == back[2].high[-1]


def test_a_region_is_closed_where_physics_ends_it_and_open_where_a_table_does():
    masses = np.array([1.0, 2.0, 3.0, 4.0])
    excluded = ((), (Interval(1, 4),), (Interval(1, 4),), ())
    for end, closed in (("physics", True), ("grid", False), ("card", False)):
        limit = Limit("k", Direction("e"), 0.9, masses, excluded, ends=("physics", end, end, "physics"))
        (found,) = regions.regions(limit)
        assert (found.starts, found.stops) == (closed, closed)
    whole = Limit("k", Direction("e"), 0.9, masses, ((Interval(1, 4),),) * 4)
    (found,) = regions.regions(whole)  # it goes on beyond the masses that were asked for
    assert (found.starts, found.stops) == (False, False)
