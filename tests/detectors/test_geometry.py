"""Volumes: samplers uniform, chords against sampling, symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.detectors import geometry
from nudipole.errors import DomainError

RNG = np.random.default_rng(5)
VOLUMES = {
    "box": geometry.box(2.0, 3.0, 5.0, [0.5, -0.2, 1.0]),
    "hexagon": geometry.hexagon(0.9, 4.0, [0.0, 0.1, -2.0]),
    "cylinder-z": geometry.cylinder(1.2, 3.0, "z", [0.0, 0.0, 4.0]),
    "cylinder-y": geometry.cylinder(1.2, 3.0, "y"),
    "sphere": geometry.sphere(1.5, [1.0, 1.0, 1.0]),
}


def contains(volume, points):
    """A point is inside where both half-lines through it start inside: chord near = 0 in two opposite directions."""
    direction = np.tile([0.36, 0.48, 0.8], (len(points), 1))
    near, far = volume.chord(points, direction)
    back_near, back_far = volume.chord(points, -direction)
    return (near == 0) & (far > 0) & (back_near == 0) & (back_far > 0)


@pytest.mark.parametrize("name", VOLUMES)
def test_samples_are_inside_and_uniform(name):
    volume = VOLUMES[name]
    points = volume.sample(RNG.random((4000, 3)))
    assert np.all(contains(volume, points))
    low, high = volume.extent
    assert points[:, 2].min() >= low
    assert points[:, 2].max() <= high
    # hit-or-miss volume in the bounding box of the sample
    corner, size = points.min(axis=0) - 0.01, np.ptp(points, axis=0) + 0.02
    inside = contains(volume, corner + size * RNG.random((40000, 3)))
    assert inside.mean() * np.prod(size) == pytest.approx(volume.volume, rel=0.03, abs=0)


@pytest.mark.parametrize("name", VOLUMES)
def test_mean_chord_is_cauchys(name):
    """Parallel lines through a convex body: the mean chord times the frontal area is the volume."""
    volume = VOLUMES[name]
    front = volume.sample_front(RNG.random((20000, 2)))
    origin = np.column_stack([front, np.full(len(front), -50.0)])
    near, far = volume.chord(origin, np.tile([0.0, 0.0, 1.0], (len(front), 1)))
    assert np.mean(far - near) * volume.frontal_area == pytest.approx(volume.volume, rel=0.02, abs=0)


@pytest.mark.parametrize("name", VOLUMES)
def test_chord_against_marching(name):
    volume = VOLUMES[name]
    origins = RNG.uniform(-6, 6, (60, 3))
    directions = RNG.normal(size=(60, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    near, far = volume.chord(origins, directions)
    steps = np.linspace(0, 25, 5001)
    for origin, direction, start, stop in zip(origins, directions, near, far, strict=True):
        inside = contains(volume, origin + steps[:, None] * direction)
        assert stop - start == pytest.approx(inside.sum() * (steps[1] - steps[0]), abs=0.011)


def test_a_path_away_from_the_detector_misses_it():
    near, far = VOLUMES["sphere"].chord(np.array([[1.0, 1.0, 9.0]]), np.array([[0.0, 0.0, 1.0]]))
    assert near[0] == far[0] == 0.0


def test_nonsense_is_refused():
    with pytest.raises(DomainError, match="radius_m"):
        geometry.sphere(-1.0)
    with pytest.raises(DomainError, match="axis"):
        geometry.cylinder(1.0, 1.0, "w")
    with pytest.raises(DomainError, match="three coordinates"):
        geometry.box(1.0, 1.0, 1.0, [0.0])
