"""Raw cards: text that can be printed, numbers that can be used, presets merged table by table, values by field."""

from __future__ import annotations

import datetime

import pytest

from nudipole.errors import LARGEST, SMALLEST, CardError
from nudipole.inputs import raw_cards


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"title": "two\nlines"}, "title"),
        ({"a": {"b": [1.0, "bell\a"]}}, r"a\.b\[1\]"),
        ({"odd\x1bkey": 1.0}, "odd"),
        ({"when": datetime.date(2024, 1, 1)}, "when"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_field(raw, field):
    with pytest.raises(CardError, match=f"my.toml: {field}"):
        raw_cards.check_text(raw, "my.toml")


def test_tables_may_be_nested_twenty_deep():
    def nested(depth):
        return {"t": nested(depth - 1)} if depth else 1.0

    raw_cards.check_text(nested(20), "my.toml")
    with pytest.raises(CardError, match="deeper than 20 levels"):
        raw_cards.check_text(nested(21), "my.toml")
    raw_cards.check_text([[True, 3, "text"]], "my.toml")


def test_numbers_are_zero_or_of_a_size_that_formulas_bear():
    fine = {"a": [0.0, SMALLEST, -LARGEST, 3], "b": {"c": True, "d": "1e999"}}
    assert list(raw_cards.number_faults(fine, "my.toml")) == []
    wrong = {"a": [1.0, 0.5 * SMALLEST], "b": {"c": -2.0 * LARGEST, "d": float("nan"), "e": float("inf")}}
    told = [str(fault) for fault in raw_cards.number_faults(wrong, "my.toml")]
    assert [text.split(": ")[1].split(" ")[0] for text in told] == ["a[1]", "b.c", "b.d", "b.e"]


def test_presets_change_fields_of_tables_and_replace_lists():
    base = {"source": {"power": 3.0, "baseline": 20.0}, "edges": [1.0, 2.0], "years": 1.0}
    found = raw_cards.merged(base, {"source": {"power": 4.0}, "edges": [5.0], "depth": 2.0})
    assert found == {"source": {"power": 4.0, "baseline": 20.0}, "edges": [5.0], "years": 1.0, "depth": 2.0}
    assert base["source"] == {"power": 3.0, "baseline": 20.0}


@pytest.mark.parametrize("selector", ["model", "shape", "flux", "statistic", "meson_beam"])
def test_another_model_replaces_its_table_and_the_same_one_does_not(selector):
    base = {"detector": {selector: "box", "width_m": 3.0}}
    assert raw_cards.merged(base, {"detector": {selector: "sphere"}}) == {"detector": {selector: "sphere"}}
    same = raw_cards.merged(base, {"detector": {selector: "box", "height_m": 2.0}})
    assert same == {"detector": {selector: "box", "width_m": 3.0, "height_m": 2.0}}


def test_a_table_replaces_a_list_of_tables():
    assert raw_cards.merged({"source": [{"flux": "a"}]}, {"source": {"flux": "b"}}) == {"source": {"flux": "b"}}


def test_values_are_found_by_field():
    raw = {"matter": [{"name": "oil"}, {"name": "soil", "upstream_m": [1.0, 2.0]}], "years": 3.0}
    assert raw_cards.look_up(raw, "matter[1].upstream_m[0]") == 1.0
    assert raw_cards.look_up(raw, "years") == 3.0
    assert raw_cards.look_up(raw, "matter[2].name") is None
    assert raw_cards.look_up(raw, "years.of") is None
    assert raw_cards.look_up(raw, "") is None or raw_cards.look_up(raw, "") == raw
