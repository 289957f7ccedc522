"""Which bins a pull of the card moves, and by how much: all of them, or those of one beam setting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole.inference.likelihood import Pull
from nudipole.inputs.cards import Nuisance

FloatArray = npt.NDArray[np.float64]


def moved_bins(affects: str, beams: Sequence[str], bins: int) -> FloatArray:
    """1 for the bins that a pull moves, else 0, shape (beams * bins,).

    Parameters
    ----------
    affects : str
        ``neutrinos`` or ``signal``: every bin; ``neutrinos:BEAM``: those of one beam; anything else: none.
    beams : sequence of str
        Names of the beam settings.
    bins : int
        Bins of each.

    Examples
    --------
    >>> moved_bins("neutrinos:rhc", ["fhc", "rhc"], 2).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    kind, _, which = affects.partition(":")
    moves = kind in ("neutrinos", "signal")
    return np.repeat([1.0 if moves and which in ("", name) else 0.0 for name in beams], bins)


def signal_shifts(
    nuisances: Sequence[Nuisance], pulls: Sequence[Pull], beams: Sequence[str], bins: int
) -> FloatArray | None:
    """Relative change of the signal for one sigma of each pull, (1, pulls, beams * bins); None without pulls.

    ``pulls`` are those of the likelihood: the card's nuisances first, then backgrounds, which leave the signal alone.
    """
    if not pulls:
        return None
    shifts = np.zeros((1, len(pulls), len(beams) * bins))
    for row, nuisance in enumerate(nuisances):
        shifts[0, row] = nuisance.sigma * moved_bins(nuisance.affects, beams, bins)
    return shifts


def sample_shifts(
    nuisances: Sequence[Nuisance], pulls: Sequence[Pull], beams: Sequence[str], sample: FloatArray
) -> FloatArray:
    """Absolute change of the nu-e sample (beams * bins,) for one sigma of each pull, (pulls, beams * bins).

    A pull that affects ``signal`` alone leaves it as it is.
    """
    shifts = np.zeros((len(pulls), sample.size))
    for row, nuisance in enumerate(nuisances):
        if nuisance.affects != "signal":
            shifts[row] = nuisance.sigma * moved_bins(nuisance.affects, beams, sample.size // len(beams)) * sample
    return shifts
