r"""nu f <-> N f on the charges of a plasma, with Debye screening.

Exact tree-level matrix element, summed over spins, per unit Q^2 and d^2, with s_1 = s - m^2 and x = -t:

.. math::

    \sum|\mathcal M|^2 = \frac{8e^2}{x^2}\left[A\,x + B\,x^2 + C\right],\quad
    A = 4s_1^2 - 4M^2 s_1 - 4M^2m^2 + 2M^4,\quad B = 2M^2 - 4s_1,\quad C = -4M^4m^2,

screened by x / (x + m_D^2). With :math:`W(s) = \int d\Phi_2 \sum|\mathcal M|^2`, an N of momentum p scatters away at

.. math::

    \Gamma(p) = \frac{1}{64\pi^2 E p}\int ds\, W(s)\,[F(E_-) - F(E_+)],\qquad F(E) = T\ln(1+e^{-E/T}),

E_+- the end points of the target's energy at fixed s (targets Fermi-Dirac, final state unblocked; averaged over the two
helicities of N). The bracket is checked against explicit traces, the rates against Monte Carlo averages, in
tests/processes/plasma/test_thermal_scattering.py. For M, m << T: rate density 16 alpha d^2 T^6 / pi^4 [ln(T^2/m_D^2) + 1.73].
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import k1e, roots_legendre

from nudipole import units
from nudipole.errors import SMALLEST, DomainError, check_non_negative, check_positive
from nudipole.kinematics import kallen
from nudipole.processes.plasma import relativistic_plasma as thermal

FloatArray = npt.NDArray[np.float64]
_NODES = 64


def momentum_transfer_limits(
    s: npt.ArrayLike, hnl_mass: npt.ArrayLike, mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest x = -t [GeV^2] of nu f -> N f, (0, 0) below threshold.

    Their product is M^4 m^2 / s, which keeps the small one exact.
    """
    check_positive(s=s)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    s, big, m = (np.asarray(v, dtype=float) for v in (s, hnl_mass, mass))
    # p_nu p_N in the centre of mass, times s: (s - m^2) lambda^(1/2)(s, M^2, m^2) / 4
    product = (s - m**2) * np.sqrt(np.maximum(kallen(s, big**2, m**2), 0.0)) / (2.0 * s)
    middle = (s - m**2) * (s + big**2 - m**2) / (2.0 * s) - big**2
    largest = np.where(s >= (big + m) ** 2, np.maximum(middle + product, 0.0), 0.0)
    smallest = big**4 * m**2 / (s * np.where(largest > 0, largest, 1.0))
    return np.minimum(smallest, largest), largest


def squared_amplitude(
    s: npt.ArrayLike, transfer: npt.ArrayLike, hnl_mass: npt.ArrayLike, mass: npt.ArrayLike
) -> FloatArray:
    r"""Sum over spins of |M|^2 for nu f -> N f, per unit Q^2 e^2 d^2 [GeV^2], unscreened.

    Parameters
    ----------
    s, transfer : array_like
        s and x = -t > 0 [GeV^2].
    hnl_mass, mass : array_like
        M and m [GeV].
    """
    check_positive(s=s, transfer=transfer)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    a, b, c = _coefficients(*(np.asarray(v, dtype=float) for v in (s, hnl_mass, mass)))
    x = np.asarray(transfer, dtype=float)
    return 8.0 * (a / x + b + c / x**2)


