"""A card with its presets: what it says, and the model of each preset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nudipole import units
from nudipole.catalogue import exclusion, explanation
from nudipole.constraint import Kind
from nudipole.errors import CardError, DomainError, UnknownNameError
from nudipole.inputs import cards
from nudipole.inputs.cards import Card
from nudipole.portal import DIRECTIONS
from nudipole.signals import SIGNALS
from nudipole.signals.protocol import Model


def typed_card(raw: Mapping[str, Any], file: Path, preset: str = "default") -> Card:
    """The card with a preset merged in, of the type that its ``signal`` names.

    Raises
    ------
    CardError
        If there is no such signal, flavour or preset, or a field is wrong.
    """
    raw = cards.apply_preset(raw, preset, file)
    kind = raw.get("signal", "recoil")
    if not isinstance(kind, str) or kind not in SIGNALS:
        raise CardError(file, "signal", kind, f"must be one of {', '.join(SIGNALS)}")
    card: Card = cards.convert(raw, SIGNALS[kind].CardType, file)
    for flavor in card.flavors:
        if flavor not in DIRECTIONS:
            raise CardError(file, "flavors", flavor, f"must be among {', '.join(DIRECTIONS)}")
    return card


@contextmanager
def as_card_error(file: Path, key: str) -> Iterator[None]:
    """Re-raise errors of the physics functions as :class:`~nudipole.errors.CardError` with the card's file.

    Whatever number or name a formula refuses while a card is being evaluated came from the card.
    """
    try:
        yield
    except (DomainError, UnknownNameError) as error:
        raise CardError(file, "card", key, f"cannot be evaluated: {error}") from error


@dataclass(frozen=True)
class CardWithPresets:
    """One card, with its presets; models are built on first use and kept.

    Parameters
    ----------
    card : Card
        Without a preset.
    raw : mapping
        The content of the file.
    file : Path
        For messages, and to find the tables that it names.
    """

    card: Card
    raw: Mapping[str, Any]
    file: Path
    _models: dict[str, Model] = field(default_factory=dict, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.raw, self.file)  # models are made again where they are needed

    def __hash__(self) -> int:
        return hash((self.card.key, self.file))

    def _repr_html_(self) -> str:
        shown = {"what": self.card.summary, "kind": self.kind, "basis": self.basis, "flavours": " ".join(self.flavors)}
        shown |= {"presets": " ".join(self.presets), "rests on": ", ".join(self.citations)}
        return explanation.html_table(self.title, shown)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Load and check a card.

        Raises
        ------
        CardError
            In one line: file, field, value and what is allowed.
        """
        raw = cards.read(path)
        return cls(card=typed_card(raw, path), raw=raw, file=path)

    # --- what the protocol asks --------------------------------------------------------------------------------------
    @property
    def key(self) -> str:
        return self.card.key

    @property
    def title(self) -> str:
        return self.card.title

    @property
    def kind(self) -> Kind:
        return self.card.kind

    @property
    def basis(self) -> str:
        return self.card.basis

    @property
    def confidence_level(self) -> float:
        return self.card.confidence_level

    @property
    def presets(self) -> tuple[str, ...]:
        return ("default", *self.card.presets)

    @property
    def citations(self) -> tuple[str, ...]:
        return tuple(self.card.references)

    @property
    def flavors(self) -> tuple[str, ...]:
        """The directions asked for by the card, or all that the source contains."""
        return tuple(self.card.flavors) or self.model().flavors

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which a curve is drawn: from 1 keV, or the card's, to what the kinematics allows."""
        low, high = self.reach()
        return max(low, units.KEV), high

    # --- under a preset ----------------------------------------------------------------------------------------------
    def settings(self, preset: str = "default") -> Card:
        """The card with one preset merged in."""
        return typed_card(self.raw, self.file, preset)

    def kind_of(self, preset: str = "default") -> Kind:
        """The kind of constraint under one preset."""
        return self.settings(preset).kind

    def model(self, preset: str = "default") -> Model:
        """The experiment under one preset."""
        if preset not in self.presets:
            raise UnknownNameError(f"preset of {self.key}", preset, self.presets)
        if preset not in self._models:
            card = self.settings(preset)
            with self.naming_the_card():
                self._models[preset] = SIGNALS[card.signal].build(card, self.file)
        return self._models[preset]

    def reach(self, preset: str = "default") -> tuple[float, float]:
        """Masses [GeV] outside which :meth:`limit` says nothing under this preset: the card's and the kinematics'."""
        low, high = exclusion.card_mass_range(self.settings(preset))
        return low, min(high, self.model(preset).maximum_mass())

    def naming_the_card(self) -> AbstractContextManager[None]:
        """Within it, errors of the physics functions name this card."""
        return as_card_error(self.file, self.key)
