r"""Up-scattering of a neutrino into N on a target at rest, nu A -> N A, through one virtual photon.

Exact tree-level recoil spectra. With L = d nubar_L sigma N F (mu = 2 d) and m the mass of the target,

.. math::

    \text{spin 0:}\quad \frac{d\sigma}{dE_r} &= 4\alpha d^2\, Z^2F^2\, S_0, \\
    \text{spin 1/2:}\quad \frac{d\sigma}{dE_r} &= 4\alpha d^2 \left[(F_1^2 + \tau F_2^2)\,S_0 + (F_1+F_2)^2\,S_M\right],
    \qquad \tau = E_r/2m, \\
    S_0 &= \frac1{E_r}-\frac1{E}+\frac{E_r}{4E^2}+M^2\frac{E_r-4E-2m}{8mE^2E_r}-\frac{M^4}{8mE^2E_r^2}, \\
    S_M &= \frac{(M^2+2mE_r)(M^2-mE_r)}{8m^2E^2E_r}.

S_0 + S_M is the bracket of the review's Eq. (8); its Eq. (9) lacks the interference of F_1 and F_2 (docs: errata). At
fixed E_r and M all of it is a polynomial of degree two in 1/E, see :func:`energy_coefficients`. S_0 is computed as a
sum of non-negative terms,

.. math:: S_0 = \frac{4m(m+2E)(E_r-E_r^{min})(E_r^{max}-E_r) + E_r(E_r+2m)(2mE_r+M^2)}{8mE^2E_r^2},

which keeps all digits at the edges of phase space. Helicities of N are in :mod:`nudipole.processes.scattering.helicity`; the rate
on antineutrinos is the same. Total cross sections: :mod:`nudipole.processes.scattering.upscattering_total`.

Checked against explicit Dirac traces in tests/processes/scattering/test_upscattering.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST_ENERGY, check_finite, check_non_negative, check_positive
from nudipole.kinematics import recoil_limits
from nudipole.matter.targets import Target

FloatArray = npt.NDArray[np.float64]


class Term(NamedTuple):
    """One monomial c m^a E_r^b E^-j M^2k of S_0 or S_M: c, and the powers a, b, j, k."""

    coefficient: float
    target: int
    recoil: int
    inverse_energy: int
    mass2: int


#: S_0 and S_M of the equations above, multiplied out: what every polynomial in 1/E, E_r or M^2 is made of.
S0_TERMS = (
    Term(1.0, 0, -1, 0, 0),
    Term(-1.0, 0, 0, 1, 0),
    Term(-0.5, -1, -1, 1, 1),
    Term(0.25, 0, 1, 2, 0),
    Term(0.125, -1, 0, 2, 1),
    Term(-0.25, 0, -1, 2, 1),
    Term(-0.125, -1, -2, 2, 2),
)
SM_TERMS = (Term(0.125, -2, -1, 2, 2), Term(0.125, -1, 0, 2, 1), Term(-0.25, 0, 1, 2, 0))


def spectrum_spin0(
    recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> FloatArray:
    r"""Recoil spectrum per unit d^2 of a point-like spin-0 target of unit charge, 4 alpha S_0.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass, target_mass : array_like
        E_r, E, M, m [GeV], broadcast against each other.

    Returns
    -------
    ndarray
        dsigma/dE_r / d^2 [GeV^-1]; zero outside the kinematic limits.

    Raises
    ------
    DomainError
        If a mass is negative, an energy is not positive or anything is not finite.

    Notes
    -----
    Exact; falls as 1/E_r far above threshold. Agrees with Eq. (51) of :cite:`Kang:2025ndp` up to E_r / 4 E^2.

    Examples
    --------
    >>> f"{float(spectrum_spin0(2e-5, 0.03, 0.0, 37.2155)):.4f}"
    '1458.4977'
    """
    recoil, energy, mass, target = broadcast(recoil_energy, neutrino_energy, hnl_mass, target_mass)
    low, high = recoil_limits(energy, mass, target)
    return (
        4.0 * units.ALPHA * np.where(inside_limits(recoil, low, high), s0(recoil, energy, mass, target, low, high), 0.0)
    )


def spectrum_spin_half(
    recoil_energy: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    target_mass: npt.ArrayLike,
    f1: npt.ArrayLike = 1.0,
    f2: npt.ArrayLike = 0.0,
) -> FloatArray:
    r"""Recoil spectrum per unit d^2 of a spin-1/2 target with Dirac and Pauli form factors F_1, F_2 at Q^2 = 2 m E_r.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass, target_mass : array_like
        E_r, E, M, m [GeV], broadcast against each other.
    f1, f2 : array_like
        F_1 and F_2 at the recoil energies; (1, 0) is a point-like electron. In Sachs form factors
        F_1^2 + tau F_2^2 = (G_E^2 + tau G_M^2)/(1 + tau) and F_1 + F_2 = G_M.

    Returns
    -------
    ndarray
        dsigma/dE_r / d^2 [GeV^-1]; zero outside the kinematic limits.

    Raises
    ------
    DomainError
        As for :func:`spectrum_spin0`.
    """
    recoil, energy, mass, target = broadcast(recoil_energy, neutrino_energy, hnl_mass, target_mass)
    check_finite(f1=f1, f2=f2)
    f1, f2 = np.asarray(f1, dtype=float), np.asarray(f2, dtype=float)
    low, high = recoil_limits(energy, mass, target)
    electric = (f1**2 + recoil / (2.0 * target) * f2**2) * s0(recoil, energy, mass, target, low, high)
    magnetic = (f1 + f2) ** 2 * _sm(recoil, energy, mass, target)
    return 4.0 * units.ALPHA * np.where(inside_limits(recoil, low, high), np.maximum(electric + magnetic, 0.0), 0.0)


def energy_coefficients(
    recoil_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> FloatArray:
    r"""Coefficients c_j with 4 alpha S_0 = c_0 + c_1 / E + c_2 / E^2, at fixed recoil energy and mass.

    Parameters
    ----------
    recoil_energy, hnl_mass, target_mass : array_like
        E_r > 0, M, m [GeV], broadcast.

    Returns
    -------
    ndarray, shape (3, ...)
        c_j [GeV^(j-1)] per unit d^2 and unit charge. They hold for E >= E_min(E_r, M), see
        :func:`nudipole.kinematics.minimum_neutrino_energy`.

    Raises
    ------
    DomainError
        If a recoil energy is not positive or a mass negative.

    Examples
    --------
    >>> c = energy_coefficients(2e-5, 0.0, 37.2155)
    >>> bool(np.isclose(c[0] + c[1] / 0.03 + c[2] / 0.03**2, spectrum_spin0(2e-5, 0.03, 0.0, 37.2155)))
    True
    """
    recoil, mass, target = _recoil_mass_target(recoil_energy, hnl_mass, target_mass)
    return _by_energy(S0_TERMS, recoil, mass, target)


def magnetic_energy_coefficients(
    recoil_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> FloatArray:
    """The same for 4 alpha S_M, which multiplies G_M^2 of a spin-1/2 target; only c_2 differs from zero."""
    recoil, mass, target = _recoil_mass_target(recoil_energy, hnl_mass, target_mass)
    return _by_energy(SM_TERMS, recoil, mass, target)


def _by_energy(terms: Sequence[Term], recoil: FloatArray, mass: FloatArray, target: FloatArray) -> FloatArray:
    """Coefficients of 1, 1/E, 1/E^2 of 4 alpha times a sum of terms."""
    result = np.zeros((3, *recoil.shape))
    for c, a, b, j, k in terms:
        result[j] += c * target**a * recoil**b * mass ** (2 * k)
    return 4.0 * units.ALPHA * result


def electron_energy_coefficients(recoil_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    """Coefficients of 1, 1/E, 1/E^2 for one free electron, 4 alpha (S_0 + S_M): the review's Eq. (8)."""
    electron = units.ELECTRON_MASS
    return energy_coefficients(recoil_energy, hnl_mass, electron) + magnetic_energy_coefficients(
        recoil_energy, hnl_mass, electron
    )


