"""``nudipole plot`` and ``nudipole published``: files, and one line for bad input."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nudipole.catalogue import curves
from nudipole.cli import main


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def refused(result, *words):
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_plane_into_a_file(tmp_path, kind):
    pytest.importorskip("matplotlib")
    out = tmp_path / f"plane.{kind}"
    result = run("plot", "plane", "--flavor", "e", "--keys", "gemma", "conus-plus", "--masses", 20, "--out", out)
    assert result.exit_code == 0, result.output
    assert out.stat().st_size > 5000


def test_a_plane_with_a_file_of_the_user(tmp_path):
    pytest.importorskip("matplotlib")
    own = tmp_path / "mine.csv"
    own.write_text("1e-5,1e-10\n1e-3,2e-10\n")
    out = tmp_path / "plane.svg"
    arguments = ["--keys", "gemma", "--masses", 20, "--overlay", own, "gemma", "--convention", "muB", "--out", out]
    result = run("plot", "plane", "--flavor", "e", *arguments, "--preset", "gemma=sensitivity")
    assert result.exit_code == 0, result.output
    assert "mine" in out.read_text()
    assert "gemma (published)" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--flavor", "e", "--keys", "gema", "--out", "a.png"], "gemma"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.gif"], ".pdf, .png, .svg"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.png", "--preset", "gemma"], "KEY=NAME"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.png", "--masses", "1"], "masses"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.png", "--overlay", "no/file.csv"], "no such file"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.png", "--curves", "nowhere"], "not an atlas"),
        (["--flavor", "e", "--keys", "gemma", "--out", "a.png", "--mass-range", "2", "1"], "low < high"),
        (["--flavor", "tau", "--keys", "gemma", "--out", "a.png"], "nothing to draw"),
    ],
)
def test_bad_input_of_a_plane_is_one_line_and_no_file(tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    refused(run("plot", "plane", *arguments), word)
    assert not list(tmp_path.iterdir())


def test_published_curves_are_listed_and_printed():
    listed = run("published")
    assert listed.exit_code == 0
    assert len(listed.stdout.splitlines()) == len(curves.published()) + 1
    printed = run("published", "nomad", "--csv", "--convention", "muB")
    assert printed.stdout == curves.published("nomad").csv("muB")
    data = json.loads(run("published", "nomad", "--json").stdout)
    assert data["source_convention"] == "d"
    assert len(data["points"]) == 13
    assert len(json.loads(run("published", "--json").stdout)) == len(curves.published())
    refused(run("published", "nomda"), "nomad")
    refused(run("published", "--csv"), "name it")


@pytest.mark.parametrize(
    "arguments",
    [
        ["limit", "conus-plus", "--flavor", "e", "--preset", "default", "normalisation-only", "--masses", "20"],
        ["spectrum", "lz-nees", "--mass", "1e-3", "--mu", "1e-11", "--flavor", "mu"],
        ["cross-section", "Ar40", "e-", "--mass", "0.01", "--d", "1e-7", "--energy-range", "0.02", "1"],
        ["branching", "--mass-range", "0.01", "1"],
        ["decay-length", "--energy", "1", "10", "--d", "1e-6", "1e-7", "--mass-range", "0.01", "1"],
    ],
    ids=lambda a: a[0],
)
def test_every_observable_is_one_call_away(tmp_path, arguments):
    pytest.importorskip("matplotlib")
    out = tmp_path / "figure.svg"
    result = run("plot", *arguments, "--out", out)
    assert result.exit_code == 0, result.output
    assert 3000 < out.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["limit", "gemma", "--flavor", "tau"], "excludes nothing"),
        (["limit", "gema", "--flavor", "e"], "gemma"),
        (["spectrum", "bbn", "--mass", "1e-3", "--d", "1e-8", "--flavor", "e"], "no rates"),
        (["spectrum", "gemma", "--mass", "1e-3", "--flavor", "e"], "exactly one of d"),
        (["cross-section", "Xx9", "--mass", "0.01", "--d", "1e-7"], "Xx9"),
        (["branching", "--mass-range", "1", "0.1"], "low < high"),
        (["decay-length", "--energy", "-1", "--d", "1e-7"], "energies"),
    ],
)
def test_bad_input_of_an_observable_is_one_line_and_no_file(tmp_path, arguments, word):
    refused(run("plot", *arguments, "--out", tmp_path / "figure.png"), word)
    assert not list(tmp_path.iterdir())
