r"""Signal of N made by up-scattering anywhere in the Earth, or inside a large detector, and seen by its decay N -> nu gamma.

For each kind of target the final states of :mod:`nudipole.signals.production` are counted in cells of the momentum of N
and of its angle to the neutrino; the sky, F(E, c) (:mod:`nudipole.signals.earth.sky`), and the matter along the paths that end in the detector then give

.. math::

    n = V T \sum_{E,\theta,c} w(E, \theta, p) F(E, c)\, K_\theta(c \to c')\, \rho(c', \ell)\;
        \left[e^{-\kappa D \ell_1} - e^{-\kappa D \ell_2}\right],
    \qquad \kappa = \frac{\Gamma M}{p D},

by reciprocity (:mod:`nudipole.signals.earth.paths`; the sum itself is :mod:`nudipole.signals.earth.decays`). So decays per volume are productions per volume when N travels a
path over which matter changes little, whatever the coupling, and grow with d^4 times the matter in sight for long
paths. The photon has E_gamma = (E_N + p cos theta^*)/2 with dGamma/dcos theta^* ~ 1 - P cos theta^*, flat for Majorana N.
With ``where = "inside"``, a smallest path and a first cascade this is a search for double cascades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import CardError
from nudipole.inference.limits import Statistic
from nudipole.inputs import tables
from nudipole.kinematics import maximum_hnl_mass
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths
from nudipole.signals.earth import decays, paths, photons, sky, source
from nudipole.signals.earth.card import EarthCard
from nudipole.signals.earth.source import Beam, Kind
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.production import States, final_states
from nudipole.signals.protocol import Bins, Signal, crossed, stacked
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_RECOILS, _CHUNK = 8, 25  # recoil energies of each state; masses at once


CardType = EarthCard


def build(card: EarthCard, file: Path) -> EarthModel:
    """The experiment that the card describes, ready to compute."""
    source.check_card(card, file)
    beams = tuple(
        beam for number, one in enumerate(card.source) for beam in source.beams(one, card.detector, file, number)
    )
    return EarthModel(card, file, find_table(card.observation.table, file), beams)


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
        """Every kind of target and its density along the paths."""
        return source.kinds(self.card.detector, self.card.production, self.edges)

    def sky(self, direction: Direction, above: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Energies [GeV] (n,) above ``above``, and fluence [cm^-2 per run] from each zenith cell, (n, directions)."""
        nodes = [beam.flux.nodes(direction) for beam in self.beams]
        energy = np.concatenate([e for e, _ in nodes])
        weight = np.concatenate([w for _, w in nodes])
        share = np.concatenate([np.tile(b.share, (len(e), 1)) for b, (e, _) in zip(self.beams, nodes, strict=True)])
        least = self.card.selection.photon_edges_GeV[0] + self.card.selection.first_cascade_min_GeV
        most = self.card.selection.neutrino_max_GeV or np.inf
        # photon and first cascade share the energy of the neutrino
        use = (energy > max(least, above)) & (energy <= most)
        mean, fluence = sky.grouped(energy[use], weight[use], share[use])
        return mean, fluence * (self.card.years * units.YEAR)

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        masses = np.asarray(masses, dtype=float)
        templates: dict[int, SignalTemplate] = {}
        steps = sky.ladder_step(masses, self._largest_energy)
        for step in np.unique(steps):
            energy, fluence = self.sky(direction, sky.ladder_energy(int(step), self._largest_energy))
            arriving = sky.hnl_directions(fluence)
            rows = np.nonzero(steps == step)[0]
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

    def _template(
        self, mass: float, found: Sequence[States], direction: Direction, energy: FloatArray, arriving: FloatArray
    ) -> SignalTemplate:
        """Decays by momentum and length of path, from the states (n,) on each kind of target."""
        bins, lengths, norm = self.observation.size, len(self.edges) - 1, direction.decay_norm
        states, widths = decays.joined(found), decay_widths(mass, direction)
        visible, extra = float(widths.photon), float(widths.extra)
        if widths.total <= 0.0 or not energy.size or not states.weight.size:
            none = np.zeros(0)
            return SignalTemplate.from_nodes(np.zeros((0, bins)), none, none, none, 1.0, norm, extra)
        kind = np.repeat(np.arange(len(found)), [len(part.weight) for part in found])
        momentum = decays.hnl_momentum(states, mass)
        cell = decays.momentum_cell(momentum, energy[-1])
        spin = states.polarisation if direction.nature == "dirac" else np.zeros_like(momentum)
        share = photons.shares_of_states(states, momentum, spin, self.observation.edges, self.card.selection)
        seen = share * states.weight[:, None]
        density = np.stack([k.density for k in self.kinds])
        node = decays.by_distance(states, kind, cell, seen, arriving, density)
        inverse = decays.mean_inverse_momentum(states, cell, seen, arriving, momentum)
        kappa = np.repeat(decay_rate(widths.total, mass, 1.0) * inverse, lengths)
        near, far = np.tile(self.edges[:-1], len(inverse)), np.tile(self.edges[1:], len(inverse))
        matrix = node.reshape(-1, bins) * (self.volume * self.card.selection.efficiency)
        keep = (matrix.sum(axis=1) > 0) & (kappa > 0)
        nodes = (matrix[keep], kappa[keep], near[keep], far[keep])
        return SignalTemplate.from_nodes(*nodes, visible, norm, extra).compressed()
