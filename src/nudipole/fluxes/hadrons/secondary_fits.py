r"""Fits to measured pions and kaons of protons on nuclei, d2sigma/dp dOmega in mb / (GeV sr).

Sanford-Wang for charged pions of 8.89 GeV/c protons on beryllium (HARP, :cite:`AguilarArevalo:2008yp`), with
p_B = 8.89 GeV:

.. math:: c_1 p^{c_2}\Bigl(1-\frac{p}{p_B-c_9}\Bigr)\exp\Bigl[-c_3\frac{p^{c_4}}{p_B^{c_5}}
          -c_6\theta\,(p-c_7p_B\cos^{c_8}\theta)\Bigr] ;

Feynman scaling for K+ there (:cite:`Mariani:2011zd`); and the fit of :cite:`Bonesini:2001iz` to pions and kaons of 100 to
450 GeV protons on beryllium, scaled in the mass number, with x_R = E*/E*_max.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import UnknownNameError, check_between, check_positive
from nudipole.processes.mesons.meson import parent_mass

FloatArray = npt.NDArray[np.float64]
BOOSTER_MOMENTUM = 8.89
"""Of the protons [GeV] behind the fits at 8 GeV."""
_HIGHEST_ENERGY = 1e9  # GeV, of beam or secondary: far beyond every fit below
_PROTON = units.PROTON_MASS
#: Sanford-Wang, p + Be at 8.89 GeV/c: c1 ... c9 of 0806.1449, in mb / (GeV sr).
_SANFORD_WANG: Mapping[str, tuple[float, ...]] = {
    "pi+": (220.7, 1.080, 1.000, 1.978, 1.32, 5.572, 0.0868, 9.686, 1.0),
    "pi-": (213.7, 0.9379, 5.454, 1.210, 1.284, 4.781, 0.07338, 8.329, 1.0),
}


def sanford_wang(momentum: npt.ArrayLike, angle: npt.ArrayLike, meson: str) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of pi+ or pi- from p + Be at 8.89 GeV/c; zero beyond its largest momentum.

    Parameters
    ----------
    momentum : array_like
        Of the meson in the laboratory [GeV].
    angle : array_like
        To the beam [rad], up to pi / 2; broadcast against ``momentum``.
    meson : {"pi+", "pi-"}

    Raises
    ------
    DomainError
        For a momentum or angle out of range.
    UnknownNameError
        If the fit does not know the meson.

    Examples
    --------
    >>> float(sanford_wang(2.0, 0.1, "pi+")) > float(sanford_wang(2.0, 0.1, "pi-")) > 0.0
    True
    """
    if meson not in _SANFORD_WANG:
        raise UnknownNameError("Sanford-Wang meson", meson, _SANFORD_WANG)
    c1, c2, c3, c4, c5, c6, c7, c8, c9 = _SANFORD_WANG[meson]
    p, angle = _checked(momentum, angle)
    beam = BOOSTER_MOMENTUM
    rest = np.maximum(1 - p / (beam - c9), 0.0)
    exponent = -c3 * p**c4 / beam**c5 - c6 * angle * (p - c7 * beam * np.cos(angle) ** c8)
    return c1 * p**c2 * rest * np.exp(exponent)


