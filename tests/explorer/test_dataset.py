"""What is in the page is what is in the atlas."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.compilation import store
from nudipole.errors import DomainError
from nudipole.explorer import build, parts, payload, recipes, run, tables
from nudipole.portal import Direction
from tests.explorer.conftest import KEYS


def curve(key, flavor, number, nature="dirac"):
    constraint = registry.get(key)
    low, high = constraint.mass_range
    return constraint.limit(np.geomspace(low, high * (1.0 - 1e-9), number), Direction(flavor, nature=nature))


@pytest.mark.parametrize(("key", "flavor"), [("lz-nees", "mu"), ("t2k-nd280", "mu"), ("bbn", "e"), ("conus-plus", "e")])
def test_a_majorana_curve_is_that_of_the_full_calculation(key, flavor):
    """Exact where it is computed, and close where its ratio to the Dirac one is interpolated."""
    constraint = registry.get(key)
    found = parts.majorana(constraint, curve(key, flavor, 120))
    assert len(found.masses) > 2 * parts.RATIOS
    assert found.direction.nature == "majorana"
    full = constraint.limit(found.masses, found.direction)
    distances = []
    for one, other in zip(found.excluded, full.excluded, strict=True):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert (a.high is None) == (b.high is None)
            distances += [np.log(a.low / b.low), np.log((a.high or 1.0) / (b.high or 1.0))]
    distances = np.abs(distances)
    assert np.count_nonzero(distances < 1e-6) > parts.RATIOS
    assert np.median(distances) < 2e-3
    assert np.mean(distances < 0.03) > 0.9


def test_a_part_comes_back_from_its_text():
    """Curves as the atlas writes them, tables with the precision of the page, and the second time without any change."""
    part = parts.compute("icarus", [curve("icarus", "mu", 20)])
    text = parts.written(part)
    again = parts.read(text)
    assert [c.key for c in again.curves] == [c.key for c in part.curves]
    assert parts.written(again) == text
    np.testing.assert_allclose(again.tables[0].log_counts, part.tables[0].log_counts, rtol=1e-5)


def test_the_page_of_an_atlas_needs_nothing_computed_again(folder, monkeypatch):
    """What was made beside the curves gives the same page as what is made afterwards."""
    limits = store.read_limits(folder, joint=False)
    texts = {key: parts.text(key, [c for c in limits if c.key == key]) for key in dict.fromkeys(c.key for c in limits)}
    later, arrays = payload.decode(build.encoded(limits, [], 1, None))
    monkeypatch.setattr(parts, "compute", lambda *_: pytest.fail("computed again"))
    beside, others = payload.decode(build.encoded(limits, [], 1, None, texts))
    for name in ("experiments", "failures"):
        assert beside[name] == later[name]
    drawn = [
        [(c["key"], c["flavor"], c["nature"], c["preset"], len(c["regions"])) for c in h["curves"]]
        for h in (beside, later)
    ]
    assert drawn[0] == drawn[1]
    assert len(beside["tables"]) == len(later["tables"]) > 0
    for one, other in zip(beside["tables"], later["tables"], strict=True):
        np.testing.assert_allclose(others[one["logs"]], arrays[other["logs"]], rtol=1e-5)


def test_every_curve_of_the_atlas_is_there(folder, data):
    header, arrays = data
    limits = [c for c in store.read_limits(folder, joint=False) if any(c.excluded)]
    drawn = {
        (c["key"], c["flavor"]): c for c in header["curves"] if c["nature"] == "dirac" and c["preset"] == "default"
    }
    assert set(drawn) == {(c.key, c.direction.name) for c in limits}
    for limit in limits:
        record = drawn[limit.key, limit.direction.name]
        np.testing.assert_allclose(arrays[record["masses"]], limit.masses, rtol=1e-6)
        if len(record["regions"]) == 1:
            (start, low, high, _, _) = record["regions"][0]
            count = len(arrays[low])
            np.testing.assert_allclose(arrays[low], limit.lower[start : start + count], rtol=1e-5)
            assert (high is None) == bool(np.all(np.isinf(limit.upper[start : start + count])))


def test_majorana_and_preset_curves_are_there(data):
    header, _ = data
    assert {c["nature"] for c in header["curves"]} == {"dirac", "majorana"}
    assert "lz2023" in {c["preset"] for c in header["curves"] if c["key"] == "lz-nees"}
    assert not header["failures"]


def test_tables_come_back(data):
    header, arrays = data
    records = {(t["key"], t["flavor"]): t for t in header["tables"]}
    assert {"gemma", "conus-plus", "lz-nees", "icarus", "donut"} <= {key for key, _ in records}
    for record in records.values():
        found = tables.table_from(record, arrays)
        assert found.rule != "none", record["reason"]
        counts = found.per_d2 if found.per_d2 is not None else found.log_counts
        assert counts is not None
        assert counts.shape[0] == len(found.masses)
        assert counts.shape[-1] == len(found.group)


def test_recipes_show_the_card(data):
    record = data[0]["experiments"]["conus-plus"]
    sections = dict(record["sections"])
    assert ["power GW", "3.6"] in sections["source"]
    assert any("quenching.germanium" in value for _, value in sections["nuisance"])
    assert record["presets"][0][0] == "normalisation-only"
    assert "stars" in data[0]["experiments"]["red-giants"]["mechanism"]


def test_citations_have_their_entry(data):
    header, _ = data
    for record in header["experiments"].values():
        assert set(record["references"]) <= set(header["bibtex"])


def test_long_lists_of_a_card_are_cut():
    assert recipes._value(list(range(100))).endswith("… (100 values)")


def test_a_failure_is_kept_as_a_sentence(monkeypatch):
    def refuse(*_args):
        raise DomainError("no such luck")

    monkeypatch.setattr(parts, "majorana", refuse)
    part = parts.compute("gemma", [curve("gemma", "e", 12)])
    assert part.failures[0] == "Majorana, e: no such luck"
    assert part.tables


def test_a_page_from_the_same_curves_is_kept(folder, page_file):
    before = page_file.stat().st_mtime_ns
    assert build.beside(folder, jobs=1) == page_file
    assert page_file.stat().st_mtime_ns == before


def test_curves_or_keys_not_both(folder):
    with pytest.raises(DomainError, match="not both"):
        run.explore(curves=folder, only=KEYS)
