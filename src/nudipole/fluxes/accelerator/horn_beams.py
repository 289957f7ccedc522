r"""Horn-focused neutrino beams: Booster, NuMI, T2K, LBNF.

Every flux is a short public table in cm^-2 GeV^-1 per proton on target (``per = "POT"``), see
:mod:`nudipole.fluxes.tabulated`. A divergent beam seen at a distance L from its source falls as L^-2; that is used for
the Booster at 600 m.
"""

from __future__ import annotations

import numpy as np

from nudipole.errors import DomainError, check_choice
from nudipole.fluxes.accelerator.components import CONJUGATE, HORN, MODES, moved, rescaled, species_total
from nudipole.fluxes.flux import Flux, FluxComponent, mixed
from nudipole.fluxes.tabulated import SPECIES, histogram, shipped


def booster(baseline_m: float = 541.0, mode: str = "neutrino") -> Flux:
    """Booster Neutrino Beam (8 GeV protons on beryllium) per POT at SBND, MicroBooNE, MiniBooNE or ICARUS.

    Parameters
    ----------
    baseline_m : {110, 470, 541, 600}
        Distance [m]. 110, 470, 541 have their own neutrino-mode tables; 600 is 470 m times (470/600)^2.
    mode : {"neutrino", "antineutrino"}
        Horn polarity. Only MiniBooNE publishes antineutrino mode; elsewhere the muon flavours are its spectrum times the
        ratio, energy by energy, of the neutrino-mode tables of the charge-conjugate species at the two distances: the
        same decay pipe seen by the same focusing. The electron flavours take the ratio of totals, since the tables
        are too coarse for more. Beyond the end of a table (3 GeV at 110 m) the ratio stays as it is there.

    Raises
    ------
    DomainError
        At any other distance.

    Examples
    --------
    >>> f"{booster(541.0).total('mu'):.2e}"
    '5.51e-10'
    """
    check_choice("horn mode", mode, MODES)
    stored = {110.0: 110, 470.0: 470, 541.0: 541, 600.0: 470}
    if float(baseline_m) not in stored:
        raise DomainError(f"the Booster flux is known at 110, 470, 541 and 600 m, not at {baseline_m:g} m")
    near = stored[float(baseline_m)]
    dilution = (near / float(baseline_m)) ** 2
    components = histogram(f"bnb_{near}m_fhc")
    if mode == "antineutrino":
        reference = histogram("bnb_541m_fhc")
        ratio = {new: species_total(components, s) / species_total(reference, s) for s, new in CONJUGATE.items()}
        horn = histogram("bnb_541m_rhc")
        electrons = tuple(c for c in horn if c.name.endswith((" e", " ebar")))
        muons = tuple(c for c in horn if c.name.endswith((" mu", " mubar")))
        components = (*moved(muons, components, reference, CONJUGATE), *rescaled(electrons, ratio))
    components = rescaled(components, dict.fromkeys(SPECIES, dilution))
    return Flux(f"booster {baseline_m:g} m {mode}", components, "POT", ("AguilarArevalo:2008yp",), tabulated=True)


def numi(configuration: str = "medium-energy", mode: str = "neutrino") -> Flux:
    """NuMI (120 GeV protons on carbon) per POT on axis at MINERvA.

    Parameters
    ----------
    configuration : {"low-energy", "medium-energy"}
        Low energy: 0.5-50 GeV. Medium energy: 1-20 GeV.
    mode : {"neutrino", "antineutrino"}

    Examples
    --------
    >>> round(numi("medium-energy").total("mu") / 1e-8, 1)  # neutrinos and antineutrinos
    7.0
    """
    check_choice("NuMI configuration", configuration, ("low-energy", "medium-energy"))
    check_choice("horn mode", mode, MODES)
    short = {"low-energy": "le", "medium-energy": "me"}[configuration]
    return Flux(
        f"NuMI {configuration} {mode}",
        shipped(f"numi_{short}_{HORN[mode]}"),
        "POT",
        ("MINERvA:2016iqn",),
        tabulated=True,
    )


def t2k(mode: str = "neutrino") -> Flux:
    """T2K (30 GeV protons on carbon) per POT at ND280, 2.5 degrees off axis; horns at +-250 kA, to 19 GeV.

    Parameters
    ----------
    mode : {"neutrino", "antineutrino"}
    """
    check_choice("horn mode", mode, MODES)
    return Flux(f"T2K ND280 {mode}", shipped(f"t2k_nd280_{HORN[mode]}"), "POT", ("T2K:2012bge",), tabulated=True)


def lbnf(site: str = "near", mode: str = "neutrino", oscillation: bool = True) -> Flux:
    r"""LBNF (120 GeV protons on carbon) per POT at the DUNE near (574 m) or far (1285 km) detector.

    Parameters
    ----------
    site : {"near", "far"}
    mode : {"neutrino", "antineutrino"}
    oscillation : bool
        Oscillate over 1285 km, near 574 m, of constant density (three flavours): the source of nu_tau. Near, it makes 5e-7
        of nu_mu at 2.5 GeV, and more below as 1/E^2; as many prompt ones of D_s, in no public table, are left out.

    Notes
    -----
    Far, antineutrino mode: a table of every species to 39 GeV. Neutrino mode: nu_mu is a table to 30 GeV; the wrong-sign
    and electron components are the near spectra times the far-to-near ratio, energy by energy, of the charge-conjugate
    species in antineutrino mode. The totals of the public file, 1.21e-15 and 1.5e-16 cm^-2 per POT of nubar_mu and
    nu_e, come out to 3 per cent.

    Examples
    --------
    >>> lbnf("far").flavors
    ('e', 'mu', 'tau')
    """
    check_choice("LBNF site", site, ("near", "far"))
    check_choice("horn mode", mode, MODES)
    citation = ("DUNE:2021cuw",)
    unoscillated = shipped(f"lbnf_near_{HORN[mode]}") if site == "near" else _far_unoscillated(mode)
    components = _oscillated(unoscillated, _BASELINES[site]) if oscillation else unoscillated
    return Flux(f"LBNF {site} {mode}", components, "POT", citation, tabulated=True)


_BASELINES = {"near": 574.0, "far": 1285e3}  # m
_CRUST_ELECTRONS = 2.848 * 0.497  # mol / cm^3, mean density along the beam (arXiv:2103.04797)


def _far_unoscillated(mode: str) -> tuple[FluxComponent, ...]:
    conjugate = shipped("lbnf_far_rhc")
    if mode == "antineutrino":
        return conjugate
    others = tuple(c for c in shipped("lbnf_near_fhc") if not c.name.endswith(" mu"))
    return shipped("lbnf_far_fhc") + moved(others, conjugate, shipped("lbnf_near_rhc"), CONJUGATE)


def _oscillated(components: tuple[FluxComponent, ...], baseline: float) -> tuple[FluxComponent, ...]:
    """The same intensities with flavour fractions P(alpha -> beta) after [m] of crust (diagonal density matrix)."""
    from nudipole.fluxes.oscillations import probability

    result = []
    for c in components:
        chances = probability(c.energy, baseline, _CRUST_ELECTRONS, antineutrino=c.antineutrino)
        fractions = np.einsum("a,...ab->...b", np.diagonal(c.density).real, chances)
        result.append(FluxComponent(c.name, c.energy, c.intensity, mixed(fractions), c.antineutrino))
    return tuple(result)
