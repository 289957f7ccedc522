"""Reactor antineutrinos: spectra per fission, capture, totals at the sites of the experiments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes.low_energy import beta_decay
from nudipole.fluxes.low_energy.reactor import (
    CAPTURES_PER_FISSION,
    ISOTOPES,
    TYPICAL_FRACTIONS,
    capture_spectrum,
    fission_spectrum,
    reactor,
)

SITES = {  # power, baseline, fractions, total flux with 0.6 captures per fission
    "gemma": (3.0, 13.9, (0.58, 0.07, 0.30, 0.05), 2.55e13),
    "texono": (2.9, 28.0, (0.55, 0.07, 0.32, 0.06), 6.07e12),
    "conus": (3.9, 17.1, (0.491, 0.074, 0.361, 0.074), 2.17e13),
    "conus-plus": (3.6, 20.7, (0.53, 0.08, 0.32, 0.07), 1.38e13),
    "dresden-ii": (2.96, 10.39, (0.58, 0.07, 0.30, 0.05), 4.51e13),
    "connie": (3.95, 30.0, (0.55, 0.08, 0.32, 0.06), 7.2e12),
}
QUOTED = {"gemma": 2.7e13, "texono": 6.4e12, "conus": 2.3e13, "dresden-ii": 4.8e13}
GRID = np.linspace(1e-3, 10.0, 40001)


@pytest.mark.parametrize("site", SITES)
def test_total_flux_at_each_site(site):
    power, baseline, fractions, total = SITES[site]
    flux = reactor(power, baseline, dict(zip(ISOTOPES, fractions, strict=True)))
    assert flux.total() == pytest.approx(total, rel=5e-3, abs=0)
    assert flux.total("e") == flux.total()
    assert all(c.antineutrino for c in flux.components)
    if site in QUOTED:
        assert 0.91 < flux.total() / QUOTED[site] < 0.96  # the documented gap


@pytest.mark.parametrize(
    ("energy", "value"), [(2.0, 1.48), (3.0, 0.876), (4.0, 0.451), (5.0, 0.183), (6.0, 0.0621), (7.0, 0.0195)]
)
def test_mueller_fit_reproduces_its_table_for_238u(energy, value):
    # the published polynomial misses the published table by 6 % at both ends
    assert fission_spectrum(energy * (1 + 1e-9), {"U238": 1.0}) == pytest.approx(value, rel=0.065, abs=0)


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_vogel_engel_and_conversion_agree_between_three_and_six_mev(isotope):
    energy = np.linspace(3.0, 6.0, 20)
    new, old = (fission_spectrum(energy, {isotope: 1.0}, model) for model in ("huber-mueller", "vogel-engel"))
    assert new == pytest.approx(old, rel=0.15, abs=0)


def test_spectrum_does_not_jump_much_where_the_two_sources_join():
    below, above = fission_spectrum([2.0, 2.0 + 1e-9], TYPICAL_FRACTIONS)
    assert above == pytest.approx(below, rel=0.06, abs=0)


def test_antineutrinos_per_fission():
    spectrum = fission_spectrum(GRID, TYPICAL_FRACTIONS)
    assert np.trapezoid(np.where(GRID > 2, spectrum, 0), GRID) == pytest.approx(1.59, rel=0.01, abs=0)
    assert np.trapezoid(spectrum, GRID) == pytest.approx(5.6, rel=0.02, abs=0)
    assert np.trapezoid(capture_spectrum(GRID), GRID) == pytest.approx(2.0, rel=2e-3, abs=0)


def test_capture_steps_are_those_of_the_tabulated_total():
    """Kopeikin's total drops where a capture branch ends, by an amount that measures the branching ratio."""
    drops = {0.331: 5.97 - 4.30, 0.393: 4.42 - 4.04, 0.437: 4.39 - 2.84, 1.187: 2.80 - 2.24}
    for endpoint, drop in drops.items():
        ours = CAPTURES_PER_FISSION * (capture_spectrum(endpoint - 1e-6) - capture_spectrum(endpoint + 1e-6))
        assert ours == pytest.approx(drop, rel=0.3, abs=0)


def test_sum_agrees_with_kopeikin_above_three_hundred_kev():
    energy = np.array([0.3, 0.5, 0.9, 1.1, 1.5, 3.0, 5.0])
    ours = fission_spectrum(energy, TYPICAL_FRACTIONS) + CAPTURES_PER_FISSION * capture_spectrum(energy)
    assert ours == pytest.approx(fission_spectrum(energy, TYPICAL_FRACTIONS, "kopeikin"), rel=0.08, abs=0)


