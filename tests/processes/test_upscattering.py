"""Up-scattering against explicit Dirac traces, its limits, and its totals by independent methods."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.kinematics import maximum_hnl_mass, minimum_neutrino_energy, recoil_limits, threshold_energy
from nudipole.matter import atoms, form_factors, isotopes, nucleons, targets
from nudipole.matter.targets import Target
from nudipole.processes import moments, upscattering
from tests import dirac
from tests.processes import points


def trace(at, hadron):
    """dsigma/dE_r / d^2 from the contraction of explicit traces; ``hadron`` gives W^{mu nu} averaged over spin."""
    k, p, k_out, p_out, q = points.momenta(at)
    vertices = [2 * dirac.sigma_q(mu, -q) @ dirac.P_LEFT for mu in range(4)]
    leptons = dirac.lepton_tensor(dirac.slash(k_out) + dirac.unit(at.mass), vertices, dirac.slash(k))
    q2 = 2 * at.target * at.recoil
    squared = 4 * np.pi * units.ALPHA * dirac.contract(leptons, hadron(p, p_out, q, at.target)) / q2**2
    return (squared / (32 * np.pi * at.target * at.energy**2)).astype(float)


def scalar(p, p_out, q, target):
    total = p + p_out
    return total[:, :, None] * total[:, None, :]


def spin_half(f1, f2):
    def hadron(p, p_out, q, target):
        first, second = dirac.unit(f1), dirac.unit(f2 / (2 * target))
        vertices = [first @ dirac.GAMMA[mu] + 1j * second @ dirac.sigma_q(mu, q) for mu in range(4)]
        mass = dirac.unit(target)
        return 0.5 * dirac.lepton_tensor(dirac.slash(p_out) + mass, vertices, dirac.slash(p) + mass)

    return hadron


def test_points_reach_threshold_and_zero_mass():
    at = points.upscattering(1)
    share = at.mass / maximum_hnl_mass(at.energy, at.target)
    assert len(share) == 200
    assert np.count_nonzero(1 - share < 1e-2) >= 50
    assert np.count_nonzero(1 - share < 1e-5) >= 10
    assert np.count_nonzero(share < 1e-3) >= 50
    assert np.count_nonzero(share == 0) == 10


def test_spin_0_agrees_with_explicit_dirac_traces():
    at = points.upscattering(1)
    closed = upscattering.spectrum_spin0(at.recoil, at.energy, at.mass, at.target)
    np.testing.assert_allclose(closed, trace(at, scalar), rtol=1e-8)


@pytest.mark.parametrize(("f1", "f2"), [(1.0, 0.0), (0.0, 1.0), (0.7, 1.3), (0.4, -1.5)])
def test_spin_half_agrees_with_explicit_dirac_traces(f1, f2):
    at = points.upscattering(2)
    closed = upscattering.spectrum_spin_half(at.recoil, at.energy, at.mass, at.target, f1, f2)
    np.testing.assert_allclose(closed, trace(at, spin_half(f1, f2)), rtol=1e-8)


def test_electrons_agree_with_explicit_dirac_traces():
    """Free ones, and those of xenon, each counted as free where the recoil exceeds its binding energy."""
    at = points.upscattering(3, units.ELECTRON_MASS, lowest=-5.0)
    exact = trace(at, spin_half(1.0, 0.0))
    free = upscattering.spectrum(targets.get("e-"), at.recoil, at.energy, at.mass)
    np.testing.assert_allclose(free, exact, rtol=1e-8)
    # the recoil rates take it as a polynomial in 1 / E, whose terms cancel at threshold
    counted = atoms.ionisable_electrons("Xe", at.recoil)
    terms = upscattering.electron_energy_coefficients(at.recoil, at.mass) / at.energy ** np.arange(3.0)[:, None]
    assert len(np.unique(counted)) > 3
    np.testing.assert_array_less(np.abs(counted * (terms.sum(axis=0) - exact)), 1e-8 * 55 * np.abs(terms).sum(axis=0))


@pytest.mark.parametrize("name", ["p", "n", "H1"])
def test_nucleons_and_hydrogen_atoms_agree_with_explicit_dirac_traces(name):
    """F_1 and F_2 from the form factors of Sachs, with the charge of the electron's cloud taken off for the atom."""
    nucleon = "n" if name == "n" else "p"
    target = targets.get(name)
    at = points.upscattering(4, target.mass)
    q2 = 2 * target.mass * at.recoil
    charge, magnetic = nucleons.sachs(nucleon, q2)
    if name == "H1":
        charge = charge - 1.0 + atoms.cloud_deficit("H", q2)
    tau = q2 / (4 * target.mass**2)
    f1, f2 = (charge + tau * magnetic) / (1 + tau), (magnetic - charge) / (1 + tau)
    exact = trace(at, spin_half(f1, f2))
    np.testing.assert_allclose(upscattering.spectrum(target, at.recoil, at.energy, at.mass), exact, rtol=1e-8)


