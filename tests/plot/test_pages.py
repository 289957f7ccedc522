"""The figures of the atlas: what they show, ticks, sizes, and names that can be read."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from nudipole.compilation import run
from nudipole.constraint import Interval, Limit
from nudipole.plot import canvas, frontier, names, pages
from nudipole.portal import Direction
from tests.plot.legible import assert_legible

pytest.importorskip("matplotlib")
KEYS = ("gemma", "conus-plus")
MASSES = np.geomspace(1e-6, 100.0, 160)


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return run.atlas(tmp_path_factory.mktemp("atlas"), only=KEYS, masses=12, jobs=1, figures=False)


@pytest.fixture(scope="module")
def crowd():
    """As many curves as an atlas has, with its keys, flavours and kinds: shapes of recoils, wedges and colliders."""
    generator = np.random.default_rng(11)
    found = []
    for number, key in enumerate(sorted(names.SHORT)):
        end, floor = 10.0 ** generator.uniform(-3.0, 2.0), 10.0 ** generator.uniform(-9.5, -4.0)
        low = floor * np.sqrt(1.0 + (MASSES / end) ** 2) / np.sqrt(np.maximum(1.0 - MASSES / end, 1e-12))
        high = 3e-6 / MASSES**2 if number % 3 == 0 else np.full_like(MASSES, np.inf)
        excluded = tuple(
            (Interval(a, None if np.isinf(b) else b),) if m < end and a < b else ()
            for m, a, b in zip(MASSES, low, high, strict=True)
        )
        kind = "line" if key in ("naturalness", "uv-loop") else ("exclusion", "exclusion", "projection")[number % 3]
        found.append(Limit(key, Direction("mu"), 0.9, MASSES, excluded, kind))
    return found


def test_each_figure_gets_the_curves_it_shows(atlas):
    (name,) = {n for n in pages.names(atlas.limits) if n == "fig3"}
    assert {c.direction.name for c in pages.chosen(name, atlas.limits)} == {"e"}
    assert {c.key for c in pages.chosen(name, atlas.limits)} == {*KEYS, "combined"}


def test_both_sides_show_one_coupling(atlas):
    figure = pages.figure("fig3", atlas.limits)
    left, right = figure.axes[:2]
    assert "mu_B" in left.get_ylabel()
    (secondary,) = right.child_axes
    assert "GeV" in secondary.get_ylabel()
    ratio = [secondary.get_ylim()[i] / left.get_ylim()[i] for i in (0, 1)]
    assert ratio == pytest.approx([148.15, 148.15], rel=1e-4, abs=0)  # d [1/GeV] over mu [mu_B]


@pytest.mark.parametrize("name", ["fig4", "fig7"])
def test_names_of_a_crowded_figure_can_be_read_and_every_frontier_curve_is_named(crowd, name):
    figure = pages.figure(name, crowd)
    assert_legible(figure)
    shown = pages.chosen(name, crowd)
    panels = [panel for panel in figure.axes if panel.get_xscale() == "log"]
    written = {text.get_text() for panel in panels for text in panel.texts}
    window = frontier.Window(panels[0].get_xlim(), panels[0].get_ylim())
    roles = frontier.classify(shown, window)
    assert len(roles) > 20
    wanted = {c.limit.key for c in roles if c.role in ("frontier", "beyond")}
    if name == "fig7":
        wanted &= set(pages.SKY)
    assert {names.short(key) for key in wanted} <= written
    hidden = {c.limit.key for c in roles if c.role in ("hidden", "within")}
    assert hidden
    assert not {names.short(key) for key in hidden} & written


def test_files_are_small_and_fonts_are_embedded(crowd, tmp_path):
    pages.draw(tmp_path, "fig4", pages.chosen("fig4", crowd))
    size = {kind: (tmp_path / "figures" / f"fig4.{kind}").stat().st_size for kind in ("svg", "pdf", "png")}
    assert size["svg"] < 400_000
    assert size["pdf"] < 150_000
    pdf = (tmp_path / "figures" / "fig4.pdf").read_bytes()
    assert b"/FontFile2" in pdf  # TrueType, not Type 3
    assert b"/Type3" not in pdf


def test_equal_figures_are_equal_files(crowd, tmp_path):
    for folder in ("one", "two"):
        pages.draw(tmp_path / folder, "fig4", pages.chosen("fig4", crowd)[:6])
    for kind in ("svg", "pdf"):
        one, two = ((tmp_path / folder / "figures" / f"fig4.{kind}").read_bytes() for folder in ("one", "two"))
        assert one == two


def test_ticks_stand_at_decades_and_their_digits():
    figure = canvas.new_figure((4.0, 3.0))
    axes = figure.add_subplot()
    axes.set_xscale("log")
    canvas.logarithmic(axes.xaxis, (2e-6, 3e-2), small=False)
    canvas.small_ticks(axes, True, (2e-6, 3e-2), (0.0, 1.0), 1.0)
    figure.canvas.draw()
    assert [t.get_text() for t in axes.get_xticklabels()] == ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]
    (small,) = axes.collections
    at = sorted({round(float(segment[0, 0]), 12) for segment in small.get_segments()})
    assert at[:8] == pytest.approx([3e-6, 4e-6, 5e-6, 6e-6, 7e-6, 8e-6, 9e-6, 2e-5], rel=1e-9, abs=0)
    assert len(small.get_segments()) == 2 * len(at) == 2 * (7 + 3 * 8 + 1)


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "no-such-backend"])
def test_files_are_drawn_whatever_the_backend_is(backend):
    code = "from nudipole.plot import canvas; f = canvas.new_figure((1, 1)); f.add_subplot(); f.canvas.draw(); print('drawn')"
    environment = {**os.environ, "MPLBACKEND": backend}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert result.stdout.strip() == "drawn", result.stderr


@pytest.mark.validation
@pytest.mark.filterwarnings("ignore::nudipole.processes.validity.EffectiveTheoryWarning")
def test_every_name_in_every_figure_can_be_read(tmp_path):
    limits = run.atlas(tmp_path, masses=40, jobs=1, figures=False).limits
    for name in pages.names(limits):
        assert_legible(pages.figure(name, limits))
