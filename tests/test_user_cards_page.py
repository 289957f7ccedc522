"""The page on cards names every field and every model that a card may contain."""

from __future__ import annotations

import inspect
from pathlib import Path

import msgspec
import pytest

from nudipole.detectors import geometry
from nudipole.detectors.efficiency import EFFICIENCY
from nudipole.detectors.quenching import QUENCHING
from nudipole.detectors.resolution import RESOLUTION
from nudipole.detectors.response import OBSERVABLE
from nudipole.fluxes import FLUXES
from nudipole.signals import SIGNALS, background_shapes
from nudipole.signals.recoil.arrival_times import TIME_EFFICIENCY

PAGE = (Path(__file__).parents[1] / "docs" / "user_cards.md").read_text(encoding="utf-8")
REGISTRIES = {
    "flux": FLUXES,
    "quenching": QUENCHING,
    "observable": OBSERVABLE,
    "resolution": RESOLUTION,
    "efficiency": EFFICIENCY,
    "time efficiency": TIME_EFFICIENCY,
    "volume": geometry.SHAPES,
    "background": background_shapes.SHAPES,
}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_model_and_its_options_are_named(kind):
    for name, function in REGISTRIES[kind].items():
        assert f"`{name}`" in PAGE, name
        for option in inspect.signature(function).parameters:
            assert option == "edges" or f"`{option}`" in PAGE, f"{name}: {option}"


def fields(struct):
    """Names of all fields of a card's sections."""
    for field in msgspec.structs.fields(struct):
        yield field.name
        for inner in sections(field.type):
            yield from fields(inner)


def sections(hint):
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for argument in getattr(hint, "__args__", ()):
        yield from sections(argument)


@pytest.mark.parametrize("kind", SIGNALS)
def test_every_field_of_a_card_is_named(kind):
    assert f"`{kind}`" in PAGE
    written = ("`{}`", "`{} = ", "`[{}]", "`[{}.", "`[[{}]]")
    missing = [name for name in fields(SIGNALS[kind].CardType) if not any(w.format(name) in PAGE for w in written)]
    assert not missing
