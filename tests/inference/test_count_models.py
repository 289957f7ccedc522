"""Numbers of signal events: each model's limit is where its statistic is critical, and small counts are covered."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nudipole.errors import DomainError
from nudipole.inference import counting
from nudipole.inference.count_limits import CountStatistic, as_two_sided, judged, median_count
from nudipole.inference.count_models import NOTHING_SEEN, Counts, OnOff, PublishedLimit, Significance
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal

MODELS = [
    PublishedLimit(576.0, 0.9, "gaussian"),
    PublishedLimit(3.0, 0.95, "poisson"),
    Significance(30.0),
    OnOff(25.0, 40.0, 2.0, 1.5),
    Counts(3, 2.1),
    Counts(0, 0.1),
    Counts(3, 2.1, (0.04, 0.01, 0.2)),
    NOTHING_SEEN,
]


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("cl", [0.9, 0.95])
def test_the_statistic_is_critical_at_the_limit(model, cl):
    edge, critical = model.allowed(cl), model.critical(cl)
    assert model.statistic(edge * 0.999) < critical < model.statistic(edge * 1.001)
    assert model.minus_two_log(0.0) == pytest.approx(0.0, abs=1e-9)
    assert model.statistic(3 * edge) > model.statistic(1.5 * edge) > critical


@pytest.mark.parametrize(("counts", "background"), [(0, 0.0), (3, 0.5), (5, 2.0), (0, 4.0), (12, 9.5)])
@pytest.mark.parametrize("cl", [0.9, 0.95])
def test_counts_agree_with_the_interval_of_feldman_and_cousins(counts, background, cl):
    assert Counts(counts, background).allowed(cl) == pytest.approx(
        counting.feldman_cousins(counts, background, cl)[1], rel=1e-6, abs=0
    )


@pytest.mark.parametrize("spread", [(0.04, 0.0, 0.0), (0.0, 0.0, 1.0), (0.04, 0.2, 1.0)])
def test_systematic_uncertainties_weaken_the_limit_and_vanish_with_their_size(spread):
    plain = Counts(5, 4.0).allowed(0.9)
    assert Counts(5, 4.0, spread).allowed(0.9) > 1.01 * plain
    small = Counts(5, 4.0, tuple(1e-8 * s for s in spread)).allowed(0.9)
    assert small == pytest.approx(plain, rel=1e-4, abs=0)


def test_the_average_over_the_background_is_that_of_pseudo_experiments():
    """P(n | s = 2) with a background of 4 +- 1 against its definition, integrated on a fine grid."""
    model, nodes = Counts(5, 4.0, (0.0, 0.0, 1.0)), np.linspace(-6.0, 6.0, 4001)
    weight = stats.norm.pdf(nodes)
    exact = stats.poisson.pmf(np.arange(8)[:, None], np.maximum(6.0 + nodes, 0.0)) @ weight / weight.sum()
    assert model._probability(np.array([2.0]))[0, :8] == pytest.approx(exact, rel=1e-4, abs=0)


@pytest.mark.parametrize("cl", [0.9, 0.95])
@pytest.mark.parametrize("background", [0.1, 0.5, 1.0, 3.0])
def test_one_bin_of_few_events_covers_where_delta_chi2_does_not(background, cl):
    """Coverage of the upper limit, summed over counts: 0.77 at 0.1 expected events by Delta chi^2 alone."""
    counts, unit = np.arange(40), Signal(per_d2=np.ones((1, 1)))
    edges, plain = np.zeros(counts.size), np.zeros(counts.size)
    for n in counts:
        likelihood = Likelihood(np.array([float(n)]), np.array([background]), np.zeros(1))
        edges[n] = judged(ProfileStatistic(likelihood)).intervals(unit, cl)[0][-1].low ** 2
        plain[n] = ProfileStatistic(likelihood).intervals(unit, cl)[0][-1].low ** 2
    signals = np.linspace(0.05, 12.0, 120)
    probability = stats.poisson.pmf(counts, signals[:, None] + background)
    covered, before = (np.sum(probability * (signals[:, None] <= e * (1 + 1e-6)), axis=1).min() for e in (edges, plain))
    assert covered > cl - 1e-3
    assert background > 0.5 or before < cl - 0.03


def test_many_events_are_left_to_delta_chi2_and_few_are_not():
    def kind(observed, background, **options):
        likelihood = Likelihood(np.array([observed]), np.array([background]), np.zeros(1))
        return type(judged(ProfileStatistic(likelihood, **options)))

    assert kind(3.0, 0.5) is CountStatistic
    assert kind(3.0, 0.5, one_sided=True) is CountStatistic
    assert kind(3.0, 3.0) is ProfileStatistic
    with pytest.raises(DomainError, match="counted whole"):
        kind(1.5, 0.5)


@pytest.mark.parametrize("data", [True, False])
def test_the_expectation_typed_as_a_count_stands_for_its_median(data):
    likelihood = Likelihood(np.array([0.86]), np.array([0.86]), np.zeros(1))
    assert judged(ProfileStatistic(likelihood), data).model == Counts(1, 0.86)


def test_uncertainties_of_signal_and_background_reach_the_construction():
    likelihood = Likelihood(np.array([2.0]), np.array([1.0]), np.zeros(1), (Pull("a"),), np.array([[0.5]]))
    relative = np.array([[[0.3]]])
    signal = Signal(per_d2=np.ones((3, 1)), relative_shifts=relative)
    edges = [i[0].low ** 2 for i in judged(ProfileStatistic(likelihood)).intervals(signal, 0.9)]
    assert edges == pytest.approx([Counts(2, 1.0, (0.09, 0.15, 0.25)).allowed(0.9)] * 3, rel=1e-9, abs=0)
    assert edges[0] > Counts(2, 1.0).allowed(0.9)


def test_a_published_limit_alone_has_one_level():
    limit = PublishedLimit(576.0, 0.9)
    assert limit.allowed(0.9) == 576.0
    with pytest.raises(DomainError, match=r"at the confidence level 0\.9 only, not at 0\.99"):
        limit.allowed(0.99)
    assert limit.statistic(576.0) == pytest.approx(counting.critical_value(0.9, one_sided=True), rel=1e-12, abs=0)


def test_one_sided_and_two_parameter_values_on_one_scale():
    for cl in (0.6, 0.9, 0.999999):
        one = counting.critical_value(cl, one_sided=True)
        assert as_two_sided(one, "one-sided") == pytest.approx(counting.critical_value(cl), rel=1e-9, abs=0)
        two = counting.critical_value(cl, 2)
        assert as_two_sided(two, "two-parameter") == pytest.approx(counting.critical_value(cl), rel=1e-9, abs=0)


@pytest.mark.parametrize("expected", [0.1, 0.7, 1.3, 2.68, 9.7])
def test_the_median_count_is_the_median(expected):
    assert median_count(expected) == stats.poisson.median(expected)
