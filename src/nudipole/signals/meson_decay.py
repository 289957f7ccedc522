r"""N made in meson decays at a target, a dump or a collision point, flying, and seen by its photon far away.

.. math::

    n(d) = \sum_{\rm mesons}\int dn_{\rm meson}\; \frac{d\Gamma(E^*)}{\Gamma_{\rm meson}}\,
           \frac{d\Omega^*}{4\pi}\; e^{-\kappa D\,\ell_{\rm in}}\left(1 - e^{-\kappa D(\ell_{\rm out}-\ell_{\rm in})}\right)
           {\rm BR}(\nu\gamma)\,\epsilon(\gamma)

with kappa = M Gamma_N / (p D), the segment of the straight path inside the decay volume, and the photon's energy and its
hit on a calorimeter face (review Eqs 38, 40, 41). One quasi-random set of events serves every mass, so curves are
smooth: meson, E*, direction of N (aimed at the volume, weighted by dOmega*/dOmega), slice of the path and direction of
the photon, which for a Dirac N follows (1 - P cos theta)/2. Then events are gathered by slice and momentum.

Neutral mesons make N with any flavour, rate sum |d_alpha|^2, and both nu Nbar and nubar N; P -> l gamma N needs the
flavour of its lepton. The four-body modes, below one per cent of these, are left out. Pions and kaons count with the
chance to decay within ``decay_path_m`` (an interaction length, or the way to the first absorber).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from nudipole import options, units
from nudipole.cards import Card, Fraction, NonNegative, Options, Positive, Section
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes import mesons as spectra
from nudipole.inference.counting import feldman_cousins, poisson_upper_limit
from nudipole.inference.limits import CountStatistic, Statistic
from nudipole.portal import FLAVORS, Direction
from nudipole.processes import hnl_decay, meson
from nudipole.processes.phase_space import boost
from nudipole.signals.model import Bins, Signal
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_EVENTS = 1 << 10  # for each meson and channel
_SLICES = 8
_PER_DECADE = 12  # bins of momentum in the gathered template
_PROPER_LENGTH = {"pi": 7.8045, "K": 3.711}  # c tau [m], PDG


class SourceSection(Section, frozen=True, kw_only=True):
    """Where mesons come from: protons on a target, proton collisions, or a beam of mesons that decay in flight."""

    beam: float | Literal["lhc"] | None = None
    protons: Positive | None = None
    luminosity_fb: Positive | None = None
    mesons: list[str] = []  # empty: all that are known at this beam
    mass_number: Positive = 12.0
    decay_path_m: NonNegative = 0.15
    form_factor: Literal["point", "pole"] = "pole"
    meson_beam: str = ""
    momentum_GeV: Positive | None = None
    decays: Positive | None = None
    decay_region_m: tuple[float, float] | None = None


class SelectionSection(Section, frozen=True, kw_only=True):
    """The photon: energy window, and a ring (radius) on the plane of the calorimeter that it must hit."""

    photon_GeV: tuple[NonNegative, Positive]
    calorimeter_m: float
    inner_m: NonNegative = 0.0
    outer_m: Positive
    efficiency: Fraction = 1.0


class ObservationSection(Section, frozen=True, kw_only=True):
    """``background-free``: nothing seen, nothing expected; ``feldman-cousins``: counts over a known background."""

    statistic: Literal["background-free", "feldman-cousins"]
    counts: NonNegative = 0.0
    background: NonNegative = 0.0


class MesonDecayCard(Card, frozen=True, kw_only=True):
    """A search for the photon of N from meson decays. z = 0 is where the mesons are made, z runs along the beam."""

    source: SourceSection
    volume: Options
    selection: SelectionSection
    observation: ObservationSection


CardType = MesonDecayCard


class Events(NamedTuple):
    """N in the lab: momentum [GeV], unit direction, origin [m], weight per d^2, and the parent's four-momentum."""

    momentum: FloatArray
    direction: FloatArray
    origin: FloatArray
    weight: FloatArray
    parent: FloatArray
    uniforms: FloatArray


