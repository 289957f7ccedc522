r"""Quarkonia, charm and beauty of protons on nucleons, from threshold to 800 GeV on a fixed target.

Published points, log-log between them; below the first one the rise from threshold scales as

.. math::  \sigma(c\bar c) \propto \Bigl(1-\frac{m}{\sqrt s}\Bigr)^{12}, \qquad
    \sigma(\Upsilon) \propto e^{-16.9\,m/\sqrt s} ,

with m the mass of J/psi, psi' or, for open charm, 2 m_D: the forms of Schuler (hep-ph/9403387, n = 12.0 +- 0.9) and of the
Upsilon compilations, both from memory, not re-read. Every cross section is zero below the lightest final state that
conserves charm, beauty, strangeness and baryon number, on a nucleon at rest:

==================  ===================================================================================================
J/psi, psi'         146 nb (NA50, 400 GeV) and 442 nb (E789, 800 GeV); psi' 15 % of it; all from memory
Upsilon(1S)         12 and 65 pb at 400 and 800 GeV, from B dsigma/dy (y = 0) of the three Upsilons of 0.4 and 2.3 pb
                    (E288, E605, E772), 70 % of them 1S, over B = 2.48 % and a unit of rapidity; all from memory
Upsilon(2S, 3S)     0.41 and 0.145 of Upsilon(1S) at 800 GeV: B sigma of E866 is 1 : 0.32 : 0.13 (0710.2344, from memory)
                    over B = 2.48, 1.93, 2.18 %; at other energies by the form above in m / sqrt s
D, Ds               sigma(c cbar) and mesons a pair (both signs) of 2407.08673 at 70 to 800 GeV; the number a pair below
                    120 GeV is that at 120 GeV, which leaves out that Ds needs a kaon more: too many close to threshold
B                   sigma(b bbar) of 2407.08673 at 120, 400, 800 GeV times 0.82 charged B a pair; nothing is published
                    between the threshold of p N -> Lambda_b B p at 74 GeV and 120 GeV: zero there
==================  ===================================================================================================

Good to a factor of two, below 100 GeV (quarkonia) and below 70 GeV (charm) perhaps to three. The charm form, fixed at 400 GeV
alone, gives 3.8 and 1.0 microbarn at 120 and 70 GeV, where 4.6 +- 1.8 and 2.2 +- 1.2 are published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_positive
from nudipole.processes.mesons.meson import parent_mass

#: Proton energy [GeV] and cross section [mb per nucleon].
_POINTS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "J/psi": ((400.0, 146e-6), (800.0, 442e-6)),
    "psi'": ((400.0, 22e-6), (800.0, 66e-6)),
    "Upsilon(1S)": ((400.0, 12e-9), (800.0, 65e-9)),
    "charm": ((70.0, 2.2e-3), (120.0, 4.6e-3), (400.0, 20e-3), (800.0, 39.5e-3)),
    "B": ((120.0, 1.6e-8), (400.0, 2.1e-6), (800.0, 15.3e-6)),
}
#: Cross section over that of Upsilon(1S) at 800 GeV.
_EXCITED: Mapping[str, float] = {"Upsilon(2S)": 0.41, "Upsilon(3S)": 0.145}
#: Mesons of both signs per c cbar at 120, 400, 800 GeV.
_PER_CHARM_PAIR: Mapping[str, tuple[float, float, float]] = {"D": (0.525, 0.556, 0.566), "Ds": (0.145, 0.167, 0.172)}
_PAIR_ENERGIES = (120.0, 400.0, 800.0)
_CHARM_POWER, _UPSILON_SLOPE = 12.0, 16.9
#: What is made with the meson, at least, besides one proton.
_PARTNERS: Mapping[str, tuple[str, ...]] = {
    "J/psi": ("p",),
    "psi'": ("p",),
    "Upsilon(1S)": ("p",),
    "Upsilon(2S)": ("p",),
    "Upsilon(3S)": ("p",),
    "D": ("Lambda(c)+",),
    "Ds": ("Lambda(c)+", "K+"),
    "B": ("Lambda(b)0",),
}
PRODUCED = tuple(_PARTNERS)


def root_s(proton_energy: float) -> float:
    """Energy of p and a nucleon at rest in their centre of mass [GeV]."""
    check_non_negative(proton_energy=proton_energy)
    return math.sqrt(2.0 * units.PROTON_MASS * (units.PROTON_MASS + proton_energy))


def recoil_mass(meson: str) -> float:
    """Smallest mass [GeV] of what is made together with the meson: p N for quarkonia, Lambda_c N (K) for D and Ds."""
    check_choice("heavy meson", meson, PRODUCED)
    partners = (units.PROTON_MASS if name == "p" else units.particle_mass(name) for name in _PARTNERS[meson])
    return units.PROTON_MASS + sum(partners)


def threshold(meson: str) -> float:
    """Smallest proton energy [GeV] for p N -> p N V, p N -> Lambda_c D p, Lambda_c Ds K p or Lambda_b B p.

    Examples
    --------
    >>> [round(threshold(meson), 1) for meson in ("J/psi", "psi'", "D", "Ds", "Upsilon(1S)", "B")]
    [12.2, 15.6, 12.9, 16.3, 67.6, 73.7]
    """
    whole = parent_mass(meson) + recoil_mass(meson)
    return whole**2 / (2.0 * units.PROTON_MASS) - units.PROTON_MASS


def cross_section(meson: str, proton_energy: float) -> float:
    """Cross section per nucleon [mb]; zero below threshold.

    Parameters
    ----------
    meson : {"J/psi", "psi'", "Upsilon(1S)", "Upsilon(2S)", "Upsilon(3S)", "D", "Ds", "B"}
        D, Ds and B: both charges together.
    proton_energy : float
        [GeV]; above 800 GeV the last two points are extended as a power law.

    Raises
    ------
    UnknownNameError
        If there is no such meson.
    DomainError
        If the energy is not positive and finite.

    Notes
    -----
    Nothing is published for B below 120 GeV: zero there.

    Examples
    --------
    >>> f"{cross_section('J/psi', 120.0):.1e}, {cross_section('D', 30.0):.1e}, {cross_section('D', 8.0):.1e}"
    '3.9e-05, 3.9e-05, 0.0e+00'
    """
    check_choice("heavy meson", meson, PRODUCED)
    check_positive(proton_energy=proton_energy)
    if proton_energy <= threshold(meson):
        return 0.0
    if meson in _EXCITED:
        heavier = parent_mass(meson) - parent_mass("Upsilon(1S)")
        shift = heavier * (1.0 / root_s(proton_energy) - 1.0 / root_s(_POINTS["Upsilon(1S)"][-1][0]))
        return cross_section("Upsilon(1S)", proton_energy) * _EXCITED[meson] * math.exp(-_UPSILON_SLOPE * shift)
    if meson in _PER_CHARM_PAIR:
        number = np.interp(math.log(proton_energy), np.log(_PAIR_ENERGIES), _PER_CHARM_PAIR[meson])
        return _interpolated("charm", 2.0 * parent_mass("D"), proton_energy) * float(number)
    return _interpolated(meson, parent_mass(meson), proton_energy)


def _interpolated(name: str, mass: float, proton_energy: float) -> float:
    """Log-log through the points; below the first, the form on top with this mass [GeV]."""
    points = _POINTS[name]
    first, lowest = points[0]
    if proton_energy < first:
        if name == "B":
            return 0.0
        here, there = root_s(proton_energy), root_s(first)
        if name == "Upsilon(1S)":
            return lowest * math.exp(_UPSILON_SLOPE * mass * (1.0 / there - 1.0 / here))
        return lowest * float(((1.0 - mass / here) / (1.0 - mass / there)) ** _CHARM_POWER)
    index = min(sum(energy <= proton_energy for energy, _ in points), len(points) - 1)
    (low, below), (high, above) = points[index - 1], points[index]
    slope = math.log(above / below) / math.log(high / low)
    return below * (proton_energy / low) ** slope
