"""Which public functions take numbers and what each of them is fed: the table behind test_robustness.py.

Every function, every class that is built from numbers and every method that takes one is found by itself, in every
module. Its numbers come from the caller; everything else (a nucleus, a flavour, a star) comes from the menus below, or
stays at its default. Whatever takes numbers and needs something that no menu has makes the sweep fail until it is
entered here, in a menu or, with the reason, among the EXCLUDED.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import nudipole
from nudipole import constraint, portal
from nudipole.catalogue import experiment, rate, registry
from nudipole.cosmology import constraints as sky
from nudipole.cosmology import evolution, lines, relic
from nudipole.detectors import efficiency, resolution, response
from nudipole.fluxes import oscillations
from nudipole.fluxes.accelerator import horn_beams
from nudipole.fluxes.flux import Flux
from nudipole.fluxes.hadrons import mesons, parton_luminosity
from nudipole.fluxes.low_energy import stopped_pion
from nudipole.inference import count_limits, count_models, limits
from nudipole.inference.likelihood import Likelihood
from nudipole.matter import isotopes, materials, targets
from nudipole.portal import Direction
from nudipole.processes.mesons import meson, neutral_meson
from nudipole.processes.scattering import moments
from nudipole.signals.hadron_collider.search import MonoPhotonSearch
from nudipole.signals.lepton_collider import acceptance as photon_acceptance
from nudipole.signals.recoil.card import RecoilCard
from nudipole.signals.template import SignalTemplate
from nudipole.supernova import bursts, emission, gamma_rays, luminosity, profiles, red_giants

FloatArray = npt.NDArray[np.float64]

# --- finding them -----------------------------------------------------------------------------------------------------
KINDS: dict[object, str] = {
    float: "scalar",
    float | None: "scalar",
    npt.ArrayLike: "array",
    npt.ArrayLike | None: "array",
    list[float]: "list",
    list[float] | None: "list",
    int: "integer",
    int | None: "integer",
}
ANNOTATION_ONLY = {"Flux": Flux, "RecoilCard": RecoilCard}  # names that a module imports for its annotations alone


def kind(hint: object) -> str | None:
    """What sort of number a parameter wants; ``block`` for an array that the package itself lays out."""
    if hint == FloatArray or hint == FloatArray | None:
        return "block"
    return KINDS.get(hint)


@dataclass(frozen=True)
class Case:
    """Something public that takes numbers: the kinds of those, the annotations of the rest, what has no default."""

    label: str
    function: Callable[..., Any]
    numeric: Mapping[str, str]
    others: Mapping[str, object]
    required: frozenset[str]
    owner: type | None = None  # of a method

    @property
    def takes_blocks(self) -> bool:
        return any(self.numeric.get(name) == "block" for name in self.required)


# Figures, tables, events, fits and the command line take limits and counts that are already numbers: their own tests.
NOT_SWEPT = ("__main__", "cli", "compilation", "explorer", "fits", "generator", "plot", "installation")


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(nudipole.__path__, "nudipole."):
        if module.name.split(".")[1] not in NOT_SWEPT:
            yield module.name


def _case(label: str, function: Callable[..., Any], hints: Mapping[str, Any], owner: type | None = None) -> Case | None:
    parameters = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.name not in ("self", "cls") and p.kind is not p.VAR_KEYWORD
    ]
    numeric = {
        p.name: found for p in parameters if (found := kind(hints.get(p.name))) and p.kind is not p.VAR_POSITIONAL
    }
    if not numeric:
        return None
    others = {p.name: hints.get(p.name) for p in parameters if p.name not in numeric}
    return Case(label, function, numeric, others, frozenset(p.name for p in parameters if p.default is p.empty), owner)


def _of_class(label: str, found: type, names: Mapping[str, Any]) -> Iterator[Case | None]:
    if getattr(found, "_is_protocol", False) or issubclass(found, BaseException) or hasattr(found, "__struct_fields__"):
        return  # without a body, without arithmetic, or filled and checked from a card
    for base in found.__mro__[1:]:  # a class inherits fields whose annotations name what another module imports
        names = {**vars(importlib.import_module(base.__module__)), **names}
    if is_dataclass(found):
        yield _case(label, found, typing.get_type_hints(found, dict(names)))
    for name, member in vars(found).items():
        raw = getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(raw):
            continue
        hints = typing.get_type_hints(raw, dict(names))
        bound = isinstance(member, (classmethod, staticmethod))
        yield _case(f"{label}.{name}", getattr(found, name), hints, None if bound else found)


@functools.cache
def cases() -> tuple[Case, ...]:
    """Everything public that takes a number."""
    result: list[Case | None] = []
    for name in modules():
        module = importlib.import_module(name)
        names = {**vars(module), **ANNOTATION_ONLY}
        for label, found in inspect.getmembers(module):
            raw = inspect.unwrap(found) if callable(found) else found
            if label.startswith("_") or getattr(raw, "__module__", None) != name:
                continue
            full = f"{name.removeprefix('nudipole.')}.{label}"
            if inspect.isclass(raw):
                result += _of_class(full, raw, names)
            elif inspect.isfunction(raw):
                result.append(_case(full, raw, typing.get_type_hints(raw, names)))
    return tuple(case for case in result if case)


# --- what stands in for everything that is not a number ---------------------------------------------------------------
@functools.cache
def star_rates() -> emission.Rates:
    return emission.rates(emission.Star(), 0.05, Direction("mu"))


@functools.cache
def escape() -> luminosity.Escape:
    return luminosity.escape(star_rates(), 100.0)


@functools.cache
def conditions() -> profiles.Conditions:
    return profiles.conditions(np.array([0.0, 5.0]), [3e14, 1e14], [30.0, 20.0], 0.3)


@functools.cache
def collider() -> photon_acceptance.LeptonCollider:
    acceptance = photon_acceptance.PhotonAcceptance(0.7, energy_min=1.0)
    return photon_acceptance.LeptonCollider(91.19, 1e6, acceptance, radius=1.5, half_length=2.0)


@functools.cache
def search() -> MonoPhotonSearch:
    return MonoPhotonSearch(1e5, (150.0, 250.0, 13000.0), photon_pt_min=150.0, eta_max=2.37)


@functools.cache
def flux() -> Flux:
    return stopped_pion.stopped_pion(protons_on_target=1e20)


@functools.cache
def likelihood() -> Likelihood:
    return Likelihood(np.array([3.0, 5.0]), np.array([2.0, 4.0]), np.array([1.0, 0.0]))


@functools.cache
def detector() -> response.Response:
    return response.from_options([1e-6, 2e-6, 5e-6], resolution={"model": "gaussian", "fwhm_eV": 50.0})


@functools.cache
def template() -> SignalTemplate:
    return SignalTemplate.from_nodes([[1.0], [3.0]], [1e3, 1e5], [1.0, 2.0], [5.0, np.inf])


def beam() -> meson.LabNodes:
    return meson.LabNodes(np.array([10.0, 20.0]), np.array([0.01, 0.0]), np.array([1.0, 2.0]))


def one(first: npt.ArrayLike, second: npt.ArrayLike = 0.0) -> FloatArray:
    return np.ones(np.broadcast_shapes(np.shape(first), np.shape(second)))


Menu = list[Any] | Callable[[], list[Any]]
DIRECTIONS = [Direction("mu"), Direction("universal", nature="majorana")]
# By name of the parameter. Where a choice can be wrong, a wrong one is among them.
MENU: dict[str, Menu] = {
    "angular": ["average", "radial", "sideways"],
    "apart": [False, True],
    "axis": ["x", "y", "z", "w"],
    "beam": [8.0, 400.0, "lhc", 7.0],
    "colliders": lambda: [(collider(),), (collider(), collider())],
    "channels": [("protons", "electrons", "photons", "pairs"), ("protons",)],
    "gate_ns": [(0.0, 10.0), (5.0, 2.0)],
    "component": ["nu_e", "nubar_mu", "nu_mu", "pp", "8B", "7Be", "no component"],
    "core": lambda: [None, red_giants.Core()],
    "curve": ["natural", "loop"],
    "direction": DIRECTIONS,
    "density": [np.eye(3), np.eye(2)],
    "element": ["H", "Ar", "Xe", "no element"],
    "fermion": ["e", "u", "d", "no fermion"],
    "flavor": ["e", "mu", "tau", "no flavour"],
    "fractions": [{"U235": 1.0}, {"U235": 0.5, "Pu239": 0.5}],
    "function": [one],
    "kind": ["neutrino", "antineutrino", "no kind"],
    "lepton": ["e", "mu", "tau", "no lepton"],
    "masses": [(1.0, 0.1, 0.2, 0.3)],
    "material": ["Ar", "water", "no material"],
    "meson": ["pi0", "eta", "pi+", "K+", "Ds", "B", "J/psi", "no meson"],
    "mode": ["neutrino", "antineutrino"],
    "model": ["huber-mueller", "vogel-engel", "kopeikin"],
    "name": ["ye2018", "dipole", "e", "no name"],
    "nature": ["dirac", "majorana"],
    "nuclei": lambda: [((isotopes.get("Ar40"), 1.0),)],
    "nucleon": ["p", "n"],
    "pair": ["e", "mu", "no pair"],
    "parent": ["pi0", "eta", "pi+", "K+", "D", "J/psi", "Upsilon", "no meson"],
    "parents": lambda: [beam()],
    "powers": [(0, 1, 2)],
    "quark": ["u", "d", "no quark"],
    "scheme": ["radiative", "tree"],
    "sigma": [lambda s: 1.0 / np.asarray(s)],
    "squared_amplitude": [one],
    "state": ["sum", "nubar N", "nu Nbar"],
    "target": ["e-", "p", "Ar40", "CsI", "no target"],
    "template": lambda: [SignalTemplate.from_counts([1.0])],
    "unit": ["keV", "MeV", "parsec"],
    "window": [(25.0, 100.0)],
}
# By type.
TYPES: dict[object, Menu] = {
    bool: [False, True],
    targets.Target: lambda: [targets.get("e-"), targets.get("p"), targets.get("Ar40")],
    isotopes.Nucleus: lambda: [isotopes.get("Ar40"), isotopes.get("Xe131")],
    luminosity.Escape: lambda: [escape()],
    emission.Rates: lambda: [star_rates()],
    emission.Star: lambda: [emission.Star()],
    profiles.Conditions: lambda: [conditions()],
    bursts.Observation: lambda: [bursts.Observation()],
    gamma_rays.Geometry: lambda: [gamma_rays.Geometry()],
    oscillations.Oscillation | None: lambda: [None, oscillations.Oscillation(delta_cp=1.0)],
    evolution.Options | None: lambda: [evolution.Options(log_step=0.2, nodes=8)],
    photon_acceptance.LeptonCollider: lambda: [collider()],
    photon_acceptance.PhotonAcceptance: lambda: [collider().acceptance],
    MonoPhotonSearch: lambda: [search()],
    Likelihood: lambda: [likelihood()],
    Direction: DIRECTIONS,
    relic.Relic: lambda: [relic.relic(0.1, 1e-12, "dirac", 8, 30.0)],
}
EDGES = np.array([1.0, 2.0, 4.0])
TIMES: Menu = [[0.0, 1.0, 6.0], [0.0, 2.0, 1.0], [np.nan, 1.0, 2.0], [0.0, 1e300], [1.0], 3.0, -EDGES[::-1]]
PARTONS: dict[str, Menu] = {
    "channel": ["u", "wplus", "no channel"],
    "sqrt_s_hat": [500.0, [100.0, 1e3], np.nan, -1.0, 1e300],
}
MESONS: dict[str, Menu] = {
    "parent": ["pi0", "K", "J/psi", "no meson"],
    "channel": ["gamma nu N", "e gamma N", "nu N", "no channel"],
}
# For single functions, before the two above; numbers too, where arrays have a layout or a run would take too long.
SPECIAL: dict[str, dict[str, Menu]] = {
    "inference.counting.feldman_cousins": {"observed": [0, 3, -1, 2**70], "background": [0.0, 3.2, -1.0, 1e300]},
    "matter.targets.get": {
        "name": ["e-", "Ar40", "no target"],
        "radius": [None, 3.6, -1.0],
        "skin": [None, 0.9, np.nan],
    },
    "matter.earth.isotope_density": {"nucleus": ["O16", "Fe56", "no nucleus"]},
    "matter.form_factors.fourier_bessel": {"nucleus": ["Ar40", "Ge74", "no nucleus"]},
    "fluxes.cosmic.atmospheric.differential": {"species": ["e", "mu", "ebar", "mubar", "no species"]},
    "inference.likelihood.Likelihood.chi2": {
        "signal_shifts": [None],  # laid out by the models
        "start": [None],
        "signal": [[1.0, 2.0], [[0.0, 0.0], [1e3, 1.0]], [1.0], 3.0, [np.nan, 1.0]],
    },
    "signals.recoil.energy_grid.RecoilGrid": {
        "low": [1e-7, 1.0, np.nan],
        "high": [1e-5, 0.0, np.inf],
        "nodes": [2, 30, 0],
    },
    "observables.decays.decay_spectrum": {
        "variable": ["photon_energy", "photon_angle", "dilepton_mass", "no variable"]
    },
    "observables.meson_spectra.meson_spectrum": {
        "parent": ["pi0", "pi", "K", "no meson"],
        "channel": ["gamma nu N", "mu gamma N", "e e e N", "no channel"],
        "variable": ["photon_energy", "hnl_energy", "dilepton_mass", "no variable"],
        "mass": [0.01, 0.05, 0.3, 0.0, -1.0, np.nan, 1e-300, 1e300],
    },
    "inference.goodness.goodness_of_fit": {"toys": [10, 0, -1, 2**70], "seed": [1, 0, -1]},
    "api.limit": {"experiment": ["gemma", "no key"], "completion": [None]},
    "observables.collider.collider": {
        "initial": ["e+e-", "uubar", "pp", "no beam"],
        "energy": [10.58, 91.19, 13000.0, [4.0, 200.0], np.nan, 1e-300, 1e300],
        "variable": [None, "cosine", "photon_energy", "photon_cosine", "pair_mass", "no variable"],
        "values": [None, [0.1, 0.5, 100.0], [np.nan]],
        "completion": [None, portal.Completion("gauge", 1.0)],
        "state": ["sum", "nubar N", "nu Nbar"],
        "photon_energy_min": [None, 0.5, -1.0, np.inf],
        "photon_cosine_max": [0.9, 1.0, np.nan],
        "pair_mass_min": [None, 100.0, 1e-3, 1e9],
    },
    "observables.thermal.thermal": {
        "place": ["early-universe", "supernova", "red-giant", "no place"],
        "temperature": [None, 0.03, 1e-5, [1e-3, 1.0], np.nan, 1e300],
        "density": [None, 3e14, 1e6, -1.0, np.nan],
        "proton_fraction": [None, 0.3, 0.0, 2.0],
    },
    "observables.thermal.decoupling_temperature": {"d": [1e-9, 1e-6, 0.0, np.nan, 1e300], "mu": [None]},
    "observables.beam_spectra.beam_spectrum": {
        "beam": ["sps", 400.0, "lhc", "no beam", np.nan],
        "parent": ["pi0", "K", "D", "no meson"],
        "variable": ["hnl_energy", "angle", "no variable"],
        "edges": [None, [0.1, 1.0, 100.0], [2.0, 1.0], [np.nan, 1.0]],
        "channel": [None, "gamma nu N", "no channel"],
        "bins": [5, 0, -1],
    },
    "observables.spectra.rate": {"experiment": ["gemma", "no key"], "flavor": ["e", "x"], "completion": [None]},
    "observables.spectra.spectrum": {"experiment": ["gemma", "no key"], "flavor": ["e", "x"], "completion": [None]},
    "signals.electron_recoil.rates.energy_cells": {"component": lambda: list(flux().components)},
    "signals.meson_decay.parents.beam_parents": {"region": [(0.0, 10.0), (10.0, 0.0)]},
    "signals.meson_decay.parents.target_parents": {"window": [(-0.1, -0.1, 0.1, 0.1)]},
    "signals.hadron_collider.search.MonoPhotonSearch": {"missing_edges": [(150.0, 250.0), (2.0, 1.0)]},
    "signals.recoil.rate.nuclear_channels": {"form_factor": ["helm"]},
    "processes.mesons.phase_space.boost": {
        "momentum": [[1.0, 0.0, 0.0, 0.0], [np.nan] * 4, [1e300] * 4, [1.0]],
        "frame": [[5.0, 0.0, 0.0, 3.0], [1.0, 2.0, 0.0, 0.0], [5.0, 0.0, 0.0]],
    },
    "detectors.resolution.Gamma.probability": {"edges": TIMES},
    "detectors.resolution.Normal.probability": {"edges": TIMES},
    "detectors.resolution.Poisson.probability": {"edges": TIMES},
    "detectors.resolution.Poisson.scaled": {"factor": [1.0, 2.0, np.nan]},
    "detectors.response.from_options": {"edges": TIMES},
    "inference.likelihood.Likelihood": {
        "observed": [EDGES, -EDGES, EDGES[:2], EDGES * np.nan],
        "background": [EDGES, EDGES * 1e300],
        "sigma": [EDGES],
    },
    "portal.Portal.from_couplings": {"d_e": [1e-7, 1e-7j, np.nan], "d_mu": [1e-7, 1e300]},
    "signals.background_shapes.gaussians": {
        "edges": [list(EDGES)],
        "centres": [[1.0], [np.nan], []],
        "widths": [[0.5], [0.0]],
        "areas": [[2.0], [np.inf]],
    },
    "fluxes.hadrons.parton_luminosity.PartonLuminosity.binned": PARTONS,
    "fluxes.hadrons.parton_luminosity.PartonLuminosity.total": PARTONS,
    "processes.mesons.meson.decay_channels": {"hnl_mass": [0.05, 0.3, 2.0, 0.0, -1.0, np.nan, 1e-300, 1e300]},
    "observables.meson_widths.meson": {
        "mass": [0.05, 0.3, 2.0, 0.0, -1.0, np.nan, 1e-300, 1e300],
        "parent": ["pi", "K", "J/psi"],
    },
    "fluxes.accelerator.event_rates.charged_current_events": {"flux": lambda: [flux(), horn_beams.t2k()]},
    "fluxes.cosmic.atmospheric.atmospheric": {
        "cos_zenith_min": [-1.0, 0.0, 0.9, 1.0, -2.0, np.nan],
        "cos_zenith_max": [-1.0, 0.1, 1.0, 2.0, np.inf],
    },
    "processes.mesons.meson.width": MESONS,
    "processes.mesons.meson.branching_ratio": MESONS,
    "processes.mesons.meson.hnl_energy_nodes": MESONS,
    "processes.mesons.meson.lab_spectrum": MESONS,
    "processes.mesons.meson.polarisation": MESONS,
    "coupling.coupling": {"d": [None, 1e-7, -1.0, np.nan, 1e300], "mu": [None, 1e-10, -1.0, np.inf]},
    "observables.fluxes.flux": {"name": ["solar", "no flux"], "energy": [None, 0.002, [0.01, 0.03], -1.0, np.nan]},
    "cosmology.photodisintegration.disintegrate": {
        "helium": [0.247, 0.0, 1.0, np.nan],
        "kappa": [np.full(9, 0.1), np.zeros(9), np.full((3, 9), 1e60), np.full(9, -1.0), np.zeros(8)],
    },
    "cosmology.relic.scattering_rate": {"mass": [0.1, 0.0, -1.0, np.nan, 1e300]},
    "cosmology.hot_phase.decoupling_temperature": {"mass": [0.1, 0.0, -1.0, np.nan, 1e300]},
    "cosmology.evolution.evolve": {"mass": [0.1, 0.0, np.nan, 1e300], "strength": [0.0, 1e-14, 1e-200, -1.0, 1e300]},
    "fluxes.flux.FluxComponent": {"energy": [EDGES, EDGES[::-1]], "intensity": [EDGES, -EDGES, EDGES[:2]]},
    "fluxes.hadrons.secondary_fits.bmpt": {
        "beam": [400.0, 8.0, np.nan, 1e300, 0.0],
        "angle": [0.01, 0.1, np.nan, -1.0],
    },
    "fluxes.low_energy.stopped_pion.arrival_fractions": {
        "component": ["nu_mu", "nu_e", "no component"],
        "edges_us": TIMES,
    },
    "fluxes.low_energy.stopped_pion.tabulated_arrival_fractions": {
        "component": ["nu_mu"],
        "edges_us": TIMES,
        "pulse_time_us": TIMES,
        "pulse_weight": [[1.0, 2.0, 3.0], [np.nan]],
    },
    "supernova.gamma_rays.fluence": {"delays": TIMES},
    "fluxes.accelerator.components.at_one_energy": {"flux": lambda: [horn_beams.t2k()]},
    "fluxes.hadrons.lab_nodes.normalised": {"nodes": lambda: [mesons.meson_spectrum(8.0, "pi0")]},
    "fluxes.hadrons.lab_nodes.scaled": {"nodes": lambda: [mesons.meson_spectrum("lhc", "pi0")]},
    "fluxes.accelerator.components.mean_energy": {
        "energy": [EDGES, EDGES[::-1]],
        "intensity": [EDGES, -EDGES, EDGES[:2], 0 * EDGES],
    },
    "supernova.profiles.Profile": {
        "radius": [EDGES - EDGES[0], EDGES, EDGES[::-1], -EDGES],
        "neutrino_potential": [None, EDGES, np.nan * EDGES],
        "density": [EDGES, -EDGES, 1e300 * EDGES, EDGES[:2]],
        "temperature": [EDGES, np.nan * EDGES],
        "proton_fraction": [0.1 * EDGES, EDGES],
    },
    "fluxes.tabulated.interpolate": {
        "energy": [np.array([1.0, 2.0, 4.0])],
        "intensity": [np.array([1.0, 3.0, 2.0])],
    },
    "supernova.luminosity.escape": {"rates": lambda: [star_rates()]},
    "fluxes.tabulated.spectrum": {"resource": ["t2k_nd280_fhc"], "species": ["mu", "e", "no species"]},
}
# Not swept, and why. A name ending in a star stands for all that begin like it.
EXCLUDED: dict[str, str] = {
    "errors.*": "the checks themselves; tests/test_errors.py",
    "catalogue.check.Fault": "a result",
    "catalogue.curves.PublishedCurve": "data of the package",
    "catalogue.curves.convert": "passes NaN and infinity on, for the edges of limits; tests/catalogue/test_curves.py",
    "catalogue.summaries.Summary": "a result",
    "catalogue.exclusion.excluded": "takes a model; Experiment.limit, which calls it, is swept",
    "catalogue.explanation.effect": "words; tests/catalogue/test_explanation.py",
    "catalogue.points.beyond_operator": "takes points of theory, which are checked; tests/catalogue/test_points.py",
    "inputs.raw_cards.check_text": "checks a card: tests/inputs/test_raw_cards.py",
    "catalogue.misfit.warn_of_misfit": "warns; tests/catalogue/test_misfit.py",
    "inference.goodness.GoodnessOfFit": "a result",
    "inputs.files.read_text": "reads a file: tests/inputs/test_files.py",
    "signals.observation.check_table_bins": "compares a table with a card: tests/inputs/test_used_or_refused.py",
    "units.d_from_mu": "passes NaN and infinity on, for the edges of limits; tests/test_units.py",
    "units.mu_from_d": "passes NaN and infinity on, for the edges of limits; tests/test_units.py",
    "cosmology.grid.build_table": "writes files for an hour",
    "cosmology.grid_points.points": "the points of a table, for the builder",
    "cosmology.grid_points.Assumptions.lifetimes": "the points of a table, for the builder",
    "cosmology.constraints.with_reheating": "reads tables from a folder; tests/cosmology/test_constraints.py",
    "cosmology.abundances.abundances": "runs an optional BBN code on a finished history",
    "cosmology.lines.TheoryLine": "data of the package, not of a user; its methods are swept",
    "sky.scan.excluded_intervals": "takes the user's own function",
    "sky.scan.curve": "takes the user's own function",
    "catalogue.experiment.Experiment.preset_steps": "replays presets; takes the masses of a limit",
    "signals.electron_recoil.card.flux": "reads a card: tests/test_malformed_cards.py",
    "signals.electron_recoil.model.ElectronRecoilBeam": "made by build() from a card",
    "signals.recoil.rate.ElectronChannel": "made by build() from a card",
    "signals.joint.envelope.EnvelopeSignal": "made by EnvelopeModel.signal",
    "inference.limits.ProfileStatistic": "best_chi2 is what its own method found; the likelihood is swept",
    "signals.protocol.Signal": "made by the models",
    "signals.prompt_decay.PromptAware.intervals": "a wrapper of inference.limits, where the confidence level is checked",
    "signals.joint.envelope.EnvelopeStatistic.intervals": "a wrapper of inference.limits, where the level is checked",
    "inference.limits.ProfileStatistic.intervals": "takes a signal; the confidence level is that of critical_value",
    "processes.mesons.charged_meson.ChargedMeson": "PDG data of the package",
    "processes.mesons.neutral_meson.NeutralMeson": "PDG data of the package",
    "processes.mesons.vector_meson.VectorMeson": "PDG data of the package",
    "processes.collisions.chiral_exchange.Fermion": "Standard Model data of the package",
    "processes.plasma.relativistic_plasma.ChargedFermion": "Standard Model data of the package",
    "matter.earth.Layer": "PREM data of the package",
    "matter.isotopes.Nucleus": "AME data of the package",
    "matter.targets.Target": "made by targets.get",
    "supernova.bursts.Detector": "made by bursts.water",
    "effective.BrokenDipoles": "a result",
    "uv_models.CollidersSay": "data of the package",
    "uv_models.Origin": "a result",
    "uv_models.Origin.seesaw_mass": "a ratio of a result; tests/test_uv_models.py",
    "cosmology.abundances.Abundances": "a result",
    "cosmology.criteria.Criterion": "data of the package, not of a user",
    "cosmology.criteria.Observed": "data of the package, not of a user",
    "observables.collision_process.CollisionProcess.check_cuts": "the checks of nd.collider themselves",
    "observables.collision_process.CollisionProcess.distribution": "an inner step of nd.collider",
    "observables.collision_process.CollisionProcess.photon_total": "an inner step of nd.collider",
    "observables.collision_process.CollisionProcess.proton_total": "an inner step of nd.collider",
}
# Inner steps on arrays that a public entrance has already checked (annotated as arrays, where entrances take array_like).
INNER = [
    "intervals.rows",
    "intervals.html_table",
    "catalogue.exclusion.ends",
    "inputs.rates.counts_per",
    "inference.count_models.OnOff",
    "inference.count_limits.whole",
    "signals.decay_in_flight.decay_rate",
    "signals.recoil.escape.hnl_energies",
    "detectors.conversion.conversion_points",
    "detectors.geometry.mesh",
    "matter.form_factors.form_factor",
    "processes.scattering.moments.direct_total",
    "processes.validity.within",
    "supernova.channels.energy_grid",
    "supernova.channels.gain_and_loss",
    "supernova.channels.total_rate",
    "constraint.Limit",
    "cosmology.criteria.Criterion.statistic",
    "cosmology.criteria.Criterion.misfit",
    "cosmology.criteria.Criterion.couplings",
    "cosmology.criteria.Criterion.critical",
    "cosmology.criteria.after_late_photons",
    "cosmology.evolution.History",
    "cosmology.grid.SkyGrid",
    "cosmology.relic.Relic",
    "cosmology.relic.relax",
    "cosmology.relic.Relic.density",
    "detectors.conversion.ConversionMap",
    "detectors.conversion.Converter",
    "detectors.conversion.Converter.per_metre",
    "detectors.conversion.seen_probability",
    "detectors.geometry.Cylinder",
    "detectors.geometry.Cylinder.chord",
    "detectors.geometry.Cylinder.sample",
    "detectors.geometry.Cylinder.sample_front",
    "detectors.geometry.Prism",
    "detectors.geometry.Prism.chord",
    "detectors.geometry.Prism.sample",
    "detectors.geometry.Prism.sample_front",
    "detectors.geometry.Sphere",
    "detectors.geometry.Sphere.chord",
    "detectors.geometry.Sphere.sample",
    "detectors.geometry.Sphere.sample_front",
    "detectors.response.Response",
    "catalogue.rate.Rate",
    "observables.collision_process.CollisionProcess.angular",
    "observables.collision_process.CollisionProcess.asymmetry",
    "observables.collision_process.CollisionProcess.pair_mass_min",
    "observables.collision_process.CollisionProcess.photon",
    "observables.collision_process.CollisionProcess.proton_density",
    "observables.collision_process.CollisionProcess.total",
    "observables.collision_process.CollisionProcess.warn",
    "fluxes.hadrons.lab_nodes.lab_nodes",
    "fluxes.tabulated.tabulated",
    "fluxes.flux.FluxComponent.cumulative_moments",
    "fluxes.flux.FluxComponent.quadrature",
    "fluxes.moments.CumulativeMoments",
    "fluxes.moments.CumulativeMoments.at_logarithm",
    "fluxes.moments.CumulativeMoments.of",
    "fluxes.hadrons.parton_luminosity.PartonLuminosity",
    "inference.likelihood.Likelihood.along",
    "inference.likelihood.ProfilePoint",
    "inference.profile.BestFit",
    "inference.profile.Profile",
    "inference.profile.Profile.at",
    "inference.profile.Profile.edge",
    "inference.limits.ProfileStatistic.delta_chi2",
    "processes.collisions.chiral_exchange.w_exchange",
    "processes.scattering.structure_functions.interpolated_f2",
    "processes.scattering.structure_functions.neutron_to_proton",
    "processes.scattering.deep_inelastic.on_proton",
    "processes.mesons.four_body_meson.exchange_product",
    "processes.mesons.meson.compress",
    "processes.collisions.mono_photon_w.Momenta",
    "processes.collisions.mono_photon_w.combined",
    "processes.collisions.mono_photon_w.squared_amplitudes",
    "processes.collisions.mono_photon_w.three_bodies",
    "processes.scattering.upscattering.inside_limits",
    "processes.scattering.helicity.polarisation_spin0",
    "processes.scattering.upscattering_total.integrate",
    "processes.scattering.upscattering_total.integration_limits",
    "processes.scattering.upscattering.s0",
    "processes.scattering.upscattering.spectrum_inside",
    "signals.lepton_collider.mono_photon.deposit",
    "signals.joint.combination.CombinationModel.signal",
    "signals.earth.model.EarthModel.signal",
    "signals.earth.model.EarthModel.sky",
    "signals.earth.paths.earth_density",
    "signals.earth.paths.surroundings",
    "signals.earth.photons.shares",
    "signals.earth.photons.shares_in_cone",
    "signals.electron_recoil.model.ElectronRecoilBeam.signal",
    "signals.joint.envelope.EnvelopeModel.signal",
    "signals.joint.envelope.EnvelopeSignal.counts",
    "signals.joint.envelope.EnvelopeStatistic.delta_chi2",
    "signals.hadron_collider.model.HadronColliderModel.signal",
    "signals.lepton_collider.model.LeptonColliderModel.signal",
    "signals.meson_decay.model.MesonDecayModel.signal",
    "signals.meson_decay.draws.draw",
    "signals.meson_decay.events.fly",
    "signals.meson_decay.draws.unit",
    "signals.protocol.Bins",
    "signals.protocol.Signal.counts",
    "signals.observation.Observation",
    "signals.observation.Observation.likelihood",
    "signals.upscattering.acceptance.Body",
    "signals.upscattering.acceptance.Passages",
    "signals.upscattering.acceptance.tabulate",
    "signals.lepton_collider.acceptance.LeptonCollider.path",
    "signals.lepton_collider.acceptance.PhotonAcceptance.minimum_energy",
    "signals.lepton_collider.acceptance.PhotonAcceptance.share",
    "signals.production.States",
    "signals.production.final_states",
    "signals.production.states_on",
    "signals.prompt_decay.PromptAware.delta_chi2",
    "signals.recoil.model.RecoilModel.signal",
    "signals.recoil.energy_grid.Matrices",
    "signals.recoil.energy_grid.RecoilGrid.matrices",
    "signals.recoil.rate.ElectronChannel.dipole_polynomials",
    "signals.recoil.rate.ElectronChannel.standard_model_spectra",
    "signals.recoil.rate.NuclearChannel.dipole_polynomials",
    "signals.recoil.rate.dipole_kernels",
    "signals.recoil.rate.moments",
    "signals.hadron_collider.sampled_events.LateEvents",
    "signals.hadron_collider.sampled_events.late_template",
    "signals.hadron_collider.sampled_events.sample",
    "signals.hadron_collider.search.Production",
    "signals.hadron_collider.search.rates",
    "signals.hadron_collider.photon_timing.closest_approach",
    "signals.hadron_collider.photon_timing.delay",
    "signals.hadron_collider.photon_timing.paths_of_delay",
    "signals.quadrature.interpolation",
    "signals.lepton_collider.radiated_photon.exchange_terms",
    "signals.lepton_collider.radiated_photon.radiative_nodes",
    "signals.template.SignalTemplate",
    "signals.upscattering.model.UpscatterModel.signal",
    "supernova.bursts.detected_area",
    "supernova.criteria.Cooling.statistic",
    "supernova.criteria.Cooling.ratio",
    "supernova.criteria.NextSupernova.statistic",
    "supernova.criteria.Stellar.statistic",
    "supernova.criteria.VisibleEnergy.statistic",
    "supernova.emission.Rates",
    "supernova.channels.sum_rates",
    "supernova.gamma_rays.profile_deviance",
    "supernova.luminosity.Escape",
    "supernova.luminosity.path_lengths",
    "supernova.profiles.Conditions",
]
# May answer +inf, and why.
UNBOUNDED: dict[str, str] = {
    "observables.decays.width": "a stable N lives for ever",
    "matter.targets.get": "a target without a form factor reaches every momentum transfer",
    "observables.thermal.decoupling_temperature": "never in equilibrium",
    "portal.Portal.lab_lifetime": "a stable N lives for ever",
    "observables.thermal.thermal": "without a coupling nothing stops N",
    "observables.decays.decay_length": "a stable N lives for ever",
    "observables.decays.widths": "a stable N lives for ever",
    "cosmology.evolution.Options": "no reheating: infinitely hot",
    "cosmology.grid_points.Assumptions": "no reheating: infinitely hot",
    "cosmology.hot_phase.decoupling_temperature": "an N without coupling never was coupled",
    "kinematics.minimum_neutrino_energy": "no neutrino makes a massive N at zero recoil",
    "portal.Portal.decay_length": "a stable N flies for ever",
    "signals.upscattering.timing.delay": "what rests never arrives",
    "signals.lepton_collider.acceptance.LeptonCollider": "no upper cut on the photon's energy",
    "signals.lepton_collider.acceptance.PhotonAcceptance": "no upper cut on the photon's energy",
    "processes.decays.gauge_decays.invisible_width_limit": "no limit where the Z does not decay to N",
    "processes.decays.gauge_decays.z_to_photon_limit": "no limit where the Z does not decay to N",
    "supernova.luminosity.raffelt_coupling": "no limit where N is not made",
    "supernova.luminosity.sphere_luminosity": "no sphere limits an N that escapes from the volume",
    "supernova.red_giants.limit_ratio": "no limit above the largest mass of a photon",
    "supernova.red_giants.scaled_limit": "no limit above the largest mass of a photon",
}
# Instances of the classes whose methods are swept.
INSTANCES: dict[type, Menu] = {
    portal.Portal: lambda: [portal.Portal(0.1, 1e-6), portal.Portal(0.0, 0.0)],
    Direction: DIRECTIONS,
    rate.Rate: lambda: [registry.get("conus-plus").rate(portal.Portal(1e-3, 1e-8, Direction("e")))],
    constraint.Limit: lambda: [lines.CONSTRAINTS[0].limit([0.1], Direction("mu"))],
    lines.TheoryLine: lambda: [lines.CONSTRAINTS[0]],
    sky.SkyConstraint: lambda: [sky.CONSTRAINTS[0], registry.get("red-giants")],
    experiment.Experiment: lambda: [registry.get("gemma")],
    relic.Relic: lambda: [relic.relic(0.1, 1e-12, "dirac", 8, 30.0)],
    efficiency.Efficiency: lambda: [efficiency.constant(0.5)],
    resolution.Gamma: lambda: [resolution.gamma()],
    resolution.Normal: lambda: [resolution.gaussian(fwhm_eV=50.0), resolution.gaussian_truncated(fwhm_eV=50.0)],
    resolution.Poisson: lambda: [resolution.poisson()],
    response.Response: lambda: [detector()],
    Flux: lambda: [flux()],
    parton_luminosity.PartonLuminosity: lambda: [parton_luminosity.proton_proton()],
    Likelihood: lambda: [likelihood()],
    count_models.Counts: lambda: [count_models.Counts(3, 1.2), count_models.Counts(0, 0.0)],
    count_models.OnOff: lambda: [count_models.OnOff(5.0, 10.0, 0.3)],
    count_models.PublishedLimit: lambda: [count_models.PublishedLimit(2.3, 0.9, "gaussian")],
    count_models.Significance: lambda: [count_models.Significance(10.0)],
    count_limits.CountStatistic: lambda: [count_limits.CountStatistic(count_models.Counts(3, 1.2))],
    limits.ProfileStatistic: lambda: [limits.ProfileStatistic(likelihood())],
    materials.Material: lambda: [materials.get("CsI")],
    moments.FormFactorMoments: lambda: [moments.FormFactorMoments(targets.get("Ar40"))],
    neutral_meson.NeutralMeson: lambda: list(neutral_meson.NEUTRAL_MESONS.values()),
    SignalTemplate: lambda: [SignalTemplate.from_counts([1.0, 2.0]), template()],
    luminosity.Escape: lambda: [escape()],
    profiles.Profile: lambda: [profiles.load("cold")],
}


def excluded(label: str) -> bool:
    return label in EXCLUDED or any(label.startswith(name[:-1]) for name in EXCLUDED if name.endswith("*"))


def options(case: Case, name: str) -> Menu | None:
    """What may stand for a parameter, None where nothing is known."""
    special = SPECIAL.get(case.label, {})
    if name in special:
        return special[name]
    if name in case.numeric:
        return None
    return MENU.get(name) if name == "colliders" else TYPES.get(case.others[name]) or MENU.get(name)


def missing(case: Case) -> list[str]:
    """What would have to be entered above before this can be swept."""
    unknown = [name for name in case.required if name in case.others and options(case, name) is None]
    if case.owner is not None and case.owner not in INSTANCES:
        unknown.append(f"an instance of {case.owner.__name__}")
    return unknown


#: Packages whose objects are built from checked cards: what takes such an object is an inner step, tested where it lives.
BUILT_FROM_CARDS = (
    "inference.",
    "signals.",
    "detectors.mesh",
    "catalogue.expected",
    "catalogue.discovery",
    "catalogue.bands",
    "catalogue.workspace",
)


def inner(case: Case) -> bool:
    """Steps inside the package, whose arguments were checked at its entrance."""
    needs_objects = case.takes_blocks or bool(missing(case))
    return case.label in INNER or (
        case.label.startswith(BUILT_FROM_CARDS) and case.label not in SPECIAL and needs_objects
    )


def swept() -> list[Case]:
    return [case for case in cases() if not excluded(case.label) and not inner(case)]


# --- calling them -----------------------------------------------------------------------------------------------------
class Call(NamedTuple):
    """One call, ready to be made and to be shown."""

    function: Callable[..., Any]
    positional: tuple[Any, ...]
    keywords: dict[str, Any]

    def __call__(self) -> Any:
        return self.function(*self.positional, **self.keywords)


def build(case: Case, choose: Callable[[list[Any]], Any], number: Callable[[], float]) -> Call:
    """A call with everything that is required and some of what is not."""
    shape = choose([(), (), (), (3,), (2, 2), (0,)])
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    if case.owner is not None:
        positional.append(choose(_made(INSTANCES[case.owner])))
    for name in (*case.numeric, *case.others):
        menu = options(case, name)
        if name not in case.required and ((menu is None and name in case.others) or not choose([True, False])):
            continue
        if menu is not None:
            value = choose(_made(menu))
        elif case.numeric[name] == "scalar":
            value = number()
        elif case.numeric[name] == "integer":
            value = choose([7, 1, 2, 0, -1])
        elif case.numeric[name] == "array":
            value = _array(shape if choose([True, False]) else (), number)
        else:  # bin edges and the like, often in order
            value = [number() for _ in range(choose([3, 3, 2, 1, 0]))]
            value = sorted(value) if choose([True, True, False]) else value
            value = value if case.numeric[name] == "list" else np.array(value)
        if name == "colliders":  # behind the two that come before
            positional += [*(keywords.pop(first) for first in list(keywords)[:2]), *value]
        else:
            keywords[name] = value
    return Call(case.function, tuple(positional), keywords)


def _made(menu: Menu) -> list[Any]:
    return menu if isinstance(menu, list) else menu()


def _array(shape: tuple[int, ...], number: Callable[[], float]) -> Any:
    if shape == ():
        return number()
    values = np.array([number() for _ in range(int(np.prod(shape)))]).reshape(shape)
    return values if values.ndim != 1 or values.size % 2 else values.tolist()


def numbers(result: Any) -> list[FloatArray]:
    """Every number in a result: arrays, tuples, dictionaries, dataclasses; templates and functions by what they give."""
    if isinstance(result, SignalTemplate):
        return [result.counts([0.0, 1e-8, 1.0])]
    if isinstance(result, constraint.Limit):  # NaN and infinity mean "nothing excluded" and "open above" there
        return [np.array([interval.low for intervals in result.excluded for interval in intervals])]
    if isinstance(result, dict):
        return [x for value in result.values() for x in numbers(value)]
    if isinstance(result, (tuple, list)):
        return [x for value in result for x in numbers(value)]
    if is_dataclass(result) and not callable(result):
        return [x for value in vars(result).values() for x in numbers(value)]
    if callable(result):  # a quenching model, an efficiency, an observable: of an energy [GeV]
        return [np.asarray(result(np.array([0.0, 1e-9, 1e-6, 1e-3, 1.0])))]
    if isinstance(result, (int, float, complex, np.ndarray, np.generic)):
        return [np.asarray(result)]
    return []
