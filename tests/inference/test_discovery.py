"""Expected and observed significance."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.inference import discovery
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts, OnOff, PublishedLimit, Significance
from nudipole.inference.likelihood import Likelihood, Pull


def test_one_bin_has_the_closed_form():
    one = Likelihood(np.zeros(1), np.array([7.0]), np.zeros(1))
    s = np.array([1.0, 5.0, 20.0])
    expected = np.sqrt(2 * ((s + 7) * np.log1p(s / 7) - s))
    assert discovery.expected_significance(one, s[:, None]) == pytest.approx(expected, rel=1e-6, abs=0)


def test_an_uncertain_background_hides_a_signal():
    """Gaussian bin: Z = s / sqrt(sigma^2 + size^2)."""
    one = Likelihood(np.zeros(1), np.array([50.0]), np.array([3.0]), (Pull("size"),), np.array([[4.0]]))
    assert discovery.expected_significance(one, np.array([[10.0]])) == pytest.approx(2.0, rel=1e-6, abs=0)


def test_on_and_off_counts_have_the_formula_of_li_and_ma():
    likelihood, data = discovery.likelihood_of(CountStatistic(OnOff(30.0, 50.0, 2.5)))
    assert data
    chi2 = float(likelihood.chi2(np.zeros((1, 2)))[0][0])
    n, m, a = 30.0, 50.0, 1 / 2.5
    li_ma = 2 * (n * np.log((1 + a) / a * n / (n + m)) + m * np.log((1 + a) * m / (n + m)))
    assert chi2 == pytest.approx(li_ma, rel=1e-5, abs=0)
    assert discovery.as_bins(likelihood, np.array([[1.0, 2.0, 3.0]])).tolist() == [[6.0, 0.0]]


def test_projections_have_no_data_and_the_rest_is_refused():
    assert discovery.likelihood_of(CountStatistic(Significance(4.0)))[1] is False
    with pytest.raises(DomainError, match="single event is a discovery"):
        discovery.check_background(discovery.likelihood_of(CountStatistic(Counts(0, 0.0)))[0])
    with pytest.raises(DomainError, match="no significance"):
        discovery.likelihood_of(CountStatistic(PublishedLimit(3.0, 0.9)))
