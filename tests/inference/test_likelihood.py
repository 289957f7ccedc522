"""The profile likelihood against direct minimisation, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from nudipole.errors import DomainError
from nudipole.inference.likelihood import Likelihood, Pull, join

RNG = np.random.default_rng(7)
BINS, PULLS = 12, 3
BACKGROUND = RNG.uniform(5, 60, BINS)
OBSERVED = RNG.poisson(BACKGROUND).astype(float)
SHIFTS = RNG.uniform(-0.15, 0.3, (PULLS, BINS)) * BACKGROUND
SIGNAL = RNG.uniform(0, 6, (4, BINS))
NAMES = (Pull("a"), Pull("b"), Pull("floating", free=True))


def minus_two_log(theta, signal, signal_shift, sigma):
    mu = signal + BACKGROUND + theta @ (SHIFTS + signal_shift)
    if np.any(mu <= 0):
        return 1e12
    poisson = 2 * (mu - OBSERVED + np.where(OBSERVED > 0, OBSERVED * np.log(np.maximum(OBSERVED, 1e-300) / mu), 0))
    gauss = ((mu - OBSERVED) / np.where(sigma > 0, sigma, 1.0)) ** 2
    return float(np.sum(np.where(sigma > 0, gauss, poisson)) + theta[0] ** 2 + theta[1] ** 2)


@pytest.mark.parametrize("kind", ["poisson", "gaussian", "mixed"])
def test_profile_is_the_minimum_over_the_pulls(kind):
    sigma = {"poisson": np.zeros(BINS), "gaussian": np.sqrt(BACKGROUND), "mixed": np.zeros(BINS)}[kind].copy()
    if kind == "mixed":
        sigma[::2] = np.sqrt(BACKGROUND[::2])
    likelihood = Likelihood(OBSERVED, BACKGROUND, sigma, NAMES, SHIFTS)
    relative = np.array([[0.1], [0.0], [0.0]])
    chi2, theta, _ = likelihood.chi2(SIGNAL, SIGNAL[:, None, :] * relative)
    for row, signal in enumerate(SIGNAL):
        options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}
        best = minimize(
            minus_two_log, np.zeros(PULLS), (signal, signal * relative, sigma), "Nelder-Mead", options=options
        )
        assert chi2[row] == pytest.approx(best.fun, abs=1e-7)
        assert theta[row] == pytest.approx(best.x, abs=2e-4)


def test_slope_is_the_derivative_by_the_envelope_theorem():
    likelihood = Likelihood(OBSERVED, BACKGROUND, np.zeros(BINS), NAMES, SHIFTS)
    step = 1e-5
    up, down = (likelihood.chi2(SIGNAL[0] * (1 + s))[0] for s in (step, -step))
    slope = likelihood.chi2(SIGNAL[0])[2]
    assert float(slope @ SIGNAL[0]) == pytest.approx(float(up - down) / (2 * step), rel=1e-5, abs=0)


def test_asimov_data_have_zero_chi2_at_their_own_signal():
    likelihood = Likelihood(OBSERVED, BACKGROUND, np.zeros(BINS), NAMES, SHIFTS).asimov(SIGNAL[1])
    assert float(likelihood.chi2(SIGNAL[1])[0]) == pytest.approx(0.0, abs=1e-9)
    assert float(likelihood.chi2(SIGNAL[1] * 3)[0]) > 1.0


def test_joined_likelihoods_add_and_share_pulls_by_name():
    one = Likelihood(OBSERVED, BACKGROUND, np.zeros(BINS), (Pull("a"),), SHIFTS[:1])
    two = Likelihood(OBSERVED[:5], BACKGROUND[:5], np.zeros(5), (Pull("b"),), SHIFTS[1:2, :5])
    joint, positions = join([one, two])
    both = np.concatenate([SIGNAL[0], SIGNAL[0, :5]])
    separate = one.chi2(SIGNAL[0])[0] + two.chi2(SIGNAL[0, :5])[0]
    assert float(joint.chi2(both)[0]) == pytest.approx(float(separate), rel=1e-9, abs=0)
    assert [list(p) for p in positions] == [[0], [1]]
    shared, positions = join([one, Likelihood(OBSERVED[:5], BACKGROUND[:5], np.zeros(5), (Pull("a"),), SHIFTS[:1, :5])])
    assert len(shared.pulls) == 1
    assert float(shared.chi2(both)[0]) > float(separate) - 10.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1e4), min_size=3, max_size=3),
    st.lists(st.floats(0, 1e3), min_size=3, max_size=3),
    st.lists(st.floats(0, 1e6), min_size=3, max_size=3),
)
def test_any_finite_input_gives_a_finite_chi2(observed, background, signal):
    likelihood = Likelihood(
        np.round(observed), np.array(background), np.zeros(3), (Pull("a"),), 0.1 * np.array([background])
    )
    assert np.all(np.isfinite(likelihood.chi2(np.array(signal))[0]))


def test_nonsense_is_refused():
    with pytest.raises(DomainError, match="same number"):
        Likelihood(np.ones(3), np.ones(2), np.zeros(3))
    with pytest.raises(DomainError, match="negative count"):
        Likelihood(-np.ones(3), np.ones(3), np.zeros(3))
    with pytest.raises(DomainError, match="finite"):
        Likelihood(np.array([np.nan]), np.ones(1), np.zeros(1))
    with pytest.raises(DomainError, match="shape"):
        Likelihood(np.ones(3), np.ones(3), np.zeros(3), (Pull("a"),), np.ones((2, 3)))


def test_a_free_background_is_not_rewarded_for_going_negative_in_an_empty_bin():
    """Bin 1 holds nothing and expects nothing; bin 2 would like less background than bin 1 can give."""
    shifts = np.array([[1.0, 1.0]])
    likelihood = Likelihood(np.array([0.0, 5.0]), np.array([0.0, 9.0]), np.zeros(2), (Pull("flat", free=True),), shifts)
    chi2, theta, _ = likelihood.chi2(np.zeros((1, 2)))
    assert float(theta[0, 0]) == pytest.approx(0.0, abs=2e-3)
    assert float(chi2[0]) == pytest.approx(2 * (9 - 5 + 5 * np.log(5 / 9)), abs=5e-3)


def random_experiment(seed, kind):
    """A likelihood with its signal, of which the first pull moves the signal too."""
    rng = np.random.default_rng(seed)
    background = rng.uniform(0.3, 40, BINS)
    observed = rng.poisson(background).astype(float)
    sigma = np.sqrt(background) if kind == "gaussian" else np.zeros(BINS)
    shifts = rng.uniform(-0.1, 0.2, (PULLS, BINS)) * background
    likelihood = Likelihood(observed, background, sigma, NAMES, shifts)
    return likelihood, rng.uniform(0, 3, (6, BINS)), rng.uniform(-0.2, 0.2, (6, 1, BINS))


@pytest.mark.parametrize("kind", ["poisson", "gaussian"])
def test_derivatives_along_a_signal_are_those_of_the_profile(kind):
    likelihood, unit, relative = random_experiment(11, kind)
    moving, x, step = np.array([0]), np.linspace(0.2, 4.0, 6), 1e-3
    low, here, high = (likelihood.along(x + s, unit, unit[:, None] * relative, moving) for s in (-step, 0.0, step))
    assert here.slope == pytest.approx((high.chi2 - low.chi2) / (2 * step), rel=1e-4, abs=1e-4)
    assert here.curvature == pytest.approx((high.slope - low.slope) / (2 * step), rel=1e-4, abs=1e-4)
    assert here.drift == pytest.approx((high.pulls - low.pulls) / (2 * step), rel=1e-3, abs=1e-4)


def test_a_good_start_changes_nothing():
    likelihood, unit, relative = random_experiment(5, "poisson")
    x, moving = np.full(6, 2.0), np.array([0])
    cold = likelihood.along(x, unit, unit[:, None] * relative, moving)
    warm = likelihood.along(x, unit, unit[:, None] * relative, moving, start=cold.pulls + 0.3)
    assert warm.chi2 == pytest.approx(cold.chi2, abs=2e-6)
    assert warm.pulls == pytest.approx(cold.pulls, abs=1e-4)
