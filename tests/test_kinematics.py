"""Recoil limits against high precision, thresholds, inverses of each other; two-body decays."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import kinematics, units
from nudipole.errors import DomainError

positive = st.floats(min_value=1e-9, max_value=1e6)


def exact_limits(energy, mass, target):
    mpmath.mp.dps = 80
    e, n, m = (mpmath.mpf(float(x)) for x in (energy, mass, target))
    a, b = 4 * m * (m + 2 * e), 8 * m * e**2 - 4 * n**2 * (m + e)
    root = mpmath.sqrt(b**2 - 4 * a * n**4)
    return (b - root) / (2 * a), (b + root) / (2 * a)


@pytest.mark.parametrize("energy", [1e-9, 1e-3, 1.0, 1e6])
@pytest.mark.parametrize("target", [units.ELECTRON_MASS, units.PROTON_MASS, 122.0])
@pytest.mark.parametrize("fraction", [1e-6, 1e-3, 0.5, 0.999, 1 - 1e-9])
def test_recoil_limits_keep_their_digits(energy, target, fraction):
    mass = fraction * float(kinematics.maximum_hnl_mass(energy, target))
    low, high = kinematics.recoil_limits(energy, mass, target)
    exact_low, exact_high = exact_limits(energy, mass, target)
    # at the threshold itself the answer hangs on the last digits of the input: relative error sqrt(eps / distance)
    tolerance = 1e-12 / max(1 - fraction, 1e-9) ** 0.5
    assert float(low) == pytest.approx(float(exact_low), rel=tolerance * 100 if fraction > 0.99 else tolerance, abs=0)
    assert float(high) == pytest.approx(float(exact_high), rel=tolerance * 100 if fraction > 0.99 else tolerance, abs=0)


def test_minimum_recoil_of_the_errata():
    low, _ = kinematics.recoil_limits(1.0, 0.01, units.ELECTRON_MASS)
    assert float(low) == pytest.approx(2.71e-6, rel=1e-3, abs=0)
    # the review's Eq. (12) is the recoil at threshold
    assert 0.01**2 / (2 * (units.ELECTRON_MASS + 0.01)) / float(low) == pytest.approx(1754, rel=1e-3, abs=0)


def test_both_limits_meet_at_threshold():
    mass, target = 0.03, 37.2
    threshold = float(kinematics.threshold_energy(mass, target))
    low, high = kinematics.recoil_limits(threshold * (1 + 1e-14), mass, target)
    expected = mass**2 / (2 * (target + mass))
    assert float(low) == pytest.approx(expected, rel=1e-5, abs=0)
    assert float(high) == pytest.approx(expected, rel=1e-5, abs=0)
    assert kinematics.recoil_limits(threshold * (1 - 1e-9), mass, target) == (0.0, 0.0)


def test_massless_limits():
    energy, target = np.array([1e-3, 1.0]), 0.938
    low, high = kinematics.recoil_limits(energy, 0.0, target)
    np.testing.assert_array_equal(low, 0.0)
    np.testing.assert_allclose(high, 2 * energy**2 / (target + 2 * energy), rtol=1e-14)
    assert float(kinematics.minimum_neutrino_energy(0.0, 0.0, target)) == 0.0
    assert float(kinematics.minimum_neutrino_energy(0.0, 0.1, target)) == np.inf


@given(positive, st.floats(min_value=1e-3, max_value=0.999), st.floats(min_value=1e-4, max_value=200))
def test_minimum_energy_inverts_the_limits(energy, fraction, target):
    mass = fraction * float(kinematics.maximum_hnl_mass(energy, target))
    for recoil in kinematics.recoil_limits(energy, mass, target):
        assert float(kinematics.minimum_neutrino_energy(recoil, mass, target)) == pytest.approx(energy, rel=1e-5, abs=0)


@given(st.floats(min_value=1e-9, max_value=1e3), st.floats(min_value=1e-4, max_value=200))
def test_threshold_inverts_the_largest_mass(mass, target):
    threshold = float(kinematics.threshold_energy(mass, target))
    assert float(kinematics.maximum_hnl_mass(threshold, target)) == pytest.approx(mass, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("energy_mev", "mass_mev"), [(0.4228, 0.322), (0.8618, 0.558), (1.442, 0.806), (29.79, 5.03), (52.83, 6.86)]
)
def test_cut_offs_on_electrons(energy_mev, mass_mev):
    # recoil.md section 0: pp, 7Be, pep, nu_mu of stopped pions, end point of the muon
    mass = kinematics.maximum_hnl_mass(energy_mev * 1e-3, units.ELECTRON_MASS)
    assert float(mass) * 1e3 == pytest.approx(mass_mev, rel=4e-3, abs=0)


def test_two_body_momentum():
    # pi -> mu nu: 29.79 MeV
    pion, muon = units.particle_mass("pi+"), units.MUON_MASS
    assert float(kinematics.two_body_momentum(pion, muon, 0.0)) == pytest.approx(
        (pion**2 - muon**2) / (2 * pion), rel=1e-6, abs=0
    )
    assert float(kinematics.two_body_momentum(1.0, 0.7, 0.4)) == 0.0
    momentum = float(kinematics.two_body_momentum(1.0, 0.3, 0.2))
    assert np.hypot(momentum, 0.3) + np.hypot(momentum, 0.2) == pytest.approx(1.0, rel=1e-14, abs=0)


@given(st.floats(min_value=0, max_value=10), st.floats(min_value=0, max_value=10), st.floats(min_value=0, max_value=10))
def test_kallen_is_symmetric(x, y, z):
    plain = x**2 + y**2 + z**2 - 2 * (x * y + y * z + z * x)
    scale = max(x, y, z, 1e-3) ** 2
    assert float(kinematics.kallen(x, y, z)) == pytest.approx(plain, abs=1e-12 * scale)


@given(st.floats(), st.floats(), st.floats())
def test_finite_or_a_named_error(energy, mass, target):
    energy, mass, target = (x if abs(x) < 1e9 or not np.isfinite(x) else 1.0 for x in (energy, mass, target))
    if np.isfinite(target) and 0 < target < 1e-9:
        target = 1e-9
    try:
        low, high = kinematics.recoil_limits(energy, mass, target)
    except DomainError:
        assert not (energy >= 0 and mass >= 0 and target > 0 and np.isfinite(energy + mass + target))
        return
    assert 0 <= float(low) <= float(high)
    assert np.isfinite(float(high))
