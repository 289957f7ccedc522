"""Shapes of backgrounds that a card may name: their share of each bin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_finite, check_increasing, check_positive

FloatArray = npt.NDArray[np.float64]


def flat(edges: list[float]) -> FloatArray:
    """A background flat in the observable: its share of each bin."""
    check_increasing(edges=edges)
    widths = np.diff(np.asarray(edges, dtype=float))
    return widths / widths.sum()


def exponential(edges: list[float], scale: float) -> FloatArray:
    """A background falling as exp(-x / scale), x and scale in the unit of the edges inside (GeV, PE or hits)."""
    check_increasing(edges=edges)
    check_positive(scale=scale)
    # measured from the first edge, so that what is left of the exponential cannot underflow
    depth = (np.asarray(edges, dtype=float) - edges[0]) / scale
    share = -np.exp(-depth[:-1]) * np.expm1(-np.diff(depth))
    check_positive(share_of_all_bins=share.sum())
    return share / share.sum()


def gaussian(edges: list[float], centre: float, width: float) -> FloatArray:
    """A peak; centre and width in the unit of the edges inside (GeV, PE or hits)."""
    from scipy.special import ndtr

    check_increasing(edges=edges)
    check_finite(centre=centre)
    check_positive(width=width)
    cumulative = ndtr((np.asarray(edges, dtype=float) - centre) / width)
    return np.diff(cumulative)


def exponential_slope(edges: list[float], scale: float) -> FloatArray:
    """How an :func:`exponential` changes with ln(scale): floated beside it, the scale moves to first order."""
    return _derivative(lambda factor: exponential(edges, scale * factor))


def gaussians(edges: list[float], centres: list[float], widths: list[float], areas: list[float]) -> FloatArray:
    """A sum of peaks tied to each other."""
    if not len(centres) == len(widths) == len(areas):
        raise DomainError("tied peaks need as many centres as widths and areas")
    check_finite(areas=areas)
    peaks = [area * gaussian(edges, c, w) for c, w, area in zip(centres, widths, areas, strict=True)]
    return np.asarray(np.sum(peaks, axis=0))


def gaussian_shift(edges: list[float], centre: float, width: float) -> FloatArray:
    """How a peak changes with its centre, per width: floated beside it, the peak moves to first order."""
    return _derivative(lambda factor: gaussian(edges, centre + (factor - 1.0) * width, width))


def gaussian_broadening(edges: list[float], centre: float, width: float) -> FloatArray:
    """How a peak changes with ln(width): floated beside it, the peak widens to first order."""
    return _derivative(lambda factor: gaussian(edges, centre, width * factor))


def _derivative(shape: Callable[[float], FloatArray], step: float = 1e-3) -> FloatArray:
    return np.asarray((shape(1.0 + step) - shape(1.0 - step)) / (2.0 * step))


SHAPES: dict[str, Callable[..., FloatArray]] = {
    "flat": flat,
    "exponential": exponential,
    "exponential-slope": exponential_slope,
    "gaussian": gaussian,
    "gaussians": gaussians,
    "gaussian-shift": gaussian_shift,
    "gaussian-broadening": gaussian_broadening,
}
