"""Data tables with a pedigree.

Every ``*.csv`` shipped with nudipole (and every table that a user's card names) opens with comment lines

    # what: one sentence
    # source: citation, table or figure
    # obtained: typed | digitised | derived by scripts/NAME.py | ...
    # licence: what may be done with it
    # columns: energy [GeV], efficiency [1]

and then plain comma-separated numbers. A table without that header does not load.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from nudipole.errors import TableError, UnknownNameError

FloatArray = npt.NDArray[np.float64]
REQUIRED = ("what", "source", "obtained", "licence", "columns")


@dataclass(frozen=True)
class Table:
    """Named columns of numbers with their units and where they came from."""

    name: str
    columns: Mapping[str, FloatArray]
    units: Mapping[str, str]
    provenance: Mapping[str, str]

    def __getitem__(self, column: str) -> FloatArray:
        if column not in self.columns:
            raise UnknownNameError(f"column of {self.name}", column, self.columns)
        return self.columns[column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def load(resource: str) -> Table:
    """The table shipped at ``resource``, a path inside the package such as ``"fluxes/data/solar_8b.csv"`` (cached).

    Raises
    ------
    TableError
        If there is no such table, its header is incomplete or a cell is not a finite number.
    """
    return _load_packaged(resource)


@functools.cache
def _load_packaged(resource: str) -> Table:
    node = importlib.resources.files("nudipole").joinpath(resource)
    try:
        text = node.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise TableError(f"{resource}: no such table in the package") from None
    return parse(text, name=resource)


def load_file(path: Path) -> Table:
    """The table in a file of the user's.

    Raises
    ------
    TableError
        As for :func:`load`, and if the file is not UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise TableError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    return parse(text, name=str(path))


def parse(text: str, name: str) -> Table:
    """Parse the text of a table; ``name`` is what errors call it."""
    provenance: dict[str, str] = {}
    numbers: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            key, separator, value = stripped.lstrip("# ").partition(":")
            if separator and key.strip() in (*REQUIRED, "note"):
                provenance[key.strip()] = (provenance.get(key.strip(), "") + " " + value.strip()).strip()
        elif stripped:
            numbers.append((number, stripped))
    missing = [key for key in REQUIRED if not provenance.get(key)]
    if missing:
        raise TableError(f"{name}: header lacks {', '.join(missing)} (lines '# what: ...' and so on)")
    rows = [_row(line, name, number) for number, line in numbers]
    names, units = _columns(provenance["columns"], name)
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise TableError(f"{name}: data row {number} has {len(row)} cells, the header names {len(names)} columns")
    if not rows:
        raise TableError(f"{name}: no data rows")
    values = np.array(rows, dtype=float)
    values.setflags(write=False)
    return Table(
        name=name,
        columns=MappingProxyType({column: values[:, index] for index, column in enumerate(names)}),
        units=MappingProxyType(dict(zip(names, units, strict=True))),
        provenance=MappingProxyType(provenance),
    )


def _row(line: str, name: str, number: int) -> list[float]:
    cells = [cell.strip() for cell in line.split(",")]
    try:
        row = [float(cell) for cell in cells]
    except ValueError:
        raise TableError(f"{name}: line {number}: {line[:60]!r} is not a row of numbers") from None
    if not all(np.isfinite(row)):
        raise TableError(f"{name}: line {number}: {line[:60]!r} has a cell that is not finite")
    return row


def _columns(declaration: str, name: str) -> tuple[list[str], list[str]]:
    names, units = [], []
    for item in declaration.split(","):
        column, bracket, unit = item.strip().partition("[")
        if not bracket or not unit.rstrip().endswith("]"):
            raise TableError(f"{name}: column {item.strip()!r} needs a unit in square brackets, [1] if it has none")
        names.append(column.strip())
        units.append(unit.rstrip()[:-1].strip())
    if len(set(names)) != len(names):
        raise TableError(f"{name}: a column is named twice")
    return names, units
