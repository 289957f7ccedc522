r"""Accelerator neutrino beams: Booster, NuMI, T2K, LBNF, the CERN SPS, and the beam dumps of DONUT and SHiP.

Every flux is a short public table, interpolated log-log to some 200 nodes; a beam is zero outside its table and the
maximum energy of the table is the end of what an experiment can reach (no extrapolation). Units are cm^-2 GeV^-1 per
proton on target (``per = "POT"``), or per whole run where the normalisation is a number of events (``per = "run"``).
A divergent beam seen at a distance L from its source falls as L^-2; that is used for the Booster at 600 m.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_choice, check_increasing, check_non_negative, check_positive
from nudipole.fluxes import event_rates
from nudipole.fluxes.flux import Flux, FluxComponent, mixed, pure
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
SPECIES: Mapping[str, tuple[str, bool]] = {
    "e": ("e", False),
    "mu": ("mu", False),
    "tau": ("tau", False),
    "ebar": ("e", True),
    "mubar": ("mu", True),
    "taubar": ("tau", True),
}
MODES = ("neutrino", "antineutrino")
_HORN = {"neutrino": "fhc", "antineutrino": "rhc"}
_CONJUGATE = {"e": "ebar", "ebar": "e", "mu": "mubar", "mubar": "mu"}
_NODES = 160
_SOFTEST = 1e-3  # GeV, where a first bin that reaches down to zero energy begins


def interpolate(energy: FloatArray, intensity: FloatArray, at: npt.ArrayLike, name: str = "flux") -> FloatArray:
    """Log-log interpolation of a tabulated spectrum, linear next to a zero.

    Parameters
    ----------
    energy, intensity : ndarray (n,)
        The table: increasing energies [GeV] and non-negative values.
    at : array_like
        Energies [GeV] inside the table.
    name : str
        What the error calls the table.

    Raises
    ------
    DomainError
        If an energy lies outside the table: nothing is extrapolated.

    Examples
    --------
    >>> float(interpolate(np.array([1.0, 100.0]), np.array([1.0, 1e-4]), 10.0).round(6))
    0.01
    """
    at = np.asarray(at, dtype=float)
    check_positive(energy=at)
    tolerance = 1e-9
    if np.any(at < energy[0] * (1 - tolerance)) or np.any(at > energy[-1] * (1 + tolerance)):
        raise DomainError(f"{name} is tabulated from {energy[0]:g} to {energy[-1]:g} GeV only")
    linear = np.interp(at, energy, intensity)
    positive = np.where(intensity > 0, intensity, 1.0)
    logarithmic = np.exp(np.interp(np.log(at), np.log(energy), np.log(positive)))
    segment = np.clip(np.searchsorted(energy, at, side="right") - 1, 0, len(energy) - 2)
    both = (intensity[segment] > 0) & (intensity[segment + 1] > 0)
    return np.where(both, logarithmic, linear)


def tabulated(name: str, energy: FloatArray, columns: Mapping[str, FloatArray]) -> tuple[FluxComponent, ...]:
    """One component per column (named as in :data:`SPECIES`), on the table's nodes and some 160 more between them."""
    components = []
    for species, values in columns.items():
        occupied = np.nonzero(values > 0)[0]
        if occupied.size == 0:
            continue
        keep = slice(max(occupied[0] - 1, 0), min(occupied[-1] + 2, len(energy)))
        own, intensity = energy[keep], values[keep]
        nodes = np.union1d(own, np.geomspace(own[0], own[-1], _NODES)[1:-1])
        flavor, antineutrino = SPECIES[species]
        on_nodes = interpolate(own, intensity, nodes, name)
        components.append(FluxComponent(f"{name} {species}", nodes, on_nodes, pure(flavor), antineutrino))
    return tuple(components)


@functools.cache
def _table(resource: str) -> tuple[FluxComponent, ...]:
    table = tables.load(f"fluxes/data/{resource}.csv")
    return tabulated(resource, table["energy"], {c: table[c] for c in table.columns if c in SPECIES})


