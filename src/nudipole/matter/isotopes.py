r"""Nuclei by name, with what scattering needs to know of them.

Nuclear mass = atomic mass - Z m_e; the binding energy of the electrons (0.5 MeV of 194 GeV for lead, less elsewhere) is
left out. The hydrogen nucleus ``H1`` is the proton with its measured mass.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np

from nudipole import units
from nudipole.errors import UnknownNameError
from nudipole.inputs import tables

SYMBOLS = {
    "H": 1, "He": 2, "C": 6, "N": 7, "O": 8, "F": 9, "Ne": 10, "Na": 11, "Mg": 12, "Al": 13, "Si": 14, "S": 16,
    "Cl": 17, "Ar": 18, "K": 19, "Ca": 20, "Ti": 22, "Cr": 24, "Mn": 25, "Fe": 26, "Ni": 28, "Cu": 29, "Zn": 30,
    "Ge": 32, "Mo": 42, "I": 53, "Xe": 54, "Cs": 55, "Gd": 64, "W": 74, "Pb": 82,
}  # fmt: skip
ELEMENTS = tuple(SYMBOLS)
_SYMBOL_OF = {charge: symbol for symbol, charge in SYMBOLS.items()}


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
        Natural abundance (number fraction).
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
    """The nucleus called ``name``, e.g. ``"Ar40"`` (``"40Ar"`` and ``"Ar-40"`` do as well).

    Raises
    ------
    UnknownNameError
        If there is no such natural nuclide in the table.

    Examples
    --------
    >>> get("Ar40").protons, round(get("Ar40").mass, 4)
    (18, 37.2155)
    """
    table = _nuclides()
    match = re.fullmatch(r"([A-Z][a-z]?)-?(\d+)|(\d+)-?([A-Z][a-z]?)", name)
    if match:
        symbol, number = match[1] or match[4], match[2] or match[3]
        found = table.get(f"{symbol}{int(number)}")
        if found is not None:
            return found
    raise UnknownNameError("nucleus", name, table)


def natural(symbol: str) -> tuple[Nucleus, ...]:
    """All natural isotopes of an element; their ``abundance`` adds to 1.

    Raises
    ------
    UnknownNameError
        If the element is not in the table.
    """
    if symbol not in SYMBOLS:
        raise UnknownNameError("element", symbol, ELEMENTS)
    return tuple(nucleus for nucleus in _nuclides().values() if nucleus.symbol == symbol)


def atomic_weight(symbol: str) -> float:
    """Mean mass of the natural atoms of an element [u].

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
            _SYMBOL_OF[int(charge)], int(charge), int(number), float(mass), float(abundance / total[charge]),
            float(spin), float(radius),
        )  # fmt: skip
        nuclides[nucleus.name] = nucleus
    return nuclides
