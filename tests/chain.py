"""A photon search as it happens, one event after another: the independent method behind tests/test_whole_chain.py.

A neutrino of the flux table meets a nucleus, nucleon, electron or quark of the card's matter; N leaves at its exact
angle with a helicity drawn from explicit two-component amplitudes; it flies, decays somewhere inside a shape or not,
and its photon is boosted as a four-vector, smeared, cut and put in its bin. From the package come the flux table, the
differential cross section with its form factors, the contents of a kilogram and constants, and nothing else: no nodes
in energy, recoil, angle or distance, no chords, no kernels. Random numbers are importance-sampled with exact weights.

Helicity amplitudes. N (helicity h, right-handed component) from nu_L through the photon of a current J:

    A_h(J) = sqrt(E_N + h p_N) xi_h^dagger sigma.a xi_-,     a = J_0 q - q_0 J - i J x q ,

and the hadron tensor is F_1 (e_1 e_1 + e_2 e_2) + [F_2/(m nu) - F_1/p_T^2] p_T p_T with e_1, e_2 transverse to q. The
decay of N at rest conserves angular momentum only as (1 - cos)/2 for N -> nu gamma (photon helicity -1, nu backwards
with +1/2 along the photon: -1/2 together) and (1 + cos)/2 for Nbar; for a photon of mass^2 = x M^2 the longitudinal one
has the opposite sign and the share x/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nudipole import units
from nudipole.inputs import tables
from nudipole.matter import earth, materials, photon_conversion, targets
from nudipole.processes.scattering import deep_inelastic, upscattering

STEEPEST = np.cos(np.deg2rad(80.0))  # N from a slab fly within 80 degrees of the beam: a named approximation
PROTON = units.PROTON_MASS


class Kind(NamedTuple):
    """One kind of target with its number in a kilogram; without ``target`` the quarks of a nucleon."""

    mass: float
    number: float
    target: targets.Target | None
    nucleon: str = ""


# --- shapes ----------------------------------------------------------------------------------------------------------
class Shape:
    """A box, sphere, cylinder or hexagonal prism of a card: whether points are inside, nothing else."""

    def __init__(self, options):
        self.model, self.options = options["model"], options
        self.centre = np.array(options.get("centre_m") or [0.0, 0.0, 0.0], dtype=float)
        axis = "xyz".index(options.get("axis", "z"))
        self.order = [k for k in range(3) if k != axis] + [axis]
        half = {
            "box": lambda: [options["width_m"] / 2, options["height_m"] / 2, options["length_m"] / 2],
            "sphere": lambda: [options["radius_m"]] * 3,
            "cylinder": lambda: [options["radius_m"], options["radius_m"], options["length_m"] / 2],
            "hexagon": lambda: [options["apothem_m"] * 2 / np.sqrt(3)] * 2 + [options["length_m"] / 2],
        }[self.model]()
        self.half = np.empty(3)
        self.half[self.order] = half
        self.radius = {"sphere": half[0]}.get(self.model, float(np.linalg.norm(self.half)))

    def inside(self, points):
        relative = points - self.centre
        x, y, z = (relative[:, k] for k in self.order)
        if self.model == "sphere":
            return np.sum(relative**2, axis=1) < self.half[0] ** 2
        within = np.abs(z) < self.half[self.order[2]]
        if self.model == "cylinder":
            return within & (x**2 + y**2 < self.options["radius_m"] ** 2)
        if self.model == "hexagon":
            turned = [np.abs(x * np.cos(a) + y * np.sin(a)) for a in np.pi / 3 * np.arange(3)]
            return within & (np.max(turned, axis=0) < self.options["apothem_m"])
        return within & (np.abs(x) < self.half[0]) & (np.abs(y) < self.half[1])

    def sample(self, number, rng):
        """Points uniform inside, by rejection from the bounding box."""
        kept = np.zeros((0, 3))
        while len(kept) < number:
            tried = self.centre + self.half * rng.uniform(-1.0, 1.0, (number, 3))
            kept = np.concatenate([kept, tried[self.inside(tried)]])
        return kept[:number]


# --- a neutrino meets matter -------------------------------------------------------------------------------------------
def kinds_in(material, channels):
    """Every isotope, bound and free nucleon and electron of a kilogram."""
    found, matter = [], materials.get(material)
    for nucleus, number in matter.nuclei_per_kg:
        if number <= 0:
            continue
        if nucleus.protons == 1:
            if {"coherent", "incoherent"} & set(channels):
                free = targets.get("H1")
                found.append(Kind(free.mass, number, free))
            continue
        if "coherent" in channels:
            whole = targets.get(nucleus.name)
            found.append(Kind(whole.mass, number, whole))
        if "incoherent" in channels:
            parts = (targets.bound_nucleons(nucleus, nucleon) for nucleon in ("p", "n"))
            found += [Kind(part.mass, number, part) for part in parts]
    if "electron" in channels:
        found.append(Kind(units.ELECTRON_MASS, matter.electrons_per_kg, targets.get("e-")))
    if "dis" in channels:
        found.append(Kind(PROTON, matter.protons_per_kg, None, "p"))
        found.append(Kind(PROTON, matter.neutrons_per_kg, None, "n"))
    return found


@dataclass
class Neutrinos:
    """Energies [GeV], whether antineutrinos, and the fluence [cm^-2] that each stands for."""

    energy: np.ndarray
    anti: np.ndarray
    weight: np.ndarray


def neutrinos(flux, direction, mass, number, rng, exposure=1.0, pieces=3000):
    """Draws from the flux table: half as the flux, half as energy times flux; weights make both exact."""
    chosen = []
    for component in flux.components:
        value = component.effective(direction)
        if component.lines:
            cells = [(e, e, v) for e, v in zip(component.energy, value, strict=True) if e > mass and v > 0]
            low, high, content = (np.array(column) for column in zip(*cells, strict=True)) if cells else ([], [], [])
        else:
            bottom, top = max(component.energy[0], mass), component.energy[value > 0].max(initial=0.0)
            top = min(component.energy[-1], component.energy[component.energy > top].min(initial=np.inf))
            if top <= bottom:
                continue
            edges = np.geomspace(bottom, top, pieces + 1)
            low, high = edges[:-1], edges[1:]
            middle = 0.5 * (low + high)
            content = np.interp(middle, component.energy, value) * (high - low) + 1e-12 * value.max() * (high - low)
        chosen.append((component, value, np.asarray(low), np.asarray(high), np.asarray(content)))
    sizes = np.array([0.5 * (c[4].sum() + (c[4] * c[2]).sum() / 2.0) for c in chosen])
    counts = rng.multinomial(number, sizes / sizes.sum())
    energy, anti, weight = [], [], []
    for (component, value, low, high, content), count, size in zip(chosen, counts, sizes, strict=True):
        if not len(low) or not count:
            continue
        chance = 0.5 * content / content.sum() + 0.5 * content * low / (content * low).sum()
        cell = rng.choice(len(low), count, p=chance / chance.sum())
        drawn = low[cell] + (high - low)[cell] * rng.random(count)
        dense = content[cell] if component.lines else np.interp(drawn, component.energy, value) * (high - low)[cell]
        energy.append(drawn)
        anti.append(np.full(count, component.antineutrino))
        weight.append(exposure * dense / chance[cell] * sizes.sum() / size / number)
    return Neutrinos(*(np.concatenate(part) for part in (energy, anti, weight)))


@dataclass
class Scatterings:
    """N made: per kilogram and d^2, [cm^2 GeV^2]."""

    weight: np.ndarray
    energy: np.ndarray  # of N [GeV]
    momentum: np.ndarray
    cosine: np.ndarray  # to the neutrino
    lost: np.ndarray  # energy [GeV] given to the target
    helicity: np.ndarray  # +1 or -1, of N
    shower: np.ndarray


def scatter(kinds, incoming, mass, rng, nature="dirac"):
    """One scattering for each neutrino on a target drawn by Z^2-like importance."""
    number = len(incoming.energy)
    charge = np.array(
        [
            k.number * (1.0 if k.target is None else float(np.max(k.target.electric(np.array([1e-6, 3e-3, 0.1])))))
            for k in kinds
        ]
    )
    chance = 0.6 * charge / charge.sum() + 0.4 / len(kinds)
    which = rng.choice(len(kinds), number, p=chance)
    columns = {name: np.zeros(number) for name in ("weight", "energy", "momentum", "cosine", "lost")}
    helicity, shower = np.ones(number), np.zeros(number, dtype=bool)
    for index, kind in enumerate(kinds):
        here = np.nonzero(which == index)[0]
        energy = incoming.energy[here]
        draw = _elastic if kind.target is not None else _inelastic
        lost, q2, weight, f1, f2 = draw(kind, energy, mass, rng)
        good = weight > 0
        here, energy, lost, q2, f1, f2 = here[good], energy[good], lost[good], q2[good], f1[good], f2[good]
        hnl = energy - lost
        momentum = np.sqrt(np.maximum(hnl**2 - mass**2, 0.0))
        transfer2 = q2 + lost**2
        cosine = np.clip((energy**2 + momentum**2 - transfer2) / (2.0 * energy * np.maximum(momentum, 1e-30)), -1, 1)
        columns["weight"][here] = weight[good] * kind.number / chance[index] * units.GEV_M2_TO_CM2
        columns["energy"][here], columns["momentum"][here] = hnl, momentum
        columns["cosine"][here], columns["lost"][here] = cosine, lost
        flip, keep = amplitudes_squared(energy, hnl, momentum, cosine, lost, q2, kind.mass, f1, f2)
        up = rng.random(len(here)) * (flip + keep) < flip
        helicity[here] = np.where(up, 1.0, -1.0)
        heavy = kind.target is not None and kind.mass > 2.0 and kind.mass > PROTON
        shower[here] = not heavy
    return Scatterings(**columns, helicity=helicity, shower=shower)


def _elastic(kind, energy, mass, rng):
    """Recoil energy log-uniform between its limits; F_1 and F_2 at x = 1 without their delta function."""
    m = kind.mass
    s = m**2 + 2.0 * m * energy
    able = s > (m + mass) ** 2
    root = np.sqrt(np.where(able, s, (m + mass + 1.0) ** 2))
    start = (root**2 - m**2) / (2.0 * root)
    end_energy = (root**2 + mass**2 - m**2) / (2.0 * root)
    end = np.sqrt(np.maximum(end_energy**2 - mass**2, 0.0))
    largest = 2.0 * start * (end_energy + end) - mass**2
    smallest = mass**4 * m**2 / (root**2 * largest)
    largest = np.minimum(largest, kind.target.reach)
    smallest = np.minimum(np.maximum(smallest, 1e-14 * largest), largest)
    span = np.log(largest / smallest)
    q2 = smallest * np.exp(span * rng.random(len(energy)))
    lost = q2 / (2.0 * m)
    able &= (span > 0) & (lost < energy - mass)
    value = np.zeros(len(energy))
    value[able] = upscattering.spectrum(kind.target, lost[able], energy[able], mass)
    magnetic = np.zeros(len(q2)) if kind.target.magnetic is None else kind.target.magnetic(q2)
    return lost, q2, value * lost * span, 0.5 * magnetic, kind.target.electric(q2)


def _inelastic(kind, energy, mass, rng):
    """W and Q^2, both drawn in logarithms; structure functions themselves, not their table."""
    m, least = PROTON, deep_inelastic.W_MIN
    root = np.sqrt(m**2 + 2.0 * m * energy)
    able = root - mass > least
    span_w = np.log(np.where(able, root - mass, 2.0 * least) / least)
    w = least * np.exp(span_w * rng.random(len(energy)))
    end_energy = (root**2 + mass**2 - w**2) / (2.0 * root)
    end = np.sqrt(np.maximum(end_energy**2 - mass**2, 0.0))
    start = (root**2 - m**2) / (2.0 * root)
    largest = 2.0 * start * (end_energy + end) - mass**2
    smallest = np.maximum(2.0 * start * (end_energy - end) - mass**2, 1e-9)
    able &= largest > smallest
    soft = 0.05
    span_q = np.log(np.where(able, (largest + soft) / (smallest + soft), 1.0))
    q2 = np.where(able, (smallest + soft) * np.exp(span_q * rng.random(len(energy))) - soft, 1.0)
    q2 = np.maximum(q2, 1e-9)
    x = q2 / (w**2 - m**2 + q2)
    f1, f2 = deep_inelastic.structure_functions(x, q2, kind.nucleon)
    value = deep_inelastic.double_differential(x, q2, energy, mass, m, f1, f2)
    jacobian = x**2 / q2 * 2.0 * w**2 * span_w * (q2 + soft) * span_q
    lost = q2 / (2.0 * m * x)
    return lost, q2, np.where(able & (lost < energy - mass), np.maximum(value, 0.0) * jacobian, 0.0), f1, f2


def amplitudes_squared(energy, hnl, momentum, cosine, lost, q2, target_mass, f1, f2):
    """Rates of helicity +1/2 and -1/2 of N from a nu_L in common units; see the top of this module."""
    sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    zero = np.zeros_like(energy)
    q = np.stack([-momentum * sine, zero, energy - momentum * cosine])
    size = np.sqrt(np.sum(q**2, axis=0))
    in_plane = np.stack([q[2], zero, -q[0]]) / size
    across = np.stack([zero, zero + 1.0, zero])
    longitudinal = f2 / (target_mass * lost) - f1 / (target_mass**2 * (1.0 + lost**2 / q2))
    vectors = [
        (f1, -lost * in_plane - 1j * np.cross(in_plane, q, axis=0)),
        (f1, -lost * across - 1j * np.cross(across, q, axis=0)),
        (longitudinal, target_mass * q + 0j),
    ]
    half_cosine, half_sine = np.sqrt(0.5 * (1.0 + cosine)), np.sqrt(0.5 * (1.0 - cosine))
    rates = []
    for sign, upper, lower in ((1.0, half_cosine, half_sine), (-1.0, -half_sine, half_cosine)):
        total = sum(part * np.abs(upper * (a[0] - 1j * a[1]) - lower * a[2]) ** 2 for part, a in vectors)
        rates.append((hnl + sign * momentum) * total)
    return np.maximum(rates[0], 0.0), np.maximum(rates[1], 0.0)


# --- N flies and decays --------------------------------------------------------------------------------------------------
def widths(mass):
    """nu gamma, nu e+ e- and nu mu+ mu- per d^2 of a Dirac N [GeV^3], the dilepton ones by quadrature in ln s."""
    photon = mass**3 / (4.0 * np.pi)
    pairs = []
    for lepton in (units.ELECTRON_MASS, units.MUON_MASS):
        if mass <= 2.0 * lepton:
            pairs.append(0.0)
            continue
        s = np.geomspace(4.0 * lepton**2, mass**2, 200001)
        pairs.append(photon * float(np.trapezoid(_dilepton(s, mass, lepton) * s, np.log(s))))
    return photon, pairs[0], pairs[1]


def _dilepton(s, mass, lepton):
    x = s / mass**2
    phase = np.sqrt(np.maximum(1.0 - 4.0 * lepton**2 / s, 0.0))
    return units.ALPHA / (3 * np.pi * s) * (1 + 2 * lepton**2 / s) * phase * (1 - x) ** 2 * (1 + 0.5 * x)


def turned(axis, cosine, azimuth):
    """Unit vectors at an angle to ``axis`` (n, 3)."""
    helper = np.where(np.abs(axis[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(axis, first)
    sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))[:, None]
    return cosine[:, None] * axis + sine * (np.cos(azimuth)[:, None] * first + np.sin(azimuth)[:, None] * second)


def boosted_photon(energy, momentum, mass, rest, x=0.0):
    """Energy and cosine to the path of N of a photon (or a pair of mass squared x M^2), boosted as a four-vector."""
    rest_energy, rest_momentum = 0.5 * mass * (1.0 + x), 0.5 * mass * (1.0 - x)
    along = (energy * rest_momentum * rest + momentum * rest_energy) / mass
    across = rest_momentum * np.sqrt(1.0 - rest**2)
    return (energy * rest_energy + momentum * rest_momentum * rest) / mass, along / np.hypot(along, across)


def photons(made, anti, flight, mass, rng, nature="dirac", pair=False):
    """Energy [GeV] and direction of the photon, or of the e+ e- pair with its own mass."""
    number = len(made.energy)
    x = np.zeros(number)
    if pair:
        s = np.geomspace(4.0 * units.ELECTRON_MASS**2, mass**2, 20001)
        cumulative = np.concatenate(
            [
                [0.0],
                np.cumsum(
                    0.5
                    * np.diff(s)
                    * (_dilepton(s, mass, units.ELECTRON_MASS)[1:] + _dilepton(s, mass, units.ELECTRON_MASS)[:-1])
                ),
            ]
        )
        x = np.interp(rng.random(number) * cumulative[-1], cumulative, s) / mass**2
    asymmetry = (1.0 - 0.5 * x) / (1.0 + 0.5 * x)  # transverse minus longitudinal
    helicity = np.where(anti, -made.helicity, made.helicity)  # an antineutrino makes the mirror image
    along_spin = np.where(anti, 1.0, -1.0) * asymmetry  # dGamma ~ 1 + along_spin cos(photon, spin)
    slope = np.zeros(number) if nature == "majorana" else along_spin * helicity
    rest = rng.uniform(-1.0, 1.0, number)
    rest = np.where(rng.random(number) < 0.5 * (1.0 + slope * rest), rest, -rest)
    energy, cosine = boosted_photon(made.energy, made.momentum, mass, rest, x)
    return energy, turned(flight, np.clip(cosine, -1.0, 1.0), 2.0 * np.pi * rng.random(number))


def seen(card, efficiency, energy, direction, rng):
    """Bin (-1: none) and efficiency of photons after smearing and cuts."""
    selection, histogram, number = card.selection, card.histogram, len(energy)
    measured, cosine = energy, direction[:, 2]
    a, b = selection.energy_resolution
    if a or b:
        measured = np.maximum(
            energy * (1.0 + np.hypot(a / np.sqrt(np.maximum(energy, 1e-12)), b) * rng.normal(size=number)), 0.0
        )
    if selection.angle_resolution_deg:
        kicks = np.deg2rad(selection.angle_resolution_deg) * rng.normal(size=(number, 2))
        cosine = turned(direction, np.cos(np.hypot(*kicks.T)), np.arctan2(kicks[:, 1], kicks[:, 0]))[:, 2]
    good = (measured >= selection.energy_min_GeV) & (cosine >= selection.cosine_min)
    good &= measured <= (selection.energy_max_GeV or np.inf)
    if selection.energy_angle2_max_GeV:
        good &= measured * np.arccos(np.clip(cosine, -1.0, 1.0)) ** 2 <= selection.energy_angle2_max_GeV
    if selection.q2_max_GeV2:  # of nu n -> e p with everything massless but the nucleon at rest
        slowed = measured * (1.0 - cosine) / units.NEUTRON_MASS
        neutrino = np.divide(measured, 1.0 - slowed, out=np.full(number, 1e9), where=slowed < 1.0)
        good &= 2.0 * neutrino * measured * (1.0 - cosine) <= selection.q2_max_GeV2
    chance = np.full(number, selection.efficiency)
    if efficiency is not None:
        chance *= np.interp(energy, *efficiency)
    edges = np.array(histogram.edges)
    if histogram.variable == "count":
        return np.where(good, 0, -1), chance
    mn, mp, me = units.NEUTRON_MASS, PROTON, units.ELECTRON_MASS
    with np.errstate(divide="ignore"):
        electron = np.sqrt(np.maximum(measured**2 - me**2, 0.0))
        rest = mn - measured + electron * cosine
        quasi = np.where(rest > 0, (mn * measured - 0.5 * (mn**2 + me**2 - mp**2)) / rest, np.inf)
    value = {"energy": measured, "cosine": cosine, "quasi-elastic-energy": quasi}[histogram.variable]
    place = np.digitize(value, edges) - 1
    return np.where(good & (place >= 0) & (place < len(edges) - 1), place, -1), chance


# --- a beam ---------------------------------------------------------------------------------------------------------------
def beam_counts(model, mass, couplings, direction, number=1 << 18, seed=1):
    """Expected events and their statistical error, each (couplings, bins), of a photon search in a beam."""
    rng = np.random.default_rng(seed)
    card, nature = model.card, direction.nature
    shapes = [Shape(o) for o in (card.detector if isinstance(card.detector, list) else [card.detector])]
    centre = np.mean([s.centre for s in shapes], axis=0)
    radius = max(np.linalg.norm(s.centre - centre) + s.radius for s in shapes)
    bins = len(card.histogram.edges) - 1 if card.histogram.variable != "count" else 1
    total, variance = np.zeros((2, len(couplings), bins))
    exposure = {"POT": card.exposure.protons_on_target, "s": card.exposure.seconds, "run": 1.0}[model.flux.per]
    photon, electrons, muons = widths(mass)
    whole = (photon + electrons + muons) * (2.0 if nature == "majorana" else 1.0)
    pair = card.selection.visible == "pair"
    share = (electrons if pair else photon) / (photon + electrons + muons)
    if card.selection.efficiency_by_mass:
        known = tables.load(f"catalogue/{card.selection.efficiency_by_mass}")
        share = share * np.interp(mass, known["mass"] * units.MEV, known["efficiency"])
    for matter in card.matter:
        incoming = neutrinos(model.flux, direction, mass, number, rng, exposure)
        made = scatter(kinds_in(matter.material, matter.channels), incoming, mass, rng)
        azimuth = 2.0 * np.pi * rng.random(number)
        flight = turned(np.tile([0.0, 0.0, 1.0], (number, 1)), made.cosine, azimuth)
        origin, kilograms = places(matter, shapes[0], flight, centre, radius, rng)
        weight = incoming.weight * made.weight * kilograms * share * (made.cosine >= card.selection.hnl_cosine_min)
        energy, ray = photons(made, incoming.anti, flight, mass, rng, nature, pair)
        place, chance = seen(card, model.photons.efficiency, energy, ray, rng)
        weight = weight * chance * (place >= 0)
        middle = np.sum((centre - origin) * flight, axis=1)  # where the path is nearest to the centre
        reach2 = radius**2 - np.sum((origin + middle[:, None] * flight - centre) ** 2, axis=1)
        reach = np.sqrt(np.maximum(reach2, 0.0))
        first, last = np.maximum(middle - reach, 0.0), middle + reach
        weight[(reach2 <= 0) | (last <= first)] = 0.0
        for row, d in enumerate(couplings):
            length = made.momentum / mass * units.HBAR_C / (whole * d**2)
            kept = np.nonzero(weight)[0]
            one, two, mean = first[kept], last[kept], length[kept]
            inside = -np.expm1(-(two - one) / mean)
            flown = one - mean * np.log1p(-rng.random(len(kept)) * inside)
            at = origin[kept] + flown[:, None] * flight[kept]
            hit = np.any([s.inside(at) for s in shapes], axis=0)
            hit = hit * converted(card.selection, at, energy[kept], ray[kept], rng)
            events = d**2 * weight[kept] * np.exp(-one / mean) * inside * hit
            total[row] += np.bincount(place[kept], events, bins)
            variance[row] += np.bincount(place[kept], events**2, bins)
    return total, np.sqrt(variance)


def converted(selection, at, energy, ray, rng):
    """Whether each photon makes its pair in the card's converter, and the share of these that is seen."""
    if not selection.conversion:
        return np.ones(len(energy))
    (converter,) = selection.conversion
    per_metre = 100.0 * converter.density_g_cm3 * photon_conversion.conversions_per_depth(converter.material, energy)
    pair = at - (np.log1p(-rng.random(len(energy))) / np.maximum(per_metre, 1e-12))[:, None] * ray
    return converter.seen * Shape(converter.shape).inside(pair)


