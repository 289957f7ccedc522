"""Dispersion of plasmons: the equations themselves, their limits, and residues against numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.processes.plasma import dispersion


def test_correction_joins_its_series_and_meets_its_ends() -> None:
    x = np.array([0.0, 1e-6, 0.0199999, 0.0200001, 0.5, 1.0])
    g = dispersion.correction(x)
    assert g[0] == 0
    assert g[-1] == 1
    assert g[1] == pytest.approx(0.4e-6, rel=1e-5, abs=0)
    assert g[3] == pytest.approx(g[2], rel=2e-5, abs=0)
    assert np.all(np.diff(g) > 0)


@pytest.mark.parametrize("velocity", [1e-3, 0.3, 0.625, 0.999])
def test_transverse_branch_solves_its_equation(velocity: float) -> None:
    k = np.geomspace(1e-3, 1e3, 30)
    omega = dispersion.transverse_energy(k, 1.0, velocity)
    y = velocity * k / omega
    # Braaten & Segel 1993, Eq. (24): pi_T = (3/2) wp^2 w^2 / v^2 k^2 (1 - (w^2 - v^2 k^2) / 2 v w k ln ...)
    polarisation = 1.5 / y**2 * (1 - (1 - y**2) / y * np.arctanh(y))
    use = y > 0.05  # this form cancels below
    assert np.allclose((omega - k) * (omega + k), np.where(use, polarisation, omega**2 - k**2), rtol=1e-6, atol=0)
    mass = np.sqrt((omega[-1] - k[-1]) * (omega[-1] + k[-1]))
    assert mass == pytest.approx(float(dispersion.transverse_mass(1.0, velocity)), rel=2e-3, abs=0)


def test_residues_are_those_of_the_propagators() -> None:
    velocity, k, step = 0.625, 0.8, 1e-4
    omega = float(dispersion.transverse_energy(k, 1.0, velocity))
    # Z_T^-1 = 1 - d pi / d omega^2 at fixed k, pi = 1 + G(v^2 k^2 / omega^2) / 2
    w2 = omega**2 * np.array([1 - step, 1 + step])
    slope = np.diff(0.5 * dispersion.correction(velocity**2 * k**2 / w2))[0] / np.diff(w2)[0]
    found = float(dispersion.transverse_residue(omega, k, 1.0, velocity))
    assert found == pytest.approx(1 / (1 - slope), rel=1e-6, abs=0)
    ratio = 0.2
    omega = float(dispersion.longitudinal_energy(ratio, 1.0))
    k = np.sqrt(ratio) * omega / velocity
    w2 = omega**2 * np.array([1 - step, 1 + step])
    y = velocity * k / np.sqrt(w2)
    slope = np.diff(3 / velocity**2 * (np.arctanh(y) / y - 1))[0] / np.diff(w2)[0]
    found = float(dispersion.longitudinal_residue(omega, k, 1.0, velocity))
    assert found == pytest.approx(-(k**2) / slope, rel=1e-6, abs=0)


def test_electrons_at_rest_have_one_frequency() -> None:
    k = np.array([0.0, 0.5, 3.0])
    assert np.allclose(dispersion.transverse_energy(k, 2.0, 0.0), np.hypot(k, 2.0), rtol=1e-14, atol=0)
    assert np.allclose(dispersion.transverse_residue(np.hypot(k, 2.0), k, 2.0, 0.0), 1.0, rtol=1e-14, atol=0)
    assert float(dispersion.longitudinal_energy(0.0, 2.0)) == 2.0
    # Z_L = omega_p^2 / K^2
    assert float(dispersion.longitudinal_residue(2.0, 0.5, 2.0, 0.0)) == pytest.approx(4.0, rel=1e-14, abs=0)
