"""P -> l l' l' N: factorised rate against the full trace, exchange against explicit spinors, benchmarks."""

import numpy as np
import pytest
from scipy.stats import qmc

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes import charged_meson as cm
from nudipole.processes import four_body_meson as fb
from tests import dirac
from tests.processes import montecarlo


def _spinors(p, mass):
    """u and v for both spins: columns that satisfy sum u ubar = pslash + m, sum v vbar = pslash - m."""
    plus, minus = dirac.slash(p) + mass * dirac.IDENTITY, dirac.slash(p) - mass * dirac.IDENTITY
    norm = np.sqrt(p[0] + mass)
    return [plus[:, i] / norm for i in (0, 1)], [-minus[:, i] / norm for i in (2, 3)]


def _amplitudes(charged, first, second, plus, hnl, mass, hnl_mass):
    """M_1 for all spins (first, second, plus, N), without couplings, straight from spinors."""
    bar = [u.conj() @ dirac.GAMMA[0] for u in _spinors(first, mass)[0]]
    bar2 = [u.conj() @ dirac.GAMMA[0] for u in _spinors(second, mass)[0]]
    v_plus, v_n = _spinors(plus, mass)[1], _spinors(hnl, hnl_mass)[1]
    q, k = plus + second + hnl, plus + second
    weak = dirac.slash(first + q) @ dirac.P_LEFT @ dirac.slash(q)
    result = np.zeros((2, 2, 2, 2), dtype=complex)
    for rho in range(4):
        vertex = weak @ dirac.sigma_q(rho, k) @ dirac.P_RIGHT
        left = np.array([[b @ vertex @ v for v in v_n] for b in bar])
        right = np.array([[b @ dirac.GAMMA[rho] @ v for v in v_plus] for b in bar2])
        result += dirac.METRIC[rho, rho] * np.einsum("an,bp->abpn", left, right)
    return result / (dirac.dot(q, q) * dirac.dot(k, k))


def test_spinors_are_complete():
    p = np.array([np.sqrt(0.2**2 + 0.14), 0.1, -0.2, 0.3])
    u, v = _spinors(p, 0.2)
    assert np.allclose(sum(np.outer(x, x.conj() @ dirac.GAMMA[0]) for x in u), dirac.slash(p) + 0.2 * dirac.IDENTITY)
    assert np.allclose(sum(np.outer(x, x.conj() @ dirac.GAMMA[0]) for x in v), dirac.slash(p) - 0.2 * dirac.IDENTITY)


def test_exchange_product_agrees_with_explicit_spinors():
    charged, mass, hnl_mass = cm.CHARGED_MESONS["K"], units.MUON_MASS, 0.05
    momenta, _ = montecarlo.phase_space(charged.mass, (mass, mass, mass, hnl_mass), 5, np.random.default_rng(1))
    value = fb.exchange_product(charged, *momenta)
    strength = 8 * charged.weak_strength * 4 * np.pi * units.ALPHA
    for i in range(5):
        first, second, plus, hnl = (p[i] for p in momenta)
        one = _amplitudes(charged, first, second, plus, hnl, mass, hnl_mass)
        two = np.swapaxes(_amplitudes(charged, second, first, plus, hnl, mass, hnl_mass), 0, 1)
        assert value[i] == pytest.approx(strength * np.real(np.sum(one * two.conj())), rel=1e-9)


def _squared(charged, first, second, plus, hnl, mass):
    """Sum over spins of |M_1|^2 / d^2 by traces, many events at once."""
    vertex = fb._weak_dipole(first + second + plus + hnl, second + plus + hnl, second + plus)
    weak = np.einsum(
        "nij,nrjk,nkl,nsli->nrs", fb._slash(first) + mass * np.eye(4), vertex, fb._slash(hnl), fb._bar(vertex),
        optimize=True,
    )  # fmt: skip
    pair = np.einsum(
        "nij,rjk,nkl,sli->nrs", fb._slash(second) + mass * np.eye(4), dirac.GAMMA,
        fb._slash(plus) - mass * np.eye(4), dirac.GAMMA, optimize=True,
    )  # fmt: skip
    return 8 * charged.weak_strength * 4 * np.pi * units.ALPHA * np.real(np.einsum("nrs,nrs->n", weak, pair))


def test_the_factorised_width_is_the_five_dimensional_integral_to_a_part_in_ten_thousand():
    charged, mass, hnl = cm.CHARGED_MESONS["K"], units.MUON_MASS, 0.05
    total, points = 0.0, 1 << 17
    for part in np.array_split(fb._lattice(points, 5), 16):
        momenta, jacobian = fb._four_body_points(charged.mass, mass, hnl, part)
        total += np.sum(jacobian * _squared(charged, *momenta, mass)) / points
    assert total / (2 * charged.mass) == pytest.approx(fb.distinct_width("K", "mu", "mu", hnl), rel=1e-4)


@pytest.mark.parametrize(("meson", "lepton", "hnl"), [("K", "mu", 0.05), ("pi", "e", 0.01), ("K", "e", 0.05)])
def test_exchange_does_not_depend_on_the_points(meson, lepton, hnl, monkeypatch):
    """Another set of points, scrambled Sobol instead of a lattice: the width is good to 5e-4."""
    ours = fb.width(meson, lepton, lepton, hnl)
    monkeypatch.setattr(fb, "_lattice", lambda points, dimensions: qmc.Sobol(dimensions, rng=7).random(2 * points))
    other = fb.distinct_width(meson, lepton, lepton, hnl) - fb._exchange_width.__wrapped__(meson, lepton, hnl)
    assert ours == pytest.approx(other, rel=5e-4)


