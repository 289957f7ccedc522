"""Templates at each mass: N that leaves the detector, and N whose photon merges with the electron."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole.portal import Direction
from nudipole.signals.electron_recoil.decays import (
    Momenta,
    Produced,
    decays_of,
    grouped_by_momentum,
    leaving_template,
    merging_template,
    positive_energy,
)
from nudipole.signals.electron_recoil.production import Beam, Made
from nudipole.signals.electron_recoil.rates import recoil_nodes
from nudipole.signals.electron_recoil.showers import merged_fraction
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]


def leaving(
    made: Sequence[Made],
    beams: Sequence[Beam],
    masses: FloatArray,
    direction: Direction,
    edges: FloatArray,
    length: float,
    behind: float,
) -> list[SignalTemplate]:
    """N whose electron is selected and that is out before it decays.

    Parameters
    ----------
    made : sequence of Made
        From :func:`nudipole.signals.electron_recoil.production.recoils_in_bins`.
    beams, direction : sequence of Beam, Direction
    masses : ndarray (m,)
        M [GeV].
    edges : ndarray (bins + 1,)
        Edges of E_e [GeV].
    length, behind : float
        Length of the target, and of what behind it would still see a photon [m].
    """
    shares = recoil_nodes(edges)[1][:, None, :]
    templates = []
    for row, decay in enumerate(decays_of(masses, direction)):
        produced = [one.at(row, shares) for one in made]
        momenta = _grouped(produced, beams, float(masses[row]), edges)
        templates.append(leaving_template(momenta, decay, length, behind))
    return templates


def merging(
    showers: Sequence[Made],
    beams: Sequence[Beam],
    masses: FloatArray,
    direction: Direction,
    edges: FloatArray,
    merge: float,
) -> list[SignalTemplate]:
    """N that decays within ``merge`` [m], where the shower of electron and photon lies in a bin.

    ``showers``: from :func:`nudipole.signals.electron_recoil.production.recoils_of_any_size`; the rest as for
    :func:`leaving`.
    """
    templates = []
    for row, decay in enumerate(decays_of(masses, direction)):
        produced = []
        for one in showers:
            energy = positive_energy(one.cells.hnl_energy[row])
            shares = merged_fraction(one.cells.recoil, energy, edges, direction.nature == "majorana")
            produced.append(one.at(row, shares))
        momenta = _grouped(produced, beams, float(masses[row]), edges)
        templates.append(merging_template(momenta, decay, merge))
    return templates


def _grouped(produced: Sequence[Produced], beams: Sequence[Beam], mass: float, edges: FloatArray) -> Momenta:
    highest = max(beam.flux.maximum_energy for beam in beams)
    return grouped_by_momentum(produced, mass, highest, len(beams), len(edges) - 1)
