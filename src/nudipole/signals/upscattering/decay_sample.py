r"""Low-discrepancy sample of decays at nodes of angle and momentum of N.

Every node that has N gets a number of sampled decays in proportion to its importance. The points are the first ones of one
low-discrepancy sequence, shifted at random (the same shift at every mass, so that curves are smooth), and spread over the
neighbourhood of the node with the density 1 - |t| of a linear interpolation, so that cuts do not feel the nodes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.detectors.geometry import points
from nudipole.processes.decays import hnl_decay

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
_FEWEST = 2  # decays at a node


@dataclass(frozen=True)
class DecaySample:
    """Sampled decays, node after node.

    Parameters
    ----------
    node : ndarray (n,) of int
        Flat index of the node of each decay.
    weight : ndarray (n,)
        Share of the decays at its node that each stands for: their sum is 1 at every node.
    dimensions : tuple of str
        Names of the numbers drawn for each decay.
    sequence : ndarray (dimensions, longest)
        Points in the unit cube, of which each node takes the first.
    order : ndarray (n,) of int
        Which of them each decay takes.
    shift : ndarray (dimensions, n)
        Added modulo 1.
    """

    node: Integers
    weight: FloatArray
    dimensions: tuple[str, ...]
    sequence: FloatArray
    order: Integers
    shift: FloatArray

    def uniform(self, name: str) -> FloatArray:
        """One of the numbers of each decay, in [0, 1), shape (n,)."""
        row = self.dimensions.index(name)
        u = np.take(self.sequence[row], self.order) + self.shift[row]
        return np.asarray(u - (u >= 1.0))


def sample_nodes(
    importance: FloatArray, node: Integers, size: int, decays: int, dimensions: tuple[str, ...]
) -> DecaySample:
    """Decays at some of the nodes, in proportion to their importance.

    Parameters
    ----------
    importance : ndarray (k,)
        Of each of the nodes; positive somewhere.
    node : ndarray (k,) of int
        Their flat indices.
    size : int
        Number of all nodes.
    decays : int
        How many to share out; every node gets two more.
    dimensions : tuple of str
        What is drawn for each decay; the last ones are the most even.

    Returns
    -------
    DecaySample
    """
    share = importance / importance.sum()
    each = np.ceil(decays * share).astype(np.intp) + _FEWEST
    sequence = points(decays + _FEWEST + 1, len(dimensions))
    shift = np.repeat(_shifts(size)[: len(dimensions), node], each, axis=1)
    order = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    return DecaySample(np.repeat(node, each), np.repeat(1.0 / each, each), dimensions, sequence, order, shift)


def around_nodes(nodes: FloatArray, index: Integers, u: FloatArray) -> FloatArray:
    """Points about nodes at quantiles of the density 1 - |t|, t from -1 at the node before to 1 at the one after.

    Parameters
    ----------
    nodes : ndarray (k,)
        Increasing or decreasing.
    index : ndarray (n,) of int
        Node of each point.
    u : ndarray (n,)
        Quantile, 0 to 1.

    Returns
    -------
    ndarray (n,)
        At the first and the last node what would be beyond is reflected.

    Examples
    --------
    >>> around_nodes(np.array([0.0, 1.0, 3.0]), np.array([1, 1, 1]), np.array([0.125, 0.5, 0.875]))
    array([0.5, 1. , 2. ])
    """
    offset = 2.0 * u - 1.0
    offset = np.copysign(1.0 - np.sqrt(1.0 - np.abs(offset)), offset)
    step = np.diff(nodes)
    left, right = np.concatenate([-step[:1], step]), np.concatenate([step, -step[-1:]])
    return nodes[index] + offset * np.where(offset > 0, right[index], left[index])


def pair_mass_squared(mass: float, u: FloatArray) -> FloatArray:
    """x = s / M^2 of the pairs of N -> nu e+ e- at quantiles of their spectrum dGamma/ds.

    Parameters
    ----------
    mass : float
        M [GeV].
    u : ndarray
        Quantiles, 0 to 1.

    Returns
    -------
    ndarray
        Between (2 m_e / M)^2 and 1; 0 where N is too light for a pair.
    """
    least = (2.0 * units.ELECTRON_MASS / mass) ** 2 if mass > 0.0 else np.inf
    if not least < 1.0:
        return np.zeros_like(u)
    x = np.geomspace(least, 1.0, 400)
    density = x * hnl_decay.dilepton_spectrum(x * mass**2, mass, "e")  # in ln s
    content = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return np.interp(u * content[-1], content, x)


@functools.lru_cache(maxsize=2)
def _shifts(nodes: int) -> FloatArray:
    """Random shift of each node in up to eight dimensions, the same at every mass."""
    return np.random.default_rng(62).random((8, nodes))
