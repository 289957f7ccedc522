r"""Recoil searches: nu -> N on electrons or nuclei of the detector, the recoil is what is seen.

At fixed recoil energy and mass every cross section is a polynomial in 1/E_nu, so that

.. math::

    \frac{dR}{dE_r} = \sum_{\rm targets} N\, \sum_{j=0}^{2} c_j(E_r, M)
    \int_{E_{\min}(E_r, M)}^\infty \phi(E)\, E^{-j}\, dE ,
    \qquad n_b = \sum_r \mathcal R_{b}(E_r)\,\frac{dR}{dE_r}\,\Delta E_r ,

with the response matrix of the detector (review Eqs 38-51). N must leave the detector (``[detector] exit_m``) undecayed, which
closes the excluded region at large couplings (:mod:`nudipole.signals.recoil.escape`); lower edges go exactly as d^2 while N lives
long enough. The Standard Model recoils (nu-e, CEvNS) are the same with M = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.detectors.efficiency import coherent_csi_2021_time
from nudipole.detectors.response import Response
from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import Statistic
from nudipole.inputs import options, tables
from nudipole.portal import Direction
from nudipole.signals.escaping import EscapingSignal
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.recoil import card as recoil_card
from nudipole.signals.recoil import escape
from nudipole.signals.recoil.card import RecoilCard
from nudipole.signals.recoil.energy_grid import Matrices, RecoilGrid
from nudipole.signals.recoil.rate import (
    Channel,
    ElectronChannel,
    Kernels,
    Seen,
    dipole_kernels,
    merged,
    nuclear_channels,
)
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
# nodes in ln E_r for what is smooth, and how many finer steps resolve lines and atomic shells in electron recoils
SMOOTH_NODES, ELECTRON_STEPS = 200, 6
_TIME_STEPS = 40
CardType = RecoilCard
Folded = list[tuple[int, bool, Kernels]]
Fluxes = list[tuple[int, bool, CumulativeMoments]]
ChannelMatrices = tuple[tuple[Matrices, ...], ...]


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
        found = self.flux.flavors
        return (*found, "universal") + (("coherent",) if self._mixed else ())

    @cached_property
    def _mixed(self) -> bool:
        """Neutrinos arrive as a superposition of flavours, so that amplitudes of different flavours interfere."""
        off_diagonal = ~np.eye(3, dtype=bool)
        return any(bool(np.any(np.abs(c.density[..., off_diagonal]) > 0)) for c in self.flux.components)

    @cached_property
    def bins(self) -> Bins:
        edges = self.response.edges
        if self.card.timing is not None:
            time = ("time", "us", self.card.timing.edges_us)
            energy_bins, time_bins = len(edges) - 1, len(self.card.timing.edges_us) - 1
            numbers = np.arange(energy_bins * time_bins + 1.0)
            return Bins("energy x time bin", numbers, self.observation.observed, crossed(self._axis, time))
        unit, _ = recoil_card.axis(self.card, self.table)
        return Bins(unit, np.asarray(self._axis[2]), self.observation.observed, crossed(self._axis))

    @property
    def _axis(self) -> tuple[str, str, FloatArray]:
        """Name, unit and edges of what is measured of a recoil."""
        unit, factor = recoil_card.axis(self.card, self.table)
        return recoil_card.quantity(self.card, unit), "" if unit == "1" else unit, self.response.edges / factor

    # --- targets and responses ---------------------------------------------------------------------------------------
    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Everything that recoils, with its number of targets times seconds (or times one run)."""
        exposure = recoil_card.exposure(self.card, self.flux, self.file)
        material = recoil_card.material(self.card, self.file)
        kinds = self.card.response.recoil
        chosen: list[Channel] = []
        if kinds in ("nuclear", "both"):
            heavier_than_protons = [(n, number) for n, number in material.nuclei_per_kg if n.nucleons > 1]
            chosen += nuclear_channels(heavier_than_protons, exposure, self.card.target.form_factor)
        if kinds in ("electron", "both"):
            if self.card.target.atomic == "rrpa" and list(material.mass_fractions) != ["Xe"]:
                raise CardError(self.file, "target.atomic", "rrpa", f"is known for Xe alone, not {material.name}")
            chosen.append(ElectronChannel(material, exposure, self.card.target.atomic))
        return tuple(chosen)

    @cached_property
    def _grids(self) -> tuple[RecoilGrid, ...]:
        """Recoil energies for each channel: log-spaced over what the detector sees and the flux can reach."""
        return tuple(self._grid(channel) for channel in self.channels)

    def _grid(self, channel: Channel) -> RecoilGrid:
        reach = float(kinematics.recoil_limits(self.flux.maximum_energy, 0.0, channel.mass)[1])
        probe = np.geomspace(1e-10, reach, 600)
        seen = channel.response(self.response).total(probe) > 1e-9
        if not np.any(seen):
            return RecoilGrid(0.5 * reach, reach, 1, 2)
        first = max(int(np.argmax(seen)) - 1, 0)
        last = min(len(probe) - 1, len(probe) - int(np.argmax(seen[::-1])))
        steps = ELECTRON_STEPS if isinstance(channel, ElectronChannel) else 2
        # the heaviest target of a channel sees the same energies at up to this much more on the grid of the lightest
        return RecoilGrid(probe[first], min(reach, channel.spread * probe[last]), steps, SMOOTH_NODES)

    @cached_property
    def _seen(self) -> tuple[Seen, ...]:
        """How the detector counts the recoils of each channel."""
        return self._seen_by(self.response)

    def _seen_by(self, response: Response) -> tuple[Seen, ...]:
        return tuple(c.seen(grid, response) for c, grid in zip(self.channels, self._grids, strict=True))

    @cached_property
    def _leanings(self) -> dict[str, tuple[Seen, ...]]:
        """The same for one sigma of each pull on the detector: half the difference of one up and one down."""
        leanings = {}
        for pull in self.card.nuisance:
            if pull.affects in ("quenching", "energy-scale", "resolution"):
                up, down = (
                    self._seen_by(_vary(self.response, pull.affects, sign * pull.sigma)) for sign in (1.0, -1.0)
                )
                leanings[pull.name] = tuple(
                    tuple(0.5 * (high - low) for high, low in zip(*both, strict=True))
                    for both in zip(up, down, strict=True)
                )
        return leanings

    def _matrices(self, seen: tuple[Seen, ...]) -> ChannelMatrices:
        """What the detector does to the kernels of each channel."""
        return tuple(c.dipole_matrices(g, s) for c, g, s in zip(self.channels, self._grids, seen, strict=True))

    @cached_property
    def _nominal(self) -> ChannelMatrices:
        return self._matrices(self._seen)

    @cached_property
    def _varied(self) -> dict[str, ChannelMatrices]:
        return {name: self._matrices(leaning) for name, leaning in self._leanings.items()}

    @cached_property
    def _parts(self) -> tuple[tuple[FluxComponent, ...], ...]:
        """Components of the flux that always move together: same arrival times, no pull of their own."""
        pulled = {n.affects[5:] for n in self.card.nuisance if n.affects.startswith("flux:")}
        alone = [c.name for c in self.flux.components if c.name in pulled or self.time_fractions is not None]
        rest = tuple(c for c in self.flux.components if c.name not in alone)
        return (*((rest,) if rest else ()), *((c,) for c in self.flux.components if c.name in alone))

    @cached_property
    def time_fractions(self) -> dict[str, FloatArray] | None:
        """Share of each flux component in each time bin."""
        timing = self.card.timing
        if timing is None:
            return None
        edges = np.asarray(timing.edges_us)
        if edges.size < 2 or np.any(np.diff(edges) <= 0):
            raise CardError(self.file, "timing.edges_us", timing.edges_us, "must be at least two times that increase")
        fine = np.interp(np.arange((len(edges) - 1) * _TIME_STEPS + 1) / _TIME_STEPS, np.arange(len(edges)), edges)
        seen = options.resolve(TIME_EFFICIENCY, timing.efficiency, "model", self.file, "timing.efficiency")
        accepted = seen(0.5 * (fine[1:] + fine[:-1]))
        fractions = {}
        for component in self.flux.components:
            arguments = {"edges_us": fine.tolist(), "component": component.name, **timing.pulse}
            share = options.call(arrival, arguments, self.file, "timing.pulse")
            fractions[component.name] = (share * accepted).reshape(-1, _TIME_STEPS).sum(axis=1)
        return fractions

    # --- counts ------------------------------------------------------------------------------------------------------
    def _fold(self, masses: int, kernels: Folded, matrices: ChannelMatrices) -> FloatArray:
        """Counts (masses, bins of energy) from kernels: position of a channel, lines or not, kernels of one flux."""
        energy_bins = np.zeros((masses, self.response.bins))
        for channel, lines, arrays in kernels:
            for array, matrix in zip(arrays, matrices[channel], strict=True):
                energy_bins += array @ (matrix.fine if lines else matrix.coarse).T
        return energy_bins

    def _in_time(self, counts: FloatArray, part: tuple[FluxComponent, ...]) -> FloatArray:
        if self.time_fractions is None:
            return counts
        fractions = self.time_fractions[part[0].name]
        return (counts[..., :, None] * fractions).reshape(*counts.shape[:-1], -1)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal | EscapingSignal:
        kernels = self._kernels(masses, self._fluxes(direction))
        counts, number = self._counted(len(masses), kernels), len(masses)
        # where arrival times tell the parts apart each is folded by itself, else all at once
        grouped = (
            [([k for found in kernels for k in found], self._parts[0])]
            if self.time_fractions is None
            else list(zip(kernels, self._parts, strict=True))
        )
        varied = {
            name: np.sum([self._in_time(self._fold(number, _summed(k), m), part) for k, part in grouped], axis=0)
            for name, m in self._varied.items()
        }
        shifts = self._relative_shifts(counts, varied)
        if self.card.detector is None:
            return Signal(per_d2=counts.sum(axis=0), relative_shifts=shifts)
        fluxes, exit_m = self._fluxes(direction), self.card.detector.exit_m
        lines = sorted({float(line[0]) for _, _, flux in fluxes for line in flux.lines})
        edges = escape.hnl_energies(self.flux.maximum_energy, lines)

        def make(at: FloatArray) -> list[SignalTemplate]:
            return escape.templates(at, direction, exit_m, edges, self._cells(at, fluxes, edges))

        return EscapingSignal(masses, counts.sum(axis=0), make, shifts)

    def _cells(self, masses: FloatArray, fluxes: Fluxes, edges: FloatArray) -> FloatArray:
        """Counts per d^2 in cells of the energy of N, shape (cells, masses, bins)."""
        number, size = len(masses), self.response.bins
        continua, sharp = ([f for f in fluxes if f[1] is lines] for lines in (False, True))
        steps = len(edges) - 1
        above = np.zeros((steps + 1, len(self._parts), number, size))
        every, least = np.tile(masses, steps), np.repeat(edges[:-1], number)  # all lower edges and masses at once
        for position, found in enumerate(self._kernels(every, continua, least)):
            above[:-1, position] = self._fold(steps * number, found, self._nominal).reshape(steps, number, size)
        cells = np.maximum(-np.diff(above, axis=0), 0.0)
        for position, _, flux in sharp:
            for line in flux.lines:
                one = [(position, True, replace(flux, lines=line[None, :]))]
                for index, _, arrays in self._kernels(masses, one)[position]:
                    recoils = line[0] - self._grids[index].fine  # energy of N, falling
                    ends = np.searchsorted(-recoils, -edges[::-1])[::-1]  # columns above each edge come first
                    for row in range(steps):
                        columns = slice(int(ends[row + 1]), int(ends[row]))
                        for array, matrix in zip(arrays, self._nominal[index], strict=True):
                            cells[row, position] += array[:, columns] @ matrix.fine[:, columns].T
        return np.asarray(sum(self._in_time(cells[:, i], part) for i, part in enumerate(self._parts)))

    def _fluxes(self, direction: Direction) -> Fluxes:
        """Cumulative moments of what arrives for this direction, with its part of the flux, and whether it is lines."""
        return [
            (position, c.lines, CumulativeMoments.of(c, c.intensity))
            for position, part in enumerate(self._parts)
            for c in merged(part, [component.effective(direction) for component in part])
        ]

    def _kernels(self, masses: FloatArray, fluxes: Fluxes, hnl_energy_min: FloatArray | float = 0.0) -> list[Folded]:
        """Kernels of each part of the flux, with the channel and the grid that they belong to."""
        kernels: list[Folded] = [[] for _ in self._parts]
        for index, (channel, grid) in enumerate(zip(self.channels, self._grids, strict=True)):
            for lines, energies in ((False, grid.coarse), (True, grid.fine)):
                some = [(position, moments) for position, sharp, moments in fluxes if sharp is lines]
                every = [m for _, m in some]
                found = dipole_kernels(channel, energies, masses, every, hnl_energy_min) if some else ()
                for (position, _), arrays in zip(some, found, strict=True):
                    kernels[position].append((index, lines, arrays))
        return kernels

    def _counted(self, masses: int, kernels: list[Folded]) -> FloatArray:
        """Counts per d^2 (parts, masses, bins)."""
        return np.stack(
            [
                self._in_time(np.maximum(self._fold(masses, found, self._nominal), 0.0), part)
                for part, found in zip(self._parts, kernels, strict=True)
            ]
        )

    def _relative_shifts(self, counts: FloatArray, varied: Mapping[str, FloatArray]) -> FloatArray | None:
        """Relative change of counts (parts, masses, bins) for each pull; ``varied``: that of the detector's, absolute."""
        if not self.pulls:
            return None
        total = counts.sum(axis=0)
        safe = np.where(total > 0, total, 1.0)
        shifts = np.zeros((total.shape[0], len(self.pulls), total.shape[1]))
        position = {pull.name: index for index, pull in enumerate(self.pulls)}
        for pull in self.card.nuisance:
            shift = shifts[:, position[pull.name]]
            if pull.affects in ("neutrinos", "signal", "efficiency"):  # a fraction of the counts, also where it is 1
                shift += pull.sigma
            elif pull.affects.startswith("flux:"):
                for part, share in zip(self._parts, counts, strict=True):
                    if part[0].name == pull.affects[5:]:
                        shift += pull.sigma * share / safe
            elif pull.name in varied:
                shift += varied[pull.name] / safe
        return shifts if np.any(shifts) else None

    def _standard_model_parts(self, seen: tuple[Seen, ...]) -> FloatArray:
        """Standard Model counts (parts, 1, bins) of detectors that see recoils like this."""
        counts = np.zeros((len(self._parts), self.response.bins))
        for channel, targets in zip(self._standard_model_recoils, seen, strict=True):
            for total, spectra in zip(counts, channel, strict=True):
                for probability, spectrum in zip(targets, spectra, strict=True):
                    total += probability @ spectrum
        return np.stack([self._in_time(c[None, :], part) for c, part in zip(counts, self._parts, strict=True)])

    @cached_property
    def _standard_model_recoils(self) -> tuple[tuple[tuple[FloatArray, ...], ...], ...]:
        """Recoils in each cell of energy by channel, part of the flux and kind of target."""
        return tuple(c.standard_model(grid, self._parts) for c, grid in zip(self.channels, self._grids, strict=True))

    @cached_property
    def _standard_model(self) -> tuple[FloatArray, FloatArray]:
        """SM recoils (bins,), and their absolute change for each pull (pulls, bins)."""
        counts = self._standard_model_parts(self._seen)
        total = counts.sum(axis=0)
        varied = {name: self._standard_model_parts(seen).sum(axis=0) for name, seen in self._leanings.items()}
        relative = self._relative_shifts(counts, varied)
        shifts = np.zeros((len(self.pulls), total.shape[1])) if relative is None else relative[0] * total[0]
        for index, pull in enumerate(self.pulls):
            if any(n.name == pull.name and n.affects == "signal" for n in self.card.nuisance):
                shifts[index] = 0.0
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
        return max(
            float(kinematics.maximum_hnl_mass(self.flux.maximum_energy, c.spread * c.mass)) for c in self.channels
        )

    # --- likelihood --------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        size = self.response.bins
        size *= 1 if self.card.timing is None else len(self.card.timing.edges_us) - 1
        card, edges = self.card, self.response.edges
        return Observation(
            card.key, self.file, card.observation, card.background, card.nuisance, edges, size, self.table,
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


def arrival(
    edges_us: list[float], component: str, pulse_mean_us: float = 0.0, pulse_sigma_us: float = 0.0
) -> FloatArray:
    """Share of a component in each time bin: a Gaussian proton pulse and the decay times of pion and muon."""
    from nudipole.fluxes import stopped_pion

    return stopped_pion.arrival_fractions(edges_us, component, pulse_mean_us, pulse_sigma_us)


def _summed(kernels: Folded) -> Folded:
    """Kernels of several fluxes added where they meet the same matrices."""
    groups: dict[tuple[int, bool], list[Kernels]] = {}
    for channel, lines, arrays in kernels:
        groups.setdefault((channel, lines), []).append(arrays)
    return [
        (*place, tuple(sum(same[1:], same[0]) for same in zip(*found, strict=True))) for place, found in groups.items()
    ]


def _always() -> Callable[[FloatArray], FloatArray]:
    return np.ones_like


def _coherent_csi_2021() -> Callable[[FloatArray], FloatArray]:
    return coherent_csi_2021_time


TIME_EFFICIENCY: dict[str, Callable[[], Callable[[FloatArray], FloatArray]]] = {
    "constant": _always,
    "coherent-csi-2021": _coherent_csi_2021,
}


def _vary(response: Response, what: str, step: float) -> Response:
    if what == "quenching":
        return replace(response, quenching_scale=response.quenching_scale * (1.0 + step))
    if what == "energy-scale":
        return replace(response, energy_scale=response.energy_scale * (1.0 + step))
    return replace(response, resolution=response.resolution.scaled(1.0 + step))