@functools.cache
def _histogram(resource: str) -> tuple[FluxComponent, ...]:
    """The same of bin averages at bin centres: the first and the last bin keep their outer halves, flat."""
    table = tables.load(f"fluxes/data/{resource}.csv")
    centre = table["energy"]
    first = max(1.5 * centre[0] - 0.5 * centre[1], _SOFTEST)
    energy = np.concatenate([[first], centre, [1.5 * centre[-1] - 0.5 * centre[-2]]])
    columns = {c: np.pad(table[c], 1, mode="edge") for c in table.columns if c in SPECIES}
    return tabulated(resource, energy, columns)


def spectrum(resource: str, species: str, energy: npt.ArrayLike) -> FloatArray:
    """One column of one beam table at any energy [GeV] inside it; outside is an error.

    Parameters
    ----------
    resource : str
        Name of the table without ``.csv``, e.g. ``"numi_me_fhc"``.
    species : {"e", "mu", "tau", "ebar", "mubar", "taubar"}
    energy : array_like
        [GeV].

    Returns
    -------
    ndarray
        In the unit of the table, cm^-2 GeV^-1 POT^-1 for beams.

    Raises
    ------
    DomainError
        Outside the tabulated range.
    UnknownNameError, TableError
        No such column, no such table.
    """
    table = tables.load(f"fluxes/data/{resource}.csv")
    return interpolate(table["energy"], table[species], energy, resource)


def _rescaled(components: tuple[FluxComponent, ...], factors: Mapping[str, float]) -> tuple[FluxComponent, ...]:
    scaled = []
    for c in components:
        species = c.name.rsplit(" ", 1)[1]
        scaled.append(FluxComponent(c.name, c.energy, c.intensity * factors[species], c.density, c.antineutrino))
    return tuple(scaled)


def _species_total(components: tuple[FluxComponent, ...], species: str) -> float:
    return float(sum(np.sum(c.quadrature(c.intensity)) for c in components if c.name.endswith(f" {species}")))


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
    components = _histogram(f"bnb_{near}m_fhc")
    if mode == "antineutrino":
        reference = _histogram("bnb_541m_fhc")
        ratio = {new: _species_total(components, s) / _species_total(reference, s) for s, new in _CONJUGATE.items()}
        horn = _histogram("bnb_541m_rhc")
        electrons = tuple(c for c in horn if c.name.endswith((" e", " ebar")))
        muons = tuple(c for c in horn if c.name.endswith((" mu", " mubar")))
        components = (*_moved(muons, components, reference, _CONJUGATE), *_rescaled(electrons, ratio))
    components = _rescaled(components, dict.fromkeys(SPECIES, dilution))
    return Flux(f"booster {baseline_m:g} m {mode}", components, "POT", ("AguilarArevalo:2008yp",), tabulated=True)


def _moved(
    components: tuple[FluxComponent, ...],
    here: tuple[FluxComponent, ...],
    there: tuple[FluxComponent, ...],
    conjugate: Mapping[str, str],
) -> tuple[FluxComponent, ...]:
    """Components at ``there`` carried ``here`` by the ratio of the charge-conjugate ones at each energy."""

    def of(species: str, table: tuple[FluxComponent, ...], energy: FloatArray) -> FloatArray:
        c = next(c for c in table if c.name.endswith(f" {species}"))
        filled = c.intensity > 0
        return np.exp(np.interp(energy, c.energy[filled], np.log(c.intensity[filled])))

    moved = []
    for c in components:
        species = conjugate[c.name.rsplit(" ", 1)[1]]
        ends = [x.energy[x.intensity > 0] for x in (*here, *there) if x.name.endswith(f" {species}")]
        inside = np.clip(c.energy, max(e[0] for e in ends), min(e[-1] for e in ends))
        ratio = of(species, here, inside) / of(species, there, inside)
        moved.append(FluxComponent(c.name, c.energy, c.intensity * ratio, c.density, c.antineutrino))
    return tuple(moved)


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
        _table(f"numi_{short}_{_HORN[mode]}"),
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
    return Flux(f"T2K ND280 {mode}", _table(f"t2k_nd280_{_HORN[mode]}"), "POT", ("T2K:2012bge",), tabulated=True)


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
    unoscillated = _table(f"lbnf_near_{_HORN[mode]}") if site == "near" else _far_unoscillated(mode)
    components = _oscillated(unoscillated, _BASELINES[site]) if oscillation else unoscillated
    return Flux(f"LBNF {site} {mode}", components, "POT", citation, tabulated=True)


