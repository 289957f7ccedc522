"""P -> l l' l' N: factorised rate against the full trace, exchange against explicit spinors, benchmarks."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.mesons import charged_meson as cm
from nudipole.processes.mesons import four_body_meson as fb
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
        assert value[i] == pytest.approx(strength * np.real(np.sum(one * two.conj())), rel=1e-9, abs=0)


def _weak_dipole(parent, neutrino, photon):
    """P-slash P_L q-slash sigma_{rho lambda} k^lambda P_R / (q^2 k^2) with rho lowered; shape (n, 4, 4, 4)."""
    k, lowered = _slash(photon), np.einsum("rs,sij->rij", dirac.METRIC, dirac.GAMMA)
    sigma = 0.5j * (np.einsum("rij,njk->nrik", lowered, k) - np.einsum("nij,rjk->nrik", k, lowered))
    weak = _slash(parent) @ dirac.P_LEFT @ _slash(neutrino)
    return (weak[:, None] @ sigma @ dirac.P_RIGHT) / (_square(neutrino) * _square(photon))[:, None, None, None]


def _slash(p):
    return np.einsum("nm,mij->nij", p * np.diag(dirac.METRIC), dirac.GAMMA)


def _square(p):
    return p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1)


def _bar(vertex):
    return dirac.GAMMA[0] @ np.conj(np.swapaxes(vertex, -1, -2)) @ dirac.GAMMA[0]


def _squared(charged, first, second, plus, hnl, mass, pair_mass):
    """Sum over spins of |M_1|^2 / d^2 by traces for any two lepton masses."""
    vertex = _weak_dipole(first + second + plus + hnl, second + plus + hnl, second + plus)
    own, other = mass * np.eye(4), pair_mass * np.eye(4)
    weak = np.einsum("nij,nrjk,nkl,nsli->nrs", _slash(first) + own, vertex, _slash(hnl), _bar(vertex), optimize=True)
    pair = np.einsum(
        "nij,rjk,nkl,sli->nrs", _slash(second) + other, dirac.GAMMA, _slash(plus) - other, dirac.GAMMA, optimize=True
    )
    return 8 * charged.weak_strength * 4 * np.pi * units.ALPHA * np.real(np.einsum("nrs,nrs->n", weak, pair))


def _traces(charged, first, second, plus, hnl, mass):
    """Sums over spins of |M_1|^2 / d^2 and Re(M_1 M_2^*) / d^2 by traces, many events at once."""
    parent, unit = first + second + plus + hnl, mass * np.eye(4)
    one, two = _weak_dipole(parent, parent - first, second + plus), _weak_dipole(parent, parent - second, first + plus)
    inner = np.einsum("nij,nrjk,nkl,nslm->nrsim", _slash(first) + unit, one, _slash(hnl), _bar(two), optimize=True)
    outer = np.einsum(
        "nij,rjk,nkl,slm->nrsim", _slash(second) + unit, dirac.GAMMA, _slash(plus) - unit, dirac.GAMMA, optimize=True
    )
    product = np.real(np.einsum("nrsim,nrsmi->n", inner, outer, optimize=True))
    strength = 8 * charged.weak_strength * 4 * np.pi * units.ALPHA
    return _squared(charged, first, second, plus, hnl, mass, mass), strength * product


def _lattice(points):
    """A rank-one (Kronecker) lattice in the unit cube of five dimensions, made periodic by the tent map."""
    base = 2.0
    for _ in range(60):  # the real root of x^6 = x + 1
        base = (1 + base) ** (1 / 6)
    fraction = np.modf(0.5 + np.arange(1, points + 1)[:, None] * base ** -np.arange(1.0, 6.0))[0]
    return 1 - np.abs(2 * fraction - 1)


def _pair_pair(m, mass, hnl, unit):
    """Momenta (l, l', anti-l', N) and dPhi_4 from P -> (l l') (anti-l' N), a tree that knows of no photon."""
    floor, roof = 2 * mass, m - mass - hnl
    first, second = (t * t * (3 - 2 * t) for t in (unit[:, 0], unit[:, 1]))  # smooths the edges of phase space
    left = floor + (roof - floor) * first
    right = mass + hnl + (m - left - mass - hnl) * second
    weight = 36 * np.prod(unit[:, :2] * (1 - unit[:, :2]), axis=1)
    weight *= 2 * left * (roof - floor) * 2 * right * (m - left - mass - hnl) / (2 * np.pi) ** 2

    def split(whole, m1, m2, cosine, azimuth):
        energy = (whole**2 + m1**2 - m2**2) / (2 * whole)
        p = np.sqrt(np.maximum(energy**2 - m1**2, 0.0))
        sine = np.sqrt(1 - cosine**2)
        three = p[:, None] * np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)
        one = np.concatenate([energy[:, None], three], axis=1)
        return one, np.concatenate([(whole - energy)[:, None], -three], axis=1), p / (4 * np.pi * whole)

    whole, zero = np.full(len(unit), m), np.zeros(len(unit))
    first_pair, second_pair, phase = split(whole, left, right, 1.0 + zero, zero)
    first, second, phase_left = split(left, mass, mass, 2 * unit[:, 2] - 1, zero)
    plus, neutral, phase_right = split(right, mass, hnl, 2 * unit[:, 3] - 1, 2 * np.pi * unit[:, 4])
    momenta = [montecarlo.boost(p, first_pair) for p in (first, second)]
    momenta += [montecarlo.boost(p, second_pair) for p in (plus, neutral)]
    return momenta, weight * phase * phase_left * phase_right


def test_exchange_product_agrees_with_traces():
    for name, lepton, hnl in (("K", "mu", 0.05), ("pi", "e", 0.01)):
        charged, mass = cm.CHARGED_MESONS[name], units.LEPTON_MASS[lepton]
        momenta, _ = montecarlo.phase_space(charged.mass, (mass, mass, mass, hnl), 50, np.random.default_rng(3))
        product = _traces(charged, *momenta, mass)[1]
        ours = fb.exchange_product(charged, *momenta, hnl_mass=hnl)
        assert np.allclose(ours, product, rtol=1e-6, atol=1e-6 * np.max(np.abs(product)))


def test_equal_and_unequal_leptons_are_the_five_dimensional_integral_to_a_part_in_ten_thousand():
    """Another tree of decays, other nodes (a lattice) and traces instead of spinors."""
    charged, mass, hnl = cm.CHARGED_MESONS["K"], units.MUON_MASS, 0.05
    total, points = np.zeros(2), 1 << 16
    for part in np.array_split(_lattice(points), 16):
        momenta, weight = _pair_pair(charged.mass, mass, hnl, part)
        squared, product = _traces(charged, *momenta, mass)
        total += np.array([np.sum(weight * squared), np.sum(weight * (squared - product))]) / points
    total /= 2 * charged.mass
    assert total[0] == pytest.approx(fb.distinct_width("K", "mu", "mu", hnl), rel=1e-4, abs=0)
    assert total[1] == pytest.approx(fb.width("K", "mu", "mu", hnl), rel=1e-4, abs=0)


@pytest.mark.parametrize(("meson", "lepton", "hnl"), [("K", "mu", 0.05), ("D", "mu", 0.6), ("B", "mu", 1.0)])
def test_the_exchange_of_muons_has_converged(meson, lepton, hnl):
    more = fb.distinct_width(meson, lepton, lepton, hnl) - fb._exchange_width(meson, lepton, hnl, (9, 7, 12, 12, 8))
    assert fb.width(meson, lepton, lepton, hnl) == pytest.approx(more, rel=1e-4, abs=0)


@pytest.mark.validation
@pytest.mark.parametrize(("meson", "hnl"), [("pi", 0.01), ("K", 0.05), ("D", 0.3), ("B", 0.5)])
def test_the_exchange_of_electrons_has_converged(meson, hnl):
    """More nodes in four of five dimensions: 1e-4 of the width, 3 % of which is the exchange."""
    more = fb.distinct_width(meson, "e", "e", hnl) - fb._exchange_width(meson, "e", hnl, (14, 6, 26, 16, 12))
    assert fb.width(meson, "e", "e", hnl) == pytest.approx(more, rel=1e-4, abs=0)


def _unequal_pair(m, m_l, m_pair, hnl):
    """Nodes for P -> l (q -> (l' anti-l') N) with any masses: 14 in the pair mass, 12 in q^2, three in every angle."""
    x, w = (v / 2 + shift for v, shift in zip(np.polynomial.legendre.leggauss(14), (0.5, 0.0), strict=True))
    y, v = (v / 2 + shift for v, shift in zip(np.polynomial.legendre.leggauss(12), (0.5, 0.0), strict=True))
    c, r = (v / 2 + shift for v, shift in zip(np.polynomial.legendre.leggauss(3), (0.5, 0.0), strict=True))
    grid = [
        g.ravel() for g in np.meshgrid(x, y, 2 * c - 1, 2 * c - 1, 2 * np.pi * (np.arange(3) + 0.5) / 3, indexing="ij")
    ]
    weight = np.einsum("a,b,c,d,e->abcde", w, v, r, r, np.full(3, 1 / 3)).ravel()
    u_max = np.arccosh((m - m_l - hnl) / (2 * m_pair))
    u = u_max * grid[0]
    pair = 2 * m_pair * np.cosh(u)
    low, high = (hnl + pair) ** 2, (m - m_l) ** 2
    q = np.sqrt(low + (high - low) * np.sin(0.5 * np.pi * grid[1]) ** 2)
    weight *= 8 * m_pair**2 * np.cosh(u) * np.sinh(u) * u_max * (high - low) * 0.5 * np.pi * np.sin(np.pi * grid[1])

    def split(whole, m1, m2, cosine, azimuth):
        energy = (whole**2 + m1**2 - m2**2) / (2 * whole)
        p, sine = np.sqrt(np.maximum(energy**2 - m1**2, 0.0)), np.sqrt(1 - cosine**2)
        three = p[:, None] * np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)
        one = np.concatenate([energy[:, None], three], axis=1)
        return one, np.concatenate([(whole - energy)[:, None], -three], axis=1), p / (4 * np.pi * whole)

    zero = np.zeros_like(q)
    lepton, neutrino, one = split(m + zero, m_l, q, 1 + zero, zero)
    photon, neutral, two = split(q, pair, hnl, grid[2], zero)
    minus, plus, three = split(pair, m_pair, m_pair, grid[3], grid[4])
    photon, neutral = montecarlo.boost(photon, neutrino), montecarlo.boost(neutral, neutrino)
    momenta = lepton, montecarlo.boost(minus, photon), montecarlo.boost(plus, photon), neutral
    return momenta, weight * one * two * three / (2 * np.pi) ** 2


@pytest.mark.parametrize("meson", cm.CHARGED_MESONS)
def test_every_four_body_width_is_the_integral_of_its_traces(meson):
    """All pairs of leptons that fit, without exchange: nested Gauss quadrature of the full trace to 1e-4."""
    charged, hnl = cm.CHARGED_MESONS[meson], 0.02
    for lepton, m_l in units.LEPTON_MASS.items():
        for pair, m_pair in units.LEPTON_MASS.items():
            ours = fb.distinct_width(meson, lepton, pair, hnl)
            if m_l + 2 * m_pair + hnl >= charged.mass:
                assert ours == 0.0
                continue
            momenta, measure = _unequal_pair(charged.mass, m_l, m_pair, hnl)
            total = np.sum(measure * _squared(charged, *momenta, m_l, m_pair)) / (2 * charged.mass)
            assert ours == pytest.approx(total, rel=1e-4, abs=0)


def test_the_nodes_integrate_the_square_to_the_factorised_width():
    """The same nodes with |M_1|^2 (traces), of which the width is known in closed form up to two integrals."""
    for name, lepton, hnl in (("K", "mu", 0.05), ("D", "mu", 0.6)):
        charged, mass = cm.CHARGED_MESONS[name], units.LEPTON_MASS[lepton]
        momenta, measure = fb._four_body_nodes(charged.mass, mass, hnl, (10, 10, 6, 6, 12))
        total = np.sum(measure * _traces(charged, *momenta, mass)[0]) / (2 * charged.mass)
        assert total == pytest.approx(fb.distinct_width(name, lepton, lepton, hnl), rel=1e-7, abs=0)


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
    assert estimate / fb.width(meson, lepton, pair, hnl) == pytest.approx(overestimate, rel=0.03, abs=0)


def test_a_light_pair_reproduces_the_radiative_width():
    # s -> 0 in the distinct formula: the density per ds (3 pi s / alpha) tends to Gamma(P -> l gamma N)
    energy, weight = fb.hnl_energy_nodes("K", "mu", "e", 0.1)
    mean = np.sum(energy * weight) / np.sum(weight)
    radiative = cm.hnl_energy_nodes("K", "mu", 0.1)
    assert mean == pytest.approx(np.sum(radiative[0] * radiative[1]) / np.sum(radiative[1]), rel=0.03, abs=0)
    assert np.min(energy) >= 0.1 * (1 - 1e-14)


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
