"""The command line as a user meets it: fixed outputs, exit status 2 and one line on bad input."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nudipole import api, units
from nudipole.cli import main
from nudipole.portal import Completion

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "germanium-reactor.toml")


def run(*arguments, status=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == status, result.output + result.stderr
    return result


def as_json(*arguments):
    return json.loads(run(*arguments, "--json").stdout)


@pytest.mark.filterwarnings("default::nudipole.processes.validity.OutOfReachWarning")
def test_limit_json_has_the_fixed_fields():
    records = as_json("limit", "conus-plus", "--flavor", "e", "--mass", 1e-3, 5e-3, 0.5)
    assert [r["mass_GeV"] for r in records] == [1e-3, 5e-3, 0.5]
    low, high = records[0]["excluded"][0]["d_GeV-1"]
    assert high > 1e5 * low  # above, N decays on its way out of the detector
    assert records[0]["excluded"][0]["mu_muB"][0] == pytest.approx(2 * low / units.BOHR_MAGNETON, rel=1e-6, abs=0)
    assert records[0]["flavor"] == "e"
    assert records[0]["cl"] == 0.9
    assert records[2]["excluded"] == []  # above threshold: an empty set and a word about it, not an error


@pytest.mark.parametrize(
    "arguments",
    [
        ("conus-plus", "--flavor", "e", "--mass", "1e-3", "5e-3"),
        ("--mass", "1e-3", "5e-3", "--flavor", "e", "conus-plus"),
        ("--flavor", "e", "--mass=1e-3", "5e-3", "conus-plus"),
        ("conus-plus", "--mass", "1e-3", "--flavor", "e", "--mass", "5e-3"),
    ],
)
def test_options_take_several_values_in_a_row(arguments):
    assert [r["mass_GeV"] for r in as_json("limit", *arguments)] == [1e-3, 5e-3]


def test_experiments_lists_and_flux_takes_several_energies():
    assert as_json("experiments") == as_json("experiments", "list")
    assert len(as_json("flux", "solar", "--energy", "1e-3", "2e-3")["energy_GeV"]) == 2


def test_limit_csv_and_table_and_explain():
    rows = list(csv.DictReader(io.StringIO(run("limit", EXAMPLE, "--flavor", "e", "--mass", 1e-3, "--csv").stdout)))
    assert float(rows[0]["d_low_GeV-1"]) > 0
    assert "GeV^-1" in run("limit", EXAMPLE, "--flavor", "e", "--mass", 1e-3).stdout
    explained = run("limit", EXAMPLE, "--flavor", "e", "--mass", 1e-3, "--explain").stdout
    assert "optimistic" in explained
    assert "d(preset) / d(default)" in explained


def test_presets_are_explained_with_the_completion_and_the_level_asked_for():
    """W12: with the Z of a d_B alone the cone preset is 0.513 of the default, not the 0.877 of the photon alone."""
    options = ["limit", "lep", "--flavor", "mu", "--mass", 1, "--explain"]
    ratio = {}
    for name, more in (("photon", []), ("z", ["--completion-ratio", 0])):
        shown = " ".join(run(*options, *more).stdout.split())
        ratio[name] = float(re.search(r"preset magill2018-cone: d\(preset\) / d\(default\) = (\S+)", shown)[1])
    edges = {}
    for name, completion in (("photon", None), ("z", Completion("gauge", 0.0))):
        found = [api.limit("lep", "mu", 1.0, preset=p, completion=completion) for p in ("magill2018-cone", "default")]
        edges[name] = found[0].lower[0] / found[1].lower[0]
    assert ratio == {name: pytest.approx(value, rel=2e-3, abs=0) for name, value in edges.items()}
    assert ratio["z"] < 0.6 * ratio["photon"]
    other = " ".join(run(*options, "--cl", 0.9).stdout.split())
    assert "preset magill2018-cone: lep: the limit of 0.1 events is known at the confidence level 0.95 only" in other
    assert "preset gauge: d(preset) / d(default)" in other


def test_a_higher_confidence_level_is_a_weaker_limit():
    strong, weak = (
        as_json("limit", "conus-plus", "--flavor", "e", "--mass", 1e-3, "--cl", cl)[0]["excluded"][0]["d_GeV-1"][0]
        for cl in (0.68, 0.99)
    )
    assert strong < weak


def test_rate_adds_up():
    result = as_json("rate", EXAMPLE, "--mass", 1e-3, "--mu", 1e-10, "--flavor", "e")
    assert len(result["signal"]) == len(result["edges"]) - 1
    assert result["d_GeV-1"] == pytest.approx(units.d_from_mu(1e-10), rel=1e-6, abs=0)
    assert {"standard model", "flat"} == set(result["components"])
    double = as_json("rate", EXAMPLE, "--mass", 1e-3, "--mu", 2e-10, "--flavor", "e")
    assert sum(double["signal"]) == pytest.approx(4 * sum(result["signal"]), rel=1e-6, abs=0)
    assert "all" in run("rate", EXAMPLE, "--mass", 1e-3, "--d", 1e-8, "--flavor", "e").stdout


def test_cross_section_json():
    result = as_json("cross-section", "Ar40", "--energy", 1, "--mass", 0.1, "--d", 1e-6, "--recoil", 1e-5)
    assert set(result) == {"sigma_GeV-2", "sigma_cm2", "recoil_min_GeV", "recoil_max_GeV", "dsigma_dE_GeV-3"}
    assert result["sigma_cm2"] == pytest.approx(result["sigma_GeV-2"] * units.GEV_M2_TO_CM2, rel=1e-6, abs=0)
    for target in ("e-", "p", "n", "CsI"):
        assert as_json("cross-section", target, "--energy", 1, "--mass", 0.01, "--d", 1e-6)["sigma_cm2"] > 0
    assert as_json("cross-section", "p", "--energy", 0.1, "--mass", 0.5, "--d", 1e-6)["sigma_cm2"] == 0.0


def test_width_json_and_the_490_m_example():
    result = as_json("width", "--mass", 0.15, "--d", 1e-6, "--energy", 100)
    assert set(result) == {"width_GeV", "lifetime_s", "decay_length_m", "branching_ratios"}
    photon = result["branching_ratios"]["nu gamma"]
    assert result["decay_length_m"] / photon == pytest.approx(489.8, rel=1e-3, abs=0)
    majorana = as_json("width", "--mass", 0.15, "--d", 1e-6, "--majorana")
    assert majorana["width_GeV"] == pytest.approx(2 * result["width_GeV"], rel=1e-6, abs=0)


def test_meson_json():
    single, both = (
        as_json("meson", "pi0", "--mass", 0.01, "--d", 1e-6),
        as_json("meson", "pi0", "--mass", 0.01, "--d", 1e-6, "--both"),
    )
    assert single[0]["channel"] == "gamma nu N"
    assert both[0]["width_GeV"] == pytest.approx(2 * single[0]["width_GeV"], rel=1e-6, abs=0)
    assert set(single[0]) == {"channel", "width_GeV", "branching_ratio"}


def test_the_charge_of_a_meson_leaves_nothing_to_double():
    arguments = ("meson", "K", "--mass", 0.01, "--d", 1e-6)
    assert as_json(*arguments, "--both") == as_json(*arguments)
    assert "one lepton-number state" in run("meson", "K", "--mass", "0.01", "--d", "1e-6", "--both").stdout
    assert "N + Nbar" in run("meson", "phi", "--mass", "0.01", "--d", "1e-6", "--both").stdout


def test_an_explanation_is_text():
    shown = " ".join(run("limit", "borexino", "--flavor", "e", "--mass", "1e-4", "--explain").stdout.split())
    assert "shortcuts: - Backgrounds keep the shapes" in shown
    assert "published: - 1707.09355: mu_eff < 2.8e-11 mu_B" in shown
    assert "; convention mu" in shown
    assert "references: BOREXINO:2018ohr, Borexino:2017fbd," in shown
    assert "{'" not in shown
    assert "['" not in shown


@pytest.mark.filterwarnings("default::nudipole.processes.validity.OutOfReachWarning")
def test_a_flavour_that_the_source_lacks_is_said():
    done = run("limit", "conus", "--flavor", "mu", "--mass", "1e-3")
    assert "nothing" in done.stdout
    assert "conus draws no curve for mu, only for e universal" in done.stderr
    assert "warning" not in run("limit", "conus", "--flavor", "e", "--mass", "1e-3").stderr


def test_flux_and_experiments_and_cite():
    assert as_json("flux", "solar")["total_cm-2"]["e"] > 1e10
    keys = {row["key"] for row in as_json("experiments", "list")}
    assert {"conus-plus", "lz-nees", "bbn"} <= keys
    assert as_json("experiments", "show", "conus-plus")["title"] == "CONUS+"
    assert as_json("experiments", "validate", EXAMPLE)["valid"] is True
    assert "@article" in run("cite", "conus-plus").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("limit", "conus-plus", "--flavor", "e", "--mass", "-1"), "mass must be"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "nan"), "mass must be"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "inf"), "mass must be"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e300"), "at most 1e+30, got 1e+300"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--cl", "nan"), "confidence level"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--cl", "0"), "confidence level"),
        (("limit", "bbn", "--flavor", "e", "--mass", "0.01", "--cl", "2"), "confidence level"),
        (("limit", "red-giants", "--flavor", "e", "--mass", "nan"), "mass"),
        (("limit", "naturalness", "--flavor", "e", "--mass", "-1"), "mass must be"),
        (("limit", "conus-plus", "--flavor", "x", "--mass", "1e-3"), "'x' is not one of 'e', 'mu'"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "much"), "'much' is not a valid float"),
        (("limit", "conus-plus", "--flavor", "e"), "--mass"),
        (("limit", "--flavor", "e", "--mass", "1"), "KEY|CARD.toml"),
        (("no-such-verb",), "No such command 'no-such-verb'"),
        (("rate", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--mu", "nan"), "mu"),
        (("rate", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--d", "1e300"), "d must be"),
        (("width", "--mass", "-1", "--d", "1e-6"), "mass must be"),
        (("width", "--mass", "0.1", "--d", "nan"), "coupling"),
        (("width", "--mass", "0.1", "--d", "1e-6", "--energy", "inf"), "energy must be"),
        (("meson", "pi0", "--mass", "nan", "--d", "1"), "hnl_mass must be"),
        (("flux", "solar", "--energy", "nan"), "energy must be"),
        (("flux", "lbnf", "--energy", "1e10"), "tabulated from"),
        (("cross-section", "Ar40", "--energy", "1", "--mass", "0.1", "--d", "1", "--recoil", "nan"), "recoil must be"),
        (("atlas", "--masses", "100000000"), "at most 100000"),
        (("limit", "no-such-key", "--flavor", "e", "--mass", "1"), "unknown experiment 'no-such-key'; there are"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--cl", "1.0"), "confidence level"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--preset", "x"), "preset"),
        (("limit", "missing.toml", "--flavor", "e", "--mass", "1e-3"), "no such file"),
        (("rate", "conus-plus", "--flavor", "e", "--mass", "1e-3"), "exactly one of d"),
        (("rate", "conus-plus", "--flavor", "e", "--mass", "1e-3", "--d", "-1"), "non-negative"),
        (("rate", "bbn", "--flavor", "e", "--mass", "1e-3", "--d", "1e-9"), "no rates"),
        (("cross-section", "Xx9", "--energy", "1", "--mass", "0.1", "--d", "1e-6"), "target"),
        (("cross-section", "p", "--energy", "1", "--mass", "0", "--d", "1e-6"), "screen"),
        (("cross-section", "Ar40", "--energy", "-1", "--mass", "0.1", "--d", "1e-6"), "energy"),
        (
            ("cross-section", "Ar40", "--energy", "1", "--mass", "0.1", "--d", "1e-6", "--form-factor", "x"),
            "form factor",
        ),
        (("width", "--mass", "0.1", "--d", "1e-6", "--energy", "0.05"), "energy must be at least the mass"),
        (("meson", "quark", "--mass", "0.1", "--d", "1e-6"), "quark"),
        (("flux", "moon"), "unknown flux 'moon'"),
        (("cite", "nothing"), "nothing"),
        (("atlas", "--masses", "1"), "at least 2"),
        (("atlas", "--only", "nothing"), "nothing"),
        (("atlas", "--only", "conus-plus", "gemma", "--flavor", "mu"), "none of conus-plus, gemma has a curve for mu"),
        (("limit", "conus_plus", "--flavor", "e", "--mass", "1"), "(did you mean conus-plus"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1", "--json", "--csv"), "one of --json and --csv"),
        (("limit", "conus-plus", "gemma", "--flavor", "e", "--mass", "1"), "unexpected extra argument (gemma)"),
        (("limit", "conus-plus", "--flavor", "e", "--mass", "1e-3", "-1"), "got -1"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, expected):
    result = run(*arguments, status=2)
    message = result.stderr.strip()
    assert expected in message
    assert "\n" not in message
    assert "Traceback" not in message
    assert not result.stdout


def test_unwritable_folder(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "cannot write" in run("atlas", "--only", "gemma", "--out", blocked / "out", status=2).stderr
    assert list(tmp_path.iterdir()) == [blocked]


@pytest.mark.parametrize("arguments", [("--masses", 1), ("--only", "nothing"), ("--flavor", "nothing"), ("--jobs", 0)])
def test_nothing_is_written_before_the_arguments_are_right(arguments, tmp_path):
    run("atlas", "--out", tmp_path / "out", *arguments, status=2)
    assert not (tmp_path / "out").exists()


def test_installed_command_runs_without_a_terminal():
    code = "from nudipole.cli import main; main(['width', '--mass', '0.1', '--d', '1e-6'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "lifetime" in result.stdout
    assert result.stderr == ""


def test_a_line_of_theory_is_not_called_an_exclusion():
    for key, heading in (("naturalness", "beyond the line"), ("supernova-next", "would exclude"), ("bbn", "excluded")):
        shown = run("limit", key, "--flavor", "mu", "--mass", "0.01").stdout
        assert heading in shown
        assert (key == "naturalness") == ("CL" not in shown)


def test_a_meson_lighter_than_n_says_so():
    assert "too heavy" in run("meson", "pi0", "--mass", "0.5", "--d", "1e-6").stdout
    assert as_json("meson", "pi0", "--mass", 0.5, "--d", 1e-6) == []


def test_an_extra_width_is_an_option_of_limit_and_rate():
    point = ("ship-main", "--mass", 0.1, "--flavor", "mu")
    plain, wide = (as_json("rate", *point, "--d", 1e-6, *more)["signal"] for more in ((), ("--extra-width", 1e-12)))
    assert sum(wide) < 1e-3 * sum(plain)
    low = [as_json("limit", *point, *more)[0]["excluded"][0]["d_GeV-1"][0] for more in ((), ("--extra-width", 1e-15))]
    assert low[1] > 1.5 * low[0]
    assert "extra width" in run("limit", *point, "--extra-width", 1e-15).stdout
    assert (
        "extra width" in run("limit", "bbn", "--mass", 1e-2, "--flavor", "mu", "--extra-width", 1e-20, status=2).stderr
    )
