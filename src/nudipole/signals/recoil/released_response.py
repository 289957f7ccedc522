"""A response that an experiment released as a table: recoil energy, and the probability of each bin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError
from nudipole.inputs import tables
from nudipole.signals.observation import find_table

if TYPE_CHECKING:
    from nudipole.signals.recoil.card import RecoilCard

FloatArray = npt.NDArray[np.float64]
REPLACED = ("quenching", "observable", "resolution", "efficiency", "electron_efficiency")
"""Fields of ``[response]`` that a released table holds already."""


def load(card: RecoilCard, bins: int, file: Path) -> tuple[FloatArray, FloatArray]:
    """Recoil energies [GeV] (k,) and released probabilities (bins, k): columns ``energy`` and ``p0``, ``p1``, ...

    Raises
    ------
    CardError
        If the table does not have one probability for each bin, from 0 to a sum of 1, at energies that increase; or if
        the card describes or varies a response besides.
    """
    section, name = card.response, card.response.table
    table = find_table(name, file, "response.table")
    assert table is not None
    columns = [f"p{index}" for index in range(bins)]
    if not {"energy", *columns} <= set(table.columns) or f"p{bins}" in table.columns:
        raise CardError(file, "response.table", name, f"needs columns energy and p0 to p{bins - 1}, one for each bin")
    unit = tables.ENERGY.get(table.units["energy"])
    probability = np.stack([table[column] for column in columns])
    if unit is None or np.any(np.diff(table["energy"]) <= 0):
        raise CardError(file, "response.table", name, "needs energies that increase, in eV, keV, MeV or GeV")
    if np.any(probability < 0) or np.any(probability.sum(axis=0) > 1):
        raise CardError(file, "response.table", name, "needs probabilities that add to 1 at most")
    plain = type(section)()
    for field in REPLACED:
        if getattr(section, field) != getattr(plain, field):
            raise CardError(file, f"response.{field}", getattr(section, field), "is inside response.table already")
    if section.recoil != "nuclear":
        raise CardError(file, "response.recoil", section.recoil, "response.table holds nuclear recoils alone")
    for index, nuisance in enumerate(card.nuisance):
        if nuisance.affects in ("quenching", "energy-scale", "resolution", "efficiency"):
            allowed = "response.table cannot be varied so; use neutrinos or signal"
            raise CardError(file, f"nuisance[{index}].affects", nuisance.affects, allowed)
    return table["energy"] * unit, probability
