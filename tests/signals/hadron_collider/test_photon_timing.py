"""Displaced and delayed photons: closed kinematics against thrown events that are followed and measured."""

import numpy as np
import pytest

from nudipole import units
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.portal import Direction
from nudipole.signals.hadron_collider import mono_photon as lhc
from nudipole.signals.hadron_collider import photon_timing as late_photons
from nudipole.signals.hadron_collider import search as mono_photon_search
from tests import chain


def thrown(number, mass, seed=4):
    """N of GeV momenta anywhere, isotropic photons by an explicit boost: unit vectors, beta."""
    rng = np.random.default_rng(seed)

    def isotropic():
        z, phi = rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number)
        return np.stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z], axis=-1)

    flight, rest = isotropic(), isotropic()
    momentum = rng.uniform(0.5, 20.0, number) * mass
    energy = np.hypot(momentum, mass)
    along = np.sum(flight * rest, axis=-1)
    boosted = rest + ((energy / mass - 1) * along + momentum / mass)[:, None] * flight
    return flight, boosted / np.linalg.norm(boosted, axis=-1)[:, None], momentum / energy, rng


def wall(start, unit, radius):
    """Where a ray leaves the cylinder, by halving."""
    low, high = np.zeros(len(start)), np.full(len(start), 1e4)
    for _ in range(80):
        middle = 0.5 * (low + high)
        inside = np.hypot(*(start + middle[:, None] * unit)[:, :2].T) < radius
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return 0.5 * (low + high)


@pytest.mark.parametrize("mass", [0.1, 30.0])
def test_closest_approach_and_delay_of_followed_photons(mass):
    flight, photon, beta, rng = thrown(4000, mass)
    radius = 1.5
    path = rng.uniform(0, 1, 4000) * radius / np.hypot(flight[:, 0], flight[:, 1])
    keep = np.hypot(photon[:, 0], photon[:, 1]) > 0.05
    flight, photon, beta, path = flight[keep], photon[keep], beta[keep], path[keep]
    decay = path[:, None] * flight
    # closest to the beam: the smallest distance along the line, by a fine scan about it
    line = -np.sum(decay[:, :2] * photon[:, :2], axis=-1) / np.sum(photon[:, :2] ** 2, axis=-1)
    distance = [np.hypot(*(decay + (line + step)[:, None] * photon)[:, :2].T) for step in (-1e-3, 0.0, 1e-3)]
    assert np.all((distance[1] <= distance[0]) & (distance[1] <= distance[2]))
    z = (decay + line[:, None] * photon)[:, 2]
    assert path * late_photons.closest_approach(flight, photon) == pytest.approx(z, rel=1e-9, abs=1e-9)
    hit = decay + wall(decay, photon, radius)[:, None] * photon
    clock = path / beta + np.linalg.norm(hit - decay, axis=-1) - np.linalg.norm(hit, axis=-1)
    ours = late_photons.delay(path, flight, photon, beta, radius)
    assert ours == pytest.approx(clock / units.SPEED_OF_LIGHT, rel=1e-7, abs=1e-18)


def test_photons_are_late_between_the_paths_of_a_delay_and_nowhere_else():
    flight, photon, beta, rng = thrown(3000, 1.0)
    keep = np.hypot(photon[:, 0], photon[:, 1]) > 0.3
    flight, photon, beta = flight[keep], photon[keep], beta[keep]
    least, radius = 0.3e-9, 1.3
    near, far = late_photons.paths_of_delay(least, flight, photon, beta, radius)
    found = np.isfinite(near)
    assert 0.1 < found.mean() < 0.9
    path = rng.uniform(0, 1, len(beta)) * radius / np.hypot(flight[:, 0], flight[:, 1])
    late = late_photons.delay(path, flight, photon, beta, radius) > least
    assert np.mean(late != (found & (path > near) & (path < far))) < 5e-3
    crossing = late_photons.delay(near[found], flight[found], photon[found], beta[found], radius)
    assert crossing == pytest.approx(least, rel=0.03, abs=0)
    assert np.any(far[found] < 0.999 * radius / np.hypot(flight[found, 0], flight[found, 1]))  # no detour at the wall


