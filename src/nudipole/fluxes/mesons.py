r"""Mesons made by a proton beam: nodes in energy and angle, per proton on target or in pb.

What each beam rests on (proton energies in GeV, all per interacting proton; the tests hold the multiplicities against
published ones):

========================  ==============================================================================================
8 (p + Be)                charged pions: Sanford-Wang fit to HARP (0806.1449); K+: Feynman scaling (1110.0417)
30 (p + C)                pions and kaons: BMPT (hep-ph/0101163) with its scaling from beryllium to carbon
80, 120, 400, 450, 800    pions and kaons: Sibyll 2.3d, p + C (scripts/meson_spectra.py); used for any dump
lhc (p + p, 14 TeV)       shapes Sibyll 2.3d, cross sections EPOS-LHC (tables of 2105.07077); one hemisphere, in pb
eta, eta', rho, omega,    fixed target: shape of the generator (of pi0 at 8 and 30), number relative to pi0 from NA27
phi                       (pp, 400 GeV), which Sibyll exceeds by 2.7 for eta; at 8 GeV the ratios of 1609.01770
D, Ds, B                  (1-|xF|)^n exp(-b pT^2) with n, b, cross sections of 2407.08673, A^(1/3) per interaction
J/psi, psi'               the same form; cross sections of NA50 and E789 rounded, from memory
lhc D, Ds, J/psi          (1-x)^n rapidity plateau with the published cross section and mean momentum
========================  ==============================================================================================

pi0 at 8 and 30 GeV is the mean of the charged pions. Charged species are sums over both charges (``pi``, ``K``, ``D``,
``Ds``, ``B``) or single (``pi+``, ``K-``, ...). Secondary interactions in a thick target are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import roots_genlaguerre, roots_laguerre, roots_legendre

from nudipole import tables, units
from nudipole.errors import DomainError, UnknownNameError, check_between, check_positive
from nudipole.fluxes import quarkonium
from nudipole.processes.meson import LabNodes, parent_mass

FloatArray = npt.NDArray[np.float64]
Beam = float | str
SIBYLL_BEAMS = (80.0, 120.0, 400.0, 450.0, 800.0)
BEAMS: tuple[Beam, ...] = (8.0, 30.0, *SIBYLL_BEAMS, "lhc")
_ANGLE_NODES = 10
_HIGHEST_ENERGY = 1e9  # GeV, of beam or secondary: far beyond every fit below

#: Number per pi0. 400 GeV pp, NA27 (Aguilar-Benitez:1991yy, from memory; eta' is 0.01-0.03 there and in Pythia 6).
_RATIO_NA27: Mapping[str, float] = {"eta": 0.08, "eta'": 0.02, "rho": 0.10, "omega": 0.10, "phi": 0.005}
#: Number per pi0 at 8.9 GeV as used in deNiverville:2016rqh.
_RATIO_BOOSTER: Mapping[str, float] = {"eta": 1 / 30, "rho": 1 / 20, "omega": 0.046, "phi": 1 / 150}
#: Cross sections [mb] of one hemisphere at 14 TeV, EPOS-LHC, from the tables of Kling:2021fwx.
_LHC_CROSS_SECTION: Mapping[str, float] = {
    "pi0": 1540.0,
    "eta": 169.0,
    "eta'": 18.1,
    "rho": 186.0,
    "omega": 174.0,
    "phi": 20.9,
    "pi+": 1381.0,
    "pi-": 1354.0,
    "K+": 164.0,
    "K-": 157.0,
}
#: Heavy mesons at 14 TeV, both charges, one hemisphere: cross section [mb], mean momentum [GeV], mean pT [GeV].
#: D, Ds, J/psi: central values and means of Kling:2021fwx. Upsilon, B: LHCb 2 < y < 4.5 at 13 TeV carried to the whole
#: hemisphere with the same plateau, from memory (LHCb:2018yzj, LHCb:2016qpe); mean pT rounded from the same.
_LHC_HEAVY: Mapping[str, tuple[float, float, float]] = {
    "D": (2.95, 124.0, 1.8),
    "Ds": (0.94, 124.0, 1.8),
    "J/psi": (0.039, 221.0, 2.2),
    "Upsilon(1S)": (3.9e-4, 350.0, 5.0),
    "B": (0.24, 250.0, 4.0),
}
#: Charm: proton energy [GeV], n, b [GeV^-2], sigma(c cbar) [mb] per nucleon, sigma_pp [mb] (2407.08673).
_CHARM = np.array(
    [
        [70.0, 3.46, 1.47, 2.2e-3, 38.4],
        [120.0, 4.40, 1.27, 4.6e-3, 38.5],
        [400.0, 5.81, 0.954, 20e-3, 39.85],
        [800.0, 7.28, 0.838, 39.5e-3, 41.1],
    ]
)
#: D+ and D-, Ds+ and Ds- per c cbar (Pythia 8 in 2407.08673; 400 GeV).
_PER_CHARM_PAIR: Mapping[str, float] = {"D": 0.556, "Ds": 0.167}
#: n, b [GeV^-2] of quarkonia and beauty; cross sections are those of :mod:`nudipole.fluxes.quarkonium`, shapes assumed.
_HEAVY: Mapping[str, tuple[float, float]] = {
    "J/psi": (5.0, 0.8),
    "psi'": (5.0, 0.8),
    "Upsilon(1S)": (5.0, 0.55),
    "B": (5.0, 0.4),
}
#: Sanford-Wang, p + Be at 8.89 GeV/c: c1 ... c9 of 0806.1449, in mb / (GeV sr).
_SANFORD_WANG: Mapping[str, tuple[float, ...]] = {
    "pi+": (220.7, 1.080, 1.000, 1.978, 1.32, 5.572, 0.0868, 9.686, 1.0),
    "pi-": (213.7, 0.9379, 5.454, 1.210, 1.284, 4.781, 0.07338, 8.329, 1.0),
}
_BOOSTER_MOMENTUM = 8.89
#: Inelastic cross sections [mb]: p + Be at 8.9 GeV/c (HARP, from memory), p + C at 31 GeV/c (NA61/SHINE, from memory).
_INELASTIC = {8.0: 189.0, 30.0: 230.0}


def meson_spectrum(beam: Beam, meson: str, mass_number: float = 12.0) -> LabNodes:
    """Mesons as weighted nodes: energy [GeV], angle to the beam [rad], number.

    Parameters
    ----------
    beam : float or "lhc"
        Proton energy [GeV] on a fixed target, one of 8, 30, 80, 120, 400, 450, 800, or ``lhc``.
    meson : str
        ``pi0``, ``eta``, ``eta'``, ``rho``, ``omega``, ``phi``, ``pi``, ``K``, ``pi+`` ..., ``D``, ``Ds``, ``B``,
        ``J/psi``, ``psi'``, ``Upsilon(1S)``.
    mass_number : float
        A of the target, for the A^(1/3) of heavy flavour per interaction; the light mesons take no notice of it.

    Returns
    -------
    LabNodes
        Weights are mesons per interacting proton, or pb in one hemisphere for ``lhc``.

    Raises
    ------
    UnknownNameError
        If there is no such beam, or nothing is known about this meson there.

    Examples
    --------
    >>> round(float(meson_spectrum(400.0, "pi0").weight.sum()), 1)
    5.6
    """
    check_positive(mass_number=mass_number)
    if beam not in BEAMS:
        raise UnknownNameError("proton beam", beam, BEAMS)
    if meson not in mesons(beam):
        raise UnknownNameError(f"meson at the beam {beam}", meson, mesons(beam))
    if meson in ("pi", "K"):
        return _join([meson_spectrum(beam, meson + sign) for sign in "+-" if meson + sign in mesons(beam)])
    if beam == "lhc":
        return _plateau(meson) if meson in _LHC_HEAVY else _scaled(_tabulated("lhc", meson), _LHC_CROSS_SECTION[meson])
    energy = float(beam)
    if meson in ("D", "Ds", *_HEAVY):
        return _heavy_flavour(energy, meson, mass_number)
    if energy == 8.0:
        return _booster(meson)
    if energy == 30.0:
        return _thirty(meson)
    if meson in _RATIO_NA27:
        number = _RATIO_NA27[meson] * float(np.sum(_tabulated(f"{energy:g}", "pi0").weight))
        return _normalised(_tabulated(f"{energy:g}", meson), number)
    return _tabulated(f"{energy:g}", meson)


def mesons(beam: Beam) -> tuple[str, ...]:
    """The mesons whose spectrum is known at this beam.

    Examples
    --------
    >>> mesons(8.0)
    ('pi0', 'pi+', 'pi-', 'K+', 'pi', 'K', 'eta', 'rho', 'omega', 'phi')
    """
    light = ("pi0", "pi+", "pi-", "K+", "K-", "pi", "K")
    if beam == "lhc":
        return (*light, *_RATIO_NA27, *_LHC_HEAVY)
    if beam == 8.0:
        return ("pi0", "pi+", "pi-", "K+", "pi", "K", *_RATIO_BOOSTER)
    heavy = tuple(meson for meson in _HEAVY if quarkonium.cross_section(meson, float(beam)) > 0)
    return (*light, *_RATIO_NA27, *(() if beam == 30.0 else ("D", "Ds")), *heavy)


# --- light mesons -----------------------------------------------------------------------------------------------------


@functools.cache
def _tabulated(beam: str, meson: str) -> LabNodes:
    """Nodes of a generator table: every momentum bin at its mean, angles distributed as t exp(-2 t / mean)."""
    table = tables.load(f"fluxes/data/meson_{beam}.csv")
    number, momentum, mean = table[meson], table[f"{meson} momentum"], table[f"{meson} angle"]
    filled = number > 0
    mass = _mass(meson)
    node, weight = roots_genlaguerre(_ANGLE_NODES, 1.0)
    angle = np.minimum(0.5 * mean[filled, None] * node, np.pi)
    energy = np.hypot(momentum[filled, None], mass)
    return _nodes(energy, angle, number[filled, None] * weight)


def sanford_wang(momentum: npt.ArrayLike, angle: npt.ArrayLike, meson: str) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of pi+ or pi- from p + Be at 8.89 GeV/c; zero beyond its largest momentum."""
    if meson not in _SANFORD_WANG:
        raise UnknownNameError("Sanford-Wang meson", meson, _SANFORD_WANG)
    c1, c2, c3, c4, c5, c6, c7, c8, c9 = _SANFORD_WANG[meson]
    p, angle = _checked(momentum, angle)
    beam = _BOOSTER_MOMENTUM
    rest = np.maximum(1 - p / (beam - c9), 0.0)
    exponent = -c3 * p**c4 / beam**c5 - c6 * angle * (p - c7 * beam * np.cos(angle) ** c8)
    return c1 * p**c2 * rest * np.exp(exponent)


