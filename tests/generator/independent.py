"""Events of every kind of search as they happen, one after another: what the samplers are compared with.

From the package come flux and spectrum tables, parton luminosities, differential cross sections, form factors, contents of
a kilogram, branching ratios and constants. Nodes, cells, chords, kernels and the samplers are not used. Random numbers are
drawn evenly or in logarithms, with weights that make them exact.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from nudipole import units
from nudipole.catalogue import registry
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.matter import earth, materials, targets
from nudipole.portal import Direction
from nudipole.processes.collisions import annihilation, mono_photon
from tests import chain

LIGHT = 1e9 / units.SPEED_OF_LIGHT
KILOGRAM_SECONDS = {"exposure_kg_day": units.DAY, "exposure_tonne_day": 1e3 * units.DAY, "mass_kg": 1.0}
QUARK_CHARGES = {"d": 1, "u": 2, "s": 3, "c": 4, "b": 5}


class Sample(NamedTuple):
    """Marginals by name, and the expected events that each row stands for."""

    rows: dict[str, np.ndarray]
    weight: np.ndarray

    def kept(self, good):
        """The rows that count, without those of no weight."""
        good = good & (self.weight > 0)
        return Sample({name: value[good] for name, value in self.rows.items()}, self.weight[good])


def together(samples):
    """Samples that add up."""
    names = samples[0].rows
    rows = {name: np.concatenate([s.rows[name] for s in samples]) for name in names}
    return Sample(rows, np.concatenate([s.weight for s in samples]))


def decay_length(momentum, mass, d):
    """Of a Dirac N of one flavour [m], and the share of N -> nu gamma."""
    each = chain.widths(mass)
    return np.maximum(momentum, 1e-30) / mass * units.HBAR_C / (sum(each) * d**2), each[0] / sum(each)


def _upward(number):
    return np.tile([0.0, 0.0, 1.0], (number, 1))


def _scattered(incoming, made):
    transfer2 = incoming.energy**2 + made.momentum**2 - 2.0 * incoming.energy * made.momentum * made.cosine
    return {
        "E_nu": incoming.energy, "E_N": made.energy, "cos N": made.cosine, "Q2": transfer2 - made.lost**2,
        "recoil": made.lost, "anti": incoming.anti.astype(float), "helicity": np.where(incoming.anti, -made.helicity, made.helicity),
    }  # fmt: skip


def _boosted(vector, whole, root):
    """A four-vector (4, n) of a system's rest frame in the frame where the system is ``whole`` (4, n) of mass ``root``."""
    along = np.sum(whole[1:] * vector[1:], axis=0)
    energy = (whole[0] * vector[0] + along) / root
    return np.concatenate([[energy], vector[1:] + whole[1:] * (vector[0] + energy) / (whole[0] + root)])


def _unit(rng, number):
    cosine, turn = rng.uniform(-1.0, 1.0, number), rng.uniform(0.0, 2.0 * np.pi, number)
    sine = np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])


# --- recoils -----------------------------------------------------------------------------------------------------------
def recoil(key, mass, d, flavor, number, seed):
    """Recoils of a target at rest; N leaves the detector."""
    model, rng = registry.get(key).model("default"), np.random.default_rng(seed)
    card, direction = model.card, Direction(flavor)
    matter = materials.get(card.target.material)
    (exposure,) = (
        scale * getattr(card.target, name) for name, scale in KILOGRAM_SECONDS.items() if getattr(card.target, name)
    )
    if card.response.recoil == "electron":
        kinds = chain.kinds_in(card.target.material, ["electron"])
    else:
        kinds = []
        for nucleus, count in matter.nuclei_per_kg:
            target = targets.get(nucleus.name, card.target.form_factor, screening=False)
            kinds.append(chain.Kind(target.mass, count, target))
    incoming = chain.neutrinos(model.flux, direction, mass, number, rng)
    made = chain.scatter(kinds, incoming, mass, rng)
    length, _ = decay_length(made.momentum, mass, d)
    weight = d**2 * exposure * incoming.weight * made.weight * np.exp(-card.detector.exit_m / length)
    return Sample(_scattered(incoming, made), weight)


