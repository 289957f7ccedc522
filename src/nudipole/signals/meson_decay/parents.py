r"""Mesons whose decays are drawn, each with a preference: how often it is drawn for every meson there is.

A meson from a target is drawn in proportion to

.. math:: \min\Bigl[1, \frac{\Omega}{4\pi}\,\frac{1}{(\gamma-\sqrt{\gamma^2-1}\,\cos\alpha)^2}\Bigr]\;
          \max(0.1,\, 1 - x + x \ln x), \qquad x = E_{\min}/E_{\rm meson} ,

the chance that it sends a light N into the window of slopes that covers the detector (solid angle Omega, alpha the angle
from the meson to its nearest part), times the chance that the photon is above its threshold. The preference is divided out
again by the weight of each draw: it changes the statistical error, not the result.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole.errors import LARGEST_TOTAL, DomainError, check_finite, check_non_negative, check_positive
from nudipole.fluxes.hadrons import mesons as spectra
from nudipole.processes.mesons import meson

FloatArray = npt.NDArray[np.float64]
POWER = 12
"""Draws that prefer fast N do so with this power k of its energy (:mod:`nudipole.signals.meson_decay.draws`)."""
_DIM = 0.1  # draws of a meson too slow for the photon, relative to one fast enough
_PROPER_LENGTH = {"pi": 7.8045, "K": 3.711}  # c tau [m], PDG


class Parents(NamedTuple):
    """Mesons that may be drawn.

    ``mass`` [GeV], ``energy`` [GeV] and ``angle`` [rad] to the beam (n,); ``cumulative``: number of mesons times preference,
    summed up; ``preference``: draws per meson; ``narrow``: N is not aimed but isotropic in the rest frame; ``region``:
    where along z [m] they decay.
    """

    mass: float
    energy: FloatArray
    angle: FloatArray
    cumulative: FloatArray
    preference: FloatArray
    narrow: npt.NDArray[np.bool_]
    region: tuple[float, float]

    @property
    def content(self) -> FloatArray:
        """Number of mesons times preference of each row."""
        return np.diff(self.cumulative, prepend=0.0)

    @property
    def fast_content(self) -> float:
        """Sum of the content with every meson times gamma^k: what the draws of fast N are in proportion to."""
        return float(np.sum(self.content * (self.energy / self.mass) ** POWER))


def decay_chance(energy: npt.ArrayLike, mass: float, proper_length: float, path: float) -> FloatArray:
    r"""Probability that a meson decays before it is absorbed, :math:`1 - e^{-L m / (p\,c\tau)}`.

    Parameters
    ----------
    energy : array_like
        [GeV], above the mass.
    mass : float
        [GeV].
    proper_length, path : float
        c tau and the path L on which it may decay [m].

    Raises
    ------
    DomainError
        If a number is out of range.

    Examples
    --------
    >>> round(float(decay_chance(10.0, 0.13957, 7.8045, 100.0)), 3)  # a pion of 10 GeV in a decay tunnel
    0.164
    """
    check_positive(energy=energy, mass=mass, proper_length=proper_length)
    check_non_negative(path=path)
    energy = np.asarray(energy, dtype=float)
    if np.any(energy <= mass):
        raise DomainError("a meson that flies has an energy above its mass")
    momentum = np.sqrt(energy**2 - mass**2)
    return np.asarray(-np.expm1(-path * mass / (momentum * proper_length)))


def off_axis(angle: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Angle [rad] between a meson and the nearest circle about the beam that crosses a window, 0 if one holds it.

    Parameters
    ----------
    angle : ndarray (n,)
        To the beam [rad].
    low, high : ndarray (2,)
        Smallest and largest slopes dx/dz, dy/dz of the window.
    """
    nearest = np.where((low < 0) & (high > 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
    inner = float(np.arctan(np.hypot(*nearest)))
    outer = float(np.arctan(np.hypot(*np.maximum(np.abs(low), np.abs(high)))))
    return np.clip(np.maximum(inner - angle, angle - outer), 0.0, np.pi)


def aimed_chance(gamma: FloatArray, off: FloatArray, solid_angle: float) -> FloatArray:
    """Chance that a massless N goes into a window, Omega / 4 pi / (gamma - sqrt(gamma^2 - 1) cos(off))^2, at most 1."""
    chance = solid_angle / (4 * np.pi) / (gamma - np.sqrt(gamma**2 - 1) * np.cos(off)) ** 2
    return np.minimum(chance, 1.0)


def bright_chance(energy: FloatArray, softest: float) -> FloatArray:
    """Chance that a flat share (photon) of a flat share (N) of a meson's energy is above ``softest``: 1 - x + x ln x."""
    x = np.minimum(softest / energy, 1.0)
    return np.asarray(1.0 - x + np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0)), 0.0))


