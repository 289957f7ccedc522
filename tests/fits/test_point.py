"""One theory point against everything: the verdicts are those of limit, rate and test_statistic."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fits.point import point

KEYS = ["conus-plus", "miniboone", "charm-ii", "sn1987a", "bbn", "naturalness", "lep", "ship-mesons"]


@pytest.mark.parametrize("d", [1e-9, 3e-7, 1e-5])
def test_every_verdict_is_that_of_the_limit(d):
    found = {v.key: v for v in point(0.1, d, "mu", keys=KEYS).verdicts}
    assert set(found) == set(KEYS)
    for key in ("miniboone", "charm-ii", "sn1987a", "bbn", "lep", "ship-mesons"):
        limit = nd.limit(key, "mu", 0.1)
        assert found[key].excluded is limit.excludes(0, d)
        edges = [e for i in limit.excluded[0] for e in (i.low, i.high) if e]
        assert found[key].d_limit in edges
        assert found[key].d_over_limit == pytest.approx(d / found[key].d_limit, rel=1e-12, abs=0)
    assert found["naturalness"].excluded is None
    assert found["conus-plus"].excluded is None  # 0.1 GeV is out of reach of a reactor
    assert found["conus-plus"].note


def test_signal_and_statistic_are_those_of_rate_and_test_statistic():
    (verdict,) = point(0.1, 1e-6, "mu", keys=["miniboone"]).verdicts
    rate = nd.rate("miniboone", 0.1, 1e-6, "mu")
    assert verdict.signal == pytest.approx(rate.signal.sum(), rel=1e-9, abs=0)
    assert verdict.observed == pytest.approx(rate.observed.sum(), rel=1e-12, abs=0)
    statistic = registry.get("miniboone").test_statistic([nd.Portal(0.1, 1e-6, nd.Direction("mu"))])
    assert verdict.test_statistic == pytest.approx(float(statistic[0]), rel=1e-6, abs=0)
    delta = registry.get("miniboone").delta_chi2([nd.Portal(0.1, 1e-6, nd.Direction("mu"))])
    assert verdict.delta_chi2 == pytest.approx(float(delta[0]), rel=1e-6, abs=0)
    assert verdict.excluded is (verdict.test_statistic > verdict.critical_value)


def test_light_n_doubles_the_coupling_and_quadruples_the_signal():
    one, two = (point(1e-3, d, "e", keys=["conus-plus"]).verdicts[0] for d in (1e-8, 2e-8))
    assert two.signal == pytest.approx(4 * one.signal, rel=1e-9, abs=0)
    assert two.d_over_limit == pytest.approx(2 * one.d_over_limit, rel=1e-9, abs=0)


def test_couplings_of_one_flavour_are_that_flavour():
    one = point(0.1, 1e-6, "mu", keys=["miniboone"]).verdicts[0]
    other = point(0.1, couplings={"mu": 1e-6}, keys=["miniboone"]).verdicts[0]
    assert other.signal == pytest.approx(one.signal, rel=1e-9, abs=0)
    assert other.d_limit == pytest.approx(one.d_limit, rel=1e-6, abs=0)


def test_a_second_flavour_shortens_the_life_and_changes_the_signal():
    alone = point(0.5, couplings={"mu": 1e-6}, keys=["miniboone"])
    mixed = point(0.5, couplings={"mu": 1e-6, "tau": 3e-6}, keys=["miniboone"])
    assert mixed.portal.width == pytest.approx(10 * alone.portal.width, rel=1e-9, abs=0)


def test_majorana_n_lives_half_as_long():
    dirac, majorana = (point(0.1, 1e-6, "mu", majorana=m, keys=["lep"]).portal for m in (False, True))
    assert majorana.width == pytest.approx(2 * dirac.width, rel=1e-12, abs=0)


def test_measurements_come_before_projections_and_the_strongest_of_a_class_first():
    verdicts = point(0.1, 1e-6, "mu", keys=["ship-mesons", "miniboone", "charm-ii", "dune-nd"]).verdicts
    assert [v.kind for v in verdicts] == ["exclusion", "exclusion", "projection", "projection"]
    for kind in ("exclusion", "projection"):
        reaches = [v.d_limit for v in verdicts if v.kind == kind]
        assert reaches == sorted(reaches)


def test_json_holds_every_number_and_a_notebook_shows_a_table():
    result = CliRunner().invoke(main, ["point", "--mass", "1e-3", "--mu", "1e-10", "--flavor", "e", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert {row["key"] for row in shown["constraints"]} == set(registry.all_keys())
    assert shown["mu_muB"] == pytest.approx(1e-10, rel=1e-12, abs=0)
    assert shown["lifetime_s"] == pytest.approx(nd.Portal.from_mu(1e-3, 1e-10, "e").lifetime, rel=1e-12, abs=0)
    html = point(1e-3, 1e-7, "e", keys=["conus-plus"])._repr_html_()
    assert html.count("<tr>") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mass", "0.1", "--flavor", "mu"], "exactly one of d"),
        (["--mass", "0.1", "--d", "1e-6", "--mu", "1e-9", "--flavor", "mu"], "exactly one of d"),
        (["--mass", "0.1", "--d", "1e-6", "--flavor", "nue"], "flavor"),
        (["--mass", "-1", "--d", "1e-6", "--flavor", "mu"], "mass"),
        (["--mass", "0.1", "--couplings", "mu=x"], "must read like"),
        (["--mass", "0.1", "--couplings", "mu=1e-6", "--d", "1e-6"], "not both"),
        (["--mass", "0.1", "--couplings", "x=1e-6"], "must be among"),
        (["--mass", "0.1", "--couplings", "mu=0"], "non-zero"),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    result = CliRunner().invoke(main, ["point", *arguments])
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_unknown_keys_are_named():
    with pytest.raises(UnknownNameError):
        point(0.1, 1e-6, "mu", keys=["minibone"])
    with pytest.raises(DomainError):
        point(np.nan, 1e-6, "mu", keys=["lep"])