class Gathered(NamedTuple):
    """Nodes of a template, one lepton flavour group."""

    weight: FloatArray
    inverse_momentum: FloatArray
    near: FloatArray
    far: FloatArray


def build(card: MesonDecayCard, file: Path) -> MesonDecayModel:
    """The experiment that the card describes, ready to compute."""
    volume: Volume = options.resolve(SHAPES, card.volume, "shape", file, "volume")
    source = card.source
    if source.meson_beam:
        missing = [n for n in ("momentum_GeV", "decays", "decay_region_m") if getattr(source, n) is None]
        if missing:
            raise CardError(file, f"source.{missing[0]}", None, "is required with source.meson_beam")
        check = (source.meson_beam,)
    else:
        if source.beam is None:
            raise CardError(file, "source.beam", None, "is required: proton energy in GeV or lhc, or a meson_beam")
        needed = "luminosity_fb" if source.beam == "lhc" else "protons"
        if getattr(source, needed) is None:
            raise CardError(file, f"source.{needed}", None, f"is required for the beam {source.beam}")
        if volume.extent[0] <= 0:
            raise CardError(file, "volume", card.volume, "the decay volume must lie beyond the target, z > 0")
        check = tuple(source.mesons)
    try:
        known = meson.PARENTS if source.meson_beam else spectra.mesons(source.beam or 0.0)
        for name in check:
            if name not in known:
                raise CardError(file, "source.mesons", name, f"must be among {', '.join(known)}")
        if source.meson_beam and source.momentum_GeV is not None:
            meson.parent_mass(source.meson_beam)
        elif source.beam not in spectra.BEAMS:
            raise CardError(file, "source.beam", source.beam, f"must be one of {', '.join(map(str, spectra.BEAMS))}")
    except CardError:
        raise
    except NudipoleError as error:
        raise CardError(file, "source", source.beam, str(error)) from error
    if card.selection.photon_GeV[1] <= card.selection.photon_GeV[0]:
        raise CardError(file, "selection.photon_GeV", card.selection.photon_GeV, "the window must have a width")
    return MesonDecayModel(card, file, volume)


