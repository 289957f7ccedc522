"""Cards that stand beside another card and are part of it: of a joint fit or of an envelope."""

from __future__ import annotations

from pathlib import Path

from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.inputs.cards import Card
from nudipole.signals.protocol import Model


def read(path: Path, preset: str, file: Path, never: str) -> tuple[Card, Model]:
    """A member of the card ``file``, under a preset of its own, and what it computes.

    Raises
    ------
    CardError
        If there is no such card, or it is of an unknown kind or of the kind ``never``.
    """
    from nudipole.signals import SIGNALS

    if not path.is_file():
        raise CardError(file, "members", path.stem, f"there is no card {path.name} beside this one")
    raw = cards.apply_preset(cards.read(path), preset, path)
    kind = raw.get("signal", "recoil")
    if kind not in SIGNALS or kind == never:
        raise CardError(file, "members", path.stem, f"is of kind {kind!r}, which cannot be a member")
    card: Card = cards.convert(raw, SIGNALS[kind].CardType, path)
    model: Model = SIGNALS[kind].build(card, path)
    return card, model
