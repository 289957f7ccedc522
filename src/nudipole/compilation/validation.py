"""Our curve over the published one, experiment by experiment, with the deviation.

A published curve is a table under ``catalogue/published`` (d in GeV^-1, converted on the way in, its own convention
recorded). The preset that follows the publication is compared at the published masses. Curves that are normalised to
the number they are compared with, or chosen with it in sight (``evidence = false``), are shown and never counted. What
misses the goal ends in a verdict of its card: ``refuted`` (theirs is wrong, and the note says what shows it), ``input
missing`` (with what it would have to be), ``mended`` (our earlier input, kept as a preset) or ``not comparable``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue import registry
from nudipole.constraint import Constraint
from nudipole.inputs import tables
from nudipole.inputs.cards import Published
from nudipole.portal import Direction

FloatArray = npt.NDArray[np.float64]
MEDIAN_GOAL, EXTREME_GOAL = 1.25, 2.0
_EDGES = {
    "upper": "upper edge",
    "gap-low": "lower end of the gap",
    "gap-high": "upper end of the gap",
    "open": "region open above",
}
_BRANCHES = {"gap-low": 0.0, "gap-high": 1.0, "open": 2.0}


@dataclass(frozen=True)
class Check:
    """One comparison: ours and theirs at the published masses, one edge (NaN where we exclude nothing)."""

    key: str
    basis: str
    flavor: str
    preset: str
    source: str
    convention: str
    evidence: bool
    note: str
    masses: FloatArray
    published: FloatArray
    ours: FloatArray
    edge: str = "lower"
    reason: str = ""
    couplings: tuple[float, float, float] | None = None

    @property
    def name(self) -> str:
        """The key, with the edge where it is not the usual one."""
        return self.key if self.edge == "lower" else f"{self.key} ({_EDGES[self.edge]})"

    @property
    def ratio(self) -> FloatArray:
        """Ours / published in d, where both exist."""
        both = np.isfinite(self.ours) & np.isfinite(self.published) & (self.published > 0)
        return self.ours[both] / self.published[both]

    @property
    def median(self) -> float:
        """Median of ours / published; NaN if they share no mass."""
        return float(np.median(self.ratio)) if self.ratio.size else float("nan")

    @property
    def extremes(self) -> tuple[float, float]:
        """Smallest and largest ratio."""
        return (float(self.ratio.min()), float(self.ratio.max())) if self.ratio.size else (np.nan, np.nan)

    @property
    def verdict(self) -> str:
        """``agrees`` (median within 25 %, everywhere within 2), ``no evidence``, or why not.

        Why a curve is missed stands in the card; ``misses`` and ``no overlap`` are those that nobody explains.
        """
        if not self.evidence:
            return "no evidence"
        if self.reason in ("mended", "not comparable"):
            return self.reason
        found = self._measured()
        return self.reason if self.reason and not found.startswith("agrees") else found

    @property
    def counts(self) -> bool:
        """Whether the comparison counts: evidence, with something in common, and neither replaced nor another quantity."""
        return self.evidence and bool(self.ratio.size) and self.reason not in ("mended", "not comparable")

    @property
    def command(self) -> str:
        """What to type for our side of it."""
        if self.couplings is not None:
            ray = f'nd.Direction("{self.flavor}", couplings={self.couplings})'
            return f'nd.experiments()["{self.key}"].limit([{self.masses[0]:.4g}], {ray}, preset="{self.preset}")'
        preset = "" if self.preset == "default" else f" --preset {self.preset}"
        return f"nudipole limit {self.key} --flavor {self.flavor} --mass {self.masses[0]:.4g}{preset}"

    def _measured(self) -> str:
        if not self.ratio.size:
            return "no overlap"
        low, high = self.extremes
        close = 1 / MEDIAN_GOAL <= self.median <= MEDIAN_GOAL and low >= 1 / EXTREME_GOAL and high <= EXTREME_GOAL
        missing = len(self.ratio) < np.sum(np.isfinite(self.published))
        return ("agrees" if close else "misses") + (", part of the range" if missing else "")


def compare_key(key: str) -> tuple[Check, ...]:
    """Every comparison of the constraint of this key."""
    return compare_one(registry.get(key))


def compare_one(constraint: Constraint) -> tuple[Check, ...]:
    """Every comparison that the card of one constraint asks for."""
    comparisons: Sequence[Published] = getattr(getattr(constraint, "card", constraint), "comparisons", ())
    return tuple(_check(constraint, published) for published in comparisons if published.table)


def _check(constraint: Constraint, published: Published) -> Check:
    table = tables.load(f"catalogue/{published.table}")
    flavor = published.flavor or constraint.flavors[0]
    rows = _rows(table, published.edge)
    masses = table["mass_GeV"][rows]
    # a zero-mass limit stands at the lightest mass of our own grid
    ray = Direction(flavor, couplings=published.couplings or (0, 0, 0))
    limit = constraint.limit(np.maximum(masses, units.EV), ray, preset=published.preset)
    return Check(
        key=constraint.key,
        basis=constraint.basis,
        flavor=flavor,
        preset=published.preset,
        source=published.source or table.provenance["source"],
        convention=published.convention,
        evidence=published.evidence,
        note=published.note,
        masses=masses,
        published=table["d_high" if published.edge == "upper" else "d_low"][rows],
        ours=limit.edge(published.edge),
        edge=published.edge,
        reason=published.verdict,
        couplings=published.couplings,
    )


def uncompared(keys: Iterable[str]) -> list[str]:
    """One line for every publication of these constraints that left nothing to compare with, and what is missing."""
    constraints = [registry.get(key) for key in sorted(keys)]
    entries = [(c, p) for c in constraints for p in getattr(getattr(c, "card", c), "comparisons", ())]
    return [
        f"- **{c.key}**{f' ({p.source})' if p.source else ''}: {p.note}" for c, p in entries if not p.table and p.note
    ]


def _rows(table: tables.Table, edge: str) -> npt.NDArray[np.bool_]:
    """Rows of one edge: a table with a gap says by its column ``branch`` which edge a row belongs to."""
    if "branch" not in table.columns:
        return np.ones(len(table), dtype=bool)
    return np.asarray(table["branch"] == _BRANCHES.get(edge, -1.0))


def markdown(checks: Sequence[Check], keys: Iterable[str] = ()) -> str:
    """The validation page: a summary, then every curve point by point."""
    lines = ["## Point by point", "", "| experiment | flavour | M [GeV] | published d [GeV^-1] | ours | ratio |"]
    lines.append("|---|---|---|---|---|---|")
    for c in checks:
        for mass, theirs, ours in zip(c.masses, c.published, c.ours, strict=True):
            nothing = "nothing excluded | " if c.edge == "lower" else "no such edge | "
            shown = f"{ours:.3g} | {_shown(ours / theirs)}" if np.isfinite(ours) else nothing
            lines.append(f"| {c.name} | {c.flavor} | {mass:.4g} | {theirs:.3g} | {shown} |")
    return "\n".join(["# Validation: our curves over the published ones", "", summary(checks, keys), *lines]) + "\n"


def summary(checks: Sequence[Check], keys: Iterable[str] = ()) -> str:
    """How far each curve is from the published one, and why; of the constraints ``keys`` also what could not be compared."""
    counted = [c for c in checks if c.counts]
    agreeing = [c for c in counted if c.verdict.startswith("agrees")]
    explained = {reason: sum(c.verdict == reason for c in counted) for reason in ("refuted", "input missing")}
    open_ones = len(counted) - len(agreeing) - sum(explained.values())
    lines = [
        "Ratio is d(ours) / d(published) at the published masses, under the preset that follows the publication; above",
        "one we are weaker.",
        f"The goal is a median within {MEDIAN_GOAL - 1:.0%} and a factor {EXTREME_GOAL:g} everywhere.",
        f"{len(agreeing)} of {len(counted)} comparisons that count reach it. Of the rest {explained['refuted']} are refuted (the published",
        f"curve is wrong, and the note says what shows it), {explained['input missing']} lack an input that is not public (with what it would",
        f"have to be), {open_ones} are open. A card normalised to the number it is compared with, or chosen with the curve in sight,",
        "proves nothing there and is not counted; nor are our own earlier inputs (mended) and numbers of something else (not",
        "comparable).",
        "",
        "| experiment | flavour | preset | basis | points | median | min | max | verdict | published |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in checks:
        low, high = c.extremes
        lines.append(
            f"| {c.name} | {c.flavor} | {c.preset} | {c.basis} | {c.ratio.size}/{len(c.masses)} "
            f"| {_shown(c.median)} | {_shown(low)} | {_shown(high)} | {c.verdict} | {c.source} ({c.convention} convention) |"
        )
    notes = [c for c in checks if c.note]
    if notes:
        lines += ["", "## Why a curve deviates, and what is not counted", ""]
        lines += [f"- **{c.name}** ({c.flavor}, {c.preset}; {c.verdict}): {c.note}. `{c.command}`" for c in notes]
    silent = uncompared(keys)
    if silent:
        lines += ["", "## Publications without numbers to compare with", "", *silent]
    return "\n".join(lines) + "\n"


def _shown(ratio: float) -> str:
    """A ratio in two decimals, or two digits where that is not enough."""
    return f"{ratio:.2f}" if not 0 < abs(ratio) < 0.1 else f"{ratio:.2g}"


def as_json(checks: Sequence[Check]) -> str:
    """The same as data; numbers that do not exist are null."""
    return json.dumps(
        [{**to_record(c), "verdict": c.verdict, "median_ratio": _number(c.median)} for c in checks], indent=1
    )


def to_record(check: Check) -> dict[str, Any]:
    """A comparison as plain data, for JSON."""
    return {
        "experiment": check.key,
        "edge": check.edge,
        "flavor": check.flavor,
        "preset": check.preset,
        "basis": check.basis,
        "source": check.source,
        "convention": check.convention,
        "evidence": check.evidence,
        "note": check.note,
        "reason": check.reason,
        "couplings": check.couplings,
        "mass_GeV": check.masses.tolist(),
        "published_d_GeV-1": [_number(x) for x in check.published],
        "d_GeV-1": [_number(x) for x in check.ours],
    }


def from_record(record: dict[str, Any]) -> Check:
    """The comparison that :func:`to_record` wrote."""
    return Check(
        key=record["experiment"],
        basis=record["basis"],
        flavor=record["flavor"],
        preset=record["preset"],
        source=record["source"],
        convention=record["convention"],
        evidence=record["evidence"],
        note=record["note"],
        masses=np.array(record["mass_GeV"], dtype=float),
        published=np.array(record["published_d_GeV-1"], dtype=float),
        ours=np.array(record["d_GeV-1"], dtype=float),
        edge=record["edge"],
        reason=record["reason"],
        couplings=None if record["couplings"] is None else tuple(record["couplings"]),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
