"""Rates of a plasma: detailed balance, which channel dominates where, and the Boltzmann factor."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.supernova import channels, profiles


@pytest.mark.parametrize("channel", channels.CHANNELS)
@pytest.mark.parametrize("mass", [1e-3, 0.1])
def test_every_channel_obeys_detailed_balance(channel: str, mass: float) -> None:
    state = profiles.load("cold").at([3.0, 11.0, 14.0])
    energy = mass + np.linspace(0.1, 0.5, 11) ** 2
    potential = np.array([0.12, -0.01, 0.0])
    gain, loss = channels.sum_rates((channel,), state, energy, mass, potential)
    expected = np.exp(-(energy - potential[:, None]) / state.temperature[:, None])
    assert np.allclose(gain, loss * expected, rtol=1e-6, atol=0.0)
    assert np.all(gain > 0)


def test_protons_dominate_electrons_and_inverse_decay_takes_over_when_heavy() -> None:
    """2402.01624 (abstract) and hep-ph/0606261."""
    state = profiles.load("analytic").at([5.0])

    def share(mass: float) -> dict[str, float]:
        return {c: float(channels.local_emissivity(mass, state, (c,))[0]) for c in channels.CHANNELS}

    light, heavy = share(0.01), share(0.15)
    assert 2.0 < light["protons"] / light["electrons"] < 6.0
    assert heavy["photons"] > heavy["protons"] + heavy["electrons"]
    assert light["pairs"] < 0.05 * light["protons"]


def test_emission_is_suppressed_like_the_boltzmann_factor_when_heavy() -> None:
    state = profiles.load("analytic").at([9.9])
    light, heavy = (float(channels.local_emissivity(m, state)[0]) for m in (0.5, 0.8))
    heat = float(state.temperature[0])
    # Q ~ M^(9/2 + 1/2) exp(-M/T) from inverse decay: the exponent dominates
    assert np.log(light / heavy) == pytest.approx(0.3 / heat, rel=0.35, abs=0)
