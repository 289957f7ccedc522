"""Names on curves: each label sits on its own curve, where it hides the least.

Greedy and deterministic: curves in the order given; for each, the candidate position whose box overlaps least with
labels already placed and with the other curves. Boxes are estimated from the number of letters, so nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
LETTER = 0.56  # mean width of a letter, in font sizes
CANDIDATES = 64  # places tried along a curve, on either side


@dataclass(frozen=True)
class Curve:
    """A curve in data coordinates with the name to write on it."""

    text: str
    color: str
    x: FloatArray
    y: FloatArray


def place(axes: Any, curves: Sequence[Curve], size: float = 6.5) -> None:
    """Write the name of each curve next to it."""
    from matplotlib import patheffects

    box = axes.get_window_extent()
    paths = [_visible(axes, curve, box) for curve in curves]
    everything = np.concatenate([np.zeros((0, 2)), *paths])
    taken = np.zeros((0, 4))
    unit = size * axes.figure.dpi / 72.0
    back = axes.transData.inverted()
    for curve, path in zip(curves, paths, strict=True):
        if len(path) < 2:
            continue
        width, height = LETTER * unit * (len(curve.text) + 1), 1.3 * unit
        point = path[np.unique(np.linspace(0, len(path) - 1, CANDIDATES).astype(int))]
        y = np.concatenate([point[:, 1] + 0.65 * height, point[:, 1] - 0.65 * height])
        x = np.clip(np.tile(point[:, 0], 2), box.x0 + 0.52 * width, box.x1 - 0.52 * width)
        shifted = np.abs(x - np.tile(point[:, 0], 2))
        fits = (y > box.y0 + 0.6 * height) & (y < box.y1 - 0.6 * height)
        if not np.any(fits):
            continue
        x, y, shifted = x[fits], y[fits], shifted[fits]
        bounds = np.column_stack([x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height])
        hidden = _overlap(bounds, taken).sum(axis=1) / (width * height)
        cost = 400.0 * hidden + 0.06 * _inside(bounds, everything) + 0.05 * shifted / unit
        best = int(np.argmin(cost))
        taken = np.vstack([taken, bounds[best]])
        axes.text(
            *back.transform((x[best], y[best])),
            curve.text,
            color=curve.color,
            fontsize=size,
            ha="center",
            va="center",
            clip_on=True,
            zorder=10,
            path_effects=[patheffects.withStroke(linewidth=1.8, foreground="white")],
        )


def _visible(axes: Any, curve: Curve, box: Any) -> FloatArray:
    """Points of the curve inside the axes, in pixels, evenly spaced along it."""
    keep = np.isfinite(curve.x) & np.isfinite(curve.y) & (curve.y > 0)
    if keep.sum() < 2:
        return np.zeros((0, 2))
    pixels = np.asarray(axes.transData.transform(np.column_stack([curve.x[keep], curve.y[keep]])))
    steps = np.hypot(*np.diff(pixels, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    if length[-1] == 0.0:
        return np.zeros((0, 2))
    along = np.arange(0.0, length[-1], 4.0)
    dense = np.column_stack([np.interp(along, length, pixels[:, k]) for k in (0, 1)])
    inside = (dense[:, 0] > box.x0) & (dense[:, 0] < box.x1) & (dense[:, 1] > box.y0) & (dense[:, 1] < box.y1)
    return dense[inside]


def _overlap(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Common area of every box (x0, y0, x1, y1) with every other one."""
    low, high = np.maximum(boxes[:, None, :2], others[:, :2]), np.minimum(boxes[:, None, 2:], others[:, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0.0), axis=-1))


def _inside(boxes: FloatArray, points: FloatArray) -> npt.NDArray[np.intp]:
    """How many points each box holds."""
    x, y = points.T
    left, bottom, right, top = boxes.T[..., None]
    return np.asarray(np.sum((x > left) & (x < right) & (y > bottom) & (y < top), axis=1))
