"""The review's figures as captioned: which curves, under which presets, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.constraint import Interval, Limit
from nudipole.plot import review
from nudipole.portal import Direction

MASSES = np.geomspace(1e-6, 1.0, 40)


def limit(key, flavor, preset, lows):
    excluded = tuple((Interval(low),) if np.isfinite(low) else () for low in lows)
    return Limit(key, Direction(flavor), 0.9, MASSES, excluded, registry.get(key).kind, preset=preset)


@pytest.fixture(scope="module")
def limits():
    """A curve for everything that is asked for, each at a height of its own."""
    asked = [(key, flavor, preset) for key, curves in review.requests().items() for flavor, preset in curves]
    heights = np.geomspace(1e-9, 1e-4, len(asked))
    return [limit(*one, height * (1.0 + MASSES / 0.1)) for one, height in zip(asked, heights, strict=True)]


def written(figure):
    return [{text.get_text() for text in panel.texts} for panel in figure.axes]


def test_every_curve_asked_for_exists():
    for key, curves in review.requests().items():
        constraint = registry.get(key)
        for flavor, preset in curves:
            assert preset in constraint.presets, key
            assert flavor in constraint.flavors, key


def test_figure_4_has_both_regions_and_the_rivals_of_its_caption(limits):
    left, right = written(review.figure("fig4", limits))
    assert {"CHARM-II", "NOMAD", "MINERvA", "Borexino", "MB", "LSND", "LEP"} <= left
    assert not {"MiniBooNE only", "MiniBooNE+LSND", "DUNE ND"} & left
    assert left <= right
    assert {
        "MiniBooNE only",
        "MiniBooNE+LSND",
        "T2K+T2K-II",
        "DUNE ND",
        "SHiP (Main)",
        "SHiP (ECC)",
        "IceCube",
    } <= right


def test_figure_6_has_one_coupling_at_a_time_and_the_supernova(limits):
    (names,) = written(review.figure("fig6", limits))
    expected = {"XENON1T (μ)", "COHERENT (μ)", "TEXONO (e)", "Borexino (e)", "LSND (μ)", "SuperCDMS (e)", "SN1987A (μ)"}
    assert expected <= names


def test_figure_7_lays_one_cosmology_and_the_supernova_over_projections(limits):
    figure = review.figure("fig7", limits)
    panels = [names for names in written(figure) if names]
    assert len(panels) == 3
    for names in panels:
        assert {"Cosmology", "SN1987A", "SHiP (Main)"} <= names
        assert not {"BBN", "CMB", "Borexino"} & names


def test_the_envelope_is_what_either_excludes():
    one = Limit("a", Direction("e"), 0.9, MASSES[:3], ((Interval(1, 2),), (), (Interval(1, 2),)))
    two = Limit(
        "b", Direction("e"), 0.9, MASSES[:3], ((Interval(1.5, 3),), (Interval(5),), (Interval(3), Interval(0.5, 0.7)))
    )
    both = review.envelope("both", [one, two])
    assert both.key == "both"
    assert both.excluded == (
        (Interval(1, 3),),
        (Interval(5),),
        (Interval(0.5, 0.7), Interval(1, 2), Interval(3)),
    )


def test_what_is_not_there_is_not_drawn(limits):
    assert review.figure("fig6", []) is None
    some = [c for c in limits if c.key == "donut"]
    left, right = written(review.figure("fig5", some))
    assert "DONUT" in left
    assert "DONUT" in right
