"""Searches that stand beside one another: what any of them excludes is excluded.

The members see different final states of the same experiment (electron recoils, photons of N), so their likelihoods are
not joined; at each mass the excluded intervals of d are united. Each member is a card of its own in ``parts/`` beside
the envelope (or beside it), so that it can be read, changed and compared alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference import goodness
from nudipole.inference.count_limits import as_two_sided
from nudipole.inference.counting import critical_value
from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.limits import Rows, Scale, Statistic
from nudipole.inference.limits import Signal as AnySignal
from nudipole.portal import Direction
from nudipole.signals import escaping
from nudipole.signals.joint import member_cards as members
from nudipole.signals.joint.card import EnvelopeCard
from nudipole.signals.protocol import Bins, Model, Signal, stacked

FloatArray = npt.NDArray[np.float64]
CardType = EnvelopeCard


def build(card: EnvelopeCard, file: Path) -> EnvelopeModel:
    """All members, ready to compute.

    Raises
    ------
    CardError
        If a member is missing or is itself an envelope.
    """
    parts = [_member(key, card.member_presets.get(key, "default"), file) for key in card.members]
    return EnvelopeModel(card, tuple(model for model, _ in parts), tuple(ranges for _, ranges in parts))


def _member(key: str, preset: str, file: Path) -> tuple[Model, tuple[float, float]]:
    path = members.locate(key, file, ("parts/", ""))
    card, model = members.read(path, preset, file, never="envelope")
    low, high = (0.0, np.inf) if card.mass_range_MeV is None else card.mass_range_MeV
    return model, (1e-3 * low, 1e-3 * high)


@dataclass(frozen=True)
class EnvelopeSignal:
    """The signal of every member at the masses and for the direction asked for; None where it has none."""

    members: tuple[Signal | None, ...]
    rows: tuple[npt.NDArray[np.intp], ...]
    size: int
    bins: tuple[int, ...]

    def __len__(self) -> int:
        return self.size

    @property
    def per_d2(self) -> FloatArray | None:
        return None

    @property
    def relative_shifts(self) -> FloatArray | None:
        return None

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts of all members side by side, shape d.shape + (bins,)."""
        d = np.asarray(d, dtype=float)
        parts = []
        for signal, rows, bins in zip(self.members, self.rows, self.bins, strict=True):
            where = np.nonzero(rows == mass_index)[0]
            if signal is None or where.size == 0:
                parts.append(np.zeros((*d.shape, bins)))
            else:
                parts.append(signal.counts(int(where[0]), d))
        return np.concatenate(parts, axis=-1)


@dataclass(frozen=True)
class EnvelopeStatistic:
    """Excluded by any member."""

    members: tuple[Statistic, ...]

    def intervals(self, signal: AnySignal, cl: float) -> tuple[tuple[Interval, ...], ...]:
        assert isinstance(signal, EnvelopeSignal)
        found: list[list[Interval]] = [[] for _ in range(len(signal))]
        for statistic, part, rows in zip(self.members, signal.members, signal.rows, strict=True):
            if part is not None:
                for row, intervals in zip(rows, escaping.intervals(statistic, part, cl), strict=True):
                    found[row] += intervals
        return tuple(united(intervals) for intervals in found)

    @property
    def scale(self) -> Scale:
        return "two-sided"

    @property
    def description(self) -> str:
        return "excluded by any of: " + "; ".join(dict.fromkeys(member.description for member in self.members))

    def critical(self, cl: float) -> float:
        for member in self.members:
            member.critical(cl)
        return critical_value(cl)

    def test(self, signal: AnySignal, rows: Rows, d: FloatArray, upper: bool = True) -> FloatArray:
        """The largest of the members', each on the scale of one two-sided parameter."""
        values = [
            (where, as_two_sided(statistic.test(part, local, d[where], upper), statistic.scale))
            for statistic, part, where, local in self._reached(signal, rows)
        ]
        return _largest(values, len(rows))

    def delta_chi2(self, signal: AnySignal, rows: Rows, d: FloatArray) -> FloatArray:
        """The largest of the members' (an envelope has no joint likelihood)."""
        values = [
            (where, statistic.delta_chi2(part, local, d[where]))
            for statistic, part, where, local in self._reached(signal, rows)
        ]
        return _largest(values, len(rows))

    def goodness(self) -> GoodnessOfFit | None:
        return goodness.worst([member.goodness() for member in self.members])

    def _reached(self, signal: AnySignal, rows: Rows) -> Iterator[tuple[Statistic, AnySignal, Rows, Rows]]:
        """Each member that has a signal at some of these masses: at which points, and their masses among its own."""
        assert isinstance(signal, EnvelopeSignal)
        for statistic, part, own in zip(self.members, signal.members, signal.rows, strict=True):
            where = np.nonzero(np.isin(rows, own))[0]
            if part is not None and where.size:
                yield statistic, part, where, np.searchsorted(own, rows[where])


