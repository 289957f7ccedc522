"""Everything that the page shows, collected from an atlas and computed beside it.

From the atlas come the curves (Dirac N, default assumptions) and the comparisons with publications. Computed here, one
task a constraint: the curves of a Majorana N and of every preset on fewer masses, and the tables of counts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nudipole import __version__, bibliography, units
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.compilation.validation import Check
from nudipole.constraint import Constraint, Limit
from nudipole.errors import NudipoleError
from nudipole.explorer import recipes, tables, whatif, yields
from nudipole.explorer.payload import Payload
from nudipole.explorer.yields import Yields
from nudipole.plot import names, style
from nudipole.plot.regions import regions
from nudipole.portal import Direction
from nudipole.processes.decays import hnl_decay

Progress = Callable[[str, int, int], None]
MASSES, PRESET_MASSES = 32, 16  # of the curves computed here
AGREEMENT = 0.01  # of the what-if with the full calculation, at its own masses, in d
_LEAST = 0.7  # of the masses of a table that it must be good for
_COUPLING, _MASS = 17, 20  # bits of mantissa


@dataclass(frozen=True)
class Part:
    """What is computed here for one constraint: curves, tables of counts, and what failed."""

    key: str
    curves: tuple[Limit, ...]
    tables: tuple[Yields, ...]
    failures: tuple[str, ...] = ()


def compute(key: str, flavors: Sequence[str]) -> Part:
    """Majorana and preset curves and tables of counts of the constraint of this key."""
    constraint = registry.get(key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about couplings beyond the effective theory: the atlas has said so
        return compute_one(constraint, flavors)


def compute_one(constraint: Constraint, flavors: Sequence[str]) -> Part:
    """The same for any constraint, a user's card included; a failure is kept as a sentence for the page."""
    curves: list[Limit] = []
    found: list[Yields] = []
    failures: list[str] = []

    def attempt(what: str, action: Callable[[], None]) -> None:
        try:
            action()
        except NudipoleError as error:
            failures.append(f"{what}: {error}")

    for flavor in flavors:
        attempt(f"Majorana, {flavor}", lambda f=flavor: curves.append(_curve(constraint, f, "majorana", "default")))  # type: ignore[misc]
        for preset in constraint.presets[1:]:
            if flavor not in _preset_flavors(constraint, preset, flavors):
                continue
            attempt(f"{preset}, {flavor}", lambda f=flavor, p=preset: curves.append(_curve(constraint, f, "dirac", p)))  # type: ignore[misc]
        if isinstance(constraint, Experiment):
            attempt(f"counts, {flavor}", lambda f=flavor: found.extend(_tables(constraint, f)))  # type: ignore[misc]
    return Part(constraint.key, tuple(curves), tuple(found), tuple(failures))


def _curve(constraint: Constraint, flavor: str, nature: str, preset: str) -> Limit:
    low, high = constraint.mass_range
    number = MASSES if preset == "default" else PRESET_MASSES
    masses = np.geomspace(low, high * (1.0 - 1e-9), number)
    return constraint.limit(
        masses, Direction(flavor, nature="majorana" if nature == "majorana" else "dirac"), None, preset
    )


def _preset_flavors(constraint: Constraint, preset: str, flavors: Sequence[str]) -> set[str]:
    """Where a preset is drawn: the flavours of the publications that it follows, else the first; the others look alike."""
    comparisons = getattr(getattr(constraint, "card", constraint), "comparisons", ())
    named = {c.flavor or flavors[0] for c in comparisons if c.preset == preset} & set(flavors)
    return named or {flavors[0]}


def _tables(experiment: Experiment, flavor: str) -> list[Yields]:
    table = yields.tabulate(experiment, flavor)
    return [] if table is None else [checked(experiment, table)]


def checked(experiment: Experiment, table: Yields) -> Yields:
    """The table as far as its what-if gives the full calculation within :data:`AGREEMENT`.

    Where a region closes at its heaviest masses the table may end earlier; one that fails elsewhere has no what-if.
    """
    if table.rule == "none":
        return table
    found = whatif.recompute(table, whatif.Settings(cl=experiment.confidence_level))
    full = experiment.limit(table.masses, Direction(table.flavor)).lower
    ours = np.array([min((i.low for i in some if i.low > 0), default=np.nan) for some in found])
    with np.errstate(invalid="ignore"):
        distance = np.where(np.isfinite(ours) | np.isfinite(full), np.abs(np.log(ours / full)), 0.0)
    good = distance <= AGREEMENT  # NaN, where one has a limit and the other has none, is not
    if np.all(good):
        return table
    first = int(np.argmin(good))
    if first >= _LEAST * len(good):
        return table.until(first)
    worst = float(np.nanmax(np.where(np.isfinite(distance), distance, 0.0)))
    many = f"by {100 * worst:.0f} per cent" if worst > AGREEMENT else "in where there is a limit"
    return replace(table, rule="none", reason=f"the table of counts differs from the full calculation {many}")