def places(matter, first_shape, flight, centre, radius, rng):
    """Where each N is made [m], and the kilograms that it stands for: times the number of events, the matter."""
    number = len(flight)
    if matter.shape is not None:
        shape = Shape(matter.shape)
        kilograms = 1e3 * matter.mass_tonne if matter.mass_tonne else 1e3 * matter.density_g_cm3 * _volume(shape)
        origin = shape.sample(number, rng)
        weight = np.full(number, kilograms)
        if matter.source_distance_m:
            weight *= (matter.source_distance_m / (matter.source_distance_m + origin[:, 2])) ** 2
        return origin, weight
    far, near = min(matter.upstream_m), max(matter.upstream_m)
    z = rng.uniform(far, near, number)
    across = turned(flight, np.zeros(number), 2.0 * np.pi * rng.random(number))
    point = centre + radius * np.sqrt(rng.random(number))[:, None] * across
    forward = flight[:, 2] > STEEPEST
    slope = np.where(forward, flight[:, 2], 1.0)
    origin = point + ((z - point[:, 2]) / slope)[:, None] * flight
    weight = 1e3 * matter.density_g_cm3 * (near - far) * np.pi * radius**2 / slope
    return origin, np.where(forward, weight, 0.0)


def _volume(shape):
    a, b, c = shape.half
    return {
        "box": 8.0 * a * b * c,
        "sphere": 4.0 / 3.0 * np.pi * a**3,
        "cylinder": 2.0 * np.pi * a * b * c,
        "hexagon": 2.0 * np.sqrt(3.0) * shape.options.get("apothem_m", 0.0) ** 2 * 2.0 * c,
    }[shape.model]


