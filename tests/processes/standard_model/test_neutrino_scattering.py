"""Neutrino-electron and coherent nuclear scattering against explicit traces of the four-fermion interaction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.kinematics import recoil_limits
from nudipole.matter import isotopes
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from tests import dirac
from tests.processes import points


def four_fermion(at, g_left, g_right, antineutrino=False):
    """2 sqrt(2) G_F [nubar gamma^a P_L nu][ebar gamma_a (g_L P_L + g_R P_R) e]: dsigma/dE_r, spin averaged."""
    k, p, k_out, p_out, _ = points.momenta(at)
    left = [gamma @ dirac.P_LEFT for gamma in dirac.GAMMA]
    first, last = (k_out, k) if antineutrino else (k, k_out)  # the antineutrino line runs backwards
    leptons = dirac.lepton_tensor(dirac.slash(last), left, dirac.slash(first))
    coupling = dirac.unit(g_left) @ dirac.P_LEFT + dirac.unit(g_right) @ dirac.P_RIGHT
    mass = dirac.unit(at.target)
    vertices = [gamma @ coupling for gamma in dirac.GAMMA]
    electrons = dirac.lepton_tensor(dirac.slash(p_out) + mass, vertices, dirac.slash(p) + mass)
    squared = 8 * units.FERMI_CONSTANT**2 * 0.5 * dirac.contract(leptons, electrons)
    return (squared / (32 * np.pi * at.target * at.energy**2)).astype(float)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("flavor", standard_model.FLAVORS)
@pytest.mark.parametrize("scheme", ["tree", "radiative"])
def test_electron_scattering_agrees_with_explicit_dirac_traces(flavor, antineutrino, scheme):
    """200 points from 1 keV to 10 GeV: recoils from 1e-6 of the largest to all but 1e-6 of it."""
    at = points.elastic(11, units.ELECTRON_MASS, -6, 1)
    spectrum = standard_model.electron_spectrum(at.recoil, at.energy, flavor, antineutrino, scheme)
    exact = four_fermion(at, *standard_model.electron_couplings(flavor, at.recoil, scheme), antineutrino)
    assert len(exact) == 200
    np.testing.assert_allclose(spectrum, exact, rtol=1e-8)


@pytest.mark.parametrize("flavor", standard_model.FLAVORS)
@pytest.mark.parametrize("name", ["He4", "Ar40", "Cs133"])
def test_coherent_scattering_agrees_with_a_scalar_current(name, flavor):
    """(G_F / sqrt 2) Q [nubar gamma^a (1 - gamma5) nu] (p + p')_a, Q normalised to g_V^n = -1/2 per neutron."""
    nucleus = isotopes.get(name)
    at = points.elastic(12, nucleus.mass, -6, -1)
    spectrum = standard_model.coherent_spectrum(at.recoil, at.energy, nucleus, flavor, "point")
    charge = standard_model.PROTON_COUPLING[flavor] * nucleus.protons - 0.5094 * nucleus.neutrons
    k, p, k_out, p_out, _ = points.momenta(at)
    left = [gamma @ (2 * dirac.P_LEFT) for gamma in dirac.GAMMA]
    leptons = dirac.lepton_tensor(dirac.slash(k_out), left, dirac.slash(k))
    current = (p + p_out)[:, :, None] * (p + p_out)[:, None, :]
    squared = 0.5 * units.FERMI_CONSTANT**2 * charge**2 * dirac.contract(leptons, current)
    exact = (squared / (32 * np.pi * nucleus.mass * at.energy**2)).astype(float)
    assert len(exact) == 200
    np.testing.assert_allclose(spectrum, exact, rtol=1e-8)


def test_couplings():
    # PDG: g_LL = -0.273, g_LR = 0.233 for nu_mu e
    left, right = standard_model.electron_couplings("mu", 10e-3)
    assert float(left) == pytest.approx(-0.273, abs=1e-3)
    assert float(right) == pytest.approx(0.2334, abs=1e-3)
    tree_left, tree_right = standard_model.electron_couplings("e", 1e-3, "tree")
    assert float(tree_left) == pytest.approx(0.5 + units.SIN2_THETA_W_LOW, rel=1e-6, abs=0)
    assert float(tree_right) == pytest.approx(units.SIN2_THETA_W_LOW, rel=1e-6, abs=0)
    # the charge radii of nu_e and nu_mu differ by (alpha / 6 pi) ln(m_mu^2/m_e^2) in g_R, up to the running with T
    difference = standard_model.electron_couplings("mu", 1e-7)[1] - standard_model.electron_couplings("e", 1e-7)[1]
    radius = units.ALPHA / (6 * np.pi) * np.log((units.MUON_MASS / units.ELECTRON_MASS) ** 2)
    assert float(difference) == pytest.approx(radius, rel=0.05, abs=0)
    proton = standard_model.PROTON_COUPLING
    assert proton["e"] - proton["mu"] == pytest.approx(2 * radius, abs=1e-4)


def test_vertex_integral_is_smooth_where_its_series_takes_over():
    recoil = np.geomspace(1e-9, 1.0, 4000)
    couplings = standard_model.electron_couplings("e", recoil)[1]
    assert np.all(np.diff(couplings) >= -1e-12)
    assert np.max(np.abs(np.diff(couplings))) < 1e-4


def test_total_of_the_electron_channel():
    """sigma(nu_mu e) -> (2 G^2 m E / pi)(g_L^2 + g_R^2 / 3) far above the electron mass."""
    energy = 1.0
    high = float(recoil_limits(energy, 0.0, units.ELECTRON_MASS)[1])
    total = quad(
        lambda t: float(standard_model.electron_spectrum(t, energy, "mu", False, "tree")), 1e-9, high, epsabs=0
    )[0]
    left, right = (float(x) for x in standard_model.electron_couplings("mu", 0.1, "tree"))
    expected = 2 * units.FERMI_CONSTANT**2 * units.ELECTRON_MASS * energy / np.pi * (left**2 + right**2 / 3)
    assert total == pytest.approx(expected, rel=2e-3, abs=0)
    # CHARM-II: sigma(nu_mu e) / E = (1.53 +- 0.04 +- 0.12)e-42 cm^2/GeV
    assert total * units.GEV_M2_TO_CM2 == pytest.approx(1.53e-42, abs=0.13e-42)


def test_coherent_total_at_low_energy():
    """G_F^2 Q^2 E^2 / pi for a point nucleus (with Q = 2 g: G_F^2 Q_W^2 E^2 / 4 pi)."""
    nucleus, energy = isotopes.get("Cs133"), 5e-4
    high = float(recoil_limits(energy, 0.0, nucleus.mass)[1])
    total = quad(
        lambda t: float(standard_model.coherent_spectrum(t, energy, nucleus, "e", "point")), 1e-20, high, epsabs=0
    )[0]
    charge = 0.0401 * 55 - 0.5094 * 78
    assert total == pytest.approx(units.FERMI_CONSTANT**2 * charge**2 * energy**2 / np.pi, rel=1e-4, abs=0)


def test_polynomials_are_the_spectra():
    nucleus = isotopes.get("Ge74")
    c = standard_model.coherent_energy_coefficients(1e-6, nucleus, "e")
    assert float(c[0] + c[1] / 0.01 + c[2] / 0.01**2) == pytest.approx(
        float(standard_model.coherent_spectrum(1e-6, 0.01, nucleus, "e")), rel=1e-6, abs=0
    )
    assert standard_model.electron_energy_coefficients(np.ones((2, 4)) * 1e-4, "tau").shape == (3, 2, 4)
    assert float(standard_model.coherent_spectrum(1e-3, 0.01, nucleus, "e")) == 0.0
    assert float(standard_model.electron_spectrum(1.0, 0.01, "e")) == 0.0


def test_weak_charge_is_mostly_neutrons():
    nucleus = isotopes.get("Ar40")
    assert float(standard_model.weak_charge(nucleus, 0.0, "mu")) == pytest.approx(
        0.0318 * 18 - 0.5094 * 22, rel=1e-6, abs=0
    )
    assert float(standard_model.weak_charge(isotopes.get("H1"), 0.0, "e", "point")) == pytest.approx(
        0.0401, rel=1e-6, abs=0
    )


def test_bad_input_is_named():
    nucleus = isotopes.get("Ar40")
    with pytest.raises(UnknownNameError):
        standard_model.electron_couplings("x", 1e-3)
    with pytest.raises(UnknownNameError):
        standard_model.electron_couplings("e", 1e-3, "loop")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError):
        standard_model.weak_charge(nucleus, 1e-6, "x")
    for recoil in (0.0, -1.0, np.nan):
        with pytest.raises(DomainError):
            standard_model.electron_spectrum(recoil, 1e-3, "e")
        with pytest.raises(DomainError):
            standard_model.coherent_spectrum(recoil, 1e-3, nucleus, "e")
    with pytest.raises(DomainError):
        standard_model.electron_spectrum(1e-4, -1.0, "e")


@given(
    st.floats(min_value=1e-15, max_value=1e6),
    st.floats(min_value=1e-9, max_value=1e6),
    st.sampled_from(standard_model.FLAVORS),
    st.booleans(),
)
def test_finite_and_positive(recoil, energy, flavor, antineutrino):
    for value in (
        float(standard_model.electron_spectrum(recoil, energy, flavor, antineutrino)),
        float(standard_model.coherent_spectrum(recoil, energy, isotopes.get("Xe132"), flavor)),
    ):
        assert np.isfinite(value)
        assert value >= 0


def test_flavours_differ_by_the_charge_radius_of_the_neutrino():
    """One loop: g_V^p falls by alpha / (3 pi) ln(m'^2 / m^2) from a lepton of mass m to one of mass m'."""
    masses = {"e": units.ELECTRON_MASS, "mu": units.MUON_MASS, "tau": units.TAU_MASS}
    for light, heavy in (("e", "mu"), ("mu", "tau")):
        expected = units.ALPHA / (3 * np.pi) * 2 * np.log(masses[heavy] / masses[light])
        difference = standard_model.PROTON_COUPLING[light] - standard_model.PROTON_COUPLING[heavy]
        assert difference == pytest.approx(expected, abs=1e-4)  # four digits in each coupling
