"""Photon searches: decay photons, the thin-target limit, and scaling with everything that must scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.inputs import cards
from nudipole.matter import materials, targets
from nudipole.portal import Direction
from nudipole.processes.decays import hnl_decay
from nudipole.processes.scattering import upscattering_total
from nudipole.signals import decay_in_flight, production
from nudipole.signals.upscattering import model as upscatter_decay

CARD = {
    "schema": 1,
    "key": "toy",
    "title": "toy",
    "signal": "upscatter-decay",
    "basis": "first-principles",
    "summary": "a carbon ball in the Booster beam",
    "source": {"flux": "booster", "baseline_m": 541.0},
    "exposure": {"protons_on_target": 1e21},
    "matter": [{"name": "ball", "material": "C", "mass_tonne": 500.0, "shape": {"model": "sphere", "radius_m": 5.0}}],
    "detector": {"model": "sphere", "radius_m": 5.0},
    "observation": {"statistic": "upper-limit", "allowed": 3.0, "expectation": "none"},
}


def model(**changes):
    raw = CARD | changes
    return upscatter_decay.build(cards.convert(raw, upscatter_decay.CardType, Path("toy.toml")), Path("toy.toml"))


def counts(built, mass, d, direction=None):
    return built.signal(np.array([mass]), direction or Direction("mu")).counts(0, np.atleast_1d(d))[:, 0]


def test_prompt_decays_count_every_upscattering():
    """For a large coupling N decays where it is made: counts = flux x cross section x targets x BR."""
    built, mass, d = model(), 0.3, 10.0
    energy, fluence = built.flux.nodes(Direction("mu"))
    expected = 0.0
    carbon = materials.get("C")
    per_kg = carbon.atoms_per_kg["C"]
    for target, number in (
        (targets.get("C12"), per_kg),
        (targets.bound_nucleons(max(n for n in [targets.isotopes.get("C12")]), "p"), per_kg),
        (targets.bound_nucleons(targets.isotopes.get("C12"), "n"), per_kg),
        (targets.get("e-"), carbon.electrons_per_kg),
    ):
        sigma = upscattering_total.total_cross_section(target, energy, mass) * units.GEV_M2_TO_CM2
        expected += number * float(np.sum(sigma * fluence))
    photon = float(hnl_decay.radiative_width(mass) / hnl_decay.total_width(mass))
    expected *= 5e5 * 1e21 * d**2 * photon
    assert counts(built, mass, d)[0] == pytest.approx(expected, rel=0.015, abs=0)


def test_long_lived_counts_go_as_the_fourth_power_and_majorana_doubles_them():
    built, mass = model(), 0.02
    one, two = counts(built, mass, np.array([1e-9, 2e-9]))
    assert two / one == pytest.approx(16.0, rel=1e-4, abs=0)
    majorana = counts(built, mass, 1e-9, Direction("mu", nature="majorana"))[0]
    assert majorana / one == pytest.approx(2.0, rel=0.02, abs=0)


def test_exposure_and_mass_are_linear():
    small, large = model(), model(exposure={"protons_on_target": 3e21})
    assert counts(large, 0.1, 1e-7)[0] / counts(small, 0.1, 1e-7)[0] == pytest.approx(3.0, rel=1e-9, abs=0)


def test_flavours_follow_the_beam():
    built = model()
    electron, muon = (counts(built, 0.1, 1e-7, Direction(f))[0] for f in ("e", "mu"))
    everything = counts(built, 0.1, 1e-7, Direction("universal"))[0]
    assert 0.002 < electron / muon < 0.02
    assert everything == pytest.approx(electron + muon, rel=0.02, abs=0)


def test_above_threshold_nothing_is_made():
    built = model()
    assert counts(built, built.maximum_mass() * 1.01, 1e-3)[0] == 0.0


@pytest.mark.parametrize("polarisation", [-1.0, 0.0, 0.4, 1.0])
def test_decay_photons_have_the_rest_frame_distribution(polarisation):
    rng = np.random.default_rng(2)
    number, mass, energy = 200000, 0.3, 0.8
    momentum = np.sqrt(energy**2 - mass**2)
    rest = 2.0 * rng.random(number) - 1.0
    photon = decay_in_flight.photon_energy(energy, momentum, rest)
    cosine = decay_in_flight.photon_cosine(energy, momentum, rest)
    weight = 1.0 - polarisation * rest
    along = (2 * photon - energy) / momentum
    # mean of cos over (1 - P cos)/2 is -P/3; second moment 1/3
    assert np.average(along, weights=weight) == pytest.approx(-polarisation / 3, abs=0.006)
    assert np.average(along**2, weights=weight) == pytest.approx(1 / 3, abs=0.006)
    # Lorentz invariance: 2 p_N . p_gamma = M^2
    invariant = 2 * photon * (energy - momentum * cosine)
    assert invariant == pytest.approx(np.full(number, mass**2), rel=1e-9, abs=0)


def test_hnl_angles_conserve_energy_and_momentum():
    states = production.final_states(materials.get("C"), np.array([0.6, 1.5]), np.array([0.2]), ("coherent",))[0]
    energy = np.array([0.6, 1.5])[states.neutrino]
    momentum = np.sqrt(states.energy**2 - 0.2**2)
    cosine = np.where(states.forward, 1, -1) * np.sqrt(1 - states.sine**2)
    recoil_momentum2 = energy**2 + momentum**2 - 2 * energy * momentum * cosine
    target_mass = production.scatterers("C", ("coherent",))[0].target.mass
    recoil_energy = np.sqrt(recoil_momentum2 + target_mass**2) - target_mass
    assert recoil_energy == pytest.approx(energy - states.energy, rel=1e-6, abs=1e-12)


def test_smooth_in_mass():
    """The same sample at every mass: neighbouring masses differ by no more than the physics does."""
    built = model()
    masses = np.geomspace(0.05, 0.06, 12)
    signal = built.signal(masses, Direction("mu"))
    values = np.array([signal.counts(i, np.array([1e-7]))[0, 0] for i in range(len(masses))])
    second = np.diff(np.log(values), 2)
    assert np.max(np.abs(second)) < 0.02


@pytest.mark.parametrize(
    ("key", "low", "high", "largest_bend"), [("hyper-k", 0.198, 0.26, 3e-3), ("lsnd-photon", 0.12, 0.2, 0.15)]
)
def test_counts_are_smooth_in_mass_where_a_cut_meets_the_nodes(key, low, high, largest_bend):
    """W22, R11 of the list of faults: counts scattered by 10 % where a recoil of 50 MeV, or the largest energy, is cut."""
    masses = np.linspace(low, high, 41)
    signal = registry.get(key).model().signal(masses, Direction("mu"))
    counts = np.array([signal.counts(row, np.array([2.5e-7])).sum() for row in range(len(masses))])
    assert np.all(counts > 0)
    assert np.max(np.abs(np.diff(np.log(counts), 2))) < largest_bend
