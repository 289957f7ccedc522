"""Edges of excluded intervals, mass by mass, and the rows and the table that show them."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import intervals, units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.intervals import Interval

EXCLUDED = (
    (),
    (Interval(1.0, 2.0),),
    (Interval(3.0),),
    (Interval(1.0, 2.0), Interval(5.0, 7.0)),
    (Interval(1.0, 2.0), Interval(5.0)),
)
MASSES = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
NAN = np.nan


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lower", [NAN, 1.0, 3.0, 1.0, 1.0]),
        ("upper", [NAN, 2.0, NAN, 7.0, NAN]),
        ("gap-low", [NAN, 2.0, NAN, 2.0, 2.0]),
        ("gap-high", [NAN, NAN, NAN, 5.0, 5.0]),
        ("open", [NAN, NAN, NAN, NAN, 5.0]),
    ],
)
def test_each_edge_by_its_name(name, expected):
    np.testing.assert_array_equal(intervals.edge(EXCLUDED, name), expected)


def test_the_upper_edge_of_an_open_region_is_infinite():
    np.testing.assert_array_equal(intervals.upper(EXCLUDED), [NAN, 2.0, np.inf, 7.0, np.inf])
    with pytest.raises(UnknownNameError, match="edge"):
        intervals.edge(EXCLUDED, "middle")


def test_an_interval_holds_its_ends_and_the_magnetic_moment():
    found = Interval(2e-7, 4e-7)
    assert 2e-7 in found
    assert 4e-7 in found
    assert 4.1e-7 not in found
    assert 1.0 in Interval(2e-7)
    assert found.mu == pytest.approx((units.mu_from_d(2e-7), units.mu_from_d(4e-7)), rel=1e-12, abs=0)
    assert Interval(0.0).mu[1] is None
    for low, high in ((-1.0, None), (2.0, 1.0), (np.inf, None), (1.0, np.inf), (1.0, np.nan)):
        with pytest.raises(DomainError, match="an interval needs"):
            Interval(low, high)


def test_rows_hold_mass_number_and_both_couplings():
    found = intervals.rows(MASSES, EXCLUDED)
    assert found["mass_GeV"].tolist() == [0.2, 0.3, 0.4, 0.4, 0.5, 0.5]
    assert found["interval"].tolist() == [0, 0, 0, 1, 0, 1]
    assert found["d_low_GeV-1"].tolist() == [1.0, 3.0, 1.0, 5.0, 1.0, 5.0]
    np.testing.assert_array_equal(found["d_high_GeV-1"], [2.0, NAN, 2.0, 7.0, 2.0, NAN])
    for end in ("low", "high"):
        for d, mu in zip(found[f"d_{end}_GeV-1"].tolist(), found[f"mu_{end}_muB"].tolist(), strict=True):
            assert mu == pytest.approx(units.mu_from_d(d), rel=1e-12, abs=0, nan_ok=True)
    assert all(len(column) == 0 for column in intervals.rows(MASSES[:1], [()]).values())


def test_the_table_shows_every_interval():
    shown = intervals.html_table("mine", MASSES, EXCLUDED)
    assert shown.count("<tr>") == 1 + 7
    assert "<td>0.1</td><td>none</td><td>none</td>" in shown
    assert "3 – ∞" in shown
