r"""N made by up-scattering anywhere in the Earth, or inside a large detector, and seen by its decay N -> nu gamma.

For each kind of target the final states of :mod:`nudipole.signals.production` are counted in cells of the momentum of N
and of its angle to the neutrino; the sky, F(E, c), and the matter along the paths that end in the detector then give

.. math::

    n = V T \sum_{E,\theta,c} w(E, \theta, p) F(E, c)\, K_\theta(c \to c')\, \rho(c', \ell)\;
        \left[e^{-\kappa D \ell_1} - e^{-\kappa D \ell_2}\right],
    \qquad \kappa = \frac{\Gamma M}{p D},

by reciprocity (:mod:`nudipole.signals.earth.paths`). So decays per volume are productions per volume when N travels a
path over which matter changes little, whatever the coupling, and grow with d^4 times the matter in sight for long
paths. The photon has E_gamma = (E_N + p cos theta^*)/2 with dGamma/dcos theta^* ~ 1 - P cos theta^*, flat for Majorana N.
With ``where = "inside"``, a smallest path and a first cascade this is a search for double cascades.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from nudipole import units
from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux
from nudipole.inference.limits import Statistic
from nudipole.inputs import options, tables
from nudipole.kinematics import maximum_hnl_mass
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths, rest_cosine
from nudipole.signals.earth import paths
from nudipole.signals.earth import photons as earth_photons
from nudipole.signals.earth.card import EarthCard, Site, Source
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.production import States, final_states
from nudipole.signals.protocol import Bins, Signal, crossed, stacked
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_RECOILS, _RUNGS, _STEP = 8, 14, 0.7
_BULK, _TAIL = 28, 10  # energies below and above the quantile 0.999 of the fluence
_MOMENTA_PER_DECADE, _DECADES, _CHUNK = 12, 5, 25
_MOMENTA = _DECADES * _MOMENTA_PER_DECADE


CardType = EarthCard


def build(card: EarthCard, file: Path) -> EarthModel:
    """The experiment that the card describes, ready to compute."""
    if not card.source:
        raise CardError(file, "source", None, "at least one is required")
    selection = card.selection
    if selection.sun_cosine_min is not None and any(source.arrival != "sun" for source in card.source):
        raise CardError(file, "selection.sun_cosine_min", selection.sun_cosine_min, "needs sources around the Sun")
    if len(selection.angle_resolution_deg) not in (0, 1, len(selection.photon_edges_GeV) - 1):
        given = list(selection.angle_resolution_deg)
        raise CardError(file, "selection.angle_resolution_deg", given, "must be one number or one a bin of energy")
    beams = tuple(
        beam for number, source in enumerate(card.source) for beam in _beams(source, card.detector, file, number)
    )
    return EarthModel(card, file, find_table(card.observation.table, file), beams)


@dataclass(frozen=True)
class Beam:
    """A flux and the share of it that comes from each cell of zenith, shape (directions,)."""

    flux: Flux
    share: FloatArray


@dataclass(frozen=True)
class Kind:
    """One kind of target: what is scattered off, and its density [kg/m^3] by zenith and path cell."""

    material: str
    channels: tuple[str, ...]
    density: FloatArray


@dataclass(frozen=True)
class EarthModel:
    """N from the Earth under one preset; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: EarthCard
    file: Path
    table: tables.Table | None
    beams: tuple[Beam, ...]

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*(f for f in FLAVORS if any(f in beam.flux.flavors for beam in self.beams)), "universal")

    @property
    def bins(self) -> Bins:
        energy = crossed(("photon_energy", "GeV", self.observation.edges))
        if self.card.selection.sun_cosine_min is None:
            return Bins("photon energy [GeV]", self.observation.edges, self.observation.observed, energy)
        size = self.observation.size
        columns = stacked("direction", [("from the Sun", energy), ("elsewhere", energy)])
        name = "photon energy, from the Sun, then the rest"
        return Bins(name, np.arange(size + 1.0), self.observation.observed, columns)

    @property
    def largest_s(self) -> float:
        """Largest s [GeV^2] of neutrino and struck particle above its rest energy."""
        most = self.card.selection.neutrino_max_GeV or np.inf
        return 2.0 * units.NUCLEON_MASS * min(self._largest_energy, most)

    def maximum_mass(self) -> float:
        heaviest = max(n.mass for kind in self.kinds for n, _ in materials.get(kind.material).nuclei_per_kg)
        return float(maximum_hnl_mass(self._largest_energy, heaviest))

    # --- observation -------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        card = self.card
        edges = np.asarray(card.selection.photon_edges_GeV, dtype=float)
        if len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise CardError(self.file, "selection.photon_edges_GeV", edges.tolist(), "bin edges must increase")
        size = (len(edges) - 1) * (1 if card.selection.sun_cosine_min is None else 2)
        return Observation(
            card.key,
            self.file,
            card.observation,
            card.background,
            card.nuisance,
            edges,
            size,
            self.table,
            confidence_level=card.confidence_level,
        )

    def components(self) -> Mapping[str, FloatArray]:
        return self.observation.components()

    def statistic(self) -> Statistic:
        return self.observation.statistic(self.observation.likelihood())

    # --- matter and sky ----------------------------------------------------------------------------------------------
    @property
    def volume(self) -> float:
        """Of the detector [m^3]."""
        return self.card.detector.mass_tonne / self.card.detector.density_g_cm3

    @cached_property
    def edges(self) -> FloatArray:
        """Cells of the path of N [m]."""
        longest = 2.0 * paths.radius_of(self.volume) if self.card.production.where == "inside" else None
        shortest = self.card.selection.separation_min_m
        return paths.path_edges(shortest) if longest is None else paths.path_edges(shortest, longest)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Coherent scattering element by element, the rest material by material."""
        site, channels = self.card.detector, self.card.production.channels
        matter = paths.surroundings(
            self.edges, site.depth_m, self.card.production.where, site.material,
            1e3 * site.mass_tonne, 1e3 * site.density_g_cm3,
        )  # fmt: skip
        rest = tuple(c for c in channels if c != "coherent")
        found = [Kind(name, rest, density) for name, density in matter.items() if rest]
        if "coherent" in channels:
            elements = paths.by_element(matter)
            if "incoherent" in channels:  # free protons count as incoherent there
                elements.pop("H", None)
            found += [Kind(name, ("coherent",), density) for name, density in elements.items()]
        return tuple(found)

    def sky(self, direction: Direction, above: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Energies [GeV] (n,) above ``above``, and fluence [cm^-2 per run] from each zenith cell, (n, directions)."""
        nodes = [beam.flux.nodes(direction) for beam in self.beams]
        energy = np.concatenate([e for e, _ in nodes])
        weight = np.concatenate([w for _, w in nodes])
        share = np.concatenate([np.tile(b.share, (len(e), 1)) for b, (e, _) in zip(self.beams, nodes, strict=True)])
        least = self.card.selection.photon_edges_GeV[0] + self.card.selection.first_cascade_min_GeV
        least = max(least, above)
        most = self.card.selection.neutrino_max_GeV or np.inf
        use = (energy > least) & (energy <= most)  # photon and first cascade share the energy of the neutrino
        energy, weight, share = energy[use], weight[use], share[use]
        if not energy.size:
            return energy, share
        edges = _energy_edges(np.log(energy), weight)
        number = len(edges) - 1
        cell = np.clip(np.searchsorted(edges, np.log(energy), side="right") - 1, 0, number - 1)
        total: FloatArray = np.bincount(cell, weight, number).astype(float)
        mean: FloatArray = np.bincount(cell, weight * energy, number).astype(float)
        fluence: FloatArray = np.stack([np.bincount(cell, weight * c, number) for c in share.T], axis=1).astype(float)
        keep = total > 0
        return mean[keep] / total[keep], fluence[keep] * (self.card.years * units.YEAR)

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        masses = np.asarray(masses, dtype=float)
        templates: dict[int, SignalTemplate] = {}
        rungs = self._rungs(masses)
        for rung in np.unique(rungs):
            energy, sky = self.sky(direction, (1.0 - _STEP ** float(rung)) * self._largest_energy)
            arriving = np.einsum("ei,tij->etj", sky, paths.zenith_kernel()).reshape(-1, paths.DIRECTIONS)
            rows = np.nonzero(rungs == rung)[0]
            for chunk in np.array_split(rows, -(-len(rows) // _CHUNK)):
                states = [
                    final_states(materials.get(kind.material), energy, masses[chunk], kind.channels, _RECOILS)
                    for kind in self.kinds
                ]
                for index, row in enumerate(chunk):
                    found = [of_kind[index] for of_kind in states]
                    templates[int(row)] = self._template(float(masses[row]), found, direction, energy, arriving)
        ordered = [templates[row] for row in range(len(masses))]
        return Signal(templates=ordered, relative_shifts=self.observation.signal_shifts())

    @property
    def _largest_energy(self) -> float:
        return max(beam.flux.maximum_energy for beam in self.beams)

    def _rungs(self, masses: FloatArray) -> npt.NDArray[np.intp]:
        """Step k of the ladder (1 - 0.7^k) of the largest energy below each mass: what lies under it makes no N."""
        gap = np.clip(1.0 - masses / self._largest_energy, _STEP**_RUNGS, 1.0)
        return np.floor(np.log(gap) / np.log(_STEP)).astype(np.intp)

    def _template(
        self, mass: float, found: list[States], direction: Direction, energy: FloatArray, arriving: FloatArray
    ) -> SignalTemplate:
        bins, cells, norm = self.observation.size, len(self.edges) - 1, direction.decay_norm
        states, decays = _joined(found), decay_widths(mass, direction)
        visible, extra = float(decays.photon), float(decays.extra)
        if decays.total <= 0.0 or not energy.size or not states.weight.size:
            none = np.zeros(0)
            return SignalTemplate.from_nodes(np.zeros((0, bins)), none, none, none, 1.0, norm, extra)
        kind = np.repeat(np.arange(len(found)), [len(part.weight) for part in found])
        momentum = np.maximum(np.sqrt(np.maximum((states.energy - mass) * (states.energy + mass), 0.0)), 1e-12)
        decade = np.log10(momentum / energy[-1]) + _DECADES
        cell = np.clip(decade * _MOMENTA_PER_DECADE, 0, _MOMENTA - 1).astype(np.intp)
        seen = self._seen(states, momentum, direction) * states.weight[:, None]
        node = np.zeros((_MOMENTA, cells, bins))
        density = np.stack([k.density for k in self.kinds]).reshape(-1, cells)
        turn = states.neutrino * (len(paths.ANGLE_EDGES) - 1) + _turn(states)
        place = cell * len(found) + kind
        order = np.argsort(place, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=_MOMENTA * len(found)))])
        for number in range(bins):
            places = csr_array((seen[order, number], turn[order], start), shape=(len(start) - 1, len(arriving)))
            node[:, :, number] = (places @ arriving).reshape(_MOMENTA, -1) @ density
        weight = seen.sum(axis=1) * arriving.sum(axis=1)[turn]
        total, inverse = np.bincount(cell, weight, _MOMENTA), np.bincount(cell, weight / momentum, _MOMENTA)
        mean = np.divide(inverse, total, out=np.zeros(_MOMENTA), where=total > 0)
        kappa = np.repeat(decay_rate(decays.total, mass, 1.0) * mean, cells)
        near, far = np.tile(self.edges[:-1], _MOMENTA), np.tile(self.edges[1:], _MOMENTA)
        matrix = node.reshape(-1, bins) * (self.volume * self.card.selection.efficiency)
        keep = (matrix.sum(axis=1) > 0) & (kappa > 0)
        nodes = (matrix[keep], kappa[keep], near[keep], far[keep])
        return SignalTemplate.from_nodes(*nodes, visible, norm, extra).compressed()

    def _seen(self, states: States, momentum: FloatArray, direction: Direction) -> FloatArray:
        """Share of the decays of each state with its photon in each bin, shape (n, bins)."""
        spin = states.polarisation if direction.nature == "dirac" else np.zeros_like(momentum)
        cosine = rest_cosine(self.observation.edges, states.energy[:, None], momentum[:, None])
        share = earth_photons.shares(cosine, spin)
        least = self.card.selection.first_cascade_min_GeV
        if least > 0.0:
            share = share * (states.shower & (states.recoil >= least))[:, None]
        if self.card.selection.sun_cosine_min is not None:
            resolution = np.deg2rad(np.array(self.card.selection.angle_resolution_deg or (0.0,)))
            towards, seen = np.zeros_like(share), share.sum(axis=1) > 0
            towards[seen] = earth_photons.shares_in_cone(
                self.card.selection.sun_cosine_min,
                resolution,
                _cosine(states)[seen],
                (momentum / states.energy)[seen],
                cosine[seen],
                spin[seen],
            )
            towards = np.minimum(towards, share)
            share = np.concatenate([towards, share - towards], axis=1)
        return np.asarray(share)


