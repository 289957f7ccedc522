"""Events of envelopes and combined fits: those of their members, each in proportion to what it expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nudipole.errors import DomainError
from nudipole.generator.samplers.sampler import Sampler, sampler_of
from nudipole.generator.table import Columns, stacked
from nudipole.portal import FLAVORS, Portal
from nudipole.signals.joint.combination import CombinationModel
from nudipole.signals.joint.envelope import EnvelopeModel


@dataclass(frozen=True)
class JointSampler:
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: EnvelopeModel | CombinationModel
    portal: Portal
    natural: bool = False

    @cached_property
    def members(self) -> tuple[tuple[int, int, Sampler], ...]:
        """Number, first bin and sampler of each member that has events at this point."""
        ranges = self.model.mass_ranges if isinstance(self.model, EnvelopeModel) else ((0.0, np.inf),) * 99
        direction, mass = self.portal.direction, self.portal.mass
        wanted = {f for f, c in zip(FLAVORS, direction.couplings, strict=True) if c}
        found, start = [], 0
        for index, (member, (low, high)) in enumerate(zip(self.model.members, ranges, strict=False)):
            size = len(next(iter(member.components().values())))
            reached = low <= mass <= min(high, member.maximum_mass())
            if reached and (direction.incoherent or wanted & set(member.flavors)):
                sampler = sampler_of(member, self.portal, self.natural)
                if sampler.total > 0.0:
                    found.append((index, start, sampler))
            start += size
        if not found:
            raise DomainError(f"no member of {self.model.card.key} has events at this point")
        return tuple(found)

    @cached_property
    def total(self) -> float:
        """Expected events of all members."""
        return float(sum(sampler.total for *_, sampler in self.members))

    @property
    def total_error(self) -> float:
        """Statistical error of ``total``."""
        return float(np.sqrt(sum(sampler.total_error**2 for *_, sampler in self.members)))

    @property
    def note(self) -> str:
        """What the events of the members are."""
        return "; ".join(dict.fromkeys(sampler.note for *_, sampler in self.members))

    @property
    def processes(self) -> Mapping[int, str]:
        """Numbers of the processes in words."""
        return {number: text for *_, sampler in self.members for number, text in sampler.processes.items()}

    def draw(self, rng: np.random.Generator, number: int, weighted: bool = False) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Sampler`."""
        share = np.array([sampler.total for *_, sampler in self.members]) / self.total
        counts = rng.multinomial(number, share / share.sum())
        parts = []
        for (index, start, sampler), part, count in zip(self.members, share, counts, strict=True):
            if count:
                columns = sampler.draw(rng, int(count), weighted)
                columns["weight"] = columns["weight"] / part
                columns["bin"] = np.where(columns["bin"] >= 0, columns["bin"] + start, -1).astype(np.int32)
                columns["member"] = np.full(count, index, dtype=np.int32)
                parts.append(columns)
        columns = stacked(parts) if len(parts) > 1 else parts[0]
        order = rng.permutation(number)
        return {name: values[order] for name, values in columns.items()}
