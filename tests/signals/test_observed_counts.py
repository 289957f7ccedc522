"""Counts of a card in each bin: rates of a table times exposure and width, shapes, typed numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import CardError
from nudipole.inputs.cards import Background
from nudipole.inputs.tables import Table
from nudipole.signals.observed_counts import background_counts, column_counts

FILE = Path("my.toml")
EDGES = np.array([0.0, 1.0, 3.0]) * units.KEV
TABLE = Table(
    "my.csv",
    {"seen": np.array([4.0, 5.0]), "rate": np.array([2.0, 3.0]), "odd": np.array([1.0, 1.0])},
    {"seen": "1", "rate": "1/(kg d keV)", "odd": "m"},
    {},
)


def column(name, size=2, exposure=10.0 * units.DAY, energies=EDGES):
    return column_counts(TABLE, name, size, exposure, energies, FILE)


def background(column_of=None, weights=2.0, **fields):
    return background_counts(Background(name="b", **fields), column_of, weights, EDGES, 2, FILE)


def test_rates_become_counts_with_exposure_and_width_of_the_bin():
    """2 and 3 per kg, day and keV in bins of 1 and 2 keV, for 10 kg days."""
    assert column("rate") == pytest.approx([20.0, 60.0], rel=1e-9, abs=0)
    assert column("seen").tolist() == [4.0, 5.0]


def test_bins_in_time_share_the_width_of_their_energy():
    table = Table("t.csv", {"rate": np.ones(4)}, {"rate": "1/(kg d keV)"}, {})
    found = column_counts(table, "rate", 4, 10.0 * units.DAY, EDGES, FILE)
    assert found == pytest.approx([10.0, 10.0, 20.0, 20.0], rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "none"}, "column none"),
        ({"name": "odd"}, "is none of counts"),
        ({"name": "rate", "energies": None}, "column rate"),
        ({"name": "seen", "size": 3}, "has 2 rows, there are 3 bins"),
    ],
)
def test_columns_that_are_no_counts_are_refused(change, told):
    with pytest.raises(CardError, match=rf"my\.toml: observation\.table = .*{told}"):
        column(**change)


def test_typed_counts_are_spread_evenly_and_weighted():
    assert background(counts=6.0).tolist() == [6.0, 6.0]
    assert background(counts=[1.0, 2.0]).tolist() == [2.0, 4.0]
    assert background(column_of=column, column="seen").tolist() == [8.0, 10.0]


def test_a_shape_distributes_its_counts_without_weights():
    found = background(counts=9.0, shape={"model": "flat"})
    assert found.sum() == pytest.approx(9.0, rel=1e-12, abs=0)
    assert found[1] / found[0] == pytest.approx(2.0, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"column": "seen"}, "b.column = 'seen': needs observation.table"),
        ({"counts": [1.0, 2.0, 3.0]}, "'3 values': the observation has 2 bins"),
        ({"counts": [-1.0, 2.0]}, "only a free component may be negative"),
        ({"counts": []}, "must not be empty"),
        ({}, "needs counts, column or shape"),
        ({"shape": {"model": "flat"}}, "is required beside a shape"),
        (
            {"counts": 1.0, "shape": {"model": "gaussian", "centre": 1.0, "width": 1e-8}},
            "nothing of it lies in the bins",
        ),
    ],
)
def test_backgrounds_that_are_no_counts_are_refused(fields, told):
    with pytest.raises(CardError) as error:
        background(**fields)
    assert told in str(error.value)


def test_free_components_may_be_negative():
    assert background(counts=[-1.0, 2.0], free=True).tolist() == [-2.0, 4.0]
