"""e+ e- -> nu_e N gamma with d_W: closed amplitudes against the diagrams, gauge invariance, limits."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.portal import Completion
from nudipole.processes.collisions import annihilation, chiral_exchange, mono_photon
from nudipole.processes.collisions import mono_photon_w as exchange
from tests import dirac

POINTS = [  # sqrt(s), M, x, cos(theta_gamma), direction of N in the frame of N and nubar
    (4.0, 0.5, 0.4, 0.3, 0.2, 1.0),
    (10.58, 1.0, 0.49, 0.81, -0.7, 4.0),
    (91.19, 80.0, 0.13, -0.85, 0.9, 0.3),
    (189.0, 1e-3, 0.7, -0.14, -0.2, 2.2),
    (189.0, 0.0, 0.05, 0.95, 0.6, 5.0),
    (500.0, 100.0, 0.33, 0.52, 0.1, 3.3),
]
LOWER = np.diag(dirac.METRIC)


def left_handed(p):
    """Spinor of a massless left-handed particle; up to a phase also v of its antiparticle."""
    column = dirac.P_LEFT @ dirac.slash(p) @ np.array([1.0, 0.3, 0.2 - 0.1j, 0.7], dtype=complex)
    return column * np.sqrt(2 * p[0] / (column.conj() @ column).real)


def slashed(vector):
    return np.einsum("m,mij->ij", vector * LOWER, np.stack(dirac.GAMMA))


def curl(q, vector):
    """sigma^{mu nu} q_mu V_nu."""
    a, b = slashed(q), slashed(vector)
    return 0.5j * (a @ b - b @ a)


def dot(a, b):
    return np.sum(a * LOWER * b)


def diagrams(points, polarisation, left, strength, contact=True):
    """X of the amplitude ubar_N X of e- e+ -> N nubar gamma, in units of 2e: unitary gauge, two orders of fermions."""
    p1, p2, n, k = points.electron, points.positron, points.neutrino, points.photon
    electron, positron, neutrino = left_handed(p1), left_handed(p2).conj() @ dirac.GAMMA[0], left_handed(n)
    eps, gamma = slashed(polarisation), [m @ dirac.P_LEFT for m in dirac.GAMMA]
    after = dirac.slash(p1 - k) @ eps @ electron / (-2 * dot(p1, k))
    before = positron @ eps @ dirac.slash(k - p2) / (-2 * dot(p2, k))
    total, q2 = p1 + p2 - k, p2 - n
    q1 = q2 - k

    def propagated(current, q):
        return (current - q * dot(q, current) / units.W_MASS**2) / (dot(q, q) - units.W_MASS**2)

    annihilated = np.array([positron @ m @ after + before @ m @ electron for m in gamma])
    x = -left * curl(total, annihilated) @ dirac.P_LEFT @ neutrino
    off_positron = propagated(np.array([before @ m @ neutrino for m in gamma]), q1)
    w = propagated(np.array([positron @ m @ neutrino for m in gamma]), q2)
    t = -curl(q2, w) @ dirac.P_LEFT @ after - curl(q1, off_positron) @ dirac.P_LEFT @ electron
    # the Yang-Mills vertex with q2 and W coming in, q1 and the photon going out
    vertex = dot(q1 + q2, polarisation) * w + dot(k - q1, w) * polarisation - dot(polarisation, w) * (k + q2)
    t = t + curl(q1, propagated(vertex, q1)) @ dirac.P_LEFT @ electron
    if contact:
        t = t - curl(polarisation, w) @ dirac.P_LEFT @ electron
    return 0.5 * (x - strength * t)  # the minus sign is Fermi's


def spin_sum(points, mass, x):
    return (x.conj() @ dirac.GAMMA[0] @ (dirac.slash(points.hnl) + mass * dirac.IDENTITY) @ x).real


def at(point):
    sqrt_s, mass, x, cosine, polar, azimuth = point
    return exchange.three_bodies(x, cosine, sqrt_s**2, mass, polar, azimuth)


def polarisations(cosine):
    return np.array([0, cosine, 0, -np.sqrt(1 - cosine**2)]), np.array([0, 0, 1.0, 0])


def strengths(sqrt_s, x, ratio):
    completion = Completion("gauge", ratio)
    left, _ = chiral_exchange.chiral_amplitudes(sqrt_s**2 * (1 - x), "e", completion.z_over_gamma)
    return complex(left), np.sqrt(2 * chiral_exchange.weak_coupling2()) * completion.w_over_gamma


@pytest.mark.parametrize("point", POINTS)
def test_momenta_are_on_their_shells_and_conserved(point):
    sqrt_s, mass, x, cosine, polar, _ = point
    points = at(point)
    for p, m in ((points.neutrino, 0.0), (points.photon, 0.0), (points.hnl, mass)):
        assert dot(p, p) == pytest.approx(m**2, abs=1e-12 * sqrt_s**2)
    assert points.photon[3] == pytest.approx(cosine * x * sqrt_s / 2, rel=1e-6, abs=0)
    pair = points.neutrino + points.hnl
    assert dot(pair, pair) == pytest.approx(sqrt_s**2 * (1 - x), rel=1e-6, abs=0)
    # the boost to the frame of the pair leaves what is across it alone, and N there goes at the angle asked for
    velocity = pair[1:] / pair[0]
    gamma, along = pair[0] / np.sqrt(dot(pair, pair)), points.hnl[1:] @ velocity
    back = points.hnl[1:] + velocity * ((gamma - 1) * along / (velocity @ velocity) - gamma * points.hnl[0])
    assert back[2] / np.linalg.norm(back) == pytest.approx(polar, abs=1e-9)


@pytest.mark.parametrize("ratio", [1.0, -3.0, 1e3])
@pytest.mark.parametrize("point", POINTS)
def test_closed_amplitudes_against_all_tree_diagrams(point, ratio):
    sqrt_s, mass, x, cosine, *_ = point
    points, (left, strength) = at(point), strengths(sqrt_s, x, ratio)
    expected = sum(spin_sum(points, mass, diagrams(points, e, left, strength)) for e in polarisations(cosine))
    assert float(exchange.squared_amplitudes(points, left, strength)) == pytest.approx(expected, rel=1e-8, abs=0)


@pytest.mark.parametrize("point", POINTS)
def test_the_diagrams_are_gauge_invariant_and_only_with_the_vertex_of_the_operator(point):
    sqrt_s, mass, x, cosine, *_ = point
    points, (left, strength) = at(point), strengths(sqrt_s, x, 1.0)
    size = sum(spin_sum(points, mass, diagrams(points, e, left, strength)) for e in polarisations(cosine))
    longitudinal = points.photon / points.photon[0]
    ward = spin_sum(points, mass, diagrams(points, longitudinal, left, strength))
    assert np.sqrt(abs(ward) / size) < 1e-10
    without = spin_sum(points, mass, diagrams(points, longitudinal, left, strength, contact=False))
    assert np.sqrt(without / size) > 1e-4


def test_the_vertex_is_the_non_abelian_piece_of_the_field_strength():
    """(tau^a / 2) g eps^{abc} W^b_mu W^c_nu in its charged entry is the covariant curl of a W of the electron's charge."""
    rng = np.random.default_rng(3)
    photon, w = rng.normal(size=4), rng.normal(size=4) + 1j * rng.normal(size=4)  # A and the W that meets ebar N
    g, sine = 0.65, np.sqrt(units.SIN2_THETA_W_MSBAR)
    fields = np.array([(w + w.conj()) / np.sqrt(2), (w - w.conj()) / (1j * np.sqrt(2)), sine * photon])
    epsilon = np.zeros((3, 3, 3))
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        epsilon[a, b, c], epsilon[a, c, b] = 1.0, -1.0
    strength = g * np.einsum("abc,bm,cn->amn", epsilon, fields, fields)
    tau = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    matrix = np.einsum("aij,amn->ijmn", tau / 2, strength)
    # D = d - i g (tau^a / 2) W^a gives the electron (lower entry) d + i e A; W = (W^1 + i W^2) / sqrt(2) there has the same
    assert np.einsum("aij,am->ijm", tau / 2, fields)[1, 0] == pytest.approx(w / np.sqrt(2), rel=1e-6, abs=0)
    covariant = 1j * g * sine * (np.multiply.outer(photon, w) - np.multiply.outer(w, photon)) / np.sqrt(2)
    assert matrix[1, 0] == pytest.approx(covariant, rel=1e-6, abs=0)


