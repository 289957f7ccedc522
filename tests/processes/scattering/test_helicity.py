"""Helicity of N against projected traces."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.kinematics import recoil_limits
from nudipole.matter import targets
from nudipole.processes.scattering import helicity, upscattering
from tests import dirac
from tests.processes import points


def projected(at, f1, f2, scalar):
    """dsigma/dE_r / d^2 for N of lab helicity +1/2 and -1/2, by spin projectors in explicit traces."""
    k, p, k_out, p_out, q = points.momenta(at)
    mass = np.asarray(at.mass, dtype=np.longdouble)
    momentum = np.sqrt(np.sum(k_out[:, 1:] ** 2, axis=-1))
    spin = np.concatenate([momentum[:, None], (k_out[:, 0] / momentum)[:, None] * k_out[:, 1:]], axis=-1)  # M s
    if scalar:
        hadron = (p + p_out)[:, :, None] * (p + p_out)[:, None, :]
    else:
        pauli = dirac.unit(f2 / (2 * at.target))
        vertices = [f1 * dirac.GAMMA[mu] + 1j * pauli @ dirac.sigma_q(mu, q) for mu in range(4)]
        unit = dirac.unit(at.target)
        hadron = 0.5 * dirac.lepton_tensor(dirac.slash(p_out) + unit, vertices, dirac.slash(p) + unit)
    vertices = [2 * dirac.sigma_q(mu, -q) @ dirac.P_LEFT for mu in range(4)]
    result = []
    for sign in (1, -1):
        # (k'-slash + M)(1 + g5 s-slash)/2 between chiral vertices: only k'-slash + M g5 s-slash survives
        outgoing = 0.5 * (dirac.slash(k_out) - sign * dirac.slash(spin) @ dirac.GAMMA5)
        leptons = dirac.lepton_tensor(outgoing, vertices, dirac.slash(k))
        squared = 4 * np.pi * units.ALPHA * dirac.contract(leptons, hadron) / (2 * at.target * at.recoil) ** 2
        result.append((squared / (32 * np.pi * at.target * at.energy**2)).astype(float))
    assert len(mass) == 200
    return result


@pytest.mark.parametrize(("f1", "f2", "scalar"), [(1, 0, True), (1, 0, False), (0.7, 1.3, False), (0.3, -1.9, False)])
def test_agrees_with_projected_traces(f1, f2, scalar):
    """200 points in the bulk, at threshold and down to M = 0, where the conserving part vanishes."""
    at = points.upscattering(7)
    if scalar:
        flip, conserve = helicity.spectra_spin0(at.recoil, at.energy, at.mass, at.target)
        total = upscattering.spectrum_spin0(at.recoil, at.energy, at.mass, at.target)
    else:
        flip, conserve = helicity.spectra_spin_half(at.recoil, at.energy, at.mass, at.target, f1, f2)
        total = upscattering.spectrum_spin_half(at.recoil, at.energy, at.mass, at.target, f1, f2)
    np.testing.assert_allclose(flip + conserve, total, rtol=1e-10)
    exact = projected(at, f1, f2, scalar)
    np.testing.assert_array_less(np.abs(flip - exact[0]), 1e-8 * total)
    np.testing.assert_array_less(np.abs(conserve - exact[1]), 1e-8 * total)


def fraction(energy, mass, structure):
    """Share of helicity -1/2 in the total on a target with these spectra."""
    # Gauss: a rule that uses the end points loses them when rounding puts them outside the kinematic limits, and the
    # helicity-conserving part is largest at the lower one
    low, high = (float(x) for x in recoil_limits(energy, mass, structure.mass))
    nodes, weights = np.polynomial.legendre.leggauss(200)
    recoil = low * np.exp(0.5 * np.log(high / low) * (nodes + 1))
    flip, conserve = structure.spectra(recoil, energy, mass)
    return np.sum(weights * conserve * recoil) / np.sum(weights * (flip + conserve) * recoil)


def projected_fraction(energy, mass, carbon, frame):
    """The same from traces with the spin quantised along the momentum of N as seen in a frame."""
    m = carbon.mass
    low, high = (float(x) for x in recoil_limits(energy, mass, m))
    nodes, weights = np.polynomial.legendre.leggauss(100)
    u = np.log(low) + 0.5 * np.log(min(high, carbon.target.reach / (2 * m)) / low) * (nodes + 1)
    sums = np.zeros(2)
    for recoil, weight in zip(np.exp(u), weights, strict=True):
        hnl_energy, q2 = energy - recoil, 2 * m * recoil
        momentum = np.sqrt(hnl_energy**2 - mass**2)
        cosine = (energy * hnl_energy - 0.5 * (mass**2 + q2)) / (energy * momentum)
        sine = np.sqrt(max(0.0, 1 - cosine**2))
        k, p = np.array([energy, 0, 0, energy]), np.array([m, 0, 0, 0])
        k_out = np.array([hnl_energy, momentum * sine, 0, momentum * cosine])
        q = k - k_out
        observer = p + k if frame == "centre of mass" else p
        observer = observer / np.sqrt(dirac.dot(observer, observer))
        seen = dirac.dot(k_out, observer)
        spin = (seen * k_out / mass - mass * observer) / np.sqrt(seen**2 - mass**2)
        vertices = [2 * dirac.sigma_q(mu, -q) @ dirac.P_LEFT for mu in range(4)]
        hadron = np.outer(2 * p + q, 2 * p + q).astype(complex) * float(carbon.target.electric(np.array(q2)))
        for index, sign in enumerate((1, -1)):
            projector = 0.5 * (dirac.IDENTITY + sign * dirac.GAMMA5 @ dirac.slash(spin))
            outgoing = (dirac.slash(k_out) + mass * dirac.IDENTITY) @ projector
            leptons = dirac.lepton_tensor(outgoing, vertices, dirac.slash(k))
            sums[index] += weight * recoil * dirac.contract(leptons, hadron) / q2**2
    return sums[1] / np.sum(sums)


class PointProton:
    mass = units.PROTON_MASS

    def spectra(self, recoil, energy, mass):
        return helicity.spectra_spin_half(recoil, energy, mass, self.mass)


class Carbon:
    def __init__(self):
        self.target = targets.get("C12", "fourier-bessel", screening=False)
        self.mass = self.target.mass

    def spectra(self, recoil, energy, mass):
        charge2 = self.target.electric(2 * self.mass * recoil)
        return tuple(charge2 * part for part in helicity.spectra_spin0(recoil, energy, mass, self.mass))


def test_published_fractions():
    # errata section 2
    assert fraction(1.0, 0.1, PointProton()) == pytest.approx(0.0005, abs=1e-4)
    assert fraction(1.0, 0.5, PointProton()) == pytest.approx(0.075, abs=2e-3)


def test_conserving_part_agrees_with_darknews():
    """Its totals on carbon: DarkNews means the helicity in the centre-of-mass frame, we mean the lab."""
    for energy, mass, conserve, flip, lab in (
        (0.5, 0.1, 9.98e-43, 3.71920e-40, 0.02),
        (0.5, 0.3, 3.096e-42, 1.89220e-41, 0.02),
        (1.0, 0.3, 1.642e-42, 1.00551e-40, 0.02),
    ):
        published = conserve / (conserve + flip)
        assert projected_fraction(energy, mass, Carbon(), "centre of mass") == pytest.approx(published, rel=1e-3, abs=0)
        ours = fraction(energy, mass, Carbon())
        assert projected_fraction(energy, mass, Carbon(), "lab") == pytest.approx(ours, rel=1e-9, abs=0)
        assert ours == pytest.approx(published, rel=lab, abs=0)


def test_conserving_part_vanishes_with_the_mass():
    recoil = np.geomspace(1e-4, 1e-2, 10)  # 2 m E_r well above M^2
    ratios = []
    for mass in (1e-3, 1e-4, 1e-5):
        flip, conserve = helicity.spectra_spin0(recoil, 1.0, mass, 11.17)
        assert np.all(conserve >= 0)
        ratios.append(conserve / flip)
    np.testing.assert_allclose(ratios[0] / ratios[1], 100.0, rtol=0.02)
    np.testing.assert_allclose(ratios[1] / ratios[2], 100.0, rtol=0.02)
    assert np.all(helicity.spectra_spin0(recoil, 1.0, 0.0, 11.17)[1] == 0)


@pytest.mark.parametrize("mass", [1e-6, 1e-3, 0.05, 0.5])
def test_mean_helicity_is_that_of_both_spectra(mass):
    energy, target = np.array([0.7, 3.0])[:, None], np.array(11.17)
    low, high = recoil_limits(energy, mass, target)
    recoil = np.maximum(low, 1e-10 * high) ** 0.5 * high**0.5 * np.array([1e-2, 0.3, 1.0, 3.0])
    recoil = np.clip(recoil, low, high) if mass > 0.01 else recoil
    flip, conserve = helicity.spectra_spin0(recoil, energy, mass, target)
    mean = helicity.polarisation_spin0(recoil, energy, np.array(mass), target, low, high)
    assert mean == pytest.approx((flip - conserve) / (flip + conserve), abs=1e-9)
