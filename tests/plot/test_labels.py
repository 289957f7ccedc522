"""Names of curves: legible, whole, and where nothing else is written."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.plot import labels

plt = pytest.importorskip("matplotlib.pyplot")


def legible(figure, axes, reserved=()):
    """Boxes as they are drawn: inside the plane, apart from each other and from what is reserved."""
    figure.canvas.draw()
    frame = axes.get_window_extent()
    boxes = [text.get_window_extent() for text in axes.texts if text not in reserved]
    for box, name in zip(boxes, [t.get_text() for t in axes.texts if t not in reserved], strict=True):
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, name
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, name
    every = boxes + [text.get_window_extent() for text in reserved]
    assert not [(a, b) for i, a in enumerate(every) for b in every[i + 1 :] if a.overlaps(b)]
    return boxes


def test_names_of_curves_on_top_of_each_other_are_apart():
    figure, axes = plt.subplots()
    axes.set_xlim(0, 10)
    axes.set_ylim(0.5, 10)
    x = np.linspace(0, 10, 50)
    labels.place(axes, [labels.Curve(f"curve number {i}", "k", x, np.full(50, 4 + 0.01 * i)) for i in range(3)])
    assert len(legible(figure, axes)) == 3
    plt.close(figure)


def test_fifty_long_names_in_one_crowd_are_legible():
    """As in Fig. 4: long names, steep curves in one corner, a name that is already there."""
    generator = np.random.default_rng(5)
    figure, axes = plt.subplots(figsize=(6.5, 6.1))
    axes.set(xscale="log", yscale="log", xlim=(1e-6, 1e3), ylim=(1e-11, 1e-3))
    corner = axes.text(0.98, 0.98, "universal (effective moment)", transform=axes.transAxes, ha="right", va="top")
    x = np.geomspace(1e-6, 1e1, 60)
    crowd = [
        labels.Curve(
            "experiment " + "abcdefgh "[i % 9] * (3 + i % 20), "k", x, 10.0**a * x**-0.7 * (1 + (x / 0.02) ** 3)
        )
        for i, a in enumerate(generator.uniform(-10.0, -7.0, 50))
    ]
    labels.place(axes, crowd, reserved=[corner.get_window_extent()])
    legible(figure, axes, reserved=(corner,))
    written = [text.get_text() for text in axes.texts if text is not corner]
    for curve in crowd:
        assert sum(text == curve.text or text.endswith(f"  {curve.text}") for text in written) == 1
    plt.close(figure)


def test_remote_names_become_numbers_with_a_key():
    """Many curves in one knot: numbers at it and one line of the key for each, in the colour of its curve, left to right."""
    figure, axes = plt.subplots(figsize=(5, 4))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    x = np.linspace(0.47, 0.53, 9)
    knot = [labels.Curve(f"a long name {i}", f"C{i % 9}", x, np.full(9, 0.5 + 0.003 * i)) for i in range(14)]
    labels.place(axes, knot)
    legible(figure, axes)
    shown = {text.get_text(): text for text in axes.texts}
    key = [text for text in shown if "  " in text]
    assert len(key) >= 3
    numbers = [shown[entry.partition("  ")[0]] for entry in key]
    assert [n.get_color() for n in numbers] == [shown[entry].get_color() for entry in key]
    places = [n.get_position()[0] for n in sorted(numbers, key=lambda n: int(n.get_text()))]
    assert places == sorted(places)
    assert {entry.partition("  ")[2] for entry in key} | set(shown) >= {curve.text for curve in knot}
    plt.close(figure)


def test_a_few_remote_names_are_written_out():
    figure, axes = plt.subplots(figsize=(5, 4))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    x = np.linspace(0.1, 0.9, 9)
    labels.place(axes, [labels.Curve(f"name {i}", "k", x, np.full(9, 0.2 + 0.3 * i)) for i in range(3)])
    assert sorted(text.get_text() for text in axes.texts) == ["name 0", "name 1", "name 2"]
    plt.close(figure)


def test_a_text_settles_in_the_corner_where_it_covers_nothing():
    figure, axes = plt.subplots(figsize=(3, 3))
    axes.set(xlim=(0, 1), ylim=(0.01, 1))
    text = axes.text(0.5, 0.5, "flavour", transform=axes.transAxes)
    labels.settle(axes, text, [])
    assert text.get_position() == (0.975, 0.035)
    x = np.linspace(0.7, 1.0, 50)
    labels.settle(axes, text, [labels.Curve("", "k", x, np.full(50, 0.06))])
    assert text.get_position() == (0.975, 0.965)
    plt.close(figure)


def test_a_far_name_is_tied_to_its_curve():
    figure, axes = plt.subplots(figsize=(3, 3))
    axes.set(xlim=(0, 1), ylim=(0.1, 1))
    x = np.linspace(0.4, 0.6, 9)
    labels.place(axes, [labels.Curve(f"one of many {i}", "k", x, np.full(9, 0.5)) for i in range(12)])
    figure.canvas.draw()
    (lines,) = axes.collections
    ends = [axes.transData.transform(segment) for segment in lines.get_segments()]
    curve = axes.transData.transform(np.column_stack([x, np.full(9, 0.5)]))
    assert ends
    for anchor, _ in ends:
        assert abs(anchor[1] - curve[0, 1]) < 1.0
        assert curve[0, 0] - 1.0 < anchor[0] < curve[-1, 0] + 1.0
    plt.close(figure)


def test_curves_outside_of_the_plane_have_no_name():
    figure, axes = plt.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    labels.place(axes, [labels.Curve("away", "k", np.array([2.0, 3.0]), np.array([0.5, 0.5]))])
    assert not axes.texts
    plt.close(figure)