@pytest.mark.parametrize("screening", [True, False])
def test_nuclei_and_atoms_agree_with_explicit_dirac_traces(screening):
    argon = targets.get("Ar40", screening=screening)
    at = points.upscattering(5, argon.mass)
    q2 = 2 * argon.mass * at.recoil
    shape = form_factors.form_factor("fourier-bessel", "Ar40")(q2)
    charge = 18 * (shape - 1.0) + atoms.cloud_deficit("Ar", q2) if screening else 18 * shape
    exact = charge**2 * trace(at, scalar)
    np.testing.assert_allclose(upscattering.spectrum(argon, at.recoil, at.energy, at.mass), exact, rtol=1e-8)


def test_massless_limit_is_the_textbook_moment_formula():
    # alpha mu^2 (1/T - 1/E) with mu = 2 d, on electrons
    energy, recoil = 0.8e-3, np.geomspace(1e-7, 4e-4, 20)
    expected = 4 * units.ALPHA * (1 / recoil - 1 / energy)
    spectrum = upscattering.spectrum_spin_half(recoil, energy, 0.0, units.ELECTRON_MASS)
    np.testing.assert_allclose(spectrum, expected, rtol=1e-13)
    # and the limit is continuous; corrections are of order M^2
    nearly = upscattering.spectrum_spin_half(recoil, energy, 1e-8, units.ELECTRON_MASS)
    np.testing.assert_allclose(nearly, expected, rtol=1e-6)


def test_review_equation_8_on_electrons():
    energy, mass, m = 0.3, 0.01, units.ELECTRON_MASS
    low, high = recoil_limits(energy, mass, m)
    recoil = np.geomspace(low * 1.01, high * 0.99, 30)
    bracket = (
        1 / recoil
        - 1 / energy
        + mass**2 * (recoil - 2 * energy - m) / (4 * energy**2 * recoil * m)
        + mass**4 * (recoil - m) / (8 * energy**2 * recoil**2 * m**2)
    )
    np.testing.assert_allclose(
        upscattering.spectrum_spin_half(recoil, energy, mass, m), 4 * units.ALPHA * bracket, rtol=1e-9
    )


@pytest.mark.parametrize("energy", [1e-6, 1e-3, 1.0, 1e3])
def test_digits_survive_far_above_threshold(energy):
    """Against 60 digits, from a recoil just above the minimum to the maximum."""
    mpmath.mp.dps = 60
    mass, target = 1e-4 * energy, 37.2
    low, high = recoil_limits(energy, mass, target)
    for recoil in [*(float(low) * np.array([1.001, 2.0, 1e3])), 0.999 * float(high)]:
        t, e, m, n = (mpmath.mpf(float(x)) for x in (recoil, energy, target, mass))
        s0 = 1 / t - 1 / e + t / (4 * e**2) + n**2 * (t - 4 * e - 2 * m) / (8 * m * e**2 * t)
        s0 -= n**4 / (8 * m * e**2 * t**2)
        value = float(upscattering.spectrum_spin0(recoil, energy, mass, target))
        assert value == pytest.approx(float(4 * units.ALPHA * s0), rel=1e-11)


def test_polynomial_in_inverse_energy():
    energy, mass, target, recoil = points.upscattering(3)
    for coefficients, f in (
        (upscattering.energy_coefficients(recoil, mass, target), None),
        (
            upscattering.energy_coefficients(recoil, mass, target)
            + upscattering.magnetic_energy_coefficients(recoil, mass, target),
            (1.0, 0.0),
        ),
    ):
        polynomial = coefficients[0] + coefficients[1] / energy + coefficients[2] / energy**2
        exact = (
            upscattering.spectrum_spin0(recoil, energy, mass, target)
            if f is None
            else upscattering.spectrum_spin_half(recoil, energy, mass, target, *f)
        )
        scale = np.abs(coefficients[0]) + np.abs(coefficients[1] / energy) + np.abs(coefficients[2] / energy**2)
        assert np.all(np.abs(polynomial - exact) < 1e-13 * scale)
    electron = upscattering.electron_energy_coefficients(1e-4, 1e-3)
    assert electron.shape == (3,)


