r"""The verb ``expected``: what a search would exclude if there were no N, with its bands.

Edges of the Asimov statistic at shifted confidence levels (Cowan et al., Eur. Phys. J. C 71 (2011) 1554), and for searches
by few events those of the quantiles of the count (:mod:`nudipole.inference.expected`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.exclusion import contained, largest_over_gamma, without_zero
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Constraint, as_masses
from nudipole.errors import DomainError
from nudipole.inference import expected as asymptotic
from nudipole.portal import Completion, Direction, direction
from nudipole.processes import validity
from nudipole.signals import escaping

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ExpectedLimit(Tabular):
    """Lower edges in d [GeV^-1] that are expected without N.

    Parameters
    ----------
    key, preset : str
    direction : Direction
    confidence_level : float
    masses : ndarray (n,)
        [GeV].
    edges : ndarray (5, n)
        Rows -2, -1, 0, 1, 2 standard deviations of the best fit from no signal; NaN where nothing is excluded.
    """

    key: str
    direction: Direction
    confidence_level: float
    masses: FloatArray
    edges: FloatArray
    preset: str = "default"

    @property
    def median(self) -> FloatArray:
        """Edge of the median experiment [GeV^-1], shape (n,)."""
        return self.band(0)

    def band(self, deviation: int) -> FloatArray:
        """Edge [GeV^-1] of an experiment so many standard deviations (-2 to 2) off; a negative one excludes more."""
        if deviation not in asymptotic.DEVIATIONS:
            raise DomainError(f"deviation must be a whole number from -2 to 2, got {deviation}")
        return np.asarray(self.edges[asymptotic.DEVIATIONS.index(float(deviation))])

    def to_dict(self) -> dict[str, FloatArray]:
        """Columns of equal length: mass and the five edges."""
        return self.to_arrays()

    def to_arrays(self) -> Columns:
        """The same, under the name that every result has."""
        names = ("minus_2", "minus_1", "median", "plus_1", "plus_2")
        return {"mass_GeV": self.masses} | {f"d_{name}_GeV-1": row for name, row in zip(names, self.edges, strict=True)}


@typed_arguments
def expected(
    experiment: str | Path | Constraint,
    flavor: str,
    mass: npt.ArrayLike,
    cl: float | None = None,
    majorana: bool = False,
    preset: str = "default",
    completion: Completion | None = None,
    extra_width: float = 0.0,
) -> ExpectedLimit:
    """What a search would exclude if there were no N: the median lower edge in d, its 68 and 95 per cent bands.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
    mass : array_like
        Masses of N [GeV].
    cl : float, optional
        Confidence level; that of the card if left out.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    completion : Completion, optional
        Above the electroweak scale; photon only if left out.
    extra_width : float
        Width [GeV] of N into something invisible.

    Returns
    -------
    ExpectedLimit
        Median and bands of the lower edge, d [GeV^-1] at each mass.

    Raises
    ------
    DomainError
        If the search is a union of others or fits two parameters; for the sky, which counts nothing.

    Examples
    --------
    >>> found = expected("lz-cevns", "mu", [1e-3, 5e-3])
    >>> bool((found.band(-1) < found.median).all() and (found.median < found.band(2)).all())
    True
    """
    ray = direction(flavor, majorana, completion, extra_width)
    search = registry.load(str(experiment)) if isinstance(experiment, (str, Path)) else experiment
    if not isinstance(search, Experiment):
        raise DomainError(f"{search.key} counts no events: it has no expected limit")
    masses = as_masses(np.atleast_1d(np.asarray(mass, dtype=float)))
    level = search.settings(preset).confidence_level if cl is None else cl
    return ExpectedLimit(search.key, ray, level, masses, expected_edges(search, masses, ray, level, preset), preset)


def expected_edges(
    search: Experiment, masses: FloatArray, direction: Direction, cl: float, preset: str = "default"
) -> FloatArray:
    """The edges of :class:`ExpectedLimit`, shape (5, n) [GeV^-1]."""
    model, (low, high) = search.model(preset), search.reach(preset)
    outer = model.statistic()
    statistic = getattr(outer, "inner", outer)
    judged = [asymptotic.without_signal(statistic, cl, deviation) for deviation in asymptotic.DEVIATIONS]
    edges = np.full((len(asymptotic.DEVIATIONS), len(masses)), np.nan)
    reached = np.nonzero((masses >= low) & (masses <= high))[0]
    if not reached.size or not contained(direction, model.flavors):
        return edges
    with search.naming_the_card():
        signal = model.signal(masses[reached], direction)
        largest = validity.largest_coupling(model.largest_s, masses[reached], largest_over_gamma(signal))
        for row, (by, shifted) in enumerate(judged):
            found = escaping.intervals(by, signal, shifted)
            for column, intervals, most in zip(reached, found, largest.tolist(), strict=True):
                kept = validity.within(without_zero(intervals), most)
                edges[row, column] = kept[0].low if kept else np.nan
    return edges
