"""Rates in a plasma: traces, independent quadrature, thermal averages, detailed balance and limits.

Rates are tiny numbers, so every comparison switches the absolute tolerances of approx and quad off.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import qmc

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import stellar_plasma as plasma
from tests import dirac

ALPHA = units.ALPHA
PLASMA = {
    "kinetic": st.floats(1e-3, 0.4),
    "photon": st.floats(0.0, 0.03),
    "heat": st.floats(0.003, 0.05),
    "potential": st.floats(-0.15, 0.15),
}


def amplitude_squared(p_in: np.ndarray, p_out: np.ndarray, k_in: np.ndarray, k_out: np.ndarray, m: float) -> float:
    """|M|^2 of nu f -> N f per d^2 and e^2, spins of f and N summed, from explicit matrices."""
    q = p_in - p_out
    vertices = [2.0 * dirac.sigma_q(mu, q) @ dirac.P_LEFT for mu in range(4)]
    left = dirac.lepton_tensor(dirac.slash(p_out), vertices, dirac.slash(p_in))
    right = dirac.lepton_tensor(
        dirac.slash(k_out) + m * dirac.IDENTITY, dirac.GAMMA, dirac.slash(k_in) + m * dirac.IDENTITY
    )
    return dirac.contract(left, right) / dirac.dot(q, q) ** 2


def static_spectrum(q2: float, energy: float, mass: float, kappa2: float) -> float:
    return (
        4 * ALPHA * (1 / q2 - mass**2 / (4 * energy**2 * q2) - mass**4 / (4 * energy**2 * q2**2)) * q2 / (q2 + kappa2)
    )


@pytest.mark.parametrize(("energy", "mass", "cosine"), [(0.1, 0.03, 0.3), (0.2, 0.15, -0.7), (0.05, 0.0, 0.1)])
def test_static_spectrum_is_the_heavy_target_limit_of_the_trace(energy: float, mass: float, cosine: float) -> None:
    target = 1e5
    momentum = np.sqrt(energy**2 - mass**2)
    p_in = np.array([energy, 0, 0, energy])
    p_out = np.array([energy, momentum * np.sqrt(1 - cosine**2), 0, momentum * cosine])
    k_in = np.array([target, 0, 0, 0])
    k_out = k_in + p_in - p_out
    k_out[0] = np.sqrt(target**2 + k_out[1:] @ k_out[1:])
    squared = 0.5 * amplitude_squared(p_in, p_out, k_in, k_out, target) * 4 * np.pi * ALPHA
    q2 = float(np.sum((p_in - p_out)[1:] ** 2))
    spectrum = squared / (16 * np.pi * (2 * target * energy) ** 2)  # d sigma / d|t|
    assert spectrum == pytest.approx(static_spectrum(q2, energy, mass, 0.0), rel=1e-4, abs=0)


@pytest.mark.parametrize("mass", [0.0, 1e-3, 0.03, 0.0999])
@pytest.mark.parametrize("kappa2", [1e-6, 1e-3])
def test_static_cross_section_is_the_integral_of_its_spectrum(mass: float, kappa2: float) -> None:
    energy = 0.1
    momentum = np.sqrt(energy**2 - mass**2)
    low, high = np.log(max(energy - momentum, 1e-12)), np.log(energy + momentum)
    integral = quad(
        lambda x: 2 * np.exp(2 * x) * static_spectrum(np.exp(2 * x), energy, mass, kappa2),
        low,
        high,
        epsrel=1e-11,
        epsabs=0,
    )[0]
    assert float(plasma.static_cross_section(energy, mass, kappa2)) == pytest.approx(integral, rel=1e-8, abs=0)


@pytest.mark.parametrize("mass", [0.0, 0.02, 0.15])
def test_thermal_production_on_protons_against_monte_carlo(mass: float) -> None:
    """Number of N per proton: neutrinos drawn from their sea, momentum transfers from the traced spectrum."""
    heat, potential, kappa2 = 0.03, 0.05, 2e-3
    u = qmc.Sobol(2, seed=1).random_base2(17).T
    top = potential + 30 * heat
    energy = mass + top * u[0]
    momentum = np.sqrt(energy**2 - mass**2)
    low, high = np.maximum((energy - momentum) ** 2, 1e-12), (energy + momentum) ** 2
    q2 = low * (high / low) ** u[1]
    spectrum = 4 * ALPHA * (1 - mass**2 / (4 * energy**2) - mass**4 / (4 * energy**2 * q2)) / (q2 + kappa2)
    neutrinos = energy**2 / (2 * np.pi**2) * plasma.fermi(energy, heat, potential)
    expected = np.mean(top * neutrinos * spectrum * q2 * np.log(high / low))

    nodes, weights = plasma.legendre(120)
    energy = mass + top * (0.5 * (nodes + 1)) ** 2
    gain = plasma.backward(plasma.static_cross_section(energy, mass, kappa2), energy, mass)
    gain *= plasma.fermi(energy, heat, potential)
    measure = top * 0.5 * (nodes + 1) * weights * energy * np.sqrt(energy**2 - mass**2) / np.pi**2
    assert np.sum(gain * measure) == pytest.approx(expected, rel=1e-4, abs=0)


def test_static_cross_section_without_screening_is_the_limit_of_weak_screening() -> None:
    bare = plasma.static_cross_section(0.1, 0.05, 0.0)
    assert float(plasma.static_cross_section(0.1, 0.05, 1e-12)) == pytest.approx(float(bare), rel=1e-6, abs=0)


def test_static_cross_section_falls_with_screening_and_vanishes_below_threshold() -> None:
    sigma = plasma.static_cross_section(0.1, 0.01, np.geomspace(1e-8, 1.0, 20))
    assert np.all(np.diff(sigma) < 0)
    assert float(plasma.static_cross_section(0.1, 0.1, 1e-3)) == 0.0


def test_screening_scales_of_the_core() -> None:
    mu, heat = 0.217, 0.03
    assert float(plasma.photon_mass(mu, heat)) == pytest.approx(0.0153, rel=0.01, abs=0)
    assert float(plasma.electron_screening2(mu, heat)) == pytest.approx(
        4 * ALPHA / np.pi * (mu**2 + np.pi**2 * heat**2 / 3), rel=1e-6, abs=0
    )
    hot = plasma.photon_mass(0.0, heat)
    assert float(hot) ** 2 == pytest.approx(4 * np.pi * ALPHA * heat**2 / 6, rel=1e-6, abs=0)  # e^2 T^2 / 6


@settings(max_examples=60, deadline=None)
@given(mass=st.floats(1e-4, 0.4), **PLASMA)
def test_detailed_balance_of_photons(mass: float, kinetic: float, photon: float, heat: float, potential: float) -> None:
    energy = mass + kinetic
    factor = np.exp(-(energy - potential) / heat)
    gain, loss = plasma.photon_rates(energy, mass, photon, heat, potential)
    assert np.isfinite(gain)
    assert np.isfinite(loss)
    if gain > 1e-200:
        assert float(gain / loss) == pytest.approx(factor, rel=1e-6, abs=0)


def test_backward_rate_obeys_reversibility() -> None:
    energy, mass = np.array([0.06, 0.2]), 0.05
    forward = plasma.static_cross_section(energy, mass, 1e-3)
    momentum = np.sqrt(energy**2 - mass**2)
    # g_nu E^2 sigma = g_N k^2 sigma_back, rate v sigma_back
    assert np.allclose(
        plasma.backward(forward, energy, mass), momentum / energy * forward * energy**2 / (2 * momentum**2)
    )


@pytest.mark.parametrize("kinetic", [1e-4, 0.02, 0.3])
def test_cold_empty_space_gives_the_vacuum_decay(kinetic: float) -> None:
    mass = 0.1
    gain, loss = plasma.photon_rates(mass + kinetic, mass, 0.0, 1e-4)
    assert float(gain) == pytest.approx(0.0, abs=1e-20)
    assert float(loss) == pytest.approx(
        float(hnl_decay.radiative_width(mass)) * mass / (mass + kinetic), rel=1e-6, abs=0
    )


@pytest.mark.parametrize(("mass", "photon", "energy"), [(0.08, 0.0, 0.12), (0.08, 0.02, 0.09), (0.03, 0.02, 0.25)])
def test_decay_in_a_medium_against_the_angular_integral_in_the_rest_frame(
    mass: float, photon: float, energy: float
) -> None:
    heat, potential = 0.03, 0.04
    momentum = np.sqrt(energy**2 - mass**2)
    rest = (mass**2 - photon**2) / (2 * mass)

    def integrand(cosine: float) -> float:
        neutrino = (energy * rest + momentum * rest * cosine) / mass
        free = 1 - 1 / (np.exp((neutrino - potential) / heat) + 1)
        return 0.5 * free * (1 + 1 / np.expm1((energy - neutrino) / heat))

    transverse = float(hnl_decay.radiative_width(mass)) * (1 - photon**2 / mass**2) ** 2
    expected = transverse * mass / energy * quad(integrand, -1, 1, epsabs=0, epsrel=1e-10)[0]
    _, loss = plasma.photon_rates(energy, mass, photon, heat, potential)
    assert float(loss) == pytest.approx(expected, rel=1e-5, abs=0)


@settings(max_examples=40, deadline=None)
@given(mass=st.floats(1e-3, 0.4), **PLASMA)
def test_closed_form_is_the_integral_over_the_seas(
    mass: float, kinetic: float, photon: float, heat: float, potential: float
) -> None:
    """Gain of inverse decay or plasmon decay, by quadrature of the two occupation numbers at the head of the module."""
    assume(abs(mass - photon) > 1e-6)
    energy = mass + kinetic
    momentum, gap2 = np.sqrt(energy**2 - mass**2), mass**2 - photon**2
    low, high = abs(gap2) / (2 * (energy + momentum)), abs(gap2) * (energy + momentum) / (2 * mass**2)
    nodes, weights = plasma.legendre(600)

    def integral(start: float, stop: float) -> float:  # even in ln(photon energy) below, in ln(E_nu) above
        middle, half = 0.5 * (start + stop), 0.5 * (stop - start)
        x = np.exp(middle + half * nodes)
        neutrino, quanta = (energy - x, x) if gap2 > 0 else (x, energy + x)
        filled = plasma.fermi(neutrino, heat, potential) if gap2 > 0 else plasma.fermi(-neutrino, heat, potential)
        return float(np.sum(half * weights * x * filled * plasma.bose(quanta, heat)))

    if gap2 > 0:
        strength = mass**2 * gap2 / (4 * np.pi * energy * momentum)
        faint = (4 * photon**2 * energy**2 + gap2**2) / (4 * mass**2 * (energy - low))
        expected = strength * integral(np.log(faint), np.log(energy - low))
    else:
        strength = -gap2 * (photon**2 + 2 * mass**2) / (12 * np.pi * energy * momentum)
        expected = strength * integral(np.log(low), np.log(high))
    gain, _ = plasma.photon_rates(energy, mass, photon, heat, potential)
    assert float(gain) == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("mass", [0.02, 0.1])
def test_inverse_decay_against_the_rate_density_of_two_baths(mass: float) -> None:
    """errata section 9: gamma = d^2 M^4 / 4 pi^3 int int_{kp > M^2/4} f_B f_F."""
    heat = 0.03
    expected = (
        mass**4
        / (4 * np.pi**3)
        * quad(
            lambda k: -heat * np.log(-np.expm1(-(mass**2) / (4 * k * heat))) / (np.exp(k / heat) + 1),
            0,
            40 * heat,
            epsabs=0,
            epsrel=1e-9,
        )[0]
    )

    def density(energy: float) -> float:
        gain, _ = plasma.photon_rates(energy, mass, 0.0, heat)
        return float(gain) * energy * np.sqrt(energy**2 - mass**2) / np.pi**2

    total = quad(density, mass, mass + 40 * heat, epsabs=0, epsrel=1e-7, limit=200)[0]
    assert total == pytest.approx(expected, rel=1e-4, abs=0)


@pytest.mark.parametrize("mass", [0.0, 1e-3, 0.01])
def test_plasmon_decay_spectrum_integrates_to_the_width_of_the_plasmons(mass: float) -> None:
    photon, heat = 0.015, 0.03
    free = 60 * heat  # mu_nu large: no antineutrinos in the way

    def density(energy: float) -> float:
        gain, _ = plasma.photon_rates(energy, mass, photon, heat, free)
        return float(gain) * energy * np.sqrt(energy**2 - mass**2) / np.pi**2

    total = quad(density, mass * (1 + 1e-9) + 1e-9, 40 * heat, epsabs=0, epsrel=1e-7, limit=300)[0]

    def plasmons(k: float) -> float:
        omega = np.hypot(k, photon)
        width = 0.5 * float(plasma.plasmon_width(photon**2, mass, omega))
        return 2 * k**2 / (2 * np.pi**2) * width / np.expm1(omega / heat)

    assert total == pytest.approx(quad(plasmons, 0, 40 * heat, epsabs=0, epsrel=1e-9)[0], rel=1e-4, abs=0)


@pytest.mark.parametrize(("invariant2", "mass"), [(4e-4, 0.0), (4e-4, 0.012), (1.0, 0.7)])
def test_plasmon_width_against_the_trace(invariant2: float, mass: float) -> None:
    root = np.sqrt(invariant2)
    momentum = (invariant2 - mass**2) / (2 * root)
    k = np.array([root, 0, 0, 0])
    heavy = np.array([np.hypot(momentum, mass), 0, 0, momentum])
    neutrino = k - heavy
    vertices = [2.0 * dirac.P_LEFT @ dirac.sigma_q(mu, k) for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(heavy), vertices, dirac.slash(neutrino))
    squared = -float(np.real(np.einsum("ab,ab->", tensor, dirac.METRIC))) / 3.0
    one_state = squared * momentum / (8 * np.pi * invariant2)
    assert float(plasma.plasmon_width(invariant2, mass, root)) == pytest.approx(2 * one_state, rel=1e-10, abs=0)


def test_potential_inverts_the_net_density() -> None:
    density = np.geomspace(1e-9, 1e-2, 8)
    mu = plasma.electron_potential(density, 0.02)
    assert np.allclose((mu**3 + np.pi**2 * 0.02**2 * mu) / (3 * np.pi**2), density, rtol=1e-12, atol=0)


def test_bad_input_is_named() -> None:
    with pytest.raises(DomainError, match="temperature"):
        plasma.photon_rates(0.1, 0.01, 0.0, -1.0)
    with pytest.raises(DomainError, match="mass"):
        plasma.static_cross_section(0.1, np.nan, 1e-3)
    with pytest.raises(DomainError, match="net_density"):
        plasma.electron_potential(-1.0, 0.01)


def test_proton_blocking_has_the_limits_of_the_blocked_density() -> None:
    """The proton factor is the limit of int f (1 - f): 1 if dilute, 3 T / 2 E_F if degenerate."""
    dilute, degenerate = plasma.proton_blocking(1e-9, 0.03), plasma.proton_blocking(1e-3, 1e-4)
    fermi_energy = float(plasma.proton_fermi_energy(1e-3))
    assert float(dilute) == pytest.approx(1.0, abs=1e-3)
    assert float(degenerate) == pytest.approx(1.5e-4 / fermi_energy, rel=1e-3, abs=0)
    # quadrature over a non-relativistic sea of the same density
    heat, mass = 1e-4, units.PROTON_MASS
    top = np.sqrt(2 * mass * (fermi_energy + 40 * heat))
    blocked = quad(
        lambda p: p**2 / np.pi**2 * 0.25 / np.cosh((p**2 / (2 * mass) - fermi_energy) / (2 * heat)) ** 2,
        0,
        top,
        points=[np.sqrt(2 * mass * fermi_energy)],
        limit=200,
        epsabs=0,
    )[0]
    assert blocked / 1e-3 == pytest.approx(float(degenerate), rel=1e-3, abs=0)


@pytest.mark.parametrize("degeneracy", [-2.0, 0.5, 3.0, 9.0])
def test_proton_blocking_and_screening_between_the_limits(degeneracy: float) -> None:
    heat, mass = 0.03, units.PROTON_MASS

    def moment(free: bool) -> float:
        def integrand(p: float) -> float:
            f = float(plasma.fermi(p**2 / (2 * mass), heat, degeneracy * heat))
            return p**2 / np.pi**2 * (f * (1 - f) if free else f)

        return quad(integrand, 0, np.sqrt(2 * mass * heat * (max(degeneracy, 0) + 40)), epsabs=0, limit=200)[0]

    density, free = moment(False), moment(True)
    assert float(plasma.proton_blocking(density, heat)) == pytest.approx(free / density, rel=1e-4, abs=0)
    # e^2 dn/dmu = e^2 int f (1 - f) / T
    susceptibility = 4 * np.pi * ALPHA * free / heat
    assert float(plasma.proton_screening2(density, heat)) == pytest.approx(susceptibility, rel=1e-4, abs=0)
