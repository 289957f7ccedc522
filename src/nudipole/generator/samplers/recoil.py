"""Events of recoil searches: solar, reactor and stopped-pion neutrinos on electrons and nuclei."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.errors import DomainError
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.choice import Choice, Integers
from nudipole.generator.sampling.decay import Decays, decayed
from nudipole.generator.sampling.scattering import Cells, made, sources_of
from nudipole.generator.table import Columns, stacked
from nudipole.matter import targets
from nudipole.portal import Portal
from nudipole.signals.production import Scatterer
from nudipole.signals.recoil.model import RecoilModel
from nudipole.signals.recoil.rate import Channel, ElectronChannel, NuclearChannel

FloatArray = npt.NDArray[np.float64]
_SEEN = 1e-9  # of a recoil that counts at all


@dataclass(frozen=True)
class Part:
    """One kind of target: its channel, cells of neutrino energy and recoil, events in each."""

    channel: Channel
    cells: Cells
    content: FloatArray
    tilt: FloatArray


@dataclass(frozen=True)
class RecoilSampler:
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: RecoilModel
    portal: Portal
    natural: bool = False

    processes: ClassVar[dict[int, str]] = {1: "coherent scattering on a nucleus", 4: "scattering on an electron"}
    note: ClassVar[str] = (
        "recoils that the detector can see at all, N leaves it undecayed; the weight is the expected number of such recoils; the "
        "neutrino comes along z, since a recoil search does not know from where"
    )
    total_error: ClassVar[float] = 0.0

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        sources = sources_of(self.model.flux, self.portal.direction)
        if not sources:
            raise DomainError(f"the source of {self.model.card.key} holds no neutrinos of the flavour asked for")
        highest = max(float(s.component.energy[s.intensity > 0].max()) for s in sources)
        lowest = min(float(s.component.energy[0]) for s in sources)
        found = []
        for channel in (target.channel for target in self.model.targets):
            for target, mass in _targets(channel):
                reach = float(kinematics.recoil_limits(self.model.flux.maximum_energy, 0.0, mass)[1])
                probe = np.geomspace(1e-10, reach, 600) if reach > 1e-10 else np.array([reach])
                seen = np.flatnonzero(channel.response(self.model.response).total(probe) > _SEEN)
                if not len(seen):
                    continue
                low, high = probe[max(seen[0] - 1, 0)], min(probe[min(seen[-1] + 1, len(probe) - 1)], reach)
                assert target.target is not None
                narrow = replace(target.target, reach=min(target.target.reach, 2.0 * mass * float(high)))
                scatterer = target._replace(target=narrow)
                cells = Cells.of(self.portal.mass, [scatterer], sources, lowest, highest, float(low))
                chance = self._free if self.natural else self._leaves(cells.momentum)
                content = self.portal.d**2 * cells.content() * chance
                if isinstance(channel, ElectronChannel):
                    content = content * channel.material.ionisable_electrons_per_kg(cells.recoil)
                if content.sum() > 0.0:
                    found.append(Part(channel, cells, content, cells.tilts(content)))
        if not found:
            raise DomainError(f"{self.model.card.key} sees no recoils at this point: they are all below its threshold")
        return tuple(found)

    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @property
    def _exit(self) -> float:
        """Way out of the detector [m], 0 where the card names none."""
        return 0.0 if self.model.card.detector is None else self.model.card.detector.exit_m

    def _leaves(self, momentum: FloatArray) -> FloatArray:
        """Chance that N leaves the detector without a decay that is seen."""
        if self._exit == 0.0 or self.portal.mass == 0.0:
            return np.ones_like(momentum)
        dipole = self.decays.strength / (self.decays.strength + self.decays.extra)
        return np.asarray(1.0 + dipole * np.expm1(-self.decays.rate(momentum) * self._exit))

    @property
    def _free(self) -> float:
        """Share of N whose decay is generated if nothing is asked of it: none of a stable N."""
        return self.decays.generated if self.portal.mass > 0.0 else 0.0

    @cached_property
    def total(self) -> float:
        """Expected recoils that the detector can see at all."""
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
        tables, order = [], []
        for index in np.unique(which):
            rows = np.flatnonzero(which == index)
            columns = self._of_part(rng, self.parts[index], cell[rows] - self._start[index])
            tables.append(columns | {"weight": self.total * weight[rows]})
            order.append(rows)
        columns = stacked(tables) if len(tables) > 1 else tables[0]
        back = np.argsort(np.concatenate(order), kind="stable")
        return {name: values[back] for name, values in columns.items()}

    def _of_part(self, rng: np.random.Generator, part: Part, cell: Integers) -> Columns:
        number = len(cell)
        columns = made(rng, part.cells, cell, part.tilt[cell])
        anti, recoil = columns.pop("anti"), columns.pop("lost")
        neutrino = columns.pop("neutrino")
        columns.pop("shower")
        momentum = np.sqrt(columns["hnl_px"] ** 2 + columns["hnl_py"] ** 2 + columns["hnl_pz"] ** 2)
        if self.portal.mass > 0.0:
            columns["kappa"] = self.decays.kappa(momentum)
        columns["path"] = np.full(number, self._exit)
        if self.natural:
            columns |= self._decayed(rng, columns, momentum, anti, neutrino)
        columns["hnl_pdg"] = hnl_pdg(anti, self.portal.direction.nature == "majorana")
        order = np.argsort(recoil)
        chance = np.zeros((self.model.response.bins, number))
        chance[:, order] = part.channel.response(self.model.response).matrix(recoil[order])
        if self.model.time_fractions is not None:
            chance = self._in_time(part, columns["beam_pdg"], columns["source"], chance)
        columns.pop("source")
        edge = np.cumsum(chance, axis=0)
        total = edge[-1]
        place = np.sum(edge <= rng.random(number) * total, axis=0)
        selected = (total > 0.0) & (columns["path"] >= self._exit)
        bins = np.where(selected, np.minimum(place, len(edge) - 1), -1).astype(np.int32)
        return columns | {"efficiency": total, "selected": selected, "bin": bins}

    def _decayed(
        self,
        rng: np.random.Generator,
        columns: Columns,
        momentum: FloatArray,
        anti: npt.NDArray[np.bool_],
        neutrino: npt.NDArray[np.int64],
    ) -> Columns:
        """Decay after an exponential length; places count from where N is made."""
        path = -np.log1p(-rng.random(len(momentum))) / self.decays.rate(momentum)
        hnl = (columns["hnl_E"], columns["hnl_px"], columns["hnl_py"], columns["hnl_pz"])
        unit = (hnl[1] / momentum, hnl[2] / momentum, hnl[3] / momentum)
        spin = np.where(anti, -columns["polarisation"], columns["polarisation"])
        found = decayed(rng, self.decays, hnl, unit, spin, anti, neutrino)
        found.pop("channel")
        late = 1e9 / units.SPEED_OF_LIGHT * path * hnl[0] / momentum
        places = {f"decay_{axis}": path * one for axis, one in zip("xyz", unit, strict=True)}
        return found | places | {"decay_t": late, "path": path}

    def _in_time(self, part: Part, _pdg: npt.NDArray[np.int64], source: Integers, chance: FloatArray) -> FloatArray:
        """Bins of energy by bins of arrival time, which depends on the component of the flux."""
        fractions = self.model.time_fractions
        assert fractions is not None
        shares = np.stack([fractions[s.component.name] for s in part.cells.sources])[source]  # (n, times)
        return np.asarray(np.einsum("bn,nt->btn", chance, shares).reshape(-1, chance.shape[1]))


def _targets(channel: Channel) -> list[tuple[Scatterer, float]]:
    """Each kind of target of a channel with its number times exposure, and its mass [GeV]."""
    if isinstance(channel, ElectronChannel):
        electron = targets.get("e-")
        return [(Scatterer("e-", electron, channel.exposure, True), electron.mass)]
    assert isinstance(channel, NuclearChannel)
    found = []
    for nucleus, number in channel.nuclei:
        target = targets.get(nucleus.name, channel.form_factor, screening=False)
        found.append((Scatterer(nucleus.name, target, number, False), nucleus.mass))
    return found
