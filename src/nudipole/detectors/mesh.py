"""A volume given as a mesh (STL, OBJ, ...) through trimesh: a watertight convex polyhedron.

Volumes are met by a straight line in one segment, so a mesh has to be convex; a detector that is not is several meshes, as
a card may list several volumes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from nudipole.errors import MeshError, MissingExtraError, check_positive

FloatArray = npt.NDArray[np.float64]
_FLAT = 1e-9  # of the size: how far a mesh may be from its convex hull, and planes from one another


@dataclass(frozen=True)
class Mesh:
    """A convex polyhedron; see :class:`nudipole.detectors.geometry.Volume`.

    Parameters
    ----------
    vertices : ndarray (v, 3)
        Corners [m].
    normals, offsets : ndarray (k, 3), (k,)
        Outward unit normals and distances [m] of the faces: inside is normals . x <= offsets.
    """

    vertices: FloatArray
    normals: FloatArray
    offsets: FloatArray

    @cached_property
    def _cells(self) -> tuple[FloatArray, FloatArray]:
        """Tetrahedra from the mean corner to each triangle of the surface, (t, 4, 3), and their cumulative volumes."""
        hull = ConvexHull(self.vertices)
        middle = self.vertices.mean(axis=0)
        corners = self.vertices[hull.simplices]
        edges = corners - middle
        size = np.abs(np.einsum("ti,ti->t", edges[:, 0], np.cross(edges[:, 1], edges[:, 2]))) / 6.0
        top = np.broadcast_to(middle, (len(corners), 1, 3))
        return np.concatenate([top, corners], axis=1), np.cumsum(size)

    @cached_property
    def _front(self) -> FloatArray:
        """Corners (c, 2) of the projection along z, in order around it."""
        flat = self.vertices[:, :2]
        return np.asarray(flat[ConvexHull(flat).vertices])

    @property
    def volume(self) -> float:
        """[m^3]."""
        return float(self._cells[1][-1])

    @property
    def frontal_area(self) -> float:
        """[m^2]."""
        return float(ConvexHull(self.vertices[:, :2]).volume)  # in two dimensions that is the area

    @property
    def extent(self) -> tuple[float, float]:
        """Smallest and largest z [m]."""
        return float(self.vertices[:, 2].min()), float(self.vertices[:, 2].max())

    @cached_property
    def diameter(self) -> float:
        """Largest distance between two corners [m]."""
        apart = self.vertices[:, None] - self.vertices[None]
        return float(np.sqrt(np.max(np.sum(apart**2, axis=-1))))

    def sample(self, uniforms: FloatArray) -> FloatArray:
        """Points (n, 3) even inside: a tetrahedron by its volume, a point in it by sorted uniforms."""
        tetrahedra, edge = self._cells
        wanted = uniforms[:, 0] * edge[-1]
        which = np.minimum(np.searchsorted(edge, wanted, side="right"), len(edge) - 1)
        size = np.diff(edge, prepend=0.0)
        inside = (wanted - edge[which] + size[which]) / size[which]
        order = np.sort(np.column_stack([inside, uniforms[:, 1:3]]), axis=1)
        shares = np.diff(np.concatenate([np.zeros((len(order), 1)), order, np.ones((len(order), 1))], axis=1), axis=1)
        return np.asarray(np.einsum("nk,nkd->nd", shares, tetrahedra[which]))

    def sample_front(self, uniforms: FloatArray) -> FloatArray:
        """Points (n, 2) even over the projection along z."""
        first, second = self._front, np.roll(self._front, -1, axis=0)
        middle = self._front.mean(axis=0)
        one, two = first - middle, second - middle
        area = 0.5 * np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
        edge = np.cumsum(area)
        wanted = uniforms[:, 0] * edge[-1]
        which = np.minimum(np.searchsorted(edge, wanted, side="right"), len(edge) - 1)
        inside = np.clip((wanted - edge[which] + area[which]) / area[which], 0.0, 1.0)
        root, mix = np.sqrt(inside)[:, None], uniforms[:, 1][:, None]
        return np.asarray(middle + root * ((1.0 - mix) * one[which] + mix * two[which]))

    def chord(self, origin: FloatArray, direction: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Segments (near, far) of straight lines; see :class:`nudipole.detectors.geometry.Volume`."""
        room = self.offsets[:, None] - self.normals @ origin.T
        slope = self.normals @ direction.T
        with np.errstate(divide="ignore", invalid="ignore"):
            at = room / slope
        enter = np.where(slope < 0.0, at, -np.inf).max(axis=0)
        leave = np.where(slope > 0.0, at, np.inf).min(axis=0)
        outside = np.any((slope == 0.0) & (room < 0.0), axis=0)
        near = np.maximum(enter, 0.0)
        hit = ~outside & (leave > near)
        return np.where(hit, near, 0.0), np.where(hit, leave, 0.0)


def load(file: str | Path, unit_m: float = 1.0, centre_m: list[float] | None = None) -> Mesh:
    """A mesh from a file that trimesh reads.

    Parameters
    ----------
    file : str or Path
        STL, OBJ, PLY, ...
    unit_m : float
        What one unit of the file is [m].
    centre_m : list of three floats, optional
        Where the origin of the file is put.

    Raises
    ------
    MissingExtraError
        If trimesh is not installed.
    MeshError
        If the file holds no mesh, is not watertight or is not convex.
    """
    check_positive(unit_m=unit_m)
    try:
        import trimesh
    except ImportError:
        raise MissingExtraError("trimesh", "mesh", "a volume given as a mesh") from None
    name = Path(file).name
    try:
        found = trimesh.load(str(file), force="mesh")
    except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError, NotImplementedError) as error:
        raise MeshError(f"{name} is no mesh that can be read: {str(error) or type(error).__name__}") from None
    if not len(getattr(found, "faces", ())):
        raise MeshError(f"{name} holds no faces")
    if not found.is_watertight:
        raise MeshError(f"{name} is not watertight: its surface has holes, so that inside and outside are not defined")
    corners = np.asarray(found.vertices, dtype=float)
    hull = ConvexHull(corners)
    if abs(abs(float(found.volume)) - hull.volume) > 1e-6 * hull.volume:
        raise MeshError(f"{name} is not convex: split it into convex parts and list them as several volumes")
    corners = unit_m * corners[hull.vertices]
    if centre_m is not None:
        corners = corners + np.asarray(centre_m, dtype=float)
    planes = ConvexHull(corners).equations
    size = float(np.ptp(corners, axis=0).max())
    digits = np.round(planes / np.array([1.0, 1.0, 1.0, size]), 9) + 0.0
    _, first = np.unique(digits, axis=0, return_index=True)
    return Mesh(corners, planes[first, :3], -planes[first, 3])
