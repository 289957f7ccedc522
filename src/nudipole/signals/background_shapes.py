"""Shapes of backgrounds that a card may name: their share of each bin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def flat(edges: list[float]) -> FloatArray:
    """A background flat in the observable: its share of each bin."""
    widths = np.diff(np.asarray(edges, dtype=float))
    return widths / widths.sum()


def exponential(edges: list[float], scale: float) -> FloatArray:
    """A background falling as exp(-x / scale), x and scale in the unit of the edges inside (GeV, PE or hits)."""
    tail = np.exp(-np.asarray(edges, dtype=float) / scale)
    share = tail[:-1] - tail[1:]
    return share / share.sum()


def gaussian(edges: list[float], centre: float, width: float) -> FloatArray:
    """A peak; centre and width in the unit of the edges inside (GeV, PE or hits)."""
    from scipy.special import ndtr

    cumulative = ndtr((np.asarray(edges, dtype=float) - centre) / width)
    return np.diff(cumulative)


SHAPES: dict[str, Callable[..., FloatArray]] = {"flat": flat, "exponential": exponential, "gaussian": gaussian}