def _energy_edges(logarithm: FloatArray, weight: FloatArray) -> FloatArray:
    """Edges in ln E: fine over the bulk of the fluence, coarse above."""
    order = np.argsort(logarithm)
    share = np.cumsum(weight[order]) / weight.sum()
    knee = float(logarithm[order][min(int(np.searchsorted(share, 0.999)), len(order) - 1)])
    low, high = float(logarithm.min()), float(logarithm.max())
    knee = min(max(knee, low + 0.5 * (high - low)), high)
    tail = np.linspace(knee, high + 1e-9, _TAIL + 1)[1:] if high > knee else np.array([])
    return np.concatenate([np.linspace(low, knee, _BULK + 1), tail])


def _joined(parts: list[States]) -> States:
    """Several sets of final states as one."""
    return States(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in States.__dataclass_fields__})


def _cosine(states: States) -> FloatArray:
    """Of the angle between N and its neutrino."""
    return np.where(states.forward, 1.0, -1.0) * np.sqrt(np.maximum(1.0 - states.sine**2, 0.0))


def _turn(states: States) -> npt.NDArray[np.intp]:
    """Cell of the angle between N and its neutrino."""
    theta = np.arccos(_cosine(states))
    return np.clip(np.searchsorted(paths.ANGLE_EDGES, theta, side="right") - 1, 0, len(paths.ANGLE_EDGES) - 2)


def _beams(source: Source, site: Site, file: Path, number: int) -> list[Beam]:
    """The flux by direction: bands of zenith, or one flux with its share of each cell."""
    field, everywhere = f"source[{number}].flux", np.full(paths.DIRECTIONS, 1.0 / paths.DIRECTIONS)
    if source.arrival == "zenith":
        beams = []
        for band, (low, high) in enumerate(itertools.pairwise(paths.ZENITH_EDGES)):
            limits = {"cos_zenith_min": float(low), "cos_zenith_max": float(high)}
            flux: Flux = options.resolve(FLUXES, {**source.flux, **limits}, "flux", file, field)
            beams.append(Beam(flux, np.eye(paths.DIRECTIONS)[band]))
    else:
        share = paths.sun_zenith(site.latitude_deg) if source.arrival == "sun" else everywhere
        beams = [Beam(options.resolve(FLUXES, source.flux, "flux", file, field), share)]
    for beam in beams:
        if beam.flux.per != "s":
            raise CardError(file, field, source.flux.get("flux"), "must be a flux per second")
    return beams
