r"""The Earth: density, composition, and how much of it lies along a line.

Density of the preliminary reference Earth model (Dziewonski and Anderson, Phys. Earth Planet. Inter. 25, 297 (1981)),
polynomials in x = r / 6371 km, with two layers of crust and no ocean (an underground site stands on rock). Layers are
made of ``core``, ``mantle`` or ``crust`` of :mod:`nudipole.matter.materials`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_finite, check_non_negative
from nudipole.matter import materials
from nudipole.matter.materials import Material

FloatArray = npt.NDArray[np.float64]
RADIUS = 6371e3  # m


@dataclass(frozen=True)
class Layer:
    """A shell between two radii [m], of density sum c_k x^k [g/cm^3]."""

    name: str
    inner: float
    outer: float
    coefficients: tuple[float, ...]
    material_name: str

    @property
    def material(self) -> Material:
        """What it is made of."""
        return materials.get(self.material_name)

    @property
    def mass(self) -> float:
        """Mass of the shell [kg], exact."""
        return self._moment(np.asarray(self.outer)) - self._moment(np.asarray(self.inner))

    def _moment(self, radius: FloatArray) -> float:
        x = float(radius) / RADIUS
        return 4e3 * np.pi * RADIUS**3 * sum(c * x ** (k + 3) / (k + 3) for k, c in enumerate(self.coefficients))


LAYERS = (
    Layer("inner core", 0.0, 1221.5e3, (13.0885, 0.0, -8.8381), "core"),
    Layer("outer core", 1221.5e3, 3480e3, (12.5815, -1.2638, -3.6426, -5.5281), "core"),
    Layer("lower mantle", 3480e3, 5701e3, (7.9565, -6.4761, 5.5283, -3.0807), "mantle"),
    Layer("transition zone 1", 5701e3, 5771e3, (5.3197, -1.4836), "mantle"),
    Layer("transition zone 2", 5771e3, 5971e3, (11.2494, -8.0298), "mantle"),
    Layer("transition zone 3", 5971e3, 6151e3, (7.1089, -3.8045), "mantle"),
    Layer("upper mantle", 6151e3, 6346.6e3, (2.6910, 0.6924), "mantle"),
    Layer("lower crust", 6346.6e3, 6356e3, (2.900,), "crust"),
    Layer("upper crust", 6356e3, RADIUS, (2.600,), "crust"),
)
_OUTER = np.array([layer.outer for layer in LAYERS])


def layer_index(radius: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Number of the layer of :data:`LAYERS` that holds this distance from the centre [m]; -1 outside the Earth."""
    check_non_negative(radius=radius)
    radius = np.asarray(radius, dtype=float)
    return np.where(radius <= RADIUS, np.searchsorted(_OUTER, radius, side="left"), -1)


def density(radius: npt.ArrayLike) -> FloatArray:
    """Density [g/cm^3] at a distance from the centre [m]; 0 outside the Earth.

    Examples
    --------
    >>> [round(float(x), 2) for x in density([0.0, 3.6e6, 6.37e6, 7e6])]
    [13.09, 5.51, 2.6, 0.0]
    """
    index = layer_index(radius)
    x = np.asarray(radius, dtype=float) / RADIUS
    value = np.zeros_like(x)
    for number, layer in enumerate(LAYERS):
        value = np.where(index == number, np.polynomial.polynomial.polyval(x, layer.coefficients), value)
    return value


def electron_density(radius: npt.ArrayLike) -> FloatArray:
    """Number of electrons per m^3 at a distance from the centre [m]."""
    return density(radius) * 1e3 * _per_layer(layer_index(radius), "electrons_per_kg")


def coherent_density(radius: npt.ArrayLike) -> FloatArray:
    """Sum of Z^2 over the nuclei of a m^3, at a distance from the centre [m]."""
    return density(radius) * 1e3 * _per_layer(layer_index(radius), "coherence_per_kg")


