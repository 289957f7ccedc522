r"""Where N is made and decays if nothing is asked of the decay: paths whose line meets the decay volumes.

N flies along a straight line at a fixed angle to the beam. Lines are even in the area across it; of each, the part in the
matter that lies before the end of the last volume it meets is where N may be made,

.. math:: m(\theta) = \int d^2b \int ds\; \rho(b, s)\;[\text{line meets } V,\; s < s_V] \quad[\mathrm{kg}],

and the decay follows after an exponential length, before, inside or behind the volumes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nudipole.detectors.geometry import Cylinder, Prism, Sphere, Volume
from nudipole.generator.sampling.decay import about
from nudipole.generator.sampling.paths import Places, Tried, Way, widest
from nudipole.signals.upscattering.acceptance import ANGLES, STEEPEST, Body

FloatArray = npt.NDArray[np.float64]
_LINES = 1 << 15  # at each angle of the table


@dataclass(frozen=True)
class FreePlaces(Places):
    """One region of matter and the decay volumes; see :class:`nudipole.generator.sampling.paths.Places`."""

    @cached_property
    def _ball(self) -> tuple[FloatArray, float]:
        """Centre and radius [m] of a ball around all volumes."""
        balls = [_ball(volume) for volume in self.volumes]
        centre = np.mean([point for point, _ in balls], axis=0)
        return centre, max(float(np.linalg.norm(point - centre)) + radius for point, radius in balls)

    @cached_property
    def matter(self) -> tuple[FloatArray, FloatArray]:
        """m(theta) [kg] at :data:`ANGLES` and its statistical error, shape (angles,)."""
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(20230711)))
        area = np.pi * self._ball[1] ** 2
        found = []
        for cosine in np.cos(ANGLES):
            first, last, entry, ray = self._lines(rng, np.full(_LINES, cosine))
            weight = np.maximum(last - first, 0.0)
            weight *= self._fluence(entry[2] + (first + rng.random(_LINES) * weight) * ray[2])
            found.append((weight.mean(), weight.std() / np.sqrt(_LINES)))
        mean, error = area * self._density * np.array(found).T
        return mean, error

    @property
    def _density(self) -> float:
        place = self.place
        return place.kilograms / place.volume.volume if isinstance(place, Body) else place.density

    def _lines(
        self, rng: np.random.Generator, cosine: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Ends [m] of the part in the matter (last <= first: none), a point of each line (3, n), its direction (3, n)."""
        number = len(cosine)
        centre, radius = self._ball
        turn = 2.0 * np.pi * rng.random(number)
        sine = np.sqrt(np.maximum((1.0 - cosine) * (1.0 + cosine), 0.0))
        ray = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine])
        aside = np.stack(about((ray[0], ray[1], ray[2]), np.zeros(number), rng.random(number)))
        back = radius
        if isinstance(self.place, Body):
            point, reach = _ball(self.place.volume)
            back += float(np.linalg.norm(point - centre)) + reach
        entry = centre[:, None] + radius * np.sqrt(rng.random(number)) * aside - back * ray
        end = np.full(number, -np.inf)
        for volume in self.volumes:
            near, far = volume.chord(entry.T, ray.T)
            end = np.where(far > near, np.maximum(end, far), end)
        if isinstance(self.place, Body):
            first, last = self.place.volume.chord(entry.T, ray.T)
        else:
            forward = cosine > STEEPEST
            slope = np.where(forward, cosine, 1.0)
            first, last = (self.place.start - entry[2]) / slope, (self.place.stop - entry[2]) / slope
            last = np.where(forward, last, first)
        return first, np.minimum(last, end), entry, ray

    def _ways(self) -> tuple[Way, ...]:
        """One way: along lines that meet the volumes."""
        return (self._along_lines,)

    def _along_lines(self, rng: np.random.Generator, cosine: FloatArray, rate: FloatArray) -> Tried:
        number = len(cosine)
        first, last, entry, ray = self._lines(rng, cosine)
        inside = np.maximum(last - first, 0.0)
        start = entry + (first + rng.random(number) * inside) * ray
        if isinstance(self.place, Body):
            longest = np.full(number, widest(self.place.volume))
        else:
            slope = np.where(cosine > STEEPEST, cosine, 1.0)
            longest = (self.place.stop - self.place.start) / slope
        good = rng.random(number) * longest * self._strongest() < inside * self._fluence(start[2])
        length = -np.log1p(-rng.random(number)) / rate
        return start, ray, np.arctan2(ray[1], ray[0]), length, good


def meets(volumes: tuple[Volume, ...], point: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether points (3, n) [m] lie in any of the volumes."""
    upward = np.broadcast_to(np.array([0.0, 0.0, 1.0]), point.T.shape)
    found = np.zeros(point.shape[1], dtype=bool)
    for volume in volumes:
        near, far = volume.chord(point.T, upward)
        found |= (near == 0.0) & (far > 0.0)
    return found


def _ball(volume: Volume) -> tuple[FloatArray, float]:
    """Centre and radius [m] of a ball around a volume."""
    if isinstance(volume, (Sphere, Cylinder, Prism)):
        return volume.centre, 0.5 * widest(volume)
    point: FloatArray = volume.sample(np.full((1, 3), 0.5))[0]
    return point, widest(volume)
