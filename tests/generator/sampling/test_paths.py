"""Points and paths of N."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole.detectors.geometry import box, sphere
from nudipole.generator.sampling.paths import even_points, widest


def test_points_are_even_in_a_sphere_and_in_volumes_side_by_side():
    rng = np.random.default_rng(4)
    points = even_points(rng, [sphere(2.0, [1.0, -3.0, 5.0])], 40_000) - np.array([[1.0], [-3.0], [5.0]])
    radius = np.linalg.norm(points, axis=0)
    assert stats.kstest((radius / 2.0) ** 3, "uniform").pvalue > 1e-3
    for axis in points / radius:  # each coordinate of an even direction is even
        assert stats.kstest(0.5 * (axis + 1.0), "uniform").pvalue > 1e-3
    both = even_points(rng, [box(1.0, 1.0, 3.0, [0.0, 0.0, -5.0]), box(1.0, 1.0, 1.0, [0.0, 0.0, 5.0])], 40_000)
    assert np.mean(both[2] < 0.0) == pytest.approx(0.75, abs=0.01)
    assert widest(box(1.0, 2.0, 2.0)) == pytest.approx(3.0, rel=1e-12, abs=0)
