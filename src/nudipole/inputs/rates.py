"""Counts that a table gives as a rate: ``[1/(kg d keV)]`` and its like, turned into counts by exposure and bin width."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError

FloatArray = npt.NDArray[np.float64]
_MASS: Mapping[str, float] = {"g": 1e-3, "kg": 1.0, "t": 1e3, "tonne": 1e3, "ton": 1e3, "kt": 1e6, "kton": 1e6}  # kg
_TIME: Mapping[str, float] = {
    "s": 1.0, "h": 3600.0, "d": units.DAY, "day": units.DAY, "days": units.DAY, "yr": units.YEAR, "y": units.YEAR,
    "year": units.YEAR, "a": units.YEAR,
}  # fmt: skip
_ENERGY: Mapping[str, float] = {
    "eV": units.EV,
    "keV": units.KEV,
    "keVee": units.KEV,
    "MeV": units.MEV,
    "GeV": units.GEV,
}
_PLAIN = ("1", "counts", "events", "count", "event")


def counts_per(unit: str, exposure: float | None, widths: FloatArray | None) -> FloatArray:
    """What multiplies a number in ``unit`` to make it counts in each bin.

    Parameters
    ----------
    unit : str
        ``1``, ``counts`` or ``events``, or these per mass and time, and per energy: ``1/(kg d keV)``, ``1/kg/d``,
        ``events/(t yr)``, ``kg^-1 d^-1 keV^-1``.
    exposure : float or None
        [kg s]; None where a search has none.
    widths : ndarray (bins,) or None
        Widths of the bins [GeV]; None where they are not energies.

    Returns
    -------
    ndarray
        Of shape () or (bins,).

    Raises
    ------
    DomainError
        If the unit is none of these, or needs an exposure or a width that there is none of.

    Examples
    --------
    >>> float(counts_per("1/(kg d keV)", 10 * units.DAY, np.array([2e-6]))[0])
    20.0
    """
    if unit in _PLAIN:
        return np.asarray(1.0)
    words = re.findall(r"(\d+(?:\.\d+)?)?([A-Za-z]+)", re.sub(r"\^?-1\b", " ", unit))
    named = [(float(number or 1.0), word) for number, word in words if word not in _PLAIN]
    kinds = {kind: [(n, w) for n, w in named if w in known] for kind, known in _KINDS.items()}
    understood = sum(map(len, kinds.values())) == len(named) > 0
    if not understood or not re.fullmatch(r"[\w\s/()^\-.*]*", unit) or any(len(found) > 1 for found in kinds.values()):
        raise DomainError(f"the unit [{unit}] is none of counts: write [1], or a rate such as [1/(kg d keV)]")
    if not (kinds["mass"] and kinds["time"]):
        raise DomainError(f"the unit [{unit}] is a rate, which must be per mass and time: [1/(kg d)] or [1/(kg d keV)]")
    if exposure is None:
        raise DomainError(f"the unit [{unit}] needs an exposure in mass and time, which this kind of search has not")
    (mass_number, mass), (time_number, time) = kinds["mass"][0], kinds["time"][0]
    factor = exposure / (mass_number * _MASS[mass] * time_number * _TIME[time])
    if not kinds["energy"]:
        return np.asarray(factor)
    if widths is None:
        raise DomainError(f"the unit [{unit}] is per energy, but the bins are not energies")
    number, energy = kinds["energy"][0]
    return factor * widths / (number * _ENERGY[energy])


_KINDS: Mapping[str, Mapping[str, float]] = {"mass": _MASS, "time": _TIME, "energy": _ENERGY}