@pytest.mark.parametrize(("meson", "lepton", "hnl"), [("K", "mu", 0.05), ("D", "mu", 0.6)])
def test_rates_agree_with_brute_force_monte_carlo(meson, lepton, hnl):
    """Distinct and identical leptons from the full five-dimensional integral over explicit spinors."""
    charged, mass = cm.CHARGED_MESONS[meson], units.LEPTON_MASS[lepton]
    momenta, weight = montecarlo.phase_space(charged.mass, (mass, mass, mass, hnl), 3000, np.random.default_rng(4))
    distinct, identical = np.empty(weight.size), np.empty(weight.size)
    for i in range(weight.size):
        first, second, plus, n = (p[i] for p in momenta)
        one = _amplitudes(charged, first, second, plus, n, mass, hnl)
        two = np.swapaxes(_amplitudes(charged, second, first, plus, n, mass, hnl), 0, 1)
        distinct[i] = 0.5 * np.sum(np.abs(one) ** 2 + np.abs(two) ** 2)
        identical[i] = 0.5 * np.sum(np.abs(one - two) ** 2)
    strength = 8 * charged.weak_strength * 4 * np.pi * units.ALPHA / (2 * charged.mass)
    for values, expected in (
        (distinct, fb.distinct_width(meson, lepton, lepton, hnl)),
        (identical, fb.width(meson, lepton, lepton, hnl)),
    ):
        integrand = strength * weight * values
        error = np.std(integrand) / np.sqrt(weight.size)
        assert error < 0.03 * expected
        assert abs(np.mean(integrand) - expected) < 4 * error


@pytest.mark.parametrize(
    ("meson", "lepton", "hnl", "excess", "margin"),
    [("K", "mu", 0.050, 0.43, 0.01), ("pi", "e", 0.010, 0.03, 0.015), ("K", "e", 0.050, 0.03, 0.015)],
)
def test_identical_leptons_change_the_width_as_the_errata_say(meson, lepton, hnl, excess, margin):
    ratio = fb.width(meson, lepton, lepton, hnl) / fb.distinct_width(meson, lepton, lepton, hnl)
    assert ratio - 1 == pytest.approx(excess, abs=margin)


@pytest.mark.parametrize(
    ("meson", "lepton", "pair", "hnl", "overestimate"),
    [("K", "mu", "e", 0.050, 1.5), ("pi", "mu", "e", 0.005, 2.6), ("K", "e", "mu", 0.050, 38)],
)
def test_the_logarithmic_estimate_of_the_review_is_too_large(meson, lepton, pair, hnl, overestimate):
    mass = cm.CHARGED_MESONS[meson].mass
    logarithm = 2 * np.log(mass / units.LEPTON_MASS[pair])
    estimate = units.ALPHA / (3 * np.pi) * float(cm.width(meson, lepton, hnl)) * logarithm
    assert estimate / fb.width(meson, lepton, pair, hnl) == pytest.approx(overestimate, rel=0.03)


def test_a_light_pair_reproduces_the_radiative_width():
    # s -> 0 in the distinct formula: the density per ds (3 pi s / alpha) tends to Gamma(P -> l gamma N)
    energy, weight = fb.hnl_energy_nodes("K", "mu", "e", 0.1)
    mean = np.sum(energy * weight) / np.sum(weight)
    radiative = cm.hnl_energy_nodes("K", "mu", 0.1)
    assert mean == pytest.approx(np.sum(radiative[0] * radiative[1]) / np.sum(radiative[1]), rel=0.03)
    assert np.min(energy) >= 0.1


def test_energy_of_n_agrees_with_the_trace_by_monte_carlo():
    charged, hnl = cm.CHARGED_MESONS["K"], 0.05
    masses = (units.MUON_MASS, units.MUON_MASS, units.ELECTRON_MASS, hnl)
    momenta, weight = montecarlo.phase_space(charged.mass, masses, 4000, np.random.default_rng(9))
    values = np.empty(weight.size)
    for i in range(weight.size):
        minus, plus, electron, n = (p[i] for p in momenta)
        q, k = minus + plus + n, minus + plus
        weak = dirac.slash(electron + q) @ dirac.P_LEFT @ dirac.slash(q)
        vertices = [weak @ dirac.sigma_q(rho, k) @ dirac.P_RIGHT for rho in range(4)]
        weak_part = dirac.lepton_tensor(
            dirac.slash(electron) + masses[2] * dirac.IDENTITY, vertices, dirac.slash(n) - hnl * dirac.IDENTITY
        )
        pair = dirac.lepton_tensor(
            dirac.slash(minus) + masses[0] * dirac.IDENTITY, dirac.GAMMA, dirac.slash(plus) - masses[0] * dirac.IDENTITY
        )
        values[i] = weight[i] * dirac.contract(weak_part, pair) / (dirac.dot(q, q) * dirac.dot(k, k)) ** 2
    nodes, node_weight = fb.hnl_energy_nodes("K", "e", "mu", hnl)
    distance, significance = montecarlo.weighted_ks(nodes, node_weight, momenta[3][:, 0], values)
    assert distance < 0.05
    assert significance < 1.95
    strength = 8 * charged.weak_strength * 4 * np.pi * units.ALPHA / (2 * charged.mass)
    error = np.std(values) / np.sqrt(values.size)
    assert abs(np.mean(values) - np.sum(node_weight) / strength) < 4 * error


def test_thresholds_and_bad_input():
    assert fb.width("pi", "mu", "mu", 0.0) == 0.0
    assert fb.width("K", "mu", "mu", 0.18) == 0.0
    assert fb.width("K", "mu", "mu", 0.17) > 0.0
    with pytest.raises(UnknownNameError):
        fb.width("pi0", "mu", "mu", 0.1)
    with pytest.raises(DomainError):
        fb.width("K", "mu", "e", -1.0)