def spectrum(
    target: Target, recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike
) -> FloatArray:
    r"""Recoil spectrum per unit d^2 of any target, 4 alpha [E(Q^2) S_0 + G(Q^2) S_M] at Q^2 = 2 m E_r.

    Parameters
    ----------
    target : Target
        From :func:`nudipole.matter.targets.get`.
    recoil_energy, neutrino_energy, hnl_mass : array_like
        E_r, E, M [GeV], broadcast.

    Returns
    -------
    ndarray
        dsigma/dE_r / d^2 [GeV^-1]; zero outside the kinematic limits.

    Raises
    ------
    DomainError
        As for :func:`spectrum_spin0`.
    """
    recoil, energy, mass, target_mass = broadcast(recoil_energy, neutrino_energy, hnl_mass, target.mass)
    low, high = recoil_limits(energy, mass, target_mass)
    return np.where(inside_limits(recoil, low, high), spectrum_inside(target, recoil, energy, mass, low, high), 0.0)


def spectrum_inside(
    target: Target,
    recoil: FloatArray,
    energy: FloatArray,
    mass: FloatArray,
    low: FloatArray | float,
    high: FloatArray | float,
) -> FloatArray:
    """:func:`spectrum` for arguments known to be valid and inside the kinematic limits ``low``, ``high`` of E_r [GeV]."""
    q2 = 2.0 * target.mass * recoil
    target_mass = np.asarray(target.mass)
    value = target.electric(q2) * s0(recoil, energy, mass, target_mass, np.asarray(low), np.asarray(high))
    if target.magnetic is not None:
        value = np.maximum(value + target.magnetic(q2) * _sm(recoil, energy, mass, target_mass), 0.0)
    return 4.0 * units.ALPHA * value


