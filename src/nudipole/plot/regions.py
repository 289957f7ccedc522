"""From excluded intervals at each mass to connected regions of the plane of mass against coupling."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.constraint import Limit

FloatArray = npt.NDArray[np.float64]


def outline(limit: Limit) -> tuple[FloatArray, FloatArray]:
    """Lower edge of the lowest excluded interval in mu [Bohr magnetons], with its masses [GeV]."""
    lower = limit.lower
    keep = np.isfinite(lower) & (lower > 0)
    return limit.masses[keep], np.asarray(units.mu_from_d(1.0) * lower[keep])


@dataclass(frozen=True)
class Region:
    """A connected excluded region: masses [GeV], edges in mu (high is inf where open above), and which ends close it.

    ``starts`` and ``stops`` say whether the region is closed at its first and last mass, with an edge from below to above.
    """

    masses: FloatArray
    low: FloatArray
    high: FloatArray
    starts: bool
    stops: bool


def regions(limit: Limit) -> list[Region]:
    """Connected excluded regions; intervals at neighbouring masses belong together where they overlap.

    Where a region splits or merges, its branches are regions of their own that meet half-way in the gap between them.
    A region is closed at its first or last mass where physics ends it there (:attr:`~nudipole.constraint.Limit.ends`):
    too little signal, decay, the validity of the operator. Where a card's range or the grid of a table ends it, it stays
    open, and so does one that is still there at the first or last mass of the limit: it goes on, or rises to its
    kinematic end.
    """
    scale = units.mu_from_d(1.0)
    columns = [
        [(scale * i.low, np.inf if i.high is None else scale * i.high) for i in intervals]
        for intervals in limit.excluded
    ]
    found: list[Region] = []
    current: dict[int, tuple[list[tuple[int, float, float]], bool]] = {}  # by place in the last column: nodes, starts

    def closed(index: int) -> bool:
        return 0 < index < len(columns) - 1 and limit.ends[index] == "physics"

    def close(nodes: list[tuple[int, float, float]], starts: bool, stops: bool) -> None:
        position, low, high = (np.array(column) for column in zip(*nodes, strict=True))
        found.append(Region(limit.masses[position], low.astype(float), high.astype(float), starts, stops))

    for index, column in enumerate(columns):
        before = columns[index - 1] if index else []
        parents = [[i for i, p in enumerate(before) if p[0] <= c[1] and c[0] <= p[1]] for c in column]
        children = [[j for j in range(len(column)) if i in parents[j]] for i in range(len(before))]
        following: dict[int, tuple[list[tuple[int, float, float]], bool]] = {}
        for j, interval in enumerate(column):
            node = (index, *interval)
            if len(parents[j]) == 1 and len(children[parents[j][0]]) == 1:
                nodes, starts = current.pop(parents[j][0])
                following[j] = ([*nodes, node], starts)
                continue
            following[j] = ([node], not parents[j] and closed(index))
            if len(parents[j]) == 1:  # a branch of a split starts on its parent
                branches = children[parents[j][0]]
                low, high = _branch(before[parents[j][0]], [column[k] for k in branches], branches.index(j))
                following[j] = ([(index - 1, low, high), node], False)
        for i, (nodes, starts) in current.items():
            if len(children[i]) == 1:  # a branch ends on what it merges into
                branches = parents[children[i][0]]
                nodes = [
                    *nodes,
                    (index, *_branch(column[children[i][0]], [before[k] for k in branches], branches.index(i))),
                ]
            close(nodes, starts, not children[i] and closed(index - 1))
        current = following
    for nodes, starts in current.values():
        close(nodes, starts, False)
    return found


def _branch(whole: tuple[float, float], parts: list[tuple[float, float]], place: int) -> tuple[float, float]:
    """Edges of one of the branches at the mass where they are still, or again, one interval."""
    bounds = [whole[0], *(float(np.sqrt(a[1] * b[0])) for a, b in itertools.pairwise(parts)), whole[1]]
    return bounds[place], bounds[place + 1]
