"""``nudipole experiments validate``: all faults at once, and what it calls valid works."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nudipole.catalogue.check import check
from nudipole.cli.main import main
from nudipole.inputs import lines
from tests.inputs.examples import ARGON, GERMANIUM, changed


def test_the_examples_are_valid_and_say_nothing():
    for example in (GERMANIUM, ARGON):
        report = check(example)
        assert report.faults == ()
        assert report.warnings == ()
        assert report.experiment is not None


def test_all_faults_are_told_with_their_lines(tmp_path):
    path = changed(
        tmp_path,
        GERMANIUM,
        ('kind    = "projection"', 'kind    = "projektion"\ncolour = 3'),
        ("exposure_kg_day = 3650.0", "exposure_kg_day = -3650.0"),
        ("sigma   = 0.05", "sigma   = 0.0"),
    )
    found = {fault.field: fault for fault in check(path).faults}
    assert set(found) == {"kind", "colour", "target.exposure_kg_day", "nuisance[0].sigma"}
    text = path.read_text(encoding="utf-8").splitlines()
    for field, start in (("kind", "kind"), ("colour", "colour"), ("nuisance[0].sigma", "sigma")):
        assert text[found[field].line - 1].startswith(start)
        assert f"line {found[field].line}: " in found[field].message
    assert "did you mean projection?" in found["kind"].message


def test_parts_that_cannot_be_built_are_told_together(tmp_path):
    path = changed(
        tmp_path,
        GERMANIUM,
        ('material        = "Ge"', 'material        = "germanium"'),
        ('model = "lindhard", k = 0.162', 'model = "lindhart", k = 0.162'),
        ("baseline_m = 15.0", "baseline_m = -15.0"),
    )
    fields = [fault.field for fault in check(path).faults]
    assert fields == ["source", "target.material", "response.quenching.model"]
    path = changed(
        tmp_path,
        ARGON,
        ('material = "SiO2"', 'material = "soil"'),
        ('material = "Ar"', 'material = "argon"'),
        ("protons_on_target = 6.6e20", ""),
    )
    fields = [fault.field for fault in check(path).faults]
    assert fields == ["exposure.protons_on_target", "matter.argon.material", "matter.soil.material"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (
            'statistic   = "asimov"',
            'statistic = "poisson"\ncounts = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]',
            "observation.counts",
        ),
        ('shape       = { model = "flat" }', 'column = "bkg"', "background[0].column"),
        ("background = [{", "background = [{ colour = 3,", "background[0].colour"),
    ],
)
def test_what_is_found_at_use_is_found_here(tmp_path, old, new, field):
    faults = check(changed(tmp_path, GERMANIUM, (old, new))).faults
    assert any(field in fault.message or field == fault.field for fault in faults) or faults


def test_the_command(tmp_path):
    good = CliRunner().invoke(main, ["experiments", "validate", str(GERMANIUM), "--json"])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["valid"] is True
    path = changed(tmp_path, GERMANIUM, ("schema  = 1", "schema  = 2\ncolour = 3"))
    bad = CliRunner().invoke(main, ["experiments", "validate", str(path)])
    assert bad.exit_code == 2
    assert len(bad.stderr.splitlines()) == 2
    assert "Traceback" not in bad.stderr
    told = json.loads(CliRunner().invoke(main, ["experiments", "validate", str(path), "--json"]).stdout)
    assert told["valid"] is False
    assert {fault["field"] for fault in told["faults"]} == {"schema", "colour"}


def test_lines_of_fields():
    text = "a = 1\n[b]\nc = 2\n[[d]]\ne = 3\n[[d]]\ne = 4\n[b.f]\n'g' = 5\n"
    wanted = {"a": 1, "b.c": 3, "d[0].e": 5, "d[1].e": 7, "b.f.g": 9, "b.f.h": 8, "d[1].x": 6, "b": 2}
    assert {field: lines.find(text, field) for field in wanted} == wanted
    assert lines.find(text, "nowhere") is None
