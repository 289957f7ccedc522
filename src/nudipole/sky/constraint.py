r"""Constraints from the sky: one statistic q(d) for each preset, excluded where it exceeds a critical value.

``bbn``, ``cmb``, ``sn1987a``, ``supernova-energy``, ``supernova-next`` and ``red-giants`` are instances of
:class:`SkyConstraint`. A preset is a :class:`Criterion`: a frozen set of assumptions with the statistic q(M, d). ``limit``
finds where q crosses its critical value, ``test_statistic`` returns the same q. Both know nothing where the criterion knows
nothing: q = 0 and no interval at masses without rates, and below the smallest coupling that the criterion covers.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nudipole.constraint import End, Interval, Kind, Limit, as_masses
from nudipole.errors import DomainError, check_choice, check_non_negative, check_positive
from nudipole.inference.counting import check_confidence_level
from nudipole.inputs.cards import Published
from nudipole.portal import DIRECTIONS, Direction, Portal
from nudipole.sky import scan

FloatArray = npt.NDArray[np.float64]
_AT_THE_WALL = 1.0 + 1e-6  # a mass so near to the end of the curve stands for it


class Criterion(Protocol):
    """What a preset demands: a statistic that is larger the worse a coupling fits, and its critical value."""

    @property
    def note(self) -> str:
        """The assumptions in a sentence."""
        ...

    @property
    def kind(self) -> Kind:
        """Exclusion or projection."""
        ...

    @property
    def confidence_level(self) -> float:
        """The level at which the criterion is stated."""
        ...

    @property
    def any_level(self) -> bool:
        """Whether the criterion can be evaluated at other levels."""
        ...

    @property
    def reach(self) -> tuple[float, float]:
        """Masses [GeV] between which there is a curve."""
        ...

    @property
    def walls(self) -> tuple[End, End]:
        """What ends the curve at its lightest and heaviest N: ``physics``, ``card`` or ``grid``."""
        ...

    @property
    def depends_on_decay(self) -> bool:
        """Whether an extra width of N would change the result."""
        ...

    def couplings(self, mass: float, direction: Direction) -> FloatArray | None:
        """Couplings d [GeV^-1], increasing, to be scanned; nothing is known below the first; None: of no coupling."""
        ...

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """q(d), shape d.shape, for d > 0."""
        ...

    def critical(self, cl: float) -> float:
        """Value of the statistic above which a coupling is excluded at this level."""
        ...

    def canonical(self, direction: Direction) -> tuple[Direction, float]:
        """A direction with the same physics, and the factor that turns d into its d."""
        ...

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """What a limit of this criterion should say."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class SkyConstraint:
    """Criteria by preset behind the protocol of :class:`nudipole.constraint.Constraint`.

    Examples
    --------
    >>> from nudipole.cosmology.constraints import CONSTRAINTS
    >>> bbn, cmb = CONSTRAINTS
    >>> cmb.limit([1e-3], Direction("mu"), preset="brdar2020").excluded[0][0].high is None
    True
    """

    key: str
    title: str
    criteria: Mapping[str, Criterion]
    citations: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    basis: str = "first-principles"
    flavors: tuple[str, ...] = DIRECTIONS
    smooth: bool = False  # fine curves are interpolated in mass
    comparisons: tuple[Published, ...] = ()  # published curves for the validation page
    compared_edges: tuple[str, ...] = ("lower", "upper")  # of the region, for the effect of a preset

    @property
    def presets(self) -> tuple[str, ...]:
        """Names of the criteria, ``default`` first."""
        return tuple(self.criteria)

    @property
    def kind(self) -> Kind:
        """Exclusion or projection, of the default."""
        return self.criteria["default"].kind

    @property
    def confidence_level(self) -> float:
        """Level of the default."""
        return self.criteria["default"].confidence_level

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] between which there is a curve to draw."""
        return self.reach()

    def reach(self, preset: str = "default") -> tuple[float, float]:
        """The same for any preset."""
        return self.criterion(preset).reach

    def criterion(self, preset: str = "default") -> Criterion:
        """The criterion of a preset.

        Raises
        ------
        UnknownNameError
            If there is no such preset.
        """
        check_choice(f"preset of {self.key}", preset, self.criteria)
        return self.criteria[preset]

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """q of each point, to be held against :meth:`critical_value`; zero where nothing is known.

        Raises
        ------
        UnknownNameError
            If there is no such preset.
        DomainError
            If N has other decays than its dipole's, and they matter.
        """
        criterion = self.criterion(preset)
        values = np.zeros(len(portals))
        rays: dict[tuple[float, Direction], list[int]] = {}
        for index, portal in enumerate(portals):
            if criterion.depends_on_decay:
                portal.direction.check_no_extra_width(self.key)
            if portal.d > 0:
                rays.setdefault((portal.mass, portal.direction), []).append(index)
        for (mass, direction), indices in rays.items():
            same, factor = criterion.canonical(direction)
            d = factor * np.array([portals[i].d for i in indices])
            covered = criterion.couplings(mass, same)
            known = d >= (np.inf if covered is None else covered[0])
            if np.any(known):
                values[np.array(indices)[known]] = criterion.statistic(mass, same, d[known])
        return values

    def critical_value(self, cl: float | None = None, preset: str = "default") -> float:
        """What :meth:`test_statistic` is held against.

        Raises
        ------
        DomainError
            If the criterion has no such confidence level.
        UnknownNameError
            If there is no such preset.
        """
        return self.criterion(preset).critical(self._level(preset, cl))

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]; none at masses that the criterion does not cover.

        Raises
        ------
        DomainError
            If a mass is not positive, or the criterion has no such confidence level.
        UnknownNameError
            If there is no such preset.
        """
        check_non_negative(masses=masses)
        check_positive(masses=masses)
        criterion = self.criterion(preset)
        if criterion.depends_on_decay:
            direction.check_no_extra_width(self.key)
        level = self._level(preset, cl)
        grid = as_masses(masses)
        same, factor = criterion.canonical(direction)
        knots = scan.KNOTS if self.smooth else len(grid)
        found = scan.curve(lambda mass: _excluded(criterion, mass, same, level), grid, knots)
        excluded = tuple(
            tuple(Interval(i.low / factor, None if i.high is None else i.high / factor) for i in row) for row in found
        )
        notes = (criterion.note, *criterion.notes(direction), *self.remarks)
        limit = Limit(
            self.key, direction, level, grid, excluded, criterion.kind, self.basis, preset, self.citations, notes
        )
        return replace(limit, ends=self.ends(limit))

    def ends(self, limit: Limit) -> tuple[End, ...]:
        """What ends the curve at each mass of a limit of this constraint: ``physics``, ``card`` or ``grid``.

        ``grid`` too where the lowest interval begins at the smallest coupling that the criterion covers: it goes on below.
        """
        criterion = self.criterion(limit.preset)
        (low, high), (lightest, heaviest) = criterion.reach, criterion.walls
        same, factor = criterion.canonical(limit.direction)
        found: list[End] = []
        for mass, intervals in zip(limit.masses.tolist(), limit.excluded, strict=True):
            covered = criterion.couplings(mass, same)
            if mass <= low * _AT_THE_WALL:
                found.append(lightest)
            elif mass >= high / _AT_THE_WALL:
                found.append(heaviest)
            elif intervals and covered is not None and intervals[0].low * factor <= covered[0] * _AT_THE_WALL:
                found.append("grid")
            else:
                found.append("physics")
        return tuple(found)

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """The assumptions of a preset, and under ``differs`` what is not as in the default."""
        chosen, default = _fields(self.criterion(preset)), _fields(self.criterion())
        differs = {
            name: {"default": default.get(name), preset: value}
            for name, value in chosen.items()
            if default.get(name) != value
        }
        return {"preset": preset, **chosen, "differs": differs, "notes": self.remarks}

    def _level(self, preset: str, cl: float | None) -> float:
        criterion = self.criteria[preset]
        if cl is None:
            return criterion.confidence_level
        check_confidence_level(cl)
        if criterion.any_level:
            criterion.critical(cl)  # refuses what is none for it
        elif not np.isclose(cl, criterion.confidence_level, rtol=1e-9, atol=0):
            others = [name for name, other in self.criteria.items() if other.any_level]
            hint = f"; presets with any level: {', '.join(others)}" if others else ""
            raise DomainError(
                f"{self.key} ({preset}) is a criterion stated at a confidence level of {criterion.confidence_level:g}"
                f" and knows no other, got {cl:g}{hint}"
            )
        return cl


def _fields(criterion: Criterion) -> dict[str, Any]:
    assert is_dataclass(criterion)
    return asdict(criterion)


@functools.lru_cache(maxsize=20000)
def _excluded(criterion: Criterion, mass: float, direction: Direction, cl: float) -> tuple[Interval, ...]:
    couplings = criterion.couplings(mass, direction)
    if couplings is None:
        return ()
    critical = criterion.critical(cl)
    return scan.excluded_intervals(lambda d: criterion.statistic(mass, direction, d) / critical, couplings)
