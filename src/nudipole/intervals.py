"""Excluded intervals of the coupling d: one of them, and what a list of them at each mass says.

``excluded`` holds the intervals at each of n masses, in increasing order, none where nothing is excluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import check
from nudipole.columns import Columns
from nudipole.errors import DomainError, check_choice

FloatArray = npt.NDArray[np.float64]
EDGES = ("lower", "upper", "gap-low", "gap-high", "open")


@dataclass(frozen=True)
class Interval:
    """An excluded range of couplings d.

    Parameters
    ----------
    low : float
        Lower end [GeV^-1].
    high : float, optional
        Upper end [GeV^-1]; None where it is open above.

    Raises
    ------
    DomainError
        Ends that are negative, infinite, NaN, or in the wrong order.

    Examples
    --------
    >>> 2e-7 in Interval(1e-7, 3e-7), 1.0 in Interval(1e-7)
    (True, True)
    """

    low: float
    high: float | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if not isinstance(value, float) and (value is not None or name == "low"):
                check(name, value, ("float",) if name == "low" else ("float", "None"))
        ordered = self.high is None or self.low <= self.high < np.inf
        if not (0.0 <= self.low < np.inf and ordered):
            raise DomainError(
                f"an interval needs finite 0 <= low <= high (high None where open), got {self.low}, {self.high}"
            )

    def __contains__(self, d: float) -> bool:
        return self.low <= d and (self.high is None or d <= self.high)

    @property
    def mu(self) -> tuple[float, float | None]:
        """The same in Bohr magnetons, mu = 2 d."""
        return units.mu_from_d(self.low), None if self.high is None else units.mu_from_d(self.high)


Excluded = Sequence[tuple[Interval, ...]]


def lower(excluded: Excluded) -> FloatArray:
    """Lowest excluded d [GeV^-1] at each mass (n,); NaN where nothing is excluded."""
    return np.array([found[0].low if found else np.nan for found in excluded])


def upper(excluded: Excluded) -> FloatArray:
    """Highest excluded d [GeV^-1] at each mass (n,); inf where open above, NaN where nothing is excluded.

    Examples
    --------
    >>> upper([(Interval(1e-7, 2e-7),), (Interval(1e-7),), ()])
    array([2.e-07,    inf,    nan])
    """
    ends = [np.nan if not found else np.inf if found[-1].high is None else found[-1].high for found in excluded]
    return np.array(ends)


def gap(excluded: Excluded) -> tuple[FloatArray, FloatArray]:
    """Ends [GeV^-1] of the couplings left free between the lowest excluded region and the next, (n,) and (n,).

    The first is NaN where nothing is excluded or the region is open above, the second where there is no other region.
    """
    low = [i[0].high if i and i[0].high is not None else np.nan for i in excluded]
    high = [i[1].low if len(i) > 1 else np.nan for i in excluded]
    return np.array(low, dtype=float), np.array(high, dtype=float)


def open_above(excluded: Excluded) -> FloatArray:
    """Lowest coupling [GeV^-1] of the region that is open above, where another lies below it, (n,); else NaN."""
    return np.array([i[-1].low if len(i) > 1 and i[-1].high is None else np.nan for i in excluded])


def edge(excluded: Excluded, name: str) -> FloatArray:
    """One of :data:`EDGES` at each mass.

    Parameters
    ----------
    excluded : sequence of tuple of Interval
    name : {"lower", "upper", "gap-low", "gap-high", "open"}

    Returns
    -------
    ndarray (n,)
        d [GeV^-1]; NaN where there is none, the upper edge also where the region is open.

    Raises
    ------
    UnknownNameError
        If there is no such edge.
    """
    check_choice("edge", name, EDGES)
    if name in ("gap-low", "gap-high"):
        return gap(excluded)[0 if name == "gap-low" else 1]
    if name == "open":
        return open_above(excluded)
    if name == "lower":
        return lower(excluded)
    highest = upper(excluded)
    return np.where(np.isfinite(highest), highest, np.nan)


def rows(masses: FloatArray, excluded: Excluded) -> Columns:
    """One row a mass [GeV] and excluded interval: mass, number of the interval, ends in d and mu = 2 d.

    Upper ends are NaN where the interval is open above.

    Examples
    --------
    >>> rows(np.array([0.01, 0.1]), [(), (Interval(1e-7, 2e-7), Interval(3e-7))])["interval"].tolist()
    [0, 1]
    """
    found = [
        (mass, number, i.low, np.nan if i.high is None else i.high)
        for mass, of_mass in zip(masses.tolist(), excluded, strict=True)
        for number, i in enumerate(of_mass)
    ]
    mass, number, low, high = zip(*found, strict=True) if found else ((), (), (), ())
    ends = {"low": np.array(low, dtype=float), "high": np.array(high, dtype=float)}
    return {
        "mass_GeV": np.array(mass, dtype=float),
        "interval": np.array(number, dtype=int),
        **{f"d_{name}_GeV-1": end for name, end in ends.items()},
        **{f"mu_{name}_muB": end / (0.5 * units.BOHR_MAGNETON) for name, end in ends.items()},
    }


def html_table(title: str, masses: FloatArray, excluded: Excluded) -> str:
    """The intervals as a table for a notebook; ``title`` is text of the package."""
    head = "<tr><th>M [GeV]</th><th>excluded d [GeV⁻¹]</th><th>μ = 2d [μ<sub>B</sub>]</th></tr>"
    lines = []
    for mass, of_mass in zip(masses, excluded, strict=True):
        shown = [(_span(i.low, i.high), _span(*i.mu)) for i in of_mass] or [("none", "none")]
        lines += [f"<tr><td>{mass:.4g}</td><td>{d}</td><td>{mu}</td></tr>" for d, mu in shown]
    return f"<table><caption>{title}</caption>{head}{''.join(lines)}</table>"


def _span(low: float, high: float | None) -> str:
    return f"{low:.3g} – {'∞' if high is None else format(high, '.3g')}"