def kaon_feynman_scaling(momentum: npt.ArrayLike, angle: npt.ArrayLike) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of K+ from p + Be at 8.89 GeV/c (Feynman scaling, 1110.0417)."""
    p, angle = _checked(momentum, angle)
    energy = np.hypot(p, _mass("K+"))
    pt, x = p * np.sin(angle), np.abs(_feynman_x(p * np.cos(angle), energy, np.hypot(_BOOSTER_MOMENTUM, _PROTON)))
    exponent = -0.88 * pt - 4.77 * x**1.51 - 2.21 * pt**2 - 1.51 * (pt * x) ** 2.17
    return np.where(x < 1, p**2 / energy * 11.70 * np.maximum(1 - x, 0) * np.exp(exponent), 0.0)


def bmpt(
    momentum: npt.ArrayLike, angle: npt.ArrayLike, meson: str, beam: float, mass_number: float = 9.0
) -> FloatArray:
    """d2sigma/dp dOmega [mb / (GeV sr)] of pi+-, K+- from p + A, BMPT fit (hep-ph/0101163) to beryllium, scaled in A.

    The ratio K+/K- is taken with (1 - xR) in its base, as the data require.
    """
    if meson not in ("pi+", "pi-", "K+", "K-"):
        raise UnknownNameError("BMPT meson", meson, ("pi+", "pi-", "K+", "K-"))
    p, angle = _checked(momentum, angle)
    check_between(1.0, _HIGHEST_ENERGY, beam=beam)
    check_positive(mass_number=mass_number)
    pion = meson.startswith("pi")
    mass = _mass(meson)
    energy, pt, pz = np.hypot(p, mass), p * np.sin(angle), p * np.cos(angle)
    s = 2 * _PROTON * (_PROTON + beam)
    gamma = (beam + _PROTON) / np.sqrt(s)
    star = gamma * energy - np.sqrt(np.maximum(gamma**2 - 1, 0.0)) * pz
    x = star / ((s + mass**2 - 4 * _PROTON**2) / (2 * np.sqrt(s)))
    inside = x < 1
    x = np.clip(x, 1e-3, 1 - 1e-9)
    size, b, alpha, beta, a, g, delta = (
        (62.3, 1.57, 3.45, 0.517, 6.10, 0.153, 0.478) if pion else (7.74, 0.0, 2.45, 0.444, 5.04, 0.121, 0.242)
    )
    a1, b1 = a / x**g, a**2 / (2 * x**delta)
    invariant = size * (1 - x) ** alpha * (1 + b * x) * x**-beta * (1 + a1 * pt + b1 * pt**2) * np.exp(-a1 * pt)
    if meson == "pi-":
        invariant = invariant / (1.05 * (1 + x) ** 2.65)
    if meson == "K-":
        invariant = invariant / (1.15 * (1 - x) ** -3.17)
    x_f = np.clip(_feynman_x(pz, energy, beam), 0, 1)
    power = (0.74 - 0.55 * x_f + 0.26 * x_f**2) * (0.98 + 0.21 * pt)
    return np.where(inside, invariant * (mass_number / 9.0) ** power * p**2 / energy, 0.0)


@functools.cache
def _booster(meson: str) -> LabNodes:
    p, angle, measure = _momentum_grid(0.05, 7.8, 1.2)
    if meson == "K+":
        return _nodes(np.hypot(p, _mass(meson)), angle, measure * kaon_feynman_scaling(p, angle) / _INELASTIC[8.0])
    if meson in _SANFORD_WANG:
        return _nodes(np.hypot(p, _mass(meson)), angle, measure * sanford_wang(p, angle, meson) / _INELASTIC[8.0])
    mean = 0.5 * (sanford_wang(p, angle, "pi+") + sanford_wang(p, angle, "pi-")) / _INELASTIC[8.0]
    return _nodes(np.hypot(p, _mass(meson)), angle, measure * mean * _RATIO_BOOSTER.get(meson, 1.0))


@functools.cache
def _thirty(meson: str) -> LabNodes:
    p, angle, measure = _momentum_grid(0.1, 29.0, 1.2)
    if meson in ("pi+", "pi-", "K+", "K-"):
        spectrum = bmpt(p, angle, meson, 30.0, 12.0)
    else:
        spectrum = 0.5 * (bmpt(p, angle, "pi+", 30.0, 12.0) + bmpt(p, angle, "pi-", 30.0, 12.0))
        spectrum = spectrum * _RATIO_NA27.get(meson, 1.0)
    return _nodes(np.hypot(p, _mass(meson)), angle, measure * spectrum / _INELASTIC[30.0])


def _momentum_grid(low: float, high: float, largest_angle: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Momenta (equal steps in ln p), angles (Gauss-Legendre in sqrt(theta)) and the measure dp dOmega."""
    node, weight = roots_legendre(24)
    log_p = np.log(low) + 0.5 * (1 + node) * np.log(high / low)
    p = np.exp(log_p)[:, None]
    root = 0.5 * (1 + node) * np.sqrt(largest_angle)
    angle = (root**2)[None, :]
    d_angle = weight * np.sqrt(largest_angle) * root
    measure = (0.5 * weight * np.log(high / low))[:, None] * p * 2 * np.pi * np.sin(angle) * d_angle
    return p, angle, measure


