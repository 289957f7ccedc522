r"""The relativistic plasma of the early Universe: who carries charge, how it screens, what mass it gives a photon.

With f the equilibrium distributions at zero chemical potential, summed over Dirac fermions of charge Q and N_c colours:

.. math::

    m_D^2 &= \sum Q^2 N_c\, e^2\, \frac{2}{\pi^2}\int_0^\infty\! dp\, \frac{p^2+E^2}{E} f_F(E)
             \;\to\; \tfrac13 e^2T^2 \sum Q^2N_c, \\
    m_T^2 &= \sum Q^2 N_c\, e^2\, \frac{2}{\pi^2}\int_0^\infty\! dp\, \frac{p^2}{E} f_F(E)
             \;\to\; \tfrac16 e^2T^2 \sum Q^2N_c .

m_D screens static charges, m_T is the mass of a hard transverse photon (Braaten and Segel 1993, Eq. A22 for m_T). The
rates that use them live in :mod:`thermal_decay`, :mod:`thermal_scattering` and :mod:`thermal_annihilation`; degenerate
matter is in :mod:`plasma`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole import units
from nudipole.errors import check_count, check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]
QCD_TEMPERATURE = 0.15  # GeV; below it quarks are confined and carry no charge here (pions are left out)
_X_MAX = 45.0  # momenta are integrated up to this many temperatures
_NODES = 96


@dataclass(frozen=True)
class ChargedFermion:
    """A Dirac fermion of the plasma: mass [GeV], electric charge, colours, temperature [GeV] above which it exists."""

    name: str
    mass: float
    charge: float
    colours: int = 1
    exists_above: float = 0.0

    @property
    def weight(self) -> float:
        """Q^2 N_c."""
        return self.charge**2 * self.colours


ELECTRON = ChargedFermion("e", units.ELECTRON_MASS, -1.0)
LEPTONS = (ELECTRON, ChargedFermion("mu", units.MUON_MASS, -1.0), ChargedFermion("tau", units.TAU_MASS, -1.0))
QUARKS = (  # masses PDG 2024: MS-bar at 2 GeV (u, d, s), at their own scale (c, b), direct (t)
    ChargedFermion("u", 2.16e-3, 2 / 3, 3, QCD_TEMPERATURE),
    ChargedFermion("d", 4.70e-3, -1 / 3, 3, QCD_TEMPERATURE),
    ChargedFermion("s", 93.5e-3, -1 / 3, 3, QCD_TEMPERATURE),
    ChargedFermion("c", 1.273, 2 / 3, 3, QCD_TEMPERATURE),
    ChargedFermion("b", 4.183, -1 / 3, 3, QCD_TEMPERATURE),
    ChargedFermion("t", 172.57, 2 / 3, 3, QCD_TEMPERATURE),
)
CHARGED_FERMIONS = LEPTONS + QUARKS


def fermi(x: npt.ArrayLike) -> FloatArray:
    """1 / (e^x + 1), without overflow."""
    check_finite(x=x)
    x = np.asarray(x, dtype=float)
    decayed = np.exp(-np.abs(x))
    return np.where(x > 0, decayed, 1.0) / (1.0 + decayed)


def bose(x: npt.ArrayLike) -> FloatArray:
    """1 / (e^x - 1) for x > 0."""
    check_positive(x=x)
    x = np.asarray(x, dtype=float)
    return np.exp(-x) / -np.expm1(-x)


def tail(energy: npt.ArrayLike, temperature: npt.ArrayLike, quantum: bool = True) -> FloatArray:
    """Integral of f from this energy [GeV] to infinity [GeV]: T ln(1 + e^(-E/T)), or T e^(-E/T) for Boltzmann."""
    check_non_negative(energy=energy)
    check_positive(temperature=temperature)
    temperature = np.asarray(temperature, dtype=float)
    decayed = np.exp(-np.asarray(energy, dtype=float) / temperature)
    return temperature * (np.log1p(decayed) if quantum else decayed)


def debye_mass2(temperature: npt.ArrayLike, fermions: tuple[ChargedFermion, ...] = CHARGED_FERMIONS) -> FloatArray:
    r"""Squared Debye mass [GeV^2] of the plasma.

    Parameters
    ----------
    temperature : array_like
        T [GeV] > 0.
    fermions : tuple of ChargedFermion
        Who screens; by default every charged lepton, and quarks above the QCD transition.

    Returns
    -------
    ndarray
        m_D^2; e^2 T^2 / 3 for relativistic electrons alone.

    Examples
    --------
    >>> t = 0.02
    >>> ratio = debye_mass2(t, (ELECTRON,)) / (units.ELEMENTARY_CHARGE**2 * t**2 / 3)
    >>> bool(abs(ratio - 1) < 1e-3)
    True
    """
    return _charge_sum(temperature, fermions, lambda p, energy: (p**2 + energy**2) / energy)


def photon_mass2(temperature: npt.ArrayLike, fermions: tuple[ChargedFermion, ...] = CHARGED_FERMIONS) -> FloatArray:
    r"""Squared mass m_T^2 [GeV^2] of hard transverse photons; e^2 T^2 / 6 for relativistic electrons alone.

    Parameters and errors as for :func:`debye_mass2`.
    """
    return _charge_sum(temperature, fermions, lambda p, energy: p**2 / energy)


def number_density(temperature: npt.ArrayLike, mass: npt.ArrayLike, degeneracy: float = 2.0) -> FloatArray:
    """Equilibrium number density [GeV^3] of a fermion of this mass [GeV], Fermi-Dirac statistics."""
    check_positive(temperature=temperature)
    check_non_negative(mass=mass, degeneracy=degeneracy)
    x, weights = momentum_nodes()
    temperature, mass = np.asarray(temperature, dtype=float)[..., None], np.asarray(mass, dtype=float)[..., None]
    occupation = fermi(np.hypot(x, mass / temperature))
    return degeneracy / (2 * np.pi**2) * np.squeeze(temperature, -1) ** 3 * np.sum(weights * x**2 * occupation, axis=-1)


@functools.cache
def momentum_nodes(number: int = _NODES, x_max: float = _X_MAX) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights for p/T on (0, x_max)."""
    check_count(number=number)
    check_positive(x_max=x_max)
    nodes, weights = roots_legendre(number)
    return 0.5 * x_max * (nodes + 1.0), 0.5 * x_max * weights


def _charge_sum(
    temperature: npt.ArrayLike,
    fermions: tuple[ChargedFermion, ...],
    kernel: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    check_positive(temperature=temperature)
    temperature = np.asarray(temperature, dtype=float)
    x, weights = momentum_nodes()
    p = x * temperature[..., None]
    total = np.zeros(temperature.shape)
    for fermion in fermions:
        energy = np.hypot(p, fermion.mass)
        integral = np.sum(weights * kernel(p, energy) * fermi(energy / temperature[..., None]), axis=-1) * temperature
        total = total + np.where(temperature > fermion.exists_above, fermion.weight, 0.0) * integral
    return 2.0 / np.pi**2 * units.ELEMENTARY_CHARGE**2 * total
