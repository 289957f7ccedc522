"""Electron and photon in one shower: a decay Monte Carlo, closed forms of both photon spectra, and the recoils."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.decays import hnl_decay
from nudipole.signals.electron_recoil.showers import SOFTEST_RECOIL, merged_fraction, shower_recoils

ME = units.ELECTRON_MASS


@pytest.mark.parametrize("majorana", [False, True])
def test_merged_shower_energies_against_a_decay_monte_carlo(majorana: bool) -> None:
    # N of helicity +1/2 (from a nu_L beam), photon from the rest-frame distribution, boosted
    rng = np.random.default_rng(7)
    energy, mass, recoil = 40.0, 0.05, 2.0
    cosine = rng.uniform(-1, 1, 400_000)
    weight = 2 * hnl_decay.photon_angular_distribution(cosine, 0.0 if majorana else 1.0)
    photon = 0.5 * (energy + np.sqrt(energy**2 - mass**2) * cosine)
    seen = recoil + ME + photon
    expected = np.mean(weight * ((seen > 3.0) & (seen < 24.0)))
    ours = merged_fraction(np.array([recoil]), np.array([[energy]]), np.array([3.0, 24.0]), majorana)
    assert float(ours[0, 0, 0]) == pytest.approx(expected, abs=3e-3)


def test_the_photon_spectrum_in_closed_form() -> None:
    """2 (1 - z) for a Dirac N, even for a Majorana N, with the electron's own energy in front."""
    recoil, energy = np.array([1.0, 4.0]), np.array([[30.0, 50.0], [20.0, 25.0]])
    edges = np.array([2.0, 6.0, 15.0, 60.0])
    z = np.clip((edges - recoil[:, None, None] - ME) / energy[..., None], 0.0, 1.0)
    dirac = merged_fraction(recoil, energy, edges, majorana=False)
    assert dirac == pytest.approx(np.diff(1.0 - (1.0 - z) ** 2, axis=-1), rel=1e-9, abs=0)
    majorana = merged_fraction(recoil, energy, edges, majorana=True)
    assert majorana == pytest.approx(np.diff(z, axis=-1), rel=1e-9, abs=0)


def test_every_shower_lies_in_one_bin_that_spans_all_energies() -> None:
    recoil, energy = np.array([1e-3, 1.0]), np.full((2, 3), 10.0)
    for majorana in (False, True):
        found = merged_fraction(recoil, energy, np.array([ME, 5.0, 20.0]), majorana)
        assert found.sum(axis=-1) == pytest.approx(np.ones((2, 3)), rel=1e-12, abs=0)
        assert not np.any(merged_fraction(recoil, energy, np.array([20.0, 30.0]), majorana))


def test_the_recoils_cover_all_sizes() -> None:
    """The integral of dT over T, as of any spectrum that falls as 1/T, is a logarithm."""
    recoil, width = shower_recoils(50.0)
    assert np.sum(width / recoil) == pytest.approx(np.log(50.0 / SOFTEST_RECOIL), rel=1e-12, abs=0)
    assert np.sum(width) == pytest.approx(50.0 - SOFTEST_RECOIL, rel=0.01, abs=0)
    assert len(recoil) == len(width) == 40
    assert recoil[0] > SOFTEST_RECOIL
    assert recoil[-1] < 50.0
    with pytest.raises(DomainError, match="above"):
        shower_recoils(SOFTEST_RECOIL)
