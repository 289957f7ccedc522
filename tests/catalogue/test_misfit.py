"""The warning about data that the background does not describe: when, how often, in which words."""

from __future__ import annotations

import warnings

import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.catalogue import misfit, registry
from nudipole.cli import main
from nudipole.errors import MisfitWarning

CARD = """
schema = 1
key = "{key}"
title = "Made up"
kind = "{kind}"
basis = "first-principles"
summary = "Made up."
[source]
flux = "reactor"
power_GW = 3.0
baseline_m = 20.0
[target]
material = "Ge"
exposure_kg_day = 100.0
[response]
recoil = "electron"
edges_keV = [2.0, 4.0, 8.0]
[observation]
statistic = "poisson"
expectation = "none"
counts = {counts}
[[background]]
name = "flat"
counts = [80.0, 120.0]
"""


@pytest.fixture(autouse=True)
def _untold():
    misfit.forget()
    yield
    misfit.forget()


def card(folder, counts, key="made-up", kind="exclusion"):
    path = folder / f"{key}.toml"
    path.write_text(CARD.format(counts=counts, key=key, kind=kind), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("counts", "side"), [([8, 12], "fewer"), ([800, 1200], "more")])
def test_data_ten_times_off_their_background_warn_once(tmp_path, counts, side):
    path = card(tmp_path, counts)
    with pytest.warns(MisfitWarning, match=f"made-up: the background alone does not .* events {side} than"):
        nd.limit(path, "e", 1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nd.limit(path, "e", 1e-3)
    misfit.forget()
    with pytest.warns(MisfitWarning):
        nd.limit(path, "e", 1e-3)


def test_the_command_line_says_it_in_one_line_and_explains(tmp_path):
    path = card(tmp_path, [8, 12])
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = CliRunner().invoke(main, ["limit", path, "--flavor", "e", "--mass", "1e-3", "--explain"])
    assert result.exit_code == 0, result.output
    told = [line for line in result.output.splitlines() if "does not describe the data" in line]
    assert len(told) == 1
    assert told[0].startswith("nudipole: warning: made-up:")
    assert "goodness_of_fit: p = " in result.output


def test_good_data_and_regions_of_interest_do_not_warn(tmp_path):
    assert nd.limit(card(tmp_path, [81, 118]), "e", 1e-3).lower[0] > 0
    nd.limit(card(tmp_path, [800, 1200], "wanted", "roi"), "e", 1e-3)


def test_computing_a_curve_outside_the_verb_does_not_warn(tmp_path):
    experiment = registry.load(card(tmp_path, [8, 12]))
    experiment.limit([1e-3], nd.Direction("e"))
    assert experiment.goodness_of_fit().misfit


def test_projections_and_published_limits_have_nothing_to_test():
    assert registry.get("xlzd").goodness_of_fit() is None
    assert registry.get("charm").goodness_of_fit() is None
    assert registry.get("charm").explain()["goodness_of_fit"] == ""
    assert registry.get("conus-plus").goodness_of_fit().degrees == 1


def test_no_shipped_card_warns_by_default_and_the_presets_that_do_are_those_of_the_docs():
    """docs/statistics.md lists them."""
    bad = set()
    for key in registry.card_keys():
        experiment = registry.get(key)
        for preset in experiment.presets:
            if (key, preset) == ("microboone", "delayed"):  # expects fractions of an event as data: refused
                continue
            found = experiment.goodness_of_fit(preset)
            if found is not None and found.misfit and experiment.kind_of(preset) != "roi":
                bad.add((key, preset))
    assert bad == {("miniboone", "angle"), ("miniboone", "release2018")}
