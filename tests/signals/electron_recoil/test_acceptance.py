"""Cut on E_e theta^2: a smearing Monte Carlo, the limits of sharp and poor resolution, and the card's selection."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.signals.electron_recoil.acceptance import accepted_share, angular_acceptance
from nudipole.signals.electron_recoil.angle import etheta2
from nudipole.signals.electron_recoil.card import SelectionSection

ME = units.ELECTRON_MASS
POINT = (np.array(2.0), np.array(20.0), np.array(0.05))


@pytest.mark.parametrize(("constant", "stochastic"), [(0.012, 0.0), (0.0, 0.02), (0.01, 0.015)])
def test_acceptance_against_a_smearing_monte_carlo(constant: float, stochastic: float) -> None:
    rng = np.random.default_rng(3)
    recoil, energy, mass = POINT
    total = float(recoil) + ME
    theta = np.sqrt(float(etheta2(recoil, energy, mass)) / total)
    sigma = np.hypot(constant, stochastic / np.sqrt(total))
    x, y = theta + sigma * rng.normal(size=400_000), sigma * rng.normal(size=400_000)
    expected = np.mean(total * (x**2 + y**2) < 1.5e-3)
    ours = float(angular_acceptance(recoil, energy, mass, 1.5e-3, constant, stochastic))
    assert 0.1 < expected < 0.9
    assert ours == pytest.approx(expected, abs=3e-3)


def test_an_electron_along_the_beam_has_an_exponential_acceptance() -> None:
    """Of a two-dimensional Gaussian about zero, 1 - exp(-theta^2 / 2 sigma^2) lies inside a circle."""
    recoil, mass = 5.0, 0.1
    energy = _lowest_energy(recoil, mass)
    ours = angular_acceptance(np.array(recoil), np.array(energy), np.array(mass), 3.2e-3, 0.02)
    expected = -np.expm1(-3.2e-3 / (2 * (recoil + ME) * 0.02**2))
    assert float(ours) == pytest.approx(expected, rel=1e-6, abs=0)


def _lowest_energy(recoil: float, mass: float) -> float:
    """E at which the electron with T flies along the beam: 2 E (p - T) = M^2 + 2 T m."""
    momentum = np.sqrt(recoil * (recoil + 2 * ME))
    return (mass**2 + 2 * recoil * ME) / (2 * (momentum - recoil))


def test_without_resolution_the_cut_is_a_step_and_with_a_good_one_nearly() -> None:
    true = float(etheta2(*POINT))
    for cut, expected in ((0.99 * true, 0.0), (1.01 * true, 1.0)):
        assert float(angular_acceptance(*POINT, cut)) == expected
        assert float(angular_acceptance(*POINT, cut, 1e-6)) == pytest.approx(expected, abs=1e-6)


def test_a_poor_resolution_spreads_the_electrons_evenly() -> None:
    """Far below sigma the density in theta^2 is flat, so that the acceptance is cut / (2 E_e sigma^2)."""
    found = float(angular_acceptance(*POINT, 1e-3, 10.0))
    assert found == pytest.approx(1e-3 / (2 * (float(POINT[0]) + ME) * 100.0), rel=1e-4, abs=0)


def test_the_card_gives_units_and_efficiency() -> None:
    selection = SelectionSection(
        energy_GeV=[1.0, 2.0], etheta2_MeV=1.5, angle_mrad=10.0, angle_mrad_sqrtGeV=15.0, efficiency=0.7
    )
    expected = 0.7 * float(angular_acceptance(*POINT, 1.5e-3, 0.010, 0.015))
    assert float(accepted_share(selection, *POINT)) == pytest.approx(expected, rel=1e-12, abs=0)
    uncut = SelectionSection(energy_GeV=[1.0, 2.0], efficiency=0.7)
    shape = (np.ones((2, 1)), np.ones((1, 3)), np.zeros(1))
    assert accepted_share(uncut, *shape).tolist() == [[0.7] * 3] * 2
