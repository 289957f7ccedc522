"""The fit of the nuisance parameters: scale of templates, what free backgrounds absorb, failures that are told."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import ConvergenceError
from nudipole.inference import newton
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal
from nudipole.signals.template import SignalTemplate

FLAT, PEAK = np.full(6, 20.0), np.array([0, 0.5, 3.0, 0.5, 0, 0])
OBSERVED = np.array([31.0, 29.0, 24.0, 20.0, 22.0, 17.0])
UNIT = np.array([[4.0, 3.0, 2.0, 1.5, 1.0, 0.5]])


def edge(excess, flat, peak):
    observed = OBSERVED + excess * np.eye(6)[2]
    pulls = (Pull("flat", free=True), Pull("peak", free=True), Pull("signal"))
    shifts = np.array([flat * FLAT, peak * PEAK, 0 * FLAT])
    relative = np.zeros((1, 3, 6))
    relative[0, 2] = 0.2
    likelihood = Likelihood(observed, np.zeros(6), np.zeros(6), pulls, shifts)
    return ProfileStatistic(likelihood).intervals(Signal(per_d2=UNIT, relative_shifts=relative), 0.9)[0][-1].low


@pytest.mark.parametrize("excess", [0.0, 40.0])
def test_the_limit_does_not_depend_on_the_size_of_a_free_template(excess):
    expected = edge(excess, 1.0, 1.0)
    found = [edge(excess, flat, peak) for flat in (1e-9, 1e-3, 1e9) for peak in (1e-9, 1.0, 1e9)]
    assert found == pytest.approx([expected] * 9, rel=1e-6, abs=0)


@pytest.mark.parametrize("sigma", [0.0, 3.0])
@pytest.mark.parametrize("relative", [0.0, 0.2])
@pytest.mark.parametrize("scale", [1.0, 1e14])
def test_as_many_free_backgrounds_as_bins_exclude_nothing(sigma, relative, scale):
    pulls = (Pull("a", free=True), Pull("b", free=True), Pull("signal"))
    shifts = np.array([[1.0, 2.0], [1.0, 1.0], [0.0, 0.0]])
    likelihood = Likelihood(OBSERVED[:2], np.array([30.0, 28.0]), np.full(2, sigma), pulls, shifts)
    moved = np.zeros((1, 3, 2))
    moved[0, 2] = relative
    statistic, counts = ProfileStatistic(likelihood), scale * UNIT[:, :2]
    assert statistic.intervals(Signal(per_d2=counts, relative_shifts=moved), 0.9) == ((),)
    decaying = Signal(templates=[SignalTemplate.from_counts(counts[0])], relative_shifts=moved)
    assert statistic.intervals(decaying, 0.9) == ((),)


def test_one_poisson_bin_under_one_free_background_excludes_nothing():
    likelihood = Likelihood(
        np.array([5.0]), np.array([4.0]), np.zeros(1), (Pull("free", free=True),), np.array([[4.0]])
    )
    assert ProfileStatistic(likelihood).intervals(Signal(per_d2=np.array([[1e12]])), 0.9) == ((),)


def test_a_signal_that_free_backgrounds_take_shows_in_their_pulls():
    likelihood = Likelihood(
        np.array([5.0]), np.array([4.0]), np.zeros(1), (Pull("free", free=True),), np.array([[4.0]])
    )
    chi2, pulls, _ = likelihood.chi2(np.array([[3.0]]))
    assert chi2[0] == pytest.approx(0.0, abs=1e-6)
    assert pulls[0, 0] == pytest.approx(-0.5, rel=1e-4, abs=0)


def test_huge_signals_converge_to_the_penalty_of_the_pull_that_cancels_them():
    """A signal of 1e13 events with a pull of 10 % is cancelled ten standard deviations away: chi^2 near 100."""
    likelihood = Likelihood(OBSERVED, OBSERVED, np.zeros(6), (Pull("flux"),), np.zeros((1, 6)))
    signal = 1e13 * UNIT
    chi2, pulls, _ = likelihood.chi2(signal, 0.1 * signal[:, None])
    assert pulls[0, 0] == pytest.approx(-10.0, rel=1e-6, abs=0)
    assert 100.0 <= chi2[0] < 101.0


def test_a_fit_that_does_not_converge_is_an_error_that_names_the_signal(monkeypatch):
    monkeypatch.setattr(newton, "_QUICK", 1)
    monkeypatch.setattr(newton, "_ITERATIONS", 1)
    monkeypatch.setattr(newton, "_PATH", ())
    likelihood = Likelihood(OBSERVED, OBSERVED, np.zeros(6), (Pull("flat", free=True),), FLAT[None])
    with pytest.raises(ConvergenceError, match="2 of 3 signals, first number 1"):
        likelihood.chi2(np.array([0.0, 1e6, 1e8])[:, None] * UNIT, start=np.zeros((3, 1)))
