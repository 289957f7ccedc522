"""Card sections of single-photon searches at e+ e- colliders, and what a running stands for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from nudipole.errors import CardError, NudipoleError
from nudipole.inputs import tables
from nudipole.inputs.cards import Card, Fault, Fraction, NonNegative, Positive, Section, ordered, repeated
from nudipole.signals.completion import CompletionSection
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance


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
            why = f"is not used by the statistic {self.observation.statistic}"
            yield "observation.allowed", self.observation.allowed, why


def runnings(card: LeptonColliderCard, file: Path) -> tuple[RunSection, ...]:
    """Every running: the rows of the observation's table, then those of the card.

    Raises
    ------
    CardError
        If there is none.
    """
    runs = (*_tabulated(card, file), *card.running)
    if not runs:
        raise CardError(file, "running", None, "give at least one running, or observation.table")
    return runs


def machine(run: RunSection, index: int, card: LeptonColliderCard, file: Path) -> LeptonCollider:
    """The collider and detector of one running, the ``index``-th.

    Raises
    ------
    CardError
        If its numbers make no detector.
    """
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
            radiation=card.radiation,
            isotropic=card.isotropic_decay,
        )
    except NudipoleError as error:
        raise CardError(file, f"running[{index}]", run.label, str(error)) from None


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