def test_spectrum_vanishes_outside_the_kinematic_limits():
    target = 0.938
    threshold = float(threshold_energy(0.3, target))
    recoil = np.geomspace(1e-8, 1.0, 400)
    assert np.all(upscattering.spectrum_spin0(recoil, 0.999 * threshold, 0.3, target) == 0)
    spectrum = upscattering.spectrum_spin0(recoil, 1.5, 0.3, target)
    allowed = minimum_neutrino_energy(recoil, 0.3, target) <= 1.5
    assert np.array_equal(spectrum > 0, allowed)


def test_interference_of_the_form_factors():
    """-28 per cent at E = 1, E_r = 0.5, M = 0.2 GeV on a dipole proton, from the interference alone."""
    proton = units.PROTON_MASS
    energy, recoil, mass = 1.0, 0.5, 0.2
    tau = recoil / (2 * proton)
    shape = (1 + 2 * proton * recoil / 0.71) ** -2
    ge, gm = shape, units.PROTON_MOMENT * shape
    f1, f2 = (ge + tau * gm) / (1 + tau), (gm - ge) / (1 + tau)
    full = upscattering.spectrum_spin_half(recoil, energy, mass, proton, f1, f2)
    squares = upscattering.spectrum_spin_half(recoil, energy, mass, proton, f1, 0.0)
    squares = squares + upscattering.spectrum_spin_half(recoil, energy, mass, proton, 0.0, f2)
    assert float((full - squares) / full) == pytest.approx(-0.28, abs=0.005)


@pytest.mark.parametrize(
    ("name", "screening"), [("Ar40", True), ("C12", False), ("p", True), ("n", True), ("H1", True)]
)
@pytest.mark.parametrize(("energy", "mass"), [(0.03, 0.005), (1.0, 0.1), (5.0, 0.02), (0.5, 0.3)])
def test_total_is_the_integral_of_the_spectrum(name, screening, energy, mass):
    target = targets.get(name, screening=screening)
    low, high = recoil_limits(energy, mass, target.mass)
    assert high > low or float(upscattering.total_cross_section(target, energy, mass)) == 0.0
    if high <= low:
        return
    stop = min(float(high), target.reach / (2 * target.mass))
    direct = quad(
        lambda u: np.exp(u) * float(upscattering.spectrum(target, np.exp(u), energy, mass)),
        np.log(low),
        np.log(stop),
        limit=500,
        epsabs=0,
        epsrel=1e-9,
    )[0]
    assert float(upscattering.total_cross_section(target, energy, mass)) == pytest.approx(direct, rel=1e-6)
    assert float(moments.FormFactorMoments(target).total(energy, mass)) == pytest.approx(direct, rel=3e-6)


@pytest.mark.parametrize("name", ["Ar40", "Xe132", "p", "n", "H1", "Pb208"])
def test_moments_agree_with_direct_integration(name):
    target = targets.get(name)
    rng = np.random.default_rng(4)
    energy = 10 ** rng.uniform(-4, 3, 300)
    mass = maximum_hnl_mass(energy, target.mass) * 10 ** rng.uniform(-4, 0, 300)
    mass[:30] = maximum_hnl_mass(energy[:30], target.mass) * (1 - 10 ** rng.uniform(-8, -1, 30))
    direct = upscattering.total_cross_section(target, energy, mass)
    fast = moments.FormFactorMoments(target).total(energy, mass)
    assert np.max(np.abs(fast - direct)) < 1e-6 * np.max(direct)
    seen = direct > 1e-6 * np.max(direct)
    np.testing.assert_allclose(fast[seen], direct[seen], rtol=1e-5)


