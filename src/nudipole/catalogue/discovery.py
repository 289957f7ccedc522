"""The verb ``discovery``: from which coupling on a search would see N, and how significant what it saw is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.exclusion import contained, largest_over_gamma
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Constraint, as_masses
from nudipole.errors import DomainError, check_between
from nudipole.inference import discovery as significances
from nudipole.inference.intervals import D_SCAN, crossings
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic
from nudipole.portal import Direction, direction
from nudipole.processes import validity

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Discovery(Tabular):
    """What a search would see, and what it saw.

    Attributes
    ----------
    key, preset : str
    direction : Direction
    masses : ndarray (n,)
        [GeV].
    sigmas : tuple of float
        Standard deviations asked for.
    reach : ndarray (sigmas, n)
        Smallest d [GeV^-1] expected at that significance; NaN where there is none.
    best : ndarray (n,)
        d [GeV^-1] that fits the data best, 0 for none; NaN out of reach or without data.
    observed : ndarray (n,)
        Its local significance in standard deviations.
    """

    key: str
    direction: Direction
    masses: FloatArray
    sigmas: tuple[float, ...]
    reach: FloatArray
    best: FloatArray
    observed: FloatArray
    preset: str = "default"

    @property
    def p_values(self) -> FloatArray:
        """Local, one-sided p value of no signal, shape (n,)."""
        return np.asarray(special.ndtr(-self.observed))

    def to_arrays(self) -> Columns:
        """One row a mass."""
        reach = {f"d_{sigma:g}_sigma_GeV-1": row for sigma, row in zip(self.sigmas, self.reach, strict=True)}
        seen = {"best_d_GeV-1": self.best, "observed_sigma": self.observed, "p_value": self.p_values}
        return {"mass_GeV": self.masses, **reach, **seen}


@typed_arguments
def discovery(
    experiment: str | Path | Constraint,
    flavor: str,
    mass: npt.ArrayLike,
    *,
    sigmas: Sequence[float] = (3.0, 5.0),
    majorana: bool = False,
    preset: str = "default",
) -> Discovery:
    """Couplings at which a search would see N at so many standard deviations, and the significance of its data.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : array_like
        Masses of N [GeV].
    sigmas : sequence of float
        Expected significances, 3 and 5 if left out.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.

    Returns
    -------
    Discovery
        Reach and observed significance by mass.

    Raises
    ------
    DomainError
        If the search is a published limit, a union of others or the sky, or expects no background.

    Examples
    --------
    >>> found = discovery("conus-plus", "e", 1e-3)
    >>> bool((found.reach[0] < found.reach[1]).all()), bool(found.observed[0] < 1.0)
    (True, True)
    """
    ray = direction(flavor, majorana)
    search = registry.load(str(experiment)) if isinstance(experiment, (str, Path)) else experiment
    if not isinstance(search, Experiment):
        raise DomainError(f"{search.key} counts no events: there is no significance")
    wanted = tuple(float(sigma) for sigma in sigmas)
    for sigma in wanted:
        check_between(0.1, 100.0, sigmas=sigma)
    masses = as_masses(mass)
    model, (low, high) = search.model(preset), search.reach(preset)
    outer = model.statistic()
    try:
        likelihood, data = significances.likelihood_of(getattr(outer, "inner", outer))
        significances.check_background(likelihood)
    except DomainError as error:
        raise DomainError(f"{search.key}: {error}") from None
    data = data and search.kind_of(preset) != "projection"
    reach = np.full((len(wanted), len(masses)), np.nan)
    best, observed = np.full(len(masses), np.nan), np.full(len(masses), np.nan)
    inside = np.nonzero((masses >= low) & (masses <= high))[0]
    if inside.size and contained(ray, model.flavors):
        with search.naming_the_card():
            signal = model.signal(masses[inside], ray)
            largest = validity.largest_coupling(model.largest_s, masses[inside], largest_over_gamma(signal))
            reach[:, inside] = _reach(likelihood, signal, wanted, largest)
            if data:
                best[inside], observed[inside] = _seen(likelihood, signal)
    return Discovery(search.key, ray, masses, wanted, reach, best, observed, preset)


def _reach(likelihood: Likelihood, signal: Any, sigmas: Sequence[float], largest: FloatArray) -> FloatArray:
    """Lower edge [GeV^-1] of where the expected significance exceeds each of ``sigmas``, shape (sigmas, masses)."""

    def expected(row: int, d: FloatArray) -> FloatArray:
        counts = significances.as_bins(likelihood, signal.counts(row, d))
        return significances.expected_significance(likelihood, counts)

    every = np.stack([expected(row, D_SCAN) for row in range(len(signal))])
    found = np.full((len(sigmas), len(signal)), np.nan)
    for place, sigma in enumerate(sigmas):

        def excess(rows: npt.NDArray[np.intp], at: FloatArray, sigma: float = sigma) -> FloatArray:
            return np.stack([expected(int(row), x) - sigma for row, x in zip(rows, at, strict=True)])

        d = np.broadcast_to(D_SCAN, every.shape)
        for row, intervals in enumerate(crossings(d, every - sigma, excess)):
            kept = validity.within(tuple(i for i in intervals if i.low > 0.0), float(largest[row]))
            found[place, row] = kept[0].low if kept else np.nan
    return found


class _Summed:
    """A signal in the bins of the likelihood that judges it."""

    relative_shifts = None
    per_d2 = None

    def __init__(self, signal: Any, likelihood: Likelihood) -> None:
        self._signal, self._likelihood = signal, likelihood

    def __len__(self) -> int:
        return len(self._signal)

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        flat = self._signal.counts(mass_index, np.ravel(d))
        return significances.as_bins(self._likelihood, flat).reshape(*np.shape(d), self._likelihood.bins)


def _seen(likelihood: Likelihood, signal: Any) -> tuple[FloatArray, FloatArray]:
    """Best d [GeV^-1] of each mass and its significance."""
    same = signal.counts(0, np.ones(1)).shape[-1] == likelihood.bins
    statistic = ProfileStatistic(likelihood)
    lowest, place = statistic.best(signal if same else _Summed(signal, likelihood))
    gain = np.maximum(statistic.zero - lowest, 0.0)
    return np.where(gain > 0.0, place, 0.0), np.sqrt(gain)
