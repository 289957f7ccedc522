"""From the statistic of a search to excluded couplings: within the validity of the operator, and what ends a curve."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.constraint import End, Interval
from nudipole.errors import DomainError
from nudipole.inference import thinning
from nudipole.inference.cls import as_cls
from nudipole.inference.limits import Statistic
from nudipole.inputs.cards import Card
from nudipole.portal import FLAVORS, Direction
from nudipole.processes import validity
from nudipole.signals import escaping
from nudipole.signals.joint.envelope import EnvelopeStatistic
from nudipole.signals.protocol import Model, Signal

FloatArray = npt.NDArray[np.float64]
Intervals = tuple[Interval, ...]
_SAME_END = 1.0 + 1e-6  # ratio of two masses that are the same end of a curve


def excluded(
    model: Model, statistic: Statistic, direction: Direction, masses: FloatArray, cl: float, is_region: bool
) -> tuple[list[Intervals], list[float]]:
    """Excluded couplings at masses that the search can reach.

    Parameters
    ----------
    model : Model
        Curves of models with ``smooth_in_mass`` are computed at some of the masses, if these increase, and interpolated.
    statistic : Statistic
    direction : Direction
    masses : ndarray (n,)
        M [GeV].
    cl : float
    is_region : bool
        True for a region of interest: what data point to, instead of what they exclude.

    Returns
    -------
    intervals : list of tuple of Interval
        In d [GeV^-1], at each mass, cut where the operator is no longer valid.
    beyond : list of float
        Masses [GeV] at which nothing is left.
    """
    scale = [1.0]

    def exact(at: FloatArray) -> tuple[Intervals, ...]:
        signal: Any = model.signal(at, direction)
        scale[0] = largest_over_gamma(signal)
        return escaping.intervals(statistic, signal, cl)

    is_increasing = bool(np.all(np.diff(masses) > 0))
    thin = is_increasing and getattr(model, "smooth_in_mass", False)
    found = thinning.solve(masses, exact) if thin else exact(masses)
    largest = validity.largest_coupling(model.largest_s, masses, scale[0])
    chosen = [region_between(one) if is_region else without_zero(one) for one in found]
    kept = [validity.within(one, most) for one, most in zip(chosen, largest.tolist(), strict=True)]
    nothing = [mass for mass, one in zip(masses.tolist(), kept, strict=True) if not one]
    return kept, [] if is_region else nothing


def by_cls(key: str, statistic: Statistic, is_region: bool) -> Statistic:
    """The same data judged by CLs; of a union, each of its searches.

    Raises
    ------
    DomainError
        For a region of interest, and where there is no CLs.
    """
    if is_region:
        raise DomainError(f"{key}: a region of interest is no upper limit: there is no CLs of it")
    if isinstance(statistic, EnvelopeStatistic):
        return EnvelopeStatistic(tuple(by_cls(key, member, is_region) for member in statistic.members))
    try:
        return as_cls(getattr(statistic, "inner", statistic))
    except DomainError as error:
        raise DomainError(f"{key}: {error}") from None


def largest_over_gamma(signal: Any) -> float:
    """Largest coupling of the completion over that to the photon, 1 where the signal has no such scale."""
    return signal.largest_over_gamma if isinstance(signal, Signal) else 1.0


def region_between(intervals: Intervals) -> Intervals:
    """The region that a signal points to: what is left between excluded intervals, if d = 0 is itself excluded.

    Examples
    --------
    >>> region_between((Interval(0.0, 1e-7), Interval(3e-7, None)))
    (Interval(low=1e-07, high=3e-07),)
    """
    if not intervals or intervals[0].low > 0.0:
        return ()
    return tuple(Interval(a.high, b.low) for a, b in itertools.pairwise(intervals) if a.high is not None)


def without_zero(intervals: Intervals) -> Intervals:
    """The intervals that do not contain d = 0: a fit that prefers N does not exclude its absence.

    Examples
    --------
    >>> without_zero((Interval(0.0, 1e-7), Interval(3e-7, None)))
    (Interval(low=3e-07, high=None),)
    """
    return tuple(i for i in intervals if i.low > 0.0)


def contained(direction: Direction, flavors: tuple[str, ...]) -> bool:
    """True if a source of these flavours makes N of this direction: a flavour with a coupling is there.

    Examples
    --------
    >>> contained(Direction("tau"), ("e", "mu")), contained(Direction("universal"), ("e",))
    (False, True)
    """
    if direction.incoherent:
        return True
    switched_on = {f for f, c in zip(FLAVORS, direction.couplings, strict=True) if c}
    return bool(switched_on & set(flavors))


def card_mass_range(card: Card) -> tuple[float, float]:
    """The card's range of masses [GeV]; (0, inf) if it names none."""
    if card.mass_range_MeV is None:
        return 0.0, np.inf
    return card.mass_range_MeV[0] * units.MEV, card.mass_range_MeV[1] * units.MEV


def ends(masses: FloatArray, card: tuple[float, float], kinematic: float) -> tuple[End, ...]:
    """What ends a curve at each of its masses, if it ends there: the card's range, the plane's (1 keV), or physics.

    Parameters
    ----------
    masses : ndarray (n,)
        M [GeV].
    card : (float, float)
        Of :func:`card_mass_range` [GeV].
    kinematic : float
        Mass [GeV] above which nothing can be seen.

    Examples
    --------
    >>> ends(np.array([1e-6, 0.1, 2.0, 3.0]), (0.0, 2.0), 5.0)
    ('grid', 'physics', 'card', 'card')
    """
    low, high = card
    found: list[End] = ["physics"] * len(masses)
    for index, mass in enumerate(masses.tolist()):
        if low <= units.KEV and mass <= units.KEV * _SAME_END:
            found[index] = "grid"
        elif mass <= low * _SAME_END or (high < kinematic and mass * _SAME_END >= high):
            found[index] = "card"
    return tuple(found)
