"""What a search for N from the Earth is made of, read from its card: fluxes by direction, and matter by distance."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux
from nudipole.inputs import options
from nudipole.signals.earth import paths
from nudipole.signals.earth.card import EarthCard, Production, Site, Source

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Beam:
    """A flux and the share of it that comes from each cell of zenith, shape (directions,)."""

    flux: Flux
    share: FloatArray


@dataclass(frozen=True)
class Kind:
    """One kind of target: what is scattered off, and its density [kg/m^3] by zenith and path cell."""

    material: str
    channels: tuple[str, ...]
    density: FloatArray


def check_card(card: EarthCard, file: Path) -> None:
    """Refuse a card without a source, a cone around the Sun without the Sun, or the wrong number of resolutions.

    Raises
    ------
    CardError
        With field, value and what is allowed.
    """
    selection = card.selection
    if not card.source:
        raise CardError(file, "source", None, "at least one is required")
    if selection.sun_cosine_min is not None and any(source.arrival != "sun" for source in card.source):
        raise CardError(file, "selection.sun_cosine_min", selection.sun_cosine_min, "needs sources around the Sun")
    if len(selection.angle_resolution_deg) not in (0, 1, len(selection.photon_edges_GeV) - 1):
        given = list(selection.angle_resolution_deg)
        raise CardError(file, "selection.angle_resolution_deg", given, "must be one number or one a bin of energy")


def beams(source: Source, site: Site, file: Path, number: int) -> list[Beam]:
    """The flux of one source by direction: bands of zenith, or one flux with its share of each cell.

    Parameters
    ----------
    source, site : Source, Site
    file, number : Path, int
        The card and the place of the source in it, for messages.

    Raises
    ------
    CardError
        If there is no such flux, or it is not one per second.
    """
    field, everywhere = f"source[{number}].flux", np.full(paths.DIRECTIONS, 1.0 / paths.DIRECTIONS)
    if source.arrival == "zenith":
        found = []
        for band, (low, high) in enumerate(itertools.pairwise(paths.ZENITH_EDGES)):
            limits = {"cos_zenith_min": float(low), "cos_zenith_max": float(high)}
            flux: Flux = options.resolve(FLUXES, {**source.flux, **limits}, "flux", file, field)
            found.append(Beam(flux, np.eye(paths.DIRECTIONS)[band]))
    else:
        share = paths.sun_zenith(site.latitude_deg) if source.arrival == "sun" else everywhere
        found = [Beam(options.resolve(FLUXES, source.flux, "flux", file, field), share)]
    for beam in found:
        if beam.flux.per != "s":
            raise CardError(file, field, source.flux.get("flux"), "must be a flux per second")
    return found


def kinds(site: Site, production: Production, edges: FloatArray) -> tuple[Kind, ...]:
    """Targets around the detector: for coherent scattering element by element, for the rest material by material.

    Parameters
    ----------
    site, production : Site, Production
    edges : ndarray (cells + 1,)
        Of the path of N [m].

    Returns
    -------
    tuple of Kind
        Densities of shape (directions, cells). Free protons count as incoherent where that channel is on.
    """
    matter = paths.surroundings(
        edges, site.depth_m, production.where, site.material, 1e3 * site.mass_tonne, 1e3 * site.density_g_cm3
    )
    rest = tuple(channel for channel in production.channels if channel != "coherent")
    found = [Kind(name, rest, density) for name, density in matter.items() if rest]
    if "coherent" in production.channels:
        elements = paths.by_element(matter)
        if "incoherent" in production.channels:
            elements.pop("H", None)
        found += [Kind(name, ("coherent",), density) for name, density in elements.items()]
    return tuple(found)
