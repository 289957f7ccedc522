r"""Wide-band neutrino beams of the CERN SPS at CHARM-II and NOMAD.

Tables in cm^-2 GeV^-1 per proton on target (``per = "POT"``); where the normalisation is a number of events, per whole run
(``per = "run"``).
"""

from __future__ import annotations

import functools

import numpy as np

from nudipole.errors import DomainError, check_choice
from nudipole.fluxes.accelerator import event_rates
from nudipole.fluxes.accelerator.components import (
    HORN,
    MODES,
    at_one_energy,
    mean_energy,
    rescaled,
    species_total,
)
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.fluxes.tabulated import shipped, tabulated
from nudipole.inputs import tables


def sps(experiment: str = "charm-ii", mode: str = "neutrino", monochromatic_GeV: float | None = None) -> Flux:
    r"""CERN SPS wide-band beams (450 GeV protons on beryllium).

    Parameters
    ----------
    experiment : {"charm-ii", "nomad"}
        ``charm-ii``: per POT; muon flavours as published, 3-190 GeV. Electron flavours are not published as a table: they
        take NOMAD's composition of the same beam line (below), conjugated in antineutrino mode, good to some 30 %.
        ``nomad``: per run (all data), *normalised* to the 1.44e6 nu_mu CC events in the 2.7 t fiducial target; nu_mu
        takes the CHARM-II shape (mean 24.9 GeV, NOMAD quotes 24.3), the others the relative sizes 0.068 (nubar_mu),
        0.010 (nu_e), 0.0027 (nubar_e) with energies stretched to means of 17.2, 36.4, 27.6 GeV.
    mode : {"neutrino", "antineutrino"}
        Horn polarity; NOMAD ran in neutrino mode.
    monochromatic_GeV : float, optional
        Put every component, with its total, at this one energy [GeV]: what some recasts of CHARM-II assume.
    """
    if monochromatic_GeV is not None:
        return at_one_energy(sps(experiment, mode), monochromatic_GeV)
    check_choice("SPS experiment", experiment, ("charm-ii", "nomad"))
    check_choice("horn mode", mode, MODES)
    if experiment == "charm-ii":
        muons = shipped(f"sps_charm2_{HORN[mode]}")
        components = (*muons, *_charm2_electrons(muons, mode))
        return Flux(f"SPS CHARM-II {mode}", components, "POT", ("CHARM-II:1994dzw",), tabulated=True)
    if mode != "neutrino":
        raise DomainError("NOMAD's published beam is neutrino mode only")
    return _nomad()


NOMAD_CC_EVENTS, NOMAD_FIDUCIAL_TONNES = 1.44e6, 2.7  # arXiv:1111.3713; hep-ex/0602022
_NOMAD_BEAM = {"mu": (1.0, 24.3), "mubar": (0.068, 17.2), "e": (0.010, 36.4), "ebar": (0.0027, 27.6)}


@functools.cache
def _nomad() -> Flux:
    table = tables.load("fluxes/data/sps_charm2_fhc.csv")
    energy, shape = table["energy"], {"mu": table["mu"], "mubar": table["mubar"]}
    components = []
    for species, (relative, mean) in _NOMAD_BEAM.items():
        parent = shape["mubar" if species == "mubar" else "mu"]
        stretched = energy * mean / mean_energy(energy, parent)
        unit = parent / np.trapezoid(parent, stretched)
        components += list(tabulated("nomad", stretched, {species: relative * unit}))
    flux = Flux("SPS NOMAD", tuple(components), "run", ("NOMAD:2011gat",), tabulated=True)
    events = event_rates.charged_current_events(flux, NOMAD_FIDUCIAL_TONNES, "mu", antineutrino=False)
    return flux.scaled(NOMAD_CC_EVENTS / events)


def _charm2_electrons(muons: tuple[FluxComponent, ...], mode: str) -> tuple[FluxComponent, ...]:
    """Electron flavours beside the focused muon flavour: NOMAD's relative sizes, and ratios of mean energies."""
    focused, conjugate = (("mu", False), ("mubar", True))[MODES.index(mode)]
    parent = next(c for c in muons if c.name.endswith(f" {focused}"))
    total, reference = species_total(muons, focused), _NOMAD_BEAM["mu"][1]
    components = []
    for flavor, opposite in (("e", "ebar"), ("ebar", "e")):
        relative, mean = _NOMAD_BEAM[flavor]
        species = opposite if conjugate else flavor
        stretched = parent.energy * mean / reference
        made = tabulated("sps_charm2", stretched, {species: parent.intensity})
        components += list(rescaled(made, {species: relative * total / species_total(made, species)}))
    return tuple(components)
