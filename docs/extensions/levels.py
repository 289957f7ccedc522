"""The table of confidence levels and tests: each card's own beside that of its publication (``levels.csv``)."""

from __future__ import annotations

import csv
from pathlib import Path

from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Constraint

COLUMNS = ("key", "published_level", "published_test", "remark")
TABLE = Path(__file__).parents[1] / "levels.csv"


def published() -> dict[str, dict[str, str]]:
    """What is known of each publication's level and test, by key."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def own_test(constraint: Constraint) -> str:
    """The test of a card in a sentence."""
    if isinstance(constraint, Experiment):
        return constraint.model().statistic().description
    if constraint.kind == "line":
        return "none"
    return "; ".join(constraint.explain()["notes"]) or "statistic of the criterion against its critical value"


def table() -> str:
    """One row a constraint, as Markdown."""
    known = published()
    lines = [
        "| key | level | test | published level | published test | source | remark |",
        "|---|---|---|---|---|---|---|",
    ]
    for key in registry.all_keys():
        constraint, row = registry.get(key), known[key]
        level = f"{100 * float(row['published_level']):g} %" if row["published_level"] else "none"
        source = f"`{constraint.citations[0]}`" if constraint.citations else ""
        own = "none" if constraint.kind == "line" else f"{100 * constraint.confidence_level:g} %"
        cells = (f"`{key}`", own, own_test(constraint), level, row["published_test"], source, row["remark"])
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
