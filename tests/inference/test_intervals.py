"""Excluded islands and gaps narrower than the steps of the scan are found wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import api
from nudipole.catalogue import registry
from nudipole.inference.intervals import D_SCAN, crossings

PLACES = np.linspace(0.0, 1.0, 23)


@pytest.mark.parametrize("width", [0.02, 0.1])
@pytest.mark.parametrize("inside", [1.0, -1.0])
def test_an_island_or_a_gap_between_two_nodes(width, inside):
    """Parabolas in ln d about every place between two nodes, above zero over ``width``; and the same upside down."""
    centre = np.log(D_SCAN[50]) + PLACES * np.log(D_SCAN[51] / D_SCAN[50])

    def level(rows, d):
        return inside * ((width / 2) ** 2 - (np.log(d) - centre[rows, None]) ** 2)

    d = np.broadcast_to(D_SCAN, (PLACES.size, D_SCAN.size))
    found = crossings(d, level(np.arange(PLACES.size), d), level)
    for intervals, middle in zip(found, centre, strict=True):
        edges = [intervals[0].low, intervals[0].high] if inside > 0 else [intervals[0].high, intervals[1].low]
        assert np.log(edges) - middle == pytest.approx([-width / 2, width / 2], rel=1e-2, abs=0)


def test_the_tip_of_hike_is_that_of_a_dense_scan():
    """For the electron flavour at 0.45684 GeV an interval of 26 per cent in d, less than a step of the scan."""
    search, ray, mass = registry.get("hike"), api.direction("e"), 0.45684
    (intervals,) = search.limit([mass], ray).excluded
    d = np.geomspace(1e-7, 1e-6, 401)
    out = d[search.test_statistic([ray.portal(mass, x) for x in d]) > search.critical_value()]
    assert len(intervals) == (1 if out.size else 0)
    if out.size:
        assert [intervals[0].low, intervals[0].high] == pytest.approx([out[0], out[-1]], rel=7e-3, abs=0)


@pytest.mark.parametrize(("key", "flavor"), [("hike", "e"), ("na62", "mu")])
def test_every_mass_near_a_tip_agrees_with_a_dense_scan(key, flavor):
    search, ray = registry.get(key), api.direction(flavor)
    grid = np.geomspace(*search.mass_range, 80)
    last = grid[np.isfinite(search.limit(grid, ray).lower)].max()
    d = np.geomspace(1e-9, 1e-4, 1201)
    for mass in last * np.linspace(0.99, 1.01, 5):
        (intervals,) = search.limit([mass], ray).excluded
        out = search.test_statistic([ray.portal(mass, x) for x in d]) > search.critical_value()
        assert out.tolist() == [any(x in i for i in intervals) for x in d]
