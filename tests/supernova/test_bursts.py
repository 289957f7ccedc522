"""Energetic neutrinos: cross sections, oscillation, statistics and limits of d."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from nudipole import units
from nudipole.portal import Direction
from nudipole.supernova import bursts, emission, luminosity
from nudipole.supernova.emission import Star


def rays(mass: float, flavor: str = "mu", profile: str = "cold") -> luminosity.Escape:
    return luminosity.escape(emission.rates(Star(profile), mass, Direction(flavor)), 100.0)


def test_inverse_beta_decay_at_low_energy_is_the_leading_order() -> None:
    energy = 0.01
    electron = energy - (units.NEUTRON_MASS - units.PROTON_MASS)
    leading = 0.0952e-42 * electron / units.MEV * np.sqrt(electron**2 - units.ELECTRON_MASS**2) / units.MEV
    assert float(bursts.inverse_beta(energy)) == pytest.approx(leading, rel=0.1, abs=0)
    assert float(bursts.inverse_beta(0.0015)) == 0.0


def test_oxygen_cross_sections_at_100_mev() -> None:
    assert float(bursts.oxygen(0.1, "neutrino")) == pytest.approx(1.32e-39, rel=0.05, abs=0)  # Kolbe et al.
    assert float(bursts.oxygen(0.0997, "antineutrino")) == pytest.approx(5.14e-40, rel=0.01, abs=0)
    assert float(bursts.oxygen(0.3, "neutrino")) == float(bursts.oxygen(0.1, "neutrino"))


def test_averaged_oscillation_conserves_probability() -> None:
    probabilities = bursts.oscillation_to_electron()
    assert sum(probabilities) == pytest.approx(1.0, rel=1e-6, abs=0)
    assert probabilities[0] == pytest.approx(0.55, abs=0.01)


def test_ordinary_burst_of_sn1987a_has_the_seen_size() -> None:
    """Without the cut, Kamiokande-II sees the dozen events that it saw."""
    detector = bursts.water("Kamiokande-II", 2.14, 0.8, 0.0075)
    seen = bursts.thermal_background(bursts.Observation((detector,)))
    assert 5 < seen < 30


def test_cut_leaves_little_of_the_ordinary_burst() -> None:
    assert bursts.thermal_background(bursts.Observation()) < 0.5
    galactic = bursts.Observation((bursts.HYPER_K,), distance_kpc=10.0)
    assert bursts.thermal_background(galactic) < 5.0


def test_events_fall_with_the_square_of_the_distance() -> None:
    escape, d = rays(0.05), np.array([1e-10])
    near, far = (bursts.events(escape, d, Direction("mu"), bursts.Observation(distance_kpc=x)) for x in (10.0, 50.0))
    assert float(near[0] / far[0]) == pytest.approx(25.0, rel=1e-6, abs=0)


def test_events_grow_with_the_fourth_power_of_a_weak_coupling() -> None:
    counts = bursts.events(rays(0.05), [1e-13, 2e-13], Direction("mu"), bursts.Observation())
    assert counts[1] / counts[0] == pytest.approx(16.0, rel=1e-2, abs=0)


def test_electron_flavour_is_seen_better_than_muon_flavour() -> None:
    d = np.array([1e-10])
    electron = bursts.events(rays(0.05, "e"), d, Direction("e"), bursts.Observation())
    muon = bursts.events(rays(0.05), d, Direction("mu"), bursts.Observation())
    assert electron[0] > 2 * muon[0]


def test_neutrino_box_against_monte_carlo() -> None:
    mass, d = 0.08, 3e-10
    escape = rays(mass)
    rates = escape.rates
    observation = bursts.Observation((bursts.water("ideal", 1.0, 1.0, 0.05),))
    rng = np.random.default_rng(3)
    weights = escape.spectrum(np.array(d)) * rates.measure
    energy = rng.choice(rates.energy, size=300_000, p=weights / weights.sum())
    momentum = np.sqrt(energy**2 - mass**2)
    lifetime = rng.exponential(1.0 / (rates.vacuum_width * d**2), len(energy))
    neutrino = 0.5 * (energy + momentum * rng.uniform(-1, 1, len(energy)))
    early = lifetime * mass / (2 * neutrino) / units.SECOND < observation.window_s
    area = sum(bursts.detected_area(neutrino, observation.detectors, kind) for kind in ("neutrino", "antineutrino"))
    sphere = 4 * np.pi * (observation.distance_kpc * 1e3 * units.PARSEC * 100) ** 2
    share = bursts.electron_share(Direction("mu"))
    expected = np.mean(early * area) * 0.5 * weights.sum() * 3.0 * units.SECOND * share / sphere
    counted = bursts.events(escape, np.array([d]), Direction("mu"), observation)[0]
    assert counted == pytest.approx(expected, rel=0.03, abs=0)


@pytest.mark.parametrize(("cl", "background"), [(0.9, 0.0), (0.95, 0.0), (0.9, 3.2), (0.6, 0.99)])
def test_statistic_is_the_probability_of_the_counts_relative_to_no_signal(cl: float, background: float) -> None:
    observed = np.floor(background)

    def cls(s: float) -> float:
        return float(poisson.cdf(observed, s + background) / poisson.cdf(observed, background) - (1 - cl))

    signal = brentq(cls, 0.0, 100.0)
    assert bursts.statistic(signal, background) == pytest.approx(norm.ppf(cl) ** 2, rel=1e-9, abs=0)
    assert bursts.statistic(0.0, background) == 0
    assert np.all(np.diff(bursts.statistic(np.geomspace(5.0, 1e15, 40), background)) >= 0)
    assert np.isfinite(bursts.statistic(1e30, background))
