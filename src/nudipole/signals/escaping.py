r"""N that must leave the detector undecayed: recoil searches, whose excluded regions close at large couplings.

At small couplings counts are exactly proportional to d^2 and lower edges come from there, for all masses at once. At large
ones N decays on its way out and its photon spoils the selection,

.. math:: n_b(d) = d^2\sum_k w_{kb}\, e^{-\kappa_k D L},

in cells k of the momentum of N (:class:`~nudipole.signals.template.SignalTemplate` with near = L and far = infinity). A
region then ends where the statistic falls back to its value at the lower edge. Fast N survive longest, so that a second
region of the hardest component of a flux may follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference import thinning
from nudipole.inference.limits import Signal as SignalLike
from nudipole.inference.limits import Statistic
from nudipole.signals.protocol import Signal
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Intervals = tuple[tuple[Interval, ...], ...]
_UNTOUCHED = 1e-4  # share of the signal that decay may take at a lower edge before the edge is searched for again
_FIRST, _LAST = 1e-3, 700.0  # exponents of the slowest and of the fastest N between which the upper edge is sought
_PER_DECADE = 60  # couplings of that search, in counts alone
_ABOUT = np.exp(np.linspace(-0.12, 0.12, 7))  # about what it finds: where the statistic itself is looked at, twice
_WITHIN = 7  # couplings between two neighbours of these, 4 % apart, where the change of sign is placed
_MOST_MOVES, _STRIDE = 6, 4
_UNIT = 1e-30  # in which lower edges are handed to the mass thinner, relative to those of stable N


@dataclass(frozen=True)
class EscapingSignal:
    """Counts of a grid of masses, of N that must leave undecayed.

    Parameters
    ----------
    masses : ndarray (masses,)
        [GeV].
    stable : ndarray (masses, bins)
        Counts per d^2 [GeV^2] if N never decays.
    make : callable
        Masses (n,) -> their n templates, which decay on the way out; only asked where that matters.
    relative_shifts : ndarray (masses or 1, pulls, bins) or None
        As in :class:`~nudipole.signals.protocol.Signal`; those of stable N (decay on the way out hardly changes shapes).
    known : tuple of SignalTemplate or None
        What ``make`` gives for these masses, where it has been asked before.
    """

    masses: FloatArray
    stable: FloatArray
    make: Callable[[FloatArray], Sequence[SignalTemplate]]
    relative_shifts: FloatArray | None = None
    known: tuple[SignalTemplate, ...] | None = field(default=None, repr=False)
    largest_over_gamma: float = field(default=1.0, init=False)

    def __len__(self) -> int:
        return len(self.stable)

    @property
    def per_d2(self) -> FloatArray | None:
        """None: counts are not proportional to d^2."""
        return None

    @property
    def without_decay(self) -> Signal:
        """The same if N never decayed."""
        return Signal(per_d2=self.stable, relative_shifts=self.relative_shifts)

    @cached_property
    def templates(self) -> tuple[SignalTemplate, ...]:
        """One template a mass."""
        return tuple(self.make(self.masses)) if self.known is None else self.known

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts at couplings d [GeV^-1], shape d.shape + (bins,)."""
        return self.templates[mass_index].counts(d)

    def rows(self, index: npt.NDArray[np.intp]) -> EscapingSignal:
        """The signal at some of the masses."""
        shifts = self.relative_shifts
        shifts = shifts if shifts is None or len(shifts) == 1 else shifts[index]
        known = tuple(self.templates[i] for i in index.tolist()) if "templates" in self.__dict__ else None
        return EscapingSignal(self.masses[index], self.stable[index], self.make, shifts, known)


def intervals(statistic: Statistic, signal: SignalLike, cl: float) -> Intervals:
    """Excluded intervals of any signal under any statistic; the quick way where it is an :class:`EscapingSignal`.

    Lower edges are found at every mass; what decay adds is smooth and found at some (:mod:`nudipole.inference.thinning`).
    """
    if not isinstance(signal, EscapingSignal):
        return statistic.intervals(signal, cl)
    stable = statistic.intervals(signal.without_decay, cl)
    some = np.nonzero([bool(found) for found in stable])[0]
    result: list[tuple[Interval, ...]] = [()] * len(signal)
    masses = signal.masses[some]
    rising = bool(np.all(np.diff(masses) > 0))

    def exact(at: FloatArray) -> Intervals:
        places = some[np.searchsorted(masses, at)] if rising else some
        low = [stable[i] for i in places]
        found = _with_decay(statistic, signal.rows(places), low, cl)
        positive = [tuple(interval for interval in new if interval.low > 0.0) for new in found]
        return tuple(_scaled(new, _UNIT / old[-1].low) for new, old in zip(positive, low, strict=True))

    for place, found in zip(some, thinning.solve(masses, exact) if rising else exact(masses), strict=True):
        without_n = tuple(interval for interval in stable[place] if interval.low == 0.0)  # where data prefer N
        result[place] = (*without_n, *_scaled(found, stable[place][-1].low / _UNIT))
    return tuple(result)


