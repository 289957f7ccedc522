"""nu gamma <-> N in a plasma: detailed balance, closed limits, adaptive quadrature, Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma as gamma_distribution
from scipy.stats import qmc

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes import hnl_decay, thermal, thermal_decay

T = 0.01


@pytest.mark.parametrize("mass", [2e-3, 2e-2, 0.3])
def test_detailed_balance_at_one_temperature(mass):
    p = np.array([1e-3, 1e-2, 0.1])
    rates = thermal_decay.relaxation(p, mass, T, T)
    equilibrium = thermal.fermi(np.hypot(p, mass) / T)
    np.testing.assert_allclose(rates.gain / rates.loss, np.stack([equilibrium] * 2), rtol=1e-6)
    np.testing.assert_allclose(rates.photon_gain / rates.photon_loss, np.stack([equilibrium] * 2), rtol=1e-6)


def test_detailed_balance_keeps_the_chemical_potential():
    p, mass, z = np.array([5e-3, 5e-2]), 2e-2, -1.3
    rates = thermal_decay.relaxation(p, mass, T, T, neutrino_degeneracy=z)
    np.testing.assert_allclose(
        rates.gain / rates.loss, thermal.fermi(np.hypot(p, mass) / T - z) * np.ones((2, 1)), rtol=1e-6
    )


def test_helicity_average_is_the_closed_form():
    # flat photon energies: <1 + f_B - f_F> = 1 + (T/p) ln[(1 - e^-(E+p)/T) / (1 - e^-(E-p)/T)]
    p, mass = np.array([1e-3, 1e-2, 0.2]), 5e-3
    energy = np.hypot(p, mass)
    closed = 1 + T / p * np.log(np.expm1(-(energy + p) / T) / np.expm1(-(mass**2 / (energy + p)) / T))
    loss = thermal_decay.relaxation(p, mass, T, T).loss.mean(axis=0)
    np.testing.assert_allclose(loss, mass * hnl_decay.radiative_width(mass) / energy * closed, rtol=1e-6)


def test_two_temperatures_against_adaptive_quadrature():
    p, mass, t_nu = 0.03, 6e-3, 0.6 * T
    energy = np.hypot(p, mass)
    low, high = 0.5 * (energy - p), 0.5 * (energy + p)
    rates = thermal_decay.relaxation(p, mass, T, t_nu)
    for index, helicity in enumerate((1, -1)):

        def gain(k, h=helicity):
            weight = 1 - h * (2 * k - energy) / p
            return weight * float(thermal.bose(k / T) * thermal.fermi((energy - k) / t_nu)) / p

        expected = quad(gain, low, high, epsrel=1e-10, limit=400)[0]
        expected *= mass * float(hnl_decay.radiative_width(mass)) / energy
        assert rates.gain[index] == pytest.approx(expected, rel=1e-6)


def test_cold_surroundings_leave_the_vacuum_width():
    rates = thermal_decay.relaxation(1.0, 0.5, 1e-3, 1e-3)
    energy = np.hypot(1.0, 0.5)
    np.testing.assert_allclose(rates.loss, 0.5 * hnl_decay.radiative_width(0.5) / energy, rtol=1e-6)


def test_density_is_the_integral_of_the_cells():
    mass = 0.02
    x, weights = thermal.momentum_nodes()
    gain = thermal_decay.relaxation(x * T, mass, T, T)
    # gain includes no blocking of N: subtract nothing, the density formula has none either
    density = T**3 / (2 * np.pi**2) * np.sum(weights * x**2 * gain.gain.sum(axis=0))
    assert density == pytest.approx(float(thermal_decay.rate_density(mass, T)), rel=1e-6)


@pytest.mark.parametrize(("ratio", "enhancement"), [(10, 1.0006), (1, 1.57), (0.1, 3.98)])
def test_quantum_statistics_enhance_as_derived(ratio, enhancement):
    quotient = thermal_decay.rate_density(ratio, 1.0) / thermal_decay.rate_density(ratio, 1.0, quantum=False)
    assert quotient == pytest.approx(enhancement, rel=2e-3)


def test_boltzmann_density_against_monte_carlo():
    # sigma = 4 pi d^2 M^2 delta(s - M^2): the delta function done in the cosine, energies sampled
    mass = 1.3
    u = qmc.Sobol(2, seed=1).random(2**16)
    k, e = (gamma_distribution(2).ppf(u[:, i]) for i in range(2))
    allowed = 4 * k * e > mass**2
    # n n <sigma v> with v = (1 - c), s = 2 k e (1 - c); weights of Gamma(2): x^2 e^-x = x * pdf
    one_minus_c = np.where(allowed, mass**2 / (2 * k * e), 0.0)
    integrand = 0.5 * one_minus_c / (2 * k * e) * 4 * np.pi * mass**2 * k * e
    density = 2 / (2 * np.pi**2) * 1 / (2 * np.pi**2) * np.mean(np.where(allowed, integrand, 0.0))
    assert density == pytest.approx(float(thermal_decay.rate_density(mass, 1.0, quantum=False)), rel=1e-3)


def test_photon_mass_shuts_the_decay_and_opens_the_plasmon():
    heavy_photon = (2 * 5e-3) ** 2
    assert np.all(thermal_decay.relaxation(0.01, 5e-3, T, T, heavy_photon).loss == 0)
    mu = 2.0
    k2, omega = 1e-6, 0.1
    assert thermal_decay.plasmon_width(k2, 0.0, omega) == pytest.approx(mu**2 * k2**2 / (24 * np.pi * omega))
    assert thermal_decay.plasmon_width(k2, 2e-3, omega) == 0
    assert thermal_decay.plasmon_rate_density(1e-5, T) > 0
    assert thermal_decay.photon_mass(T) == pytest.approx(units.ELEMENTARY_CHARGE * T / np.sqrt(6), rel=0.01)


@given(st.floats(1e-6, 10.0), st.floats(1e-5, 1.0), st.floats(1e-5, 1.0), st.floats(1e-5, 1.0), st.floats(-5.0, 2.0))
def test_rates_are_finite_and_positive(p, mass, t_photon, t_neutrino, z):
    rates = thermal_decay.relaxation(p, mass, t_photon, t_neutrino, 0.0, z)
    assert np.all(np.isfinite(np.stack(rates)))
    assert np.all(rates.loss >= 0)
    assert np.all(rates.gain >= 0)


@pytest.mark.parametrize("arguments", [(0.0, 1.0, T, T), (1.0, -1.0, T, T), (1.0, 1.0, np.nan, T), (1.0, 1.0, T, 0.0)])
def test_bad_input_is_named(arguments):
    with pytest.raises(DomainError):
        thermal_decay.relaxation(*arguments)