# --- heavy flavour ----------------------------------------------------------------------------------------------------


@functools.cache
def _heavy_flavour(beam: float, meson: str, mass_number: float) -> LabNodes:
    """(1-|xF|)^n exp(-b pT^2), number sigma / sigma_pp A^(1/3) per interaction; parameters linear in ln E."""
    log_energy = np.log(_CHARM[:, 0])
    n, b = (float(np.interp(np.log(beam), log_energy, _CHARM[:, column])) for column in (1, 2))
    sigma = float(np.exp(np.interp(np.log(beam), log_energy, np.log(_CHARM[:, 3]))))
    total = float(np.interp(np.log(beam), log_energy, _CHARM[:, 4]))
    if meson in _HEAVY:
        n, b = _HEAVY[meson]
        sigma = quarkonium.cross_section(meson, beam)
    else:
        sigma *= _PER_CHARM_PAIR[meson]
    node, weight = roots_legendre(48)
    x = np.sign(node) * node**2  # denser around zero
    weight_x = weight * 2 * np.abs(node) * (1 - np.abs(x)) ** n
    t, weight_t = roots_laguerre(_ANGLE_NODES)
    pt, mass = np.sqrt(t / b)[None, :], _mass(meson)
    s = 2 * _PROTON * (_PROTON + beam)
    gamma = (beam + _PROTON) / np.sqrt(s)
    longitudinal = (x * np.sqrt(s) / 2)[:, None]
    star = np.sqrt(mass**2 + pt**2 + longitudinal**2)
    energy = gamma * star + np.sqrt(gamma**2 - 1) * longitudinal
    pz = gamma * longitudinal + np.sqrt(gamma**2 - 1) * star
    nodes = _nodes(energy, np.arctan2(pt, pz), weight_x[:, None] * weight_t)
    keep = nodes.energy < beam
    return _normalised(LabNodes(*(v[keep] for v in nodes)), sigma / total * mass_number ** (1 / 3))


