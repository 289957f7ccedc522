"""Events of N made by up-scattering in a beam, decaying in the detector: the template of the card, sampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.conversion import Converter, conversion_points
from nudipole.errors import DomainError
from nudipole.generator.sampling.choice import Choice, Integers
from nudipole.generator.sampling.decay import Decays, decayed
from nudipole.generator.sampling.free_paths import FreePlaces, meets
from nudipole.generator.sampling.paths import Places
from nudipole.generator.sampling.scattering import PROCESSES, Cells, made, sources_of
from nudipole.generator.table import Columns
from nudipole.portal import Portal
from nudipole.signals.constituents import constituents
from nudipole.signals.upscattering import acceptance, source, timing
from nudipole.signals.upscattering.acceptance import ANGLES
from nudipole.signals.upscattering.model import UpscatterModel
from nudipole.signals.upscattering.photon_selection import PhotonSelection

FloatArray = npt.NDArray[np.float64]
_RATES = 256  # nodes in ln of the decay rate at which the share of paths is tabulated
_ROUNDS = 50
_FLATNESS = 0.5  # of weighted samples


@dataclass(frozen=True)
class UpscatterSampler:
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: UpscatterModel
    portal: Portal
    natural: bool = False

    unweighted = True
    processes = PROCESSES
    note = "every N decays in the detector (forced); the weight is the expected number of such decays"

    # --- what is drawn from -------------------------------------------------------------------------------------------
    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @cached_property
    def places(self) -> tuple[Places, ...]:
        kind = FreePlaces if self.natural else Places
        return tuple(kind(region.place, self.model.detectors) for region in self.model.regions)

    @cached_property
    def _kinds(self) -> tuple[Cells, ...]:
        """Cells of each kind of matter."""
        flux, card = self.model.flux, self.model.card
        sources = sources_of(flux, self.portal.direction, exposure(self.model))
        if not sources:
            raise DomainError(f"the source of {card.key} holds no neutrinos of the flavour asked for")
        lowest = max(0.5 * card.selection.energy_min_GeV, min(float(s.component.energy[0]) for s in sources))
        highest = max(float(s.component.energy[s.intensity > 0].max()) for s in sources)
        kinds = {region.kind: region for region in self.model.regions}
        found = []
        for region in kinds.values():
            targets = constituents(region.material.name, tuple(region.matter.channels))
            found.append(Cells.of(self.portal.mass, targets, sources, lowest, highest))
        return tuple(found)

    @cached_property
    def cells(self) -> tuple[Cells, ...]:
        """Cells of each region."""
        kinds = list(dict.fromkeys(region.kind for region in self.model.regions))
        return tuple(self._kinds[kinds.index(region.kind)] for region in self.model.regions)

    @cached_property
    def contents(self) -> tuple[FloatArray, ...]:
        """Expected decays of each cell of each region."""
        if self.natural:
            return tuple(content for content, _ in self._free)
        matter = [(str(index), region.place) for index, region in enumerate(self.model.regions)]
        passages = acceptance.tabulate(matter, self.model.detectors)
        found = []
        for index, cells in enumerate(self.cells):
            share = _decays_inside(passages.mean[str(index)], passages.edges, cells, self.decays.rate(cells.momentum))
            found.append(self.portal.d**2 * self.decays.generated * cells.content() * share)
        return tuple(found)

    @cached_property
    def _free(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Expected N whose line meets the detector, of each cell of each region, and their statistical errors."""
        found = []
        for cells, places in zip(self.cells, self.places, strict=True):
            assert isinstance(places, FreePlaces)
            scale = self.portal.d**2 * self.decays.generated * cells.content()
            scale = np.where(self.decays.rate(cells.momentum) > 0.0, scale, 0.0)  # M = 0: nothing decays
            mean, error = (scale * np.interp(cells.theta, ANGLES, values) for values in places.matter)
            found.append((mean, error))
        return tuple(found)

    @cached_property
    def total(self) -> float:
        """Expected decays in the detector (natural: of N whose line meets it) of every channel, before efficiency and selection."""
        return float(sum(content.sum() for content in self.contents))

    @cached_property
    def total_error(self) -> float:
        """Statistical error of ``total``: none of an integral, that of the matter before the detector if decays are free."""
        return float(sum(error.sum() for _, error in self._free)) if self.natural else 0.0

    @cached_property
    def _start(self) -> Integers:
        return np.concatenate([[0], np.cumsum([len(content) for content in self.contents])])

    @cached_property
    def _tilts(self) -> tuple[FloatArray, ...]:
        return tuple(cells.tilts(content) for cells, content in zip(self.cells, self.contents, strict=True))

    @cached_property
    def _even(self) -> Choice:
        return Choice.of(np.concatenate(self.contents))

    @cached_property
    def _tails(self) -> Choice:
        return Choice.of(np.concatenate(self.contents), _FLATNESS)

    # --- events -------------------------------------------------------------------------------------------------------
    def draw(self, rng: np.random.Generator, number: int, weighted: bool = False) -> Columns:
        """Events whose weights add up to ``number`` times the expected decays, on average."""
        choice = self._tails if weighted else self._even
        columns: Columns = {}
        left = np.arange(number)
        for _ in range(_ROUNDS):
            cell, weight = choice.draw(rng.random(len(left)))
            region = np.searchsorted(self._start, cell, side="right") - 1
            failed = []
            for index in np.unique(region):
                rows = np.flatnonzero(region == index)
                part = self._in_region(rng, int(index), cell[rows] - self._start[index])
                found = part.pop("found")
                part["weight"] = self.total * weight[rows]
                place = left[rows]
                failed.append(place[~found])
                _put(columns, part, place, number)  # what failed is written over
            left = np.concatenate(failed)
            if not len(left):
                return self.observed(rng, self._decayed(rng, columns))
        raise DomainError("paths of N hardly ever meet the detector where the template has them: a bug, please report")

    def _in_region(self, rng: np.random.Generator, index: int, cell: Integers) -> Columns:
        cells = self.cells[index]
        columns = made(rng, cells, cell, self._tilts[index][cell], np.zeros(len(cell)))
        along, across = columns["hnl_pz"], columns["hnl_px"]
        momentum = np.sqrt(along**2 + across**2)
        path = self.places[index].draw(rng, along / momentum, self.decays.rate(momentum))
        x, y, z = path.origin
        speed = momentum / columns["hnl_E"]
        light = 1e9 / units.SPEED_OF_LIGHT
        columns |= {
            "found": path.found,
            "hnl_px": across * np.cos(path.azimuth), "hnl_py": across * np.sin(path.azimuth),
            "production_x": x, "production_y": y, "production_z": z, "production_t": light * z,
            "decay_x": x + path.length * path.direction[0],
            "decay_y": y + path.length * path.direction[1],
            "decay_z": z + path.length * path.direction[2],
            "decay_t": light * (z + path.length / speed),
            "path": path.length,
            "kappa": self.decays.kappa(momentum),
            "p": momentum,
        }  # fmt: skip
        return columns

    def _decayed(self, rng: np.random.Generator, columns: Columns) -> Columns:
        p = columns.pop("p")
        hnl = (columns["hnl_E"], columns["hnl_px"], columns["hnl_py"], columns["hnl_pz"])
        anti, neutrino = columns.pop("anti"), columns.pop("neutrino")
        axis = (hnl[1] / p, hnl[2] / p, hnl[3] / p)
        spin = np.where(anti, -columns["polarisation"], columns["polarisation"])
        columns |= decayed(rng, self.decays, hnl, axis, spin, anti, neutrino)
        columns["hnl_pdg"] = hnl_pdg(anti, self.decays.majorana)
        return columns

    # --- what the card sees of them -----------------------------------------------------------------------------------
    def observed(self, rng: np.random.Generator, columns: Columns) -> Columns:
        selection = self.model.card.selection
        channel = columns.pop("channel")
        photon, pair = channel == 0, channel == 1
        seen = {"photon": photon, "pair": pair, "both": photon | pair}[selection.visible]
        parts = [columns[f"photon_{axis}"] for axis in ("E", "px", "py", "pz")]
        if "antilepton_E" in columns:
            parts = [
                one + columns[f"antilepton_{axis}"] for one, axis in zip(parts, ("E", "px", "py", "pz"), strict=True)
            ]
        size = np.sqrt(parts[1] ** 2 + parts[2] ** 2 + parts[3] ** 2)
        cosine = np.clip(parts[3] / np.maximum(size, 1e-300), -1.0, 1.0)

        def uniform(_name: str) -> FloatArray:
            return rng.random(len(cosine))

        bins, chance = self._photons.judged(parts[0], cosine, uniform, self.portal.mass)
        by_mass = float(np.interp(self.portal.mass, *source.efficiency_by_mass(self.model.card, self.model.file)))
        if self.converters and pair.any():
            unconverted = replace(self._photons, conversion=None)
            bins_of_pairs, chance_of_pairs = unconverted.judged(parts[0], cosine, uniform, self.portal.mass)
            bins, chance = np.where(pair, bins_of_pairs, bins), np.where(pair, chance_of_pairs, chance)
        hnl = np.sqrt(columns["hnl_px"] ** 2 + columns["hnl_py"] ** 2 + columns["hnl_pz"] ** 2)
        selected = seen & (bins >= 0)
        if self.natural:
            selected &= meets(self.model.detectors, np.stack([columns[f"decay_{axis}"] for axis in "xyz"]))
        if selection.hnl_cosine_min > -1.0:
            selected &= columns["hnl_pz"] >= selection.hnl_cosine_min * hnl
        if selection.separation_min_m > 0.0:
            selected &= columns["path"] >= selection.separation_min_m
        if selection.first_cascade_min_GeV > 0.0:
            selected &= columns["shower"] & (columns["lost"] >= selection.first_cascade_min_GeV)
        if selection.delay_min_ns > 0.0 or selection.gate_ns is not None:
            late = timing.delay(columns["path"], columns["hnl_E"], hnl)
            selected &= late >= selection.delay_min_ns
            if selection.gate_ns is not None:
                gate = selection.gate_ns, selection.bunch_period_ns, selection.bunch_sigma_ns
                chance = chance * timing.gate_share(late, *gate)
        for name in ("shower", "lost", "source"):
            columns.pop(name)
        if self.converters:
            columns |= self._conversion(rng, columns, photon, parts, size)
        return columns | {
            "efficiency": by_mass * chance,
            "selected": selected,
            "bin": np.where(selected, bins, -1).astype(np.int32),
        }

    @cached_property
    def _photons(self) -> PhotonSelection:
        """The card's selection; pairs that count beside photons are judged without conversion."""
        photons = self.model.photons
        if photons.conversion is None or photons.selection.visible != "both":
            return photons
        return replace(photons, selection=msgspec.structs.replace(photons.selection, visible="photon"))

    @cached_property
    def converters(self) -> list[Converter]:
        return source.converters(self.model.card, self.model.file)

    def _conversion(
        self,
        rng: np.random.Generator,
        columns: Columns,
        photon: npt.NDArray[np.bool_],
        parts: list[Any],
        size: FloatArray,
    ) -> Columns:
        """Where photons make their pairs; NaN for those that leave, and for pairs of N."""
        origin = np.stack([columns[f"decay_{axis}"] for axis in "xyz"], axis=1)
        direction = np.stack(parts[1:], axis=1) / size[:, None]
        point = conversion_points(self.converters, origin, direction, parts[0], rng.random(len(size)))
        point[~photon] = np.nan
        return {f"conversion_{axis}": np.ascontiguousarray(point[:, k]) for k, axis in enumerate("xyz")}


