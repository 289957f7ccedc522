r"""Recoil searches: nu -> N on electrons or nuclei of the detector, the recoil is what is seen.

At fixed recoil energy and mass every cross section is a polynomial in 1/E_nu, so that

.. math::

    \frac{dR}{dE_r} = \sum_{\rm targets} N\, \sum_{j=0}^{2} c_j(E_r, M)
    \int_{E_{\min}(E_r, M)}^\infty \phi(E)\, E^{-j}\, dE ,
    \qquad n_b = \sum_r \mathcal R_{b}(E_r)\,\frac{dR}{dE_r}\,\Delta E_r ,

with the response matrix of the detector (review Eqs 38-51). N leaves such detectors long before it decays wherever
these limits lie, so counts go exactly as d^2. The Standard Model recoils (nu-e, CEvNS) are the same with M = 0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, options, tables
from nudipole.detectors.efficiency import coherent_csi_2021_time
from nudipole.detectors.response import Response
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import Statistic
from nudipole.matter import materials
from nudipole.portal import Direction
from nudipole.signals import recoil_card
from nudipole.signals.model import Bins, Signal
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.recoil_card import RecoilCard
from nudipole.signals.recoil_grid import Matrices, RecoilGrid
from nudipole.signals.recoil_rate import ElectronTarget, NuclearTarget, Target

FloatArray = npt.NDArray[np.float64]
# nodes in ln E_r for what is smooth, and how many finer steps resolve lines and atomic shells in electron recoils
SMOOTH_NODES, ELECTRON_STEPS = 200, 6
_TIME_STEPS = 40
CardType = RecoilCard


def build(card: RecoilCard, file: Path) -> RecoilModel:
    """The experiment that the card describes, ready to compute."""
    flux: Flux = options.resolve(FLUXES, card.source, "flux", file, "source")
    table = find_table(card.observation.table, file)
    response = recoil_card.response(card, table, file)
    return RecoilModel(card, file, flux, table, response)


@dataclass(frozen=True)
class RecoilModel:
    """A recoil search under one preset; see :class:`nudipole.signals.model.Model`."""

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
            energy_bins, time_bins = len(edges) - 1, len(self.card.timing.edges_us) - 1
            return Bins("energy x time bin", np.arange(energy_bins * time_bins + 1.0), self.observation.observed)
        unit, factor = recoil_card.axis(self.card, self.table)
        return Bins(unit, edges / factor, self.observation.observed)

    # --- targets and responses ---------------------------------------------------------------------------------------
    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Everything that recoils, with its number of targets times seconds (or times one run) per cm^2 of flux."""
        exposure = recoil_card.exposure(self.card, self.flux, self.file)
        try:
            material = materials.get(self.card.target.material)
        except NudipoleError as error:
            raise CardError(self.file, "target.material", self.card.target.material, str(error)) from None
        kinds = self.card.response.recoil
        chosen: list[Target] = []
        if kinds in ("nuclear", "both"):
            chosen += [
                NuclearTarget(nucleus, exposure * number, self.card.target.form_factor)
                for nucleus, number in material.nuclei_per_kg
                if nucleus.protons > 1 or nucleus.nucleons > 1
            ]
        if kinds in ("electron", "both"):
            chosen.append(ElectronTarget(material, exposure))
        return tuple(chosen)

    def _channel(self, target: Target, response: Response) -> Response:
        return response.for_electrons() if isinstance(target, ElectronTarget) else response

    @cached_property
    def _grids(self) -> tuple[RecoilGrid, ...]:
        """Recoil energies for each target: log-spaced over what the detector sees and the flux can reach."""
        return tuple(self._grid(target) for target in self.targets)

    def _grid(self, target: Target) -> RecoilGrid:
        reach = float(kinematics.recoil_limits(self.flux.maximum_energy, 0.0, target.mass)[1])
        probe = np.geomspace(1e-10, reach, 600)
        seen = self._channel(target, self.response).matrix(probe).sum(axis=0) > 1e-9
        if not np.any(seen):
            return RecoilGrid(0.5 * reach, reach, 1, 2)
        first = max(int(np.argmax(seen)) - 1, 0)
        last = min(len(probe) - 1, len(probe) - int(np.argmax(seen[::-1])))
        steps = ELECTRON_STEPS if isinstance(target, ElectronTarget) else 1
        return RecoilGrid(probe[first], probe[last], steps, SMOOTH_NODES)

    def _matrices(self, response: Response) -> tuple[Matrices, ...]:
        """Counts in each bin per unit of each target's smooth spectra, for lines and for continua."""
        return tuple(
            grid.matrices(self._channel(target, response).matrix(grid.fine) * target.number(grid.fine))
            for target, grid in zip(self.targets, self._grids, strict=True)
        )

    @cached_property
    def _nominal(self) -> tuple[Matrices, ...]:
        return self._matrices(self.response)

    @cached_property
    def _varied(self) -> dict[str, tuple[tuple[Matrices, ...], tuple[Matrices, ...]]]:
        """Response matrices with the detector's pulls one sigma up and down."""
        varied = {}
        for pull in self.card.nuisance:
            if pull.affects in ("quenching", "energy-scale", "resolution", "efficiency"):
                up, down = (self._matrices(_vary(self.response, pull.affects, s * pull.sigma)) for s in (1.0, -1.0))
                varied[pull.name] = (up, down)
        return varied

    @cached_property
    def _time_fractions(self) -> dict[str, FloatArray] | None:
        """Share of each flux component in each time bin."""
        timing = self.card.timing
        if timing is None:
            return None
        edges = np.asarray(timing.edges_us)
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
    def _fold(self, spectra: list[list[FloatArray]], matrices: tuple[Matrices, ...]) -> FloatArray:
        """Counts (components, masses, bins) from spectra[target][component] of shape (masses, recoil nodes)."""
        folded = []
        for index, component in enumerate(self.flux.components):
            energy_bins = sum(spectra[t][index] @ m.of(component).T for t, m in enumerate(matrices))
            folded.append(self._in_time(np.asarray(energy_bins), component))
        return np.stack(folded)

    def _fold_total(self, spectra: list[list[FloatArray]], matrices: tuple[Matrices, ...]) -> FloatArray:
        """The same summed over components, (masses, bins): spectra on the same grid are added before they are folded."""
        if self._time_fractions is not None:
            return self._fold(spectra, matrices).sum(axis=0)
        lines = [c.lines for c in self.flux.components]
        total: FloatArray | float = 0.0
        for found, matrix in zip(spectra, matrices, strict=True):
            for sharp, folder in ((True, matrix.fine), (False, matrix.coarse)):
                members = [s for s, is_line in zip(found, lines, strict=True) if is_line == sharp]
                if members:
                    total = total + functools.reduce(np.add, members) @ folder.T
        return np.asarray(total)

    def _in_time(self, counts: FloatArray, component: FluxComponent) -> FloatArray:
        if self._time_fractions is None:
            return counts
        fractions = self._time_fractions[component.name]
        return (counts[..., :, None] * fractions).reshape(*counts.shape[:-1], -1)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        moments = [CumulativeMoments.of(c, c.effective(direction)) for c in self.flux.components]
        lines = [c.lines for c in self.flux.components]
        smooth, sharp = ([m for m, line in zip(moments, lines, strict=True) if line == kind] for kind in (False, True))
        spectra = []
        for target, grid in zip(self.targets, self._grids, strict=True):
            found = iter(target.dipole_spectra(grid.coarse, masses, smooth))
            edged = iter(target.dipole_spectra(grid.fine, masses, sharp))
            spectra.append([next(edged) if line else next(found) for line in lines])
        counts = self._fold(spectra, self._nominal) if self._by_component else None
        total = self._fold_total(spectra, self._nominal) if counts is None else counts.sum(axis=0)
        return Signal(per_d2=total, relative_shifts=self._relative_shifts(spectra, counts, total))

    @property
    def _by_component(self) -> bool:
        """Whether some pull or the timing needs each flux component by itself."""
        return self.card.timing is not None or any(n.affects.startswith("flux:") for n in self.card.nuisance)

    def _relative_shifts(
        self, spectra: list[list[FloatArray]], counts: FloatArray | None, total: FloatArray
    ) -> FloatArray | None:
        if not self.pulls:
            return None
        safe = np.where(total > 0, total, 1.0)
        shifts = np.zeros((total.shape[0], len(self.pulls), total.shape[1]))
        names = [c.name for c in self.flux.components]
        position = {pull.name: index for index, pull in enumerate(self.pulls)}
        for pull in self.card.nuisance:
            shift = shifts[:, position[pull.name]]
            if pull.affects in ("neutrinos", "signal"):
                shift += pull.sigma
            elif pull.affects.startswith("flux:") and counts is not None:
                part = sum(counts[i] for i, name in enumerate(names) if name == pull.affects[5:])
                shift += pull.sigma * np.asarray(part) / safe
            elif pull.name in self._varied:
                up, down = (self._fold_total(spectra, m) for m in self._varied[pull.name])
                shift += 0.5 * (up - down) / safe
        return shifts

    @cached_property
    def _standard_model(self) -> tuple[FloatArray, FloatArray]:
        """SM recoils (bins,), and their absolute change for each pull (pulls, bins)."""
        spectra = [
            [target.standard_model_spectrum(grid.of(c), c)[None, :] for c in self.flux.components]
            for target, grid in zip(self.targets, self._grids, strict=True)
        ]
        counts = self._fold(spectra, self._nominal)
        total = counts.sum(axis=0)
        relative = self._relative_shifts(spectra, counts, total)
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

    def maximum_mass(self) -> float:
        return max(float(kinematics.maximum_hnl_mass(self.flux.maximum_energy, target.mass)) for target in self.targets)

    # --- likelihood --------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        size = self.response.bins
        size *= 1 if self.card.timing is None else len(self.card.timing.edges_us) - 1
        card, edges = self.card, self.response.edges
        return Observation(
            card.key, self.file, card.observation, card.background, card.nuisance, edges, size, self.table
        )

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
    if what == "resolution":
        return replace(response, resolution=response.resolution.scaled(1.0 + step))
    return response.scaled_efficiency(1.0 + step)
