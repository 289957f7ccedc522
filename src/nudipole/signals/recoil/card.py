"""Card sections of recoil searches, and how they become an exposure, a table of data and a detector response."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from nudipole import units
from nudipole.detectors.efficiency import EFFICIENCY
from nudipole.detectors.quenching import QUENCHING
from nudipole.detectors.resolution import RESOLUTION
from nudipole.detectors.response import OBSERVABLE, Response
from nudipole.errors import CardError
from nudipole.fluxes.flux import Flux
from nudipole.inputs import options, tables
from nudipole.inputs.cards import Background, Card, NonNegative, Nuisance, Options, Positive, Section
from nudipole.signals.observation import ObservationSection

_UNITS = {"eV": units.EV, "keV": units.KEV, "MeV": units.MEV, "GeV": units.GEV, "1": 1.0, "PE": 1.0}
_EXPOSURES = {
    "exposure_kg_day": units.DAY,
    "exposure_tonne_day": 1e3 * units.DAY,
    "exposure_tonne_year": 1e3 * units.YEAR,
    "exposure_kilotonne_year": 1e6 * units.YEAR,
    "mass_kg": 1.0,
}


def _default(model: str) -> Any:
    return msgspec.field(default_factory=lambda: {"model": model})


class TargetSection(Section, frozen=True, kw_only=True):
    """What is hit, and for how long; exactly one exposure. ``mass_kg`` goes with a flux given for the whole run."""

    material: str
    exposure_kg_day: Positive | None = None
    exposure_tonne_day: Positive | None = None
    exposure_tonne_year: Positive | None = None
    exposure_kilotonne_year: Positive | None = None
    mass_kg: Positive | None = None
    form_factor: str = "helm"
    atomic: Literal["stepping", "rrpa"] = "stepping"  # electrons of an atom; rrpa: many-body ratio, xenon alone


class ResponseSection(Section, frozen=True, kw_only=True):
    """From recoil to bin. Edges: one field, in the unit of its name, or the low and high columns of the observation."""

    recoil: Literal["nuclear", "electron", "both"] = "nuclear"
    quenching: Options = _default("none")
    observable: Options = _default("energy")
    resolution: Options = _default("none")
    efficiency: Options = _default("constant")
    electron_efficiency: Options | None = None  # where electron recoils have another than ``efficiency``
    window_eV: tuple[NonNegative, Positive] | None = None
    window_keV: tuple[NonNegative, Positive] | None = None
    window_MeV: tuple[NonNegative, Positive] | None = None
    edges_eV: list[NonNegative] | None = None
    edges_keV: list[NonNegative] | None = None
    edges_MeV: list[NonNegative] | None = None
    edges: list[NonNegative] | None = None


class TimingSection(Section, frozen=True, kw_only=True):
    """Bins in arrival time after the protons, for beams at rest."""

    edges_us: list[NonNegative]
    efficiency: Options = _default("constant")
    pulse: Options = {}


class RecoilCard(Card, frozen=True, kw_only=True):
    """A recoil search."""

    source: Options
    target: TargetSection
    response: ResponseSection
    timing: TimingSection | None = None
    observation: ObservationSection
    background: list[Background] = []
    nuisance: list[Nuisance] = []


def exposure(card: RecoilCard, flux: Flux, file: Path) -> float:
    """Kilogram-seconds (or kilograms for a flux per run)."""
    target = card.target
    chosen = [(name, getattr(target, name)) for name in _EXPOSURES if getattr(target, name) is not None]
    if len(chosen) != 1:
        raise CardError(file, "target", [name for name, _ in chosen], f"give exactly one of {', '.join(_EXPOSURES)}")
    name, value = chosen[0]
    if (name == "mass_kg") != (flux.per == "run"):
        needed = "mass_kg, since the flux is for the whole run" if flux.per == "run" else "an exposure, with its time"
        raise CardError(file, f"target.{name}", value, f"the source {flux.name} needs {needed}")
    return float(value) * _EXPOSURES[name]


def axis(card: RecoilCard, table: tables.Table | None) -> tuple[str, float]:
    for unit in ("eV", "keV", "MeV"):
        if getattr(card.response, f"window_{unit}") or getattr(card.response, f"edges_{unit}"):
            return unit, _UNITS[unit]
    if card.response.edges is not None:
        return "1", 1.0
    assert table is not None
    return table.units["low"], _UNITS[table.units["low"]]


def response(card: RecoilCard, table: tables.Table | None, file: Path) -> Response:
    section = card.response
    found = []
    for unit in ("eV", "keV", "MeV"):
        for kind in ("window", "edges"):
            value = getattr(section, f"{kind}_{unit}")
            if value is not None:
                found.append((f"{kind}_{unit}", np.asarray(value, dtype=float) * _UNITS[unit]))
    if section.edges is not None:
        found.append(("edges", np.asarray(section.edges, dtype=float)))
    if not found and table is not None and {"low", "high"} <= set(table.columns):
        factor = _UNITS[table.units["low"]]
        found.append(("observation.table", np.append(table["low"], table["high"][-1]) * factor))
    if len(found) != 1:
        raise CardError(file, "response", [name for name, _ in found], "give the bins once: window_* or edges_*")
    name, edges = found[0]
    if len(edges) < 2 or np.any(np.diff(edges) <= 0):
        given = getattr(section, name, edges.tolist())
        raise CardError(file, f"response.{name}", given, "bin edges must increase")
    models: dict[str, Any] = {}
    for part, registry in (
        ("quenching", QUENCHING),
        ("observable", OBSERVABLE),
        ("resolution", RESOLUTION),
        ("efficiency", EFFICIENCY),
    ):
        models[part] = options.resolve(registry, getattr(section, part), "model", file, f"response.{part}")
    if section.electron_efficiency is not None:
        models["electron_efficiency"] = options.resolve(
            EFFICIENCY, section.electron_efficiency, "model", file, "response.electron_efficiency"
        )
    return Response(edges=edges, **models)
