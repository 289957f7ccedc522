"""Radiation off the beams: the exact radiator, the resummed one, and the Standard Model background they give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError
from nudipole.inputs import tables
from nudipole.processes.collisions import annihilation, mono_photon
from tests import dirac
from tests.processes import exact_neutrino_photon as exact


def two_diagrams(s: float, x: float, cosine: float, projector) -> float:
    """sum |M(e- e+ -> gamma V*)|^2 with -g_{mu nu} for V*, over the same for e- e+ -> V*, in units of e^2."""
    root, energy, sine = np.sqrt(s), 0.5 * x * np.sqrt(s), np.sqrt(1 - cosine**2)
    p1, p2 = 0.5 * root * np.array([1, 0, 0, 1.0]), 0.5 * root * np.array([1, 0, 0, -1.0])
    k = energy * np.array([1, sine, 0, cosine])
    line1, line2 = p1 - k, k - p2
    total = 0.0
    for mu in range(4):
        for nu in range(4):
            vertex = dirac.GAMMA[mu] @ projector
            amplitude = vertex @ dirac.slash(line1) @ dirac.GAMMA[nu] / dirac.dot(line1, line1)
            amplitude = amplitude + dirac.GAMMA[nu] @ dirac.slash(line2) @ vertex / dirac.dot(line2, line2)
            square = dirac.trace(dirac.slash(p2), amplitude, dirac.slash(p1), dirac.bar(amplitude)).real
            total += square * dirac.METRIC[mu, mu] * dirac.METRIC[nu, nu]
    virtuality = s * (1 - x)
    born = -sum(
        dirac.METRIC[mu, mu]
        * dirac.trace(
            dirac.slash(p2), dirac.GAMMA[mu] @ projector, dirac.slash(p1), dirac.bar(dirac.GAMMA[mu] @ projector)
        ).real
        for mu in range(4)
    )
    born *= virtuality / s
    # dsigma = |M|^2 / 2s * omega domega dcos / 8 pi^2, omega = x sqrt(s) / 2; sigma_0 = |M_0|^2 / 2 s'
    return 4 * np.pi * units.ALPHA * total / born * virtuality / s * s * x / (32 * np.pi**2)


@pytest.mark.parametrize("projector", [dirac.P_LEFT, dirac.P_RIGHT])
@pytest.mark.parametrize(("x", "cosine"), [(0.1, 0.0), (0.5, 0.6), (0.9, -0.3), (0.02, 0.95)])
def test_radiator_agrees_with_the_squared_two_diagram_amplitude(projector, x, cosine):
    expected = two_diagrams(91.2**2, x, cosine, projector)
    assert float(mono_photon.radiator(x, cosine)) == pytest.approx(expected, rel=1e-8, abs=0)


@given(st.floats(1e-4, 1.0), st.floats(0.0, 0.999))
def test_angular_integral(x, cosine_max):
    integral, _ = quad(lambda c: mono_photon.radiator(x, c), -cosine_max, cosine_max, epsabs=0)
    assert float(mono_photon.radiator_integral(x, cosine_max)) == pytest.approx(integral, rel=1e-8, abs=1e-15)


def test_signal_is_the_radiator_times_the_reduced_cross_section():
    s, mass, x = 189.0**2, 40.0, 0.3
    expected = mono_photon.radiator(x, 0.2) * annihilation.cross_section(0.7 * s, mass, "e", -0.55)
    assert float(mono_photon.signal_distribution(x, 0.2, s, mass, -0.55)) == pytest.approx(
        float(expected), rel=1e-14, abs=0
    )
    assert float(mono_photon.signal_distribution(1 - mass**2 / s + 1e-9, 0.2, s, mass)) == 0.0


def test_neutrino_pairs_below_the_z():
    """The four-fermion limit; the effective rho of the leptons multiplies the Z alone."""
    s, sine2, rho = 1e-4, units.SIN2_THETA_W_MSBAR, mono_photon.RHO
    left = 2 * (rho * (sine2 - 0.5)) ** 2 + (rho * (sine2 - 0.5) + 1) ** 2
    fermi = units.FERMI_CONSTANT**2 * s / (6 * np.pi) * (left + 3 * (rho * sine2) ** 2)
    assert float(mono_photon.neutrino_pair_cross_section(s)) == pytest.approx(fermi, rel=1e-6, abs=0)


def test_neutrino_pairs_on_the_z_are_those_of_lep():
    # sigma_had / R_l x Gamma_inv / Gamma_ll of the LEP combination, ALEPH:2005ab: 11.89 +- 0.04 nb
    peak = 41.540 / 20.767 * 5.943
    error = peak * np.sqrt((0.037 / 41.540) ** 2 + (0.025 / 20.767) ** 2 + (0.016 / 5.943) ** 2)
    ours = float(mono_photon.neutrino_pair_cross_section(units.Z_MASS**2)) / units.PICOBARN / 1e3
    assert abs(ours - peak) < error


def test_the_neutrinos_counted_at_lep_are_three_and_nearly_all_of_the_photons_are_theirs():
    """The table of counts is about three: of the data against the generators of the experiments. Ours: the weight of a fourth."""
    table = tables.load("catalogue/data/lep_neutrino_counting.csv")
    pulls = (table["neutrinos"] - 3) / np.hypot(table["statistical"], table["systematic"])
    lep1 = table["sqrt_s_max"] < 100
    assert np.count_nonzero(lep1) == 4
    assert np.sum(pulls[lep1] ** 2) < 9.5  # 95 % of chi^2 with 4 degrees of freedom
    assert np.all(np.abs(pulls) < 2.0)
    acceptance = (91.25**2, 2 * 1.0 / 91.25, 0.7071)  # of the most precise: L3, above 1 GeV, 45 to 135 degrees
    three, four = (
        float(
            mono_photon.visible_cross_section(
                lambda s, n=n: mono_photon.neutrino_pair_cross_section(s, flavors=n), *acceptance, radiation=True
            )
        )
        for n in (3, 4)
    )
    assert four / three - 1 == pytest.approx(1 / 3, abs=0.03)  # nearly all of it is the Z


def test_structure_function_integrates_to_the_inclusive_correction():
    s = 91.2**2
    logarithm = np.log(s / units.ELECTRON_MASS**2)
    beta = 2 * units.ALPHA / np.pi * (logarithm - 1)
    total = float(mono_photon.convolve(lambda e2: np.ones_like(e2), s))
    # 3/4 beta of the soft part cancels against -beta (1 - x/2); the brackets of beta^2 / 8 integrate to 2 pi^2 / 3 - 9/4
    expected = 1 + units.ALPHA / np.pi * (np.pi**2 / 3 - 0.5) - beta**2 / 24 * (logarithm / 3 - 2.5)
    assert total == pytest.approx(expected, rel=1e-7, abs=0)
    hard, _ = quad(lambda x: mono_photon.structure_function(x, s), 0.3, 1.0, epsabs=0)
    step = mono_photon.convolve(lambda e2: (e2 < 0.7 * s) * 1.0, s, breaks=(0.3,))
    assert float(step) == pytest.approx(hard, rel=2e-6, abs=0)


def test_structure_function_contains_the_collinear_radiator():
    x, s = 0.4, 1e12
    logarithm = np.log(s / units.ELECTRON_MASS**2)
    first_order = units.ALPHA / np.pi * (1 + (1 - x) ** 2) / x * (logarithm - 1)
    beta = 2 * units.ALPHA / np.pi * (logarithm - 1)
    assert float(mono_photon.structure_function(x, s)) == pytest.approx(first_order, rel=2 * beta, abs=0)


def test_standard_model_against_the_cross_sections_measured_at_lep():
    table = tables.load("catalogue/data/lep_single_photon.csv")
    pulls, ratios = [], []
    for row in range(len(table)):
        sqrt_s = table["sqrt_s"][row]
        ours = mono_photon.visible_cross_section(
            mono_photon.neutrino_pair_cross_section,
            sqrt_s**2,
            x_min=2 * table["energy_min"][row] / sqrt_s,
            cosine_max=table["cosine_max"][row],
            x_transverse_min=table["x_transverse_min"][row],
            radiation=True,
        )
        ours = float(ours) / units.PICOBARN
        error = np.hypot(table["statistical"][row], table["systematic"][row])
        pulls.append((table["measured"][row] - ours) / error)
        ratios.append(ours / table["generator"][row])
    assert np.max(np.abs(pulls)) < 2.0
    assert np.sum(np.square(pulls)) < 16.9  # 95 % of chi^2 with 9 degrees of freedom
    assert np.all(np.abs(np.array(ratios) - 1) < 0.01)  # the experiments' own generators


def test_the_exact_w_amplitude_is_gauge_invariant():
    points = exact.momenta(189.0**2, 0.4, 0.3, 0.2, 1.1)
    size = abs(exact.amplitude(*points, np.array([0, 0, 1.0, 0]), with_z=False))
    assert abs(exact.amplitude(*points, points[-1], with_z=False)) < 1e-12 * size


@pytest.mark.parametrize(
    ("x", "cosine", "low", "high"),
    [
        (1e-4, 0.0, 0.99999, 1.00001),  # soft: exact
        (0.1, 0.9, 0.99, 1.0),  # towards the beam
        (0.7672, 0.0, 0.98, 1.0),  # radiative return to the Z
        (0.5, 0.0, 0.75, 0.85),  # hard, wide angle, between the two: what the factorised form leaves out
    ],
)
def test_radiator_with_w_exchange_against_all_tree_diagrams(x, cosine, low, high):
    """At 189 GeV; folded over the OPAL acceptance the difference is -1.4 per cent of the cross section."""
    s = 189.0**2
    ratio = exact.distribution(s, x, cosine) / exact.factorised(s, x, cosine, float(mono_photon.radiator(x, cosine)))
    assert low < ratio < high


def test_bhabha_veto_closes_towards_the_beam_pipe():
    assert float(mono_photon.bhabha_veto_energy(0.95, 4.0, 0.95)) == pytest.approx(2.0, rel=1e-6, abs=0)
    assert float(mono_photon.bhabha_veto_energy(0.0, 4.0, 0.95)) < 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: mono_photon.neutrino_pair_cross_section(1.0, flavors=0),
        lambda: mono_photon.radiator(0.1, 1.0),
        lambda: mono_photon.radiator(1.1, 0.0),
        lambda: mono_photon.radiator(0.0, 0.0),
        lambda: mono_photon.radiator_integral(0.1, 1.0),
        lambda: mono_photon.structure_function(0.5, 1e-7),
        lambda: mono_photon.signal_distribution(0.1, 0.0, -1.0, 0.1),
        lambda: mono_photon.bhabha_veto_energy(0.0, 4.0, 1.0),
        lambda: mono_photon.visible_cross_section(mono_photon.neutrino_pair_cross_section, 1e4, 0.0, 0.9),
    ],
)
def test_bad_input_is_a_named_error(call):
    with pytest.raises(DomainError):
        call()
