"""Photons of N -> nu gamma: kinematics, polarisation, the calorimeter, and the slices of the path."""

import numpy as np
import pytest

from nudipole.signals.meson_decay import photons
from nudipole.signals.meson_decay.card import SelectionSection
from nudipole.signals.meson_decay.draws import unit
from nudipole.signals.meson_decay.events import Events
from tests.processes import montecarlo

MASS = 0.2


def flying(number, momentum=5.0, polarisation=0.0, meson=(20.0, 0.0, 0.0, 19.9)):
    rng = np.random.default_rng(9)
    one = np.ones(number)
    direction = unit(np.full(number, 0.999), 2 * np.pi * rng.uniform(size=number))
    return Events(
        momentum * one,
        direction,
        np.zeros((number, 3)),
        one,
        np.tile(meson, (number, 1)),
        polarisation * one,
        np.zeros(number, dtype=np.intp),
        rng.uniform(size=(number, 8)),
    )


def test_a_slice_stands_for_an_eighth_of_the_path():
    u = (np.arange(800) + 0.5) / 800
    found = photons.sliced(np.full(800, 10.0), np.full(800, 14.0), u)
    assert np.bincount(found.number).tolist() == [100] * 8
    assert found.far - found.near == pytest.approx(np.full(800, 0.5), rel=1e-9, abs=0)
    assert found.near == pytest.approx(10.0 + 0.5 * found.number, rel=1e-12, abs=0)
    assert found.middle == pytest.approx(found.near + 0.25, rel=1e-12, abs=0)
    assert photons.sliced(np.zeros(1), np.ones(1), np.ones(1)).number[0] == 7


def test_photons_take_half_the_energy_and_more_forward():
    """Massless, on the two-body line E = (E_N + p cos theta*) / 2 about the path of N."""
    events, number = flying(2000), 2000
    rng = np.random.default_rng(1)
    cosine, azimuth = rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number)
    light, angular = photons.decay_photons(events, MASS, cosine, azimuth)
    assert light[:, 0] ** 2 == pytest.approx(np.sum(light[:, 1:] ** 2, axis=1), rel=1e-9, abs=0)
    expected = montecarlo.boost(
        0.5 * MASS * np.column_stack([np.ones(number), unit(cosine, azimuth)]), events.four_momentum(MASS)
    )
    assert light == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert angular == pytest.approx(np.ones(number), rel=1e-12, abs=0)
    assert np.mean(light[:, 0]) == pytest.approx(0.5 * np.hypot(5.0, MASS), rel=0.03, abs=0)


def test_a_polarised_n_sends_its_photon_back_along_its_flight_in_the_meson():
    """N slower than the meson flies backwards in it: P = 1 then prefers photons along the beam, 1 - P cos theta."""
    mean = {}
    for momentum in (0.05, 18.0):
        events = flying(20_000, momentum, 1.0)
        rng = np.random.default_rng(1)
        light, angular = photons.decay_photons(events, MASS, rng.uniform(-1, 1, 20_000), rng.uniform(0, 6.283, 20_000))
        assert np.mean(angular) == pytest.approx(1.0, abs=0.02)
        assert angular.max() <= 2.0
        assert angular.min() >= 0.0
        mean[momentum] = np.average(light[:, 0], weights=angular) / np.mean(light[:, 0])
    assert mean[18.0] == pytest.approx(2 / 3, abs=0.02)  # of E (1 - z) 2 dz over E / 2
    assert mean[0.05] > 1.05


def test_a_photon_counts_if_it_hits_the_ring_in_its_window():
    selection = SelectionSection(photon_GeV=(3.0, 100.0), calorimeter_m=60.0, inner_m=0.2, outer_m=2.0, efficiency=0.7)
    point = np.array([[0.1, 0.0, 40.0]])

    def seen(energy, x, z, start=point):
        momentum = np.array([x, 0.0, z]) / np.hypot(x, z) * energy
        return float(photons.photon_efficiency(selection, start, np.array([[energy, *momentum]]))[0])

    assert seen(10.0, 0.05, 1.0) == 0.7  # 0.1 + 20 x 0.05 = 1.1 m
    assert seen(10.0, 0.1, 1.0) == 0.0  # 2.1 m
    assert seen(10.0, 0.0949, 1.0) == 0.7
    assert seen(10.0, 0.0, 1.0) == 0.0  # 0.1 m: through the hole
    assert seen(10.0, 0.0051, 1.0) == 0.7
    assert seen(2.9, 0.05, 1.0) == 0.0
    assert seen(101.0, 0.05, 1.0) == 0.0
    assert seen(10.0, 0.05, -1.0) == 0.0
    assert seen(10.0, 0.05, 1.0, np.array([[0.1, 0.0, 61.0]])) == 0.0


def test_gathered_nodes_are_the_seen_share_of_the_path():
    """All seen: the weights of every slice add up to the N that crosses, times the slices, an eighth of them each."""
    selection = SelectionSection(photon_GeV=(1e-9, 1e3), calorimeter_m=1e3, outer_m=1e6, efficiency=0.5)
    events = flying(4000)
    events = events._replace(group=np.arange(4000) % 3, weight=np.full(4000, 2.0))
    near, far = np.full(4000, 10.0), np.full(4000, 14.0)
    found = photons.seen_decays(events, near, far, MASS, selection, 3)
    in_slice = found.code // 3 % photons.SLICES
    assert np.sum(found.weight) == pytest.approx(8 * 2.0 * 4000 * 0.5, rel=0.05, abs=0)
    assert found.near == pytest.approx(10.0 + 0.5 * in_slice, rel=1e-9, abs=0)
    assert found.far == pytest.approx(found.near + 0.5, rel=1e-9, abs=0)
    assert found.inverse_momentum == pytest.approx(np.full(len(found.code), 0.2), rel=1e-9, abs=0)
    assert set(found.code // 24) == {13}  # twenty bins a decade of 5 GeV
    assert set(found.code % 3) == {0, 1, 2}


def test_the_weight_of_each_event_is_that_of_its_own_photon():
    """Traced one by one from the point in the middle of the slice, with the polarisation, to a ring that most miss."""
    selection = SelectionSection(photon_GeV=(1.0, 5.0), calorimeter_m=30.0, inner_m=0.3, outer_m=1.5)
    events = flying(3000, polarisation=0.8)
    found = photons.seen_decays(events, np.full(3000, 10.0), np.full(3000, 14.0), MASS, selection, 1)
    u, expected, angle = events.uniforms, 0.0, []
    light, angular = photons.decay_photons(events, MASS, 2 * u[:, 6] - 1, 2 * np.pi * u[:, 7])
    for row in range(3000):
        start = (10.25 + 0.5 * np.floor(8 * u[row, 5])) * events.direction[row]
        hit = start[:2] + light[row, 1:3] / light[row, 3] * (30.0 - start[2])
        if light[row, 3] > 0 and 1.0 < light[row, 0] < 5.0 and 0.3 <= np.hypot(*hit) <= 1.5:
            expected += 8.0 * angular[row]
            angle.append(angular[row])
    assert 100 < len(angle) < 2900
    assert np.std(angle) > 0.1
    assert found.weight.sum() == pytest.approx(expected, rel=1e-9, abs=0)
