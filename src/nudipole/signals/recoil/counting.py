r"""Counts of a recoil search: kernels of the flux folded with what the detector does to each kind of target.

Counts per d^2 in bin b at mass M, from the flux component c (:mod:`nudipole.signals.recoil.rate`),

.. math::

    n_{cb}(M) = \sum_{\rm channels}\sum_k \sum_r  G^{(k)}_{b r}\, K^{(k)}_{c}(M, E_r) ,

with kernels K of mass and flux, and matrices G of response, targets and quadrature. Continuous fluxes use the coarse nodes of
the recoil energy, lines the fine ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole import kinematics
from nudipole.detectors.response import Response
from nudipole.fluxes.flux import FluxComponent
from nudipole.fluxes.moments import CumulativeMoments
from nudipole.portal import Direction
from nudipole.signals.recoil.energy_grid import Matrices, RecoilGrid
from nudipole.signals.recoil.rate import Channel, ElectronChannel, Kernels, Seen, dipole_kernels, merged

FloatArray = npt.NDArray[np.float64]
# nodes in ln E_r for what is smooth, and how many finer steps resolve lines and atomic shells in electron recoils
SMOOTH_NODES, ELECTRON_STEPS = 200, 6
_LEAST_SEEN = 1e-9  # probability below which a recoil counts as invisible

Parts = tuple[tuple[FluxComponent, ...], ...]  # components of the flux that move together
ChannelMatrices = tuple[tuple[Matrices, ...], ...]  # by target and kernel
StandardModelRecoils = tuple[tuple[tuple[FloatArray, ...], ...], ...]  # by target, part of the flux and kind of nucleus


@dataclass(frozen=True)
class Target:
    """Particles that recoil, and the energies at which their recoils are computed."""

    channel: Channel
    grid: RecoilGrid


@dataclass(frozen=True)
class Arriving:
    """Cumulative moments of one component of the flux, as a direction in flavour space sees it.

    Parameters
    ----------
    part : int
        Position of its part of the flux.
    lines : bool
        Whether it is lines, not a continuum.
    moments : CumulativeMoments
    """

    part: int
    lines: bool
    moments: CumulativeMoments


@dataclass(frozen=True)
class Folded:
    """Kernels (masses, energies) of one flux on the grid of one target."""

    target: int
    lines: bool
    kernels: Kernels


def grid(channel: Channel, response: Response, maximum_energy: float) -> RecoilGrid:
    """Recoil energies of one target: log-spaced over what the detector sees and the flux can reach.

    Parameters
    ----------
    channel : Channel
    response : Response
    maximum_energy : float
        Highest neutrino energy [GeV].

    Returns
    -------
    RecoilGrid
    """
    reach = float(kinematics.recoil_limits(maximum_energy, 0.0, channel.mass)[1])
    probe = np.geomspace(1e-10, reach, 600)
    seen = channel.response(response).total(probe) > _LEAST_SEEN
    if not np.any(seen):
        return RecoilGrid(0.5 * reach, reach, 1, 2)
    first = max(int(np.argmax(seen)) - 1, 0)
    last = min(len(probe) - 1, len(probe) - int(np.argmax(seen[::-1])))
    steps = ELECTRON_STEPS if isinstance(channel, ElectronChannel) else 2
    # the heaviest target of a channel sees the same energies at up to this much more on the grid of the lightest
    return RecoilGrid(probe[first], min(reach, channel.spread * probe[last]), steps, SMOOTH_NODES)


def seen_by(targets: Sequence[Target], response: Response) -> tuple[Seen, ...]:
    """How a detector counts the recoils of each target."""
    return tuple(target.channel.seen(target.grid, response) for target in targets)


def matrices(targets: Sequence[Target], seen: Sequence[Seen]) -> ChannelMatrices:
    """What the detector does to the kernels of each target."""
    return tuple(t.channel.dipole_matrices(t.grid, s) for t, s in zip(targets, seen, strict=True))


def arriving(parts: Parts, direction: Direction) -> list[Arriving]:
    """The flux that takes part for this direction of couplings: continua and lines of each part."""
    return [
        Arriving(position, c.lines, CumulativeMoments.of(c, c.intensity))
        for position, part in enumerate(parts)
        for c in merged(part, [component.effective(direction) for component in part])
    ]


def kernels(
    targets: Sequence[Target],
    parts: int,
    masses: FloatArray,
    fluxes: Sequence[Arriving],
    hnl_energy_min: FloatArray | float = 0.0,
) -> list[list[Folded]]:
    """Kernels of each part of the flux, on the grid of every target.

    Parameters
    ----------
    targets : sequence of Target
    parts : int
        Number of parts of the flux.
    masses : ndarray (m,)
        M [GeV].
    fluxes : sequence of Arriving
    hnl_energy_min : float or ndarray (m,)
        Only N above this energy [GeV].

    Returns
    -------
    list of list of Folded
        One list for each part.
    """
    found: list[list[Folded]] = [[] for _ in range(parts)]
    for index, target in enumerate(targets):
        for lines, energies in ((False, target.grid.coarse), (True, target.grid.fine)):
            some = [flux for flux in fluxes if flux.lines is lines]
            every = [flux.moments for flux in some]
            arrays = dipole_kernels(target.channel, energies, masses, every, hnl_energy_min) if some else ()
            for flux, one in zip(some, arrays, strict=True):
                found[flux.part].append(Folded(index, lines, one))
    return found


def fold(masses: int, found: Sequence[Folded], detector: ChannelMatrices, bins: int) -> FloatArray:
    """Counts per d^2, shape (masses, bins of energy): the sum over r of the module's equation.

    Parameters
    ----------
    masses : int
        Number of masses.
    found : sequence of Folded
    detector : tuple
        Matrices by target and kernel.
    bins : int

    Returns
    -------
    ndarray (masses, bins)
    """
    counts = np.zeros((masses, bins))
    for one in found:
        for array, matrix in zip(one.kernels, detector[one.target], strict=True):
            counts += array @ (matrix.fine if one.lines else matrix.coarse).T
    return counts


def summed(found: Sequence[Folded]) -> list[Folded]:
    """Kernels of several fluxes, added where they meet the same matrices."""
    groups: dict[tuple[int, bool], list[Kernels]] = {}
    for one in found:
        groups.setdefault((one.target, one.lines), []).append(one.kernels)
    return [
        Folded(target, lines, tuple(sum(same[1:], same[0]) for same in zip(*arrays, strict=True)))
        for (target, lines), arrays in groups.items()
    ]


def counts_by_hnl_energy(
    targets: Sequence[Target],
    detector: ChannelMatrices,
    parts: int,
    masses: FloatArray,
    fluxes: Sequence[Arriving],
    edges: FloatArray,
    bins: int,
) -> FloatArray:
    """Counts per d^2 in cells of the energy of N, shape (cells, parts, masses, bins): continua and lines.

    Parameters
    ----------
    targets : sequence of Target
    detector : tuple
        Matrices by target and kernel.
    parts, bins : int
    masses : ndarray (m,)
        M [GeV].
    fluxes : sequence of Arriving
    edges : ndarray (cells + 1,)
        Energies of N [GeV].

    Returns
    -------
    ndarray (cells, parts, m, bins)
    """
    number, cells = len(masses), len(edges) - 1
    above = np.zeros((cells + 1, parts, number, bins))
    every, least = np.tile(masses, cells), np.repeat(edges[:-1], number)  # all lower edges and masses at once
    continua = [flux for flux in fluxes if not flux.lines]
    for position, found in enumerate(kernels(targets, parts, every, continua, least)):
        above[:-1, position] = fold(cells * number, found, detector, bins).reshape(cells, number, bins)
    counts = np.maximum(-np.diff(above, axis=0), 0.0)
    for flux in fluxes:
        if flux.lines:
            counts[:, flux.part] += _line_counts(targets, detector, masses, flux, edges, bins)
    return counts


def _line_counts(
    targets: Sequence[Target],
    detector: ChannelMatrices,
    masses: FloatArray,
    flux: Arriving,
    edges: FloatArray,
    bins: int,
) -> FloatArray:
    """The same for lines (cells, masses, bins): the energy of N is the line's less the recoil."""
    cells = np.zeros((len(edges) - 1, len(masses), bins))
    for line in flux.moments.lines:
        alone = [Arriving(0, True, replace(flux.moments, lines=line[None, :]))]
        for found in kernels(targets, 1, masses, alone)[0]:
            hnl = line[0] - targets[found.target].grid.fine  # energy of N, falling
            ends = np.searchsorted(-hnl, -edges[::-1])[::-1]  # columns above each edge come first
            for cell in range(len(cells)):
                columns = slice(int(ends[cell + 1]), int(ends[cell]))
                for array, matrix in zip(found.kernels, detector[found.target], strict=True):
                    cells[cell] += array[:, columns] @ matrix.fine[:, columns].T
    return cells


def standard_model_counts(recoils: StandardModelRecoils, seen: Sequence[Seen], bins: int) -> list[FloatArray]:
    """Standard Model counts (bins,) of each part of the flux, in a detector that sees recoils like this."""
    parts = len(recoils[0]) if recoils else 0
    counts = [np.zeros(bins) for _ in range(parts)]
    for by_part, by_nucleus in zip(recoils, seen, strict=True):
        for total, spectra in zip(counts, by_part, strict=True):
            for probability, spectrum in zip(by_nucleus, spectra, strict=True):
                total += probability @ spectrum
    return counts
