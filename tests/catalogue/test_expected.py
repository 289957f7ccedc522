"""Expected limits of cards."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.cli import main
from nudipole.errors import DomainError


def test_the_median_of_a_projection_is_its_limit_and_bands_are_in_order():
    masses = [1e-3, 5e-3]
    found = nd.expected("xlzd", "mu", masses)
    assert found.median == pytest.approx(nd.limit("xlzd", "mu", masses).lower, rel=1e-5, abs=0)
    assert np.all(np.diff(found.edges, axis=0) > 0)
    assert found.to_dict()["d_plus_2_GeV-1"] is not None
    with pytest.raises(DomainError, match="deviation"):
        found.band(3)


def test_an_excess_is_expected_weaker_than_seen():
    """MicroBooNE counts 484 over 391: what was seen excludes less than what was expected; N decays."""
    assert nd.expected("microboone", "mu", 0.1).median[0] < nd.limit("microboone", "mu", 0.1).lower[0]


def test_counts_expect_the_quantiles_of_their_background():
    """No event over 0.578 is the median; one more for one standard deviation, 3.7 over 2.4 events allowed."""
    found = nd.expected("t2k-nd280", "mu", 0.1)
    assert found.median == pytest.approx(nd.limit("t2k-nd280", "mu", 0.1).lower, rel=1e-6, abs=0)
    assert found.band(-2) == pytest.approx(found.median, rel=1e-6, abs=0)
    assert found.band(1) > 1.3 * found.median
    assert found.band(2) > found.band(1)


def test_a_published_limit_is_a_gaussian_measurement_of_zero():
    found = nd.expected("nomad", "mu", 0.01)
    assert found.median == pytest.approx(nd.limit("nomad", "mu", 0.01).lower, rel=1e-6, abs=0)
    c = 1.2816
    assert found.band(1)[0] / found.median[0] == pytest.approx(
        ((c + 1) / c) ** 0.25, rel=1e-2, abs=0
    )  # events go as d^4


def test_nothing_is_expected_beyond_reach_and_unions_and_the_sky_are_refused():
    assert np.all(np.isnan(nd.expected("conus-plus", "e", 5.0).edges))
    with pytest.raises(DomainError, match="profile likelihood"):
        nd.expected("lsnd", "mu", 0.03)
    with pytest.raises(DomainError, match="counts no events"):
        nd.expected("bbn", "mu", 0.01)


def test_a_higher_level_expects_to_exclude_less():
    low, high = (nd.expected("xlzd", "mu", 1e-3, cl=cl).median[0] for cl in (0.9, 0.99))
    assert high > low


def test_the_command_line_gives_the_bands():
    result = CliRunner().invoke(main, ["limit", "xlzd", "--flavor", "mu", "--mass", "1e-3", "--expected", "--csv"])
    assert result.exit_code == 0, result.output
    head, row = result.output.splitlines()[-2:]
    assert head.split(",")[3] == "d_median_GeV-1"
    assert float(row.split(",")[3]) == pytest.approx(nd.expected("xlzd", "mu", 1e-3).median[0], rel=1e-5, abs=0)
    table = CliRunner().invoke(main, ["limit", "xlzd", "--flavor", "mu", "--mass", "1e-3", "--expected"])
    assert "expected without N" in table.output
