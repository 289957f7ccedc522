r"""Photons of N -> nu gamma in the decay volume, and the share that is seen.

The path of N inside the volume is cut into slices, and each event stands for one of them. In the rest frame of N,

.. math:: \frac{1}{\Gamma}\frac{d\Gamma}{d\cos\theta} = \tfrac12(1 - P\cos\theta) ,

with theta from the direction in which N flies in the rest frame of the meson (the meson flies against it as N sees it).
The photon is boosted to the lab and followed to the face of a calorimeter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.processes.decays import hnl_decay
from nudipole.processes.mesons.phase_space import boost
from nudipole.signals.meson_decay.card import SelectionSection
from nudipole.signals.meson_decay.draws import unit
from nudipole.signals.meson_decay.events import Events
from nudipole.signals.meson_decay.nodes import Gathered, gather

FloatArray = npt.NDArray[np.float64]
SLICES = 8
"""Slices of the path inside the volume."""
_PER_DECADE = 20  # bins of momentum in the gathered template


class Segments(NamedTuple):
    """The slice of its path that each N stands for: its number, and where it begins and ends [m] along the path."""

    number: npt.NDArray[np.intp]
    near: FloatArray
    far: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Where along the path [m] the photon starts."""
        return self.near + 0.5 * (self.far - self.near)


def sliced(near: FloatArray, far: FloatArray, u: FloatArray) -> Segments:
    """One slice of each path from ``near`` to ``far`` [m], drawn with uniforms u, all (n,).

    Examples
    --------
    >>> one = sliced(np.array([10.0]), np.array([18.0]), np.array([0.3]))
    >>> one.number.tolist(), one.near.tolist(), one.far.tolist()
    ([2], [12.0], [13.0])
    """
    number = np.minimum((u * SLICES).astype(int), SLICES - 1)
    step = (far - near) / SLICES
    start = near + number * step
    return Segments(number, start, start + step)


def decay_photons(
    events: Events, mass: float, cosine: FloatArray, azimuth: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Photons in the lab (n, 4) [GeV], and twice their angular distribution (n,), which is 1 on average.

    Parameters
    ----------
    events : Events
        N in the lab.
    mass : float
        M [GeV].
    cosine, azimuth : ndarray (n,)
        Direction of the photon in the rest frame of N, even in both; azimuth in rad.
    """
    lab = events.four_momentum(mass)
    photon = unit(cosine, azimuth)
    back = boost(events.parent, lab * np.array([1.0, -1.0, -1.0, -1.0]), mass)[:, 1:]
    size = np.sqrt(np.sum(back**2, axis=1))
    spin = -np.sum(back * photon, axis=1) / np.where(size > 0, size, 1.0)
    light = boost(np.column_stack([np.full(len(photon), 0.5 * mass), 0.5 * mass * photon]), lab, mass)
    return light, 2 * hnl_decay.photon_angular_distribution(spin, events.polarisation)


def photon_efficiency(selection: SelectionSection, point: FloatArray, photon: FloatArray) -> FloatArray:
    """Efficiency (n,) for photons that start at a point, fly forward and hit the ring of the calorimeter.

    Parameters
    ----------
    selection : SelectionSection
        Window in energy, plane and ring of the calorimeter, and efficiency inside.
    point : ndarray (n, 3)
        [m], z along the beam.
    photon : ndarray (n, 4)
        (E, p) [GeV].
    """
    way = selection.calorimeter_m - point[:, 2]
    slope = np.where(photon[:, 3] > 0, photon[:, 3], np.inf)
    radius = np.hypot(*(point[:, :2] + photon[:, 1:3] * (way / slope)[:, None]).T)
    low, high = selection.photon_GeV
    inside = (photon[:, 0] > low) & (photon[:, 0] < high) & (photon[:, 3] > 0) & (way > 0)
    inside &= (radius >= selection.inner_m) & (radius <= selection.outer_m)
    return np.where(inside, selection.efficiency, 0.0)


def seen_decays(
    events: Events, near: FloatArray, far: FloatArray, mass: float, selection: SelectionSection, decays: int
) -> Gathered:
    """Photons that are seen, with their segments of path, gathered by decay, slice and momentum.

    Parameters
    ----------
    events : Events
        N whose path crosses the volume; ``group`` is the number of its decay, and uniforms 5 to 7 choose slice and photon.
    near, far : ndarray (n,)
        Where the path enters and leaves the volume [m].
    mass : float
        M [GeV].
    selection : SelectionSection
    decays : int
        Number of decays into N.
    """
    u = events.uniforms
    segments = sliced(near, far, u[:, 5])
    light, angular = decay_photons(events, mass, 2 * u[:, 6] - 1, 2 * np.pi * u[:, 7])
    point = events.origin + segments.middle[:, None] * events.direction
    weight = events.weight * SLICES * angular * photon_efficiency(selection, point, light)
    bins = np.floor(_PER_DECADE * np.log10(events.momentum)).astype(int)
    code = (bins * SLICES + segments.number) * decays + events.group
    return gather(code, weight, 1 / events.momentum, segments.near, segments.far)
