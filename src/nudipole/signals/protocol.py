"""What every kind of signal hands to the experiment: expected counts, and the statistic that judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError
from nudipole.inference.limits import Statistic
from nudipole.portal import Direction
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Signal:
    """Expected counts of a grid of masses: exactly proportional to d^2, or one template a mass.

    Parameters
    ----------
    per_d2 : ndarray (masses, bins) or None
        Counts per d^2 [GeV^2] where N is practically stable or its decay plays no role.
    templates : sequence of SignalTemplate
        Used where ``per_d2`` is None.
    relative_shifts : ndarray (masses or 1, pulls, bins) or None
        Relative change of each bin for one standard deviation of each pull of the likelihood.
    largest_over_gamma : float
        Largest of d_gamma, d_Z and d_W over d_gamma, where the scale of the operator matters.
    """

    per_d2: FloatArray | None = None
    templates: Sequence[SignalTemplate] = ()
    relative_shifts: FloatArray | None = None
    largest_over_gamma: float = 1.0

    def __post_init__(self) -> None:
        if self.per_d2 is not None and not np.all(np.isfinite(self.per_d2)):
            raise DomainError("a signal came out as NaN or infinity: a bug, please report it with the card")

    def __len__(self) -> int:
        return len(self.templates) if self.per_d2 is None else len(self.per_d2)

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts at couplings d [GeV^-1], shape d.shape + (bins,)."""
        if self.per_d2 is not None:
            return np.asarray(d)[..., None] ** 2 * self.per_d2[mass_index]
        return self.templates[mass_index].counts(d)


class Model(Protocol):
    """One experiment under one preset, ready to compute."""

    @property
    def flavors(self) -> tuple[str, ...]:
        """Directions for which the source contains neutrinos (or parents)."""

    @property
    def bins(self) -> Bins: ...

    def signal(self, masses: FloatArray, direction: Direction) -> Any:
        """Expected signal at each mass [GeV]: a :class:`Signal`, or another :class:`~nudipole.inference.limits.Signal`."""

    def statistic(self) -> Statistic:
        """Data, background, pulls and how a limit is set."""

    def components(self) -> Mapping[str, FloatArray]:
        """Expected counts without signal, by name (``standard model`` is ours, the others are the experiment's)."""

    @property
    def largest_s(self) -> float:
        """Largest collision energy squared [GeV^2]; with a target at rest what is added to its rest energy."""
        ...

    def maximum_mass(self) -> float:
        """Mass [GeV] above which nothing can be seen, by kinematics."""


@dataclass(frozen=True)
class Bins:
    """The bins of an observation, flattened.

    Parameters
    ----------
    axis : str
        What a figure writes below the axis.
    edges : ndarray (n + 1,)
        Edges along this axis; running numbers where the bins have more than one axis, or none.
    observed : ndarray (n,) or None
        The data.
    columns : mapping of ndarray (n,)
        Each bin's own edges, ``<axis>_low [unit]`` and ``<axis>_high [unit]`` for every axis, or its label.
    """

    axis: str
    edges: FloatArray
    observed: FloatArray | None = None
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.columns:
            object.__setattr__(self, "columns", {"bin": np.arange(len(self.edges) - 1)})
        if any(len(column) != len(self.edges) - 1 for column in self.columns.values()):
            raise DomainError("every column of the bins needs one entry a bin")


def crossed(*axes: tuple[str, str, npt.ArrayLike]) -> dict[str, npt.NDArray[Any]]:
    """Columns of bins in one or more axes (name, unit, edges), the last one running fastest.

    Parameters
    ----------
    *axes : tuple of str, str, array_like (n + 1,)
        Name, unit ("" if it has none) and edges of each axis.

    Returns
    -------
    dict of ndarray
        One entry a bin: lower and upper edges by ``<name>_low [unit]`` and ``<name>_high [unit]``.

    Examples
    --------
    >>> crossed(("energy", "keV", [0, 1, 2]), ("time", "us", [0, 6]))["energy_low [keV]"].tolist()
    [0.0, 1.0]
    """
    edges = [np.asarray(values, dtype=float) for _, _, values in axes]
    found: dict[str, npt.NDArray[Any]] = {}
    for end, part in (("low", slice(None, -1)), ("high", slice(1, None))):
        grids = np.meshgrid(*(values[part] for values in edges), indexing="ij")
        for (name, unit, _), grid in zip(axes, grids, strict=True):
            found[f"{name}_{end}" + (f" [{unit}]" if unit else "")] = grid.ravel()
    order = [f"{name}_{end}" + (f" [{unit}]" if unit else "") for name, unit, _ in axes for end in ("low", "high")]
    return {name: found[name] for name in order}


def stacked(key: str, parts: Sequence[tuple[str, Mapping[str, npt.NDArray[Any]]]]) -> dict[str, npt.NDArray[Any]]:
    """Columns of bins behind one another, with a first column ``key`` that says whose they are.

    Numbers that a part does not have are NaN, words are empty.

    Parameters
    ----------
    key : str
        Name of the first column.
    parts : sequence of tuple of str, mapping
        Label and columns of each part.

    Returns
    -------
    dict of ndarray

    Examples
    --------
    >>> both = stacked("beam", [("one", {"a": np.array([1.0])}), ("two", {"b": np.array([2.0, 3.0])})])
    >>> both["beam"].tolist(), both["b"].tolist()
    (['one', 'two', 'two'], [nan, 2.0, 3.0])
    """
    sizes = [len(next(iter(columns.values()))) for _, columns in parts]
    found: dict[str, npt.NDArray[Any]] = {key: np.repeat([label for label, _ in parts], sizes)}
    for name in dict.fromkeys(name for _, columns in parts for name in columns):
        kind = next(columns[name].dtype.kind for _, columns in parts if name in columns)
        gap: Any = "" if kind == "U" else np.nan
        found[name] = np.concatenate(
            [columns.get(name, np.full(size, gap)) for (_, columns), size in zip(parts, sizes, strict=True)]
        )
    return found
