r"""Meson decays as one quasi-random set: which meson, which energy of N in its rest frame, which way N flies.

Mesons are drawn by their preference (:mod:`nudipole.signals.meson_decay.parents`). N that is not aimed is drawn with the
density 0.2 + 1.6 w of w = (1 + cos theta*) / 2.

Seven draws in eight follow that; the eighth is taken from the same mesons, energies and directions times

.. math:: \gamma^k\,E^{*k}\,\Bigl(\frac{1+\cos\theta^*}2\Bigr)^k \simeq E_N^k, \qquad k = 12,

because where N lives briefly, exp(-kappa D l) with kappa ~ 1/p leaves the fastest few alone: at the upper end of an excluded
region the exponent is 10 to 30. The two sets are joined with the balance heuristic (Veach and Guibas 1995): an event of
either counts 1 / (7/8 + r/8), r the ratio of the two densities there, which is known in closed form.

The same Sobol points serve every mass, so that curves are smooth in M.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from nudipole.errors import check_non_negative, check_positive
from nudipole.signals.meson_decay.parents import POWER, Parents

FloatArray = npt.NDArray[np.float64]
EVENTS, FEWEST = 1 << 13, 1 << 7  # draws of a channel that makes all N, and of one that hardly makes any
MOST = 1 << 14  # of a channel that makes all N at a collider, where few N are fast enough and near enough to the axis
FAST = 0.125  # part of the draws (the last block) that prefers fast N
FORWARD = 0.8  # slope of the usual draws in (1 + cos theta*) / 2: N that fly backwards in the meson hardly count


class Draws(NamedTuple):
    """Decays: rest-frame energy of N, the meson, how many N per d^2 each stands for, polarisation, which decay."""

    rest_energy: FloatArray
    parent: FloatArray  # (n, 4) [GeV]
    parent_mass: FloatArray
    narrow: npt.NDArray[np.bool_]
    z: FloatArray
    weight: FloatArray
    polarisation: FloatArray
    group: npt.NDArray[np.intp]
    uniforms: FloatArray  # (n, 8)

    def rows(self, index: npt.NDArray[np.intp]) -> Draws:
        """Some of the draws."""
        return Draws._make(values[index] for values in self)


def tilted(
    content: FloatArray, tilt: FloatArray, u: FloatArray, usual: int
) -> tuple[npt.NDArray[np.intp], FloatArray, FloatArray]:
    """Cells drawn from uniforms: the first ``usual`` in proportion to the content, the others to content times tilt.

    Parameters
    ----------
    content, tilt : ndarray (cells,)
        Not negative.
    u : ndarray (n,)
        Uniform numbers.
    usual : int
        How many follow the content alone.

    Returns
    -------
    tuple of ndarray (n,)
        The cell, the position in the cumulative content (0 to 1), and the ratio of the second density to the first.

    Examples
    --------
    >>> cell, position, ratio = tilted(np.array([1.0, 1.0]), np.array([0.0, 1.0]), np.array([0.25, 0.5]), 1)
    >>> cell.tolist(), position.tolist(), ratio.tolist()
    ([0, 1], [0.25, 0.75], [0.0, 2.0])
    """
    share = content / np.sum(content)
    tilt = tilt / np.sum(share * tilt)
    edge, summed = np.cumsum(share), np.cumsum(share * tilt)
    cell = np.concatenate([np.searchsorted(edge, u[:usual]), np.searchsorted(summed, u[usual:])])
    cell = np.minimum(cell, share.size - 1)
    fast = cell[usual:]
    inside = (u[usual:] - summed[fast]) / np.maximum(tilt[fast], 1e-300)
    position = np.concatenate([u[:usual], edge[fast] + np.clip(inside, -share[fast], 0.0)])
    return cell, position, tilt[cell]


def emission(u: FloatArray, narrow: npt.NDArray[np.bool_], usual: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """w = (1 + cos theta*) / 2 of N that is not aimed, and the two densities in w that it may have been drawn from.

    Parameters
    ----------
    u, narrow : ndarray (n,)
        Uniform numbers, and whether N is not aimed: elsewhere w = u and both densities are 1.
    usual : int
        How many are drawn with the density 0.2 + 1.6 w; the others with (k + 1) w^k.
    """
    ahead = u.copy()
    ahead[:usual] = (np.sqrt((1 - FORWARD) ** 2 + 4 * FORWARD * ahead[:usual]) - 1 + FORWARD) / (2 * FORWARD)
    ahead[usual:] **= 1 / (POWER + 1)
    even = np.where(narrow, 1 - FORWARD + 2 * FORWARD * ahead, 1.0)
    forward = np.where(narrow, (POWER + 1) * ahead**POWER, 1.0)
    return np.where(narrow, ahead, u), even, forward


def four_momenta(parents: Parents, index: npt.NDArray[np.intp], azimuth: FloatArray) -> FloatArray:
    """(E, p) of some of the mesons (n, 4) [GeV], with azimuths (n,) [rad] about the beam."""
    momentum = np.sqrt(parents.energy[index] ** 2 - parents.mass**2)
    return np.column_stack([parents.energy[index], momentum[:, None] * unit(np.cos(parents.angle[index]), azimuth)])


def number_of_draws(share: float, events: int = EVENTS) -> int:
    """Draws of a channel that makes this share of all N, out of ``events``: a multiple of 128, at least that many.

    Raises
    ------
    DomainError
        If the share is negative, or ``events`` is not positive.
    """
    check_non_negative(share=share)
    check_positive(events=events)
    return FEWEST * max(1, round(events * min(share, 1.0) / FEWEST))


def draw(
    parents: Parents,
    energy: FloatArray,
    ratio: FloatArray,
    polarisation: float,
    group: int,
    share: float = 1.0,
    events: int = EVENTS,
    at: FloatArray | None = None,
) -> Draws:
    """Decays of one channel.

    Parameters
    ----------
    parents : Parents
        Mesons.
    energy, ratio : ndarray (e,)
        Energies of N in the rest frame [GeV], and branching ratio per d^2 [GeV^2] of each.
    polarisation, group : float, int
        Of N, and the number of the channel: kept with every draw.
    share, events : float, int
        Part of all N, which sets how many of the ``events`` are drawn.
    at : ndarray (n, 8) or None
        Uniform numbers in place of the quasi-random ones.

    Returns
    -------
    Draws
        Weights add up to mesons times branching ratio, N per d^2 [GeV^2].
    """
    u = (uniforms()[: number_of_draws(share, events)] if at is None else at).copy()
    usual = round((1 - FAST) * len(u))
    order = np.argsort(energy)
    energy, ratio = energy[order], ratio[order]
    cumulative = np.cumsum(ratio)
    _, position, factor = tilted(ratio, (energy / energy[-1]) ** POWER, u[:, 1], usual)
    star = np.interp(position * cumulative[-1], cumulative - 0.5 * ratio, energy)
    index, position, boosted = tilted(parents.content, (parents.energy / parents.energy.max()) ** POWER, u[:, 0], usual)
    narrow = parents.narrow[index]
    u[:, 2], even, forward = emission(u[:, 2], narrow, usual)
    weight = parents.cumulative[-1] / len(u) / parents.preference[index] * cumulative[-1]
    weight = weight / ((1 - FAST) * even + FAST * factor * boosted * forward)
    z = parents.region[0] + (parents.region[1] - parents.region[0]) * position
    four, same = four_momenta(parents, index, 2 * np.pi * u[:, 4]), np.ones(len(u))
    return Draws(star, four, parents.mass * same, narrow, z, weight, polarisation * same, np.full(len(u), group), u)


def join(draws: Sequence[Draws]) -> Draws:
    """All channels together; none give no events."""
    if not draws:
        none = np.zeros(0)
        empty = np.zeros(0, dtype=np.intp)
        return Draws(none, np.zeros((0, 4)), none, none > 0, none, none, none, empty, np.zeros((0, 8)))
    return Draws._make(np.concatenate(values) for values in zip(*draws, strict=True))


def unit(cosine: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Unit vectors (n, 3) from cos(theta) and azimuth [rad]."""
    sine = np.sqrt(np.maximum((1 - cosine) * (1 + cosine), 0.0))
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)


@functools.cache
def uniforms() -> FloatArray:
    """One scrambled Sobol set for every mass and channel: (events, 8)."""
    return np.asarray(qmc.Sobol(8, scramble=True, rng=np.random.default_rng(62)).random(MOST))
