"""Curves of publications that we hold, and curves of the user's own, in one convention.

Each table under ``catalogue/published`` was converted to d on the way in; which convention its source used is on the card
that compares with it. A file of the user's is a table of two columns, mass and coupling, in the convention it is said to be.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.columns import Columns, Tabular
from nudipole.errors import TableError, UnknownNameError, check_choice, check_non_negative
from nudipole.inputs import cards, tables
from nudipole.inputs.cards import Published

FloatArray = npt.NDArray[np.float64]
Convention = Literal["d", "mu", "muB"]
#: d [GeV^-1]; mu = 2 d [GeV^-1]; mu = 2 d in Bohr magnetons
CONVENTIONS: tuple[Convention, ...] = ("d", "mu", "muB")
UNITS = {"d": "GeV^-1", "mu": "GeV^-1", "muB": "mu_B"}
_LARGEST_FILE = 20_000_000  # bytes
_MOST_PIECES = 1000


def convert(d: npt.ArrayLike, convention: str) -> FloatArray:
    """Couplings d [GeV^-1] in another convention; NaN (nothing excluded) and infinity (open above) stay what they are.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown convention; a negative number.

    Examples
    --------
    >>> convert([1.0, float("nan"), float("inf")], "mu").tolist()
    [2.0, nan, inf]
    """
    check_choice("convention", convention, CONVENTIONS)
    couplings = np.asarray(d, dtype=float)
    check_non_negative(d=couplings[np.isfinite(couplings) | (couplings < 0)])
    return couplings * _per_d(convention)


def _per_d(convention: str) -> float:
    return {"d": 1.0, "mu": 2.0, "muB": float(units.mu_from_d(1.0))}[convention]


@dataclass(frozen=True)
class PublishedCurve(Tabular):
    """One curve of a publication: masses [GeV] and d [GeV^-1], pieces separated by NaN.

    ``convention`` is that of the source before it was converted: ``d``, or ``mu`` for an ordinary magnetic moment.
    """

    name: str
    what: str
    source: str
    obtained: str
    convention: str
    confidence_level: float
    experiments: tuple[str, ...]
    flavors: tuple[str, ...]
    mass: FloatArray
    d: FloatArray

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{m:.4g}</td><td>{d:.4g}</td></tr>" for m, d in self.points)
        return (
            f"<table><caption>{escape(self.what)} ({escape(self.source)})</caption>"
            f"<tr><th>M [GeV]</th><th>d [GeV⁻¹]</th></tr>{rows}</table>"
        )

    @property
    def points(self) -> list[tuple[float, float]]:
        """(mass [GeV], d [GeV^-1]) without the gaps."""
        return [(m, d) for m, d in zip(self.mass.tolist(), self.d.tolist(), strict=True) if np.isfinite(m)]

    def to_arrays(self) -> Columns:
        """Mass, d and mu = 2 d of the points, without the gaps."""
        mass, d = np.array(self.points).reshape(-1, 2).T
        return {"mass_GeV": mass, "d_GeV-1": d, "mu_muB": convert(d, "muB")}

    def csv(self, convention: str = "d") -> str:
        """The curve as a table of nudipole's own, in this convention."""
        column = {"d": "d", "mu": "mu", "muB": "mu"}[convention]
        values = convert([d for _, d in self.points], convention)
        head = [
            f"# what: {self.what}",
            f"# source: {self.source}",
            f"# obtained: {self.obtained}",
            "# licence: numbers are facts; cite the source",
            f"# note: the source's convention is {self.convention}; {self.confidence_level:g} confidence level",
            f"# columns: mass_GeV [GeV], {column} [{UNITS[convention]}]",
        ]
        rows = [f"{m:.6g},{value:.6g}" for (m, _), value in zip(self.points, values.tolist(), strict=True)]
        return "\n".join([*head, *rows]) + "\n"


class PublishedCurves(dict[str, PublishedCurve]):
    """Published curves by name; a table in a notebook."""

    def _repr_html_(self) -> str:
        head = "<tr><th>name</th><th>flavours</th><th>CL</th><th>convention</th><th>source</th></tr>"
        rows = []
        for c in self.values():
            cells = (c.name, " ".join(c.flavors), f"{c.confidence_level:g}", c.convention, c.source)
            rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
        return f"<table>{head}{''.join(rows)}</table>"


@overload
def published(name: None = None) -> PublishedCurves: ...
@overload
def published(name: str) -> PublishedCurve: ...
@typed_arguments
def published(name: str | None = None) -> PublishedCurves | PublishedCurve:
    """The published curves that we hold, or the one of this name.

    Parameters
    ----------
    name : str, optional
        As ``nudipole published`` lists them; all curves if left out.

    Returns
    -------
    PublishedCurve or PublishedCurves
        One curve, or a dictionary of all by name.

    Raises
    ------
    UnknownNameError
        Lists the names there are.

    Examples
    --------
    >>> curve = published("nomad")
    >>> curve.convention, len(curve.mass)
    ('d', 13)
    """
    known = _all()
    if name is None:
        return PublishedCurves(known)
    if name not in known:
        raise UnknownNameError("published curve", name, known)
    return known[name]


