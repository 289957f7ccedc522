r"""Decays of N through its dipole: N -> nu gamma and N -> nu l+ l-.

Per unit ``D = sum |d_alpha|^2``, for a Dirac N (a Majorana N has twice every width):

.. math::

    \Gamma(N\to\nu\gamma) &= \frac{M^3}{4\pi}, \\
    \frac{d\Gamma(N\to\nu\ell\ell)}{ds} &= \Gamma(N\to\nu\gamma)\,\frac{\alpha}{3\pi s}\Bigl(1+\frac{2m^2}{s}\Bigr)
    \sqrt{1-\frac{4m^2}{s}}\Bigl(1-\frac{s}{M^2}\Bigr)^2\Bigl(1+\frac{s}{2M^2}\Bigr).

The review's Eqs. (36), (A.2) hold with d for its mu (docs: errata); checked against helicity amplitudes and explicit
traces in tests/processes/decays/test_hnl_decay.py.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_finite, check_non_negative

FloatArray = npt.NDArray[np.float64]
_NODES = 80


def radiative_width(mass: npt.ArrayLike) -> FloatArray:
    r"""Gamma(N -> nu gamma) / D for Dirac N, M^3 / 4 pi.

    Parameters
    ----------
    mass : array_like
        Mass of N [GeV].

    Returns
    -------
    ndarray
        Width per unit D [GeV^3]; multiply by ``sum |d|^2`` [GeV^-2].

    Raises
    ------
    DomainError
        If a mass is negative or not finite.

    Examples
    --------
    >>> float(radiative_width(1.0)) * 4 * np.pi
    1.0
    """
    check_non_negative(mass=mass)
    return np.asarray(mass, dtype=float) ** 3 / (4.0 * np.pi)


def dilepton_ratio(mass: npt.ArrayLike, lepton: str) -> FloatArray:
    r"""Gamma(N -> nu l+ l-) / Gamma(N -> nu gamma), the integral of :func:`dilepton_spectrum` over s.

    Integrated in ln s with the threshold square root removed by s = 4 m^2 cosh^2(u): exact to 1e-10. Tends to
    (alpha / 3 pi) [ln(M^2 / m^2) - 3] for M >> m, and is zero below M = 2 m.

    Parameters
    ----------
    mass : array_like
        Mass of N [GeV].
    lepton : {"e", "mu", "tau"}

    Examples
    --------
    >>> round(float(dilepton_ratio(0.15, "e")), 5)
    0.00648
    """
    check_non_negative(mass=mass)
    check_choice("lepton", lepton, units.LEPTON_MASS)
    mass = np.asarray(mass, dtype=float)
    lepton_mass = units.LEPTON_MASS[lepton]
    nodes, weights = _legendre()
    u_max = np.arccosh(np.maximum(mass / (2 * lepton_mass), 1.0))[..., None]
    u = 0.5 * u_max * (nodes + 1.0)
    s = 4 * lepton_mass**2 * np.cosh(u) ** 2
    x = s / np.maximum(mass[..., None], 2 * lepton_mass) ** 2
    # ds / s = 2 tanh(u) du and sqrt(1 - 4 m^2/s) = tanh(u)
    integrand = 2 * np.tanh(u) ** 2 * (1 + 2 * lepton_mass**2 / s) * (1 - x) ** 2 * (1 + 0.5 * x)
    return units.ALPHA / (3 * np.pi) * np.sum(0.5 * u_max * weights * integrand, axis=-1)


def dilepton_spectrum(invariant_mass2: npt.ArrayLike, mass: npt.ArrayLike, lepton: str) -> FloatArray:
    r"""dGamma(N -> nu l+ l-)/ds / Gamma(N -> nu gamma), s = invariant mass squared of the pair.

    Parameters
    ----------
    invariant_mass2 : array_like
        s [GeV^2].
    mass : array_like
        Mass of N [GeV], broadcast against s.
    lepton : {"e", "mu", "tau"}

    Returns
    -------
    ndarray
        [GeV^-2]; zero outside 4 m^2 < s < M^2.
    """
    check_non_negative(mass=mass, invariant_mass2=invariant_mass2)
    check_choice("lepton", lepton, units.LEPTON_MASS)
    s, mass = np.broadcast_arrays(np.asarray(invariant_mass2, dtype=float), np.asarray(mass, dtype=float))
    m2 = units.LEPTON_MASS[lepton] ** 2
    inside = (s > 4 * m2) & (s < mass**2)
    s_in, x = np.where(inside, s, 4 * m2), np.where(inside, s / np.where(inside, mass, 1.0) ** 2, 1.0)
    shape = (1 + 2 * m2 / s_in) * np.sqrt(np.maximum(1 - 4 * m2 / s_in, 0.0)) * (1 - x) ** 2 * (1 + 0.5 * x) / s_in
    return np.where(inside, units.ALPHA / (3 * np.pi) * shape, 0.0)


def partial_widths(mass: npt.ArrayLike) -> dict[str, FloatArray]:
    """Width per unit D [GeV^3] of every channel of a Dirac N, named ``nu gamma``, ``nu e+ e-``, ..."""
    photon = radiative_width(mass)
    return {"nu gamma": photon} | {f"nu {x}+ {x}-": photon * dilepton_ratio(mass, x) for x in units.LEPTON_MASS}


def total_width(mass: npt.ArrayLike) -> FloatArray:
    """Total width per unit D [GeV^3] of a Dirac N."""
    return np.sum(np.stack(list(partial_widths(mass).values())), axis=0)


def photon_angular_distribution(cosine: npt.ArrayLike, polarisation: npt.ArrayLike = -1.0) -> FloatArray:
    r"""(1/Gamma) dGamma/dcos(theta) of the photon in the rest frame of N.

    (1 - P cos theta)/2 for N -> nu gamma with theta measured from the spin axis and P the polarisation along it. For
    N -> nubar gamma (Majorana) the sign of P is opposite, and the sum of both is flat.

    Parameters
    ----------
    cosine : array_like
        cos(theta), in [-1, 1].
    polarisation : array_like
        P in [-1, 1].
    """
    check_finite(cosine=cosine, polarisation=polarisation)
    return 0.5 * (1.0 - np.asarray(polarisation, dtype=float) * np.asarray(cosine, dtype=float))


@functools.cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return np.asarray(nodes), np.asarray(weights)
