"""Coverage of the limits by pseudo-experiments: a counting search, a binned one with pulls, one of decaying N.

The table of docs/statistics.md is measured here. ``interval``: how often the two-sided interval contains the truth,
nominally CL. ``limit``: how often the quoted upper limit lies above it, nominally (1 + CL) / 2.
"""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.inference.count_models import Counts
from nudipole.inference.counting import critical_value, feldman_cousins
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.pseudo_experiments import draw

NUMBER = 10_000
LEVELS = (0.9, 0.95)
WORST = 0.01  # undercoverage


def covered(chi2, best, above, cl):
    """(interval, upper limit) coverage from chi^2 at the truth, at the best fit, and whether the truth is above it."""
    outside = chi2 - best > critical_value(cl)
    return 1.0 - np.mean(outside), 1.0 - np.mean(outside & above)


def linear(toys, unit, truth):
    """Profile of x times ``unit`` in every pseudo-experiment, at the truth x and at its best."""
    profile, scale = toys.profile(unit)
    best = profile.minimum()
    x = np.full(len(best.x), truth / scale)
    return profile.at(x, best.pulls, np.arange(len(x))).chi2, best.chi2, x > best.x


def check(found, nominal):
    interval, limit = found
    assert interval > nominal - WORST
    assert limit > 0.5 * (1.0 + nominal) - WORST


def test_pseudo_experiments_of_a_gaussian_bin_cover_exactly():
    """A pull on the background and one on the signal: any wrong auxiliary measurement breaks the coverage."""
    pulls, changes = (Pull("background"), Pull("flux")), np.array([[20.0, 10.0], [0.0, 0.0]])
    one = Likelihood(np.zeros(2), np.array([100.0, 90.0]), np.array([10.0, 9.0]), pulls, changes)
    toys = draw(one, np.array([60.0, 40.0]), 4000, np.random.default_rng(4), np.array([[0.0, 0.0], [0.1, 0.1]]))
    chi2, best, above = linear(toys, np.array([60.0, 40.0]), 1.0)
    interval, limit = covered(chi2, best, above, 0.9)
    assert interval == pytest.approx(0.9, abs=0.015)
    assert limit == pytest.approx(0.95, abs=0.011)
    assert toys.chi2(np.array([[60.0, 40.0]]))[:, 0] == pytest.approx(chi2, rel=1e-5, abs=1e-5)


def test_what_cannot_be_drawn_is_refused():
    one = Likelihood(np.zeros(1), np.array([5.0]), np.zeros(1), (Pull("size", free=True),), np.array([[5.0]]))
    with pytest.raises(DomainError, match="free backgrounds"):
        draw(one, np.array([1.0]), 3, np.random.default_rng(1)).profile(np.array([1.0]))
    with pytest.raises(DomainError, match="negative"):
        draw(one, np.array([-6.0]), 3, np.random.default_rng(1))
    with pytest.raises(DomainError, match="number"):
        draw(one, np.array([1.0]), 0, np.random.default_rng(1))


@pytest.mark.validation
@pytest.mark.parametrize("cl", LEVELS)
@pytest.mark.parametrize("events", [1.0, 3.0, 8.0])
def test_coverage_of_a_counting_search(events, cl, capsys):
    model = registry.get("t2k-nd280").model().statistic().model
    counts = np.random.default_rng(11).poisson(model.background + events, NUMBER)
    seen, times = np.unique(counts, return_counts=True)
    intervals = [feldman_cousins(int(n), model.background, cl) for n in seen]
    interval = np.sum(times[[low <= events <= high for low, high in intervals]]) / NUMBER
    limit = np.sum(times[[events < Counts(int(n), model.background).allowed(cl) for n in seen]]) / NUMBER
    report(capsys, "t2k-nd280", events, cl, (interval, limit))
    assert interval > cl - WORST
    assert limit >= interval  # an upper limit alone excludes less than the interval does


@pytest.mark.validation
@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_coverage_of_a_binned_search_with_pulls(strength, capsys):
    experiment, mass = registry.get("xenonnt-nees"), 1e-4
    model = experiment.model()
    signal = model.signal(np.array([mass]), nd.Direction("e")).without_decay
    d = strength * float(experiment.limit([mass], nd.Direction("e")).lower[0])
    unit, relative = signal.per_d2[0], signal.relative_shifts[0]
    random = np.random.default_rng(12)
    toys = draw(model.statistic().likelihood, d**2 * unit, NUMBER, random, relative)
    found = linear(toys, unit, d**2)
    for cl in LEVELS:
        report(capsys, "xenonnt-nees", d**2 * unit.sum(), cl, covered(*found, cl))
        check(covered(*found, cl), cl)


@pytest.mark.validation
@pytest.mark.parametrize("strength", [1.0, 1.5])
def test_coverage_of_decaying_n(strength, capsys):
    experiment, mass = registry.get("miniboone"), 0.25
    model = experiment.model()
    signal = model.signal(np.array([mass]), nd.Direction("mu"))
    assert signal.per_d2 is None
    d = strength * float(experiment.limit([mass], nd.Direction("mu")).lower[0])
    grid = np.concatenate([[0.0], d * np.geomspace(0.03, 10.0, 220)])
    counts, true = signal.counts(0, grid), signal.counts(0, np.array([d]))[0]
    relative = signal.relative_shifts[0]
    toys = draw(model.statistic().likelihood, true, NUMBER, np.random.default_rng(13), relative)
    scan, chi2 = toys.chi2(counts), toys.chi2(true[None])[:, 0]
    place = np.argmin(scan, axis=1)
    best = np.minimum(scan[np.arange(NUMBER), place], chi2)
    for cl in LEVELS:
        found = covered(chi2, best, d > grid[place], cl)
        report(capsys, "miniboone", true.sum(), cl, found)
        check(found, cl)


def report(capsys, key, events, cl, found):
    with capsys.disabled():
        print(f"\n{key}: {events:.1f} events, {cl:g} CL: interval {found[0]:.4f}, limit {found[1]:.4f}", end="")
