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
    """Labels of the bins of an observation, flattened: what the axis is, its edges, and the data."""

    axis: str
    edges: FloatArray
    observed: FloatArray | None = None
    shape: tuple[int, ...] = field(default_factory=tuple)
