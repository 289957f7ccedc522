"""Which curves form the frontier of what is excluded, and where.

The union of all excluded regions of a plane of mass against coupling has a boundary. A constraint forms part of this
frontier where a piece of its own boundary lies inside no other excluded region; the others are hidden behind stronger
ones. The test is made on points along each boundary, evenly spaced in decades. Nothing here needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Limit
from nudipole.plot.regions import Region, regions

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
SPACING = 0.02  # decades between the points of a boundary
TOLERANCE = 0.004  # decades (1 %) by which a point must lie inside another region to be hidden
SHORTEST = 0.08  # decades: less of a frontier cannot be seen

#: ``frontier``: an exclusion that bounds the union somewhere; ``hidden``: one that does not; ``beyond``: a projection that
#: reaches outside of the excluded union; ``within``: one that does not; ``marked``: a region of interest or a line.
Role = Literal["frontier", "hidden", "beyond", "within", "marked"]


@dataclass(frozen=True)
class Window:
    """The visible part of a plane: masses [GeV] and couplings mu [Bohr magnetons]."""

    mass: tuple[float, float]
    mu: tuple[float, float]


@dataclass(frozen=True)
class Trace:
    """A boundary as points (mass [GeV], mu [Bohr magnetons]) in the window, and which of them are exposed.

    ``stretches`` numbers the continuous pieces: points of one number belong to one line.
    """

    key: str
    mass: FloatArray
    mu: FloatArray
    exposed: BoolArray
    stretches: npt.NDArray[np.intp]

    @property
    def length(self) -> float:
        """How much of it is exposed, in decades."""
        return SPACING * float(np.count_nonzero(self.exposed))


@dataclass(frozen=True)
class Classified:
    """A constraint with its role in a plane."""

    limit: Limit
    role: Role
    trace: Trace


@dataclass(frozen=True)
class _Area:
    """A connected excluded region in log10; ``high`` is above the window where it is open."""

    owner: int
    mass: FloatArray
    low: FloatArray
    high: FloatArray
    region: Region

    def hides(self, mass: FloatArray, mu: FloatArray) -> BoolArray:
        """Which points (log10) lie inside."""
        inside = (mass >= self.mass[0]) & (mass <= self.mass[-1])
        low, high = np.interp(mass, self.mass, self.low), np.interp(mass, self.mass, self.high)
        return np.asarray(inside & (mu > low + TOLERANCE) & (mu < high - TOLERANCE))


def classify(limits: Sequence[Limit], window: Window) -> tuple[Classified, ...]:
    """The role of every constraint of one plane.

    Parameters
    ----------
    limits : sequence of Limit
        Of one flavour.
    window : Window
        What is visible; what happens outside makes no frontier.

    Returns
    -------
    tuple of Classified
        In the order given.

    Examples
    --------
    >>> from nudipole.constraint import Interval
    >>> from nudipole.portal import Direction
    >>> masses = np.array([1e-3, 1e-2])
    >>> one, two = (Limit(k, Direction("e"), 0.9, masses, ((Interval(d),),) * 2) for k, d in (("a", 1e-8), ("b", 1e-7)))
    >>> [c.role for c in classify([one, two], Window((1e-3, 1e-2), (1e-12, 1e-5)))]
    ['frontier', 'hidden']
    """
    ceiling = float(np.log10(window.mu[1])) + 1.0
    areas = [_area(owner, region, ceiling) for owner, limit in enumerate(limits) for region in regions(limit)]
    walls = [a for a in areas if limits[a.owner].kind == "exclusion"]
    found = []
    for owner, limit in enumerate(limits):
        own = [a for a in areas if a.owner == owner]
        trace = _trace(limit.key, own, [a for a in walls if a.owner != owner], window)
        seen = trace.length >= SHORTEST
        role: Role = "marked"
        if limit.kind == "exclusion":
            role = "frontier" if seen else "hidden"
        elif limit.kind == "projection":
            role = "beyond" if seen else "within"
        found.append(Classified(limit, role, trace))
    return tuple(found)


def simplify(x: FloatArray, y: FloatArray, tolerance: float = 0.003) -> npt.NDArray[np.intp]:
    """Places of the points that are enough to draw a line on logarithmic axes (Douglas and Peucker 1973).

    Parameters
    ----------
    x, y : ndarray
        Positive coordinates of the points, in order.
    tolerance : float
        Largest distance of a dropped point from the line drawn, in decades.

    Examples
    --------
    >>> simplify(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0])).tolist()
    [0, 2]
    """
    points = np.column_stack([np.log10(x), np.log10(y)])
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        chord, inner = points[last] - points[first], points[first + 1 : last] - points[first]
        length = float(np.hypot(*chord))
        away = np.hypot(*inner.T) if length == 0.0 else np.abs(inner[:, 0] * chord[1] - inner[:, 1] * chord[0]) / length
        worst = int(np.argmax(away))
        if away[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            parts += [(first, middle), (middle, last)]
    return np.nonzero(keep)[0]


def _area(owner: int, region: Region, ceiling: float) -> _Area:
    high = np.minimum(np.where(np.isfinite(region.high), region.high, 10.0**ceiling), 10.0**ceiling)
    with np.errstate(divide="ignore"):
        low = np.maximum(np.log10(region.low), -40.0)
    return _Area(owner, np.log10(region.masses), low, np.log10(high), region)


def _lines(area: _Area) -> Iterable[FloatArray]:
    """The drawn boundary of a region as lines (n, 2) in log10: lower edge, upper edge where finite, closed ends."""
    yield np.column_stack([area.mass, area.low])
    finite = np.isfinite(area.region.high)
    if np.any(finite):
        yield np.column_stack([area.mass[finite], area.high[finite]])
    for end, closed in ((0, area.region.starts), (-1, area.region.stops)):
        if closed:
            yield np.array([[area.mass[end], area.low[end]], [area.mass[end], area.high[end]]])


def _trace(key: str, own: Sequence[_Area], walls: Sequence[_Area], window: Window) -> Trace:
    pieces = [_evenly(line) for area in own for line in _lines(area)]
    if not pieces:
        empty = np.zeros(0)
        return Trace(key, empty, empty, np.zeros(0, dtype=bool), np.zeros(0, dtype=np.intp))
    mass, mu = np.concatenate(pieces).T
    number = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    (left, right), (bottom, top) = np.log10(window.mass), np.log10(window.mu)
    visible = (mass >= left) & (mass <= right) & (mu >= bottom) & (mu <= top)
    mass, mu, number = mass[visible], mu[visible], number[visible]
    exposed = np.ones(len(mass), dtype=bool)
    for area in walls:
        exposed &= ~area.hides(mass, mu)
    return Trace(key, 10.0**mass, 10.0**mu, exposed, number)


def _evenly(line: FloatArray) -> FloatArray:
    """Points along a line, :data:`SPACING` apart."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    along = np.linspace(0.0, length[-1], max(2, int(np.ceil(length[-1] / SPACING)) + 1)) if length[-1] else np.zeros(1)
    return np.column_stack([np.interp(along, length, line[:, k]) for k in (0, 1)])
