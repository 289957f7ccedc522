r"""N made by up-scattering in or before a detector, and seen by its decay N -> nu gamma (or nu e+ e-).

For each mass a low-discrepancy sample of (final state, place, azimuth, photon angle) becomes the nodes of a
:class:`~nudipole.signals.template.SignalTemplate`: the exact energy and angle of N, the straight path through the decay
volume, the photon with the polarisation of N,

.. math::  \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta^*} = \tfrac12(1 - P\cos\theta^*),\quad
    E_\gamma = \tfrac12(E_N + p_N\cos\theta^*),\quad \cos\alpha = \frac{\cos\theta^* + \beta}{1 + \beta\cos\theta^*},

isotropic for Majorana N, then smearing, cuts and efficiency. The same sample at every mass makes smooth curves; 4096
nodes give couplings to 0.5 %, to 5 % where they are shared among many bins and places (MiniBooNE). The review's
Eqs (38)-(41), with the decay probability inside the flux integral where it belongs.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import qmc

from nudipole import options, tables, units
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError, DomainError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.inference.limits import Statistic
from nudipole.kinematics import maximum_hnl_mass
from nudipole.matter import materials
from nudipole.portal import Direction
from nudipole.processes import hnl_decay
from nudipole.signals import arrival, template
from nudipole.signals.model import Bins, Signal
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.production import States, final_states, polarisation
from nudipole.signals.template import SignalTemplate
from nudipole.signals.upscatter_card import Matter, UpscatterCard

FloatArray = npt.NDArray[np.float64]
NODES = 4096
FEWEST = 512
ENERGY_NODES = 40
_CHUNK = 25
_PIECES = 8  # of a chord, where the time of arrival counts
CardType = UpscatterCard


def build(card: UpscatterCard, file: Path) -> UpscatterModel:
    """The experiment that the card describes, ready to compute."""
    table = find_table(card.observation.table, file)
    shapes = card.detector if isinstance(card.detector, list) else [card.detector]
    detectors: list[Volume] = [options.resolve(SHAPES, shape, "model", file, "detector") for shape in shapes]
    parts: list[tuple[Region, tuple[Volume, ...]]] = []
    for matter in card.matter:  # a slab has its own sample of paths for each decay volume
        targets = [tuple(detectors)] if matter.shape is not None else [(detector,) for detector in detectors]
        parts += [(_region(matter, aimed[0], file), aimed) for aimed in targets]
    return UpscatterModel(card, file, _flux(card, file), table, tuple(parts), _efficiency(card, file))


@dataclass(frozen=True)
class Region:
    """Matter with its mass [kg] and where in it N is made."""

    matter: Matter
    material: materials.Material
    kilograms: float
    volume: Volume | None
    depth: tuple[float, float] | None


@dataclass(frozen=True)
class Photons:
    """Decays: what is seen of each node."""

    energy: FloatArray
    cosine: FloatArray


@dataclass(frozen=True)
class UpscatterModel:
    """A photon search under one preset; see :class:`nudipole.signals.model.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: UpscatterCard
    file: Path
    flux: Flux
    table: tables.Table | None
    parts: tuple[tuple[Region, tuple[Volume, ...]], ...]  # where N is made, where it decays
    efficiency: tuple[FloatArray, FloatArray] | None

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*self.flux.flavors, "universal")

    @property
    def bins(self) -> Bins:
        histogram = self.card.histogram
        return Bins(histogram.variable, np.asarray(histogram.edges), self.observation.observed)

    def maximum_mass(self) -> float:
        heaviest = max(nucleus.mass for region, _ in self.parts for nucleus, _ in region.material.nuclei_per_kg)
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
            card.key, self.file, card.observation, card.background, card.nuisance, edges, len(edges) - 1, self.table
        )

    def components(self) -> Mapping[str, FloatArray]:
        return self.observation.components()

    def statistic(self) -> Statistic:
        return self.observation.statistic(self.observation.likelihood())

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        energy, fluence = rebin(*self.flux.nodes(direction), ENERGY_NODES)
        fluence = fluence * self._exposure()
        templates = []
        for chunk in np.array_split(np.asarray(masses, dtype=float), -(-len(masses) // _CHUNK)):
            templates += self._templates(chunk, direction, energy, fluence)
        pulls = self.observation.pulls
        shifts = np.zeros((1, len(pulls), self.observation.size))
        for index, pull in enumerate(pulls):
            for nuisance in self.card.nuisance:
                if nuisance.name == pull.name and not nuisance.affects.startswith("background:"):
                    shifts[0, index] += nuisance.sigma
        return Signal(templates=templates, relative_shifts=shifts if len(pulls) else None)

    def _exposure(self) -> float:
        exposure = self.card.exposure
        value = {"POT": exposure.protons_on_target, "s": exposure.seconds, "run": 1.0}[self.flux.per]
        if value is None:
            needed = {"POT": "protons_on_target", "s": "seconds"}[self.flux.per]
            raise CardError(self.file, f"exposure.{needed}", None, f"is required: the flux is per {self.flux.per}")
        return float(value)

    def _templates(
        self, masses: FloatArray, direction: Direction, energy: FloatArray, fluence: FloatArray
    ) -> list[SignalTemplate]:
        number = max(2 ** int(np.log2(NODES / len(self.parts))), FEWEST)
        kinds = {(region.material.name, region.matter.channels): region for region, _ in self.parts}
        states = {
            kind: final_states(region.material, energy, masses, region.matter.channels)
            for kind, region in kinds.items()
        }
        templates = []
        for index, mass in enumerate(masses):
            parts = [
                self._nodes(
                    region,
                    detectors,
                    states[region.material.name, region.matter.channels][index],
                    float(mass),
                    direction,
                    energy,
                    fluence,
                    _sobol(number, position),
                )
                for position, (region, detectors) in enumerate(self.parts)
            ]
            templates.append(template.total(parts).compressed())
        return templates

    def _nodes(
        self,
        region: Region,
        detectors: tuple[Volume, ...],
        states: States,
        mass: float,
        direction: Direction,
        energy: FloatArray,
        fluence: FloatArray,
        u: FloatArray,
    ) -> SignalTemplate:
        bins, norm = self.observation.size, direction.decay_norm
        yields = states.weight * fluence[states.neutrino]
        total = yields.sum()
        if total <= 0.0 or mass <= 0.0:
            return SignalTemplate.from_nodes(np.zeros((0, bins)), np.zeros(0), np.zeros(0), np.zeros(0), 1.0, norm)
        cumulative = np.cumsum(yields) / total
        chosen = np.minimum(np.searchsorted(cumulative, u[:, 0], side="right"), len(yields) - 1)
        hnl, sine = states.energy[chosen], states.sine[chosen]
        momentum = np.sqrt((hnl - mass) * (hnl + mass))
        cosine = np.where(states.forward[chosen], 1.0, -1.0) * np.sqrt(1.0 - sine**2)
        azimuth = 2.0 * np.pi * u[:, 1]
        path = np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
        origin, dilution = _origins(region, detectors[0], path, u[:, 2:5])
        spin = np.zeros(len(chosen))
        if direction.nature == "dirac":
            spin = polarisation(
                states.recoil[chosen], energy[states.neutrino[chosen]], mass, states.target_mass[chosen]
            )
        photons = decay_photons(hnl, momentum, path, spin, u[:, 5], u[:, 6])
        seen, weight = self._accept(photons, u[:, 7:9], states.recoil[chosen], states.shower[chosen])
        selection = self.card.selection
        start = np.full_like(hnl, selection.separation_min_m)
        if selection.delay_min_ns > 0.0:
            slowness = np.divide(hnl, momentum, out=np.full_like(hnl, np.inf), where=momentum > 0) - 1.0
            late = np.divide(selection.delay_min_ns * 1e-9 * units.SPEED_OF_LIGHT, slowness, where=slowness > 0,
                             out=np.full_like(hnl, np.inf))  # fmt: skip
            start = np.maximum(start, late)
        weight = weight * dilution * (region.kilograms * total / len(chosen))
        weight = np.where(cosine >= selection.hnl_cosine_min, weight, 0.0)
        whole, visible = _decay(mass, selection.visible)
        templates = []
        for detector in detectors:
            near, far = detector.chord(origin, path)
            near = np.maximum(near, start)
            keep = (far > near) & (weight > 0) & (momentum > 0) & (seen >= 0)
            matrix = np.zeros((int(keep.sum()), bins))
            matrix[np.arange(len(matrix)), seen[keep]] = weight[keep]
            kappa = whole * direction.majorana_factor * mass / momentum[keep] / units.HBAR_C
            for share, first, last in self._gated(near[keep], far[keep], hnl[keep], momentum[keep]):
                templates.append(SignalTemplate.from_nodes(matrix * share[:, None], kappa, first, last, visible, norm))
        return template.total(templates)

    def _gated(
        self, near: FloatArray, far: FloatArray, energy: FloatArray, momentum: FloatArray
    ) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        """Pieces of the path through the volume, each with the share that arrives while the gate is open."""
        selection = self.card.selection
        if selection.gate_ns is None:
            return [(np.ones_like(near), near, far)]
        edges = np.linspace(near, far, _PIECES + 1)
        pieces = []
        for first, last in itertools.pairwise(edges):
            late = arrival.delay(0.5 * (first + last), energy, momentum)
            share = arrival.gate_share(late, selection.gate_ns, selection.bunch_period_ns, selection.bunch_sigma_ns)
            pieces.append((share, first, last))
        return pieces

    def _accept(
        self, photons: Photons, u: FloatArray, recoil: FloatArray, shower: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Bin (-1: none) and efficiency of each node after smearing and cuts."""
        selection, histogram = self.card.selection, self.card.histogram
        energy, cosine = photons.energy, photons.cosine
        stochastic, constant = selection.energy_resolution
        if stochastic > 0 or constant > 0:
            relative = np.hypot(stochastic / np.sqrt(np.maximum(energy, 1e-6)), constant)
            energy = np.maximum(energy * (1.0 + relative * ndtri(u[:, 0])), 0.0)
        if selection.angle_resolution_deg > 0:
            kick = np.deg2rad(selection.angle_resolution_deg) * np.sqrt(-2.0 * np.log1p(-u[:, 0]))
            sine = np.sqrt(1.0 - cosine**2)
            cosine = cosine * np.cos(kick) + sine * np.sin(kick) * np.cos(2.0 * np.pi * u[:, 1])
        good = (energy >= selection.energy_min_GeV) & (cosine >= selection.cosine_min)
        if selection.energy_max_GeV is not None:
            good &= energy <= selection.energy_max_GeV
        if selection.energy_angle2_max_GeV is not None:
            good &= energy * np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2 <= selection.energy_angle2_max_GeV
        if selection.first_cascade_min_GeV > 0:
            good &= shower & (recoil >= selection.first_cascade_min_GeV)
        efficiency = np.full_like(energy, selection.efficiency)
        if self.efficiency is not None:
            efficiency *= np.interp(photons.energy, *self.efficiency)
        value = {
            "count": np.full_like(energy, 0.5 * (histogram.edges[0] + histogram.edges[-1])),
            "energy": energy,
            "cosine": cosine,
            "quasi-elastic-energy": quasi_elastic_energy(energy, cosine),
        }[histogram.variable]
        edges = np.asarray(histogram.edges)
        bins = np.searchsorted(edges, value, side="right") - 1
        good &= (bins >= 0) & (bins < len(edges) - 1)
        return np.where(good, bins, -1), np.where(good, efficiency, 0.0)


def _origins(
    region: Region, detector: Volume, path: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray | float]:
    """Where N is made, and the weight of the place: fluence relative to z = 0 over density of the sample.

    See :class:`~nudipole.signals.upscatter_card.Matter` for the fluence.
    """
    if region.volume is not None:
        origin = region.volume.sample(u)
        distance = region.matter.source_distance_m
        return origin, 1.0 if distance is None else (distance / (distance + origin[:, 2])) ** 2
    assert region.depth is not None
    start, stop = region.depth
    thickness, first = stop - start, 0.02 * (stop - start)  # densest near the detector: short-lived N come from there
    behind = first * np.expm1(u[:, 2] * np.log1p(thickness / first))
    density = (behind + first) * np.log1p(thickness / first) / thickness
    z = stop - behind
    plane = 0.5 * sum(detector.extent)
    forward = np.where(path[:, 2] > 1e-6, path[:, 2], np.nan)
    aim = detector.sample_front(u[:, :2])
    shift = ((plane - z) / forward)[:, None] * path[:, :2]
    return np.nan_to_num(np.column_stack([aim - shift, z]), nan=1e9), density


def decay_photons(
    energy: FloatArray, momentum: FloatArray, path: FloatArray, polarisation: FloatArray, u: FloatArray, v: FloatArray
) -> Photons:
    """Photon energy [GeV] and cosine to z for uniforms u (polar angle in the rest frame) and v (azimuth)."""
    spread = 4.0 * u - 2.0 - polarisation
    rest = spread / (1.0 + np.sqrt(np.maximum(1.0 - polarisation * spread, 0.0)))
    beta = momentum / energy
    photon = 0.5 * (energy + momentum * rest)
    alpha_cosine = np.clip((rest + beta) / (1.0 + beta * rest), -1.0, 1.0)
    alpha_sine = np.sqrt(1.0 - alpha_cosine**2)
    theta_cosine = path[:, 2]
    theta_sine = np.sqrt(np.maximum(1.0 - theta_cosine**2, 0.0))
    cosine = theta_cosine * alpha_cosine - theta_sine * alpha_sine * np.cos(2.0 * np.pi * v)
    return Photons(photon, np.clip(cosine, -1.0, 1.0))


def quasi_elastic_energy(energy: FloatArray, cosine: FloatArray) -> FloatArray:
    """Neutrino energy [GeV] that a quasi-elastic electron of this energy and angle would mean (MiniBooNE)."""
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    momentum = np.sqrt(np.maximum(energy**2 - m_e**2, 0.0))
    denominator = m_n - energy + momentum * cosine
    numerator = m_n * energy - 0.5 * (m_n**2 + m_e**2 - m_p**2)
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.inf)


def rebin(energy: FloatArray, weight: FloatArray, number: int) -> tuple[FloatArray, FloatArray]:
    """At most ``number`` energies, log-spaced cells with their weight and mean energy; both are conserved."""
    if len(energy) <= number:
        return energy, weight
    cell = np.log(energy)
    edges = np.linspace(cell.min(), cell.max() * (1 + 1e-12) + 1e-12, number + 1)
    index = np.clip(np.searchsorted(edges, cell, side="right") - 1, 0, number - 1)
    total = np.bincount(index, weight, number).astype(float)
    mean = np.bincount(index, weight * energy, number).astype(float)
    keep = total > 0
    return mean[keep] / total[keep], total[keep]


@functools.cache
def _sobol(number: int, seed: int) -> FloatArray:
    points = qmc.Sobol(9, scramble=True, rng=np.random.default_rng(1000 + seed)).random(number)
    return np.clip(points, 1e-12, 1.0 - 1e-12)


@functools.lru_cache(maxsize=1024)
def _decay(mass: float, visible: str) -> tuple[float, float]:
    """Total width per d^2 of a Dirac N [GeV^3] and the fraction of decays that are visible."""
    widths = hnl_decay.partial_widths(mass)
    whole = float(sum(widths.values()))
    photon, pair = float(widths["nu gamma"]) / whole, float(widths["nu e+ e-"]) / whole
    return whole, {"photon": photon, "pair": pair, "both": photon + pair}[visible]


def _flux(card: UpscatterCard, file: Path) -> Flux:
    """The card's flux; several, each with its protons on target, are one flux of the whole run."""
    if not isinstance(card.source, list):
        return _one_flux(card.source, file, "source")
    components: list[FluxComponent] = []
    citations: list[str] = []
    for index, table in enumerate(card.source):
        field = f"source[{index}]"
        protons = table.get("protons_on_target")
        if not isinstance(protons, (int, float)) or not protons > 0:
            raise CardError(file, f"{field}.protons_on_target", protons, "must be a positive number of protons")
        one = _one_flux({k: v for k, v in table.items() if k != "protons_on_target"}, file, field)
        if one.per != "POT":
            raise CardError(file, field, one.name, "only fluxes per proton on target can be added")
        components += one.scaled(float(protons)).components
        citations += one.citations
    return Flux(f"{len(card.source)} beams", tuple(components), "run", tuple(dict.fromkeys(citations)))


def _one_flux(settings: Mapping[str, Any], file: Path, field: str) -> Flux:
    """A named flux, cut off above ``energy_max_GeV`` where a card follows a paper that leaves out the tail."""
    flux: Flux = options.resolve(
        FLUXES, {k: v for k, v in settings.items() if k != "energy_max_GeV"}, "flux", file, field
    )
    if "energy_max_GeV" not in settings:
        return flux
    top = settings["energy_max_GeV"]
    if not isinstance(top, (int, float)) or not top > 0:
        raise CardError(file, f"{field}.energy_max_GeV", top, "must be a positive energy")
    kept = [(c, c.energy <= top) for c in flux.components if np.count_nonzero(c.energy <= top) > 1]
    if not kept:
        raise CardError(file, f"{field}.energy_max_GeV", top, "leaves nothing of the flux")
    cut = tuple(
        replace(
            c,
            energy=c.energy[k],
            intensity=c.intensity[k],
            density=c.density[k] if c.density.ndim == 3 else c.density,
        )
        for c, k in kept
    )
    return replace(flux, components=cut)


def _region(matter: Matter, detector: Volume, file: Path) -> Region:
    field = f"matter.{matter.name}"
    material = materials.get(matter.material)
    if (matter.shape is None) == (matter.upstream_m is None):
        raise CardError(file, field, None, "give exactly one of shape and upstream_m")
    if (matter.density_g_cm3 is None) == (matter.mass_tonne is None):
        raise CardError(file, field, None, "give exactly one of density_g_cm3 and mass_tonne")
    volume: Volume | None = None
    depth = None
    if matter.shape is not None:
        volume = options.resolve(SHAPES, matter.shape, "model", file, f"{field}.shape")
        cubic_metres = volume.volume
    else:
        assert matter.upstream_m is not None
        depth = (min(matter.upstream_m), max(matter.upstream_m))
        if depth[1] <= depth[0]:
            raise CardError(file, f"{field}.upstream_m", matter.upstream_m, "needs two different positions")
        cubic_metres = detector.frontal_area * (depth[1] - depth[0])
    if matter.mass_tonne is not None:
        kilograms = 1e3 * matter.mass_tonne
    else:
        assert matter.density_g_cm3 is not None
        kilograms = 1e3 * matter.density_g_cm3 * cubic_metres
    return Region(matter, material, kilograms, volume, depth)


def _efficiency(card: UpscatterCard, file: Path) -> tuple[FloatArray, FloatArray] | None:
    table = find_table(card.selection.efficiency_table, file)
    if table is None:
        return None
    unit = {"GeV": units.GEV, "MeV": units.MEV, "keV": units.KEV}.get(table.units.get("energy", ""))
    if unit is None:
        raise DomainError(f"{table.name}: an efficiency table needs a column energy in keV, MeV or GeV")
    return table["energy"] * unit, table["efficiency"]
