"""A plane as a function: arguments, what is drawn, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.compilation import store
from nudipole.constraint import Interval, Limit
from nudipole.errors import DomainError, TableError, UnknownNameError
from nudipole.plot import canvas, names
from nudipole.portal import Direction
from tests.plot.legible import assert_legible

pytest.importorskip("matplotlib")
MASSES = np.geomspace(1e-6, 1.0, 61)


def curve(key, low, kind="exclusion", flavor="mu"):
    excluded = tuple((Interval(low * (1.0 + m / 0.1)),) for m in MASSES)
    return Limit(key, Direction(flavor), 0.9, MASSES, excluded, kind)


CURVES = (curve("nomad", 1e-7), curve("donut", 1e-5), curve("dune-nd", 1e-8, "projection"))


@pytest.fixture
def ax():
    return canvas.new_figure((4.6, 3.6)).add_subplot()


def written(axes):
    return {text.get_text() for text in axes.texts}


def lines(axes):
    return {line.get_gid(): line for line in axes.lines if line.get_gid()}


def test_frontier_and_projections_are_named_and_the_rest_is_not(ax):
    drawn = nd.plot.plane("mu", curves=CURVES, ax=ax)
    assert drawn is ax
    assert {"NOMAD", "DUNE ND"} <= written(ax)
    assert "DONUT" not in written(ax)
    assert_legible(ax.figure)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [("all", {"NOMAD", "DONUT", "DUNE ND"}), ("none", set()), (["donut"], {"DONUT"})],
)
def test_names_on_request(ax, labels, expected):
    nd.plot.plane("mu", curves=CURVES, labels=labels, ax=ax)
    assert written(ax) & {"NOMAD", "DONUT", "DUNE ND"} == expected


@pytest.mark.parametrize(("unit", "factor"), [("muB", units.mu_from_d(1.0)), ("GeV^-1", 1.0)])
def test_curves_are_drawn_in_the_unit_asked_for(ax, unit, factor):
    nd.plot.plane("mu", ["nomad"], curves=CURVES, units=unit, ax=ax)
    strong = max((line for line in ax.lines if line.get_gid() == "curve-nomad"), key=lambda x: x.get_linewidth())
    assert np.nanmin(strong.get_ydata()) == pytest.approx(1e-7 * factor, rel=0.01, abs=0)
    assert not ax.child_axes


def test_both_units_stay_together_when_the_user_zooms(ax):
    nd.plot.plane("mu", curves=CURVES, ax=ax)
    ax.set_ylim(1e-9, 1e-7)
    ax.figure.canvas.draw()
    (right,) = ax.child_axes
    assert right.get_ylim() == pytest.approx([148.15e-9, 148.15e-7], rel=1e-4, abs=0)


def test_small_ticks_are_ticks(ax):
    nd.plot.plane("mu", curves=CURVES, ax=ax)
    assert len(ax.xaxis.get_minorticklocs()) >= 6 * 8


def test_axes_colours_and_names_of_the_user(ax):
    nd.plot.plane(
        "mu", ["nomad", "donut"], curves=CURVES, units="GeV^-1", ax=ax,
        axes={"mass": (1e-3, 1.0), "coupling": (1e-8, 1e-3)}, colors={"nomad": "#123456"}, titles={"nomad": "N98"},
    )  # fmt: skip
    assert ax.get_xlim() == (1e-3, 1.0)
    assert ax.get_ylim() == pytest.approx((1e-8, 1e-3), rel=1e-12, abs=0)
    assert "N98" in written(ax)
    assert "#123456" in {line.get_color() for line in ax.lines if line.get_gid() == "curve-nomad"}


def test_no_wall_at_the_end_of_the_grid(ax):
    nd.plot.plane("mu", ["nomad"], curves=CURVES, ax=ax)
    for line in ax.lines:
        x, y = (np.asarray(values, dtype=float) for values in line.get_data())
        steep = (np.abs(np.diff(np.log10(x))) < 1e-6) & (np.abs(np.diff(np.log10(y))) > 0.5)
        assert not np.any(steep)


@pytest.mark.parametrize(("fill", "number"), [("classes", 1), ("grey", 1), ("none", 0)])
def test_what_is_excluded_is_filled_once(ax, fill, number):
    nd.plot.plane("mu", curves=CURVES, fill=fill, ax=ax)
    assert len(ax.patches) == number  # one curve bounds what is excluded; what it covers needs no fill of its own


def test_an_atlas_is_a_source_of_curves(ax, tmp_path):
    import json

    store.write_text(tmp_path / "limits.json", json.dumps({"curves": [store.to_record(c) for c in CURVES]}))
    nd.plot.plane("mu", curves=tmp_path, ax=ax)
    assert {"NOMAD", "DUNE ND"} <= written(ax)


def test_curves_are_computed_where_none_are_given(ax):
    nd.plot.plane("e", ["gemma", "conus-plus"], presets={"gemma": "sensitivity"}, masses=20, ax=ax)
    assert {"curve-gemma", "curve-conus-plus"} <= set(lines(ax))


def test_overlays(ax, tmp_path):
    own = tmp_path / "mine.csv"
    own.write_text("mass [GeV], mu [mu_B]\n1e-3, 1e-9\n1e-2; 2e-9\n")
    overlay = ["nomad", nd.plot.Overlay.from_csv(own, "muB", name="mine")]
    nd.plot.plane("mu", curves=CURVES, overlay=overlay, ax=ax)
    assert {"nomad (published)", "mine"} <= written(ax)
    assert lines(ax)["overlay-1"].get_ydata() == pytest.approx([1e-9, 2e-9], rel=1e-9, abs=0)
    with pytest.warns(UserWarning, match="mu, drawn in a plane of e"):
        nd.plot.plane("e", curves=[curve("gemma", 1e-7, flavor="e")], overlay=["nomad"], ax=ax)


@pytest.mark.parametrize("style", ["paper", "talk", "dark", None])
def test_every_style_draws(style, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    ax = nd.plot.plane("mu", curves=CURVES, style=style)
    nd.plot.save(ax.figure, tmp_path / "plane.svg", style)
    assert (tmp_path / "plane.svg").stat().st_size < 400_000
    matplotlib.pyplot.close(ax.figure)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"flavor": "nue"}, UnknownNameError, "flavor"),
        ({"flavor": "mu", "units": "cm"}, UnknownNameError, "units"),
        ({"flavor": "mu", "style": "drak"}, UnknownNameError, "dark"),
        ({"flavor": "mu", "labels": "some"}, UnknownNameError, "labels"),
        ({"flavor": "mu", "fill": "red"}, UnknownNameError, "fill"),
        ({"flavor": "mu", "keys": ["nomda"]}, UnknownNameError, "nomad"),
        ({"flavor": "tau"}, DomainError, "nothing to draw for tau"),
        ({"flavor": "mu", "axes": {"mass": (1.0, 0.1)}}, DomainError, "low < high"),
        ({"flavor": "mu", "axes": {"x": (0.1, 1.0)}}, UnknownNameError, "mass, coupling"),
        ({"flavor": "mu", "overlay": ["nomadd"]}, UnknownNameError, "published curve"),
        ({"flavor": "mu", "overlay": ["./nothing.csv"]}, TableError, "no such file"),
    ],
)
def test_bad_input_is_named(arguments, error, match):
    with pytest.raises(error, match=match):
        nd.plot.plane(**{"curves": CURVES, **arguments})


def test_short_names_are_written(ax):
    nd.plot.plane("mu", curves=CURVES, labels="all", ax=ax)
    assert {names.short(c.key) for c in CURVES} <= written(ax)
