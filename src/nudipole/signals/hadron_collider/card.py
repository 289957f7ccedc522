"""Card sections of mono-photon searches at proton-proton colliders, and the search that they describe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.inputs.cards import Card, Fault, Fraction, NonNegative, Positive, Section, unused
from nudipole.signals.completion import CompletionSection
from nudipole.signals.hadron_collider.search import MonoPhotonSearch


class SearchSection(Section, frozen=True, kw_only=True):
    """What is selected; see :class:`nudipole.signals.hadron_collider.search.MonoPhotonSearch`."""

    luminosity_fb: Positive
    missing_edges_GeV: list[NonNegative]  # the last bin is open above, unless
    missing_max_GeV: Positive | None = None  # closes it
    photon_pt_min_GeV: Positive
    eta_max: Positive
    eta_gap: tuple[NonNegative, NonNegative] = (0.0, 0.0)
    efficiency: Fraction = 1.0
    radius_m: Positive = 1.5
    lost_lepton: dict[Literal["e", "mu", "tau"], Fraction] = {}
    isotropic_decay: bool = False
    selection: Literal["any", "displaced", "delayed"] = "any"
    impact_min_m: NonNegative = 0.0
    delay_min_ns: NonNegative = 0.0
    sqrt_s_GeV: Positive = 13000.0

    def contradictions(self) -> Iterator[Fault]:
        if self.eta_gap != (0.0, 0.0) and not self.eta_gap[0] < self.eta_gap[1]:
            yield "eta_gap", list(self.eta_gap), "must be [low, high], low below high"
        if self.selection != "displaced":
            yield from unused(self, ["impact_min_m"], f"by the selection {self.selection}")
        if self.selection != "delayed":
            yield from unused(self, ["delay_min_ns"], f"by the selection {self.selection}")


class ObservationSection(Section, frozen=True, kw_only=True):
    """How it is judged: ``counts`` with ``background``, or the ``visible_fb`` or ``visible_events`` that one region allows."""

    statistic: Literal["gaussian", "upper-limit"]
    counts: list[NonNegative] = []
    background: list[NonNegative] = []
    background_uncertainty: list[NonNegative] = []
    visible_fb: Positive | None = None
    visible_events: Positive | None = None

    def contradictions(self) -> Iterator[Fault]:
        counted, visible = ["counts", "background", "background_uncertainty"], ["visible_fb", "visible_events"]
        yield from unused(
            self, visible if self.statistic == "gaussian" else counted, f"by the statistic {self.statistic}"
        )
        given = [name for name in visible if getattr(self, name) is not None]
        if self.statistic == "upper-limit" and len(given) != 1:
            yield "visible_fb", self.visible_fb, "give exactly one of visible_fb and visible_events"
        for name in counted if self.statistic == "gaussian" else ():
            if not len(getattr(self, name)) == len(self.counts) > 0:
                yield name, getattr(self, name), "counts, background and background_uncertainty must be of equal length"


class HadronColliderCard(Card, frozen=True, kw_only=True):
    """A mono-photon search at a proton-proton collider."""

    completion: CompletionSection = CompletionSection()
    search: SearchSection
    observation: ObservationSection


def search(card: HadronColliderCard, file: Path) -> MonoPhotonSearch:
    """What the card selects.

    Raises
    ------
    CardError
        If its numbers make no search, or parton luminosities are not known at its energy.
    """
    section = card.search
    try:
        found = MonoPhotonSearch(
            luminosity=section.luminosity_fb,
            missing_edges=(*section.missing_edges_GeV, section.missing_max_GeV or np.inf),
            photon_pt_min=section.photon_pt_min_GeV,
            eta_max=section.eta_max,
            eta_gap=section.eta_gap,
            efficiency=section.efficiency,
            radius=section.radius_m,
            lost_lepton=(
                section.lost_lepton.get("e", 0.0),
                section.lost_lepton.get("mu", 0.0),
                section.lost_lepton.get("tau", 0.0),
            ),
            isotropic=section.isotropic_decay,
            selection=section.selection,
            impact_min=section.impact_min_m,
            delay_min=section.delay_min_ns * 1e-9,
            sqrt_s=section.sqrt_s_GeV,
        )
        proton_proton(found.sqrt_s)
    except NudipoleError as error:
        raise CardError(file, "search", section.missing_edges_GeV, str(error)) from None
    return found