def electron_recoil(key, preset, mass, d, flavor, number, seed):
    """Two samples: N that leaves the target, even in its length, and N whose photon merges with the electron."""
    model, rng = registry.get(key).model(preset), np.random.default_rng(seed)
    geometry, direction = model.card.geometry, Direction(flavor)
    leaves, merges = [], []
    for flux, beam in zip(model.fluxes, model.settings, strict=True):
        incoming = chain.neutrinos(flux, direction, mass, number, rng)
        electron = targets.get("e-")
        made = chain.scatter([chain.Kind(electron.mass, 1.0, electron)], incoming, mass, rng)
        length, share = decay_length(made.momentum, mass, d)
        rate = d**2 * beam.electrons * incoming.weight * made.weight
        way = geometry.downstream_m + geometry.length_m * rng.random(number)
        rows = _scattered(incoming, made)
        near = geometry.merge_m * rng.random(number)
        energy, ray = chain.photons(
            made, incoming.anti, chain.turned(_upward(number), made.cosine, 0.0 * way), mass, rng
        )
        early = LIGHT * (made.energy / np.maximum(made.momentum, 1e-30) - 1.0)
        depth = geometry.downstream_m - way
        late = {"path": way, "production z": depth, "time": way * early}
        leaves.append(Sample(rows | late, rate * np.exp(-way / length)))
        after = {"path": near, "E gamma": energy, "cos gamma": ray[:, 2], "time": near * early}
        merges.append(Sample(rows | after, rate * share * np.exp(-near / length) / length * geometry.merge_m))
    return together(leaves), together(merges)


# --- up-scattering -----------------------------------------------------------------------------------------------------
def upscattering(key, mass, d, flavor, number, seed):
    """N made in any matter of the card that decays to a photon in any of its volumes."""
    model, rng = registry.get(key).model("default"), np.random.default_rng(seed)
    card, direction = model.card, Direction(flavor)
    shapes = [chain.Shape(o) for o in (card.detector if isinstance(card.detector, list) else [card.detector])]
    centre = np.mean([s.centre for s in shapes], axis=0)
    radius = max(np.linalg.norm(s.centre - centre) + s.radius for s in shapes)
    exposure = {"POT": card.exposure.protons_on_target, "s": card.exposure.seconds, "run": 1.0}[model.flux.per]
    found = []
    for matter in card.matter:
        incoming = chain.neutrinos(model.flux, direction, mass, number, rng, exposure)
        made = chain.scatter(chain.kinds_in(matter.material, matter.channels), incoming, mass, rng)
        flight = chain.turned(_upward(number), made.cosine, 2.0 * np.pi * rng.random(number))
        origin, kilograms = chain.places(matter, shapes[0], flight, centre, radius, rng)
        middle = np.sum((centre - origin) * flight, axis=1)
        reach2 = radius**2 - np.sum((origin + middle[:, None] * flight - centre) ** 2, axis=1)
        reach = np.sqrt(np.maximum(reach2, 0.0))
        first, last = np.maximum(middle - reach, 0.0), middle + reach
        able = (reach2 > 0) & (last > first)
        length, share = decay_length(made.momentum, mass, d)
        inside = -np.expm1(-np.where(able, last - first, 0.0) / length)
        path = first - length * np.log1p(-rng.random(number) * inside)
        at = origin + path[:, None] * flight
        weight = d**2 * incoming.weight * made.weight * kilograms * able * np.exp(-first / length) * inside * share
        weight = weight * np.any([s.inside(at) for s in shapes], axis=0)
        energy, ray = chain.photons(made, incoming.anti, flight, mass, rng)
        late = {
            "production z": origin[:, 2], "production x": origin[:, 0], "decay z": at[:, 2], "decay x": at[:, 0],
            "decay y": at[:, 1], "path": path, "E gamma": energy, "cos gamma": ray[:, 2],
            "time": LIGHT * path * (made.energy / np.maximum(made.momentum, 1e-30) - 1.0),
        }  # fmt: skip
        found.append(Sample(_scattered(incoming, made) | late, weight).kept(able))
    return together(found)


