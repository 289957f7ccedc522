"""e+ e-, q qbar -> nu N: against explicit Dirac traces, and the limits a reader would try first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.portal import Completion
from nudipole.processes.collisions import annihilation, chiral_exchange
from nudipole.processes.collisions.chiral_exchange import FERMIONS
from tests import dirac

GAUGE = Completion("gauge", 0.7).z_over_gamma
POINTS = [(91.19, 5.0, 0.3), (189.0, 60.0, -0.8), (10.58, 3.0, 0.05), (4.0, 0.1, 0.9), (60.0, 55.0, -0.4)]


def momenta(sqrt_s: float, mass: float, cosine: float):
    """f, fbar, the light neutrino and the heavy lepton, theta between f and the heavy lepton."""
    half, sine = 0.5 * sqrt_s, np.sqrt(1 - cosine**2)
    heavy, p = (sqrt_s**2 + mass**2) / (2 * sqrt_s), (sqrt_s**2 - mass**2) / (2 * sqrt_s)
    unit = np.array([sine, 0.0, cosine])
    beam = np.array([[half, 0, 0, half], [half, 0, 0, -half]])
    return beam[0], beam[1], np.array([p, *(-p * unit)]), np.array([heavy, *(p * unit)])


def traced(sqrt_s, mass, cosine, fermion, z_ratio, state, heavy_projector=None):
    """dsigma/dcos from traces: |M|^2 = sum_chi |C_chi|^2 L^{mu nu} W_{mu nu}, averaged over spins and colours."""
    f, fbar, light, heavy = momenta(sqrt_s, mass, cosine)
    q = f + fbar
    kind, s = FERMIONS[fermion], sqrt_s**2
    sine2 = units.SIN2_THETA_W_MSBAR
    g_z = units.ELEMENTARY_CHARGE / np.sqrt(sine2 * (1 - sine2))
    propagator = 1.0 / (s - units.Z_MASS**2 + 1j * units.Z_MASS * units.Z_WIDTH)
    sigma = [dirac.sigma_q(mu, q) for mu in range(4)]
    if state == "nu Nbar":
        spin_sum = dirac.slash(heavy) - mass * dirac.IDENTITY
        spin_sum = spin_sum if heavy_projector is None else spin_sum @ heavy_projector
        vertices = [m @ dirac.P_RIGHT for m in sigma]
        final = dirac.lepton_tensor(dirac.slash(light), vertices, spin_sum)
    else:
        spin_sum = dirac.slash(heavy) + mass * dirac.IDENTITY
        spin_sum = spin_sum if heavy_projector is None else spin_sum @ heavy_projector
        vertices = [m @ dirac.P_LEFT for m in sigma]
        final = dirac.lepton_tensor(spin_sum, vertices, dirac.slash(light))
    total = 0.0
    for projector, weak in (
        (dirac.P_LEFT, kind.isospin - kind.charge * sine2),
        (dirac.P_RIGHT, -kind.charge * sine2),
    ):
        current = [gamma @ projector for gamma in dirac.GAMMA]
        initial = dirac.lepton_tensor(dirac.slash(fbar), current, dirac.slash(f))
        coupling = 2 * units.ELEMENTARY_CHARGE * kind.charge / s + 2 * z_ratio * g_z * weak * propagator
        total += abs(coupling) ** 2 * dirac.contract(initial, final)
    return total / (4 * kind.colours) * (s - mass**2) / s / (32 * np.pi * s)


@pytest.mark.parametrize("fermion", ["e", "u", "d"])
@pytest.mark.parametrize("z_ratio", [0.0, GAUGE, -2.0])
@pytest.mark.parametrize("state", ["nu Nbar", "nubar N"])
def test_agrees_with_explicit_dirac_traces(fermion, z_ratio, state):
    for sqrt_s, mass, cosine in POINTS:
        ours = annihilation.angular_distribution(cosine, sqrt_s**2, mass, fermion, z_ratio, state)
        assert float(ours) == pytest.approx(traced(sqrt_s, mass, cosine, fermion, z_ratio, state), rel=1e-8, abs=0)


def exchanged(f, fbar, light, heavy, mass, s_vertex, t_vertex, a, b, projector=dirac.IDENTITY):
    """Spin sum of |a S - b T|^2 for e- e+ -> N nubar: S by annihilation, T by exchange, the minus sign Fermi's.

    S = [u_N s_vertex v_nu][v_e gamma P_L u_e], T = [u_N t_vertex u_e][v_e gamma P_L v_nu]; traces alone, no Fierz identity.
    """
    gamma = [m @ dirac.P_LEFT for m in dirac.GAMMA]
    out, initial = (dirac.slash(heavy) + mass * dirac.IDENTITY) @ projector, dirac.slash(f)
    positron, neutrino = dirac.slash(fbar), dirac.slash(light)
    square_s = dirac.contract(
        dirac.lepton_tensor(out, s_vertex, neutrino), dirac.lepton_tensor(positron, gamma, initial)
    )
    square_t = dirac.contract(
        dirac.lepton_tensor(out, t_vertex, initial), dirac.lepton_tensor(positron, gamma, neutrino)
    )
    cross = 0.0
    for mu in range(4):
        for nu in range(4):
            metric = dirac.METRIC[mu, mu] * dirac.METRIC[nu, nu]
            chain = (out, s_vertex[mu], neutrino, dirac.bar(gamma[nu]), positron, gamma[mu], initial)
            cross += metric * dirac.trace(*chain, dirac.bar(t_vertex[nu]))
    return abs(a) ** 2 * square_s + abs(b) ** 2 * square_t - 2 * np.real(a * np.conj(b) * cross)


@pytest.mark.parametrize("ratio", [0.7, -3.0])
@pytest.mark.parametrize(("sqrt_s", "mass", "cosine"), [*POINTS, (500.0, 100.0, 0.97), (2000.0, 1.0, -0.2)])
def test_w_exchange_agrees_with_explicit_dirac_traces(ratio, sqrt_s, mass, cosine):
    completion, s = Completion("gauge", ratio), sqrt_s**2
    f, fbar, light, heavy = momenta(sqrt_s, mass, cosine)
    left, right = chiral_exchange.chiral_amplitudes(s, "e", completion.z_over_gamma)
    g = np.sqrt(4 * np.sqrt(2) * units.FERMI_CONSTANT) * units.W_MASS
    t = dirac.dot(heavy - f, heavy - f)
    exchange = 2 * completion.w_over_gamma * g / np.sqrt(2) / (t - units.W_MASS**2)
    annihilate, swap = ([dirac.sigma_q(mu, q) @ dirac.P_LEFT for mu in range(4)] for q in (f + fbar, heavy - f))
    spin_sum = exchanged(f, fbar, light, heavy, mass, annihilate, swap, left, exchange)
    right_current = [m @ dirac.P_RIGHT for m in dirac.GAMMA]
    other = dirac.lepton_tensor(dirac.slash(fbar), right_current, dirac.slash(f))
    heavy_tensor = dirac.lepton_tensor(dirac.slash(heavy) + mass * dirac.IDENTITY, annihilate, dirac.slash(light))
    spin_sum += abs(right) ** 2 * dirac.contract(other, heavy_tensor)
    expected = spin_sum / 4 * (s - mass**2) / s / (32 * np.pi * s)
    ratios = (completion.z_over_gamma, "nubar N", completion.w_over_gamma)
    ours = annihilation.angular_distribution(cosine, s, mass, "e", *ratios)
    assert float(ours) == pytest.approx(expected, rel=1e-8, abs=0)
    mirrored = annihilation.angular_distribution(-cosine, s, mass, "e", ratios[0], "nu Nbar", ratios[2])
    assert float(mirrored) == pytest.approx(float(ours), rel=1e-12, abs=0)


@pytest.mark.parametrize(("sqrt_s", "mass", "cosine"), POINTS)
def test_w_exchange_feeds_one_helicity(sqrt_s, mass, cosine):
    """The two weights are the rates of the two helicities of N: spin-projected traces of left-handed electrons."""
    completion, s = Completion("gauge", -2.0), sqrt_s**2
    f, fbar, light, heavy = momenta(sqrt_s, mass, cosine)
    left, right = chiral_exchange.chiral_amplitudes(s, "e", completion.z_over_gamma)
    g = np.sqrt(4 * np.sqrt(2) * units.FERMI_CONSTANT) * units.W_MASS
    exchange = np.sqrt(2) * completion.w_over_gamma * g / (dirac.dot(heavy - f, heavy - f) - units.W_MASS**2)
    annihilate, swap = ([dirac.sigma_q(mu, q) @ dirac.P_LEFT for mu in range(4)] for q in (f + fbar, heavy - f))
    p = np.linalg.norm(heavy[1:])
    spin = dirac.GAMMA5 @ dirac.slash(np.array([p / mass, *(heavy[0] / mass * heavy[1:] / p)]))
    rates = [
        exchanged(f, fbar, light, heavy, mass, annihilate, swap, left, exchange, 0.5 * (dirac.IDENTITY + h * spin))
        for h in (1.0, -1.0)
    ]
    weights = annihilation.helicity_weights(
        cosine, s, mass, "e", completion.z_over_gamma, "nubar N", completion.w_over_gamma
    )
    positron_side = abs(right) ** 2 * np.array([s * (1 - cosine**2), mass**2 * (1 - cosine) ** 2])
    of_left = np.array([float(w) for w in weights]) - positron_side
    assert np.array(rates) / (s * (s - mass**2)) == pytest.approx(of_left, rel=1e-8, abs=0)


def test_the_sign_between_annihilation_and_exchange_is_that_of_the_standard_model():
    """The same traces with vector vertices: e+ e- -> nu_e nubar_e far below the Z has g_L + 1."""
    sqrt_s, cosine = 1.0, 0.3
    f, fbar, light, heavy = momenta(sqrt_s, 0.0, cosine)
    gamma = [m @ dirac.P_LEFT for m in dirac.GAMMA]
    g_left = units.SIN2_THETA_W_MSBAR - 0.5
    # g_Z^2 g_nu g_left / (s - m_Z^2) and g^2 / 2 (t - m_W^2), both over 2 sqrt(2) G_F
    found = exchanged(f, fbar, light, heavy, 0.0, gamma, gamma, -g_left, -1.0)
    u2 = dirac.dot(f - light, f - light) ** 2
    assert found == pytest.approx(4 * u2 * (g_left + 1) ** 2, rel=1e-9, abs=0)


@pytest.mark.parametrize("sqrt_s", [0.3, 4.0, 91.19, 189.0, 500.0])
def test_total_with_w_exchange_is_the_integral(sqrt_s):
    completion = Completion("gauge", 1.3)
    ratios = (completion.z_over_gamma, completion.w_over_gamma)
    for mass in (0.0, 0.1, 0.6 * sqrt_s):
        integral, _ = quad(
            lambda c, m=mass: annihilation.angular_distribution(c, sqrt_s**2, m, "e", ratios[0], "nubar N", ratios[1]),
            -1,
            1,
            epsrel=1e-11,
            epsabs=0,
        )
        total = float(annihilation.cross_section(sqrt_s**2, mass, "e", *ratios))
        assert integral == pytest.approx(total, rel=1e-9, abs=0)


@pytest.mark.parametrize(("state", "sign"), [("nubar N", 1.0), ("nu Nbar", -1.0)])
def test_helicity_agrees_with_spin_projected_traces(state, sign):
    for sqrt_s, mass, cosine in POINTS:
        heavy = momenta(sqrt_s, mass, cosine)[3]
        p = np.linalg.norm(heavy[1:])
        spin = np.array([p / mass, *(heavy[0] / mass * heavy[1:] / p)])
        rates = [
            traced(sqrt_s, mass, cosine, "e", 0.0, state, 0.5 * (dirac.IDENTITY + h * dirac.GAMMA5 @ dirac.slash(spin)))
            for h in (1.0, -1.0)
        ]
        polarisation = (rates[0] - rates[1]) / (rates[0] + rates[1])
        expected = sign * float(annihilation.helicity(cosine, sqrt_s**2, mass))
        assert polarisation == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("z_ratio", [0.0, GAUGE])
def test_total_is_the_integral_of_the_distribution(z_ratio):
    s, mass = 91.19**2, 30.0
    for state, number in (("nu Nbar", 1), ("nubar N", 1), ("sum", 2)):
        integral, _ = quad(
            lambda c, n=state: annihilation.angular_distribution(c, s, mass, "e", z_ratio, n), -1, 1, epsabs=0
        )
        assert integral == pytest.approx(
            number * float(annihilation.cross_section(s, mass, "e", z_ratio)), rel=1e-12, abs=0
        )


def test_photon_alone_is_the_moment_formula():
    s, mass = 7.0**2, 2.0
    review = units.ALPHA * (s - mass**2) ** 2 * (s + 2 * mass**2) / (3 * s**3)
    assert float(annihilation.cross_section(s, mass)) == pytest.approx(review, rel=1e-14, abs=0)
    assert float(annihilation.cross_section(s, 0.0)) == pytest.approx(units.ALPHA / 3, rel=1e-14, abs=0)
    quark = annihilation.cross_section(s, mass, "u") / annihilation.cross_section(s, mass)
    assert float(quark) == pytest.approx(4 / 27, rel=1e-14, abs=0)


def test_on_the_z_pole_the_width_formula_comes_back():
    from nudipole.processes.decays import gauge_decays

    mass, s = 20.0, units.Z_MASS**2
    sine2 = units.SIN2_THETA_W_MSBAR
    g_z = units.ELEMENTARY_CHARGE / np.sqrt(sine2 * (1 - sine2))
    electron = g_z**2 * units.Z_MASS / (24 * np.pi) * ((sine2 - 0.5) ** 2 + sine2**2)
    breit_wigner = 12 * np.pi * electron * gauge_decays.z_width(mass) / (units.Z_MASS**2 * units.Z_WIDTH**2)
    large = 1e4  # so large that the photon does not matter
    assert float(annihilation.cross_section(s, mass, "e", large)) == pytest.approx(
        float(breit_wigner) * large**2, 1e-3, abs=0
    )


def test_threshold_rises_as_the_square_of_the_distance():
    mass = 50.0
    near = annihilation.cross_section(np.array([mass**2 + 0.02, mass**2 + 0.01]), mass)
    assert float(near[0] / near[1]) == pytest.approx(4.0, rel=1e-4, abs=0)
    assert float(annihilation.cross_section(mass**2, mass)) == 0.0
    assert float(annihilation.cross_section(0.5 * mass**2, mass)) == 0.0


def test_asymmetry_is_that_of_the_distribution_and_vanishes_where_it_must():
    s, mass = 80.0**2, 30.0
    for state in ("nu Nbar", "nubar N"):
        parts = [
            quad(lambda c, n=state: annihilation.angular_distribution(c, s, mass, "e", GAUGE, n), *r, epsabs=0)[0]
            for r in ((0, 1), (-1, 0))
        ]
        expected = (parts[0] - parts[1]) / (parts[0] + parts[1])
        assert abs(expected) > 1e-3
        assert float(annihilation.forward_backward_asymmetry(s, mass, "e", GAUGE, state)) == pytest.approx(
            expected, rel=1e-6, abs=0
        )
    assert float(annihilation.forward_backward_asymmetry(s, mass, "e", 0.0)) == 0.0
    assert float(annihilation.forward_backward_asymmetry(s, 0.0, "e", GAUGE)) == 0.0
    assert float(annihilation.forward_backward_asymmetry(s, mass, "e", GAUGE, "sum")) == 0.0


def test_charged_current_is_the_z_formula_with_left_couplings_only():
    from nudipole.processes.decays import gauge_decays

    mass, s = 10.0, units.W_MASS**2
    g2 = 4 * np.sqrt(2) * units.FERMI_CONSTANT * units.W_MASS**2
    quarks = g2 * units.W_MASS / (16 * np.pi)  # Gamma(W -> u dbar) for three colours, |V| = 1
    width = float(gauge_decays.boson_width(units.W_MASS, 0.0, mass))
    # Breit-Wigner on the pole: (2J + 1) / (2 * 2 * 3 * 3) * 16 pi / m^2 * Gamma_in Gamma_out / Gamma^2
    pole = 4 * np.pi / 3 * quarks * width / (units.W_MASS**2 * units.W_WIDTH**2)
    assert float(annihilation.charged_current_cross_section(s, mass)) == pytest.approx(pole, rel=1e-10, abs=0)


def test_threshold_factor():
    assert float(annihilation.threshold_factor(100.0, 0.0)) == 1.0
    with pytest.raises(DomainError, match="above 4 m"):
        annihilation.threshold_factor(4 * units.ELECTRON_MASS**2, units.ELECTRON_MASS)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: chiral_exchange.chiral_couplings(-1.0), DomainError),
        (lambda: chiral_exchange.chiral_couplings(np.nan), DomainError),
        (lambda: chiral_exchange.chiral_couplings(1.0, "nu"), UnknownNameError),
        (lambda: chiral_exchange.chiral_couplings(1.0, "e", 1.0, z_width=-1.0), DomainError),
        (lambda: chiral_exchange.chiral_couplings(units.Z_MASS**2, "e", 1.0, z_width=0.0), DomainError),
        (lambda: annihilation.charged_current_cross_section(1.0, 0.1, w_width=-1.0), DomainError),
        (lambda: annihilation.cross_section(1.0, -1.0), DomainError),
        (lambda: annihilation.angular_distribution(1.5, 1.0, 0.1), DomainError),
        (lambda: annihilation.angular_distribution(0.5, 1.0, 0.1, state="N"), UnknownNameError),
        (lambda: annihilation.forward_backward_asymmetry(1.0, 2.0), DomainError),
        (lambda: annihilation.helicity(0.0, 1.0, 1.0), DomainError),
        (lambda: annihilation.cross_section(1.0, 0.1, "mu", 0.0, 1.0), DomainError),
        (lambda: annihilation.cross_section(1.0, 0.1, "e", 0.0, np.inf), DomainError),
    ],
)
def test_bad_input_is_a_named_error(call, error):
    with pytest.raises(error):
        call()


@given(st.floats(1e-9, 1e6), st.floats(1e-3, 1e6), st.floats(-1, 1), st.floats(-5, 5))
def test_finite_and_non_negative_everywhere(mass, sqrt_s, cosine, z_ratio):
    for state in ("nu Nbar", "nubar N", "sum"):
        value = float(annihilation.angular_distribution(cosine, sqrt_s**2, mass, "u", z_ratio, state))
        assert np.isfinite(value)
        assert value >= -1e-12 * abs(value)
