"""Charged currents: the slopes of the data at low energy, the W propagator at high, and the price of the tau."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.standard_model import charged_current


def test_slopes_of_the_review_of_particle_physics():
    energy = np.array([30.0, 60.0, 200.0])
    sigma = charged_current.charged_current_cross_section(energy)
    np.testing.assert_allclose(sigma / energy, 0.677e-38, rtol=1e-9)
    anti = charged_current.charged_current_cross_section(energy, antineutrino=True)
    np.testing.assert_allclose(anti / energy, 0.334e-38, rtol=1e-9)


# sigma/E [1e-38 cm^2/GeV] on an isoscalar target: MINOS, arXiv:0910.2216, from memory, not re-read
MINOS = [
    (3.48, 0.748, 0.061),
    (4.45, 0.711, 0.033),
    (5.89, 0.708, 0.032),
    (7.97, 0.722, 0.051),
    (10.45, 0.695, 0.043),
    (13.43, 0.691, 0.028),
    (16.42, 0.708, 0.020),
    (19.87, 0.689, 0.016),
    (27.89, 0.686, 0.015),
]


def test_nothing_is_fitted_below_thirty_gev_and_minos_agrees():
    energy, value, error = np.array(MINOS).T
    ours = charged_current.charged_current_cross_section(energy) / energy * 1e38
    pulls = (ours - value) / error
    assert np.all(np.abs(pulls) < 2.0)
    assert np.sum(pulls**2) < 14.7  # 90 per cent of chi^2 with nine points (their common flux error makes it smaller)


# sigma [1e-38 cm^2] per argon nucleus: GENIE 2.10.0 total CC splines, as DUNE's fast Monte Carlo used them
GENIE_ARGON = {
    False: [(0.625, 22.197), (0.875, 32.612), (1.0417, 38.607), (2.0417, 69.249), (5.0417, 151.697), (9.9583, 287.915)],
    True: [(0.625, 4.576), (0.875, 7.881), (1.0417, 10.318), (2.0417, 25.255), (5.0417, 63.321), (9.9583, 122.721)],
}


T2K_ERROR = np.hypot(0.13, 0.84) / 6.91  # of the flux-averaged sigma_CC on carbon at 0.85 GeV, arXiv:1302.4908


@pytest.mark.parametrize("antineutrino", [False, True])
def test_shape_is_that_of_a_generator_on_argon(antineutrino):
    """The two differ by less than the error of what was measured at these energies; antineutrinos from 1 GeV on.

    Below, Pauli blocking acts on most of the antineutrinos' recoils, and carbon's Fermi gas is not argon's.
    """
    energy, argon = np.array(GENIE_ARGON[antineutrino][2 if antineutrino else 0 :]).T
    ours = 40e38 * charged_current.charged_current_cross_section(energy, "mu", antineutrino, 22 / 40)
    assert np.max(np.abs(ours / argon - 1.0)) < T2K_ERROR


def test_neutrons_and_protons_average_to_an_isoscalar_target():
    section = charged_current.charged_current_cross_section
    for antineutrino in (False, True):
        protons, neutrons, both = (section(5.0, "mu", antineutrino, f) for f in (0.0, 1.0, 0.5))
        assert float(0.5 * (protons + neutrons)) == pytest.approx(float(both), rel=1e-12, abs=0)
        assert (neutrons > protons) != antineutrino
    with pytest.raises(DomainError, match="fraction of neutrons"):
        section(5.0, neutron_fraction=1.1)


def test_thresholds_and_the_join():
    section = charged_current.charged_current_cross_section
    assert section(0.105) == 0.0
    assert section(0.2) > 0
    assert section(0.1, "e") > 0
    assert section(3.4, "tau") == 0.0
    assert section(3.6, "tau") > 0
    for antineutrino in (False, True):
        below, above = section([29.999999, 30.000001], antineutrino=antineutrino)
        assert above == pytest.approx(below, rel=1e-6, abs=0)


def test_growth_slows_above_the_w_mass():
    slope = np.diff(np.log(charged_current.charged_current_cross_section([100.0, 200.0]))) / np.log(2)
    assert slope[0] == pytest.approx(1.0, abs=0.02)
    slope = np.diff(np.log(charged_current.charged_current_cross_section([1e7, 1e8]))) / np.log(10)
    assert slope[0] == pytest.approx(0.4, abs=0.03)
    both = [charged_current.charged_current_cross_section(1e8, antineutrino=a) for a in (False, True)]
    assert float(both[0]) == pytest.approx(float(both[1]), rel=0.02, abs=0)


def test_tau_suppression_grows_from_threshold_to_one():
    energy = np.geomspace(3.0, 1e6, 200)
    for antineutrino in (False, True):
        ratio = charged_current.tau_suppression(energy, antineutrino)
        assert np.all(np.diff(ratio) >= 0)
        assert ratio[0] == 0.0
        assert ratio[-1] == pytest.approx(1.0, abs=1e-3)
    # Monte Carlo generators give 0.25 to 0.35 at 20 GeV and 0.65 to 0.75 at 100 GeV for neutrinos
    assert 0.2 < float(charged_current.tau_suppression(20.0)) < 0.4
    assert 0.6 < float(charged_current.tau_suppression(100.0)) < 0.8
    tau = charged_current.charged_current_cross_section(100.0, "tau")
    assert float(tau / charged_current.charged_current_cross_section(100.0, "mu")) == pytest.approx(
        float(charged_current.tau_suppression(100.0)), rel=0.01, abs=0
    )


METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def symmetric(a, b):
    product = np.einsum("i...,j...->ij...", a, b)
    return product + np.swapaxes(product, 0, 1)


def dot(a, b):
    return np.einsum("i...,ij,j...->...", a, METRIC, b)


def integrated_contraction(energy, lepton, sign):
    """The cross section over E' and Q^2 from L_mu_nu W^mu_nu with explicit four-vectors; arbitrary units.

    Hadron tensor -g F_1 + p p F_2 / pq + (p q + q p) F_5 / pq and the antisymmetric part of F_3, with the structure
    functions of the module; the physical region is |cos theta| <= 1 of the lepton, not the module's limits of y.
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    m = units.NUCLEON_MASS
    smallest = charged_current._smallest_w() ** 2 - m**2

    def q2_limits(outgoing):
        momentum = np.sqrt((outgoing - lepton) * (outgoing + lepton))
        low = lepton**2 * (2 * energy / (outgoing + momentum) - 1)  # 2 E (E' - k') - m^2 without cancellation
        high = np.minimum(2 * energy * (outgoing + momentum) - lepton**2, 2 * m * (energy - outgoing) - smallest)
        return low, high

    scan = np.linspace(lepton, energy, 200001)[1:-1]
    low, high = q2_limits(scan)
    inside = scan[high > low]
    first, last = inside[0], inside[-1]
    outgoing = first + (last - first) * np.sin(0.25 * np.pi * (nodes + 1)) ** 2
    jacobian = (last - first) * np.sin(0.5 * np.pi * (nodes + 1)) * 0.25 * np.pi
    total = 0.0
    for e_out, weight in zip(outgoing, weights * jacobian, strict=True):
        low, high = q2_limits(e_out)
        if high <= low:
            continue
        q2 = low * np.exp(0.5 * np.log(high / low) * (nodes + 1))
        measure = 0.5 * np.log(high / low) * q2 * weights
        momentum = np.sqrt(e_out**2 - lepton**2)
        cosine = (2 * energy * e_out - lepton**2 - q2) / (2 * energy * momentum)
        sine = np.sqrt(np.maximum(0.0, 1 - cosine**2))
        zero = np.zeros_like(q2)
        k = np.array([energy + zero, zero, zero, energy + zero])
        k_out = np.array([e_out + zero, momentum * sine, zero, momentum * cosine])
        p = np.array([m + zero, zero, zero, zero])
        q = k - k_out
        pq = dot(p, q)
        x = q2 / (2 * pq)
        valence, sea = 1.74 * x**0.6 * (1 - x) ** 3, 0.2 * (1 - x) ** 7
        f2, f3 = 2 * (valence + 2 * sea), 2 * valence / x
        f1 = f5 = f2 / (2 * x)
        leptons = symmetric(k, k_out) - METRIC[..., None] * dot(k, k_out)
        hadrons = -METRIC[..., None] * f1 + 0.5 * symmetric(p, p) * f2 / pq + symmetric(p, q) * f5 / pq
        lowered = np.einsum("ia,jb,ab...->ij...", METRIC, METRIC, hadrons)
        value = np.einsum("ij...,ij...->...", leptons, lowered)
        value = value + sign * f3 / pq * (dot(k, p) * dot(k_out, q) - dot(k, q) * dot(k_out, p))
        total += weight * float(np.sum(value * measure))
    return total


