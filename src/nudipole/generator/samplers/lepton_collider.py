"""Events of single-photon searches at e+ e- colliders: nu N with N -> nu gamma inside, and nu N gamma with N outside.

Four-momenta are in the centre of mass of the beams, the electron along z; initial-state radiation is one photon along a
beam. In e+ e- -> nu N gamma the system of nu and N is turned back to its own rest frame, where N follows sin^2 about the
beam as in the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.generator.samplers.sampler import Weighing
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.decay import NEUTRINO_PDG, Decays, about, boosted, decayed
from nudipole.generator.table import Columns, stacked
from nudipole.portal import FLAVORS
from nudipole.processes.collisions import annihilation, mono_photon
from nudipole.signals.lepton_collider import mono_photon as templates
from nudipole.signals.lepton_collider.acceptance import LeptonCollider
from nudipole.signals.lepton_collider.model import LeptonColliderModel

FloatArray = npt.NDArray[np.float64]
_LEAST = 0.02  # part of the trials that each source of each running gets at least


@dataclass(frozen=True)
class LeptonColliderSampler(Weighing):
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: LeptonColliderModel
    processes: ClassVar[dict[int, str]] = {21: "e+ e- -> nu N, N decays inside", 22: "e+ e- -> nu N gamma, N leaves"}
    note: ClassVar[str] = (
        "N decays inside the detector, or leaves it after a photon was radiated in the range of the acceptance (both forced); "
        "the weight is the expected number; momenta in the centre of mass of the beams"
    )

    @cached_property
    def decays(self) -> Decays:
        model, look = self.model, self.model.card.look
        if look != "photon":
            raise DomainError(f"{model.card.key} judges a rate (look = {look}) without a detector: it has no events")
        return Decays.of(self.portal)

    @cached_property
    def _streams(self) -> list[tuple[int, LeptonCollider, str, float]]:
        """Runnings and sources with their part of the trials."""
        mass, direction, d = self.portal.mass, self.portal.direction, np.array([self.portal.d])
        found = []
        for index, machine in enumerate(self.model.colliders):
            for source in templates.SOURCES:
                template = templates.template(mass, direction, machine, sources=(source,))
                expected = float(template.counts(d).sum())
                if mass < machine.sqrt_s and template.weight.sum() > 0.0:
                    found.append((index, machine, source, expected))
        total = sum(expected for *_, expected in found)
        if not total > 0.0:
            raise DomainError(f"{self.model.card.key} expects no events at this point")
        shares = [expected / total + _LEAST for *_, expected in found]
        return [(i, m, s, share / sum(shares)) for (i, m, s, _), share in zip(found, shares, strict=True)]

    def trials(self, rng: np.random.Generator, number: int) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Weighing`."""
        decays = self.decays  # refuses what has no events
        parts = []
        for index, machine, source, share in self._streams:
            size = max(8, round(share * number))
            make = self._inside if source == "decay" else self._radiated
            columns = make(rng, machine, size)
            columns["weight"] = columns["weight"] / size
            rows = np.flatnonzero(columns["weight"] > 0.0)
            columns = {name: values[rows] for name, values in columns.items()}
            parts.append(self._seen(rng, decays, machine, index, source, columns))
        columns = stacked(parts)
        columns["weight"] = columns["weight"] * number
        order = rng.permutation(len(columns["weight"]))
        return {name: values[order] for name, values in columns.items()}

    def _exchange(self) -> list[tuple[float, tuple[float, float]]]:
        return templates.exchanges(self.model.completed(self.portal.direction))

    def _inside(self, rng: np.random.Generator, machine: LeptonCollider, number: int) -> Columns:
        """e+ e- -> nu N in one running; weights add up to their number times the expected decays inside."""
        mass, s = self.portal.mass, machine.sqrt_s**2
        loss, weight = _losses(rng, s, mass, machine.radiation, number)
        reduced = s * (1.0 - loss)
        cosine = 2.0 * rng.random(number) - 1.0
        sigma, helicity = np.zeros(number), np.zeros(number)
        for part, (z, w) in self._exchange():
            one, mean = annihilation.polarised_distribution(cosine, reduced, mass, z, w)
            sigma, helicity = sigma + part * one, helicity + part * one * mean
        helicity = np.divide(helicity, sigma, out=np.zeros(number), where=sigma > 0)
        root = np.sqrt(reduced)
        energy, momentum = 0.5 * (root + mass**2 / root), 0.5 * (root - mass**2 / root)
        sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
        turn = 2.0 * np.pi * rng.random(number)
        rest = (energy, momentum * sine * np.cos(turn), momentum * sine * np.sin(turn), momentum * cosine)
        away = np.where(rng.random(number) < 0.5, 1.0, -1.0) * 0.5 * loss * machine.sqrt_s
        whole = machine.sqrt_s * (1.0 - 0.5 * loss)
        hnl = boosted(rest, (whole, 0.0 * away, 0.0 * away, away), root)
        size = np.sqrt(hnl[1] ** 2 + hnl[2] ** 2 + hnl[3] ** 2)
        rate = self.decays.rate(size)
        depth = rate * machine.path(hnl[3] / np.maximum(size, 1e-300))
        inside = -np.expm1(-depth)
        scale = 2.0 * machine.events_per_cross_section * self.portal.d**2 * self.portal.direction.decay_norm
        columns = _named(hnl, "hnl")
        columns |= {"extra_E": np.abs(away), "extra_px": 0.0 * away, "extra_py": 0.0 * away, "extra_pz": -away}
        chance = np.ones(number) if self.natural else inside
        path = -np.log1p(-rng.random(number) * chance) / np.maximum(rate, 1e-300)
        return columns | {
            "extra_pdg": np.where(loss > 0.0, 22, 0),
            "weight": weight * sigma * scale * chance * self.decays.generated,
            "helicity": np.zeros(number) if machine.isotropic else helicity,
            "path": path,
            "passes": rate * path <= depth,
        }

    def _radiated(self, rng: np.random.Generator, machine: LeptonCollider, number: int) -> Columns:
        """e+ e- -> nu N gamma with N leaving, photons in the range of the acceptance."""
        mass, s, accept = self.portal.mass, machine.sqrt_s**2, machine.acceptance
        floor = max(accept.energy_min * 2.0 / machine.sqrt_s, accept.x_transverse_min, 1e-6)
        ceiling = min(1.0 - mass**2 / s, accept.energy_max * 2.0 / machine.sqrt_s, 1.0 - 1e-9)
        if ceiling <= floor:
            return {"weight": np.zeros(0)}
        span = np.log(ceiling / floor)
        x = floor * np.exp(span * rng.random(number))
        cosine = accept.cosine_max * (2.0 * rng.random(number) - 1.0)
        z = self._exchange()[0][1][0]
        if any(w for _, (_, w) in self._exchange()):
            raise DomainError(
                "events with a radiated photon know no W dipole: leave out the completion, or choose d_W = 0"
            )
        density = mono_photon.signal_distribution(x, cosine, s, mass, z)
        weight = 2.0 * density * x * span * 2.0 * accept.cosine_max * machine.events_per_cross_section
        size = 0.5 * x * machine.sqrt_s
        turn = 2.0 * np.pi * rng.random(number)
        sine = np.sqrt(1.0 - cosine**2)
        photon = (size, size * sine * np.cos(turn), size * sine * np.sin(turn), size * cosine)
        rest = (machine.sqrt_s - size, -photon[1], -photon[2], -photon[3])
        root = np.sqrt(s * (1.0 - x))
        energy, momentum = 0.5 * (root + mass**2 / root), 0.5 * (root - mass**2 / root)
        polar = _sine_squared(rng, number)
        upward = (np.zeros(number), np.zeros(number), np.ones(number))
        axis = about(upward, polar, rng.random(number))
        hnl = boosted((energy, *(momentum * a for a in axis)), rest, root)
        total = np.sqrt(hnl[1] ** 2 + hnl[2] ** 2 + hnl[3] ** 2)
        way = machine.path(hnl[3] / np.maximum(total, 1e-300))
        whole = self.decays.strength + self.decays.extra
        survive = 1.0 + self.decays.strength / whole * np.expm1(-self.decays.rate(total) * way)
        norm = self.portal.d**2 * self.portal.direction.decay_norm
        columns = _named(hnl, "hnl") | _named(photon, "extra")
        path, passes = way, np.ones(number, dtype=bool)
        if self.natural:
            survive = np.full(number, self.decays.generated)
            path = -np.log1p(-rng.random(number)) / np.maximum(self.decays.rate(total), 1e-300)
            passes = path > way
        return columns | {
            "extra_pdg": np.full(number, 22), "weight": weight * norm * survive, "helicity": np.zeros(number), "path": path,
            "passes": passes,
        }  # fmt: skip

    def _seen(
        self,
        rng: np.random.Generator,
        decays: Decays,
        machine: LeptonCollider,
        index: int,
        source: str,
        columns: Columns,
    ) -> Columns:
        number = len(columns["weight"])
        hnl = tuple(columns[f"hnl_{axis}"] for axis in ("E", "px", "py", "pz"))
        size = np.maximum(np.sqrt(hnl[1] ** 2 + hnl[2] ** 2 + hnl[3] ** 2), 1e-300)
        unit = (hnl[1] / size, hnl[2] / size, hnl[3] / size)
        helicity, anti = columns.pop("helicity"), rng.random(number) < 0.5
        flavor = _flavors(rng, self.portal.direction.couplings, number)
        light = 1e9 / units.SPEED_OF_LIGHT
        half = np.full(number, 0.5 * machine.sqrt_s)
        along = np.sqrt(half**2 - units.ELECTRON_MASS**2)
        none = np.zeros(number)
        columns |= {
            "beam_pdg": np.full(number, 11), "beam_E": half, "beam_px": none, "beam_py": none, "beam_pz": along,
            "target_pdg": np.full(number, -11), "target_E": half, "target_px": none, "target_py": none, "target_pz": -along,
            "hnl_pdg": hnl_pdg(anti, decays.majorana), "recoil_pdg": np.where(anti, flavor, -flavor),
            "polarisation": np.where(anti, -helicity, helicity), "kappa": decays.kappa(size),
            "process": np.full(number, 21 if source == "decay" else 22),
            "decay_x": columns["path"] * unit[0], "decay_y": columns["path"] * unit[1], "decay_z": columns["path"] * unit[2],
            "decay_t": light * columns["path"] * hnl[0] / size,
        }  # fmt: skip
        photon = tuple(columns[f"extra_{axis}"] for axis in ("E", "px", "py", "pz"))
        seen = columns.pop("passes")
        if source == "decay" or self.natural:
            columns |= decayed(rng, decays, (hnl[0], hnl[1], hnl[2], hnl[3]), unit, helicity, anti, flavor)
            channel = columns.pop("channel")
        if source == "decay":
            seen = seen & (channel == 0)
            photon = tuple(columns[f"photon_{axis}"] for axis in ("E", "px", "py", "pz"))
        cosine = np.clip(photon[3] / np.maximum(photon[0], 1e-300), -1.0, 1.0)
        share = machine.acceptance.share(photon[0], 1e-12 * photon[0], cosine, machine.sqrt_s)
        selected = seen & (share > 0.5)
        apart = self.model.card.observation.statistic == "measured"
        bins = np.where(selected, index if apart else 0, -1).astype(np.int32)
        efficiency = np.full(number, machine.acceptance.efficiency)
        return columns | {"efficiency": efficiency, "selected": selected, "bin": bins}


