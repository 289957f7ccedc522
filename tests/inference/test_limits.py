"""Excluded intervals: closed forms, both edges, and the two methods against each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special

from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit
from nudipole.inference.counting import critical_value
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic
from nudipole.signals.protocol import Signal
from nudipole.signals.template import SignalTemplate


def gaussian(observed, sigma, background=0.0):
    return Likelihood(np.array([observed]), np.array([background]), np.array([sigma]))


def test_one_gaussian_bin_has_a_closed_form():
    signal = Signal(per_d2=np.array([[4.0], [0.0]]))
    intervals = ProfileStatistic(gaussian(10.0, 3.0)).intervals(signal, 0.9)
    expected = np.sqrt((10.0 + 3.0 * np.sqrt(critical_value(0.9))) / 4.0)
    assert intervals[0][-1].low == pytest.approx(expected, rel=1e-6, abs=0)
    assert intervals[0][-1].high is None
    assert intervals[0][0].low == 0.0  # 3.3 sigma from nothing: d = 0 is disfavoured too
    assert intervals[1] == ()


def test_a_deficit_gives_the_limit_of_the_bounded_fit():
    signal = Signal(per_d2=np.array([[1.0]]))
    edge = ProfileStatistic(gaussian(-2.0, 1.0)).intervals(signal, 0.9)[0][0].low
    # best fit at zero: (x + 2)^2 - 4 = 2.71
    assert edge**2 == pytest.approx(np.sqrt(4.0 + critical_value(0.9)) - 2.0, rel=1e-6, abs=0)


def test_one_sided_limits_are_the_stronger_ones():
    signal = Signal(per_d2=np.array([[1.0]]))
    likelihood = gaussian(1.0, 1.0)
    two = ProfileStatistic(likelihood).intervals(signal, 0.9)[0][-1].low
    one = ProfileStatistic(likelihood, one_sided=True).intervals(signal, 0.9)[0][-1].low
    assert one**2 == pytest.approx(1.0 + 1.2816, rel=1e-4, abs=0)
    assert one < two


def test_the_edge_scales_with_exposure_and_efficiency():
    background = Likelihood(np.array([100.0]), np.array([100.0]), np.zeros(1))
    weak, strong = (
        ProfileStatistic(background).intervals(Signal(per_d2=np.array([[s]])), 0.9)[0][-1].low for s in (1.0, 16.0)
    )
    assert weak / strong == pytest.approx(4.0, rel=1e-6, abs=0)


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
        assert other[-1].low == pytest.approx(one[-1].low, rel=2e-3, abs=0)


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
    intervals = CountStatistic(PublishedLimit(2.3, 0.9)).intervals(Signal(templates=[template]), 0.9)[0]
    assert len(intervals) == 1
    low, high = intervals[0].low, intervals[0].high
    for edge in (low, high):
        count = weight * edge**2 * np.exp(-kappa * edge**2 * near) * -np.expm1(-kappa * edge**2 * length)
        assert count == pytest.approx(2.3, rel=5e-3, abs=0)
    assert high > 3 * low


def test_count_limits_go_as_the_root_of_the_allowed_events():
    signal = Signal(per_d2=np.array([[1e10, 3e10]]))
    edge = CountStatistic(PublishedLimit(2.3, 0.9)).intervals(signal, 0.9)[0][0].low
    assert edge == pytest.approx(np.sqrt(2.3 / 4e10), rel=1e-12, abs=0)


def test_a_large_pull_on_the_signal_lets_the_profile_saturate():
    """With a fraction s of freedom chi^2 never exceeds 1/s^2 above the best fit: a limit below that, none above it."""
    likelihood = Likelihood(np.array([10.0]), np.array([10.0]), np.array([1.0]), (Pull("efficiency"),))
    signal = Signal(per_d2=np.array([[1.0]]), relative_shifts=np.array([[[0.4]]]))
    (edges,) = ProfileStatistic(likelihood).intervals(signal, 0.9)
    x = edges[0].low ** 2
    assert x**2 / (1 + (0.4 * x) ** 2) == pytest.approx(2.7055, rel=1e-3, abs=0)
    free = Signal(per_d2=np.array([[1.0]]), relative_shifts=np.array([[[0.7]]]))
    assert ProfileStatistic(likelihood).intervals(free, 0.9) == ((),)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["poisson", "gaussian"])
def test_edges_against_direct_minimisation(seed, kind):
    """Best fit and both edges of ten random experiments, with pulls of background and signal, by scipy alone."""
    rng = np.random.default_rng(100 + seed)
    background = rng.uniform(1.0, 30.0, 7)
    observed = rng.poisson(background * rng.uniform(0.7, 1.6)).astype(float)
    sigma = np.sqrt(background) if kind == "gaussian" else np.zeros(7)
    pulls = (Pull("rate"), Pull("shape"), Pull("free", free=True))
    shifts = np.vstack([0.1 * background, rng.uniform(-0.1, 0.1, 7) * background, rng.uniform(0.5, 1.0, 7)])
    per_d2, relative = rng.uniform(0.0, 3.0, (1, 7)), np.zeros((1, 3, 7))
    relative[0, 0] = 0.1
    likelihood = Likelihood(observed, background, sigma, pulls, shifts)

    def profile(x):
        def chi2(theta):
            mu = background + x * per_d2[0] + theta @ (shifts + x * per_d2[0] * relative[0])
            if kind == "gaussian":
                return np.sum(((mu - observed) / sigma) ** 2) + theta[0] ** 2 + theta[1] ** 2
            if np.any(mu <= 0):
                return 1e9
            return 2 * np.sum(mu - observed + special.xlogy(observed, observed / mu)) + theta[0] ** 2 + theta[1] ** 2

        start = likelihood.chi2(x * per_d2, x * per_d2[:, None, :] * relative)[1][0]
        return optimize.minimize(chi2, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}).fun

    best = optimize.minimize_scalar(profile, bounds=(0.0, 60.0), method="bounded", options={"xatol": 1e-7})
    smallest = min(best.fun, profile(0.0))
    target = smallest + critical_value(0.9)
    where = best.x if best.fun <= profile(0.0) else 0.0
    intervals = ProfileStatistic(likelihood).intervals(Signal(per_d2=per_d2, relative_shifts=relative), 0.9)[0]
    upper = optimize.brentq(lambda x: profile(x) - target, where, 400.0, xtol=1e-9)
    assert intervals[-1].low ** 2 == pytest.approx(upper, rel=1e-4, abs=0)
    assert (len(intervals) == 2) == (profile(0.0) > target)
    if len(intervals) == 2:
        lower = optimize.brentq(lambda x: profile(x) - target, 0.0, where, xtol=1e-9)
        assert intervals[0].high ** 2 == pytest.approx(lower, rel=1e-4, abs=0)


def test_a_signal_of_unknown_size_is_never_excluded():
    """A pull that can take the whole signal away lets the profile saturate below the critical value."""
    likelihood = Likelihood(np.array([10.0]), np.array([10.0]), np.array([1.0]), (Pull("size"),))
    signal = Signal(per_d2=np.array([[1.0], [3.0]]), relative_shifts=np.full((1, 1, 1), 0.9))
    assert ProfileStatistic(likelihood).intervals(signal, 0.9) == ((), ())
    known = Signal(per_d2=np.array([[1.0], [3.0]]), relative_shifts=np.full((1, 1, 1), 0.3))
    assert all(ProfileStatistic(likelihood).intervals(known, 0.9))


def test_masses_do_not_influence_each_other():
    rng = np.random.default_rng(8)
    background = rng.uniform(2, 30, 8)
    likelihood = Likelihood(
        rng.poisson(background).astype(float), background, np.zeros(8), (Pull("flux"),), 0.05 * background[None]
    )
    per_d2 = rng.uniform(0, 5, (40, 8)) * np.geomspace(1e3, 1e20, 40)[:, None]
    per_d2[7] = 0.0
    together = ProfileStatistic(likelihood).intervals(Signal(per_d2=per_d2), 0.9)
    for row, found in zip(per_d2, together, strict=True):
        (alone,) = ProfileStatistic(likelihood).intervals(Signal(per_d2=row[None]), 0.9)
        assert [i.low for i in found] == pytest.approx([i.low for i in alone], rel=1e-6, abs=0)


@pytest.mark.parametrize("position", np.linspace(0.0, 1.0, 7))
def test_a_narrow_region_around_a_strong_preference_is_found_wherever_it_lies(position):
    """Twenty standard deviations allow d within some per cent: much less than a step of the scan over d."""
    size = 10.0 ** (8.0 + 0.25 * position)  # moves the best fit over a step of the scan
    template = SignalTemplate.from_nodes([[size]], kappa=[1e30], near=[0.0], far=[1.0])
    signal = Signal(templates=[template])
    intervals = ProfileStatistic(gaussian(2000.0, 100.0)).intervals(signal, 0.95)[0]
    allowed = np.sqrt((2000.0 + 100.0 * np.array([-1.0, 1.0]) * np.sqrt(critical_value(0.95))) / size)
    assert [intervals[0].high, intervals[1].low] == pytest.approx(allowed, rel=1e-4, abs=0)
