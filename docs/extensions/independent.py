"""The table of limits that were calculated a second time, by other people or programs, beside ours (``independent.csv``)."""

from __future__ import annotations

import csv
from pathlib import Path

from nudipole import units
from nudipole.catalogue import registry
from nudipole.portal import Direction

TABLE = Path(__file__).parents[1] / "independent.csv"


def rows() -> list[dict[str, str]]:
    """Every figure as it stands in the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ours(row: dict[str, str]) -> float:
    """Our lower edge for a row: d [GeV^-1] or mu [mu_B]."""
    direction = Direction(row["flavor"], nature=row["nature"])  # type: ignore[arg-type]
    found = registry.get(row["key"]).limit([float(row["mass_GeV"])], direction, preset=row["preset"])
    return float(found.lower[0]) if row["quantity"] == "d" else float(units.mu_from_d(found.lower[0]))


def table() -> str:
    """The figures beside ours, as Markdown."""
    lines = ["| key | preset | flavour | M [GeV] | independent | ours | ratio | |", "|---|---|---|---|---|---|---|---|"]
    for row in rows():
        mine, other = ours(row), float(row["independent"])
        unit = "GeV⁻¹" if row["quantity"] == "d" else "μ_B"
        flavor = row["flavor"] if row["nature"] == "dirac" else f"{row['flavor']}, Majorana"
        cells = (f"`{row['key']}`", row["preset"], flavor, row["mass_GeV"], f"{other:.3g} {unit}", f"{mine:.3g} {unit}")
        lines.append("| " + " | ".join((*cells, f"{mine / other:.2f}", row["remark"])) + " |")
    return "\n".join(lines) + "\n"
