"""Up-scattering against explicit Dirac traces, and its limits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from nudipole import units
from nudipole.kinematics import maximum_hnl_mass, minimum_neutrino_energy, recoil_limits, threshold_energy
from nudipole.matter import atoms, form_factors, nucleons, targets
from nudipole.matter.targets import Target
from nudipole.processes.scattering import upscattering, upscattering_total
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
        assert value == pytest.approx(float(4 * units.ALPHA * s0), rel=1e-11, abs=0)


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
    assert float(upscattering_total.total_cross_section(point, energy, mass)) == pytest.approx(estimate, abs=4 * error)
    assert error < 0.05 * estimate
