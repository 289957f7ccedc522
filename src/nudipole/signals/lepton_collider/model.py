"""Single-photon searches at e+ e- colliders as experiments: their card, and how data judge the yields.

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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import CardError, NudipoleError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit, Significance
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs import tables
from nudipole.inputs.cards import Card, Fault, Fraction, NonNegative, Positive, Section, ordered, repeated, unused
from nudipole.portal import Completion, Direction, Portal
from nudipole.processes import validity
from nudipole.signals.lepton_collider import mono_photon as collider
from nudipole.signals.lepton_collider import radiated_photon
from nudipole.signals.lepton_collider import recasts as collider_recasts
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance
from nudipole.signals.prompt_decay import PromptAware, simplified
from nudipole.signals.protocol import Bins, Signal

FloatArray = npt.NDArray[np.float64]
_NEGLIGIBLE = 1e-2  # standard deviations of a measurement, or events of a count: limits need a hundred times more


class CompletionSection(Section, frozen=True, kw_only=True):
    """What comes along with d_gamma, for directions that do not say: ``photon`` alone, or ``gauge`` with d_W/d_B."""

    kind: Literal["photon", "gauge"] = "photon"
    ratio: float = 0.0


class RunSection(Section, frozen=True, kw_only=True):
    """One running: energy, data, acceptance in the centre of mass, and the cylinder inside which N must decay."""

    label: str
    sqrt_s_GeV: Positive
    luminosity_pb: Positive = 1.0  # 1 where the measurement is a cross section
    cosine_max: Fraction = 0.95
    energy_min_GeV: NonNegative = 0.0
    energy_max_GeV: Positive | None = None
    x_transverse_min: NonNegative = 0.0
    efficiency: Fraction = 1.0
    veto_cosine: Fraction = 0.0
    cosine_gap: tuple[Fraction, Fraction] = (0.0, 0.0)  # |cos| left out between barrel and endcap
    theta_min_deg: list[float] = []
    theta_max_deg: list[float] = []
    beam_velocity: Fraction = 0.0
    opening_max_deg: Positive = 180.0  # of ``cone``: largest angle between N and its photon
    radius_m: Positive = 1.5
    half_length_m: Positive = 2.0
    background_pb: NonNegative = 0.0  # what is not nu nubar gamma, after all cuts
    measured_pb: float | None = None
    uncertainty_pb: Positive | None = None

    def contradictions(self) -> Iterator[Fault]:
        yield from ordered(self, "energy_min_GeV", "energy_max_GeV")
        if self.cosine_gap != (0.0, 0.0) and not self.cosine_gap[0] < self.cosine_gap[1]:
            yield "cosine_gap", list(self.cosine_gap), "must be [low, high], low below high"
        if len(self.theta_min_deg) != len(self.theta_max_deg):
            yield "theta_max_deg", self.theta_max_deg, "needs as many angles as theta_min_deg"


class ObservationSection(Section, frozen=True, kw_only=True):
    """How the runnings are judged."""

    statistic: Literal["measured", "significance", "upper-limit"]
    allowed: Positive | None = (
        None  # pb for ``total`` and ``cone``, GeV for ``z-invisible``, a fraction for ``z-photon``
    )
    theory_uncertainty: NonNegative = 0.0  # relative, of nu nubar gamma, common to all runnings
    table: str = ""  # runnings as rows: sqrt_s, energy_min, cosine_max, x_transverse_min, radius, half_length, measured


class LeptonColliderCard(Card, frozen=True, kw_only=True):
    """A single-photon search at an e+ e- collider."""

    look: Literal["photon", "total", "cone", "z-invisible", "z-photon"] = "photon"
    radiation: bool = True
    isotropic_decay: bool = False
    completion: CompletionSection = CompletionSection()
    running: list[RunSection] = []
    observation: ObservationSection

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from repeated([run.label for run in self.running], "running.label")
        if self.completion.kind == "photon" and self.completion.ratio != 0.0:
            yield "completion.ratio", self.completion.ratio, "is not used by the completion photon"
        if self.observation.statistic != "upper-limit" and self.observation.allowed is not None:
            yield from unused(self.observation, ["allowed"], f"by the statistic {self.observation.statistic}")


CardType = LeptonColliderCard


def build(card: LeptonColliderCard, file: Path) -> LeptonColliderModel:
    """The experiment that the card describes, ready to compute."""
    runs = [*_tabulated(card, file), *card.running]
    if not runs:
        raise CardError(file, "running", None, "give at least one running, or observation.table")
    return LeptonColliderModel(card, file, tuple(runs))


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
        return tuple(self._collider(index, run) for index, run in enumerate(self.runs))

    def _collider(self, index: int, run: RunSection) -> LeptonCollider:
        ceiling = np.inf if run.energy_max_GeV is None else run.energy_max_GeV
        cuts = (run.cosine_max, run.energy_min_GeV, ceiling, run.x_transverse_min, run.efficiency, run.veto_cosine)
        bounds = (tuple(run.theta_min_deg), tuple(run.theta_max_deg), run.beam_velocity, run.cosine_gap)
        try:
            return LeptonCollider(
                run.sqrt_s_GeV,
                run.luminosity_pb,
                PhotonAcceptance(*cuts, *bounds),
                run.radius_m,
                run.half_length_m,
                radiation=self.card.radiation,
                isotropic=self.card.isotropic_decay,
            )
        except NudipoleError as error:
            raise CardError(self.file, f"running[{index}]", run.label, str(error)) from None

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
        section = self.card.completion
        if section.kind == "photon" or direction.completion.kind != "photon":
            return direction
        return replace(direction, completion=Completion(section.kind, section.ratio))

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


def _tabulated(card: LeptonColliderCard, file: Path) -> list[RunSection]:
    name = card.observation.table
    table = tables.find(name, file, "observation.table")
    if table is None:
        return []
    return [
        RunSection(
            label=f"{name} row {row + 1}",
            sqrt_s_GeV=float(table["sqrt_s"][row]),
            cosine_max=float(table["cosine_max"][row]),
            energy_min_GeV=float(table["energy_min"][row]),
            x_transverse_min=float(table["x_transverse_min"][row]),
            radius_m=float(table["radius"][row]),
            half_length_m=float(table["half_length"][row]),
            measured_pb=float(table["measured"][row]),
            uncertainty_pb=float(np.hypot(table["statistical"][row], table["systematic"][row])),
        )
        for row in range(len(table))
    ]
