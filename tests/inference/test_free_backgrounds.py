"""What free backgrounds can take of a signal: projections, least squares, and templates that are not independent."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.inference import free_backgrounds as free

RNG = np.random.default_rng(7)
TEMPLATES = RNG.exponential(5.0, (3, 8))
WEIGHT = 1.0 / np.sqrt(RNG.uniform(1.0, 50.0, 8))
COUNTS = RNG.exponential(20.0, (4, 8))


def test_weights_are_those_of_gaussian_or_poisson_bins():
    found = free.bin_weights(
        np.array([25.0, 4.0, 0.0, 9.0]), np.array([16.0, 9.0, 0.5, 9.0]), np.array([0.0, 0.0, 0.0, 4.0])
    )
    assert 1.0 / found == pytest.approx([5.0, 3.0, 1.0, 4.0], rel=1e-12, abs=0)


def test_basis_is_orthonormal_and_spans_the_templates():
    basis = free.orthonormal_basis(TEMPLATES, WEIGHT)
    assert basis.shape == (8, 3)
    assert basis.T @ basis == pytest.approx(np.eye(3), abs=1e-12)
    scaled = TEMPLATES * WEIGHT
    assert (scaled @ basis) @ basis.T == pytest.approx(scaled, rel=1e-9, abs=0)


def test_templates_that_others_make_up_or_that_are_empty_add_nothing():
    more = np.vstack([TEMPLATES, 2.0 * TEMPLATES[0] - TEMPLATES[1], np.zeros(8)])
    assert free.orthonormal_basis(more, WEIGHT).shape == (8, 3)
    small = TEMPLATES * np.array([[1.0], [1e-6], [1e6]])  # whatever their sizes
    assert free.orthonormal_basis(small, WEIGHT).shape == (8, 3)


def test_remainder_is_that_of_a_least_squares_fit():
    basis = free.orthonormal_basis(TEMPLATES, WEIGHT)
    found = free.remainder(COUNTS, WEIGHT, basis)
    for row in range(4):
        theta, *_ = np.linalg.lstsq((TEMPLATES * WEIGHT).T, COUNTS[row] * WEIGHT, rcond=None)
        assert found[row] == pytest.approx(COUNTS[row] - theta @ TEMPLATES, rel=1e-9, abs=1e-9)
        assert free.closest_pulls(COUNTS[row : row + 1], WEIGHT, TEMPLATES)[0] == pytest.approx(
            theta, rel=1e-9, abs=1e-12
        )


def test_nothing_is_left_of_what_free_backgrounds_make_up():
    basis = free.orthonormal_basis(TEMPLATES, WEIGHT)
    taken = 1e9 * TEMPLATES[0] - 3.0 * TEMPLATES[2]
    assert not free.remainder(taken, WEIGHT, basis).any()
    assert free.remainder(taken + 1e5 * np.eye(8)[0], WEIGHT, basis).any()
    assert free.closest_pulls(taken[None], WEIGHT, TEMPLATES)[0] == pytest.approx([1e9, 0.0, -3.0], rel=1e-5, abs=1e-3)


def test_pulls_of_equal_templates_share_and_those_of_empty_ones_rest():
    twice = np.vstack([TEMPLATES[:1], TEMPLATES[:1], np.zeros((1, 8))])
    found = free.closest_pulls(6.0 * TEMPLATES[:1], WEIGHT, twice)[0]
    assert found == pytest.approx([3.0, 3.0, 0.0], rel=1e-9, abs=1e-12)
