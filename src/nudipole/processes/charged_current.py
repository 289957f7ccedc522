r"""Inclusive charged-current cross sections, for the normalisation of fluxes.

Isoscalar nucleon. 50 GeV to 1e9 GeV: the tables of Cooper-Sarkar, Mertsch and Sarkar (arXiv:1106.3723), with W
propagator and parton evolution; below, the measured slopes 0.677 (0.334) x 10^-38 cm^2 E/GeV (Review of Particle
Physics, from memory, not re-read). At 3 to 10 GeV, where
quasi-elastic and resonant scattering matter, the slope is right to some ten per cent; below 3 GeV this module has
nothing to say.

The tau costs phase space: the ratio to massless leptons is that of the leading-order parton model,

.. math::

    \frac{d\sigma}{dx\,dy} \propto \Bigl[y^2x+\frac{m^2y}{2EM}\Bigr]F_1
    + \Bigl[1-\frac{m^2}{4E^2}-\Bigl(1+\frac{Mx}{2E}\Bigr)y\Bigr]F_2
    \pm\Bigl[xy\Bigl(1-\frac y2\Bigr)-\frac{m^2y}{4EM}\Bigr]F_3 - \frac{m^2}{EM}F_5

with 2xF_1 = F_2 = 2xF_5, F_4 = 0 (Albright and Jarlskog, Nucl. Phys. B84, 467 (1975)), scaling partons
x q = 1.74 x^0.6 (1-x)^3 + 0.2 (1-x)^7, x qbar = 0.2 (1-x)^7, and W > 1.4 GeV: a model of the ratio, not of the rate.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import tables, units
from nudipole.errors import DomainError, check_choice, check_positive

FloatArray = npt.NDArray[np.float64]
FLAVORS = ("e", "mu", "tau")
_SMALLEST_W = 1.4  # GeV


def charged_current_cross_section(
    neutrino_energy: npt.ArrayLike, flavor: str = "mu", antineutrino: bool = False
) -> FloatArray:
    """Charged-current cross section per nucleon of an isoscalar target.

    Parameters
    ----------
    neutrino_energy : array_like
        E [GeV], between 3 and 1e9.
    flavor : {"e", "mu", "tau"}
        The mass of the lepton is felt for tau only.
    antineutrino : bool

    Returns
    -------
    ndarray
        [cm^2]

    Raises
    ------
    DomainError
        For energies outside the table.

    Examples
    --------
    >>> f"{float(charged_current_cross_section(10.0)):.2e}"
    '6.77e-38'
    """
    check_choice("flavor", flavor, FLAVORS)
    check_positive(neutrino_energy=neutrino_energy)
    energy = np.asarray(neutrino_energy, dtype=float)
    table = tables.load("processes/data/charged_current.csv")
    grid = table["energy"]
    if np.any((energy < grid[0]) | (energy > grid[-1])):
        raise DomainError(f"charged-current cross sections are tabulated from {grid[0]:g} to {grid[-1]:g} GeV")
    values = table["antineutrino" if antineutrino else "neutrino"]
    sigma = np.exp(np.interp(np.log(energy), np.log(grid), np.log(values))) * 1e-36
    return sigma * tau_suppression(energy, antineutrino) if flavor == "tau" else sigma


def tau_suppression(neutrino_energy: npt.ArrayLike, antineutrino: bool = False) -> FloatArray:
    """sigma(nu_tau) / sigma(nu_mu): 0.34 at 20 GeV, 0.76 at 100 GeV, 1 at high energy.

    Zero below 4.9 GeV, where W > 1.4 GeV closes; quasi-elastic events, open from 3.5 GeV, are not in the model.
    """
    check_positive(neutrino_energy=neutrino_energy)
    energies, ratio = _suppression_table(bool(antineutrino))
    return np.interp(np.log(np.asarray(neutrino_energy, dtype=float)), np.log(energies), ratio, left=0.0, right=1.0)


@functools.cache
def _suppression_table(antineutrino: bool) -> tuple[FloatArray, FloatArray]:
    smallest = _SMALLEST_W + units.TAU_MASS
    threshold = (smallest**2 - units.NUCLEON_MASS**2) / (2 * units.NUCLEON_MASS)
    energies = threshold * (1e5 / threshold) ** (np.linspace(0.0, 1.0, 200) ** 2)  # dense where the ratio rises
    sign = -1.0 if antineutrino else 1.0
    heavy = np.array([_parton_integral(e, units.TAU_MASS, sign) for e in energies])
    light = np.array([_parton_integral(e, units.MUON_MASS, sign) for e in energies])
    return energies, heavy / light


@functools.cache
def _rule() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(100)
    return nodes, weights


def _parton_integral(energy: float, lepton: float, sign: float) -> float:
    """The integral over x and y in units of G_F^2 M E / pi, over the physical region."""
    nodes, weights = _rule()
    m, m2 = units.NUCLEON_MASS, lepton**2
    low = np.log(m2 / (2 * m * (energy - lepton)))
    x = np.exp(low * 0.5 * (1 - nodes))[:, None]  # ln x from low to 0
    if low >= 0:
        return 0.0
    a = 1 - m2 * (1 / (2 * m * energy * x) + 1 / (2 * energy**2))
    b2 = (1 - m2 / (2 * m * energy * x)) ** 2 - m2 / energy**2
    scale = 1 / (2 * (1 + m * x / (2 * energy)))
    b = np.sqrt(np.maximum(b2, 0.0))
    y_low, y_high = scale * (a - b), scale * (a + b)
    y = y_low + 0.5 * (y_high - y_low) * (nodes + 1)
    valence, sea = 1.74 * x**0.6 * (1 - x) ** 3, 0.2 * (1 - x) ** 7
    f2, xf3 = 2 * (valence + 2 * sea), 2 * valence
    value = (
        (y**2 * x + m2 * y / (2 * energy * m)) * f2 / (2 * x)
        + (1 - m2 / (4 * energy**2) - (1 + m * x / (2 * energy)) * y) * f2
        + sign * (x * y * (1 - y / 2) - m2 * y / (4 * energy * m)) * xf3 / x
        - m2 / (energy * m) * f2 / (2 * x)
    )
    open_region = (b2 > 0) & (m**2 + 2 * m * energy * y * (1 - x) > _SMALLEST_W**2)
    inner = np.sum(np.where(open_region, np.maximum(value, 0.0), 0.0) * weights * 0.5 * (y_high - y_low), axis=1)
    return float(np.sum(inner * x[:, 0] * weights) * 0.5 * (-low))
