r"""Nuclei by name, with what scattering needs to know of them.

Nuclear mass = atomic mass - Z m_e; the binding energy of the electrons (0.5 MeV of 194 GeV for lead, less elsewhere) is
left out. The hydrogen nucleus ``H1`` is the proton with its measured mass.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

import numpy as np

from nudipole import units
from nudipole.errors import UnknownNameError
from nudipole.inputs import tables

_IN_ORDER = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru
    Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At
    Rn Fr Ra Ac Th Pa U Np Pu Am
"""
SYMBOLS = {symbol: number for number, symbol in enumerate(_IN_ORDER.split(), start=1)}
"""Charge number of every element up to americium."""
_WITHOUT_NATURAL = ("Tc", "Pm", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Np", "Pu", "Am")
ELEMENTS = tuple(symbol for symbol in SYMBOLS if symbol not in _WITHOUT_NATURAL)
"""Elements that occur in nature as a mixture of isotopes of known abundance."""
_SYMBOL_OF = {charge: symbol for symbol, charge in SYMBOLS.items()}
_ALIASES = {"D": "H2", "T": "H3"}


@dataclass(frozen=True)
class Nucleus:
    """One nuclide.

    Parameters
    ----------
    symbol : str
        Chemical symbol.
    protons, nucleons : int
        Z and A.
    atomic_mass : float
        Mass of the neutral atom [u].
    abundance : float
        Natural abundance (number fraction), 0 for what is made.
    spin : float
    charge_radius : float
        rms charge radius [fm].
    """

    symbol: str
    protons: int
    nucleons: int
    atomic_mass: float
    abundance: float
    spin: float
    charge_radius: float

    @property
    def name(self) -> str:
        """As users write it: ``Ar40``."""
        return f"{self.symbol}{self.nucleons}"

    @property
    def neutrons(self) -> int:
        """A - Z."""
        return self.nucleons - self.protons

    @property
    def mass(self) -> float:
        """Mass of the bare nucleus [GeV]."""
        if self.nucleons == 1:
            return units.PROTON_MASS
        return self.atomic_mass * units.ATOMIC_MASS_UNIT - self.protons * units.ELECTRON_MASS

    @property
    def radius(self) -> float:
        """rms charge radius [GeV^-1]."""
        return self.charge_radius * units.FEMTOMETRE


def get(name: str) -> Nucleus:
    """The nucleus called ``name``, e.g. ``"Ar40"`` (``"40Ar"`` and ``"Ar-40"`` do as well; D and T are H2 and H3).

    Raises
    ------
    UnknownNameError
        If there is no such natural or long-lived nuclide in the table.

    Examples
    --------
    >>> get("Ar40").protons, round(get("Ar40").mass, 4)
    (18, 37.2155)
    """
    table = _nuclides()
    name = _ALIASES.get(name, name)
    match = re.fullmatch(r"([A-Z][a-z]?)-?([1-9][0-9]{0,2})|([1-9][0-9]{0,2})-?([A-Z][a-z]?)", name)
    if match:
        symbol, number = match[1] or match[4], match[2] or match[3]
        found = table.get(f"{symbol}{int(number)}")
        if found is not None:
            return found
    raise UnknownNameError("nucleus", name, table)


def natural(name: str) -> tuple[Nucleus, ...]:
    """All natural isotopes of an element, or one nuclide alone; their ``abundance`` adds to 1.

    Raises
    ------
    UnknownNameError
        If the element is not in the table, or has no natural isotopes.

    Examples
    --------
    >>> [nucleus.name for nucleus in natural("He")], natural("He3")[0].abundance
    (['He3', 'He4'], 1.0)
    """
    if name in ELEMENTS:
        return _by_element()[name]
    if name in _WITHOUT_NATURAL:
        made = [nucleus.name for nucleus in _nuclides().values() if nucleus.symbol == name]
        raise UnknownNameError(f"mixture of isotopes: {name} has no natural ones;", name, made)
    try:
        return (replace(get(name), abundance=1.0),)
    except UnknownNameError:
        raise UnknownNameError("element", name, ELEMENTS) from None


def charge_number(name: str) -> int:
    """Z of an element or a nuclide."""
    return SYMBOLS[name] if name in SYMBOLS else get(name).protons


def element(name: str) -> str:
    """The symbol of the element that an element or nuclide is one of."""
    return name if name in SYMBOLS else get(name).symbol


def atomic_weight(symbol: str) -> float:
    """Mean mass of the natural atoms of an element, or mass of one nuclide [u].

    Examples
    --------
    >>> round(atomic_weight("Xe"), 2)
    131.29
    """
    return sum(nucleus.atomic_mass * nucleus.abundance for nucleus in natural(symbol))


@functools.cache
def _nuclides() -> dict[str, Nucleus]:
    table = tables.load("matter/data/isotopes.csv")
    total = {charge: float(np.sum(table["abundance"][table["Z"] == charge])) for charge in np.unique(table["Z"])}
    nuclides = {}
    rows = zip(
        *(table[column] for column in ("Z", "A", "atomic_mass", "abundance", "spin", "charge_radius")), strict=True
    )
    for charge, number, mass, abundance, spin, radius in rows:
        nucleus = Nucleus(
            _SYMBOL_OF[int(charge)], int(charge), int(number), float(mass),
            float(abundance / total[charge]) if abundance else 0.0, float(spin), float(radius),
        )  # fmt: skip
        nuclides[nucleus.name] = nucleus
    return nuclides


@functools.cache
def _by_element() -> dict[str, tuple[Nucleus, ...]]:
    nuclides = _nuclides().values()
    return {
        symbol: tuple(nucleus for nucleus in nuclides if nucleus.symbol == symbol and nucleus.abundance > 0)
        for symbol in ELEMENTS
    }
