"""Options of the command line that take ranges, settings and filters, and text that looks like markup."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nudipole.cli.main import main
from tests.inputs.examples import GERMANIUM, changed


def run(*arguments, status=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == status, result.output
    return result


def test_ranges_of_masses():
    out = run("limit", "conus-plus", "--flavor", "e", "--mass", "1e-5:1e-3:5", "2e-3", "--json").stdout
    masses = [record["mass_GeV"] for record in json.loads(out)]
    assert masses == pytest.approx([1e-5, 10**-4.5, 1e-4, 10**-3.5, 1e-3, 2e-3], rel=1e-12, abs=0)


@pytest.mark.parametrize("wrong", ["1e-4:1", "1:1e-4:5", "1e-4:1:1", "0:1:5", "a:b:c", "1e-4:1:1000000", "1:inf:3"])
def test_ranges_that_are_none(wrong):
    message = run("limit", "conus-plus", "--flavor", "e", "--mass", wrong, status=2).stderr
    assert len(message.splitlines()) == 1
    assert wrong in message


def test_units_in_brackets_are_printed(tmp_path):
    assert "mu = 2d [mu_B]" in run("limit", "conus-plus", "--flavor", "e", "--mass", 1e-3).stdout
    path = changed(tmp_path, GERMANIUM, ('name        = "flat"', 'name = "[/b]flat [keV]<script>"'))
    assert "[/b]flat [keV]<script>" in run("rate", path, "--flavor", "e", "--mass", 1e-3, "--d", 1e-8).stdout
    import nudipole as nd

    assert "<script>" not in nd.rate(path, 1e-3, 1e-8, "e")._repr_html_()


def test_control_characters_are_refused_and_escaped(tmp_path):
    for text in ("\\u001b[2J", "two\\nlines", "\\u202e"):
        path = changed(tmp_path, GERMANIUM, ('title   = "My germanium detector"', f'title = "{text}"'))
        message = run("limit", path, "--flavor", "e", "--mass", 1e-3, status=2).stderr
        assert message.rstrip("\n").isprintable()
        assert "title" in message


def test_options_of_a_flux():
    for arguments in (
        ("reactor", "--option", "power_GW=3.0", "--option", "baseline_m=15"),
        ("stopped-pion", "--option", "protons_on_target=1e23", "--option", 'components=["nu_e"]'),
        ("booster", "--option", "mode=antineutrino", "--energy", "0.5"),
    ):
        assert "cm^-2" in run("flux", *arguments).stdout
    assert "power_GW" in run("flux", "reactor", status=2).stderr
    assert "is given twice" in run("flux", "booster", "--option", "mode=x", "--option", "mode=y", status=2).stderr
    assert "NAME=VALUE" in run("flux", "booster", "--option", "mode", status=2).stderr
    assert "per POT]" in run("flux", "booster", "--energy", 0.5).stdout.splitlines()[-1]


def test_listing_filters_and_keeps_keys_whole(monkeypatch):
    keys = [row["key"] for row in json.loads(run("experiments", "list", "--source", "booster", "--json").stdout)]
    assert "miniboone" in keys
    assert "ship-main" not in keys
    assert "borexino-superk-earth" in run("experiments").stdout
    message = run("limit", "lz-nees", "--flavor", "nue", "--mass", 1, status=2).stderr
    assert "did you mean e?" in message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_device_is_one_line():
    command = [sys.executable, "-m", "nudipole", "width", "--mass", "0.1", "--d", "1e-6"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with open("/dev/full", "w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "No space left" in result.stderr
