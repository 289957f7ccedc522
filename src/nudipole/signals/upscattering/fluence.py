r"""Neutrino energies of a search, from the threshold of each mass on, and the fluence at each of them.

N of mass M is made on a target of mass m by neutrinos above

.. math:: E_{\rm thr} = M + \frac{M^2}{2m},

so the energies at which final states are computed start there and move with M: curves are smooth in mass. The fluence of
the flux table (a quadrature node at each of its energies) is shared between the two neighbouring energies such that its
integral and its mean energy are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_count
from nudipole.fluxes.flux import FluxComponent
from nudipole.kinematics import threshold_energy
from nudipole.portal import FLAVORS, Direction

FloatArray = npt.NDArray[np.float64]
ENERGY_NODES = 44  # at least, and so many a factor 1000
_DENSITY = 0.4  # the smaller, the more energies are near the threshold, where slow N decay soonest
_TO_FIRST_END = 16  # energies up to where the first of the fluxes ends


def energy_range(components: Sequence[FluxComponent], least: float) -> tuple[float, float]:
    """Lowest and highest neutrino energy [GeV] above ``least`` [GeV] with any flux; (inf, 0) if there is none."""
    energies = np.concatenate([c.energy[c.intensity > 0] for c in components])
    energies = energies[energies > least]
    return float(energies.min(initial=np.inf)), float(energies.max(initial=0.0))


def threshold_grid(number: int) -> FloatArray:
    """Numbers x = 1.4 u^2 / (u + 0.4) for u evenly from 0 to 1, shape (number,): dense near 0.

    Examples
    --------
    >>> threshold_grid(3).round(3)
    array([0.   , 0.389, 1.   ])
    """
    check_count(number=number)
    u = np.linspace(0.0, 1.0, number)
    return np.asarray(u**2 * (1.0 + _DENSITY) / (u + _DENSITY))


def energy_nodes(
    masses: FloatArray, target_mass: float, components: Sequence[FluxComponent], limits: tuple[float, float]
) -> FloatArray:
    """Neutrino energies at which final states are computed.

    Parameters
    ----------
    masses : ndarray (m,)
        M [GeV].
    target_mass : float
        Of the heaviest target [GeV]: it has the lowest threshold.
    components : sequence of FluxComponent
        Lines are nodes of their own; the first continuum that ends below the others is resolved up to its end.
    limits : (float, float)
        Of :func:`energy_range` [GeV].

    Returns
    -------
    ndarray (m, n)
        [GeV], increasing along each row from the threshold (or the lowest energy) to the highest.
    """
    low, high = limits
    start = np.clip(threshold_energy(masses, target_mass), low, 0.999999 * high)[:, None]
    number = max(ENERGY_NODES, int(ENERGY_NODES * np.log10(high / low) / 3.0))
    smooth = start * (high / start) ** threshold_grid(number)
    lines = [c.energy[(c.intensity > 0) & (c.energy <= high)] for c in components if c.lines]
    exact = np.maximum(np.concatenate([*lines, np.zeros(0)]), start)
    ends = np.array([c.energy[-1] for c in components if not c.lines and c.energy[-1] < high])
    if ends.size:
        above = np.where(ends > start, ends, high).min(axis=1, keepdims=True)
        exact = np.concatenate([exact, start * (above / start) ** np.linspace(0.0, 1.0, _TO_FIRST_END)], axis=1)
    nodes = np.sort(np.concatenate([smooth, exact], axis=1), axis=1)
    return np.asarray(nodes * (1.0 + 1e-12 * np.arange(nodes.shape[1])))


def is_diagonal(components: Sequence[FluxComponent]) -> bool:
    """True if no flavours interfere (every flavour density matrix is diagonal): all can be computed together."""
    return all(
        np.count_nonzero(c.density) == np.count_nonzero(np.diagonal(c.density, axis1=-2, axis2=-1)) for c in components
    )


def fluences(
    components: Sequence[FluxComponent], flavors: Sequence[str] | None, direction: Direction, energies: FloatArray
) -> FloatArray:
    """Fluence at each energy, one column a flavour, or one for a direction in which flavours interfere.

    Parameters
    ----------
    components : sequence of FluxComponent
    flavors : sequence of str or None
        Columns wanted; None: that of ``direction`` alone.
    direction : Direction
    energies : ndarray (m, n)
        [GeV], of :func:`energy_nodes`.

    Returns
    -------
    ndarray (m, n, columns)
        Integral of the flux [cm^-2 per unit of its ``per``] that each energy stands for.
    """
    parts = (
        [[c.effective(direction) for c in components]]
        if flavors is None
        else [[c.flavor_intensity(flavor) for c in components] for flavor in flavors]
    )
    columns = [
        np.concatenate([c.quadrature(intensity) for c, intensity in zip(components, part, strict=True)])
        for part in parts
    ]
    energy = np.concatenate([c.energy for c in components])
    return np.stack([rebin_flux(energy, columns, nodes) for nodes in energies])


def strengths(flavors: Sequence[str], direction: Direction) -> FloatArray:
    """|d_a|^2 / d^2 of each flavour, shape (flavors,); 1 for every flavour of the incoherent ``universal`` direction."""
    couplings = [direction.couplings[FLAVORS.index(flavor)] for flavor in flavors]
    return np.array([1.0 if direction.incoherent else abs(coupling) ** 2 for coupling in couplings])


def rebin_flux(energy: FloatArray, columns: Sequence[FloatArray], nodes: FloatArray) -> FloatArray:
    """Weights at energies shared between the nodes next to them, their sum and mean energy kept.

    Parameters
    ----------
    energy : ndarray (e,)
        [GeV]; what lies below the first node is dropped.
    columns : sequence of ndarray (e,)
        Weights.
    nodes : ndarray (n,)
        [GeV], increasing.

    Returns
    -------
    ndarray (n, columns)

    Examples
    --------
    >>> rebin_flux(np.array([1.25]), [np.array([8.0])], np.array([1.0, 2.0])).ravel()
    array([6., 2.])
    """
    inside = energy >= nodes[0]
    below, share = interpolation(energy[inside], nodes)
    result = np.zeros((len(nodes), len(columns)))
    for column, weight in enumerate(columns):
        result[:, column] = np.bincount(below, weight[inside] * (1.0 - share), len(nodes))
        result[1:, column] += np.bincount(below, weight[inside] * share, len(nodes) - 1)[: len(nodes) - 1]
    return result


def interpolation(value: FloatArray, nodes: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Index of the node at or below each value, and the weight of the next one in a linear interpolation.

    ``nodes`` increase; values beyond them count as the first or last node. Shapes are those of ``value``.
    """
    if len(nodes) < 2:
        return np.zeros(len(value), dtype=np.intp), np.zeros(len(value))
    below = np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, len(nodes) - 2)
    return below, np.clip((value - nodes[below]) / (nodes[below + 1] - nodes[below]), 0.0, 1.0)
