"""N that must leave the detector: regions of recoil searches close where N decays on its way out."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import PublishedLimit
from nudipole.portal import Direction, Portal
from nudipole.signals import escaping
from nudipole.signals.escaping import EscapingSignal
from nudipole.signals.recoil import counting, escape
from nudipole.signals.template import SignalTemplate

MU = Direction("mu")


def close(value, rel):
    return pytest.approx(value, rel=rel, abs=0)


def one_energy(masses, kappa=3.0, exit_m=0.5, weight=40.0):
    """N of one momentum: counts = w d^2 exp(-kappa d^2 L)."""
    return EscapingSignal(
        np.asarray(masses),
        np.full((len(masses), 1), weight),
        lambda at: [SignalTemplate.from_nodes([[weight]], kappa * m**4, exit_m, np.inf) for m in at],
    )


def test_both_edges_of_a_count_are_the_two_roots():
    """w x exp(-k x) = n has the two real branches of Lambert's W as roots."""
    from scipy.special import lambertw

    allowed, weight, k = 2.3, 40.0, 1.5
    (intervals,) = escaping.intervals(CountStatistic(PublishedLimit(allowed, 0.9)), one_energy([1.0]), 0.9)
    assert len(intervals) == 1
    roots = [-float(np.real(lambertw(-k * allowed / weight, branch))) / k for branch in (0, -1)]
    assert intervals[0].low ** 2 == close(roots[0], 2e-4)
    assert intervals[0].high ** 2 == close(roots[1], 1e-3)


def test_the_quick_way_agrees_with_a_scan_of_every_mass():
    masses = np.geomspace(1e-4, 1.6, 90)
    signal = one_energy(masses)
    statistic = CountStatistic(PublishedLimit(2.3, 0.9))
    quick = escaping.intervals(statistic, signal, 0.9)
    scanned = statistic.intervals(signal, 0.9)
    assert [len(i) for i in quick] == [len(i) for i in scanned]
    for one, other in zip(quick, scanned, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.low == close(b.low, 1e-2)
            assert b.high is None or a.high == close(b.high, 1e-2)  # the scan ends at 10 GeV^-1
    assert all(i[0].high is not None for i in quick if i)


@pytest.mark.parametrize(("key", "flavor", "mass"), [("coherent-csi", "e", 0.03), ("xenonnt-nees", "e", 1e-3)])
def test_cells_add_up_to_the_counts_without_decay(key, flavor, mass):
    signal = registry.get(key).model().signal(np.array([mass]), Direction(flavor))
    assert signal.counts(0, np.array([1e-12]))[0] == close(1e-24 * signal.stable[0], 1e-9)


def test_the_survival_of_one_line_is_that_of_its_momentum():
    """Chromium-like: every neutrino of a stopped pion's line has 29.8 MeV, so N has one momentum up to the recoil."""
    model = registry.get("coherent-csi").model()
    mass, d, exit_m = 0.02, 1e-4, model.card.detector.exit_m
    energies = escape.hnl_energies(model.flux.maximum_energy, [0.0297920])
    cells = model.counts_by_hnl_energy(
        np.array([mass]), [f for f in counting.arriving(model._parts, MU) if f.lines], energies
    )
    (template,) = escape.templates(np.array([mass]), MU, exit_m, energies, cells)
    energy = (0.13957 - 0.10566**2 / 0.13957) / 2
    momentum = np.sqrt(energy**2 - mass**2)
    width = d**2 * mass**3 / (4 * np.pi) * 1.003  # with nu e e
    expected = np.exp(-exit_m * width * mass / (momentum * units.HBAR_C))
    kept = template.counts(d).sum() / (d**2 * cells.sum())
    assert np.log(kept) == close(np.log(expected), 0.04)


@pytest.mark.parametrize(
    ("key", "flavor", "mass", "most"), [("coherent-csi", "e", 0.05, 1e-5), ("connie", "e", 9.7e-3, 1e-3)]
)
def test_no_recoil_limit_where_n_decays_inside(key, flavor, mass, most):
    """R1 of the list of faults: COHERENT once claimed d = 7e-6 at 50 MeV, CONNIE 132 at 9.77 MeV."""
    for interval in registry.get(key).limit([mass], Direction(flavor)).excluded[0]:
        assert interval.low < most
        assert interval.high is not None


@pytest.mark.parametrize(
    ("key", "mass"), [("conus-plus", 1e-3), ("gemma", 1e-3), ("xenonnt-nees", 5e-4), ("xenon-nees-combined", 5e-4)]
)
def test_the_statistic_is_the_same_at_both_edges(key, mass):
    experiment, direction = registry.get(key), Direction("e")
    (interval,) = experiment.limit([mass], direction).excluded[0]
    low, high, between = experiment.test_statistic(
        [Portal(mass, d, direction) for d in (interval.low, interval.high, np.sqrt(interval.low * interval.high))]
    )
    assert high == pytest.approx(low, abs=0.15)
    assert between > low


def test_every_recoil_card_says_how_n_gets_out():
    for key in registry.all_keys():
        card = getattr(registry.get(key), "card", None)
        if getattr(card, "signal", "") == "recoil":
            assert card.detector is not None, key


def test_cells_of_all_masses_at_once_are_those_of_each_mass():
    model = registry.get("borexino").model()
    fluxes, masses = counting.arriving(model._parts, MU), np.array([1e-3, 4e-3])
    edges = escape.hnl_energies(model.flux.maximum_energy)
    together = model.counts_by_hnl_energy(masses, fluxes, edges)
    for row, mass in enumerate(masses):
        alone = model.counts_by_hnl_energy(np.array([mass]), fluxes, edges)
        assert np.allclose(together[:, [row]], alone, rtol=0.0, atol=1e-12 * alone.max())
    assert not np.allclose(together[:, 0], together[:, 1], rtol=1e-2, atol=1e-6 * together.max())