# --- the Earth -----------------------------------------------------------------------------------------------------------
def from_the_earth(key, mass, d, flavor, number, seed):
    """A decay in the detector, a sphere, followed back along N to where it was made."""
    model, rng = registry.get(key).model("default"), np.random.default_rng(seed)
    card, direction = model.card, Direction(flavor)
    site, where = card.detector, card.production.where
    volume = site.mass_tonne / site.density_g_cm3
    radius = np.cbrt(0.75 * volume / np.pi)
    incoming, bands = chain._from_the_sky(model, direction, mass, number, rng)
    matters = sorted({site.material, *(layer.material_name for layer in earth.LAYERS)})
    if where == "inside":
        matters = [site.material]
    found = []
    for name in matters:
        made = chain.scatter(chain.kinds_in(name, card.production.channels), incoming, mass, rng)
        end = radius * np.cbrt(rng.random(number)) * _unit(rng, number)
        ray = _unit(rng, number)
        length, share = decay_length(made.momentum, mass, d)
        least, longest = card.selection.separation_min_m, 2.0 * (radius if where == "inside" else earth.RADIUS)
        chance = np.exp(-least / length) * -np.expm1(-(longest - least) / length)
        path = least - length * np.log1p(rng.random(number) * np.expm1(-(longest - least) / length))
        start = end - path * ray
        own = np.sum(start**2, axis=0) < radius**2
        density = np.zeros(number)
        if where != "outside" and name == site.material:
            density += 1e3 * site.density_g_cm3 * own
        if where != "inside":
            depth = np.linalg.norm(start + np.array([[0.0], [0.0], [earth.RADIUS - site.depth_m]]), axis=0)
            here = np.array([layer.material_name == name for layer in earth.LAYERS] + [False])
            density += 1e3 * earth.density(depth) * here[earth.layer_index(depth)] * ~own
        neutrino = chain.turned(ray.T, made.cosine, 2.0 * np.pi * rng.random(number))
        energy, photon = chain.photons(made, incoming.anti, ray.T, mass, rng)
        weight = d**2 * volume * density * bands(-neutrino[:, 2]) * made.weight * chance * share
        late = {
            "zenith nu": neutrino[:, 2], "zenith N": ray[2], "zenith gamma": photon[:, 2], "path": path,
            "decay r": np.linalg.norm(end, axis=0), "E gamma": energy,
            "time": LIGHT * path * (made.energy / np.maximum(made.momentum, 1e-30) - 1.0),
        }  # fmt: skip
        found.append(Sample(_scattered(incoming, made) | late, weight).kept(made.weight > 0))
    return together(found)


# --- mesons --------------------------------------------------------------------------------------------------------------
def meson_decay(key, mass, d, flavor, number, seed):
    """Mesons of the tables decay evenly in their rest frames; N that decays to a photon in a cylinder or box."""
    model, rng = registry.get(key).model("default"), np.random.default_rng(seed)
    shape, found = SimpleNamespace(**model.card.volume), []
    channels = [c for c in model.open_channels(mass) if c.group in ("", "any", flavor)]
    for channel in channels:
        parents = channel.parents
        which = rng.integers(len(parents.energy), size=number)
        true = parents.content / parents.preference  # mesons, whatever is preferred in the template
        line = rng.integers(len(channel.energy), size=number)
        star = channel.energy[line]
        weight = true[which] * len(parents.energy) * channel.ratio[line] * len(channel.energy) / number * d**2
        momentum = np.sqrt(np.maximum(star**2 - mass**2, 0.0))
        parent, turn = parents.energy[which], 2.0 * np.pi * rng.random(number)
        fast = np.sqrt(parent**2 - parents.mass**2)
        sine = np.sin(parents.angle[which])
        whole = np.stack(
            [parent, fast * sine * np.cos(turn), fast * sine * np.sin(turn), fast * np.cos(parents.angle[which])]
        )
        e, x, y, z = _boosted(np.concatenate([[star], momentum * _unit(rng, number)]), whole, parents.mass)
        size = np.sqrt(x**2 + y**2 + z**2)
        slope = np.stack([x, y, z]) / size
        origin = rng.uniform(*parents.region, number)
        front = shape.centre_m[2] - 0.5 * shape.length_m
        first = (front - origin) / np.maximum(slope[2], 1e-9)
        longest = shape.length_m / np.maximum(slope[2], 1e-9)
        length, share = decay_length(size, mass, d)
        inside = -np.expm1(-longest / length)
        path = first - length * np.log1p(-rng.random(number) * inside)
        at = path * slope
        at[2] += origin
        aside = at[:2] - np.array(shape.centre_m[:2])[:, None]
        good = np.hypot(*aside) < shape.radius_m if shape.shape == "cylinder" else (
            (np.abs(aside[0]) < 0.5 * shape.width_m) & (np.abs(aside[1]) < 0.5 * shape.height_m)
        )  # fmt: skip
        weight = weight * share * np.exp(-first / length) * inside * (good & (slope[2] > 1e-3) & (first > 0))
        rows = {
            "E meson": parent, "E_N": e, "cos N": slope[2], "decay z": at[2], "decay x": at[0], "path": path,
            "production z": origin, "time": LIGHT * path * (e / size - 1.0),
        }  # fmt: skip
        found.append(Sample(rows, weight).kept(good))
    return together(found)


