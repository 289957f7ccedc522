"""Decay of N in flight: rate along the path, photon in the lab, and a width into something invisible."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.portal import Completion, Direction, Portal
from nudipole.processes.decays import gauge_decays
from nudipole.signals import decay_in_flight as flight
from nudipole.signals.prompt_decay import simplified
from nudipole.signals.template import SignalTemplate, merge_nodes
from tests import chain

D = np.geomspace(1e-9, 1e-2, 15)


def close(value, rel):
    return pytest.approx(value, rel=rel, abs=0)


def test_decay_rate_is_one_over_the_decay_length():
    portal, energy = Portal(0.15, 1e-6, Direction("mu", nature="majorana")), 3.0
    widths = flight.decay_widths(portal.mass, portal.direction)
    kappa = flight.decay_rate(widths.total, portal.mass, np.sqrt(energy**2 - portal.mass**2))
    assert 1.0 / (float(kappa) * portal.decay_strength) == close(portal.decay_length(energy), 1e-12)
    # c tau gamma beta, spelt out: hbar c = 1.973e-16 GeV m
    gamma = 2 * (1.0 + 0.00648 + 0.0) * 0.15**3 / (4 * np.pi)
    assert float(kappa) == close(gamma * 0.15 / np.sqrt(9 - 0.15**2) / 1.97327e-16, 1e-4)


def test_widths_agree_with_quadrature_and_fractions_sum():
    photon, pair, muons = chain.widths(0.3)
    found = flight.decay_widths(np.array([0.3]), Direction("e"))
    assert float(found.total[0]) == close(photon + pair + muons, 1e-6)
    assert float(found.photon[0]) == close(photon / (photon + pair + muons), 1e-6)
    assert float(found.pair[0]) == close(pair / (photon + pair + muons), 1e-6)


def test_completion_opens_the_z_and_the_w():
    direction = Direction("tau", completion=Completion("gauge", 1.0))
    companions = direction.completion.z_over_gamma, direction.completion.w_over_gamma
    heavy = flight.decay_widths(200.0, direction)
    assert float(heavy.total) == close(float(gauge_decays.total_width(200.0, *companions, "tau")), 1e-12)
    assert float(heavy.photon) < 0.9 * float(flight.decay_widths(200.0, Direction("tau")).photon)


@pytest.mark.parametrize("pair", [0.0, 0.3])
def test_photon_in_the_lab_is_the_boosted_four_vector(pair):
    rest = np.linspace(-0.999, 0.999, 41)
    energy, cosine = chain.boosted_photon(0.8, 0.6, np.sqrt(0.28), rest, pair)
    assert flight.photon_energy(0.8, 0.6, rest, pair) == close(energy, 1e-12)
    assert flight.photon_cosine(0.8, 0.6, rest, pair) == pytest.approx(cosine, rel=1e-12, abs=1e-14)


def test_rest_cosine_inverts_the_photon_energy_and_clips():
    rest = np.linspace(-0.9, 0.9, 7)
    back = flight.rest_cosine(flight.photon_energy(0.8, 0.6, rest), 0.8, 0.6)
    assert back == pytest.approx(rest, rel=1e-12, abs=1e-14)
    assert flight.rest_cosine(np.array([0.0, 9.0]), 0.8, 0.6).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("polarisation", [-1.0, 0.0, 0.6])
def test_share_of_decays_integrates_the_angular_distribution(polarisation):
    c = np.linspace(-0.4, 0.7, 20001)
    integral = np.trapezoid(0.5 * (1.0 - polarisation * c), c)
    assert np.diff(flight.share_below(c[[0, -1]], polarisation))[0] == close(integral, 1e-8)


def test_an_extra_width_is_a_constant_beside_d2():
    template = SignalTemplate.from_nodes([[5.0]], kappa=2.0, near=3.0, far=4.0, visible=0.9, extra=0.7)
    total = 2.0**2 + 0.7
    dipole = 2.0**2 / total
    decays = np.exp(-2.0 * total * 3.0) - np.exp(-2.0 * total * 4.0)
    assert template.counts(2.0)[0] == close(5.0 * 2.0**2 * 0.9 * dipole * decays, 1e-12)


def test_an_invisible_decay_does_not_spoil_a_recoil():
    kappa, near, extra, d = 2.0, 0.05, 0.7, 1.3
    template = SignalTemplate.from_nodes([[5.0]], kappa, near, np.inf, extra=extra)
    # a chain of small steps: in each N decays visibly (lost), invisibly (kept for good), or goes on
    steps = 200_000
    alive, kept = 1.0, 0.0
    visible, unseen = kappa * d**2 * near / steps, kappa * extra * near / steps
    left = np.exp(-(visible + unseen) * np.arange(steps))
    kept = float(np.sum(left * unseen))
    alive = float(np.exp(-(visible + unseen) * steps))
    assert template.counts(d)[0] == close(5.0 * d**2 * (alive + kept), 1e-5)
    assert SignalTemplate.from_nodes([[5.0]], kappa, near, np.inf, extra=1e9).counts(d)[0] == close(5.0 * d**2, 1e-6)


def test_compression_and_the_prompt_shortcut_keep_the_extra_width():
    rng = np.random.default_rng(3)
    near = rng.uniform(0, 50, 4000)
    nodes = (
        rng.exponential(1e14, (4000, 2)),
        10 ** rng.uniform(7.5, 9.5, 4000),
        near,
        near + rng.uniform(0.1, 20, 4000),
    )
    full = SignalTemplate.from_nodes(*nodes, visible=0.5, extra=1e-9)
    exact = full.counts(D)
    seen = exact > 1e-3 * exact.max(axis=0)
    assert full.compressed().counts(D)[seen] == close(exact[seen], 1e-2)
    prompt = SignalTemplate.from_nodes(nodes[0], 1e6 * nodes[1], 0.0, nodes[3], visible=0.5, extra=1e-9)
    assert simplified(prompt, 1e-2).counts(D) == close(prompt.counts(D), 2e-2)
    with pytest.raises(DomainError, match="extra"):
        full + SignalTemplate.from_nodes(*nodes)


def test_merging_keeps_sum_and_first_moment_and_drops_empty_nodes():
    rng = np.random.default_rng(4)
    weight, value, cell = rng.exponential(1.0, (100, 3)), rng.normal(size=100), rng.integers(0, 7, 100)
    weight[cell == 3] = 0.0
    joined = merge_nodes(cell, weight, value)
    assert joined.cell.tolist() == [0, 1, 2, 4, 5, 6]
    assert joined.weight.sum(axis=0) == close(weight.sum(axis=0), 1e-12)
    moment = np.sum(weight.sum(axis=1) * value)
    assert np.sum(joined.weight.sum(axis=1) * joined.means[0]) == close(moment, 1e-10)


# one key of every kind of signal: mass, flavour, and a coupling at which N flies far
SEEN_BY_ITS_PHOTON = [
    ("ship-main", 0.1, "mu", 1e-6),
    ("miniboone", 0.1, "mu", 1e-6),
    ("icecube", 0.3, "tau", 1e-6),
    ("hike", 0.1, "mu", 1e-7),
    ("belle-ii", 1.0, "e", 1e-5),
    ("lhc-monophoton", 50.0, "mu", 1e-5),
]


@pytest.mark.parametrize(("key", "mass", "flavor", "d"), SEEN_BY_ITS_PHOTON)
def test_rates_feel_an_extra_width(key, mass, flavor, d):
    """A width so large that N decays at once, hardly ever into a photon: W1 of the list of faults."""
    plain = registry.get(key).rate(Portal(mass, d, Direction(flavor))).signal.sum()
    tiny = registry.get(key).rate(Portal(mass, d, Direction(flavor), extra_width=1e-25)).signal.sum()
    fast = registry.get(key).rate(Portal(mass, d, Direction(flavor), extra_width=1e-3)).signal.sum()
    assert tiny == close(plain, 2e-2)
    assert plain > 0.0
    assert fast < 2e-3 * plain or key == "belle-ii"  # photons radiated beside an unseen N stay
    assert fast < plain


def test_an_extra_width_kills_the_photon_in_proportion_to_its_branching_ratio():
    """Prompt N (the whole path is long against the decay length): only the branching ratio is left."""
    portal = Portal(200.0, 1e-4, Direction("mu"), extra_width=0.0)
    half = Portal(200.0, 1e-4, Direction("mu"), extra_width=portal.width)
    lhc = registry.get("lhc-monophoton")
    assert lhc.rate(half).signal == close(0.5 * lhc.rate(portal).signal, 1e-2)


def test_the_statistic_and_the_limit_feel_it_too():
    ship = registry.get("ship-main")
    plain, wide = Portal(0.1, 1e-6, Direction("mu")), Portal(0.1, 1e-6, Direction("mu"), extra_width=1e-15)
    one, other = ship.test_statistic([plain, wide])
    assert 0.0 < other < 0.3 * one
    free, bound = (ship.limit([0.1], portal.direction).lower[0] for portal in (plain, wide))
    assert bound > 1.5 * free
    assert nd.limit("ship-main", "mu", 0.1, extra_width=1e-15).lower[0] == bound


def test_a_prompt_cross_section_limit_scales_with_the_visible_fraction():
    """cone: allowed = sigma(d) D/(D + X), so d^4/(d^2 + X) = d_0^2."""
    lep = registry.get("lep")
    mass, direction = 10.0, Direction("mu")
    free = lep.limit([mass], direction, preset="magill2018-cone").lower[0]
    width = float(flight.decay_widths(mass, direction).total)
    bound = lep.limit([mass], Direction("mu", extra_width=3.0 * free**2 * width), preset="magill2018-cone").lower[0]
    assert bound**4 / (bound**2 + 3.0 * free**2) == close(free**2, 1e-4)


def test_recoils_lose_nothing_to_invisible_decays():
    gemma = registry.get("gemma")
    plain, wide = Portal(1e-3, 1e-9, Direction("e")), Portal(1e-3, 1e-9, Direction("e"), extra_width=1e-12)
    assert gemma.rate(wide).signal == close(gemma.rate(plain).signal, 1e-12)


def test_recoils_lose_the_decays_to_photons_on_the_way_out():
    """Where every N decays inside the detector, those to photons are lost: the share D/(D + X) of all."""
    gemma, d, extra = registry.get("gemma"), 1e-2, 1e-12
    stable = gemma.rate(Portal(1e-3, 1e-9, Direction("e"))).signal * (d / 1e-9) ** 2
    photons = d**2 * float(flight.decay_widths(1e-3, Direction("e")).total)
    wide = gemma.rate(Portal(1e-3, d, Direction("e"), extra_width=extra)).signal
    assert stable - wide == close(stable * photons / (photons + extra), 1e-3)
    assert np.all(gemma.rate(Portal(1e-3, 3e-2, Direction("e"))).signal < 1e-3 * 9 * stable)


@pytest.mark.parametrize("key", ["bbn", "cmb", "sn1987a", "supernova-energy"])
def test_the_sky_refuses_an_extra_width(key):
    direction = Direction("mu", extra_width=1e-20)
    with pytest.raises(DomainError, match="extra width"):
        registry.get(key).limit([1e-3], direction)
    with pytest.raises(DomainError, match="extra width"):
        registry.get(key).test_statistic([Portal(1e-3, 1e-9, direction)])


def test_point_and_direction_agree_on_the_extra_width():
    assert Portal(0.1, 1e-6, Direction("mu", extra_width=1e-12)).extra_width == 1e-12
    assert Portal(0.1, 1e-6, extra_width=1e-12).direction.extra_width == 1e-12
    with pytest.raises(DomainError, match="extra width"):
        Portal(0.1, 1e-6, Direction("mu", extra_width=1e-12), extra_width=2e-12)
    with pytest.raises(DomainError):
        Direction("mu", extra_width=-1.0)


def test_nothing_decays_at_rest_mass_zero():
    assert float(flight.decay_widths(0.0, Direction("mu")).total) == 0.0
    with pytest.raises(DomainError, match="mass"):
        flight.decay_widths(0.0, Direction("mu", extra_width=1e-20))
    assert float(flight.decay_rate(1.0, 1.0, 0.0)) == np.inf
    assert units.HBAR_C * float(flight.decay_rate(2.0, 3.0, 4.0)) == close(1.5, 1e-12)
