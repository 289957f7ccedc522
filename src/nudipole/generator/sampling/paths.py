r"""Where N is made and decays: paths from matter to the decay volumes, in proportion to

.. math:: \rho(x)\,[x + s\,\hat n \in V]\;\kappa D\,e^{-\kappa D s}\,ds

at a fixed angle to the beam. The decay is drawn even in V and the path followed back: its chord through the body (or the
slab) of matter gives the segment of s, from which s is exponential. Rejection against the largest possible weight makes
that exact; a direction that never meets the matter is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Cylinder, Prism, Sphere, Volume
from nudipole.generator.sampling.choice import Integers
from nudipole.signals.upscattering.acceptance import STEEPEST, Body, Slab

FloatArray = npt.NDArray[np.float64]
_ROUNDS, _MOST = 24, 16  # of tries, and tries at once for each event in the later ones


@dataclass(frozen=True)
class Path:
    """Paths of N: point of production (3, n) [m], unit direction (3, n), azimuth, length [m], whether one was found."""

    origin: FloatArray
    direction: FloatArray
    azimuth: FloatArray
    length: FloatArray
    found: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """One region of matter and the decay volumes."""

    place: Body | Slab
    volumes: tuple[Volume, ...]

    def draw(self, rng: np.random.Generator, cosine: FloatArray, rate: FloatArray) -> Path:
        """Paths at polar cosines to the beam, of N with decays per metre ``rate``."""
        number = len(cosine)
        origin, direction = np.zeros((3, number)), np.zeros((3, number))
        azimuth, length, found = np.zeros(number), np.zeros(number), np.zeros(number, dtype=bool)
        left = np.arange(number)
        for attempt in range(_ROUNDS):
            times = 1 if attempt == 0 else min(_MOST, max(1, number // max(len(left), 1)))
            rows = np.repeat(left, times)
            point, ray, turn, flown, accepted = self._try(rng, cosine[rows], rate[rows])
            good = np.flatnonzero(accepted)
            # the first success of each event
            _, first = np.unique(rows[good], return_index=True) if times > 1 else (None, np.arange(len(good)))
            good = good[first]
            here = rows[good]
            origin[:, here], direction[:, here] = point[:, good], ray[:, good]
            azimuth[here], length[here], found[here] = turn[good], flown[good], True
            left = left[~found[left]]
            if not len(left):
                break
        return Path(origin, direction, azimuth, length, found)

    def _try(
        self, rng: np.random.Generator, cosine: FloatArray, rate: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        number = len(cosine)
        end = even_points(rng, self.volumes, number)
        turn = 2.0 * np.pi * rng.random(number)
        sine = np.sqrt(np.maximum((1.0 - cosine) * (1.0 + cosine), 0.0))
        ray = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])
        near, far, nearest, longest = self._segment(end, ray, cosine)
        depth = rate * (far - near)
        inside = -np.expm1(-depth)
        weight = np.exp(-rate * (near - nearest)) * inside
        length = near - np.log1p(-rng.random(number) * inside) / rate
        start = end - length * ray
        if isinstance(self.place, Body) and self.place.source_distance_m is not None:
            distance, first = self.place.source_distance_m, self.place.volume.extent[0]
            weight *= ((distance + first) / (distance + start[2])) ** 2
        good = rng.random(number) * -np.expm1(-rate * longest) < weight
        return start, ray, turn, length, good & (far > near)

    def _segment(
        self, end: FloatArray, ray: FloatArray, cosine: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Part of the way back inside the matter, (near, far), and bounds: no path is nearer, none is longer [m]."""
        low, high = (min(v.extent[0] for v in self.volumes), max(v.extent[1] for v in self.volumes))
        if isinstance(self.place, Slab):
            slope = np.where(cosine > STEEPEST, cosine, 1.0)
            near = np.maximum((end[2] - self.place.stop) / slope, 0.0)
            far = np.where(cosine > STEEPEST, np.maximum((end[2] - self.place.start) / slope, 0.0), near)
            nearest = np.maximum(low - self.place.stop, 0.0) / slope
            return near, np.maximum(far, near), nearest, (self.place.stop - self.place.start) / slope
        body = self.place.volume
        near, far = body.chord(end.T, -ray.T)
        first, last = body.extent
        apart = np.where(cosine > 0, np.maximum(low - last, 0.0), np.maximum(first - high, 0.0))
        nearest = apart / np.maximum(np.abs(cosine), 1e-12)
        return near, far, np.minimum(nearest, near), np.full(len(cosine), widest(body))


def even_points(rng: np.random.Generator, volumes: Sequence[Volume], number: int) -> FloatArray:
    """Points (3, number) even in (disjoint) volumes."""
    if len(volumes) == 1 and isinstance(volumes[0], Sphere):
        return _even_in_sphere(rng, volumes[0], number)
    if len(volumes) == 1:
        return np.ascontiguousarray(volumes[0].sample(rng.random((number, 3))).T)
    size = np.cumsum([volume.volume for volume in volumes])
    which = np.searchsorted(size, rng.random(number) * size[-1], side="right")
    points = np.empty((3, number))
    for index, volume in enumerate(volumes):
        rows: Integers = np.flatnonzero(which == index)
        points[:, rows] = volume.sample(rng.random((len(rows), 3))).T
    return points


def _even_in_sphere(rng: np.random.Generator, sphere: Sphere, number: int) -> FloatArray:
    """Points (3, number) even in a sphere, written row by row"""
    points = np.empty((3, number))
    radius = sphere.radius * np.cbrt(rng.random(number))
    cosine, turn = 2.0 * rng.random(number) - 1.0, 2.0 * np.pi * rng.random(number)
    across = radius * np.sqrt(np.maximum((1.0 - cosine) * (1.0 + cosine), 0.0))
    np.multiply(across, np.cos(turn), out=points[0])
    np.multiply(across, np.sin(turn), out=points[1])
    np.multiply(radius, cosine, out=points[2])
    points += sphere.centre[:, None]
    return points


def widest(volume: Volume) -> float:
    """A length [m] that no chord of the volume exceeds."""
    if isinstance(volume, Sphere):
        return 2.0 * volume.radius
    if isinstance(volume, Cylinder):
        return float(np.hypot(2.0 * volume.radius, volume.length))
    if isinstance(volume, Prism):
        around = np.sqrt(np.max(np.sum(volume.corners**2, axis=1)))
        return float(2.0 * np.hypot(around, volume.half[-1]))
    return float(volume.diameter)  # type: ignore[attr-defined]  # meshes bring their own