def test_electron_total_at_high_energy():
    """The logarithmic formula of errata section 2, good to 3e-5 above sqrt(s) = 0.1 GeV."""
    electron = targets.get("e-")
    for s in (0.02, 1.0, 100.0):
        for y in (0.01, 0.3, 0.8):
            m = units.ELECTRON_MASS
            energy, mass = (s - m**2) / (2 * m), np.sqrt(y * s)
            closed = (1 - y + y**2 / 2) * np.log(s * (1 - y) ** 2 / (m**2 * y**2)) - (1 - y) * (2 - y / 2)
            total = float(upscattering.total_cross_section(electron, energy, mass))
            assert total == pytest.approx(4 * units.ALPHA * closed, rel=1e-3)


def test_total_by_monte_carlo():
    """Uniform points in the cosine of the centre-of-mass angle of the trace: another variable, no closed form."""
    energy, mass, m = 1.0, 0.3, 0.938
    s = m**2 + 2 * m * energy
    e_in, p_out = (s - m**2) / (2 * np.sqrt(s)), np.sqrt((s - (m + mass) ** 2) * (s - (m - mass) ** 2) / (4 * s))
    e_out = np.sqrt(p_out**2 + mass**2)
    rng = np.random.default_rng(5)
    cosine = rng.uniform(-1, 1, 4000)
    q2 = 2 * e_in * (e_out - p_out * cosine) - mass**2
    every = np.ones_like(q2)
    values = trace(points.Points(energy * every, mass * every, m * every, q2 / (2 * m)), scalar)
    jacobian = 2 * 2 * e_in * p_out / (2 * m)
    estimate, error = jacobian * values.mean(), jacobian * values.std() / np.sqrt(len(values))
    point = Target("point", m, np.ones_like)
    assert float(upscattering.total_cross_section(point, energy, mass)) == pytest.approx(estimate, abs=4 * error)
    assert error < 0.05 * estimate


def test_screening_makes_the_massless_total_finite():
    argon = targets.get("Ar40")
    massless = float(upscattering.total_cross_section(argon, 1.0, 0.0))
    small = [float(upscattering.total_cross_section(argon, 1.0, m)) for m in (1e-3, 1e-4, 1e-5)]
    assert np.isfinite(massless)
    assert np.all(np.diff(np.abs(np.array(small) / massless - 1)) < 0)
    assert small[-1] == pytest.approx(massless, rel=1e-3)
    bare = targets.get("Ar40", screening=False)
    with pytest.raises(DomainError, match="diverges"):
        upscattering.total_cross_section(bare, 1.0, 0.0)
    with pytest.raises(DomainError, match="diverges"):
        moments.FormFactorMoments(bare).total(1.0, 0.0)
    with pytest.raises(DomainError, match="diverges"):
        upscattering.cross_section("e-", 1.0, 0.0, 1e-6)
    # and does nothing where the photon has a short wavelength
    assert float(upscattering.total_cross_section(argon, 1.0, 0.3)) == pytest.approx(
        float(upscattering.total_cross_section(bare, 1.0, 0.3)), rel=1e-4
    )


D = 5e-7
# Totals of both helicities [cm^2], frozen by scripts/darknews_cross_sections.py; DarkNews has no channel for the neutron
DARKNEWS = np.genfromtxt(Path(__file__).with_name("darknews.csv"), delimiter=",", dtype=None, encoding="utf-8",
                         names=("target", "energy", "mass", "flipping", "conserving"))  # fmt: skip


@pytest.mark.parametrize(
    ("target", "form_factor"), [("C12", "fourier-bessel"), ("Ar40", "fourier-bessel"), ("p", "dipole")]
)
def test_totals_agree_with_darknews(target, form_factor):
    """With its own form factors (Fourier-Bessel nuclei, dipole proton) and without atomic screening, which it lacks."""
    rows = DARKNEWS[DARKNEWS["target"] == target]
    assert sorted({*zip(rows["energy"].tolist(), rows["mass"].tolist(), strict=True)}) == sorted(
        (e, m) for e in (0.5, 1.0, 5.0) for m in (0.01, 0.1, 0.3)
    )
    options = {} if target == "p" else {"screening": False}
    particle = targets.get(target, form_factor, **options)
    ours = [float(upscattering.total_cross_section(particle, row["energy"], row["mass"])) for row in rows]
    theirs = rows["flipping"] + rows["conserving"]
    np.testing.assert_allclose(np.array(ours) * D**2 * units.GEV_M2_TO_CM2, theirs, rtol=3e-4)


