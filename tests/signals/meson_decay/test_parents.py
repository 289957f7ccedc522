"""Mesons to draw: decay in flight, aim at the window and bright photons, each against its own integral."""

import numpy as np
import pytest
from particle import Particle

from nudipole.errors import DomainError
from nudipole.fluxes.hadrons import mesons
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay import parents

WINDOW = (-0.02, -0.03, 0.02, 0.03)


def test_decay_chance_is_the_share_that_decays_on_the_way():
    """A kaon of 75 GeV: gamma c tau = 564 m, of which 65 m are a ninth."""
    mass = meson.parent_mass("K")
    length = 3.711 * np.sqrt(75.0**2 - mass**2) / mass
    assert length == pytest.approx(563.8, rel=1e-3, abs=0)
    assert parents.decay_chance(75.0, mass, 3.711, 65.0) == pytest.approx(1 - np.exp(-65.0 / length), rel=1e-12, abs=0)
    assert parents.decay_chance(75.0, mass, 3.711, 0.0) == 0.0
    with pytest.raises(DomainError, match="above its mass"):
        parents.decay_chance(mass, mass, 3.711, 1.0)


def test_the_aim_of_a_massless_n_against_isotropic_decays():
    """dOmega*/dOmega of a massless particle, integrated over a small window off the axis of the meson."""
    rng = np.random.default_rng(2)
    gamma, beta, half = 5.0, np.sqrt(1 - 1 / 25.0), 0.05
    star = rng.uniform(-1, 1, 4_000_000)
    cosine, azimuth = (star + beta) / (1 + beta * star), rng.uniform(-np.pi, np.pi, star.size)
    sine = np.sqrt(1 - cosine**2)
    off = 0.2
    x, y = sine * np.cos(azimuth), sine * np.sin(azimuth)
    inside = (np.abs(x / cosine - off) < half) & (np.abs(y / cosine) < half) & (cosine > 0)
    # a window of slopes, seen from a meson along z: its solid angle is smaller by the cube of the cosine
    solid_angle = (2 * half) ** 2 * np.cos(np.arctan(off)) ** 3
    found = parents.aimed_chance(np.array([gamma]), np.array([np.arctan(off)]), solid_angle)
    assert found[0] == pytest.approx(np.mean(inside), rel=0.02, abs=0)
    assert parents.aimed_chance(np.array([1e6]), np.array([0.0]), 1e-3)[0] == 1.0
    assert parents.aimed_chance(np.array([1.0]), np.array([0.3]), 4 * np.pi * 0.1)[0] == pytest.approx(
        0.1, rel=1e-9, abs=0
    )


def test_bright_photons_are_a_share_of_a_share():
    rng = np.random.default_rng(4)
    both = rng.uniform(size=1_000_000) * rng.uniform(size=1_000_000)
    for x in (0.05, 0.3, 0.9):
        found = parents.bright_chance(np.array([10.0]), 10.0 * x)
        assert found[0] == pytest.approx(np.mean(both > x), abs=2e-3)
    assert parents.bright_chance(np.array([1.0, 2.0]), 0.0).tolist() == [1.0, 1.0]
    assert parents.bright_chance(np.array([1.0]), 5.0)[0] == 0.0


def test_a_meson_is_off_axis_by_the_way_to_the_circle_of_the_window():
    angle = np.array([0.0, 0.1, 0.2, 0.6])
    low, high = np.array([0.1, -0.05]), np.array([0.3, 0.05])
    outer = np.arctan(np.hypot(0.3, 0.05))
    found = parents.off_axis(angle, low, high)
    assert found == pytest.approx([np.arctan(0.1), max(np.arctan(0.1) - 0.1, 0), 0.0, 0.6 - outer], rel=1e-9, abs=0)
    around = parents.off_axis(angle, -high, high)
    assert around == pytest.approx([0.0, 0.0, 0.0, 0.6 - outer], rel=1e-9, abs=0)
    assert parents.off_axis(np.array([0.0]), -high, -low)[0] == pytest.approx(np.arctan(0.1), rel=1e-9, abs=0)


