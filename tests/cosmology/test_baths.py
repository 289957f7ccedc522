"""The two baths: ideal-gas limits, thermodynamic identities, the interaction pressure, detailed balance of the flows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import kn

from nudipole import units
from nudipole.cosmology import baths
from nudipole.errors import DomainError


def test_cold_bath_is_photons():
    bath = baths.electromagnetic(1e-6)
    assert bath.energy == pytest.approx(np.pi**2 / 15 * 1e-24, rel=1e-8, abs=0)
    assert bath.entropy == pytest.approx(4 * np.pi**2 / 45 * 1e-18, rel=1e-8, abs=0)


def test_interaction_pressure_of_hot_electrons():
    # - 5 e^2 T^4 / 288 for m_e << T
    t = 8e-3

    def gas(mass):
        integrand = lambda p: p**4 / np.hypot(p, mass) / (np.exp(np.hypot(p, mass) / t) + 1)  # noqa: E731
        return 4 / (6 * np.pi**2) * quad(integrand, 0, 60 * t, epsabs=0, epsrel=1e-10)[0]

    ideal = np.pi**2 / 45 * t**4 + gas(units.ELECTRON_MASS) + gas(units.MUON_MASS)
    found = float(baths.electromagnetic(t).pressure) - ideal
    assert found == pytest.approx(-5 * units.ELEMENTARY_CHARGE**2 / 288 * t**4, rel=0.01, abs=0)


@given(st.floats(2e-8, 0.1))
def test_thermodynamic_identities(t):
    bath = baths.electromagnetic(t)
    assert bath.energy + bath.pressure == pytest.approx(t * float(bath.entropy), rel=1e-9, abs=0)
    step = 1e-4
    slope = (baths.electromagnetic(t * (1 + step)).energy - baths.electromagnetic(t * (1 - step)).energy) / (
        2 * step * t
    )
    assert bath.heat_capacity == pytest.approx(float(slope), rel=1e-4, abs=0)


@given(st.floats(3e-8, 0.05), st.floats(0.7, 1.4))
def test_entropy_finds_its_temperature(t, off):
    found, bath = baths.at_entropy(float(baths.electromagnetic(t).entropy), t * off)
    assert found == pytest.approx(t, rel=1e-9, abs=0)
    assert bath.entropy == pytest.approx(float(baths.electromagnetic(t).entropy), rel=1e-9, abs=0)


@given(st.floats(1e-7, 0.05), st.floats(-20.0, 3.0))
def test_neutrino_state_round_trip(t, z):
    found = baths.neutrino_state(float(baths.neutrino_energy(t, z)), float(baths.neutrino_number(t, z)))
    assert found == pytest.approx((t, z), rel=1e-6, abs=1e-6)


def test_neutrinos_without_chemical_potential():
    assert baths.neutrino_energy(1.0) == pytest.approx(7 / 8 * 6 * np.pi**2 / 30, rel=1e-9, abs=0)
    assert baths.neutrino_number(1.0, -30.0) == pytest.approx(6 / np.pi**2 * np.exp(-30.0), rel=1e-9, abs=0)


def test_weak_flows_vanish_in_equilibrium_and_point_downhill():
    energy, number = baths.weak_exchange(2e-3, 2e-3)
    assert energy == 0
    assert number == 0
    energy, number = baths.weak_exchange(2e-3, 1.9e-3)
    assert energy > 0
    assert number > 0
    energy, number = baths.weak_exchange(2e-3, 2e-3, -0.1)
    assert number > 0


def test_weak_decoupling_near_one_and_a_half_mev():
    # energy exchange rate over H falls through one between 1 and 2.5 MeV
    for t, fast in ((2.5e-3, True), (1.0e-3, False)):
        flow = float(baths.weak_exchange(t, 0.99 * t)[0]) / (0.01 * 4 * float(baths.neutrino_energy(t)))
        hubble = np.sqrt(8 * np.pi / 3 * 10.75 * np.pi**2 / 30) * t**2 / units.PLANCK_MASS
        assert bool(flow > hubble) is fast


def test_electron_mass_turns_annihilation_off():
    energy, number = baths.mass_suppression(np.array([0.05, 5e-3, 5e-4, 5e-5]))
    assert energy[0] == pytest.approx(1, abs=1e-3)
    assert number[0] == pytest.approx(1, abs=1e-3)
    assert np.all(np.diff(energy) < 0)
    assert np.all(number[1:] < energy[1:])
    assert energy[3] < 1e-3


@pytest.mark.parametrize("bad", [1e-12, 0.2, 0.0, np.nan])
def test_temperatures_outside_the_table_are_named(bad):
    with pytest.raises(DomainError):
        baths.electromagnetic(bad)


def test_impossible_neutrinos_are_named():
    with pytest.raises(DomainError, match="Fermi-Dirac"):
        baths.neutrino_state(1e-20, 1.0)


def test_photons_alone_are_left_below_the_table():
    cold, colder = baths.electromagnetic(2e-8), baths.electromagnetic(2e-11)
    assert colder.energy * 1e12 == pytest.approx(float(cold.energy), rel=1e-9, abs=0)
    assert colder.heat_capacity * 1e9 == pytest.approx(float(cold.heat_capacity), rel=1e-9, abs=0)
    assert colder.energy == pytest.approx(np.pi**2 / 15 * (2e-11) ** 4, rel=1e-9, abs=0)


def test_hard_and_dilute_neutrinos_keep_their_energy_and_number():
    # what a late decay of 0.3 GeV leaves: far fewer and harder than a thermal bath
    energy, number = 7.5e-31, 4.5e-28
    temperature, z = baths.neutrino_state(energy, number)
    assert z < -30
    assert baths.neutrino_energy(temperature, z) == pytest.approx(energy, rel=1e-6, abs=0)
    assert baths.neutrino_number(temperature, z) == pytest.approx(number, rel=1e-6, abs=0)


@pytest.mark.parametrize("temperature", [3e-4, 1e-3])
def test_the_suppression_by_the_electron_mass_is_its_integral(temperature):
    """Over s, with the squared amplitudes of both chiralities written out, in place of the sum over momenta."""
    m, sin2 = units.ELECTRON_MASS, 0.23122  # PDG, MS-bar at the Z
    couplings = [(0.5 + sin2, sin2)] + 2 * [(-0.5 + sin2, sin2)]
    squares, products = (
        sum(f(gl, gr) for gl, gr in couplings) for f in (lambda a, b: a * a + b * b, lambda a, b: a * b)
    )

    def integrand(s, power, order):
        beta2 = 1.0 - 4.0 * m * m / s
        amplitude = squares * s * s / 16 * (1.0 + beta2 / 3.0) + products * m * m * s / 2
        return np.sqrt(max(beta2, 0.0)) * s ** (power / 2) * amplitude * kn(order, np.sqrt(s) / temperature)

    found = baths.mass_suppression(temperature)
    for ours, (power, order) in zip(found, ((2, 2), (1, 1)), strict=True):
        whole = quad(integrand, 4 * m * m, (80 * temperature) ** 2, args=(power, order), epsabs=0, limit=400)[0]
        # massless: squares/12 int ds s^(power/2 + 2) K_order(sqrt(s)/T) = squares/12 2 T^(power + 6) int x^(power + 5) K
        bare = squares / 12.0 * 2.0 * temperature ** (power + 6)
        bare *= quad(lambda x, p=power, o=order: x ** (p + 5) * kn(o, x), 0, 90, epsabs=0)[0]
        assert ours == pytest.approx(whole / bare, rel=2e-3, abs=0)