def isotope_density(radius: npt.ArrayLike, nucleus: str) -> FloatArray:
    """Number of nuclei of one nuclide per m^3 at a distance from the centre [m]."""
    per_kg = np.array(
        [sum(n for found, n in layer.material.nuclei_per_kg if found.name == nucleus) for layer in LAYERS] + [0.0]
    )
    return density(radius) * 1e3 * per_kg[layer_index(radius)]


def mass() -> float:
    """Mass of this Earth [kg], 5.98e24."""
    return sum(layer.mass for layer in LAYERS)


def chord_length(cosine_zenith: npt.ArrayLike, depth: float = 0.0) -> FloatArray:
    """Length [m] of Earth along a direction from a detector at ``depth`` [m] to the surface.

    Parameters
    ----------
    cosine_zenith : array_like
        Cosine of the zenith angle of the direction from which N or the neutrino comes: 1 from above, -1 from below.
    depth : float

    Raises
    ------
    DomainError
        For a cosine outside [-1, 1] or a depth outside [0, Earth radius].
    """
    cosine, site = _direction(cosine_zenith, depth)
    # the root of |r + l n| = R, written without cancellation for a shallow site looking up
    half = site * cosine
    gap = (RADIUS - site) * (RADIUS + site)
    root = np.sqrt(half**2 + gap)
    up = np.divide(gap, root + half, out=np.zeros_like(root), where=root + half > 0)
    return np.where(half > 0, up, root - half)


def radius_along(distance: npt.ArrayLike, cosine_zenith: npt.ArrayLike, depth: float = 0.0) -> FloatArray:
    """Distance from the centre [m] of the point ``distance`` [m] away from the detector in that direction."""
    check_non_negative(distance=distance)
    cosine, site = _direction(cosine_zenith, depth)
    distance = np.asarray(distance, dtype=float)
    return np.sqrt(np.maximum(site**2 + 2.0 * site * distance * cosine + distance**2, 0.0))


def column_density(cosine_zenith: npt.ArrayLike, depth: float = 0.0, nodes: int = 400) -> FloatArray:
    """Matter [g/cm^2] between a detector at ``depth`` [m] and the surface along a direction.

    Gauss-Legendre on each piece between the boundaries of layers; good to 1e-6.
    """
    cosine, site = _direction(cosine_zenith, depth)
    flat = cosine.ravel()
    x, w = np.polynomial.legendre.leggauss(max(2, nodes // len(LAYERS) // 2))
    result = np.array([_column(float(c), site, x, w) for c in flat])
    return result.reshape(cosine.shape)


def _column(cosine: float, site: float, x: FloatArray, w: FloatArray) -> float:
    length = float(chord_length(cosine, RADIUS - site))
    edges = [0.0, length, min(max(-site * cosine, 0.0), length)]
    closest2 = site**2 * (1.0 - cosine**2)
    for outer in _OUTER:
        if outer**2 > closest2:
            half = np.sqrt(outer**2 - closest2)
            edges += [s for s in (-site * cosine - half, -site * cosine + half) if 0.0 < s < length]
    cuts = np.unique(edges)
    low, high = cuts[:-1, None], cuts[1:, None]
    points = low + 0.5 * (high - low) * (x + 1.0)
    radius = np.minimum(radius_along(points, cosine, RADIUS - site), RADIUS)
    return float(np.sum(0.5 * (high - low) * w * density(radius)) * 100.0)


def _direction(cosine_zenith: npt.ArrayLike, depth: float) -> tuple[FloatArray, float]:
    check_finite(cosine_zenith=cosine_zenith, depth=depth)
    cosine = np.asarray(cosine_zenith, dtype=float)
    if np.any(np.abs(cosine) > 1.0):
        raise DomainError("the cosine of the zenith angle must lie in [-1, 1]")
    if not 0.0 <= depth <= RADIUS:
        raise DomainError(f"depth must lie between 0 and the radius of the Earth, got {depth:g} m")
    return cosine, RADIUS - depth


def _per_layer(index: npt.NDArray[np.intp], attribute: str) -> FloatArray:
    values = np.array([*(getattr(layer.material, attribute) for layer in LAYERS), 0.0], dtype=float)
    return values[index]
