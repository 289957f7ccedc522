"""Every shipped card loads, cites what exists, and names what it simplifies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nudipole
from nudipole import bibliography
from nudipole.catalogue import registry
from nudipole.inputs import tables

ROOT = Path(nudipole.__file__).parent


@pytest.mark.parametrize("key", registry.card_keys())
def test_card_is_complete(key):
    experiment = registry.get(key)
    assert experiment.key == key
    known = bibliography.entries()
    assert experiment.citations, "a card cites its sources"
    assert not [r for r in experiment.citations if r not in known]
    for published in experiment.card.comparisons:
        if published.table:
            table = tables.load(f"catalogue/{published.table}")
            assert {"mass_GeV", "d_low"} <= set(table.columns)
            assert published.preset in experiment.presets
    for preset in experiment.presets:
        experiment.model(preset)
    if experiment.basis == "normalised":
        named = experiment.card.shortcuts or any(not p.evidence for p in experiment.card.comparisons)
        assert named, "normalised to what?"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.csv")), ids=lambda p: p.name)
def test_every_table_has_a_pedigree(path):
    assert len(tables.load(str(path.relative_to(ROOT)))) > 0


def test_bibtex_keys_are_unique_and_brackets_balance():
    seen: dict[str, str] = {}
    for file in sorted((ROOT / "bibliography").glob("*.bib")):
        text = file.read_text(encoding="utf-8")
        assert text.count("{") == text.count("}"), file.name
        for key in re.findall(r"@\w+\s*\{\s*([^,\s]+)\s*,", text):
            assert key not in seen, f"{key} in {file.name} and {seen[key]}"
            seen[key] = file.name
    assert set(seen) == set(bibliography.entries())


def test_articles_name_their_journal():
    """What has only an arXiv number is ``@misc``: Sphinx refuses an article without a journal."""
    for key, entry in bibliography.entries().items():
        if entry.startswith("@article"):
            assert re.search(r"^\s*journal\s*=", entry, re.MULTILINE), key


def test_citations_in_sources_exist():
    known = set(bibliography.entries())
    for path in ROOT.rglob("*.py"):
        for group in re.findall(r":cite:`([^`]+)`", path.read_text(encoding="utf-8")):
            for key in group.split(","):
                assert key.strip() in known, f"{path.name}: {key}"


def test_constraints_of_the_sky_follow_the_protocol():
    from nudipole.constraint import Constraint

    for constraint in registry.sky().values():
        assert isinstance(constraint, Constraint)
        low, high = constraint.mass_range
        assert 0 < low < high
        assert constraint.presets[0] == "default"
