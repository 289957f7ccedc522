r"""Mesons made by a proton beam: nodes in energy and angle, per proton on target or in pb.

What each beam rests on (proton energies in GeV, all per interacting proton; the tests hold the multiplicities against
published ones):

========================  ==============================================================================================
8 (p + Be)                charged pions: Sanford-Wang fit to HARP (0806.1449); K+: Feynman scaling (1110.0417);
                          K-: UrQMD 3.4 (scripts/meson_spectra.py)
30 (p + C)                pions and kaons: BMPT (hep-ph/0101163) with its scaling from beryllium to carbon
80, 120, 400, 450, 800    pions and kaons: Sibyll 2.3d, p + C (scripts/meson_spectra.py); used for any dump
lhc (p + p, 14 TeV)       shapes Sibyll 2.3d, cross sections EPOS-LHC (tables of 2105.07077); one hemisphere, in pb
eta, eta', rho, omega,    fixed target: shape of Sibyll, at 8 and 30 of UrQMD (which makes no eta' and hardly a phi: those
phi                       follow eta and omega); number relative to pi0 from NA27 (pp, 400 GeV), which Sibyll exceeds by
                          2.7 for eta; at 8 GeV the ratios of 1609.01770, for eta' see :func:`_booster_eta_prime`
D, Ds, B, J/psi, psi',    (1-|xF|)^n exp(-b pT^2) with n, b of 2407.08673 for charm, assumed for the others; cross sections
Upsilon(1S-3S)            of :mod:`nudipole.fluxes.hadrons.quarkonium`, A^(1/3) per interaction
lhc: the same             (1-x)^n rapidity plateau with the published cross section and mean momentum
========================  ==============================================================================================

pi0 at 8 and 30 GeV is the mean of the charged pions. Charged species are sums over both charges (``pi``, ``K``, ``D``,
``Ds``, ``B``) or single (``pi+``, ``K-``, ...). Secondary interactions in a thick target are left out. Every meson has a
spectrum at every beam: one that is below threshold there (charm, charmonium and beauty at 8 GeV) has no nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import roots_genlaguerre, roots_legendre

from nudipole import units
from nudipole.errors import UnknownNameError, check_positive
from nudipole.fluxes.hadrons import quarkonium
from nudipole.fluxes.hadrons.heavy_mesons import LHC_EXCITED, LHC_HEAVY, heavy_flavour, lhc_plateau
from nudipole.fluxes.hadrons.lab_nodes import joined, lab_nodes, normalised, scaled
from nudipole.fluxes.hadrons.secondary_fits import BOOSTER_MOMENTUM, bmpt, kaon_feynman_scaling, sanford_wang
from nudipole.inputs import tables
from nudipole.processes.mesons.meson import LabNodes, parent_mass

FloatArray = npt.NDArray[np.float64]
Beam = float | str
SIBYLL_BEAMS = (80.0, 120.0, 400.0, 450.0, 800.0)
BEAMS: tuple[Beam, ...] = (8.0, 30.0, *SIBYLL_BEAMS, "lhc")
_ANGLE_NODES, _BIN_NODES = 10, 3

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
_LIGHT = ("pi0", "pi+", "pi-", "K+", "K-", "pi", "K", *_RATIO_NA27)
#: Every meson with a spectrum; ``pi``, ``K``, ``D``, ``Ds``, ``B`` are both charges together.
MESONS = (*_LIGHT, *quarkonium.PRODUCED)
#: Inelastic cross sections [mb]: p + Be at 8.9 GeV/c (HARP, from memory), p + C at 31 GeV/c (NA61/SHINE, from memory).
_INELASTIC = {8.0: 189.0, 30.0: 230.0}


def meson_spectrum(beam: Beam, meson: str, mass_number: float = 12.0) -> LabNodes:
    """Mesons as weighted nodes: energy [GeV], angle to the beam [rad], number.

    Parameters
    ----------
    beam : float or "lhc"
        Proton energy [GeV] on a fixed target, one of 8, 30, 80, 120, 400, 450, 800, or ``lhc``.
    meson : str
        One of :data:`MESONS`.
    mass_number : float
        A of the target, for the A^(1/3) of heavy flavour per interaction; the light mesons take no notice of it.

    Returns
    -------
    LabNodes
        Weights are mesons per interacting proton, or pb in one hemisphere for ``lhc``. No nodes where the meson is below
        threshold (:func:`nudipole.fluxes.hadrons.quarkonium.threshold`).

    Raises
    ------
    UnknownNameError
        If there is no such beam or meson.

    Examples
    --------
    >>> round(float(meson_spectrum(400.0, "pi0").weight.sum()), 1), float(meson_spectrum(8.0, "D").weight.sum())
    (5.6, 0.0)
    """
    check_positive(mass_number=mass_number)
    if beam not in BEAMS:
        raise UnknownNameError("proton beam", beam, BEAMS)
    if meson not in MESONS:
        raise UnknownNameError("meson of a proton beam", meson, MESONS)
    if meson in ("pi", "K"):
        return joined([meson_spectrum(beam, meson + sign) for sign in "+-"])
    if beam == "lhc":
        heavy = meson in LHC_HEAVY or meson in LHC_EXCITED
        return lhc_plateau(meson) if heavy else scaled(_tabulated("lhc", meson), _LHC_CROSS_SECTION[meson])
    energy = float(beam)
    if meson in quarkonium.PRODUCED:
        return heavy_flavour(energy, meson, mass_number)
    if energy == 8.0:
        return _booster(meson)
    if energy == 30.0:
        return _thirty(meson)
    if meson in _RATIO_NA27:
        number = _RATIO_NA27[meson] * float(np.sum(_tabulated(f"{energy:g}", "pi0").weight))
        return normalised(_tabulated(f"{energy:g}", meson), number)
    return _tabulated(f"{energy:g}", meson)


def mesons(beam: Beam) -> tuple[str, ...]:
    """The mesons that this beam makes; nothing at a beam that is not in :data:`BEAMS`.

    Examples
    --------
    >>> [meson for meson in MESONS if meson not in mesons(30.0)]
    ['Upsilon(1S)', 'Upsilon(2S)', 'Upsilon(3S)', 'B']
    """
    if beam not in BEAMS:
        return ()
    if beam == "lhc":
        return MESONS
    return (*_LIGHT, *(meson for meson in quarkonium.PRODUCED if quarkonium.cross_section(meson, float(beam)) > 0))


# --- light mesons -----------------------------------------------------------------------------------------------------


@functools.cache
def _tabulated(beam: str, meson: str) -> LabNodes:
    """Nodes of a generator table, angles distributed as t exp(-2 t / mean).

    A bin of momentum is filled exponentially in p, with the exponent that gives its mean: the fastest mesons, which decide
    where a ceiling lies, then reach up to the edge of the last bin.
    """
    table = tables.load(f"fluxes/data/meson_{beam}.csv")
    filled = table[meson] > 0
    low, high, number, momentum, mean = (
        table[name][filled] for name in ("p low", "p high", meson, f"{meson} momentum", f"{meson} angle")
    )
    node, weight = roots_genlaguerre(_ANGLE_NODES, 1.0)
    angle = np.minimum(0.5 * mean[:, None, None] * node, np.pi)
    p, share = _within_bins(low, high, momentum)
    energy = np.hypot(p, parent_mass(meson))[..., None]
    return lab_nodes(energy, angle, (number[:, None] * share)[..., None] * weight)


def _within_bins(low: FloatArray, high: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes and shares (n, 3) of densities ~ exp(c p) between low and high that have the given means.

    A mean in the outer 15 per cent of its bin, which only bins with a handful of generated mesons have (0.5 per cent of a
    spectrum at most), counts as one at 15 per cent.
    """
    node, weight = roots_legendre(_BIN_NODES)
    width = (high - low)[:, None]
    target = np.clip((mean[:, None] - low[:, None]) / width, 0.15, 0.85)
    x, slope = 0.5 * (1 + node), np.zeros_like(target)
    for _ in range(30):  # Newton: the variance is the derivative of the mean
        share = weight * np.exp(slope * (x - 0.5))
        share = share / np.sum(share, axis=1, keepdims=True)
        first = np.sum(share * x, axis=1, keepdims=True)
        slope = slope + (target - first) / (np.sum(share * x**2, axis=1, keepdims=True) - first**2)
    return low[:, None] + width * x, share


