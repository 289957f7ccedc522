r"""Charged-current events of a flux in a target: what every published count is compared with.

.. math:: N = n_N \sum_{\rm components} \int \phi(E)\,\sigma_{\rm CC}(E)\,dE

per nucleon of the target (:mod:`nudipole.processes.standard_model.charged_current`), n_N = N_A per gram.
"""

from __future__ import annotations

import numpy as np

from nudipole import units
from nudipole.errors import DomainError, check_choice, check_non_negative
from nudipole.fluxes.flux import Flux
from nudipole.portal import FLAVORS
from nudipole.processes.standard_model import charged_current


def charged_current_events(
    flux: Flux,
    tonnes: float,
    flavor: str = "mu",
    antineutrino: bool | None = None,
    energy_min_GeV: float = 0.0,
    energy_max_GeV: float = np.inf,
    neutron_fraction: float = 0.5,
) -> float:
    """Charged-current events of one flavour per unit of exposure (POT, second, run) in a target.

    Parameters
    ----------
    flux : Flux
    tonnes : float
        Mass of the target.
    flavor : {"e", "mu", "tau"}
    antineutrino : bool, optional
        Antineutrinos or neutrinos only; by default both.
    energy_min_GeV, energy_max_GeV : float
        Count neutrinos between these energies only (never below 0.1 GeV, where the cross section begins).
    neutron_fraction : float
        Of the target's nucleons.

    Raises
    ------
    DomainError
        For a negative mass or energy.
    UnknownNameError
        No such flavour.

    Examples
    --------
    >>> from nudipole.fluxes.accelerator import horn_beams
    >>> per_tonne_and_proton = charged_current_events(horn_beams.lbnf('near'), 1.0, antineutrino=False, neutron_fraction=0.55)
    >>> f"{1.1e21 * per_tonne_and_proton:.2e}"
    '1.41e+06'
    """
    check_choice("flavor", flavor, FLAVORS)
    check_non_negative(tonnes=tonnes, energy_min_GeV=energy_min_GeV)
    if not energy_max_GeV >= 0.0:
        raise DomainError(f"energy_max_GeV must not be negative, got {energy_max_GeV}")
    lowest = max(energy_min_GeV, charged_current.LOWEST_ENERGY)
    per_nucleon = 0.0
    for component in flux.components:
        kept = (component.energy >= lowest) & (component.energy <= energy_max_GeV)
        if not np.any(kept) or antineutrino not in (None, component.antineutrino):
            continue
        weight = component.quadrature(component.flavor_intensity(flavor))[kept]
        section = charged_current.charged_current_cross_section(
            component.energy[kept], flavor, component.antineutrino, neutron_fraction
        )
        per_nucleon += float(np.sum(weight * section))
    return 1e6 * units.AVOGADRO * tonnes * per_nucleon
