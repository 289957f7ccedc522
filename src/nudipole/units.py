r"""Conversion factors and constants: the only place that holds any.

Inside nudipole every quantity is in natural units, powers of GeV (hbar = c = 1), with lengths in metres and times in
seconds only at the borders (fluxes, geometry, exposures), where these factors take them in and out. Constants are
CODATA values through :mod:`scipy.constants` and PDG values through the ``particle`` package.

The dipole coupling inside the code is :math:`d` of :math:`\mathcal L = d\,\bar\nu_L\sigma^{\mu\nu}N F_{\mu\nu}` in
GeV^-1. The ordinary transition moment is :math:`\mu = 2 d`, quoted in Bohr magnetons
:math:`\mu_B = e/2m_e = \sqrt{4\pi\alpha}/2m_e = 296.3` GeV^-1.
"""

from __future__ import annotations

import functools
import math
import threading
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import scipy.constants as codata

from nudipole.errors import DomainError, UnknownNameError, check_finite, printable

# --- energies, in GeV -------------------------------------------------------------------------------------------------
EV = 1e-9
KEV = 1e-6
MEV = 1e-3
GEV = 1.0
JOULE = 1e-9 / codata.e

# --- lengths, times, masses -------------------------------------------------------------------------------------------
SPEED_OF_LIGHT = codata.c  # m / s
HBAR_C = codata.hbar * codata.c * JOULE  # GeV m
METRE = 1.0 / HBAR_C  # GeV^-1
CENTIMETRE = 0.01 * METRE
KILOMETRE = 1e3 * METRE
FEMTOMETRE = 1e-15 * METRE
SECOND = 1.0 / (codata.hbar * JOULE)  # GeV^-1
DAY = 86400.0  # s
YEAR = codata.Julian_year  # s
GRAM = 1e-3 * codata.c**2 * JOULE  # GeV
KILOGRAM = 1e3 * GRAM
KELVIN = codata.k * JOULE  # GeV
ERG = 1e-7 * JOULE  # GeV
GIGAWATT = 1e9 * JOULE  # GeV / s
SOLAR_MASS = 1.98841e33 * GRAM  # IAU nominal GM_sun / CODATA G
PARSEC = codata.parsec  # m

# --- cross sections ---------------------------------------------------------------------------------------------------
CM2 = CENTIMETRE**2  # GeV^-2 in one cm^2
GEV_M2_TO_CM2 = 1.0 / CM2  # multiply a cross section in GeV^-2 by this to get cm^2
BARN = 1e-24 * CM2
PICOBARN = 1e-12 * BARN
FEMTOBARN = 1e-15 * BARN

# --- couplings --------------------------------------------------------------------------------------------------------
ALPHA = codata.fine_structure
ELEMENTARY_CHARGE = math.sqrt(4.0 * math.pi * ALPHA)  # Heaviside-Lorentz, dimensionless
FERMI_CONSTANT = codata.value("Fermi coupling constant")  # GeV^-2
SIN2_THETA_W_MSBAR = 0.23122  # at the Z pole, MS-bar (PDG 2024)
SIN2_THETA_W_LOW = 0.23863  # at zero momentum transfer, MS-bar (PDG 2024, Sec. 10)
HIGGS_VEV = (math.sqrt(2.0) * FERMI_CONSTANT) ** -0.5  # 246.22 GeV
PLANCK_MASS = math.sqrt(codata.hbar * codata.c / codata.G) * KILOGRAM  # 1.2209e19 GeV

# --- masses [GeV] -----------------------------------------------------------------------------------------------------
ELECTRON_MASS = codata.value("electron mass energy equivalent in MeV") * MEV
MUON_MASS = codata.value("muon mass energy equivalent in MeV") * MEV
TAU_MASS = 1.77693  # PDG 2024
PROTON_MASS = codata.value("proton mass energy equivalent in MeV") * MEV
NEUTRON_MASS = codata.value("neutron mass energy equivalent in MeV") * MEV
NUCLEON_MASS = 0.5 * (PROTON_MASS + NEUTRON_MASS)
ATOMIC_MASS_UNIT = codata.value("atomic mass constant energy equivalent in MeV") * MEV
W_MASS = 80.3692  # PDG 2024
Z_MASS = 91.1880  # PDG 2024
Z_WIDTH = 2.4955  # PDG 2024
W_WIDTH = 2.085  # PDG 2024
LEPTON_MASS = {"e": ELECTRON_MASS, "mu": MUON_MASS, "tau": TAU_MASS}