# --- the Earth, or one large detector -------------------------------------------------------------------------------------
def earth_counts(model, mass, couplings, direction, number=1 << 18, seed=1):
    """Expected events and their error, (couplings, 1): N made anywhere around, or inside, a detector that is a sphere.

    A decay is drawn in the detector and followed back along the path of N to where it would have been made; there the
    neutrino comes from its own place in the sky, and matter is what lies at that point.
    """
    rng = np.random.default_rng(seed)
    card, nature, selection = model.card, direction.nature, model.card.selection
    site, production = card.detector, card.production
    volume = site.mass_tonne / site.density_g_cm3
    radius = np.cbrt(0.75 * volume / np.pi)
    incoming, bands = _from_the_sky(model, direction, mass, number, rng)
    photon, electrons, muons = widths(mass)
    whole = (photon + electrons + muons) * (2.0 if nature == "majorana" else 1.0)
    end = radius * np.cbrt(rng.random(number))[:, None] * _isotropic(number, rng)
    ray = _isotropic(number, rng)  # of N
    total, variance = np.zeros((2, len(couplings), 1))
    inside_only = production.where == "inside"
    matters = (
        [site.material] if inside_only else sorted({site.material, *(layer.material_name for layer in earth.LAYERS)})
    )
    each = {name: scatter(kinds_in(name, production.channels), incoming, mass, rng) for name in matters}
    for row, d in enumerate(couplings):
        for name, made in each.items():
            length = np.maximum(made.momentum, 1e-30) / mass * units.HBAR_C / (whole * d**2)
            longest = 2.0 * radius if inside_only else 2.0 * earth.RADIUS
            least = selection.separation_min_m
            chance = -np.expm1(-(longest - least) / length)
            flown = least - length * np.log1p(-rng.random(number) * chance)
            chance *= np.exp(-least / length)
            start = end - flown[:, None] * ray
            own = np.sum(start**2, axis=1) < radius**2
            density = np.zeros(number)
            if production.where != "outside" and name == site.material:
                density += 1e3 * site.density_g_cm3 * own
            if not inside_only:
                height = np.linalg.norm(start + np.array([0.0, 0.0, earth.RADIUS - site.depth_m]), axis=1)
                layer = earth.layer_index(height)
                here = np.array([found.material_name == name for found in earth.LAYERS] + [False])[layer]
                density += 1e3 * earth.density(height) * here * ~own
            neutrino = turned(ray, made.cosine, 2.0 * np.pi * rng.random(number))
            sky = bands(-neutrino[:, 2])
            energy, _ = photons(made, incoming.anti, ray, mass, rng, nature)
            low, high = selection.photon_edges_GeV[0], selection.photon_edges_GeV[-1]
            good = (energy >= low) & (energy <= high) & (made.weight > 0)
            if selection.first_cascade_min_GeV:
                good &= made.shower & (made.lost >= selection.first_cascade_min_GeV)
            events = volume * density * sky * made.weight * chance * good * d**2 * selection.efficiency
            events *= photon / (photon + electrons + muons)
            total[row, 0] += events.sum()
            variance[row, 0] += np.sum(events**2)
    return total, np.sqrt(variance)


