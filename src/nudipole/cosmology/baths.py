r"""The two baths of the early Universe below 20 MeV: photons, e+-, mu+- at T_gamma; three neutrinos at T_nu, mu_nu.

The electromagnetic bath is an ideal gas plus the order-e^2 interaction pressure of photons and electrons (Heckler 1994;
Bennett et al. 2020, Eq. 2.8, logarithmic term left out: its effect on N_eff is below 1e-4)

.. math:: P_{\rm int} = -\frac{e^2T^2}{12\pi^2} K - \frac{e^2}{8\pi^4} K^2,\qquad
          K = \int_0^\infty\! dp\,\frac{p^2}{E}\,\frac{2}{e^{E/T}+1}.

Energy and number flow between the baths by nu e scattering and e+e- annihilation (Escudero 2019, 2020; Maxwell-Boltzmann
form with Fermi-Dirac factors; z = mu_nu/T_nu, the same for nu and nubar, three flavours alike):

.. math::

    \dot\rho_\nu &= \tfrac{4G_F^2}{\pi^5} g^2 \left[32\cdot0.884\,S_a\,(T_\gamma^9-e^{2z}T_\nu^9)
                    +56\cdot0.829\,S_s\,e^zT_\gamma^4T_\nu^4(T_\gamma-T_\nu)\right], \\
    \dot n_\nu &= \tfrac{4G_F^2}{\pi^5} g^2\; 8\cdot0.852\, S_n\,(T_\gamma^8-e^{2z}T_\nu^8),
    \qquad g^2 = g_{eL}^2+g_{eR}^2+2(g_{\mu L}^2+g_{\mu R}^2) .

S_a, S_n are what the mass of the electron leaves of annihilation (own integral over the exact matrix element); for
scattering, with one electron instead of two, S_s = sqrt(S_a) is an estimate.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.special import gamma, kn

from nudipole import units
from nudipole.errors import DomainError, check_between, check_non_negative, check_positive
from nudipole.processes.plasma import relativistic_plasma as thermal

FloatArray = npt.NDArray[np.float64]
T_MIN, T_MAX = 1e-11, 0.12  # GeV
_PHOTONS_ONLY = 1e-8  # GeV, lower end of the table; nothing but photons is left below
NEUTRINO_STATES = 6  # three flavours of nu and nubar, one helicity each
# neutral plus charged current couplings (Escudero 2020, its Sec. 2): nu_e e, nu_mu e
_ELECTRON_COUPLINGS, _MUON_COUPLINGS = (0.727, 0.233), (-0.273, 0.233)
_SQUARES = sum(g**2 for g in _ELECTRON_COUPLINGS) + 2 * sum(g**2 for g in _MUON_COUPLINGS)
_PRODUCTS = float(np.prod(_ELECTRON_COUPLINGS) + 2 * np.prod(_MUON_COUPLINGS))
_ANNIHILATION, _SCATTERING, _NUMBER = 32 * 0.884, 56 * 0.829, 8 * 0.852
_PREFACTOR = 4 * units.FERMI_CONSTANT**2 / np.pi**5 * _SQUARES


class Thermodynamics(NamedTuple):
    """Energy density [GeV^4], pressure [GeV^4], entropy density [GeV^3] and d rho / dT [GeV^3] of a bath."""

    energy: FloatArray
    pressure: FloatArray
    entropy: FloatArray
    heat_capacity: FloatArray


def electromagnetic(temperature: npt.ArrayLike) -> Thermodynamics:
    """Photons, electrons, muons and their order-e^2 interaction at T_gamma [GeV], from 1e-11 to 0.12 GeV.

    Raises
    ------
    DomainError
        Outside that range.

    Examples
    --------
    >>> round(float(electromagnetic(1e-7).energy / 1e-28 * 15 / np.pi**2), 6)  # photons alone
    1.0
    """
    check_positive(temperature=temperature)
    t = np.asarray(temperature, dtype=float)
    if np.any((t < T_MIN) | (t > T_MAX)):
        raise DomainError(
            f"the electromagnetic bath is tabulated from {T_MIN:g} to {T_MAX:g} GeV, got {t.min():g} to {t.max():g}"
        )
    table = _pressure_spline()(np.log(np.maximum(t, _PHOTONS_ONLY)))
    scaled_p, slope, curvature = table[..., 0], table[..., 1], table[..., 2]
    entropy = t**3 * (4 * scaled_p + slope)
    energy = t**4 * (3 * scaled_p + slope)
    heat_capacity = t**3 * (4 * (3 * scaled_p + slope) + 3 * slope + curvature)
    return Thermodynamics(energy, t**4 * scaled_p, entropy, heat_capacity)


def at_entropy(entropy: float, guess: float) -> tuple[float, Thermodynamics]:
    """T_gamma [GeV] at which the electromagnetic entropy density is ``entropy`` [GeV^3], and the bath there; Newton."""
    t = float(np.clip(guess, T_MIN, T_MAX))
    for _ in range(50):
        here = electromagnetic(t)
        # T ds/dT = d rho / dT
        change = (entropy - float(here.entropy)) / float(here.heat_capacity)
        t = float(np.clip(t * np.exp(np.clip(change, -0.5, 0.5)), T_MIN, T_MAX))
        if abs(change) < 1e-11:
            return t, here
    raise DomainError(f"no temperature in {T_MIN:g} to {T_MAX:g} GeV has the entropy density {entropy:g} GeV^3")


def neutrino_energy(temperature: npt.ArrayLike, degeneracy: npt.ArrayLike = 0.0) -> FloatArray:
    """Energy density [GeV^4] of three flavours of nu and nubar at T_nu [GeV] and z = mu/T in [-120, 4]."""
    _check_bath(temperature, degeneracy)
    return np.asarray(temperature, dtype=float) ** 4 * _fermi_integrals().energy(np.asarray(degeneracy, dtype=float))


def neutrino_number(temperature: npt.ArrayLike, degeneracy: npt.ArrayLike = 0.0) -> FloatArray:
    """Number density [GeV^3] of three flavours of nu and nubar; arguments as for :func:`neutrino_energy`."""
    _check_bath(temperature, degeneracy)
    return np.asarray(temperature, dtype=float) ** 3 * _fermi_integrals().number(np.asarray(degeneracy, dtype=float))


def neutrino_state(energy: float, number: float) -> tuple[float, float]:
    """(T_nu [GeV], z) of a Fermi-Dirac bath with this energy [GeV^4] and number density [GeV^3].

    Raises
    ------
    DomainError
        If it is colder than a Fermi gas of z = 4 or more dilute than z = -120.
    """
    check_positive(energy=energy, number=number)
    integrals = _fermi_integrals()
    log_ratio = np.log(energy) - 4 / 3 * np.log(number)
    if not integrals.log_ratio[0] <= log_ratio <= integrals.log_ratio[-1]:
        raise DomainError(f"no Fermi-Dirac neutrino bath has energy {energy:g} GeV^4 and number {number:g} GeV^3")
    z = float(integrals.degeneracy(log_ratio))
    return float((energy / integrals.energy(z)) ** 0.25), z


def weak_exchange(
    photon_temperature: npt.ArrayLike, neutrino_temperature: npt.ArrayLike, degeneracy: npt.ArrayLike = 0.0
) -> tuple[FloatArray, FloatArray]:
    """What the electromagnetic bath gives to the neutrinos: energy [GeV^5] and number [GeV^4] per volume and time."""
    check_non_negative(photon_temperature=photon_temperature)
    _check_bath(neutrino_temperature, degeneracy)
    t1, t2 = np.asarray(photon_temperature, dtype=float), np.asarray(neutrino_temperature, dtype=float)
    fugacity = np.exp(degeneracy)
    energy_factor, number_factor = mass_suppression(t1)
    energy = _ANNIHILATION * energy_factor * (t1**9 - fugacity**2 * t2**9)
    energy = energy + _SCATTERING * np.sqrt(energy_factor) * fugacity * t1**4 * t2**4 * (t1 - t2)
    number = _NUMBER * number_factor * (t1**8 - fugacity**2 * t2**8)
    return _PREFACTOR * energy, _PREFACTOR * number


def mass_suppression(temperature: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    r"""S_a and S_n: e+e- -> nu nubar with massive over massless electrons, weighted with energy and by number.

    Boltzmann average of :math:`\sum|M|^2 \propto (g_L^2+g_R^2)\frac{s^2}{16}(1+\beta^2/3)+g_Lg_R\frac{m^2s}{2}`.
    """
    check_non_negative(temperature=temperature)
    x = np.log(np.clip(np.asarray(temperature, dtype=float), *_SUPPRESSION_RANGE))
    factors = np.exp(_suppression()(x))
    return factors[..., 0], factors[..., 1]


def _check_bath(temperature: npt.ArrayLike, degeneracy: npt.ArrayLike) -> None:
    check_non_negative(temperature=temperature)
    check_between(*_DEGENERACY_RANGE, degeneracy=degeneracy)


_SUPPRESSION_RANGE = (1e-5, 0.05)


@functools.cache
def _suppression() -> CubicSpline:
    temperatures = np.geomspace(*_SUPPRESSION_RANGE, 200)
    x, weights = thermal.momentum_nodes(200, 60.0)
    root = np.sqrt(x**2 + (2 * units.ELECTRON_MASS / temperatures[:, None]) ** 2)  # sqrt(s)/T, beta = x / root
    beta2 = (x / root) ** 2
    mass_term = 6 * _PRODUCTS / _SQUARES * (1 - beta2) / 4
    shape = 0.75 * (1 + beta2 / 3) + mass_term
    # ds / T^2 = 2 x dx; sqrt(s) beta = x T
    energy = np.sum(weights * 2 * x * root**2 * x / root * root**4 * shape * kn(2, root), axis=-1)
    number = np.sum(weights * 2 * x * root * x / root * root**4 * shape * kn(1, root), axis=-1)
    log_t = np.log(temperatures)
    massless_energy, massless_number = 2 * 2**6 * gamma(5) * gamma(3), 2 * 2**5 * gamma(4) * gamma(3)
    factors = np.stack([energy / massless_energy, number / massless_number], axis=-1)
    return CubicSpline(log_t, np.log(np.maximum(factors, 1e-280)))


_DEGENERACY_RANGE = (-120.0, 4.0)


class _FermiIntegrals(NamedTuple):
    energy: CubicSpline  # rho / T^4 against z
    number: CubicSpline  # n / T^3 against z
    degeneracy: CubicSpline  # z against ln(rho / n^(4/3))
    log_ratio: FloatArray


@functools.cache
def _fermi_integrals() -> _FermiIntegrals:
    z = np.linspace(*_DEGENERACY_RANGE, 4961)
    x, weights = thermal.momentum_nodes(160, 60.0)
    occupation = thermal.fermi(x - z[:, None])
    energy = NEUTRINO_STATES / (2 * np.pi**2) * np.sum(weights * x**3 * occupation, axis=-1)
    number = NEUTRINO_STATES / (2 * np.pi**2) * np.sum(weights * x**2 * occupation, axis=-1)
    log_ratio = (np.log(energy) - 4 / 3 * np.log(number))[::-1]
    return _FermiIntegrals(CubicSpline(z, energy), CubicSpline(z, number), CubicSpline(log_ratio, z[::-1]), log_ratio)


@functools.cache
def _pressure_spline() -> CubicSpline:
    """P / T^4 and its first two derivatives against ln T."""
    log_t = np.linspace(np.log(_PHOTONS_ONLY) - 0.05, np.log(T_MAX) + 0.05, 900)
    spline = CubicSpline(log_t, _scaled_pressure(np.exp(log_t)))
    return CubicSpline(log_t, np.stack([spline(log_t), spline(log_t, 1), spline(log_t, 2)], axis=-1))


def _scaled_pressure(t: FloatArray) -> FloatArray:
    x, weights = thermal.momentum_nodes()
    total = np.full(t.shape, np.pi**2 / 45)
    for mass in (units.ELECTRON_MASS, units.MUON_MASS):
        energy = np.hypot(x, mass / t[:, None])
        total += 4 / (6 * np.pi**2) * np.sum(weights * x**4 / energy * thermal.fermi(energy), axis=-1)
    energy = np.hypot(x, units.ELECTRON_MASS / t[:, None])
    k = np.sum(weights * x**2 / energy * 2 * thermal.fermi(energy), axis=-1)
    e2 = units.ELEMENTARY_CHARGE**2
    return total - e2 / (12 * np.pi**2) * k - e2 / (8 * np.pi**4) * k**2
