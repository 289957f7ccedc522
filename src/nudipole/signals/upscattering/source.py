"""What a photon search in a beam is made of, read from its card: flux, matter in its places, efficiency."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.detectors.conversion import ConversionMap, Converter, conversion_map
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError, NudipoleError, UnreachableWarning
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.inputs import options, tables
from nudipole.matter import materials
from nudipole.signals.observation import find_table
from nudipole.signals.upscattering.acceptance import Body, Passages, Slab
from nudipole.signals.upscattering.card import Matter, UpscatterCard

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """Matter in which N is made, and where it is."""

    matter: Matter
    material: materials.Material
    place: Body | Slab

    @property
    def kind(self) -> str:
        """Regions of one kind share their final states."""
        return " ".join((self.material.name, *self.matter.channels))


def flux(card: UpscatterCard, file: Path) -> Flux:
    """The card's flux; several, each with its protons on target, are one flux of the whole run."""
    if not isinstance(card.source, list):
        return _one_flux(card.source, file, "source")
    components: list[FluxComponent] = []
    citations: list[str] = []
    for index, table in enumerate(card.source):
        field = f"source[{index}]"
        protons = table.get("protons_on_target")
        if not isinstance(protons, (int, float)) or not protons > 0:
            raise CardError(file, f"{field}.protons_on_target", protons, "must be a positive number of protons")
        one = _one_flux({k: v for k, v in table.items() if k != "protons_on_target"}, file, field)
        if one.per != "POT":
            raise CardError(file, field, one.name, "only fluxes per proton on target can be added")
        components += one.scaled(float(protons)).components
        citations += one.citations
    return Flux(f"{len(card.source)} beams", tuple(components), "run", tuple(dict.fromkeys(citations)))


def _one_flux(settings: Mapping[str, Any], file: Path, field: str) -> Flux:
    """A named flux, cut off above ``energy_max_GeV`` where a card follows a paper that leaves out the tail."""
    flux: Flux = options.resolve(
        FLUXES, {k: v for k, v in settings.items() if k != "energy_max_GeV"}, "flux", file, field
    )
    if "energy_max_GeV" not in settings:
        return flux
    top = settings["energy_max_GeV"]
    if not isinstance(top, (int, float)) or not top > 0:
        raise CardError(file, f"{field}.energy_max_GeV", top, "must be a positive energy")
    kept = [(c, c.energy <= top) for c in flux.components if np.count_nonzero(c.energy <= top) > 1]
    if not kept:
        raise CardError(file, f"{field}.energy_max_GeV", top, "leaves nothing of the flux")
    cut = tuple(
        replace(
            c,
            energy=c.energy[k],
            intensity=c.intensity[k],
            density=c.density[k] if c.density.ndim == 3 else c.density,
        )
        for c, k in kept
    )
    return replace(flux, components=cut)


def region(matter: Matter, detectors: Sequence[Volume], file: Path) -> Region:
    """One piece of matter in its place.

    Raises
    ------
    CardError
        If its place or amount is not given once, its material does not exist, or a slab lies behind every detector.
    """
    field = f"matter.{matter.name}"
    material = check_matter(matter, file)
    if (matter.shape is None) == (matter.upstream_m is None):
        raise CardError(file, field, None, "give exactly one of shape and upstream_m")
    if (matter.density_g_cm3 is None) == (matter.mass_tonne is None):
        raise CardError(file, field, None, "give exactly one of density_g_cm3 and mass_tonne")
    if matter.shape is not None:
        volume: Volume = options.resolve(SHAPES, matter.shape, "model", file, f"{field}.shape")
        cubic_metres = volume.volume
    else:
        assert matter.upstream_m is not None
        start, stop = min(matter.upstream_m), max(matter.upstream_m)
        if stop <= start:
            raise CardError(file, f"{field}.upstream_m", matter.upstream_m, "needs two different positions")
        end = max(detector.extent[1] for detector in detectors)
        if start >= end:
            mirrored = f"[{-stop:g}, {-start:g}]"
            allowed = f"z runs along the beam and the detector ends at z = {end:g} m: matter before it is at {mirrored}"
            raise CardError(file, f"{field}.upstream_m", list(matter.upstream_m), allowed)
        if any(start < detector.extent[1] and stop > detector.extent[0] + 1e-9 for detector in detectors):
            inside = "reaches into the decay volume: give matter there its shape"
            raise CardError(file, f"{field}.upstream_m", list(matter.upstream_m), inside)
        cubic_metres = detectors[0].frontal_area * (stop - start)
    if matter.mass_tonne is not None:
        kilograms = 1e3 * matter.mass_tonne
    else:
        assert matter.density_g_cm3 is not None
        kilograms = 1e3 * matter.density_g_cm3 * cubic_metres
    if matter.shape is not None:
        return Region(matter, material, Body(volume, kilograms, matter.source_distance_m))
    return Region(matter, material, Slab(start, stop, kilograms / cubic_metres))


