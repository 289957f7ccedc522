"""Published curves and the user's own, in every convention."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import curves
from nudipole.errors import DomainError, TableError, UnknownNameError
from nudipole.inputs import tables


def test_every_table_that_a_card_compares_with_is_there_with_its_source():
    known = curves.published()
    assert len(known) > 50
    for name, curve in known.items():
        assert curve.name == name
        assert curve.source
        assert curve.experiments
        assert curve.convention in ("d", "mu")
        assert 0.5 < curve.confidence_level < 1.0
        assert all(m > 0 and d > 0 for m, d in curve.points)


def test_branches_and_upper_edges_are_pieces():
    edges = curves.published("sn1987a")
    assert np.count_nonzero(np.isnan(edges.mass)) == 1
    branches = np.unique(tables.load("catalogue/published/bbn.csv")["branch"])
    assert np.count_nonzero(np.isnan(curves.published("bbn").mass)) == len(branches) - 1 == 3


def test_the_level_is_that_of_the_preset_compared_with():
    assert curves.published("miniboone").confidence_level == 0.95
    assert curves.published("bbn").confidence_level == pytest.approx(0.9, rel=0.06, abs=0)


@pytest.mark.parametrize(("convention", "factor"), [("d", 1.0), ("mu", 2.0), ("muB", units.mu_from_d(1.0))])
def test_written_and_read_again_it_is_the_same(tmp_path, convention, factor):
    curve = curves.published("nomad")
    path = tmp_path / "nomad.csv"
    path.write_text(curve.csv(convention))
    mass, d = curves.read(path, convention)
    assert mass == pytest.approx(curve.mass, rel=1e-5, abs=0)
    assert d == pytest.approx(curve.d, rel=1e-5, abs=0)
    table = tables.load_file(path)  # a table like those of the package
    column = next(name for name in table.columns if name != "mass_GeV")
    assert table[column] == pytest.approx(factor * curve.d, rel=1e-5, abs=0)


@pytest.mark.parametrize(
    "text",
    ["1e-3,1e-9\n1e-2,2e-9\n", "m;d\n1e-3;1e-9\n1e-2;2e-9;7\n", "# mine\nmass d\n1e-3  1e-9\n1e-2\t2e-9\n",
     "\ufeffM [GeV],d [GeV^-1]\n1e-3,1e-9\n1e-2,2e-9\n"],
)  # fmt: skip
def test_files_of_many_makers(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    mass, d = curves.read(path)
    assert mass.tolist() == [1e-3, 1e-2]
    assert d.tolist() == [1e-9, 2e-9]


def test_an_empty_line_begins_a_new_piece(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("1,1\n2,1\n\n3,1\n4,1\n")
    mass, _ = curves.read(path)
    assert np.isnan(mass).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("text", "match"),
    [("", "no rows"), ("m,d\n", "no rows"), ("1e-3\n", "line 1.*two columns"), ("1,1\n1,x\n", "line 2"),
     ("1,-1\n", "line 1.*above 0"), ("1,nan\n", "line 1"), ("-1,1\n", "line 1"), ("1,inf\n", "line 1")],
)  # fmt: skip
def test_what_is_no_curve_is_refused_by_line(tmp_path, text, match):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=match):
        curves.read(path)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        curves.read(tmp_path)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="UTF-8"):
        curves.read(tmp_path / "binary.csv")
    with pytest.raises(UnknownNameError, match="convention"):
        curves.read(tmp_path / "binary.csv", "mub")


def test_an_unknown_curve_is_named():
    with pytest.raises(UnknownNameError, match="nomad"):
        curves.published("nomda")


def test_conversion_passes_on_what_is_no_edge_and_refuses_negative_couplings():
    given = np.array([1e-7, np.nan, np.inf])
    for convention, factor in (("d", 1.0), ("mu", 2.0), ("muB", float(units.mu_from_d(1.0)))):
        np.testing.assert_allclose(curves.convert(given, convention), factor * given, rtol=1e-15)
    for value in (-1.0, -np.inf):
        with pytest.raises(DomainError):
            curves.convert(value, "d")
    with pytest.raises(UnknownNameError):
        curves.convert(1.0, "furlongs")
