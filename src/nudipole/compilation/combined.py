r"""What all laboratory searches exclude together, as a curve of its own, and which search is the strongest at each mass.

The envelope is the union of excluded regions,

.. math:: {\cal E}(M) = \bigcup_k {\cal E}_k(M),

of measurements on the ground (no projections, regions of interest, lines, nor the sky), each at its own confidence level.
Curves on different grids of masses are interpolated in ln M and ln d within each connected region
(:func:`nudipole.plot.regions.regions`); nothing is interpolated across the end of one. A joint likelihood, which is
stronger where several searches are equally good, is that of :func:`nudipole.fits.combination.combine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue import registry
from nudipole.columns import Columns, Tabular
from nudipole.compilation.compare import cell
from nudipole.constraint import Interval, Limit
from nudipole.errors import DomainError, check_count
from nudipole.plot.regions import Region, regions
from nudipole.signals.joint.envelope import united

FloatArray = npt.NDArray[np.float64]
KEY = "combined"
_FEWEST = 2  # curves that make an envelope


def envelopes(limits: Sequence[Limit], points: int = 400) -> tuple[Limit, ...]:
    """The envelope of each flavour that has two laboratory exclusions or more.

    Parameters
    ----------
    limits : sequence of Limit
        Curves of any kinds and flavours; of one nature of N.
    points : int
        Masses of each envelope, between the lowest and the highest of its members.

    Returns
    -------
    tuple of Limit
        With the key ``combined``, the basis ``envelope`` and the lowest confidence level among the members.

    Raises
    ------
    DomainError
        If there are fewer than two points.

    Examples
    --------
    >>> from nudipole.portal import Direction
    >>> masses = np.array([1e-3, 1e-2])
    >>> two = [Limit(k, Direction("e"), 0.9, masses, ((Interval(d),),) * 2) for k, d in (("gemma", 1e-8), ("conus", 1e-7))]
    >>> [f"{d:.3g}" for d in envelopes(two, points=2)[0].lower]
    ['1e-08', '1e-08']
    """
    check_count(at_least=2, points=points)
    found = []
    for flavor in dict.fromkeys(limit.direction.name for limit in limits):
        members = _members([limit for limit in limits if limit.direction.name == flavor])
        if len(members) >= _FEWEST:
            found.append(_envelope(members, points))
    return tuple(found)


def _members(limits: Sequence[Limit]) -> list[Limit]:
    """Measurements on the ground that exclude something."""
    sky = registry.sky()
    return [c for c in limits if c.kind == "exclusion" and c.key not in sky and c.key != KEY and any(c.excluded)]


def _envelope(members: Sequence[Limit], points: int) -> Limit:
    areas = [region for member in members for region in regions(member)]
    low, high = min(area.masses[0] for area in areas), max(area.masses[-1] for area in areas)
    masses = np.geomspace(max(low, units.KEV), high, points)
    masses[-1] = high  # a power may land beyond the last mass
    excluded: list[list[Interval]] = [[] for _ in range(points)]
    for area in areas:
        for row, (bottom, top) in enumerate(np.column_stack(_edges(area, masses)).tolist()):
            if bottom == bottom:
                excluded[row].append(Interval(bottom, top if np.isfinite(top) else None))
    return Limit(
        key=KEY,
        direction=members[0].direction,
        confidence_level=min(member.confidence_level for member in members),
        masses=masses,
        excluded=tuple(united(found) for found in excluded),
        kind="exclusion",
        basis="envelope",
        citations=tuple(dict.fromkeys(c for member in members for c in member.citations)),
        notes=("union of " + ", ".join(dict.fromkeys(member.key for member in members)),),
    )


def _edges(region: Region, masses: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Edges [GeV^-1] of a region at masses: NaN outside of it, infinite above where it is open."""
    logs, at = np.log(np.maximum(region.masses, 1e-300)), np.log(np.maximum(masses, 1e-300))
    outside = (masses < region.masses[0]) | (masses > region.masses[-1])
    low = np.exp(np.interp(at, logs, np.log(np.maximum(region.low, 1e-300))))
    open_above = ~np.isfinite(region.high)
    high = np.exp(np.interp(at, logs, np.log(np.where(open_above, 1.0, region.high))))
    high[np.interp(at, logs, open_above) > 0.0] = np.inf
    scale = units.d_from_mu(1.0)
    return np.where(outside, np.nan, scale * low), np.where(outside, np.nan, scale * np.maximum(low, high))


