"""Pion decay at rest: spectra and arrival times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes.low_energy import stopped_pion as source
from nudipole.fluxes.low_energy.stopped_pion import (
    COMPONENTS,
    MICHEL_ENDPOINT,
    arrival_cdf,
    arrival_fractions,
    michel_spectrum,
    stopped_pion,
    tabulated_arrival_fractions,
)


def test_line_energy_is_two_body_kinematics():
    assert source.line_energy() * 1e3 == pytest.approx(29.792, abs=1e-3)
    pion, energy = units.particle_mass("pi+"), source.line_energy()
    assert energy + np.hypot(energy, units.MUON_MASS) == pytest.approx(pion, rel=1e-12, abs=0)


@pytest.mark.parametrize(("component", "mean"), [("nu_e", 3 / 5), ("nubar_mu", 7 / 10)])
def test_michel_spectra_are_normalised_with_the_known_means(component, mean):
    norm = quad(lambda e: float(michel_spectrum(e, component)), 0, MICHEL_ENDPOINT, epsabs=0)[0]
    first = quad(lambda e: e * float(michel_spectrum(e, component)), 0, MICHEL_ENDPOINT, epsabs=0)[0]
    assert norm == pytest.approx(1.0, rel=1e-9, abs=0)
    assert first / MICHEL_ENDPOINT == pytest.approx(mean, rel=1e-9, abs=0)


def test_the_three_kinds_have_equal_fluence():
    flux = stopped_pion(0.0848, protons_on_target=3.198e23, baseline_m=19.3)
    fluence = 0.0848 * 3.198e23 / (4 * np.pi * 1930.0**2)
    for component in flux.components:
        assert float(np.sum(component.quadrature(component.intensity))) == pytest.approx(fluence, rel=1e-4, abs=0)
    assert flux.per == "run"
    assert flux.total("mu") == pytest.approx(2 * flux.total("e"), rel=1e-4, abs=0)
    assert [c.antineutrino for c in flux.components] == [False, False, True]
    assert flux.maximum_energy <= MICHEL_ENDPOINT


def test_a_quoted_fluence_replaces_protons():
    assert stopped_pion(fluence_cm2=1.176e14, components=["nu_mu"]).total() == pytest.approx(1.176e14, rel=1e-6, abs=0)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("sigma", [0.0, 0.02, 0.15, 3.0])
def test_arrival_times_are_a_distribution(component, sigma):
    time = np.linspace(-20, 60, 4001)
    cdf = arrival_cdf(time, component, 0.44, sigma)
    assert np.all(np.diff(cdf) >= -1e-12)
    assert cdf[0] == pytest.approx(0.0, abs=1e-9)
    assert cdf[-1] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("component", COMPONENTS)
def test_arrival_times_agree_with_a_monte_carlo(component):
    rng = np.random.default_rng(7)
    number = 400_000
    time = rng.normal(0.44, 0.15, number) + rng.exponential(source.PION_LIFETIME_US, number)
    if component != "nu_mu":
        time += rng.exponential(source.MUON_LIFETIME_US, number)
    edges = np.array([0.0, 0.25, 0.5, 1.0, 2.0, 6.0])
    counted = np.histogram(time, edges)[0] / number
    expected = arrival_fractions(edges, component, 0.44, 0.15)
    assert np.abs(counted - expected).max() < 5 * np.sqrt(0.25 / number)


def test_mean_delays_are_the_lifetimes():
    for component, delay in (("nu_mu", 0.026033), ("nu_e", 0.026033 + 2.1969811)):
        mean = quad(lambda t, c=component: 1 - float(arrival_cdf(t, c, 0.0, 0.0)), 0, 60, limit=200, epsabs=0)[0]
        assert mean == pytest.approx(delay, rel=1e-6, abs=0)


@given(st.floats(-1e6, 1e6), st.sampled_from(COMPONENTS), st.floats(0.0, 1e3))
def test_arrival_cdf_is_finite_and_a_probability(time, component, sigma):
    value = float(arrival_cdf(time, component, 0.0, sigma))
    assert -1e-9 <= value <= 1 + 1e-9


def test_a_tabulated_pulse_is_a_sum_of_delta_functions():
    edges = [0.0, 1.0, 4.0]
    two = tabulated_arrival_fractions(edges, "nu_e", [0.2, 0.8], [3.0, 1.0])
    parts = [arrival_fractions(edges, "nu_e", t) for t in (0.2, 0.8)]
    assert two == pytest.approx(0.75 * parts[0] + 0.25 * parts[1], rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: stopped_pion(), DomainError),
        (lambda: stopped_pion(protons_on_target=-1.0), DomainError),
        (lambda: stopped_pion(protons_on_target=1.0, baseline_m=0.0), DomainError),
        (lambda: stopped_pion(fluence_cm2=1.0, components=["nu_tau"]), UnknownNameError),
        (lambda: arrival_cdf(0.0, "nu_tau"), UnknownNameError),
        (lambda: arrival_cdf(np.nan, "nu_e"), DomainError),
        (lambda: arrival_fractions([1.0, 0.5], "nu_e"), DomainError),
        (lambda: tabulated_arrival_fractions([0, 1], "nu_e", [0.0], [0.0]), DomainError),
        (lambda: michel_spectrum(-1.0, "nu_e"), DomainError),
        (lambda: michel_spectrum(0.01, "nu_mu"), UnknownNameError),
    ],
)
def test_bad_input_is_refused(call, error):
    with pytest.raises(error):
        call()


@given(st.floats(allow_nan=True), st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_stopped_pion_flux_is_finite_or_a_named_error(rate, protons, baseline):
    try:
        total = stopped_pion(rate, protons, baseline).total()
    except DomainError:
        return
    assert np.isfinite(total)
