"""Card sections of searches for N from meson decays, and the checks that need more than a type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from nudipole.detectors.geometry import Volume
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes.hadrons import mesons as spectra
from nudipole.inputs.cards import (
    Card,
    Fault,
    Fraction,
    NonNegative,
    Options,
    Positive,
    Section,
    ordered,
    repeated,
    unused,
)
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay.observation import ObservationSection


class SourceSection(Section, frozen=True, kw_only=True):
    """Where mesons come from: protons on a target, proton collisions, or a beam of mesons that decay in flight."""

    beam: float | Literal["lhc"] | None = None
    protons: Positive | None = None
    luminosity_fb: Positive | None = None
    mesons: list[str] = []  # empty: all that are known at this beam
    mass_number: Positive = 12.0
    decay_path_m: NonNegative = 0.15
    form_factor: Literal["point", "pole"] = "pole"
    meson_beam: str = ""
    momentum_GeV: Positive | None = None
    decays: Positive | None = None
    decay_region_m: tuple[float, float] | None = None

    def contradictions(self) -> Iterator[Fault]:
        flight, struck = ["momentum_GeV", "decays", "decay_region_m"], ["beam", "protons", "luminosity_fb", "mesons"]
        if self.meson_beam:
            yield from unused(self, [*struck, "mass_number", "decay_path_m"], "beside meson_beam")
        else:
            other = "protons" if self.beam == "lhc" else "luminosity_fb"
            yield from unused(self, [*flight, other], "without meson_beam" if self.beam != "lhc" else "for this beam")
        if self.decay_region_m is not None and not self.decay_region_m[0] < self.decay_region_m[1]:
            yield "decay_region_m", list(self.decay_region_m), "must be [from, to] along the beam"
        yield from repeated([canonical(name) for name in self.mesons], "mesons")


class SelectionSection(Section, frozen=True, kw_only=True):
    """The photon: energy window, and a ring (radius) on the plane of the calorimeter that it must hit."""

    photon_GeV: tuple[NonNegative, Positive]
    calorimeter_m: float
    inner_m: NonNegative = 0.0
    outer_m: Positive
    efficiency: Fraction = 1.0

    def contradictions(self) -> Iterator[Fault]:
        if not self.photon_GeV[0] < self.photon_GeV[1]:
            yield "photon_GeV", list(self.photon_GeV), "the window must have a width"
        yield from ordered(self, "inner_m", "outer_m")


class MesonDecayCard(Card, frozen=True, kw_only=True):
    """A search for the photon of N from meson decays. z = 0 is where the mesons are made, z runs along the beam."""

    source: SourceSection
    volume: Options
    selection: SelectionSection
    observation: ObservationSection


def canonical(name: str) -> str:
    """The meson that both charges of a charged one are counted as: ``K`` for ``K+`` and ``K-``.

    Examples
    --------
    >>> canonical("K+"), canonical("pi0")
    ('K', 'pi0')
    """
    return name.rstrip("+-")


def counted_mesons(source: SourceSection) -> tuple[str, ...]:
    """The mesons that count, both charges together: those of the card, or all that are known at its beam."""
    if source.meson_beam:
        return (source.meson_beam,)
    assert source.beam is not None
    known = [m for m in spectra.mesons(source.beam) if not m.endswith(("+", "-"))]
    return tuple(canonical(name) for name in source.mesons) or tuple(known)


def exposure(source: SourceSection) -> float:
    """Protons on the target, or pb^-1 of proton collisions."""
    return float(1e3 * (source.luminosity_fb or 0.0) if source.beam == "lhc" else source.protons or 0.0)


def check(card: MesonDecayCard, volume: Volume, file: Path) -> None:
    """The source has what it needs, its mesons are known, and the decay volume lies behind it.

    Raises
    ------
    CardError
        Names the field.
    """
    source = card.source
    if source.meson_beam:
        missing = [n for n in ("momentum_GeV", "decays", "decay_region_m") if getattr(source, n) is None]
        if missing:
            raise CardError(file, f"source.{missing[0]}", None, "is required with source.meson_beam")
    else:
        if source.beam is None:
            raise CardError(file, "source.beam", None, "is required: proton energy in GeV or lhc, or a meson_beam")
        needed = "luminosity_fb" if source.beam == "lhc" else "protons"
        if getattr(source, needed) is None:
            raise CardError(file, f"source.{needed}", None, f"is required for the beam {source.beam}")
        if volume.extent[0] <= 0:
            raise CardError(file, "volume", card.volume, "the decay volume must lie beyond the target, z > 0")
    _check_mesons(source, file)
    if card.selection.photon_GeV[1] <= card.selection.photon_GeV[0]:
        raise CardError(file, "selection.photon_GeV", card.selection.photon_GeV, "the window must have a width")
    if card.selection.outer_m <= card.selection.inner_m:
        raise CardError(file, "selection.outer_m", card.selection.outer_m, "must be larger than selection.inner_m")


def _check_mesons(source: SourceSection, file: Path) -> None:
    try:
        known = meson.PARENTS if source.meson_beam else spectra.mesons(source.beam or 0.0)
        for name in [source.meson_beam] if source.meson_beam else source.mesons:
            if name not in known:
                raise CardError(file, "source.mesons", name, f"must be among {', '.join(known)}")
        if source.meson_beam and source.momentum_GeV is not None:
            meson.parent_mass(source.meson_beam)
        elif source.beam not in spectra.BEAMS:
            raise CardError(file, "source.beam", source.beam, f"must be one of {', '.join(map(str, spectra.BEAMS))}")
    except CardError:
        raise
    except NudipoleError as error:
        raise CardError(file, "source", source.beam, str(error)) from error
