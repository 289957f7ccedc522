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

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference import thinning
from nudipole.inference.limits import Signal as SignalLike
from nudipole.inference.limits import Statistic
from nudipole.signals.protocol import Signal
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Intervals = tuple[tuple[Interval, ...], ...]
_UNTOUCHED = 1e-4  # share of the signal that decay may take at a lower edge before the edge is searched for again
_FIRST, _LAST = 1e-3, 700.0  # exponents of the slowest and of the fastest N between which the upper edge is sought
_PER_DECADE = 60  # couplings of that search, in counts alone
_ABOUT = np.exp(np.linspace(-0.12, 0.12, 7))  # about what it finds: where the statistic itself is looked at, twice
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
    """

    masses: FloatArray
    stable: FloatArray
    make: Callable[[FloatArray], Sequence[SignalTemplate]]
    relative_shifts: FloatArray | None = None
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
        return tuple(self.make(self.masses))

    def counts(self, mass_index: int, d: FloatArray) -> FloatArray:
        """Counts at couplings d [GeV^-1], shape d.shape + (bins,)."""
        return self.templates[mass_index].counts(d)

    def rows(self, index: npt.NDArray[np.intp]) -> EscapingSignal:
        """The signal at some of the masses."""
        shifts = self.relative_shifts
        shifts = shifts if shifts is None or len(shifts) == 1 else shifts[index]
        return EscapingSignal(self.masses[index], self.stable[index], self.make, shifts)


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
    scanned = []
    for row, before in enumerate(stable):
        simple = before[-1].low > 0.0 and before[-1].high is None and signal.templates[row].extra == 0.0
        if simple and _survival(signal, row, before[-1].low) > 1.0 - _UNTOUCHED:
            closed = _upper_edges(statistic, signal, row, before[-1].low)
            found[row] = (*before[:-1], *closed) if len(before) == 1 else _present((*before[:-1], *closed))
        else:
            scanned.append(row)
    if scanned:
        places = np.array(scanned)
        for row, after in zip(scanned, statistic.intervals(signal.rows(places), cl), strict=True):
            found[row] = after
            if after and after[-1].high is None and signal.templates[row].extra == 0.0:
                if len(after) > 1 and after[0].low == 0.0:
                    found[row] = _present(after)
                else:  # the region goes on beyond the couplings that are scanned
                    found[row] = (*after[:-1], *_upper_edges(statistic, signal, row, after[-1].low))
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


def _upper_edges(statistic: Statistic, signal: EscapingSignal, row: int, low: float) -> tuple[Interval, ...]:
    """From the lower edge to where the statistic is back at its value there, and any region beyond.

    Candidates are where the summed counts are back; the statistic is then looked at about them only.
    """
    template = signal.templates[row]
    exponent = template.kappa * template.near * template.decay_norm  # per d^2
    decaying = exponent[(exponent > 0) & (template.weight.sum(axis=1) > 0)]
    if not decaying.size:
        return (Interval(low),)
    first, last = max(np.sqrt(_FIRST / decaying.max()), low), np.sqrt(_LAST / decaying.min())
    grid = np.geomspace(first, last, max(3, int(_PER_DECADE * np.log10(last / first)) + 1))
    above = template.counts(grid).sum(axis=1) > low**2 * signal.stable[row].sum()
    above[0] = True  # between the lower edge and here decay takes less than 1e-3
    one = signal.rows(np.array([row]))
    # where data prefer N, what is left of its signal passes the best fit within a per mille of d: as bad as none is the end
    critical = max(float(statistic.delta_chi2(one, np.zeros(1, dtype=np.intp), np.array([low]))[0]), 0.0)

    def level(d: FloatArray) -> FloatArray:
        return statistic.delta_chi2(signal, np.full(d.size, row), d) - critical

    steps = np.nonzero(above[1:] != above[:-1])[0]
    ends = [_edge(level, float(np.sqrt(grid[i] * grid[i + 1])), 1.0 if above[i] else -1.0) for i in steps]
    while len(ends) > 1 and None in ends[-2:]:  # a second region in the counts, not in the statistic
        del ends[-2:]
    if None in ends:  # the counts of a softer and of a harder spectrum do not weigh the same: look everywhere
        coarse = grid[::_STRIDE] if len(grid) > 2 * _STRIDE else grid
        above = level(coarse) > 0.0
        above[0] = True
        steps = np.nonzero(above[1:] != above[:-1])[0]
        ends = [_inside(level, coarse[i], coarse[i + 1], 1.0 if above[i] else -1.0) for i in steps]
    edges = [float(end) for end in ends if end is not None]
    lows, highs = [low, *edges[1::2]], [*edges[::2], None][: len(edges[1::2]) + 1]
    return tuple(Interval(a, b) for a, b in zip(lows, highs, strict=True))


def _edge(level: Callable[[FloatArray], FloatArray], guess: float, falling: float) -> float | None:
    """Coupling near a guess at which ``level`` changes its sign, from above if ``falling`` is 1, from below if -1."""
    for _ in range(_MOST_MOVES):
        value = falling * level(guess * _ABOUT)
        if value[0] <= 0.0:
            guess *= float(_ABOUT[0])
        elif np.all(value > 0.0):
            guess *= float(_ABOUT[-1])
        else:
            after = int(np.argmax(value <= 0.0))
            return _inside(level, guess * float(_ABOUT[after - 1]), guess * float(_ABOUT[after]), falling)
    return None


def _inside(level: Callable[[FloatArray], FloatArray], low: float, high: float, falling: float) -> float:
    """The same between two couplings."""
    d = np.geomspace(low, high, len(_ABOUT))
    value = falling * level(d)
    after = max(int(np.argmax(value <= 0.0)), 1)
    before, beyond = value[after - 1], value[after]
    share = before / (before - beyond) if before > beyond else 0.5
    return float(d[after - 1] * (d[after] / d[after - 1]) ** np.clip(share, 0.0, 1.0))
