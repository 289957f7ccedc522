"""Pages that are made when the documentation is built: one for each constraint, every module in the reference."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.stats import chi2, norm

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.compilation import validation

DOCS = Path(__file__).parents[1] / "docs"
SOURCE = Path(nd.__file__).parent


def extension(name):
    pytest.importorskip("sphinx")
    if str(DOCS / "extensions") not in sys.path:
        sys.path.insert(0, str(DOCS / "extensions"))  # they import one another, as Sphinx lets them
    spec = importlib.util.spec_from_file_location(name, DOCS / "extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def module_names():
    for path in SOURCE.rglob("*.py"):
        parts = ["nudipole", *path.relative_to(SOURCE).with_suffix("").parts]
        if parts[-1] != "__main__":
            yield ".".join(part for part in parts if part != "__init__")


def test_every_module_is_in_the_reference_once():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted((DOCS / "api").glob("*.md")))
    assert sorted(re.findall(r"^\.\. automodule:: (\S+)$", pages, re.MULTILINE)) == sorted(module_names())


def test_every_page_of_the_reference_is_listed():
    listed = re.findall(r"^(\w+)$", (DOCS / "api" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(listed) == {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"}


def test_a_page_says_what_its_card_says():
    pages = extension("experiment_pages")
    constraint = registry.get("conus-plus")
    checks = validation.compare_key("conus-plus")
    limit = pages.curve(constraint)
    page = pages.page(constraint, limit, checks)
    assert constraint.card.summary in page
    assert "power_GW: `3.6`" in page
    for heading in ("Limit", "Comparison with published limits", "Simplifications", "Inputs", "References"):
        assert f"## {heading}" in page
    assert all(f"{{cite:t}}`{key}`" in page for key in constraint.citations)
    assert f"{checks[0].median:.3g} (" in page


def test_the_curve_of_a_page_is_where_the_limit_is():
    """Read back from the picture: the lowest point of the line is the strongest limit, on the axis that is drawn."""
    pages = extension("experiment_pages")
    limit = pages.curve(registry.get("gemma"))
    root = ElementTree.fromstring(pages.drawing(limit, ()))
    space = "{http://www.w3.org/2000/svg}"
    lines = [p.get("points") for p in root.iter(f"{space}polyline") if p.get("class") == "ours"]
    heights = np.array([float(point.split(",")[1]) for point in lines[0].split()])
    marks = [
        (float(t.get("y")) - 4.0, float(t.find(f"{space}tspan").text))
        for t in root.iter(f"{space}text")
        if t.get("text-anchor") == "end"
    ]
    (y0, p0), (y1, p1) = marks[0], marks[-1]
    lowest = 10.0 ** (p0 + (heights.max() - y0) / (y1 - y0) * (p1 - p0))
    assert lowest == pytest.approx(nd.units.mu_from_d(np.nanmin(limit.lower)), rel=0.02, abs=0)


def test_text_of_a_card_is_no_markup():
    assert extension("experiment_pages")._cell("a|b <c> $d$") == r"a\|b \<c\> \$d\$"


def test_the_list_of_pages_holds_every_constraint():
    listed = extension("experiment_pages").index(map(registry.get, registry.all_keys()))
    assert set(registry.all_keys()) <= set(listed.split())


def test_the_table_of_conventions_names_every_source():
    table = extension("experiment_pages").conventions().replace("\\", "")
    for curve in nd.published().values():
        assert f"| {curve.source} | {curve.convention} |" in table


def test_the_converter_starts_from_one_coupling_in_three_units():
    boxes = re.findall(r'data-per-d="([^"]+)" value="([^"]+)"', extension("experiment_pages").converter())
    couplings = [float(value) / float(factor) for factor, value in boxes]
    assert len(boxes) == 3
    assert couplings == pytest.approx([1e-9] * 3, rel=1e-3, abs=0)


def test_bars_in_formulas_stay_bars():
    escape = extension("plain_bars").escape
    assert escape("|d|^2, ``|x|`` and :math:`|y|`") == r"\|d\|^2, ``|x|`` and :math:`|y|`"
    kept = ".. math::\n\n    |a| + |b|\n\n>>> f(1 | 2)\n"
    assert escape(kept) == kept
    assert escape(kept + "then |c|").endswith(r"then \|c\|")


def test_the_table_of_levels_holds_every_card_beside_its_publication():
    levels = extension("levels")
    known = levels.published()
    assert set(known) == set(registry.all_keys())
    assert all(set(row) == set(levels.COLUMNS) and row["published_test"] for row in known.values())
    for key, row in known.items():
        own = registry.get(key).confidence_level
        if row["published_level"] and float(row["published_level"]) != own:
            assert f"{100 * own:g} %" in row["remark"], f"{key}: say why it is not at the level of its publication"
    text = levels.table()
    assert text.count("\n") == len(known) + 2
    assert "| `donut` | 90 % | Feldman-Cousins, 1 counts over 2.3 | 90 % | Feldman-Cousins, 1 event over 2.3 |" in text


@pytest.mark.parametrize("key", [key for key in registry.all_keys() if isinstance(registry.get(key), Experiment)])
def test_a_card_applies_the_test_that_the_table_names(key):
    """Critical values from the distribution of the test that is named, at the card's level and, where it can, at another."""
    levels, card = extension("levels"), registry.get(key)
    named, published = levels.own_test(card), levels.published()[key]["published_test"]
    if named.startswith(("expected significance", "excluded by any")) or "events at" in named:
        return  # a convention of numbers, a number, or members: tests/inference and the cards of their own
    for cl in (card.confidence_level, 0.99):
        value = card.critical_value(cl)
        if "two parameters" in named:
            assert value == pytest.approx(chi2.ppf(cl, 2), rel=1e-6, abs=0)
        elif "one-sided" in named:
            assert value == pytest.approx(norm.ppf(cl) ** 2, rel=1e-6, abs=0)
        else:  # of counts, too: the unified interval on the scale of chi^2
            assert value == pytest.approx(chi2.ppf(cl, 1), rel=1e-6, abs=0)
    if "one-sided" in published:
        assert "one-sided" in named
    if "two parameters" in published:
        assert "two parameters" in named


@pytest.mark.validation
def test_limits_calculated_twice_agree_as_the_table_says():
    independent = extension("independent")
    found = independent.rows()
    assert len({row["key"] for row in found}) == 10
    for row in found:
        ratio = independent.ours(row) / float(row["independent"])
        assert abs(ratio - 1.0) < float(row["within"]) <= 0.16, f"{row['key']} {row['preset']}: {ratio:.3f}"


def test_the_table_of_limits_calculated_twice_has_a_row_a_figure():
    independent = extension("independent")
    for row in independent.rows():
        assert row["preset"] in registry.get(row["key"]).presets
    assert "| `stcf` | default | mu, Majorana | 1.0 | 1.42e-06 GeV⁻¹ | 1.42e-06 GeV⁻¹ | 1.00 |" in independent.table()
