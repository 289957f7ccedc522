r"""Electron recoils in accelerator beams: nu e -> N e in a target, one forward electron is what is seen.

For each beam setting, with T the recoil energy,

.. math::

    n_b = N_e \int_b dT \sum_j c_j(T, M) \int_{E_{\min}(T, M)} \phi(E)\,E^{-j}\,\epsilon(E, T, M)\,dE ,

counted in bins of E_e = T + m_e with a cut on E_e theta^2: rates in cells of T and E (``rates.py``), the cut
(``acceptance.py``) on the exact angle (``angle.py``). For a massive N that angle is smaller than for a neutrino, so that
the cut costs signal only through the angular resolution. The Standard Model sample (nu e) is the same with M = 0; the flux
may be normalised to a measured one (``normalisation.py``).

**N that decays inside** the detector makes a photon along the electron (``decays.py``). Within ``merge_m`` the two are one
shower of energy E_e + E_gamma, and the event counts if that lies in a bin, however soft the recoil (``showers.py``;
calorimeters without a cut on the start of the shower, 0 elsewhere). Further in they look like two, and the event is lost:
the excluded region has a ceiling. ``decay_inside = "kept"`` counts such events as if N were stable, as publications that
ignore the decay do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes.flux import Flux
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import Statistic
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.signals.electron_recoil import card as electron_recoil_card
from nudipole.signals.electron_recoil import nuisances, templates
from nudipole.signals.electron_recoil.card import ElectronRecoilBeamCard, NormalisationSection
from nudipole.signals.electron_recoil.normalisation import moment_factor, sample_factors
from nudipole.signals.electron_recoil.production import (
    Beam,
    Made,
    electron_sample,
    recoils_in_bins,
    recoils_of_any_size,
)
from nudipole.signals.observation import Observation
from nudipole.signals.protocol import Bins, Signal, crossed, stacked
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
CardType = ElectronRecoilBeamCard


def build(card: ElectronRecoilBeamCard, file: Path) -> ElectronRecoilBeam:
    """The experiment that the card describes, ready to compute."""
    electron_recoil_card.check_bins(card, file)
    fluxes = tuple(electron_recoil_card.flux(beam, index, file) for index, beam in enumerate(card.beam))
    try:
        material = materials.get(card.target.material)
    except NudipoleError as error:
        raise CardError(file, "target.material", card.target.material, str(error)) from None
    return ElectronRecoilBeam(card, file, fluxes, material.electrons_per_kg)


@dataclass(frozen=True)
class ElectronRecoilBeam:
    """An electron-recoil search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: ElectronRecoilBeamCard
    file: Path
    fluxes: tuple[Flux, ...]
    electrons_per_kg: float

    @property
    def flavors(self) -> tuple[str, ...]:
        present = {flavor for flux in self.fluxes for flavor in flux.flavors}
        return (*(f for f in FLAVORS if f in present), "universal")

    @cached_property
    def edges(self) -> FloatArray:
        """Edges of the bins of electron energy [GeV]."""
        return np.asarray(self.card.selection.energy_GeV)

    @property
    def bins(self) -> Bins:
        energy = crossed(("electron_energy", "GeV", self.edges))
        if len(self.fluxes) == 1:
            return Bins("E_e [GeV]", self.edges, self.observation.observed, energy)
        columns = stacked("beam", [(name, energy) for name in self._beams])
        return Bins("beam x energy bin", np.arange(self._size + 1.0), self.observation.observed, columns)

    @property
    def _beams(self) -> list[str]:
        return [beam.name for beam in self.card.beam]

    @property
    def _size(self) -> int:
        return len(self.fluxes) * (len(self.edges) - 1)

    @property
    def _highest(self) -> float:
        """Largest neutrino energy [GeV]."""
        return max(flux.maximum_energy for flux in self.fluxes)

    @cached_property
    def settings(self) -> list[Beam]:
        """Beam settings, with their electrons times the normalisation."""
        return self._settings(self.normalisation)

    def _settings(self, normalisation: FloatArray) -> list[Beam]:
        electrons = electron_recoil_card.electrons(self.card, self.electrons_per_kg) * normalisation
        return [Beam(flux, float(number)) for flux, number in zip(self.fluxes, electrons, strict=True)]

    @cached_property
    def predicted_sample(self) -> FloatArray:
        """nu-e events (beams, bins) from the flux as it stands, without flavours that the sample is cleared of."""
        sample = []
        for one, beam in zip(self._settings(np.ones(len(self.fluxes))), self.card.beam, strict=True):
            flavors = [f for f in FLAVORS if f not in beam.subtracted]
            sample.append(electron_sample(one, flavors, self.edges, self.card.selection))
        return np.array(sample)

    @cached_property
    def normalisation(self) -> FloatArray:
        """What multiplies each beam: measured over predicted nu-e events, or what the published moment asks for."""
        section = self.card.normalisation
        if section is not None and section.enabled:
            return np.full(len(self.fluxes), self._moment_factor(section))
        return sample_factors([beam.electrons for beam in self.card.beam], self.predicted_sample.sum(axis=1))

    def _moment_factor(self, section: NormalisationSection) -> float:
        statistic = self.statistic()
        if not isinstance(statistic, CountStatistic):
            raise CardError(self.file, "normalisation", section.moment_mu_bohr, "needs statistic = feldman-cousins")
        counts, _ = self.produced(np.zeros(1), Direction(section.flavor), np.ones(len(self.fluxes)))
        if counts.sum() <= 0:
            raise CardError(self.file, "normalisation.flavor", section.flavor, "the beam holds none of it")
        return moment_factor(statistic.allowed(section.confidence_level), float(counts.sum()), section.moment_mu_bohr)

    @cached_property
    def sample(self) -> FloatArray:
        """nu-e events of every bin of every beam, normalised."""
        return (self.predicted_sample * self.normalisation[:, None]).ravel()

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        total, made = self.produced(masses, direction)
        shifts = nuisances.signal_shifts(self.card.nuisance, self.pulls, self._beams, len(self.edges) - 1)
        if self.card.geometry.decay_inside == "kept":
            return Signal(per_d2=total, relative_shifts=shifts)
        return Signal(templates=self._templates(masses, direction, made), relative_shifts=shifts)

    def produced(
        self, masses: FloatArray, direction: Direction, normalisation: FloatArray | None = None
    ) -> tuple[FloatArray, list[Made]]:
        """Counts per d^2 (masses, bins) without decay, and their cells; ``normalisation``: another than the card's."""
        beams = self.settings if normalisation is None else self._settings(normalisation)
        return recoils_in_bins(beams, direction, masses, self.edges, self.card.selection)

    def _templates(self, masses: FloatArray, direction: Direction, made: list[Made]) -> list[SignalTemplate]:
        beams, edges, geometry = self.settings, self.edges, self.card.geometry
        ways = (geometry.length_m, geometry.downstream_m)
        leaving = templates.leaving(made, beams, masses, direction, edges, *ways)
        if geometry.merge_m == 0:
            return leaving
        efficiency = self.card.selection.efficiency
        showers = recoils_of_any_size(beams, direction, masses, float(edges[0]), efficiency)
        merging = templates.merging(showers, beams, masses, direction, edges, geometry.merge_m)
        return [one + other for one, other in zip(leaving, merging, strict=True)]

    def components(self) -> Mapping[str, FloatArray]:
        if self.card.expectation == "none":
            return self.observation.components()
        own = {"standard model": self.sample}
        return own | dict(self.observation.components()) if self.card.background else own

    @property
    def largest_s(self) -> float:
        """Largest s [GeV^2] of neutrino and struck particle above its rest energy."""
        return 2.0 * units.ELECTRON_MASS * self._highest

    def maximum_mass(self) -> float:
        return float(kinematics.maximum_hnl_mass(self._highest, units.ELECTRON_MASS))

    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls of all beams, one behind the other."""
        card, section = self.card, electron_recoil_card.joined_observation(self.card)
        return Observation(
            card.key, self.file, section, card.background, card.nuisance, self.edges, self._size,
            confidence_level=card.confidence_level,
        )  # fmt: skip

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """The card's nuisances, and one for each background that may move."""
        return self.observation.pulls

    @cached_property
    def likelihood(self) -> Likelihood:
        """Data (or the expectation itself), Standard Model plus backgrounds, and their pulls."""
        if self.card.expectation == "none":
            return self.observation.likelihood()
        shifts = nuisances.sample_shifts(self.card.nuisance, self.pulls, self._beams, self.sample)
        return self.observation.likelihood(self.sample, shifts)

    def statistic(self) -> Statistic:
        return self.observation.statistic(self.likelihood)
