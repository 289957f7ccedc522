"""Drawing from tabulated distributions: a cell of many in proportion to its content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
_NEGLIGIBLE = 1e-18  # share of the content in a cell that is left out
_STEPS = 2  # from where the guide points, before the slower search


@dataclass(frozen=True)
class Choice:
    """Cells and their cumulative content.

    Parameters
    ----------
    cell : ndarray (n,) of int
        Cells with content.
    edge : ndarray (n,)
        Cumulative content up to and including each, the last is 1.
    weight : ndarray (n,)
        What an event of the cell counts, relative to the mean: 1 where cells are drawn as their content.
    """

    cell: Integers
    edge: FloatArray
    weight: FloatArray
    guide: Integers

    @classmethod
    def of(cls, content: FloatArray, flatness: float = 0.0) -> Choice:
        """Draw in proportion to ``content``, or half of the draws to its power 1 - ``flatness``, which fills the tails.

        Raises
        ------
        DomainError
            If there is no content.
        """
        flat = np.asarray(content, dtype=float).ravel()
        cell = np.flatnonzero(flat > _NEGLIGIBLE * flat.sum())
        if not cell.size or not np.isfinite(flat.sum()):
            raise DomainError("nothing to draw from: every weight is zero")
        share = flat[cell] / flat[cell].sum()
        drawn = share
        if flatness > 0.0:
            raised = share ** (1.0 - flatness)
            drawn = 0.5 * share + 0.5 * raised / raised.sum()
        edge = np.cumsum(drawn)
        edge /= edge[-1]
        # where to begin the search for a uniform number
        guide = np.searchsorted(edge, np.linspace(0.0, 1.0, 2 * len(edge) + 1)[:-1], side="right")
        edge = np.append(edge, np.full(_STEPS, 2.0))  # room for the steps of the search
        return cls(cell, edge, share / drawn, guide)

    def draw(self, u: FloatArray) -> tuple[Integers, FloatArray]:
        """Cells for uniform numbers in [0, 1), and the relative weight of each."""
        place = self.guide[(u * len(self.guide)).astype(np.intp)]
        for _ in range(_STEPS):
            place = place + (self.edge[place] <= u)
        behind = np.flatnonzero(self.edge[np.minimum(place, len(self.edge) - 1)] <= u)
        place[behind] = np.searchsorted(self.edge, u[behind], side="right")
        place = np.minimum(place, len(self.cell) - 1)
        return self.cell[place], self.weight[place]