def _scaled(found: tuple[Interval, ...], factor: float) -> tuple[Interval, ...]:
    """The lower edge of the first region times a factor; those of others are not those of stable N."""
    return tuple(Interval(x.low * factor, x.high) if i == 0 else x for i, x in enumerate(found))


def _with_decay(
    statistic: Statistic, signal: EscapingSignal, stable: Sequence[tuple[Interval, ...]], cl: float
) -> Intervals:
    """Intervals at each mass, from those of stable N."""
    found: list[tuple[Interval, ...]] = [()] * len(signal)
    scanned: list[int] = []
    simple: list[int] = []
    for row, before in enumerate(stable):
        closes = before[-1].low > 0.0 and before[-1].high is None and signal.templates[row].extra == 0.0
        untouched = closes and _survival(signal, row, before[-1].low) > 1.0 - _UNTOUCHED
        (simple if untouched else scanned).append(row)
    closed = _upper_edges(statistic, signal, simple, [stable[row][-1].low for row in simple])
    for row, regions in zip(simple, closed, strict=True):
        before = stable[row][:-1]
        found[row] = _present((*before, *regions)) if before else regions
    if scanned:
        places = np.array(scanned)
        beyond = []  # regions that go on beyond the couplings that are scanned
        for row, after in zip(scanned, statistic.intervals(signal.rows(places), cl), strict=True):
            found[row] = _present(after)
            if found[row] and found[row][-1].high is None and signal.templates[row].extra == 0.0:
                beyond.append(row)
        closed = _upper_edges(statistic, signal, beyond, [found[row][-1].low for row in beyond])
        for row, regions in zip(beyond, closed, strict=True):
            found[row] = (*found[row][:-1], *regions)
    return tuple(found)