@pytest.mark.parametrize(
    ("mass", "selection", "cut"),
    [(10.0, "displaced", 0.01), (60.0, "displaced", 0.3), (60.0, "delayed", 0.5e-9), (300.0, "delayed", 1.2e-9)],
)
def test_share_of_late_photons_against_thrown_collisions(mass, selection, cut):
    """Pairs thrown in (s, y, c), followed through boost, decay and detector; N of a decay length put in by hand."""
    keyword = {"impact_min": cut} if selection == "displaced" else {"delay_min": cut}
    search = mono_photon_search.MonoPhotonSearch(
        1.0, (60.0, np.inf), 60.0, 1.37, selection=selection, isotropic=True, **keyword
    )
    d = np.array([1e-10 * (60.0 / mass) ** 2])
    ours = lhc.template(mass, Direction("mu"), search).counts(d)[0, 0]
    rng, number = np.random.default_rng(9), 400_000
    luminosity = proton_proton()
    production = mono_photon_search.Production.of(Direction("mu"), search)
    low, top = max(120.0, mass * (1 + 1e-9)), luminosity.sqrt_s_hat[-1]
    root = np.exp(rng.uniform(np.log(low), np.log(top), number))
    edges = luminosity.rapidity_edges
    y = rng.uniform(-edges[-1], edges[-1], number)
    column = np.clip(np.searchsorted(edges, np.abs(y)) - 1, 0, len(edges) - 2)
    density = (
        mono_photon_search.rates(root, mass, production, luminosity)[np.arange(number), column]
        / np.diff(edges)[column]
        / 2
    )
    c = rng.uniform(-1, 1, number)
    shape = ((1 - c**2) * root**2 + (1 + c**2) * mass**2) / (root**2 + 2 * mass**2) * 0.75
    weight = density * shape / units.FEMTOBARN * 2 * np.log(top / low) * 2 * edges[-1] * 2 / number
    phi = rng.uniform(0, 2 * np.pi, number)
    axis = np.stack([np.sqrt(1 - c**2) * np.cos(phi), np.sqrt(1 - c**2) * np.sin(phi), c], axis=-1)
    momentum = (root**2 - mass**2) / (2 * root)
    hnl = np.concatenate([np.hypot(momentum, mass)[:, None], momentum[:, None] * axis], axis=-1)
    z, phi = rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number)
    rest = np.stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z], axis=-1) * mass / 2
    gamma, along = hnl[:, 0] / mass, np.sum(axis * rest, axis=-1)
    space = rest + ((gamma - 1) * along + momentum / mass * mass / 2)[:, None] * axis
    photon = np.concatenate([(gamma * mass / 2 + momentum / mass * along)[:, None], space], axis=-1)

    def boosted(p):
        energy, pz = p[:, 0], p[:, 3]
        return np.stack(
            [energy * np.cosh(y) + pz * np.sinh(y), p[:, 1], p[:, 2], pz * np.cosh(y) + energy * np.sinh(y)], axis=-1
        )

    hnl, photon = boosted(hnl), boosted(photon)
    transverse = np.hypot(photon[:, 1], photon[:, 2])
    seen = (transverse > 60.0) & (np.abs(photon[:, 3]) < np.sinh(1.37) * transverse)
    hnl, photon, weight = hnl[seen], photon[seen], weight[seen]
    size = np.linalg.norm(hnl[:, 1:], axis=-1)
    photon_width, *rest = chain.widths(mass)
    width = photon_width + sum(rest)
    length = size / (width * mass * d[0] ** 2) * units.HBAR_C
    ends = 1.5 / np.hypot(hnl[:, 1], hnl[:, 2]) * size
    inside = -np.expm1(-ends / length)
    path = -length * np.log1p(-rng.uniform(0, 1, len(weight)) * inside)
    decay, unit = path[:, None] * hnl[:, 1:] / size[:, None], photon[:, 1:] / photon[:, :1]
    if selection == "displaced":
        line = -np.sum(decay[:, :2] * unit[:, :2], axis=-1) / np.sum(unit[:, :2] ** 2, axis=-1)
        passed = np.abs(decay[:, 2] + line * unit[:, 2]) > cut
    else:
        hit = decay + wall(decay, unit, 1.5)[:, None] * unit
        time = path * hnl[:, 0] / size + np.linalg.norm(hit - decay, axis=-1) - np.linalg.norm(hit, axis=-1)
        passed = time / units.SPEED_OF_LIGHT > cut
    weight = weight * photon_width / width
    expected = np.sum(weight * inside * passed) * d[0] ** 2
    error = np.sqrt(np.sum((weight * inside * passed) ** 2)) * d[0] ** 2
    assert error < 0.05 * expected
    assert ours == pytest.approx(expected, abs=4 * error, rel=0.03)


def test_a_straight_photon_is_late_by_the_velocity_of_n_alone():
    path, beta = np.array([0.3, 1.0]), np.array([0.5, 0.9])
    along = np.array([[1.0, 0.0, 0.0]] * 2)
    straight = late_photons.delay(path, along, along, beta, 2.0)
    assert straight == pytest.approx(path * (1 / beta - 1) / units.SPEED_OF_LIGHT, rel=1e-12, abs=0)
    # at right angles: 3 along, then 4 across to a wall 5 away, light needs 5
    across = np.array([[0.0, 1.0, 0.0]] * 2)
    bent = late_photons.delay(np.array([3.0, 3.0]), along, across, np.array([1.0, 1.0]), 5.0)
    assert bent == pytest.approx(2.0 / units.SPEED_OF_LIGHT, rel=1e-12, abs=0)


def test_no_delay_is_missed_and_none_is_made_up():
    """Inside (near, far) photons are late, outside they are not: for every N that is late anywhere on its way."""
    flight, _, _, _ = thrown(3000, 30.0)
    photon, beta = thrown(3000, 30.0, seed=9)[0], np.full(3000, 0.999)  # any angle: the kink alone makes them late
    radius, least = 1.5, 1e-9
    near, far = late_photons.paths_of_delay(least, flight, photon, beta, radius)
    wall_at = radius / np.hypot(flight[:, 0], flight[:, 1])
    steps = np.linspace(0.02, 0.98, 49)[:, None] * wall_at
    late = late_photons.delay(steps, flight, photon, beta, radius) > least
    inside = (steps > near) & (steps < far)
    edge = np.minimum(np.abs(steps - near), np.abs(steps - far)) < 0.06 * wall_at
    assert np.mean((late == inside) | edge) > 0.999
    assert 0.2 < np.mean(np.isfinite(near)) < 0.9
