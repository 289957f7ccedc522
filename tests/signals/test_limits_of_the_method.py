"""Every way of seeing N at the ends of its range: d -> 0, d -> infinity, M -> 0, and above threshold.

One shipped card for each kind of signal with a decay. Photons of a long-lived N: d^2 to make it times d^2 M^4 to see it
decay. Of a prompt one: d^2 where it is made in the detector, nothing where it must fly. A recoil alone: d^2.
"""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue.registry import get
from nudipole.portal import Direction

MU = Direction("mu")
PHOTONS = ("icarus", "ship-main", "superk-atmospheric", "icecube", "faser2")
FLIGHT = ("ship-main", "icecube", "faser2")  # N must cross a gap
RECOILS = ("charm-ii", "flare-10")


def counts(key, mass, couplings, preset="default"):
    """All events at these couplings."""
    signal = get(key).model(preset).signal(np.array([mass]), MU)
    return signal.counts(0, np.asarray(couplings, dtype=float)).sum(axis=-1)


@pytest.mark.parametrize("key", PHOTONS)
def test_photons_of_a_long_lived_n_go_as_the_fourth_power_of_d(key):
    one, two = counts(key, 0.01, [1e-10, 2e-10])
    assert one > 0
    assert two / one == pytest.approx(16.0, rel=1e-3, abs=0)


@pytest.mark.parametrize("key", RECOILS)
def test_recoils_go_as_the_square_of_d(key):
    one, two = counts(key, 0.01, [1e-10, 2e-10])
    assert one > 0
    assert two / one == pytest.approx(4.0, rel=1e-6, abs=0)


@pytest.mark.parametrize("key", PHOTONS)
def test_photons_of_a_light_n_go_as_the_fourth_power_of_its_mass(key):
    """At a coupling where N is long-lived; the cross section of up-scattering adds a logarithm of the mass."""
    one, two = (counts(key, mass, [1e-9])[0] for mass in (1.0e-3, 1.1e-3))
    assert two / one == pytest.approx(1.1**4, rel=0.03, abs=0)


@pytest.mark.parametrize("key", RECOILS)
def test_recoils_of_a_light_n_are_those_of_a_massless_one(key):
    light, lighter = (counts(key, mass, [1e-9])[0] for mass in (1e-4, 1e-6))
    assert light / lighter == pytest.approx(1.0, rel=0.01, abs=0)


@pytest.mark.parametrize("key", ["icarus", "superk-atmospheric"])
def test_a_prompt_n_counts_where_it_is_made(key):
    one, two = counts(key, 0.1, [1.0, 2.0])
    assert one > 0
    assert two / one == pytest.approx(4.0, rel=0.02, abs=0)


@pytest.mark.parametrize("key", FLIGHT)
def test_a_prompt_n_does_not_cross_a_gap(key):
    best = counts(key, 0.1, np.geomspace(1e-7, 1e-4, 20)).max()
    assert counts(key, 0.1, [1.0])[0] < 1e-12 * best


@pytest.mark.parametrize("key", [*PHOTONS, *RECOILS])
def test_nothing_above_threshold_and_little_below(key):
    heaviest = get(key).model("default").maximum_mass()
    assert counts(key, 1.001 * heaviest, [1e-3])[0] == 0.0
    small = np.geomspace(1e-16, 1e-10, 7)  # a heavy N is prompt at any larger coupling
    near, far = counts(key, 0.995 * heaviest, small) / 0.995**4, counts(key, 0.1 * heaviest, small) / 0.1**4
    assert np.all(near < 1e-3 * far)
