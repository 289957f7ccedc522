"""Card sections of electron-recoil searches in beams, and the checks that need more than a type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux
from nudipole.inputs import options
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
from nudipole.signals import observation, observation_checks

FloatArray = npt.NDArray[np.float64]


class TargetSection(Section, frozen=True, kw_only=True):
    """What is hit."""

    material: str
    mass_tonne: Positive


class SelectionSection(Section, frozen=True, kw_only=True):
    """Bins of the electron's total energy, and cuts. Angular resolution in one projection: constant (+) /sqrt(E/GeV)."""

    energy_GeV: list[Positive]
    etheta2_MeV: Positive | None = None
    angle_mrad: NonNegative = 0.0
    angle_mrad_sqrtGeV: NonNegative = 0.0
    efficiency: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class GeometrySection(Section, frozen=True, kw_only=True):
    """Length [m] along the beam of the target, and of what behind it would still see a decay photon."""

    length_m: Positive
    downstream_m: NonNegative = 0.0
    merge_m: NonNegative = 0.0  # N that decays so near counts as one shower of E_e + E_gamma
    decay_inside: Literal["lost", "kept"] = "lost"


class BeamSection(Section, frozen=True, kw_only=True):
    """One beam setting. ``electrons``: the measured nu-e sample in the selection, to which its flux is normalised.

    ``subtracted``: flavours whose nu-e events the experiment took off its sample; their N remain signal.
    """

    name: str
    source: Options
    protons: Positive | None = None
    mass_tonne: Positive | None = None
    electrons: Positive | None = None
    subtracted: list[Literal["e", "mu", "tau"]] = []
    observed: list[NonNegative] | None = None
    uncertainty: list[Positive] | None = None


class NormalisationSection(Section, frozen=True, kw_only=True):
    """The collaboration's own limit on a massless moment [Bohr magnetons], to which the signal is normalised."""

    moment_mu_bohr: Positive
    flavor: Literal["e", "mu", "tau"]
    enabled: bool = True  # a preset may switch it off
    confidence_level: Fraction = 0.9


class ObservationSection(Section, frozen=True, kw_only=True):
    """How the counts are judged; counts themselves stand with each beam."""

    statistic: Literal["poisson", "gaussian", "feldman-cousins", "asimov"]
    test: Literal["two-sided", "one-sided"] = "two-sided"

    @property
    def table(self) -> str:
        """None: counts stand with each beam."""
        return ""


class ElectronRecoilBeamCard(Card, frozen=True, kw_only=True):
    """An electron-recoil search in one or several beams."""

    target: TargetSection
    selection: SelectionSection
    geometry: GeometrySection
    beam: list[BeamSection]
    observation: ObservationSection
    normalisation: NormalisationSection | None = None
    expectation: Literal["standard-model", "none"] = "standard-model"
    background: list[Background] = []
    nuisance: list[Nuisance] = []

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from repeated([beam.name for beam in self.beam], "beam.name")
        allowed = ("neutrinos", "signal", *(f"neutrinos:{beam.name}" for beam in self.beam))
        yield from observation_checks.parts(self.observation, self.background, self.nuisance, allowed)
        counted = self.observation.statistic != "asimov"
        for index, beam in enumerate(self.beam):
            field = f"beam[{index}]"
            if counted and beam.observed is None:
                why = f"is required: {self.observation.statistic} judges observed counts"
                yield f"{field}.observed", None, why
            whole = all(count == round(count) for count in beam.observed or ())
            if self.observation.statistic == "feldman-cousins" and not whole:
                yield f"{field}.observed", beam.observed, "feldman-cousins counts whole events"
            if not counted and beam.observed is not None:
                yield f"{field}.observed", beam.observed, "is not used: asimov stands the expectation in for data"
            gaussian = self.observation.statistic == "gaussian"
            if gaussian != (beam.uncertainty is not None):
                why = (
                    "is required for a Gaussian observation" if gaussian else "is used by a Gaussian observation alone"
                )
                yield f"{field}.uncertainty", beam.uncertainty, why


def check_bins(card: ElectronRecoilBeamCard, file: Path) -> None:
    """Bins increase, there is a beam, and every beam fills every bin.

    Raises
    ------
    CardError
        Names the field.
    """
    edges = np.asarray(card.selection.energy_GeV)
    if len(edges) < 2 or np.any(np.diff(edges) <= 0) or edges[0] <= units.ELECTRON_MASS:
        raise CardError(file, "selection.energy_GeV", edges.tolist(), "bin edges must increase, above the rest energy")
    if not card.beam:
        raise CardError(file, "beam", [], "at least one [[beam]] is needed")
    for index, beam in enumerate(card.beam):
        for name in ("observed", "uncertainty"):
            values = getattr(beam, name)
            if values is not None and len(values) != len(edges) - 1:
                raise CardError(file, f"beam[{index}].{name}", values, f"there are {len(edges) - 1} bins")


def electrons(card: ElectronRecoilBeamCard, electrons_per_kg: float) -> FloatArray:
    """Electrons in the target, times protons on it for a flux per proton, of each beam setting (beams,)."""
    masses = [card.target.mass_tonne if beam.mass_tonne is None else beam.mass_tonne for beam in card.beam]
    protons = [1.0 if beam.protons is None else beam.protons for beam in card.beam]
    return 1e3 * np.array(masses) * electrons_per_kg * np.array(protons)


def joined_observation(card: ElectronRecoilBeamCard) -> observation.ObservationSection:
    """Counts and uncertainties of all beams, one behind the other, as one observation."""
    return observation.ObservationSection(
        statistic=card.observation.statistic,
        test=card.observation.test,
        counts=_joined([beam.observed for beam in card.beam]),
        uncertainty=_joined([beam.uncertainty for beam in card.beam]),
    )


def _joined(given: list[list[float] | None]) -> list[float] | None:
    found = [values for values in given if values is not None]
    return [value for values in found for value in values] if found else None


def flux(beam: BeamSection, index: int, file: Path) -> Flux:
    """The flux of one beam setting, per proton or per run as the card's exposure asks.

    Raises
    ------
    CardError
        If the source is none, or not a beam, or its unit does not go with ``protons``.
    """
    field = f"beam[{index}]"
    source: Flux = options.resolve(FLUXES, beam.source, "flux", file, f"{field}.source")
    if source.per not in ("POT", "run"):
        raise CardError(file, f"{field}.source.flux", beam.source.get("flux"), "must be a beam, per POT or per run")
    if (source.per == "POT") != (beam.protons is not None):
        needed = "protons" if source.per == "POT" else "no protons: the flux is for the whole run"
        raise CardError(file, f"{field}.protons", beam.protons, f"the source {source.name} needs {needed}")
    return source
