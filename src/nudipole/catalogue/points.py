"""The statistic of a search at single points of theory, those of one direction together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue.exclusion import contained
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.portal import Direction, Portal
from nudipole.processes import validity
from nudipole.signals.protocol import Model

FloatArray = npt.NDArray[np.float64]
Judge = Callable[..., FloatArray]
"""Takes statistic, signal, index of each point's mass, and d [GeV^-1] of each point; one number a point."""
_ANCHORS = 48  # masses among which a fit of mass and coupling finds its best point


def of_points(portals: Sequence[Portal], model: Model, reach: tuple[float, float], judge: Judge) -> FloatArray:
    """One number a point, 0 where the search says nothing; each mass of a direction is computed once.

    Parameters
    ----------
    portals : sequence of Portal
    model : Model
    reach : (float, float)
        Masses [GeV] between which it says something.
    judge : callable
        What is wanted of the statistic.

    Returns
    -------
    ndarray (points,)
    """
    low, high = reach
    values = np.zeros(len(portals))
    groups: dict[Direction, list[int]] = {}
    for index, portal in enumerate(portals):
        if contained(portal.direction, model.flavors) and low <= portal.mass <= high:
            groups.setdefault(portal.direction, []).append(index)
    for direction, indices in groups.items():
        points = [portals[i] for i in indices]
        masses, rows = np.unique([p.mass for p in points], return_inverse=True)
        statistic = anchored(model, model.statistic(), direction, reach)
        signal = model.signal(masses, direction)
        values[indices] = judge(statistic, signal, rows.astype(np.intp), np.array([p.d for p in points]))
    return values


def beyond_operator(portals: Sequence[Portal], largest_s: float) -> npt.NDArray[np.bool_]:
    """Whether the coupling of each point is beyond the validity of the operator at this s [GeV^2], shape (points,)."""
    scales = [p.direction.completion.largest_over_gamma for p in portals]
    largest = [float(validity.largest_coupling(largest_s, p.mass, c)) for p, c in zip(portals, scales, strict=True)]
    return np.array([p.d > most for p, most in zip(portals, largest, strict=True)], dtype=bool)


def anchored(model: Model, statistic: Statistic, direction: Direction, reach: tuple[float, float]) -> Statistic:
    """The statistic of a fit of mass and coupling with its best point found on masses of its own.

    These are 48 masses between the ends of ``reach`` [GeV], so that the best point does not depend on the masses that are
    asked for. A statistic of the coupling alone is returned as it is.
    """
    if not isinstance(statistic, ProfileStatistic) or statistic.parameters != 2:
        return statistic
    low, high = reach
    return statistic.anchored(model.signal(np.geomspace(max(low, units.KEV), high, _ANCHORS), direction))