@pytest.mark.parametrize(("sqrt_s", "mass"), [(10.58, 0.1), (91.19, 30.0), (189.0, 1e-3), (189.0, 90.0)])
@pytest.mark.parametrize("ratio", [1.0, -1.0])
def test_soft_and_collinear_photons_factorise(sqrt_s, mass, ratio):
    completion, s = Completion("gauge", ratio), sqrt_s**2
    to = (completion.z_over_gamma, completion.w_over_gamma)

    def over_factorised(x, cosine):
        sigma = annihilation.cross_section(s * (1 - x), mass, "e", *to)
        return float(exchange.signal_distribution(x, cosine, s, mass, *to) / (mono_photon.radiator(x, cosine) * sigma))

    soft = [abs(over_factorised(x, 0.4) - 1) for x in (1e-3, 1e-4)]
    assert soft[0] < 2e-3
    assert soft[1] < 2e-4 + 1e-6
    assert over_factorised(0.3, 1 - 1e-7) == pytest.approx(1.0, abs=2e-4)


def test_without_a_w_it_is_the_radiator():
    s, x, cosine, mass = 189.0**2, np.array([0.05, 0.4, 0.8]), np.array([0.9, 0.0, -0.5]), 20.0
    alone = mono_photon.signal_distribution(x, cosine, s, mass, -0.55)
    assert exchange.signal_distribution(x, cosine, s, mass, -0.55).tolist() == alone.tolist()
    assert exchange.signal_distribution(x, cosine, s, mass, -0.55, 1e-9) == pytest.approx(alone, rel=1e-6, abs=0)
    # and the closed amplitudes, summed over the directions of N, say the same of left-handed electrons
    polar, weight, azimuth = exchange.directions(8, 6)
    points = exchange.three_bodies(x[:, None], cosine[:, None], s, mass, polar, azimuth)
    mean = np.sum(weight * exchange.squared_amplitudes(points, 1.0, 0.0), axis=-1)
    reduced = s * (1 - x)
    integral = units.ALPHA * x * (1 - mass**2 / reduced) / (128 * np.pi**2) * mean
    sigma = (reduced - mass**2) ** 2 * (reduced + 2 * mass**2) / (96 * np.pi * reduced)
    assert integral == pytest.approx(mono_photon.radiator(x, cosine) * sigma, rel=1e-8, abs=0)


