"""Meson spectra: multiplicities, integrals of the fits and forward fractions against published values."""

import numpy as np
import pytest

from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes.hadrons import mesons, secondary_fits
from nudipole.processes.mesons.meson import parent_mass


def _number(beam, meson, **options):
    return float(np.sum(mesons.meson_spectrum(beam, meson, **options).weight))


@pytest.mark.parametrize("beam", mesons.BEAMS)
def test_every_spectrum_is_a_proper_set_of_nodes(beam):
    for name in mesons.mesons(beam):
        nodes = mesons.meson_spectrum(beam, name)
        mass = parent_mass(name.rstrip("+-") if name[-1] in "+-" else name)
        assert all(np.all(np.isfinite(column)) for column in nodes)
        assert np.all(nodes.energy >= mass)
        assert np.all((nodes.angle >= 0) & (nodes.angle <= np.pi))
        assert np.all(nodes.weight > 0)
        assert np.max(nodes.energy) < (7000 if beam == "lhc" else float(beam) + 1)


@pytest.mark.parametrize(("meson", "expected"), [("pi+", 152.0), ("pi-", 133.0), ("K+", 12.9)])
def test_booster_fits_integrate_to_the_published_cross_sections(meson, expected):
    # mb within 69 degrees; 189 mb is the inelastic p + Be cross section that the multiplicity is divided by
    assert _number(8.0, meson) * 189.0 == pytest.approx(expected, rel=0.015, abs=0)


def test_booster_antikaons_lie_between_two_simulations():
    """K- per p + Be reaction: 0.0024 in the simulation of MiniBooNE (0806.1449, from memory), 0.007 in UrQMD."""
    assert 0.0024 < _number(8.0, "K-") < 0.008
    assert 0.03 < _number(8.0, "K-") / _number(8.0, "K+") < 0.15
    assert _number(8.0, "K-") / _number(8.0, "K+") < _number(30.0, "K-") / _number(30.0, "K+")
    assert _number(8.0, "K") == pytest.approx(_number(8.0, "K+") + _number(8.0, "K-"), rel=1e-6, abs=0)


def test_booster_eta_prime_is_rarer_than_at_high_energy():
    assert mesons._booster_eta_prime() == pytest.approx(0.0028, rel=0.05, abs=0)
    assert 0.02 < _number(8.0, "eta'") / _number(8.0, "eta") < 0.25  # 0.25 at 400 GeV


@pytest.mark.parametrize("beam", [8.0, 30.0])
def test_heavier_mesons_are_faster_than_pions(beam):
    mean = {
        name: np.average(nodes.energy, weights=nodes.weight)
        for name in ("pi0", "eta", "rho", "omega")
        for nodes in [mesons.meson_spectrum(beam, name)]
    }
    assert 1.4 * mean["pi0"] < mean["eta"] < mean["omega"]
    expected = {8.0: 1.67, 30.0: 3.8}[beam]  # eta of an earlier run of the generator; 3.5 in p + Be
    assert mean["eta"] == pytest.approx(expected, rel=0.12, abs=0)


def test_eta_prime_over_eta_is_that_of_na27_and_lep():
    """NA27 0.01 to 0.03 of pi0 against 0.08 of eta; the ratio in Z decays is 0.16 (from memory)."""
    for beam in (80.0, 120.0, 400.0, 450.0, 800.0):
        assert 0.12 < _number(beam, "eta'") / _number(beam, "eta") < 0.38


@pytest.mark.parametrize("momentum", [0.2, 0.5, 0.8])
def test_momenta_within_a_bin_keep_its_mean(momentum):
    low, high = np.array([1.0, 10.0]), np.array([2.0, 15.0])
    mean = low + momentum * (high - low)
    p, share = mesons._within_bins(low, high, mean)
    assert np.sum(share, axis=1) == pytest.approx(1.0, rel=1e-6, abs=0)
    assert np.sum(share * p, axis=1) == pytest.approx(mean, rel=1e-9, abs=0)
    assert np.all(share > 0)
    assert np.all((p > low[:, None]) & (p < high[:, None]))


def test_excited_quarkonia_at_the_lhc_follow_lhcb():
    """psi' (1.44 + 0.25) / (10.5 + 1.14) microbarn; Upsilon 2S, 3S: B sigma 0.562, 0.283 over 2.29 nb; all at 7 TeV."""
    assert _number("lhc", "psi'") / _number("lhc", "J/psi") == pytest.approx(1.69 / 11.64, rel=0.01, abs=0)
    first = _number("lhc", "Upsilon(1S)")
    for meson, branching, ratio in (("Upsilon(2S)", 1.93, 0.562 / 2.29), ("Upsilon(3S)", 2.18, 0.283 / 2.29)):
        assert _number("lhc", meson) * branching / (first * 2.48) == pytest.approx(ratio, rel=0.01, abs=0)
    # LHCb at 2.76 TeV: 0.264 and 0.159 over 1.111 nb
    assert _number("lhc", "Upsilon(2S)") * 1.93 / (first * 2.48) == pytest.approx(0.264 / 1.111, rel=0.1, abs=0)
    assert _number("lhc", "Upsilon(3S)") * 2.18 / (first * 2.48) == pytest.approx(0.159 / 1.111, rel=0.16, abs=0)


