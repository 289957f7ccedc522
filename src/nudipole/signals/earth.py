r"""N made by up-scattering anywhere in the Earth, or inside a large detector, and seen by its decay N -> nu gamma.

For each kind of target the final states of :mod:`nudipole.signals.production` are counted in cells of the momentum of N
and of its angle to the neutrino; the sky, F(E, c), and the matter along the paths that end in the detector then give

.. math::

    n = V T \sum_{E,\theta,c} w(E, \theta, p) F(E, c)\, K_\theta(c \to c')\, \rho(c', \ell)\;
        \left[e^{-\kappa D \ell_1} - e^{-\kappa D \ell_2}\right],
    \qquad \kappa = \frac{\Gamma M}{p D},

by reciprocity (:mod:`nudipole.signals.earth_paths`). So decays per volume are productions per volume when N travels a
path over which matter changes little, whatever the coupling, and grow with d^4 times the matter in sight for long
paths. The photon has E_gamma = (E_N + p cos theta^*)/2 with dGamma/dcos theta^* ~ 1 - P cos theta^*, flat for Majorana N.
With ``where = "inside"``, a smallest path and a first cascade this is a search for double cascades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import options, tables, units
from nudipole.cards import Background, Card, Fraction, NonNegative, Nuisance, Options, Positive, Section
from nudipole.errors import CardError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux
from nudipole.inference.limits import Statistic
from nudipole.kinematics import maximum_hnl_mass
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.processes import hnl_decay
from nudipole.signals import earth_paths as paths
from nudipole.signals.model import Bins, Signal
from nudipole.signals.observation import Observation, ObservationSection, find_table
from nudipole.signals.production import States, final_states, polarisation
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Channel = Literal["coherent", "incoherent", "electron", "dis"]
_ENERGIES, _MOMENTA_PER_DECADE, _DECADES, _CHUNK, _BANDS = 28, 12, 6, 25, 10


class Source(Section, frozen=True, kw_only=True):
    """A flux and where in the sky it comes from: by ``zenith`` (atmospheric), the ``sun``, or ``isotropic``."""

    flux: Options
    arrival: Literal["zenith", "sun", "isotropic"] = "isotropic"


class Site(Section, frozen=True, kw_only=True):
    """The detector: matter, mass, place. Its shape is a sphere of the same volume."""

    material: str
    mass_tonne: Positive
    density_g_cm3: Positive
    depth_m: NonNegative = 0.0
    latitude_deg: float = 0.0


class Production(Section, frozen=True, kw_only=True):
    """Where N is made and through what."""

    where: Literal["anywhere", "outside", "inside"] = "anywhere"
    channels: tuple[Channel, ...] = ("coherent",)


class Selection(Section, frozen=True, kw_only=True):
    """What is accepted: bins of the photon energy, the path of N, and the energy of the first cascade."""

    photon_edges_GeV: tuple[float, ...]
    efficiency: Fraction = 1.0
    separation_min_m: NonNegative = 0.0
    first_cascade_min_GeV: NonNegative = 0.0


class EarthCard(Card, frozen=True, kw_only=True):
    """N from the Earth, or double cascades in a large detector."""

    source: list[Source]
    detector: Site
    years: Positive
    production: Production = Production()
    selection: Selection
    observation: ObservationSection
    background: list[Background] = []
    nuisance: list[Nuisance] = []


CardType = EarthCard


def build(card: EarthCard, file: Path) -> EarthModel:
    """The experiment that the card describes, ready to compute."""
    if not card.source:
        raise CardError(file, "source", None, "at least one is required")
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
    """N from the Earth under one preset; see :class:`nudipole.signals.model.Model`."""

    card: EarthCard
    file: Path
    table: tables.Table | None
    beams: tuple[Beam, ...]

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*(f for f in FLAVORS if any(f in beam.flux.flavors for beam in self.beams)), "universal")

    @property
    def bins(self) -> Bins:
        return Bins("photon energy [GeV]", self.observation.edges, self.observation.observed)

    def maximum_mass(self) -> float:
        energy = max(beam.flux.maximum_energy for beam in self.beams)
        heaviest = max(n.mass for kind in self.kinds for n, _ in materials.get(kind.material).nuclei_per_kg)
        return float(maximum_hnl_mass(energy, heaviest))

    # --- observation -------------------------------------------------------------------------------------------------
    @cached_property
    def observation(self) -> Observation:
        """Data, backgrounds and pulls."""
        card = self.card
        edges = np.asarray(card.selection.photon_edges_GeV, dtype=float)
        if len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise CardError(self.file, "selection.photon_edges_GeV", edges.tolist(), "bin edges must increase")
        return Observation(
            card.key, self.file, card.observation, card.background, card.nuisance, edges, len(edges) - 1, self.table
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

    def sky(self, direction: Direction) -> tuple[FloatArray, FloatArray]:
        """Energies [GeV] (n,) and fluence [cm^-2 per run] from each zenith cell, shape (n, directions)."""
        nodes = [beam.flux.nodes(direction) for beam in self.beams]
        energy = np.concatenate([e for e, _ in nodes])
        weight = np.concatenate([w for _, w in nodes])
        share = np.concatenate([np.tile(b.share, (len(e), 1)) for b, (e, _) in zip(self.beams, nodes, strict=True)])
        if not energy.size:
            return energy, share
        log = np.log(energy)
        edges = np.linspace(log.min(), log.max() + 1e-9, _ENERGIES + 1)
        cell = np.clip(np.searchsorted(edges, log, side="right") - 1, 0, _ENERGIES - 1)
        total = np.bincount(cell, weight, _ENERGIES)
        mean = np.bincount(cell, weight * energy, _ENERGIES)
        fluence = np.stack([np.bincount(cell, weight * column, _ENERGIES) for column in share.T], axis=1)
        keep = total > 0
        return mean[keep] / total[keep], fluence[keep] * (self.card.years * units.YEAR)

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        energy, sky = self.sky(direction)
        masses = np.asarray(masses, dtype=float)
        templates: list[SignalTemplate] = []
        for chunk in np.array_split(masses, -(-len(masses) // _CHUNK)):
            states = [final_states(materials.get(k.material), energy, chunk, k.channels) for k in self.kinds]
            templates += [
                self._template(float(mass), [found[index] for found in states], direction, energy, sky)
                for index, mass in enumerate(chunk)
            ]
        pulls = self.observation.pulls
        shifts = np.zeros((1, len(pulls), self.observation.size))
        for index, pull in enumerate(pulls):
            for nuisance in self.card.nuisance:
                if nuisance.name == pull.name and not nuisance.affects.startswith("background:"):
                    shifts[0, index] += nuisance.sigma
        return Signal(templates=templates, relative_shifts=shifts if len(pulls) else None)

    def _template(
        self, mass: float, states: list[States], direction: Direction, energy: FloatArray, sky: FloatArray
    ) -> SignalTemplate:
        momenta, bins, cells = _DECADES * _MOMENTA_PER_DECADE, self.observation.size, len(self.edges) - 1
        node = np.zeros((momenta, cells, bins))
        total, inverse = np.zeros(momenta), np.zeros(momenta)
        norm = direction.decay_norm
        for kind, found in zip(self.kinds, states, strict=True):
            if mass <= 0.0 or not found.weight.size:
                continue
            momentum = np.sqrt(np.maximum((found.energy - mass) * (found.energy + mass), 0.0))
            depth = np.log10(np.maximum(momentum, 1e-300) / (energy[-1] if energy.size else 1.0))
            cell = np.clip((depth + _DECADES) * _MOMENTA_PER_DECADE, 0, momenta - 1).astype(np.intp)
            seen = self._seen(found, momentum, mass, energy, direction) * found.weight[:, None]
            weight = seen.sum(axis=1) * sky.sum(axis=1)[found.neutrino]
            total += np.bincount(cell, weight, momenta)
            inverse += np.bincount(cell, weight / np.maximum(momentum, 1e-12), momenta)
            for number in range(bins):
                production = _directions(found, seen[:, number], cell, momenta, sky)
                node[:, :, number] += production @ kind.density
        widths = hnl_decay.partial_widths(mass) if mass > 0 else {}
        whole = float(sum(widths.values())) * direction.majorana_factor
        mean = np.divide(inverse, total, out=np.zeros_like(total), where=total > 0)
        kappa = np.repeat(whole * mass / units.HBAR_C * mean, cells)
        near, far = np.tile(self.edges[:-1], momenta), np.tile(self.edges[1:], momenta)
        weight = node.reshape(-1, bins) * (self.volume * self.card.selection.efficiency)
        keep = (weight.sum(axis=1) > 0) & (kappa > 0)
        visible = float(widths["nu gamma"]) / float(sum(widths.values())) if mass > 0 else 1.0
        return SignalTemplate.from_nodes(weight[keep], kappa[keep], near[keep], far[keep], visible, norm).compressed()

    def _seen(
        self, states: States, momentum: FloatArray, mass: float, energy: FloatArray, direction: Direction
    ) -> FloatArray:
        """Share of the decays of each state with its photon in each bin, shape (n, bins)."""
        spin = np.zeros_like(momentum)
        if direction.nature == "dirac":
            spin = polarisation(states.recoil, energy[states.neutrino], mass, states.target_mass)
        gap = 2.0 * self.observation.edges - states.energy[:, None]
        cosine = np.clip(gap / np.maximum(momentum, 1e-300)[:, None], -1.0, 1.0)
        share = np.diff(0.5 * cosine - 0.25 * spin[:, None] * cosine**2, axis=1)
        least = self.card.selection.first_cascade_min_GeV
        if least > 0.0:
            share = share * (states.shower & (states.recoil >= least))[:, None]
        return np.asarray(share)


def _directions(
    states: States, seen: FloatArray, cell: npt.NDArray[np.intp], momenta: int, sky: FloatArray
) -> FloatArray:
    """Production per kilogram by momentum and zenith of N, shape (momenta, directions)."""
    energies, angles = len(sky), len(paths.ANGLE_EDGES) - 1
    if np.ptp(sky, axis=1).max() <= 1e-9 * sky.max():  # an isotropic sky stays so
        weight = np.bincount(cell, seen * sky[states.neutrino, 0], momenta)
        return np.repeat(weight[:, None], paths.DIRECTIONS, axis=1)
    theta = np.arcsin(np.clip(states.sine, 0.0, 1.0))
    theta = np.where(states.forward, theta, np.pi - theta)
    turn = np.clip(np.searchsorted(paths.ANGLE_EDGES, theta, side="right") - 1, 0, angles - 1)
    flat = (turn * momenta + cell) * energies + states.neutrino
    cube = np.bincount(flat, seen, angles * momenta * energies).reshape(angles, momenta, energies)
    return np.asarray(np.sum((cube @ sky) @ paths.zenith_kernel(), axis=0))


def _beams(source: Source, site: Site, file: Path, number: int) -> list[Beam]:
    """The flux by direction: bands of zenith, or one flux with its share of each cell."""
    field, everywhere = f"source[{number}].flux", np.full(paths.DIRECTIONS, 1.0 / paths.DIRECTIONS)
    if source.arrival == "zenith":
        beams = []
        per_band = paths.DIRECTIONS // _BANDS
        for band in range(_BANDS):
            low, high = paths.ZENITH_EDGES[[band * per_band, (band + 1) * per_band]]
            limits = {"cos_zenith_min": float(low), "cos_zenith_max": float(high)}
            flux: Flux = options.resolve(FLUXES, {**source.flux, **limits}, "flux", file, field)
            share = np.zeros(paths.DIRECTIONS)
            share[band * per_band : (band + 1) * per_band] = 1.0 / per_band
            beams.append(Beam(flux, share))
    else:
        share = paths.sun_zenith(site.latitude_deg) if source.arrival == "sun" else everywhere
        beams = [Beam(options.resolve(FLUXES, source.flux, "flux", file, field), share)]
    for beam in beams:
        if beam.flux.per != "s":
            raise CardError(file, field, source.flux.get("flux"), "must be a flux per second")
    return beams
