r"""Inclusive charged-current cross sections, for the normalisation of fluxes.

Per nucleon of an isoscalar target, 0.1 GeV to 1e9 GeV, in two parts,

.. math:: \sigma = \tfrac12\,\sigma_{\rm QE}(E) + \sigma_{\rm inel}(E)

the quasi-elastic one (:mod:`nudipole.processes.standard_model.quasi_elastic`) on the half of the nucleons that can scatter, Pauli-blocked
as in carbon. Above 30 GeV the sum is a table: the measured slopes 0.677 +- 0.014 (0.334 +- 0.008) x 10^-38 cm^2 E/GeV of
30 to 200 GeV (Review of Particle Physics, from memory, not re-read), and from 500 GeV the calculation with W propagator
and parton evolution of Cooper-Sarkar, Mertsch and Sarkar (arXiv:1106.3723). Below 30 GeV the inelastic part is that of the
leading-order parton model, with the size that it has at 30 GeV and cut at W = m_N + m_pi, so that partons stand for the
resonances on average (duality):

.. math::

    \frac{d\sigma}{dx\,dy} \propto \Bigl[y^2x+\frac{m^2y}{2EM}\Bigr]F_1
    + \Bigl[1-\frac{m^2}{4E^2}-\Bigl(1+\frac{Mx}{2E}\Bigr)y\Bigr]F_2
    \pm\Bigl[xy\Bigl(1-\frac y2\Bigr)-\frac{m^2y}{4EM}\Bigr]F_3 - \frac{m^2}{EM}F_5

with 2xF_1 = F_2 = 2xF_5, F_4 = 0 (Albright and Jarlskog, Nucl. Phys. B84, 467 (1975)) and scaling partons
x q = 1.74 x^0.6 (1-x)^3 + 0.2 (1-x)^7, x qbar = 0.2 (1-x)^7. The mass of the tau acts in both parts.

Other targets: a fraction f of neutrons changes the quasi-elastic part by 2f (2 - 2f for antineutrinos) and the rest by
(2 + 2f)/3 ((4 - 2f)/3), the ratio of two between d and u quarks that bubble chambers saw within ten per cent (from memory).

Nothing is fitted below 30 GeV. Against MINOS (3 to 30 GeV, neutrinos) it is within two standard deviations, against GENIE
2.10 on argon, argon's excess of neutrons allowed for, within 9 (12) per cent for (anti)neutrinos from 0.6 to 10 GeV
(tests/processes/standard_model/test_charged_current.py). Binding and pairs of nucleons are left out: not for energies below some 0.2 GeV.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_choice, check_positive
from nudipole.inputs import tables
from nudipole.processes.standard_model import quasi_elastic

FloatArray = npt.NDArray[np.float64]
FLAVORS = ("e", "mu", "tau")
LOWEST_ENERGY = 0.1  # GeV
_JOIN = 30.0  # GeV: the table begins
_FERMI_MOMENTUM = 0.221  # GeV, carbon


def charged_current_cross_section(
    neutrino_energy: npt.ArrayLike, flavor: str = "mu", antineutrino: bool = False, neutron_fraction: float = 0.5
) -> FloatArray:
    """Charged-current cross section per nucleon of a target, isoscalar unless said otherwise.

    Parameters
    ----------
    neutrino_energy : array_like
        E [GeV], between 0.1 and 1e9.
    flavor : {"e", "mu", "tau"}
    antineutrino : bool
    neutron_fraction : float
        Neutrons among the nucleons, between 0 and 1: 0.55 in argon, 0.46 in CH, 0.44 in water, 0.60 in lead.

    Returns
    -------
    ndarray
        [cm^2]; zero below the threshold of the lepton.

    Raises
    ------
    DomainError
        For energies or fractions outside their range.

    Examples
    --------
    >>> f"{float(charged_current_cross_section(1.0)):.2e}, {float(charged_current_cross_section(100.0)):.2e}"
    '8.59e-39, 6.77e-37'
    """
    check_choice("flavor", flavor, FLAVORS)
    check_positive(neutrino_energy=neutrino_energy)
    energy = np.asarray(neutrino_energy, dtype=float)
    highest = tables.load("processes/data/charged_current.csv")["energy"][-1]
    if np.any((energy < LOWEST_ENERGY) | (energy > highest)):
        raise DomainError(f"charged-current cross sections are known from {LOWEST_ENERGY:g} to {highest:g} GeV")
    if not 0.0 <= neutron_fraction <= 1.0:
        raise DomainError(f"a fraction of neutrons lies between 0 and 1, got {neutron_fraction:g}")
    anti = bool(antineutrino)
    struck = 1.0 - neutron_fraction if anti else neutron_fraction
    elastic = struck * quasi_elastic.cross_section(energy, flavor, anti, _FERMI_MOMENTUM)
    at_join = _table_inelastic(np.array(_JOIN), anti) / _partons(np.array(_JOIN), "mu", anti)
    above = np.maximum(energy, _JOIN)
    scale = np.where(energy < _JOIN, at_join, _table_inelastic(above, anti) / _partons(above, "mu", anti))
    return np.asarray(elastic + 2.0 / 3.0 * (1.0 + struck) * scale * _partons(energy, flavor, anti))


@functools.cache
def _smallest_w() -> float:
    """m_N + m_pi [GeV]; asked for when needed, since the first look-up of a particle reads all of them (0.2 s)."""
    return units.NUCLEON_MASS + units.particle_mass("pi+")


def _table_inelastic(energy: FloatArray, antineutrino: bool) -> FloatArray:
    """The table less the quasi-elastic part, muon, [cm^2]; from 30 GeV on."""
    table = tables.load("processes/data/charged_current.csv")
    values = table["antineutrino" if antineutrino else "neutrino"]
    total = np.exp(np.interp(np.log(energy), np.log(table["energy"]), np.log(values))) * 1e-36
    return total - 0.5 * quasi_elastic.cross_section(energy, "mu", antineutrino, _FERMI_MOMENTUM)


def _partons(energy: FloatArray, flavor: str, antineutrino: bool) -> FloatArray:
    """E times the integral of the parton model over x and y, constant times E from 1e5 GeV on."""
    energies, integral = _parton_table(flavor, antineutrino)
    return np.asarray(energy * np.interp(np.log(energy), np.log(energies), integral, left=0.0))


def tau_suppression(neutrino_energy: npt.ArrayLike, antineutrino: bool = False) -> FloatArray:
    """Inelastic sigma(nu_tau) / sigma(nu_mu): 0.35 at 20 GeV, 0.76 at 100 GeV, 1 at high energy; zero below 3.9 GeV.

    Parameters
    ----------
    neutrino_energy : array_like
        [GeV].
    antineutrino : bool
    """
    check_positive(neutrino_energy=neutrino_energy)
    energy = np.minimum(np.asarray(neutrino_energy, dtype=float), _HIGHEST_PARTON)
    tau, muon = (_partons(energy, flavor, bool(antineutrino)) for flavor in ("tau", "mu"))
    return np.where(tau > 0.0, tau / np.where(muon > 0.0, muon, 1.0), 0.0)


_HIGHEST_PARTON = 1e5  # GeV


@functools.cache
def _parton_table(flavor: str, antineutrino: bool) -> tuple[FloatArray, FloatArray]:
    lepton = units.LEPTON_MASS[flavor]
    smallest = _smallest_w() + lepton
    threshold = (smallest**2 - units.NUCLEON_MASS**2) / (2 * units.NUCLEON_MASS)
    energies = threshold * (_HIGHEST_PARTON / threshold) ** (np.linspace(0.0, 1.0, 200) ** 2)  # dense at the rise
    return energies, np.array([_parton_integral(e, lepton, -1.0 if antineutrino else 1.0) for e in energies])


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
    open_region = (b2 > 0) & (m**2 + 2 * m * energy * y * (1 - x) > _smallest_w() ** 2)
    inner = np.sum(np.where(open_region, np.maximum(value, 0.0), 0.0) * weights * 0.5 * (y_high - y_low), axis=1)
    return float(np.sum(inner * x[:, 0] * weights) * 0.5 * (-low))