def test_tau_channel_opens_with_the_smallest_hadronic_mass():
    threshold = ((charged_current._smallest_w() + units.TAU_MASS) ** 2 - units.NUCLEON_MASS**2) / (
        2 * units.NUCLEON_MASS
    )
    assert float(charged_current.tau_suppression(0.999 * threshold)) == 0.0
    assert 0.0 < float(charged_current.tau_suppression(1.02 * threshold)) < 1e-3


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("energy", [5.5, 6.0, 10.0, 20.0, 100.0, 1000.0])
def test_tau_suppression_agrees_with_the_contracted_tensors(energy, antineutrino):
    sign = -1 if antineutrino else 1
    heavy = integrated_contraction(energy, units.TAU_MASS, sign)
    light = integrated_contraction(energy, units.MUON_MASS, sign)
    assert float(charged_current.tau_suppression(energy, antineutrino)) == pytest.approx(
        heavy / light, rel=0.005, abs=0
    )


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        charged_current.charged_current_cross_section(10.0, "x")
    for energy in (0.05, 1e10, -1.0, np.nan):
        with pytest.raises(DomainError):
            charged_current.charged_current_cross_section(energy)


@given(st.floats(min_value=0.1, max_value=1e9), st.sampled_from(charged_current.FLAVORS), st.booleans())
def test_finite(energy, flavor, antineutrino):
    value = float(charged_current.charged_current_cross_section(energy, flavor, antineutrino))
    assert np.isfinite(value)
    assert value >= 0
