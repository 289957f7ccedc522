"""Recoil energies on two grids: a coarse one for smooth spectra, a fine one for detector, atomic shells and solar lines.

Spectra of continuous fluxes are smooth between the edges that atoms and detectors put on them, so they are computed at
few energies and interpolated linearly; the interpolation is folded into the response once, and costs nothing afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_count, check_increasing, check_positive
from nudipole.fluxes.flux import FluxComponent

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matrices:
    """Counts per bin and unit spectrum: ``fine`` (bins, n) for lines, ``coarse`` (bins, m) for continua."""

    fine: FloatArray
    coarse: FloatArray

    def of(self, component: FluxComponent) -> FloatArray:
        """The one for this component."""
        return self.fine if component.lines else self.coarse


@dataclass(frozen=True)
class RecoilGrid:
    """Log-spaced recoil energies [GeV] from ``low`` to ``high``: ``nodes`` coarse ones, ``steps`` fine cells in each."""

    low: float
    high: float
    steps: int
    nodes: int

    def __post_init__(self) -> None:
        check_increasing(limits=(self.low, self.high))
        check_positive(low=self.low)
        check_count(steps=self.steps)
        check_count(2, nodes=self.nodes)

    @cached_property
    def coarse(self) -> FloatArray:
        """Energies for smooth spectra."""
        return np.geomspace(self.low, self.high, self.nodes)

    @cached_property
    def fine(self) -> FloatArray:
        """Energies for everything with edges; every ``steps``-th is a coarse one."""
        return np.geomspace(self.low, self.high, (self.nodes - 1) * self.steps + 1)

    def of(self, component: FluxComponent) -> FloatArray:
        """Where the spectrum of this component is needed."""
        return self.fine if component.lines else self.coarse

    def matrices(self, response: FloatArray) -> Matrices:
        """From the response (bins, n) at the fine energies, times the number of targets there, to the two matrices."""
        weights = np.zeros_like(self.fine)
        weights[:-1] += 0.5 * np.diff(self.fine)
        weights[1:] += 0.5 * np.diff(self.fine)
        fine = response * weights
        return Matrices(fine, fine @ self._interpolation)

    @cached_property
    def _interpolation(self) -> FloatArray:
        """Linear interpolation in E_r from coarse to fine energies, shape (n, m)."""
        cell = np.minimum(np.arange(len(self.fine)) // self.steps, self.nodes - 2)
        left, right = self.coarse[cell], self.coarse[cell + 1]
        share = (self.fine - left) / (right - left)
        matrix = np.zeros((len(self.fine), self.nodes))
        rows = np.arange(len(self.fine))
        matrix[rows, cell] = 1.0 - share
        matrix[rows, cell + 1] += share
        return matrix
