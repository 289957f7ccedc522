"""The envelope of all laboratory searches and the strongest search at each mass."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.compilation import combined
from nudipole.constraint import Interval, Limit
from nudipole.errors import DomainError
from nudipole.portal import Direction

MASSES = np.geomspace(1e-3, 1e-1, 9)


def curve(key, intervals, kind="exclusion", cl=0.9, masses=MASSES):
    return Limit(key, Direction("mu"), cl, masses, tuple(tuple(Interval(*i) for i in row) for row in intervals), kind)


def test_the_envelope_excludes_what_any_member_excludes_and_nothing_else():
    one = curve("miniboone", [[(1e-7, 1e-5)]] * 9)
    two = curve("nomad", [[(3e-6, None)]] * 9, cl=0.95)
    (joint,) = combined.envelopes([one, two], points=9)
    assert joint.key == "combined"
    assert joint.basis == "envelope"
    assert joint.confidence_level == 0.9
    for row in range(9):
        assert [(i.low, i.high) for i in joint.excluded[row]] == [(pytest.approx(1e-7, rel=1e-9, abs=0), None)]


def test_gaps_between_members_stay_free():
    one, two = curve("miniboone", [[(1e-7, 1e-6)]] * 9), curve("nomad", [[(1e-5, 1e-4)]] * 9)
    (joint,) = combined.envelopes([one, two], points=5)
    assert all(len(row) == 2 for row in joint.excluded)
    assert joint.excluded[2][0].high == pytest.approx(1e-6, rel=1e-9, abs=0)


def test_edges_are_interpolated_in_the_logarithm_and_end_with_their_curve():
    one = curve("miniboone", [[(d,)] for d in 1e-7 * (MASSES / 1e-3) ** 2])
    short = MASSES[:4]
    two = curve("nomad", [[(1e-9,)]] * 4, masses=short)
    (joint,) = combined.envelopes([one, two], points=400)
    outside = joint.masses > short[-1]
    assert joint.lower[outside] == pytest.approx(1e-7 * (joint.masses[outside] / 1e-3) ** 2, rel=1e-9, abs=0)
    assert joint.lower[~outside] == pytest.approx(1e-9, rel=1e-9, abs=0)


def test_projections_regions_lines_and_the_sky_are_not_in_it():
    ground = [curve("miniboone", [[(1e-6,)]] * 9), curve("nomad", [[(2e-6,)]] * 9)]
    others = [
        curve("dune-nd", [[(1e-9,)]] * 9, "projection"),
        curve("miniboone-roi", [[(1e-9, 1e-8)]] * 9, "roi"),
        curve("sn1987a", [[(1e-11,)]] * 9),
    ]
    (joint,) = combined.envelopes([*ground, *others])
    assert joint.lower == pytest.approx(1e-6, rel=1e-9, abs=0)
    assert combined.envelopes([ground[0], *others]) == ()


def test_the_strongest_search_changes_where_the_curves_cross():
    one = curve("miniboone", [[(d,)] for d in 1e-7 * (MASSES / 1e-2)])
    two = curve("nomad", [[(d,)] for d in 1e-7 * (1e-2 / MASSES)])
    found = combined.strongest([one, two], "mu", points=201)
    (first, _, last, _), (second, start, _, best) = found.ranges
    assert (first, second) == ("miniboone", "nomad")
    assert last == pytest.approx(1e-2, rel=0.03, abs=0)
    assert start > last
    assert best == pytest.approx(1e-8, rel=1e-9, abs=0)
    assert set(found.seconds) == {"miniboone", "nomad"}
    assert np.all(found.d <= found.d_second)
    assert len(found.to_arrays()["strongest"]) == 201
    assert "| mu | 0.001 - 0.00994 | miniboone |" in combined.markdown([one, two])


def test_nothing_to_compare_is_an_error():
    with pytest.raises(DomainError, match="no measurement excludes anything"):
        combined.strongest([curve("dune-nd", [[(1e-9,)]] * 9, "projection")], "mu")
    with pytest.raises(DomainError, match="points"):
        combined.envelopes([], points=1)
