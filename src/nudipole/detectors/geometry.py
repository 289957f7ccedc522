r"""Volumes and straight paths: where N is made, and which part of its path lies inside a detector.

All volumes are convex, so a straight line meets each in one segment (near, far). Lengths in metres; the z axis points
along the beam and z = 0 is wherever a card puts it (usually the centre of the detector).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_count, check_finite, check_positive
from nudipole.inputs.tables import TableName

FloatArray = npt.NDArray[np.float64]


class Volume(Protocol):
    """A convex volume."""

    @property
    def volume(self) -> float:
        """[m^3]."""

    @property
    def frontal_area(self) -> float:
        """Area [m^2] of the projection along z."""

    @property
    def extent(self) -> tuple[float, float]:
        """Smallest and largest z [m]."""

    def sample(self, uniforms: FloatArray) -> FloatArray:
        """Points (n, 3) uniform in the volume from uniforms (n, 3) in [0, 1)."""

    def sample_front(self, uniforms: FloatArray) -> FloatArray:
        """Points (n, 2) uniform over the projection along z from uniforms (n, 2)."""

    def chord(self, origin: FloatArray, direction: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distances (near, far) along unit directions (n, 3) from origins (n, 3); near = far where it is missed.

        Only the part ahead of the origin counts (near >= 0).
        """


@dataclass(frozen=True)
class Prism:
    """Intersection of slabs |(x - c) . n_i| <= h_i: boxes and hexagonal prisms.

    Parameters
    ----------
    normals : ndarray (k, 3)
        Unit normals; the last is the z axis.
    half : ndarray (k,)
        Half widths [m].
    centre : ndarray (3,)
    """

    normals: FloatArray
    half: FloatArray
    centre: FloatArray
    corners: FloatArray  # (v, 2) polygon of the projection along z, counter-clockwise

    @property
    def frontal_area(self) -> float:
        x, y = self.corners[:, 0], self.corners[:, 1]
        return 0.5 * float(np.abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))

    @property
    def volume(self) -> float:
        return self.frontal_area * 2.0 * float(self.half[-1])

    @property
    def extent(self) -> tuple[float, float]:
        return float(self.centre[2] - self.half[-1]), float(self.centre[2] + self.half[-1])

    def sample_front(self, uniforms: FloatArray) -> FloatArray:
        first, second = self.corners, np.roll(self.corners, -1, axis=0)
        areas = 0.5 * np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
        share = np.concatenate([[0.0], np.cumsum(areas) / areas.sum()])
        triangle = np.clip(np.searchsorted(share, uniforms[:, 0], side="right") - 1, 0, len(areas) - 1)
        inside = (uniforms[:, 0] - share[triangle]) / (share[triangle + 1] - share[triangle])
        root = np.sqrt(inside)[:, None]
        mix = uniforms[:, 1][:, None]
        return self.centre[:2] + root * ((1.0 - mix) * first[triangle] + mix * second[triangle])

    def sample(self, uniforms: FloatArray) -> FloatArray:
        front = self.sample_front(uniforms[:, :2])
        z = self.centre[2] + self.half[-1] * (2.0 * uniforms[:, 2] - 1.0)
        return np.column_stack([front, z])

    def chord(self, origin: FloatArray, direction: FloatArray) -> tuple[FloatArray, FloatArray]:
        # one row a pair of faces: what is compared lies side by side
        position, slope = self.normals @ (origin - self.centre).T, self.normals @ direction.T
        half, parallel = self.half[:, None], slope == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (-half - position) / slope, (half - position) / slope
        outside = parallel & (np.abs(position) > half)
        enter = np.where(parallel, -np.inf, np.minimum(first, second)).max(axis=0)
        leave = np.where(parallel, np.inf, np.maximum(first, second)).min(axis=0)
        return _ahead(enter, leave, np.any(outside, axis=0))


