"""Atoms: stepping counts every electron once; the cloud screens the whole charge at long distance and none at short."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import atoms, isotopes

SHELL_ELEMENTS = ("H", "C", "N", "O", "F", "Na", "Mg", "Al", "Si", "S", "Ar", "K", "Ca", "Ge", "I", "Xe", "Cs", "Pb")


@pytest.mark.parametrize("element", SHELL_ELEMENTS)
def test_every_electron_is_counted_once(element):
    assert atoms.ionisable_electrons(element, 1e-3) == isotopes.SYMBOLS[element]
    assert atoms.ionisable_electrons(element, 0.0) == 0


def test_germanium_steps_are_the_published_ones():
    # step function of the Dresden-II analysis (2202.10829)
    energies_kev = np.array([12.0, 5.0, 1.3, 1.23, 0.5, 0.15, 0.123, 0.1, 0.025])
    expected = [32, 30, 28, 26, 22, 20, 18, 14, 4]
    assert atoms.ionisable_electrons("Ge", energies_kev * units.KEV).tolist() == expected


@pytest.mark.parametrize("element", isotopes.ELEMENTS)
def test_the_cloud_hides_the_charge_at_long_distance_only(element):
    charge = isotopes.SYMBOLS[element]
    q = np.geomspace(1e-10, 1.0, 4000)
    seen = atoms.cloud_deficit(element, q**2)
    assert np.all(np.diff(seen) > -1e-12 * charge)
    assert seen[0] < 1e-9 * charge
    assert seen[-1] == pytest.approx(charge, rel=1e-6, abs=0)
    # quadratic where the atom is far away: the charge radius of the cloud
    assert seen[q < 1e-8][-1] / seen[q < 1e-8][0] == pytest.approx((q[q < 1e-8][-1] / q[0]) ** 2, rel=1e-3, abs=0)


def test_hydrogen_has_its_known_form_factor():
    # f0 of hydrogen is [1 + (q a_0 / 2)^2]^-2 exactly; the fit is good to a few 1e-3
    q = np.linspace(0.0, 20e-6, 50)
    bohr_radius = 1.0 / (units.ALPHA * units.ELECTRON_MASS)
    exact = (1.0 + (0.5 * q * bohr_radius) ** 2) ** -2
    np.testing.assert_allclose(atoms.hidden_charge("H", q**2), exact, atol=4e-3)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        atoms.ionisable_electrons("Xx", 1e-6)
    with pytest.raises(UnknownNameError):
        atoms.ionisable_electrons("Np", 1e-6)
    with pytest.raises(UnknownNameError):
        atoms.hidden_charge("Xx", 0.0)
    with pytest.raises(DomainError):
        atoms.cloud_deficit("Xe", -1.0)
    with pytest.raises(DomainError):
        atoms.ionisable_electrons("Xe", np.nan)


def test_many_body_ratio_of_xenon_alone():
    """Below stepping everywhere, nearest to it at some keV, and held beyond its ends."""
    ratio = atoms.many_body_ratio("Xe", np.array([0.0, 0.26, 3.0, 28.0, 100.0]) * units.KEV)
    assert ratio == pytest.approx([0.860, 0.860, 0.914, 0.686, 0.686], rel=1e-3, abs=0)
    with pytest.raises(UnknownNameError):
        atoms.many_body_ratio("Ge", 1e-6)