@functools.cache
def _plateau(meson: str) -> LabNodes:
    """LHC, one hemisphere: dsigma/dy ~ (1 - x)^n, x = 2 mT cosh y / sqrt s, n from the published mean momentum."""
    cross_section, mean, mean_pt = _LHC_HEAVY[meson]
    mass, root_s = _mass(meson), 14000.0
    t, weight_t = roots_genlaguerre(_ANGLE_NODES, 1.0)
    pt = (0.5 * mean_pt * t)[None, :]
    transverse = np.hypot(mass, pt)
    node, weight = roots_legendre(64)
    y = 0.5 * (1 + node)[:, None] * np.arccosh(root_s / (2 * transverse))
    energy, pz = transverse * np.cosh(y), transverse * np.sinh(y)
    base = weight[:, None] * np.arccosh(root_s / (2 * transverse)) * weight_t
    gap = 1 - 2 * energy / root_s

    def excess(n: float) -> float:
        shape = base * gap**n
        return float(np.sum(shape * np.hypot(pt, pz)) / np.sum(shape)) - mean

    exponent = brentq(excess, 0.0, 60.0)
    nodes = _nodes(energy, np.arctan2(pt, pz), base * gap**exponent)
    return _scaled(nodes, cross_section)


# --- helpers ----------------------------------------------------------------------------------------------------------