@dataclass(frozen=True)
class Cylinder:
    """A cylinder with its axis along x, y or z.

    Parameters
    ----------
    radius, length : float
        [m].
    axis : int
        0, 1, 2 for x, y, z.
    centre : ndarray (3,)
    """

    radius: float
    length: float
    axis: int
    centre: FloatArray

    @property
    def volume(self) -> float:
        return float(np.pi * self.radius**2 * self.length)

    @property
    def frontal_area(self) -> float:
        return float(np.pi * self.radius**2) if self.axis == 2 else 2.0 * self.radius * self.length

    @property
    def extent(self) -> tuple[float, float]:
        half = 0.5 * self.length if self.axis == 2 else self.radius
        return float(self.centre[2] - half), float(self.centre[2] + half)

    def sample_front(self, uniforms: FloatArray) -> FloatArray:
        if self.axis == 2:
            radius, angle = self.radius * np.sqrt(uniforms[:, 0]), 2.0 * np.pi * uniforms[:, 1]
            return self.centre[:2] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        half = np.array([self.length, 2 * self.radius] if self.axis == 0 else [2 * self.radius, self.length])
        return self.centre[:2] + half * (uniforms[:, :2] - 0.5)

    def sample(self, uniforms: FloatArray) -> FloatArray:
        radius, angle = self.radius * np.sqrt(uniforms[:, 0]), 2.0 * np.pi * uniforms[:, 1]
        along = self.length * (uniforms[:, 2] - 0.5)
        points = np.empty((len(uniforms), 3))
        others = [k for k in range(3) if k != self.axis]
        points[:, self.axis] = along
        points[:, others[0]], points[:, others[1]] = radius * np.cos(angle), radius * np.sin(angle)
        return points + self.centre

    def chord(self, origin: FloatArray, direction: FloatArray) -> tuple[FloatArray, FloatArray]:
        others = [k for k in range(3) if k != self.axis]
        relative = origin - self.centre
        round_in, round_out, missed = _circle(relative[:, others], direction[:, others], self.radius)
        position, slope, half = relative[:, self.axis], direction[:, self.axis], 0.5 * self.length
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (-half - position) / slope, (half - position) / slope
        parallel = slope == 0
        missed |= parallel & (np.abs(position) > half)
        flat_in = np.where(parallel, -np.inf, np.minimum(first, second))
        flat_out = np.where(parallel, np.inf, np.maximum(first, second))
        return _ahead(np.maximum(round_in, flat_in), np.minimum(round_out, flat_out), missed)


@dataclass(frozen=True)
class Sphere:
    """A sphere of given radius [m]."""

    radius: float
    centre: FloatArray

    @property
    def volume(self) -> float:
        return float(4.0 / 3.0 * np.pi * self.radius**3)

    @property
    def frontal_area(self) -> float:
        return float(np.pi * self.radius**2)

    @property
    def extent(self) -> tuple[float, float]:
        return float(self.centre[2] - self.radius), float(self.centre[2] + self.radius)

    def sample_front(self, uniforms: FloatArray) -> FloatArray:
        radius, angle = self.radius * np.sqrt(uniforms[:, 0]), 2.0 * np.pi * uniforms[:, 1]
        return self.centre[:2] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])

    def sample(self, uniforms: FloatArray) -> FloatArray:
        radius = self.radius * np.cbrt(uniforms[:, 0])
        cosine, angle = 2.0 * uniforms[:, 1] - 1.0, 2.0 * np.pi * uniforms[:, 2]
        sine = np.sqrt(1.0 - cosine**2)
        unit = np.column_stack([sine * np.cos(angle), sine * np.sin(angle), cosine])
        return self.centre + radius[:, None] * unit

    def chord(self, origin: FloatArray, direction: FloatArray) -> tuple[FloatArray, FloatArray]:
        enter, leave, missed = _circle(origin - self.centre, direction, self.radius)
        return _ahead(enter, leave, missed)


