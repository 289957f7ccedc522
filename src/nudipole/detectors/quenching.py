r"""Quenching: how much of a nuclear recoil's energy a detector sees, E_I = Q(E_r) E_r.

.. math::

    \text{Lindhard:}\quad Q = \frac{k\,g(\epsilon)}{1 + k\,g(\epsilon)},\qquad
    g = 3\epsilon^{0.15} + 0.7\epsilon^{0.6} + \epsilon,\qquad \epsilon = 11.5\,Z^{-7/3} E_r/\mathrm{keV}

Each model is a function of keyword options, as a card writes them in ``quenching = { model = "lindhard", k = 0.162 }``,
and returns a callable from recoil energy [GeV] to ionisation (electron-equivalent) energy [GeV]. Electron recoils are
not quenched: ``none``. Below ``cut_eV`` of ionisation a model gives zero (nothing is released below a pair or two).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_choice, check_finite, check_non_negative, check_positive
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
IonisationEnergy = Callable[[npt.ArrayLike], FloatArray]

UNITS = {"eV": units.EV, "keV": units.KEV, "MeV": units.MEV, "GeV": units.GEV}


def none() -> IonisationEnergy:
    """Everything is seen, E_I = E_r: electron recoils, or nuclear recoils counted in nuclear-recoil energy.

    Examples
    --------
    >>> float(none()(1e-6))
    1e-06
    """
    return _from_factor(lambda recoil: np.ones_like(recoil), 0.0)


def constant(factor: float, cut_eV: float = 0.0) -> IonisationEnergy:
    """The same fraction at every energy, E_I = factor E_r.

    Raises
    ------
    DomainError
        If the factor is negative or above 1.
    """
    check_non_negative(factor=factor)
    if factor > 1.0:
        raise DomainError(f"a quenching factor is at most 1, got {factor:g}")
    return _from_factor(lambda recoil: np.full_like(recoil, factor), cut_eV)


def lindhard(k: float = 0.157, charge_number: float = 32.0, cut_eV: float = 0.0) -> IonisationEnergy:
    """Lindhard's theory with strength k; ``charge_number`` is that of the target (32: germanium, 14: silicon).

    Source: J. Lindhard et al., Mat. Fys. Medd. 33, 10 (1963), in the usual parametrisation of Q.

    Examples
    --------
    >>> round(float(lindhard(k=0.162)(1e-6)) / 1e-6, 4)
    0.1755
    """
    check_positive(k=k, charge_number=charge_number)
    return _from_factor(lambda recoil: _lindhard_factor(recoil, k, charge_number), cut_eV)


def fef(cut_eV: float = 0.0) -> IonisationEnergy:
    """Germanium, from iron-filtered neutrons: Q = 0.43610 - 0.19207 E_r/keV below 1.35 keV, Lindhard k = 0.157 above.

    Source: Dresden-II analyses (2202.09672, 2202.10829); linear form read from the public table of the latter.
    """

    def factor(recoil: FloatArray) -> FloatArray:
        kilo = recoil / units.KEV
        return np.where(kilo < 1.35, 0.43610 - 0.19207 * kilo, _lindhard_factor(recoil, 0.157, 32.0))

    return _from_factor(factor, cut_eV)


def ybe(cut_eV: float = 0.0) -> IonisationEnergy:
    """Germanium, from photo-neutrons (YBe): a table, linear between points; above its end (4.5 keV) Q stays constant.

    No reactor neutrino below 12 MeV gives a germanium nucleus 4.5 keV. Source: header of the table.
    """

    def factor(recoil: FloatArray) -> FloatArray:
        table = tables.load("detectors/data/ge-quenching-ybe.csv")
        return np.interp(recoil / units.KEV, table["recoil"], table["quenching"])

    return _from_factor(factor, cut_eV)


def polynomial(
    coefficients: list[float], unit: str = "MeV", maximum_keV: float = np.inf, cut_eV: float = 0.0
) -> IonisationEnergy:
    """E_I = c_1 E_r + c_2 E_r^2 + ... with both energies in ``unit``; Q stays constant above ``maximum_keV`` of recoil.

    COHERENT's CsI[Na] of 2021: coefficients 0.0554628, 4.30681, -111.707, 840.384 in MeV (2111.02477), monotonic over
    the recoils that stopped pions give (below 50 keV).

    Raises
    ------
    DomainError
        If there is no coefficient.
    UnknownNameError
        If the unit is none of eV, keV, MeV, GeV.
    """
    if not len(coefficients):
        raise DomainError("a quenching polynomial needs at least one coefficient")
    check_choice("energy unit", unit, UNITS)
    check_finite(coefficients=coefficients)
    if not maximum_keV > 0.0:
        raise DomainError(f"maximum_keV must be positive, got {maximum_keV:g}")
    scale, series, top = UNITS[unit], np.asarray(coefficients, dtype=float), maximum_keV * units.KEV

    def factor(recoil: FloatArray) -> FloatArray:
        reduced = np.minimum(recoil, top) / scale
        return np.clip(np.polynomial.polynomial.polyval(reduced, series), 0.0, 1.0)

    return _from_factor(factor, cut_eV)


def coherent_lar(offset: float = 0.246, slope: float = 7.8e-4, maximum_keV: float = 125.0) -> IonisationEnergy:
    """Liquid argon of CENNS-10: Q = 0.246 + 7.8e-4 E_r/keV, constant above 125 keV (2006.12659; review Eq. 50)."""
    check_non_negative(offset=offset, slope=slope)
    check_positive(maximum_keV=maximum_keV)
    return _from_factor(lambda recoil: offset + slope * np.minimum(recoil / units.KEV, maximum_keV), 0.0)


QUENCHING: dict[str, Callable[..., IonisationEnergy]] = {
    "none": none,
    "constant": constant,
    "lindhard": lindhard,
    "fef": fef,
    "ybe": ybe,
    "polynomial": polynomial,
    "coherent-lar": coherent_lar,
}


def _lindhard_factor(recoil: FloatArray, k: float, charge_number: float) -> FloatArray:
    epsilon = 11.5 * charge_number ** (-7.0 / 3.0) * recoil / units.KEV
    g = 3.0 * epsilon**0.15 + 0.7 * epsilon**0.6 + epsilon
    return k * g / (1.0 + k * g)


def _from_factor(factor: Callable[[FloatArray], FloatArray], cut_eV: float) -> IonisationEnergy:
    check_non_negative(cut_eV=cut_eV)

    def ionisation_energy(recoil_energy: npt.ArrayLike) -> FloatArray:
        check_non_negative(recoil_energy=recoil_energy)
        recoil = np.asarray(recoil_energy, dtype=float)
        seen = factor(recoil) * recoil
        return np.where(seen >= cut_eV * units.EV, seen, 0.0)

    return ionisation_energy
