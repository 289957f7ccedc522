"""Effective operators: gauge structure, arithmetic of the estimates, agreement with the portal's completion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import effective, units
from nudipole.errors import DomainError
from nudipole.portal import Completion

number = st.floats(min_value=-1.0, max_value=1.0)


@given(number, number)
def test_matching_is_the_weak_rotation(d_w, d_b):
    """W3 = c Z + s A, B = c A - s Z put into the component of nu: (v / sqrt 2)(d_W W3 / 2 + d_B B)."""
    broken = effective.match(d_w, d_b)
    sine, cosine = np.sqrt(units.SIN2_THETA_W_MSBAR), np.sqrt(1 - units.SIN2_THETA_W_MSBAR)
    rotation = np.array([[sine, cosine], [cosine, -sine]])  # rows: photon, Z; columns: W3, B
    expected = units.HIGGS_VEV / np.sqrt(2) * rotation @ [0.5 * d_w, d_b]
    np.testing.assert_allclose([broken.photon, broken.z], expected, rtol=1e-12, atol=1e-12)
    # SU(2): without d_B the three W components are one vector; W^- couples with sqrt 2 times W3's strength
    assert broken.w == pytest.approx(np.sqrt(2) * units.HIGGS_VEV / np.sqrt(2) * 0.5 * d_w, rel=1e-6, abs=0)


@pytest.mark.parametrize("ratio", [-1.0, 0.0, 0.5, 3.0])
def test_agrees_with_the_completion_of_the_portal(ratio):
    broken, completion = effective.match(ratio * 1e-6, 1e-6), Completion("gauge", ratio)
    assert broken.z / broken.photon == pytest.approx(completion.z_over_gamma, rel=1e-6, abs=0)
    assert broken.w / broken.photon == pytest.approx(completion.w_over_gamma, rel=1e-6, abs=0)


def test_standard_model_moment():
    assert float(effective.standard_model_moment(1e-9)) == pytest.approx(3.203e-19, rel=1e-3, abs=0)
    assert float(effective.standard_model_moment(0.0)) == 0.0


def test_scale_and_coupling_are_inverse():
    scales = np.geomspace(100.0, 1e8, 5)
    np.testing.assert_allclose(effective.scale_from_coupling(effective.coupling_from_scale(scales, 0.3), 0.3), scales)
    # mu = sqrt 2 c v cos / Lambda^2 (errata)
    mu = np.sqrt(2) * units.HIGGS_VEV * np.sqrt(1 - units.SIN2_THETA_W_MSBAR) / 1e6
    assert 2 * float(effective.coupling_from_scale(1e3)) == pytest.approx(mu, rel=1e-6, abs=0)


def test_loop_and_naturalness_hang_together():
    scale, flip = 1e3, 100.0
    d = float(effective.loop_estimate(scale, flip))
    assert float(effective.induced_dirac_mass(d, scale)) == pytest.approx(flip / (16 * np.pi**2), rel=1e-6, abs=0)
    # at the natural coupling the seesaw gives exactly the neutrino mass asked for
    for mass in (1e-3, 0.1, 10.0):
        induced = float(effective.induced_dirac_mass(effective.natural_coupling(mass, 500.0, 5e-11), 500.0))
        assert induced**2 / mass == pytest.approx(5e-11, rel=1e-6, abs=0)


def test_lines():
    lines = effective.reach_lines(np.geomspace(1e-3, 10, 7))
    assert set(lines) == {"tree", "loop", "natural"}
    assert all(line.shape == (7,) and np.all(line > 0) for line in lines.values())
    assert np.all(lines["loop"] < lines["tree"])


def test_bad_input_is_named():
    for call in (
        lambda: effective.match(np.nan, 0.0),
        lambda: effective.coupling_from_scale(0.0),
        lambda: effective.scale_from_coupling(-1.0),
        lambda: effective.standard_model_moment(-1.0),
        lambda: effective.loop_estimate(0.0, 1.0),
        lambda: effective.natural_coupling(-1.0),
        lambda: effective.reach_lines(1.0, 0.0),
    ):
        with pytest.raises(DomainError):
            call()
