"""Names of curves: on or beside their own curve where there is room, else in the open with a thin line to it.

Greedy and deterministic: the shortest curves first, which have the fewest places to be named at. The candidates of a
name are boxes beside points of its curve and rings of boxes further out; the cheapest of those that touch no other
name and no edge of the plane is taken, where cost is the length of curves that the box hides, the distance to the curve, and how
crowded with other curves the point is. Sizes of names are those of the font, and how much a box covers is looked up in
sums over a raster, so nothing is drawn on the way.
"""

from __future__ import annotations

import functools
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
# or line that is hidden, and one place of a line to a name on another name and on a curve
_HIDDEN, _FAR, _CROWD, _TAKEN, _CROSSED, _OVER = 2.5, 3.0, 0.4, 1e4, 20.0, 2.0
_STEPS = np.linspace(0.05, 0.95, 25)  # places of a line


@dataclass(frozen=True)
class Curve:
    """A curve in data coordinates with the name to write on it; NaN separates its pieces."""

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


def place(
    axes: Any,
    curves: Sequence[Curve],
    size: float = 6.5,
    reserved: Sequence[Any] = (),
    lines: Sequence[Curve] = (),
    halo: str | None = None,
) -> None:
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
    lines : sequence of Curve
        Without names of their own; names keep clear of them where they can.
    halo : str, optional
        Colour around the letters.
    """
    from matplotlib import patheffects
    from matplotlib.collections import LineCollection

    page = _Page(axes, curves, lines, reserved)
    back = axes.transData.inverted()
    leaders, colors = [], []
    for index in sorted(range(len(curves)), key=lambda i: (len(page.paths[i]), i)):
        if (spot := page.find(index, *_size(curves[index].text, size, axes.figure.dpi))) is None:
            continue
        anchor, centre, near, far = spot
        if far:
            leaders.append(back.transform(np.stack([anchor, near])))
            colors.append(curves[index].color)
        axes.text(
            *back.transform(centre),
            curves[index].text,
            color=curves[index].color,
            fontsize=size,
            ha="center",
            va="center",
            clip_on=True,
            zorder=10,
            path_effects=[patheffects.withStroke(linewidth=1.8, foreground=halo)] if halo else None,
        )
    axes.add_collection(LineCollection(leaders, colors=colors, linewidths=0.07 * size, zorder=9), autolim=False)


class _Page:
    """What is on a plane so far: curves, names and the lines that tie them, as rasters."""

    def __init__(self, axes: Any, curves: Sequence[Curve], lines: Sequence[Curve], reserved: Sequence[Any]) -> None:
        self.frame = axes.get_window_extent()
        self.paths = [_visible(axes, curve, self.frame) for curve in curves]
        self.drawn, self.taken, self.tied = (Raster(self.frame) for _ in range(3))
        for path in [*self.paths, *(_visible(axes, line, self.frame) for line in lines)]:
            if len(path):
                self.drawn.add(path)
        self.drawn_sums = self.drawn.sums()
        for box in reserved:
            self.taken.fill(np.array([box.x0, box.y0, box.x1, box.y1]))

    def find(self, index: int, width: float, height: float) -> tuple[FloatArray, FloatArray, FloatArray, bool] | None:
        """Anchor, centre, near side and whether to tie them, of the best place for a name; marks it as taken."""
        path = self.paths[index]
        if len(path) < 2:
            return None
        last = len(path) - 1
        own = path[np.unique(np.linspace(0.02 * last, 0.98 * last, ANCHORS).astype(int))]
        found = self._cheapest(*_candidates(own, width, height), width, height)
        if found is None or found[0] >= _TAKEN:  # nothing free near the curve: anywhere
            found = self._cheapest(*_everywhere(self.frame, own, width, height), width, height) or found
        if found is None:
            return None
        _, anchor, centre, near, line, distance = found
        half = np.array([0.5 * width, 0.5 * height])
        self.taken.fill(np.concatenate([centre - half, centre + half]))
        if far := distance > RINGS[1]:
            self.tied.add(line)
        return anchor, centre, near, far

    def _cheapest(
        self, anchor: FloatArray, centre: FloatArray, distance: FloatArray, width: float, height: float
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, FloatArray, float] | None:
        """Cost, anchor, centre, near side, line and distance of the cheapest candidate inside of the plane."""
        half, frame = np.array([0.5 * width, 0.5 * height]), self.frame
        boxes = np.hstack([centre - half, centre + half])
        inside = (boxes[:, 0] > frame.x0 + MARGIN) & (boxes[:, 1] > frame.y0 + MARGIN)
        inside &= (boxes[:, 2] < frame.x1 - MARGIN) & (boxes[:, 3] < frame.y1 - MARGIN)
        if not np.any(inside):
            return None
        anchor, centre, distance, boxes = anchor[inside], centre[inside], distance[inside], boxes[inside]
        near = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
        line = anchor[:, None] + _STEPS[:, None] * (near - anchor)[:, None]
        taken_sums, tied_sums = self.taken.sums(), self.tied.sums()
        crossed = _CROSSED * _met(self.taken, taken_sums, line) + _OVER * _met(self.drawn, self.drawn_sums, line)
        cost = (
            _TAKEN * self.taken.count(taken_sums, boxes)
            + _HIDDEN * self.drawn.count(self.drawn_sums, boxes)
            + _CROSSED * self.tied.count(tied_sums, boxes)
            + _FAR * distance
            + _CROWD * self.drawn.count(self.drawn_sums, np.hstack([anchor - height, anchor + height]))
            + np.where(distance > RINGS[1], crossed, 0.0)
        )
        best = int(np.argmin(cost))
        return float(cost[best]), anchor[best], centre[best], near[best], line[best], float(distance[best])


def _everywhere(
    frame: Any, points: FloatArray, width: float, height: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Candidates on a grid over the whole plane, each tied to the nearest point of the curve."""
    x = np.arange(frame.x0 + 0.5 * width, frame.x1 - 0.5 * width, max(CELL, 0.125 * width))
    y = np.arange(frame.y0 + 0.5 * height, frame.y1 - 0.5 * height, max(CELL, 0.5 * height))
    centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    away = np.hypot(*(centres[:, None] - points[None]).transpose(2, 0, 1))
    nearest = np.argmin(away, axis=1)
    return points[nearest], centres, away[np.arange(len(centres)), nearest] / height


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
    """Width and height in pixels of a name with a little air: as outlines, or as Agg rounds them to pixels if larger."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font, scale = FontProperties(size=size), dpi / 72.0
    width, height, descent = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    rounded_width, rounded_height, _ = _measure(dpi).get_text_width_height_descent(text, font, ismath=False)
    wide = max(float(width) * scale, float(rounded_width))
    tall = max(float(height + descent) * scale, float(rounded_height), size * scale)
    return wide + 0.5 * size * scale, tall + 0.25 * size * scale


@functools.cache
def _measure(dpi: float) -> Any:
    from matplotlib.backends import backend_agg

    renderer: Any = backend_agg.RendererAgg
    return renderer(1, 1, dpi)


def _visible(axes: Any, curve: Curve, frame: Any) -> FloatArray:
    """Points of the curve inside the axes, in pixels, evenly spaced along each of its pieces."""
    known = np.isfinite(curve.x) & np.isfinite(curve.y) & (curve.y > 0)
    ends = np.nonzero(np.diff(np.concatenate([[False], known, [False]])))[0].reshape(-1, 2)
    pieces = [_piece(axes, curve.x[a:b], curve.y[a:b]) for a, b in ends.tolist() if b - a > 1]
    dense = np.concatenate([np.zeros((0, 2)), *pieces])
    inside = (dense[:, 0] > frame.x0) & (dense[:, 0] < frame.x1) & (dense[:, 1] > frame.y0) & (dense[:, 1] < frame.y1)
    return dense[inside]


def _piece(axes: Any, x: FloatArray, y: FloatArray) -> FloatArray:
    """Points along one line, in pixels, :data:`CELL` apart."""
    pixels = np.asarray(axes.transData.transform(np.column_stack([x, y])))
    steps = np.hypot(*np.diff(pixels, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    along = np.arange(0.0, length[-1], CELL)
    return np.column_stack([np.interp(along, length, pixels[:, k]) for k in (0, 1)])
