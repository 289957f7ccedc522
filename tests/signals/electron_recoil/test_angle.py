"""Angle of the electron: four-momentum conservation, its small-angle limit and the ends of the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import kinematics, units
from nudipole.signals.electron_recoil.angle import cos_recoil_angle, etheta2

ME = units.ELECTRON_MASS


@given(st.floats(1.0, 1e3), st.floats(0.0, 0.9), st.floats(0.01, 0.99))
def test_angle_conserves_four_momentum(energy: float, mass_share: float, where: float) -> None:
    mass = mass_share * float(kinematics.maximum_hnl_mass(energy, ME))
    low, high = (float(v) for v in kinematics.recoil_limits(energy, mass, ME))
    recoil = low + where * (high - low)
    cosine = float(cos_recoil_angle(recoil, energy, mass))
    momentum = np.sqrt(recoil * (recoil + 2 * ME))
    missing_energy = energy - recoil
    missing = energy**2 + momentum**2 - 2 * energy * momentum * cosine
    assert missing_energy**2 - missing == pytest.approx(mass**2, abs=1e-9 * energy**2)
    # theta^2 without cancellation agrees with the cosine
    direct = (recoil + ME) * np.arccos(cosine) ** 2
    assert float(etheta2(recoil, energy, mass)) == pytest.approx(direct, rel=1e-4, abs=1e-7)


def test_electron_is_forward_and_more_so_for_massive_n() -> None:
    recoil, energy = 3.0, 25.0
    massless = float(etheta2(recoil, energy, 0.0))
    assert massless == pytest.approx(2 * ME * (1 - recoil / energy), rel=2e-3, abs=0)
    massive = float(etheta2(recoil, energy, 0.1))
    assert massless - massive == pytest.approx(0.1**2 / energy, rel=1e-2, abs=0)


def test_at_the_recoil_limits_the_electron_flies_along_the_beam() -> None:
    for mass in (0.01, 0.05, 0.1):
        for recoil in kinematics.recoil_limits(20.0, mass, ME):
            assert float(etheta2(recoil, 20.0, mass)) == pytest.approx(0.0, abs=1e-9)


def test_where_no_such_electron_comes_out_it_is_put_on_the_beam() -> None:
    assert float(cos_recoil_angle(2.0, 20.0, 5.0)) == 1.0
    assert float(etheta2(2.0, 20.0, 5.0)) == 0.0
