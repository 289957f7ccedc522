"""N before 20 MeV: where it decouples and what is left of it."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.cosmology import freedom, hot_phase, relic
from nudipole.errors import DomainError


def test_decoupling_temperature_scales_as_the_inverse_square_of_d():
    high, low = hot_phase.decoupling_temperature(1e-2, 1e-18), hot_phase.decoupling_temperature(1e-2, 1e-19)
    assert low / high == pytest.approx(10.0, rel=0.15, abs=0)
    assert hot_phase.decoupling_temperature(1e-2, 0.0) == np.inf
    light = [hot_phase.decoupling_temperature(m, 1e-16) for m in (1e-5, 1e-3)]
    assert light[0] == pytest.approx(light[1], rel=1e-3, abs=0)
    for outside in (1e-6, 20.0):
        with pytest.raises(DomainError, match="mass must"):
            hot_phase.decoupling_temperature(outside, 1e-16)


def test_what_decouples_late_is_in_equilibrium_and_both_recipes_agree():
    n = relic.relic(1e-3, 1e-14, "majorana", 24, 30.0)  # coupled to the matching temperature
    followed, sudden = (n.density(f, 50.0) for f in (hot_phase.occupation(n, np.inf), hot_phase.sudden_occupation(n)))
    assert followed == pytest.approx(
        sudden, rel=0.01, abs=0
    )  # rates are those of the middle of the last step, 1 % hotter


def test_without_coupling_nothing_is_made_and_cold_reheating_is_refused():
    n = relic.relic(1e-3, 0.0, "dirac", 8, 30.0)
    assert not np.any(hot_phase.occupation(n, 1.0))
    with pytest.raises(DomainError, match="reheating"):
        hot_phase.occupation(n, 1e-3)


def test_rare_n_are_made_at_the_rate_times_the_age_of_the_universe():
    """Far from equilibrium f grows by R f_eq dt, dt = -dT/(T H) with H^2 = 8 pi/3 rho/M_P^2: a quadrature of its own."""
    n = relic.relic(1e-3, 1e-26, "dirac", 12, 30.0)
    hottest = 0.5
    found = hot_phase.occupation(n, hottest)[0]
    log_t = np.linspace(np.log(hottest), np.log(hot_phase.MATCHING_TEMPERATURE), 1201)
    temperature = np.exp(log_t)
    rho = np.pi**2 / 30 * freedom.energy_freedom(temperature) * temperature**4
    hubble = np.sqrt(8 * np.pi / 3 * rho) / units.PLANCK_MASS
    entropy = freedom.entropy_freedom(temperature)
    scale = (entropy[-1] / entropy) ** (1 / 3) / temperature
    grown = []
    for a, t, h in zip(scale, temperature, hubble, strict=True):
        gain = n.rates(float(a), float(t), float(t)).gain
        grown.append(gain[0] / h)
    direct = np.trapezoid(np.array(grown), np.log(scale), axis=0)
    assert np.all((found > 0) & (found < 1e-3))
    assert found == pytest.approx(direct, rel=1e-3, abs=0)
