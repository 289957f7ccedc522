"""What was seen, and how it is judged: the ``[observation]``, ``[[background]]`` and ``[[nuisance]]`` of any card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError, DomainError
from nudipole.inference.count_limits import CountStatistic, judged, whole
from nudipole.inference.count_models import Counts, OnOff, PublishedLimit
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs import tables
from nudipole.inputs.cards import Background, Fault, NonNegative, Nuisance, Positive, Section
from nudipole.signals import observation_checks
from nudipole.signals.observed_counts import background_counts, column_counts

FloatArray = npt.NDArray[np.float64]
MOST_BINS = 5000
"""Bins of one observation: the covariance of its pulls and signals is kept for all of them at once."""


class ObservationSection(Section, frozen=True, kw_only=True):
    """Data and statistic.

    ``poisson`` and ``gaussian``: profile likelihood of binned data. ``asimov``: the same with the expectation as data,
    for projections. ``feldman-cousins``: one count. ``upper-limit``: at most ``allowed`` signal events.
    ``on-off``: one count (``counts``) with the source on, ``off_counts`` with it off for ``off_ratio`` times as long.
    """

    statistic: Literal["poisson", "gaussian", "feldman-cousins", "on-off", "upper-limit", "asimov"]
    table: str = ""
    column: str = "observed"
    counts: float | list[float] | None = None
    uncertainty: NonNegative | list[NonNegative] | None = None
    uncertainty_column: str = "uncertainty"
    expectation: Literal["standard-model", "none"] = "standard-model"
    allowed: Positive | None = None
    approximation: Literal["", "gaussian", "poisson"] = ""  # of an upper limit, for other confidence levels
    off_counts: NonNegative | None = None
    off_ratio: Positive | None = None
    test: Literal["two-sided", "one-sided"] = "two-sided"
    parameters: Literal[1, 2] = 1
    weights: Positive = 1.0  # multiplies counts and uncertainties: from the unit of the table to counts

    def contradictions(self) -> Iterator[Fault]:
        yield from observation_checks.observation(self)


@dataclass(frozen=True)
class Observation:
    """Data, backgrounds and pulls of one card, in ``size`` bins."""

    key: str
    file: Path
    section: ObservationSection
    backgrounds: Sequence[Background]
    nuisances: Sequence[Nuisance]
    edges: FloatArray
    size: int
    table: tables.Table | None = None
    exposure: float | None = None  # kg s, for columns that are rates
    energies: bool = False  # whether the edges are energies [GeV]
    confidence_level: float = 0.9  # of the card: the level that ``allowed`` holds at

    def __post_init__(self) -> None:
        if self.size > MOST_BINS:
            raise CardError(self.file, "observation", f"{self.size} bins", f"more than the {MOST_BINS} that are fitted")
        named = [self.section.column] if self._reads_data else []
        named += [b.column for b in self.backgrounds if b.column]
        for name in named if self.table is not None else ():
            self._column(name)

    @property
    def _reads_data(self) -> bool:
        return self.section.counts is None and self.section.statistic in observation_checks.COUNTED

    def _column(self, name: str) -> FloatArray:
        """A column of the table in counts in each bin, before ``weights``."""
        assert self.table is not None
        energies = self.edges if self.energies else None
        return column_counts(self.table, name, self.size, self.exposure, energies, self.file)

    @cached_property
    def pulls(self) -> tuple[Pull, ...]:
        """Every nuisance parameter: the card's, and one for each background that may move."""
        named = [Pull(n.name) for n in self.nuisances]
        moving = [b for b in self.backgrounds if b.free or b.uncertainty > 0]
        return (*named, *(Pull(self._pull_name(b), b.free) for b in moving))

    @cached_property
    def observed(self) -> FloatArray | None:
        """Data [counts], None where the expectation stands in for them."""
        section = self.section
        if section.counts is not None:
            values = np.atleast_1d(np.asarray(section.counts, dtype=float))
        elif self.table is not None and self._reads_data:
            values = self._column(section.column)
        else:
            return None
        if values.size != self.size:
            raise CardError(self.file, "observation.counts", f"{values.size} values", f"there are {self.size} bins")
        if section.statistic != "gaussian" and np.any(values < 0):
            raise CardError(self.file, "observation.counts", float(values.min()), "counts must not be negative")
        return values * section.weights

    @cached_property
    def sigma(self) -> FloatArray:
        """Gaussian uncertainty of each bin [counts], 0 for Poisson bins."""
        section = self.section
        if section.statistic != "gaussian":
            return np.zeros(self.size)
        if section.uncertainty is not None:
            given = np.asarray(section.uncertainty, dtype=float)
        elif self.table is not None:
            given = self._column(section.uncertainty_column)
        else:
            raise CardError(self.file, "observation.uncertainty", None, "is required for a Gaussian observation")
        if given.size not in (1, self.size):
            raise CardError(self.file, "observation.uncertainty", f"{given.size} values", f"there are {self.size} bins")
        sigma = np.broadcast_to(given, (self.size,)) * section.weights
        if np.any(sigma <= 0):
            raise CardError(self.file, "observation.uncertainty", float(sigma.min()), "must be positive")
        return sigma

    def counts(self, background: Background) -> FloatArray:
        """Expected counts of one background in each bin."""
        column = None if self.table is None else self._column
        return background_counts(background, column, self.section.weights, self.edges, self.size, self.file)

    def components(self) -> Mapping[str, FloatArray]:
        """Expected counts of every background by name."""
        return {b.name: self.counts(b) for b in self.backgrounds} or {"background": np.zeros(self.size)}

    def signal_shifts(self) -> FloatArray | None:
        """Relative change of the signal, alike in every bin, for one sigma of each pull; (1, pulls, bins), None without."""
        sigma = [
            sum(n.sigma for n in self.nuisances if n.name == pull.name and not n.affects.startswith("background:"))
            for pull in self.pulls
        ]
        return np.tile(np.array(sigma, dtype=float)[None, :, None], (1, 1, self.size)) if sigma else None

    def likelihood(self, extra: FloatArray | None = None, extra_shifts: FloatArray | None = None) -> Likelihood:
        """The likelihood with the card's backgrounds, plus our own prediction and its change for each pull."""
        background = np.zeros(self.size) if extra is None else extra.copy()
        shifts = np.zeros((len(self.pulls), self.size)) if extra_shifts is None else extra_shifts.copy()
        position = {pull.name: index for index, pull in enumerate(self.pulls)}
        named = {b.name for b in self.backgrounds}
        for part in self.backgrounds:
            counts = self.counts(part)
            background += counts
            if self._pull_name(part) in position:
                shifts[position[self._pull_name(part)]] += counts * (1.0 if part.free else part.uncertainty)
            for nuisance in self.nuisances:
                if nuisance.affects == f"background:{part.name}":
                    shifts[position[nuisance.name]] += nuisance.sigma * counts
        for nuisance in self.nuisances:
            if nuisance.affects.startswith("background:") and nuisance.affects[11:] not in named:
                raise CardError(self.file, f"nuisance.{nuisance.name}.affects", nuisance.affects, "no such background")
        observed = background if self.observed is None else self.observed
        return Likelihood(observed, background, self.sigma, self.pulls, shifts)

    def statistic(self, likelihood: Likelihood) -> Statistic:
        """How a limit is set."""
        section = self.section
        if section.statistic == "upper-limit":
            if section.allowed is None:
                raise CardError(self.file, "observation.allowed", None, "is required for an upper limit on events")
            return CountStatistic(PublishedLimit(section.allowed, self.confidence_level, section.approximation))
        if section.statistic == "on-off":
            if section.off_counts is None or section.off_ratio is None:
                raise CardError(self.file, "observation.off_counts", None, "on-off needs off_counts and off_ratio")
            # what the card itself expects without a signal (Standard Model, backgrounds) belongs to the on period alone
            on, off, ratio = float(likelihood.observed.sum()), section.off_counts, section.off_ratio
            own = float(likelihood.background.sum())
            return CountStatistic(OnOff(on, off, ratio, own))
        if section.statistic == "feldman-cousins":
            summed = likelihood.summed()
            seen, expected = self._whole(float(summed.observed[0])), float(summed.background[0])
            return CountStatistic(Counts(seen, expected), summed)
        profile = ProfileStatistic(likelihood, section.parameters, section.test == "one-sided")
        try:
            return judged(profile, data=self.observed is not None and section.statistic != "asimov")
        except DomainError as error:
            raise CardError(self.file, "observation.counts", section.counts, str(error)) from None

    def _whole(self, counts: float) -> int:
        try:
            return whole(counts)
        except DomainError:
            raise CardError(self.file, "observation.counts", counts, "feldman-cousins counts whole events") from None

    def _pull_name(self, background: Background) -> str:
        return f"background.{self.key}.{background.name}"


