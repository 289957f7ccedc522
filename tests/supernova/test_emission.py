"""Rates of the whole star: detailed balance, flavour, species and channels."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.portal import Direction
from nudipole.processes import electron_gas
from nudipole.supernova import emission, profiles
from nudipole.supernova.emission import Star

COLD = Star("cold", "none")


@pytest.mark.parametrize("channel", emission.CHANNELS)
@pytest.mark.parametrize("mass", [1e-3, 0.1])
def test_every_channel_obeys_detailed_balance(channel: str, mass: float) -> None:
    state = profiles.load("cold").at([3.0, 11.0, 14.0])
    energy = mass + np.linspace(0.1, 0.5, 11) ** 2
    potential = np.array([0.12, -0.01, 0.0])
    gain, loss = emission.sum_rates((channel,), state, energy, mass, potential)
    expected = np.exp(-(energy - potential[:, None]) / state.temperature[:, None])
    assert np.allclose(gain, loss * expected, rtol=1e-6, atol=0.0)
    assert np.all(gain > 0)


def test_protons_dominate_electrons_and_inverse_decay_takes_over_when_heavy() -> None:
    """2402.01624 (abstract) and hep-ph/0606261."""
    state = profiles.load("analytic").at([5.0])

    def share(mass: float) -> dict[str, float]:
        return {c: float(emission.local_emissivity(mass, state, (c,))[0]) for c in emission.CHANNELS}

    light, heavy = share(0.01), share(0.15)
    assert 2.0 < light["protons"] / light["electrons"] < 6.0
    assert heavy["photons"] > heavy["protons"] + heavy["electrons"]
    assert light["pairs"] < 0.05 * light["protons"]


def test_flavours_of_a_thermal_bath_add() -> None:
    tau = emission.rates(COLD, 0.05, Direction("tau"))
    both = emission.rates(COLD, 0.05, Direction("both", (0, 1, 1)))
    assert np.allclose(both.gain, 2.0 * tau.gain, atol=0)
    universal = emission.rates(COLD, 0.05, Direction("universal"))
    assert np.allclose(universal.gain, tau.gain, atol=0)


def test_degenerate_neutrinos_make_more_n_than_antineutrinos_make_nbar() -> None:
    rates = emission.rates(Star("cold"), 0.03, Direction("e"))
    core = rates.middle < 6.0
    assert rates.gain.shape[0] == 2
    assert np.all(rates.gain[0][core] > rates.gain[1][core])


def test_majorana_n_is_one_species_with_both_rates() -> None:
    dirac = emission.rates(Star("cold"), 0.03, Direction("e"))
    majorana = emission.rates(Star("cold"), 0.03, Direction("e", nature="majorana"))
    assert np.allclose(majorana.emission[0], dirac.emission.sum(axis=0), atol=0)
    assert np.allclose(majorana.loss[0], dirac.loss.sum(axis=0), atol=0)
    assert majorana.vacuum_width == pytest.approx(2.0 * dirac.vacuum_width)
    symmetric = emission.rates(COLD, 0.03, Direction("mu", nature="majorana"))
    assert np.allclose(symmetric.emission, emission.rates(COLD, 0.03, Direction("mu")).emission, atol=0)


@pytest.mark.parametrize("channel", emission.SLOW)
@pytest.mark.parametrize(("mass", "flavor"), [(2.3e-3, "e"), (0.047, "mu"), (0.13, "e"), (0.31, "mu")])
def test_slow_channels_survive_their_interpolation(channel: str, mass: float, flavor: str) -> None:
    """Few energies, few masses, few nodes against none of these: luminosity within a per cent of the channel."""
    star = Star("cold", channels=(channel,))
    rates = emission.rates(star, mass, Direction(flavor))
    state, heat = rates.conditions, rates.conditions.temperature[:, None]
    exact = 0.0
    for sign in (1.0, -1.0):
        potential = sign * star.potential(state)[:, None] if flavor == "e" else np.zeros_like(heat)
        plasma_state = (state.electron_potential[:, None], heat)
        if channel == "pairs":
            gain, _ = electron_gas.pair_rates(rates.energy, mass, *plasma_state, potential, (16, 6, 12))
        else:
            kappa2 = state.screening2[:, None]
            gain, _ = electron_gas.scattering_rates(rates.energy, mass, *plasma_state, kappa2, potential, (24, 12))
        spectrum = rates.energy**2 * rates.momentum / np.pi**2 * rates.measure
        exact += float(np.sum(gain @ spectrum * rates.volume))
    assert float(np.sum(rates.emissivity() * rates.volume)) == pytest.approx(exact, rel=0.01, abs=0)


def test_emission_is_suppressed_like_the_boltzmann_factor_when_heavy() -> None:
    state = profiles.load("analytic").at([9.9])
    light, heavy = (float(emission.local_emissivity(m, state)[0]) for m in (0.5, 0.8))
    heat = float(state.temperature[0])
    # Q ~ M^(9/2 + 1/2) exp(-M/T) from inverse decay: the exponent dominates
    assert np.log(light / heavy) == pytest.approx(0.3 / heat, rel=0.35, abs=0)


def test_opacity_is_the_vacuum_decay_far_out() -> None:
    rates = emission.rates(COLD, 0.1, Direction("mu"))
    expected = rates.vacuum_width * rates.mass / rates.momentum
    assert np.allclose(rates.opacity[0, -1], expected, rtol=2e-2, atol=0)


def test_volume_is_that_of_the_ball() -> None:
    rates = emission.rates(COLD, 0.1, Direction("mu"), far_km=50.0)
    assert np.sum(rates.volume) == pytest.approx(4 * np.pi / 3 * (50 * units.KILOMETRE) ** 3)


def test_bad_choices_are_named() -> None:
    with pytest.raises(UnknownNameError, match="neutrino potential"):
        Star("cold", "lots")
    with pytest.raises(UnknownNameError, match="channel"):
        Star("cold", channels=("muons",))
    with pytest.raises(DomainError, match="no neutrino potential"):
        emission.rates(Star("analytic"), 0.1, Direction("e"))
    with pytest.raises(DomainError, match="mass"):
        emission.rates(COLD, 0.0, Direction("e"))