def preferred(
    energy: FloatArray, angle: FloatArray, mass: float, window: FloatArray, softest: float
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Preference of mesons at (energy [GeV], angle [rad]), and whether their cone of N is narrower than the window.

    ``mass`` [GeV] of the meson; ``window``: smallest and largest slopes (2, 2); ``softest``: energy of a photon [GeV].
    """
    low, high = window
    solid_angle, gamma = float(np.prod(high - low)), energy / mass
    off = off_axis(angle, low, high)
    preference = (aimed_chance(gamma, off, solid_angle) + 1e-9) * np.maximum(bright_chance(energy, softest), _DIM)
    return preference, (off == 0) & (gamma**2 * solid_angle > np.pi)


@functools.lru_cache(maxsize=256)
def target_parents(
    beam: float | str,
    parent: str,
    mass_number: float,
    decay_path: float,
    window: tuple[float, ...],
    exposure: float,
    softest: float = 0.0,
) -> Parents:
    """Mesons from a proton beam.

    Parameters
    ----------
    beam, parent, mass_number
        As in :func:`nudipole.fluxes.hadrons.mesons.meson_spectrum`.
    decay_path : float
        Path [m] on which pions and kaons may decay before they are absorbed.
    window : tuple of four floats
        Slopes from :func:`nudipole.signals.meson_decay.events.slope_window`, flattened.
    exposure : float
        Protons on target, or pb^-1.
    softest : float
        Smallest energy [GeV] of a photon that counts: slower mesons are drawn rarely.

    Raises
    ------
    DomainError
        If a number is out of range, or the beam makes no such meson.
    """
    check_positive(decay_path=decay_path)
    check_positive(largest=LARGEST_TOTAL, exposure=exposure)
    check_non_negative(softest=softest)
    nodes = spectra.meson_spectrum(beam, parent, mass_number)
    if nodes.weight.size == 0:
        raise DomainError(f"protons of {beam} GeV make no {parent}: below threshold")
    mass, number = meson.parent_mass(parent), nodes.weight * exposure
    if parent in _PROPER_LENGTH:
        number = number * decay_chance(nodes.energy, mass, _PROPER_LENGTH[parent], decay_path)
    preference, narrow = preferred(nodes.energy, nodes.angle, mass, np.reshape(window, (2, 2)), softest)
    order = np.argsort(nodes.energy * (1 + 1e-6 * nodes.angle))
    cumulative = np.cumsum((number * preference)[order])
    energy, angle = nodes.energy[order], nodes.angle[order]
    return Parents(mass, energy, angle, cumulative, preference[order], narrow[order], (0.0, 0.0))


@functools.lru_cache(maxsize=256)
def beam_parents(parent: str, momentum: float, decays: float, region: tuple[float, float]) -> Parents:
    """``decays`` mesons of one momentum [GeV] along z that decay uniformly between two z [m]."""
    check_non_negative(momentum=momentum)
    check_non_negative(largest=LARGEST_TOTAL, decays=decays)
    check_finite(region=region)
    if not region[1] > region[0]:
        raise DomainError(f"the decay region must have a length, got {region[0]:g} to {region[1]:g} m")
    mass, one = meson.parent_mass(parent), np.ones(1)
    return Parents(mass, np.hypot(momentum, mass) * one, 0 * one, decays * one, one, one > 0, region)
