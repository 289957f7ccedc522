"""Widths and branching ratios of mesons into N."""

from __future__ import annotations

from typing import Any

from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import check_positive, number
from nudipole.processes.mesons import meson as mesons


@typed_arguments
def meson(
    parent: str, mass: float, d: float | None = None, both: bool = False, *, mu: float | None = None
) -> list[dict[str, Any]]:
    """Widths and branching ratios of a meson into N, one lepton-number state.

    Parameters
    ----------
    parent : str
        ``pi0``, ``eta``, ``eta'``, ``rho``, ``omega``, ``phi``, ``J/psi``, ``pi``, ``K``, ``D``, ``Ds``, ``B``, ...
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    both : bool
        Adds the other state, nubar N to nu Nbar, where the same meson has both: twice the width for a neutral parent, the
        same for a charged one (:func:`nudipole.processes.mesons.meson.lepton_number_states`).

    Returns
    -------
    list of dict
        ``channel``, ``width_GeV``, ``branching_ratio`` of each channel that is open.

    Raises
    ------
    UnknownNameError
        If there is no such meson.
    DomainError
        If a number is out of range.

    Examples
    --------
    >>> [one["channel"] for one in meson("eta", 0.1, 1e-6)]
    ['gamma nu N']
    """
    size = number("d", coupling(d, mu))
    check_positive(d=size)
    factor = (mesons.lepton_number_states(parent) if both else 1) * size**2
    total = mesons.total_width(parent)
    return [
        {"channel": channel, "width_GeV": factor * value, "branching_ratio": factor * value / total}
        for channel, value in mesons.decay_channels(parent, mass)
    ]
