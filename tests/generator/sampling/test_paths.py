"""Points and paths of N."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole.detectors.geometry import box, sphere
from nudipole.generator.sampling.paths import Places, even_points, widest
from nudipole.signals.upscattering.acceptance import Body


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


@pytest.mark.parametrize("rate", [1e-3, 0.5])
@pytest.mark.parametrize("cosine", [1.0, 0.97])
def test_paths_drawn_forward_and_backward_are_the_same(cosine, rate):
    """Two disjoint volumes at different distances, a fluence that falls across the body."""
    volumes = (box(3.0, 3.0, 2.0, [0.0, 0.0, 4.0]), box(2.0, 2.0, 1.0, [0.5, 0.0, 8.0]))
    places = Places(Body(box(2.0, 1.0, 3.0), 1e3, source_distance_m=5.0), volumes)
    rng, number = np.random.default_rng(7), 400_000
    samples = []
    for way in (places._forward, places._backward):
        start, ray, _, length, good = way(rng, np.full(number, cosine), np.full(number, rate))
        assert np.count_nonzero(good) > 1000
        end = start + length * ray
        samples.append(np.concatenate([start, end, length[None]])[:, good])
        np.testing.assert_allclose(ray[2], cosine)
    for one, two in zip(*samples, strict=True):
        assert stats.ks_2samp(one, two).pvalue > 1e-4


def test_every_path_from_a_small_body_through_a_large_vessel_is_found():
    """Backward only one decay in 5,000 lies in the shadow of the body."""
    places = Places(Body(sphere(0.05), 1.0), (box(5.0, 10.0, 50.0, [0.0, 0.0, 33.0]),))
    found = places.draw(np.random.default_rng(3), np.ones(2000), np.full(2000, 1e-4))
    assert found.found.all()
    ends = found.origin[2] + found.length
    assert ends.min() > 8.0
    assert ends.max() < 58.0
    assert stats.kstest((ends - 8.0) / 50.0, "uniform").pvalue > 1e-3  # long-lived: even along the vessel


def test_production_follows_the_fluence_of_a_source_nearby():
    """Along z, with every path through the volume: the fluence falls as (5 m + z)^-2 from z = -1.5 to 1.5 m."""
    places = Places(Body(box(2.0, 1.0, 3.0), 1e3, source_distance_m=5.0), (box(3.0, 3.0, 2.0, [0.0, 0.0, 4.0]),))
    number = 50_000
    for way in (places._forward, places._backward):
        start, _, _, _, good = way(np.random.default_rng(7), np.ones(number), np.full(number, 1e-6))
        below = (1.0 / 3.5 - 1.0 / (5.0 + start[2, good])) / (1.0 / 3.5 - 1.0 / 6.5)
        assert stats.kstest(below, "uniform").pvalue > 1e-3
