"""docs/review.md: every statement of the review has its call, every call runs and gives the value shown, the page is current."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from nudipole.plot import review

ROOT = Path(__file__).parents[1]
specification = importlib.util.spec_from_file_location("review_page", ROOT / "scripts" / "review_page.py")
assert specification is not None
page = importlib.util.module_from_spec(specification)
specification.loader.exec_module(page)
PREAMBLE, STATEMENTS = page.load()
STALE = "run scripts/review_page.py --update"
# what the review's Secs. 4 to 6 and its captions name, by key
NAMED = [
    "borexino",
    "borexino-superk-earth",
    "superk-solar",
    "superk-atmospheric",
    "xenon1t-er",
    "xenon1t-nr",
    "xenonnt-nees",
    "xenonnt-cevns",
    "pandax4t-nees",
    "pandax4t-cevns",
    "lz-nees",
    "lz-cevns",
    "xenon-nees-combined",
    "xenon-cevns-combined",
    "supercdms",
    "gemma",
    "texono-csi",
    "texono-ge",
    "conus",
    "conus-plus",
    "dresden-ii",
    "connie",
    "coherent-csi",
    "coherent-lar",
    "coherent-nai",
    "coherent-ge",
    "lsnd",
    "charm-ii",
    "nomad",
    "donut",
    "minerva",
    "miniboone",
    "miniboone-roi",
    "miniboone-lsnd-roi",
    "miniboone-dump",
    "t2k-nd280",
    "t2k-ii",
    "sbnd",
    "microboone",
    "icarus",
    "dune-nd",
    "dune-fd",
    "hyper-k",
    "ship-main",
    "ship-ecc",
    "ship-mesons",
    "fasernu",
    "fasernu2",
    "faser",
    "faser2",
    "facet",
    "flare-10",
    "flare-100",
    "na62",
    "hike",
    "icecube",
    "lep",
    "lhc-monophoton",
    "besiii",
    "belle-ii",
    "bbn",
    "cmb",
    "sn1987a",
    "supernova-next",
    "red-giants",
]


@pytest.fixture(scope="module")
def names():
    return page.namespace(PREAMBLE)


def of(kind):
    return [s for s in STATEMENTS if s["kind"] == kind]


def each():
    for number, statement in enumerate(STATEMENTS):
        marks = [pytest.mark.validation] if statement.get("slow") else []
        yield pytest.param(
            statement, id=f"{number}-{statement['kind']}-{re.sub('[^0-9A-Za-z.]+', '_', statement['id'])}", marks=marks
        )


def close(value, written):
    """Whether a value is the one written, to the digits that are written."""
    if isinstance(value, (str, bool)):
        return str(value) == written
    number = float(value)
    unit = 10.0 ** (np.floor(np.log10(abs(number))) - 2) if number else 0.0
    return abs(number - float(written)) <= 0.6 * unit


def test_every_equation_is_there():
    found = {s["id"].split(" ")[0] for s in of("equation")}
    assert found == {str(n) for n in range(1, 53)} | {f"A.{n}" for n in range(1, 8)}


def test_every_curve_of_the_figures_is_there():
    calls = [s["call"] for s in of("curve")]
    for key, curves in review.requests().items():
        for flavor, preset in curves:
            some = [c for c in calls if f'low("{key}", "{flavor}"' in c and (preset == "default" or f'"{preset}"' in c)]
            assert some, (key, flavor, preset)


def test_every_experiment_and_row_of_the_table_is_there():
    calls = " ".join(s["call"] for s in STATEMENTS)
    assert [key for key in NAMED if f'"{key}"' not in calls] == []
    assert len(of("table")) == 19  # 17 rows, of which one is three experiments
    assert len(of("number")) > 45
    assert len(of("claim")) > 18


def test_statements_are_whole():
    for s in STATEMENTS:
        assert set(s) <= set(page.FIELDS), s["id"]
        assert {"id", "kind", "what", "call", "here"} <= set(s)
        assert s["kind"] in page.SECTIONS
        assert "formula" in s or "printed" in s, s["id"]
        assert not {"agree", "differ"} <= set(s)
        assert "formula" in s or not {"agree", "differ"} & set(s), s["id"]
    calls = [(s["kind"], s["id"], s["call"]) for s in STATEMENTS]
    assert len(set(calls)) == len(calls)


def test_the_page_is_that_of_the_table():
    assert (ROOT / "docs" / "review.md").read_text(encoding="utf-8") == page.page(PREAMBLE, STATEMENTS), STALE
    assert (ROOT / "docs" / "review.toml").read_text(encoding="utf-8") == page.toml(PREAMBLE, STATEMENTS)


@pytest.mark.parametrize("statement", list(each()))
def test_the_call_gives_the_value_shown(statement, names):
    value = page.evaluate(statement["call"], names)
    assert close(value, statement["here"]), f"{page.shown(value)} is not {statement['here']}: {STALE}"
    if "formula" not in statement:
        return
    printed = page.evaluate(statement["formula"], names)
    assert close(printed, statement["review"]), f"{page.shown(printed)} is not {statement['review']}: {STALE}"
    ratio = float(value) / float(printed)
    off = max(abs(ratio - 1), abs(1 / ratio - 1))
    if "agree" in statement:
        assert off <= statement["agree"] * (1 + statement["agree"]) + 1e-12
    if "differ" in statement:
        assert off > statement["differ"]


def test_a_wrong_value_or_a_statement_is_noticed(names):
    assert not close(page.evaluate("nd.units.mu_from_d(1.0)", names), "0.00679")
    with pytest.raises(TypeError):
        page.evaluate("x = 1", names)
