"""Materials and isotopes: numbers of targets in a kilogram, nuclear masses against the PDG table."""

from __future__ import annotations

import numpy as np
import pytest
from particle import Particle

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import isotopes, materials


@pytest.mark.parametrize(
    ("name", "atoms", "electrons"),
    [
        ("Xe", 4.587e24, 2.477e26),
        ("Ge", 8.292e24, 2.653e26),
        ("Si", 2.144e25, 3.002e26),
        ("CsI", 2 * 2.318e24, 2.503e26),
        ("Ar", 1.507e25, None),
        ("H2O", None, 3.343e26),
        ("CH2", None, 3.4347e26),  # 8 electrons in 14.027 g / mol
        ("C9H12", None, 3.307e26),
    ],
)
def test_numbers_of_targets(name, atoms, electrons):
    material = materials.get(name)
    if atoms:
        assert sum(material.atoms_per_kg.values()) == pytest.approx(atoms, rel=5e-4, abs=0)
    if electrons:
        assert material.electrons_per_kg == pytest.approx(electrons, rel=1e-3, abs=0)
    assert sum(n for _, n in material.nuclei_per_kg) == pytest.approx(
        sum(material.atoms_per_kg.values()), rel=1e-12, abs=0
    )


def test_a_kilogram_weighs_a_kilogram():
    for name in (*materials.NAMES, *isotopes.ELEMENTS, "CsI", "NaI", "GdCl"):
        material = materials.get(name)
        mass = sum(n * nucleus.atomic_mass for nucleus, n in material.nuclei_per_kg) * units.ATOMIC_MASS_UNIT
        assert mass == pytest.approx(units.KILOGRAM, rel=1e-8, abs=0)


def test_nuclear_masses_agree_with_the_particle_package():
    # whose nuclear entries are masses of neutral atoms
    for symbol in isotopes.ELEMENTS:
        for nucleus in isotopes.natural(symbol):
            if nucleus.nucleons > 2:
                entry = Particle.from_pdgid(1000000000 + 10000 * nucleus.protons + 10 * nucleus.nucleons)
                bare = entry.mass * units.MEV - nucleus.protons * units.ELECTRON_MASS
                assert nucleus.mass == pytest.approx(bare, abs=2e-4)
    assert isotopes.get("H1").mass == units.PROTON_MASS


def test_abundances_add_to_one():
    for symbol in isotopes.ELEMENTS:
        assert sum(nucleus.abundance for nucleus in isotopes.natural(symbol)) == pytest.approx(1.0, rel=1e-12, abs=0)


def test_names():
    assert isotopes.get("Ar40") is isotopes.get("40Ar") is isotopes.get("Ar-40")
    assert isotopes.get("Xe132").neutrons == 78
    assert materials.stoichiometry("C9H12") == {"C": 9, "H": 12}
    assert materials.get("rock").mass_fractions == materials.get("crust").mass_fractions
    assert materials.get("CsI").ionisable_electrons_per_kg(1e-4) == pytest.approx(
        materials.get("CsI").electrons_per_kg, rel=1e-6, abs=0
    )
    assert np.shape(materials.get("Xe").ionisable_electrons_per_kg(np.ones((2, 3)))) == (2, 3)


@pytest.mark.parametrize("name", ["", "Xx", "ar40", "CsI2x", "H0", "kryptonite", "H 2", "He5", "Li9", "Ar41"])
def test_unknown_materials_are_named(name):
    with pytest.raises(UnknownNameError):
        materials.get(name)


@pytest.mark.parametrize("name", ["", "Ar41", "Xx12", "p", "Ar"])
def test_unknown_nuclei_are_named(name):
    with pytest.raises(UnknownNameError):
        isotopes.get(name)


def test_mixtures_are_checked():
    with pytest.raises(DomainError):
        materials.Material("bad", {"Xe": -1.0})
    with pytest.raises(DomainError):
        materials.Material("bad", {})
    with pytest.raises(UnknownNameError):
        materials.Material("bad", {"Xx": 1.0})
    with pytest.raises(UnknownNameError):
        isotopes.natural("Xx")


# --- nuclides, and every element ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "nuclei"),
    [
        ("He3", {"He3"}),
        ("H1", {"H1"}),
        ("H2", {"H2"}),
        ("Ge76", {"Ge76"}),
        ("136Xe", {"Xe136"}),
        ("D2O", {"H2", "O16", "O17", "O18"}),
        ("6LiF", {"Li6", "F19"}),
        ("O2", {"O16", "O17", "O18"}),
        ("He", {"He3", "He4"}),
        ("Pu239", {"Pu239"}),
    ],
)
def test_a_nuclide_is_that_nuclide_alone(name, nuclei):
    material = materials.get(name)
    assert {nucleus.name for nucleus, _ in material.nuclei_per_kg} == nuclei
    mass = sum(n * nucleus.atomic_mass for nucleus, n in material.nuclei_per_kg) * units.ATOMIC_MASS_UNIT
    assert mass == pytest.approx(units.KILOGRAM, rel=1e-8, abs=0)


def test_every_natural_element_is_there():
    assert len(isotopes.ELEMENTS) == 84
    weights = {
        "Te": 127.60,
        "La": 138.905,
        "Br": 79.904,
        "Ga": 69.723,
        "As": 74.922,
        "Li": 6.968,
        "Bi": 208.980,
        "U": 238.029,
    }
    for symbol, weight in weights.items():
        assert isotopes.atomic_weight(symbol) == pytest.approx(weight, rel=5e-4, abs=0)
    for compound in ("TeO2", "LaBr3", "GaAs", "LiF", "Bi4Ge3O12", "CdWO4", "YBa2Cu3O7"):
        assert materials.get(compound).electrons_per_kg > 1e26
        assert materials.get(compound).ionisable_electrons_per_kg(1e-3) == pytest.approx(
            materials.get(compound).electrons_per_kg, rel=1e-12, abs=0
        )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Tc", "Tc97"),
        ("TcO2", "no natural"),
        ("germanium", "unknown material 'germanium'"),
        ("Xx", "unknown element 'Xx'"),
        ("Uuo2", "Uu"),
        ("He5", "unknown"),
        ("Xe500", "unknown material"),
        ("C0", "unknown material"),
        ("", "unknown material"),
        ("C9999999999", "unknown material"),
    ],
)
def test_what_is_none_is_named(name, said):
    with pytest.raises(UnknownNameError, match=said):
        materials.get(name)
