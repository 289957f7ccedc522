"""Which constraints there are: one card for each experiment, and the sky."""

from __future__ import annotations

import functools
import importlib.resources
from pathlib import Path
from typing import Any

from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Constraint
from nudipole.errors import UnknownNameError

_SKY = ("nudipole.cosmology.constraints", "nudipole.cosmology.lines", "nudipole.supernova.constraints")


def card_directory() -> Path:
    """Where the shipped cards are."""
    return Path(str(importlib.resources.files("nudipole") / "catalogue" / "cards"))


@functools.cache
def card_keys() -> tuple[str, ...]:
    """Keys of the shipped cards, sorted; a card is named by its key."""
    return tuple(sorted(path.stem for path in card_directory().glob("*.toml")))


@functools.cache
def sky() -> dict[str, Constraint]:
    """Constraints from cosmology, supernovae and stars, by key."""
    found: dict[str, Constraint] = {}
    for module in _SKY:
        constraints: tuple[Any, ...] = importlib.import_module(module).CONSTRAINTS
        found |= {constraint.key: constraint for constraint in constraints}
    return found


def all_keys() -> tuple[str, ...]:
    """Every key: experiments first, then the sky."""
    return (*card_keys(), *sky())


@functools.cache
def get(key: str) -> Constraint:
    """The constraint of this key, loaded once; also the parts of envelopes, which no list shows.

    Raises
    ------
    UnknownNameError
        Lists the keys there are.
    """
    if key in card_keys():
        return Experiment.from_file(card_directory() / f"{key}.toml")
    if key in sky():
        return sky()[key]
    if key in {path.stem for path in (card_directory() / "parts").glob("*.toml")}:
        return Experiment.from_file(card_directory() / "parts" / f"{key}.toml")
    raise UnknownNameError("experiment", key, all_keys(), "nudipole experiments")


def load(key_or_path: str) -> Constraint:
    """A shipped constraint by key, or a user's card by path (anything that ends in ``.toml``)."""
    if key_or_path.endswith(".toml"):
        return Experiment.from_file(Path(key_or_path))
    return get(key_or_path)
