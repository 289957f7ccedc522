"""Factors on the predicted counts."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.signals.electron_recoil.normalisation import moment_factor, sample_factors


def test_the_factor_brings_the_prediction_to_the_sample() -> None:
    measured, predicted = [2677.0, None, 12.0], np.array([2000.0, 77.0, 24.0])
    factors = sample_factors(measured, predicted)
    assert factors * predicted == pytest.approx([2677.0, 77.0, 12.0], rel=1e-12, abs=0)


def test_the_published_moment_makes_the_allowed_signal() -> None:
    counts, moment, allowed = 3e12, 3.9e-7, 2.3
    d = 0.5 * moment * units.BOHR_MAGNETON  # mu = 2 d
    assert moment_factor(allowed, counts, moment) * counts * d**2 == pytest.approx(allowed, rel=1e-9, abs=0)


@pytest.mark.parametrize("numbers", [(0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, -1.0), (1.0, np.nan, 1.0)])
def test_no_signal_is_no_scale(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(DomainError):
        moment_factor(*numbers)
