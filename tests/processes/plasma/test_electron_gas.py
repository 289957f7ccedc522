"""Scattering and annihilation of electrons: traces, Monte Carlo over all momenta, detailed balance, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import qmc

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.plasma import electron_gas
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.processes.plasma.stellar_plasma import fermi
from tests import dirac
from tests.processes.plasma.test_stellar_plasma import amplitude_squared

ALPHA = units.ALPHA


def spin_sum(s: np.ndarray, x: np.ndarray, mass: float, kappa2: float = 0.0) -> np.ndarray:
    """Sum over spins of |M|^2 per d^2."""
    y = x + mass**2
    return 64 * np.pi * ALPHA * (2 * s**2 - 2 * y * s + mass**2 * y) / (x + kappa2)


@pytest.mark.parametrize(("mass", "s", "cosine"), [(0.05, 0.04, 0.2), (0.0, 0.02, -0.7), (0.15, 0.03, 0.9)])
def test_spin_sum_is_the_trace(mass: float, s: float, cosine: float) -> None:
    root = np.sqrt(s)
    momentum = (s - mass**2) / (2 * root)
    p_in, k_in = 0.5 * root * np.array([1, 0, 0, 1.0]), 0.5 * root * np.array([1, 0, 0, -1.0])
    direction = np.array([np.sqrt(1 - cosine**2), 0, cosine])
    p_out = np.array([np.hypot(momentum, mass), *(momentum * direction)])
    k_out = np.array([momentum, *(-momentum * direction)])
    x = -dirac.dot(p_in - p_out, p_in - p_out)
    traced = 4 * np.pi * ALPHA * amplitude_squared(p_in, p_out, k_in, k_out, 0.0)
    assert traced == pytest.approx(float(spin_sum(np.array(s), np.array(x), mass)), rel=1e-8, abs=0)


@pytest.mark.parametrize(("mass", "s", "cosine"), [(0.05, 0.04, 0.2), (0.0, 0.02, -0.7), (0.15, 0.03, 0.9)])
def test_spin_sum_of_pairs_is_the_trace(mass: float, s: float, cosine: float) -> None:
    """Traced with e- crossed into the initial state: k' -> -k', p_nu -> -p_nubar."""
    root, gap2 = np.sqrt(s), s - mass**2
    momentum = gap2 / (2 * root)
    electron, positron = 0.5 * root * np.array([1, 0, 0, 1.0]), 0.5 * root * np.array([1, 0, 0, -1.0])
    direction = np.array([np.sqrt(1 - cosine**2), 0, cosine])
    antineutrino = np.array([momentum, *(momentum * direction)])
    heavy = electron + positron - antineutrino
    w = 2 * dirac.dot(electron, antineutrino)
    expected = 64 * np.pi * ALPHA * (2 * gap2 * w - 2 * w**2 + mass**2 * gap2) / s
    traced = 4 * np.pi * ALPHA * amplitude_squared(-antineutrino, heavy, electron, -positron, 0.0)
    assert traced == pytest.approx(expected, rel=1e-8, abs=0)


def monte_carlo(mass: float, mu: float, heat: float, kappa2: float, potential: float, count: int) -> float:
    """Number of N per volume and time: seas, angles and final momenta drawn, one charge of the electrons."""
    u = qmc.Sobol(5, seed=3).random_base2(count).T
    tops = max(potential, 0.0) + 26 * heat, max(mu, 0.0) + 26 * heat
    neutrino, electron = tops[0] * u[0], tops[1] * u[1]
    cosine, azimuth = 2 * u[2] - 1, 2 * np.pi * u[3]
    s = 2 * neutrino * electron * (1 - cosine)
    is_open = s > 1.0001 * mass**2 + 1e-12
    s = np.where(is_open, s, 1.01 * mass**2 + 1e-9)
    root = np.sqrt(s)
    final = (s - mass**2) / (2 * root)
    # x from zero to s - M^2, evenly in ln(x + kappa^2)
    widest = s - mass**2
    x = (kappa2 * (1 + widest / kappa2) ** u[4]) - kappa2
    rest = 1 - 2 * x / widest
    total, wave = neutrino + electron, np.sqrt(np.maximum((neutrino + electron) ** 2 - s, 0))
    boost, speed = total / root, wave / root
    to_axis = np.clip((neutrino - boost * root / 2) / np.maximum(speed * root / 2, 1e-300), -1, 1)
    turned = to_axis * rest - np.sqrt(1 - to_axis**2) * np.sqrt(np.maximum(1 - rest**2, 0)) * np.cos(azimuth)
    recoiled = final * (boost - speed * turned)
    seas = fermi(neutrino, heat, potential) * fermi(electron, heat, mu) * fermi(-recoiled, heat, -mu)
    measure = tops[0] * tops[1] * neutrino * electron / (16 * np.pi**4)
    phase_space = (x + kappa2) * np.log1p(widest / kappa2) / (8 * np.pi * s)
    return float(np.mean(measure * seas * phase_space * spin_sum(s, x, mass, kappa2) * is_open))


@pytest.mark.parametrize(
    ("mass", "mu", "heat", "potential"),
    [(0.0, 0.217, 0.03, 0.0), (0.03, 0.15, 0.031, 0.05), (0.1, 0.072, 0.026, -0.02), (0.2, 0.217, 0.03, 0.1)],
)
def test_production_against_monte_carlo_over_all_momenta(mass: float, mu: float, heat: float, potential: float) -> None:
    kappa2 = 4e-3
    expected = sum(monte_carlo(mass, charge * mu, heat, kappa2, potential, 20) for charge in (1, -1))
    nodes, weights = plasma.legendre(80)
    top = max(mu, potential) + 26 * heat
    energy = mass + top * (0.5 * (nodes + 1)) ** 2
    measure = top * 0.5 * (nodes + 1) * weights * energy * np.sqrt(energy**2 - mass**2) / np.pi**2
    gain, _ = electron_gas.scattering_rates(energy, mass, mu, heat, kappa2, potential)
    assert np.sum(gain * measure) == pytest.approx(expected, rel=1e-4, abs=0)


@pytest.mark.parametrize(("mass", "mu", "heat"), [(0.0, 0.0, 0.02), (0.05, 0.03, 0.03), (0.2, 0.2, 0.03)])
def test_pair_annihilation_against_the_thermal_average_of_its_cross_section(
    mass: float, mu: float, heat: float
) -> None:
    """Number of N per volume and time from sigma(e+e- -> N nubar) averaged over two Fermi seas."""

    def flux_average(p: np.ndarray) -> np.ndarray:  # int dc (1 - c) sigma(s) (1/2), s = 2 p q (1 - c), in closed form
        s = np.maximum(4 * p, mass**2)
        m2 = mass**2
        # int_{M^2}^{s} x (x - M^2)^2 (x + 2 M^2) / x^3 dx
        integral = 0.5 * (s**2 - m2**2) - 3 * m2**2 * np.log(np.maximum(s, 1e-300) / max(m2, 1e-300)) * (m2 > 0)
        integral += 2 * m2**3 * (1 / m2 - 1 / s) if m2 > 0 else 0.0
        return ALPHA / 3 * integral / (2 * p) ** 2 / 2

    nodes, weights = plasma.legendre(200)
    tops = (mu + 40 * heat, 40 * heat)
    (p, wp), (q, wq) = ((0.5 * top * (nodes + 1), 0.5 * top * weights) for top in tops)
    first, second = np.meshgrid(p, q, indexing="ij")
    seas = fermi(first, heat, mu) * fermi(second, heat, -mu)
    # (2 x 2 spins) / (2 pi^2)^2 p^2 dp q^2 dq, unpolarised sigma
    integrand = 4 / (4 * np.pi**4) * first**2 * second**2 * seas * flux_average(first * second)
    expected = np.einsum("ab,a,b->", integrand, wp, wq)

    nodes, weights = plasma.legendre(120)
    top = mu + 40 * heat
    energy = mass + top * (0.5 * (nodes + 1)) ** 2
    measure = top * 0.5 * (nodes + 1) * weights
    gain, _ = electron_gas.pair_rates(energy, mass, mu, heat, 60 * heat)
    total = np.sum(gain * energy * np.sqrt(energy**2 - mass**2) / np.pi**2 * measure)
    assert total == pytest.approx(expected, rel=1e-4, abs=0)


def test_pairs_with_a_filled_final_state_against_monte_carlo() -> None:
    """Antineutrinos block: every momentum of e+ e- -> N nubar drawn, dsigma/dcos of the facts, 1 - f in the sum."""
    mass, mu, heat, potential = 0.05, 0.1, 0.03, -0.06
    u = qmc.Sobol(5, seed=5).random_base2(20).T
    p, q = (mu + 30 * heat) * u[0], 30 * heat * u[1]
    c, rest, azimuth = 2 * u[2] - 1, 2 * u[3] - 1, 2 * np.pi * u[4]
    s = 2 * p * q * (1 - c)
    is_open = s > mass**2
    s = np.where(is_open, s, 1.01 * mass**2)
    shape = (s - mass**2) ** 2 * ((1 - rest**2) * s + (1 + rest**2) * mass**2) / (4 * s**3) * ALPHA
    total, wave = p + q, np.sqrt(np.maximum((p + q) ** 2 - s, 0))
    boost, speed = total / np.sqrt(s), wave / np.sqrt(s)
    to_beam = np.clip((p - boost * np.sqrt(s) / 2) / np.maximum(speed * np.sqrt(s) / 2, 1e-300), -1, 1)
    along = to_beam * rest - np.sqrt(1 - to_beam**2) * np.sqrt(1 - rest**2) * np.cos(azimuth)
    neutrino = (s - mass**2) / (2 * np.sqrt(s)) * (boost - speed * along)
    seas = fermi(p, heat, mu) * fermi(q, heat, -mu) * fermi(-neutrino, heat, potential)
    weight = (mu + 30 * heat) * 30 * heat * 4 / (4 * np.pi**4) * p**2 * q**2 * 0.5 * 2 * (1 - c) * 2
    expected = np.mean(weight * seas * shape * is_open)

    nodes, weights = plasma.legendre(120)
    top = mu + 30 * heat
    energy = mass + top * (0.5 * (nodes + 1)) ** 2
    gain, _ = electron_gas.pair_rates(energy, mass, mu, heat, potential)
    measure = top * 0.5 * (nodes + 1) * weights * energy * np.sqrt(energy**2 - mass**2) / np.pi**2
    assert np.sum(gain * measure) == pytest.approx(expected, rel=1e-4, abs=0)


@settings(max_examples=60, deadline=None)
@given(
    mass=st.floats(0.0, 0.4),
    kinetic=st.floats(1e-3, 0.4),
    mu=st.floats(0.0, 0.3),
    heat=st.floats(0.003, 0.05),
    potential=st.floats(-0.15, 0.15),
)
def test_detailed_balance(mass: float, kinetic: float, mu: float, heat: float, potential: float) -> None:
    energy = mass + kinetic
    for gain, loss in (
        electron_gas.scattering_rates(energy, mass, mu, heat, 1e-3, potential, (8, 6)),
        electron_gas.pair_rates(energy, mass, mu, heat, potential, (16, 5, 8)),
    ):
        assert loss >= 0
        if gain > 1e-200:
            assert float(gain / loss) == pytest.approx(np.exp(-(energy - potential) / heat), rel=1e-6, abs=0)


@pytest.mark.parametrize("degeneracy", [-30.0, -3.013, 0.377, 5.521, 21.12, 70.0])
def test_fermi_integrals_of_the_table(degeneracy: float) -> None:
    edge = max(degeneracy, 1e-3)
    for power, value in enumerate(electron_gas._fermi_integrals(np.array(degeneracy))):
        parts = [
            quad(lambda u, n=power: u**n * float(fermi(u, 1.0, degeneracy)), a, b, epsabs=0, epsrel=1e-11)[0]
            for a, b in ((0.0, edge), (edge, edge + 60))
        ]
        assert float(value) == pytest.approx(sum(parts), rel=1e-6, abs=0)


def test_stacked_potentials_give_the_separate_rates() -> None:
    """N, N-bar and the other flavours are computed together on one set of nodes."""
    stack = np.array([0.1, -0.1, 0.0])
    together, _ = electron_gas.scattering_rates(0.2, 0.05, 0.2, 0.03, 1e-3, stack)
    alone = [float(electron_gas.scattering_rates(0.2, 0.05, 0.2, 0.03, 1e-3, p)[0]) for p in stack]
    assert np.allclose(together, alone, rtol=2e-4, atol=0)


def test_bad_input_is_named() -> None:
    with pytest.raises(DomainError, match="temperature"):
        electron_gas.scattering_rates(0.1, 0.01, 0.2, 0.0, 1e-3)
    with pytest.raises(DomainError, match="mass"):
        electron_gas.scattering_rates(0.1, -1.0, 0.2, 0.03, 1e-3)
    with pytest.raises(DomainError, match="screening2"):
        electron_gas.scattering_rates(0.1, 0.01, 0.2, 0.03, np.nan)