def kaon_feynman_scaling(momentum: npt.ArrayLike, angle: npt.ArrayLike) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of K+ from p + Be at 8.89 GeV/c (Feynman scaling, 1110.0417).

    Parameters
    ----------
    momentum : array_like
        Of the meson in the laboratory [GeV].
    angle : array_like
        To the beam [rad], up to pi / 2; broadcast against ``momentum``.

    Raises
    ------
    DomainError
        For a momentum or angle out of range.

    Examples
    --------
    >>> float(kaon_feynman_scaling(2.0, 0.1)) < 0.2 * float(sanford_wang(2.0, 0.1, "pi+"))
    True
    """
    p, angle = _checked(momentum, angle)
    energy = np.hypot(p, parent_mass("K+"))
    pt, x = p * np.sin(angle), np.abs(_feynman_x(p * np.cos(angle), energy, np.hypot(BOOSTER_MOMENTUM, _PROTON)))
    exponent = -0.88 * pt - 4.77 * x**1.51 - 2.21 * pt**2 - 1.51 * (pt * x) ** 2.17
    return np.where(x < 1, p**2 / energy * 11.70 * np.maximum(1 - x, 0) * np.exp(exponent), 0.0)


def bmpt(
    momentum: npt.ArrayLike, angle: npt.ArrayLike, meson: str, beam: float, mass_number: float = 9.0
) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of pi+-, K+- from p + A, BMPT fit (hep-ph/0101163) to beryllium, scaled in A.

    The ratio K+/K- is taken with (1 - xR) in its base, as the data require.

    Parameters
    ----------
    momentum : array_like
        Of the meson in the laboratory [GeV].
    angle : array_like
        To the beam [rad], up to pi / 2; broadcast against ``momentum``.
    meson : {"pi+", "pi-", "K+", "K-"}
    beam : float
        Energy of the protons [GeV]; fitted from 100 to 450 GeV.
    mass_number : float
        A of the target.

    Raises
    ------
    DomainError
        For a momentum, angle, beam energy or mass number out of range.
    UnknownNameError
        If the fit does not know the meson.

    Examples
    --------
    >>> round(float(bmpt(40.0, 0.005, "pi+", 400.0) / bmpt(40.0, 0.005, "pi-", 400.0)), 2)
    1.36
    """
    if meson not in ("pi+", "pi-", "K+", "K-"):
        raise UnknownNameError("BMPT meson", meson, ("pi+", "pi-", "K+", "K-"))
    p, angle = _checked(momentum, angle)
    check_between(1.0, _HIGHEST_ENERGY, beam=beam)
    check_positive(mass_number=mass_number)
    pion = meson.startswith("pi")
    mass = parent_mass(meson)
    energy, pt, pz = np.hypot(p, mass), p * np.sin(angle), p * np.cos(angle)
    s = 2 * _PROTON * (_PROTON + beam)
    gamma = (beam + _PROTON) / np.sqrt(s)
    star = gamma * energy - np.sqrt(np.maximum(gamma**2 - 1, 0.0)) * pz
    x = star / ((s + mass**2 - 4 * _PROTON**2) / (2 * np.sqrt(s)))
    inside = x < 1
    x = np.clip(x, 1e-3, 1 - 1e-9)
    size, b, alpha, beta, a, g, delta = (
        (62.3, 1.57, 3.45, 0.517, 6.10, 0.153, 0.478) if pion else (7.74, 0.0, 2.45, 0.444, 5.04, 0.121, 0.242)
    )
    a1, b1 = a / x**g, a**2 / (2 * x**delta)
    invariant = size * (1 - x) ** alpha * (1 + b * x) * x**-beta * (1 + a1 * pt + b1 * pt**2) * np.exp(-a1 * pt)
    if meson == "pi-":
        invariant = invariant / (1.05 * (1 + x) ** 2.65)
    if meson == "K-":
        invariant = invariant / (1.15 * (1 - x) ** -3.17)
    x_f = np.clip(_feynman_x(pz, energy, beam), 0, 1)
    power = (0.74 - 0.55 * x_f + 0.26 * x_f**2) * (0.98 + 0.21 * pt)
    return np.where(inside, invariant * (mass_number / 9.0) ** power * p**2 / energy, 0.0)


def _checked(momentum: npt.ArrayLike, angle: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Momentum [GeV] and angle [rad] of a secondary, forward."""
    check_between(0.0, _HIGHEST_ENERGY, momentum=momentum)
    check_between(0.0, 0.5 * np.pi, angle=angle)
    p, angle = np.broadcast_arrays(np.asarray(momentum, dtype=float), np.asarray(angle, dtype=float))
    return p, angle


def _feynman_x(pz: FloatArray, energy: FloatArray, beam_energy: float | FloatArray) -> FloatArray:
    """x_F = p*_L / (sqrt s / 2) of a secondary with these lab pz and energy [GeV]."""
    s = 2 * _PROTON * (_PROTON + beam_energy)
    gamma = (beam_energy + _PROTON) / np.sqrt(s)
    return np.asarray(2 * (gamma * pz - np.sqrt(gamma**2 - 1) * energy) / np.sqrt(s))
