r"""Quasi-elastic charged currents, nu n -> l- p and nubar p -> l+ n (Llewellyn Smith, Phys. Rept. 3, 261 (1972)).

.. math::

    \frac{d\sigma}{dQ^2} &= \frac{M^2 G_F^2 |V_{ud}|^2}{8\pi E^2}
        \left[A \pm \frac{s-u}{M^2} B + \frac{(s-u)^2}{M^4} C\right], \qquad s-u = 4ME - Q^2 - m^2, \\
    A &= \frac{m^2+Q^2}{M^2}\Bigl\{(1+\tau)F_A^2-(1-\tau)(F_1^2-\tau F_2^2)+4\tau F_1F_2 \\
      &\qquad -\frac{m^2}{4M^2}\bigl[(F_1+F_2)^2+(F_A+2F_P)^2-4(1+\tau)F_P^2\bigr]\Bigr\}, \\
    B &= -4\tau F_A(F_1+F_2), \qquad C = \tfrac14(F_A^2+F_1^2+\tau F_2^2), \qquad \tau = \frac{Q^2}{4M^2}

with + for neutrinos. M is the mean nucleon mass, m that of the lepton; F_1 and F_2 are the isovector form factors of
:mod:`nudipole.matter.nucleons`, F_A = -1.2754 (1 + Q^2/M_A^2)^-2 with M_A = 1.014 +- 0.014 GeV, the world average of
deuterium and pion electroproduction (Bodek et al. 2008), and F_P = 2 M^2 F_A / (m_pi^2 + Q^2) (PCAC). V_ud, g_A and M_A
are typed from memory of the Review of Particle Physics and of that paper, not re-read.

A nucleus adds Pauli blocking (:func:`nudipole.matter.targets.pauli_factor`); binding (some 25 MeV), which moves the
threshold, and pairs of nucleons, some 20 per cent of the rate at 0.7 GeV, are left out.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_positive
from nudipole.matter import nucleons, targets

FloatArray = npt.NDArray[np.float64]
AXIAL_COUPLING, AXIAL_MASS, V_UD = 1.2754, 1.014, 0.97367
_LARGEST_Q2 = 10.0  # GeV^2: the form factors are below a per cent
_SOFT = 0.05  # GeV^2
_MASS = units.NUCLEON_MASS


def threshold(flavor: str) -> float:
    """Energy [GeV] from which the lepton can be made on a free nucleon at rest: 0.0005, 0.111, 3.45."""
    check_choice("flavor", flavor, units.LEPTON_MASS)
    lepton = units.LEPTON_MASS[flavor]
    return lepton + lepton**2 / (2.0 * _MASS)


def spectrum(q2: npt.ArrayLike, neutrino_energy: npt.ArrayLike, flavor: str, antineutrino: bool = False) -> FloatArray:
    """dsigma/dQ^2 on one free nucleon of the kind that can scatter.

    Parameters
    ----------
    q2 : array_like
        Q^2 [GeV^2], inside the kinematic limits: they are not checked here.
    neutrino_energy : array_like
        E [GeV], broadcast against Q^2.
    flavor : {"e", "mu", "tau"}
    antineutrino : bool

    Returns
    -------
    ndarray
        [GeV^-4].

    Raises
    ------
    DomainError
        For a negative Q^2 or an energy that is not positive.
    UnknownNameError
        No such flavour.

    Examples
    --------
    In cm^2 per GeV^2, at 1 GeV:

    >>> f"{float(spectrum(0.2, 1.0, 'mu')) * units.GEV_M2_TO_CM2:.1e}"
    '1.5e-38'
    """
    check_choice("flavor", flavor, units.LEPTON_MASS)
    check_non_negative(q2=q2)
    check_positive(neutrino_energy=neutrino_energy)
    q2, energy = np.asarray(q2, dtype=float), np.asarray(neutrino_energy, dtype=float)
    m2, tau = (units.LEPTON_MASS[flavor] / _MASS) ** 2, q2 / (4.0 * _MASS**2)
    f1, f2, axial, pseudoscalar = _form_factors(q2)
    a = (m2 + 4.0 * tau) * (
        (1.0 + tau) * axial**2
        - (1.0 - tau) * (f1**2 - tau * f2**2)
        + 4.0 * tau * f1 * f2
        - 0.25 * m2 * ((f1 + f2) ** 2 + (axial + 2.0 * pseudoscalar) ** 2 - 4.0 * (1.0 + tau) * pseudoscalar**2)
    )
    b = -4.0 * tau * axial * (f1 + f2)
    c = 0.25 * (axial**2 + f1**2 + tau * f2**2)
    crossing = (4.0 * _MASS * energy - q2) / _MASS**2 - m2
    sign = -1.0 if antineutrino else 1.0
    strength = (_MASS * units.FERMI_CONSTANT * V_UD / energy) ** 2 / (8.0 * np.pi)
    return np.asarray(strength * (a + sign * crossing * b + crossing**2 * c), dtype=float)


def _form_factors(q2: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """F_1, F_2 (isovector), F_A, F_P at Q^2 [GeV^2]."""
    proton, neutron = nucleons.dirac_pauli("p", q2), nucleons.dirac_pauli("n", q2)
    axial = -AXIAL_COUPLING / (1.0 + q2 / AXIAL_MASS**2) ** 2
    pseudoscalar = 2.0 * _MASS**2 * axial / (units.particle_mass("pi+") ** 2 + q2)
    return proton[0] - neutron[0], proton[1] - neutron[1], axial, pseudoscalar


def q2_limits(neutrino_energy: npt.ArrayLike, flavor: str) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest Q^2 [GeV^2] at E [GeV]; equal at and below threshold."""
    check_choice("flavor", flavor, units.LEPTON_MASS)
    check_positive(neutrino_energy=neutrino_energy)
    energy = np.asarray(neutrino_energy, dtype=float)
    lepton = units.LEPTON_MASS[flavor]
    energy = np.maximum(energy, threshold(flavor))
    s = _MASS**2 + 2.0 * _MASS * energy
    root = np.sqrt(s)
    incoming = _MASS * energy / root
    outgoing = (s + lepton**2 - _MASS**2) / (2.0 * root)
    momentum = np.sqrt(np.maximum((outgoing - lepton) * (outgoing + lepton), 0.0))
    low = lepton**2 * (2.0 * incoming / (outgoing + momentum) - 1.0)  # 2 k (E' - k') - m^2 without cancellation
    return np.maximum(low, 0.0), np.maximum(2.0 * incoming * (outgoing + momentum) - lepton**2, low)


