"""The card of N from the Earth: where neutrinos come from, the detector, how N is made and what is accepted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

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
    repeated,
)
from nudipole.signals import observation_checks
from nudipole.signals.observation import ObservationSection

Channel = Literal["coherent", "incoherent", "electron", "dis"]


class Source(Section, frozen=True, kw_only=True):
    """A flux and where in the sky it comes from: by ``zenith`` (atmospheric), the ``sun``, or ``isotropic``."""

    flux: Options
    arrival: Literal["zenith", "sun", "isotropic"] = "isotropic"


class Site(Section, frozen=True, kw_only=True):
    """The detector: matter, mass, place. Its shape is a sphere of the same volume."""

    material: str
    mass_tonne: Positive
    density_g_cm3: Positive
    depth_m: NonNegative = 0.0
    latitude_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0


class Production(Section, frozen=True, kw_only=True):
    """Where N is made and through what."""

    where: Literal["anywhere", "outside", "inside"] = "anywhere"
    channels: Annotated[tuple[Channel, ...], msgspec.Meta(min_length=1)] = ("coherent",)

    def contradictions(self) -> Iterator[Fault]:
        yield from repeated(self.channels, "channels")


class Selection(Section, frozen=True, kw_only=True):
    """What is accepted: bins of the photon energy, the path of N, the energy of the first cascade, and of the neutrino.

    With ``sun_cosine_min`` the bins are taken twice, first for photons that seem to come from the Sun (that cosine or
    larger), then for the rest; ``angle_resolution_deg`` is the cone that holds 68 per cent of the reconstructed
    directions, one number or one a bin of energy.
    """

    photon_edges_GeV: tuple[NonNegative, ...]
    sun_cosine_min: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    angle_resolution_deg: tuple[Positive, ...] = ()
    efficiency: Fraction = 1.0
    separation_min_m: NonNegative = 0.0
    first_cascade_min_GeV: NonNegative = 0.0
    neutrino_max_GeV: Positive | None = None

    def contradictions(self) -> Iterator[Fault]:
        edges = self.photon_edges_GeV
        if len(edges) < 2 or any(high <= low for low, high in itertools.pairwise(edges)):
            yield "photon_edges_GeV", list(edges), "bin edges must increase, two at least"
        if self.sun_cosine_min is None and self.angle_resolution_deg:
            yield "angle_resolution_deg", list(self.angle_resolution_deg), "is not used without sun_cosine_min"


class EarthCard(Card, frozen=True, kw_only=True):
    """N from the Earth, or double cascades in a large detector."""

    source: list[Source]
    detector: Site
    years: Positive
    production: Production = Production()
    selection: Selection
    observation: ObservationSection
    background: list[Background] = []
    nuisance: list[Nuisance] = []

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from observation_checks.parts(self.observation, self.background, self.nuisance, ("neutrinos", "signal"))
