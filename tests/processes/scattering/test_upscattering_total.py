"""Total cross sections by independent methods, the verb, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.kinematics import maximum_hnl_mass, recoil_limits
from nudipole.matter import form_factors, isotopes, targets
from nudipole.processes.scattering import moments, upscattering, upscattering_total


@pytest.mark.parametrize(
    ("name", "screening"), [("Ar40", True), ("C12", False), ("p", True), ("n", True), ("H1", True)]
)
@pytest.mark.parametrize(("energy", "mass"), [(0.03, 0.005), (1.0, 0.1), (5.0, 0.02), (0.5, 0.3)])
def test_total_is_the_integral_of_the_spectrum(name, screening, energy, mass):
    target = targets.get(name, screening=screening)
    low, high = recoil_limits(energy, mass, target.mass)
    assert high > low or float(upscattering_total.total_cross_section(target, energy, mass)) == 0.0
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
    assert float(upscattering_total.total_cross_section(target, energy, mass)) == pytest.approx(direct, rel=1e-6, abs=0)
    assert float(moments.FormFactorMoments(target).total(energy, mass)) == pytest.approx(direct, rel=3e-6, abs=0)


@pytest.mark.parametrize("name", ["Ar40", "Xe132", "p", "n", "H1", "Pb208"])
def test_moments_agree_with_direct_integration(name):
    target = targets.get(name)
    rng = np.random.default_rng(4)
    energy = 10 ** rng.uniform(-4, 3, 300)
    mass = maximum_hnl_mass(energy, target.mass) * 10 ** rng.uniform(-4, 0, 300)
    mass[:30] = maximum_hnl_mass(energy[:30], target.mass) * (1 - 10 ** rng.uniform(-8, -1, 30))
    direct = upscattering_total.total_cross_section(target, energy, mass)
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
            total = float(upscattering_total.total_cross_section(electron, energy, mass))
            assert total == pytest.approx(4 * units.ALPHA * closed, rel=1e-3, abs=0)


def test_screening_makes_the_massless_total_finite():
    argon = targets.get("Ar40")
    massless = float(upscattering_total.total_cross_section(argon, 1.0, 0.0))
    small = [float(upscattering_total.total_cross_section(argon, 1.0, m)) for m in (1e-3, 1e-4, 1e-5)]
    assert np.isfinite(massless)
    assert np.all(np.diff(np.abs(np.array(small) / massless - 1)) < 0)
    assert small[-1] == pytest.approx(massless, rel=1e-3, abs=0)
    bare = targets.get("Ar40", screening=False)
    with pytest.raises(DomainError, match="diverges"):
        upscattering_total.total_cross_section(bare, 1.0, 0.0)
    with pytest.raises(DomainError, match="diverges"):
        moments.FormFactorMoments(bare).total(1.0, 0.0)
    with pytest.raises(DomainError, match="diverges"):
        upscattering_total.cross_section("e-", 1.0, 0.0, 1e-6)
    # and does nothing where the photon has a short wavelength
    assert float(upscattering_total.total_cross_section(argon, 1.0, 0.3)) == pytest.approx(
        float(upscattering_total.total_cross_section(bare, 1.0, 0.3)), rel=1e-4, abs=0
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
    ours = [float(upscattering_total.total_cross_section(particle, row["energy"], row["mass"])) for row in rows]
    theirs = rows["flipping"] + rows["conserving"]
    np.testing.assert_allclose(np.array(ours) * D**2 * units.GEV_M2_TO_CM2, theirs, rtol=3e-4)


def test_coherent_lead_agrees_with_darknews():
    target = targets.get("Pb208", "fourier-bessel", screening=False)
    ours = float(upscattering_total.total_cross_section(target, 1.0, 0.1)) * D**2 * units.GEV_M2_TO_CM2
    assert ours == pytest.approx(6.55151e-38, rel=2e-3, abs=0)


def test_cross_section_verb():
    argon = upscattering_total.cross_section("Ar40", 0.03, 0.01, 1e-6, recoil=1e-5)
    assert set(argon) == {"sigma_GeV-2", "sigma_cm2", "recoil_min_GeV", "recoil_max_GeV", "dsigma_dE_GeV-3"}
    assert argon["sigma_cm2"] == pytest.approx(argon["sigma_GeV-2"] * units.HBAR_C**2 * 1e4, rel=1e-12, abs=0)
    low, high = recoil_limits(0.03, 0.01, isotopes.get("Ar40").mass)
    assert (argon["recoil_min_GeV"], argon["recoil_max_GeV"]) == (
        pytest.approx(low, rel=1e-6, abs=0),
        pytest.approx(high, rel=1e-6, abs=0),
    )
    double = upscattering_total.cross_section("Ar40", 0.03, 0.01, 2e-6)
    assert double["sigma_cm2"] == pytest.approx(4 * argon["sigma_cm2"], rel=1e-12, abs=0)


def test_a_compound_is_the_sum_of_its_nuclei():
    whole = upscattering_total.cross_section("CsI", 0.03, 0.01, 1e-6, recoil=1e-5)
    parts = [upscattering_total.cross_section(name, 0.03, 0.01, 1e-6, recoil=1e-5) for name in ("Cs133", "I127")]
    for key in ("sigma_GeV-2", "dsigma_dE_GeV-3"):
        assert whole[key] == pytest.approx(sum(part[key] for part in parts), rel=1e-12, abs=0)
    natural = upscattering_total.cross_section("Ge", 0.03, 0.01, 1e-6)["sigma_cm2"]
    isotope_mean = sum(
        n.abundance * upscattering_total.cross_section(n.name, 0.03, 0.01, 1e-6)["sigma_cm2"]
        for n in isotopes.natural("Ge")
    )
    assert natural == pytest.approx(isotope_mean, rel=1e-12, abs=0)
    assert upscattering_total.cross_section("H2O", 1.0, 0.1, 1e-6, form_factor="helm")["sigma_cm2"] > 0


def test_form_factors_differ_little_while_coherent():
    values = [
        upscattering_total.cross_section("Ar40", 0.01, 0.003, 1e-6, form_factor=name)["sigma_cm2"]
        for name in form_factors.NAMES
    ]
    assert max(values) / min(values) < 1.02


def test_below_threshold_there_is_nothing():
    result = upscattering_total.cross_section("e-", 1e-3, 0.01, 1e-6, recoil=1e-5)
    assert result == dict.fromkeys(result, 0.0)


@pytest.mark.parametrize("target", ["", "Xx", "Ar41", "e+", "kryptonite", "C12x"])
def test_unknown_targets_are_named(target):
    with pytest.raises(UnknownNameError):
        upscattering_total.cross_section(target, 1.0, 0.1, 1e-6)


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
        upscattering_total.cross_section("Ar40", **arguments)


def test_wrong_form_factors_are_named():
    for target, name in (("Ar40", "dipole"), ("p", "helm"), ("e-", "helm"), ("Xe132", "fourier-bessel")):
        with pytest.raises(UnknownNameError):
            upscattering_total.cross_section(target, 1.0, 0.1, 1e-6, form_factor=name)


@given(
    st.floats(min_value=1e-9, max_value=1e6),
    st.floats(min_value=0.0, max_value=1e3),
    st.sampled_from(["e-", "p", "n", "Ar40", "Xe", "H2O", "W"]),
    st.floats(min_value=1e-15, max_value=1e3),
)
def test_finite_or_a_named_error(energy, mass, target, recoil):
    try:
        result = upscattering_total.cross_section(target, energy, mass, 1e-6, recoil=recoil)
    except DomainError:
        assert recoil_limits(energy, mass, units.ELECTRON_MASS)[0] <= 1e-85  # as good as massless: diverges
        return
    massless = recoil_limits(energy, mass, units.ELECTRON_MASS)[0] <= 1e-85
    diverges = {name for name, value in result.items() if value is None}
    assert not diverges or (massless and diverges == {"sigma_GeV-2", "sigma_cm2"})
    assert all(np.isfinite(value) and value >= 0 for value in result.values() if value is not None)