def _circle(
    relative: FloatArray, direction: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Where lines meet a circle or sphere about the origin."""
    a = np.sum(direction**2, axis=1)
    b = np.sum(relative * direction, axis=1)
    c = np.sum(relative**2, axis=1) - radius**2
    discriminant = b * b - a * c
    parallel = a <= 0
    missed = np.where(parallel, c > 0, discriminant <= 0)
    root = np.sqrt(np.maximum(discriminant, 0.0))
    safe = np.where(parallel, 1.0, a)
    enter = np.where(parallel, -np.inf, (-b - root) / safe)
    leave = np.where(parallel, np.inf, (-b + root) / safe)
    return enter, leave, missed


def _ahead(enter: FloatArray, leave: FloatArray, missed: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    near = np.maximum(enter, 0.0)
    hit = ~missed & (leave > near)
    return np.where(hit, near, 0.0), np.where(hit, leave, 0.0)


def box(width_m: float, height_m: float, length_m: float, centre_m: list[float] | None = None) -> Prism:
    """A box, width along x, height along y, length along z (the beam)."""
    check_positive(width_m=width_m, height_m=height_m, length_m=length_m)
    half = np.array([width_m, height_m]) / 2.0
    corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=float)
    return Prism(np.eye(3), np.array([*half, length_m / 2.0]), _centre(centre_m), corners)


def hexagon(apothem_m: float, length_m: float, centre_m: list[float] | None = None) -> Prism:
    """A regular hexagonal prism along the beam; the apothem is the distance from the axis to a face."""
    check_positive(apothem_m=apothem_m, length_m=length_m)
    angles = np.pi / 3.0 * np.arange(3)
    normals = np.vstack([np.column_stack([np.cos(angles), np.sin(angles), np.zeros(3)]), [0.0, 0.0, 1.0]])
    around = np.pi / 6.0 + np.pi / 3.0 * np.arange(6)
    corners = apothem_m / np.cos(np.pi / 6.0) * np.column_stack([np.cos(around), np.sin(around)])
    return Prism(normals, np.array([apothem_m] * 3 + [length_m / 2.0]), _centre(centre_m), corners)


def cylinder(radius_m: float, length_m: float, axis: str = "z", centre_m: list[float] | None = None) -> Cylinder:
    """A cylinder; ``axis`` is x, y (vertical) or z (along the beam)."""
    check_positive(radius_m=radius_m, length_m=length_m)
    if axis not in ("x", "y", "z"):
        raise DomainError(f"the axis of a cylinder is x, y or z, got {axis!r}")
    return Cylinder(radius_m, length_m, "xyz".index(axis), _centre(centre_m))


def sphere(radius_m: float, centre_m: list[float] | None = None) -> Sphere:
    """A sphere."""
    check_positive(radius_m=radius_m)
    return Sphere(radius_m, _centre(centre_m))


def mesh(file: TableName, unit_m: float = 1.0, centre_m: list[float] | None = None) -> Volume:
    """A closed convex surface from a file (STL, OBJ, ...) beside the card; see :mod:`nudipole.detectors.mesh`."""
    from nudipole.detectors import mesh as meshes

    return meshes.load(file, unit_m, centre_m)


SHAPES: dict[str, Callable[..., Volume]] = {
    "box": box,
    "hexagon": hexagon,
    "cylinder": cylinder,
    "sphere": sphere,
    "mesh": mesh,
}


@functools.cache
def points(number: int, dimensions: int) -> FloatArray:
    """Low-discrepancy points in the unit cube, (dimensions, number): multiples of powers of a generalised golden ratio."""
    check_count(number=number, dimensions=dimensions)
    ratio = 2.0
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    step = ratio ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + np.arange(1, number + 1) * step[:, None]) % 1.0)


def _centre(centre: list[float] | None) -> FloatArray:
    point = np.zeros(3) if centre is None else np.asarray(centre, dtype=float)
    check_finite(centre_m=point)
    if point.shape != (3,):
        raise DomainError(f"a centre has three coordinates, got {point.size}")
    return point
