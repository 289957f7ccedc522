"""Data tables with a pedigree, and the one rule by which all of them are read.

Every ``*.csv`` shipped with nudipole opens with comment lines

    # what: one sentence
    # source: citation, table or figure
    # obtained: typed | digitised | derived by scripts/NAME.py | ...
    # licence: what may be done with it
    # columns: energy [GeV], efficiency [1]

and then plain comma-separated numbers. A user's table may do the same, or name its columns and units in one row above the
numbers (``energy [GeV], efficiency [%]``). The rule: every column has a unit, units are used or refused; cells are plain
decimal numbers; rows of a curve may come in any order but not twice; rows of a histogram are its bins, in order, each
beginning where the last one ends. What holds outside a table is said where a quantity is read from it.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NewType

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST_TOTAL, CardError, TableError, UnknownNameError, suggestions
from nudipole.inputs import files
from nudipole.inputs.files import FileProblemError

FloatArray = npt.NDArray[np.float64]
TableName = NewType("TableName", str)
"""An option that names a table: found beside the card, or in the package."""
REQUIRED = ("what", "source", "obtained", "licence", "columns")
ENERGY: Mapping[str, float] = MappingProxyType(
    {"eV": units.EV, "keV": units.KEV, "MeV": units.MEV, "GeV": units.GEV, "TeV": 1e3 * units.GEV}
)
"""Units of energy, in GeV."""
NUMBER: Mapping[str, float] = MappingProxyType({"1": 1.0, "PE": 1.0, "hits": 1.0, "counts": 1.0, "events": 1.0})
"""Units of what is counted."""
FRACTION: Mapping[str, float] = MappingProxyType({"1": 1.0, "%": 0.01, "percent": 0.01})
"""Units of an efficiency or a share."""
_MOST_ROWS, _MOST_COLUMNS = 1_000_000, 1_000
_PLAIN = re.compile(r"[0-9eE+\-.,\s]*", re.ASCII)
_TOUCHING = 1e-6  # of the width of a bin


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

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self.name, dict(self.columns), dict(self.units), dict(self.provenance))

    def quantity(self, column: str, allowed: Mapping[str, float]) -> FloatArray:
        """A column times the factor of its unit, one of those ``allowed``.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        TableError
            If its unit is not allowed.
        """
        values, unit = self[column], self.units[column]
        if unit not in allowed:
            close = suggestions(unit, list(allowed))
            meant = f" (did you mean [{close[0]}]?)" if close else ""
            raise TableError(f"{self.name}: column {column} is in [{unit}]{meant}, must be in [{'], ['.join(allowed)}]")
        return values * allowed[unit]

    def curve(
        self, x: str, y: str, x_units: Mapping[str, float], y_units: Mapping[str, float]
    ) -> tuple[FloatArray, FloatArray]:
        """Two columns as a curve, sorted by the first.

        Raises
        ------
        TableError
            If there are fewer than two rows, a value of ``x`` stands there twice or a unit is not allowed.
        """
        at, values = self.quantity(x, x_units), self.quantity(y, y_units)
        order = np.argsort(at, kind="stable")
        at, values = at[order], values[order]
        if at.size < 2:
            raise TableError(f"{self.name}: a curve needs two rows at least")
        if np.any(same := np.diff(at) == 0):
            raise TableError(f"{self.name}: {x} = {self[x][order][1:][same][0]:g} stands in two rows")
        return at, values

    def fraction(self, x: str, y: str, x_units: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        """The same for an efficiency: every value from 0 to 1 (0 to 100 in %).

        Raises
        ------
        TableError
            As for :meth:`curve`, and if a value is outside.
        """
        at, values = self.curve(x, y, x_units, FRACTION)
        if np.any(bad := (values < 0) | (values > 1 + 1e-12)):
            shown = values[bad][0] / FRACTION[self.units[y]]
            raise TableError(f"{self.name}: {y} = {shown:g} [{self.units[y]}] is no fraction between 0 and 1")
        return at, np.minimum(values, 1.0)

    def edges(self, allowed: Mapping[str, float], low: str = "low", high: str = "high") -> FloatArray:
        """The edges of the bins that the rows are, each column in its own unit.

        Raises
        ------
        TableError
            If a bin has no width, or bins are out of order, overlap or leave a gap.
        """
        first, last = self.quantity(low, allowed), self.quantity(high, allowed)
        if np.any(empty := ~(first < last)):
            row = int(np.argmax(empty))
            raise TableError(f"{self.name}: data row {row + 1}: bin edges must increase from {low} to {high}")
        step = first[1:] - last[:-1]
        if np.any(apart := np.abs(step) > _TOUCHING * (last - first)[1:]):
            row = int(np.argmax(apart))
            kind = "overlaps the last one, or is out of order" if step[row] < 0 else "leaves a gap"
            raise TableError(f"{self.name}: data row {row + 2}: the bin {kind}: bin edges must increase, row by row")
        return np.append(first, last[-1])


def _rebuilt(
    name: str, columns: dict[str, FloatArray], column_units: dict[str, str], provenance: dict[str, str]
) -> Table:
    return Table(name, MappingProxyType(columns), MappingProxyType(column_units), MappingProxyType(provenance))


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
    try:
        node = importlib.resources.files("nudipole").joinpath(resource)
        text = node.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise TableError(f"{resource}: no such table in the package") from None
    return parse(text, name=resource)


def load_file(path: Path) -> Table:
    """The table in a file of the user's: with the header of a shipped table, or with a row of names and units.

    Raises
    ------
    TableError
        As for :func:`load`, and if the file is not a regular file of UTF-8 text of at most 50 MB.
    """
    try:
        text = files.read_text(path, files.LARGEST_TABLE)
    except FileProblemError as error:
        raise TableError(f"{path}: {error}") from None
    table = parse(text, name=str(path), pedigree=False)
    for column, values in table.columns.items():
        if np.any(np.abs(values) > LARGEST_TOTAL):
            raise TableError(f"{path}: column {column} has a number larger than {LARGEST_TOTAL:g}")
    return table


def located(name: str, file: object, field: str) -> str:
    """Where the table that a card names is: an absolute path beside the card, or a path inside the package.

    The card ``file`` is a path; a name given by hand (``file`` is only a label) is taken as it is.

    Raises
    ------
    CardError
        If it is in neither place, or leads out of the folder of the card.
    """
    try:
        beside = files.beside(file.parent, name) if isinstance(file, Path) else Path(name)
        if beside.exists():
            return str(beside.absolute())
        shipped = name if name.startswith("catalogue/") else f"catalogue/{name}"
        files.beside(Path(), shipped)
        if importlib.resources.files("nudipole").joinpath(shipped).is_file():
            return shipped
    except FileProblemError as error:
        raise CardError(file, field, name, str(error)) from None
    except (OSError, ValueError):
        raise CardError(file, field, name, "is not the name of a file") from None
    raise CardError(file, field, name, "no such table beside the card or in the package")


def find(name: str, file: object, field: str) -> Table | None:
    """The table that a card names, None for an empty name; see :func:`located`."""
    return open_located(located(name, file, field)) if name else None


def open_located(place: str) -> Table:
    """The table at a path of :func:`located`."""
    return load_file(Path(place)) if Path(place).is_absolute() else load(place)


def parse(text: str, name: str, pedigree: bool = True) -> Table:
    """Parse the text of a table; ``name`` is what errors call it. Without ``pedigree`` a row of names and units will do.

    Examples
    --------
    >>> parse("energy [MeV], efficiency [%]\\n1, 50\\n2, 60", "mine", pedigree=False).units["efficiency"]
    '%'
    """
    notes: dict[str, list[str]] = {}
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            key, separator, value = stripped.lstrip("# ").partition(":")
            if separator and key.strip() in (*REQUIRED, "note"):
                notes.setdefault(key.strip(), []).append(value.strip())
        elif stripped:
            lines.append((number, stripped))
    if len(notes.get("columns", ())) > 1:
        raise TableError(f"{name}: two lines '# columns: ...', there must be one")
    provenance = {key: " ".join(parts).strip() for key, parts in notes.items()}
    if not pedigree and "columns" not in provenance and lines and not _PLAIN.fullmatch(lines[0][1]):
        provenance["columns"] = lines.pop(0)[1]
    missing = [key for key in (REQUIRED if pedigree else ("columns",)) if not provenance.get(key)]
    if missing:
        hint = "lines '# what: ...' and so on" if pedigree else "a row or a line '# columns: energy [keV], ...'"
        raise TableError(f"{name}: header lacks {', '.join(missing)} ({hint})")
    names, column_units = _columns(provenance["columns"], name)
    if not lines:
        raise TableError(f"{name}: no data rows")
    if len(lines) > _MOST_ROWS:
        raise TableError(f"{name}: {len(lines)} rows, more than the {_MOST_ROWS} that are read")
    values = _numbers(lines, len(names), name)
    values.setflags(write=False)
    return Table(
        name=name,
        columns=MappingProxyType({column: values[:, index] for index, column in enumerate(names)}),
        units=MappingProxyType(dict(zip(names, column_units, strict=True))),
        provenance=MappingProxyType(provenance),
    )


def _numbers(lines: Sequence[tuple[int, str]], width: int, name: str) -> FloatArray:
    """The rows as an array (rows, columns); the first that is none is named."""
    text = [line for _, line in lines]
    if _PLAIN.fullmatch("".join(text)):
        try:
            values = np.loadtxt(text, delimiter=",", ndmin=2, comments=None)
        except ValueError:
            values = np.zeros((0, 0))
        if values.shape == (len(lines), width) and np.all(np.isfinite(values)):
            return values
    for count, (number, line) in enumerate(lines, start=1):
        row = _row(line, name, number)
        if len(row) != width:
            raise TableError(f"{name}: data row {count} has {len(row)} cells, the header names {width} columns")
    raise TableError(f"{name}: cannot be read as numbers")


def _row(line: str, name: str, number: int) -> list[float]:
    try:
        row = [float(cell) for cell in line.split(",")]
    except ValueError:
        raise TableError(f"{name}: line {number}: {line[:60]!r} is not a row of numbers") from None
    if not all(np.isfinite(row)):
        raise TableError(f"{name}: line {number}: {line[:60]!r} has a cell that is not finite")
    if not _PLAIN.fullmatch(line):  # 1_000 and the digits of other scripts are numbers to Python, not to a table
        raise TableError(f"{name}: line {number}: {line[:60]!r} is not a row of plain decimal numbers")
    return row


def _columns(declaration: str, name: str) -> tuple[list[str], list[str]]:
    names: list[str] = []
    found: list[str] = []
    for item in declaration.split(","):
        cell = item.strip().strip('"').strip()
        match = re.fullmatch(r"([^\[\]()]*)[\[(](.*)[\])]", cell)
        if not match or not match[2].strip():
            raise TableError(f"{name}: column {cell[:60]!r} needs a unit in square brackets, [1] if it has none")
        if not match[1].strip() or not cell.isprintable():
            raise TableError(f"{name}: column {cell[:60]!r} needs a name before its unit")
        names.append(match[1].strip())
        found.append(match[2].strip())
    if len(names) > _MOST_COLUMNS:
        raise TableError(f"{name}: {len(names)} columns, more than the {_MOST_COLUMNS} that are read")
    if len(set(names)) != len(names):
        raise TableError(f"{name}: a column is named twice: {next(n for n in names if names.count(n) > 1)}")
    return names, found
