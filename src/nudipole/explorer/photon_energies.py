r"""How the photons of N that a search counts are spread in energy: what lets its threshold be moved in the page.

A search of up-scattering with one bin counts all photons above an energy. Its model is evaluated again with that window
divided, from below its threshold on, at the coupling of its lower edge; what-if limits multiply the counts by the share above
the new threshold,

.. math:: n(d) \to n(d) \sum_{E > E_{\min}} f_E(M),\qquad f_E = \frac{n_E(d_{\rm low})}{n(d_{\rm low})} ,

which is 1 at the threshold of the card. Couplings far from the lower edge, where N of other energies decay inside, and the
background, which stays as it is, make it approximate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole.portal import Direction
from nudipole.signals.upscattering.model import UpscatterModel

FloatArray = npt.NDArray[np.float64]
LOWEST, HIGHEST = 0.4, 10.0  # of the card's threshold: where the division begins, and its last bin that is not open
BELOW, ABOVE = 4, 9  # bins below the threshold, and above it


@dataclass(frozen=True)
class Shares:
    """Edges of photon energy [GeV], (s + 1,), and counts in each bin over those of the card, (m, s); ``start``: its threshold."""

    edges: FloatArray
    shares: FloatArray
    start: float

    def above(self, threshold: float | None) -> FloatArray:
        """Counts above a threshold [GeV] over those of the card, at each mass (m,); 1 if it is the card's."""
        if threshold is None:
            return np.ones(len(self.shares))
        low, high = self.edges[:-1], self.edges[1:]
        return np.asarray(self.shares @ np.clip((high - threshold) / (high - low), 0.0, 1.0))


def shares(model: Any, masses: FloatArray, direction: Direction, couplings: FloatArray) -> Shares | None:
    """The shares at these masses [GeV] and couplings [GeV^-1]; None for a search that counts no photons above an energy.

    Parameters
    ----------
    model : Model
    masses, couplings : ndarray (m,)
    direction : Direction
    """
    if not isinstance(model, UpscatterModel):
        return None
    selection, start = model.card.selection, model.card.selection.energy_min_GeV
    top = selection.energy_max_GeV or max(model.flux.maximum_energy, 2.0 * HIGHEST * start)
    plain = model.card.histogram.variable == "count" and selection.first_cascade_min_GeV == 0.0
    if not plain or start <= 0.0 or top <= 2.0 * start or not np.all(np.isfinite(couplings)):
        return None
    last = min(HIGHEST * start, 0.9 * top)
    edges = np.concatenate(
        [np.geomspace(LOWEST * start, start, BELOW + 1), np.geomspace(start, last, ABOVE)[1:], [top]]
    )
    signal = _divided(model, edges).signal(masses, direction)
    counts = np.stack([signal.templates[row].counts(couplings[row : row + 1])[0] for row in range(len(masses))])
    whole = counts[:, BELOW:].sum(axis=1, keepdims=True)
    if np.any(whole <= 0):
        return None
    return Shares(edges, counts / whole, start)


def _divided(model: UpscatterModel, edges: FloatArray) -> UpscatterModel:
    """The model with its photons in bins of energy; made once, since its flavours share what it computes."""
    if (known := model.__dict__.get("divided_in_energy")) is not None:
        return known
    selection = model.card.selection
    lower = msgspec.structs.replace(selection, energy_min_GeV=float(edges[0]))
    histogram = msgspec.structs.replace(model.card.histogram, variable="energy", edges=tuple(edges.tolist()))
    divided = replace(
        model,
        card=msgspec.structs.replace(model.card, selection=lower),
        photons=replace(model.photons, selection=lower, histogram=histogram),
        _known={},
    )
    divided.__dict__["passages"] = model.passages  # the geometry is the same
    model.__dict__["divided_in_energy"] = divided
    return divided
