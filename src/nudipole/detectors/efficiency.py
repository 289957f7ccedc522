r"""Efficiency: the fraction of events that survive trigger and selection, against true or reconstructed energy.

.. math:: f(x) = \frac{a}{1 + e^{-k(x - x_0)}} + d \quad\text{(clipped to } [0, 1]\text{)}

Each model says in which space it is applied: ``recoil`` (true recoil energy), ``deposit`` (true electron-equivalent
energy, after quenching) or ``reconstructed`` (what is histogrammed, after smearing: the response integrates it inside
the bins). Options are what a card writes in ``efficiency = { model = "table", file = "catalogue/data/x.csv" }``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_between, check_choice, check_finite, check_non_negative
from nudipole.inputs import tables
from nudipole.inputs.tables import TableName

FloatArray = npt.NDArray[np.float64]
SPACES = ("recoil", "deposit", "reconstructed")
UNITS = {**tables.NUMBER, **tables.ENERGY}


@dataclass(frozen=True)
class Efficiency:
    """An efficiency and the space in which it is applied; called with energies [GeV] or photo-electrons.

    ``argument`` says which of them: ``energy``, ``number``, or ``any`` for one that is the same everywhere.
    """

    function: Callable[[FloatArray], FloatArray]
    space: str = "recoil"
    argument: str = "any"

    def __post_init__(self) -> None:
        check_choice("efficiency space", self.space, SPACES)
        check_choice("argument of an efficiency", self.argument, ("any", "energy", "number"))
        if self.space != "reconstructed" and self.argument == "number":
            raise DomainError(
                f"an efficiency in the space {self.space} is a function of energy, not of photo-electrons"
            )

    def __call__(self, value: npt.ArrayLike) -> FloatArray:
        return np.clip(self.function(np.asarray(value, dtype=float)), 0.0, 1.0)

    def scaled(self, factor: float) -> Efficiency:
        """The same efficiency times ``factor``, never above 1: what a pull on the efficiency does."""
        check_non_negative(factor=factor)
        return replace(self, function=lambda x: factor * self.function(x))


def constant(value: float = 1.0) -> Efficiency:
    """The same efficiency everywhere.

    Examples
    --------
    >>> float(constant(0.77)(1e-6))
    0.77
    """
    check_between(0.0, 1.0, efficiency=value)
    return Efficiency(lambda x: np.full_like(x, value))


def table(
    file: TableName, energy: str = "energy", efficiency: str = "efficiency", space: str = "recoil", above: str = "zero"
) -> Efficiency:
    """Linear between the rows of a table, in any order; zero below its first energy, and above its last one zero or held.

    Parameters
    ----------
    file : str
        A file beside the card, a path inside the package (``catalogue/data/x.csv``), or an absolute path.
    energy, efficiency : str
        Names of its columns; their units ([keV], [PE], ... and [1] or [%]) are read from the header.
    space : str
        ``recoil``, ``deposit`` or ``reconstructed``.
    above : str
        ``zero`` (nothing is claimed beyond the table) or ``hold`` (the last value goes on).

    Raises
    ------
    TableError
        If the table does not load, has an energy twice, an efficiency outside 0 to 1 or a unit that is none of these.
    UnknownNameError
        If a column, ``space`` or ``above`` does not exist.
    """
    check_choice("continuation above the table", above, ("zero", "hold"))
    data = tables.open_located(file)
    x, y = data.fraction(energy, efficiency, UNITS)
    argument = "energy" if data.units[energy] in tables.ENERGY else "number"
    last = float(y[-1]) if above == "hold" else 0.0
    return Efficiency(lambda v: np.interp(v, x, y, left=0.0, right=last), space, argument)


def logistic(
    midpoint: float, slope: float, plateau: float = 1.0, unit: str = "keV", space: str = "reconstructed"
) -> Efficiency:
    """plateau / (1 + exp(-slope (x - midpoint))), with midpoint in ``unit`` and slope in its inverse."""
    check_choice("unit", unit, UNITS)
    check_finite(midpoint=midpoint, slope=slope)
    check_between(0.0, 1.0, plateau=plateau)
    scale, argument = UNITS[unit], "energy" if unit in tables.ENERGY else "number"
    return Efficiency(lambda x: plateau * _logistic(slope * (x / scale - midpoint)), space, argument)


def coherent_csi_2017(a: float = 0.6655, k: float = 0.4942, x0: float = 10.8507) -> Efficiency:
    """COHERENT CsI[Na] of 2017, in photo-electrons: a logistic times 0 below 5, 1/2 from 5 to 6, 1 from 6 on.

    Review Eq. (48) with the step function in its place (errata); parameters of 1804.09459.
    """

    check_finite(a=a, k=k, x0=x0)

    def function(x: FloatArray) -> FloatArray:
        step = np.where(x < 5.0, 0.0, np.where(x < 6.0, 0.5, 1.0))
        return a * _logistic(k * (x - x0)) * step

    return Efficiency(function, "reconstructed", "number")


def coherent_csi_2021(a: float = 1.32045, k: float = 0.285979, x0: float = 10.8646, d: float = -0.333322) -> Efficiency:
    """COHERENT CsI[Na] full data set, in photo-electrons: a logistic plus d, not below zero (2111.02477)."""
    check_finite(a=a, k=k, x0=x0, d=d)
    return Efficiency(lambda x: a * _logistic(k * (x - x0)) + d, "reconstructed", "number")


def coherent_csi_2021_time(time_us: npt.ArrayLike) -> FloatArray:
    """Timing efficiency of the same data: 1 before 0.52 us, then exp(-0.0494 (t - 0.52)), t in us (2111.02477)."""
    check_non_negative(time_us=time_us)
    time = np.asarray(time_us, dtype=float)
    return np.exp(-0.0494 * np.maximum(time - 0.52, 0.0))


EFFICIENCY: dict[str, Callable[..., Efficiency]] = {
    "constant": constant,
    "table": table,
    "logistic": logistic,
    "coherent-csi-2017": coherent_csi_2017,
    "coherent-csi-2021": coherent_csi_2021,
}


def _logistic(x: FloatArray) -> FloatArray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))
