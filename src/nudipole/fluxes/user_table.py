"""A flux from a table of the user's own: energies, or bins of them, and a column for each kind of neutrino."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.errors import LARGEST_ENERGY, TableError, check_positive
from nudipole.fluxes.flux import Flux, FluxComponent, pure
from nudipole.fluxes.tabulated import SPECIES
from nudipole.inputs import tables
from nudipole.inputs.tables import Table, TableName

FloatArray = npt.NDArray[np.float64]
_AREA = {"cm": 1.0, "m": 1e-4}  # a number per m^2 in one per cm^2
_STEP = 1e-9  # relative width of the step between two bins


def table(file: TableName, per: Literal["s", "POT", "run"]) -> Flux:
    """Piecewise linear between the energies of a table, or constant in its bins; no neutrinos outside.

    Parameters
    ----------
    file : str
        A table with a column ``energy``, or ``low`` and ``high``, in [eV] to [TeV], and columns named ``e``, ``mu``, ``tau``,
        ``ebar``, ``mubar``, ``taubar``, as many as there are, each in [cm^-2 GeV^-1] or the same with m and another unit of
        energy; [cm^-2 s^-1 MeV^-1] where it is per second, [cm^-2 GeV^-1 POT^-1] where it is per proton.
    per : {"s", "POT", "run"}
        What the flux is given for: a second, a proton on target, or the whole run.

    Returns
    -------
    Flux
        With one component for each column, named like it.

    Raises
    ------
    TableError
        If a column or unit is none of these, a number is negative, all are zero, energies repeat or bins overlap or leave gaps.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "flux.csv"
    >>> _ = path.write_text("energy [MeV], mu [m^-2 MeV^-1]\\n10, 1e4\\n20, 1e4\\n")
    >>> float(round(table(str(path), "run").total("mu"), 9))
    10.0
    """
    found = tables.open_located(file)
    species = [column for column in found.columns if column in SPECIES]
    others = set(found.columns) - set(species) - {"energy", "low", "high"}
    if not species or others:
        named = ", ".join(sorted(others)) or "none of them"
        raise TableError(
            f"{found.name}: columns of a flux are energy (or low, high) and {', '.join(SPECIES)}, not {named}"
        )
    parts = []
    for column in species:
        energy, values = _nodes(found, column)
        if np.any(values < 0):
            raise TableError(f"{found.name}: {column} = {values.min():g}: a flux must not be negative")
        check_positive(largest=LARGEST_ENERGY, energy=energy)
        flavor, antineutrino = SPECIES[column]
        parts.append(FluxComponent(column, energy, values * _factor(found, column, per), pure(flavor), antineutrino))
    if not any(np.any(part.intensity > 0) for part in parts):
        raise TableError(f"{found.name}: {', '.join(species)}: every flux is zero")
    return Flux("table", tuple(parts), per)


def _nodes(found: Table, column: str) -> tuple[FloatArray, FloatArray]:
    """Energies [GeV] and what the column holds there."""
    if "energy" in found.columns:
        return found.curve("energy", column, tables.ENERGY, {found.units[column]: 1.0})
    edges = found.edges(tables.ENERGY)
    inner = np.maximum(edges[:-1], 1e-6 * edges[1:])  # from zero means from where nothing is seen any more
    energy = np.stack([inner * (1.0 + _STEP), edges[1:] * (1.0 - _STEP)], axis=1).ravel()
    return energy, np.repeat(found[column], 2)


def _factor(found: Table, column: str, per: str) -> float:
    """What makes a column a number per cm^2 and GeV."""
    unit = found.units[column]
    pattern = r"(?:1\s*/\s*\(?)?(.*?)\)?"
    inside = re.fullmatch(pattern, unit)
    words = re.findall(r"[A-Za-z]+", inside[1] if inside else unit)
    areas = [word for word in words if word in _AREA]
    energies = [word for word in words if word in tables.ENERGY]
    given = [word for word in words if word not in areas and word not in energies]
    squared = re.search(r"\b(?:cm|m)\s*(?:\^|\*\*)?\s*-?\s*2\b", unit)
    if len(areas) != 1 or len(energies) != 1 or not squared or given not in ([], [per]):
        raise TableError(
            f"{found.name}: column {column} is in [{unit}], must be in [cm^-2 GeV^-1] or the like, per {per} if it says so"
        )
    return _AREA[areas[0]] / tables.ENERGY[energies[0]]
