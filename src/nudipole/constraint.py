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

from nudipole import intervals
from nudipole.arguments import check
from nudipole.columns import Columns, Tabular
from nudipole.errors import DomainError, check_choice, check_mass, check_non_negative
from nudipole.intervals import EDGES as EDGES
from nudipole.intervals import Interval as Interval
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
        return intervals.lower(self.excluded)

    @property
    def upper(self) -> FloatArray:
        """Highest excluded d [GeV^-1] at each mass; inf where open above, NaN where nothing is excluded."""
        return intervals.upper(self.excluded)

    @property
    def gap(self) -> tuple[FloatArray, FloatArray]:
        """Ends [GeV^-1] of the couplings left free between the lowest excluded region and the next; NaN where there is none."""
        return intervals.gap(self.excluded)

    @property
    def open_above(self) -> FloatArray:
        """Lowest coupling [GeV^-1] of the region that is open above, where another lies below it; else NaN."""
        return intervals.open_above(self.excluded)

    def edge(self, name: str) -> FloatArray:
        """One of :data:`~nudipole.intervals.EDGES` at each mass.

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
        return intervals.edge(self.excluded, name)

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
        ray, level = self.direction, self.confidence_level
        same_in_all: dict[str, Any] = {
            "experiment": self.key,
            "flavor": ray.name,
            "kind": self.kind,
            "basis": self.basis,
        }
        same_in_all |= {"preset": self.preset, "nature": ray.nature, "cl": level}
        rows = intervals.rows(self.masses, self.excluded)
        size, where = len(rows["mass_GeV"]), [len(of_mass) for of_mass in self.excluded]
        columns = {name: np.full(size, value) for name, value in same_in_all.items()}
        return {**columns, **rows, "ends": np.repeat(np.array(self.ends, dtype=str), where)}

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
        title = f"{self.key}, {self.direction.name}, {self.confidence_level:.0%} CL"
        return intervals.html_table(title, self.masses, self.excluded)


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
