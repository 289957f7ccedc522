r"""Standard Model neutrino scattering: the background, and what calibrates a flux.

Neutrino-electron (review Eqs. 42, 43) and coherent elastic neutrino-nucleus scattering (Eq. 46, with the exact spin-0
kinematics),

.. math::

    \frac{d\sigma_{\nu e}}{dE_r} &= \frac{2G_F^2m_e}{\pi}\left[g_L^2+g_R^2\Bigl(1-\frac{E_r}{E}\Bigr)^2
    -g_Lg_R\frac{m_eE_r}{E^2}\right], \\
    \frac{d\sigma_{\nu A}}{dE_r} &= \frac{G_F^2m}{\pi}\left[g_V^pZF_p+g_V^nNF_n\right]^2
    \left(1-\frac{E_r}{E}-\frac{mE_r}{2E^2}\right),

with g_L and g_R exchanged for antineutrinos. Both are polynomials in 1/E at fixed recoil energy. The limits of E follow
from :func:`nudipole.kinematics.minimum_neutrino_energy` with M = 0 (the review's "Eq. (12)" must be Eq. 11).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_positive
from nudipole.kinematics import minimum_neutrino_energy
from nudipole.matter import form_factors
from nudipole.matter.isotopes import Nucleus

FloatArray = npt.NDArray[np.float64]
Scheme = Literal["radiative", "tree"]
FLAVORS = ("e", "mu", "tau")
# Bahcall, Kamionkowski, Sirlin, Phys. Rev. D51, 6146 (1995): rho, and kappa = a + b I(T) for nu_e and for the others; the
# numbers and I(T) as in public codes that follow the paper (sntools among them), the paper itself not re-read; +-0.0025 on
# kappa, and a generator of Borexino has offsets smaller by 0.0005
_RHO = 1.0126
_KAPPA = {"e": (0.9791, 0.0097), "mu": (0.9970, -0.00037), "tau": (0.9970, -0.00037)}
# vector couplings of the proton with the charge radius of each flavour, and of the neutron (docs: errata on Eq. 46); all
# from memory, not re-read: the flavours differ by alpha/(3 pi) ln(m'^2/m^2), as the test of this module checks to 1e-4
PROTON_COUPLING = {"e": 0.0401, "mu": 0.0318, "tau": 0.0275}
NEUTRON_COUPLING = -0.5094


def electron_couplings(
    flavor: str, recoil_energy: npt.ArrayLike, scheme: Scheme = "radiative"
) -> tuple[FloatArray, FloatArray]:
    r"""g_L and g_R of neutrino-electron scattering.

    ``tree``: g_L = sin^2 theta_W +- 1/2 (+ for nu_e), g_R = sin^2 theta_W at zero momentum transfer. ``radiative``:
    electroweak corrections of Bahcall, Kamionkowski and Sirlin,

    .. math:: g_R = \rho\,\kappa(T)\,\hat s_Z^2,\quad g_L = g_R - \tfrac\rho2\ (+1\text{ for }\nu_e),\quad
       \kappa = a + b\,I(T),

    which contain the charge radius of each flavour; photon emission (per cent, experiment dependent) is left out.

    Parameters
    ----------
    flavor : {"e", "mu", "tau"}
    recoil_energy : array_like
        T [GeV].
    scheme : {"radiative", "tree"}

    Examples
    --------
    >>> g_l, g_r = electron_couplings("mu", 1e-2)
    >>> round(float(g_l), 3), round(float(g_r), 3)
    (-0.273, 0.233)
    """
    check_choice("flavor", flavor, FLAVORS)
    check_choice("scheme", scheme, ("radiative", "tree"))
    check_positive(recoil_energy=recoil_energy)
    recoil = np.asarray(recoil_energy, dtype=float)
    charged_current = 1.0 if flavor == "e" else 0.0
    if scheme == "tree":
        right = np.full_like(recoil, units.SIN2_THETA_W_LOW)
        return right - 0.5 + charged_current, right
    offset, slope = _KAPPA[flavor]
    right = _RHO * (offset + slope * _vertex_integral(recoil)) * units.SIN2_THETA_W_MSBAR
    return right - 0.5 * _RHO + charged_current, right


def _vertex_integral(recoil: FloatArray) -> FloatArray:
    """I(T) of Bahcall, Kamionkowski and Sirlin; 0.36 at 10 MeV, 0.1 at 1 MeV, falling to 0 with T."""
    ratio = 2.0 * units.ELECTRON_MASS / recoil
    x = np.sqrt(1.0 + ratio)
    # ln[(x + 1)/(x - 1)] = 2 ln(1 + x) - ln(2 m / T); (3 - x^2)[...] by its series at large x
    inside = 0.5 * x * (2.0 * np.log1p(x) - np.log(ratio)) - 1.0
    y = 1.0 / x**2
    series = y * (1.0 / 3.0 + y * (1.0 / 5.0 + y * (1.0 / 7.0 + y / 9.0)))
    return (1.0 / 3.0 + (3.0 - x**2) * np.where(x > 30.0, series, inside)) / 6.0


def electron_energy_coefficients(
    recoil_energy: npt.ArrayLike, flavor: str, antineutrino: bool = False, scheme: Scheme = "radiative"
) -> FloatArray:
    r"""Coefficients of 1, 1/E, 1/E^2 in dsigma(nu e)/dE_r at fixed recoil energy, on one free electron.

    Parameters
    ----------
    recoil_energy : array_like
        E_r [GeV].
    flavor : {"e", "mu", "tau"}
    antineutrino : bool
        Exchanges g_L and g_R.
    scheme : {"radiative", "tree"}

    Returns
    -------
    ndarray, shape (3, ...)
        c_j [GeV^(j-3)], dsigma/dE_r = c_0 + c_1/E + c_2/E^2 for E above the kinematic minimum.
    """
    left, right = electron_couplings(flavor, recoil_energy, scheme)
    if antineutrino:
        left, right = right, left
    recoil = np.asarray(recoil_energy, dtype=float)
    c1 = -2.0 * right**2 * recoil
    c2 = right**2 * recoil**2 - left * right * units.ELECTRON_MASS * recoil
    prefactor = 2.0 * units.FERMI_CONSTANT**2 * units.ELECTRON_MASS / np.pi
    return prefactor * np.stack([left**2 + right**2, c1, c2])


def electron_spectrum(
    recoil_energy: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    flavor: str,
    antineutrino: bool = False,
    scheme: Scheme = "radiative",
) -> FloatArray:
    """dsigma(nu e)/dE_r [GeV^-3] on a free electron (review Eq. 42); zero outside the kinematic limits."""
    coefficients = electron_energy_coefficients(recoil_energy, flavor, antineutrino, scheme)
    return _at_energy(coefficients, recoil_energy, neutrino_energy, units.ELECTRON_MASS)


def weak_charge(nucleus: Nucleus, recoil_energy: npt.ArrayLike, flavor: str, form_factor: str = "helm") -> FloatArray:
    r"""g_V^p Z F_p(Q^2) + g_V^n N F_n(Q^2), Q^2 = 2 m E_r.

    F_p has the charge radius of the nucleus, F_n (always of the Helm shape) the radius of
    :func:`nudipole.matter.form_factors.neutron_radius`. The proton coupling carries the flavour's charge radius:
    g_V^p(nu_e) - g_V^p(nu_mu) = (alpha/3 pi) ln(m_mu^2/m_e^2).
    """
    check_choice("flavor", flavor, FLAVORS)
    check_non_negative(recoil_energy=recoil_energy)
    q2 = 2.0 * nucleus.mass * np.asarray(recoil_energy, dtype=float)
    charge = PROTON_COUPLING[flavor] * nucleus.protons * form_factors.form_factor(form_factor, nucleus)(q2)
    if nucleus.neutrons == 0:
        return charge
    if form_factor == "point":
        return charge + NEUTRON_COUPLING * nucleus.neutrons
    neutrons = form_factors.helm(q2, form_factors.neutron_radius(nucleus))
    return charge + NEUTRON_COUPLING * nucleus.neutrons * neutrons


def coherent_energy_coefficients(
    recoil_energy: npt.ArrayLike, nucleus: Nucleus, flavor: str, form_factor: str = "helm"
) -> FloatArray:
    r"""Coefficients of 1, 1/E, 1/E^2 in the coherent elastic dsigma(nu A)/dE_r at fixed recoil energy.

    The same for antineutrinos.

    Parameters
    ----------
    recoil_energy : array_like
        E_r [GeV].
    nucleus : Nucleus
    flavor : {"e", "mu", "tau"}
    form_factor : str
        One of :data:`nudipole.matter.form_factors.NAMES`.

    Returns
    -------
    ndarray, shape (3, ...)
        c_j [GeV^(j-3)].
    """
    check_positive(recoil_energy=recoil_energy)
    recoil = np.asarray(recoil_energy, dtype=float)
    charge2 = weak_charge(nucleus, recoil, flavor, form_factor) ** 2
    prefactor = units.FERMI_CONSTANT**2 * nucleus.mass / np.pi * charge2
    return prefactor * np.stack([np.ones_like(recoil), -recoil, -0.5 * nucleus.mass * recoil])


def coherent_spectrum(
    recoil_energy: npt.ArrayLike,
    neutrino_energy: npt.ArrayLike,
    nucleus: Nucleus,
    flavor: str,
    form_factor: str = "helm",
) -> FloatArray:
    """Coherent elastic dsigma(nu A)/dE_r [GeV^-3] (review Eq. 46 with exact kinematics); zero outside the limits."""
    coefficients = coherent_energy_coefficients(recoil_energy, nucleus, flavor, form_factor)
    return _at_energy(coefficients, recoil_energy, neutrino_energy, nucleus.mass)


def _at_energy(
    coefficients: FloatArray, recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, target_mass: float
) -> FloatArray:
    check_positive(neutrino_energy=neutrino_energy)
    recoil, energy = np.asarray(recoil_energy, dtype=float), np.asarray(neutrino_energy, dtype=float)
    value = coefficients[0] + coefficients[1] / energy + coefficients[2] / energy**2
    return np.where(energy >= minimum_neutrino_energy(recoil, 0.0, target_mass), np.maximum(value, 0.0), 0.0)
