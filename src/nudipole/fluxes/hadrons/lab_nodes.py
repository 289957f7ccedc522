"""Nodes of energy, angle and number that stand for a spectrum of mesons in the laboratory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_non_negative
from nudipole.processes.mesons.meson import LabNodes

FloatArray = npt.NDArray[np.float64]


def lab_nodes(energy: FloatArray, angle: FloatArray, weight: FloatArray) -> LabNodes:
    """Energies [GeV], angles [rad] and numbers of any shapes that broadcast, as flat nodes; those without weight dropped."""
    energy, angle, weight = (np.ravel(v) for v in np.broadcast_arrays(energy, angle, weight))
    keep = weight > 0
    return LabNodes(energy[keep], angle[keep], weight[keep])


def normalised(nodes: LabNodes, number: float) -> LabNodes:
    """The same nodes with this number in all."""
    check_non_negative(number=number)
    return nodes._replace(weight=nodes.weight * (number / np.sum(nodes.weight)))


def scaled(nodes: LabNodes, cross_section_mb: float) -> LabNodes:
    """One hemisphere with this cross section, in pb."""
    if not 0.0 < cross_section_mb < 1e9:
        raise DomainError(f"cross_section_mb must be between 0 and 1e9, got {cross_section_mb:g}")
    return normalised(nodes, cross_section_mb * 1e9)


def joined(parts: list[LabNodes]) -> LabNodes:
    """Nodes of all parts, one after the other."""
    return LabNodes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
