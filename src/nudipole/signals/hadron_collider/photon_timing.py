r"""Photons that miss the vertex or come late, as a calorimeter around the beam (z) measures them.

N flies from the origin a path L along n at velocity beta; its photon goes on along k:

.. math::

    z_\mathrm{DCA} = L\Bigl[n_z-k_z\,\frac{\mathbf n_T\cdot\mathbf k_T}{k_T^2}\Bigr],\qquad
    c\,t_\gamma = \frac L\beta+\ell-\bigl|L\mathbf n+\ell\mathbf k\bigr|,

where z_DCA is the z at which the photon's line comes closest to the beam, l the photon's path to the front face of a
barrel of radius R, and t_gamma the delay behind a prompt photon in the same cell. |z_DCA| grows with L; t_gamma need not,
since a photon made at the wall has no detour. No conversion of the photon, no length of the bunches. Checked against
events thrown and measured in tests/signals/hadron_collider/test_photon_timing.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import SMALLEST, check_positive

FloatArray = npt.NDArray[np.float64]
_PATHS = 0.5 * (1.0 - np.cos(np.pi * np.arange(25) / 24.0))  # of the way to the wall, dense at both ends


def closest_approach(flight: FloatArray, photon: FloatArray) -> FloatArray:
    """z_DCA / L, a pure number: ``flight`` and ``photon`` are unit vectors (..., 3), the photon off the beam axis."""
    across = np.maximum(np.sum(photon[..., :2] ** 2, axis=-1), SMALLEST)
    inner = np.sum(flight[..., :2] * photon[..., :2], axis=-1)
    return np.asarray(flight[..., 2] - photon[..., 2] * inner / across)


def delay(path: FloatArray, flight: FloatArray, photon: FloatArray, beta: FloatArray, radius: float) -> FloatArray:
    """t_gamma [s] of photons made after a path L [m] inside the barrel of this radius [m].

    Parameters
    ----------
    path, beta : ndarray (...)
        L [m] and v / c of N.
    flight, photon : ndarray (..., 3)
        Unit vectors.
    radius : float
        [m].
    """
    check_positive(radius=radius)
    start = path[..., None] * flight
    across = np.maximum(np.sum(photon[..., :2] ** 2, axis=-1), SMALLEST)
    inner = np.sum(start[..., :2] * photon[..., :2], axis=-1)
    room = np.maximum(radius**2 - np.sum(start[..., :2] ** 2, axis=-1), 0.0)
    rest = room / (inner + np.sqrt(inner**2 + across * room) + SMALLEST)  # the positive root, rationalised
    prompt = np.sqrt(np.sum((start + rest[..., None] * photon) ** 2, axis=-1))
    # L + l - |L n + l k| = 2 L l (1 - n.k) / (L + l + |...|)
    bend = 0.5 * np.sum((flight - photon) ** 2, axis=-1)
    detour = 2.0 * path * rest * bend / np.maximum(path + rest + prompt, SMALLEST)
    return np.asarray((path * (1.0 / beta - 1.0) + detour) / units.SPEED_OF_LIGHT)


def paths_of_delay(
    least: float, flight: FloatArray, photon: FloatArray, beta: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray]:
    """Shortest and longest path L [m] inside the barrel after which photons (n,) are late by ``least`` [s].

    Both are infinite where none is. Between 25 paths to the wall the delay is taken as linear.
    """
    check_positive(radius=radius, least=least)
    wall = radius / np.maximum(np.sqrt(np.sum(flight[:, :2] ** 2, axis=-1)), SMALLEST)
    near, far = np.full(wall.shape, np.inf), np.full(wall.shape, np.inf)
    bend = np.sum((flight - photon) ** 2, axis=-1)
    rows = np.nonzero(wall * (1.0 / beta - 1.0 + bend) > units.SPEED_OF_LIGHT * least)[0]  # the others never are
    paths = _PATHS[:, None] * wall[rows]
    excess = delay(paths, flight[rows], photon[rows], beta[rows], radius) - least
    some = np.any(excess > 0.0, axis=0)
    rows, paths, excess = rows[some], paths[:, some], excess[:, some]
    late, columns = excess > 0.0, np.arange(rows.size)
    first, last = np.argmax(late, axis=0), len(_PATHS) - 1 - np.argmax(late[::-1], axis=0)

    def crossing(below: npt.NDArray[np.intp], above: npt.NDArray[np.intp]) -> FloatArray:
        low, high = excess[below, columns], excess[above, columns]
        share = np.divide(-low, high - low, out=np.ones_like(low), where=low < 0.0)
        return paths[below, columns] + share * (paths[above, columns] - paths[below, columns])

    near[rows] = crossing(np.maximum(first - 1, 0), first)
    beyond = np.minimum(last + 1, len(_PATHS) - 1)
    far[rows] = np.where(beyond == last, wall[rows], crossing(beyond, last))
    return near, far
