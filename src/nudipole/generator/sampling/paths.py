r"""Where N is made and decays: paths from matter to the decay volumes, in proportion to

.. math:: \rho(x)\,[x + s\,\hat n \in V]\;\kappa D\,e^{-\kappa D s}\,ds

at a fixed angle to the beam. Backward, the decay is drawn even in V and the path followed back: its chord through the body
(or the slab) of matter gives the segment of s, from which s is exponential. Forward, the production is drawn even in a body
and the chord through V gives the segment. Rejection against the largest possible weight makes either exact, so that tries
of both kinds may alternate: the smaller of body and V comes first, and the other follows where it fails. A direction that
never meets the matter is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Cylinder, Prism, Sphere, Volume
from nudipole.generator.sampling.choice import Integers
from nudipole.signals.upscattering.acceptance import STEEPEST, Body, Slab

FloatArray = npt.NDArray[np.float64]
#: Start (3, n), direction (3, n), azimuth, length of each try, and whether it is accepted.
Tried = tuple[FloatArray, FloatArray, FloatArray, FloatArray, npt.NDArray[np.bool_]]
Way = Callable[[np.random.Generator, FloatArray, FloatArray], Tried]
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
        ways = self._ways()
        for attempt in range(_ROUNDS):
            times = 1 if attempt == 0 else min(_MOST, max(1, number // max(len(left), 1)))
            rows = np.repeat(left, times)
            point, ray, turn, flown, accepted = ways[attempt % len(ways)](rng, cosine[rows], rate[rows])
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

    def _ways(self) -> tuple[Way, ...]:
        """Ways to draw a path, the one that is the more likely to succeed first."""
        if isinstance(self.place, Slab):
            return (self._backward,)
        small = widest(self.place.volume) < min(widest(volume) for volume in self.volumes)
        return (self._forward, self._backward) if small else (self._backward, self._forward)

    def _backward(self, rng: np.random.Generator, cosine: FloatArray, rate: FloatArray) -> Tried:
        """From a decay anywhere in the volumes back to the matter."""
        number = len(cosine)
        end = even_points(rng, self.volumes, number)
        turn, ray = _rays(rng, cosine)
        near, far, nearest, longest = self._segment(end, ray, cosine)
        length, weight = _flown(rng, rate, near, far, nearest)
        start = end - length * ray
        weight *= self._fluence(start[2]) / self._strongest()
        good = rng.random(number) * -np.expm1(-rate * longest) < weight
        return start, ray, turn, length, good & (far > near)

    def _forward(self, rng: np.random.Generator, cosine: FloatArray, rate: FloatArray) -> Tried:
        """From anywhere in the body of matter to a decay in one of the volumes, each tried equally often."""
        assert isinstance(self.place, Body)
        number = len(cosine)
        start = even_points(rng, (self.place.volume,), number)
        turn, ray = _rays(rng, cosine)
        near, far = np.zeros(number), np.zeros(number)
        which = rng.integers(len(self.volumes), size=number)
        for index, volume in enumerate(self.volumes):
            rows = np.flatnonzero(which == index)
            near[rows], far[rows] = volume.chord(start[:, rows].T, ray[:, rows].T)
        longest = max(widest(volume) for volume in self.volumes)
        length, weight = _flown(rng, rate, near, far, np.minimum(self._apart(cosine), near))
        weight *= self._fluence(start[2]) / self._strongest()
        good = rng.random(number) * -np.expm1(-rate * longest) < weight
        return start, ray, turn, length, good & (far > near)

    def _fluence(self, z: FloatArray) -> FloatArray:
        """Fluence at z [m] over that at z = 0."""
        if not isinstance(self.place, Body) or self.place.source_distance_m is None:
            return np.ones_like(z)
        return (self.place.source_distance_m / (self.place.source_distance_m + z)) ** 2

    def _strongest(self) -> float:
        """The largest fluence in the matter over that at z = 0: where the beam enters it."""
        return float(self._fluence(np.array(self.place.volume.extent[0]))) if isinstance(self.place, Body) else 1.0

    def _apart(self, cosine: FloatArray) -> FloatArray:
        """A length [m] that no path at these cosines undercuts between the body and the volumes."""
        assert isinstance(self.place, Body)
        low, high = (min(v.extent[0] for v in self.volumes), max(v.extent[1] for v in self.volumes))
        first, last = self.place.volume.extent
        apart = np.where(cosine > 0, np.maximum(low - last, 0.0), np.maximum(first - high, 0.0))
        return apart / np.maximum(np.abs(cosine), 1e-12)

    def _segment(
        self, end: FloatArray, ray: FloatArray, cosine: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Part of the way back inside the matter, (near, far), and bounds: no path is nearer, none is longer [m]."""
        if isinstance(self.place, Slab):
            low = min(v.extent[0] for v in self.volumes)
            slope = np.where(cosine > STEEPEST, cosine, 1.0)
            near = np.maximum((end[2] - self.place.stop) / slope, 0.0)
            far = np.where(cosine > STEEPEST, np.maximum((end[2] - self.place.start) / slope, 0.0), near)
            nearest = np.maximum(low - self.place.stop, 0.0) / slope
            return near, np.maximum(far, near), nearest, (self.place.stop - self.place.start) / slope
        body = self.place.volume
        near, far = body.chord(end.T, -ray.T)
        return near, far, np.minimum(self._apart(cosine), near), np.full(len(cosine), widest(body))


def _rays(rng: np.random.Generator, cosine: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Azimuths even around the beam, and directions (3, n) at these polar cosines."""
    turn = 2.0 * np.pi * rng.random(len(cosine))
    sine = np.sqrt(np.maximum((1.0 - cosine) * (1.0 + cosine), 0.0))
    return turn, np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])


def _flown(
    rng: np.random.Generator, rate: FloatArray, near: FloatArray, far: FloatArray, nearest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Exponential length [m] in (near, far), and its probability over that of flying the nearest [m] possible."""
    inside = -np.expm1(-rate * (far - near))
    length = near - np.log1p(-rng.random(len(near)) * inside) / rate
    return length, np.exp(-rate * (near - nearest)) * inside


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
