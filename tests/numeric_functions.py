"""Which public functions take numbers and what each of them is fed: the table behind test_robustness.py.

Every function of every module is found by itself. Its numbers come from the caller; everything else (a nucleus, a
flavour, a flux) comes from the menus below, or stays at its default. A function that takes numbers and needs something
that no menu has makes the sweep fail until it is entered here.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import nudipole
from nudipole.fluxes import oscillations
from nudipole.fluxes.flux import Flux
from nudipole.matter import isotopes, targets
from nudipole.matter.isotopes import Nucleus
from nudipole.matter.targets import Target
from nudipole.portal import Direction
from nudipole.signals.mono_photon import MonoPhotonSearch
from nudipole.signals.photon_acceptance import LeptonCollider, PhotonAcceptance
from nudipole.signals.template import SignalTemplate
from nudipole.supernova import bursts, emission, gamma_rays, luminosity, red_giants

FloatArray = npt.NDArray[np.float64]

SCALARS = (float, float | None)
ARRAYS = (npt.ArrayLike, npt.ArrayLike | None)
LISTS = (list[float], list[float] | None)
INTEGERS = (int, int | None)


def kind(hint: object) -> str | None:
    """What sort of number a parameter wants, None where it wants something else."""
    for name, hints in (("scalar", SCALARS), ("array", ARRAYS), ("list", LISTS), ("integer", INTEGERS)):
        if hint in hints:
            return name
    if hint is np.ndarray or typing.get_origin(hint) is np.ndarray:
        return "block"
    return None


@dataclass(frozen=True)
class Case:
    """One public function, its numeric parameters by kind, and the names of those that have no default."""

    label: str
    function: Callable[..., Any]
    numeric: Mapping[str, str]
    others: Mapping[str, object]
    required: frozenset[str]


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(nudipole.__path__, "nudipole."):
        if not module.name.endswith("__main__"):
            yield module.name


def cases() -> list[Case]:
    """Every public module-level function that takes a number."""
    found = []
    for name in modules():
        module = importlib.import_module(name)
        for label, function in inspect.getmembers(module, inspect.isroutine):
            function = inspect.unwrap(function)
            if label.startswith("_") or getattr(function, "__module__", None) != name:
                continue
            hints = typing.get_type_hints(function, {**vars(module), **TYPE_CHECKING_NAMES})
            parameters = inspect.signature(function).parameters.values()
            numeric = {p.name: k for p in parameters if (k := kind(hints.get(p.name))) and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
            if numeric:
                others = {p.name: hints.get(p.name) for p in parameters if p.name not in numeric}
                required = frozenset(p.name for p in parameters if p.default is p.empty)
                found.append(Case(f"{name.removeprefix('nudipole.')}.{label}", function, numeric, others, required))
    return found


TYPE_CHECKING_NAMES = {"Flux": Flux}  # imported for annotations only
ESCAPE_MASS = 0.05  # GeV, of the one supernova that stands for all


@functools.cache
def escape() -> luminosity.Escape:
    return luminosity.escape(emission.rates(emission.Star(), ESCAPE_MASS, Direction("mu")), 100.0)


def _collider() -> LeptonCollider:
    return LeptonCollider(91.19, 1e6, PhotonAcceptance(0.7, energy_min=1.0), radius=1.5, half_length=2.0)


def _search() -> MonoPhotonSearch:
    return MonoPhotonSearch(1e5, (150.0, 250.0, 13000.0), photon_pt_min=150.0, eta_max=2.37)


def _one(squared: FloatArray, other: FloatArray) -> FloatArray:
    return np.ones(np.broadcast_shapes(np.shape(squared), np.shape(other)))


# What stands in for the parameters that are not numbers, by name: lists of values, or a function that makes the list.
MENU: dict[str, Any] = {
    "angular": ["average", "radial", "sideways"],
    "antineutrino": [False, True],
    "apart": [False, True],
    "axis": ["x", "y", "z", "w"],
    "beam": [8.0, 400.0, "lhc", 7.0],
    "both": [False, True],
    "channel": ["nu gamma", "e", "mu", "no channel"],
    "collider": lambda: [_collider()],
    "colliders": lambda: [_collider()],
    "component": ["nu_e", "nubar_mu", "nu_mu", "pp", "8B", "7Be", "no component"],
    "core": lambda: [None, red_giants.Core()],
    "direction": lambda: [Direction("mu"), Direction("universal", nature="majorana")],
    "element": ["H", "Ar", "Xe", "no element"],
    "escape": lambda: [escape()],
    "fermion": ["e", "u", "d", "no fermion"],
    "flavor": ["e", "mu", "tau", "no flavour"],
    "form_factor": ["helm", "point", "no form factor"],
    "fractions": [{"U235": 1.0}, {"U235": 0.5, "Pu239": 0.5}],
    "geometry": lambda: [gamma_rays.Geometry()],
    "kind": ["neutrino", "antineutrino"],
    "lepton": ["e", "mu", "tau", "no lepton"],
    "masses": [(1.0, 0.1, 0.2, 0.3)],
    "meson": ["pi0", "eta", "pi+", "K+", "Ds", "B", "J/psi", "no meson"],
    "mode": ["neutrino", "antineutrino"],
    "model": ["huber-mueller", "vogel-engel", "kopeikin"],
    "name": ["ye2018", "dipole", "no name"],
    "nature": ["dirac", "majorana"],
    "nucleon": ["p", "n"],
    "nuclei": lambda: [((isotopes.get("Ar40"), 1.0),)],
    "observation": lambda: [bursts.Observation()],
    "oscillation": lambda: [None, oscillations.Oscillation(delta_cp=1.0)],
    "pair": ["e", "mu", "no pair"],
    "parent": ["pi0", "eta", "pi+", "K+", "D", "J/psi", "Upsilon", "no meson"],
    "quark": ["u", "d", "no quark"],
    "quantum": [False, True],
    "radiation": [False],
    "rates": lambda: [escape().rates],
    "scheme": ["radiative", "tree"],
    "search": lambda: [_search()],
    "sigma": lambda: [lambda s: 1.0 / np.asarray(s)],
    "squared_amplitude": lambda: [_one],
    "star": lambda: [emission.Star()],
    "state": ["sum", "nubar N", "nu Nbar"],
    "target": lambda: ["e-", "p", "Ar40", "CsI", "no target"],
    "template": lambda: [SignalTemplate.from_counts([[1.0]])],
    "unit": ["keV", "MeV", "parsec"],
    "window": [(25.0, 100.0)],
}
# The same by type.
TYPES: dict[object, Any] = {
    Target: lambda: [targets.get("e-"), targets.get("p"), targets.get("Ar40")],
    Nucleus: lambda: [isotopes.get("Ar40"), isotopes.get("Xe131")],
}
# The same, and the layout of arrays, for single functions.
SPECIAL: dict[str, dict[str, Any]] = {
    "inference.counting.feldman_cousins": {"observed": [0, 3, -1, 2**70], "background": [0.0, 3.2, -1.0, 1e300]},
    "matter.earth.isotope_density": {"nucleus": ["O16", "Fe56", "no nucleus"]},
    "matter.form_factors.fourier_bessel": {"nucleus": ["Ar40", "Ge74", "no nucleus"]},
    "fluxes.atmospheric.differential": {"species": ["e", "mu", "ebar", "mubar", "no species"]},
    "fluxes.beams.spectrum": {"resource": ["numi_fhc"], "species": ["mu", "no species"]},
}
