r"""nu gamma <-> N in a plasma, and the plasmon decay gamma* <-> nubar N, with quantum statistics.

A neutrino and a photon of flat photon energy k in [(E-p)/2, (E+p)/2] make an N of momentum p and helicity h = +-1
(the rest-frame law (1 - P cos theta)/2 boosted). Per phase-space cell of N, with Gamma_0 the width at rest,

.. math::

    \dot f_h = \frac{M\Gamma_0}{E}\int\!\frac{dk}{p}\,(1 - h c)\left[f_\gamma(k) f_\nu(E-k)
               - f_h\,(1 + f_\gamma(k) - f_\nu(E-k))\right], \qquad c = \frac{2k-E}{p},

so each helicity relaxes with the rate R_h = (M Gamma_0/E) <1 + f_gamma - f_nu> to f_* = <f_gamma f_nu>/<1 + f_gamma -
f_nu>, which is the Fermi-Dirac distribution when photons and neutrinos share one temperature (detailed balance). The
photon mass m_T closes phase space: Gamma_0 (1 - m_T^2/M^2)^2; below it the plasmon decays instead
(:func:`nudipole.processes.plasma.stellar_plasma.plasmon_width`), at 1e-4 to 1e-3 of the rate of scattering: an evolution may leave it out.
Own derivation: docs, errata section 9.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole.errors import check_non_negative, check_positive
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import relativistic_plasma as thermal
from nudipole.processes.plasma import stellar_plasma as plasma

FloatArray = npt.NDArray[np.float64]
HELICITIES = np.array([1.0, -1.0])
_NODES = 40


class Relaxation(NamedTuple):
    """Rates of one phase-space cell, each of shape (2 helicities, ...): f' = gain - loss f."""

    gain: FloatArray  # [GeV per D]
    loss: FloatArray  # [GeV per D]
    photon_gain: FloatArray  # energy that photons give per unit of f: [GeV^2 per D]
    photon_loss: FloatArray  # energy that photons receive per unit of f and f_N: [GeV^2 per D]


def relaxation(
    momentum: npt.ArrayLike,
    mass: float,
    photon_temperature: npt.ArrayLike,
    neutrino_temperature: npt.ArrayLike,
    photon_mass2: npt.ArrayLike = 0.0,
    neutrino_degeneracy: npt.ArrayLike = 0.0,
) -> Relaxation:
    r"""Gain and loss of an N phase-space cell by nu gamma <-> N, per unit D = sum |d|^2.

    Parameters
    ----------
    momentum : array_like
        p of N [GeV] > 0.
    mass : float
        M [GeV] > 0.
    photon_temperature, neutrino_temperature : array_like
        [GeV], broadcast against the momentum.
    photon_mass2 : array_like
        m_T^2 [GeV^2]; shuts the channel where m_T > M.
    neutrino_degeneracy : array_like
        Chemical potential of the neutrinos over T_nu.

    Returns
    -------
    Relaxation
        First axis: helicity of N, right-handed first (an antineutrino swaps them for Nbar). Dirac width; a Majorana N
        has the sum over both helicities in each.

    Notes
    -----
    Gauss-Legendre in the logarithm of the photon energy: 1e-6 against adaptive quadrature (tests). Emission of e+e-
    pairs (BR below 1 %) is not included.

    Examples
    --------
    >>> rates = relaxation(1e-6, 1.0, 1e-3, 1e-3)  # at rest in the cold: the vacuum width, for both helicities
    >>> bool(np.allclose(rates.loss, hnl_decay.radiative_width(1.0), rtol=1e-5))
    True
    """
    check_positive(momentum=momentum, mass=mass, photon_temperature=photon_temperature)
    check_positive(neutrino_temperature=neutrino_temperature)
    check_non_negative(photon_mass2=photon_mass2)
    given = (momentum, photon_temperature, neutrino_temperature, photon_mass2, neutrino_degeneracy)
    p, t_photon, t_neutrino, m2, z = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in given))
    energy = np.hypot(p, mass)
    nodes, weights = _legendre()
    # k = k_min e^u, u in [0, ln(k_max / k_min)] with k_min = (E - p)/2 = M^2 / 2(E + p)
    span = 2.0 * np.log((energy + p) / mass)
    k = (0.5 * mass**2 / (energy + p))[..., None] * np.exp(span[..., None] * nodes)
    measure = weights * k * (span / p)[..., None]  # dk / p
    cosine = (2.0 * k - energy[..., None]) / p[..., None]
    f_photon = thermal.bose(k / t_photon[..., None])
    f_neutrino = thermal.fermi((energy[..., None] - k) / t_neutrino[..., None] - z[..., None])
    made, lost = f_photon * f_neutrino, 1.0 + f_photon - f_neutrino
    open_phase_space = np.where(m2 < mass**2, (1.0 - np.minimum(m2 / mass**2, 1.0)) ** 2, 0.0)
    prefactor = open_phase_space * mass * hnl_decay.radiative_width(mass) / energy

    def average(integrand: FloatArray) -> FloatArray:
        flat = np.sum(measure * integrand, axis=-1)
        tilted = np.sum(measure * cosine * integrand, axis=-1)
        return prefactor * (flat - HELICITIES.reshape(-1, *(1,) * p.ndim) * tilted)

    return Relaxation(average(made), average(lost), average(k * made), average(k * lost))


