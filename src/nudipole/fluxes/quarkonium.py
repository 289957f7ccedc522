r"""Quarkonia and beauty of protons on nucleons, from threshold to 800 GeV on a fixed target.

Published points, log-log between them; below the first one the rise from threshold scales as

.. math::  \sigma(\psi) \propto \Bigl(1-\frac{m}{\sqrt s}\Bigr)^{12}, \qquad
    \sigma(\Upsilon) \propto e^{-160\,{\rm GeV}/\sqrt s} ,

the forms of Schuler (hep-ph/9403387, n = 12.0 +- 0.9) and of the Upsilon compilations, both from memory, not re-read.
Points [mb per nucleon]: J/psi 146 nb (NA50, 400 GeV) and 442 nb (E789, 800 GeV), psi' 15 % of it; Upsilon(1S) 12 and 65 pb,
from B dsigma/dy (y = 0) of the three Upsilons of 0.4 and 2.3 pb (E288, E605, E772), 70 % of them 1S, over B = 2.48 % and a unit
of rapidity; all from memory. B: sigma(b bbar) of 2407.08673 at 120, 400, 800 GeV times 0.82 charged B a pair. Good to a
factor of two, below 100 GeV perhaps to three; zero below threshold, p N -> p N V at rest nucleons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from nudipole import units
from nudipole.errors import check_choice, check_non_negative, check_positive
from nudipole.processes.meson import parent_mass

#: Proton energy [GeV] and cross section [mb per nucleon].
_POINTS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "J/psi": ((400.0, 146e-6), (800.0, 442e-6)),
    "psi'": ((400.0, 22e-6), (800.0, 66e-6)),
    "Upsilon(1S)": ((400.0, 12e-9), (800.0, 65e-9)),
    "B": ((120.0, 1.6e-8), (400.0, 2.1e-6), (800.0, 15.3e-6)),
}
PRODUCED = tuple(_POINTS)
_CHARMONIUM_POWER, _UPSILON_SCALE = 12.0, 160.0


def root_s(proton_energy: float) -> float:
    """Energy of p and a nucleon at rest in their centre of mass [GeV]."""
    check_non_negative(proton_energy=proton_energy)
    return math.sqrt(2.0 * units.PROTON_MASS * (units.PROTON_MASS + proton_energy))


def threshold(meson: str) -> float:
    """Smallest proton energy [GeV] for p N -> p N V, or p N -> p N B Bbar.

    Examples
    --------
    >>> [round(threshold(meson), 1) for meson in ("J/psi", "psi'", "Upsilon(1S)")]
    [12.2, 15.6, 67.6]
    """
    check_choice("heavy meson", meson, PRODUCED)
    mass = parent_mass(meson) * (2.0 if meson == "B" else 1.0)
    return (2.0 * units.PROTON_MASS + mass) ** 2 / (2.0 * units.PROTON_MASS) - units.PROTON_MASS


def cross_section(meson: str, proton_energy: float) -> float:
    """Cross section per nucleon [mb]; zero below threshold.

    Parameters
    ----------
    meson : {"J/psi", "psi'", "Upsilon(1S)", "B"}
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
    >>> f"{cross_section('J/psi', 120.0):.1e}"
    '3.9e-05'
    """
    check_choice("heavy meson", meson, PRODUCED)
    check_positive(proton_energy=proton_energy)
    points = _POINTS[meson]
    first, lowest = points[0]
    if proton_energy <= threshold(meson) or (meson == "B" and proton_energy < first):
        return 0.0
    if proton_energy < first:
        here, there = root_s(proton_energy), root_s(first)
        if meson == "Upsilon(1S)":
            return lowest * math.exp(_UPSILON_SCALE * (1.0 / there - 1.0 / here))
        mass = parent_mass(meson)
        return lowest * float(((1.0 - mass / here) / (1.0 - mass / there)) ** _CHARMONIUM_POWER)
    index = min(sum(energy <= proton_energy for energy, _ in points), len(points) - 1)
    (low, below), (high, above) = points[index - 1], points[index]
    slope = math.log(above / below) / math.log(high / low)
    return below * (proton_energy / low) ** slope