AVOGADRO = codata.N_A

# --- magnetic moments -------------------------------------------------------------------------------------------------
BOHR_MAGNETON = ELEMENTARY_CHARGE / (2.0 * ELECTRON_MASS)  # 296.30 GeV^-1
PROTON_MOMENT = codata.value("proton mag. mom. to nuclear magneton ratio")
NEUTRON_MOMENT = codata.value("neutron mag. mom. to nuclear magneton ratio")


@overload
def d_from_mu(mu_bohr: float) -> float: ...
@overload
def d_from_mu(mu_bohr: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
def d_from_mu(mu_bohr: npt.ArrayLike) -> Any:
    r"""Dipole coupling d [GeV^-1] of a transition moment mu in Bohr magnetons: d = mu / 2.

    Arrays are converted number by number. NaN (nothing is excluded) and infinity (open above) stay what they are, so
    that the edges of a :class:`~nudipole.constraint.Limit` convert.

    Parameters
    ----------
    mu_bohr : array_like
        Moments [Bohr magnetons].

    Returns
    -------
    float or ndarray
        Couplings d [GeV^-1], of the same shape.

    Raises
    ------
    DomainError
        If it is no number.

    Examples
    --------
    >>> round(d_from_mu(1.0), 2)
    148.15
    """
    return _scaled("mu_bohr", mu_bohr, 0.5 * BOHR_MAGNETON)


@overload
def mu_from_d(d: float) -> float: ...
@overload
def mu_from_d(d: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
def mu_from_d(d: npt.ArrayLike) -> Any:
    r"""Transition moment mu in Bohr magnetons of a dipole coupling d in GeV^-1: mu = 2 d; the inverse of :func:`d_from_mu`.

    Parameters
    ----------
    d : array_like
        Couplings [GeV^-1].

    Returns
    -------
    float or ndarray
        Moments [Bohr magnetons], of the same shape.

    Raises
    ------
    DomainError
        If it is no number.

    Examples
    --------
    >>> f"{mu_from_d(1e-7):.3e}"
    '6.750e-10'
    >>> mu_from_d([1e-7, float("nan"), float("inf")]).tolist()
    [6.749...e-10, nan, inf]
    """
    return _scaled("d", d, 2.0 / BOHR_MAGNETON)


def _scaled(name: str, value: npt.ArrayLike, factor: float) -> Any:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(
            f"{name} must be a number or an array of numbers, got {printable(repr(value))[:80]}"
        ) from None
    check_finite(**{name: array[np.isfinite(array)]})
    return float(array) * factor if array.ndim == 0 else array * factor


@functools.cache
def particle_mass(name: str) -> float:
    """PDG mass [GeV] of a particle by its ``particle`` name or EvtGen name, e.g. ``"pi0"``, ``"D(s)+"``.

    Raises
    ------
    UnknownNameError
        If the PDG table has no such particle or gives it no mass.

    Examples
    --------
    >>> round(particle_mass("pi0"), 4)
    0.135
    """
    mass = _pdg(name).mass
    if mass is None:
        raise UnknownNameError("particle mass", name)
    return float(mass) * MEV


@functools.cache
def particle_width(name: str) -> float:
    """PDG total width [GeV] of a particle by its ``particle`` name (from the lifetime where that is what is measured).

    Raises
    ------
    UnknownNameError
        If the PDG table has no such particle or no width for it.
    """
    width = _pdg(name).width
    if width is None:
        raise UnknownNameError("particle width", name)
    return float(width) * MEV


def _pdg(name: str):  # type: ignore[no-untyped-def]
    stems = _pdg_table()  # type: ignore[no-untyped-call]
    for end in range(len(name), 0, -1):  # a name is its stem, a bar and a charge
        for particle in stems.get(name[:end], ()):
            if particle.name == name:
                return particle
    raise UnknownNameError("particle", name)


_PDG_LOCK = threading.Lock()


def _pdg_table():  # type: ignore[no-untyped-def]
    """Particles by the stem of their name, which is a column of the table; whole names are slow to make."""
    with (
        _PDG_LOCK
    ):  # the particle package fills its table when it is first asked, and does not expect two to ask at once
        return _read_pdg_table()


@functools.cache
def _read_pdg_table():  # type: ignore[no-untyped-def]
    from particle import Particle

    stems: dict[str, list[Particle]] = {}
    for particle in Particle.all():
        stems.setdefault(particle.pdg_name, []).append(particle)
    return stems
