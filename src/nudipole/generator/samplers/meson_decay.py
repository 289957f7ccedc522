"""Events of N from meson decays: the draws of the template, with random numbers in place of the quasi-random ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.generator.samplers.sampler import Weighing
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.decay import LEPTON_PDG, NEUTRINO_PDG, Decays, about, boosted, decayed
from nudipole.generator.table import Columns, stacked
from nudipole.portal import FLAVORS
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.phase_space import boost
from nudipole.signals.meson_decay import draws
from nudipole.signals.meson_decay.channels import OpenChannel, strength
from nudipole.signals.meson_decay.events import Events, fly
from nudipole.signals.meson_decay.model import MesonDecayModel
from nudipole.signals.meson_decay.photons import photon_efficiency

FloatArray = npt.NDArray[np.float64]
MESON_PDG = {
    "pi0": 111, "eta": 221, "eta'": 331, "rho": 113, "omega": 223, "phi": 333, "J/psi": 443, "psi'": 100443,
    "Upsilon(1S)": 553, "Upsilon(2S)": 100553, "Upsilon(3S)": 200553, "pi": 211, "K": 321, "D": 411, "Ds": 431, "B": 521,
}  # fmt: skip
_LEAST = 16  # trials of a channel


@dataclass(frozen=True)
class MesonDecaySampler(Weighing):
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: MesonDecayModel
    processes: ClassVar[dict[int, str]] = {11: "two-body decay of a meson", 12: "three-body decay of a meson"}
    note: ClassVar[str] = (
        "every N decays in the decay volume (forced); the weight is the expected number of such decays; where a meson makes "
        "N with two others, these two are even in their rest frame"
    )

    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @cached_property
    def _channels(self) -> list[tuple[OpenChannel, float, float]]:
        """Open channels with the strength of their coupling and their part of the trials."""
        found = []
        for channel in self.model.open_channels(self.portal.mass):
            factor = strength(channel.group, self.portal.direction)
            if factor > 0.0:
                found.append((channel, factor, channel.share))
        total = sum(share for *_, share in found)
        return [(channel, factor, share / total) for channel, factor, share in found]

    def trials(self, rng: np.random.Generator, number: int) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Weighing`."""
        parts = [
            self._of_channel(rng, channel, factor, max(_LEAST, round(share * number)))
            for channel, factor, share in self._channels
        ]
        columns = stacked([part for part in parts if len(part["weight"])] or parts[:1])
        columns["weight"] = columns["weight"] * number
        order = rng.permutation(len(columns["weight"]))
        return {name: values[order] for name, values in columns.items()}

    def _of_channel(self, rng: np.random.Generator, found: OpenChannel, factor: float, number: int) -> Columns:
        """Decays in the volume; their weights add up to the expected number of the whole channel."""
        mass = self.portal.mass
        degree = meson.polarisation(found.parent, found.channel, mass)
        at = rng.random((number, 8))
        drawn = draws.draw(found.parents, found.energy, found.ratio, degree, 0, at=at)
        events = fly(drawn, mass, self.model.window)
        near, far = self.model.volume.chord(events.origin, events.direction)
        rows = np.flatnonzero(far > near)
        events, near, far = events.rows(rows), near[rows], far[rows]
        rate = self.decays.rate(events.momentum)
        inside = -np.expm1(-rate * (far - near))
        chance = np.exp(-rate * near) * inside
        factor = factor * self.portal.d**2 * self.decays.generated
        length = near - np.log1p(-rng.random(len(rows)) * inside) / np.maximum(rate, 1e-300)
        if self.natural:
            chance = np.where(rate > 0.0, 1.0, 0.0)
            length = -np.log1p(-rng.random(len(rows))) / np.maximum(rate, 1e-300)
        point = events.origin + length[:, None] * events.direction
        lab = events.four_momentum(mass)
        columns = self._particles(rng, found, events, lab)
        columns |= self._decayed(rng, events, lab, degree, columns)
        light = 1e9 / units.SPEED_OF_LIGHT
        start = light * events.origin[:, 2]
        photon = np.stack([columns[f"photon_{axis}"] for axis in ("E", "px", "py", "pz")], axis=1)
        efficiency = photon_efficiency(self.model.card.selection, point, photon)
        selected = (efficiency > 0.0) & (columns.pop("channel") == 0) & (length >= near) & (length <= far)
        return columns | {
            "weight": events.weight * chance * factor,
            "efficiency": efficiency,
            "selected": selected,
            "bin": np.where(selected, 0, -1).astype(np.int32),
            "production_x": events.origin[:, 0], "production_y": events.origin[:, 1],
            "production_z": events.origin[:, 2], "production_t": start,
            "decay_x": point[:, 0], "decay_y": point[:, 1], "decay_z": point[:, 2],
            "decay_t": start + light * length * lab[:, 0] / np.maximum(events.momentum, 1e-300),
            "path": length,
            "kappa": self.decays.kappa(events.momentum),
        }  # fmt: skip

    def _particles(self, rng: np.random.Generator, found: OpenChannel, events: Events, lab: FloatArray) -> Columns:
        """Meson, N and what the meson makes with it."""
        number = len(lab)
        name = meson.canonical(found.parent)
        neutral = meson.lepton_number_states(name) == 2
        anti = rng.random(number) < 0.5
        if found.parent.endswith(("+", "-")):
            anti = np.full(number, found.parent.endswith("-"))
        pdg = np.full(number, MESON_PDG[name]) if neutral else np.where(anti, -MESON_PDG[name], MESON_PDG[name])
        first = found.channel.split()[0]
        neutrino = self._flavor(rng, number, first if first in FLAVORS else "")
        if neutral:
            other, other_mass = np.where(anti, neutrino, -neutrino), 0.0
        else:
            other, other_mass = np.where(anti, LEPTON_PDG[first], -LEPTON_PDG[first]), units.LEPTON_MASS[first]
        columns: Columns = {"beam_pdg": pdg, "recoil_pdg": other, "anti": anti, "neutrino": np.abs(neutrino)}
        three = len(found.channel.split()) == 3
        columns["process"] = np.full(number, 12 if three else 11)
        for index, axis in enumerate(("E", "px", "py", "pz")):
            columns[f"beam_{axis}"] = np.ascontiguousarray(events.parent[:, index])
            columns[f"hnl_{axis}"] = np.ascontiguousarray(lab[:, index])
        columns["hnl_pdg"] = hnl_pdg(anti, self.decays.majorana)
        if three:
            rest = tuple(events.parent[:, k] - lab[:, k] for k in range(4))
            s = np.maximum(rest[0] ** 2 - rest[1] ** 2 - rest[2] ** 2 - rest[3] ** 2, other_mass**2)
            root = np.sqrt(s)
            energy = 0.5 * (s - other_mass**2) / np.maximum(root, 1e-300)
            upward = (np.zeros(number), np.zeros(number), np.ones(number))
            x, y, z = about(upward, 2.0 * rng.random(number) - 1.0, rng.random(number))
            photon = boosted((energy, energy * x, energy * y, energy * z), rest, np.maximum(root, 1e-300))
            columns["extra_pdg"] = np.full(number, 22)
            columns |= dict(zip(("extra_E", "extra_px", "extra_py", "extra_pz"), photon, strict=True))
        return columns

    def _flavor(self, rng: np.random.Generator, number: int, flavor: str) -> npt.NDArray[np.int64]:
        """PDG numbers (positive) of neutrinos that come with N, or that N decays to."""
        share = np.abs(np.asarray(self.portal.direction.couplings)) ** 2
        if self.portal.direction.incoherent and flavor:
            return np.full(number, NEUTRINO_PDG[flavor])
        chosen = np.searchsorted(np.cumsum(share / share.sum()), rng.random(number), side="right").clip(0, 2)
        return np.array([NEUTRINO_PDG[name] for name in FLAVORS])[chosen]

    def _decayed(
        self, rng: np.random.Generator, events: Events, lab: FloatArray, degree: float, columns: Columns
    ) -> Columns:
        """N is polarised along its flight in the rest frame of the meson: against the meson as N sees it."""
        mass = self.portal.mass
        back = -boost(events.parent, lab * np.array([1.0, -1.0, -1.0, -1.0]), mass)[:, 1:]
        size = np.sqrt(np.sum(back**2, axis=1))
        unit = np.divide(back, size[:, None], out=np.tile([0.0, 0.0, 1.0], (len(lab), 1)), where=size[:, None] > 0)
        axis = (unit[:, 0], unit[:, 1], unit[:, 2])
        hnl = (lab[:, 0], lab[:, 1], lab[:, 2], lab[:, 3])
        anti, neutrino = columns.pop("anti"), columns.pop("neutrino")
        made = decayed(rng, self.decays, hnl, axis, np.full(len(lab), degree), anti, neutrino)
        sign = np.where(anti, -degree, degree)
        flight = np.sum(unit * events.direction, axis=1)
        spin = {f"spin_{name}": sign * value for name, value in zip("xyz", axis, strict=True)}
        return made | spin | {"polarisation": sign * flight}