def test_preference_and_narrow_cones():
    energy, angle, mass = np.array([2.0, 300.0, 300.0]), np.array([0.0, 0.0, 0.5]), 0.5
    window = np.reshape(WINDOW, (2, 2))
    found, narrow = parents.preferred(energy, angle, mass, window, 1.0)
    off = parents.off_axis(angle, *window)
    expected = parents.aimed_chance(energy / mass, off, 0.04 * 0.06) + 1e-9
    assert found == pytest.approx(expected * parents.bright_chance(energy, 1.0), rel=1e-9, abs=0)
    assert narrow.tolist() == [False, True, False]  # gamma^2 Omega against pi, in the window alone
    dim, _ = parents.preferred(energy, angle, mass, window, 2.0)  # no photon of the first is bright
    assert dim[0] == pytest.approx(0.1 * expected[0], rel=1e-9, abs=0)


def test_preference_times_number_is_the_content_and_the_number_is_that_of_the_flux():
    nodes = mesons.meson_spectrum(400.0, "eta", 12.0)
    found = parents.target_parents(400.0, "eta", 12.0, 0.15, WINDOW, 2e18, 1.0)
    number = found.content / found.preference
    assert np.sum(number) == pytest.approx(2e18 * np.sum(nodes.weight), rel=1e-9, abs=0)
    mean = np.average(nodes.energy, weights=nodes.weight)
    assert np.average(found.energy, weights=number) == pytest.approx(mean, rel=1e-9, abs=0)
    assert np.average(found.angle, weights=number) == pytest.approx(
        np.average(nodes.angle, weights=nodes.weight), rel=1e-9, abs=0
    )
    assert np.all(np.diff(found.energy) >= 0)


@pytest.mark.parametrize("parent", ["pi", "K"])
def test_lifetimes_are_those_of_the_particle_data_group(parent):
    found = parents.target_parents(400.0, parent, 12.0, 0.15, WINDOW, 1.0)
    nodes, mass = mesons.meson_spectrum(400.0, parent, 12.0), meson.parent_mass(parent)
    proper = 1e-3 * Particle.from_name(f"{parent}+").ctau
    chance = -np.expm1(-0.15 / (np.sqrt(nodes.energy**2 - mass**2) / mass * proper))
    assert np.sum(found.content / found.preference) == pytest.approx(np.sum(nodes.weight * chance), rel=1e-3, abs=0)


def test_charged_pions_count_with_their_decay_and_neutral_ones_do_not():
    short, long = (parents.target_parents(400.0, "pi", 12.0, path, WINDOW, 1.0) for path in (0.1, 0.2))
    numbers = [np.sum(one.content / one.preference) for one in (short, long)]
    assert numbers[1] / numbers[0] == pytest.approx(2.0, rel=1e-2, abs=0)
    etas = [parents.target_parents(400.0, "eta", 12.0, path, WINDOW, 1.0).cumulative[-1] for path in (0.1, 0.2)]
    assert etas[0] == etas[1]


def test_fast_content_weighs_with_gamma_to_the_twelfth():
    one = np.ones(2)
    found = parents.Parents(0.5, np.array([1.0, 2.0]), 0 * one, np.array([3.0, 5.0]), one, one > 0, (0.0, 0.0))
    assert found.content.tolist() == [3.0, 2.0]
    assert found.fast_content == pytest.approx(3.0 * 2.0**12 + 2.0 * 4.0**12, rel=1e-12, abs=0)


def test_a_beam_of_mesons_has_one_energy_and_no_preference():
    found = parents.beam_parents("K", 75.0, 1e12, (10.0, 60.0))
    assert found.energy == pytest.approx([np.hypot(75.0, meson.parent_mass("K"))], rel=1e-12, abs=0)
    assert (found.angle[0], found.cumulative[-1], found.preference[0], found.region) == (0.0, 1e12, 1.0, (10.0, 60.0))
    assert found.narrow.all()
    with pytest.raises(DomainError, match="must have a length"):
        parents.beam_parents("K", 75.0, 1e12, (10.0, 10.0))


def test_a_closed_meson_has_no_parents():
    with pytest.raises(DomainError, match="below threshold"):
        parents.target_parents(8.0, "J/psi", 12.0, 0.15, (-0.1, -0.1, 0.1, 0.1), 1.0)