@pytest.mark.parametrize(("sqrt_s", "accuracy"), [(10.58, 1e-9), (91.19, 1e-6), (200.0, 3e-4)])
def test_directions_of_n_are_summed_finely_enough(sqrt_s, accuracy):
    x, cosine = np.array([[0.1], [0.5], [0.9]]), np.array([0.0, 0.9])
    coarse = exchange.distribution_terms(x, cosine, sqrt_s**2, 0.1)
    fine = exchange.distribution_terms(x, cosine, sqrt_s**2, 0.1, polar=32, azimuths=20)
    for ours, exact in zip(coarse, fine, strict=True):
        assert ours == pytest.approx(exact, rel=accuracy, abs=0)


def test_even_in_the_angle_and_closed_beyond_the_end():
    s, mass = 189.0**2, 60.0
    for a, b in zip(*(exchange.distribution_terms(0.4, c, s, mass) for c in (0.6, -0.6)), strict=True):
        assert float(a) == pytest.approx(float(b), rel=1e-12, abs=0)
    beyond = 1 - mass**2 / s + 1e-9
    assert [float(a) for a in exchange.distribution_terms(beyond, 0.1, s, mass)] == [0.0, 0.0]
    assert float(exchange.signal_distribution(beyond, 0.1, s, mass, 0.0, 1.0)) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: exchange.distribution_terms(0.0, 0.1, 100.0, 0.1),
        lambda: exchange.distribution_terms(0.5, 1.0, 100.0, 0.1),
        lambda: exchange.distribution_terms(0.5, 0.1, 100.0, -0.1),
        lambda: exchange.signal_distribution(0.5, 0.1, -1.0, 0.1, 0.0, 1.0),
        lambda: exchange.signal_distribution(0.5, 0.1, 100.0, 0.1, 0.0, np.nan),
    ],
)
def test_bad_input_is_a_named_error(call):
    with pytest.raises(DomainError):
        call()
