"""nu f <-> N f in a plasma: explicit traces, quadrature, Monte Carlo averages, detailed balance."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma as gamma_function
from scipy.stats import gamma as gamma_distribution
from scipy.stats import qmc

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.plasma import relativistic_plasma as thermal
from nudipole.processes.plasma import thermal_annihilation, thermal_scattering
from tests import dirac

T = 0.01


def _four(energy, momentum, direction):
    return np.concatenate([[energy], momentum * np.asarray(direction)])


@pytest.mark.parametrize(
    ("root_s", "big", "m", "cosine"), [(1.0, 0.3, 0.1, 0.4), (2.0, 0.05, 0.5, -0.7), (0.9, 0.7, 0.01, 0.95)]
)
def test_amplitude_against_explicit_traces(root_s, big, m, cosine):
    s = root_s**2
    p1, p3 = (s - m**2) / (2 * root_s), np.sqrt((s - (big + m) ** 2) * (s - (big - m) ** 2)) / (2 * root_s)
    z, out = np.array([0.0, 0.0, 1.0]), np.array([np.sqrt(1 - cosine**2), 0.0, cosine])
    nu, target = _four(p1, p1, z), _four(np.hypot(p1, m), p1, -z)
    hnl, recoil = _four(np.hypot(p3, big), p3, out), _four(np.hypot(p3, m), p3, -out)
    q = nu - hnl
    x = -dirac.dot(q, q)
    dipole = [2 * dirac.sigma_q(mu, q) @ dirac.P_LEFT for mu in range(4)]
    lepton = dirac.lepton_tensor(dirac.slash(hnl) + big * dirac.IDENTITY, dipole, dirac.slash(nu))
    charge = dirac.lepton_tensor(
        dirac.slash(recoil) + m * dirac.IDENTITY, dirac.GAMMA, dirac.slash(target) + m * dirac.IDENTITY
    )
    expected = dirac.contract(lepton, charge) / x**2
    assert thermal_scattering.squared_amplitude(s, x, big, m) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize(("s", "big", "m"), [(1.0, 0.3, 0.1), (1.0, 0.0, 0.2), (4.0, 1.2, 0.0), (0.25, 0.1, 0.3)])
def test_phase_space_integral_against_quadrature(s, big, m):
    kappa2 = 1e-3
    low, high = thermal_scattering.momentum_transfer_limits(s, big, m)
    integrand = lambda x: float(thermal_scattering.squared_amplitude(s, x, big, m)) * x / (x + kappa2)  # noqa: E731
    expected = quad(integrand, max(low, 1e-15), high, epsrel=1e-11, limit=500, epsabs=0)[0]
    assert thermal_scattering.phase_space_integral(s, big, m, kappa2) == pytest.approx(expected, rel=1e-8, abs=0)


def test_nothing_below_threshold():
    assert thermal_scattering.phase_space_integral(0.2, 0.3, 0.2, 1e-3) == 0
    assert thermal_annihilation.cross_section(0.01, 0.2, 0.0) == 0


@pytest.mark.parametrize(
    ("big", "m", "shape"),
    [(1e-6, 5e-4, 3.0), (0.02, 5e-4, 3.0), (0.005, units.MUON_MASS, 1.5), (0.1, units.MUON_MASS, 1.5)],
)
def test_scattering_density_against_monte_carlo(big, m, shape):
    # n n <sigma v_Moller>, Sobol points: kinetic energies from Boltzmann weights K^(shape - 1) e^(-K/T_K), neutrino
    # energies from an exponential above the threshold that a head-on collision sets, cosines above threshold
    kappa2 = float(thermal.debye_mass2(T))
    hot = T if m < T else 2 * T
    u = qmc.Sobol(3, seed=3).random(2**19)
    kinetic = hot * gamma_distribution(shape).ppf(u[:, 1])
    e_f, p_f = m + kinetic, np.sqrt(kinetic * (kinetic + 2 * m))
    threshold = (big + m) ** 2
    lowest = (threshold - m**2) / (2 * (e_f + p_f))
    e_nu = lowest - T * np.log1p(-u[:, 0])
    highest = np.minimum(1.0, (m**2 + 2 * e_nu * e_f - threshold) / (2 * e_nu * p_f))
    s = m**2 + 2 * e_nu * (e_f - p_f * (-1 + (highest + 1) * u[:, 2]))
    sigma = thermal_scattering.cross_section(np.maximum(s, threshold * (1 + 1e-14)), big, m, kappa2)
    moller = (s - m**2) / (2 * e_nu * e_f)
    # d^3p = 4 pi p E dE over the sampled density
    weight = p_f * e_f * np.exp(-m / T) * gamma_function(shape) * hot**shape / kinetic ** (shape - 1)
    weight *= np.exp(-kinetic * (1 / T - 1 / hot)) * (highest + 1) / 2 * (e_nu / T) ** 2 / 2 * np.exp(-lowest / T)
    densities = T**3 / np.pi**2 * 2 / (2 * np.pi**2)
    expected = densities * np.mean(weight * sigma * moller)
    assert thermal_scattering.rate_density(big, m, T, kappa2) == pytest.approx(expected, rel=1e-4, abs=0)


@pytest.mark.parametrize(
    ("big", "m", "shape"),
    [(1e-6, 5e-4, 3.0), (0.02, 5e-4, 3.0), (0.005, units.MUON_MASS, 1.5), (0.05, units.MUON_MASS, 1.5)],
)
def test_annihilation_density_against_monte_carlo(big, m, shape):
    u = qmc.Sobol(3, seed=5).random(2**17)
    measure, energies, momenta = 1.0, [], []
    for i in (0, 1):
        kinetic = T * gamma_distribution(shape).ppf(u[:, i])
        energy, p = m + kinetic, np.sqrt(kinetic * (kinetic + 2 * m))
        sampled = kinetic ** (shape - 1) * np.exp(-kinetic / T) / (gamma_function(shape) * T**shape)
        measure = measure * 2 / (2 * np.pi**2) * p * energy * np.exp(-energy / T) / sampled
        energies.append(energy)
        momenta.append(p)
    s = 2 * m**2 + 2 * (energies[0] * energies[1] - momenta[0] * momenta[1] * (2 * u[:, 2] - 1))
    moller = np.sqrt(np.maximum(s * (s - 4 * m**2), 0.0)) / (2 * energies[0] * energies[1])
    density = np.mean(measure * moller * thermal_annihilation.cross_section(s, big, m))
    assert density == pytest.approx(float(thermal_annihilation.rate_density(big, m, T)), rel=1e-4, abs=0)


def test_massless_density_is_the_logarithm():
    kappa2 = 1e-8 * T**2
    density = 2 * thermal_scattering.rate_density(0.0, 0.0, T, kappa2)
    expected = 16 * units.ALPHA * T**6 / np.pi**4 * (np.log(T**2 / kappa2) + 2 * np.log(2) + 0.9227843 + 0.4227843 - 1)
    assert density == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("big", [1e-4, 3e-3, 0.05])
def test_scattering_in_detailed_balance(big):
    # gain by the forward cross section = loss by the backward rate, both with Boltzmann targets
    x, weights = thermal.momentum_nodes(200, 60.0)
    electron = (thermal.ELECTRON,)
    backward = thermal_scattering.rate(x * T, big, T, electron, quantum=False)
    boltzmann = np.exp(-np.hypot(x, big / T))
    loss = 2 * T**3 / (2 * np.pi**2) * np.sum(weights * x**2 * boltzmann * backward)
    gain = 2 * thermal_scattering.rate_density(big, units.ELECTRON_MASS, T, thermal.debye_mass2(T, electron))
    assert loss == pytest.approx(float(gain), rel=1e-6, abs=0)


@pytest.mark.parametrize("big", [1e-4, 3e-3, 0.05])
def test_annihilation_in_detailed_balance(big):
    x, weights = thermal.momentum_nodes(200, 60.0)
    backward = thermal_annihilation.rate(x * T, big, T, (thermal.ELECTRON,), quantum=False)
    loss = 2 * T**3 / (2 * np.pi**2) * np.sum(weights * x**2 * np.exp(-np.hypot(x, big / T)) * backward)
    assert loss == pytest.approx(float(thermal_annihilation.rate_density(big, units.ELECTRON_MASS, T)), rel=1e-6, abs=0)


def test_annihilation_of_massless_fermions():
    expected = 4 * units.ALPHA * T**6 / (3 * np.pi**4)
    assert thermal_annihilation.rate_density(0.0, 0.0, T) == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize(("root_s", "big", "m"), [(1.0, 0.3, 0.1), (2.0, 0.0, 0.4), (0.8, 0.5, 0.0)])
def test_annihilation_cross_section_against_explicit_traces(root_s, big, m):
    s, p_in, p_out = root_s**2, np.sqrt(root_s**2 / 4 - m**2), (root_s**2 - big**2) / (2 * root_s)
    z = np.array([0.0, 0.0, 1.0])
    fermion, anti = _four(root_s / 2, p_in, z), _four(root_s / 2, p_in, -z)
    nodes, weights = np.polynomial.legendre.leggauss(6)
    total = 0.0
    for cosine, weight in zip(nodes, weights, strict=True):
        out = np.array([np.sqrt(1 - cosine**2), 0.0, cosine])
        hnl, nu = _four(np.hypot(p_out, big), p_out, out), _four(p_out, p_out, -out)
        dipole = [2 * dirac.sigma_q(mu, fermion + anti) @ dirac.P_LEFT for mu in range(4)]
        lepton = dirac.lepton_tensor(dirac.slash(hnl) + big * dirac.IDENTITY, dipole, dirac.slash(nu))
        pair = dirac.lepton_tensor(
            dirac.slash(anti) - m * dirac.IDENTITY, dirac.GAMMA, dirac.slash(fermion) + m * dirac.IDENTITY
        )
        total += 0.5 * weight * dirac.contract(lepton, pair) / s**2
    # sigma = <|M|^2>/4 x two-body phase space / flux, e^2 = 4 pi alpha
    flux = 4 * p_in * root_s
    expected = units.ELEMENTARY_CHARGE**2 * total / 4 * p_out / (4 * np.pi * root_s) / flux
    assert thermal_annihilation.cross_section(s, big, m) == pytest.approx(expected, rel=1e-10, abs=0)


def test_hot_plasma_decouples_as_the_cube_of_temperature():
    rate = thermal_scattering.rate(np.array([3.0, 6.0]), 1e-3, np.array([1.0, 2.0]), (thermal.ELECTRON,))
    assert rate[1] / rate[0] == pytest.approx(8.0, rel=1e-3, abs=0)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_bad_input_is_named(bad):
    with pytest.raises(DomainError):
        thermal_scattering.rate(bad, 1e-3, T)
    with pytest.raises(DomainError):
        thermal_annihilation.rate_density(1e-3, 0.0, bad)
