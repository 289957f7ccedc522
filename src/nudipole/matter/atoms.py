r"""Atoms: which electrons can be knocked out, and what the cloud hides of the nucleus.

**Stepping.** A recoil of energy T frees the electrons bound by less than T: the free-electron rate is multiplied by the
number of them, taken at the energy that is deposited. A full atomic calculation (relativistic random-phase
approximation, RRPA) of solar neutrinos on xenon lies below it: by 10 per cent from 0.5 to 5 keV, 17 at 10 and 31 at 28 keV
(J.-W. Chen et al., arXiv:1610.04177); :func:`many_body_ratio` holds the ratio.

**Screening.** A photon of momentum transfer q sees the charge

.. math:: Z F(q^2) - f_0(q), \qquad f_0(s) = c + \sum_{i=1}^5 a_i e^{-b_i s^2},\quad s = q / 4\pi,

where f_0 is the x-ray form factor of the neutral atom (Waasmaier and Kirfel, Acta Cryst. A51, 416 (1995)), rescaled
by less than 1e-3 such that f_0(0) = Z exactly: the charge of the atom vanishes as q^2 and total cross sections stay
finite for M -> 0. Beyond the fitted range, s > 6 / angstrom or q > 149 keV, f_0 goes on as the hydrogenic K shell,
[1 + (q / 2 Z alpha m_e)^2]^-2, matched at the edge.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import UnknownNameError, check_non_negative
from nudipole.inputs import tables
from nudipole.matter.isotopes import ELEMENTS, SYMBOLS

FloatArray = npt.NDArray[np.float64]
ANGSTROM = 1e5 * units.FEMTOMETRE  # GeV^-1
_LARGEST_S = 6.0  # 1/angstrom


def ionisable_electrons(element: str, recoil_energy: npt.ArrayLike) -> FloatArray:
    """Electrons of one atom that are bound by less than the recoil energy.

    Parameters
    ----------
    element : str
        Chemical symbol; main-group elements from H to Pb.
    recoil_energy : array_like
        T [GeV].

    Returns
    -------
    ndarray
        Between 0 and Z.

    Raises
    ------
    UnknownNameError
        If there are no binding energies for the element.
    DomainError
        If an energy is negative or not finite.

    Examples
    --------
    >>> ionisable_electrons("Ge", [1e-3, 5e-6, 1.23e-6, 1e-7]).tolist()
    [32.0, 30.0, 26.0, 14.0]
    """
    check_non_negative(recoil_energy=recoil_energy)
    binding, cumulative = _shells(element)
    index = np.searchsorted(binding, np.asarray(recoil_energy, dtype=float), side="left")
    return cumulative[index]


def many_body_ratio(element: str, recoil_energy: npt.ArrayLike) -> FloatArray:
    """Electron recoils of solar neutrinos in RRPA over those in the stepping approximation.

    Parameters
    ----------
    element : str
        Chemical symbol; a calculation is tabulated for xenon alone.
    recoil_energy : array_like
        T [GeV].

    Returns
    -------
    ndarray
        The ratio; held at its last value below 0.26 and above 28 keV, where the published curve ends.

    Raises
    ------
    UnknownNameError
        If there is no calculation for the element.
    DomainError
        If an energy is negative or not finite.

    Notes
    -----
    Calculated for the weak interaction of pp and 7Be neutrinos (1610.04177); for a magnetic moment it is an estimate,
    since the atom answers to the same energy but to a photon of smaller momentum.

    Examples
    --------
    >>> many_body_ratio("Xe", [2e-6, 10e-6]).round(2).tolist()
    [0.91, 0.83]
    """
    check_non_negative(recoil_energy=recoil_energy)
    if element != "Xe":
        raise UnknownNameError("element with a many-body calculation", element, ["Xe"])
    table = tables.load("matter/data/xenon_rrpa.csv")
    return np.interp(np.asarray(recoil_energy, dtype=float), table["energy"] * units.KEV, table["ratio"])


@functools.cache
def _shells(element: str) -> tuple[FloatArray, FloatArray]:
    """Binding energies [GeV] in increasing order, and the number of electrons below each (one longer)."""
    table = tables.load("matter/data/electron_shells.csv")
    rows = table["Z"] == SYMBOLS.get(element, -1)
    if not np.any(rows):
        known = [symbol for symbol, charge in SYMBOLS.items() if charge in table["Z"]]
        raise UnknownNameError("element with binding energies", element, known)
    order = np.argsort(table["binding"][rows])
    cumulative = np.concatenate([[0.0], np.cumsum(table["electrons"][rows][order])])
    return table["binding"][rows][order] * units.EV, cumulative


def hidden_charge(element: str, q2: npt.ArrayLike) -> FloatArray:
    """The x-ray form factor f_0 of the neutral atom: the charge of the electron cloud at momentum transfer q.

    Parameters
    ----------
    element : str
        Chemical symbol.
    q2 : array_like
        q^2 [GeV^2].

    Returns
    -------
    ndarray
        Z at q = 0, falling to 0.

    Raises
    ------
    UnknownNameError
        If the element is not in the table.
    DomainError
        If q^2 is negative or not finite.
    """
    return float(SYMBOLS.get(element, 0)) - cloud_deficit(element, q2)


def cloud_deficit(element: str, q2: npt.ArrayLike) -> FloatArray:
    """Z - f_0(q), without cancellation at small q: the screened charge of a point nucleus."""
    check_non_negative(q2=q2)
    scale, exponent, charge, edge_value = _coefficients(element)
    q2 = np.asarray(q2, dtype=float)
    s2 = q2 * (ANGSTROM / (4.0 * np.pi)) ** 2
    inside = np.minimum(s2, _LARGEST_S**2)
    fitted = -np.sum(scale * np.expm1(-exponent * inside[..., None]), axis=-1)
    kappa2 = (2.0 * charge * units.ALPHA * units.ELECTRON_MASS) ** 2
    edge = (4.0 * np.pi * _LARGEST_S / ANGSTROM) ** 2
    tail = charge - edge_value * ((1.0 + edge / kappa2) / (1.0 + q2 / kappa2)) ** 2
    return np.where(s2 <= _LARGEST_S**2, fitted, tail)


@functools.cache
def _coefficients(element: str) -> tuple[FloatArray, FloatArray, float, float]:
    if element not in SYMBOLS:
        raise UnknownNameError("element", element, ELEMENTS)
    table = tables.load("matter/data/xray_form_factors.csv")
    row = int(np.flatnonzero(table["Z"] == SYMBOLS[element])[0])
    scale = np.array([table[f"a{i}"][row] for i in range(1, 6)])
    exponent = np.array([table[f"b{i}"][row] for i in range(1, 6)])
    charge = float(SYMBOLS[element])
    constant = float(table["c"][row])
    factor = charge / (constant + float(np.sum(scale)))
    edge_value = factor * (constant + float(np.sum(scale * np.exp(-exponent * _LARGEST_S**2))))
    return factor * scale, exponent, charge, edge_value