def s0(
    recoil: FloatArray, energy: FloatArray, mass: FloatArray, target: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    edges = 4.0 * target * (target + 2.0 * energy) * (1.0 - low / recoil) * (high / recoil - 1.0)
    floor = (1.0 + 2.0 * target / recoil) * (2.0 * target + mass**2 / recoil)
    return (edges + recoil * floor) / (8.0 * target * energy**2)


def _sm(recoil: FloatArray, energy: FloatArray, mass: FloatArray, target: FloatArray) -> FloatArray:
    q2 = 2.0 * target * recoil
    return (mass**2 + q2) * (mass**2 - 0.5 * q2) / (8.0 * target**2 * energy**2 * recoil)


def inside_limits(recoil: FloatArray, low: FloatArray, high: FloatArray) -> npt.NDArray[np.bool_]:
    return (recoil >= low) & (recoil <= high) & (high > 0)


def broadcast(*values: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    recoil, energy, mass, target = (np.asarray(v, dtype=float) for v in values)
    check_positive(largest=LARGEST_ENERGY, recoil_energy=recoil, neutrino_energy=energy, target_mass=target)
    check_non_negative(largest=LARGEST_ENERGY, hnl_mass=mass)
    recoil, energy, mass, target = np.broadcast_arrays(recoil, energy, mass, target)
    return recoil, energy, mass, target


def _recoil_mass_target(
    recoil_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    recoil, mass, target = (np.asarray(v, dtype=float) for v in (recoil_energy, hnl_mass, target_mass))
    check_positive(recoil_energy=recoil, target_mass=target)
    check_non_negative(hnl_mass=mass)
    recoil, mass, target = np.broadcast_arrays(recoil, mass, target)
    return recoil, mass, target
