r"""Signal of N made by up-scattering in or before a detector, and seen by its decay N -> nu gamma (or nu e+ e-).

With the final states of each kind of matter (weights dw per kilogram and fluence, momentum p and angle theta of N), the
share a_b of its photons that ends in bin b, and the matter h(s) whose N are in the decay volume a distance s further on,

.. math::

    n_b(d) = d^2 \int dw\; a_b \int_0^\infty ds\; h_\theta(s)\;\kappa D\, e^{-\kappa D s},\qquad
    \kappa = \frac{M\,\Gamma_N}{p\,D},

the review's Eqs (38)-(41) with the decay probability inside the flux integral where it belongs. Neutrino energies and
fluences are those of :mod:`~nudipole.signals.upscattering.fluence`, final states those of
:mod:`~nudipole.signals.production`, counted by angle and momentum in
:mod:`~nudipole.signals.upscattering.produced_hnl`; :mod:`~nudipole.signals.upscattering.acceptance` has the geometry, once
for every mass and flavour, and :mod:`~nudipole.signals.upscattering.photon_selection` the photons. Only s/p enters the
exponent, so :mod:`~nudipole.signals.upscattering.accepted_decays` joins them in cells of equal s/p, all that a template holds.
Couplings come out to 1 % (tests against a direct Monte Carlo).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.geometry import SHAPES, Volume
from nudipole.errors import CardError
from nudipole.fluxes.flux import Flux
from nudipole.inference.limits import Statistic
from nudipole.inputs import options, tables
from nudipole.kinematics import maximum_hnl_mass
from nudipole.portal import Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths
from nudipole.signals.observation import Observation, find_table
from nudipole.signals.production import Scatterer
from nudipole.signals.protocol import Bins, Signal, crossed
from nudipole.signals.template import SignalTemplate
from nudipole.signals.upscattering import acceptance, accepted_decays, fluence, produced_hnl, timing
from nudipole.signals.upscattering import source as upscatter_source
from nudipole.signals.upscattering.acceptance import ANGLES, Passages
from nudipole.signals.upscattering.card import UpscatterCard
from nudipole.signals.upscattering.photon_selection import PhotonSelection
from nudipole.signals.upscattering.source import Region

FloatArray = npt.NDArray[np.float64]
_CHUNK = 8  # masses at once
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
        return float(maximum_hnl_mass(self.flux.maximum_energy, self._heaviest))

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
        """Geometric acceptance of N from each kind of matter; warns of matter from which none reaches the detector."""
        matter = [(region.kind, region.place) for region in self.regions]
        found = acceptance.tabulate(matter, self.detectors, self.card.selection.separation_min_m)
        upscatter_source.warn_of_unreached(self.card, found)
        return found

    @cached_property
    def _targets(self) -> list[tuple[Scatterer, dict[str, float]]]:
        """Every kind of target with its number per kilogram of each kind of matter."""
        return produced_hnl.targets_of([(r.kind, r.material.name, r.matter.channels) for r in self.regions])

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Lowest and highest neutrino energy [GeV] that the selection can see: the photon has half of it at least."""
        return fluence.energy_range(self.flux.components, 0.5 * self.card.selection.energy_min_GeV)

    @cached_property
    def _heaviest(self) -> float:
        """Mass [GeV] of the heaviest nucleus."""
        return max(nucleus.mass for region in self.regions for nucleus, _ in region.material.nuclei_per_kg)

    @cached_property
    def _momenta(self) -> FloatArray:
        """Momenta of N [GeV], decreasing."""
        return produced_hnl.momentum_grid(*self._range)

    @cached_property
    def _diagonal(self) -> bool:
        """True if all flavours are computed together."""
        return fluence.is_diagonal(self.flux.components)

    @cached_property
    def _efficiency_by_mass(self) -> tuple[FloatArray, FloatArray]:
        return upscatter_source.efficiency_by_mass(self.card, self.file)

    # --- signal ------------------------------------------------------------------------------------------------------
    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        masses = np.asarray(masses, dtype=float)
        weights = self._weights(masses, direction)
        decays = decay_widths(masses, direction)
        seen = {"photon": decays.photon, "pair": decays.pair, "both": decays.photon + decays.pair}
        visible = seen[self.card.selection.visible] * np.interp(masses, *self._efficiency_by_mass)
        kappa = decay_rate(decays.total, masses, 1.0)
        near, far = accepted_decays.ratio_edges(self.passages.edges, self._momenta)
        templates = []
        for row, weight in enumerate(weights):
            keep = weight.sum(axis=0) > 0
            nodes = (weight[:, keep].T, float(kappa[row]), near[keep], far[keep])
            extra = float(decays.extra[row])
            templates.append(SignalTemplate.from_nodes(*nodes, float(visible[row]), direction.decay_norm, extra))
        return Signal(templates=templates, relative_shifts=self.observation.signal_shifts())

    def _weights(self, masses: FloatArray, direction: Direction) -> list[FloatArray]:
        """Events per d^2 in cells of s/p at each mass, shape (bins, cells); what is known already is not computed again."""
        key = (direction.nature,) if self._diagonal else (direction.nature, direction.name, direction.couplings)
        new = np.array([mass for mass in dict.fromkeys(masses.tolist()) if (mass, *key) not in self._known])
        for chunk in np.array_split(new, -(-len(new) // _CHUNK)) if len(new) else ():
            for mass, cells in zip(chunk.tolist(), self._cells(chunk, direction), strict=True):
                self._known[(mass, *key)] = cells
        strength = fluence.strengths(self.flux.flavors, direction) if self._diagonal else np.ones(1)
        return [np.tensordot(strength, self._known[(mass, *key)], 1) for mass in masses.tolist()]

    def _cells(self, masses: FloatArray, direction: Direction) -> list[FloatArray]:
        """Events per d^2 in cells of s/p at each mass, shape (columns of fluence, bins, cells)."""
        components, card = self.flux.components, self.card
        energies = fluence.energy_nodes(masses, self._heaviest, components, self._range)
        flavors = self.flux.flavors if self._diagonal else None
        exposure = upscatter_source.exposure(card, self.flux, self.file)
        arriving = exposure * fluence.fluences(components, flavors, direction, energies)
        cuts = (card.selection.hnl_cosine_min, card.selection.first_cascade_min_GeV)
        nodes, dirac = (energies, masses, arriving, self._momenta), direction.nature != "majorana"
        produced = produced_hnl.in_matter(self._targets, *nodes, cuts, dirac)
        found = []
        for row, mass in enumerate(masses.tolist()):
            made = {name: number[:, :, row] for name, number in produced.items()}
            accepted = self.photons.accepted(mass, ANGLES, self._momenta, accepted_decays.importance(made))
            decays = accepted_decays.decays_by_distance(made, accepted, self.passages.mean)
            if card.selection.delay_min_ns > 0.0 or card.selection.gate_ns is not None:
                decays *= self._in_time(mass)
            found.append(accepted_decays.add_equal_ratios(decays))
        return found

    def _in_time(self, mass: float) -> FloatArray:
        """Part of each cell of the distance that comes late enough and while the gate is open, (momenta, cells)."""
        chosen = self.card.selection
        gate = (chosen.delay_min_ns, chosen.gate_ns, chosen.bunch_period_ns, chosen.bunch_sigma_ns)
        return timing.accepted_fraction(self.passages.edges, mass, self._momenta, *gate)
