"""Every marginal of the events against the independent Monte Carlo of tests/chain.py: Kolmogorov-Smirnov.

The two share the flux table, differential cross sections, the contents of a kilogram and constants, and nothing else. The
number of tests is allowed for.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import nudipole as nd
from nudipole import units
from nudipole.catalogue import registry
from nudipole.portal import Direction
from tests import chain

LIGHT = 1e9 / units.SPEED_OF_LIGHT
MARGINALS = (
    "E_nu", "E_N", "cos N", "Q2", "production z", "decay z", "decay x", "path", "E gamma", "cos gamma", "time",
)  # fmt: skip


def _independent(key, mass, d, number, seed):
    """Weighted events of a card whose detector is one shape: rows of the marginals, and weights."""
    model, direction = registry.get(key).model("default"), Direction("mu")
    rng = np.random.default_rng(seed)
    card = model.card
    shape = chain.Shape(card.detector)
    photon, electrons, muons = chain.widths(mass)
    whole = photon + electrons + muons
    columns, weights = [], []
    for matter in card.matter:
        incoming = chain.neutrinos(model.flux, direction, mass, number, rng, card.exposure.protons_on_target)
        made = chain.scatter(chain.kinds_in(matter.material, matter.channels), incoming, mass, rng)
        axis = np.tile([0.0, 0.0, 1.0], (number, 1))
        flight = chain.turned(axis, made.cosine, 2.0 * np.pi * rng.random(number))
        origin, kilograms = chain.places(matter, shape, flight, shape.centre, shape.radius, rng)
        energy, ray = chain.photons(made, incoming.anti, flight, mass, rng)
        middle = np.sum((shape.centre - origin) * flight, axis=1)
        reach2 = shape.radius**2 - np.sum((origin + middle[:, None] * flight - shape.centre) ** 2, axis=1)
        reach = np.sqrt(np.maximum(reach2, 0.0))
        first, last = np.maximum(middle - reach, 0.0), middle + reach
        weight = incoming.weight * made.weight * kilograms
        weight[(reach2 <= 0) | (last <= first)] = 0.0
        kept = np.flatnonzero(weight)
        length = (made.momentum / mass * units.HBAR_C / (whole * d**2))[kept]
        inside = -np.expm1(-(last[kept] - first[kept]) / length)
        flown = first[kept] - length * np.log1p(-rng.random(len(kept)) * inside)
        at = origin[kept] + flown[:, None] * flight[kept]
        weight = weight[kept] * np.exp(-first[kept] / length) * inside * shape.inside(at) * d**2 * photon / whole
        transfer2 = incoming.energy**2 + made.momentum**2 - 2 * incoming.energy * made.momentum * made.cosine
        columns.append(
            np.stack(
                [
                    incoming.energy[kept], made.energy[kept], made.cosine[kept],
                    (transfer2 - made.lost**2)[kept], origin[kept, 2], at[:, 2], at[:, 0], flown, energy[kept], ray[kept, 2],
                    LIGHT * flown * (made.energy / np.maximum(made.momentum, 1e-30))[kept] - LIGHT * flown,
                ]
            )
        )  # fmt: skip
        weights.append(weight)
    return np.concatenate(columns, axis=1), np.concatenate(weights)


def _ours(key, mass, d, number):
    table = nd.generate(key, mass, d, "mu", number)
    table = table.rows(table.pdg("photon") == 22)
    energy, (_, x, y, z) = table["beam_E"], table.momentum("hnl")
    lost = energy - table["hnl_E"]
    q2 = x**2 + y**2 + (energy - z) ** 2 - lost**2
    late = table["decay_t"] - table["production_t"] - LIGHT * table["path"]
    rows = [
        energy, table["hnl_E"], z / np.sqrt(x**2 + y**2 + z**2), q2, table["production_z"], table["decay_z"],
        table["decay_x"], table["path"], table["photon_E"], table["photon_pz"] / table["photon_E"], late,
    ]  # fmt: skip
    return np.stack(rows), table["weight"]


def _distance(one, one_weight, two, two_weight):
    """Largest distance of two weighted cumulative distributions, and the effective number of events of the pair."""
    every = np.concatenate([one, two])
    order = np.argsort(every)
    last = np.append(np.diff(every[order]) > 0, True)  # of equal values, all count at once
    step = np.concatenate([one_weight / one_weight.sum(), -two_weight / two_weight.sum()])[order]
    sizes = [w.sum() ** 2 / np.sum(w**2) for w in (one_weight, two_weight)]
    return np.max(np.abs(np.cumsum(step))[last]), sizes[0] * sizes[1] / sum(sizes)


@pytest.mark.validation
@pytest.mark.parametrize(
    ("key", "mass", "d"), [("miniboone", 0.15, 1e-6), ("miniboone", 0.4, 1e-6), ("sbnd", 0.2, 2e-6)]
)
def test_marginals_are_those_of_the_independent_monte_carlo(key, mass, d):
    theirs, weight = _independent(key, mass, d, 1 << 19, 5)
    ours, own = _ours(key, mass, d, 40_000)
    assert own.sum() == pytest.approx(weight.sum(), rel=0.03, abs=0)
    for name, one, two in zip(MARGINALS, ours, theirs, strict=True):
        distance, size = _distance(one, own, two, weight)
        chance = stats.kstwobign.sf(distance * np.sqrt(size))
        assert chance > 1e-3 / (3 * len(MARGINALS)), (name, distance, size, chance)


def test_marginals_of_a_small_sample():
    theirs, weight = _independent("miniboone", 0.15, 1e-6, 1 << 16, 5)
    ours, own = _ours("miniboone", 0.15, 1e-6, 8000)
    for name, one, two in zip(MARGINALS, ours, theirs, strict=True):
        distance, size = _distance(one, own, two, weight)
        assert size > 300
        assert stats.kstwobign.sf(distance * np.sqrt(size)) > 1e-3 / len(MARGINALS), (name, distance, size)