def _isotropic(number, rng):
    cosine = rng.uniform(-1.0, 1.0, number)
    return turned(np.tile([0.0, 0.0, 1.0], (number, 1)), cosine, 2.0 * np.pi * rng.random(number))


def _from_the_sky(model, direction, mass, number, rng):
    """Neutrinos of the whole sky, and the weight [cm^-2 in the run] of each if it comes from a cosine of zenith."""
    seconds = model.card.years * units.YEAR
    top = model.card.selection.neutrino_max_GeV or np.inf
    by_band = {}
    for beam in model.beams:
        for component in beam.flux.components:
            key = (component.name, component.antineutrino)
            by_band.setdefault(key, []).append((component, component.effective(direction), beam.share))
    parts = [key for key in by_band if any(value.max() > 0 for _, value, _ in by_band[key])]
    which = rng.integers(len(parts), size=number)
    energy, anti, densities = np.zeros(number), np.zeros(number, dtype=bool), np.zeros((number, 10))
    for index, key in enumerate(parts):
        here = np.nonzero(which == index)[0]
        first = by_band[key][0][0]
        low, high = max(first.energy[0], mass), min(first.energy[-1], top)
        if high <= low:
            continue
        drawn = low * (high / low) ** rng.random(len(here))
        energy[here], anti[here] = drawn, key[1]
        for component, value, share in by_band[key]:
            dense = np.interp(drawn, component.energy, value)
            densities[here] += dense[:, None] * share * 10.0 * (drawn * np.log(high / low) * len(parts))[:, None]
    energy = np.where(energy > 0, energy, 2.0 * mass + 1e-3)

    def weight(cosine):
        band = np.clip(((cosine + 1.0) * 5.0).astype(int), 0, 9)
        return densities[np.arange(number), band] * seconds / number

    return Neutrinos(energy, anti, np.ones(number)), weight
