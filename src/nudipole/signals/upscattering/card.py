"""Card sections of searches for the photon of N made by up-scattering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
import numpy as np

from nudipole.inputs.cards import (
    Background,
    Card,
    Fault,
    Fraction,
    NonNegative,
    Nuisance,
    Options,
    Positive,
    Section,
    ordered,
    repeated,
    unused,
)
from nudipole.signals import observation_checks
from nudipole.signals.observation import ObservationSection

AFFECTS = ("neutrinos", "signal")
Cosine = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class Exposure(Section, frozen=True, kw_only=True):
    """How long: protons on target, seconds, or nothing for a flux that is given for the whole run."""

    protons_on_target: Positive | None = None
    seconds: Positive | None = None

    def contradictions(self) -> Iterator[Fault]:
        if self.protons_on_target is not None and self.seconds is not None:
            yield "seconds", self.seconds, "stands beside protons_on_target: give the one that the flux needs"


class Matter(Section, frozen=True, kw_only=True):
    """Matter in which N is made: a volume, or a slab ``upstream_m = [from, to]`` in z before the detector.

    z runs along the beam, so that matter before a detector at the origin is at negative z, as everywhere in a card.
    A slab is taken as wide as the paths that reach the detector need: the beam is broad there (shortcut ``broad-beam``).
    In the beam of a distant point source the fluence grows towards the source as the paths that lead to the detector
    crowd together, by the same square of the distance: a slab uses the fluence at the detector (2 per cent; that the
    beam fades off its axis would take 2 to 34 per cent of these N at most, docs: photon searches). For a volume
    ``source_distance_m``, from the source to z = 0, lets the fluence fall as the square of the distance.
    """

    name: str
    material: str
    density_g_cm3: Positive | None = None
    mass_tonne: Positive | None = None
    shape: Options | None = None
    upstream_m: tuple[float, float] | None = None
    source_distance_m: Positive | None = None
    channels: Annotated[
        tuple[Literal["coherent", "incoherent", "electron", "dis"], ...], msgspec.Meta(min_length=1)
    ] = ("coherent", "incoherent", "electron")

    def contradictions(self) -> Iterator[Fault]:
        yield from repeated(self.channels, "channels")


class Converter(Section, frozen=True, kw_only=True):
    """Matter that a photon of N may convert in; ``seen`` is the share of conversions there that count, 0 if they are lost."""

    name: str
    material: str
    density_g_cm3: Positive
    shape: Options
    seen: Fraction = 1.0


class Selection(Section, frozen=True, kw_only=True):
    """What is accepted of N -> nu gamma (or nu e+ e-) in the decay volume.

    Energies in GeV, angles to the beam. ``first_cascade_min_GeV`` with ``separation_min_m`` asks for the recoil too (double
    cascades); ``delay_min_ns`` for an arrival later than light by that much, ``gate_ns`` for one between the bunches.
    ``conversion``: the photon must make its pair in matter listed there, the first listed first where shapes overlap.
    """

    visible: Literal["photon", "pair", "both"] = "photon"
    energy_min_GeV: NonNegative = 0.0
    energy_max_GeV: Positive | None = None
    cosine_min: Cosine = -1.0
    hnl_cosine_min: Cosine = -1.0  # of the direction of N itself, where an analysis cuts on it
    energy_angle2_max_GeV: Positive | None = None
    q2_max_GeV2: Positive | None = None  # Q^2 of the quasi-elastic scattering that the shower would mean
    efficiency: Fraction = 1.0
    efficiency_table: str = ""
    efficiency_by_mass: str = ""  # a table of the mass of N: a factor of its own, held beyond its ends
    energy_resolution: tuple[NonNegative, NonNegative] = (0.0, 0.0)  # a / sqrt(E / GeV) (+) b
    angle_resolution_deg: NonNegative = 0.0
    first_cascade_min_GeV: NonNegative = 0.0
    separation_min_m: NonNegative = 0.0
    delay_min_ns: NonNegative = 0.0
    gate_ns: tuple[float, float] | None = None  # opening and closing after each bunch: only what arrives between
    bunch_period_ns: NonNegative = 0.0  # 0: one bunch
    bunch_sigma_ns: NonNegative = 0.0  # of bunch and clock together
    conversion: list[Converter] = []

    def contradictions(self) -> Iterator[Fault]:
        yield from ordered(self, "energy_min_GeV", "energy_max_GeV")
        if self.gate_ns is None:
            yield from unused(self, ["bunch_period_ns", "bunch_sigma_ns"], "without gate_ns")
        elif not self.gate_ns[0] < self.gate_ns[1]:
            yield "gate_ns", list(self.gate_ns), "must open before it closes"
        elif 0 < self.bunch_period_ns < self.gate_ns[1] - self.gate_ns[0]:
            yield "gate_ns", list(self.gate_ns), f"must be shorter than bunch_period_ns = {self.bunch_period_ns:g}"
        yield from repeated([converter.name for converter in self.conversion], "conversion.name")


class Histogram(Section, frozen=True, kw_only=True):
    """What is histogrammed: the photon energy [GeV], cos(theta) to the beam, or the quasi-elastic energy [GeV]."""

    variable: Literal["count", "energy", "cosine", "quasi-elastic-energy"] = "count"
    edges: tuple[float, ...] = (0.0, 1.0)

    def contradictions(self) -> Iterator[Fault]:
        if self.variable == "count":
            yield from unused(self, ["edges"], "by a count: name the variable that is histogrammed")


class UpscatterCard(Card, frozen=True, kw_only=True):
    """N made by up-scattering and seen by its decay."""

    # several, each with its own protons_on_target: horn modes; energy_max_GeV cuts a flux off
    source: Options | list[Options]
    exposure: Exposure = Exposure()
    matter: Annotated[list[Matter], msgspec.Meta(min_length=1)]
    detector: Options | list[Options]  # several disjoint volumes
    selection: Selection = Selection()
    histogram: Histogram = Histogram()
    observation: ObservationSection
    background: list[Background] = []
    nuisance: list[Nuisance] = []

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from observation_checks.parts(self.observation, self.background, self.nuisance, AFFECTS)
        yield from repeated([matter.name for matter in self.matter], "matter.name")
        sources = self.source if isinstance(self.source, list) else [self.source]
        given = [source.get("baseline_m") for source in sources]
        farthest = max((float(b) for b in given if isinstance(b, (int, float))), default=np.inf)
        for matter in self.matter:
            if matter.upstream_m is not None and min(matter.upstream_m) < -farthest:
                allowed = f"begins behind the source, which is {farthest:g} m before the detector"
                yield f"matter.{matter.name}.upstream_m", list(matter.upstream_m), allowed
