"""Names of curves: on or beside their own curve where there is room, else in the open with a thin line to it.

Greedy and deterministic: the shortest curves first, which have the fewest places to be named at. The candidates of a
name are boxes beside points of its curve and rings of boxes further out; the cheapest of those that touch no other
name and no edge of the plane is taken, where cost is the length of curves that the box hides, the distance to the curve, and how
crowded with other curves the point is. Sizes of names are those of the font, and how much a box covers is looked up in
sums over a raster, so nothing is drawn on the way.

Where a name would stand far from its curve, or on another one, a number stands at the curve instead, and a key in the
emptiest corner says which names the numbers mean.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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
TIED = 0.5  # heights from which a name is tied to its curve by a line
REMOTE = 5.0  # heights beyond which a name gives way to a number
_FEWEST = 3  # numbers that are worth a key
_LINE = 1.05  # heights between the lines of the key


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
    order = sorted((i for i in range(len(curves)) if len(page.paths[i]) > 1), key=lambda i: (len(page.paths[i]), i))
    sizes = {i: _size(curves[i].text, size, axes.figure.dpi) for i in order}
    spots = {i: spot for i in order if (spot := page.find(i, *sizes[i])) is not None}
    texts = {i: curves[i].text for i in spots}
    numbered = _numbered(axes, _Page(axes, curves, lines, reserved), curves, spots, sizes, size)
    if numbered is not None:
        spots, texts = numbered.spots, numbered.texts
    back = axes.transData.inverted()
    leaders, colors = [], []
    look: dict[str, Any] = {"fontsize": size, "va": "center", "clip_on": True, "zorder": 10}
    look["path_effects"] = [patheffects.withStroke(linewidth=1.8, foreground=halo)] if halo else None
    for i, spot in spots.items():
        if spot.distance > TIED:
            leaders.append(back.transform(np.stack([spot.anchor, spot.near])))
            colors.append(curves[i].color)
        axes.text(*back.transform(spot.centre), texts[i], color=curves[i].color, ha="center", **look)
    axes.add_collection(LineCollection(leaders, colors=colors, linewidths=0.07 * size, zorder=9), autolim=False)
    for place, text, color in () if numbered is None else numbered.key:
        axes.text(*back.transform(place), text, color=color, ha="left", **look)


class _Numbered(NamedTuple):
    """Places and texts of all names, some of them numbers, and the lines of the key: left end in pixels, text, colour."""

    spots: dict[int, Spot]
    texts: dict[int, str]
    key: list[tuple[FloatArray, str, str]]


def _numbered(
    axes: Any,
    page: _Page,
    curves: Sequence[Curve],
    named: Mapping[int, Spot],
    sizes: Mapping[int, tuple[float, float]],
    size: float,
) -> _Numbered | None:
    """The same names with numbers for remote ones; None if these are few, or there is no room for a key."""
    remote = {i for i, spot in named.items() if spot.distance > REMOTE or spot.covers}
    if len(remote) < _FEWEST:
        return None
    digits = _size("00", size, axes.figure.dpi)
    spots = {i: spot for i in named if (spot := page.find(i, *(digits if i in remote else sizes[i]))) is not None}
    ranked = sorted(remote & spots.keys(), key=lambda i: (float(spots[i].centre[0]), i))
    entries = [(f"{n}  {curves[i].text}", curves[i].color) for n, i in enumerate(ranked, 1)]
    boxes = [_size(text, size, axes.figure.dpi) for text, _ in entries]
    wide, tall = max(w for w, _ in boxes), _LINE * max(h for _, h in boxes)
    shapes = [(columns, -(-len(entries) // columns)) for columns in (1, 2, 3)]
    places = [(*page.emptiest(columns * wide, rows * tall), rows) for columns, rows in shapes]
    cost, corner, rows = min(places, key=lambda found: found[0])
    if cost >= _TAKEN:
        return None
    lines = []
    for number, (text, color) in enumerate(entries):
        column, row = divmod(number, rows)
        lines.append((corner + np.array([column * wide, (rows - row - 0.5) * tall]), text, color))
    texts = {i: curves[i].text for i in spots} | {i: str(n) for n, i in enumerate(ranked, 1)}
    return _Numbered(spots, texts, lines)


class Spot(NamedTuple):
    """Where a name stands, in pixels: the point of its curve, its centre and near side; heights between; what it covers."""

    anchor: FloatArray
    centre: FloatArray
    near: FloatArray
    distance: float
    covers: bool


def settle(axes: Any, text: Any, lines: Sequence[Curve]) -> None:
    """Move a text to the corner of the plane where it covers least of the curves: lower right where that is as good."""
    frame = axes.get_window_extent()
    drawn = np.concatenate([np.zeros((0, 2)), *(_visible(axes, line, frame) for line in lines)])
    found = []
    for rank, (x, y) in enumerate(((0.975, 0.035), (0.975, 0.965), (0.025, 0.035), (0.025, 0.965))):
        text.set(position=(x, y), ha="right" if x > 0.5 else "left", va="top" if y > 0.5 else "bottom")
        box = text.get_window_extent()
        covered = (drawn > [box.x0 - MARGIN, box.y0 - MARGIN]) & (drawn < [box.x1 + MARGIN, box.y1 + MARGIN])
        found.append((int(np.count_nonzero(covered.all(axis=1))), rank, x, y))
    _, _, x, y = min(found)
    text.set(position=(x, y), ha="right" if x > 0.5 else "left", va="top" if y > 0.5 else "bottom")


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

    def emptiest(self, width: float, height: float) -> tuple[float, FloatArray]:
        """What a box of this size covers at least, and its lower left corner there."""
        frame = self.frame
        margin = 4.0 * MARGIN  # clear of ticks
        x = np.arange(frame.x0 + margin, max(frame.x1 - margin - width, frame.x0 + 2 * margin), 2 * CELL)
        y = np.arange(frame.y0 + margin, max(frame.y1 - margin - height, frame.y0 + 2 * margin), 2 * CELL)
        corners = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        boxes = np.hstack([corners, corners + np.array([width, height])])
        cost = _TAKEN * self.taken.count(self.taken.sums(), boxes) + self.drawn.count(self.drawn_sums, boxes)
        cost += _CROSSED * self.tied.count(self.tied.sums(), boxes)
        outside = (boxes[:, 2] > frame.x1) | (boxes[:, 3] > frame.y1)
        cost = np.where(outside, np.inf, cost)
        best = int(np.argmin(cost))
        return float(cost[best]), corners[best]

    def find(self, index: int, width: float, height: float) -> Spot | None:
        """The best place for a name; marks it as taken."""
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
        cost, anchor, centre, near, line, distance = found
        half = np.array([0.5 * width, 0.5 * height])
        self.taken.fill(np.concatenate([centre - half, centre + half]))
        if distance > TIED:
            self.tied.add(line)
        return Spot(anchor, centre, near, distance, cost >= _TAKEN)

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
            + np.where(distance > TIED, crossed, 0.0)
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
