"""What it takes to read the names in a figure: boxes as drawn."""

from __future__ import annotations


def assert_legible(figure):
    """Every name lies inside its panel, none over another, the flavour's symbol included."""
    figure.canvas.draw()
    for panel in figure.axes:
        frame = panel.get_window_extent()
        boxes = [(text.get_window_extent(), text.get_text()) for text in panel.texts]
        for box, name in boxes:
            assert frame.x0 <= box.x0 < box.x1 <= frame.x1, name
            assert frame.y0 <= box.y0 < box.y1 <= frame.y1, name
        over = [(n, m) for i, (a, n) in enumerate(boxes) for b, m in boxes[i + 1 :] if a.overlaps(b)]
        assert not over
