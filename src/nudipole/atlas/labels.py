"""Names on curves: each label sits on its own curve, where it hides the least.

Greedy and deterministic: curves in the order given; for each, the candidate position whose box overlaps least with
labels already placed and with the other curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


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
    everything = np.concatenate([p for p in paths if len(p)]) if any(len(p) for p in paths) else np.zeros((0, 2))
    taken: list[tuple[float, float, float, float]] = []
    unit = size * axes.figure.dpi / 72.0
    for curve, path in zip(curves, paths, strict=True):
        if len(path) < 2:
            continue
        width, height = 0.58 * unit * len(curve.text), 1.15 * unit
        best = None
        for index in np.unique(np.linspace(0, len(path) - 1, 48).astype(int)):
            for side in (1.0, -1.0):
                x, y = path[index, 0], path[index, 1] + side * 0.75 * height
                x = float(np.clip(x, box.x0 + 0.52 * width, box.x1 - 0.52 * width))
                if not box.y0 + 0.6 * height < y < box.y1 - 0.6 * height:
                    continue
                bounds = (x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height)
                cost = 40.0 * sum(_overlap(bounds, other) for other in taken) / (width * height)
                cost += 0.06 * _inside(bounds, everything) + 0.05 * abs(x - path[index, 0]) / unit
                if best is None or cost < best[0]:
                    best = (cost, x, y, bounds)
        if best is None:
            continue
        _, x, y, bounds = best
        taken.append(bounds)
        position = axes.transData.inverted().transform((x, y))
        axes.text(
            *position,
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


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _inside(bounds: tuple[float, ...], points: FloatArray) -> int:
    x, y = points[:, 0], points[:, 1]
    return int(np.sum((x > bounds[0]) & (x < bounds[2]) & (y > bounds[1]) & (y < bounds[3])))
