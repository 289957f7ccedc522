"""Card sections of recoil searches, and how they become an exposure, a table of data and a detector response."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.efficiency import EFFICIENCY
from nudipole.detectors.quenching import QUENCHING
from nudipole.detectors.resolution import RESOLUTION
from nudipole.detectors.response import OBSERVABLE, Response
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes.flux import Flux
from nudipole.inputs import options, tables, typed
from nudipole.inputs.cards import Background, Card, Fault, NonNegative, Nuisance, Options, Positive, Section
from nudipole.matter import materials
from nudipole.matter.materials import Material
from nudipole.signals import observation_checks
from nudipole.signals.observation import ObservationSection, check_table_bins
from nudipole.signals.recoil import released_response

FloatArray = npt.NDArray[np.float64]
_UNITS = {**tables.ENERGY, **tables.NUMBER}
_MODELS: tuple[tuple[str, Mapping[str, Callable[..., Any]]], ...] = (
    ("quenching", QUENCHING),
    ("observable", OBSERVABLE),
    ("resolution", RESOLUTION),
    ("efficiency", EFFICIENCY),
    ("electron_efficiency", EFFICIENCY),
)
AFFECTS = ("neutrinos", "signal", "flux:", "quenching", "energy-scale", "resolution", "efficiency")
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


class DetectorSection(Section, frozen=True, kw_only=True):
    """``exit_m``: the way [m] that N flies undecayed, since its photon would spoil the selection, e.g. from the middle of
    the detector to where a photon is not seen any more. Left out: N leaves at any coupling."""

    exit_m: Positive


class ResponseSection(Section, frozen=True, kw_only=True):
    """From recoil to bin. Edges: one field, in the unit of its name, or the low and high columns of the observation."""

    recoil: Literal["nuclear", "electron", "both"] = "nuclear"
    quenching: Options = _default("none")
    observable: Options = _default("energy")
    resolution: Options = _default("none")
    efficiency: Options = _default("constant")
    electron_efficiency: Options | None = None  # where electron recoils have another than ``efficiency``
    # a released table in place of all of these: recoil energy, and the probability p0, p1, ... to be counted in each bin
    table: str = ""
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
    detector: DetectorSection | None = None
    response: ResponseSection
    timing: TimingSection | None = None
    observation: ObservationSection
    background: list[Background] = []
    nuisance: list[Nuisance] = []

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from observation_checks.parts(self.observation, self.background, self.nuisance, AFFECTS)
        for index, nuisance in enumerate(self.nuisance):
            field = f"nuisance[{index}].affects"
            if nuisance.affects == "resolution" and self.response.resolution.get("model") == "none":
                yield field, "resolution", "moves nothing: response.resolution is none"
            if nuisance.affects == "quenching" and self.response.recoil == "electron":
                yield field, "quenching", "moves nothing: electron recoils are not quenched"


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


def material(card: RecoilCard, file: Path) -> Material:
    """What is hit.

    Raises
    ------
    CardError
        If there is no such material.
    """
    try:
        return materials.get(card.target.material)
    except NudipoleError as error:
        raise CardError(file, "target.material", card.target.material, str(error)) from None


def response_probes(card: RecoilCard, file: Path) -> Iterator[Callable[[], object]]:
    """Each model of the response by itself."""
    for part, registry in _MODELS:
        yield functools.partial(_model, card, part, registry, file)


def _model(card: RecoilCard, part: str, registry: Mapping[str, Callable[..., Any]], file: Path) -> Any:
    table = getattr(card.response, part)
    return None if table is None else options.resolve(registry, table, "model", file, f"response.{part}")


def quantity(card: RecoilCard, unit: str) -> str:
    """The name of what is measured of a recoil: an energy, photo-electrons, hits, or the bins of a release."""
    if unit in tables.ENERGY:
        return "energy"
    observable = card.response.observable or {}
    names = {"photo-electrons": "photo-electrons", "polynomial": "hits"}
    return names.get(str(observable.get("model", "")), "bin")


def axis(card: RecoilCard, table: tables.Table | None) -> tuple[str, float]:
    """The unit in which the bins were given, and its factor."""
    for unit in ("eV", "keV", "MeV"):
        if getattr(card.response, f"window_{unit}") or getattr(card.response, f"edges_{unit}"):
            return unit, _UNITS[unit]
    if card.response.edges is not None:
        return "1", 1.0
    assert table is not None
    return table.units["low"], _UNITS[table.units["low"]]


def response(card: RecoilCard, table: tables.Table | None, file: Path) -> Response:
    """What the detector does, and its bins.

    Raises
    ------
    CardError
        If the bins are not given once, do not increase or are not those of the table, or if bins, observable,
        resolution and efficiency are not all in energies or all in photo-electrons.
    """
    edges = _edges(card, table, file)
    if card.response.table:
        return Response(edges=edges, tabulated=released_response.load(card, len(edges) - 1, file))
    models = {part: _model(card, part, registry, file) for part, registry in _MODELS}
    _check_units(card, table, models, file)
    return Response(edges=edges, **models)


def _edges(card: RecoilCard, table: tables.Table | None, file: Path) -> FloatArray:
    section = card.response
    found = []
    for unit in ("eV", "keV", "MeV"):
        for kind in ("window", "edges"):
            value = getattr(section, f"{kind}_{unit}")
            if value is not None:
                found.append((f"{kind}_{unit}", np.asarray(value, dtype=float) * _UNITS[unit]))
    if section.edges is not None:
        found.append(("edges", np.asarray(section.edges, dtype=float)))
    binned = table is not None and {"low", "high"} <= set(table.columns)
    if not found and table is not None and binned:
        found.append(("observation.table", table.edges(_UNITS)))
    if len(found) != 1:
        raise CardError(file, "response", [name for name, _ in found], "give the bins once: window_* or edges_*")
    name, edges = found[0]
    if len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise CardError(file, f"response.{name}", getattr(section, name, edges.tolist()), "bin edges must increase")
    if table is not None and binned and name != "observation.table":
        repeats = 1 if card.timing is None else max(len(card.timing.edges_us) - 1, 1)
        check_table_bins(table, edges, _UNITS, f"response.{name}", file, repeats)
    return edges


def _check_units(card: RecoilCard, table: tables.Table | None, models: dict[str, Any], file: Path) -> None:
    """Bins, observable, resolution and efficiency all speak of energies, or all of what is counted."""
    counted = card.response.observable.get("model", "energy") != "energy"
    kind = "number" if counted else "energy"
    said = "photo-electrons or hits, edges without a unit" if counted else "an energy, edges in eV, keV or MeV"
    unit, _ = axis(card, table)
    if (unit in tables.ENERGY) == counted:
        raise CardError(
            file, "response.observable", card.response.observable, f"is {said}, but the bins are in [{unit}]"
        )
    resolution = card.response.resolution
    smeared = resolution.get(
        "unit", {"gamma": "1", "poisson": "1", "gaussian-sqrt": "MeV"}.get(resolution["model"], "keV")
    )
    if resolution["model"] != "none" and (smeared in tables.ENERGY) == counted:
        raise CardError(file, "response.resolution", resolution, f"is in [{smeared}], but the observable is {said}")
    for name in ("efficiency", "electron_efficiency"):
        efficiency = models.get(name)
        if efficiency is not None and efficiency.space == "reconstructed" and efficiency.argument not in ("any", kind):
            raise CardError(
                file,
                f"response.{name}",
                getattr(card.response, name),
                f"is a function of another unit: the observable is {said}",
            )


def check_flux_pulls(card: RecoilCard, flux: Flux, file: Path) -> None:
    """Every pull on a component of the flux names one that there is.

    Raises
    ------
    CardError
        Names those there are.
    """
    names = [component.name for component in flux.components]
    for index, nuisance in enumerate(card.nuisance):
        kind, colon, name = nuisance.affects.partition(":")
        if kind == "flux" and colon and name not in names:
            allowed = typed.one_of(name, names).replace("must be one of", "no such component of the flux; there are")
            raise CardError(file, f"nuisance[{index}].affects", nuisance.affects, allowed)
