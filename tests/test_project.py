"""What the project says of itself: one version, one licence, changelog fragments of one form."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

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


def _calls(name: str):
    """(file, line, keywords) of every call of a function of this name in the tests and benchmarks."""
    for folder in ("tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and name == getattr(node.func, "attr", getattr(node.func, "id", "")):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, {k.arg for k in node.keywords}


def test_no_comparison_keeps_an_absolute_tolerance_that_nobody_chose():
    """The default of ``approx`` is 1e-12: larger than most widths and cross sections in GeV, so that zero would pass."""
    unsaid = []
    for where, node, keywords in _calls("approx"):
        expects_zero = isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        if "abs" not in keywords and not expects_zero:
            unsaid.append(where)
    assert not unsaid, f"write rel=..., abs=0 in {unsaid}"


@pytest.mark.parametrize("name", ["quad", "dblquad"])
def test_no_reference_integral_keeps_the_default_absolute_error(name):
    """The default of ``scipy.integrate.quad`` is 1.5e-8: any answer in GeV^-2 would do."""
    unsaid = [where for where, _, keywords in _calls(name) if "epsabs" not in keywords]
    assert not unsaid, f"write epsabs=0 in {unsaid}"
