r"""Recoil searches: nu -> N on electrons or nuclei of the detector, the recoil is what is seen.

At fixed recoil energy and mass every cross section is a polynomial in 1/E_nu, so that

.. math::

    \frac{dR}{dE_r} = \sum_{\rm targets} N\, \sum_{j=0}^{2} c_j(E_r, M)
    \int_{E_{\min}(E_r, M)}^\infty \phi(E)\, E^{-j}\, dE ,
    \qquad n_b = \sum_r \mathcal R_{b}(E_r)\,\frac{dR}{dE_r}\,\Delta E_r ,

with the response matrix of the detector (review Eqs 38-51). N must leave the detector (``[detector] exit_m``) undecayed, which
closes the excluded region at large couplings (:mod:`nudipole.signals.recoil.escape`); lower edges go exactly as d^2 while N lives
long enough. The Standard Model recoils (nu-e, CEvNS) are the same with M = 0. The sums are in
:mod:`nudipole.signals.recoil.counting`, what the nuisance parameters do in :mod:`nudipole.signals.recoil.pulls`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.detectors.response import Response
from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import Statistic
from nudipole.inputs import options, tables
from nudipole.portal import Direction
from nudipole.signals.escaping import EscapingSignal
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.recoil import arrival_times, counting, escape, pulls
from nudipole.signals.recoil import card as recoil_card
from nudipole.signals.recoil.card import RecoilCard
from nudipole.signals.recoil.rate import Channel, ElectronChannel, Seen, nuclear_channels
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
CardType = RecoilCard


def build(card: RecoilCard, file: Path) -> RecoilModel:
    """The experiment that the card describes, ready to compute."""
    flux: Flux = options.resolve(FLUXES, card.source, "flux", file, "source")
    table = find_table(card.observation.table, file)
    response = recoil_card.response(card, table, file)
    recoil_card.check_flux_pulls(card, flux, file)
    recoil_card.material(card, file)
    recoil_card.exposure(card, flux, file)
    return RecoilModel(card, file, flux, table, response)


def probes(card: RecoilCard, file: Path) -> Iterator[Callable[[], object]]:
    """The parts of a card that can be tried one by one, so that all their faults are told at once."""
    yield lambda: options.resolve(FLUXES, card.source, "flux", file, "source")
    yield lambda: find_table(card.observation.table, file)
    yield lambda: recoil_card.material(card, file)
    yield from recoil_card.response_probes(card, file)


def channels(card: RecoilCard, flux: Flux, file: Path) -> tuple[Channel, ...]:
    """Everything that recoils, with its number of targets times seconds (or times one run).

    Parameters
    ----------
    card : RecoilCard
    flux : Flux
    file : Path
        Of the card, for messages.

    Returns
    -------
    tuple of Channel

    Raises
    ------
    CardError
        If the card asks for atomic physics that is not known for its material.
    """
    exposure = recoil_card.exposure(card, flux, file)
    material = recoil_card.material(card, file)
    chosen: list[Channel] = []
    if card.response.recoil in ("nuclear", "both"):
        heavier_than_protons = [(n, number) for n, number in material.nuclei_per_kg if n.nucleons > 1]
        chosen += nuclear_channels(heavier_than_protons, exposure, card.target.form_factor)
    if card.response.recoil in ("electron", "both"):
        if card.target.atomic == "rrpa" and list(material.mass_fractions) != ["Xe"]:
            raise CardError(file, "target.atomic", "rrpa", f"is known for Xe alone, not {material.name}")
        chosen.append(ElectronChannel(material, exposure, card.target.atomic))
    return tuple(chosen)


def mixed(flux: Flux) -> bool:
    """Whether neutrinos arrive as a superposition of flavours, so that amplitudes of different flavours interfere."""
    off_diagonal = ~np.eye(3, dtype=bool)
    return any(bool(np.any(np.abs(c.density[..., off_diagonal]) > 0)) for c in flux.components)


@dataclass(frozen=True)
class RecoilModel:
    """A recoil search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    card: RecoilCard
    file: Path
    flux: Flux
    table: tables.Table | None
    response: Response

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*self.flux.flavors, "universal") + (("coherent",) if mixed(self.flux) else ())

    @cached_property
    def bins(self) -> Bins:
        unit, factor = recoil_card.axis(self.card, self.table)
        edges = self.response.edges / factor
        measured = (recoil_card.quantity(self.card, unit), "" if unit == "1" else unit, edges)
        if self.card.timing is None:
            return Bins(unit, edges, self.observation.observed, crossed(measured))
        time = ("time", "us", self.card.timing.edges_us)
        numbers = np.arange(self._size + 1.0)
        return Bins("energy x time bin", numbers, self.observation.observed, crossed(measured, time))

    @property
    def _size(self) -> int:
        """Number of bins of energy and time."""
        return self.response.bins * (1 if self.card.timing is None else len(self.card.timing.edges_us) - 1)

    # --- targets, detector, flux -------------------------------------------------------------------------------------
    @cached_property
    def targets(self) -> tuple[counting.Target, ...]:
        """Everything that recoils, and the energies at which its recoils are computed."""
        found = channels(self.card, self.flux, self.file)
        highest = self.flux.maximum_energy
        return tuple(counting.Target(one, counting.grid(one, self.response, highest)) for one in found)

    @cached_property
    def _seen(self) -> tuple[Seen, ...]:
        return counting.seen_by(self.targets, self.response)

    @cached_property
    def _slopes(self) -> dict[str, tuple[Seen, ...]]:
        return pulls.detector_slopes(self.targets, self.response, self.card.nuisance)

    @cached_property
    def _matrices(self) -> counting.ChannelMatrices:
        return counting.matrices(self.targets, self._seen)

    @cached_property
    def _varied_matrices(self) -> dict[str, counting.ChannelMatrices]:
        return {name: counting.matrices(self.targets, slope) for name, slope in self._slopes.items()}

    @cached_property
    def _parts(self) -> counting.Parts:
        return pulls.flux_parts(self.flux.components, self.card.nuisance, self.card.timing is not None)

    @cached_property
    def time_fractions(self) -> dict[str, FloatArray] | None:
        """Share of each flux component in each time bin."""
        names = [component.name for component in self.flux.components]
        return None if self.card.timing is None else arrival_times.time_fractions(self.card.timing, names, self.file)

    def _in_time(self, counts: FloatArray, part: Sequence[FluxComponent]) -> FloatArray:
        fractions = None if self.time_fractions is None else self.time_fractions[part[0].name]
        return arrival_times.spread_in_time(counts, fractions)

    # --- counts ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal | EscapingSignal:
        fluxes = counting.arriving(self._parts, direction)
        kernels = counting.kernels(self.targets, len(self._parts), masses, fluxes)
        folded = [counting.fold(len(masses), k, self._matrices, self.response.bins) for k in kernels]
        counts = np.stack(
            [self._in_time(np.maximum(c, 0.0), part) for c, part in zip(folded, self._parts, strict=True)]
        )
        changes = {name: self._folded(len(masses), kernels, m) for name, m in self._varied_matrices.items()}
        shifts = pulls.relative_shifts(counts, self._parts, self.pulls, self.card.nuisance, changes)
        if self.card.detector is None:
            return Signal(per_d2=counts.sum(axis=0), relative_shifts=shifts)
        exit_m = self.card.detector.exit_m
        lines = sorted({float(line[0]) for flux in fluxes for line in flux.moments.lines})
        edges = escape.hnl_energies(self.flux.maximum_energy, lines)

        def make(at: FloatArray) -> list[SignalTemplate]:
            return escape.templates(at, direction, exit_m, edges, self.counts_by_hnl_energy(at, fluxes, edges))

        return EscapingSignal(masses, counts.sum(axis=0), make, shifts)

    def _folded(
        self, masses: int, kernels: list[list[counting.Folded]], matrices: counting.ChannelMatrices
    ) -> FloatArray:
        """Counts (masses, bins) of all parts; where arrival times do not tell them apart all are folded at once."""
        grouped = list(zip(kernels, self._parts, strict=True))
        if self.time_fractions is None:
            grouped = [([k for found in kernels for k in found], self._parts[0])]
        folded = [
            self._in_time(counting.fold(masses, counting.summed(k), matrices, self.response.bins), part)
            for k, part in grouped
        ]
        return np.asarray(np.sum(folded, axis=0))

    def counts_by_hnl_energy(
        self, masses: FloatArray, fluxes: Sequence[counting.Arriving], edges: FloatArray
    ) -> FloatArray:
        """Counts per d^2 in cells of the energy of N between ``edges`` [GeV], shape (cells, masses, bins)."""
        cells = counting.counts_by_hnl_energy(
            self.targets, self._matrices, len(self._parts), masses, fluxes, edges, self.response.bins
        )
        return np.asarray(sum(self._in_time(cells[:, i], part) for i, part in enumerate(self._parts)))

    @cached_property
    def _standard_model(self) -> tuple[FloatArray, FloatArray]:
        """SM recoils (bins,), and their absolute change for each pull (pulls, bins)."""
        recoils = tuple(target.channel.standard_model(target.grid, self._parts) for target in self.targets)

        def counts(seen: Sequence[Seen]) -> FloatArray:
            found = counting.standard_model_counts(recoils, seen, self.response.bins)
            return np.stack([self._in_time(c[None, :], part) for c, part in zip(found, self._parts, strict=True)])

        nominal = counts(self._seen)
        total = nominal.sum(axis=0)
        changes = {name: counts(seen).sum(axis=0) for name, seen in self._slopes.items()}
        relative = pulls.relative_shifts(nominal, self._parts, self.pulls, self.card.nuisance, changes)
        shifts = np.zeros((len(self.pulls), total.shape[1])) if relative is None else relative[0] * total[0]
        signal_alone = {n.name for n in self.card.nuisance if n.affects == "signal"}
        shifts[[pull.name in signal_alone for pull in self.pulls]] = 0.0
        return total[0], shifts

    def components(self) -> Mapping[str, FloatArray]:
        if self.card.observation.expectation == "none":
            return self.observation.components()
        own = {"standard model": self._standard_model[0]}
        return own | dict(self.observation.components()) if self.card.background else own

    @property
    def largest_s(self) -> float:
        """Largest s [GeV^2] of neutrino and struck particle above its rest energy."""
        nuclei = self.card.response.recoil != "electron"
        return 2.0 * (units.NUCLEON_MASS if nuclei else units.ELECTRON_MASS) * self.flux.maximum_energy

    def maximum_mass(self) -> float:
        heaviest = [target.channel.spread * target.channel.mass for target in self.targets]
        return max(float(kinematics.maximum_hnl_mass(self.flux.maximum_energy, mass)) for mass in heaviest)

    # --- likelihood --------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        card, edges = self.card, self.response.edges
        return Observation(
            card.key, self.file, card.observation, card.background, card.nuisance, edges, self._size, self.table,
            exposure=None if card.target.mass_kg is not None else recoil_card.exposure(card, self.flux, self.file),
            energies=recoil_card.axis(card, self.table)[0] in tables.ENERGY, confidence_level=card.confidence_level,
        )  # fmt: skip

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """Every nuisance parameter."""
        return self.observation.pulls

    @cached_property
    def likelihood(self) -> Likelihood:
        """Data, Standard Model plus backgrounds, and how each pull moves them."""
        if self.card.observation.expectation == "standard-model":
            return self.observation.likelihood(*self._standard_model)
        return self.observation.likelihood()

    def statistic(self) -> Statistic:
        return self.observation.statistic(self.likelihood)