_BASELINES = {"near": 574.0, "far": 1285e3}  # m
_CRUST_ELECTRONS = 2.848 * 0.497  # mol / cm^3, mean density along the beam (arXiv:2103.04797)


def _far_unoscillated(mode: str) -> tuple[FluxComponent, ...]:
    conjugate = _table("lbnf_far_rhc")
    if mode == "antineutrino":
        return conjugate
    others = tuple(c for c in _table("lbnf_near_fhc") if not c.name.endswith(" mu"))
    return _table("lbnf_far_fhc") + _moved(others, conjugate, _table("lbnf_near_rhc"), _CONJUGATE)


def _oscillated(components: tuple[FluxComponent, ...], baseline: float) -> tuple[FluxComponent, ...]:
    """The same intensities with flavour fractions P(alpha -> beta) after [m] of crust (diagonal density matrix)."""
    from nudipole.fluxes.oscillations import probability

    result = []
    for c in components:
        chances = probability(c.energy, baseline, _CRUST_ELECTRONS, antineutrino=c.antineutrino)
        fractions = np.einsum("a,...ab->...b", np.diagonal(c.density).real, chances)
        result.append(FluxComponent(c.name, c.energy, c.intensity, mixed(fractions), c.antineutrino))
    return tuple(result)


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
        return _at_one_energy(sps(experiment, mode), monochromatic_GeV)
    check_choice("SPS experiment", experiment, ("charm-ii", "nomad"))
    check_choice("horn mode", mode, MODES)
    if experiment == "charm-ii":
        muons = _table(f"sps_charm2_{_HORN[mode]}")
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
    total, reference = _species_total(muons, focused), _NOMAD_BEAM["mu"][1]
    components = []
    for flavor, opposite in (("e", "ebar"), ("ebar", "e")):
        relative, mean = _NOMAD_BEAM[flavor]
        species = opposite if conjugate else flavor
        stretched = parent.energy * mean / reference
        made = tabulated("sps_charm2", stretched, {species: parent.intensity})
        components += list(_rescaled(made, {species: relative * total / _species_total(made, species)}))
    return tuple(components)


def mean_energy(energy: FloatArray, intensity: FloatArray) -> float:
    """Mean energy [GeV] of a spectrum given at nodes (trapezoid)."""
    check_increasing(energy=energy)
    check_non_negative(intensity=intensity)
    if np.shape(intensity) != np.shape(energy) or not np.any(intensity):
        raise DomainError("a spectrum needs as many intensities as energies, not all zero")
    return float(np.trapezoid(intensity * energy, energy) / np.trapezoid(intensity, energy))


def _at_one_energy(flux: Flux, energy: float) -> Flux:
    """Every component with its total in a line at one energy [GeV]."""
    check_positive(monochromatic_GeV=energy)
    at = np.array([float(energy)])
    lines = []
    for c in flux.components:
        total = np.array([float(np.sum(c.quadrature(c.intensity)))])
        lines.append(FluxComponent(f"{c.name} line", at, total, c.density, c.antineutrino, lines=True))
    return Flux(f"{flux.name} at {energy:g} GeV", tuple(lines), flux.per, flux.citations)


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
    flux = Flux("DONUT prompt", _table("donut"), "POT", ("DONuT:2007bsg",), tabulated=True)
    return flux if monochromatic_GeV is None else _at_one_energy(flux, monochromatic_GeV)


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
