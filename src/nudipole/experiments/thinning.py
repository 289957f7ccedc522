"""Curves on fine grids of masses from fewer computed points, where nothing happens in between.

Photon searches cost milliseconds a mass and are smooth in it, except at thresholds and where regions open, close or
split. So on a grid of more than :data:`FINE` masses every third is computed, the others follow by monotone cubic
interpolation of ln d in ln M between neighbours of the same shape whose edges differ by less than a factor 1.6; wherever
that does not hold they are computed. Smooth curves keep 1 % of d; where the sampling noise of a photon search is larger,
single points move by up to 6 % (tests).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval

FloatArray = npt.NDArray[np.float64]
Intervals = tuple[tuple[Interval, ...], ...]
FINE, STRIDE, LARGEST_STEP = 60, 3, np.log(1.6)


def solve(masses: FloatArray, exact: Callable[[FloatArray], Intervals]) -> Intervals:
    """Intervals at increasing masses, computed by ``exact`` at some and interpolated at the others."""
    if len(masses) <= FINE:
        return exact(masses)
    coarse = np.unique(np.append(np.arange(0, len(masses), STRIDE), len(masses) - 1))
    found: dict[int, tuple[Interval, ...]] = dict(zip(coarse.tolist(), exact(masses[coarse]), strict=True))
    smooth: list[tuple[int, int]] = []
    missing: list[int] = []
    for left, right in zip(coarse[:-1].tolist(), coarse[1:].tolist(), strict=True):
        if _alike(found[left], found[right]):
            smooth.append((left, right))
        else:
            missing += range(left + 1, right)
    if missing:
        found |= dict(zip(missing, exact(masses[missing]), strict=True))
    for run in _runs(smooth):
        _fill(masses, run, found)
    return tuple(found[index] for index in range(len(masses)))


def _alike(one: tuple[Interval, ...], other: tuple[Interval, ...]) -> bool:
    """Same number of intervals, same ones open above, no edge further than the largest step."""
    if not one and not other:
        return True
    if len(one) != len(other) or [i.high is None for i in one] != [i.high is None for i in other]:
        return False
    edges = np.array([[x for i in side for x in (i.low, i.high or 1.0)] for side in (one, other)])
    return bool(np.all(edges > 0) and np.all(np.abs(np.diff(np.log(edges), axis=0)) < LARGEST_STEP))


def _runs(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Chains of neighbouring computed masses that are alike."""
    chains: list[list[int]] = []
    for left, right in pairs:
        if chains and chains[-1][-1] == left:
            chains[-1].append(right)
        else:
            chains.append([left, right])
    return chains


def _fill(masses: FloatArray, run: list[int], found: dict[int, tuple[Interval, ...]]) -> None:
    inside = [index for index in range(run[0], run[-1] + 1) if index not in found]
    number = len(found[run[0]])
    if number == 0:
        found |= dict.fromkeys(inside, ())
        return
    from scipy.interpolate import PchipInterpolator  # a quarter of a second, which recoil searches do not need

    x, wanted = np.log(masses[run]), np.log(masses[inside])

    def curve(values: list[float]) -> FloatArray:
        return np.asarray(np.exp(PchipInterpolator(x, np.log(values))(wanted)))

    lows = [curve([found[i][k].low for i in run]) for k in range(number)]
    highs = [
        None if found[run[0]][k].high is None else curve([float(found[i][k].high or 0.0) for i in run])
        for k in range(number)
    ]
    for position, index in enumerate(inside):
        found[index] = tuple(
            Interval(float(low[position]), None if high is None else float(high[position]))
            for low, high in zip(lows, highs, strict=True)
        )
