"""Joint fits: analytic Gaussians, shared parameters, shipped combinations, data that would count twice."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.cli import main
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fits import combination
from nudipole.fits.combination import combine
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal


def gaussian(key, observed, background, sigma, per_d2, pull=None, size=0.0):
    """One bin with a Gaussian error and, if asked for, one pull on its background."""
    pulls = (Pull(pull),) if pull else ()
    shifts = np.full((1, 1), size * background) if pull else np.zeros((0, 1))
    likelihood = Likelihood(np.array([observed]), np.array([background]), np.array([sigma]), pulls, shifts)
    signal = Signal(per_d2=np.array([[per_d2]]))
    return combination._Part(key, ProfileStatistic(likelihood), signal, np.array([0]))


def edges(parts, critical=2.705543454):
    groups = []
    for part in parts:
        likelihood = part.statistic.likelihood
        zero = float(likelihood.chi2(np.zeros((1, 1)))[0][0])
        groups.append(combination._Group((part,), None, zero))
    excluded, best, preference = combination._Scan(groups, 1).intervals(critical, one_sided=False)
    return excluded[0], best[0], preference[0]


def test_independent_gaussians_give_the_analytic_answer():
    """x = d^2: weighted mean of (n - b) / s with variance 1 / sum (s / sigma)^2."""
    numbers = [(105.0, 100.0, 10.0, 3e13), (48.0, 50.0, 7.0, 5e13), (9.0, 8.0, 4.0, 1e13)]
    parts = [gaussian(str(i), n, b, sigma, s) for i, (n, b, sigma, s) in enumerate(numbers)]
    excluded, best, preference = edges(parts)
    weights = np.array([(s / sigma) ** 2 for _, _, sigma, s in numbers])
    means = np.array([(n - b) / s for n, b, _, s in numbers])
    mean, error = np.sum(weights * means) / weights.sum(), weights.sum() ** -0.5
    assert excluded[-1].low == pytest.approx(np.sqrt(mean + np.sqrt(2.705543454) * error), rel=1e-5, abs=0)
    assert best == pytest.approx(np.sqrt(mean), rel=3e-3, abs=0)
    assert preference == pytest.approx((mean / error) ** 2, rel=1e-4, abs=0)


def test_minus_two_ln_l_of_independent_gaussians_is_the_sum():
    parts = [gaussian("a", 105.0, 100.0, 10.0, 3e13), gaussian("b", 48.0, 50.0, 7.0, 5e13)]
    groups = [combination._Group((p,), None, float(p.statistic.likelihood.chi2(np.zeros((1, 1)))[0][0])) for p in parts]
    d = np.array([1e-7, 5e-7, 1e-6])
    expected = ((5 - 3e13 * d**2) ** 2 - 25) / 100 + ((-2 - 5e13 * d**2) ** 2 - 4) / 49
    assert combination._Scan(groups, 1).at(0, d) == pytest.approx(expected, rel=1e-6, abs=0)


def test_a_shared_pull_correlates_two_experiments():
    """Two bins whose backgrounds move together: V = sigma^2 + size^2 b b^T; the other sign would loosen nothing."""
    parts = [gaussian("a", 100.0, 100.0, 5.0, 2e13, "flux", 0.1), gaussian("b", 200.0, 200.0, 5.0, 0.0, "flux", 0.1)]
    joined = combination.join([p.statistic.likelihood for p in parts])
    zero = float(joined[0].chi2(np.zeros((1, 2)))[0][0])
    together = combination._Group(tuple(parts), joined, zero)
    d = np.array([5e-7, 1e-6])
    signal = np.stack([2e13 * d**2, 0 * d], axis=1)
    covariance = np.diag([25.0, 25.0]) + np.outer([10.0, 20.0], [10.0, 20.0])
    expected = np.einsum("da,ab,db->d", signal, np.linalg.inv(covariance), signal)
    assert together.at(0, d) == pytest.approx(expected, rel=1e-6, abs=0)
    apart = combination._Group((parts[0],), None, 0.0).at(0, d)
    assert np.all(together.at(0, d) > 2 * apart)  # the second bin measures the flux


def test_the_shipped_combination_comes_out_of_its_members():
    joint = combine(["lz-nees", "xenonnt-nees", "pandax4t-nees"], "universal", 1e-5)
    shipped = nd.limit("xenon-nees-combined", "universal", 1e-5)
    assert joint.limit.lower == pytest.approx(shipped.lower, rel=1e-3, abs=0)
    assert set(joint.shared) == {"solar.pp", "solar.7Be"}


def test_decaying_n_joins_with_recoils():
    joint = combine(["miniboone", "charm-ii", "conus-plus"], "mu", [1e-3, 0.1])
    assert joint.left_out == {"conus-plus": "its source holds no neutrinos of mu"}
    alone = np.min([nd.limit(key, "mu", 0.1, cl=0.9).lower[0] for key in ("miniboone", "charm-ii")])
    assert 0.3 * alone < joint.limit.lower[1] < 1.2 * alone


def test_a_search_that_sees_nothing_changes_nothing():
    """charm-ii ends below 10 GeV: there the joint limit is that of the collider alone."""
    alone = combine(["lep"], "mu", 30.0, cl=0.95)
    both = combine(["lep", "charm-ii"], "mu", 30.0, cl=0.95)
    assert both.limit.lower == pytest.approx(alone.limit.lower, rel=1e-4, abs=0)


def test_what_has_no_likelihood_is_named_and_left_out():
    joint = combine(["conus-plus", "bbn", "naturalness"], "e", 1e-3)
    assert joint.members == ("conus-plus",)
    assert set(joint.left_out) == {"bbn", "naturalness"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["lz-nees", "lz-nees"], "twice"),
        (["lz-nees", "xenon-nees-combined"], "is part of"),
        (["miniboone", "miniboone-roi"], "the same events"),
        (["t2k-nd280", "t2k-ii"], "contains the data"),
    ],
)
def test_data_that_would_count_twice_are_refused(keys, said):
    with pytest.raises(DomainError, match=said):
        combine(keys, "mu", 0.1)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        combine(["minibone"], "mu", 0.1)
    with pytest.raises(UnknownNameError):
        combine(["miniboone"], "mu", 0.1, presets={"lep": "default"})
    with pytest.raises(DomainError, match="nothing is left"):
        combine(["conus-plus"], "tau", 1e-3)
    with pytest.raises(DomainError, match=r"above 0\.5"):
        combine(["miniboone"], "mu", 0.1, cl=0.5, one_sided=True)


@pytest.mark.validation
def test_every_laboratory_search_together():
    keys = [c.key for c in nd.experiments().values() if c.kind == "exclusion" and not c.key.startswith("xenon-")]
    keys = [key for key in keys if key not in ("superk-solar",)]
    joint = combine(keys, "mu", np.geomspace(1e-3, 1.0, 50))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of masses out of reach, and of couplings beyond the operator
        lower = [nd.limit(k, "mu", joint.limit.masses, cl=None).lower for k in joint.members]
        strongest = np.nanmin(lower, axis=0)
    ratio = joint.limit.lower / strongest
    assert np.nanmedian(ratio) < 1.1
    assert np.all(ratio[np.isfinite(ratio)] < 3.0)


def test_the_command_prints_what_the_function_returns():
    arguments = ["combine", "conus-plus", "texono-csi", "--flavor", "e", "--mass", "1e-4", "1e-3"]
    joint = combine(["conus-plus", "texono-csi"], "e", [1e-4, 1e-3])
    shown = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert shown["members"] == ["conus-plus", "texono-csi"]
    assert shown["shared"] == {"reactor.flux": ["conus-plus", "texono-csi"]}
    for row, low in zip(shown["limits"], joint.limit.lower, strict=True):
        assert row["excluded"][0]["d_GeV-1"][0] == pytest.approx(low, rel=1e-9, abs=0)
    table = CliRunner().invoke(main, arguments).stdout
    assert "shared parameter reactor.flux" in table
    refused = CliRunner().invoke(main, [*arguments, "--preset", "conus-plus"])
    assert refused.exit_code == 2
    assert "KEY=PRESET" in refused.output