def parts(wanted: Sequence[tuple[str, Sequence[str]]], jobs: int, progress: Progress | None = None) -> dict[str, Part]:
    """:func:`compute` for every key and its flavours, in processes."""
    done: dict[str, Part] = {}
    if jobs == 1:
        for key, flavors in wanted:
            done[key] = compute(key, flavors)
            if progress is not None:
                progress(key, len(done), len(wanted))
        return done
    pool: Executor
    with ProcessPoolExecutor(jobs) as pool:
        tasks = {pool.submit(compute, key, tuple(flavors)): key for key, flavors in wanted}
        for finished in as_completed(tasks):
            done[tasks[finished]] = finished.result()
            if progress is not None:
                progress(tasks[finished], len(done), len(wanted))
    return done


def encode(limits: Sequence[Limit], checks: Sequence[Check], computed: dict[str, Part]) -> str:
    """The payload of the page.

    Parameters
    ----------
    limits : sequence of Limit
        Curves of the atlas.
    checks : sequence of Check
        Comparisons with publications.
    computed : dict
        What :func:`parts` found.
    """
    payload = Payload()
    keys = list(dict.fromkeys(limit.key for limit in limits))
    more = [curve for key in keys if key in computed for curve in computed[key].curves]
    references = {r for limit in [*limits, *more] for r in limit.citations}
    known = bibliography.entries()
    header: dict[str, Any] = {
        "version": __version__,
        "muB": units.mu_from_d(1.0),
        "widths": _widths(payload),
        "families": [[name, color] for name, color, _ in style.FAMILIES],
        "experiments": {key: experiment_record(registry.get(key)) for key in keys},
        "curves": [curve_record(payload, c) for c in [*limits, *more] if any(c.excluded)],
        "checks": [check_record(payload, c) for c in checks if c.key in set(keys)],
        "tables": [tables.record(payload, t) for key in keys if key in computed for t in computed[key].tables],
        "failures": [f"{key}: {text}" for key in keys if key in computed for text in computed[key].failures],
        "bibtex": {name: known[name] for name in sorted(references) if name in known},
    }
    return payload.encode(header)


def _widths(payload: Payload) -> dict[str, Any]:
    """Total width per D of a Dirac N [GeV^3] over M^3, and the share of nu gamma, on a grid of masses."""
    masses = np.geomspace(1e-6, 1e3, 181)
    partial = hnl_decay.partial_widths(masses)
    total = np.sum(np.stack(list(partial.values())), axis=0)
    return {
        "masses": payload.add(masses),
        "overCube": payload.add(total / masses**3),
        "photon": payload.add(partial["nu gamma"] / total),
        "hbarc": units.HBAR_C,
        "second": units.SECOND,
    }


def experiment_record(constraint: Constraint) -> dict[str, Any]:
    """Name, colour and recipe of one constraint."""
    family, color = style.family(constraint.key)
    return {
        "title": constraint.title,
        "short": names.short(constraint.key),
        "family": family,
        "color": color,
        "kind": constraint.kind,
        "sky": constraint.key in registry.sky() and constraint.kind != "line",
        "basis": constraint.basis,
        "cl": constraint.confidence_level,
        "references": list(constraint.citations),
        **recipes.recipe(constraint),
    }


def curve_record(payload: Payload, limit: Limit) -> dict[str, Any]:
    """Connected regions of one curve: first mass, lower edge, upper edge (null where open), whether the ends close it."""
    scale = units.mu_from_d(1.0)
    found: list[list[Any]] = []
    for region in regions(limit):
        start = int(np.searchsorted(limit.masses, region.masses[0]))
        high = None if np.all(np.isinf(region.high)) else payload.add(region.high / scale, _COUPLING)
        found.append([start, payload.add(region.low / scale, _COUPLING), high, region.starts, region.stops])
    return {
        "key": limit.key,
        "flavor": limit.direction.name,
        "nature": limit.direction.nature,
        "preset": limit.preset,
        "kind": limit.kind,
        "cl": limit.confidence_level,
        "masses": payload.add(limit.masses, _MASS),
        "regions": found,
    }


def check_record(payload: Payload, check: Check) -> dict[str, Any]:
    """One published curve with its ratio."""
    low, high = check.extremes
    return {
        "key": check.key,
        "flavor": check.flavor,
        "preset": check.preset,
        "edge": check.edge,
        "source": check.source,
        "convention": check.convention,
        "note": check.note,
        "verdict": check.verdict,
        "ratio": [_finite(check.median), _finite(low), _finite(high)],
        "masses": payload.add(check.masses, _MASS),
        "published": payload.add(check.published, _COUPLING),
    }


def _finite(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def flavors_of(limits: Iterable[Limit]) -> list[tuple[str, tuple[str, ...]]]:
    """Keys with the flavours that their curves have, longest tasks first by the number of curves."""
    found: dict[str, list[str]] = {}
    for limit in limits:
        found.setdefault(limit.key, []).append(limit.direction.name)
    return [(key, tuple(dict.fromkeys(names))) for key, names in found.items()]