@functools.cache
def _booster(meson: str) -> LabNodes:
    p, angle, measure = _momentum_grid(0.05, 7.8, 1.2)
    if meson == "K+":
        return lab_nodes(
            np.hypot(p, parent_mass(meson)), angle, measure * kaon_feynman_scaling(p, angle) / _INELASTIC[8.0]
        )
    if meson in ("pi+", "pi-"):
        return lab_nodes(
            np.hypot(p, parent_mass(meson)), angle, measure * sanford_wang(p, angle, meson) / _INELASTIC[8.0]
        )
    if meson == "K-":
        return _tabulated("8", "K-")
    mean = 0.5 * (sanford_wang(p, angle, "pi+") + sanford_wang(p, angle, "pi-")) / _INELASTIC[8.0]
    pions = lab_nodes(np.hypot(p, parent_mass("pi0")), angle, measure * mean)
    if meson == "pi0":
        return pions
    ratio = _booster_eta_prime() if meson == "eta'" else _RATIO_BOOSTER[meson]
    return normalised(_borrowed("8", meson), ratio * float(np.sum(pions.weight)))


def _booster_eta_prime() -> float:
    r"""Number of eta' per pi0 at 8 GeV: NA27's at 400 GeV, falling towards threshold as that of eta does.

    With x = 1 - sqrt(s_0 / s), s_0 the threshold of p p -> p p M, eta / pi0 goes from 0.08 to 1/30 like
    (x_eta / x_pi0)^k, k = 4.8; the same power then takes eta' / pi0 from 0.02 to 0.003. No measurement of inclusive eta' at
    this energy was found: good to a factor of three.
    """

    def phase_space(meson: str) -> float:
        here, there = (
            1 - (2 * units.PROTON_MASS + parent_mass(meson)) / quarkonium.root_s(energy)
            for energy in (np.hypot(BOOSTER_MOMENTUM, units.PROTON_MASS), 400.0)
        )
        return here / there

    pion = phase_space("pi0")
    power = np.log(_RATIO_BOOSTER["eta"] / _RATIO_NA27["eta"]) / np.log(phase_space("eta") / pion)
    return float(_RATIO_NA27["eta'"] * (phase_space("eta'") / pion) ** power)


def _borrowed(beam: str, meson: str) -> LabNodes:
    """Nodes of the UrQMD tables; eta' and phi have the momenta and angles of eta and omega."""
    source = {"eta'": "eta", "phi": "omega"}.get(meson, meson)
    nodes = _tabulated(beam, source)
    momentum = np.sqrt(nodes.energy**2 - parent_mass(source) ** 2)
    return nodes._replace(energy=np.hypot(momentum, parent_mass(meson)))


@functools.cache
def _thirty(meson: str) -> LabNodes:
    p, angle, measure = _momentum_grid(0.1, 29.0, 1.2)
    if meson in _RATIO_NA27:
        return normalised(_borrowed("30", meson), _RATIO_NA27[meson] * float(np.sum(_thirty("pi0").weight)))
    if meson == "pi0":
        spectrum = 0.5 * (bmpt(p, angle, "pi+", 30.0, 12.0) + bmpt(p, angle, "pi-", 30.0, 12.0))
    else:
        spectrum = bmpt(p, angle, meson, 30.0, 12.0)
    return lab_nodes(np.hypot(p, parent_mass(meson)), angle, measure * spectrum / _INELASTIC[30.0])


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