def cross_section(
    neutrino_energy: npt.ArrayLike, flavor: str = "mu", antineutrino: bool = False, fermi_momentum: float = 0.0
) -> FloatArray:
    """Quasi-elastic cross section per nucleon that can scatter: a neutron for nu, a proton for nubar.

    Parameters
    ----------
    neutrino_energy : array_like
        E [GeV], up to 1e9.
    flavor : {"e", "mu", "tau"}
    antineutrino : bool
    fermi_momentum : float
        k_F [GeV] of the Fermi gas, 0 for free nucleons.

    Returns
    -------
    ndarray
        [cm^2]; zero below threshold.

    Raises
    ------
    DomainError
        For an energy that is not positive or a negative Fermi momentum.
    UnknownNameError
        No such flavour.

    Examples
    --------
    >>> f"{float(cross_section(1.0)):.2e}, {float(cross_section(1.0, antineutrino=True)):.2e}"
    '1.07e-38, 3.92e-39'
    """
    check_non_negative(fermi_momentum=fermi_momentum)
    low, high = q2_limits(neutrino_energy, flavor)
    energy = np.asarray(neutrino_energy, dtype=float)
    high = np.minimum(high, np.maximum(low, _LARGEST_Q2))
    nodes, weights = _legendre()
    span = np.log((high + _SOFT) / (low + _SOFT))[..., None]
    shifted = (low[..., None] + _SOFT) * np.exp(0.5 * span * (nodes + 1.0))
    q2 = np.maximum(shifted - _SOFT, 0.0)
    value = spectrum(q2, energy[..., None], flavor, antineutrino)
    if fermi_momentum > 0.0:
        value = value * targets.pauli_factor(q2, _MASS, fermi_momentum)
    total = np.sum(0.5 * span * weights * shifted * np.maximum(value, 0.0), axis=-1) * units.GEV_M2_TO_CM2
    return np.where(energy > threshold(flavor), total, 0.0)


@functools.cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(48)
    return nodes, weights
