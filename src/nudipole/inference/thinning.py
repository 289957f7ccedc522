"""Curves on fine grids of masses from fewer computed points, where nothing happens in between.

Beam searches cost milliseconds a mass and are smooth in it, except at thresholds and where regions open, close or split.
So on a grid of more than :data:`FINE` masses every thirty-second is computed first. A gap is halved, and halved again,
until the curve through the points known so far (cubic in ln d over ln M) meets the one computed in its middle to
:data:`TOLERANCE`. It may meet it by chance, at a bend, so a gap beside one that misses is halved as well, unless it is
narrow (:data:`WIDE`) and met to :data:`CLOSE`. A gap between neighbours of different shape (another number of regions,
one open above) is halved to its end, so that shapes are those of point-by-point computation. What is left over is
interpolated, to better than the tolerance, because the middle has become known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval

FloatArray = npt.NDArray[np.float64]
Intervals = tuple[tuple[Interval, ...], ...]
FINE, STRIDE, WIDE, TOLERANCE, CLOSE = 60, 32, 8, 1e-2, 1e-3


def solve(masses: FloatArray, exact: Callable[[FloatArray], Intervals]) -> Intervals:
    """Intervals at increasing masses, computed by ``exact`` at some and interpolated at the others."""
    if len(masses) <= FINE:
        return exact(masses)
    coarse = np.unique(np.append(np.arange(0, len(masses), STRIDE), len(masses) - 1))
    found = dict(zip(coarse.tolist(), exact(masses[coarse]), strict=True))
    gaps = list(zip(coarse[:-1].tolist(), coarse[1:].tolist(), strict=True))
    while gaps := [(left, right) for left, right in gaps if right - left > 1]:
        middles = [(left + right) // 2 for left, right in gaps]
        guessed = interpolated(masses, found, middles)
        computed = dict(zip(middles, exact(masses[middles]), strict=True))
        found |= computed
        missed = [_missed(guessed.get(m), computed[m]) for m in middles]
        doubtful = {end for gap, by in zip(gaps, missed, strict=True) if by > TOLERANCE for end in gap}
        gaps = [
            half
            for (left, right), m, by in zip(gaps, middles, missed, strict=True)
            if by > TOLERANCE or ((by > CLOSE or right - left > WIDE) and not doubtful.isdisjoint((left, right)))
            for half in ((left, m), (m, right))
        ]
    missing = [index for index in range(len(masses)) if index not in found]
    found |= interpolated(masses, found, missing)
    return tuple(found[index] for index in range(len(masses)))


def interpolated(
    masses: FloatArray, found: dict[int, tuple[Interval, ...]], wanted: list[int]
) -> dict[int, tuple[Interval, ...]]:
    """Intervals at ``wanted`` positions between known neighbours of the same shape; other positions are left out."""
    result: dict[int, tuple[Interval, ...]] = {}
    for run in _runs(found):
        inside = [index for index in wanted if run[0] < index < run[-1]]
        if not inside:
            continue
        x, at = np.log(masses[run]), np.log(masses[inside])
        edges = np.array([_edges(found[index]) for index in run])
        curves = np.stack([_curve(x, column, at) for column in edges.T], axis=1) if edges.size else None
        for row, index in enumerate(inside):
            lows_and_highs = iter([] if curves is None else curves[row].tolist())
            result[index] = tuple(
                Interval(next(lows_and_highs), None if interval.high is None else next(lows_and_highs))
                for interval in found[run[0]]
            )
    return result


def _curve(x: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    if not np.all(values > 0):  # regions that begin at d = 0
        return np.zeros_like(at)
    return np.exp(smooth_cubic(x, np.log(values), at))


def smooth_cubic(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Piecewise cubic through (x, y): slopes of the parabola through three points, held to three times the flatter secant.

    Of third order where curves are smooth, turning points included, and without overshoot where they rise or fall
    (Hyman, SIAM J. Sci. Stat. Comput. 4 (1983) 645).
    """
    step = np.diff(x)
    secant = np.diff(y) / step
    if len(x) == 2:
        return np.asarray(y[0] + secant[0] * (at - x[0]))
    left, right, before, after = step[:-1], step[1:], secant[:-1], secant[1:]
    slope = np.zeros_like(y)
    slope[1:-1] = (right * before + left * after) / (left + right)
    most = np.where(before * after > 0, 3.0 * np.minimum(np.abs(before), np.abs(after)), np.inf)
    slope[1:-1] = np.clip(slope[1:-1], -most, most)
    slope[0] = _end_slope(step[0], step[1], secant[0], secant[1])
    slope[-1] = _end_slope(step[-1], step[-2], secant[-1], secant[-2])
    index = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    h, t = step[index], (at - x[index]) / step[index]
    value = (1.0 + 2.0 * t) * (1.0 - t) ** 2 * y[index] + t**2 * (3.0 - 2.0 * t) * y[index + 1]
    return np.asarray(value + h * t * (1.0 - t) * ((1.0 - t) * slope[index] - t * slope[index + 1]))


def _end_slope(step: float, next_step: float, secant: float, next_secant: float) -> float:
    """One-sided parabola, bent back where it would overshoot."""
    slope = ((2.0 * step + next_step) * secant - step * next_secant) / (step + next_step)
    if slope * secant <= 0.0:
        return 0.0
    if secant * next_secant <= 0.0 and abs(slope) > 3.0 * abs(secant):
        return 3.0 * secant
    return slope


def _edges(intervals: tuple[Interval, ...]) -> list[float]:
    return [edge for interval in intervals for edge in (interval.low, interval.high) if edge is not None]


def _shape(intervals: tuple[Interval, ...]) -> list[tuple[bool, bool]]:
    return [(interval.low > 0.0, interval.high is None) for interval in intervals]


def _missed(guessed: tuple[Interval, ...] | None, computed: tuple[Interval, ...]) -> float:
    """Largest relative distance of the edges; infinite for another shape."""
    if guessed is None or _shape(guessed) != _shape(computed):
        return np.inf
    one, other = np.array(_edges(guessed)), np.array(_edges(computed))
    return float(np.max(np.abs(one - other) / np.where(other > 0, other, 1.0), initial=0.0))


def _runs(found: dict[int, tuple[Interval, ...]]) -> list[list[int]]:
    """Chains of neighbouring known positions of the same shape."""
    chains: list[list[int]] = []
    for index in sorted(found):
        if chains and _shape(found[chains[-1][-1]]) == _shape(found[index]):
            chains[-1].append(index)
        else:
            chains.append([index])
    return [chain for chain in chains if len(chain) > 1]
