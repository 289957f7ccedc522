r"""f fbar <-> nubar N in a plasma (with its charge conjugate f fbar <-> nu Nbar).

.. math::

    \sigma(f\bar f\to\bar\nu N) = \frac{\alpha d^2Q^2}{3N_c}\,\frac{(s-M^2)^2(s+2M^2)}{s^3}\,
        \frac{1+2m^2/s}{\sqrt{1-4m^2/s}},

review Eq. (33) with the mass of f (docs: errata, section 8); one of the two charge-conjugate final states. The inverse
rate of an N of momentum p is the integral of :mod:`thermal_scattering` with a massless neutrino as target and
W(s) = 8 s (1 - 4m^2/s) sigma / (1 - M^2/s). In a relativistic plasma it is sixty times slower than
scattering: gamma = 4 alpha d^2 T^6 / 3 pi^4 per final state.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import k1e, roots_legendre

from nudipole import units
from nudipole.errors import check_non_negative, check_positive
from nudipole.processes.plasma import relativistic_plasma as thermal

FloatArray = npt.NDArray[np.float64]
_NODES = 64


def cross_section(s: npt.ArrayLike, hnl_mass: npt.ArrayLike, mass: npt.ArrayLike) -> FloatArray:
    """sigma(f fbar -> nubar N) per unit Q^2 D / N_c (dimensionless), spins averaged, one final state.

    Zero below either threshold.

    Examples
    --------
    >>> round(float(cross_section(1.0, 0.0, 0.0) / units.ALPHA), 6)
    0.333333
    """
    check_positive(s=s)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    s, m2, target2 = np.broadcast_arrays(
        np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2, np.asarray(mass, dtype=float) ** 2
    )
    is_open = (s > m2) & (s > 4 * target2)
    s = np.where(is_open, s, 5 * target2 + 2 * m2 + 1.0)
    shape = (s - m2) ** 2 * (s + 2 * m2) / (3 * s**3) * (1 + 2 * target2 / s) / np.sqrt(1 - 4 * target2 / s)
    return np.where(is_open, units.ALPHA * shape, 0.0)


def rate_density(hnl_mass: npt.ArrayLike, mass: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""f fbar -> nubar N per volume and time, unit charge, one colour, one final state, per unit D [GeV^6]; Boltzmann.

    gamma = 4 T / (32 pi^4) int ds s^(1/2) (s - 4 m^2) K_1(sqrt(s)/T) sigma(s).
    """
    check_positive(temperature=temperature)
    check_non_negative(hnl_mass=hnl_mass, mass=mass)
    big, m, t = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (hnl_mass, mass, temperature)))
    nodes, weights = _legendre()
    low, high = -12.0, np.log(60.0)
    excess = t[..., None] * np.exp(low + (high - low) * nodes)
    root = np.maximum(big, 2 * m)[..., None] + excess
    s = root**2
    bessel = k1e(root / t[..., None]) * np.exp(-root / t[..., None])
    sigma = cross_section(s, big[..., None], m[..., None])
    integrand = root * (s - 4 * m[..., None] ** 2) * bessel * sigma * 2 * root * excess
    return 4.0 * t / (32 * np.pi**4) * np.sum((high - low) * weights * integrand, axis=-1)


def rate(
    momentum: npt.ArrayLike,
    hnl_mass: float,
    temperature: npt.ArrayLike,
    fermions: tuple[thermal.ChargedFermion, ...] = thermal.CHARGED_FERMIONS,
    quantum: bool = True,
) -> FloatArray:
    r"""Rate of N nubar -> f fbar for an N of momentum p, averaged over helicities, per unit D [GeV^3].

    Parameters as for :func:`thermal_scattering.rate`; neutrinos of the coupled flavour at the temperature given,
    Fermi-Dirac, the final state unblocked.
    """
    check_positive(momentum=momentum, hnl_mass=hnl_mass, temperature=temperature)
    p, t = np.broadcast_arrays(np.asarray(momentum, dtype=float), np.asarray(temperature, dtype=float))
    energy, t_, p_ = np.hypot(p, hnl_mass)[..., None], t[..., None], p[..., None]
    nodes, weights = _legendre()
    total = np.zeros(p.shape)
    for fermion in fermions:
        # energy of the neutrino in the rest frame of N, from the threshold s = 4 m^2 to where E_- = 45 T
        start = max(0.0, (4 * fermion.mass**2 - hnl_mass**2) / (2 * hnl_mass))
        stop = 45.0 * t_ * (energy + p_) / hnl_mass
        stop = np.maximum(stop, start * (1 + 1e-9) + 1e-30)
        low = 1e-9 * (stop - start)
        span = np.log((stop - start) / low)
        above = low * np.exp(span * nodes)
        k = start + above
        s = hnl_mass**2 + 2 * hnl_mass * k
        lowest, highest = k * hnl_mass / (energy + p_), k * (energy + p_) / hnl_mass
        occupied = thermal.tail(lowest, t_, quantum) - thermal.tail(highest, t_, quantum)
        # W = 4 spins x flux 2 s v x sigma x (v / (1 - M^2/s)), v the speed of f: the other pair's phase space
        phase_space = 8 * s * (1 - 4 * fermion.mass**2 / s) * cross_section(s, hnl_mass, fermion.mass)
        phase_space = phase_space * s / (2 * hnl_mass * k)
        integrand = weights * span * above * 2 * hnl_mass * phase_space * occupied
        one = np.sum(integrand, axis=-1) / (64 * np.pi**2 * (energy * p_)[..., 0])
        total = total + np.where(t > fermion.exists_above, fermion.weight * one, 0.0)
    return total


@functools.cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = roots_legendre(_NODES)
    return 0.5 * (nodes + 1.0), 0.5 * weights
