"""From a ratio to a criterion, larger than one where d is excluded, to excluded intervals in d, and to curves in mass.

A coarse logarithmic grid finds the brackets; extrema near one are looked at more closely, two subdivisions
and a power law sharpen every crossing to 1e-4.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole.constraint import Interval
from nudipole.errors import DomainError

FloatArray = npt.NDArray[np.float64]
COUPLINGS = np.geomspace(1e-14, 1e-4, 61)  # GeV^-1, six per decade
_SUBDIVISIONS, _ROUNDS = 6, 2
_NEAR = 1.5  # of ln(ratio): d^4 over one step
_TINY = 1e-300
KNOTS = 36  # masses computed for a finer curve
Intervals = tuple[Interval, ...]


def excluded_intervals(
    ratio: Callable[[FloatArray], FloatArray], couplings: FloatArray = COUPLINGS
) -> tuple[Interval, ...]:
    """Intervals of d [GeV^-1] where ``ratio`` exceeds one; open above if it still does at the end of the grid.

    One that begins at the first coupling is cut there by the grid.

    Raises
    ------
    DomainError
        If a ratio is not a number.

    Examples
    --------
    >>> (window,) = excluded_intervals(lambda d: np.minimum(d / 1e-9, 1e-7 / d))
    >>> round(window.low / 1e-9, 3), round((window.high or 0) / 1e-7, 3)
    (1.0, 1.0)
    """
    couplings, values = _refined(ratio, couplings, _checked(ratio(couplings)))
    above = values > 1.0
    changes = np.flatnonzero(above[1:] != above[:-1])
    edges = [_crossing(ratio, couplings[i], couplings[i + 1], values[i], values[i + 1]) for i in changes]
    if above[0]:
        edges.insert(0, float(couplings[0]))
    intervals = [Interval(low, high) for low, high in zip(edges[::2], edges[1::2], strict=False)]
    if above[-1]:
        intervals.append(Interval(edges[-1]))
    return tuple(intervals)


def _refined(
    ratio: Callable[[FloatArray], FloatArray], couplings: FloatArray, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Couplings and ratios with more of both next to extrema near one: islands and gaps narrower than the grid's step."""
    logs = np.log(np.maximum(values, _TINY))
    turns = (logs[1:-1] - logs[:-2]) * (logs[2:] - logs[1:-1]) <= 0
    near = np.flatnonzero(turns & (np.abs(logs[1:-1]) < _NEAR)) + 1
    if near.size == 0:
        return couplings, values
    cells = np.unique(np.concatenate([near - 1, near]))
    more = np.concatenate([np.geomspace(couplings[i], couplings[i + 1], _SUBDIVISIONS + 2)[1:-1] for i in cells])
    order = np.argsort(np.concatenate([couplings, more]))
    return np.concatenate([couplings, more])[order], np.concatenate([values, _checked(ratio(more))])[order]


def curve(compute: Callable[[float], Intervals], masses: FloatArray, knots: int = KNOTS) -> tuple[Intervals, ...]:
    """Intervals at each mass [GeV]; more masses than ``knots`` are interpolated from so many, to three per cent.

    Edges are smooth in ln M (monotone cubics in ln M, ln d) as long as neighbouring knots have the same number of
    windows; next to where a window opens or closes, the masses are computed.
    """
    if len(masses) <= knots:
        return tuple(compute(float(mass)) for mass in masses)
    grid = np.geomspace(np.min(masses), np.max(masses), knots)
    found = [compute(float(mass)) for mass in grid]
    shapes = [tuple(interval.high is None for interval in intervals) for intervals in found]
    breaks = [0, *(i + 1 for i in range(knots - 1) if shapes[i] != shapes[i + 1]), knots]
    answers: dict[int, Intervals] = {}
    for start, stop in itertools.pairwise(breaks):
        # cells next to an opening or closing window are steep: not interpolated
        first, last = start + (start > 0), stop - 1 - (stop < knots)
        if first < last:
            inside = np.flatnonzero((masses >= grid[first]) & (masses <= grid[last]))
            smooth = _interpolated(grid[start:stop], found[start:stop], masses[inside])
            answers |= dict(zip(inside.tolist(), smooth, strict=True))
    return tuple(answers[i] if i in answers else compute(float(mass)) for i, mass in enumerate(masses))


def _interpolated(knots: FloatArray, found: list[Intervals], masses: FloatArray) -> list[Intervals]:
    """Intervals of one shape, edge by edge."""

    def edge(values: list[float]) -> FloatArray:
        return np.exp(PchipInterpolator(np.log(knots), np.log(values))(np.log(masses)))

    windows: list[list[Interval]] = []
    for index in range(len(found[0])):
        lows = edge([intervals[index].low for intervals in found])
        tops = [intervals[index].high for intervals in found]
        closed = [top for top in tops if top is not None]
        highs: list[float | None] = edge(closed).tolist() if len(closed) == len(tops) else [None] * len(masses)
        windows.append([Interval(low, high) for low, high in zip(lows.tolist(), highs, strict=True)])
    return [tuple(window[i] for window in windows) for i in range(len(masses))]


def _checked(values: FloatArray) -> FloatArray:
    if np.any(np.isnan(values)):
        raise DomainError("a criterion gave NaN; the plasma or the mass is outside the range of the rates")
    return values


def _crossing(
    ratio: Callable[[FloatArray], FloatArray], low: float, high: float, value_low: float, value_high: float
) -> float:
    for _ in range(_ROUNDS):
        inner = np.geomspace(low, high, _SUBDIVISIONS + 2)
        values = np.concatenate([[value_low], _checked(ratio(inner[1:-1])), [value_high]])
        above = values > 1.0
        index = int(np.flatnonzero(above[1:] != above[:-1])[0])
        low, high = float(inner[index]), float(inner[index + 1])
        value_low, value_high = float(values[index]), float(values[index + 1])
    a, b = np.log(max(value_low, _TINY)), np.log(max(value_high, _TINY))
    return float(low * (high / low) ** (a / (a - b)))
