"""Events of N made in the Earth, or in a large detector: decays in the detector and the paths that lead there.

The z axis points up at the detector. A decay is even in the detector, a sphere; its neutrino comes from a cell of zenith
that the flux fills, N leaves it at its angle, and the distance back to where it was made follows the matter along that
direction, in the cells of the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import structs

from nudipole import units
from nudipole.errors import DomainError
from nudipole.generator.samplers.sampler import Weighing
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.choice import Choice, Integers
from nudipole.generator.sampling.decay import Decays, about, decayed
from nudipole.generator.sampling.scattering import PROCESSES, Cells, made, sources_of
from nudipole.generator.table import Columns, stacked
from nudipole.signals.constituents import constituents
from nudipole.signals.earth import paths
from nudipole.signals.earth.model import EarthModel
from nudipole.signals.earth.source import Kind, kinds

FloatArray = npt.NDArray[np.float64]
_RATES, _TRIES = 128, 40


@dataclass(frozen=True)
class Part:
    """One kind of matter: cells of neutrinos and final states, the weight that each trial of a cell has, choice of a cell.

    ``shares``: of each source in each cell of zenith (sources, directions). ``own``: of this matter in each cell of zenith and
    path, what lies in the detector itself.
    """

    kind: Kind
    cells: Cells
    proposal: FloatArray
    mean: FloatArray
    shares: FloatArray
    tilt: FloatArray
    own: FloatArray


@dataclass(frozen=True)
class EarthSampler(Weighing):
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: EarthModel
    processes: ClassVar[dict[int, str]] = PROCESSES
    note: ClassVar[str] = (
        "every N decays in the detector (forced), further from its production than the card's separation, from neutrinos "
        "that can pass the card's thresholds; the weight is the expected number of such decays; z points up"
    )

    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        model, selection = self.model, self.model.card.selection
        seconds = model.card.years * units.YEAR
        sources, shares = [], []
        for beam in model.beams:
            found = sources_of(beam.flux, self.portal.direction, seconds)
            sources += found
            shares += [beam.share] * len(found)
        if not sources or self.portal.mass <= 0.0:
            raise DomainError(f"{model.card.key} expects no events at this point")
        lowest = selection.photon_edges_GeV[0] + selection.first_cascade_min_GeV
        lowest = max(lowest, min(float(s.component.energy[0]) for s in sources))
        highest = max(float(s.component.energy[s.intensity > 0].max()) for s in sources)
        highest = min(highest, selection.neutrino_max_GeV or np.inf)
        within = {}
        if model.card.production.where != "outside":
            inside = structs.replace(model.card.production, where="inside")
            within = {(k.material, k.channels): k.density for k in kinds(model.card.detector, inside, model.edges)}
        parts = []
        for kind in model.kinds:
            inner = within.get((kind.material, kind.channels), np.zeros_like(kind.density))
            own = np.divide(inner, kind.density, out=np.zeros_like(inner), where=kind.density > 0.0)
            cells = Cells.of(self.portal.mass, constituents(kind.material, kind.channels), sources, lowest, highest)
            rate = self.decays.rate(cells.momentum)
            grid = np.geomspace(rate.min(), rate.max() * (1.0 + 1e-9), _RATES)
            table = kind.density @ -np.diff(np.exp(-grid[:, None] * model.edges), axis=1).T  # (directions, rates)
            mean = np.interp(np.log(rate), np.log(grid), table.mean(axis=0))
            content = cells.content()
            factor = self.portal.d**2 * model.volume * self.decays.generated
            if self.natural:
                mean = np.full_like(rate, self._free(kind).mean())
                factor *= 1.0 if self._within else self._area / model.volume
            parts.append(Part(kind, cells, factor * content * mean, mean, np.stack(shares), cells.tilts(content), own))
        return tuple(part for part in parts if part.proposal.sum() > 0.0)

    @property
    def _within(self) -> bool:
        """Whether N is made in the detector itself."""
        return self.model.card.production.where == "inside"

    @property
    def _area(self) -> float:
        """Of the detector seen from anywhere [m^2]."""
        return float(np.pi * paths.radius_of(self.model.volume) ** 2)

    def _free(self, kind: Kind) -> FloatArray:
        """Matter before the detector along each direction [kg/m^2], or in a cubic metre of it [kg/m^3]."""
        if self._within:
            return np.asarray(kind.density[:, 0])
        return np.asarray(kind.density @ np.diff(self.model.edges))

    @cached_property
    def _start(self) -> Integers:
        return np.concatenate([[0], np.cumsum([len(part.proposal) for part in self.parts])])

    @cached_property
    def _choice(self) -> tuple[Choice, float]:
        content = np.concatenate([part.proposal for part in self.parts])
        return Choice.of(content), float(content.sum())

    def trials(self, rng: np.random.Generator, number: int) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Weighing`."""
        choice, total = self._choice
        cell, _ = choice.draw(rng.random(number))
        which = np.searchsorted(self._start, cell, side="right") - 1
        tables = []
        for index in np.unique(which):
            rows = np.flatnonzero(which == index)
            tables.append(self._of_part(rng, self.parts[index], cell[rows] - self._start[index], total))
        columns = stacked(tables) if len(tables) > 1 else tables[0]
        order = rng.permutation(number)
        return {name: values[order] for name, values in columns.items()}

    def _of_part(self, rng: np.random.Generator, part: Part, cell: Integers, total: float) -> Columns:
        number = len(cell)
        columns = made(rng, part.cells, cell, part.tilt[cell], np.zeros(number))
        along, across = columns.pop("hnl_pz"), columns.pop("hnl_px")
        momentum = np.sqrt(along**2 + across**2)
        rate = self.decays.rate(momentum)
        # where the neutrino comes from: even in its cell of zenith, any azimuth
        share = np.cumsum(part.shares, axis=1)[columns.pop("source")]
        place = np.sum(share[:, :-1] <= (rng.random(number) * share[:, -1])[:, None], axis=1)
        low, high = paths.ZENITH_EDGES[place], paths.ZENITH_EDGES[place + 1]
        cosine = -(low + (high - low) * rng.random(number))
        upward = (np.zeros(number), np.zeros(number), np.ones(number))
        neutrino = about(upward, cosine, rng.random(number))
        ray = about(neutrino, along / np.maximum(momentum, 1e-300), rng.random(number))
        row = np.clip(np.searchsorted(paths.ZENITH_EDGES, -ray[2], side="right") - 1, 0, paths.DIRECTIONS - 1)
        edges = self.model.edges
        steps = np.diff(edges) if self.natural else -np.diff(np.exp(-rate[:, None] * edges), axis=1)
        content = part.kind.density[row] * steps
        edge = np.cumsum(content, axis=1)
        chosen = np.sum(edge[:, :-1] <= (rng.random(number) * edge[:, -1])[:, None], axis=1)
        near, far = edges[chosen], edges[chosen + 1]
        inside = -np.expm1(-rate * (far - near))
        length = near - np.log1p(-rng.random(number) * inside) / rate
        own = rng.random(number) < part.own[row, chosen]
        end = self._ends(rng, ray, length, own)
        weight = total * edge[:, -1] / part.mean[cell]
        if self.natural:
            away = near + (far - near) * rng.random(number)
            length = -np.log1p(-rng.random(number)) / np.maximum(rate, 1e-300)
            end = self._free_ends(rng, ray, away, length)
            if self._within:
                weight = total * self._free(part.kind)[row] / part.mean[cell]
        for axis, direction, flight, place_of in zip("xyz", neutrino, ray, end, strict=True):
            columns[f"beam_p{axis}"] = columns["beam_E"] * direction
            columns[f"hnl_p{axis}"] = momentum * flight
            columns[f"decay_{axis}"] = place_of
            columns[f"production_{axis}"] = place_of - length * flight
        light = 1e9 / units.SPEED_OF_LIGHT
        columns |= {
            "decay_t": light * length * columns["hnl_E"] / np.maximum(momentum, 1e-300),
            "path": length, "kappa": self.decays.kappa(momentum), "weight": weight,
        }  # fmt: skip
        return self._seen(rng, columns, neutrino, ray)

    def _ends(
        self, rng: np.random.Generator, ray: tuple[FloatArray, ...], length: FloatArray, own: npt.NDArray[np.bool_]
    ) -> FloatArray:
        """Points of decay (3, n) even in the sphere, for N made in it (``own``) or outside, ``length`` before.

        Along a chord of half length h there is room 2h - length for both in the sphere, min(2h, length) for the decay alone.
        """
        radius, number = paths.radius_of(self.model.volume), len(length)
        least = np.where(own, np.minimum(0.5 * length, radius), 0.0)
        most = np.where(own, 2.0 * (radius - least), np.minimum(2.0 * radius, length))
        half, room = np.full(number, radius), most.copy()
        rows = np.arange(number)
        for _ in range(_TRIES):  # chords even in their area, accepted by their room
            tried = np.sqrt(least[rows] ** 2 + (radius**2 - least[rows] ** 2) * rng.random(len(rows)))
            place = np.where(own[rows], 2.0 * (tried - least[rows]), np.minimum(2.0 * tried, length[rows]))
            good = rng.random(len(rows)) * most[rows] <= place
            half[rows[good]], room[rows[good]] = tried[good], place[good]
            rows = rows[~good]
            if not len(rows):
                break
        along = -half + np.where(own, 2.0 * least, 0.0) + room * rng.random(number)
        aside = np.stack(about((ray[0], ray[1], ray[2]), np.zeros(number), rng.random(number)))
        return np.asarray(np.sqrt(np.maximum(radius**2 - half**2, 0.0)) * aside + along * np.stack(ray))

    def _free_ends(
        self, rng: np.random.Generator, ray: tuple[FloatArray, ...], away: FloatArray, length: FloatArray
    ) -> FloatArray:
        """Points of decay (3, n): of N made even in the sphere, or ``away`` before it on lines even in its area."""
        radius, number, flight = paths.radius_of(self.model.volume), len(length), np.stack(ray)
        if self._within:
            upward = (np.zeros(number), np.zeros(number), np.ones(number))
            start = (
                radius
                * np.cbrt(rng.random(number))
                * np.stack(about(upward, 2.0 * rng.random(number) - 1.0, rng.random(number)))
            )
            return np.asarray(start + length * flight)
        aside = np.stack(about((ray[0], ray[1], ray[2]), np.zeros(number), rng.random(number)))
        return np.asarray(radius * np.sqrt(rng.random(number)) * aside + (length - away) * flight)

    def _seen(
        self, rng: np.random.Generator, columns: Columns, neutrino: tuple[FloatArray, ...], ray: tuple[FloatArray, ...]
    ) -> Columns:
        selection = self.model.card.selection
        anti, flavor = columns.pop("anti"), columns.pop("neutrino")
        spin = np.where(anti, -columns["polarisation"], columns["polarisation"])
        hnl = (columns["hnl_E"], columns["hnl_px"], columns["hnl_py"], columns["hnl_pz"])
        columns |= decayed(rng, self.decays, hnl, (ray[0], ray[1], ray[2]), spin, anti, flavor)
        columns["hnl_pdg"] = hnl_pdg(anti, self.decays.majorana)
        edges = np.asarray(selection.photon_edges_GeV)
        energy = columns["photon_E"]
        place = np.searchsorted(edges, energy, side="right") - 1
        selected = (columns.pop("channel") == 0) & (place >= 0) & (place < len(edges) - 1)
        if self.natural:
            end = np.stack([columns[f"decay_{axis}"] for axis in "xyz"])
            selected &= np.sum(end**2, axis=0) <= paths.radius_of(self.model.volume) ** 2
            selected &= (columns["path"] >= self.model.edges[0]) & (columns["path"] <= self.model.edges[-1])
        shower, lost = columns.pop("shower"), columns.pop("lost")
        if selection.first_cascade_min_GeV > 0.0:
            selected &= shower & (lost >= selection.first_cascade_min_GeV)
        if selection.sun_cosine_min is not None:
            resolution = np.deg2rad(np.array(selection.angle_resolution_deg or (0.0,))) / np.sqrt(-2.0 * np.log(0.32))
            width = resolution[np.clip(place, 0, len(resolution) - 1)]
            photon = [columns[f"photon_p{axis}"] / np.maximum(energy, 1e-300) for axis in "xyz"]
            kick = np.minimum(width * np.sqrt(-2.0 * np.log1p(-rng.random(len(energy)))), np.pi)
            measured = about((photon[0], photon[1], photon[2]), np.cos(kick), rng.random(len(energy)))
            towards = (
                sum(one * other for one, other in zip(measured, neutrino, strict=True)) >= selection.sun_cosine_min
            )
            place = np.where(towards, place, place + len(edges) - 1)
        bins = np.where(selected, place, -1).astype(np.int32)
        return columns | {"efficiency": np.full(len(energy), selection.efficiency), "selected": selected, "bin": bins}
