"""Fine curves from fewer masses: same answer where smooth, exact where not."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.constraint import Interval
from nudipole.inference import thinning
from nudipole.portal import Direction

MASSES = np.geomspace(1e-3, 1.0, 100)


def analytic(masses):
    """Closed below 0.1 GeV, open between, nothing above 0.5."""
    found = []
    for mass in masses:
        low = 1e-7 * (0.05 / mass + mass / 0.05)
        found.append(() if mass > 0.5 else (Interval(low, 1e-3 / mass if mass < 0.1 else None),))
    return tuple(found)


def test_interpolated_edges_are_the_computed_ones_and_changes_of_shape_are_exact():
    asked: list[float] = []
    thinned = thinning.solve(MASSES, lambda at: asked.extend(at) or analytic(at))
    assert len(asked) < 0.6 * len(MASSES)
    for one, other in zip(thinned, analytic(MASSES), strict=True):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert a.low == pytest.approx(b.low, rel=1e-2, abs=0)
            assert (a.high is None) == (b.high is None)
            if b.high is not None:
                assert a.high == pytest.approx(b.high, rel=1e-2, abs=0)


def test_short_grids_are_computed_point_by_point():
    asked: list[float] = []
    thinning.solve(MASSES[:20], lambda at: asked.extend(at) or analytic(at))
    assert len(asked) == 20


@pytest.mark.parametrize("key", ["microboone", "ship-main"])
def test_photon_curves_are_smooth_enough(key):
    experiment = registry.get(key)
    grid = np.geomspace(0.01, 0.6, 70)
    thinned = experiment.limit(grid, Direction("mu")).lower
    points = slice(1, None, 9)
    exact = experiment.limit(grid[points], Direction("mu")).lower
    assert np.nanmedian(np.abs(thinned[points] / exact - 1)) < 0.01
    assert np.nanmax(np.abs(thinned[points] / exact - 1)) < 0.06


@pytest.mark.parametrize("seed", range(6))
def test_cubic_meets_its_points_and_does_not_overshoot_what_rises(seed):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(2, 12))
    x, y = np.cumsum(rng.random(number) + 0.05), np.sort(rng.normal(size=number) ** 3)
    at = np.linspace(x[0], x[-1], 400)
    assert thinning.smooth_cubic(x, y, x) == pytest.approx(y, abs=1e-12)
    assert np.all(np.diff(thinning.smooth_cubic(x, y, at)) >= -1e-12)


def test_cubic_is_of_third_order():
    def error(step):
        nodes = np.arange(-0.5, 3.0 + step / 2, step)
        inner = np.linspace(0.5, 2.0, 500)
        return np.max(np.abs(thinning.smooth_cubic(nodes, np.cos(nodes), inner) - np.cos(inner)))

    assert error(0.25) / error(0.125) > 7.5
    assert error(0.125) / error(0.0625) > 7.5


def test_regions_that_begin_at_zero_are_interpolated_too():
    def exact(masses):
        return tuple((Interval(0.0, 1e-7 * mass), Interval(1e-6 / mass, None)) for mass in masses)

    asked: list[float] = []
    thinned = thinning.solve(MASSES, lambda at: asked.extend(at) or exact(at))
    assert len(asked) < 25
    for one, other in zip(thinned, exact(MASSES), strict=True):
        assert one[0].low == 0.0
        assert one[0].high == pytest.approx(other[0].high, rel=1e-3, abs=0)
        assert one[1].low == pytest.approx(other[1].low, rel=1e-3, abs=0)
        assert one[1].high is None
