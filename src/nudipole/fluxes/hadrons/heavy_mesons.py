r"""Heavy flavour and quarkonia of fixed-target beams and of the LHC.

Fixed target: :math:`d\sigma \propto (1-|x_F|)^n e^{-b p_T^2}`. LHC, one hemisphere: :math:`d\sigma/dy \propto (1-x)^n` with
:math:`x = 2 m_T\cosh y/\sqrt s`. Cross sections of :mod:`nudipole.fluxes.hadrons.quarkonium`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import roots_genlaguerre, roots_laguerre, roots_legendre

from nudipole import units
from nudipole.fluxes.hadrons import quarkonium
from nudipole.fluxes.hadrons.lab_nodes import lab_nodes, normalised, scaled
from nudipole.processes.mesons.meson import LabNodes, parent_mass

FloatArray = npt.NDArray[np.float64]
_ANGLE_NODES = 10
_LHC_ROOT_S = 14000.0
#: Heavy mesons at 14 TeV, both charges, one hemisphere: cross section [mb], mean momentum [GeV], mean pT [GeV].
#: D, Ds, J/psi: central values and means of Kling:2021fwx. Upsilon, B: LHCb 2 < y < 4.5 at 13 TeV carried to the whole
#: hemisphere with the same plateau, from memory (LHCb:2018yzj, LHCb:2016qpe); mean pT rounded from the same.
LHC_HEAVY: Mapping[str, tuple[float, float, float]] = {
    "D": (2.95, 124.0, 1.8),
    "Ds": (0.94, 124.0, 1.8),
    "J/psi": (0.039, 221.0, 2.2),
    "Upsilon(1S)": (3.9e-4, 350.0, 5.0),
    "B": (0.24, 250.0, 4.0),
}
#: At 14 TeV in the rapidity shape of another state: that state, cross section over its, mean pT [GeV] (rounded guesses).
#: LHCb at 7 TeV, 2 < y < 4.5, read in the abstracts: psi' 1.44 + 0.25 microbarn (prompt, from b; Aaij:2012ag) over the
#: 10.5 + 1.14 of J/psi (LHCb:2011zfl, from memory); B sigma of Upsilon(1S, 2S, 3S) 2.29, 0.562, 0.283 nb (LHCb:2012aa)
#: over B = 2.48, 1.93, 2.18 % (PDG, from memory).
LHC_EXCITED: Mapping[str, tuple[str, float, float]] = {
    "psi'": ("J/psi", 0.145, 2.5),
    "Upsilon(2S)": ("Upsilon(1S)", 0.315, 5.5),
    "Upsilon(3S)": ("Upsilon(1S)", 0.141, 6.0),
}
#: Charm: proton energy [GeV], n, b [GeV^-2], sigma_pp [mb] (2407.08673); the first row holds below, too.
_CHARM = np.array(
    [[70.0, 3.46, 1.47, 38.4], [120.0, 4.40, 1.27, 38.5], [400.0, 5.81, 0.954, 39.85], [800.0, 7.28, 0.838, 41.1]]
)
#: n, b [GeV^-2] of quarkonia and beauty: assumed.
_HEAVY_SHAPE: Mapping[str, tuple[float, float]] = {
    "J/psi": (5.0, 0.8),
    "psi'": (5.0, 0.8),
    "Upsilon(1S)": (5.0, 0.55),
    "Upsilon(2S)": (5.0, 0.55),
    "Upsilon(3S)": (5.0, 0.55),
    "B": (5.0, 0.4),
}


@functools.cache
def heavy_flavour(beam: float, meson: str, mass_number: float) -> LabNodes:
    """(1-|xF|)^n exp(-b pT^2), number sigma / sigma_pp A^(1/3) per interaction; parameters linear in ln E.

    Nodes beyond the largest energy that the lightest recoil leaves in the centre of mass are dropped.
    """
    sigma = quarkonium.cross_section(meson, beam)
    if sigma == 0.0:
        return LabNodes(np.zeros(0), np.zeros(0), np.zeros(0))
    n, b, total = (float(np.interp(np.log(beam), np.log(_CHARM[:, 0]), _CHARM[:, column])) for column in (1, 2, 3))
    n, b = _HEAVY_SHAPE.get(meson, (n, b))
    node, weight = roots_legendre(48)
    x = np.sign(node) * node**2  # denser around zero
    weight_x = weight * 2 * np.abs(node) * (1 - np.abs(x)) ** n
    t, weight_t = roots_laguerre(_ANGLE_NODES)
    pt, mass = np.sqrt(t / b)[None, :], parent_mass(meson)
    s = 2 * units.PROTON_MASS * (units.PROTON_MASS + beam)
    gamma = (beam + units.PROTON_MASS) / np.sqrt(s)
    longitudinal = (x * np.sqrt(s) / 2)[:, None]
    star = np.sqrt(mass**2 + pt**2 + longitudinal**2)
    energy = gamma * star + np.sqrt(gamma**2 - 1) * longitudinal
    pz = gamma * longitudinal + np.sqrt(gamma**2 - 1) * star
    largest = (s + mass**2 - quarkonium.recoil_mass(meson) ** 2) / (2 * np.sqrt(s))
    nodes = lab_nodes(energy, np.arctan2(pt, pz), np.where(star < largest, weight_x[:, None] * weight_t, 0.0))
    return normalised(nodes, sigma / total * mass_number ** (1 / 3))


@functools.cache
def lhc_plateau(meson: str) -> LabNodes:
    """LHC, one hemisphere: dsigma/dy ~ (1 - x)^n, x = 2 mT cosh y / sqrt s, n from the published mean momentum."""
    ratio = 1.0
    if meson in LHC_EXCITED:
        same, ratio, mean_pt = LHC_EXCITED[meson]
        cross_section, exponent = LHC_HEAVY[same][0], _plateau_power(same)
    else:
        cross_section, _, mean_pt = LHC_HEAVY[meson]
        exponent = _plateau_power(meson)
    energy, pt, pz, base = _plateau_grid(parent_mass(meson), mean_pt)
    nodes = lab_nodes(energy, np.arctan2(pt, pz), base * (1 - 2 * energy / _LHC_ROOT_S) ** exponent)
    return scaled(nodes, cross_section * ratio)


def _plateau_grid(mass: float, mean_pt: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Energies, transverse and longitudinal momenta [GeV] and the measure dy dpT, flat in y."""
    t, weight_t = roots_genlaguerre(_ANGLE_NODES, 1.0)
    pt = (0.5 * mean_pt * t)[None, :]
    transverse = np.hypot(mass, pt)
    node, weight = roots_legendre(64)
    y = 0.5 * (1 + node)[:, None] * np.arccosh(_LHC_ROOT_S / (2 * transverse))
    base = weight[:, None] * np.arccosh(_LHC_ROOT_S / (2 * transverse)) * weight_t
    return transverse * np.cosh(y), pt, transverse * np.sinh(y), base


@functools.cache
def _plateau_power(meson: str) -> float:
    """The n with which the mean momentum is the published one."""
    _, mean, mean_pt = LHC_HEAVY[meson]
    energy, pt, pz, base = _plateau_grid(parent_mass(meson), mean_pt)

    def excess(n: float) -> float:
        shape = base * (1 - 2 * energy / _LHC_ROOT_S) ** n
        return float(np.sum(shape * np.hypot(pt, pz)) / np.sum(shape)) - mean

    return float(brentq(excess, 0.0, 60.0))
