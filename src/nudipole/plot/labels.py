"""Names of curves: on or beside their own curve where there is room, else in the open with a thin line to it.

Greedy and deterministic: the shortest curves first, which have the fewest places to be named at. The candidates of a
name are boxes beside points of its curve and rings of boxes further out; the cheapest of those that touch no other
name and no edge of the plane is taken, where cost is the length of curves that the box hides, the distance to the curve, and how
crowded with other curves the point is. Sizes of names are those of the font, and how much a box covers is looked up in
sums over a raster, so nothing is drawn on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
ANCHORS = 40  # points tried along a curve
RINGS = (
    0.0,
    1.1,
    2.4,
    4.2,
    6.5,
    9.5,
    13.0,
)  # distances tried from the near side of a box to its point, in heights of letters
DIRECTIONS = 12
CELL = 2.0  # pixels of the raster
MARGIN = 3.0  # pixels that a name keeps from the edge of the plane
# prices of a cell of curve that is hidden, a height of distance, a cell of curve around the point, a cell of another name
# that is hidden, and one place of a line on another name
_HIDDEN, _FAR, _CROWD, _TAKEN, _CROSSED = 1.0, 3.0, 0.4, 1e4, 60.0
_STEPS = np.linspace(0.1, 0.9, 9)  # places of a line


@dataclass(frozen=True)
class Curve:
    """A curve in data coordinates with the name to write on it."""

    text: str
    color: str
    x: FloatArray
    y: FloatArray


class Raster:
    """How many marked cells any box of the plane holds, from cumulative sums."""

    def __init__(self, box: Any) -> None:
        self.origin = np.array([box.x0, box.y0])
        self.marks = np.zeros((int(box.width / CELL) + 2, int(box.height / CELL) + 2))

    def add(self, points: FloatArray) -> None:
        """Mark the cells of points (n, 2) in pixels, once each."""
        cells = np.unique(((points - self.origin) / CELL).astype(int), axis=0)
        self.marks[cells[:, 0], cells[:, 1]] += 1.0

    def fill(self, box: FloatArray) -> None:
        """Mark every cell that a box (x0, y0, x1, y1) touches."""
        (i, j), (k, m) = self._cells(box[None, :2])[0], self._cells(box[None, 2:])[0] + 1
        self.marks[i:k, j:m] += 1.0

    def sums(self) -> FloatArray:
        """Cumulative sums, to be asked by :meth:`count`."""
        return np.pad(np.cumsum(np.cumsum(self.marks, axis=0), axis=1), ((1, 0), (1, 0)))

    def count(self, sums: FloatArray, boxes: FloatArray) -> FloatArray:
        """Marks in each box (n, 4)."""
        low, high = self._cells(boxes[:, :2]), self._cells(boxes[:, 2:]) + 1
        (i, j), (k, m) = low.T, high.T
        return np.asarray(sums[k, m] - sums[i, m] - sums[k, j] + sums[i, j])

    def _cells(self, points: FloatArray) -> npt.NDArray[np.intp]:
        cells = np.floor((points - self.origin) / CELL).astype(np.intp)
        return np.clip(cells, 0, np.array(self.marks.shape) - 1)


def place(axes: Any, curves: Sequence[Curve], size: float = 6.5, reserved: Sequence[Any] = ()) -> None:
    """Write the name of each curve next to it.

    Parameters
    ----------
    axes : matplotlib axes
        With its final limits and size.
    curves : sequence of Curve
    size : float
        Of the font, in points.
    reserved : sequence of boxes
        In pixels, where nothing may be written.
    """
    from matplotlib import patheffects
    from matplotlib.collections import LineCollection

    frame = axes.get_window_extent()
    paths = [_visible(axes, curve, frame) for curve in curves]
    drawn, taken = Raster(frame), Raster(frame)
    for path in paths:
        if len(path):
            drawn.add(path)
    for box in reserved:
        taken.fill(np.array([box.x0, box.y0, box.x1, box.y1]))
    drawn_sums, back = drawn.sums(), axes.transData.inverted()
    leaders, colors = [], []
    for index in sorted(range(len(curves)), key=lambda i: (len(paths[i]), i)):
        if len(paths[index]) < 2:
            continue
        width, height = _size(curves[index].text, size, axes.figure.dpi)
        last = len(paths[index]) - 1
        own = paths[index][np.unique(np.linspace(0.02 * last, 0.98 * last, ANCHORS).astype(int))]
        anchor, centre, distance = _candidates(own, width, height)
        half = np.array([0.5 * width, 0.5 * height])
        boxes = np.hstack([centre - half, centre + half])
        inside = (boxes[:, 0] > frame.x0 + MARGIN) & (boxes[:, 1] > frame.y0 + MARGIN)
        inside &= (boxes[:, 2] < frame.x1 - MARGIN) & (boxes[:, 3] < frame.y1 - MARGIN)
        if not np.any(inside):
            continue
        anchor, centre, distance, boxes = anchor[inside], centre[inside], distance[inside], boxes[inside]
        around = np.hstack([anchor - height, anchor + height])
        near = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
        line = anchor[:, None] + _STEPS[:, None] * (near - anchor)[:, None]
        taken_sums = taken.sums()
        cost = (
            _TAKEN * taken.count(taken_sums, boxes)
            + _HIDDEN * drawn.count(drawn_sums, boxes)
            + _FAR * distance
            + _CROWD * drawn.count(drawn_sums, around)
            + np.where(
                distance > RINGS[1], _CROSSED * _met(taken, taken_sums, line) + _met(drawn, drawn_sums, line), 0.0
            )
        )
        best = int(np.argmin(cost))
        taken.fill(boxes[best])
        if distance[best] > RINGS[1]:
            leaders.append(back.transform(np.stack([anchor[best], near[best]])))
            colors.append(curves[index].color)
        axes.text(
            *back.transform(centre[best]),
            curves[index].text,
            color=curves[index].color,
            fontsize=size,
            ha="center",
            va="center",
            clip_on=True,
            zorder=10,
            path_effects=[patheffects.withStroke(linewidth=1.8, foreground="white")],
        )
    axes.add_collection(LineCollection(leaders, colors=colors, linewidths=0.6, zorder=9), autolim=False)


def _met(raster: Raster, sums: FloatArray, lines: FloatArray) -> FloatArray:
    """How many of the places of each line (n, places, 2) are marked."""
    flat = lines.reshape(-1, 2)
    return np.minimum(raster.count(sums, np.hstack([flat, flat])), 1.0).reshape(lines.shape[:2]).sum(axis=1)


def _candidates(points: FloatArray, width: float, height: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Anchors and centres (n, 2) of boxes in rings around points of a curve, and their distances in heights."""
    angle = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    # from the point to the centre of a box whose near side or corner looks at it
    touching = np.clip(1.5 * outward, -1.0, 1.0) * np.array([0.5 * width, 0.65 * height])
    rings = np.asarray(RINGS)
    offsets = (touching[None] + height * rings[:, None, None] * outward[None]).reshape(-1, 2)
    distance = np.repeat(rings, DIRECTIONS)
    centres = (points[:, None, :] + offsets[None]).reshape(-1, 2)
    return np.repeat(points, len(offsets), axis=0), centres, np.tile(distance, len(points))


def _size(text: str, size: float, dpi: float) -> tuple[float, float]:
    """Width and height in pixels of a name with a little air."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, height, descent = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    scale = dpi / 72.0
    return (float(width) + 0.5 * size) * scale, (max(float(height + descent), size) + 0.25 * size) * scale


def _visible(axes: Any, curve: Curve, frame: Any) -> FloatArray:
    """Points of the curve inside the axes, in pixels, evenly spaced along it."""
    keep = np.isfinite(curve.x) & np.isfinite(curve.y) & (curve.y > 0)
    if keep.sum() < 2:
        return np.zeros((0, 2))
    pixels = np.asarray(axes.transData.transform(np.column_stack([curve.x[keep], curve.y[keep]])))
    steps = np.hypot(*np.diff(pixels, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    if length[-1] == 0.0:
        return np.zeros((0, 2))
    along = np.arange(0.0, length[-1], CELL)
    dense = np.column_stack([np.interp(along, length, pixels[:, k]) for k in (0, 1)])
    inside = (dense[:, 0] > frame.x0) & (dense[:, 0] < frame.x1) & (dense[:, 1] > frame.y0) & (dense[:, 1] < frame.y1)
    return dense[inside]
