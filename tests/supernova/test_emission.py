"""Rates of the whole star: flavour, species and the interpolation of slow channels."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.portal import Direction
from nudipole.processes.plasma import electron_gas
from nudipole.supernova import emission
from nudipole.supernova.channels import SLOW
from nudipole.supernova.emission import Star

COLD = Star("cold", "none", gravity=False)


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
    assert majorana.vacuum_width == pytest.approx(2.0 * dirac.vacuum_width, rel=1e-6, abs=0)
    symmetric = emission.rates(COLD, 0.03, Direction("mu", nature="majorana"))
    assert np.allclose(symmetric.emission, emission.rates(COLD, 0.03, Direction("mu")).emission, atol=0)


@pytest.mark.parametrize("channel", SLOW)
@pytest.mark.parametrize(("mass", "flavor"), [(2.3e-3, "e"), (0.047, "mu"), (0.13, "e"), (0.31, "mu")])
def test_slow_channels_survive_their_interpolation(channel: str, mass: float, flavor: str) -> None:
    """Few energies, few masses, few nodes against none of these: luminosity within a per cent of the channel."""
    star = Star("cold", channels=(channel,), gravity=False)
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


def test_opacity_is_the_vacuum_decay_far_out() -> None:
    rates = emission.rates(COLD, 0.1, Direction("mu"))
    expected = rates.vacuum_width * rates.mass / rates.momentum
    assert np.allclose(rates.opacity[0, -1], expected, rtol=2e-2, atol=0)


def test_volume_is_that_of_the_ball() -> None:
    rates = emission.rates(COLD, 0.1, Direction("mu"), far_km=50.0)
    assert np.sum(rates.volume) == pytest.approx(4 * np.pi / 3 * (50 * units.KILOMETRE) ** 3, rel=1e-6, abs=0)


def test_bad_choices_are_named() -> None:
    with pytest.raises(UnknownNameError, match="neutrino potential"):
        Star("cold", "lots")
    with pytest.raises(UnknownNameError, match="channel"):
        Star("cold", channels=("muons",))
    with pytest.raises(DomainError, match="no neutrino potential"):
        emission.rates(Star("analytic"), 0.1, Direction("e"))
    with pytest.raises(DomainError, match="mass"):
        emission.rates(COLD, 0.0, Direction("e"))
