"""Resolution models: normalisation, means, widths, limits, and against drawing random deposits."""

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nudipole import units
from nudipole.detectors.resolution import (
    FWHM,
    RESOLUTION,
    fractional,
    gamma,
    gaussian,
    gaussian_sqrt,
    gaussian_truncated,
    none,
    poisson,
    polynomial,
)
from nudipole.errors import DomainError, UnknownNameError

EV, KEV, MEV = units.EV, units.KEV, units.MEV
MODELS = {
    "none": (none(), 1.0),
    "gaussian": (gaussian(sigma_eV=300.0), KEV),
    "gaussian-truncated": (gaussian_truncated(sigma_eV=300.0), KEV),
    "gaussian-sqrt": (gaussian_sqrt(1.21974, 1.31394, -0.0148585, unit="1"), 1.0),
    "fractional": (fractional(0.310, 0.0037), KEV),
    "polynomial": (polynomial([0.073, 0.173, -6.5e-3, 1.1e-4]), KEV),
    "gamma": (gamma(), 1.0),
    "poisson": (poisson(), 1.0),
}


def test_every_registered_model_is_tested_here():
    assert set(MODELS) == set(RESOLUTION)


def _moments(model, true, edges):
    p = model.probability([true], edges)[:, 0]
    centre = 0.5 * (edges[1:] + edges[:-1]) if not model.discrete else np.ceil(edges[:-1])
    mean = np.sum(p * centre)
    return p.sum(), mean, np.sqrt(np.sum(p * centre**2) - mean**2)


@pytest.mark.parametrize("name", MODELS)
def test_everything_lands_somewhere(name):
    model, scale = MODELS[name]
    edges = np.linspace(-100.0, 400.0, 5001) * scale
    assert model.probability(np.array([0.5, 5.0, 50.0]) * scale, edges).sum(axis=0) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "true", "width"),
    [
        ("gaussian", 5.0, 0.3),
        ("gaussian-truncated", 5.0, 0.3),
        ("gaussian-sqrt", 50.0, 1.21974 + 1.31394 * 50**0.5 - 0.0148585 * 50),
        ("fractional", 4.0, 0.310 * 2.0 + 0.0037 * 4.0),
        ("polynomial", 10.0, 0.073 + 1.73 - 0.65 + 0.11),
        ("gamma", 20.0, 20.0 / np.sqrt(1.0 + 9.56 * 20.0 / 13.35)),
        ("poisson", 20.0, 20.0**0.5),
    ],
)
def test_mean_and_width_are_those_of_the_formula(name, true, width):
    model, scale = MODELS[name]
    edges = np.arange(-60.0, 200.0, 1.0 if model.discrete else 0.02) * scale
    total, mean, sigma = _moments(model, true * scale, edges)
    assert total == pytest.approx(1.0, abs=1e-6)
    assert mean / scale == pytest.approx(true, rel=2e-3, abs=0)
    assert sigma / scale == pytest.approx(width, rel=2e-3, abs=0)


@pytest.mark.parametrize("name", ["gaussian", "gaussian-sqrt", "fractional", "polynomial", "gamma"])
def test_scaled_stretches_the_width_and_keeps_the_mean(name):
    model, scale = MODELS[name]
    edges = np.arange(-60.0, 300.0, 0.02) * scale
    _, mean, sigma = _moments(model, 20.0 * scale, edges)
    _, mean_scaled, sigma_scaled = _moments(model.scaled(1.2), 20.0 * scale, edges)
    assert mean_scaled == pytest.approx(mean, rel=1e-3, abs=0)
    assert sigma_scaled == pytest.approx(1.2 * sigma, rel=1e-3, abs=0)


def test_a_poisson_width_cannot_be_pulled():
    assert poisson().scaled(1.0) == poisson()
    with pytest.raises(DomainError):
        poisson().scaled(1.1)


@pytest.mark.parametrize("name", ["gaussian", "fractional", "gamma", "poisson"])
def test_agrees_with_drawing_random_deposits(name):
    model, scale = MODELS[name]
    rng = np.random.default_rng(20250917)
    true, number = 6.0, 200_000
    draw = {
        "gaussian": lambda: rng.normal(true, 0.3, number),
        "fractional": lambda: rng.normal(true, true * (0.310 / np.sqrt(true) + 0.0037), number),
        "gamma": lambda: rng.gamma(1 + 9.56 * true / 13.35, true / (1 + 9.56 * true / 13.35), number),
        "poisson": lambda: rng.poisson(true, number).astype(float),
    }[name]()
    edges = np.array([0.0, 2.0, 5.0, 5.5, 6.0, 8.0, 15.0])
    expected = model.probability([true * scale], edges * scale)[:, 0]
    found = np.array([np.sum((draw >= low) & (draw < high)) for low, high in itertools.pairwise(edges)])
    sigma = np.sqrt(number * expected * (1 - expected)) + 1.0
    assert np.all(np.abs(found - number * expected) < 4.5 * sigma)


