r"""N and scattered neutrinos made by each beam setting: rates times electrons in the target, after the cuts.

.. math:: n_b = N_e \sum_t w_{tb} \sum_k \frac{dn}{dT}\Big|_{t,k}\;\epsilon(T_t, E_k, M) ,

with the nodes T_t, w_tb of :func:`nudipole.signals.electron_recoil.rates.recoil_nodes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.fluxes.flux import Flux
from nudipole.portal import Direction
from nudipole.signals.electron_recoil.acceptance import accepted_share
from nudipole.signals.electron_recoil.card import SelectionSection
from nudipole.signals.electron_recoil.decays import Produced
from nudipole.signals.electron_recoil.rates import Cells, dipole_rates, recoil_nodes, standard_model_rates
from nudipole.signals.electron_recoil.showers import shower_recoils

FloatArray = npt.NDArray[np.float64]


class Beam(NamedTuple):
    """One beam setting: its flux, and electrons in the target (times protons on it, for a flux per proton)."""

    flux: Flux
    electrons: float


class Made(NamedTuple):
    """N made by one component of the flux of one beam: which beam, and its cells after exposure and cuts."""

    beam: int
    cells: Cells

    def at(self, row: int, shares: FloatArray) -> Produced:
        """N at one of the masses; ``shares`` (t, k or 1, bins): what a recoil at T counts in each bin."""
        return Produced(self.beam, self.cells.rate[row][..., None] * shares, self.cells.hnl_energy[row])


def recoils_in_bins(
    beams: Sequence[Beam], direction: Direction, masses: FloatArray, edges: FloatArray, selection: SelectionSection
) -> tuple[FloatArray, list[Made]]:
    """N whose electron is selected.

    Parameters
    ----------
    beams, direction : sequence of Beam, Direction
    masses : ndarray (m,)
        M [GeV].
    edges : ndarray (bins + 1,)
        Edges of E_e [GeV].
    selection : SelectionSection
        Cut, resolution and efficiency.

    Returns
    -------
    tuple
        Counts per d^2 (m, beams * bins) [GeV^2] without decay, and the cells that they are summed from.
    """
    recoil, weights = recoil_nodes(edges)
    per_beam, made = [], []
    for index, beam in enumerate(beams):
        counts = np.zeros((len(masses), weights.shape[1]))
        for cells in dipole_rates(beam.flux, direction, recoil, masses, float(edges[0])):
            accepted = accepted_share(selection, recoil[:, None], cells.energy, masses[:, None, None])
            rate = beam.electrons * cells.rate * accepted
            counts += rate.sum(axis=-1) @ weights
            made.append(Made(index, cells._replace(rate=rate)))
        per_beam.append(counts)
    return np.concatenate(per_beam, axis=1), made


def recoils_of_any_size(
    beams: Sequence[Beam], direction: Direction, masses: FloatArray, lowest: float, efficiency: float
) -> list[Made]:
    """N whose photon may make the shower: rates times dT, with the efficiency and no cut on the angle.

    Arguments as for :func:`recoils_in_bins`; ``lowest``: the smallest energy of a shower [GeV].
    """
    recoil, width = shower_recoils(max(beam.flux.maximum_energy for beam in beams))
    return [
        Made(index, cells._replace(rate=beam.electrons * efficiency * cells.rate * width[:, None]))
        for index, beam in enumerate(beams)
        for cells in dipole_rates(beam.flux, direction, recoil, masses, lowest)
    ]


def electron_sample(beam: Beam, flavors: Sequence[str], edges: FloatArray, selection: SelectionSection) -> FloatArray:
    """Standard Model nu-e events (bins,) from these flavours of one beam; arguments as for :func:`recoils_in_bins`."""
    recoil, weights = recoil_nodes(edges)
    events = np.zeros(weights.shape[1])
    for cells in standard_model_rates(beam.flux, flavors, recoil, float(edges[0])):
        accepted = cells.rate * accepted_share(selection, recoil[:, None], cells.energy, np.zeros((1, 1, 1)))
        events += beam.electrons * accepted[0].sum(axis=-1) @ weights
    return events
