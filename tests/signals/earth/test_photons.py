"""Photons in bins of energy and in a cone around the Sun: exact shares, one decay after the other, first cascades."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.matter import materials
from nudipole.signals.earth import photons
from nudipole.signals.earth.card import Selection
from nudipole.signals.production import final_states

EDGES = np.array([4e-3, 7e-3, 14e-3])
SUN = Selection(photon_edges_GeV=tuple(EDGES), sun_cosine_min=0.5, angle_resolution_deg=(30.0, 24.0))


@pytest.mark.parametrize("polarisation", [-1.0, 0.0, 0.4])
def test_shares_integrate_the_angular_distribution(polarisation):
    edges = np.array([[-1.0, -0.2, 0.5, 1.0]])
    found = photons.shares(edges, np.array([polarisation]))[0]
    for number, (low, high) in enumerate(zip(edges[0], edges[0, 1:], strict=False)):
        c = np.linspace(low, high, 2001)
        assert found[number] == pytest.approx(np.trapezoid(0.5 * (1.0 - polarisation * c), c), rel=1e-6, abs=0)
    assert found.sum() == pytest.approx(1.0, rel=1e-12, abs=0)


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
@pytest.mark.parametrize("mass", [0.001, 0.007])
def test_photons_towards_the_sun_agree_with_decays_one_by_one(mass, nature):
    """N at its angle, the photon at its own around N, the reconstruction around that: counted in and out of the cone."""
    states = final_states(materials.get("water"), np.array([0.013]), np.array([mass]), ("coherent",))[0]
    momentum = np.sqrt(states.energy**2 - mass**2)
    polarisation = states.polarisation if nature == "dirac" else np.zeros_like(momentum)
    seen = photons.shares_of_states(states, momentum, polarisation, EDGES, SUN).T @ states.weight
    rng, number = np.random.default_rng(8), 200_000
    which = rng.choice(len(states.weight), number, p=states.weight / states.weight.sum())
    spin = polarisation[which]
    beta = (momentum / states.energy)[which]
    rest = rng.uniform(-1.0, 1.0, number)
    rest = np.where(rng.random(number) < 0.5 * (1.0 - spin * rest), rest, -rest)  # 1 - P cos by reflection
    photon = 0.5 * states.energy[which] * (1.0 + beta * rest)
    bins = np.digitize(photon, EDGES) - 1
    sigma = np.deg2rad(np.array([30.0, 24.0]))[np.clip(bins, 0, 1)] / np.sqrt(-2.0 * np.log(0.32))
    turned = np.where(states.forward, 1.0, -1.0)[which] * np.sqrt(1.0 - states.sine[which] ** 2)
    turned = _turned(turned, (rest + beta) / (1.0 + beta * rest), rng)
    for _ in range(12):  # diffusion on the sphere, which a Gaussian in the plane is for small angles only
        kick = sigma * np.sqrt(-2.0 * np.log(rng.random(number)) / 12.0)
        turned = np.clip(_turned(turned, np.cos(kick), rng), -1.0, 1.0)
    expected = [np.sum((bins == b) & ((turned >= 0.5) == inside)) for inside in (True, False) for b in (0, 1)]
    assert seen / states.weight.sum() == pytest.approx(np.array(expected) / number, abs=0.006)


def _turned(cosine, by, rng):
    """Cosine to the axis after a turn by an angle of cosine ``by`` about a random azimuth."""
    azimuth = rng.uniform(0.0, 2.0 * np.pi, len(cosine))
    return cosine * by + np.sqrt(1.0 - cosine**2) * np.sqrt(np.maximum(1.0 - by**2, 0.0)) * np.cos(azimuth)


def states_of(material="water", channels=("coherent",), energy=0.013, mass=0.004):
    (states,) = final_states(materials.get(material), np.array([energy]), np.array([mass]), channels)
    return states, np.sqrt(states.energy**2 - mass**2)


def test_without_a_cone_bins_are_those_of_energy():
    """Of an isotropic decay the photon energy is flat between (E - p)/2 and (E + p)/2."""
    states, momentum = states_of()
    plain = Selection(photon_edges_GeV=tuple(EDGES))
    found = photons.shares_of_states(states, momentum, np.zeros_like(momentum), EDGES, plain)
    low, high = 0.5 * (states.energy - momentum), 0.5 * (states.energy + momentum)
    clipped = np.clip(EDGES, low[:, None], high[:, None])
    assert found == pytest.approx(np.diff(clipped, axis=1) / (high - low)[:, None], rel=1e-9, abs=1e-12)


def test_the_cone_and_the_rest_add_up_to_the_bins_of_energy():
    states, momentum = states_of()
    plain = Selection(photon_edges_GeV=tuple(EDGES))
    whole, parts = (
        photons.shares_of_states(states, momentum, states.polarisation, EDGES, chosen) for chosen in (plain, SUN)
    )
    assert parts.shape == (len(momentum), 4)
    assert parts[:, :2] + parts[:, 2:] == pytest.approx(whole, rel=1e-12, abs=1e-15)
    assert np.all(parts >= 0.0)


def test_a_first_cascade_needs_an_energetic_recoil_that_is_seen():
    states, momentum = states_of("water", ("incoherent",), energy=1.0, mass=0.1)
    edges = np.array([0.0, 2.0])
    chosen = Selection(photon_edges_GeV=(0.0, 2.0), first_cascade_min_GeV=0.05)
    found = photons.shares_of_states(states, momentum, states.polarisation, edges, chosen)[:, 0]
    assert np.array_equal(found > 0.0, states.shower & (states.recoil >= 0.05))
    assert 0 < np.count_nonzero(found) < len(found)