def test_noise_and_fano_add_in_quadrature():
    model = gaussian_truncated(sigma_eV=68.5, fano=0.11, pair_energy_eV=2.96)
    edges = np.arange(0.0, 3000.0, 0.5) * EV
    _, _, sigma = _moments(model, 1297.0 * EV, edges)
    assert sigma / EV == pytest.approx(np.sqrt(68.5**2 + 0.11 * 2.96 * 1297.0), rel=1e-4, abs=0)


def test_full_width_at_half_maximum_is_2_355_sigma():
    edges = np.array([150.0, 250.0]) * EV
    one, other = gaussian(fwhm_eV=48.0), gaussian(sigma_eV=48.0 / FWHM)
    assert one.probability([200 * EV], edges) == pytest.approx(other.probability([200 * EV], edges), rel=1e-6, abs=0)


def test_truncated_gaussian_is_scipys():
    edges = np.array([0.0, 50.0, 100.0, 1000.0]) * EV
    sigma = 68.5 * EV
    true = 40.0 * EV
    expected = np.diff(stats.truncnorm.cdf(edges, -true / sigma, np.inf, loc=true, scale=sigma))
    assert gaussian_truncated(sigma_eV=68.5).probability([true], edges)[:, 0] == pytest.approx(
        expected, rel=1e-12, abs=0
    )


def test_gamma_pdf_is_the_one_of_the_release():
    deposit, a, b = 1.1, 0.0749 / 1.1, 9.56 * 1.1  # keV, and the release's a and b
    low, high = 12.0, 12.001
    mid = 0.5 * (low + high)
    pdf = (a * (1 + b)) ** (1 + b) / math.gamma(1 + b) * mid**b * math.exp(-a * (1 + b) * mid)
    ours = gamma().probability([13.35 * deposit], [low, high])[0, 0] / (high - low)
    assert ours == pytest.approx(pdf, rel=2e-3, abs=0)  # 0.0749 is 1 / 13.35 rounded


def test_far_tail_keeps_its_digits():
    model = gaussian(sigma_eV=10.0)
    p = model.probability([100 * EV], np.array([200.0, 210.0]) * EV)[0, 0]
    assert p == pytest.approx(stats.norm.sf(10.0) - stats.norm.sf(11.0), rel=1e-9, abs=0)


def test_no_width_is_a_sharp_bin():
    assert none().probability([0.5, 1.0, 1.5, 2.0], [1.0, 2.0]).tolist() == [[0.0, 1.0, 1.0, 0.0]]


def test_poisson_bins_hold_whole_numbers():
    p = poisson().probability([2.0], [0.0, 1.0, 2.0, 4.0])[:, 0]
    assert p == pytest.approx(
        [np.exp(-2.0), 2 * np.exp(-2.0), stats.poisson(2.0).pmf(2) + stats.poisson(2.0).pmf(3)], rel=1e-6, abs=0
    )


@pytest.mark.parametrize("name", MODELS)
@given(true=st.floats(0.0, 1e4))
def test_probabilities_are_probabilities(name, true):
    model, scale = MODELS[name]
    p = model.probability([true * scale], np.array([0.0, 1.0, 5.0, 30.0, 1e3]) * scale)
    assert np.all((p >= 0.0) & (p <= 1.0))
    assert p.sum() <= 1.0 + 1e-12


@pytest.mark.parametrize("name", RESOLUTION)
def test_options_are_plain_so_that_cards_can_be_checked_against_them(name):
    annotations = inspect.get_annotations(RESOLUTION[name], eval_str=True)
    annotations.pop("return")
    assert set(annotations.values()) <= {float, str, list[float]}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: gaussian(), DomainError),
        (lambda: gaussian(fwhm_eV=48.0, sigma_eV=20.0), DomainError),
        (lambda: gaussian(sigma_eV=-1.0), DomainError),
        (lambda: fractional(-0.1), DomainError),
        (lambda: gaussian_sqrt(0.1, 0.1, unit="erg"), UnknownNameError),
        (lambda: polynomial([]), DomainError),
        (lambda: none().probability([1.0], [2.0, 1.0]), DomainError),
        (lambda: none().probability([1.0], [2.0]), DomainError),
        (lambda: none().probability([np.nan], [1.0, 2.0]), DomainError),
    ],
)
def test_bad_input_is_a_named_error(make, error):
    with pytest.raises(error):
        make()
