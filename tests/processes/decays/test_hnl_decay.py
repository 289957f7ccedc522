"""Decays of N against helicity amplitudes, explicit traces and phase-space integration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.decays import hnl_decay
from tests import dirac

POINTS = 200


def test_radiative_width_by_traces():
    """Sum over photon polarisations -g, average over the spin of N, two-body phase space; 1 eV to 1 TeV and M = 0."""
    mass = 10 ** np.random.default_rng(1).uniform(-9, 3, POINTS)
    zero = np.zeros(POINTS)
    photon = dirac.vector(0.5 * mass, zero, zero, 0.5 * mass)
    neutrino, heavy = dirac.vector(0.5 * mass, zero, zero, -0.5 * mass), dirac.vector(mass, zero, zero, zero)
    vertices = [2 * dirac.sigma_q(mu, photon) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(neutrino), vertices, dirac.slash(heavy) + dirac.unit(mass))
    width = 0.5 * dirac.contract(tensor, -dirac.METRIC) / (16 * np.pi * mass)
    np.testing.assert_allclose(hnl_decay.radiative_width(mass), width, rtol=1e-12)
    assert float(hnl_decay.radiative_width(0.0)) == 0.0


@pytest.mark.parametrize("polarisation", [-1.0, 0.3, 1.0])
def test_angular_distribution_by_traces(polarisation):
    rng = np.random.default_rng(3)
    mass, cosine = 10 ** rng.uniform(-9, 3, POINTS), np.concatenate([rng.uniform(-1, 1, POINTS - 2), [-1.0, 1.0]])
    zero = np.zeros(POINTS)
    photon = 0.5 * mass[:, None] * dirac.vector(1, np.sqrt(1 - cosine**2), zero, cosine)
    heavy = dirac.vector(mass, zero, zero, zero)
    vertices = [2 * dirac.sigma_q(mu, photon) @ dirac.P_RIGHT for mu in range(4)]
    projector = 0.5 * (dirac.IDENTITY + polarisation * dirac.GAMMA5 @ dirac.slash([0, 0, 0, 1.0]))
    state = (dirac.slash(heavy) + dirac.unit(mass)) @ projector
    tensor = dirac.lepton_tensor(dirac.slash(heavy - photon), vertices, state)
    shape = 0.5 * dirac.contract(tensor, -dirac.METRIC) / (16 * np.pi * mass) / hnl_decay.radiative_width(mass)
    distribution = hnl_decay.photon_angular_distribution(cosine, polarisation)
    np.testing.assert_allclose(shape, distribution, rtol=1e-8, atol=1e-15)


def three_body_trace(mass, s, cosine, lepton):
    """|M|^2 of N -> nu l+ l-, averaged, with theta* of l- in the rest frame of the pair."""
    mass, s = np.asarray(mass, dtype=np.longdouble), np.asarray(s, dtype=np.longdouble)
    energy, momentum = (mass**2 + s) / (2 * mass), (mass**2 - s) / (2 * mass)
    zero = np.zeros_like(mass)
    p_n, p_nu = dirac.vector(mass, zero, zero, zero), dirac.vector(momentum, zero, zero, -momentum)
    q = dirac.vector(energy, zero, zero, momentum)
    half, velocity = 0.5 * np.sqrt(s), np.sqrt(1 - 4 * lepton**2 / s)
    gamma, boost = energy / np.sqrt(s), momentum / np.sqrt(s)
    sine = np.sqrt(1 - cosine**2)
    minus = half[:, None] * dirac.vector(
        gamma + boost * velocity * cosine, velocity * sine, zero, boost + gamma * velocity * cosine
    )
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    heavy = dirac.lepton_tensor(dirac.slash(p_nu), vertices, dirac.slash(p_n) + dirac.unit(mass))
    unit = dirac.unit(lepton)
    pair = dirac.lepton_tensor(dirac.slash(minus) + unit, dirac.GAMMA, dirac.slash(q - minus) - unit)
    return 0.5 * 4 * np.pi * units.ALPHA * dirac.contract(heavy, pair) / s**2


@pytest.mark.parametrize("lepton", ["e", "mu", "tau"])
def test_dilepton_spectrum_by_traces(lepton):
    """200 points: N from 1e-5 above the threshold of the pair to a hundred times it, pairs at both their ends too."""
    m, rng = units.LEPTON_MASS[lepton], np.random.default_rng(5)
    nodes, weights = np.polynomial.legendre.leggauss(4)  # the trace is quadratic in the cosine: exact
    # M^2 - s and s - 4 m^2 have as many digits as M and s allow, which close to both ends at once are too few
    mass = 2 * m * (1 + 10 ** np.concatenate([rng.uniform(-5, -2, 50), rng.uniform(-2, 2, 150)]))
    ends = 10 ** rng.uniform(-4, -2, 50)
    share = np.concatenate([rng.uniform(0.02, 0.98, 100), ends, 1 - ends])
    s = 4 * m**2 + (mass - 2 * m) * (mass + 2 * m) * share
    average = 0.5 * sum(w * three_body_trace(mass, s, c, m) for c, w in zip(nodes, weights, strict=True))
    # dGamma/ds = |M|^2 (M^2 - s) sqrt(1 - 4 m^2/s) / (256 pi^3 M^3)
    exact_mass, exact_s = np.asarray(mass, dtype=np.longdouble), np.asarray(s, dtype=np.longdouble)
    velocity = np.sqrt(1 - 4 * m**2 / exact_s)
    rate = average * (exact_mass**2 - exact_s) * velocity / (256 * np.pi**3 * exact_mass**3)
    ratio = (rate / hnl_decay.radiative_width(mass)).astype(float)
    np.testing.assert_allclose(hnl_decay.dilepton_spectrum(s, mass, lepton), ratio, rtol=1e-8)


@pytest.mark.parametrize(("mass", "lepton"), [(0.0011, "e"), (0.15, "e"), (0.25, "mu"), (1.0, "mu"), (100.0, "tau")])
def test_ratio_is_the_integral_of_the_spectrum(mass, lepton):
    low, high = 2 * np.log(2 * units.LEPTON_MASS[lepton]), 2 * np.log(mass)
    integral = quad(
        lambda u: np.exp(u) * float(hnl_decay.dilepton_spectrum(np.exp(u), mass, lepton)),
        low, high, epsabs=0, epsrel=1e-9, limit=400,
    )[0]  # fmt: skip
    assert float(hnl_decay.dilepton_ratio(mass, lepton)) == pytest.approx(integral, rel=1e-7, abs=0)


def test_published_ratios():
    assert float(hnl_decay.dilepton_ratio(0.15, "e")) == pytest.approx(6.4761e-3, rel=1e-4, abs=0)
    assert float(hnl_decay.dilepton_ratio(1.0, "mu")) == pytest.approx(1.23451e-3, rel=1e-4, abs=0)
    for mass, expected in ((0.01, 0.0023), (1.0, 0.0094)):
        assert float(hnl_decay.dilepton_ratio(mass, "e")) == pytest.approx(expected, abs=6e-5)
    mass = 1e3
    logarithm = units.ALPHA / (3 * np.pi) * (np.log((mass / units.ELECTRON_MASS) ** 2) - 3)
    assert float(hnl_decay.dilepton_ratio(mass, "e")) == pytest.approx(logarithm, rel=1e-4, abs=0)


def test_closed_channels():
    assert float(hnl_decay.dilepton_ratio(2 * units.ELECTRON_MASS, "e")) == 0.0
    assert float(hnl_decay.dilepton_ratio(0.0, "tau")) == 0.0
    assert float(hnl_decay.dilepton_spectrum(1.0, 0.5, "e")) == 0.0
    widths = hnl_decay.partial_widths(0.15)
    assert list(widths) == ["nu gamma", "nu e+ e-", "nu mu+ mu-", "nu tau+ tau-"]
    assert float(hnl_decay.total_width(0.15)) == pytest.approx(sum(float(w) for w in widths.values()), rel=1e-6, abs=0)
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
