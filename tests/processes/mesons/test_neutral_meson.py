"""P0 -> gamma nu N: closed form against high precision, spectrum against traces and Monte Carlo, benchmarks."""

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.mesons import neutral_meson as nm
from tests import dirac
from tests.processes import montecarlo


@pytest.mark.parametrize("y", [0.0, 1e-8, 1e-3, 0.1, 0.1999, 0.2001, 0.5, 0.9, 0.999, 0.999999])
def test_reduced_width_agrees_with_eighty_digits(y):
    with mpmath.workdps(80):
        y = mpmath.mpf(y)
        log = mpmath.log(y) if y > 0 else mpmath.mpf(0)
        closed = mpmath.mpf(1) / 4 - 3 * y - 9 * y**2 + 11 * y**3 + 3 * y**4 / 4 - (9 * y**2 + 6 * y**3) * log
        expected = float(closed)
    assert float(nm.reduced_width(float(y))) == pytest.approx(expected, rel=1e-11, abs=0)


def test_reduced_width_near_the_end_point():
    gap = 1e-4
    assert float(nm.reduced_width(1 - gap)) == pytest.approx(gap**6 / 20, rel=1e-3, abs=0)
    assert float(nm.reduced_width(1.0)) == 0.0
    assert float(nm.reduced_width(1.5)) == 0.0


def _levi_civita():
    tensor = np.zeros((4, 4, 4, 4))
    for permutation in itertools.permutations(range(4)):
        tensor[permutation] = np.linalg.det(np.eye(4)[list(permutation)])
    return tensor


def _squared_amplitude(m, hnl, q2, cosine):
    """|M|^2 / d^2 g^2: the vertex g eps(k, q) of P gamma gamma*, the propagator and the dipole vertex."""
    root = np.sqrt(q2)
    e_n, p_n = (q2 + hnl**2) / (2 * root), (q2 - hnl**2) / (2 * root)
    e_k = (m**2 - q2) / (2 * root)
    k = np.array([e_k, 0, 0, e_k])
    sine = np.sqrt(1 - cosine**2)
    n = np.array([e_n, p_n * sine, 0, p_n * cosine])
    nu = np.array([p_n, -p_n * sine, 0, -p_n * cosine])
    q = n + nu
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(nu), vertices, dirac.slash(n) - hnl * dirac.IDENTITY)
    # A_{mu nu} = eps_{mu nu alpha beta} k^alpha q^beta between the real photon (mu) and the virtual one (nu)
    anomaly = np.einsum("abcd,c,d->ab", _levi_civita(), k, q)  # lower indices
    summed = np.einsum("ma,mn,ab->nb", -dirac.METRIC, anomaly, anomaly)
    return float(np.real(np.einsum("nb,nb->", summed, tensor))) / q2**2


@pytest.mark.parametrize("meson", nm.NEUTRAL_MESONS)
def test_spectrum_agrees_with_explicit_traces(meson):
    neutral = nm.NEUTRAL_MESONS[meson]
    m, hnl = neutral.mass, 0.4 * neutral.mass
    # Gamma(P -> gamma gamma) of the same vertex with coupling g: (1/2) (1/16 pi m) g^2 sum |eps|^2, sum = m^4 / 2
    g2 = neutral.diphoton_width * 64 * np.pi / m**3
    for x, cosine in itertools.product([0.2, 0.5, 0.9], [-0.8, 0.1, 0.7]):
        amplitude = g2 * _squared_amplitude(m, hnl, x * m**2, cosine)
        phase_space = (1 - x) * (1 - 0.16 / x) / (512 * np.pi**3 * m) * m**2
        expected = amplitude * phase_space
        assert float(nm.angular_spectrum(x, cosine, meson, hnl)) == pytest.approx(expected, rel=1e-9, abs=0)


def test_spectrum_integrates_to_the_width():
    for hnl in (0.0, 0.05, 0.12):
        _, weight = nm.hnl_energy_nodes("pi0", hnl, nodes=(80, 8))
        assert np.sum(weight) == pytest.approx(float(nm.width("pi0", hnl)), rel=1e-6, abs=0)


@pytest.mark.parametrize("form_factor", nm.FORM_FACTORS)
def test_energy_of_n_agrees_with_phase_space_monte_carlo(form_factor):
    m, hnl = nm.NEUTRAL_MESONS["eta"].mass, 0.2
    (nu, n, photon), weight = montecarlo.phase_space(m, (0.0, hnl, 0.0), 60_000, np.random.default_rng(5))
    q = nu + n
    q2 = q[:, 0] ** 2 - np.sum(q[:, 1:] ** 2, axis=1)
    n_photon = n[:, 0] * photon[:, 0] - np.sum(n[:, 1:] * photon[:, 1:], axis=1)
    e_n, p_n, e_k = (q2 + hnl**2) / 2 / np.sqrt(q2), (q2 - hnl**2) / 2 / np.sqrt(q2), (m**2 - q2) / 2 / np.sqrt(q2)
    cosine = np.clip((e_n * e_k - n_photon) / (p_n * e_k), -1, 1)
    flat = (1 - q2 / m**2) * (1 - hnl**2 / q2)
    event_weight = weight * nm.angular_spectrum(q2 / m**2, cosine, "eta", hnl) / flat
    if form_factor == "pole":
        event_weight = event_weight * nm.NEUTRAL_MESONS["eta"].form_factor2(q2)
    nodes, node_weight = nm.hnl_energy_nodes("eta", hnl, form_factor, nodes=(600, 60))
    distance, significance = montecarlo.weighted_ks(nodes, node_weight, n[:, 0], event_weight)
    assert distance < 0.01
    assert significance < 1.95  # Kolmogorov-Smirnov at 0.1 %


def test_benchmark_of_the_errata():
    ratio = 1e-12 * float(nm.width("pi0", 0.0)) / units.particle_width("pi0")
    assert ratio == pytest.approx(7.6e-17, rel=0.01, abs=0)


def test_form_factor_is_one_at_zero_and_raises_the_heavy_mesons():
    for meson, low, high in (("pi0", 1.0, 1.03), ("eta", 1.15, 1.45), ("eta'", 1.5, 4.0)):
        assert float(nm.NEUTRAL_MESONS[meson].form_factor2(0.0)) == pytest.approx(1.0, rel=1e-6, abs=0)
        ratio = float(nm.width(meson, 0.0, "pole") / nm.width(meson, 0.0))
        assert low < ratio < high


@given(st.floats(0, 2), st.sampled_from(list(nm.NEUTRAL_MESONS)), st.sampled_from(nm.FORM_FACTORS))
def test_widths_are_finite_and_non_negative(mass, meson, form_factor):
    width = float(nm.width(meson, mass, form_factor))
    assert np.isfinite(width)
    assert width >= 0
    assert (width > 0) == (mass < nm.NEUTRAL_MESONS[meson].mass) or width < 1e-20


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="pi0"):
        nm.width("kaon", 0.1)
    with pytest.raises(UnknownNameError, match="pole"):
        nm.width("pi0", 0.1, "vmd")
    with pytest.raises(DomainError):
        nm.width("pi0", -0.1)
