"""Everything that the page shows, collected from an atlas and computed beside it.

From the atlas come the curves (Dirac N, default assumptions) and the comparisons with publications; beside it are made the
curves of a Majorana N and of every preset and the tables of counts (:mod:`nudipole.explorer.parts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nudipole import __version__, bibliography, units
from nudipole.catalogue import families, registry
from nudipole.compilation.validation import Check
from nudipole.constraint import Constraint, Limit
from nudipole.explorer import recipes, tables
from nudipole.explorer.parts import Part
from nudipole.explorer.payload import Payload
from nudipole.plot import names, style
from nudipole.plot.regions import regions
from nudipole.processes.decays import hnl_decay

_COUPLING, _MASS = 17, 20  # bits of mantissa


def encode(limits: Sequence[Limit], checks: Sequence[Check], computed: Mapping[str, Part]) -> str:
    """The payload of the page.

    Parameters
    ----------
    limits : sequence of Limit
        Curves of the atlas.
    checks : sequence of Check
        Comparisons with publications.
    computed : dict
        Parts by key.
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
        "families": [[name, color] for name, color in style.COLORS.items()],
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
    family = families.family(constraint.key)
    return {
        "title": constraint.title,
        "short": names.short(constraint.key),
        "family": family,
        "color": style.COLORS[family],
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
