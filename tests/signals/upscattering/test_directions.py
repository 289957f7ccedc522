"""Angles of two rays that share an axis: against vectors, and against drawn azimuths."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.upscattering import directions


def test_cosine_to_axis_is_that_of_explicit_vectors():
    """The first ray along its own axis, the second about it at an azimuth; phi = 0 away from the common axis."""
    rng = np.random.default_rng(1)
    a, b, turn = np.pi * rng.random(200), np.pi * rng.random(200), rng.random(200)
    first = np.stack([np.sin(a), 0 * a, np.cos(a)])
    outward, across = np.stack([np.cos(a), 0 * a, -np.sin(a)]), np.array([0.0, 1.0, 0.0])[:, None]
    second = np.cos(b) * first + np.sin(b) * (np.cos(2 * np.pi * turn) * outward + np.sin(2 * np.pi * turn) * across)
    assert directions.cosine_to_axis(np.cos(a), np.cos(b), turn) == pytest.approx(second[2], abs=3e-7)


@pytest.mark.parametrize("least", [-0.9, 0.0, 0.5, 0.97, 0.9999])
def test_share_of_azimuths_is_that_of_drawn_ones(least):
    rng = np.random.default_rng(5)
    one, other = rng.uniform(-1, 1, 300), rng.uniform(-1, 1, 300)
    azimuth = (np.arange(20_000) + 0.5) / 20_000
    drawn = directions.cosine_to_axis(one[:, None], other[:, None], azimuth) >= least
    assert directions.share_of_azimuths(one, other, np.full(300, least)) == pytest.approx(drawn.mean(axis=1), abs=2e-4)


def test_share_of_a_ray_along_the_axis_is_all_or_nothing():
    one, other = np.array([1.0, 1.0, 0.3]), np.array([0.8, 0.4, 1.0])
    assert directions.share_of_azimuths(one, other, np.full(3, 0.5)) == pytest.approx([1.0, 0.0, 0.0], rel=1e-6, abs=0)


def test_share_of_a_sphere_is_even_in_the_cosine():
    """A direction even in cos b about any first ray is even on the sphere: the mean share is (1 - c)/2."""
    other = (2.0 * np.arange(100_000) + 1.0) / 100_000 - 1.0
    for one in (0.2, -0.7):
        for least in (-0.5, 0.6):
            shares = directions.share_of_azimuths(np.full_like(other, one), other, np.full_like(other, least))
            assert shares.mean() == pytest.approx(0.5 * (1.0 - least), rel=1e-4, abs=0)


def test_small_angles_keep_their_digits():
    angle = np.array([1e-5, 1e-3, 0.1, 1.0])
    assert 1.0 - directions.small_angle_cosine(angle) == pytest.approx(2 * np.sin(angle / 2) ** 2, rel=1e-5, abs=0)
