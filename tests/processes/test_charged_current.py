"""Charged currents: the slopes of the data at low energy, the W propagator at high, and the price of the tau."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes import charged_current


def test_slopes_of_the_review_of_particle_physics():
    energy = np.array([5.0, 10.0, 30.0])
    sigma = charged_current.charged_current_cross_section(energy)
    np.testing.assert_allclose(sigma / energy, 0.677e-38, rtol=1e-9)
    anti = charged_current.charged_current_cross_section(energy, antineutrino=True)
    np.testing.assert_allclose(anti / energy, 0.334e-38, rtol=1e-9)


def test_growth_slows_above_the_w_mass():
    slope = np.diff(np.log(charged_current.charged_current_cross_section([100.0, 200.0]))) / np.log(2)
    assert slope[0] == pytest.approx(1.0, abs=0.02)
    slope = np.diff(np.log(charged_current.charged_current_cross_section([1e7, 1e8]))) / np.log(10)
    assert slope[0] == pytest.approx(0.4, abs=0.03)
    both = [charged_current.charged_current_cross_section(1e8, antineutrino=a) for a in (False, True)]
    assert float(both[0]) == pytest.approx(float(both[1]), rel=0.02)


def test_tau_suppression_grows_from_threshold_to_one():
    energy = np.geomspace(3.0, 1e6, 200)
    for antineutrino in (False, True):
        ratio = charged_current.tau_suppression(energy, antineutrino)
        assert np.all(np.diff(ratio) >= 0)
        assert ratio[0] == 0.0
        assert ratio[-1] == 1.0
    # Monte Carlo generators give 0.25 to 0.35 at 20 GeV and 0.65 to 0.75 at 100 GeV for neutrinos
    assert 0.2 < float(charged_current.tau_suppression(20.0)) < 0.4
    assert 0.6 < float(charged_current.tau_suppression(100.0)) < 0.8
    tau = charged_current.charged_current_cross_section(100.0, "tau")
    assert float(tau / charged_current.charged_current_cross_section(100.0, "mu")) == pytest.approx(
        float(charged_current.tau_suppression(100.0))
    )


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        charged_current.charged_current_cross_section(10.0, "x")
    for energy in (1.0, 1e10, -1.0, np.nan):
        with pytest.raises(DomainError):
            charged_current.charged_current_cross_section(energy)


@given(st.floats(min_value=3.0, max_value=1e9), st.sampled_from(charged_current.FLAVORS), st.booleans())
def test_finite(energy, flavor, antineutrino):
    value = float(charged_current.charged_current_cross_section(energy, flavor, antineutrino))
    assert np.isfinite(value)
    assert value >= 0