def find_table(name: str, file: Path, field: str = "observation.table") -> tables.Table | None:
    """The observation's table: beside the card, or in the package.

    Raises
    ------
    CardError
        If it is in neither place.
    """
    return tables.find(name, file, field)


def check_table_bins(
    table: tables.Table, edges: FloatArray, allowed: Mapping[str, float], field: str, file: Path, repeats: int = 1
) -> None:
    """The bins that a table names are those of the card, each ``repeats`` times in a row (bins in time within them).

    Raises
    ------
    CardError
        Names the first row that is another bin.
    """
    low, high = table.quantity("low", allowed), table.quantity("high", allowed)
    wanted = np.repeat(edges[:-1], repeats), np.repeat(edges[1:], repeats)
    if len(low) != len(wanted[0]):
        raise CardError(file, field, f"{len(wanted[0])} bins", f"{table.name} has {len(low)} rows")
    close = 1e-6 * (wanted[1] - wanted[0])
    if np.any(other := (np.abs(low - wanted[0]) > close) | (np.abs(high - wanted[1]) > close)):
        row = int(np.argmax(other))
        units = f"{table['low'][row]:g} [{table.units['low']}] to {table['high'][row]:g} [{table.units['high']}]"
        raise CardError(file, field, edges.tolist(), f"{table.name}, data row {row + 1}, is another bin: {units}")
