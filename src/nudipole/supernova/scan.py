"""From a ratio to a criterion, larger than one where d is excluded, to excluded intervals in d.

A coarse logarithmic grid finds the brackets, a subdivision and a power law sharpen every crossing to 1e-3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.errors import DomainError

FloatArray = npt.NDArray[np.float64]
COUPLINGS = np.geomspace(1e-13, 1e-4, 55)  # GeV^-1, six per decade
_SUBDIVISIONS = 6
_TINY = 1e-300


def excluded_intervals(
    ratio: Callable[[FloatArray], FloatArray], couplings: FloatArray = COUPLINGS
) -> tuple[Interval, ...]:
    """Intervals of d [GeV^-1] where ``ratio`` exceeds one; open above if it still does at the end of the grid.

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
    values = _checked(ratio(couplings))
    above = values > 1.0
    changes = np.flatnonzero(above[1:] != above[:-1])
    edges = [_crossing(ratio, couplings[i], couplings[i + 1], values[i], values[i + 1]) for i in changes]
    if above[0]:
        edges.insert(0, float(couplings[0]))
    intervals = [Interval(low, high) for low, high in zip(edges[::2], edges[1::2], strict=False)]
    if above[-1]:
        intervals.append(Interval(edges[-1]))
    return tuple(intervals)


def _checked(values: FloatArray) -> FloatArray:
    if np.any(np.isnan(values)):
        raise DomainError("a criterion gave NaN; the plasma or the mass is outside the range of the rates")
    return values


def _crossing(
    ratio: Callable[[FloatArray], FloatArray], low: float, high: float, value_low: float, value_high: float
) -> float:
    inner = np.geomspace(low, high, _SUBDIVISIONS + 2)
    values = np.concatenate([[value_low], _checked(ratio(inner[1:-1])), [value_high]])
    above = values > 1.0
    index = int(np.flatnonzero(above[1:] != above[:-1])[0])
    low, high, value_low, value_high = inner[index], inner[index + 1], values[index], values[index + 1]
    a, b = np.log(max(value_low, _TINY)), np.log(max(value_high, _TINY))
    return float(low * (high / low) ** (a / (a - b)))
