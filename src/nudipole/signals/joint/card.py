"""Cards of searches together: the union of what several exclude, and a joint fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from nudipole.inputs.cards import Card, Fault
from nudipole.signals.joint import member_cards as members


class EnvelopeCard(Card, frozen=True, kw_only=True):
    """The union of other cards, each under a preset of its own."""

    members: Annotated[list[str], msgspec.Meta(min_length=1)]
    member_presets: dict[str, str] = {}

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from members.contradictions(self.members, self.member_presets)


class CombinationCard(Card, frozen=True, kw_only=True):
    """A joint fit of other cards (beside this one), each under a preset of its own."""

    members: Annotated[list[str], msgspec.Meta(min_length=2)]
    member_presets: dict[str, str] = {}
    test: Literal["two-sided", "one-sided"] = "two-sided"
    parameters: Literal[1, 2] = 1

    def contradictions(self) -> Iterator[Fault]:
        yield from super().contradictions()
        yield from members.contradictions(self.members, self.member_presets)
        if self.parameters == 2 and self.test == "one-sided":
            yield "test", self.test, "a one-sided limit has one parameter"
