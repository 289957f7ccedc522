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
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import relativistic_plasma as thermal
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.processes.plasma import thermal_decay
from tests import dirac

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

        expected = quad(gain, low, high, epsrel=1e-10, limit=400, epsabs=0)[0]
        expected *= mass * float(hnl_decay.radiative_width(mass)) / energy
        assert rates.gain[index] == pytest.approx(expected, rel=1e-6, abs=0)


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
    assert density == pytest.approx(float(thermal_decay.rate_density(mass, T)), rel=1e-6, abs=0)


@pytest.mark.parametrize(("ratio", "enhancement"), [(10, 1.0006), (1, 1.57), (0.1, 3.98)])
def test_quantum_statistics_enhance_as_derived(ratio, enhancement):
    quotient = thermal_decay.rate_density(ratio, 1.0) / thermal_decay.rate_density(ratio, 1.0, quantum=False)
    assert quotient == pytest.approx(enhancement, rel=2e-3, abs=0)


@pytest.mark.parametrize("mass", [0.1, 1.3, 8.0])
@pytest.mark.parametrize("quantum", [False, True])
def test_density_against_monte_carlo(mass, quantum):
    # sigma = 4 pi d^2 M^2 delta(s - M^2): the delta function done in the cosine, both energies sampled (Sobol points)
    u = qmc.Sobol(2, seed=1).random(2**16)
    photons = gamma_distribution(0.5 + mass / 2)
    k = photons.ppf(u[:, 0])
    lowest = mass**2 / (4 * k)
    e = lowest - np.log1p(-u[:, 1])
    occupied = thermal.bose(k) * thermal.fermi(e) if quantum else np.exp(-k - e)
    # two polarisations, v = 1 - c, s = 2 k e (1 - c), half of the solid angle average
    delta = 0.5 * (mass**2 / (2 * k * e)) / (2 * k * e) * 4 * np.pi * mass**2
    integrand = 2 * (4 * np.pi * k**2) * (4 * np.pi * e**2) / (2 * np.pi) ** 6 * occupied * delta
    density = np.mean(integrand / (photons.pdf(k) * np.exp(lowest - e)))
    assert density == pytest.approx(float(thermal_decay.rate_density(mass, 1.0, quantum=quantum)), rel=1e-4, abs=0)


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.7])
def test_width_with_a_massive_photon_against_explicit_traces(ratio):
    # N at rest to nu and a photon of mass m along z: the two transverse polarisations give (1 - m^2/M^2)^2
    mass = 1.0
    m = ratio * mass
    k = (mass**2 - m**2) / (2 * mass)
    photon = np.array([np.hypot(k, m), 0.0, 0.0, k])
    neutrino, hnl = np.array([k, 0.0, 0.0, -k]), np.array([mass, 0.0, 0.0, 0.0])
    vertices = [2 * dirac.sigma_q(mu, photon) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(neutrino), vertices, dirac.slash(hnl) + mass * dirac.IDENTITY)
    transverse = float(np.real(tensor[1, 1] + tensor[2, 2]))
    width = transverse / 2 * k / (8 * np.pi * mass**2)
    assert width == pytest.approx(float(hnl_decay.radiative_width(mass)) * (1 - ratio**2) ** 2, rel=1e-10, abs=0)
    p = np.array([0.3])
    free, dressed = (thermal_decay.relaxation(p, mass, 1e-3, 1e-3, m2) for m2 in (0.0, m**2))
    np.testing.assert_allclose(dressed.loss, free.loss * (1 - ratio**2) ** 2, rtol=1e-12)


@pytest.mark.parametrize("ratio", [0.01, 0.2, 0.9])
@pytest.mark.parametrize("kinetic", [0.1, 1.0, 8.0])
def test_plasmon_decay_and_its_inverse_in_detailed_balance(ratio, kinetic):
    # gamma* -> nubar N against nubar N -> gamma* in the plasma of the early Universe: each by its own quadrature
    plasma_mass = float(thermal_decay.photon_mass(T))
    mass = ratio * plasma_mass
    energy = mass + kinetic * T
    p, gap2 = np.sqrt(energy**2 - mass**2), plasma_mass**2 - mass**2
    low, high = gap2 / (2 * (energy + p)), gap2 * (energy + p) / (2 * mass**2)

    def integral(occupation):  # over ln E_nu, where the photon carries E + E_nu
        ends = np.log(low), np.log(min(high, 50 * T))
        return quad(lambda u: np.exp(u) * float(occupation(np.exp(u) / T)), *ends, epsabs=0, epsrel=1e-10, limit=400)[0]

    def decays(x):
        return (1 - thermal.fermi(x)) * thermal.bose(x + energy / T)

    def inverse_decays(x):
        return thermal.fermi(x) * (1 + thermal.bose(x + energy / T))

    strength = gap2 * (plasma_mass**2 + 2 * mass**2) / (12 * np.pi * energy * p)
    gain, loss = plasma.photon_rates(energy, mass, plasma_mass, T)
    assert float(gain) == pytest.approx(strength * integral(decays), rel=1e-6, abs=0)
    assert float(loss) == pytest.approx(strength * integral(inverse_decays), rel=1e-6, abs=0)
    assert float(gain) / float(loss) == pytest.approx(np.exp(-energy / T), rel=1e-6, abs=0)


