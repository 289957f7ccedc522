r"""The verb ``bands``: how far each uncertainty moves a limit, one by one and together.

Every constrained nuisance parameter of a search (flux, quenching, response, background) is fixed one standard deviation up and
down, the others still profiled, and recoil and meson cards are computed with other form factors. With r the limit over its
nominal value, the band is

.. math:: \ln r_\pm = \pm\sqrt{\sum_v \max(\pm\ln r_v, 0)^2},\qquad r_v = \frac{d_{\rm lower}(v)}{d_{\rm lower}} .

Data may constrain a parameter further than its prior: then a variation is larger than its effect on the profiled limit.
Uncertainties that a card does not have are not invented: a published limit moves with its form factor alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.card_with_presets import typed_card
from nudipole.catalogue.exclusion import contained, without_zero
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Columns, Tabular
from nudipole.constraint import Constraint, as_masses
from nudipole.errors import DomainError
from nudipole.inference.count_limits import CountStatistic
from nudipole.inference.count_models import Counts
from nudipole.inference.likelihood import Likelihood
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs import cards
from nudipole.portal import Direction, direction

FloatArray = npt.NDArray[np.float64]
#: Form factors that stand for their uncertainty, by kind of signal.
FORM_FACTORS = {"recoil": ("fermi", "klein-nystrand"), "meson-decay": ("point",)}
_SECTION = {"recoil": "target", "meson-decay": "source"}
_CLASSES = (
    ("background", ("background.",)),
    ("flux", ("solar.", "flux.", "reactor.flux", "sns.flux")),
    ("response", ("quenching", "yield", "scale", "response", "threshold", "resolution", "efficiency", "mass")),
    ("theory", ("theory.",)),
)


@dataclass(frozen=True)
class Bands(Tabular):
    """A limit with what moves it.

    Attributes
    ----------
    key : str
    direction : Direction
    confidence_level : float
    masses : ndarray (n,)
        [GeV].
    lower : ndarray (n,)
        Smallest excluded d [GeV^-1].
    names : tuple of str
        Of the variations.
    ratios : ndarray (variations, 2, n)
        Limit over the nominal one, one standard deviation down and up; a form factor has one value, twice.
    """

    key: str
    direction: Direction
    confidence_level: float
    masses: FloatArray
    lower: FloatArray
    names: tuple[str, ...]
    ratios: FloatArray

    @property
    def band(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end [GeV^-1] of the band at each mass: all variations in quadrature, in the logarithm."""
        logs = np.log(self.ratios)
        down = np.sqrt(np.sum(np.min(np.minimum(logs, 0.0), axis=1) ** 2, axis=0))
        up = np.sqrt(np.sum(np.max(np.maximum(logs, 0.0), axis=1) ** 2, axis=0))
        return self.lower * np.exp(-down), self.lower * np.exp(up)

    @property
    def dominant(self) -> tuple[str, ...]:
        """The variation that moves the limit most at each mass; empty where nothing is excluded or nothing varies."""
        size = np.max(np.abs(np.log(self.ratios)), axis=1) if self.names else np.zeros((0, len(self.masses)))
        return tuple(
            self.names[int(np.argmax(column))] if column.size and np.all(np.isfinite(column)) else ""
            for column in size.T
        )

    def to_arrays(self) -> Columns:
        """One row a mass: limit, band, what dominates, and both ratios of each variation."""
        low, high = self.band
        columns: Columns = {"mass_GeV": self.masses, "d_GeV-1": self.lower, "d_low_GeV-1": low, "d_high_GeV-1": high}
        columns["dominant"] = np.array(self.dominant, dtype=str)
        for name, (down, up) in zip(self.names, self.ratios, strict=True):
            columns |= {f"{name} -1": down, f"{name} +1": up}
        return columns


def kind_of(name: str) -> str:
    """The class of a variation: background, flux, response, form factor, theory or experiment.

    Examples
    --------
    >>> kind_of("reactor.flux"), kind_of("quenching.germanium"), kind_of("form factor fermi")
    ('flux', 'response', 'form factor')
    """
    if name.startswith("form factor"):
        return "form factor"
    return next((kind for kind, parts in _CLASSES if any(part in name for part in parts)), "experiment")