def _largest(values: Sequence[tuple[Rows, FloatArray]], number: int) -> FloatArray:
    result = np.zeros(number)
    for where, value in values:
        result[where] = np.maximum(result[where], value)
    return result


@dataclass(frozen=True)
class EnvelopeModel:
    """The union of searches; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

    card: EnvelopeCard
    members: tuple[Model, ...]
    mass_ranges: tuple[tuple[float, float], ...]

    @property
    def flavors(self) -> tuple[str, ...]:
        order = ("e", "mu", "tau", "universal")
        present = {flavor for member in self.members for flavor in member.flavors}
        return tuple(f for f in order if f in present)

    @property
    def bins(self) -> Bins:
        size = sum(len(member.bins.edges) - 1 for member in self.members)
        parts = [(key, member.bins.columns) for key, member in zip(self.card.members, self.members, strict=True)]
        columns = stacked("experiment", parts)
        return Bins("bins of " + ", ".join(self.card.members), np.arange(size + 1.0), None, columns)

    def signal(self, masses: FloatArray, direction: Direction) -> EnvelopeSignal:
        masses = np.asarray(masses, dtype=float)
        wanted = {f for f, c in zip(("e", "mu", "tau"), direction.couplings, strict=True) if c}
        parts: list[Signal | None] = []
        every: list[npt.NDArray[np.intp]] = []
        for member, (low, high) in zip(self.members, self.mass_ranges, strict=True):
            rows = np.nonzero((masses >= low) & (masses <= min(high, member.maximum_mass())))[0]
            reached = rows.size > 0 and (direction.incoherent or bool(wanted & set(member.flavors)))
            parts.append(member.signal(masses[rows], direction) if reached else None)
            every.append(rows)
        return EnvelopeSignal(tuple(parts), tuple(every), len(masses), tuple(self._sizes))

    def statistic(self) -> Statistic:
        return EnvelopeStatistic(tuple(member.statistic() for member in self.members))

    def components(self) -> Mapping[str, FloatArray]:
        names = dict.fromkeys(name for member in self.members for name in member.components())
        return {
            name: np.concatenate(
                [m.components().get(name, np.zeros(n)) for m, n in zip(self.members, self._sizes, strict=True)]
            )
            for name in names
        }

    @property
    def largest_s(self) -> float:
        """Of any member [GeV^2]."""
        return max(member.largest_s for member in self.members)

    def maximum_mass(self) -> float:
        return max(member.maximum_mass() for member in self.members)

    @property
    def _sizes(self) -> list[int]:
        return [len(next(iter(member.components().values()))) for member in self.members]


def united(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The union of intervals, sorted and merged where they touch.

    Examples
    --------
    >>> [(i.low, i.high) for i in united([Interval(2.0, 5.0), Interval(1.0, 3.0), Interval(7.0, None)])]
    [(1.0, 5.0), (7.0, None)]
    """
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.low):
        last = merged[-1] if merged else None
        if last is None or (last.high is not None and interval.low > last.high):
            merged.append(interval)
        elif last.high is not None and (interval.high is None or interval.high > last.high):
            merged[-1] = Interval(last.low, interval.high)
    return tuple(merged)
