"""Expected limits: closed forms, and pseudo-experiments without a signal."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts
from nudipole.inference.counting import critical_value
from nudipole.inference.expected import DEVIATIONS, asimov, shifted_level
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.inference.pseudo_experiments import draw
from nudipole.signals.protocol import Signal

UNIT = np.array([4.0, 1.0])
ONE = Likelihood(
    np.array([190.0, 100.0]), np.array([150.0, 120.0]), np.array([12.0, 11.0]), (Pull("size"),), np.array([[8.0, 5.0]])
)


def edges(statistic, cl):
    signal = Signal(per_d2=UNIT[None])
    levels = [shifted_level(cl, n, statistic.one_sided) for n in DEVIATIONS]
    return [asimov(statistic).intervals(signal, level)[0][-1].low ** 2 for level in levels]


@pytest.mark.parametrize("one_sided", [False, True])
def test_bands_are_the_quantiles_of_pseudo_experiments(one_sided):
    statistic = ProfileStatistic(ONE, one_sided=one_sided)
    profile, scale = draw(ONE, np.zeros(2), 20_000, np.random.default_rng(2)).profile(UNIT)
    limits = scale * profile.edge(profile.minimum(), critical_value(0.9, one_sided=one_sided), above=True)
    wanted = np.quantile(limits, [0.02275, 0.15866, 0.5, 0.84134, 0.97725])
    assert edges(statistic, 0.9) == pytest.approx(wanted, rel=0.03, abs=0)


def test_a_gaussian_bin_has_closed_forms():
    sigma, root = 3.0, np.sqrt(critical_value(0.9))
    one = ProfileStatistic(Likelihood(np.array([99.0]), np.array([50.0]), np.array([sigma])))
    found = [
        asimov(one).intervals(Signal(per_d2=np.ones((1, 1))), shifted_level(0.9, n))[0][0].low ** 2 for n in (-1, 0, 2)
    ]
    wanted = sigma * np.array([np.sqrt(root**2 + 1.0) - 1.0, root, root + 2.0])
    assert found == pytest.approx(wanted, rel=1e-5, abs=0)


def test_counts_of_few_events_have_no_asymptotic_limit():
    with pytest.raises(DomainError, match="one parameter"):
        asimov(CountStatistic(Counts(0, 0.5)))
    with pytest.raises(DomainError, match="one parameter"):
        asimov(ProfileStatistic(ONE, parameters=2))