def check_matter(matter: Matter, file: Path) -> materials.Material:
    """What a piece of matter is made of, and its shape by itself.

    Raises
    ------
    CardError
        If there is no such material or shape.
    """
    field = f"matter.{matter.name}"
    if matter.shape is not None:
        options.resolve(SHAPES, matter.shape, "model", file, f"{field}.shape")
    try:
        return materials.get(matter.material)
    except NudipoleError as error:
        raise CardError(file, f"{field}.material", matter.material, str(error)) from None


def exposure(card: UpscatterCard, flux: Flux, file: Path) -> float:
    """How many protons or seconds the flux is taken for; one where it is that of the whole run.

    Raises
    ------
    CardError
        If the one that the flux needs is missing, or another is given, which it would not use.
    """
    needed = {"POT": "protons_on_target", "s": "seconds"}.get(flux.per)
    for name in ("protons_on_target", "seconds"):
        value = getattr(card.exposure, name)
        if name == needed and value is None:
            raise CardError(file, f"exposure.{name}", None, f"is required: the flux is per {flux.per}")
        if name != needed and value is not None:
            raise CardError(file, f"exposure.{name}", value, f"is not used: the flux is per {flux.per}")
    return 1.0 if needed is None else float(getattr(card.exposure, needed))


def check_window(card: UpscatterCard, flux: Flux, file: Path) -> None:
    """Some neutrino of the flux is energetic enough for what is selected.

    Raises
    ------
    CardError
        Says where the flux ends.
    """
    for name in ("energy_min_GeV", "first_cascade_min_GeV"):
        least = getattr(card.selection, name)
        if least >= flux.maximum_energy:
            raise CardError(file, f"selection.{name}", least, f"the flux ends at {flux.maximum_energy:g} GeV")


def warn_of_unreached(card: UpscatterCard, passages: Passages) -> None:
    """Warn of matter from which no path of N crosses a detector.

    Warns
    -----
    UnreachableWarning
        Names the matter, or says that every count is zero.
    """
    if not any(mean.any() for mean in passages.mean.values()):
        message = f"{card.key}: no path from the matter crosses the detector; every count is zero"
        warnings.warn(message, UnreachableWarning, stacklevel=3)
        return
    for entry, is_reached in zip(card.matter, passages.reached, strict=True):
        if not is_reached:
            message = f"{card.key}: no path from the matter {entry.name} crosses the detector; it adds nothing"
            warnings.warn(message, UnreachableWarning, stacklevel=3)


def efficiency(card: UpscatterCard, file: Path) -> tuple[FloatArray, FloatArray] | None:
    """Nodes of the photon's energy [GeV] and the efficiency there; outside the table its ends are held.

    Raises
    ------
    CardError
        If there is no such table.
    TableError
        If its units, order or numbers are not those of an efficiency.
    """
    table = find_table(card.selection.efficiency_table, file, "selection.efficiency_table")
    return None if table is None else table.fraction("energy", "efficiency", tables.ENERGY)


def efficiency_by_mass(card: UpscatterCard, file: Path) -> tuple[FloatArray, FloatArray]:
    """Masses of N [GeV] and the efficiency at each; 1 throughout if the card names no table.

    Raises
    ------
    CardError
        If there is no such table.
    TableError
        If it gives a mass twice, an efficiency outside 0 to 1, or units that are none of these.
    """
    table = find_table(card.selection.efficiency_by_mass, file, "selection.efficiency_by_mass")
    if table is None:
        return np.ones(1), np.ones(1)
    return table.fraction("mass", "efficiency", tables.ENERGY)


def conversion(card: UpscatterCard, detectors: tuple[Volume, ...], file: Path) -> ConversionMap | None:
    """Chance that a photon of a decay in the detectors converts where the card looks; None if it need not convert."""
    found = converters(card, file)
    if not found:
        return None
    if card.selection.visible == "pair":
        raise CardError(
            file, "selection.conversion", "pair", "pairs of N do not convert: visible must be photon or both"
        )
    return conversion_map(found, detectors)


def converters(card: UpscatterCard, file: Path) -> list[Converter]:
    """The matter in which photons of N convert, in the order of the card."""
    found = []
    for entry in card.selection.conversion:
        field = f"selection.conversion.{entry.name}"
        volume: Volume = options.resolve(SHAPES, entry.shape, "model", file, f"{field}.shape")
        try:
            found.append(Converter(volume, entry.material, entry.density_g_cm3, entry.seen))
        except NudipoleError as error:
            raise CardError(file, f"{field}.material", entry.material, str(error)) from None
    return found