@functools.cache
def _all() -> dict[str, PublishedCurve]:
    uses: dict[str, list[tuple[Any, Published]]] = {}
    for key in registry.all_keys():
        constraint = registry.get(key)
        for comparison in getattr(getattr(constraint, "card", constraint), "comparisons", ()):
            if comparison.table:
                uses.setdefault(comparison.table, []).append((constraint, comparison))
    return {Path(table).stem: _published(table, uses[table]) for table in sorted(uses)}


def _published(table: str, uses: list[tuple[Any, Published]]) -> PublishedCurve:
    rows = tables.load(f"catalogue/{table}")
    constraint, first = uses[0]
    flavors = dict.fromkeys(u.flavor for _, u in uses if u.flavor)
    mass, d = _joined(_pieces(rows))
    return PublishedCurve(
        name=Path(table).stem,
        what=rows.provenance["what"],
        source=first.source or rows.provenance["source"],
        obtained=rows.provenance["obtained"],
        convention=first.convention,
        confidence_level=_level(constraint, first.preset),
        experiments=tuple(dict.fromkeys(c.key for c, _ in uses)),
        flavors=tuple(flavors),
        mass=mass,
        d=d,
    )


def _level(constraint: Any, preset: str) -> float:
    """The confidence level of a constraint under a preset."""
    raw = getattr(constraint, "raw", None)
    if raw is None or preset not in constraint.presets:
        return float(constraint.confidence_level)
    settings = cards.apply_preset(raw, preset, constraint.file)
    return float(settings.get("confidence_level", constraint.confidence_level))


def _pieces(rows: tables.Table) -> Iterator[tuple[FloatArray, FloatArray]]:
    """The lines of a table: its branches, else its lower and its upper edge."""
    mass, low = rows["mass_GeV"], rows["d_low"]
    if "branch" in rows.columns:
        for number in np.unique(rows["branch"]).tolist():
            own = rows["branch"] == number
            yield mass[own], low[own]
        return
    yield mass, low
    if "d_high" in rows.columns:
        yield mass, rows["d_high"]


def _joined(pieces: Iterator[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    found = [(np.append(m, np.nan), np.append(d, np.nan)) for m, d in pieces]
    mass, d = (np.concatenate([piece[k] for piece in found])[:-1] for k in (0, 1))
    return mass, d


def read(path: Path, convention: str = "d") -> tuple[FloatArray, FloatArray]:
    """Masses [GeV] and d [GeV^-1] of a file of the user's: rows of a mass [GeV] and a coupling.

    Columns are separated by commas, semicolons or blanks; further columns, lines that begin with ``#`` and one line of
    names at the top are passed over; an empty line begins a new piece.

    Parameters
    ----------
    path : Path
    convention : {"d", "mu", "muB"}
        Of the second column: d [GeV^-1], mu = 2 d [GeV^-1], or mu in Bohr magnetons.

    Raises
    ------
    TableError
        With the line, if it is not two positive numbers.
    """
    check_choice("convention", convention, CONVENTIONS)
    try:
        if not path.is_file():
            raise TableError(f"{path}: no such file")
        if path.stat().st_size > _LARGEST_FILE:
            raise TableError(f"{path}: larger than {_LARGEST_FILE // 1_000_000} MB, no curve")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path}: not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise TableError(f"{path!r}: cannot be read ({error})") from None
    pieces: list[list[tuple[float, float]]] = [[]]
    for number, line in enumerate(io.StringIO(text), start=1):
        cells = line.replace(";", ",").replace(",", " ").split()
        if not cells:
            pieces.append([])
        elif not cells[0].startswith("#"):
            row = _row(cells, f"{path}: line {number}", first=not any(pieces))
            if row is not None:
                pieces[-1].append(row)
    filled = [np.array(piece) for piece in pieces if piece]
    if not filled or len(filled) > _MOST_PIECES:
        raise TableError(f"{path}: {'no rows' if not filled else 'too many pieces'} of mass and coupling")
    mass, coupling = _joined(iter([(piece[:, 0], piece[:, 1]) for piece in filled]))
    return mass, coupling / _per_d(convention)


def _row(cells: list[str], where: str, first: bool) -> tuple[float, float] | None:
    """Mass and coupling of one row; None for a line of names before the first."""
    shown = " ".join(cells)[:60]
    try:
        mass, coupling = float(cells[0]), float(cells[1])
    except IndexError:
        raise TableError(f"{where}: {shown!r} needs two columns, mass [GeV] and coupling") from None
    except ValueError:
        if first and not any(c.isdigit() for c in cells[0][:1]):
            return None
        raise TableError(f"{where}: {shown!r} is not a mass [GeV] and a coupling") from None
    if not (0.0 <= mass < np.inf and 0.0 < coupling < np.inf):
        raise TableError(f"{where}: {shown!r} must be a mass >= 0 and a coupling above 0, both finite")
    return mass, coupling
