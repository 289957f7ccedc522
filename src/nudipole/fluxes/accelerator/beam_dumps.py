"""Neutrinos of the beam dumps of DONUT and SHiP: from charm, per proton on target or per run."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nudipole.fluxes.accelerator import event_rates
from nudipole.fluxes.accelerator.components import at_one_energy
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.fluxes.tabulated import shipped, tabulated
from nudipole.inputs import tables


def donut(monochromatic_GeV: float | None = None) -> Flux:
    """Prompt neutrinos of all flavours per POT at DONUT's emulsion, 36 m from 800 GeV protons on tungsten.

    From charm with (1 - |x_F|)^n exp(-b p_T^2) production and the chain D_s -> tau nu_tau, tau -> nu_tau X, by
    scripts/derive_donut_flux.py; neutrinos and antineutrinos are equal. Neutrinos of pions and kaons that decay before
    they interact (a fraction of nu_mu, hardly any nu_e, no nu_tau) are left out. The overall size carries the error of
    the charm cross section and of its A dependence, about 30 %.

    Parameters
    ----------
    monochromatic_GeV : float, optional
        Put every component, with its total, at this one energy [GeV]: what recasts with a flat limit assume.
    """
    flux = Flux("DONUT prompt", shipped("donut"), "POT", ("DONuT:2007bsg",), tabulated=True)
    return flux if monochromatic_GeV is None else at_one_energy(flux, monochromatic_GeV)


SHIP_FACE_CM2 = 90.3 * 74.9
SHIP_ANTINEUTRINOS: Mapping[str, tuple[float, float]] = {"e": (1.1e6, 2.6e5), "mu": (2.7e6, 6.0e5)}
"""Charged currents of neutrinos and antineutrinos in 2e20 POT, arXiv:2112.01487 (from memory, not re-read)."""


def ship() -> Flux:
    """Neutrinos at the SHiP neutrino detector (400 GeV protons, 2e20 POT, whole run), all flavours.

    The public table counts neutrinos through a 90.3 x 74.9 cm^2 face; divided by the face it is the mean flux. Bin contents
    are spread within each bin log-log and renormalised to the bins' sum; the first bin, 0 to 2 GeV, is flat from 0.1 GeV on.

    Its files say nu and hold neutrinos only: as such they give 8.18 t of lead the charged currents that the collaboration
    quotes for neutrinos in every flavour (2.7e6, 1.1e6 and 3.2e4 nu_mu, nu_e, nu_tau; 20, 2 and 3 per cent above).
    Antineutrinos, in no public table, take the shape of the neutrinos and the size that gives the quoted ratio of charged
    currents, 0.22 (mu) and 0.24 (e); nubar_tau is as frequent as nu_tau, both from pairs of charm.
    """
    return Flux("SHiP", _ship(), "run", ("SHiP:2015vad",), tabulated=True)


_SHIP_LOWEST = 0.1  # GeV
_LEAD = 0.604  # neutrons among the nucleons


@functools.cache
def _ship() -> tuple[FluxComponent, ...]:
    table = tables.load("fluxes/data/ship.csv")
    low, high = table["low"], table["high"]
    centre = np.where(low > 0, np.sqrt(np.maximum(low, 1e-3) * high), 0.5 * high)
    result: list[FluxComponent] = []
    for species in ("e", "mu", "tau"):
        mean = table[species] / SHIP_FACE_CM2
        nodes, density = np.append(_SHIP_LOWEST, centre), np.append(mean[0], mean)
        (part,) = tabulated("ship", nodes, {species: density})
        factor = float(np.sum(mean * (high - low)) / np.sum(part.quadrature(part.intensity)))
        neutrinos = replace(part, intensity=part.intensity * factor)
        conjugate = replace(neutrinos, name=f"ship {species}bar", antineutrino=True)
        if species in SHIP_ANTINEUTRINOS:
            neutrino_events, wanted = SHIP_ANTINEUTRINOS[species]
            both = (Flux("", (component,)) for component in (neutrinos, conjugate))
            here = [event_rates.charged_current_events(f, 1.0, species, neutron_fraction=_LEAD) for f in both]
            conjugate = replace(
                conjugate, intensity=conjugate.intensity * (wanted / neutrino_events * here[0] / here[1])
            )
        result += [neutrinos, conjugate]
    return tuple(result)