def rate_density(mass: npt.ArrayLike, temperature: npt.ArrayLike, quantum: bool = True) -> FloatArray:
    r"""Inverse decays nu gamma -> N per volume and time, one neutrino species, per unit D [GeV^6].

    Quantum statistics: :math:`\frac{M^4}{4\pi^3}\int\!\!\int_{kp>M^2/4} f_B(k)f_F(p)\,dk\,dp`, with the inner integral
    closed; Boltzmann: :math:`M^5 T K_1(M/T) / 4\pi^3`. No final-state blocking, no photon mass.

    Parameters
    ----------
    mass, temperature : array_like
        M and T [GeV] > 0, broadcast.
    quantum : bool
        Bose and Fermi distributions, or Boltzmann.

    Examples
    --------
    >>> round(float(rate_density(1.0, 1.0) / rate_density(1.0, 1.0, quantum=False)), 2)
    1.57
    """
    from scipy.special import k1

    check_positive(mass=mass, temperature=temperature)
    mass, temperature = np.broadcast_arrays(np.asarray(mass, dtype=float), np.asarray(temperature, dtype=float))
    if not quantum:
        return mass**5 * temperature * k1(mass / temperature) / (4 * np.pi**3)
    # k = T e^u; the inner integral over p from M^2/4k is T ln(1 + exp(-M^2/4kT))
    nodes, weights = _legendre(200)
    low = np.log(mass**2 / (4 * 700 * temperature**2))[..., None]
    high = np.log(60.0 + mass / temperature)[..., None]
    low = np.minimum(low, high - 1e-3)
    u = low + (high - low) * nodes
    k = np.exp(u)
    ratio2 = ((mass / temperature) ** 2)[..., None]
    integrand = k * thermal.bose(k) * np.log1p(np.exp(-ratio2 / (4 * k)))
    integral = np.sum((high - low) * weights * integrand, axis=-1)
    return mass**4 * temperature**2 / (4 * np.pi**3) * integral


def plasmon_rate_density(mass: npt.ArrayLike, temperature: npt.ArrayLike) -> FloatArray:
    r"""Decays of transverse plasmons, omega^2 = k^2 + m_T^2, per volume and time and per unit D [GeV^6].

    Two polarisations, Bose-Einstein, nubar N and nu Nbar; longitudinal plasmons are few in a relativistic plasma and left
    out.
    """
    check_positive(temperature=temperature)
    check_non_negative(mass=mass)
    mass, temperature = np.broadcast_arrays(np.asarray(mass, dtype=float), np.asarray(temperature, dtype=float))
    x, weights = thermal.momentum_nodes()
    plasma_mass2 = thermal.photon_mass2(temperature)[..., None]
    k = x * temperature[..., None]
    omega = np.sqrt(k**2 + plasma_mass2)
    width = plasma.plasmon_width(plasma_mass2, mass[..., None], omega)
    occupation = thermal.bose(omega / temperature[..., None])
    return temperature * np.sum(weights * k**2 / np.pi**2 * occupation * width, axis=-1)


def photon_mass(temperature: npt.ArrayLike) -> FloatArray:
    """m_T [GeV] of a hard transverse photon in the plasma of the early Universe."""
    return np.sqrt(thermal.photon_mass2(temperature))


@functools.cache
def _legendre(number: int = _NODES) -> tuple[FloatArray, FloatArray]:
    nodes, weights = roots_legendre(number)
    return 0.5 * (nodes + 1.0), 0.5 * weights
