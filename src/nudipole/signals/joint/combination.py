"""Several experiments fitted together: their likelihoods joined, pulls of the same name shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError
from nudipole.inference.count_limits import likelihood_of
from nudipole.inference.likelihood import Likelihood, join
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.portal import Direction
from nudipole.signals.escaping import EscapingSignal
from nudipole.signals.joint import member_cards as members
from nudipole.signals.joint.card import CombinationCard
from nudipole.signals.protocol import Bins, Model, Signal, stacked
from nudipole.signals.template import SignalTemplate, side_by_side

FloatArray = npt.NDArray[np.float64]
CardType = CombinationCard


def build(card: CombinationCard, file: Path) -> CombinationModel:
    """The joint experiment."""
    return CombinationModel(
        card, tuple(_member(key, card.member_presets.get(key, "default"), file) for key in card.members)
    )


def _member(key: str, preset: str, file: Path) -> Model:
    _, model = members.read(members.locate(key, file, ("", "parts/")), preset, file, never="combination")
    if likelihood_of(model.statistic()) is None:
        raise CardError(file, "members", key, "has no likelihood to join")
    return model


@dataclass(frozen=True)
class CombinationModel:
    """A joint fit; see :class:`nudipole.signals.protocol.Model`."""

    card: CombinationCard
    members: tuple[Model, ...]

    @property
    def flavors(self) -> tuple[str, ...]:
        shared = set.intersection(*(set(m.flavors) for m in self.members))
        return tuple(f for f in self.members[0].flavors if f in shared)

    @cached_property
    def _joint(self) -> tuple[Likelihood, tuple[npt.NDArray[np.intp], ...]]:
        found = [likelihood_of(member.statistic()) for member in self.members]
        return join([likelihood for likelihood in found if likelihood is not None])

    @property
    def bins(self) -> Bins:
        likelihood = self._joint[0]
        parts = [(key, member.bins.columns) for key, member in zip(self.card.members, self.members, strict=True)]
        columns = stacked("experiment", parts)
        return Bins("bin", np.arange(likelihood.bins + 1.0), likelihood.observed, columns)

    def signal(self, masses: FloatArray, direction: Direction) -> Signal | EscapingSignal:
        likelihood, positions = self._joint
        shifts = np.zeros((len(masses), len(likelihood.pulls), likelihood.bins))
        parts = [member.signal(masses, direction) for member in self.members]
        start = 0
        for member, part, where in zip(self.members, parts, positions, strict=True):
            stop = start + len(member.bins.edges) - 1
            if part.relative_shifts is not None:
                shifts[:, where, start:stop] = part.relative_shifts
            start = stop
        stable = [part.stable if isinstance(part, EscapingSignal) else part.per_d2 for part in parts]
        if any(counts is None for counts in stable):  # searches for decays, whose counts are no powers of d
            return Signal(templates=self._side_by_side(parts), relative_shifts=shifts)
        per_d2 = np.concatenate(stable, axis=1)
        if not any(isinstance(part, EscapingSignal) for part in parts):
            return Signal(per_d2=per_d2, relative_shifts=shifts)
        return EscapingSignal(
            masses, per_d2, lambda at: self._side_by_side([m.signal(at, direction) for m in self.members]), shifts
        )

    def _side_by_side(self, signals: Sequence[Any]) -> list[SignalTemplate]:
        """Templates of all members, each in its own bins."""
        return [
            side_by_side(
                [s.templates[row] if s.per_d2 is None else SignalTemplate.from_counts(s.per_d2[row]) for s in signals]
            )
            for row in range(len(signals[0]))
        ]

    def statistic(self) -> Statistic:
        return ProfileStatistic(self._joint[0], self.card.parameters, self.card.test == "one-sided")

    def components(self) -> Mapping[str, FloatArray]:
        names = {name for member in self.members for name in member.components()}
        return {
            name: np.concatenate([m.components().get(name, np.zeros(len(m.bins.edges) - 1)) for m in self.members])
            for name in sorted(names, key=lambda n: (n != "standard model", n))
        }

    @property
    def largest_s(self) -> float:
        """Of any member [GeV^2]."""
        return max(member.largest_s for member in self.members)

    def maximum_mass(self) -> float:
        return max(member.maximum_mass() for member in self.members)