@pytest.mark.parametrize("meson", ["Upsilon(1S)", "B"])
def test_beauty_at_the_lhc_lies_where_lhcb_measures_it(meson):
    """2 < y < 4.5 at 13 TeV: B sigma(Upsilon) = 4.69 nb over 2.48 %, sigma(b) 144 microbarn x 0.82 B+-; from memory."""
    nodes = mesons.meson_spectrum("lhc", meson)
    pz = np.sqrt(nodes.energy**2 - parent_mass(meson) ** 2) * np.cos(nodes.angle)
    y = np.arctanh(pz / nodes.energy)
    inside = np.sum(nodes.weight[(y > 2) & (y < 4.5)])
    measured = {"Upsilon(1S)": 4.69e3 / 0.0248, "B": 144e6 * 0.82}[meson]
    assert 0.6 < inside / measured < 1.6


def test_booster_neutral_pions_are_what_dark_sector_searches_use():
    assert _number(8.0, "pi0") == pytest.approx(0.9, rel=0.25, abs=0)  # 1609.01770
    assert _number(8.0, "eta") / _number(8.0, "pi0") == pytest.approx(1 / 30, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("beam", "meson", "expected"),
    [(450, "pi+", 907), (450, "pi-", 731), (450, "K+", 78), (450, "K-", 48), (120, "pi+", 580), (120, "K-", 24)],
)
def test_bmpt_integrates_to_known_cross_sections(beam, meson, expected):
    p, angle, measure = mesons._momentum_grid(0.1, beam - 1.0, 1.5)
    assert np.sum(measure * secondary_fits.bmpt(p, angle, meson, float(beam))) == pytest.approx(
        expected, rel=0.05, abs=0
    )


@pytest.mark.parametrize("meson", ["pi+", "pi-", "K+", "K-"])
def test_generator_multiplicities_agree_with_the_fit_to_sps_data(meson):
    # BMPT per interaction on beryllium at 400 GeV over 206 mb, against Sibyll on carbon
    p, angle, measure = mesons._momentum_grid(0.1, 399.0, 1.5)
    fit = np.sum(measure * secondary_fits.bmpt(p, angle, meson, 400.0)) / 206.0
    assert _number(400.0, meson) == pytest.approx(fit, rel=0.45 if meson == "K-" else 0.30, abs=0)


def test_neutral_mesons_at_400_gev_follow_na27():
    pions = _number(400.0, "pi0")
    assert 3.87 < pions < 7.0  # NA27 pp 3.87; carbon has more
    for meson, ratio in {"eta": 0.30 / 3.87, "rho": 0.385 / 3.87, "omega": 0.390 / 3.87, "phi": 0.019 / 3.87}.items():
        assert _number(400.0, meson) / pions == pytest.approx(ratio, rel=0.05, abs=0)


def test_multiplicities_grow_with_energy():
    for meson in ("pi0", "K", "eta"):
        numbers = [_number(beam, meson) for beam in mesons.BEAMS if beam != "lhc"]
        assert np.all(np.diff(numbers) > 0)


def test_charm_per_proton_is_the_published_one():
    # 2407.08673: c cbar per proton 5.0e-4 A^(1/3) at 400 GeV, 0.556 D+- each
    assert _number(400.0, "D", mass_number=1.0) == pytest.approx(5.0e-4 * 0.556, rel=0.01, abs=0)
    assert _number(400.0, "D", mass_number=64.0) == pytest.approx(
        4 * _number(400.0, "D", mass_number=1.0), rel=1e-6, abs=0
    )
    assert _number(30.0, "Ds") < 0.05 * _number(80.0, "Ds")
    assert _number(120.0, "Ds") < _number(400.0, "Ds") < _number(450.0, "Ds") < _number(800.0, "Ds")


def test_charm_transverse_momentum_follows_its_exponential():
    nodes = mesons.meson_spectrum(400.0, "D")
    pt2 = (nodes.energy**2 - parent_mass("D") ** 2) * np.sin(nodes.angle) ** 2
    assert np.average(pt2, weights=nodes.weight) == pytest.approx(1 / 0.954, rel=0.02, abs=0)


@pytest.mark.parametrize(
    ("meson", "mean", "forward", "tolerance"),
    [
        ("pi0", 61, 0.052, 0.25),
        ("eta", 118, 0.070, 0.30),
        ("K", 79, 0.050, 0.30),
        ("D", 124, 0.025, 0.10),
        ("J/psi", 221, 0.043, 0.10),
    ],
)
def test_forward_lhc_spectra_agree_with_published_ones(meson, mean, forward, tolerance):
    """Mean momentum [GeV] and share within 1 mrad from 2105.07077; the share of charm and J/psi is a prediction."""
    nodes = mesons.meson_spectrum("lhc", meson)
    momentum = np.sqrt(nodes.energy**2 - parent_mass(meson) ** 2)
    assert np.average(momentum, weights=nodes.weight) == pytest.approx(mean, rel=tolerance, abs=0)
    assert np.sum(nodes.weight[nodes.angle < 1e-3]) / np.sum(nodes.weight) == pytest.approx(
        forward, rel=tolerance, abs=0
    )


def test_sums_over_charges():
    assert _number(120.0, "pi") == pytest.approx(_number(120.0, "pi+") + _number(120.0, "pi-"), rel=1e-6, abs=0)
    assert _number("lhc", "pi0") == pytest.approx(1540e9, rel=1e-6, abs=0)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="450"):
        mesons.meson_spectrum(70.0, "pi0")
    with pytest.raises(UnknownNameError, match="Upsilon"):
        mesons.meson_spectrum(8.0, "kaon")
    assert mesons.mesons(7.0) == ()
    with pytest.raises(DomainError):
        mesons.meson_spectrum(400.0, "D", mass_number=-1.0)
    with pytest.raises(UnknownNameError):
        secondary_fits.sanford_wang(1.0, 0.1, "K+")
    with pytest.raises(UnknownNameError):
        secondary_fits.bmpt(1.0, 0.1, "p", 400.0)