def test_kopeikin_total_needs_no_capture():
    flux = reactor(3.0, 10.0, model="kopeikin")
    assert [c.name for c in flux.components] == ["fission"]
    assert flux.total() == pytest.approx(reactor(3.0, 10.0).total(), rel=0.04, abs=0)


def test_an_imposed_flux_is_met_by_the_whole_spectrum_or_its_low_part():
    plain = reactor(2.96, 10.39)
    whole = reactor(2.96, 10.39, total_flux_cm2_s=4.8e13)
    low = reactor(2.96, 10.39, total_flux_cm2_s=4.8e13, rescale="below-2-MeV")
    assert whole.total() == pytest.approx(4.8e13, rel=1e-6, abs=0)
    assert low.total() == pytest.approx(4.8e13, rel=1e-6, abs=0)
    energy = np.array([0.003, 0.005])
    assert low.differential(energy) == pytest.approx(plain.differential(energy), rel=1e-6, abs=0)
    assert whole.differential(energy) == pytest.approx(
        plain.differential(energy) * 4.8e13 / plain.total(), rel=1e-6, abs=0
    )
    with pytest.raises(DomainError):
        reactor(2.96, 10.39, total_flux_cm2_s=5e12, rescale="below-2-MeV")


def test_inverse_square_law_power_and_cut():
    assert reactor(3.0, 20.0).total() == pytest.approx(reactor(3.0, 10.0).total() / 4, rel=1e-6, abs=0)
    assert reactor(6.0, 10.0).total() == pytest.approx(2 * reactor(3.0, 10.0).total(), rel=1e-6, abs=0)
    assert reactor(3.0, 10.0, maximum_energy_MeV=12.0).maximum_energy == pytest.approx(12e-3, rel=1e-6, abs=0)
    tail = reactor(3.0, 10.0).cumulative_moments
    from nudipole.portal import Direction

    above, everything = tail(Direction("e"), [8e-3, 0.0], (0,))[0]
    assert 2e-5 < above / everything < 2e-4


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"power_GW": 0.0}, DomainError),
        ({"baseline_m": -1.0}, DomainError),
        ({"fission_fractions": {"U235": 0.5}}, DomainError),
        ({"fission_fractions": {"U233": 1.0}}, UnknownNameError),
        ({"model": "daya-bay"}, UnknownNameError),
        ({"capture": "one"}, UnknownNameError),
        ({"maximum_energy_MeV": 7.0}, DomainError),
    ],
)
def test_bad_input_is_refused(options, error):
    with pytest.raises(error):
        reactor(**({"power_GW": 3.0, "baseline_m": 10.0} | options))


def test_fermi_function_limits():
    momentum = np.array([1e-4, 1e-3, 5e-3])
    eta = 2 * np.pi * 6 / 137.036 * np.hypot(momentum, 0.51099895e-3) / momentum
    gamow = eta / -np.expm1(-eta)
    # non-relativistic limit: the Gamow factor; (Z alpha)^2 corrections are of order 2 %
    assert beta_decay.fermi_function(momentum, 6.0, 13.0) == pytest.approx(gamow, rel=0.03, abs=0)
    assert np.all(beta_decay.fermi_function(momentum, -6.0, 13.0) < 1)
    with pytest.raises(DomainError):
        beta_decay.fermi_function(1e-3, 140.0, 300.0)
    with pytest.raises(DomainError):
        beta_decay.fermi_function(0.0, 1.0, 1.0)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(NUMBERS, st.sampled_from(ISOTOPES), st.sampled_from(["huber-mueller", "vogel-engel", "kopeikin"]))
def test_spectra_are_finite_and_positive_or_a_named_error(energy, isotope, model):
    try:
        value = fission_spectrum(energy, {isotope: 1.0}, model)
    except DomainError:
        assert not 0 <= energy <= 100
    else:
        assert np.isfinite(value)
        assert value >= 0


@given(NUMBERS, NUMBERS, st.floats(-150, 150), st.floats(0.5, 300))
def test_beta_shape_is_finite_and_positive_or_a_named_error(energy, endpoint, charge, mass_number):
    try:
        value = beta_decay.allowed_shape(energy, endpoint, charge, mass_number)
    except DomainError:
        return
    assert np.isfinite(value)
    assert value >= 0


@given(NUMBERS, NUMBERS)
def test_reactor_flux_is_finite_or_a_named_error(power, baseline):
    try:
        total = reactor(power, baseline).total()
    except DomainError:
        return
    assert np.isfinite(total)
