"""Intervals from scans: minima between the steps, crossings of a parabola, one-sided tests."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.constraint import Interval
from nudipole.inference import scan
from nudipole.inference.intervals import D_SCAN

CENTRES, WIDTH = D_SCAN[[40, 80]] * np.array([1.02, 0.98]), 0.4  # on either side of a point of the scan


def chi2_at(rows, d):
    """A parabola in ln d about the centre of each mass, minimum 5."""
    return 5.0 + (np.log(d / CENTRES[rows][:, None]) / WIDTH) ** 2


ROWS = np.arange(2)
SCANNED = chi2_at(ROWS, np.broadcast_to(D_SCAN, (2, len(D_SCAN))))


def test_minima_lie_between_the_steps_of_the_scan():
    place, value = scan.refined_minima(chi2_at, SCANNED)
    step = np.log(D_SCAN[1] / D_SCAN[0])
    assert np.abs(np.log(place / CENTRES)).max() < 0.02 * step
    assert value == pytest.approx([5.0, 5.0], rel=1e-4, abs=0)
    assert np.all(value <= SCANNED.min(axis=1))


def test_two_sided_intervals_end_where_the_parabola_crosses():
    minimum = scan.refined_minima(chi2_at, SCANNED)
    found = scan.excluded_intervals(chi2_at, SCANNED, minimum, np.full(2, 5.0), 4.0)
    for centre, (below, above) in zip(CENTRES, found, strict=True):
        assert np.log(below.high / centre) == pytest.approx(-2.0 * WIDTH, rel=1e-3, abs=0)
        assert np.log(above.low / centre) == pytest.approx(2.0 * WIDTH, rel=1e-3, abs=0)
        assert above.high is None


def test_one_sided_intervals_are_above_the_best_fit_only():
    minimum = scan.refined_minima(chi2_at, SCANNED)
    found = scan.excluded_intervals(chi2_at, SCANNED, minimum, np.full(2, 5.0), 4.0, zero=30.0)
    assert [len(intervals) for intervals in found] == [1, 1]
    assert np.log(found[0][0].low / CENTRES[0]) == pytest.approx(2.0 * WIDTH, rel=1e-3, abs=0)
    same = scan.excluded_intervals(chi2_at, SCANNED, minimum, np.full(2, 5.0), 4.0, zero=5.0)
    assert [len(intervals) for intervals in same] == [2, 2]  # no preference for a signal: nothing to be below of


def test_a_preference_narrower_than_the_scan_is_found():
    """Width 1e-3 in ln d: the points of the scan are all excluded, the refined minimum is not."""

    def narrow(rows, d):
        return np.minimum((np.log(d / D_SCAN[50] / 1.001) / 1e-3) ** 2, 100.0)[: len(rows)]

    scanned = narrow(np.arange(1), D_SCAN[None])
    minimum = scan.refined_minima(narrow, scanned)
    ((below, above),) = scan.excluded_intervals(narrow, scanned, minimum, minimum[1], 4.0)
    assert D_SCAN[49] < below.high < above.low < D_SCAN[51]


def test_edges_become_intervals():
    low, high = np.array([1.0, 0.0, 1.0, np.nan]), np.array([2.0, 2.0, np.inf, 3.0])
    both = [(Interval(0.0, 1.0), Interval(2.0)), (Interval(2.0),), (), (Interval(3.0),)]
    assert scan.above_and_below(low, high) == both
    assert scan.above_and_below(None, high) == [(Interval(2.0),), (Interval(2.0),), (), (Interval(3.0),)]
