"""Quasi-elastic charged currents: explicit traces, thresholds, limits and the rate that deuterium measured."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.standard_model import quasi_elastic
from tests import dirac

M = units.NUCLEON_MASS


def traced(q2: np.ndarray, energy: np.ndarray, lepton: float, antineutrino: bool) -> np.ndarray:
    """dsigma/dQ^2 from traces with explicit four-vectors: V - A of the leptons on F_1, F_2, F_A, F_P of the nucleons."""
    zero = np.zeros_like(energy)
    f1, f2, axial, pseudoscalar = (f[..., None, None] for f in quasi_elastic._form_factors(q2))
    e_out = energy - q2 / (2 * M)
    momentum = np.sqrt(e_out**2 - lepton**2)
    cosine = (2 * energy * e_out - lepton**2 - q2) / (2 * energy * momentum)
    k = dirac.vector(energy, zero, zero, energy)
    k_out = dirac.vector(e_out, momentum * np.sqrt(1 - cosine**2), zero, momentum * cosine)
    p = dirac.vector(M + zero, zero, zero, zero)
    q = k - k_out
    p_out = p + q
    sign = -1.0 if antineutrino else 1.0
    leptons, hadrons = [], []
    for mu in range(4):
        leptons.append(dirac.GAMMA[mu] @ (dirac.IDENTITY - sign * dirac.GAMMA5))
        current = (
            f1 * dirac.GAMMA[mu] + 1j * f2 / (2 * M) * dirac.sigma_q(mu, q) + axial * dirac.GAMMA[mu] @ dirac.GAMMA5
        )
        hadrons.append(current + pseudoscalar * q[..., mu, None, None] / M * dirac.GAMMA5)
    total = np.zeros(np.shape(energy))
    for mu in range(4):
        for nu in range(4):
            weight = dirac.METRIC[mu, mu] * dirac.METRIC[nu, nu]
            one = dirac.slash(k_out) + dirac.unit(lepton + zero), dirac.slash(k)
            two = dirac.slash(p_out) + dirac.unit(M + zero), dirac.slash(p) + dirac.unit(M + zero)
            left = np.trace(one[0] @ leptons[mu] @ one[1] @ dirac.bar(leptons[nu]), axis1=-2, axis2=-1)
            right = np.trace(two[0] @ hadrons[mu] @ two[1] @ dirac.bar(hadrons[nu]), axis1=-2, axis2=-1)
            total = total + weight * (left * right).real
    amplitude2 = 0.5 * (units.FERMI_CONSTANT * quasi_elastic.V_UD) ** 2 / 2.0 * total
    return amplitude2 / (64 * np.pi * M**2 * energy**2)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("flavor", "lowest"), [("e", 0.05), ("mu", 0.2), ("tau", 4.0)])
def test_agrees_with_explicit_traces(flavor: str, lowest: float, antineutrino: bool) -> None:
    rng = np.random.default_rng(3)
    energy = lowest * np.exp(rng.uniform(0, 4, 60))
    low, high = quasi_elastic.q2_limits(energy, flavor)
    q2 = low + rng.uniform(0.01, 0.99, 60) * (high - low)
    expected = traced(q2, energy, units.LEPTON_MASS[flavor], antineutrino)
    found = quasi_elastic.spectrum(q2, energy, flavor, antineutrino)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9 * np.max(expected))


@pytest.mark.parametrize("flavor", ["e", "mu", "tau"])
def test_limits_are_those_of_a_lepton_along_and_against_the_neutrino(flavor: str) -> None:
    threshold = quasi_elastic.threshold(flavor)
    low, high = quasi_elastic.q2_limits(np.array([0.99 * threshold, threshold]), flavor)
    np.testing.assert_allclose(high, low, rtol=1e-6, atol=1e-9)
    assert np.all(quasi_elastic.cross_section(np.array([0.5 * threshold, threshold]), flavor) < 1e-50)
    assert float(quasi_elastic.cross_section(1.2 * threshold, flavor)) > 0
    energy, lepton = 10.0, units.LEPTON_MASS[flavor]
    for q2 in (float(v) for v in quasi_elastic.q2_limits(energy, flavor)):
        e_out = energy - q2 / (2 * M)
        cosine = (2 * energy * e_out - lepton**2 - q2) / (2 * energy * np.sqrt(e_out**2 - lepton**2))
        assert abs(cosine) == pytest.approx(1.0, abs=1e-9)


def test_plateau_is_that_of_deuterium_and_of_the_difference() -> None:
    """0.9 to 1.0e-38 cm^2 above 2 GeV (bubble chambers, from memory), and nubar catches up with nu."""
    energy = np.array([5.0, 20.0, 100.0])
    neutrino = quasi_elastic.cross_section(energy)
    assert np.all((neutrino > 0.9e-38) & (neutrino < 1.0e-38))
    ratio = quasi_elastic.cross_section(energy, antineutrino=True) / neutrino
    assert np.all(np.diff(ratio) > 0)
    assert ratio[-1] == pytest.approx(1.0, abs=0.03)


def test_zero_momentum_transfer_is_fermi_and_gamow_teller() -> None:
    expected = (units.FERMI_CONSTANT * quasi_elastic.V_UD) ** 2 / (2 * np.pi)
    expected *= 1.0 + quasi_elastic.AXIAL_COUPLING**2
    assert float(quasi_elastic.spectrum(0.0, 50.0, "e")) == pytest.approx(expected, rel=1e-6, abs=0)


def test_quadrature_has_converged_and_the_fermi_gas_blocks() -> None:
    for energy in (0.3, 1.0, 30.0):
        low, high = (float(v) for v in quasi_elastic.q2_limits(energy, "mu"))
        q2 = np.geomspace(low, min(high, 10.0), 20001)
        direct = np.trapezoid(quasi_elastic.spectrum(q2, energy, "mu"), q2) * units.GEV_M2_TO_CM2
        assert float(quasi_elastic.cross_section(energy)) == pytest.approx(direct, rel=1e-4, abs=0)
        blocked = float(quasi_elastic.cross_section(energy, fermi_momentum=0.221))
        assert 0.6 * direct < blocked < 0.97 * direct


def test_bad_input_is_named() -> None:
    with pytest.raises(UnknownNameError):
        quasi_elastic.cross_section(1.0, "x")
    with pytest.raises(DomainError):
        quasi_elastic.cross_section(-1.0)
    with pytest.raises(DomainError):
        quasi_elastic.cross_section(1.0, fermi_momentum=-0.1)
    with pytest.raises(DomainError):
        quasi_elastic.spectrum(-1.0, 1.0, "mu")
