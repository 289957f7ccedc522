"""Bound nucleons: what blocking leaves, and why discrete excitation is left out."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.matter import isotopes, targets
from nudipole.matter.targets import Target
from nudipole.processes.scattering import incoherent, upscattering, upscattering_total

CARBON = isotopes.get("C12")


def test_unblocked_protons_agree_with_darknews():
    # carbon's six protons, plain dipole, no blocking: cm^2 at d = 5e-7 GeV^-1
    target = targets.bound_nucleons(CARBON, "p", "dipole", pauli=False)
    for mass, expected in (
        (0.01, [2.59386e-40, 2.86986e-40, 3.44919e-40]),
        (0.1, [9.97459e-41, 1.28797e-40, 1.87660e-40]),
    ):
        conserving = 6 * np.array([4.39e-44, 1.16e-44, 4.6e-46]) * (mass == 0.1)
        ours = upscattering_total.total_cross_section(target, [0.5, 1.0, 5.0], mass) * 25e-14 * units.GEV_M2_TO_CM2
        np.testing.assert_allclose(ours, np.array(expected) + conserving, rtol=5e-4)


def test_blocking_removes_the_bulk_at_small_mass():
    masses = np.array([0.01, 0.1, 0.3])
    blocked = incoherent.incoherent_cross_section(1.0, masses, CARBON)
    free = incoherent.incoherent_cross_section(1.0, masses, CARBON, pauli=False)
    ratio = blocked / free
    assert np.all(np.diff(ratio) > 0)
    assert ratio[0] < 0.2
    coherent = upscattering_total.total_cross_section(targets.get("C12"), 1.0, masses)
    assert blocked[0] / coherent[0] < 0.05


def test_blocked_total_is_finite_without_mass():
    massless = float(incoherent.incoherent_cross_section(1.0, 0.0, CARBON))
    assert massless == pytest.approx(float(incoherent.incoherent_cross_section(1.0, 1e-4, CARBON)), rel=1e-4, abs=0)
    with pytest.raises(DomainError):
        incoherent.incoherent_cross_section(1.0, 0.0, CARBON, pauli=False)


def test_spectrum_is_that_of_the_free_nucleon_times_the_factor():
    recoil = np.array([0.001, 0.01, 0.1])
    proton = targets.get("p")
    factor = targets.pauli_factor(2 * proton.mass * recoil, proton.mass, 0.221)
    bound = incoherent.incoherent_spectrum(recoil, 1.0, 0.1, CARBON, "p")
    np.testing.assert_allclose(bound, 6 * factor * upscattering.spectrum(proton, recoil, 1.0, 0.1))


@pytest.mark.parametrize(
    ("energy", "mass"), [(0.03, 0.001), (0.03, 0.01), (0.1, 0.01), (1.0, 0.01), (1.0, 0.1), (10.0, 0.1)]
)
def test_the_strongest_discrete_level_is_below_a_per_cent(energy, mass):
    """The 4.44 MeV 2+ level of carbon, B(E2, up) = 38.2 e^2 fm^4, taken without its threshold."""
    level = Target("level", CARBON.mass, lambda q2: incoherent.quadrupole_strength(q2, 38.2), None, 9.0, False)
    excitation = float(upscattering_total.total_cross_section(level, energy, mass))
    coherent = float(upscattering_total.total_cross_section(targets.get("C12"), energy, mass))
    assert 0 < excitation < 0.01 * coherent
