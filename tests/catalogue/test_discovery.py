"""The verb discovery, and limits by CLs of shipped searches."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError, UnknownNameError


def test_the_reach_has_the_expected_significance_of_its_rate():
    """A Poisson bin with a pull: at the reach the Asimov significance of the printed rate is the one asked for."""
    found = nd.discovery("xlzd", "mu", [1e-4, 1e-3], sigmas=[3.0])
    five = nd.discovery("xlzd", "mu", [1e-4, 1e-3], sigmas=[5.0])
    assert np.all(five.reach > found.reach)
    assert np.all(np.isnan(found.observed))  # a projection
    rate = nd.rate("xlzd", 1e-3, float(found.reach[0, 1]), "mu")
    background = sum(rate.components.values())
    s, b = rate.signal, background
    largest = np.sqrt(2 * np.sum((s + b) * np.log1p(s / b) - s))
    assert largest >= 3.0 - 1e-3  # without pulls the same signal is seen better


def test_an_excess_has_the_significance_of_its_likelihood():
    found = nd.discovery("miniboone-roi", "mu", 0.25)
    region = registry.get("miniboone-roi")
    gain = -float(region.delta_chi2([nd.Portal(0.25, float(found.best[0]), nd.Direction("mu"))])[0])
    assert found.observed[0] == pytest.approx(np.sqrt(gain), rel=1e-3, abs=0)
    assert found.observed[0] > 3.0
    assert found.p_values[0] < 1.4e-3


def test_out_of_reach_there_is_nothing_and_the_sky_has_no_significance():
    assert np.all(np.isnan(nd.discovery("conus-plus", "e", 1.0).reach))
    assert np.all(np.isnan(nd.discovery("conus-plus", "mu", 1e-3).reach))
    with pytest.raises(DomainError, match="no significance"):
        nd.discovery("bbn", "mu", 0.01)
    with pytest.raises(DomainError, match="no significance"):
        nd.discovery("nomad", "mu", 0.01)
    with pytest.raises(DomainError, match="sigmas"):
        nd.discovery("xlzd", "mu", 1e-3, sigmas=[0.0])


def test_limits_by_cls_are_near_those_of_the_card_and_marked():
    card, other = nd.limit("conus-plus", "e", 1e-3), nd.limit("conus-plus", "e", 1e-3, method="cls")
    assert 0.8 < other.lower[0] / card.lower[0] < 1.2
    assert other.lower[0] != card.lower[0]
    assert "judged by CLs" in other.notes
    count = nd.limit("t2k-nd280", "mu", 0.1, method="cls")
    assert count.lower[0] > nd.limit("t2k-nd280", "mu", 0.1).lower[0]


@pytest.mark.parametrize("key", ["bbn", "nomad", "miniboone-roi"])
def test_what_has_no_cls_is_refused_by_name(key):
    with pytest.raises(DomainError, match=key):
        nd.limit(key, "mu", 0.1, method="cls")


def test_an_unknown_method_is_named():
    for key in ("conus-plus", "bbn"):
        with pytest.raises(UnknownNameError, match="method"):
            nd.limit(key, "e", 1e-3, method="bayes")


def test_the_commands_print_them():
    arguments = ["--flavor", "e", "--mass", "1e-3"]
    result = CliRunner().invoke(main, ["discovery", "conus-plus", *arguments, "--sigmas", "3", "--json"])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["d_3_sigma_GeV-1"] == pytest.approx(nd.discovery("conus-plus", "e", 1e-3).reach[0, 0], rel=1e-9, abs=0)
    assert "observed local significance" in CliRunner().invoke(main, ["discovery", "conus-plus", *arguments]).output
    result = CliRunner().invoke(main, ["limit", "conus-plus", *arguments, "--method", "cls"])
    assert result.exit_code == 0, result.output
    assert "CLs" in result.output
    result = CliRunner().invoke(main, ["limit", "conus-plus", *arguments, "--method", "cls", "--expected"])
    assert result.exit_code == 2
