"""Fixed proportions of couplings, profiled couplings and the triangle of flavours."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import optimize

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.cli import main
from nudipole.errors import DomainError, NudipoleError
from nudipole.fits import datasets, flavours, joint
from nudipole.fits.combination import combine
from nudipole.portal import Portal


def test_one_ratio_is_one_flavour_and_scales_with_it():
    plain = combine(["miniboone"], "mu", 0.1).limit.lower
    assert combine(["miniboone"], None, 0.1, ratios={"mu": 1}).limit.lower == pytest.approx(plain, rel=1e-4, abs=0)
    light = combine(["conus-plus"], None, 1e-3, ratios={"e": 2}).limit.lower
    assert light == pytest.approx(0.5 * combine(["conus-plus"], "e", 1e-3).limit.lower, rel=1e-4, abs=0)


def test_the_joint_table_is_the_sum_of_the_searches():
    keys = ["miniboone", "charm-ii", "lep"]
    table = joint.table([registry.get(key) for key in keys], 0.1)
    assert table.keys == tuple(keys)
    point = np.array([[0.0, 1e-6, 3e-7]])
    portal = Portal.from_couplings(0.1, *point[0].tolist())
    alone = sum(float(registry.get(key).delta_chi2([portal])[0]) for key in keys)
    assert float(table.test_statistic(point)[0]) == pytest.approx(alone, rel=1e-3, abs=0)


def test_shared_nuisances_are_one_in_the_table():
    keys = ["lz-nees", "xenonnt-nees", "pandax4t-nees"]
    table = joint.table([registry.get(key) for key in keys], 1e-5)
    assert set(table.shared) == {"solar.pp", "solar.7Be"}
    found = combine(keys, "e", 1e-5)
    edge = float(found.limit.lower[0])
    level = float(table.test_statistic([[edge, 0, 0]])[0]) + float(found.preference[0])
    assert level == pytest.approx(2.7055, rel=5e-3, abs=0)


def test_a_coupling_that_no_search_feels_changes_nothing():
    """A reactor makes electron antineutrinos, and N of 10 keV does not decay in it; of 1 MeV it would."""
    plain, free = combine(["conus-plus"], "e", 1e-5), combine(["conus-plus"], "e", 1e-5, profile=["mu", "tau"])
    assert free.limit.lower == pytest.approx(plain.limit.lower, rel=1e-3, abs=0)
    assert free.limit.notes == ("profiled over mu, tau",)


def test_a_second_coupling_that_is_free_lets_n_decay_elsewhere():
    """Of the same muon coupling a beam sees less of an N that a large tau coupling makes decay on its way."""
    plain, free = combine(["charm-ii"], "mu", 0.05), combine(["charm-ii"], "mu", 0.05, profile=["tau"])
    assert plain.limit.excluded[0]
    assert not free.limit.excluded[0] or free.limit.lower[0] > plain.limit.lower[0]


def test_the_profile_is_the_minimum_over_the_free_coupling():
    table = joint.table([registry.get(key) for key in ("miniboone", "conus-plus", "donut", "lep")], 0.2)
    scan = flavours._ProfiledScan((table,), np.array([0.0, 1.0, 0.0]), (2,))
    for d in (2e-7, 1e-6, 5e-6):
        found = float(scan.at(0, np.array([d]))[0])

        def along(x, d=d):
            return float(table.test_statistic([[0.0, d, np.exp(x)]])[0])

        starts = np.linspace(np.log(1e-10), np.log(9e-3), 24)
        best = min(
            [
                along(-60.0),
                *(optimize.minimize_scalar(along, bounds=(x - 0.5, x + 0.5), method="bounded").fun for x in starts),
            ]
        )
        assert found == pytest.approx(best, rel=2e-3, abs=2e-3)


def test_the_triangle_has_the_limits_of_single_flavours_at_its_corners():
    found = flavours.triangle(["miniboone", "charm-ii"], 0.1, steps=4)
    assert len(found.shares) == 15
    assert found.shares.sum(axis=1) == pytest.approx(1.0, rel=1e-12, abs=0)
    for flavor, share in (("e", 0), ("mu", 1)):
        (row,) = np.nonzero(found.shares[:, share] == 1.0)[0]
        alone = combine(["miniboone", "charm-ii"], flavor, 0.1).limit.lower[0]
        assert found.lower[row] == pytest.approx(alone, rel=2e-3, abs=0)
    assert set(found.to_arrays()) == {"share_e", "share_mu", "share_tau", "d_GeV-1"}


def test_the_laboratory_is_every_measurement_once():
    keys = datasets.expanded(["laboratory"])
    datasets.check_independent([registry.get(key) for key in keys])
    assert {"lz-nees", "miniboone", "borexino", "lep"} <= set(keys)
    assert not {"miniboone-roi", "dune-nd", "xenon-nees-combined"} & set(keys)
    assert "lz-nees" not in datasets.expanded(["xenon-nees-combined", "laboratory"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"flavor": "mu", "ratios": {"e": 1}}, "exactly one of"),
        ({"flavor": None}, "exactly one of"),
        ({"flavor": None, "ratios": {"e": 0}}, "non-zero"),
        ({"flavor": None, "ratios": {"x": 1}}, "flavor of a ratio"),
        ({"flavor": "mu", "profile": ["mu"]}, "on the ray itself"),
        ({"flavor": "mu", "profile": ["e", "e"]}, "twice"),
        ({"flavor": "universal", "profile": ["e"]}, "whatever its flavour"),
        ({"flavor": "mu", "profile": ["x"]}, "flavor to profile"),
        ({"flavor": None, "ratios": {"e": 1j}, "profile": ["mu"]}, "real"),
    ],
)
def test_couplings_that_contradict_each_other_are_refused(options, said):
    with pytest.raises(NudipoleError, match=said):
        combine(["miniboone"], mass=0.1, **options)


def test_no_signal_anywhere_is_an_error():
    with pytest.raises(DomainError, match="has a signal"):
        flavours.triangle(["conus-plus"], 0.5)


def test_the_command_takes_proportions_and_profiles():
    arguments = ["combine", "conus-plus", "--mass", "1e-3", "--couplings", "e=1,mu=0.5", "--profile", "tau"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "e=1,mu=0.5, profiled over tau" in result.output
    refused = CliRunner().invoke(main, ["combine", "conus-plus", "--mass", "1e-3"])
    assert refused.exit_code == 2
    assert "exactly one of" in refused.output
    assert nd.combine is combine
