"""What figures of lines have in common: colours, ranges, axes to draw into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_count, check_positive
from nudipole.plot import canvas
from nudipole.plot import style as looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
#: Okabe and Ito, in the order in which lines of one figure take them.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
_SIZE = (4.6, 3.6)


class Range(NamedTuple):
    """Ends and number of points of a logarithmic grid.

    Parameters
    ----------
    low, high : float
        Its ends, in the unit of what it is a grid of.
    points : int
        How many.

    Examples
    --------
    >>> Range(1.0, 100.0, 3).grid("mass").tolist()
    [1.0, 10.0, 100.0]
    """

    low: float
    high: float
    points: int = 120

    def grid(self, name: str) -> FloatArray:
        """The points.

        Parameters
        ----------
        name : str
            What errors call it.

        Returns
        -------
        ndarray
            Shape (points,).

        Raises
        ------
        DomainError
            If the ends are not positive and in order.
        """
        ends: dict[str, Any] = {name: [self.low, self.high]}
        check_positive(**ends)
        check_count(at_least=2, points=self.points)
        if not self.low < self.high:
            raise DomainError(f"{name} needs low < high, got {self.low:g} and {self.high:g}")
        return np.geomspace(self.low, self.high, self.points)


@contextmanager
def drawing_into(ax: Axes | None, style: str | None) -> Iterator[tuple[Any, looks.Style]]:
    with canvas.looks(style) as look:
        yield (canvas.axes_for_user(_SIZE) if ax is None else ax), look


def logarithmic(axes: Any, x: str, y: str) -> None:
    """Logarithmic axes with names, ticks on all sides and a legend."""
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.margins(x=0.0)
    axes.tick_params(which="both", right=True, top=True)
    axes.legend(loc="best")
