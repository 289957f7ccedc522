r"""Where along its path N passes the decay volumes: matter per angle of flight and distance, the same for every mass.

Of N made in matter of density rho and flying at an angle theta to the beam, the part that is inside a decay volume V a
distance s further on is

.. math:: h_\theta(s) = \int d^3x\, \rho(x)\,\Bigl\langle [x + s\,\hat n(\theta,\phi) \in V]\Bigr\rangle_\phi
   \quad[\mathrm{kg}],
   \qquad \mathrm{decays} \propto \int ds\; h_\theta(s)\,\kappa D\, e^{-\kappa D s} ,

so h is all that a search needs to know of its geometry. For a body of matter it comes from chords of paths out of a
quasi-random sample of points; for a slab in a broad beam, read backwards, it is the volume times the chance that a path
which ends at a random point of V crosses the slab at the distance s. Cells of s are logarithmic and their contents exact
integrals of h, so that long-lived N (counts as the mean path) do not feel the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Volume, points
from nudipole.errors import check_increasing, check_non_negative

FloatArray = npt.NDArray[np.float64]
ANGLES: FloatArray = np.concatenate([[0.0], np.geomspace(0.003, 0.3, 25), np.linspace(0.3, np.pi, 24)[1:]])
"""Angles of flight [rad] at which h is tabulated; states are shared between the two nearest."""
STEP = np.log(10.0) / 20.0
"""Width of the cells in ln s."""
_PATHS, _SAMPLES = 8192, (512, 4096)  # at each angle: all together, and fewest and most for a pair of body and volume
STEEPEST = float(np.cos(np.deg2rad(80.0)))
"""Smallest cosine to the beam of N that come out of a slab: beyond, its width would matter."""
_SMALLEST = 1e-3  # of the thickness of the thinnest volume: below, h is constant


@dataclass(frozen=True)
class Body:
    """Matter in a volume; ``source_distance_m`` lets the fluence fall as the square of the distance from the source."""

    volume: Volume
    kilograms: float
    source_distance_m: float | None = None


@dataclass(frozen=True)
class Slab:
    """Matter of a density [kg/m^3] between two planes z [m], as wide as paths within 80 degrees of the beam need."""

    start: float
    stop: float
    density: float

    def __post_init__(self) -> None:
        check_increasing(ends=(self.start, self.stop))
        check_non_negative(density=self.density)


@dataclass(frozen=True)
class Passages:
    """h of each kind of matter in cells of distance.

    Parameters
    ----------
    edges : ndarray (cells + 1,)
        [m], from 0; logarithmic from the second with :data:`STEP`.
    mean : mapping of name to ndarray (angles, cells)
        Mean of h in each cell [kg].
    reached : tuple of bool
        For each piece of matter, whether N from it pass a volume at all.
    """

    edges: FloatArray
    mean: dict[str, FloatArray]
    reached: tuple[bool, ...] = ()


def tabulate(matter: Sequence[tuple[str, Body | Slab]], volumes: Sequence[Volume], separation: float = 0.0) -> Passages:
    """Passages of N from each kind of matter through any of the (disjoint) volumes, further than ``separation`` [m]."""
    found: list[tuple[str, FloatArray, FloatArray, FloatArray]] = []
    bodies = len(volumes) * sum(isinstance(place, Body) for _, place in matter)
    uniforms, path = _paths(int(np.clip(_PATHS // max(bodies, 1), *_SAMPLES)) if bodies else 0)
    reached = []
    for name, place in matter:
        if isinstance(place, Body):
            passing = _from_body(place, volumes, uniforms, path)
        else:
            passing = [_from_slab(place, volume) for volume in volumes]
        found += [(name, w, np.maximum(near, separation), np.maximum(far, separation)) for w, near, far in passing]
        reached.append(any(bool(np.any((w > 0) & (far > np.maximum(near, separation)))) for w, near, far in passing))
    longest = max((float(far.max()) for *_, far in found), default=0.0)
    shortest = min((float(near[far > near].min()) for *_, near, far in found if np.any(far > near)), default=1.0)
    thinnest = min(volume.volume / volume.frontal_area for volume in volumes)
    first = max(shortest, _SMALLEST * thinnest)
    number = max(1, int(np.ceil(np.log(max(longest, first) / first) / STEP - 1e-9)))
    edges = np.concatenate([[0.0], first * np.exp(STEP * np.arange(number + 1))])
    mean: dict[str, FloatArray] = {}
    for name, weight, near, far in found:
        mean[name] = mean.get(name, 0.0) + _contents(weight, near, far, edges) / np.diff(edges)
    return Passages(edges, mean, tuple(reached))


def _paths(samples: int) -> tuple[FloatArray, FloatArray]:
    """Uniforms (3, paths) for starting points, and directions (paths, 3); ``samples`` of their own at every angle."""
    shift = np.random.default_rng(41).random((4, len(ANGLES), 1))
    u = (points(samples, 4)[:, None] + shift).reshape(4, -1) if samples else np.zeros((4, 0))
    u -= u >= 1.0
    azimuth, angle = 2.0 * np.pi * u[3], np.repeat(ANGLES, samples)
    sine = np.sin(angle)
    return u[:3], np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(angle)]).T


def _from_body(
    body: Body, volumes: Sequence[Volume], uniforms: FloatArray, path: FloatArray
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """Weight [kg], near and far [m] of paths at every angle to each volume, shape (angles, samples)."""
    shape = (len(ANGLES), len(path) // len(ANGLES))
    origin = body.volume.sample(uniforms.T)
    weight = np.full(len(path), body.kilograms / shape[1])
    if body.source_distance_m is not None:
        weight *= (body.source_distance_m / (body.source_distance_m + origin[:, 2])) ** 2
    chords = [volume.chord(origin, path) for volume in volumes]
    return [(weight.reshape(shape), near.reshape(shape), far.reshape(shape)) for near, far in chords]


def _from_slab(slab: Slab, volume: Volume) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same backwards from points of the volume; a beam is not broad enough for N that fly nearly across it."""
    number = _SAMPLES[0]
    end = volume.sample(points(number, 3).T)[:, 2]
    cosine = np.cos(ANGLES)[:, None]
    forward = cosine > STEEPEST
    cosine = np.where(forward, cosine, 1.0)
    near, far = np.maximum((end - slab.stop) / cosine, 0.0), np.maximum((end - slab.start) / cosine, 0.0)
    weight = np.where(forward, slab.density * volume.volume / number, 0.0)
    return np.broadcast_to(weight, near.shape), np.where(forward, near, 0.0), np.where(forward, far, 0.0)


def _contents(weight: FloatArray, near: FloatArray, far: FloatArray, edges: FloatArray) -> FloatArray:
    """Integral of h over each cell [kg m]: H(s) = sum w [(s - near)_+ - (s - far)_+] at the edges is exact."""
    rows, size = len(weight), len(edges) + 1
    cumulative = np.zeros((rows, len(edges)))
    offset = size * np.arange(rows)[:, None]
    for distance, sign in ((near, 1.0), (far, -1.0)):
        index = (np.searchsorted(edges, distance) + offset).ravel()
        number = np.bincount(index, weight.ravel(), rows * size).reshape(rows, size).cumsum(axis=1)
        length = np.bincount(index, (weight * distance).ravel(), rows * size).reshape(rows, size).cumsum(axis=1)
        cumulative += sign * (edges * number[:, :-1] - length[:, :-1])
    return np.maximum(np.diff(cumulative, axis=1), 0.0)