def _named(vector: tuple[FloatArray, ...], slot: str) -> Columns:
    return {f"{slot}_{axis}": value for axis, value in zip(("E", "px", "py", "pz"), vector, strict=True)}


def _flavors(rng: np.random.Generator, couplings: tuple[complex, ...], number: int) -> npt.NDArray[np.int64]:
    share = np.abs(np.asarray(couplings)) ** 2
    chosen = np.searchsorted(np.cumsum(share / share.sum()), rng.random(number), side="right").clip(0, 2)
    return np.array([NEUTRINO_PDG[name] for name in FLAVORS])[chosen]


def _sine_squared(rng: np.random.Generator, number: int) -> FloatArray:
    """Cosines with the density 3/4 (1 - c^2): the middle root of c^3 - 3 c + 2 (2 u - 1) = 0."""
    return np.asarray(2.0 * np.cos((np.arccos(1.0 - 2.0 * rng.random(number)) + 4.0 * np.pi) / 3.0))


def _losses(
    rng: np.random.Generator, s: float, mass: float, radiation: bool, number: int
) -> tuple[FloatArray, FloatArray]:
    """Fraction of s lost along the beams, and the weight of each: the structure function over the density drawn from."""
    if not radiation:
        return np.zeros(number), np.ones(number)
    beta = 2.0 * units.ALPHA / np.pi * (np.log(s / units.ELECTRON_MASS**2) - 1.0)
    top = ((1.0 - mass**2 / s) * (1.0 - 1e-9)) ** beta
    u = np.maximum(top * rng.random(number), 1e-300)
    x = np.maximum(u ** (1.0 / beta), 1e-39)  # softer ones weigh the same
    return x, top * x ** (1.0 - beta) / beta * mono_photon.structure_function(x, s)
