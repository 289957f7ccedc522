r"""Where around a detector N is made: matter along the paths that end in it, and the directions of the sky.

Reciprocity: the decays in a small volume V of N made anywhere are

.. math:: V \int d\Omega_N \int_0^\infty d\ell\; p(\ell, \hat n)\, \kappa D\, e^{-\kappa D \ell},

with p the production per volume and solid angle at the distance l back along the path; so matter is all that is needed,
per cell of zenith and of distance. Close by, matter is that of the detector, a sphere of the same volume: a step of
length l from a random point of a sphere of radius R in a random direction ends inside it with probability

.. math:: f(\ell) = 1 - \frac{3\ell}{4R} + \frac{\ell^3}{16R^3}, \qquad \ell < 2R .

Cosines of zenith angles are those of where a particle comes from: 1 from above, -1 through the Earth.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_non_negative, check_positive
from nudipole.matter import earth, materials

FloatArray = npt.NDArray[np.float64]
ZENITH_EDGES: FloatArray = np.linspace(-1.0, 1.0, 11)  # the bins of the atmospheric flux
DIRECTIONS = len(ZENITH_EDGES) - 1
ANGLE_EDGES: FloatArray = np.deg2rad(np.concatenate([[0.0, 3.0, 8.0], np.arange(15.0, 181.0, 15.0)]))
OBLIQUITY = np.deg2rad(23.44)  # of the ecliptic (IAU 2006, rounded)
_PER_DECADE, _SUBDIRECTIONS, _SUBSTEPS = 8, 16, 4


def path_edges(shortest: float = 0.0, longest: float = 2.0 * earth.RADIUS, first: float = 0.1) -> FloatArray:
    """Edges [m] of the cells of path length: from ``shortest``, logarithmic beyond ``first``.

    Raises
    ------
    DomainError
        If the range is empty.

    Examples
    --------
    >>> [float(x) for x in path_edges(20.0, 200.0)[[0, -1]].round(6)]
    [20.0, 200.0]
    """
    check_non_negative(shortest=shortest)
    check_positive(longest=longest, first=first)
    if longest <= max(shortest, 0.0):
        raise DomainError(f"no path between {shortest:g} and {longest:g} m")
    start = min(max(shortest, first), 0.5 * (shortest + longest))
    number = max(2, int(np.ceil(_PER_DECADE * np.log10(longest / start))))
    edges = np.geomspace(start, longest, number + 1)
    return edges if shortest >= start else np.concatenate([[shortest], edges])


def overlap(distance: npt.ArrayLike, volume: float) -> FloatArray:
    """Chance f that a step of ``distance`` [m] from a random point of a sphere of ``volume`` [m^3] stays inside it.

    Examples
    --------
    >>> float(overlap(0.0, 1.0)), float(overlap(10.0, 1.0))
    (1.0, 0.0)
    """
    check_non_negative(distance=distance)
    check_positive(volume=volume)
    x = np.asarray(distance, dtype=float) / radius_of(volume)
    return np.where(x < 2.0, np.maximum(1.0 - 0.75 * x + 0.0625 * x**3, 0.0), 0.0)


def radius_of(volume: float) -> float:
    """Radius [m] of the sphere of this volume [m^3]."""
    check_non_negative(volume=volume)
    return float(np.cbrt(0.75 * volume / np.pi))


def earth_density(edges: FloatArray, depth: float) -> dict[str, FloatArray]:
    """Mean density [kg/m^3] of each material of the Earth, shape (directions, cells), seen from ``depth`` [m].

    Averages over each cell of zenith (:data:`ZENITH_EDGES`) and of distance; zero beyond the surface.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_SUBSTEPS)
    middle, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    distance = (middle[:, None] + half[:, None] * nodes).ravel()
    steps = (np.arange(_SUBDIRECTIONS) + 0.5) / _SUBDIRECTIONS
    cosine = (ZENITH_EDGES[:-1, None] + np.diff(ZENITH_EDGES)[:, None] * steps).ravel()
    radius = earth.radius_along(distance, cosine[:, None], depth)
    layer, density = earth.layer_index(radius), 1e3 * earth.density(radius)
    names = [found.material_name for found in earth.LAYERS]
    result = {}
    for name in dict.fromkeys(names):
        here = np.isin(layer, [number for number, other in enumerate(names) if other == name])
        cells = (density * here).reshape(DIRECTIONS, _SUBDIRECTIONS, len(middle), _SUBSTEPS)
        result[name] = np.asarray(0.5 * cells.mean(axis=1) @ weights)
    return result


