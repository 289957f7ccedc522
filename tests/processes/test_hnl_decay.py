"""Decays of N against helicity amplitudes, explicit traces and phase-space integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes import hnl_decay
from tests import dirac


@pytest.mark.parametrize("mass", [1e-6, 1e-3, 0.15, 10.0])
def test_radiative_width_by_traces(mass):
    """Sum over photon polarisations -g, average over the spin of N, two-body phase space."""
    k = 0.5 * mass * np.array([1, 0, 0, 1])  # photon
    p_nu, p_n = 0.5 * mass * np.array([1, 0, 0, -1]), mass * np.array([1.0, 0, 0, 0])
    vertices = [2 * dirac.sigma_q(mu, k) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(p_nu), vertices, dirac.slash(p_n) + mass * dirac.IDENTITY)
    squared = 0.5 * dirac.contract(tensor, -dirac.METRIC.astype(complex))
    width = squared / (16 * np.pi * mass)
    assert float(hnl_decay.radiative_width(mass)) == pytest.approx(width, rel=1e-12)


@pytest.mark.parametrize("polarisation", [-1.0, 0.3, 1.0])
def test_angular_distribution_by_traces(polarisation):
    mass, rng = 0.2, np.random.default_rng(3)
    spin = np.array([0, 0, 0, 1.0])
    for cosine in rng.uniform(-1, 1, 50):
        sine = np.sqrt(1 - cosine**2)
        k = 0.5 * mass * np.array([1, sine, 0, cosine])
        p_n = mass * np.array([1.0, 0, 0, 0])
        vertices = [2 * dirac.sigma_q(mu, k) @ dirac.P_RIGHT for mu in range(4)]
        projector = 0.5 * (dirac.IDENTITY + polarisation * dirac.GAMMA5 @ dirac.slash(spin))
        state = (dirac.slash(p_n) + mass * dirac.IDENTITY) @ projector
        tensor = dirac.lepton_tensor(dirac.slash(p_n - k), vertices, state)
        value = dirac.contract(tensor, -dirac.METRIC.astype(complex)) / (16 * np.pi * mass)
        shape = 0.5 * value / float(hnl_decay.radiative_width(mass))
        assert shape == pytest.approx(float(hnl_decay.photon_angular_distribution(cosine, polarisation)), rel=1e-8)


def three_body_trace(mass, s, cosine, lepton):
    """|M|^2 of N -> nu l+ l-, averaged, with theta* of l- in the rest frame of the pair."""
    energy, momentum = (mass**2 + s) / (2 * mass), (mass**2 - s) / (2 * mass)
    p_n, p_nu = mass * np.array([1.0, 0, 0, 0]), momentum * np.array([1, 0, 0, -1])
    q = np.array([energy, 0, 0, momentum])
    half, velocity = 0.5 * np.sqrt(s), np.sqrt(1 - 4 * lepton**2 / s)
    gamma, boost = energy / np.sqrt(s), momentum / np.sqrt(s)
    sine = np.sqrt(1 - cosine**2)
    minus = half * np.array([gamma + boost * velocity * cosine, velocity * sine, 0, boost + gamma * velocity * cosine])
    plus = q - minus
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    heavy = dirac.lepton_tensor(dirac.slash(p_nu), vertices, dirac.slash(p_n) + mass * dirac.IDENTITY)
    unit = lepton * dirac.IDENTITY
    pair = dirac.lepton_tensor(dirac.slash(minus) + unit, dirac.GAMMA, dirac.slash(plus) - unit)
    return 0.5 * 4 * np.pi * units.ALPHA * dirac.contract(heavy, pair) / s**2


@pytest.mark.parametrize("lepton", ["e", "mu"])
def test_dilepton_spectrum_by_traces(lepton):
    m, rng = units.LEPTON_MASS[lepton], np.random.default_rng(5)
    nodes, weights = np.polynomial.legendre.leggauss(4)  # the trace is quadratic in the cosine: exact
    for _ in range(200):
        mass = 2 * m * (1 + 10 ** rng.uniform(-3, 2))
        s = 4 * m**2 + (mass**2 - 4 * m**2) * rng.uniform(0.001, 0.999)
        average = 0.5 * sum(w * three_body_trace(mass, s, c, m) for c, w in zip(nodes, weights, strict=True))
        # dGamma/ds = |M|^2 (M^2 - s) sqrt(1 - 4 m^2/s) / (256 pi^3 M^3)
        rate = average * (mass**2 - s) * np.sqrt(1 - 4 * m**2 / s) / (256 * np.pi**3 * mass**3)
        ratio = rate / float(hnl_decay.radiative_width(mass))
        assert float(hnl_decay.dilepton_spectrum(s, mass, lepton)) == pytest.approx(ratio, rel=1e-8)


@pytest.mark.parametrize(("mass", "lepton"), [(0.0011, "e"), (0.15, "e"), (0.25, "mu"), (1.0, "mu"), (100.0, "tau")])
def test_ratio_is_the_integral_of_the_spectrum(mass, lepton):
    low, high = 2 * np.log(2 * units.LEPTON_MASS[lepton]), 2 * np.log(mass)
    integral = quad(
        lambda u: np.exp(u) * float(hnl_decay.dilepton_spectrum(np.exp(u), mass, lepton)),
        low, high, epsabs=0, epsrel=1e-9, limit=400,
    )[0]  # fmt: skip
    assert float(hnl_decay.dilepton_ratio(mass, lepton)) == pytest.approx(integral, rel=1e-7)


def test_published_ratios():
    assert float(hnl_decay.dilepton_ratio(0.15, "e")) == pytest.approx(6.4761e-3, rel=1e-4)
    assert float(hnl_decay.dilepton_ratio(1.0, "mu")) == pytest.approx(1.23451e-3, rel=1e-4)
    for mass, expected in ((0.01, 0.0023), (1.0, 0.0094)):
        assert float(hnl_decay.dilepton_ratio(mass, "e")) == pytest.approx(expected, abs=6e-5)
    mass = 1e3
    logarithm = units.ALPHA / (3 * np.pi) * (np.log((mass / units.ELECTRON_MASS) ** 2) - 3)
    assert float(hnl_decay.dilepton_ratio(mass, "e")) == pytest.approx(logarithm, rel=1e-4)


def test_closed_channels():
    assert float(hnl_decay.dilepton_ratio(2 * units.ELECTRON_MASS, "e")) == 0.0
    assert float(hnl_decay.dilepton_ratio(0.0, "tau")) == 0.0
    assert float(hnl_decay.dilepton_spectrum(1.0, 0.5, "e")) == 0.0
    widths = hnl_decay.partial_widths(0.15)
    assert list(widths) == ["nu gamma", "nu e+ e-", "nu mu+ mu-", "nu tau+ tau-"]
    assert float(hnl_decay.total_width(0.15)) == pytest.approx(sum(float(w) for w in widths.values()))
    assert float(widths["nu mu+ mu-"]) == 0.0


def test_photon_is_isotropic_without_polarisation():
    cosine = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(hnl_decay.photon_angular_distribution(cosine, 0.0), 0.5)
    both = hnl_decay.photon_angular_distribution(cosine, 0.8) + hnl_decay.photon_angular_distribution(cosine, -0.8)
    np.testing.assert_allclose(both, 1.0)


@given(st.floats(min_value=0, max_value=1e4), st.sampled_from(["e", "mu", "tau"]))
def test_finite(mass, lepton):
    assert 0 <= float(hnl_decay.dilepton_ratio(mass, lepton)) < 0.05
    assert np.isfinite(float(hnl_decay.total_width(mass)))


def test_bad_input_is_named():
    with pytest.raises(DomainError):
        hnl_decay.radiative_width(-1.0)
    with pytest.raises(DomainError):
        hnl_decay.dilepton_ratio(np.nan, "e")
    with pytest.raises(UnknownNameError):
        hnl_decay.dilepton_ratio(0.1, "x")
    with pytest.raises(DomainError):
        hnl_decay.photon_angular_distribution(np.nan)
