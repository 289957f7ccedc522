r"""Materials: what is in a kilogram.

A material is a mixture of elements by mass fraction; chemical formulae (``CsI``, ``H2O``, ``C9H12``) are read as such, and
elements in them stand for their natural mixture of isotopes. A nuclide by itself (``He3``, ``Xe136``, ``76Ge``) is that nuclide
alone: so ``H2`` is deuterium and ``O2`` is oxygen. ``D`` is deuterium in a formula (``D2O``), and a number before the first
element of one makes that element a nuclide (``6LiF``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError, check_choice
from nudipole.matter import atoms, isotopes
from nudipole.matter.isotopes import Nucleus

FloatArray = npt.NDArray[np.float64]

# mass fractions; normalised on use
_MIXTURES: Mapping[str, Mapping[str, float]] = {
    # primitive mantle from its oxides (SiO2 45, MgO 37.8, FeO 8.05, Al2O3 4.45, CaO 3.55 wt %; McDonough and Sun 1995)
    "mantle": {"O": 0.444, "Mg": 0.231, "Si": 0.213, "Fe": 0.063, "Al": 0.024, "Ca": 0.026},
    # mean continental crust
    "crust": {"O": 0.466, "Si": 0.277, "Al": 0.081, "Fe": 0.050, "Ca": 0.036, "Na": 0.028, "K": 0.026, "Mg": 0.021},
    # McDonough, Treatise on Geochemistry 2003 (from memory of it, not re-read)
    "core": {"Fe": 0.855, "Si": 0.060, "Ni": 0.052, "S": 0.019},
    # dry air by mass
    "air": {"N": 0.7552, "O": 0.2314, "Ar": 0.0129},
}
_NAMES: Mapping[str, str] = {
    "water": "H2O",
    "ice": "H2O",
    "pseudocumene": "C9H12",
    "mineral-oil": "CH2",
    "polystyrene": "CH",
    "quartz": "SiO2",
}
_ALIASES: Mapping[str, str] = {"rock": "crust"}
ATOMIC_MODELS = ("stepping", "rrpa")
_MOLECULES = (
    "N2",
    "O2",
    "O3",
    "F2",
    "Cl2",
    "Br2",
    "I2",
    "P4",
    "S8",
)  # of one element; no others, so that He5 is a slip
_MOST_ATOMS = 100_000  # of one element in a formula unit
NAMES = tuple(sorted({*_MIXTURES, *_NAMES, *_ALIASES}))


@dataclass(frozen=True)
class Material:
    """A mixture of natural elements and single nuclides.

    Parameters
    ----------
    name : str
    mass_fractions : mapping of str to float
        By chemical symbol or nuclide; normalised to 1.

    Examples
    --------
    >>> f"{get('Xe').electrons_per_kg:.3e}"
    '2.477e+26'
    """

    name: str
    mass_fractions: Mapping[str, float]

    def __post_init__(self) -> None:
        total = float(sum(self.mass_fractions.values()))
        if not self.mass_fractions or not all(f > 0 for f in self.mass_fractions.values()) or not np.isfinite(total):
            raise DomainError(f"material {self.name}: mass fractions must be positive")
        for symbol in self.mass_fractions:
            isotopes.natural(symbol)
        normalised = {symbol: fraction / total for symbol, fraction in self.mass_fractions.items()}
        object.__setattr__(self, "mass_fractions", MappingProxyType(normalised))

    @property
    def atoms_per_kg(self) -> dict[str, float]:
        """Number of atoms of each element in a kilogram."""
        return {
            symbol: 1e3 * fraction * units.AVOGADRO / isotopes.atomic_weight(symbol)
            for symbol, fraction in self.mass_fractions.items()
        }

    @property
    def nuclei_per_kg(self) -> tuple[tuple[Nucleus, float], ...]:
        """Every isotope with its number in a kilogram."""
        return tuple(
            (nucleus, number * nucleus.abundance)
            for symbol, number in self.atoms_per_kg.items()
            for nucleus in isotopes.natural(symbol)
        )

    @property
    def electrons_per_kg(self) -> float:
        """Number of electrons in a kilogram."""
        return sum(number * isotopes.charge_number(name) for name, number in self.atoms_per_kg.items())

    @property
    def protons_per_kg(self) -> float:
        """Number of protons, bound ones included, in a kilogram."""
        return self.electrons_per_kg

    @property
    def neutrons_per_kg(self) -> float:
        """Number of neutrons in a kilogram."""
        return sum(number * nucleus.neutrons for nucleus, number in self.nuclei_per_kg)

    @property
    def coherence_per_kg(self) -> float:
        """Sum of Z^2 over the nuclei of a kilogram."""
        return sum(number * nucleus.protons**2 for nucleus, number in self.nuclei_per_kg)

    def ionisable_electrons_per_kg(self, recoil_energy: npt.ArrayLike, atomic: str = "stepping") -> FloatArray:
        """Electrons in a kilogram that are bound by less than the recoil energy [GeV]; :mod:`nudipole.matter.atoms`.

        ``atomic = "rrpa"``: times the ratio of a many-body calculation, tabulated for xenon alone.
        """
        check_choice("atomic model", atomic, ATOMIC_MODELS)
        recoil = np.asarray(recoil_energy, dtype=float)
        total = np.zeros_like(recoil)
        for symbol, number in self.atoms_per_kg.items():
            electrons = number * atoms.ionisable_electrons(symbol, recoil)
            total = total + (electrons if atomic == "stepping" else electrons * atoms.many_body_ratio(symbol, recoil))
        return total


def get(name: str) -> Material:
    """The material called ``name``: an element, a nuclide, a chemical formula, or one of :data:`NAMES`.

    Raises
    ------
    UnknownNameError
        If the name is none of these.

    Examples
    --------
    >>> {symbol: round(number, 3) for symbol, number in get("CsI").mass_fractions.items()}
    {'Cs': 0.512, 'I': 0.488}
    >>> [nucleus.name for nucleus, _ in get("He3").nuclei_per_kg], [nucleus.name for nucleus, _ in get("D2O").nuclei_per_kg][0]
    (['He3'], 'H2')
    """
    return _get(name)


@functools.cache
def _get(name: str) -> Material:
    resolved = _ALIASES.get(name, name)
    if resolved in _MIXTURES:
        return Material(name, dict(_MIXTURES[resolved]))
    formula = stoichiometry(_NAMES.get(resolved, resolved))
    return Material(name, {s: number * isotopes.atomic_weight(s) for s, number in formula.items()})


def stoichiometry(formula: str) -> dict[str, int]:
    """Atoms of each element (or nuclide) in one formula unit.

    Raises
    ------
    UnknownNameError
        If this is no formula of elements, or no nuclide, that are in the table; names the part that is none.

    Examples
    --------
    >>> stoichiometry("C9H12"), stoichiometry("D2O"), stoichiometry("Xe136")
    ({'C': 9, 'H': 12}, {'H2': 2, 'O': 1}, {'Xe136': 1})
    """
    nuclide = _nuclide(formula)
    if nuclide is not None:
        return {nuclide: 1}
    prefix, parts = _parts(formula)
    if len(parts) == 1 and parts[0][1] and formula not in _MOLECULES:
        raise UnknownNameError(
            "material", formula, (*NAMES, "an element", "a nuclide of the table", "a chemical formula")
        )
    counts: dict[str, int] = {}
    for index, (symbol, number) in enumerate(parts):
        name = "H2" if symbol == "D" else symbol
        if index == 0 and prefix:
            name = isotopes.get(f"{symbol}{prefix}").name
        elif name != "H2" and name not in isotopes.ELEMENTS:
            isotopes.natural(name)  # which says what is wrong with it
            raise UnknownNameError("element", symbol, isotopes.ELEMENTS)
        counts[name] = counts.get(name, 0) + int(number or 1)
    if max(counts.values()) > _MOST_ATOMS:
        raise UnknownNameError("material", formula, (*NAMES, "an element", "a nuclide", "a chemical formula"))
    return counts


def _nuclide(name: str) -> str | None:
    try:
        return isotopes.get(name).name
    except UnknownNameError:
        return None


def _parts(formula: str) -> tuple[str, list[tuple[str, str]]]:
    """The number before a formula, and its elements with their numbers."""
    whole = re.fullmatch(r"([1-9][0-9]{0,2})?((?:[A-Z][a-z]?(?:[1-9][0-9]{0,5})?)+)", formula, re.ASCII)
    if not whole:
        raise UnknownNameError("material", formula, (*NAMES, "an element", "a nuclide", "a chemical formula"))
    return whole[1] or "", re.findall(r"([A-Z][a-z]?)(\d*)", whole[2])