def surroundings(
    edges: FloatArray, depth: float, where: str, material: str, mass: float, density: float
) -> dict[str, FloatArray]:
    """Density [kg/m^3] of each material, shape (directions, cells), around a random point of a detector.

    Parameters
    ----------
    edges : ndarray (cells + 1,)
        Distances [m].
    depth : float
        Of the detector [m].
    where : {"anywhere", "outside", "inside"}
        Where N may be made.
    material, mass, density : str, float, float
        The detector: material, mass [kg], density [kg/m^3].
    """
    volume = mass / density
    nodes, weights = np.polynomial.legendre.leggauss(_SUBSTEPS)
    points = 0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * nodes
    inside = 0.5 * overlap(points, volume) @ weights
    result: dict[str, FloatArray] = {}
    if where != "inside":
        result = {name: value * (1.0 - inside) for name, value in earth_density(edges, depth).items()}
    if where != "outside":
        own = np.broadcast_to(density * inside, (DIRECTIONS, len(inside)))
        result[material] = result.get(material, np.zeros_like(own)) + own
    return {name: value for name, value in result.items() if np.any(value > 0)}


def by_element(matter: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """The same matter as densities of its elements."""
    result: dict[str, FloatArray] = {}
    for name, value in matter.items():
        for symbol, fraction in materials.get(name).mass_fractions.items():
            result[symbol] = result.get(symbol, np.zeros_like(value)) + fraction * value
    return result


@functools.cache
def zenith_kernel() -> FloatArray:
    """Chance that N is in zenith cell j if its neutrino is in cell i and the angle between them in cell t; (t, i, j)."""
    number = len(ANGLE_EDGES) - 1
    within = (np.arange(7) + 0.5) / 7.0
    angle = (ANGLE_EDGES[:-1, None] + np.diff(ANGLE_EDGES)[:, None] * within)[:, None, :, None, None]
    steps = (np.arange(17) + 0.5) / 17.0
    cosine = (ZENITH_EDGES[:-1, None] + np.diff(ZENITH_EDGES)[:, None] * steps)[None, :, None, :, None]
    azimuth = np.pi * (np.arange(96) + 0.5) / 96.0
    turned = np.cos(angle) * cosine + np.sin(angle) * np.sqrt(1.0 - cosine**2) * np.cos(azimuth)
    cell = np.clip(np.searchsorted(ZENITH_EDGES, turned, side="right") - 1, 0, DIRECTIONS - 1)
    rows = np.arange(number * DIRECTIONS).reshape(number, DIRECTIONS, 1, 1, 1)
    count = np.bincount((rows * DIRECTIONS + cell).ravel(), minlength=number * DIRECTIONS**2)
    kernel = count.reshape(number, DIRECTIONS, DIRECTIONS).astype(float)
    return np.asarray(kernel / kernel.sum(axis=-1, keepdims=True))


def sun_zenith(latitude_deg: float) -> FloatArray:
    """Share of a year, day and night, that the Sun spends in each zenith cell at a latitude [degrees].

    A circular orbit (the eccentricity changes shares by per cent); symmetric between day and night.

    Raises
    ------
    DomainError
        If the latitude is outside [-90, 90].
    """
    if not -90.0 <= latitude_deg <= 90.0:
        raise DomainError(f"a latitude lies in [-90, 90] degrees, got {latitude_deg:g}")
    site = np.deg2rad(latitude_deg)
    season = 2.0 * np.pi * (np.arange(360) + 0.5) / 360.0
    hour = np.pi * (np.arange(360) + 0.5) / 360.0
    sine = np.sin(OBLIQUITY) * np.sin(season)[:, None]
    cosine = np.sin(site) * sine + np.cos(site) * np.sqrt(1.0 - sine**2) * np.cos(hour)
    count, _ = np.histogram(cosine, ZENITH_EDGES)
    return np.asarray(count / count.sum())
