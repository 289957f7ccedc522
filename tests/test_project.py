"""What the project says of itself: one version, one licence, changelog fragments of one form."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nudipole

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_version_and_licence_are_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["version"] == nudipole.__version__
    assert f"\nversion: {nudipole.__version__}\n" in citation
    assert f"\nlicense: {PROJECT['license']}\n" in citation
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_every_extra_is_installable_by_its_name():
    extras = PROJECT["optional-dependencies"]
    inner = re.findall(r"nudipole\[([\w,-]+)\]", " ".join(" ".join(wanted) for wanted in extras.values()))
    assert {name for names in inner for name in names.split(",")} <= set(extras)
    used = re.findall(
        r"MissingExtraError\(\s*\"[\w-]+\",\s*\"([\w-]+)\"",
        "".join(p.read_text() for p in (ROOT / "src").rglob("*.py")),
    )
    assert used
    assert set(used) <= set(extras)


def test_changelog_fragments_have_one_form():
    """TOPIC.added|changed|fixed.md: sentences, no headings, no text twice."""
    fragments = [path for path in (ROOT / "changelog.d").glob("*") if path.name != "README.md"]
    assert fragments
    for path in fragments:
        assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed)\.md", path.name), path.name
        text = path.read_text(encoding="utf-8")
        assert text.endswith(".\n"), path.name
        assert not re.search(r"^#", text, re.MULTILINE), path.name
    texts = [path.read_text(encoding="utf-8") for path in fragments]
    assert len(set(texts)) == len(texts)
