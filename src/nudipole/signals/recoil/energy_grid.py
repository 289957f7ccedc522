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
        fine = response * self.weights
        # linear interpolation in E_r from coarse to fine energies, transposed: each cell gives to its two ends
        inner = fine[:, :-1].reshape(len(fine), self.nodes - 1, self.steps)
        right = np.einsum("bcs,cs->bc", inner, self._share)
        coarse = np.zeros((len(fine), self.nodes))
        coarse[:, :-1] = inner.sum(axis=2) - right
        coarse[:, 1:] += right
        coarse[:, -1] += fine[:, -1]
        return Matrices(fine, coarse)

    @cached_property
    def weights(self) -> FloatArray:
        """Trapezoid weights [GeV] of the fine energies: their cells reach half way to the neighbours."""
        weights = np.zeros_like(self.fine)
        weights[:-1] += 0.5 * np.diff(self.fine)
        weights[1:] += 0.5 * np.diff(self.fine)
        return weights

    @cached_property
    def _share(self) -> FloatArray:
        """How far each fine energy lies from the coarse one below to the one above, shape (nodes - 1, steps)."""
        left = self.coarse[:-1, None]
        return (self.fine[:-1].reshape(-1, self.steps) - left) / (self.coarse[1:, None] - left)