def test_coherent_lead_agrees_with_darknews():
    target = targets.get("Pb208", "fourier-bessel", screening=False)
    ours = float(upscattering.total_cross_section(target, 1.0, 0.1)) * D**2 * units.GEV_M2_TO_CM2
    assert ours == pytest.approx(6.55151e-38, rel=2e-3)


def test_cross_section_verb():
    argon = upscattering.cross_section("Ar40", 0.03, 0.01, 1e-6, recoil=1e-5)
    assert set(argon) == {"sigma_GeV-2", "sigma_cm2", "recoil_min_GeV", "recoil_max_GeV", "dsigma_dE_GeV-3"}
    assert argon["sigma_cm2"] == pytest.approx(argon["sigma_GeV-2"] * units.HBAR_C**2 * 1e4, rel=1e-12)
    low, high = recoil_limits(0.03, 0.01, isotopes.get("Ar40").mass)
    assert (argon["recoil_min_GeV"], argon["recoil_max_GeV"]) == (pytest.approx(low), pytest.approx(high))
    double = upscattering.cross_section("Ar40", 0.03, 0.01, 2e-6)
    assert double["sigma_cm2"] == pytest.approx(4 * argon["sigma_cm2"], rel=1e-12)


def test_a_compound_is_the_sum_of_its_nuclei():
    whole = upscattering.cross_section("CsI", 0.03, 0.01, 1e-6, recoil=1e-5)
    parts = [upscattering.cross_section(name, 0.03, 0.01, 1e-6, recoil=1e-5) for name in ("Cs133", "I127")]
    for key in ("sigma_GeV-2", "dsigma_dE_GeV-3"):
        assert whole[key] == pytest.approx(sum(part[key] for part in parts), rel=1e-12)
    natural = upscattering.cross_section("Ge", 0.03, 0.01, 1e-6)["sigma_cm2"]
    isotope_mean = sum(
        n.abundance * upscattering.cross_section(n.name, 0.03, 0.01, 1e-6)["sigma_cm2"] for n in isotopes.natural("Ge")
    )
    assert natural == pytest.approx(isotope_mean, rel=1e-12)
    assert upscattering.cross_section("H2O", 1.0, 0.1, 1e-6, form_factor="helm")["sigma_cm2"] > 0


def test_form_factors_differ_little_while_coherent():
    values = [
        upscattering.cross_section("Ar40", 0.01, 0.003, 1e-6, form_factor=name)["sigma_cm2"]
        for name in form_factors.NAMES
    ]
    assert max(values) / min(values) < 1.02


def test_below_threshold_there_is_nothing():
    result = upscattering.cross_section("e-", 1e-3, 0.01, 1e-6, recoil=1e-5)
    assert result == dict.fromkeys(result, 0.0)


@pytest.mark.parametrize("target", ["", "Xx", "Ar41", "e+", "kryptonite", "C12x"])
def test_unknown_targets_are_named(target):
    with pytest.raises(UnknownNameError):
        upscattering.cross_section(target, 1.0, 0.1, 1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"energy": -1.0},
        {"energy": np.nan},
        {"energy": 0.0},
        {"mass": -1.0},
        {"mass": np.inf},
        {"d": -1.0},
        {"recoil": 0.0},
    ],
)
def test_bad_numbers_are_named(change):
    arguments = {"energy": 1.0, "mass": 0.1, "d": 1e-6} | change
    with pytest.raises(DomainError):
        upscattering.cross_section("Ar40", **arguments)


def test_wrong_form_factors_are_named():
    for target, name in (("Ar40", "dipole"), ("p", "helm"), ("e-", "helm"), ("Xe132", "fourier-bessel")):
        with pytest.raises(UnknownNameError):
            upscattering.cross_section(target, 1.0, 0.1, 1e-6, form_factor=name)


@given(
    st.floats(min_value=1e-9, max_value=1e6),
    st.floats(min_value=0.0, max_value=1e3),
    st.sampled_from(["e-", "p", "n", "Ar40", "Xe", "H2O", "W"]),
    st.floats(min_value=1e-15, max_value=1e3),
)
def test_finite_or_a_named_error(energy, mass, target, recoil):
    try:
        result = upscattering.cross_section(target, energy, mass, 1e-6, recoil=recoil)
    except DomainError:
        assert recoil_limits(energy, mass, units.ELECTRON_MASS)[0] <= 1e-85  # as good as massless: diverges
        return
    assert all(np.isfinite(value) and value >= 0 for value in result.values())
