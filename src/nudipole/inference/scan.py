r"""Intervals from a scan of chi^2 in ln d, where the signal is not proportional to d^2.

Chi^2 of all masses is known at the couplings :data:`~nudipole.inference.intervals.D_SCAN`. Its lowest point is refined, joins
the scan, and every crossing of

.. math:: \chi^2(d) - \chi^2_{\rm best} = c

is followed by :func:`nudipole.inference.intervals.crossings`, c the critical value.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference.intervals import D_SCAN, crossings

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Chi2 = Callable[[Rows, FloatArray], FloatArray]
"""Chi^2 of masses ``rows`` (n,), each at its own couplings (n, k) [GeV^-1]; shape (n, k)."""
_ZOOM_ROUNDS, _ZOOM_POINTS = 3, 11
NOTHING = 1e-6
"""Chi^2 by which a signal that is lost may differ from none: no best fit, but rounding."""


def refined_minima(chi2_at: Chi2, scanned: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The lowest point of each scan, refined between its neighbours: the scan alone is too coarse.

    Parameters
    ----------
    chi2_at : callable
    scanned : ndarray (n, k)
        Chi^2 at the k couplings of the scan.

    Returns
    -------
    place, value : ndarray (n,)
        Coupling [GeV^-1] and chi^2.
    """
    rows = np.arange(len(scanned))
    lowest = np.argmin(scanned, axis=1)
    place, value = D_SCAN[lowest], scanned[rows, lowest]
    low, high = D_SCAN[np.maximum(lowest - 1, 0)], D_SCAN[np.minimum(lowest + 1, len(D_SCAN) - 1)]
    for _ in range(_ZOOM_ROUNDS):
        grid = np.geomspace(low, high, _ZOOM_POINTS, axis=1)
        fine = chi2_at(rows, grid)
        lowest = np.argmin(fine, axis=1)
        better = fine[rows, lowest] < value
        place = np.where(better, grid[rows, lowest], place)
        value = np.where(better, fine[rows, lowest], value)
        low = grid[rows, np.maximum(lowest - 1, 0)]
        high = grid[rows, np.minimum(lowest + 1, _ZOOM_POINTS - 1)]
    return place, value


def excluded_intervals(
    chi2_at: Chi2,
    scanned: FloatArray,
    minimum: tuple[FloatArray, FloatArray],
    best: FloatArray,
    critical: float,
    zero: float | None = None,
) -> tuple[tuple[Interval, ...], ...]:
    """Couplings at which chi^2 is above the best by more than the critical value, at each of n masses.

    Parameters
    ----------
    chi2_at : callable
    scanned : ndarray (n, k)
        Chi^2 at the couplings of the scan.
    minimum : (ndarray (n,), ndarray (n,))
        Of :func:`refined_minima`: what is allowed around a strong preference is narrower than the steps of the scan.
    best : ndarray (n,)
        Chi^2 of the best fit.
    critical : float
    zero : float, optional
        Chi^2 without signal: given for a one-sided test, where nothing below the best fit is excluded.

    Returns
    -------
    tuple of tuple of Interval
    """
    place, lowest = minimum
    d = np.column_stack([np.broadcast_to(D_SCAN, scanned.shape), place])
    chi2 = np.column_stack([scanned, lowest])
    order = np.argsort(d, axis=1, kind="stable")
    d, chi2 = np.take_along_axis(d, order, 1), np.take_along_axis(chi2, order, 1)
    level = chi2 - best[:, None] - critical
    if zero is not None:
        below = np.arange(d.shape[1]) < np.argmin(chi2, axis=1)[:, None]
        level = np.where(below & (zero > best + NOTHING)[:, None], -critical, level)

    def excess(rows: Rows, at: FloatArray) -> FloatArray:
        return chi2_at(rows, at) - best[rows, None] - critical

    return crossings(d, level, excess)


def above_and_below(low: FloatArray | None, high: FloatArray) -> list[tuple[Interval, ...]]:
    """Intervals of the edges below and above a best fit, at each of n masses.

    Parameters
    ----------
    low : ndarray (n,) or None
        Upper end of what is excluded below the best fit [GeV^-1], not positive where nothing is; None: nowhere.
    high : ndarray (n,)
        Lower end of what is excluded above it, not finite where nothing is excluded at all.

    Examples
    --------
    >>> above_and_below(np.array([0.0, 1.0]), np.array([2.0, 3.0]))[1]
    (Interval(low=0.0, high=1.0), Interval(low=3.0, high=None))
    """
    found: list[tuple[Interval, ...]] = []
    for index, edge in enumerate(high.tolist()):
        if not np.isfinite(edge):
            found.append(())
        elif low is None or not low[index] > 0.0:
            found.append((Interval(edge),))
        else:
            found.append((Interval(0.0, float(low[index])), Interval(edge)))
    return found
