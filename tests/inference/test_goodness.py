"""Goodness of fit: closed forms, the distribution of p, and what cannot be tested."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from nudipole.errors import DomainError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, OnOff, PublishedLimit
from nudipole.inference.goodness import GoodnessOfFit, goodness_of_fit, worst
from nudipole.inference.likelihood import Ensemble, Likelihood, Pull


def likelihood(observed, background, sigma=0.0, pulls=(), shifts=None):
    observed, background = np.atleast_1d(np.array(observed, float)), np.atleast_1d(np.array(background, float))
    return Likelihood(observed, background, np.full(observed.shape, sigma), pulls, shifts)


def test_a_pull_widens_a_gaussian_bin():
    """chi^2 of one measurement with sigma 3 and a pull of 4: (20 / 5)^2."""
    found = goodness_of_fit(likelihood(120.0, 100.0, 3.0, (Pull("size"),), np.array([[4.0]])))
    assert found.chi2 == pytest.approx(16.0, rel=1e-6, abs=0)
    assert found.degrees == 1
    assert found.p_value == pytest.approx(float(special.erfc(4.0 / np.sqrt(2.0))), rel=1e-5, abs=0)
    assert found.excess == pytest.approx(20.0 * 9.0 / 25.0, rel=1e-6, abs=0)


def test_poisson_bins_are_held_against_the_saturated_likelihood():
    observed, background = np.array([130.0, 80.0, 61.0]), np.array([110.0, 95.0, 60.0])
    found = goodness_of_fit(likelihood(observed, background))
    deviance = 2 * np.sum(background - observed + observed * np.log(observed / background))
    assert found.chi2 == pytest.approx(deviance, rel=1e-8, abs=0)
    assert (found.degrees, found.method) == (3, "asymptotic")
    assert found.p_value == pytest.approx(stats.chi2.sf(deviance, 3), rel=1e-8, abs=0)


def test_a_free_background_costs_one_degree_once():
    shape = np.array([[50.0, 40.0, 30.0]])
    pulls = (Pull("one", free=True), Pull("same", free=True))
    data = likelihood([300.0, 240.0, 180.0], shape[0], 0.0, pulls, np.concatenate([shape, 2.0 * shape]))
    found = goodness_of_fit(data)
    assert found.degrees == 2
    assert found.chi2 == pytest.approx(0.0, abs=1e-6)
    assert goodness_of_fit(likelihood(300.0, 50.0, 0.0, pulls[:1], np.array([[50.0]]))) is None


@pytest.mark.parametrize(("count", "background"), [(0, 3.0), (7, 2.5), (3, 3.2), (1, 0.1)])
def test_one_bin_of_few_events_is_summed_over_its_counts(count, background):
    n = np.arange(200)
    deviance = 2 * (background - n + special.xlogy(n, n / background))
    expected = np.sum(stats.poisson.pmf(n, background)[deviance >= deviance[count] - 1e-9])
    found = goodness_of_fit(likelihood(count, background))
    assert found.method == "exact"
    assert found.p_value == pytest.approx(expected, rel=1e-9, abs=0)
    assert CountStatistic(Counts(count, background)).goodness() == found


def test_pseudo_experiments_agree_with_the_sum_and_repeat():
    """A pull too small to matter sends the same bin to pseudo-experiments."""
    one = likelihood(7, 2.5, 0.0, (Pull("tiny"),), np.array([[1e-6]]))
    found, exact = goodness_of_fit(one, toys=20000), goodness_of_fit(likelihood(7, 2.5))
    assert found.method == "pseudo-experiments"
    assert abs(found.p_value - exact.p_value) < 4.0 * np.sqrt(exact.p_value / 20000)
    assert goodness_of_fit(one, toys=20000) == found
    assert goodness_of_fit(one, toys=20000, seed=1).p_value != found.p_value
    with pytest.raises(DomainError, match="toys"):
        goodness_of_fit(one, toys=0)


@pytest.mark.parametrize("background", [2.0, 40.0])
def test_p_values_of_true_backgrounds_are_uniform(background):
    random = np.random.default_rng(8)
    expected, change = np.full(12, background), 0.2 * np.full((1, 12), background)
    p = []
    for _ in range(150):
        true = np.maximum(expected + random.normal() * change[0], 0.0)
        seen = likelihood(random.poisson(true), expected, 0.0, (Pull("size"),), change)
        p.append(goodness_of_fit(seen, toys=400).p_value)
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_auxiliary_measurements_move_with_the_pseudo_experiments():
    """Gaussian bins know the answer: chi^2 of (bins) degrees whatever the pulls, so toys give the asymptotic p value."""
    pulls, shifts = (Pull("size"),), np.array([[30.0, 20.0]])
    measured = Likelihood(np.array([140.0, 70.0]), np.array([100.0, 80.0]), np.array([10.0, 9.0]), pulls, shifts)
    asymptotic = goodness_of_fit(measured)
    sparse = Likelihood(
        np.append(measured.observed, 1.0), np.append(measured.background, 1.0), np.append(measured.sigma, 0.0), pulls,
        np.array([[30.0, 20.0, 0.0]]),
    )  # fmt: skip
    toys = goodness_of_fit(sparse, toys=20000)
    assert toys.method == "pseudo-experiments"
    # the sparse bin sits at its expectation and only adds its own spread: between chi^2 of two and of three degrees
    assert asymptotic.p_value < toys.p_value < stats.chi2.sf(asymptotic.chi2, 3) * 1.05


def test_data_ten_times_off_are_a_misfit_whichever_way():
    background = np.array([50.0, 40.0, 30.0])
    for factor in (0.1, 10.0):
        found = goodness_of_fit(likelihood(factor * background, background))
        assert found.misfit
        assert np.sign(found.excess) == np.sign(factor - 1.0)
    assert not goodness_of_fit(likelihood(background, background)).misfit


def test_on_and_off_counts_share_a_free_background():
    """Li and Ma: on = 30 over off = 40 in twice the time."""
    on, off, ratio = 30.0, 40.0, 2.0
    total = (on + off) / (1.0 + ratio)
    wanted = 2 * (on * np.log(on / total) + off * np.log(off / (ratio * total)))
    found = CountStatistic(OnOff(on, off, ratio)).goodness()
    assert found.chi2 == pytest.approx(wanted, rel=1e-6, abs=0)
    assert found.degrees == 1


def test_what_holds_no_data_against_an_expectation_is_not_tested():
    assert CountStatistic(PublishedLimit(3.0, 0.9)).goodness() is None
    assert CountStatistic(Counts(1, 0.0)).goodness() is None  # nothing was subtracted


def test_the_worst_member_pays_for_the_number_of_members():
    good, bad = (GoodnessOfFit(1.0, 1, p, "asymptotic", 0.0) for p in (0.5, 0.004))
    assert worst([good, None, bad]).p_value == pytest.approx(0.008, rel=1e-12, abs=0)
    assert worst([None, bad]) == bad
    assert worst([None]) is None
    assert worst([good, replace(good)]).p_value == 1.0


def test_an_ensemble_of_its_own_data_gives_its_own_chi2():
    data = likelihood([5.0, 2.0], [4.0, 3.0], 0.0, (Pull("size"),), np.array([[0.4, 0.3]]))
    same = Ensemble(data.observed[None].repeat(3, 0), data.background[None].repeat(3, 0))
    found = data.chi2(np.zeros((3, 2)), ensemble=same)[0]
    assert found == pytest.approx(np.full(3, goodness_of_fit(data).chi2), rel=1e-6, abs=0)
