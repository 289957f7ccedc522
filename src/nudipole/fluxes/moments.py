r"""Cumulative flux moments, looked up: Phi_j(E_min) = int_{E_min}^inf phi(E) E^-j dE for j = 0, 1, 2.

:meth:`nudipole.fluxes.flux.FluxComponent.cumulative_moments` is exact; here its values on 4096 energies, evenly spaced in
ln E, are interpolated linearly (1e-6 of the total), which makes millions of look-ups cheap. Lines stay exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.fluxes.flux import FluxComponent

FloatArray = npt.NDArray[np.float64]
_SIZE = 4096
POWERS = (0, 1, 2)


@dataclass(frozen=True)
class CumulativeMoments:
    """The three moments of one flux component along one direction in flavour space.

    Parameters
    ----------
    maximum : float
        Highest energy [GeV] with flux; every moment vanishes above it.
    start, step : float
        ln of the first energy of the table, and its spacing.
    table : ndarray (3, size + 1)
        Moments at the energies of the table (continua), zero beyond the last; or empty.
    lines : ndarray (n, 4)
        Energy and the three moments of each line, or empty.
    """

    maximum: float
    start: float
    step: float
    table: FloatArray
    lines: FloatArray

    @classmethod
    def of(cls, component: FluxComponent, intensity: FloatArray) -> CumulativeMoments:
        """The moments of a component whose intensity at the nodes is ``intensity``."""
        shining = np.nonzero(intensity > 0)[0]
        if shining.size == 0:
            return cls(0.0, 0.0, 1.0, np.zeros((0, 0)), np.zeros((0, 4)))
        if component.lines:
            energy, weight = component.energy[shining], intensity[shining]
            lines = np.column_stack([energy, *(weight * energy**-j for j in POWERS)])
            return cls(float(energy[-1]), 0.0, 1.0, np.zeros((0, 0)), lines)
        last = component.energy[min(shining[-1] + 1, len(component.energy) - 1)]
        grid = np.linspace(np.log(component.energy[0]), np.log(last), _SIZE)
        table = np.zeros((len(POWERS), _SIZE + 1))
        table[:, : _SIZE - 1] = component.cumulative_moments(intensity, np.exp(grid[:-1]), POWERS)
        return cls(float(last), float(grid[0]), float(grid[1] - grid[0]), table, np.zeros((0, 4)))

    def at_logarithm(self, log_energy_min: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The moments of a continuum at ln E_min, in order of their power."""
        position = np.clip((log_energy_min - self.start) / self.step, 0.0, float(_SIZE - 1))
        index = position.astype(np.intp)
        fraction = position - index
        first, second, third = (
            low.take(index) + fraction * difference.take(index)
            for low, difference in zip(self.table, np.diff(self.table), strict=True)
        )
        return first, second, third

    def __call__(self, energy_min: FloatArray) -> FloatArray:
        """Moments at any energies [GeV], shape energy_min.shape + (3,)."""
        energy = np.asarray(energy_min, dtype=float)
        if len(self.table):
            return np.stack(self.at_logarithm(np.log(energy)), axis=-1)
        moments = np.zeros((*energy.shape, 3))
        for line, *values in self.lines:
            moments[energy <= line] += values
        return moments
