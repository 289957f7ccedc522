"""A joint statistic scanned in the size d of the coupling: best fit and excluded intervals of each row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
from nudipole.inference.intervals import D_SCAN, crossings

FloatArray = npt.NDArray[np.float64]
_ZOOM = 3


class CouplingScan:
    """Rows (masses, or directions of the couplings) whose statistic at couplings d is :meth:`at`."""

    masses: int
    per_step: int = 2  # points for each of the scan of a single search

    def at(self, row: int, d: FloatArray) -> FloatArray:
        """-2 ln L relative to no signal at couplings d [GeV^-1] of one row, shape (couplings,)."""
        raise NotImplementedError

    def intervals(
        self, critical: float, one_sided: bool
    ) -> tuple[tuple[tuple[Interval, ...], ...], FloatArray, FloatArray]:
        """Excluded intervals, d [GeV^-1] of the best fit (0 where no signal fits best), and its gain in -2 ln L."""
        grid = np.geomspace(D_SCAN[0], D_SCAN[-1], self.per_step * (len(D_SCAN) - 1) + 1)
        d = np.empty((self.masses, len(grid) + 1))
        level = np.empty_like(d)
        best, lowest = np.zeros(self.masses), np.zeros(self.masses)
        for row in range(self.masses):
            values = self.at(row, grid)
            place, value = self._minimum(row, grid, values)
            if value < 0.0:
                best[row], lowest[row] = place, value
            order = np.searchsorted(grid, place)
            d[row], level[row] = np.insert(grid, order, place), np.insert(values, order, value) - lowest[row] - critical
            if one_sided:
                level[row, : order if value < 0.0 else 0] = -critical

        def excess(rows: npt.NDArray[np.intp], at: FloatArray) -> FloatArray:
            return np.stack([self.at(int(row), x) - lowest[row] - critical for row, x in zip(rows, at, strict=True)])

        return crossings(d, level, excess), best, -lowest

    def _minimum(self, row: int, grid: FloatArray, values: FloatArray) -> tuple[float, float]:
        """The lowest point, refined between its neighbours on the grid."""
        index = int(np.argmin(values))
        low, high = grid[max(index - 1, 0)], grid[min(index + 1, len(grid) - 1)]
        place, value = float(grid[index]), float(values[index])
        for _ in range(_ZOOM):
            fine = np.geomspace(low, high, 13)
            found = self.at(row, fine)
            lowest = int(np.argmin(found))
            if found[lowest] < value:
                place, value = float(fine[lowest]), float(found[lowest])
            low, high = fine[max(lowest - 1, 0)], fine[min(lowest + 1, len(fine) - 1)]
        return place, value
