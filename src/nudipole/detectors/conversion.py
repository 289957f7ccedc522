r"""Where a photon converts: the chance that it makes its pair in matter that a search looks at, before it is lost.

A photon flies straight from the decay of N through the matter that a card describes. With mu_i [1/m] the conversions per
metre of the matter that owns the i-th segment of its path (:mod:`nudipole.matter.photon_conversion`) and l_i its length,

.. math:: P = \sum_i s_i\; e^{-\sum_{j<i} \mu_j l_j}\,\bigl(1 - e^{-\mu_i l_i}\bigr),

s_i the share of the conversions there that the search sees: 1 in a target or tracker, 0 in what stands in the way. Where
volumes overlap the one listed first owns the place, so that a fiducial volume comes before the tank around it; outside
all of them there is nothing. P is averaged over decays spread evenly through the decay volumes and over the azimuth
about the beam, and kept as a table in the photon's angle and energy. Even decays are exact for long-lived N, and for
prompt ones that are made evenly in those same volumes; N from upstream that decay within the first metres have more
matter before them than the mean.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Volume, points
from nudipole.errors import check_between, check_positive
from nudipole.matter import materials, photon_conversion

FloatArray = npt.NDArray[np.float64]
_LOWEST, _HIGHEST, _ENERGIES = 1.0001 * photon_conversion.THRESHOLD, 1e3, 28  # GeV; P is constant above
_ANGLES = 33  # evenly in sin(theta / 2)
_POINTS = 1024  # decays for each angle
_GRID = np.geomspace(_LOWEST, 1e5, 400)  # GeV, of the table of each material


@dataclass(frozen=True)
class Converter:
    """Matter in the way of a photon.

    Parameters
    ----------
    volume : Volume
    material : str
    density : float
        [g/cm^3].
    seen : float
        Share of the conversions here that the search sees.
    """

    volume: Volume
    material: str
    density: float
    seen: float = 1.0

    def __post_init__(self) -> None:
        check_positive(density=self.density)
        check_between(0.0, 1.0, seen=self.seen)
        materials.get(self.material)

    def per_metre(self, energy: FloatArray) -> FloatArray:
        """Conversions per metre at photon energies [GeV], interpolated in a table of the material, constant above."""
        return 100.0 * self.density * np.interp(np.log(energy), np.log(_GRID), _per_depth(self.material), left=0.0)


@dataclass(frozen=True)
class ConversionMap:
    """P on nodes of sin(theta / 2), evenly spaced from 0 to 1, and of ln E; shape (angles, energies)."""

    probability: FloatArray

    def __call__(self, energy: FloatArray, cosine: FloatArray) -> FloatArray:
        """P of photons of an energy [GeV] and a cosine to the beam: bilinear, zero below the threshold of pairs."""
        angles, energies = self.probability.shape
        angle = (angles - 1) * np.sqrt(np.clip(0.5 - 0.5 * cosine, 0.0, 1.0))
        step = np.log(_HIGHEST / _LOWEST) / (energies - 1)
        height = np.clip(np.log(np.maximum(energy, _LOWEST) / _LOWEST) / step, 0.0, energies - 1.0)
        row = np.minimum(angle.astype(np.intp), angles - 2)
        column = np.minimum(height.astype(np.intp), energies - 2)
        far, high = angle - row, height - column
        flat, corner = self.probability.ravel(), row * energies + column
        low = flat[corner] + far * (flat[corner + energies] - flat[corner])
        up = flat[corner + 1] + far * (flat[corner + energies + 1] - flat[corner + 1])
        return np.where(energy > photon_conversion.THRESHOLD, low + high * (up - low), 0.0)


def seen_probability(
    converters: Sequence[Converter], origin: FloatArray, direction: FloatArray, energy: FloatArray
) -> FloatArray:
    """P of photons that leave points (n, 3) [m] in unit directions (n, 3), at every energy (m,) [GeV]; shape (m, n).

    Examples
    --------
    A metre of water, seen along its axis from the front:

    >>> from nudipole.detectors.geometry import box
    >>> tank = Converter(box(1.0, 1.0, 1.0), "water", 1.0)
    >>> front, ahead = np.array([[0.0, 0.0, -0.5]]), np.array([[0.0, 0.0, 1.0]])
    >>> seen_probability([tank], front, ahead, np.array([1.0])).round(3).tolist()
    [[0.861]]
    """
    chords = [converter.volume.chord(origin, direction) for converter in converters]
    near, far = (np.stack([chord[side] for chord in chords], axis=1) for side in (0, 1))
    marks = np.sort(np.concatenate([near, far], axis=1), axis=1)
    middle, length = 0.5 * (marks[:, 1:] + marks[:, :-1]), np.diff(marks, axis=1)
    inside = (near[:, None, :] < middle[:, :, None]) & (middle[:, :, None] < far[:, None, :])
    owned = inside & (np.cumsum(inside, axis=2) == 1)  # by the first that holds the place
    seen = owned @ np.array([converter.seen for converter in converters])
    rates = np.stack([converter.per_metre(energy) for converter in converters], axis=1)
    result = np.empty((len(energy), len(origin)))
    for row, rate in enumerate(rates):
        depth = np.cumsum(length * (owned @ rate), axis=1)
        result[row] = np.sum(seen * -np.diff(np.exp(-depth), axis=1, prepend=1.0), axis=1)
    return result


def conversion_points(
    converters: Sequence[Converter], origin: FloatArray, direction: FloatArray, energy: FloatArray, uniform: FloatArray
) -> FloatArray:
    """Where photons make their pairs, (n, 3) [m]; NaN for those that leave the converters without one.

    Parameters
    ----------
    converters : sequence of Converter
        The first that holds a place owns it.
    origin, direction : ndarray (n, 3)
        Start [m] and unit direction.
    energy, uniform : ndarray (n,)
        [GeV], and uniform numbers in [0, 1) that decide how deep each photon gets.
    """
    chords = [converter.volume.chord(origin, direction) for converter in converters]
    near, far = (np.stack([chord[side] for chord in chords], axis=1) for side in (0, 1))
    marks = np.sort(np.concatenate([near, far], axis=1), axis=1)
    middle, length = 0.5 * (marks[:, 1:] + marks[:, :-1]), np.diff(marks, axis=1)
    inside = (near[:, None, :] < middle[:, :, None]) & (middle[:, :, None] < far[:, None, :])
    owned = inside & (np.cumsum(inside, axis=2) == 1)
    lit = np.maximum(energy, photon_conversion.THRESHOLD)
    rates = np.stack([converter.per_metre(lit) for converter in converters], axis=1)
    rate = np.einsum("nsc,nc->ns", owned, rates)
    depth = np.cumsum(length * rate, axis=1)
    wanted = -np.log1p(-uniform)
    segment = np.sum(depth <= wanted[:, None], axis=1)
    stops = segment < depth.shape[1]
    row, column = np.arange(len(segment)), np.minimum(segment, depth.shape[1] - 1)
    over = depth[row, column] - wanted
    where = marks[row, column + 1] - np.divide(
        over, rate[row, column], out=np.zeros_like(over), where=stops & (rate[row, column] > 0)
    )
    return np.where(stops[:, None], origin + where[:, None] * direction, np.nan)


def conversion_map(converters: Sequence[Converter], volumes: Sequence[Volume]) -> ConversionMap:
    """P averaged over decays spread evenly through the (disjoint) volumes, and over azimuth.

    Parameters
    ----------
    converters : sequence of Converter
        The first that holds a place owns it.
    volumes : sequence of Volume
        Where N decays.

    Examples
    --------
    A metre of water in which N decays: of photons along it fewer convert than of those that cross it all.

    >>> from nudipole.detectors.geometry import box
    >>> tank = Converter(box(1.0, 1.0, 1.0), "water", 1.0)
    >>> float(conversion_map([tank], [tank.volume])(np.array([1.0]), np.array([1.0]))[0]) < 0.6
    True
    """
    energy = np.geomspace(_LOWEST, _HIGHEST, _ENERGIES)
    half = np.linspace(0.0, 1.0, _ANGLES)[:, None]
    cosine, sine = 1.0 - 2.0 * half**2, 2.0 * half * np.sqrt(np.maximum(1.0 - half**2, 0.0))
    uniform = points(_POINTS, 4).T
    total = sum(volume.volume for volume in volumes)
    mean = np.zeros((_ENERGIES, _ANGLES))
    for volume in volumes:
        share = volume.volume / total
        number = max(64, int(np.ceil(_POINTS * share)))
        origin, azimuth = volume.sample(uniform[:number, :3]), 2.0 * np.pi * uniform[:number, 3]
        path = np.stack(np.broadcast_arrays(sine * np.cos(azimuth), sine * np.sin(azimuth), cosine), axis=-1)
        start = np.broadcast_to(origin, path.shape)
        found = seen_probability(converters, start.reshape(-1, 3), path.reshape(-1, 3), energy)
        mean += share * found.reshape(_ENERGIES, _ANGLES, number).mean(axis=2)
    return ConversionMap(mean.T)


@functools.cache
def _per_depth(material: str) -> FloatArray:
    return photon_conversion.conversions_per_depth(material, _GRID)
