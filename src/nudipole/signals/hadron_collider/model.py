"""Mono-photon searches at the LHC as experiments: their card, and how data judge the yields.

Bins in missing transverse momentum, either counts over an expectation with its uncertainty (hundreds of events a bin:
Gaussian with variance b + sigma_b^2), or one region with the published limit on its visible cross section, which is
sigma times acceptance times efficiency, or on the number of events in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs.cards import Card, Fault, Fraction, NonNegative, Positive, Section, unused
from nudipole.portal import Completion, Direction, Portal
from nudipole.processes import validity
from nudipole.signals.hadron_collider import mono_photon
from nudipole.signals.hadron_collider.search import MonoPhotonSearch
from nudipole.signals.lepton_collider.model import CompletionSection
from nudipole.signals.prompt_decay import PromptAware, simplified
from nudipole.signals.protocol import Bins, Signal, crossed

FloatArray = npt.NDArray[np.float64]


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


CardType = HadronColliderCard


def build(card: HadronColliderCard, file: Path) -> HadronColliderModel:
    """The experiment that the card describes, ready to compute."""
    section = card.search
    try:
        search = MonoPhotonSearch(
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
        proton_proton(search.sqrt_s)
    except NudipoleError as error:
        raise CardError(file, "search", section.missing_edges_GeV, str(error)) from None
    return HadronColliderModel(card, file, search)


@dataclass(frozen=True)
class HadronColliderModel:
    """A mono-photon search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    card: HadronColliderCard
    file: Path
    search: MonoPhotonSearch

    @property
    def flavors(self) -> tuple[str, ...]:
        return ("e", "mu", "tau", "universal", "coherent")

    @property
    def _counting(self) -> bool:
        return self.card.observation.statistic == "gaussian"

    @property
    def bins(self) -> Bins:
        edges = np.minimum(self.search.missing_edges, self.search.sqrt_s / 2.0)
        columns = crossed(("missing_momentum", "GeV", edges))
        return Bins("GeV", edges, self.likelihood.observed if self._counting else None, columns)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        direction = self.completed(direction)
        templates = mono_photon.templates(masses, direction, self.search)
        reduced = [simplified(template, negligible=1e-2) for template in templates]
        return Signal(templates=reduced, largest_over_gamma=direction.completion.largest_over_gamma)

    def completed(self, direction: Direction) -> Direction:
        """The direction with the card's completion, unless it brings its own."""
        section = self.card.completion
        if section.kind == "photon" or direction.completion.kind != "photon":
            return direction
        return replace(direction, completion=Completion(section.kind, section.ratio))

    def components(self) -> Mapping[str, FloatArray]:
        if self._counting:
            return {"standard model": self.likelihood.background}
        return {"background": np.zeros(len(self.search.missing_edges) - 1)}

    @property
    def _typical_energy(self) -> float:
        """Of the pairs that make such photons [GeV]: twice the smallest."""
        return 4.0 * self.search.threshold

    def check(self, portal: Portal) -> None:
        """Warn of a point that the energy does not reach or at which the operator is used beyond its scale."""
        completion, energy = self.completed(portal.direction).completion, self._typical_energy
        reached = energy if portal.mass < energy else self.maximum_mass()
        validity.check_point(portal.mass, portal.d, reached, completion.z_over_gamma, completion.largest_over_gamma)

    @property
    def largest_s(self) -> float:
        """Of the pairs that make photons of the smallest momentum [GeV^2], the most common."""
        return self._typical_energy**2

    def maximum_mass(self) -> float:
        return float(proton_proton(self.search.sqrt_s).sqrt_s_hat[-1])

    @cached_property
    def likelihood(self) -> Likelihood:
        """One Gaussian bin for each region; expected variance plus that of the background, bins independent."""
        observation = self.card.observation
        number = len(self.search.missing_edges) - 1
        values = {}
        for name in ("counts", "background", "background_uncertainty"):
            values[name] = np.asarray(getattr(observation, name), dtype=float)
            if values[name].size != number:
                raise CardError(self.file, f"observation.{name}", values[name].tolist(), f"there are {number} bins")
        sigma = np.sqrt(values["background"] + values["background_uncertainty"] ** 2)
        return Likelihood(values["counts"], values["background"], sigma)

    def statistic(self) -> Statistic:
        return PromptAware(self._statistic())

    def _statistic(self) -> Statistic:
        if self._counting:
            return ProfileStatistic(self.likelihood, one_sided=True)
        observation = self.card.observation
        given = [x for x in (observation.visible_events, observation.visible_fb) if x is not None]
        if len(given) != 1:
            message = "an upper limit needs this or visible_events, one of the two"
            raise CardError(self.file, "observation.visible_fb", observation.visible_fb, message)
        allowed = observation.visible_events or given[0] * self.search.luminosity
        return CountStatistic(PublishedLimit(allowed, self.card.confidence_level))