def _coefficients(s: FloatArray, big: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    s1 = s - m**2
    a = 4 * s1**2 - 4 * big**2 * s1 - 4 * big**2 * m**2 + 2 * big**4
    return a, 2 * big**2 - 4 * s1, -4 * big**4 * m**2


def phase_space_integral(
    s: npt.ArrayLike, hnl_mass: npt.ArrayLike, mass: npt.ArrayLike, screening2: npt.ArrayLike
) -> FloatArray:
    r"""Integral of the spin-summed |M|^2 over x [GeV^2], per unit Q^2 e^2 d^2, with the screening x / (x + m_D^2).

    Parameters
    ----------
    s : array_like
        [GeV^2]; zero below threshold (M + m)^2.
    hnl_mass, mass : array_like
        M and m [GeV].
    screening2 : array_like
        m_D^2 [GeV^2] > 0.

    Returns
    -------
    ndarray
        int dx sum |M|^2 / (e^2 Q^2 d^2) [GeV^4]. Cross section: divide by 32 pi (s - m^2)^2 (average over the target's
        two spins).
    """
    check_positive(s=s, screening2=screening2)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    s, big, m, kappa2 = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (s, hnl_mass, mass, screening2)))
    threshold = s > (big + m) ** 2
    s = np.where(threshold, s, (big + m) ** 2 + kappa2)
    low, high = momentum_transfer_limits(s, big, m)
    a, b, c = _coefficients(s, big, m)
    log = np.log1p((high - low) / (low + kappa2))
    # C int dx / (x (x + k)) = (C/k) [ln((1 + k/low) / (1 + k/high))]; no low end where M m = 0, where C = 0 too
    with_target = low > SMALLEST * kappa2
    safe = np.where(with_target, low, 1.0)
    pole = np.where(with_target, np.log1p(kappa2 / safe) - np.log1p(kappa2 / np.where(high > 0, high, 1.0)), 0.0)
    total = 8.0 * (a * log + b * ((high - low) - kappa2 * log) + c / kappa2 * pole)
    return np.where(threshold, total, 0.0)


def cross_section(
    s: npt.ArrayLike, hnl_mass: npt.ArrayLike, mass: npt.ArrayLike, screening2: npt.ArrayLike
) -> FloatArray:
    r"""sigma(nu f -> N f) per unit Q^2 d^2 [GeV^-2 per GeV^-2, dimensionless], target spin averaged.

    4 alpha [ln(s / m_D^2) - 1] for M, m << sqrt(s).

    Examples
    --------
    >>> k2 = 1e-12
    >>> value = cross_section(1.0, 0.0, 0.0, k2) / (4 * units.ALPHA)
    >>> bool(abs(value - (np.log(1 / k2) - 1)) < 1e-9)
    True
    """
    s, m = np.asarray(s, dtype=float), np.asarray(mass, dtype=float)
    integral = phase_space_integral(s, hnl_mass, mass, screening2)
    flux = 32 * np.pi * np.broadcast_to(s - m**2, integral.shape) ** 2
    return units.ELEMENTARY_CHARGE**2 * np.divide(integral, flux, out=np.zeros_like(flux), where=integral > 0)


def rate(
    momentum: npt.ArrayLike,
    hnl_mass: float,
    temperature: npt.ArrayLike,
    fermions: tuple[thermal.ChargedFermion, ...] = thermal.CHARGED_FERMIONS,
    quantum: bool = True,
) -> FloatArray:
    r"""Rate of N f -> nu f for an N of momentum p, averaged over its helicities, per unit D [GeV^3].

    Parameters
    ----------
    momentum : array_like
        p [GeV] > 0.
    hnl_mass : float
        M [GeV] > 0.
    temperature : array_like
        T [GeV] > 0, broadcast against p.
    fermions : tuple of ChargedFermion
        Targets, particles and antiparticles; all of them screen.
    quantum : bool
        Fermi-Dirac targets, or Boltzmann.

    Returns
    -------
    ndarray
        Loss rate; gain is this times the equilibrium occupation (detailed balance). A relativistic N of the wrong
        helicity (left-handed) does not take part and the other scatters at twice the average.
    """
    check_positive(momentum=momentum, hnl_mass=hnl_mass, temperature=temperature)
    p, temperature = np.broadcast_arrays(np.asarray(momentum, dtype=float), np.asarray(temperature, dtype=float))
    screening2 = thermal.debye_mass2(temperature, fermions)
    total = np.zeros(p.shape)
    for fermion in fermions:
        present = temperature > max(fermion.exists_above, fermion.mass / 600.0)
        if np.any(present):
            total = total + np.where(
                present, 2 * fermion.weight * _on(fermion, p, hnl_mass, temperature, screening2, quantum), 0.0
            )
    return total