def _put(columns: Columns, part: Columns, place: Integers, number: int) -> None:
    """Write the columns of some events at their places; what is the same for all stays one number."""
    for name, values in part.items():
        if values.strides == (0,):
            columns.setdefault(name, np.broadcast_to(values[0], (number,)))
            continue
        if name not in columns:
            columns[name] = np.empty(number, dtype=values.dtype)
        columns[name][place] = values


def hnl_pdg(anti: npt.NDArray[np.bool_], majorana: bool) -> npt.NDArray[np.int64]:
    """PDG numbers of N: negative for Nbar; a Majorana N is its own antiparticle."""
    from nudipole.generator.table import HNL_PDG

    return np.full(len(anti), HNL_PDG) if majorana else np.where(anti, -HNL_PDG, HNL_PDG)


def exposure(model: UpscatterModel) -> float:
    """Protons, seconds or runs of the card's exposure."""
    given = model.card.exposure
    value = {"POT": given.protons_on_target, "s": given.seconds, "run": 1.0}[model.flux.per]
    if value is None:
        raise DomainError(f"the exposure of {model.card.key} lacks what goes with a flux per {model.flux.per}")
    return float(value)


def _decays_inside(mean: FloatArray, edges: FloatArray, cells: Cells, rate: FloatArray) -> FloatArray:
    """Matter [kg] times the chance to decay in the detector, for N of each cell: linear in angle and in ln(rate)."""
    if not np.all(rate > 0.0):  # M = 0, or a width that underflows: nothing decays
        return np.zeros_like(rate)
    logarithm = np.log(rate)
    low, high = float(logarithm.min()), float(logarithm.max())
    grid = np.exp(np.linspace(low, high + 1e-9, _RATES))
    survival = np.exp(-grid[:, None] * edges)
    table = mean @ -np.diff(survival, axis=1).T  # (angles, rates)
    below = np.clip(np.searchsorted(ANGLES, cells.theta, side="right") - 1, 0, len(ANGLES) - 2)
    far = np.clip((cells.theta - ANGLES[below]) / (ANGLES[below + 1] - ANGLES[below]), 0.0, 1.0)
    step = (logarithm - low) / (high + 1e-9 - low) * (_RATES - 1)
    column = np.minimum(step.astype(np.intp), _RATES - 2)
    part = step - column
    upper = table[below, column] * (1.0 - part) + table[below, column + 1] * part
    lower = table[below + 1, column] * (1.0 - part) + table[below + 1, column + 1] * part
    return np.asarray((1.0 - far) * upper + far * lower)