@pytest.mark.parametrize("ratio", [0.01, 0.5])
def test_plasmon_density_is_the_integral_of_the_cells(ratio):
    # nothing in the way of the antineutrino (mu_nu large); N and Nbar, one sum over helicities each
    plasma_mass = float(thermal_decay.photon_mass(T))
    mass = ratio * plasma_mass

    def density(log_kinetic):
        kinetic = np.exp(log_kinetic)
        energy, p = mass + kinetic, np.sqrt(kinetic * (kinetic + 2 * mass))
        gain = plasma.photon_rates(energy, mass, plasma_mass, T, 60 * T)[0]
        return 2 * float(gain) * energy * p / np.pi**2 * kinetic

    total = quad(density, np.log(1e-6 * T), np.log(50 * T), epsabs=0, epsrel=1e-8, limit=400)[0]
    assert total == pytest.approx(float(thermal_decay.plasmon_rate_density(mass, T)), rel=1e-5, abs=0)


@pytest.mark.parametrize("mass", [0.0, 2e-4, 9e-4])
def test_plasmon_density_against_monte_carlo(mass):
    k = T * gamma_distribution(2).ppf((np.arange(2**15) + 0.5) / 2**15)
    plasma_mass2 = float(thermal.photon_mass2(T))
    omega = np.sqrt(k**2 + plasma_mass2)
    flow = 2 * k**2 / (2 * np.pi**2) * thermal.bose(omega / T) * plasma.plasmon_width(plasma_mass2, mass, omega)
    density = np.mean(flow / (k / T**2 * np.exp(-k / T)))
    assert density == pytest.approx(float(thermal_decay.plasmon_rate_density(mass, T)), rel=1e-4, abs=0)


@pytest.mark.parametrize("helicity", [0, 1])
def test_gain_and_loss_of_a_cell_against_monte_carlo(helicity):
    # an N of momentum p emits its photon by the polarised law (1 - P cos)/2 in its rest frame, boosted; Sobol points
    p, mass, t_nu = 0.012, 7e-3, 0.7 * T
    energy = np.hypot(p, mass)
    cosine = 2 * qmc.Sobol(1, seed=4).random(2**15)[:, 0] - 1
    k = 0.5 * (energy + p * cosine)
    polarised = 1 - (1, -1)[helicity] * cosine
    f_photon, f_nu = thermal.bose(k / T), thermal.fermi((energy - k) / t_nu)
    prefactor = mass * float(hnl_decay.radiative_width(mass)) / energy
    rates = thermal_decay.relaxation(p, mass, T, t_nu)
    assert rates.gain[helicity] == pytest.approx(prefactor * np.mean(polarised * f_photon * f_nu), rel=1e-4, abs=0)
    assert rates.loss[helicity] == pytest.approx(
        prefactor * np.mean(polarised * (1 + f_photon - f_nu)), rel=1e-4, abs=0
    )
    assert rates.photon_loss[helicity] == pytest.approx(
        prefactor * np.mean(k * polarised * (1 + f_photon - f_nu)), rel=1e-4, abs=0
    )


def test_photon_mass_shuts_the_decay_and_opens_the_plasmon():
    heavy_photon = (2 * 5e-3) ** 2
    assert np.all(thermal_decay.relaxation(0.01, 5e-3, T, T, heavy_photon).loss == 0)
    mu = 2.0
    k2, omega = 1e-6, 0.1
    assert plasma.plasmon_width(k2, 0.0, omega) == pytest.approx(mu**2 * k2**2 / (24 * np.pi * omega), rel=1e-6, abs=0)
    assert plasma.plasmon_width(k2, 2e-3, omega) == 0
    assert thermal_decay.plasmon_rate_density(1e-5, T) > 0
    assert thermal_decay.photon_mass(T) == pytest.approx(units.ELEMENTARY_CHARGE * T / np.sqrt(6), rel=0.01, abs=0)


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