def _on(
    fermion: thermal.ChargedFermion,
    p: FloatArray,
    hnl_mass: float,
    temperature: FloatArray,
    screening2: FloatArray,
    quantum: bool,
) -> FloatArray:
    """Rate on one particle of unit charge: the integral over s, in v = ln(target energy in the rest frame of N)."""
    energy, m = np.hypot(p, hnl_mass)[..., None], fermion.mass
    p, t, screening2 = p[..., None], temperature[..., None], np.maximum(screening2, 1e-300)[..., None]
    # kinetic energy K of the target in the rest frame of N: E_- reaches 45 T + m at K_max
    k_max = (45.0 * t + m) * (energy + p) / hnl_mass
    k_min = np.minimum(1e-6 * t, 1e-3 * k_max)
    nodes, weights = _legendre()
    span = np.log(k_max / k_min)
    kinetic = k_min * np.exp(span * nodes)
    target = m + kinetic
    momentum = np.sqrt(kinetic * (kinetic + 2 * m))
    s = hnl_mass**2 + m**2 + 2 * hnl_mass * target
    highest = (energy * target + p * momentum) / hnl_mass
    lowest = (hnl_mass**2 * target**2 + p**2 * m**2) / (hnl_mass**2 * highest)
    occupied = thermal.tail(lowest, t, quantum) - thermal.tail(highest, t, quantum)
    # lambda^(1/2)(s, M^2, m^2) = 2 M k in the rest frame of N
    phase_space = phase_space_integral(s, hnl_mass, m, screening2) / (16 * np.pi * hnl_mass * momentum)
    integrand = weights * span * kinetic * 2 * hnl_mass * phase_space * occupied
    return units.ELEMENTARY_CHARGE**2 * np.sum(integrand, axis=-1) / (64 * np.pi**2 * (energy * p)[..., 0])


def rate_density(
    hnl_mass: npt.ArrayLike, mass: npt.ArrayLike, temperature: npt.ArrayLike, screening2: npt.ArrayLike
) -> FloatArray:
    r"""nu f -> N f per volume and time, one f of two spins and unit charge (no antiparticle), per unit D [GeV^6].

    Boltzmann statistics: :math:`\gamma = \frac{2T}{32\pi^4}\int ds\,(s-m^2)^2 s^{-1/2} K_1(\sqrt s/T)\,\sigma(s)`.

    Raises
    ------
    DomainError
        If a temperature is not positive, or m_D is not below 1e3 T.
    """
    check_positive(temperature=temperature, screening2=screening2)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    big, m, t, kappa2 = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (hnl_mass, mass, temperature, screening2))
    )
    if np.any(kappa2 > 1e6 * t**2):
        raise DomainError("the Debye mass must stay below 1000 temperatures")
    nodes, weights = _legendre()
    # sqrt(s) = threshold + T e^v
    low, high = -12.0, np.log(60.0)
    excess = t[..., None] * np.exp(low + (high - low) * nodes)
    root = (big + m)[..., None] + excess
    s = root**2
    sigma = cross_section(s, big[..., None], m[..., None], kappa2[..., None])
    bessel = k1e(root / t[..., None]) * np.exp(-root / t[..., None])
    integrand = (s - (m**2)[..., None]) ** 2 / root * bessel * sigma * 2 * root * excess
    return 2.0 * t / (32 * np.pi**4) * np.sum((high - low) * weights * integrand, axis=-1)


@functools.cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = roots_legendre(_NODES)
    return 0.5 * (nodes + 1.0), 0.5 * weights
