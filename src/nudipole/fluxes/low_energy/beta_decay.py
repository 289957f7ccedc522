r"""Neutrino spectrum of an allowed beta decay, from which the pp, CNO and neutron-capture spectra are built.

.. math:: \phi(E) \propto E^2\, p\, W\, F(\pm Z, W), \qquad W = Q + m_e - E, \quad p = \sqrt{W^2-m_e^2},

with Q the largest neutrino energy, Z the charge of the daughter (+Z for beta-, -Z for beta+) and the Fermi function

.. math:: F = 2(1+\gamma)\,(2pR)^{2(\gamma-1)}\, e^{\pi\eta}\,\frac{|\Gamma(\gamma+i\eta)|^2}{\Gamma(2\gamma+1)^2},
          \qquad \eta = \pm Z\alpha W/p, \quad \gamma = \sqrt{1-(Z\alpha)^2}.

Screening, finite size and weak magnetism (per cent effects) are left out. Reference: :cite:`Wilkinson:1989zz`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gamma as gamma_function
from scipy.special import loggamma

from nudipole import units
from nudipole.errors import DomainError, check_between, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


def fermi_function(momentum: npt.ArrayLike, charge: float, mass_number: float) -> FloatArray:
    """Fermi function F(Z, p), 1 for charge 0.

    Parameters
    ----------
    momentum : array_like
        Momentum of the electron or positron [GeV], > 0.
    charge : float
        Charge of the daughter nucleus for an electron, minus that for a positron.
    mass_number : float
        Its mass number; the nuclear radius is 1.2 A^(1/3) fm.

    Raises
    ------
    DomainError
        If a momentum or mass number is not positive, or |charge| alpha >= 1.

    Examples
    --------
    >>> float(fermi_function(0.001, 0.0, 1.0))
    1.0
    """
    check_positive(momentum=momentum, mass_number=mass_number)
    coupling = charge * units.ALPHA
    if not abs(coupling) < 1.0:
        raise DomainError(f"the Fermi function needs |Z| < 137, got {charge}")
    p = np.asarray(momentum, dtype=float)
    eta = coupling * np.hypot(p, units.ELECTRON_MASS) / p
    exponent = np.sqrt(1.0 - coupling**2)
    radius = 1.2 * mass_number ** (1.0 / 3.0) * units.FEMTOMETRE
    log_gamma = np.real(loggamma(exponent + 1j * eta))
    scale = 2.0 * (1.0 + exponent) / gamma_function(2.0 * exponent + 1.0) ** 2
    return scale * (2.0 * p * radius) ** (2.0 * (exponent - 1.0)) * np.exp(np.pi * eta + 2.0 * log_gamma)


def allowed_shape(energy: npt.ArrayLike, endpoint: float, charge: float, mass_number: float) -> FloatArray:
    """Neutrino spectrum of an allowed beta decay, not normalised; zero at and above the endpoint.

    Parameters
    ----------
    energy : array_like
        Neutrino energy [GeV].
    endpoint : float
        Largest neutrino energy Q [GeV], 0.1 keV to 100 MeV.
    charge, mass_number : float
        As for :func:`fermi_function`.

    Raises
    ------
    DomainError
        As for :func:`fermi_function`, and if an energy is negative or the endpoint out of range.

    Examples
    --------
    >>> float(allowed_shape(0.5e-3, 0.42341e-3, -1, 2))
    0.0
    """
    check_non_negative(energy=energy)
    check_between(1e-7, 0.1, endpoint=endpoint)
    kinetic = np.asarray(endpoint - np.asarray(energy, dtype=float))
    inside = np.where(kinetic > 0, kinetic, endpoint)
    total = inside + units.ELECTRON_MASS
    momentum = np.sqrt(inside * (inside + 2.0 * units.ELECTRON_MASS))
    shape = np.asarray(energy) ** 2 * momentum * total * fermi_function(momentum, charge, mass_number)
    return np.where(kinetic > 0, shape, 0.0)