@dataclass(frozen=True)
class Strongest(Tabular):
    """The search that excludes the smallest coupling at each mass.

    Attributes
    ----------
    flavor : str
    masses : ndarray (n,)
        [GeV].
    keys : tuple of str
        Empty where nothing is excluded.
    d : ndarray (n,)
        Its lower edge [GeV^-1], NaN where nothing is excluded.
    seconds : tuple of str
        The next one.
    d_second : ndarray (n,)
        Its lower edge [GeV^-1].
    """

    flavor: str
    masses: FloatArray
    keys: tuple[str, ...]
    d: FloatArray
    seconds: tuple[str, ...]
    d_second: FloatArray

    def to_arrays(self) -> Columns:
        """One row a mass."""
        return {
            "mass_GeV": self.masses,
            "strongest": np.array(self.keys, dtype=str),
            "d_GeV-1": self.d,
            "second": np.array(self.seconds, dtype=str),
            "d_second_GeV-1": self.d_second,
        }

    @property
    def ranges(self) -> tuple[tuple[str, float, float, float], ...]:
        """Key, first and last mass [GeV] and smallest d [GeV^-1] of each stretch of masses with one strongest search."""
        found = []
        start = 0
        for stop in range(1, len(self.keys) + 1):
            if stop == len(self.keys) or self.keys[stop] != self.keys[start]:
                if self.keys[start]:
                    best = float(np.min(self.d[start:stop]))
                    found.append((self.keys[start], float(self.masses[start]), float(self.masses[stop - 1]), best))
                start = stop
        return tuple(found)


def strongest(limits: Sequence[Limit], flavor: str, points: int = 400) -> Strongest:
    """Which laboratory search excludes the smallest coupling at each mass.

    Parameters
    ----------
    limits : sequence of Limit
    flavor : str
        Of the curves that are compared.
    points : int
        Masses, between the lowest and the highest of the curves.

    Raises
    ------
    DomainError
        If no measurement excludes anything for this flavour.

    Examples
    --------
    >>> from nudipole.portal import Direction
    >>> masses = np.array([1e-3, 1e-2])
    >>> one = Limit("gemma", Direction("e"), 0.9, masses, ((Interval(1e-8),),) * 2)
    >>> two = Limit("conus", Direction("e"), 0.9, masses, ((Interval(1e-7),), (Interval(1e-9),)))
    >>> [key for key, *_ in strongest([one, two], "e").ranges]
    ['gemma', 'conus']
    """
    check_count(at_least=2, points=points)
    members = _members([limit for limit in limits if limit.direction.name == flavor])
    if not members:
        raise DomainError(f"no measurement excludes anything for {flavor}")
    masses = _envelope(members, points).masses
    edges = np.full((len(members) + 1, points), np.inf)  # the last row stands for nothing
    for row, member in enumerate(members):
        for region in regions(member):
            edges[row] = np.fmin(edges[row], _edges(region, masses)[0])
    order = np.argsort(edges, axis=0, kind="stable")
    names = np.array([*(member.key for member in members), ""])
    first, second = (np.take_along_axis(edges, order[k : k + 1], 0)[0] for k in (0, 1))
    return Strongest(
        flavor,
        masses,
        tuple(np.where(np.isfinite(first), names[order[0]], "").tolist()),
        np.where(np.isfinite(first), first, np.nan),
        tuple(np.where(np.isfinite(second), names[order[1]], "").tolist()),
        np.where(np.isfinite(second), second, np.nan),
    )


def markdown(limits: Sequence[Limit]) -> str:
    """``strongest.md``: the strongest search by flavour and range of masses."""
    lines = [
        "# The strongest laboratory search at each mass",
        "",
        "Measurements only, each at its own confidence level; smallest excluded d within the range.",
        "",
        "| flavour | masses [GeV] | strongest | smallest d [GeV^-1] | mu = 2d [mu_B] |",
        "|---|---|---|---|---|",
    ]
    for flavor in dict.fromkeys(limit.direction.name for limit in limits):
        if not _members([limit for limit in limits if limit.direction.name == flavor]):
            continue
        for key, low, high, d in strongest(limits, flavor).ranges:
            span = f"{low:.3g} - {high:.3g}"
            lines.append(f"| {cell(flavor)} | {span} | {cell(key)} | {d:.3g} | {units.mu_from_d(d):.3g} |")
    return "\n".join(lines) + "\n"
