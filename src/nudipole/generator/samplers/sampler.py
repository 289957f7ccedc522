"""What draws events, one for each kind of signal, and rejection for those that weigh their events."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from nudipole.errors import DomainError
from nudipole.generator.table import Columns, stacked
from nudipole.portal import Portal

NATURAL = (
    "N decays after an exponential length, wherever that is (natural): of up-scattering and meson decay, N whose line meets the "
    "decay volumes; elsewhere, all N that are made; the weight is the expected number of such N"
)
"""What an event and its weight are if nothing is asked of where N decays."""
BLOCK = 1 << 14
"""Events that share one stream of random numbers: the unit of chunks and jobs."""
_PILOT, _QUANTILE = 8, 0.9995  # blocks of the first look at the weights; weights above this quantile of them stay
_MOST = 4000  # trials for an event
SAMPLERS = {
    "UpscatterModel": "nudipole.generator.samplers.upscattering:UpscatterSampler",
    "EarthModel": "nudipole.generator.samplers.earth:EarthSampler",
    "RecoilModel": "nudipole.generator.samplers.recoil:RecoilSampler",
    "ElectronRecoilBeam": "nudipole.generator.samplers.electron_recoil:ElectronRecoilSampler",
    "MesonDecayModel": "nudipole.generator.samplers.meson_decay:MesonDecaySampler",
    "LeptonColliderModel": "nudipole.generator.samplers.lepton_collider:LeptonColliderSampler",
    "HadronColliderModel": "nudipole.generator.samplers.hadron_collider:HadronColliderSampler",
    "EnvelopeModel": "nudipole.generator.samplers.joint:JointSampler",
    "CombinationModel": "nudipole.generator.samplers.joint:JointSampler",
}


class Sampler(Protocol):
    """Events of one experiment at one point of theory."""

    @property
    def total(self) -> float:
        """Expected events of the whole exposure, before efficiency and selection."""

    @property
    def total_error(self) -> float:
        """Statistical error of ``total``, 0 where it is an integral."""

    @property
    def note(self) -> str:
        """What an event and its weight are."""

    @property
    def processes(self) -> Mapping[int, str]:
        """Numbers of the processes in words."""

    def draw(self, rng: np.random.Generator, number: int, weighted: bool = False) -> Columns:
        """Exactly so many events; the mean of ``weight`` is ``total``. Not weighted: all (but rare ones) weigh that."""


def sampler_of(model: Any, portal: Portal, natural: bool = False) -> Sampler:
    """The sampler for a model of :mod:`nudipole.signals`; ``natural`` asks nothing of where N decays.

    Raises
    ------
    DomainError
        If there are no events of this kind.
    """
    name = type(model).__name__
    if name not in SAMPLERS:
        raise DomainError(f"no events can be drawn from a {name}")
    module, _, attribute = SAMPLERS[name].partition(":")
    sampler: Sampler = getattr(importlib.import_module(module), attribute)(model, portal, natural)
    return sampler


@dataclass(frozen=True)
class Weighing(ABC):
    """A sampler whose trials carry weights: unweighted events by rejection against a quantile of the weights.

    Rare events above it keep what they weigh more. Subclasses define :meth:`trials`.
    """

    model: Any
    portal: Portal
    natural: bool = False

    processes: ClassVar[Mapping[int, str]] = {}
    note: ClassVar[str] = ""

    @abstractmethod
    def trials(self, rng: np.random.Generator, number: int) -> Columns:
        """So many trials, the mean of ``weight`` is the expected number of events; those without weight may be left out.

        If they are, ``weight`` has to say so: its sum over ``number`` is what counts.
        """

    @cached_property
    def _pilot(self) -> tuple[float, float, float, float]:
        """Expected events, their error, the weight of unweighted events, and accepted trials per trial."""
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(20221118)))
        number = _PILOT * BLOCK
        weight = np.concatenate([self.trials(rng, BLOCK)["weight"] for _ in range(_PILOT)])
        mean = float(weight.sum()) / number
        if not mean > 0.0:
            raise DomainError("nothing is produced or decays inside at this point: there are no events to draw")
        error = float(np.sqrt(max(np.sum(weight**2) / number - mean**2, 0.0) / number))
        positive = np.sort(weight[weight > 0])
        # the quantile of what is counted, not of trials
        share = np.cumsum(positive) / positive.sum()
        top = float(positive[min(int(np.searchsorted(share, _QUANTILE)), len(positive) - 1)])
        return mean, error, top, float(np.minimum(weight / top, 1.0).sum()) / number

    @property
    def total(self) -> float:
        """Expected events, from a first sample that is the same for every seed."""
        return self._pilot[0]

    @property
    def total_error(self) -> float:
        """Its statistical error."""
        return self._pilot[1]

    def draw(self, rng: np.random.Generator, number: int, weighted: bool = False) -> Columns:
        """See :class:`Sampler`."""
        mean, _, top, accepted = self._pilot
        parts: list[Columns] = []
        count, tried = 0, 0
        # what unweighted events weigh so that their mean is the total: rare ones above ``top`` count more
        scale = mean / self._mean_kept
        while count < number:
            size = int(np.clip(1.1 * (number - count) / max(accepted, 1.0 / _MOST) + 64, 256, 4 * BLOCK))
            columns = self.trials(rng, size)
            tried += size
            weight = columns["weight"]
            if weighted:
                chosen = np.flatnonzero(weight > 0)
                # trials without weight count in the mean: each event stands for the trials before it, too
                columns = {name: values[chosen] for name, values in columns.items()}
                columns["weight"] = columns["weight"] * len(chosen) / size
            else:
                chosen = np.flatnonzero(rng.random(len(weight)) * top < weight)
                columns = {name: values[chosen] for name, values in columns.items()}
                columns["weight"] = np.maximum(weight[chosen] / top, 1.0) * scale
            parts.append(columns)
            count += len(chosen)
            if count == 0 and tried > _MOST * number:
                raise DomainError("hardly anything of what is produced decays inside: no events found to draw")
        joined = stacked(parts) if len(parts) > 1 else parts[0]
        return {name: values[:number] for name, values in joined.items()}

    @cached_property
    def _mean_kept(self) -> float:
        """Mean of max(w / top, 1) over accepted trials."""
        mean, _, top, accepted = self._pilot
        return mean / top / accepted
