r"""N made in meson decays at a target, a dump or a collision point, flying, and seen by its photon far away.

.. math::

    n(d) = \sum_{\rm mesons}\int dn_{\rm meson}\; \frac{d\Gamma(E^*)}{\Gamma_{\rm meson}}\,
           \frac{d\Omega^*}{4\pi}\; e^{-\kappa D\,\ell_{\rm in}}
           \left(1 - e^{-\kappa D(\ell_{\rm out}-\ell_{\rm in})}\right) {\rm BR}(\nu\gamma)\,\epsilon(\gamma)

with kappa = M Gamma_N / (p D), the segment of the straight path inside the decay volume, the energy of the photon and
its hit on a calorimeter face (review Eqs 38, 40, 41). One quasi-random set of events serves every mass, so curves are
smooth: meson, E*, direction of N (aimed at the volume, weighted by dOmega*/dOmega), slice of the path and direction of
the photon, which for a Dirac N follows (1 - P cos theta)/2. Then events are gathered by slice and momentum.

Neutral mesons make N with any flavour, rate sum |d_alpha|^2, and both nu Nbar and nubar N; P -> l gamma N needs the
flavour of its lepton. The four-body modes, below one per cent of these, are left out. Pions and kaons count with the
chance to decay within ``decay_path_m`` (an interaction length, or the way to the first absorber).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError, NudipoleError, UnreachableWarning
from nudipole.fluxes.hadrons import mesons as spectra
from nudipole.inference.limits import Statistic
from nudipole.inputs import options
from nudipole.inputs.cards import (
    Card,
    Fault,
    Fraction,
    NonNegative,
    Options,
    Positive,
    Section,
    ordered,
    repeated,
    unused,
)
from nudipole.portal import FLAVORS, Direction
from nudipole.processes.decays import hnl_decay
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.phase_space import boost
from nudipole.signals.decay_in_flight import DecayWidths, decay_rate, decay_widths
from nudipole.signals.meson_decay import events as meson_events
from nudipole.signals.meson_decay import observation
from nudipole.signals.meson_decay.events import Draws, Events
from nudipole.signals.meson_decay.nodes import Gathered, Knot, gather, interpolated
from nudipole.signals.meson_decay.observation import ObservationSection
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_SLICES = 8  # of the path inside the volume
_PER_DECADE = 20  # bins of momentum in the gathered template
_KNOT_RATIO = 1.1  # step of the masses at which events are made; weights are linear in between
_LIGHT = 0.03  # GeV; below, production does not depend on the mass and knots may be farther apart
_GROUPS = ("any", *FLAVORS)
_NEGLIGIBLE = 1e-3  # channels below this share of the largest that the same coupling drives are not sampled


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

    def contradictions(self) -> Iterator[Fault]:
        flight, struck = ["momentum_GeV", "decays", "decay_region_m"], ["beam", "protons", "luminosity_fb", "mesons"]
        if self.meson_beam:
            yield from unused(self, [*struck, "mass_number", "decay_path_m"], "beside meson_beam")
        else:
            other = "protons" if self.beam == "lhc" else "luminosity_fb"
            yield from unused(self, [*flight, other], "without meson_beam" if self.beam != "lhc" else "for this beam")
        if self.decay_region_m is not None and not self.decay_region_m[0] < self.decay_region_m[1]:
            yield "decay_region_m", list(self.decay_region_m), "must be [from, to] along the beam"
        yield from repeated([canonical(name) for name in self.mesons], "mesons")


class SelectionSection(Section, frozen=True, kw_only=True):
    """The photon: energy window, and a ring (radius) on the plane of the calorimeter that it must hit."""

    photon_GeV: tuple[NonNegative, Positive]
    calorimeter_m: float
    inner_m: NonNegative = 0.0
    outer_m: Positive
    efficiency: Fraction = 1.0

    def contradictions(self) -> Iterator[Fault]:
        if not self.photon_GeV[0] < self.photon_GeV[1]:
            yield "photon_GeV", list(self.photon_GeV), "the window must have a width"
        yield from ordered(self, "inner_m", "outer_m")


class MesonDecayCard(Card, frozen=True, kw_only=True):
    """A search for the photon of N from meson decays. z = 0 is where the mesons are made, z runs along the beam."""

    source: SourceSection
    volume: Options
    selection: SelectionSection
    observation: ObservationSection


CardType = MesonDecayCard


def canonical(name: str) -> str:
    """The meson that both charges of a charged one are counted as: ``K`` for ``K+`` and ``K-``."""
    return name.rstrip("+-")


class OpenChannel(NamedTuple):
    """A decay into N: meson, channel, mesons to draw, energies of N at rest [GeV], branching ratios per d^2, share of N."""

    parent: str
    channel: str
    parents: meson_events.Parents
    energy: FloatArray
    ratio: FloatArray
    share: float

    @property
    def group(self) -> str:
        """The flavour whose coupling is needed, or any."""
        return _group(self.channel)


def build(card: MesonDecayCard, file: Path) -> MesonDecayModel:
    """The experiment that the card describes, ready to compute."""
    volume: Volume = options.resolve(SHAPES, card.volume, "shape", file, "volume")
    source = card.source
    if source.meson_beam:
        missing = [n for n in ("momentum_GeV", "decays", "decay_region_m") if getattr(source, n) is None]
        if missing:
            raise CardError(file, f"source.{missing[0]}", None, "is required with source.meson_beam")
        check = [source.meson_beam]
    else:
        if source.beam is None:
            raise CardError(file, "source.beam", None, "is required: proton energy in GeV or lhc, or a meson_beam")
        needed = "luminosity_fb" if source.beam == "lhc" else "protons"
        if getattr(source, needed) is None:
            raise CardError(file, f"source.{needed}", None, f"is required for the beam {source.beam}")
        if volume.extent[0] <= 0:
            raise CardError(file, "volume", card.volume, "the decay volume must lie beyond the target, z > 0")
        check = source.mesons
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
    if card.selection.outer_m <= card.selection.inner_m:
        raise CardError(file, "selection.outer_m", card.selection.outer_m, "must be larger than selection.inner_m")
    if card.selection.calorimeter_m <= volume.extent[0]:
        _warn(card.key, "the calorimeter lies before the decay volume")
    return MesonDecayModel(card, file, volume)


@dataclass(frozen=True)
class MesonDecayModel:
    """A search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: MesonDecayCard
    file: Path
    volume: Volume
    _cache: dict[tuple[float, bool], Knot] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The mesons that count; both charges together."""
        source = self.card.source
        if source.meson_beam:
            return (source.meson_beam,)
        assert source.beam is not None
        known = [m for m in spectra.mesons(source.beam) if not m.endswith(("+", "-"))]
        return tuple(canonical(name) for name in source.mesons) or tuple(known)

    @property
    def flavors(self) -> tuple[str, ...]:
        groups = {_group(c) for p in self.parents for c in _channels(p)}
        found = FLAVORS if "any" in groups else tuple(f for f in FLAVORS if f in groups)
        return (*found, "universal")

    @property
    def bins(self) -> Bins:
        low, high = self.card.selection.photon_GeV
        edges = np.array([low, high])
        columns = crossed(("photon_energy", "GeV", edges))
        seen = self.card.observation
        counts = seen.background if seen.statistic == "asimov" else seen.counts
        return Bins("photon energy [GeV]", edges, np.array([counts]), columns)

    @property
    def largest_s(self) -> float:
        """Mass squared [GeV^2] of the heaviest meson."""
        return float(max(meson.parent_mass(parent) for parent in self.parents) ** 2)

    def maximum_mass(self) -> float:
        largest = []
        for parent in self.parents:
            leptons = [units.LEPTON_MASS[c.split()[0]] for c in _channels(parent) if c.split()[0] in FLAVORS]
            largest.append(meson.parent_mass(parent) - (min(leptons) if leptons else 0.0))
        return max(largest)

    def components(self) -> Mapping[str, FloatArray]:
        return {"background": np.array([self.card.observation.background])}

    def statistic(self) -> Statistic:
        return observation.statistic(self.card.observation, self.card.key)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        decays = decay_widths(masses, direction)
        return Signal(templates=[self._template(i, float(m), decays, direction) for i, m in enumerate(masses)])

    def _template(self, row: int, mass: float, decays: DecayWidths, direction: Direction) -> SignalTemplate:
        nodes = self._nodes(mass, direction.nature == "majorana")
        coupled = np.array([strength(group, direction) for group in _GROUPS])[nodes.code % len(_GROUPS)]
        return SignalTemplate.from_nodes(
            (nodes.weight * coupled)[:, None],
            kappa=decay_rate(decays.total[row], mass, 1.0) * nodes.inverse_momentum,
            near=nodes.near,
            far=nodes.far,
            visible=decays.photon[row],
            decay_norm=direction.decay_norm,
            extra=decays.extra[row],
        )

    def _nodes(self, mass: float, majorana: bool) -> Gathered:
        """The share of N that is seen, linear in M between the two nearest knots, times the N that each decay makes."""
        upper = int(np.clip(np.searchsorted(self._knots, mass), 1, len(self._knots) - 1))
        low, high = float(self._knots[upper - 1]), float(self._knots[upper])
        share = float(np.clip((mass - low) / (high - low), 0.0, 1.0))
        pair = [(self._at_knot(low, majorana), 1 - share), (self._at_knot(high, majorana), share)]
        groups = np.array([_GROUPS.index(_group(channel)) for _, channel in self._decays])
        return interpolated(pair, self._made(mass), groups, len(_GROUPS))

    @cached_property
    def _decays(self) -> list[tuple[str, str]]:
        """Meson and channel of everything that makes N."""
        return [(parent, channel) for parent in self.parents for channel in _channels(parent)]

    def _made(self, mass: float) -> FloatArray:
        """N per d^2 of each decay, zero where it is closed or makes next to none."""
        made = np.zeros(len(self._decays))
        for found in self.open_channels(mass):
            number = float(np.sum(found.ratio)) * float(found.parents.cumulative[-1])
            made[self._decays.index((found.parent, found.channel))] = number
        return made

    @cached_property
    def _knots(self) -> FloatArray:
        light = np.geomspace(1e-6, _LIGHT, 9)
        heavy = _LIGHT * _KNOT_RATIO ** np.arange(1, np.log(self.maximum_mass() / _LIGHT) / np.log(_KNOT_RATIO) + 1)
        return np.concatenate([light, heavy])

    def _at_knot(self, mass: float, majorana: bool) -> Knot:
        key = (mass, majorana)
        if key not in self._cache:
            events = meson_events.fly(self._draws(mass, majorana), mass, self.window)
            self._cache[key] = Knot(self._seen_decays(events, mass), self._made(mass))
        return self._cache[key]

    # --- events ------------------------------------------------------------------------------------------------------
    @cached_property
    def window(self) -> FloatArray | None:
        """Slopes (dx/dz, dy/dz) seen from the target; None for mesons that decay in or before the volume."""
        return None if self.card.source.meson_beam else meson_events.slope_window(self.volume)

    def _draws(self, mass: float, majorana: bool) -> Draws:
        """Meson decays of every channel that is open; weights are N and Nbar per d^2 in the whole exposure."""
        draws = []
        for found in self.open_channels(mass):
            degree = 0.0 if majorana else meson.polarisation(found.parent, found.channel, mass)
            group = self._decays.index((found.parent, found.channel))
            many = meson_events.MOST if self.card.source.beam == "lhc" else meson_events.EVENTS
            drawn = meson_events.draw(found.parents, found.energy, found.ratio, degree, group, found.share, many)
            draws.append(drawn)
        return meson_events.join(draws)

    def open_channels(self, mass: float) -> list[OpenChannel]:
        """Decays into N of this mass [GeV] of every meson, but for those that hardly make any."""
        open_channels = []
        for parent in self.parents:
            parents = self._parents(parent)
            states = meson.lepton_number_states(parent) / meson.total_width(parent)
            for channel in _channels(parent):
                energy, width = meson.hnl_energy_nodes(parent, channel, mass, self.card.source.form_factor)
                if energy.size:
                    ratio = width * states
                    yields = float(np.sum(ratio)) * float(parents.cumulative[-1])
                    fast = parents.fast_content * float(np.sum(ratio * energy**meson_events.POWER))
                    open_channels.append((np.array([yields, fast]), parent, channel, parents, energy, ratio))
        made = {group: np.zeros(2) for group in _GROUPS}
        for both, _, channel, *_rest in open_channels:
            made[_group(channel)] += both
        result = []
        for both, parent, channel, parents, energy, ratio in open_channels:
            group = _group(channel)
            # of what one coupling drives; mesons that any coupling opens count beside the flavour that makes least
            rivals = made[group] if group != "any" else np.min([made[f] for f in FLAVORS], axis=0)
            share = float(np.average(both / (made["any"] + rivals), weights=(0.8, 0.2)))
            if share > _NEGLIGIBLE:
                result.append(OpenChannel(parent, channel, parents, energy, ratio, share))
        return result

    def _parents(self, parent: str) -> meson_events.Parents:
        source = self.card.source
        if source.meson_beam:
            assert source.momentum_GeV is not None
            assert source.decays is not None
            assert source.decay_region_m is not None
            return meson_events.beam_parents(parent, source.momentum_GeV, source.decays, source.decay_region_m)
        assert source.beam is not None
        assert self.window is not None
        exposure = 1e3 * (source.luminosity_fb or 0.0) if source.beam == "lhc" else source.protons or 0.0
        window = tuple(self.window.ravel())
        return meson_events.target_parents(
            source.beam,
            parent,
            source.mass_number,
            source.decay_path_m,
            window,
            float(exposure),
            self.card.selection.photon_GeV[0],
        )

    def _seen_decays(self, events: Events, mass: float) -> Gathered:
        """Photons that are seen, with their segments of path, gathered by decay, slice and momentum."""
        near, far = self.volume.chord(events.origin, events.direction)
        hit = far > near
        if hit.size and not hit.any():
            _warn(self.card.key, "no path of N crosses the decay volume")
        events = events.rows(np.nonzero(hit)[0])
        u, piece = events.uniforms, np.minimum((events.uniforms[:, 5] * _SLICES).astype(int), _SLICES - 1)
        step = (far[hit] - near[hit]) / _SLICES
        near = near[hit] + piece * step
        lab = np.column_stack([np.hypot(events.momentum, mass), events.momentum[:, None] * events.direction])
        photon = meson_events.unit(2 * u[:, 6] - 1, 2 * np.pi * u[:, 7])
        # N is polarised along its flight in the rest frame of the meson: against the meson as N sees it
        back = boost(events.parent, lab * np.array([1.0, -1.0, -1.0, -1.0]), mass)[:, 1:]
        size = np.sqrt(np.sum(back**2, axis=1))
        spin = -np.sum(back * photon, axis=1) / np.where(size > 0, size, 1.0)
        light = boost(np.column_stack([np.full(len(u), 0.5 * mass), 0.5 * mass * photon]), lab, mass)
        angular = 2 * hnl_decay.photon_angular_distribution(spin, events.polarisation)
        weight = events.weight * _SLICES * angular * self._seen(events, near + 0.5 * step, light)
        bins = np.floor(_PER_DECADE * np.log10(events.momentum)).astype(int)
        if hit.any() and not weight.any():
            _warn(self.card.key, "N cross the volume, but at some masses none of their photons passes the selection")
        code = (bins * _SLICES + piece) * len(self._decays) + events.group
        return gather(code, weight, 1 / events.momentum, near, near + step)

    def _seen(self, events: Events, length: FloatArray, photon: FloatArray) -> FloatArray:
        """Efficiency for a photon (n, 4) that starts at ``length`` [m] along the path of N."""
        return self.seen(events.origin + length[:, None] * events.direction, photon)

    def seen(self, point: FloatArray, photon: FloatArray) -> FloatArray:
        """Efficiency for photons (n, 4) [GeV] that start at points (n, 3) [m]."""
        selection = self.card.selection
        way = selection.calorimeter_m - point[:, 2]
        slope = np.where(photon[:, 3] > 0, photon[:, 3], np.inf)
        radius = np.hypot(*(point[:, :2] + photon[:, 1:3] * (way / slope)[:, None]).T)
        low, high = selection.photon_GeV
        inside = (photon[:, 0] > low) & (photon[:, 0] < high) & (photon[:, 3] > 0) & (way > 0)
        inside &= (radius >= selection.inner_m) & (radius <= selection.outer_m)
        return np.where(inside, selection.efficiency, 0.0)


def _warn(key: str, reason: str) -> None:
    warnings.warn(f"{key}: {reason}; such counts are zero", UnreachableWarning, stacklevel=3)


def _channels(parent: str) -> tuple[str, ...]:
    """Two- and three-body channels."""
    return tuple(name for name in meson.channels(parent) if len(name.split()) < 4)


def strength(group: str, direction: Direction) -> float:
    """Production over d^2: any flavour for neutral mesons, that of the lepton for charged ones."""
    if group == "any":
        return direction.decay_norm
    return 1.0 if direction.incoherent else float(abs(direction.couplings[FLAVORS.index(group)]) ** 2)


def _group(channel: str) -> str:
    """The flavour whose coupling a channel needs: that of its charged lepton, or any."""
    first = channel.split()[0]
    return first if first in FLAVORS else "any"
