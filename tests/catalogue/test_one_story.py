"""``limit``, ``test_statistic`` and ``critical_value`` tell one story for every laboratory key."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from nudipole import api
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import DomainError

LABORATORY = [key for key in registry.all_keys() if isinstance(registry.get(key), Experiment)]
ASIDE = {1: 3e-3, -1: 2e-2}  # relative, of couplings just outside and inside a lower and an upper edge


def check(key, masses, cl=None):
    """The statistic crosses its critical value upwards at every lower edge and downwards at every upper one."""
    experiment = registry.get(key)
    ray = api.direction(experiment.flavors[0])
    inward = -1 if experiment.kind == "roi" else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, critical = experiment.limit(masses, ray, cl), experiment.critical_value(cl)
        crossed = 0
        for mass, intervals in zip(masses, limit.excluded, strict=True):
            for edge, sign in [(i.low, 1) for i in intervals] + [(i.high, -1) for i in intervals if i.high is not None]:
                points = [ray.portal(mass, edge * factor) for factor in (1 - ASIDE[sign], 1 + ASIDE[sign])]
                below, above = experiment.test_statistic(points) - critical
                assert sign * inward * below < 0 < sign * inward * above, f"{key} at {mass:g} GeV, d = {edge:g}"
                crossed += 1
            if experiment.kind != "roi":
                d = np.geomspace(1e-11, 1.0, 45)
                excluded = experiment.test_statistic([ray.portal(mass, x) for x in d]) > critical
                assert excluded.tolist() == [any(x in i for i in intervals) for x in d], f"{key} at {mass:g} GeV"
    return crossed


def middle(key, number):
    low, high = registry.get(key).mass_range
    return np.geomspace(low, min(high, 1.0) if low < 1.0 else high, number + 2)[1:-1]


@pytest.mark.parametrize("key", LABORATORY)
def test_the_statistic_crosses_its_critical_value_at_the_edges(key):
    crossed = check(key, middle(key, 1)) or check(key, middle(key, 4))
    assert crossed > 0 or registry.get(key).kind == "roi"


@pytest.mark.validation
@pytest.mark.parametrize("key", LABORATORY)
def test_the_statistic_crosses_its_critical_value_everywhere(key):
    assert check(key, middle(key, 12)) > 0


@pytest.mark.parametrize("key", ["nomad", "icecube", "sn1987a", "red-giants"])
def test_a_level_that_nothing_is_known_at_is_refused_with_the_one_there_is(key):
    constraint = registry.get(key)
    own = constraint.confidence_level
    assert np.isfinite(constraint.critical_value())
    with pytest.raises(DomainError, match=f"{own:g} (only|and knows no other)"):
        constraint.limit([0.05], api.direction(constraint.flavors[0]), 0.99)


@pytest.mark.parametrize("key", ["ship-main", "dune-nd", "gemma", "fasernu", "na62", "conus-plus"])
def test_a_higher_level_excludes_less(key):
    constraint = registry.get(key)
    ray, mass = api.direction(constraint.flavors[0]), middle(key, 1)
    edges = [constraint.limit(mass, ray, cl).lower[0] for cl in (0.9, 0.95, 0.99)]
    assert edges[0] < edges[1] < edges[2]


def test_no_event_without_background_gives_the_poisson_limit_at_every_level():
    """Three events at 95 % are -ln(1 - CL) events: 2.3 at 90 %, in d as the square root where N lives long."""
    ship, ray = registry.get("ship-main"), api.direction("mu")
    edges = [ship.limit([0.05], ray, cl, preset="background-free").lower[0] for cl in (0.95, 0.99)]
    counts = [ship.rate(ray.portal(0.05, edge)).signal.sum() for edge in edges]
    assert counts == pytest.approx([3.0, 3.0 * np.log(0.01) / np.log(0.05)], rel=1e-4, abs=0)


def test_one_sided_levels_at_one_half_are_refused():
    with pytest.raises(DomainError, match=r"above 0\.5"):
        registry.get("belle-ii").limit([0.1], api.direction("mu"), 0.5)


def test_points_outside_the_range_of_the_card_say_nothing():
    ship, ray = registry.get("na62"), api.direction("mu")
    low, high = ship.reach()
    points = [ray.portal(mass, 1e-5) for mass in (0.5 * low, 0.05, 2.0 * high)]
    inside = ship.test_statistic(points)
    assert inside[0] == inside[2] == 0.0
    assert inside[1] > 0.0


def test_points_are_judged_together_as_they_are_one_by_one():
    search = registry.get("miniboone")
    rays = [api.direction("mu"), api.direction("e")]
    points = [ray.portal(mass, d) for d in (1e-8, 3e-7, 1e-6) for mass in (0.3, 0.1) for ray in rays]
    alone = np.concatenate([search.test_statistic([point]) for point in points])
    assert search.test_statistic(points) == pytest.approx(alone, rel=1e-6, abs=1e-6)


def test_a_region_of_interest_does_not_depend_on_the_masses_asked_for():
    search, ray = registry.get("miniboone-roi"), api.direction("mu")
    grid = search.limit(np.geomspace(0.05, 0.4, 4), ray)
    alone = search.limit([grid.masses[2]], ray)
    assert alone.lower[0] == pytest.approx(grid.lower[2], rel=1e-3, abs=0)


def test_a_signal_beyond_all_use_is_judged_alike_alone_and_among_others():
    """1e17 events on a hundred of background: a fit that stops at its last digits must not promise itself a gain."""
    experiment, ray = registry.get("xenon-nees-combined"), api.direction("e")
    points = [ray.portal(2.40539039792284e-05, d) for d in np.geomspace(1e-11, 1.0, 45)[-8:]]
    together = experiment.test_statistic(points)
    alone = [experiment.test_statistic([point])[0] for point in points]
    assert together == pytest.approx(alone, rel=0.03, abs=0)
    assert np.all(np.diff(together) > 0)
