"""Excluded intervals: closed forms, both edges, and the two methods against each other."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import CountStatistic, ProfileStatistic
from nudipole.signals.model import Signal
from nudipole.signals.template import SignalTemplate


def gaussian(observed, sigma, background=0.0):
    return Likelihood(np.array([observed]), np.array([background]), np.array([sigma]))


def test_one_gaussian_bin_has_a_closed_form():
    signal = Signal(per_d2=np.array([[4.0], [0.0]]))
    intervals = ProfileStatistic(gaussian(10.0, 3.0)).intervals(signal, 0.9)
    expected = np.sqrt((10.0 + 3.0 * np.sqrt(critical_value(0.9))) / 4.0)
    assert intervals[0][-1].low == pytest.approx(expected, rel=1e-6)
    assert intervals[0][-1].high is None
    assert intervals[0][0].low == 0.0  # 3.3 sigma from nothing: d = 0 is disfavoured too
    assert intervals[1] == ()


def test_a_deficit_gives_the_limit_of_the_bounded_fit():
    signal = Signal(per_d2=np.array([[1.0]]))
    edge = ProfileStatistic(gaussian(-2.0, 1.0)).intervals(signal, 0.9)[0][0].low
    # best fit at zero: (x + 2)^2 - 4 = 2.71
    assert edge**2 == pytest.approx(np.sqrt(4.0 + critical_value(0.9)) - 2.0, rel=1e-6)


def test_one_sided_limits_are_the_stronger_ones():
    signal = Signal(per_d2=np.array([[1.0]]))
    likelihood = gaussian(1.0, 1.0)
    two = ProfileStatistic(likelihood).intervals(signal, 0.9)[0][-1].low
    one = ProfileStatistic(likelihood, one_sided=True).intervals(signal, 0.9)[0][-1].low
    assert one**2 == pytest.approx(1.0 + 1.2816, rel=1e-4)
    assert one < two


def test_the_edge_scales_with_exposure_and_efficiency():
    background = Likelihood(np.array([100.0]), np.array([100.0]), np.zeros(1))
    weak, strong = (
        ProfileStatistic(background).intervals(Signal(per_d2=np.array([[s]])), 0.9)[0][-1].low for s in (1.0, 16.0)
    )
    assert weak / strong == pytest.approx(4.0, rel=1e-6)


def test_newton_and_scan_agree_where_both_apply():
    rng = np.random.default_rng(3)
    background = rng.uniform(2, 30, 8)
    likelihood = Likelihood(
        rng.poisson(background).astype(float), background, np.zeros(8), (Pull("flux"),), 0.05 * background[None]
    )
    per_d2 = rng.uniform(0, 5, (5, 8)) * 1e12
    relative = np.full((5, 1, 8), 0.1)
    exact = ProfileStatistic(likelihood).intervals(Signal(per_d2=per_d2, relative_shifts=relative), 0.9)
    templates = [SignalTemplate.from_counts(row) for row in per_d2]
    scanned = ProfileStatistic(likelihood).intervals(Signal(templates=templates, relative_shifts=relative), 0.9)
    for one, other in zip(exact, scanned, strict=True):
        assert other[-1].low == pytest.approx(one[-1].low, rel=2e-3)


def test_two_parameters_share_one_best_fit_and_a_larger_critical_value():
    likelihood = gaussian(3.0, 1.0)
    signal = Signal(per_d2=np.array([[1.0], [2.0]]))
    one = ProfileStatistic(likelihood).intervals(signal, 0.9)
    two = ProfileStatistic(likelihood, parameters=2).intervals(signal, 0.9)
    assert two[0][-1].low > one[0][-1].low


def test_decay_in_flight_closes_the_region_from_above():
    # one node: counts = w d^2 exp(-k d^2 near) (1 - exp(-k d^2 L)); both edges solve the same equation
    weight, kappa, near, length = 1e20, 1e12, 10.0, 5.0
    template = SignalTemplate.from_nodes([[weight]], kappa, near, near + length)
    intervals = CountStatistic(lambda cl: 2.3).intervals(Signal(templates=[template]), 0.9)[0]
    assert len(intervals) == 1
    low, high = intervals[0].low, intervals[0].high
    for edge in (low, high):
        count = weight * edge**2 * np.exp(-kappa * edge**2 * near) * -np.expm1(-kappa * edge**2 * length)
        assert count == pytest.approx(2.3, rel=5e-3)
    assert high > 3 * low


def test_count_limits_go_as_the_root_of_the_allowed_events():
    signal = Signal(per_d2=np.array([[1e10, 3e10]]))
    edge = CountStatistic(lambda cl: 2.3).intervals(signal, 0.9)[0][0].low
    assert edge == pytest.approx(np.sqrt(2.3 / 4e10), rel=1e-12)


def test_a_large_pull_on_the_signal_lets_the_profile_saturate():
    """With a fraction s of freedom chi^2 never exceeds 1/s^2 above the best fit: a limit below that, none above it."""
    likelihood = Likelihood(np.array([10.0]), np.array([10.0]), np.array([1.0]), (Pull("efficiency"),))
    signal = Signal(per_d2=np.array([[1.0]]), relative_shifts=np.array([[[0.4]]]))
    (edges,) = ProfileStatistic(likelihood).intervals(signal, 0.9)
    x = edges[0].low ** 2
    assert x**2 / (1 + (0.4 * x) ** 2) == pytest.approx(2.7055, rel=1e-3)
    free = Signal(per_d2=np.array([[1.0]]), relative_shifts=np.array([[[0.7]]]))
    assert ProfileStatistic(likelihood).intervals(free, 0.9) == ((),)
