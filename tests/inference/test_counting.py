"""Counting limits against published tables and their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole.errors import DomainError
from nudipole.inference import counting


@pytest.mark.parametrize(
    ("observed", "background", "low", "high"),
    # Feldman and Cousins 1998, Tables IV and V, 90 %
    [(0, 0.0, 0.0, 2.44), (1, 0.0, 0.11, 4.36), (3, 0.0, 1.10, 7.42), (5, 2.0, 0.43, 7.99), (10, 3.0, 2.63, 13.50)],
)
def test_feldman_cousins_reproduces_the_published_table(observed, background, low, high):
    interval = counting.feldman_cousins(observed, background, 0.90)
    assert interval == pytest.approx((low, high), abs=0.015)


@pytest.mark.parametrize("signal", [0.3, 1.7, 4.2])
def test_feldman_cousins_covers(signal):
    background, cl = 1.3, 0.90
    counts = np.arange(40)
    probability = stats.poisson.pmf(counts, signal + background)
    intervals = [counting.feldman_cousins(int(n), background, cl) for n in counts[probability > 1e-6]]
    covered = sum(
        p for p, (low, high) in zip(probability[probability > 1e-6], intervals, strict=True) if low <= signal <= high
    )
    assert cl - 1e-5 <= covered < 0.995


def test_poisson_limit_is_its_definition():
    limit = counting.poisson_upper_limit(3, 1.2, 0.9)
    assert stats.poisson.cdf(3, limit + 1.2) == pytest.approx(0.1, rel=1e-9, abs=0)
    assert counting.poisson_upper_limit(0, 0, 0.9) == pytest.approx(2.302585, rel=1e-6, abs=0)


def test_on_off_tends_to_a_known_background_for_long_off_runs():
    on, ratio = 25, 1e7
    known = counting.on_off_upper_limit(on, 20.0 * ratio, ratio, 0.9)
    assert counting.on_off_significance(on, 20.0 * ratio, ratio, 5.0) == pytest.approx(0.0, abs=1e-6)
    expected = 2 * (known + 20 - 25 + 25 * np.log(25 / (known + 20)))
    assert expected == pytest.approx(counting.critical_value(0.9, one_sided=True), rel=1e-4, abs=0)


def test_critical_values():
    assert counting.critical_value(0.90) == pytest.approx(2.7055, rel=1e-4, abs=0)
    assert counting.critical_value(0.90, 2) == pytest.approx(4.6052, rel=1e-4, abs=0)
    assert counting.critical_value(0.95, one_sided=True) == pytest.approx(2.7055, rel=1e-4, abs=0)


@pytest.mark.parametrize("cl", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_confidence_levels_outside_the_unit_interval_are_refused(cl):
    with pytest.raises(DomainError, match="confidence level"):
        counting.critical_value(cl)
