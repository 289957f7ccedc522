r"""N made in meson decays at a target, a dump or a collision point, flying, and seen by its photon far away.

.. math::

    n(d) = \sum_{\rm mesons}\int dn_{\rm meson}\; \frac{d\Gamma(E^*)}{\Gamma_{\rm meson}}\,
           \frac{d\Omega^*}{4\pi}\; e^{-\kappa D\,\ell_{\rm in}}
           \left(1 - e^{-\kappa D(\ell_{\rm out}-\ell_{\rm in})}\right) {\rm BR}(\nu\gamma)\,\epsilon(\gamma)

with kappa = M Gamma_N / (p D), the segment of the straight path inside the decay volume, the energy of the photon and
its hit on a calorimeter face (review Eqs 38, 40, 41). One quasi-random set of events serves every mass, so curves are
smooth: meson (``parents.py``), decay (``channels.py``), E* and direction in the rest frame (``draws.py``), flight to the
volume (``events.py``), slice of the path and photon (``photons.py``). Then events are gathered by slice and momentum, and
interpolated in the mass (``nodes.py``). Pions and kaons count with the chance to decay within ``decay_path_m`` (an
interaction length, or the way to the first absorber).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import UnreachableWarning
from nudipole.inference.limits import Statistic
from nudipole.inputs import options
from nudipole.portal import Direction
from nudipole.processes.mesons import meson
from nudipole.signals.decay_in_flight import DecayWidths, decay_rate, decay_widths
from nudipole.signals.meson_decay import card as meson_decay_card
from nudipole.signals.meson_decay import channels, draws, events, observation
from nudipole.signals.meson_decay.card import MesonDecayCard
from nudipole.signals.meson_decay.channels import GROUPS, OpenChannel
from nudipole.signals.meson_decay.nodes import Gathered, Knot, bracket, interpolated, knot_masses
from nudipole.signals.meson_decay.parents import Parents, beam_parents, target_parents
from nudipole.signals.meson_decay.photons import seen_decays
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
CardType = MesonDecayCard


def build(card: MesonDecayCard, file: Path) -> MesonDecayModel:
    """The experiment that the card describes, ready to compute."""
    volume: Volume = options.resolve(SHAPES, card.volume, "shape", file, "volume")
    meson_decay_card.check(card, volume, file)
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
        return meson_decay_card.counted_mesons(self.card.source)

    @property
    def flavors(self) -> tuple[str, ...]:
        return (*channels.flavors(self.parents), "universal")

    @property
    def bins(self) -> Bins:
        edges = np.array(self.card.selection.photon_GeV)
        columns = crossed(("photon_energy", "GeV", edges))
        seen = self.card.observation
        counts = seen.background if seen.statistic == "asimov" else seen.counts
        return Bins("photon energy [GeV]", edges, np.array([counts]), columns)

    @property
    def largest_s(self) -> float:
        """Mass squared [GeV^2] of the heaviest meson."""
        return float(max(meson.parent_mass(parent) for parent in self.parents) ** 2)

    def maximum_mass(self) -> float:
        return channels.maximum_mass(self.parents)

    def components(self) -> Mapping[str, FloatArray]:
        return {"background": np.array([self.card.observation.background])}

    def statistic(self) -> Statistic:
        return observation.statistic(self.card.observation, self.card.key)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        decays = decay_widths(masses, direction)
        return Signal(templates=[self._template(i, float(m), decays, direction) for i, m in enumerate(masses)])

    def _template(self, row: int, mass: float, decays: DecayWidths, direction: Direction) -> SignalTemplate:
        nodes = self.nodes(mass, direction.nature == "majorana")
        coupled = np.array([channels.strength(group, direction) for group in GROUPS])[nodes.code % len(GROUPS)]
        return SignalTemplate.from_nodes(
            (nodes.weight * coupled)[:, None],
            kappa=decay_rate(decays.total[row], mass, 1.0) * nodes.inverse_momentum,
            near=nodes.near,
            far=nodes.far,
            visible=decays.photon[row],
            decay_norm=direction.decay_norm,
            extra=decays.extra[row],
        )

    def nodes(self, mass: float, majorana: bool) -> Gathered:
        """The share of N that is seen, linear in M between the two nearest knots, times the N that each decay makes."""
        low, high, share = bracket(self.knots, mass)
        pair = [(self.at_knot(low, majorana), 1 - share), (self.at_knot(high, majorana), share)]
        groups = np.array([GROUPS.index(channels.coupling_group(channel)) for _, channel in self._decays])
        return interpolated(pair, self._made(mass), groups, len(GROUPS))

    @cached_property
    def knots(self) -> FloatArray:
        """Masses [GeV] at which events are made."""
        return knot_masses(self.maximum_mass())

    def at_knot(self, mass: float, majorana: bool) -> Knot:
        """Nodes from events made at one of the knots."""
        key = (mass, majorana)
        if key not in self._cache:
            flying = events.fly(self._draws(mass, majorana), mass, self.window)
            self._cache[key] = Knot(self._seen(flying, mass), self._made(mass))
        return self._cache[key]

    @cached_property
    def _decays(self) -> list[tuple[str, str]]:
        """Meson and channel of everything that makes N."""
        return [(parent, channel) for parent in self.parents for channel in channels.sampled_channels(parent)]

    def _made(self, mass: float) -> FloatArray:
        """N per d^2 of each decay, zero where it is closed or makes next to none."""
        made = np.zeros(len(self._decays))
        for found in self.open_channels(mass):
            made[self._decays.index((found.parent, found.channel))] = found.made
        return made

    @cached_property
    def window(self) -> FloatArray | None:
        """Slopes (dx/dz, dy/dz) seen from the target; None for mesons that decay in or before the volume."""
        return None if self.card.source.meson_beam else events.slope_window(self.volume)

    def open_channels(self, mass: float) -> list[OpenChannel]:
        """Decays into N of this mass [GeV] of every meson, but for those that hardly make any."""
        sources = [(parent, self._parents(parent)) for parent in self.parents]
        return channels.open_channels(sources, mass, self.card.source.form_factor)

    def _parents(self, parent: str) -> Parents:
        source = self.card.source
        if source.meson_beam:
            assert source.momentum_GeV is not None
            assert source.decays is not None
            assert source.decay_region_m is not None
            return beam_parents(parent, source.momentum_GeV, source.decays, source.decay_region_m)
        assert source.beam is not None
        assert self.window is not None
        exposure, softest = meson_decay_card.exposure(source), self.card.selection.photon_GeV[0]
        window = tuple(self.window.ravel())
        return target_parents(source.beam, parent, source.mass_number, source.decay_path_m, window, exposure, softest)

    def _draws(self, mass: float, majorana: bool) -> draws.Draws:
        """Meson decays of every channel that is open; weights are N and Nbar per d^2 in the whole exposure."""
        many = draws.MOST if self.card.source.beam == "lhc" else draws.EVENTS
        drawn = []
        for found in self.open_channels(mass):
            degree = 0.0 if majorana else meson.polarisation(found.parent, found.channel, mass)
            group = self._decays.index((found.parent, found.channel))
            drawn.append(draws.draw(found.parents, found.energy, found.ratio, degree, group, found.share, many))
        return draws.join(drawn)

    def _seen(self, flying: events.Events, mass: float) -> Gathered:
        near, far = self.volume.chord(flying.origin, flying.direction)
        hit = np.nonzero(far > near)[0]
        if near.size and not hit.size:
            _warn(self.card.key, "no path of N crosses the decay volume")
        found = seen_decays(flying.rows(hit), near[hit], far[hit], mass, self.card.selection, len(self._decays))
        if hit.size and not found.weight.any():
            _warn(self.card.key, "N cross the volume, but at some masses none of their photons passes the selection")
        return found


def _warn(key: str, reason: str) -> None:
    warnings.warn(f"{key}: {reason}; such counts are zero", UnreachableWarning, stacklevel=3)