# --- colliders -------------------------------------------------------------------------------------------------------------
def _decayed(rng, mass, momentum, flight, helicity):
    """The photon (4, n) of N with this helicity along ``flight`` (3, n), in the frame in which N has this momentum."""
    made = SimpleNamespace(energy=np.hypot(momentum, mass), momentum=momentum, helicity=helicity)
    energy, ray = chain.photons(made, np.zeros(len(momentum), bool), flight.T, mass, rng)
    return np.concatenate([[energy], energy * ray.T])


def lepton_collider(key, mass, d, number, seed):
    """Of the first running: nu N with N -> nu gamma before the wall, and nu N gamma with N that leaves."""
    machine, rng = registry.get(key).model("default").colliders[0], np.random.default_rng(seed)
    s = machine.sqrt_s**2

    def wall(vector):
        size = np.linalg.norm(vector[1:], axis=0)
        across = np.maximum(np.hypot(vector[1], vector[2]) / size, 1e-12)
        return size, np.minimum(
            machine.radius / across, machine.half_length / np.maximum(np.abs(vector[3] / size), 1e-12)
        )

    power = 16.0  # x = u^power
    u = np.maximum(rng.random(number), 4e-3) * (1.0 - mass**2 / s) ** (1.0 / power) * (1.0 - 1e-9)
    lost = np.maximum(u**power, 1e-39)
    weight = mono_photon.structure_function(lost, s) * power * u ** (power - 1.0) * (1.0 - mass**2 / s) ** (1.0 / power)
    if not machine.radiation:
        lost, weight = np.zeros(number), np.ones(number)
    reduced = s * (1.0 - lost)
    root, ray = np.sqrt(reduced), _unit(rng, number)
    sigma, mean = annihilation.polarised_distribution(ray[2], reduced, mass)
    momentum = 0.5 * (root - mass**2 / root)
    helicity = np.where(rng.random(number) < 0.5 * (1.0 + mean), 1.0, -1.0)
    photon = _decayed(rng, mass, momentum, ray, helicity)
    away = 0.5 * lost * machine.sqrt_s * rng.choice([-1.0, 1.0], number)
    whole = np.stack([machine.sqrt_s - np.abs(away), 0.0 * away, 0.0 * away, -away])
    hnl = _boosted(np.concatenate([[np.hypot(momentum, mass)], momentum * ray]), whole, root)
    photon = _boosted(photon, whole, root)
    size, way = wall(hnl)
    length, share = decay_length(size, mass, d)
    path = -length * np.log1p(rng.random(number) * np.expm1(-way / length))
    rows = {
        "E_N": hnl[0], "cos N": hnl[3] / size, "E gamma": photon[0], "cos gamma": photon[3] / photon[0], "path": path,
        "between": np.sum(hnl[1:] * photon[1:], axis=0) / size / photon[0], "radiated": np.abs(away),
        "decay z": path * hnl[3] / size, "decay x": path * hnl[1] / size, "time": LIGHT * path * hnl[0] / size,
    }  # fmt: skip
    scale = 2.0 * machine.events_per_cross_section * d**2
    inside = Sample(rows, weight * scale * sigma * share * -np.expm1(-way / length) / number)

    accept = machine.acceptance
    low = max(2.0 * accept.energy_min / machine.sqrt_s, accept.x_transverse_min, 1e-6)
    high = min(1.0 - mass**2 / s, 2.0 * accept.energy_max / machine.sqrt_s, 1.0 - 1e-9)
    x = rng.uniform(low, high, number)
    side = _unit(rng, number)
    side[2] *= accept.cosine_max
    side[:2] *= np.sqrt((1.0 - side[2] ** 2) / np.maximum(np.sum(side[:2] ** 2, axis=0), 1e-300))
    sigma = mono_photon.signal_distribution(x, side[2], s, mass)
    radiated = 0.5 * x * machine.sqrt_s * np.concatenate([np.ones((1, number)), side])
    rest = np.array([[machine.sqrt_s], [0.0], [0.0], [0.0]]) - radiated
    root = np.sqrt(s * (1.0 - x))
    ray = _unit(rng, number)
    momentum = 0.5 * (root - mass**2 / root)
    hnl = _boosted(np.concatenate([[np.hypot(momentum, mass)], momentum * ray]), rest, root)
    size, way = wall(hnl)
    length, _ = decay_length(size, mass, d)
    weight = 2.0 * sigma * (high - low) * 2.0 * accept.cosine_max * 1.5 * (1.0 - ray[2] ** 2)
    rows = {
        "E_N": hnl[0], "cos N": hnl[3] / size, "E radiated": radiated[0], "cos radiated": side[2], "path": way,
        "between": np.sum(hnl[1:] * side, axis=0) / size, "decay z": way * hnl[3] / size,
    }  # fmt: skip
    weight = weight * machine.events_per_cross_section * d**2 * np.exp(-way / length) / number
    return inside, Sample(rows, weight)


