"""Recoil cards with a released response or a many-body atom: what does not go together is refused by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from nudipole.catalogue import registry
from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.signals.recoil import model

CARDS = registry.card_directory()


def built(key, **changes):
    """The model of a shipped card with some of its tables changed."""
    raw = cards.read(CARDS / f"{key}.toml")
    for section, values in changes.items():
        raw[section] = {**raw.get(section, {}), **values} if isinstance(values, dict) else values
    return model.build(cards.convert(raw, model.CardType, Path("card.toml")), CARDS / f"{key}.toml")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"response": {"table": "data/xenonnt-s2only-response.csv"}}, "response.table"),
        ({"response": {"table": "data/nothing.csv"}}, "table"),
        ({"response": {"recoil": "electron"}}, "response.recoil"),
        ({"response": {"quenching": {"model": "lindhard", "k": 0.1}}}, "response.quenching"),
        ({"response": {"efficiency": {"model": "constant", "value": 0.5}}}, "response.efficiency"),
        ({"nuisance": [{"name": "scale", "sigma": 0.1, "affects": "energy-scale"}]}, r"nuisance\[0\].affects"),
    ],
)
def test_a_released_response_stands_alone(changes, field):
    with pytest.raises(CardError, match=field):
        built("xenonnt-cevns", **changes)


def test_bins_and_columns_of_a_released_response_match(tmp_path):
    header = "# what: w\n# source: s\n# obtained: o\n# licence: l\n"
    for columns, row in (("p0 [1]", "1,0.5"), ("p0 [1], p1 [1]", "1,0.7,0.7"), ("p0 [1], p1 [1]", "1,-0.1,0.7")):
        table = tmp_path / "response.csv"
        table.write_text(f"{header}# columns: energy [keV], {columns}\n{row}\n", encoding="utf-8")
        raw = {"table": "", "counts": [1.0, 1.0]}
        response = {"table": str(table), "edges": [0.0, 1.0, 2.0]}
        with pytest.raises(CardError, match=r"response\.table"):
            built("xenonnt-cevns", response=response, observation=raw, background=[])


def test_a_many_body_ratio_is_for_xenon_alone():
    assert built("xenonnt-nees", target={"atomic": "rrpa"}).targets
    with pytest.raises(CardError, match=r"target\.atomic"):
        built("gemma", target={"atomic": "rrpa"}).targets
