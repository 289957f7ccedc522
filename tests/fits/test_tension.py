"""A region of interest against the rest: the parameter goodness of fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import special

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fits.tension import tension
from nudipole.portal import Direction, Portal

MASSES = [0.1, 0.25, 0.45]


@pytest.fixture(scope="module")
def found():
    return tension("miniboone-roi", ["charm-ii", "nomad"], "mu", MASSES)


def test_the_best_points_are_those_of_the_searches(found):
    region = registry.get("miniboone-roi")
    grid = np.geomspace(1e-8, 1e-5, 400)
    portals = [Portal(m, d, Direction("mu")) for m in MASSES for d in grid.tolist()]
    alone = region.delta_chi2(portals)
    assert found.preferred.chi2 == pytest.approx(float(alone.min()), rel=1e-3, abs=0)
    assert found.preferred.mass == portals[int(np.argmin(alone))].mass
    rest = sum(registry.get(key).delta_chi2(portals) for key in ("charm-ii", "nomad"))
    assert found.joint.chi2 == pytest.approx(float((alone + rest).min()), rel=1e-2, abs=1e-2)


def test_the_p_value_is_that_of_two_parameters(found):
    gap = found.joint.chi2 - found.preferred.chi2 - found.rest.chi2
    assert found.chi2 == pytest.approx(gap, rel=1e-12, abs=0)
    assert found.chi2 > 0
    assert found.p_value == pytest.approx(np.exp(-0.5 * found.chi2), rel=1e-9, abs=0)
    assert special.erfc(found.sigmas / np.sqrt(2)) == pytest.approx(found.p_value, rel=1e-9, abs=0)


def test_what_agrees_has_no_tension():
    """A reactor does not feel the muon coupling at all; a collider, not at these sizes."""
    calm = tension("miniboone-roi", ["lep"], "mu", [0.25])
    assert calm.p_value > 0.5


def test_overlapping_data_and_empty_sides_are_refused():
    with pytest.raises(DomainError, match="the same events"):
        tension("miniboone-roi", ["miniboone"], "mu", 0.1)
    with pytest.raises(DomainError, match="nothing is left"):
        tension("miniboone-roi", ["conus-plus"], "mu", 0.1)
    with pytest.raises(DomainError, match="held against"):
        tension("miniboone-roi", [], "mu", 0.1)
    with pytest.raises(UnknownNameError):
        tension("minibone", ["lep"], "mu", 0.1)


def test_the_command_prints_the_same(found):
    arguments = ["tension", "miniboone-roi", "charm-ii", "nomad", "--flavor", "mu", "--mass", *map(str, MASSES)]
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["p_value"] == pytest.approx(found.p_value, rel=1e-9, abs=0)
    assert "parameter goodness of fit" in CliRunner().invoke(main, arguments).stdout
    assert nd.tension is tension