def hadron_collider(key, mass, d, number, seed):
    """q qbar -> nu N, N -> nu gamma before the radius: parton energies even in their logarithm."""
    search, rng = registry.get(key).model("default").search, np.random.default_rng(seed)
    luminosity, found = proton_proton(search.sqrt_s), []
    edges = luminosity.rapidity_edges
    low, top = max(2.0 * search.threshold, mass * (1.0 + 1e-9)), luminosity.sqrt_s_hat[-1]
    for quark in QUARK_CHARGES:
        root = low * (top / low) ** rng.random(number)
        rapidity = rng.uniform(-edges[-1], edges[-1], number)
        column = np.clip(np.searchsorted(edges, np.abs(rapidity), side="right") - 1, 0, len(edges) - 2)
        dense = luminosity.binned(quark, root)[np.arange(number), column] / np.diff(edges)[column] * edges[-1]
        ray = _unit(rng, number)
        sigma = annihilation.cross_section(root**2, mass, quark)
        shape = (1.0 - ray[2] ** 2) * root**2 + (1.0 + ray[2] ** 2) * mass**2
        weight = 2.0 * np.log(top / low) * dense * 2.0 * sigma * 1.5 * shape / (root**2 + 2.0 * mass**2)
        momentum = 0.5 * (root - mass**2 / root)
        mean = annihilation.helicity(ray[2], root**2, mass)
        helicity = np.where(rng.random(number) < 0.5 * (1.0 + mean), 1.0, -1.0)
        photon = _decayed(rng, mass, momentum, ray, helicity)
        whole = np.stack([root * np.cosh(rapidity), 0.0 * root, 0.0 * root, root * np.sinh(rapidity)])
        hnl = _boosted(np.concatenate([[np.hypot(momentum, mass)], momentum * ray]), whole, root)
        photon = _boosted(photon, whole, root)
        size, across = np.linalg.norm(hnl[1:], axis=0), np.hypot(hnl[1], hnl[2])
        way = search.radius * size / np.maximum(across, 1e-300)
        length, share = decay_length(size, mass, d)
        path = -length * np.log1p(rng.random(number) * np.expm1(-way / length))
        rows = {
            "sqrt s": root, "rapidity": rapidity, "E_N": hnl[0], "cos N": hnl[3] / size, "E gamma": photon[0],
            "pT gamma": np.hypot(photon[1], photon[2]), "path": path, "decay z": path * hnl[3] / size,
            "time": LIGHT * path * hnl[0] / size,
        }  # fmt: skip
        scale = search.luminosity / units.FEMTOBARN * d**2 * share * -np.expm1(-way / length)
        found.append(Sample(rows, weight * scale / number))
    return together(found)
