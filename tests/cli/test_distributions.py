"""Verbs that print columns: the same numbers as the functions, as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.cli import main

CALLS = {
    "collider": (
        ("collider", "e+e-", "--energy", "10.58", "91.19", "--mass", "1", "--mu", "1e-8"),
        lambda: nd.collider("e+e-", [10.58, 91.19], 1.0, mu=1e-8),
    ),
    "thermal": (
        ("thermal", "early-universe", "--mass", "1e-3", "--d", "1e-8", "--temperature", "1e-3:1:4"),
        lambda: nd.thermal("early-universe", 1e-3, 1e-8, np.geomspace(1e-3, 1.0, 4)),
    ),
    "spectrum": (
        ("spectrum", "coherent-csi", "--mass", "1e-3", "--mu", "3e-9", "--flavor", "mu"),
        lambda: nd.spectrum("coherent-csi", 1e-3, mu=3e-9, flavor="mu"),
    ),
    "differential": (
        ("differential", "Ar40", "--energy", "0.03", "--mass", "0.01", "--d", "1e-6", "--variable", "angle"),
        lambda: nd.differential("Ar40", 0.03, 0.01, 1e-6, "angle"),
    ),
    "peak-recoil": (
        ("peak-recoil", "--energy", "0.5", "1", "--mass", "0.01", "--target-mass", "0.000511"),
        lambda: {"peak_recoil_GeV": nd.peak_recoil([0.5, 1.0], 0.01, 0.000511)},
    ),
    "decay-probability": (
        ("decay-probability", "--near", "10", "--far", "30", "--energy", "1", "2", "--mass", "0.1", "--d", "1e-6"),
        lambda: {"probability": nd.decay_probability(10.0, 30.0, [1.0, 2.0], 0.1, 1e-6)},
    ),
    "decay-spectrum": (
        ("decay-spectrum", "photon_angle", "--values", "0.9", "0.99", "--mass", "0.1", "--energy", "1"),
        lambda: {"density": nd.decay_spectrum("photon_angle", [0.9, 0.99], 0.1, 1.0)},
    ),
    "meson-spectrum": (
        ("meson-spectrum", "K", "mu e e N", "--mass", "0.05", "--d", "1e-6", "--variable", "dilepton_mass", "--values", "0.01:0.3:3"),
        lambda: {"dGamma_dm": nd.meson_spectrum("K", "mu e e N", 0.05, 1e-6, "dilepton_mass", np.geomspace(0.01, 0.3, 3))},
    ),
    "beam-spectrum": (
        ("beam-spectrum", "sps", "eta", "--mass", "0.1", "--d", "1e-6", "--bins", "5"),
        lambda: nd.beam_spectrum("sps", "eta", 0.1, 1e-6, bins=5),
    ),
}  # fmt: skip


def run(*arguments, status=0):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == status, result.output
    return result


@pytest.mark.parametrize("name", CALLS)
def test_json_and_csv_are_what_the_function_returns(name):
    arguments, call = CALLS[name]
    expected = {key: np.asarray(value, dtype=float) for key, value in call().items()}
    found = json.loads(run(*arguments, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "--csv").stdout)))
    for key, values in expected.items():
        assert np.asarray(found[key], dtype=float) == pytest.approx(values, rel=1e-12, abs=0)
        column = [float(row[key]) for row in rows]
        assert column == pytest.approx(np.broadcast_to(values, len(rows)).tolist(), rel=1e-5, abs=0)


@pytest.mark.parametrize("name", CALLS)
def test_text_shows_every_name(name):
    arguments, call = CALLS[name]
    shown = run(*arguments).stdout
    assert all(key in shown for key in call())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("collider", "ee", "--energy", "10", "--mass", "1", "--d", "1e-6"), "initial state"),
        (("thermal", "sun", "--mass", "1", "--d", "1e-6"), "place"),
        (("spectrum", "gemma", "--mass", "1"), "flavor"),
        (("spectrum", "bbn"), "no rates"),
        (("decay-spectrum", "photon", "--values", "1", "--mass", "1"), "variable"),
        (("beam-spectrum", "sps", "eta", "--mass", "0.1", "--d", "1e-6", "--json", "--csv"), "exclude each other"),
        (("differential", "Ar40", "--energy", "0.001", "--mass", "1", "--d", "1e-6"), "threshold"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, words):
    result = run(*arguments, status=2)
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not result.stdout
