"""The figures: what they show, ticks, and names that can be read."""

from __future__ import annotations

import pytest

from nudipole.compilation import run
from nudipole.plot import planes as drawing

plt = pytest.importorskip("matplotlib.pyplot")
KEYS = ("gemma", "conus-plus")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return run.atlas(tmp_path_factory.mktemp("atlas"), only=KEYS, masses=12, jobs=1, figures=False)


def test_each_figure_gets_the_curves_it_shows(atlas):
    (name,) = {n for n in drawing.names(atlas.limits) if n == "fig3"}
    assert {c.direction.name for c in drawing.chosen(name, atlas.limits)} == {"e"}
    assert {c.key for c in drawing.chosen(name, atlas.limits)} == set(KEYS)


def test_ticks_stand_at_decades_and_their_digits():
    figure, axes = plt.subplots()
    axes.set_xscale("log")
    axes.set_xlim(2e-6, 3e-2)
    drawing._ticks(axes.xaxis, sides=(0.0, 1.0))
    figure.canvas.draw()
    assert [t.get_text() for t in axes.get_xticklabels()] == ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]
    (small,) = axes.collections
    at = sorted({round(float(segment[0, 0]), 12) for segment in small.get_segments()})
    assert at[:8] == pytest.approx([3e-6, 4e-6, 5e-6, 6e-6, 7e-6, 8e-6, 9e-6, 2e-5], rel=1e-6, abs=0)
    assert len(small.get_segments()) == 2 * len(at) == 2 * (7 + 3 * 8 + 1)
    plt.close(figure)


def test_both_axes_show_one_coupling(atlas):
    figure = drawing.figure("fig3", atlas.limits)
    left, right = figure.axes[0], figure.axes[-2]
    assert "mu_B" in left.get_ylabel()
    assert "GeV" in right.get_ylabel()
    ratio = [right.get_ylim()[i] / left.get_ylim()[i] for i in (0, 1)]
    assert ratio == pytest.approx([148.15, 148.15], rel=1e-4, abs=0)  # d [1/GeV] over mu [mu_B]
    plt.close(figure)


@pytest.mark.validation
@pytest.mark.filterwarnings("ignore::nudipole.processes.validity.EffectiveTheoryWarning")
def test_every_name_in_every_figure_can_be_read(tmp_path):
    """Boxes as drawn: inside their plane, none over another, the flavour's symbol included."""
    limits = run.atlas(tmp_path, masses=40, jobs=1, figures=False).limits
    for name in drawing.names(limits):
        figure = drawing.figure(name, limits)
        figure.canvas.draw()
        for plane in figure.axes:
            frame = plane.get_window_extent()
            boxes = [text.get_window_extent() for text in plane.texts]
            assert all(frame.x0 <= b.x0 < b.x1 <= frame.x1 and frame.y0 <= b.y0 < b.y1 <= frame.y1 for b in boxes), name
            assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)], name
        plt.close(figure)