def _present(found: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Without the last region where data prefer N: an N whose signal is lost is excluded there like none at all."""
    lost = len(found) > 1 and found[0].low == 0.0 and found[-1].high is None
    return found[:-1] if lost else found


def _survival(signal: EscapingSignal, row: int, d: float) -> float:
    """Share of the counts that is left at this coupling, in the bin that loses most."""
    stable = d**2 * signal.stable[row]
    counted = stable > 0
    left = signal.counts(row, np.array([d]))[0]
    return float(np.min(left[counted] / stable[counted], initial=1.0))


@dataclass(frozen=True)
class _Levels:
    """What an upper edge is back at: the statistic less its value at the lower edge, at any masses and couplings."""

    statistic: Statistic
    signal: EscapingSignal
    rows: Rows
    critical: FloatArray

    @classmethod
    def of(cls, statistic: Statistic, signal: EscapingSignal, rows: Sequence[int], low: Sequence[float]) -> _Levels:
        places = np.array(rows, dtype=np.intp)
        # where data prefer N, what is left of its signal passes the best fit within a per mille of d: the end is where it
        # is as bad as none
        critical = np.maximum(statistic.delta_chi2(signal, places, np.array(low)), 0.0)
        return cls(statistic, signal, places, critical)

    def __call__(self, which: Rows, d: FloatArray) -> FloatArray:
        """Of the masses ``which`` (n,), each at its own couplings: d and result of shape (n, couplings)."""
        found = self.statistic.delta_chi2(self.signal, np.repeat(self.rows[which], d.shape[1]), d.ravel())
        return found.reshape(d.shape) - self.critical[which, None]


def _upper_edges(
    statistic: Statistic, signal: EscapingSignal, rows: Sequence[int], low: Sequence[float]
) -> list[tuple[Interval, ...]]:
    """From each lower edge to where the statistic is back at its value there, and any region beyond.

    Candidates are where the summed counts are back; the statistic is then looked at about them only, for all masses at once.
    """
    if not rows:
        return []
    level = _Levels.of(statistic, signal, rows, low)
    grids = [_candidates(signal, row, edge) for row, edge in zip(rows, low, strict=True)]
    guessed = [(which, i, grid) for which, grid in enumerate(grids) for i in _changes(grid.above)]
    which = np.array([w for w, _, _ in guessed], dtype=np.intp)
    falling = np.array([1.0 if grid.above[i] else -1.0 for _, i, grid in guessed])
    near = np.array([np.sqrt(grid.d[i] * grid.d[i + 1]) for _, i, grid in guessed])
    edges = _edges(level, which, near, falling)
    result = []
    for position, (start, grid) in enumerate(zip(low, grids, strict=True)):
        ends = edges[which == position]
        while len(ends) > 1 and np.any(np.isnan(ends[-2:])):  # a second region in the counts, not in the statistic
            ends = ends[:-2]
        if np.any(
            np.isnan(ends)
        ):  # the counts of a softer and of a harder spectrum do not weigh the same: look everywhere
            ends = _everywhere(level, position, grid.d[::_STRIDE] if len(grid.d) > 2 * _STRIDE else grid.d)
        lows, highs = [start, *ends[1::2].tolist()], [*ends[::2].tolist(), None][: len(ends[1::2]) + 1]
        result.append(tuple(Interval(a, b) for a, b in zip(lows, highs, strict=True)))
    return result


class _Candidates(NamedTuple):
    """Couplings between which a region may end, and whether counts are above those at its lower edge."""

    d: FloatArray
    above: npt.NDArray[np.bool_]


def _candidates(signal: EscapingSignal, row: int, low: float) -> _Candidates:
    template = signal.templates[row]
    exponent = template.kappa * template.near * template.decay_norm  # per d^2
    decaying = exponent[(exponent > 0) & (template.weight.sum(axis=1) > 0)]
    if not decaying.size:
        return _Candidates(np.array([low]), np.ones(1, dtype=bool))
    first, last = max(np.sqrt(_FIRST / decaying.max()), low), np.sqrt(_LAST / decaying.min())
    grid = np.geomspace(first, last, max(3, int(_PER_DECADE * np.log10(last / first)) + 1))
    above = template.counts(grid).sum(axis=1) > low**2 * signal.stable[row].sum()
    above[0] = True  # between the lower edge and here decay takes less than 1e-3
    return _Candidates(grid, above)


def _changes(above: npt.NDArray[np.bool_]) -> list[int]:
    """Positions after which a sequence changes."""
    return [int(i) for i in np.nonzero(above[1:] != above[:-1])[0]]


def _everywhere(level: _Levels, which: int, d: FloatArray) -> FloatArray:
    """Where the level of one mass changes its sign between any two of these couplings."""
    above = level(np.array([which]), d[None, :])[0] > 0.0
    above[0] = True
    steps = _changes(above)
    falling = np.array([1.0 if above[i] else -1.0 for i in steps])
    after = [i + 1 for i in steps]
    return _inside(level, np.full(len(steps), which), d[steps], d[after], falling)


def _edges(level: _Levels, which: Rows, guess: FloatArray, falling: FloatArray) -> FloatArray:
    """Couplings (n,) near guesses at which the level changes its sign, from above where ``falling`` is 1, from below at -1.

    NaN where there is none.
    """
    low, high = np.full(guess.shape, np.nan), np.full(guess.shape, np.nan)
    open_, guess = np.arange(len(guess)), guess.copy()
    for _ in range(_MOST_MOVES):
        if not open_.size:
            break
        d = guess[open_, None] * _ABOUT
        below = falling[open_, None] * level(which[open_], d) <= 0.0
        before, never = below[:, 0], ~np.any(below, axis=1)
        guess[open_] *= np.where(before, _ABOUT[0], _ABOUT[-1])
        met = ~before & ~never
        after = np.argmax(below, axis=1)[met]
        low[open_[met]], high[open_[met]] = d[met, after - 1], d[met, after]
        open_ = open_[~met]
    found = np.full(guess.shape, np.nan)
    some = np.nonzero(~np.isnan(low))[0]
    found[some] = _inside(level, which[some], low[some], high[some], falling[some])
    return found


def _inside(level: _Levels, which: Rows, low: FloatArray, high: FloatArray, falling: FloatArray) -> FloatArray:
    """The same between two couplings each."""
    if not which.size:
        return np.zeros(0)
    d = np.geomspace(low, high, _WITHIN, axis=1)
    value = falling[:, None] * level(which, d)
    one = np.arange(len(d))
    after = np.maximum(np.argmax(value <= 0.0, axis=1), 1)
    before, beyond = value[one, after - 1], value[one, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(before > beyond, before / (before - beyond), 0.5)
    return np.asarray(d[one, after - 1] * (d[one, after] / d[one, after - 1]) ** np.clip(share, 0.0, 1.0))
