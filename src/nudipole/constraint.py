"""What the atlas knows of an experiment, a star or the early Universe: one question, one answer.

A :class:`Constraint` says which couplings it excludes; a :class:`Limit` holds the answer for a grid of masses as sets
of excluded intervals in d. Experiments, cosmology and supernovae all implement the same protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import check
from nudipole.columns import Columns, Tabular
from nudipole.errors import DomainError, check_choice, check_mass, check_non_negative
from nudipole.portal import Direction, Portal

FloatArray = npt.NDArray[np.float64]


def as_masses(masses: npt.ArrayLike) -> FloatArray:
    """The masses [GeV] at which a limit is asked for, as a list.

    Raises
    ------
    DomainError
        If one is negative, not finite or not a number, or if they are a table.
    """
    check_mass(mass=masses)
    if np.ndim(masses) > 1:
        raise DomainError(f"masses must be one number or a list of them, got the shape {np.shape(masses)}")
    return np.atleast_1d(np.asarray(masses, dtype=float))


Kind = Literal["exclusion", "projection", "roi", "line"]
_FIELDS = {"masses": ("npt.ArrayLike",), "excluded": ("Sequence[Sequence[Interval]]",), "ends": ("Sequence[str]",)}
KINDS: tuple[Kind, ...] = ("exclusion", "projection", "roi", "line")
End = Literal["physics", "card", "grid"]
ENDS: tuple[End, ...] = ("physics", "card", "grid")
EDGES = ("lower", "upper", "gap-low", "gap-high", "open")


def same(one: Any, other: Any) -> bool:
    """Whether two objects of the same dataclass hold the same values, arrays compared number by number (NaN is NaN)."""
    if type(one) is not type(other):
        return False
    return all(_equal(getattr(one, item.name), getattr(other, item.name)) for item in fields(one) if item.compare)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=True))
    return bool(one == other)


@dataclass(frozen=True)
class Interval:
    """An excluded range of couplings d.

    Parameters
    ----------
    low : float
        Lower end [GeV^-1].
    high : float, optional
        Upper end [GeV^-1]; None where it is open above.

    Examples
    --------
    >>> 2e-7 in Interval(1e-7, 3e-7), 1.0 in Interval(1e-7)
    (True, True)
    """

    low: float
    high: float | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if not isinstance(value, float) and (value is not None or name == "low"):
                check(name, value, ("float",) if name == "low" else ("float", "None"))
        if not (np.isfinite(self.low) and self.low >= 0) or (self.high is not None and not self.high >= self.low):
            raise DomainError(f"an interval needs 0 <= low <= high, got {self.low}, {self.high}")

    def __contains__(self, d: float) -> bool:
        return self.low <= d and (self.high is None or d <= self.high)

    @property
    def mu(self) -> tuple[float, float | None]:
        """The same in Bohr magnetons, mu = 2 d."""
        return units.mu_from_d(self.low), None if self.high is None else units.mu_from_d(self.high)


@dataclass(frozen=True, eq=False)
class Limit(Tabular):
    """Excluded intervals on a grid of masses.

    Parameters
    ----------
    key : str
        Of the constraint.
    direction : Direction
        Flavour structure, Dirac or Majorana, completion.
    confidence_level : float
        Between 0 and 1.
    masses : ndarray
        M [GeV], shape (n,).
    excluded : tuple of tuples of Interval
        ``excluded[i]`` holds the intervals of d [GeV^-1] at ``masses[i]``, empty where nothing is excluded.
    kind : {"exclusion", "projection", "roi", "line"}
        What an interval means.
    basis : str
        How far its inputs are first-hand: ``first-principles``, ``normalised``, ``digitised``.
    preset : str
        The set of assumptions.
    citations : tuple of str
        Keys of the bibliography.
    notes : tuple of str
        The simplifications of the card.
    ends : tuple of str
        What ends the curve at each mass, if it ends there: ``physics`` (kinematics, too little signal, decay, the validity of
        the operator), ``card`` (its range of masses, or a published one), or ``grid`` (of a table or of the plane: it goes on
        beyond).
    beyond_operator : ndarray
        Masses [GeV] within reach at which an exclusion could only begin where the operator does not stand.

    Examples
    --------
    >>> found = Limit("mine", Direction("mu"), 0.9, np.array([1e-3, 1e-2]), ((Interval(1e-7, 1e-5),), ()))
    >>> found.excludes(0, 1e-6), found.lower.tolist()
    (True, [1e-07, nan])
    """

    key: str
    direction: Direction
    confidence_level: float
    masses: FloatArray
    excluded: tuple[tuple[Interval, ...], ...]
    kind: Kind = "exclusion"
    basis: str = "first-principles"
    preset: str = "default"
    citations: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    ends: tuple[End, ...] = ()
    beyond_operator: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        check("confidence_level", self.confidence_level, ("float",))
        for name in ("masses", "excluded", "ends"):
            check(name, getattr(self, name), _FIELDS[name])
        object.__setattr__(self, "masses", as_masses(self.masses))
        if not self.ends:
            object.__setattr__(self, "ends", ("physics",) * len(self.masses))
        if len(self.ends) != len(self.masses):
            raise DomainError("one end for each mass is needed")
        for end in set(self.ends):
            check_choice("end of a curve", end, ENDS)
        if not 0.0 < self.confidence_level < 1.0:
            raise DomainError(f"confidence level must lie between 0 and 1 (exclusive), got {self.confidence_level:g}")
        if len(self.masses) != len(self.excluded):
            raise DomainError("one set of intervals for each mass is needed")

    def __eq__(self, other: object) -> bool:
        return same(self, other) if isinstance(other, Limit) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.key, self.direction, self.confidence_level, self.preset, self.excluded))

    @property
    def lower(self) -> FloatArray:
        """Lowest excluded d [GeV^-1] at each mass; NaN where nothing is excluded."""
        return np.array([intervals[0].low if intervals else np.nan for intervals in self.excluded])

    @property
    def upper(self) -> FloatArray:
        """Highest excluded d [GeV^-1] at each mass; inf where open above, NaN where nothing is excluded."""
        return np.array([_upper(intervals) for intervals in self.excluded])

    @property
    def gap(self) -> tuple[FloatArray, FloatArray]:
        """Ends [GeV^-1] of the couplings left free between the lowest excluded region and the next.

        The first is NaN where nothing is excluded or the region is open above, the second where there is no other region.
        """
        low = [i[0].high if i and i[0].high is not None else np.nan for i in self.excluded]
        high = [i[1].low if len(i) > 1 else np.nan for i in self.excluded]
        return np.array(low, dtype=float), np.array(high, dtype=float)

    @property
    def open_above(self) -> FloatArray:
        """Lowest coupling [GeV^-1] of the region that is open above, where another lies below it; else NaN."""
        return np.array([i[-1].low if len(i) > 1 and i[-1].high is None else np.nan for i in self.excluded])

    def edge(self, name: str) -> FloatArray:
        """One of :data:`EDGES` at each mass.

        Parameters
        ----------
        name : {"lower", "upper", "gap-low", "gap-high", "open"}
            Which edge.

        Returns
        -------
        ndarray
            d [GeV^-1], shape of ``masses``; NaN where there is none.

        Raises
        ------
        UnknownNameError
            If there is no such edge.
        """
        check_choice("edge", name, EDGES)
        if name in ("gap-low", "gap-high"):
            return self.gap[0 if name == "gap-low" else 1]
        if name == "open":
            return self.open_above
        return self.lower if name == "lower" else np.where(np.isfinite(self.upper), self.upper, np.nan)

    def to_arrays(self) -> Columns:
        """The columns of ``limits.csv``: one row a mass and excluded interval, no row where nothing is excluded.

        ``d_high_GeV-1`` and ``mu_high_muB`` are NaN where the interval is open above, as they are empty in the file.

        Returns
        -------
        dict of ndarray (n,)
            By name with unit.

        Examples
        --------
        >>> limit = Limit("key", Direction("mu"), 0.9, np.array([0.01, 0.1]), ((Interval(1e-7, None),), ()))
        >>> columns = limit.to_arrays()
        >>> columns["mass_GeV"].tolist(), columns["d_low_GeV-1"].tolist(), columns["d_high_GeV-1"].tolist()
        ([0.01], [1e-07], [nan])
        """
        rows = [
            (mass, number, i.low, np.nan if i.high is None else i.high, end)
            for mass, intervals, end in zip(self.masses.tolist(), self.excluded, self.ends, strict=True)
            for number, i in enumerate(intervals)
        ]
        mass, number, low, high, end = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        same_in_all: dict[str, Any] = {
            "experiment": self.key,
            "flavor": self.direction.name,
            "kind": self.kind,
            "basis": self.basis,
            "preset": self.preset,
            "nature": self.direction.nature,
            "cl": self.confidence_level,
        }
        edges = {"low": np.array(low, dtype=float), "high": np.array(high, dtype=float)}
        return {
            **{name: np.full(len(rows), value) for name, value in same_in_all.items()},
            "mass_GeV": np.array(mass, dtype=float),
            "interval": np.array(number, dtype=int),
            **{f"d_{name}_GeV-1": edge for name, edge in edges.items()},
            **{f"mu_{name}_muB": edge / (0.5 * units.BOHR_MAGNETON) for name, edge in edges.items()},
            "ends": np.array(end, dtype=str),
        }

    def excludes(self, mass_index: int, d: float) -> bool:
        """Whether a coupling is excluded at one of the masses.

        Parameters
        ----------
        mass_index : int
            Counts ``masses``.
        d : float
            Coupling [GeV^-1].

        Returns
        -------
        bool
            True inside an interval, its ends included.

        Raises
        ------
        DomainError
            If there is no such mass, or the coupling is negative or not finite.
        """
        check_non_negative(d=d)
        if not -len(self.excluded) <= mass_index < len(self.excluded):
            raise DomainError(f"mass_index must count one of {len(self.excluded)} masses, got {mass_index}")
        return any(d in interval for interval in self.excluded[mass_index])

    def _repr_html_(self) -> str:
        head = "<tr><th>M [GeV]</th><th>excluded d [GeV⁻¹]</th><th>μ = 2d [μ<sub>B</sub>]</th></tr>"
        rows = []
        for mass, intervals in zip(self.masses, self.excluded, strict=True):
            shown = [
                (
                    f"{i.low:.3g} – {'∞' if i.high is None else format(i.high, '.3g')}",
                    f"{i.mu[0]:.3g} – {'∞' if i.mu[1] is None else format(i.mu[1], '.3g')}",
                )
                for i in intervals
            ] or [("none", "none")]
            rows += [f"<tr><td>{mass:.4g}</td><td>{d}</td><td>{mu}</td></tr>" for d, mu in shown]
        title = f"<caption>{self.key}, {self.direction.name}, {self.confidence_level:.0%} CL</caption>"
        return f"<table>{title}{head}{''.join(rows)}</table>"


def _upper(intervals: tuple[Interval, ...]) -> float:
    if not intervals:
        return np.nan
    return np.inf if intervals[-1].high is None else intervals[-1].high


@runtime_checkable
class Constraint(Protocol):
    """The protocol: everything that excludes couplings implements it."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def basis(self) -> str: ...

    @property
    def confidence_level(self) -> float: ...

    @property
    def presets(self) -> tuple[str, ...]:
        """Named sets of published assumptions; ``default`` is always the first."""
        ...

    @property
    def flavors(self) -> tuple[str, ...]:
        """Directions for which there is something to say, a subset of :data:`nudipole.portal.DIRECTIONS`."""
        ...

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which there is a curve to draw."""
        ...

    @property
    def citations(self) -> tuple[str, ...]: ...

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """Delta chi^2-like statistic of each point, larger is worse; ``limit`` holds it against ``critical_value``."""
        ...

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """What ``test_statistic`` crosses at the edges of ``limit``; refuses levels that cannot be computed."""
        ...

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]."""
        ...

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """What this preset assumes, and how it differs from the default."""
        ...
