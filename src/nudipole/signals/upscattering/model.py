r"""N made by up-scattering in or before a detector, and seen by its decay N -> nu gamma (or nu e+ e-).

With the final states of each kind of matter (weights dw per kilogram and fluence, momentum p and angle theta of N), the
share a_b of its photons that ends in bin b, and the matter h(s) whose N are in the decay volume a distance s further on,

.. math::

    n_b(d) = d^2 \int dw\; a_b \int_0^\infty ds\; h_\theta(s)\;\kappa D\, e^{-\kappa D s},\qquad
    \kappa = \frac{M\,\Gamma_N}{p\,D},

the review's Eqs (38)-(41) with the decay probability inside the flux integral where it belongs. The three factors know
nothing of one another: :mod:`~nudipole.signals.production` gives the states with their exact energy and angle,
:mod:`~nudipole.signals.upscattering.photon_selection` the photons with the polarisation of N, and
:mod:`~nudipole.signals.upscattering.acceptance` the geometry, once for every mass and flavour. Only s/p enters the exponent, so cells of
equal s/p are all that a template holds. Couplings come out to 1 % (tests against a direct Monte Carlo).
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError, UnreachableWarning
from nudipole.fluxes.flux import Flux
from nudipole.inference.limits import Statistic
from nudipole.inputs import options, tables
from nudipole.kinematics import maximum_hnl_mass, threshold_energy
from nudipole.portal import FLAVORS, Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.production import Scatterer, States, scatterers, states_on
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.template import SignalTemplate
from nudipole.signals.upscattering import acceptance as passages
from nudipole.signals.upscattering import source as upscatter_source
from nudipole.signals.upscattering import timing as arrival
from nudipole.signals.upscattering.acceptance import ANGLES, STEP, Passages
from nudipole.signals.upscattering.card import UpscatterCard
from nudipole.signals.upscattering.photon_selection import PhotonSelection
from nudipole.signals.upscattering.source import Region

FloatArray = npt.NDArray[np.float64]
ENERGY_NODES = 44  # at least, and so many a factor 1000
_CROWDING = 0.4  # the smaller, the more of them stand near the threshold, where slow N decay soonest
_TO_THE_END = 16  # up to where the first of the fluxes ends
_CHUNK = 8  # masses at once
_PIECES = 6  # of a cell of distance, where the time of arrival counts
CardType = UpscatterCard


def build(card: UpscatterCard, file: Path) -> UpscatterModel:
    """The experiment that the card describes, ready to compute."""
    table = find_table(card.observation.table, file)
    shapes = card.detector if isinstance(card.detector, list) else [card.detector]
    detectors: tuple[Volume, ...] = tuple(options.resolve(SHAPES, shape, "model", file, "detector") for shape in shapes)
    regions = tuple(upscatter_source.region(matter, detectors, file) for matter in card.matter)
    photons = PhotonSelection(
        card.selection,
        card.histogram,
        upscatter_source.efficiency(card, file),
        upscatter_source.conversion(card, detectors, file),
    )
    flux = upscatter_source.flux(card, file)
    upscatter_source.exposure(card, flux, file)
    upscatter_source.check_window(card, flux, file)
    return UpscatterModel(card, file, flux, table, regions, detectors, photons)


def probes(card: UpscatterCard, file: Path) -> Iterator[Callable[[], object]]:
    """The parts of a card that can be tried one by one, so that all their faults are told at once."""
    shapes = card.detector if isinstance(card.detector, list) else [card.detector]
    yield lambda: upscatter_source.exposure(card, upscatter_source.flux(card, file), file)
    yield lambda: find_table(card.observation.table, file)
    yield lambda: upscatter_source.efficiency(card, file)
    yield lambda: [options.resolve(SHAPES, shape, "model", file, "detector") for shape in shapes]
    for matter in card.matter:
        yield functools.partial(upscatter_source.check_matter, matter, file)


@dataclass(frozen=True)
class UpscatterModel:
    """A photon search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: UpscatterCard
    file: Path
    flux: Flux
    table: tables.Table | None
    regions: tuple[Region, ...]  # where N is made
    detectors: tuple[Volume, ...]  # where it decays
    photons: PhotonSelection
    _known: dict[tuple[Any, ...], FloatArray] = field(default_factory=dict, repr=False, compare=False)

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*self.flux.flavors, "universal")

    @property
    def bins(self) -> Bins:
        histogram = self.card.histogram
        edges = np.asarray(histogram.edges)
        unit = "GeV" if "energy" in histogram.variable else ""
        columns = {} if histogram.variable == "count" else crossed((histogram.variable, unit, edges))
        return Bins(histogram.variable, edges, self.observation.observed, columns)

    @property
    def largest_s(self) -> float:
        """Largest s [GeV^2] of neutrino and struck particle above its rest energy."""
        return 2.0 * units.NUCLEON_MASS * self.flux.maximum_energy

    def maximum_mass(self) -> float:
        heaviest = max(nucleus.mass for region in self.regions for nucleus, _ in region.material.nuclei_per_kg)
        return float(maximum_hnl_mass(self.flux.maximum_energy, heaviest))

    # --- observation -------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        card = self.card
        edges = np.asarray(card.histogram.edges, dtype=float)
        if len(edges) < 2 or np.any(np.diff(edges) <= 0):
            raise CardError(self.file, "histogram.edges", card.histogram.edges, "bin edges must increase")
        return Observation(
            card.key,
            self.file,
            card.observation,
            card.background,
            card.nuisance,
            edges,
            len(edges) - 1,
            self.table,
            confidence_level=card.confidence_level,
        )

    def components(self) -> Mapping[str, FloatArray]:
        return self.observation.components()

    def statistic(self) -> Statistic:
        return self.observation.statistic(self.observation.likelihood())

    # --- what every mass shares --------------------------------------------------------------------------------------
    @cached_property
    def passages(self) -> Passages:
        """Where N from each kind of matter passes the decay volumes; warns if it never does."""
        matter = [(region.kind, region.place) for region in self.regions]
        found = passages.tabulate(matter, self.detectors, self.card.selection.separation_min_m)
        if not any(mean.any() for mean in found.mean.values()):
            message = f"{self.card.key}: no path from the matter crosses the detector; every count is zero"
            warnings.warn(message, UnreachableWarning, stacklevel=2)
        else:
            for entry, reached in zip(self.card.matter, found.reached, strict=True):
                if not reached:
                    message = (
                        f"{self.card.key}: no path from the matter {entry.name} crosses the detector; it adds nothing"
                    )
                    warnings.warn(message, UnreachableWarning, stacklevel=2)
        return found

    @cached_property
    def _scatterers(self) -> dict[str, tuple[Scatterer, dict[str, float]]]:
        """Every kind of target once, with its number per kilogram of each kind of matter."""
        found: dict[str, tuple[Scatterer, dict[str, float]]] = {}
        for region in self.regions:
            for scatterer in scatterers(region.material.name, tuple(region.matter.channels)):
                found.setdefault(scatterer.name, (scatterer, {}))[1][region.kind] = scatterer.number
        return found

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Lowest and highest neutrino energy [GeV] that the selection can see."""
        every = np.concatenate([c.energy[c.intensity > 0] for c in self.flux.components])
        every = every[every > 0.5 * self.card.selection.energy_min_GeV]
        return float(every.min(initial=np.inf)), float(every.max(initial=0.0))

    def _energies(self, masses: FloatArray) -> FloatArray:
        """Neutrino energies [GeV] from the threshold of each mass on, (masses, energies): curves are smooth in mass."""
        low, high = self._range
        target = max(nucleus.mass for region in self.regions for nucleus, _ in region.material.nuclei_per_kg)
        start = np.clip(threshold_energy(masses, target), low, 0.999999 * high)[:, None]
        number = max(ENERGY_NODES, int(ENERGY_NODES * np.log10(high / low) / 3.0))
        smooth = start * (high / start) ** _crowded(number)
        lines = [c.energy[(c.intensity > 0) & (c.energy <= high)] for c in self.flux.components if c.lines]
        exact = np.maximum(np.concatenate([*lines, np.zeros(0)]), start)  # lines are nodes of their own
        ends = np.array([c.energy[-1] for c in self.flux.components if not c.lines and c.energy[-1] < high])
        if ends.size:
            above = np.where(ends > start, ends, high).min(axis=1, keepdims=True)
            exact = np.concatenate([exact, start * (above / start) ** np.linspace(0.0, 1.0, _TO_THE_END)], axis=1)
        nodes = np.sort(np.concatenate([smooth, exact], axis=1), axis=1)
        return np.asarray(nodes * (1.0 + 1e-12 * np.arange(nodes.shape[1])))

    def _fluences(self, energies: FloatArray, direction: Direction) -> FloatArray:
        """Fluence [cm^-2] at each energy, (masses, energies, columns): one column a flavour, or the direction's alone."""
        exposure = upscatter_source.exposure(self.card, self.flux, self.file)
        intensities = (
            [[c.flavor_intensity(f) for c in self.flux.components] for f in self.flux.flavors]
            if self._diagonal
            else [[c.effective(direction) for c in self.flux.components]]
        )
        columns = [
            np.concatenate([c.quadrature(part) for c, part in zip(self.flux.components, parts, strict=True)])
            for parts in intensities
        ]
        energy = np.concatenate([c.energy for c in self.flux.components])
        return exposure * np.stack([_shared(energy, columns, nodes) for nodes in energies])

    @cached_property
    def _diagonal(self) -> bool:
        """True if no flavours interfere: all of them are computed together."""
        return all(
            np.count_nonzero(c.density) == np.count_nonzero(np.diagonal(c.density, axis1=-2, axis2=-1))
            for c in self.flux.components
        )

    def _strength(self, direction: Direction) -> FloatArray:
        """What multiplies each column of fluence."""
        if not self._diagonal:
            return np.ones(1)
        chosen = [direction.couplings[FLAVORS.index(f)] for f in self.flux.flavors]
        return np.array([1.0 if direction.incoherent else abs(coupling) ** 2 for coupling in chosen])

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        masses = np.asarray(masses, dtype=float)
        key = (direction.nature,) if self._diagonal else (direction.nature, direction.name, direction.couplings)
        strength = self._strength(direction)
        new = np.array([mass for mass in dict.fromkeys(masses.tolist()) if (mass, *key) not in self._known])
        for chunk in np.array_split(new, -(-len(new) // _CHUNK)) if len(new) else ():
            for mass, cells in zip(chunk.tolist(), self._cells(chunk, direction), strict=True):
                self._known[(mass, *key)] = cells
        decays = decay_widths(masses, direction)
        seen = {"photon": decays.photon, "pair": decays.pair, "both": decays.photon + decays.pair}
        kappa, visible = decay_rate(decays.total, masses, 1.0), seen[self.card.selection.visible]
        visible = visible * np.interp(masses, *self._efficiency_by_mass)
        templates = [
            self._template(
                np.tensordot(strength, self._known[(mass, *key)], 1),
                float(kappa[row]),
                float(visible[row]),
                direction.decay_norm,
                float(decays.extra[row]),
            )
            for row, mass in enumerate(masses.tolist())
        ]
        return Signal(templates=templates, relative_shifts=self.observation.signal_shifts())

    def _template(
        self, weight: FloatArray, kappa: float, visible: float, decay_norm: float, extra: float
    ) -> SignalTemplate:
        """Cells of s/p as segments [m] of the path of an N of 1 GeV, whose kappa this is."""
        edges, slowest = self.passages.edges, len(self._momenta)
        near = edges[1] / self._range[1] * np.exp(STEP * np.arange(weight.shape[1] - slowest))
        first = edges[1] / self._momenta
        keep = weight.sum(axis=0) > 0
        return SignalTemplate.from_nodes(
            weight[:, keep].T,
            kappa,
            np.concatenate([np.zeros(slowest), near])[keep],
            np.concatenate([first, near * np.exp(STEP)])[keep],
            visible,
            decay_norm,
            extra,
        )

    @cached_property
    def _efficiency_by_mass(self) -> tuple[FloatArray, FloatArray]:
        return upscatter_source.efficiency_by_mass(self.card, self.file)

    @cached_property
    def _momenta(self) -> FloatArray:
        """Momenta of N [GeV], decreasing, between which states are shared; slower ones count as the slowest."""
        low, high = self._range
        return np.asarray(high * np.exp(-STEP * np.arange(int(np.log(10.0 * high / low) / STEP) + 2)))

    def _cells(self, masses: FloatArray, direction: Direction) -> list[FloatArray]:
        """Events per d^2 in cells of s/p at each mass, shape (columns of fluence, bins, cells).

        The first cells hold what lies nearer than the first edge of h, one for each momentum.
        """
        energies = self._energies(masses)
        fluence = self._fluences(energies, direction)
        shape = (2, fluence.shape[2], len(masses), len(ANGLES), len(self._momenta))
        flying = {name: np.zeros(shape) for name in self.passages.mean}
        for scatterer, amounts in self._scatterers.values():
            if scatterer.target is not None and masses.min() >= maximum_hnl_mass(self._range[1], scatterer.target.mass):
                continue
            floor = self.card.selection.first_cascade_min_GeV  # nodes begin there: a cut between them is ragged in mass
            states = states_on(scatterer, energies, masses, floor=floor)
            for index, column, made in self._flying(states, masses, direction, fluence):
                for name, amount in amounts.items():
                    flying[name][index, column] += amount * made
        return [
            self._decaying({name: every[:, :, row] for name, every in flying.items()}, float(mass))
            for row, mass in enumerate(masses)
        ]

    def _flying(
        self, states: States, masses: FloatArray, direction: Direction, fluence: FloatArray
    ) -> Iterator[tuple[int, int, FloatArray]]:
        """N per d^2 and target, shared between angles and momenta, shape (masses, angles, momenta).

        One after the other their number (0) and their summed polarisation (1), for each column of fluence.
        """
        selection, shape = self.card.selection, (len(masses), len(ANGLES), len(self._momenta))
        momenta = shape[2]
        cosine = np.where(states.forward, 1.0, -1.0) * np.sqrt(1.0 - states.sine**2)
        weight = np.where(cosine >= selection.hnl_cosine_min, states.weight, 0.0)
        if selection.first_cascade_min_GeV > 0:
            weight = np.where(states.shower & (states.recoil >= selection.first_cascade_min_GeV), weight, 0.0)
        if not weight.any():
            return
        mass = masses.reshape(-1, *[1] * (weight.ndim - 1))
        momentum = np.sqrt(np.maximum((states.energy - mass) * (states.energy + mass), 1e-24))
        below, far = _neighbours(np.arctan2(states.sine, cosine), ANGLES)
        step = np.clip(np.log(self._range[1] / momentum) / STEP, 0.0, momenta - 1.0001).astype(np.intp)
        slow = np.clip((self._momenta[step] / momentum - 1.0) / np.expm1(STEP), 0.0, 1.0)  # linear in 1/p
        row = np.arange(len(masses)).reshape(mass.shape)
        corner = ((row * len(ANGLES) + below) * momenta + step).ravel()
        place = np.stack([corner, corner + 1, corner + momenta, corner + momenta + 1]).ravel()
        near = 1.0 - far
        part = np.stack([near * (1.0 - slow), near * slow, far * (1.0 - slow), far * slow]).reshape(4, -1)
        weights = [weight] if direction.nature == "majorana" else [weight, weight * states.polarisation]
        each = corner.size // fluence[..., 0].size
        for column, arriving in enumerate(fluence.reshape(-1, fluence.shape[2]).T):
            arriving = np.repeat(arriving, each)
            for index, weight in enumerate(weights):
                made = part * (weight.ravel() * arriving)
                filled = np.asarray(np.bincount(place, made.ravel(), math.prod(shape)), dtype=float).reshape(shape)
                yield index, column, filled

    def _decaying(self, flying: Mapping[str, FloatArray], mass: float) -> FloatArray:
        """Accepted decays in cells of s/p: photons of the N that fly, on the passages of their matter."""
        number = np.sum([made[0] for made in flying.values()], axis=0)
        total = number.sum(axis=(1, 2), keepdims=True)
        importance = np.divide(number, total, out=np.zeros_like(number), where=total > 0).sum(axis=0)
        accepted = self.photons.accepted(mass, ANGLES, self._momenta, importance)
        in_time, cells = self._in_time(mass), len(self.passages.edges) - 2
        shape = (len(number), accepted.shape[1])
        outer = np.zeros((*shape, cells + len(self._momenta) - 1))
        passing = np.zeros((*shape, len(self._momenta), cells + 1))
        for name, mean in self.passages.mean.items():
            used, lit = _filled(mean.any(axis=1)), _filled(flying[name].any(axis=(0, 1, 2)))
            seen = np.einsum("kftp,kbtp->fbpt", flying[name][:, :, used, lit], accepted[:, :, used, lit])
            passing[:, :, lit] += np.matmul(seen, mean[used])
        if in_time is not None:
            passing *= in_time
        for step in range(len(self._momenta)):
            outer[:, :, step : step + cells] += passing[:, :, step, 1:]
        return np.concatenate([passing[..., 0], outer], axis=-1)

    def _in_time(self, mass: float) -> FloatArray | None:
        """Part of each cell of h that comes late enough and while the gate is open, shape (momenta, cells)."""
        selection = self.card.selection
        if selection.delay_min_ns <= 0.0 and selection.gate_ns is None:
            return None
        edges, momentum = self.passages.edges, self._momenta[:, None]
        pieces = (np.arange(_PIECES) + 0.5) / _PIECES
        distance = (edges[:-1, None] + np.diff(edges)[:, None] * pieces).ravel()
        late = arrival.delay(distance, np.hypot(momentum, mass), momentum)
        share = (late >= selection.delay_min_ns).astype(float)
        if selection.gate_ns is not None:
            share *= arrival.gate_share(late, selection.gate_ns, selection.bunch_period_ns, selection.bunch_sigma_ns)
        return np.asarray(share.reshape(len(momentum), -1, _PIECES).mean(axis=-1))


def _crowded(number: int) -> FloatArray:
    """Numbers from 0 to 1, dense near 0."""
    u = np.linspace(0.0, 1.0, number)
    return np.asarray(u**2 * (1.0 + _CROWDING) / (u + _CROWDING))


def _shared(energy: FloatArray, columns: list[FloatArray], nodes: FloatArray) -> FloatArray:
    """Weights shared between the nodes next to their energies, mean energy kept; what lies below the first is dropped."""
    inside = energy >= nodes[0]
    below, share = _neighbours(energy[inside], nodes)
    result = np.zeros((len(nodes), len(columns)))
    for column, weight in enumerate(columns):
        result[:, column] = np.bincount(below, weight[inside] * (1.0 - share), len(nodes))
        result[1:, column] += np.bincount(below, weight[inside] * share, len(nodes) - 1)[: len(nodes) - 1]
    return result


def _filled(used: npt.NDArray[np.bool_] | np.bool_) -> slice:
    """From the first to the last that is used."""
    where = np.flatnonzero(used)
    return slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0)


def _neighbours(value: FloatArray, nodes: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """The node at or below each value, and the share of the next one in a linear interpolation."""
    if len(nodes) < 2:
        return np.zeros(len(value), dtype=np.intp), np.zeros(len(value))
    below = np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, len(nodes) - 2)
    return below, np.clip((value - nodes[below]) / (nodes[below + 1] - nodes[below]), 0.0, 1.0)