@typed_arguments
def bands(
    experiment: str | Path | Constraint,
    flavor: str,
    mass: npt.ArrayLike,
    cl: float | None = None,
    majorana: bool = False,
    preset: str = "default",
) -> Bands:
    """A limit with its band of uncertainty, and what each variation does.

    Parameters
    ----------
    experiment : str, Path or Constraint
        Key, path of a card, or an experiment.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : array_like
        Masses of N [GeV].
    cl : float, optional
        Confidence level; that of the card if left out.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.

    Returns
    -------
    Bands
        Limit, ratios and band by mass.

    Raises
    ------
    DomainError
        For the sky, and for a union of searches, whose parts vary by themselves.

    Examples
    --------
    >>> found = bands("conus-plus", "e", [1e-3])
    >>> low, high = found.band
    >>> bool(low[0] < found.lower[0] < high[0]), "reactor.flux" in found.names
    (True, True)
    """
    ray = direction(flavor, majorana)
    search = registry.load(str(experiment)) if isinstance(experiment, (str, Path)) else experiment
    if not isinstance(search, Experiment):
        raise DomainError(f"{search.key} counts no events: it has no band")
    masses = as_masses(mass)
    level = search.settings(preset).confidence_level if cl is None else cl
    nominal = search.limit(masses, ray, level, preset).lower
    outer = search.model(preset).statistic()
    statistic = getattr(outer, "inner", outer)
    if not isinstance(statistic, (ProfileStatistic, CountStatistic)):
        raise DomainError(f"{search.key} is a union of searches: ask for the band of each")
    found: dict[str, FloatArray] = {}
    inside = np.nonzero(np.isfinite(nominal))[0]
    if inside.size and contained(ray, search.model(preset).flavors):
        found = _pulls(search, statistic, masses[inside], ray, level, preset)
        found |= _form_factors(search, masses[inside], ray, level, preset, nominal[inside])
    ratios = np.full((len(found), 2, len(masses)), np.nan)
    for row, values in enumerate(found.values()):
        ratios[row][:, inside] = values
    return Bands(search.key, ray, level, masses, nominal, tuple(found), ratios)


class _Moved:
    """A signal with one nuisance parameter fixed: each bin times a factor, and without its row of shifts."""

    def __init__(self, signal: Any, factor: FloatArray, shifts: FloatArray | None) -> None:
        self._signal, self._factor, self.relative_shifts = signal, factor, shifts

    def __len__(self) -> int:
        return len(self._signal)

    @property
    def per_d2(self) -> FloatArray | None:
        plain: FloatArray | None = self._signal.per_d2
        return None if plain is None else plain * self._factor

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        row = mass_index if len(self._factor) > 1 else 0
        return np.asarray(self._signal.counts(mass_index, d) * self._factor[row])


def _pulls(
    search: Experiment, statistic: Any, masses: FloatArray, ray: Direction, cl: float, preset: str
) -> dict[str, FloatArray]:
    """Ratios (2, n) of each constrained parameter that moves the limit."""
    likelihood = statistic.likelihood
    if likelihood is None:
        return {}
    with search.naming_the_card():
        signal = search.model(preset).signal(masses, ray)
    signal = getattr(signal, "without_decay", signal)  # lower edges: N that leaves undecayed
    base = _lower(statistic, signal, cl)
    found = {}
    for number, pull in enumerate(likelihood.pulls):
        if not pull.free:
            moved = [_lower(*_fixed(statistic, signal, number, size), cl) for size in (-1.0, 1.0)]
            found[pull.name] = np.stack(moved) / base
    return found


def _fixed(statistic: Any, signal: Any, number: int, size: float) -> tuple[Statistic, _Moved]:
    """Statistic and signal with one pull fixed at so many standard deviations."""
    likelihood, shifts = statistic.likelihood, signal.relative_shifts
    kept = [n for n in range(len(likelihood.pulls)) if n != number]
    background = likelihood.background + size * likelihood.changes[number]
    projection = bool(np.array_equal(likelihood.observed, likelihood.background))
    changed = Likelihood(
        background if projection else likelihood.observed,
        background,
        likelihood.sigma,
        tuple(likelihood.pulls[n] for n in kept),
        likelihood.changes[kept],
    )
    factor = np.ones((1, likelihood.bins)) if shifts is None else np.maximum(1.0 + size * shifts[:, number], 0.0)
    rest = None if shifts is None else shifts[:, kept]
    if isinstance(statistic, CountStatistic) and isinstance(statistic.model, Counts):
        model = replace(statistic.model, background=max(float(background.sum()), 0.0))
        return replace(statistic, model=model, likelihood=changed), _Moved(signal, factor, rest)
    return replace(statistic, likelihood=changed), _Moved(signal, factor, rest)


def _lower(statistic: Statistic, signal: Any, cl: float) -> FloatArray:
    """Smallest excluded d at each mass, NaN where nothing is."""
    kept = [without_zero(found) for found in statistic.intervals(signal, cl)]
    return np.array([found[0].low if found else np.nan for found in kept])


def _form_factors(
    search: Experiment, masses: FloatArray, ray: Direction, cl: float, preset: str, nominal: FloatArray
) -> dict[str, FloatArray]:
    """Ratios with other form factors, both ends the same."""
    found = {}
    for name, other in _with_form_factors(search, preset):
        ratio = other.limit(masses, ray, cl).lower / nominal
        found[f"form factor {name}"] = np.stack([ratio, ratio])
    return found


def _with_form_factors(search: Experiment, preset: str) -> Iterator[tuple[str, Experiment]]:
    """The experiment with each other form factor of its kind of signal."""
    settings = search.settings(preset)
    section = _SECTION.get(settings.signal, "")
    used = getattr(getattr(settings, section, None), "form_factor", None)
    for name in FORM_FACTORS.get(settings.signal, ()) if used else ():
        if name == used:
            continue
        whole = cards.apply_preset(search.raw, preset, search.file)
        raw = {**whole, section: {**whole[section], "form_factor": name}, "presets": {}}
        yield name, replace(search, card=typed_card(raw, search.file), raw=raw, _models={})
