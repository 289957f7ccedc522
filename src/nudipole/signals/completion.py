"""What comes along with the photon coupling at colliders: the card's section, and the direction that it completes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from nudipole.inputs.cards import Section
from nudipole.portal import Completion, Direction


class CompletionSection(Section, frozen=True, kw_only=True):
    """What comes along with d_gamma, for directions that do not say: ``photon`` alone, or ``gauge`` with d_W/d_B."""

    kind: Literal["photon", "gauge"] = "photon"
    ratio: float = 0.0


def completed(direction: Direction, section: CompletionSection) -> Direction:
    """The direction with the card's completion, unless it brings its own.

    Parameters
    ----------
    direction : Direction
        A ray in theory space; ``photon`` stands for a direction that says nothing about Z and W.
    section : CompletionSection
        Of the card.

    Examples
    --------
    >>> completed(Direction("mu"), CompletionSection(kind="gauge", ratio=2.0)).completion.kind
    'gauge'
    """
    if section.kind == "photon" or direction.completion.kind != "photon":
        return direction
    return replace(direction, completion=Completion(section.kind, section.ratio))
