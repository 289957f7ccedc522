"""Events of electron recoils in beams: nu e -> N e, N leaves the detector or its photon merges with the electron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.choice import Choice, Integers
from nudipole.generator.sampling.decay import Decays, decayed
from nudipole.generator.sampling.scattering import Cells, made, sources_of
from nudipole.generator.table import Columns, stacked
from nudipole.matter import targets
from nudipole.portal import Portal
from nudipole.signals.electron_recoil.acceptance import accepted_share
from nudipole.signals.electron_recoil.model import ElectronRecoilBeam
from nudipole.signals.electron_recoil.showers import SOFTEST_RECOIL
from nudipole.signals.production import Scatterer

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One beam and one way of being seen: N that leaves, or N whose photon merges."""

    beam: int
    merged: bool
    cells: Cells
    content: FloatArray
    tilt: FloatArray


@dataclass(frozen=True)
class ElectronRecoilSampler:
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: ElectronRecoilBeam
    portal: Portal
    natural: bool = False

    processes: ClassVar[dict[int, str]] = {
        4: "scattering on an electron, N leaves the detector",
        6: "scattering on an electron, N decays so near that its photon merges",
    }
    note: ClassVar[str] = (
        "recoils in the card's range of energy; the weight is the expected number of events in which N leaves the detector "
        "undecayed, or decays within the merging distance; the detector has a length only, N is made on its axis"
    )
    total_error: ClassVar[float] = 0.0

    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @cached_property
    def _stays(self) -> bool:
        """Whether the decay of N inside spoils the event."""
        return self.model.card.geometry.decay_inside == "lost" and self.portal.mass > 0.0

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        model, card = self.model, self.model.card
        electron = targets.get("e-")
        edges = model.edges - units.ELECTRON_MASS
        seen = replace(electron, reach=2.0 * units.ELECTRON_MASS * float(edges[-1]))
        found = []
        for beam, flux in enumerate(model.fluxes):
            sources = sources_of(flux, self.portal.direction, model.settings[beam].electrons)
            if not sources:
                continue
            lowest = min(float(s.component.energy[0]) for s in sources)
            highest = max(float(s.component.energy[s.intensity > 0].max()) for s in sources)
            for merged in (False, True):
                if merged and (self.natural or not (card.geometry.merge_m > 0.0 and self._stays)):
                    continue
                soft = merged or (self.natural and self._merges)
                target = Scatterer("e-", electron if soft else seen, 1.0, True)
                floor = SOFTEST_RECOIL if soft else float(edges[0])
                cells = Cells.of(self.portal.mass, [target], sources, max(lowest, floor), highest, floor)
                content = self.portal.d**2 * cells.content() * self._chance(cells.momentum, merged)
                if content.sum() > 0.0:
                    found.append(Part(beam, merged, cells, content, cells.tilts(content)))
        if not found:
            raise DomainError(f"{card.key} expects no events at this point")
        return tuple(found)

    def _chance(self, momentum: FloatArray, merged: bool) -> FloatArray:
        """Chance that N leaves, averaged over the depth in the target, or that it decays near enough; free: that it decays."""
        if self.natural:
            return np.full_like(momentum, self.decays.generated if self.portal.mass > 0.0 else 0.0)
        if not self._stays:
            return np.ones_like(momentum)
        geometry, rate = self.model.card.geometry, self.decays.rate(momentum)
        if merged:
            return -np.expm1(-rate * geometry.merge_m) * self.decays.generated
        return self._spoiled * self._survives(rate) + (1.0 - self._spoiled)

    @property
    def _merges(self) -> bool:
        """Whether the photon of a decay near enough joins the shower of the electron."""
        return self.model.card.geometry.merge_m > 0.0 and self._stays

    @cached_property
    def _spoiled(self) -> float:
        """Fraction of decays that are the dipole's: an invisible decay spoils nothing."""
        whole = self.decays.strength + self.decays.extra
        return self.decays.strength / whole if whole > 0.0 else 0.0

    def _survives(self, rate: FloatArray) -> FloatArray:
        """Mean of exp(-rate * way out) over ways even in the depth of the target."""
        geometry = self.model.card.geometry
        depth = np.maximum(rate * geometry.length_m, 1e-12)
        return np.asarray(np.exp(-rate * geometry.downstream_m) * -np.expm1(-depth) / depth)

    @cached_property
    def total(self) -> float:
        """Expected events of all parts."""
        return float(sum(part.content.sum() for part in self.parts))

    @cached_property
    def _start(self) -> Integers:
        return np.concatenate([[0], np.cumsum([len(part.content) for part in self.parts])])

    @cached_property
    def _choices(self) -> tuple[Choice, Choice]:
        content = np.concatenate([part.content for part in self.parts])
        return Choice.of(content), Choice.of(content, 0.5)

    def draw(self, rng: np.random.Generator, number: int, weighted: bool = False) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Sampler`."""
        cell, weight = self._choices[weighted].draw(rng.random(number))
        which = np.searchsorted(self._start, cell, side="right") - 1
        tables: list[Columns] = []
        order: Sequence[Integers] = []
        for index in np.unique(which):
            rows = np.flatnonzero(which == index)
            columns = self._of_part(rng, self.parts[index], cell[rows] - self._start[index])
            tables.append(columns | {"weight": self.total * weight[rows]})
            order = [*order, rows]
        columns = stacked(tables) if len(tables) > 1 else tables[0]
        back = np.argsort(np.concatenate(order), kind="stable")
        return {name: values[back] for name, values in columns.items()}

    def _of_part(self, rng: np.random.Generator, part: Part, cell: Integers) -> Columns:
        columns = made(rng, part.cells, cell, part.tilt[cell])
        number, geometry = len(cell), self.model.card.geometry
        momentum = np.sqrt(columns["hnl_px"] ** 2 + columns["hnl_py"] ** 2 + columns["hnl_pz"] ** 2)
        rate = self.decays.rate(momentum) if self.portal.mass > 0.0 else np.zeros(number)
        way = geometry.downstream_m + geometry.length_m * self._depth(rng, rate, number)
        path = way
        if self.natural:
            path = -np.log1p(-rng.random(number)) / np.maximum(rate, 1e-300)
        if part.merged:
            inside = -np.expm1(-rate * geometry.merge_m)
            path = -np.log1p(-rng.random(number) * inside) / np.maximum(rate, 1e-300)
        end = geometry.downstream_m
        unit = [columns[f"hnl_{axis}"] / np.maximum(momentum, 1e-300) for axis in ("px", "py", "pz")]
        z = end - way
        light = 1e9 / units.SPEED_OF_LIGHT
        columns |= {
            "production_z": z, "production_t": light * z, "path": path,
            "kappa": self.decays.kappa(momentum) if self.portal.mass > 0.0 else np.zeros(number),
            "decay_x": path * unit[0], "decay_y": path * unit[1], "decay_z": z + path * unit[2],
            "decay_t": light * (z + path * columns["hnl_E"] / np.maximum(momentum, 1e-300)),
        }  # fmt: skip
        anti, neutrino = columns.pop("anti"), columns.pop("neutrino")
        lost = columns.pop("lost")
        columns.pop("shower")
        columns.pop("source")
        columns["hnl_pdg"] = hnl_pdg(anti, self.portal.direction.nature == "majorana")
        shower = lost + units.ELECTRON_MASS
        photons = np.ones(number, dtype=bool)
        merged = np.full(number, part.merged)
        leaves = np.ones(number, dtype=bool)
        if self.natural:
            merged = (path <= geometry.merge_m) & self._merges
            leaves = merged | (path > way) | (not self._stays)
        if part.merged or self.natural:
            spin = np.where(anti, -columns["polarisation"], columns["polarisation"])
            hnl = (columns["hnl_E"], columns["hnl_px"], columns["hnl_py"], columns["hnl_pz"])
            columns |= decayed(rng, self.decays, hnl, (unit[0], unit[1], unit[2]), spin, anti, neutrino)
            columns["process"] = np.where(merged, 6, columns["process"])
            photons = (columns.pop("channel") == 0) | ~merged
            shower = shower + np.where(merged, columns["photon_E"], 0.0)
        chance = np.full(number, self.model.card.selection.efficiency)
        if not part.merged:
            mass = np.full(number, self.portal.mass)
            chance = np.where(merged, chance, accepted_share(self.model.card.selection, lost, columns["beam_E"], mass))
        edges = self.model.edges
        place = np.searchsorted(edges, shower, side="right") - 1
        selected = photons & leaves & (place >= 0) & (place < len(edges) - 1) & (chance > 0.0)
        bins = np.where(selected, part.beam * (len(edges) - 1) + place, -1)
        return columns | {"efficiency": chance, "selected": selected, "bin": bins.astype(np.int32)}

    def _depth(self, rng: np.random.Generator, rate: FloatArray, number: int) -> FloatArray:
        """Share of the target's length between N and its end, for N that leaves; even if nothing is asked of N."""
        u = rng.random(number)
        if self.natural or not self._stays:
            return u
        length = np.maximum(rate * self.model.card.geometry.length_m, 1e-12)
        left = -np.log1p(u * np.expm1(-length)) / length
        if self._spoiled == 1.0:
            return np.asarray(left)
        survives = self._survives(rate) * self._spoiled
        return np.where(rng.random(number) * (survives + 1.0 - self._spoiled) < survives, left, u)