_PROTON = units.PROTON_MASS


def _checked(momentum: npt.ArrayLike, angle: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Momentum [GeV] and angle [rad] of a secondary, forward."""
    check_between(0.0, _HIGHEST_ENERGY, momentum=momentum)
    check_between(0.0, 0.5 * np.pi, angle=angle)
    p, angle = np.broadcast_arrays(np.asarray(momentum, dtype=float), np.asarray(angle, dtype=float))
    return p, angle


def _mass(meson: str) -> float:
    return parent_mass(meson.rstrip("+-") if meson in ("pi+", "pi-", "K+", "K-") else meson)


def _feynman_x(pz: FloatArray, energy: FloatArray, beam_energy: float | FloatArray) -> FloatArray:
    """x_F = p*_L / (sqrt s / 2) of a secondary with these lab pz and energy [GeV]."""
    s = 2 * _PROTON * (_PROTON + beam_energy)
    gamma = (beam_energy + _PROTON) / np.sqrt(s)
    return np.asarray(2 * (gamma * pz - np.sqrt(gamma**2 - 1) * energy) / np.sqrt(s))


def _nodes(energy: FloatArray, angle: FloatArray, weight: FloatArray) -> LabNodes:
    energy, angle, weight = (np.ravel(v) for v in np.broadcast_arrays(energy, angle, weight))
    keep = weight > 0
    return LabNodes(energy[keep], angle[keep], weight[keep])


def _normalised(nodes: LabNodes, number: float) -> LabNodes:
    return nodes._replace(weight=nodes.weight * (number / np.sum(nodes.weight)))


def _scaled(nodes: LabNodes, cross_section_mb: float) -> LabNodes:
    """One hemisphere with this cross section, in pb."""
    if cross_section_mb <= 0:
        raise DomainError(f"a cross section must be positive, got {cross_section_mb:g} mb")
    return _normalised(nodes, cross_section_mb * 1e9)


def _join(parts: list[LabNodes]) -> LabNodes:
    return LabNodes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
