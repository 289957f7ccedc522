"""Single-photon searches at e+ e- colliders as experiments: yields of each running, and how data judge them.

One bin for each running (energy, detector). Five ways of looking (``look``), the last four without a detector
(:mod:`nudipole.signals.lepton_collider.recasts`):

* ``photon``: both photon sources of :mod:`nudipole.signals.lepton_collider.mono_photon` inside each running's acceptance;
* ``total``: the total cross section of e+ e- -> nu N in pb, no acceptance and no decay;
* ``cone``: the part of it with N in the running's acceptance and the photon in a cone about N, in pb;
* ``z-invisible`` (GeV) and ``z-photon`` (branching fraction): the Z decays that come with d_Z.

Three ways of judging (``observation.statistic``): cross sections ``measured`` against the Standard Model that we compute;
``significance`` S / sqrt(S + B) for projections; an ``upper-limit`` typed from a publication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import CardError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit, Significance
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.portal import Direction, Portal
from nudipole.processes import validity
from nudipole.signals.completion import completed
from nudipole.signals.lepton_collider import card as lepton_collider_card
from nudipole.signals.lepton_collider import mono_photon as collider
from nudipole.signals.lepton_collider import radiated_photon
from nudipole.signals.lepton_collider import recasts as collider_recasts
from nudipole.signals.lepton_collider.acceptance import LeptonCollider
from nudipole.signals.lepton_collider.card import LeptonColliderCard, RunSection
from nudipole.signals.prompt_decay import PromptAware, simplified
from nudipole.signals.protocol import Bins, Signal

FloatArray = npt.NDArray[np.float64]
_NEGLIGIBLE = 1e-2  # standard deviations of a measurement, or events of a count: limits need a hundred times more
CardType = LeptonColliderCard


def build(card: LeptonColliderCard, file: Path) -> LeptonColliderModel:
    """The experiment that the card describes, ready to compute."""
    return LeptonColliderModel(card, file, lepton_collider_card.runnings(card, file))


@dataclass(frozen=True)
class LeptonColliderModel:
    """A single-photon search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    card: LeptonColliderCard
    file: Path
    runs: tuple[RunSection, ...]

    @property
    def flavors(self) -> tuple[str, ...]:
        return ("e", "mu", "tau", "universal", "coherent")

    @cached_property
    def colliders(self) -> tuple[LeptonCollider, ...]:
        """The detectors of the runnings."""
        return tuple(lepton_collider_card.machine(run, i, self.card, self.file) for i, run in enumerate(self.runs))

    @property
    def bins(self) -> Bins:
        measured = self.card.observation.statistic == "measured"
        number = len(self.runs) if measured else 1
        if not measured:
            return Bins("running", np.arange(number + 1.0), None, {"running": np.array(["all"])})
        columns = {
            "running": np.array([run.label for run in self.runs]),
            "sqrt_s [GeV]": np.array([run.sqrt_s_GeV for run in self.runs]),
        }
        return Bins("running", np.arange(number + 1.0), self.likelihood.observed, columns)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        direction = self.completed(direction)
        run, look, largest = self.runs[0], self.card.look, direction.completion.largest_over_gamma
        if look in ("total", "cone"):
            rate = collider_recasts.total_cross_section(masses, direction, run.sqrt_s_GeV)
            if look == "cone":
                cone = (run.cosine_max, run.opening_max_deg, run.energy_min_GeV)
                rate = rate * collider_recasts.cone_fraction(masses, run.sqrt_s_GeV, *cone)
            if direction.extra_width > 0.0:  # both publications look for the photon
                found = collider_recasts.prompt_templates(rate, masses, direction)
                return Signal(templates=found, largest_over_gamma=largest)
            return Signal(per_d2=rate[:, None], largest_over_gamma=largest)
        if look in ("z-invisible", "z-photon"):
            make = collider_recasts.Z_TEMPLATES[look]
            made = [make(float(mass), direction, run.radius_m) for mass in masses]
            return Signal(templates=made, largest_over_gamma=largest)
        apart = self.card.observation.statistic == "measured"
        unit = float(self.likelihood.sigma.min()) if apart else 1.0
        templates = collider.templates(masses, direction, *self.colliders, apart=apart)
        reduced = [simplified(template, _NEGLIGIBLE * unit) for template in templates]
        return Signal(templates=reduced, largest_over_gamma=largest)

    def completed(self, direction: Direction) -> Direction:
        """The direction with the card's completion, unless it brings its own."""
        return completed(direction, self.card.completion)

    def components(self) -> Mapping[str, FloatArray]:
        if self.card.look != "photon":
            return {"background": np.zeros(1)}
        neutrinos, other = self._background
        if self.card.observation.statistic == "measured":
            return {"standard model": neutrinos, "other": other}
        return {"standard model": np.array([neutrinos.sum()]), "other": np.array([other.sum()])}

    @cached_property
    def _background(self) -> tuple[FloatArray, FloatArray]:
        """nu nubar gamma and everything else, events in each running."""
        neutrinos = np.array([radiated_photon.neutrino_background(machine) for machine in self.colliders])
        return neutrinos, np.array([run.background_pb * run.luminosity_pb for run in self.runs])

    def check(self, portal: Portal) -> None:
        """Warn of a point that the energy does not reach or at which the operator is used beyond its scale."""
        completion = self.completed(portal.direction).completion
        companions = completion.z_over_gamma, completion.largest_over_gamma
        validity.check_point(portal.mass, portal.d, max(run.sqrt_s_GeV for run in self.runs), *companions)

    @property
    def largest_s(self) -> float:
        """Of the running of the highest energy [GeV^2]."""
        return max(run.sqrt_s_GeV for run in self.runs) ** 2

    def maximum_mass(self) -> float:
        if self.card.look in ("z-invisible", "z-photon"):
            return units.Z_MASS
        return max(run.sqrt_s_GeV for run in self.runs)

    @cached_property
    def likelihood(self) -> Likelihood:
        """Measured cross sections, one Gaussian bin for each running; a running without one is as expected."""
        neutrinos, other = self._background
        expected = neutrinos + other
        for index, run in enumerate(self.runs):
            if run.uncertainty_pb is None:
                raise CardError(self.file, f"running[{index}].uncertainty_pb", None, "is required for a measurement")
        sigma = np.array([run.uncertainty_pb or np.nan for run in self.runs])
        seen = np.array([np.nan if run.measured_pb is None else run.measured_pb for run in self.runs])
        theory = self.card.observation.theory_uncertainty
        pulls = (Pull("theory.nu-nubar-gamma"),) if theory > 0 else ()
        shifts = theory * neutrinos[None, :] if theory > 0 else None
        return Likelihood(np.where(np.isnan(seen), expected, seen), expected, sigma, pulls, shifts)

    def statistic(self) -> Statistic:
        return PromptAware(self._statistic())

    def _statistic(self) -> Statistic:
        observation = self.card.observation
        if observation.statistic == "measured":
            return ProfileStatistic(self.likelihood, one_sided=True)
        if observation.statistic == "upper-limit":
            if observation.allowed is None:
                raise CardError(self.file, "observation.allowed", None, "is required for an upper limit")
            return CountStatistic(PublishedLimit(observation.allowed, self.card.confidence_level))
        background = float(sum(part.sum() for part in self._background))
        return CountStatistic(Significance(background))
