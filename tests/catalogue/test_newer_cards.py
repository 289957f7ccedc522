"""Dumps, FASER, CCM, NUCLEUS, sodium iodide, double cascades, the Earth and Z factories: rates by a second calculation."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from scipy.special import ndtr

from nudipole import units
from nudipole.catalogue import registry
from nudipole.fluxes.hadrons import mesons
from nudipole.matter import isotopes
from nudipole.portal import Direction
from nudipole.processes.mesons import meson
from nudipole.processes.mesons.meson import LabNodes
from nudipole.signals.lepton_collider import model as lepton_collider
from nudipole.signals.meson_decay import model as meson_decay
from tests import chain
from tests.processes import montecarlo

MU = Direction("mu")


def counts(model, mass, d, direction=MU):
    return model.signal(np.array([mass]), direction).counts(0, np.array([d]))[0].sum()


# --- N from mesons: events one by one, azimuth averaged -----------------------------------------------------------------
def _unit(cosine, azimuth):
    sine = np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)


def _azimuth_share(volume, radius):
    """Part of all azimuths for which a point at this distance from the beam axis lies in the volume."""
    phi = 2.0 * np.pi * (np.arange(720) + 0.5) / 720
    x, y = radius[:, None] * np.cos(phi) - volume["centre_m"][0], radius[:, None] * np.sin(phi)
    if volume["shape"] == "cylinder":
        return np.mean(np.hypot(x, y) < volume["radius_m"], axis=1)
    return np.mean((np.abs(x) < 0.5 * volume["width_m"]) & (np.abs(y) < 0.5 * volume["height_m"]), axis=1)


def _traced(card, mass, d, number, rng):
    """Events and their error: eta mesons drawn as they come, N isotropic in their frame, photons traced to the calorimeter."""
    beam = card.source.beam
    parents = mesons.meson_spectrum(beam, "eta", card.source.mass_number)
    fast = parents.energy > card.selection.photon_GeV[0]  # a slower meson makes no such photon
    fast &= (parents.angle < 2e-3) | (beam != "lhc")
    parents = LabNodes(parents.energy[fast], parents.angle[fast], parents.weight[fast])
    row = rng.choice(parents.weight.size, number, p=parents.weight / parents.weight.sum())
    star_energy, ratio = meson.hnl_energy_nodes("eta", "gamma nu N", mass, card.source.form_factor)
    star = rng.choice(star_energy, number, p=ratio / ratio.sum())
    momentum = np.sqrt(parents.energy[row] ** 2 - meson.parent_mass("eta") ** 2)
    parent = np.column_stack(
        [parents.energy[row], momentum[:, None] * _unit(np.cos(parents.angle[row]), np.zeros(number))]
    )
    flight = _unit(rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number))
    hnl = montecarlo.boost(np.column_stack([star, np.sqrt(star**2 - mass**2)[:, None] * flight]), parent)
    momentum = np.sqrt(np.sum(hnl[:, 1:] ** 2, axis=1))
    cosine = hnl[:, 3] / momentum
    volume = card.volume
    near = volume["centre_m"][2] - 0.5 * volume["length_m"]
    z = near + volume["length_m"] * rng.random(number)
    forward = cosine > 0
    radius = z * np.tan(np.arccos(np.clip(cosine, 1e-9, 1.0)))
    share = np.zeros(number)
    knots = np.linspace(0.0, 9.0, 7201)
    share[forward] = np.interp(radius[forward], knots, _azimuth_share(volume, knots), right=0.0)
    length = momentum / mass / MU.portal(mass, d).width / units.METRE
    path = z / np.maximum(cosine, 1e-9)
    weight = share * volume["length_m"] / np.maximum(cosine, 1e-9) / length * np.exp(-path / length)
    kept = weight > 0
    hnl, parent, weight, radius, z = hnl[kept], parent[kept], weight[kept], radius[kept], z[kept]
    transverse = np.hypot(hnl[:, 1], hnl[:, 2])
    spin = -montecarlo.boost(parent, hnl * np.array([1.0, -1.0, -1.0, -1.0]))[:, 1:]
    spin /= np.sqrt(np.sum(spin**2, axis=1))[:, None]
    photon = _unit(rng.uniform(-1, 1, len(hnl)), rng.uniform(0, 2 * np.pi, len(hnl)))
    weight = weight * (1.0 - meson.polarisation("eta", "gamma nu N", mass) * np.sum(spin * photon, axis=1))
    light = montecarlo.boost(0.5 * mass * np.column_stack([np.ones(len(hnl)), photon]), hnl)
    start = hnl[:, 1:3] / transverse[:, None] * radius[:, None]
    hit = np.hypot(*(start + light[:, 1:3] * ((card.selection.calorimeter_m - z) / light[:, 3])[:, None]).T)
    low, high = card.selection.photon_GeV
    good = (light[:, 0] > low) & (light[:, 0] < high) & (light[:, 3] > 0)
    good &= (hit > card.selection.inner_m) & (hit < card.selection.outer_m)
    photon_width, electrons, muons = chain.widths(mass)
    exposure = 1e3 * card.source.luminosity_fb if beam == "lhc" else card.source.protons
    scale = exposure * parents.weight.sum() * 2.0 * ratio.sum() / meson.total_width("eta") * d**2 / number
    scale *= card.selection.efficiency * photon_width / (photon_width + electrons + muons)
    return scale * weight[good].sum(), scale * np.sqrt(np.sum(weight[good] ** 2))


@pytest.mark.parametrize(
    ("key", "near", "d"), [("charm", 0.05, 3e-6), ("nucal", 0.05, 3e-6), ("bebc", 0.05, 3e-6), ("faser", 0.01, 1e-3)]
)
def test_n_of_eta_mesons_event_by_event(key, near, d):
    experiment = registry.get(key)
    card = msgspec.structs.replace(
        experiment.card, source=msgspec.structs.replace(experiment.card.source, mesons=["eta"])
    )
    model = meson_decay.build(card, experiment.file)
    mass = float(model.knots[np.argmin(np.abs(model.knots - near))])
    expected, error = _traced(card, mass, d, 600_000, np.random.default_rng(3))
    assert error < 0.03 * expected
    assert abs(counts(model, mass, d) - expected) < 3.0 * error + 0.03 * expected


# --- recoils: bins by direct integration --------------------------------------------------------------------------------
def _helm_squared(q, nucleons):
    """Helm form factor squared with the radius of Lewin and Smith; q in GeV."""
    skin, c = 0.9, 1.23 * nucleons ** (1 / 3) - 0.60
    radius = np.sqrt(c**2 + 7.0 / 3.0 * np.pi**2 * 0.52**2 - 5.0 * skin**2)
    x = np.maximum(q / 0.1973269804 * radius, 1e-6)
    return (3.0 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-0.5 * (q / 0.1973269804 * skin) ** 2)) ** 2


def _massless_recoils(flux, nuclei, low, high):
    """Events per d^2: 4 alpha Z^2 F^2 (1/T - 1/E) over flux and recoil, T from low to high [GeV]; M = 0."""
    total = 0.0
    for nucleons, charge, mass, number in nuclei:
        recoil = np.geomspace(low, high, 400)
        form = _helm_squared(np.sqrt(2.0 * mass * recoil), nucleons)
        for component in flux.components:
            weight = component.quadrature(component.flavor_intensity("e") + component.flavor_intensity("mu"))
            energy = component.energy[:, None]
            reach = 2.0 * energy**2 / (mass + 2.0 * energy)
            inner = np.where(recoil < reach, 1.0 / recoil - 1.0 / energy, 0.0)
            per_energy = np.trapezoid(4.0 * units.ALPHA * charge**2 * form * inner, recoil, axis=1)
            total += number * units.GEV_M2_TO_CM2 * np.sum(weight * per_energy)
    return total


def test_nucleus_below_100_electronvolt():
    """Calcium, tungsten and oxygen one by one; resolution and threshold matter little from 30 to 100 eV."""
    model = registry.get("nucleus").model()
    grams = {"Ca": 40.078, "W": 183.84, "O": 4 * 15.999}
    nuclei = []
    for symbol, share in grams.items():
        weight = share / (4.0 if symbol == "O" else 1.0)
        atoms = 1e3 * share / sum(grams.values()) / weight * units.AVOGADRO
        for nucleus in isotopes.natural(symbol):
            number = atoms * nucleus.abundance * 1.53 * units.DAY
            nuclei.append((nucleus.nucleons, nucleus.protons, nucleus.mass, number))
    expected = _massless_recoils(model.flux, nuclei, 30e-9, 100e-9)
    signal = model.signal(np.array([1e-7]), Direction("e")).counts(0, np.array([1e-9]))[0][2:6].sum() / 1e-18
    assert signal == pytest.approx(expected, rel=0.03, abs=0)


def test_sodium_of_neutrinos_at_rest():
    """All bins together, in recoil energy from 3 to 13 keV over 0.21; what smearing moves across the ends is put in."""
    model = registry.get("coherent-nai").model()
    (sodium,) = isotopes.natural("Na")
    number = 371.9e3 / 22.98977 * units.AVOGADRO
    edges = np.array([3.0, 13.0]) * 1e-6 / 0.21

    def within(low, high):
        return _massless_recoils(model.flux, [(23, 11, sodium.mass, number)], low, high)

    fine = np.geomspace(0.2 * edges[0], 1.6 * edges[1], 160)
    middle = np.sqrt(fine[1:] * fine[:-1])
    seen = 0.21 * middle * 1e6  # keV; resolution 0.40 sqrt(keV / E)
    width = 0.40 * np.sqrt(seen)
    chance = ndtr((13.0 - seen) / width) - ndtr((3.0 - seen) / width)
    expected = sum(p * within(a, b) for p, a, b in zip(chance, fine[:-1], fine[1:], strict=True))
    direction = Direction("universal")
    signal = model.signal(np.array([1e-7]), direction).counts(0, np.array([1e-9]))[0].sum() / 1e-18
    in_time = sum(model.time_fractions["nu_mu"]), sum(model.time_fractions["nu_e"])
    assert in_time[0] > 0.99
    assert signal == pytest.approx(expected, rel=0.03, abs=0)


# --- N by up-scattering ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flavor", ["e", "mu"])
def test_ccm_event_by_event(flavor):
    model, d, direction = registry.get("ccm").model(), (1e-6, 3e-6), Direction(flavor)
    theirs, error = chain.beam_counts(model, 0.03, d, direction, 1 << 17)
    ours = model.signal(np.array([0.03]), direction).counts(0, np.array(d))
    assert np.all(np.abs(ours - theirs) < 0.03 * theirs + 3.0 * error)
    assert np.all(error < 0.03 * theirs)


def test_double_cascades_in_super_kamiokande_event_by_event():
    """Neutrinos along the axis of the tank, recoils above 50 MeV, and a photon 2 m on and inside."""
    model, mass, d, number = registry.get("superk-double-bang").model(), 0.05, 2e-6, 1 << 18
    rng = np.random.default_rng(5)
    incoming = chain.neutrinos(model.flux, MU, mass, number, rng, model.card.exposure.seconds)
    made = chain.scatter(chain.kinds_in("water", ("incoherent", "electron", "dis")), incoming, mass, rng)
    size = len(made.energy)
    ray = chain.turned(np.tile([0.0, 0.0, 1.0], (size, 1)), made.cosine, 2.0 * np.pi * rng.random(size))
    radius, azimuth = 14.9 * np.sqrt(rng.random(size)), 2.0 * np.pi * rng.random(size)
    start = np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), 32.2 * (rng.random(size) - 0.5)], axis=1)
    across2 = np.sum(ray[:, :2] ** 2, axis=1)
    along = np.sum(start[:, :2] * ray[:, :2], axis=1)
    side = (-along + np.sqrt(along**2 + across2 * (14.9**2 - radius**2))) / np.maximum(across2, 1e-30)
    cap = (np.sign(ray[:, 2]) * 16.1 - start[:, 2]) / np.where(ray[:, 2] == 0.0, 1e-30, ray[:, 2])
    out = np.minimum(side, cap)
    photon, electrons, muons = chain.widths(mass)
    length = np.maximum(made.momentum, 1e-30) / mass * units.HBAR_C / ((photon + electrons + muons) * d**2)
    inside = np.where(out > 2.0, np.exp(-2.0 / length) - np.exp(-np.maximum(out, 2.0) / length), 0.0)
    energy, _ = chain.photons(made, incoming.anti, ray, mass, rng)
    weight = incoming.weight * made.weight * 22.5e6 * d**2 * inside * photon / (photon + electrons + muons)
    weight *= made.shower & (made.lost >= 0.05) & (energy > 0.03)
    expected, error = weight.sum(), np.sqrt(np.sum(weight**2))
    assert error < 0.03 * expected
    assert abs(counts(model, mass, d) - expected) < 0.03 * expected + 3.0 * error


@pytest.mark.parametrize(("key", "mass"), [("juno-earth", 0.05), ("dune-earth", 0.05)])
def test_n_from_the_earth_event_by_event(key, mass):
    model, d = registry.get(key).model(), (5e-7, 2e-6)
    theirs, error = chain.earth_counts(model, mass, d, MU, 1 << 18)
    ours = model.signal(np.array([mass]), MU).counts(0, np.array(d))
    assert np.all(np.abs(ours - theirs) < 0.03 * theirs + 3.0 * error)
    assert np.all(error < 0.05 * theirs)


# --- Z factories -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "preset", "root_s", "luminosity"), [("fcc-ee", "default", 240.0, 10.8e6), ("cepc", "z-pole", 91.2, 100e6)]
)
def test_e_plus_e_minus_makes_n_by_the_closed_formula(key, preset, root_s, luminosity):
    """2 alpha d^2 (s - M^2)^2 (s + 2 M^2) / 3 s^3, nu Nbar and nubar N, in a detector without cuts."""
    experiment, mass, d = registry.get(key), 50.0, 1e-5
    card = experiment.model(preset).card
    running = [
        msgspec.structs.replace(run, cosine_max=1.0 - 1e-9, energy_min_GeV=0.0, veto_cosine=0.0) for run in card.running
    ]
    model = lepton_collider.build(msgspec.structs.replace(card, running=running), experiment.file)
    s = root_s**2
    sigma = 2.0 * units.ALPHA * d**2 * (s - mass**2) ** 2 * (s + 2.0 * mass**2) / (3.0 * s**3)
    expected = luminosity * sigma * units.GEV_M2_TO_CM2 * 1e36
    assert counts(model, mass, d) == pytest.approx(expected, rel=0.03, abs=0)
    with_cuts = counts(experiment.model(preset), mass, d)
    assert 0.6 * expected < with_cuts < expected


def test_a_later_preset_of_ccm_is_deeper():
    experiment = registry.get("ccm")
    assert experiment.limit([0.03], MU).lower[0] < experiment.limit([0.03], MU, preset="ccm120").lower[0]
