r"""Electromagnetic form factors of free nucleons.

G_E, G_M (Sachs) as functions of Q^2, with F_1 = (G_E + tau G_M)/(1 + tau), F_2 = (G_M - G_E)/(1 + tau),
tau = Q^2 / 4 m^2:

==========  ===========================================================================================================
``ye2018``  the z expansion of Ye, Arrington, Hill and Lee (arXiv:1707.09063), a fit of world data; the default
``kelly``   Kelly, Phys. Rev. C70, 068202 (2004); G_E^n of the Galster form (its two coefficients from memory)
``dipole``  (1 + Q^2 / 0.71 GeV^2)^-2 for G_E^p, G_M^p / mu_p, G_M^n / mu_n; G_E^n = 0
==========  ===========================================================================================================
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_choice, check_non_negative
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
NAMES = ("ye2018", "kelly", "dipole")
DEFAULT = "ye2018"
DIPOLE_MASS2 = 0.71  # GeV^2
MASS = {"p": units.PROTON_MASS, "n": units.NEUTRON_MASS}
MOMENT = {"p": units.PROTON_MOMENT, "n": units.NEUTRON_MOMENT}
_T_CUT, _T_ZERO = 4.0 * 0.13957**2, -0.7  # GeV^2


def sachs(nucleon: str, q2: npt.ArrayLike, name: str = DEFAULT) -> tuple[FloatArray, FloatArray]:
    """G_E and G_M of a nucleon.

    Parameters
    ----------
    nucleon : {"p", "n"}
    q2 : array_like
        Q^2 >= 0 [GeV^2]. The fits hold to some 10 GeV^2, where the form factors are below a per cent.
    name : str
        One of :data:`NAMES`.

    Returns
    -------
    tuple of ndarray
        G_E and G_M, the latter in units such that G_M(0) is the magnetic moment in nuclear magnetons.

    Raises
    ------
    UnknownNameError
        For an unknown nucleon or parametrisation.
    DomainError
        If Q^2 is negative or not finite.

    Examples
    --------
    >>> electric, magnetic = sachs("p", 0.0)
    >>> round(float(electric), 6), round(float(magnetic), 4)
    (1.0, 2.7928)
    """
    check_choice("nucleon", nucleon, MASS)
    check_choice("form factor of the nucleon", name, NAMES)
    check_non_negative(q2=q2)
    q2 = np.asarray(q2, dtype=float)
    if name == "ye2018":
        electric, magnetic = _z_expansion(nucleon, q2)
    elif name == "kelly":
        electric, magnetic = _kelly(nucleon, q2)
    else:
        magnetic = dipole(q2)
        electric = magnetic if nucleon == "p" else np.zeros_like(q2)
    return electric, MOMENT[nucleon] * magnetic


def dirac_pauli(nucleon: str, q2: npt.ArrayLike, name: str = DEFAULT) -> tuple[FloatArray, FloatArray]:
    """F_1 and F_2 of a nucleon at Q^2 [GeV^2]; F_2(0) is the anomalous moment."""
    electric, magnetic = sachs(nucleon, q2, name)
    tau = np.asarray(q2, dtype=float) / (4.0 * MASS[nucleon] ** 2)
    return (electric + tau * magnetic) / (1.0 + tau), (magnetic - electric) / (1.0 + tau)


def dipole(q2: npt.ArrayLike) -> FloatArray:
    """(1 + Q^2 / 0.71 GeV^2)^-2."""
    check_non_negative(q2=q2)
    return (1.0 + np.asarray(q2, dtype=float) / DIPOLE_MASS2) ** -2


def _z_expansion(nucleon: str, q2: FloatArray) -> tuple[FloatArray, FloatArray]:
    root, root_zero = np.sqrt(_T_CUT + q2), np.sqrt(_T_CUT - _T_ZERO)
    z = (root - root_zero) / (root + root_zero)
    electric, magnetic = (np.polynomial.polynomial.polyval(z, c) for c in _z_coefficients(nucleon))
    return electric, magnetic


@functools.cache
def _z_coefficients(nucleon: str) -> tuple[FloatArray, FloatArray]:
    table = tables.load("matter/data/nucleon_z_expansion.csv")
    return table[f"GE{nucleon}"], table[f"GM{nucleon}"]


def _kelly(nucleon: str, q2: FloatArray) -> tuple[FloatArray, FloatArray]:
    tau = q2 / (4.0 * MASS[nucleon] ** 2)
    if nucleon == "p":
        electric = (1 - 0.24 * tau) / (1 + tau * (10.98 + tau * (12.82 + tau * 21.97)))
        return electric, (1 + 0.12 * tau) / (1 + tau * (10.97 + tau * (18.86 + tau * 6.55)))
    electric = 1.70 * tau / (1 + 3.30 * tau) * dipole(q2)
    return electric, (1 + 2.33 * tau) / (1 + tau * (14.72 + tau * (24.20 + tau * 84.1)))
