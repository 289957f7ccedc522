"""Mono-photon searches at the LHC as experiments: yields in bins, and how data judge them.

Bins in missing transverse momentum, either counts over an expectation with its uncertainty (hundreds of events a bin:
Gaussian with variance b + sigma_b^2), or one region with the published limit on its visible cross section, which is
sigma times acceptance times efficiency, or on the number of events in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.portal import Direction, Portal
from nudipole.processes import validity
from nudipole.signals.completion import completed
from nudipole.signals.hadron_collider import card as hadron_collider_card
from nudipole.signals.hadron_collider import mono_photon
from nudipole.signals.hadron_collider.card import HadronColliderCard
from nudipole.signals.hadron_collider.search import MonoPhotonSearch
from nudipole.signals.prompt_decay import PromptAware, simplified
from nudipole.signals.protocol import Bins, Signal, crossed

FloatArray = npt.NDArray[np.float64]
CardType = HadronColliderCard


def build(card: HadronColliderCard, file: Path) -> HadronColliderModel:
    """The experiment that the card describes, ready to compute."""
    return HadronColliderModel(card, file, hadron_collider_card.search(card, file))


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
        return completed(direction, self.card.completion)

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
