r"""Charged-current events of a flux in a target: what every published count is compared with.

.. math:: N = n_N \sum_{\rm components} \int \phi(E)\,\sigma_{\rm CC}(E)\,dE

per nucleon of an isoscalar target (:mod:`nudipole.processes.charged_current`), n_N = N_A per gram.
"""

from __future__ import annotations

import numpy as np

from nudipole import units
from nudipole.errors import check_choice, check_non_negative
from nudipole.fluxes.flux import Flux
from nudipole.portal import FLAVORS
from nudipole.processes import charged_current


def charged_current_events(
    flux: Flux, tonnes: float, flavor: str = "mu", antineutrino: bool | None = None, energy_min_GeV: float = 0.0
) -> float:
    """Charged-current events of one flavour per unit of exposure (POT, second, run) in an isoscalar target.

    Parameters
    ----------
    flux : Flux
    tonnes : float
        Mass of the target.
    flavor : {"e", "mu", "tau"}
    antineutrino : bool, optional
        Antineutrinos or neutrinos only; by default both.
    energy_min_GeV : float
        Count neutrinos above this energy only (never below 0.1 GeV, where the cross section begins).

    Raises
    ------
    DomainError
        For a negative mass or energy.
    UnknownNameError
        No such flavour.

    Examples
    --------
    >>> from nudipole.fluxes import beams
    >>> f"{1.1e21 * charged_current_events(beams.lbnf('near'), 1.0, antineutrino=False):.2e}"
    '1.55e+06'
    """
    check_choice("flavor", flavor, FLAVORS)
    check_non_negative(tonnes=tonnes, energy_min_GeV=energy_min_GeV)
    lowest = max(energy_min_GeV, charged_current.LOWEST_ENERGY)
    per_nucleon = 0.0
    for component in flux.components:
        kept = component.energy >= lowest
        if not np.any(kept) or antineutrino not in (None, component.antineutrino):
            continue
        weight = component.quadrature(component.flavor_intensity(flavor))[kept]
        section = charged_current.charged_current_cross_section(component.energy[kept], flavor, component.antineutrino)
        per_nucleon += float(np.sum(weight * section))
    return 1e6 * units.AVOGADRO * tonnes * per_nucleon
