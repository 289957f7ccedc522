r"""N of a recoil search on its way out of the detector: counts in cells of the energy of N, as templates.

In a cell between two energies of N the neutrino has that energy plus the recoil's, so that its counts are a difference of
cumulative flux moments (:func:`nudipole.signals.recoil.rate.dipole_kernels` with ``hnl_energy_min``), at every recoil
energy. Cells are narrow at the highest energies, whose N survive longest and set the upper edge of a region.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole.portal import Direction
from nudipole.signals.decay_in_flight import decay_rate, decay_widths
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_NARROW, _WIDE = (1.12, 12), (1.4, 9)  # ratio of neighbouring energies, and how many such cells from the top
_LINE = 0.03  # width of the cell below a line


def hnl_energies(maximum: float, lines: Sequence[float] = ()) -> FloatArray:
    """Edges [GeV] of the cells of the energy of N, rising from 0 to ``maximum``; lines have a narrow cell of their own.

    Examples
    --------
    >>> edges = hnl_energies(0.05)
    >>> float(edges[0]), float(edges[-1]), round(float(edges[-1] / edges[-2]), 2)
    (0.0, 0.05, 1.12)
    """
    (narrow, many), (wide, few) = _NARROW, _WIDE
    steps = np.concatenate([np.full(many, narrow), np.full(few, wide)])
    below = maximum / np.cumprod(steps)
    own = [line * share for line in lines for share in (1.0 - _LINE, 1.0 + 1e-9) if line * share < maximum]
    return np.unique(np.concatenate([[0.0], below, own, [maximum]]))


def templates(
    masses: FloatArray, direction: Direction, exit_m: float, edges: FloatArray, cells: FloatArray
) -> list[SignalTemplate]:
    """Templates of N that must fly ``exit_m`` [m] undecayed.

    Parameters
    ----------
    masses : ndarray (m,)
        M [GeV].
    direction : Direction
    exit_m : float
        Way out of the detector [m].
    edges : ndarray (cells + 1,)
        Of the cells of the energy of N [GeV], rising from 0: :func:`hnl_energies`.
    cells : ndarray (cells, m, bins)
        Counts per d^2 without decay.
    """
    low, high = np.maximum(edges[:-1, None], masses), np.maximum(edges[1:, None], masses)
    energy = 0.5 * (low + high)
    momentum = np.sqrt(np.maximum((energy - masses) * (energy + masses), (1e-3 * energy) ** 2))
    decays = decay_widths(masses, direction)
    kappa = decay_rate(decays.total, masses, momentum)
    return [
        SignalTemplate.from_nodes(
            cells[:, row], kappa[:, row], exit_m, np.inf, 1.0, direction.decay_norm, float(decays.extra[row])
        )
        for row in range(len(masses))
    ]
