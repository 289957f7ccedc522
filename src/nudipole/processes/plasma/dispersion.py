r"""Dispersion of photons in a plasma of electrons with any velocity: transverse and longitudinal plasmons.

The analytic approximation of :cite:`Braaten:1993jw`, good to a per cent at all temperatures and densities and exact to order
alpha for degenerate electrons, v their Fermi velocity (:cite:`Raffelt:1996wa`, Sec. 6.3):

.. math::

    T:\ \omega^2 - k^2 = \omega_p^2\,[1 + \tfrac12 G(x)],\qquad L:\ \omega^2 - v^2k^2 = \omega_p^2\,[1 - G(x)],\qquad
    x = \frac{v^2k^2}{\omega^2},

    G(x) = \frac3x\left[1 - \frac{2x}3 - \frac{1-x}{2\sqrt x}\ln\frac{1+\sqrt x}{1-\sqrt x}\right],

with G(0) = 0 and G(1) = 1. A transverse photon of high momentum has the mass :math:`m_T = \omega_p\sqrt{1 + G(v^2)/2}`; a
longitudinal one crosses the light cone at x = v^2. Energies in any one unit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_between, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]
_SERIES = 0.02  # below, the series in x, which does not cancel
_STEPS = 80
_FASTEST = 1.0 - 1e-9


def correction(x: npt.ArrayLike) -> FloatArray:
    """G(x) for x in [0, 1), where it is 2x/5 + 6x^2/35 + ... .

    Examples
    --------
    >>> round(float(correction(0.4)), 4), float(correction(0.0))
    (0.1957, 0.0)
    """
    check_between(0.0, 1.0, x=x)
    x = np.asarray(x, dtype=float)
    safe = np.clip(x, _SERIES, _FASTEST)
    root = np.sqrt(safe)
    exact = 3.0 / safe * (1.0 - 2.0 * safe / 3.0 - (1.0 - safe) / root * np.arctanh(root))
    # (1 - x) artanh(sqrt x) / sqrt x = 1 - sum_n 2 x^n / (4 n^2 - 1)
    series = sum(6.0 * x ** (n - 1) / (4 * n**2 - 1) for n in range(2, 9))
    return np.where(x < _SERIES, series, np.where(x < _FASTEST, exact, 1.0))


def transverse_energy(wave: npt.ArrayLike, frequency: npt.ArrayLike, velocity: npt.ArrayLike) -> FloatArray:
    """omega of a transverse plasmon of momentum k, at plasma frequency omega_p and electron velocity v in [0, 1)."""
    wave, frequency, velocity = _checked(wave, frequency, velocity)
    squared = wave**2 + frequency**2
    for _ in range(_STEPS):
        new = wave**2 + frequency**2 * (1.0 + 0.5 * correction((velocity * wave) ** 2 / squared))
        done = bool(np.all(np.abs(new - squared) <= 1e-13 * new))
        squared = new
        if done:
            break
    return np.sqrt(squared)


def longitudinal_energy(ratio: npt.ArrayLike, frequency: npt.ArrayLike) -> FloatArray:
    """omega of a longitudinal plasmon with x = v^2 k^2 / omega^2 in [0, 1) given, at plasma frequency omega_p."""
    check_between(0.0, _FASTEST, ratio=ratio)
    check_positive(frequency=frequency)
    ratio = np.asarray(ratio, dtype=float)
    return np.asarray(frequency, dtype=float) * np.sqrt((1.0 - correction(ratio)) / (1.0 - ratio))


def transverse_mass(frequency: npt.ArrayLike, velocity: npt.ArrayLike) -> FloatArray:
    """m_T of a transverse photon of high momentum, its largest invariant mass.

    Examples
    --------
    >>> round(float(transverse_mass(17.94, 0.625)), 1)  # keV, tip of the red-giant branch
    18.8
    """
    _, frequency, velocity = _checked(0.0, frequency, velocity)
    return frequency * np.sqrt(1.0 + 0.5 * correction(velocity**2))


def transverse_residue(
    omega: npt.ArrayLike, wave: npt.ArrayLike, frequency: npt.ArrayLike, velocity: npt.ArrayLike
) -> FloatArray:
    r"""Z_T, the residue of the propagator in :math:`\Gamma = Z\dots/\omega`; one for electrons at rest.

    .. math:: Z_T = \frac{2\omega^2(\omega^2 - v^2k^2)}
              {3\omega_p^2\omega^2 + (\omega^2 + k^2)(\omega^2 - v^2k^2) - 2\omega^2(\omega^2 - k^2)}
    """
    wave, frequency, velocity = _checked(wave, frequency, velocity)
    check_positive(omega=omega)
    w2, k2 = np.asarray(omega, dtype=float) ** 2, wave**2
    cone = w2 - velocity**2 * k2
    return 2.0 * w2 * cone / (3.0 * frequency**2 * w2 + (w2 + k2) * cone - 2.0 * w2 * (w2 - k2))


def longitudinal_residue(
    omega: npt.ArrayLike, wave: npt.ArrayLike, frequency: npt.ArrayLike, velocity: npt.ArrayLike
) -> FloatArray:
    r"""Z_L times K^2, finite on the light cone.

    .. math:: Z_LK^2 = \frac{2\omega^2(\omega^2 - v^2k^2)}{3\omega_p^2 - (\omega^2 - v^2k^2)}
    """
    wave, frequency, velocity = _checked(wave, frequency, velocity)
    check_positive(omega=omega)
    w2 = np.asarray(omega, dtype=float) ** 2
    cone = w2 - velocity**2 * wave**2
    return 2.0 * w2 * cone / (3.0 * frequency**2 - cone)


def _checked(
    wave: npt.ArrayLike, frequency: npt.ArrayLike, velocity: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    check_non_negative(wave=wave)
    check_positive(frequency=frequency)
    check_between(0.0, _FASTEST, velocity=velocity)
    return np.asarray(wave, dtype=float), np.asarray(frequency, dtype=float), np.asarray(velocity, dtype=float)