@dataclass(frozen=True)
class MesonDecayModel:
    """A search under one preset; see :class:`nudipole.signals.model.Model`."""

    card: MesonDecayCard
    file: Path
    volume: Volume
    _cache: dict[tuple[float, bool], dict[str, Gathered]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The mesons that count; both charges together."""
        source = self.card.source
        if source.meson_beam:
            return (source.meson_beam,)
        assert source.beam is not None
        known = [m for m in spectra.mesons(source.beam) if not m.endswith(("+", "-"))]
        return tuple(source.mesons) or tuple(known)

    @property
    def flavors(self) -> tuple[str, ...]:
        groups = {self._group(p, c) for p in self.parents for c in _channels(p)}
        found = FLAVORS if "any" in groups else tuple(f for f in FLAVORS if f in groups)
        return (*found, "universal")

    @property
    def bins(self) -> Bins:
        low, high = self.card.selection.photon_GeV
        return Bins("photon energy [GeV]", np.array([low, high]), np.array([self.card.observation.counts]))

    def maximum_mass(self) -> float:
        largest = []
        for parent in self.parents:
            leptons = [units.LEPTON_MASS[c.split()[0]] for c in _channels(parent) if c.split()[0] in FLAVORS]
            largest.append(meson.parent_mass(parent) - (min(leptons) if leptons else 0.0))
        return max(largest)

    def components(self) -> Mapping[str, FloatArray]:
        return {"background": np.array([self.card.observation.background])}

    def statistic(self) -> Statistic:
        seen = self.card.observation
        if seen.statistic == "background-free":
            return CountStatistic(lambda cl: poisson_upper_limit(0.0, 0.0, cl))
        return CountStatistic(lambda cl: feldman_cousins(int(seen.counts), seen.background, cl)[1])

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        return Signal(templates=[self._template(float(m), direction) for m in masses])

    def _template(self, mass: float, direction: Direction) -> SignalTemplate:
        majorana = direction.nature == "majorana"
        key = (mass, majorana)
        if key not in self._cache:
            self._cache[key] = self._groups(mass, majorana)
        parts = []
        for group, nodes in self._cache[key].items():
            strength = _strength(group, direction)
            if strength > 0 and nodes.weight.size:
                parts.append(nodes._replace(weight=nodes.weight * strength))
        if not parts:
            return SignalTemplate.from_nodes(np.zeros((1, 1)), 0.0, 0.0, 0.0, decay_norm=direction.decay_norm)
        joined = Gathered(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
        total = float(hnl_decay.total_width(mass)) * direction.majorana_factor
        return SignalTemplate.from_nodes(
            joined.weight[:, None],
            kappa=total * mass * joined.inverse_momentum * units.METRE,
            near=joined.near,
            far=joined.far,
            visible=float(hnl_decay.radiative_width(mass) / hnl_decay.total_width(mass)) if mass > 0 else 1.0,
            decay_norm=direction.decay_norm,
        )

    # --- events ------------------------------------------------------------------------------------------------------
    def _groups(self, mass: float, majorana: bool) -> dict[str, Gathered]:
        found: dict[str, list[Gathered]] = {}
        for parent in self.parents:
            for channel in _channels(parent):
                energy, width = _rest_spectrum(parent, channel, mass, self.card.source.form_factor)
                if energy.size:
                    events = self._events(parent, mass, energy, width / meson.total_width(parent))
                    degree = 0.0 if majorana else meson.polarisation(parent, channel, mass)
                    gathered = self._gather(events, mass, degree)
                    found.setdefault(self._group(parent, channel), []).append(gathered)
        return {g: Gathered(*(np.concatenate(c) for c in zip(*parts, strict=True))) for g, parts in found.items()}

    @staticmethod
    def _group(parent: str, channel: str) -> str:
        first = channel.split()[0]
        return first if first in FLAVORS else "any"

    def _events(self, parent: str, mass: float, energy: FloatArray, ratio: FloatArray) -> Events:
        """N from one decay; weights are N (both states) per d^2 and the whole exposure."""
        u = _uniforms()
        cumulative = np.cumsum(ratio)
        star = np.interp(u[:, 1] * cumulative[-1], cumulative - 0.5 * ratio, energy)
        states = float(meson.lepton_number_states(parent)) * cumulative[-1]
        if self.card.source.meson_beam:
            return self._in_flight(parent, mass, star, states)
        parents, cosine_window = self._aimed_parents(parent)
        index = np.searchsorted(parents.cumulative, u[:, 0] * parents.cumulative[-1])
        weight = parents.cumulative[-1] / len(u) / parents.preference[index] * states
        parent_energy, angle, azimuth = parents.energy[index], parents.angle[index], 2 * np.pi * u[:, 4]
        momentum = np.sqrt(parent_energy**2 - meson.parent_mass(parent) ** 2)
        axis = np.stack([np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)], axis=1)
        slope = cosine_window[0] + u[:, 2:4] * (cosine_window[1] - cosine_window[0])
        length = np.sqrt(1 + np.sum(slope**2, axis=1))
        direction = np.column_stack([slope, np.ones(len(u))]) / length[:, None]
        solid_angle = np.prod(cosine_window[1] - cosine_window[0]) / length**3
        cosine = np.clip(np.sum(direction * axis, axis=1), -1, 1)
        p, density = meson.momentum_towards(star, mass, parent_energy / meson.parent_mass(parent), cosine)
        weights = weight * density / (4 * np.pi) * solid_angle
        four = np.column_stack([parent_energy, momentum[:, None] * axis])
        keep = weights > 0
        first, second = keep
        rows = np.concatenate([np.nonzero(first)[0], np.nonzero(second)[0]])
        return Events(
            np.concatenate([p[0][first], p[1][second]]),
            direction[rows],
            np.zeros((rows.size, 3)),
            np.concatenate([weights[0][first], weights[1][second]]),
            four[rows],
            u[rows],
        )

    def _in_flight(self, parent: str, mass: float, star: FloatArray, states: float) -> Events:
        """A beam of mesons along z that decay uniformly over a region; N isotropic in their rest frame."""
        source, u = self.card.source, _uniforms()
        assert source.momentum_GeV is not None and source.decays is not None and source.decay_region_m is not None
        number = len(u)
        parent_energy = np.hypot(source.momentum_GeV, meson.parent_mass(parent))
        four = np.tile([parent_energy, 0.0, 0.0, source.momentum_GeV], (number, 1))
        p = np.sqrt(np.maximum(star**2 - mass**2, 0.0))
        rest = np.column_stack([star, p[:, None] * _unit(2 * u[:, 2] - 1, 2 * np.pi * u[:, 3])])
        lab = boost(rest, four)
        momentum = np.sqrt(np.sum(lab[:, 1:] ** 2, axis=1))
        start, end = source.decay_region_m
        origin = np.zeros((number, 3))
        origin[:, 2] = start + (end - start) * u[:, 0]
        weight = np.full(number, source.decays * states / number)
        return Events(momentum, lab[:, 1:] / momentum[:, None], origin, weight, four, u)

    def _aimed_parents(self, parent: str) -> tuple[_Parents, FloatArray]:
        """Mesons with the probability to be drawn, and the rectangle of slopes dx/dz, dy/dz that covers the volume."""
        source = self.card.source
        assert source.beam is not None
        exposure = float(source.protons or 0.0) if source.beam != "lhc" else 1e3 * float(source.luminosity_fb or 0.0)
        window = _slope_window(self.volume)
        parents = _parents(source.beam, parent, source.mass_number, source.decay_path_m, _polar(window))
        return _Parents(parents.energy, parents.angle, parents.cumulative * exposure, parents.preference), window

    def _gather(self, events: Events, mass: float, degree: float) -> Gathered:
        """Photons that are seen, with their segments of path, gathered by slice and momentum."""
        near, far = self.volume.chord(events.origin, events.direction)
        hit = far > near
        events = Events(*(column[hit] for column in events))
        near, far = near[hit], far[hit]
        u = events.uniforms
        piece = np.minimum((u[:, 5] * _SLICES).astype(int), _SLICES - 1)
        step = (far - near) / _SLICES
        near = near + piece * step
        energy = np.hypot(events.momentum, mass)
        lab = np.column_stack([energy, events.momentum[:, None] * events.direction])
        photon_rest = _unit(2 * u[:, 6] - 1, 2 * np.pi * u[:, 7])
        if degree != 0.0:
            back = boost(events.parent, lab * np.array([1.0, -1.0, -1.0, -1.0]))[:, 1:]
            size = np.sqrt(np.sum(back**2, axis=1))
            spin = -np.sum(back * photon_rest, axis=1) / np.where(size > 0, size, 1.0)
        else:
            spin = np.zeros(len(u))
        light = boost(np.column_stack([np.full(len(u), 0.5 * mass), 0.5 * mass * photon_rest]), lab)
        weight = events.weight * _SLICES * (1 - degree * spin) * self._seen(events, near + 0.5 * step, light)
        keep = weight > 0
        bins = np.floor(_PER_DECADE * np.log10(events.momentum[keep])).astype(int)
        label = np.unique(bins * _SLICES + piece[keep], return_inverse=True)[1]
        weight = weight[keep]
        total = np.bincount(label, weight)

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray(np.bincount(label, weight * values[keep]) / total, dtype=float)

        return Gathered(np.asarray(total, dtype=float), mean(1 / events.momentum), mean(near), mean(near + step))

    def _seen(self, events: Events, length: FloatArray, photon: FloatArray) -> FloatArray:
        """Efficiency for a photon (n, 4) that starts at ``length`` [m] along the path of N."""
        selection = self.card.selection
        point = events.origin + length[:, None] * events.direction
        way = selection.calorimeter_m - point[:, 2]
        slope = np.where(photon[:, 3] > 0, photon[:, 3], np.inf)
        radius = np.hypot(*(point[:, :2] + photon[:, 1:3] * (way / slope)[:, None]).T)
        low, high = selection.photon_GeV
        inside = (photon[:, 0] > low) & (photon[:, 0] < high) & (photon[:, 3] > 0) & (way > 0)
        inside &= (radius >= selection.inner_m) & (radius <= selection.outer_m)
        return np.where(inside, selection.efficiency, 0.0)


@dataclass(frozen=True)
class _Parents:
    """Mesons, the cumulative number of draws that stands for them, and preference = draws per meson."""

    energy: FloatArray
    angle: FloatArray
    cumulative: FloatArray
    preference: FloatArray


@functools.lru_cache(maxsize=256)
def _parents(
    beam: float | str, parent: str, mass_number: float, decay_path: float, polar: tuple[float, float]
) -> _Parents:
    """Draw mesons that can send a light N into the window of polar angles more often, 1/(gamma - sqrt(gamma^2-1) c)^2."""
    nodes = spectra.meson_spectrum(beam, parent, mass_number)
    mass = meson.parent_mass(parent)
    number = nodes.weight
    if parent in _PROPER_LENGTH:
        momentum = np.sqrt(nodes.energy**2 - mass**2)
        number = number * -np.expm1(-decay_path * mass / (momentum * _PROPER_LENGTH[parent]))
    off = np.clip(np.maximum(polar[0] - nodes.angle, nodes.angle - polar[1]), 0.0, np.pi)
    gamma = nodes.energy / mass
    preference = 1 / (gamma - np.sqrt(gamma**2 - 1) * np.cos(off)) ** 2 + 1e-6
    order = np.argsort(nodes.energy * (1 + 1e-6 * nodes.angle))
    return _Parents(nodes.energy[order], nodes.angle[order], np.cumsum((number * preference)[order]), preference[order])


@functools.lru_cache(maxsize=4096)
def _rest_spectrum(parent: str, channel: str, mass: float, form_factor: str) -> tuple[FloatArray, FloatArray]:
    """Rest-frame energies of N, sorted and gathered, with widths per d^2."""
    return meson.compress(*meson.hnl_energy_nodes(parent, channel, mass, form_factor), 40)


def _channels(parent: str) -> tuple[str, ...]:
    """Two- and three-body channels."""
    return tuple(name for name in meson.channels(parent) if len(name.split()) < 4)


def _strength(group: str, direction: Direction) -> float:
    """Production over d^2: any flavour for neutral mesons, that of the lepton for charged ones."""
    if group == "any":
        return direction.decay_norm
    return 1.0 if direction.incoherent else float(abs(direction.couplings[FLAVORS.index(group)]) ** 2)


def _slope_window(volume: Volume) -> FloatArray:
    """Smallest rectangle of slopes (dx/dz, dy/dz) from the origin that holds the front and the back of the volume."""
    front = volume.sample_front(_corners())
    slopes = np.concatenate([front / z for z in volume.extent])
    low, high = slopes.min(axis=0), slopes.max(axis=0)
    margin = 0.01 * (high - low)
    return np.stack([low - margin, high + margin])


def _polar(window: FloatArray) -> tuple[float, float]:
    """Polar angles of a rectangle of slopes: nearest to and farthest from the beam axis."""
    nearest = np.where((window[0] < 0) & (window[1] > 0), 0.0, np.min(np.abs(window), axis=0))
    return float(np.arctan(np.hypot(*nearest))), float(np.arctan(np.hypot(*np.max(np.abs(window), axis=0))))


def _unit(cosine: FloatArray, azimuth: FloatArray) -> FloatArray:
    sine = np.sqrt(np.maximum(1 - cosine**2, 0.0))
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)


@functools.cache
def _corners() -> FloatArray:
    grid = np.linspace(0.0, 1.0 - 1e-12, 65)
    return np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)


@functools.cache
def _uniforms() -> FloatArray:
    """One scrambled Sobol set for every mass and channel: (events, 8)."""
    return np.asarray(qmc.Sobol(8, scramble=True, rng=np.random.default_rng(62)).random(_EVENTS))
