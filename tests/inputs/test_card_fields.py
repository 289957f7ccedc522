"""Fields against their types: each fault by itself, with field, value and what is allowed."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from nudipole.inputs import card_fields, typed
from nudipole.inputs.cards import Positive, Section


class Inner(Section, frozen=True, kw_only=True):
    name: str
    size: Positive = 1.0


class Outer(Section, frozen=True, kw_only=True):
    kind: Literal["one", "two"]
    items: list[Inner] = []
    inner: Inner | None = None


def told(raw):
    return [str(fault).removeprefix("my.toml: ") for fault in card_fields.field_faults(raw, Outer, "my.toml")]


def test_a_right_card_has_no_faults():
    assert told({"kind": "one", "items": [{"name": "a"}], "inner": {"name": "b", "size": 2}}) == []


def test_every_wrong_field_is_told():
    found = told(
        {"kind": "tow", "items": [{"name": "a", "size": -1.0}, {"size": 1.0}], "inner": {"nam": "b", "name": "c"}}
    )
    assert found[0].startswith("kind = 'tow': must be one of one, two (did you mean two?)")
    assert found[1].startswith("items[0].size = -1")
    assert "> 0" in found[1]
    assert found[2].startswith("items[1].name")
    assert found[2].endswith("is required")
    assert found[3].startswith("inner.nam = 'b': unknown field; allowed: name, size")
    assert len(found) == 4


@pytest.mark.parametrize(
    ("raw", "field", "allowed"),
    [
        ({"kind": "one", "colour": 3}, "colour = 3", "unknown field; allowed: kind, items, inner"),
        ({"kind": "one", "items": [{"size": 2.0}]}, "items[0].name", "is required"),
        ({"kind": "three"}, "kind = 'three'", "must be one of one, two"),
        ({"kind": "one", "inner": {"name": "a", "size": "b"}}, "inner.size = 'b'", "must be a number, not text"),
        (
            {"kind": "one", "inner": {"name": "a", "siz": 1.0}},
            "inner.siz = 1",
            "allowed: name, size (did you mean size?)",
        ),
    ],
)
def test_what_msgspec_finds_is_told_with_field_and_value(raw, field, allowed):
    with pytest.raises(msgspec.ValidationError) as error:
        typed.convert(raw, Outer)
    text = str(card_fields.conversion_fault(raw, Outer, "my.toml", error.value))
    assert text.startswith(f"my.toml: {field}")
    assert allowed in text


def test_types_are_found_by_path():
    assert card_fields.field_names(Outer, []) == ["kind", "items", "inner"]
    assert card_fields.field_names(Outer, ["items[3]"]) == ["name", "size"]
    assert card_fields.hint_at(Outer, ["kind"]) == Literal["one", "two"]
