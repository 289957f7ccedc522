"""What the project says of itself: one version, one licence, changelog fragments of one form."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import nudipole

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_version_and_licence_are_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["dynamic"] == ["version"]  # read from nudipole/__init__.py when the package is built
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
    released = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert fragments or f"## {nudipole.__version__} (" in released  # none just after a release
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


def _script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fragments_become_a_release(tmp_path, monkeypatch):
    script = _script("assemble_changelog")
    (tmp_path / "changelog.d").mkdir()
    for name, text in {"b.fixed": "Two.\nLines.\n", "a.added": "One.\n", "README": "kept\n"}.items():
        (tmp_path / "changelog.d" / f"{name}.md").write_text(text, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(script.HEAD + "\n## 0.0.1 (2026-01-01)\n", encoding="utf-8")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    script.main("0.2.0", "2026-12-01")
    written = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert written == (
        f"{script.HEAD}\n## 0.2.0 (2026-12-01)\n\n### Added\n\n- One.\n\n### Fixed\n\n- Two.\n  Lines.\n\n"
        "## 0.0.1 (2026-01-01)\n"
    )
    assert [path.name for path in (tmp_path / "changelog.d").iterdir()] == ["README.md"]
    with pytest.raises(SystemExit):
        script.main("0.2", "2026-12-01")


def test_the_oldest_versions_are_those_that_are_allowed(capsys):
    _script("oldest_versions").main()
    lines = capsys.readouterr().out.splitlines()
    assert {"numpy==2.0", "click==8.2", "matplotlib==3.9"} <= set(lines)
