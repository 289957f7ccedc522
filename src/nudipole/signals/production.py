r"""Where and how N is made by up-scattering: final states as weighted nodes.

For each kind of target in a kilogram of matter (nuclei coherently, free protons, bound nucleons one by one with Pauli
blocking, electrons, and deep-inelastic scattering for W > 1.4 GeV) the final states at fixed neutrino energy are nodes of
a quadrature in the recoil energy (in W and Q^2 for deep-inelastic scattering), each with the exact energy and angle of N:

.. math:: E_N = E - E_r,\qquad
    (E p_N \sin\theta)^2 = m (m + 2E)(E_r - E_r^{\min})(E_r^{\max} - E_r) .

The quasi-elastic and the deep-inelastic part meet at W = 1.4 GeV; the Delta resonance below is left out (named shortcut).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.matter import isotopes, materials, targets
from nudipole.matter.materials import Material
from nudipole.matter.targets import Structure, Target
from nudipole.processes import deep_inelastic, helicity, structure_functions, upscattering

FloatArray = npt.NDArray[np.float64]
CHANNELS = ("coherent", "incoherent", "electron", "dis")
_RECOIL_NODES, _DIS_NODES, _TABLE = 16, 12, 1200
_DIS_TARGET = units.PROTON_MASS


@dataclass(frozen=True)
class States:
    """Final states per kilogram of matter and unit fluence.

    Parameters
    ----------
    weight : ndarray (n,)
        Quadrature weight times cross section / d^2 [cm^2 GeV^2 per kg].
    neutrino : ndarray (n,) of int
        Index of the neutrino energy.
    energy, sine : ndarray (n,)
        E_N [GeV] and sin(theta) of N in the lab.
    forward : ndarray (n,) of bool
        cos(theta) > 0.
    recoil : ndarray (n,)
        Energy [GeV] given to the target: of the recoiling particle, or of the hadronic shower.
    shower : ndarray (n,) of bool
        Whether that energy is hadronic or electromagnetic activity (deep-inelastic, electrons, nucleons).
    target_mass : ndarray (n,)
        Mass [GeV] of what recoils; 0 for deep-inelastic scattering.
    """

    weight: FloatArray
    neutrino: npt.NDArray[np.intp]
    energy: FloatArray
    sine: FloatArray
    forward: npt.NDArray[np.bool_]
    recoil: FloatArray
    shower: npt.NDArray[np.bool_]
    target_mass: FloatArray

    def rows(self, chosen: npt.NDArray[np.bool_]) -> States:
        """Some of the states, as one-dimensional arrays."""
        return States(**{name: getattr(self, name)[chosen] for name in States.__dataclass_fields__})


def polarisation(
    recoil: FloatArray, neutrino_energy: FloatArray, hnl_mass: FloatArray | float, target_mass: FloatArray
) -> FloatArray:
    """Twice the mean lab helicity of an N from a nu_L, of spin-0 targets (shortcut: used for all).

    The part of deep-inelastic scattering (target mass 0) is taken as fully flipped: wrong by O(M^2 / E^2).
    """
    elastic = target_mass > 0
    mass = np.where(elastic, target_mass, 1.0)
    flip, conserve = helicity.spectra_spin0(recoil, neutrino_energy, hnl_mass, mass)
    both = flip + conserve
    value = np.divide(flip - conserve, both, out=np.ones_like(both), where=both > 0)
    return np.where(elastic, value, 1.0)


class Scatterer(NamedTuple):
    """One kind of target in a kilogram of matter; equal names are equal targets in every material.

    ``target`` is None for deep-inelastic scattering on ``protons`` and ``neutrons``; ``number`` counts the others.
    """

    name: str
    target: Target | None
    number: float
    is_shower: bool
    protons: float = 0.0
    neutrons: float = 0.0


def final_states(
    material: Material,
    neutrino_energy: FloatArray,
    hnl_masses: FloatArray,
    channels: Sequence[str] = CHANNELS[:3],
    recoil_nodes: int = _RECOIL_NODES,
) -> list[States]:
    """All final states in this material at these neutrino energies [GeV], for each mass [GeV]."""
    masses = np.asarray(hnl_masses, dtype=float)
    kinds = scatterers(material.name, tuple(channels))
    found = [(kind.number, states_on(kind, neutrino_energy, masses, recoil_nodes)) for kind in kinds]
    columns = {
        name: np.concatenate([getattr(part, name).reshape(len(masses), -1) for _, part in found], axis=1)
        for name in States.__dataclass_fields__
    }
    columns["weight"] *= np.concatenate([np.full(part.weight[0].size, number) for number, part in found])
    keep = columns["weight"] > 0
    return [States(**{name: values[i, keep[i]] for name, values in columns.items()}) for i in range(len(masses))]


def states_on(
    scatterer: Scatterer, neutrino_energy: FloatArray, hnl_masses: FloatArray, recoil_nodes: int = _RECOIL_NODES
) -> States:
    """Final states on one target, of shape (masses, energies, nodes): the same nodes for every mass, closed ones empty.

    Energies [GeV] are the same for all masses, (energies,), or not, (masses, energies). Weights are for one target
    (deep-inelastic scattering: for ``protons`` and ``neutrons`` together).
    """
    masses = np.asarray(hnl_masses, dtype=float)[:, None]
    if scatterer.target is None:
        return _inelastic(scatterer, neutrino_energy, masses)
    return _elastic(scatterer.target, scatterer.is_shower, neutrino_energy, masses, recoil_nodes)


@functools.lru_cache(maxsize=64)
def scatterers(name: str, channels: tuple[str, ...]) -> tuple[Scatterer, ...]:
    """Every kind of target in a kilogram of a material with its number, structure functions tabulated.

    An element is its most abundant isotope (shortcut: mass and radius of the others differ by per cent); all bound
    nucleons are one target of the mean mass of a nucleon, since only their structure functions differ.
    """
    material = materials.get(name)
    found: list[Scatterer] = []
    bound: list[tuple[float, Target]] = []
    for symbol, number in material.atoms_per_kg.items():
        nucleus = max(isotopes.natural(symbol), key=lambda n: n.abundance)
        if nucleus.name == "H1":
            if "coherent" in channels or "incoherent" in channels:
                found.append(Scatterer("H1", _nucleus("H1"), number, True))
            continue
        if "coherent" in channels:
            found.append(Scatterer(nucleus.name, _nucleus(nucleus.name), number, False))
        if "incoherent" in channels:
            bound += [(number, targets.bound_nucleons(nucleus, nucleon)) for nucleon in ("p", "n")]
    if bound:
        found.append(Scatterer(f"nucleons of {name}", tabulated(_together(bound)), 1.0, True))
    if "electron" in channels:
        found.append(Scatterer("e-", targets.get("e-"), material.electrons_per_kg, True))
    if "dis" in channels:
        quarks = (material.protons_per_kg, material.neutrons_per_kg)
        found.append(Scatterer(f"quarks of {name}", None, 1.0, True, *quarks))
    return tuple(found)


@functools.cache
def _nucleus(name: str) -> Target:
    return tabulated(targets.get(name))


def _together(members: list[tuple[float, Target]]) -> Target:
    """Nucleons as one target, per kilogram."""

    def electric(q2: FloatArray) -> FloatArray:
        return np.asarray(sum(number * target.electric(q2) for number, target in members))

    def magnetic(q2: FloatArray) -> FloatArray:
        parts = [number * target.magnetic(q2) for number, target in members if target.magnetic is not None]
        return np.asarray(sum(parts))

    return replace(members[0][1], mass=units.NUCLEON_MASS, electric=electric, magnetic=magnetic)


def tabulated(target: Target) -> Target:
    """The same target with its structure functions interpolated in ln Q^2 (1e-4 where they matter)."""
    grid = np.geomspace(1e-18, min(target.reach, 1e4), _TABLE)
    logarithm = np.log(grid)

    def interpolate(structure: Structure) -> Structure:
        values = structure(grid)
        return lambda q2: np.interp(np.log(q2), logarithm, values)

    magnetic = None if target.magnetic is None else interpolate(target.magnetic)
    return replace(target, electric=interpolate(target.electric), magnetic=magnetic)


def _elastic(target: Target, is_shower: bool, neutrino_energy: FloatArray, mass: FloatArray, number: int) -> States:
    low, high = kinematics.recoil_limits(neutrino_energy, mass, target.mass)
    stop = np.minimum(high, target.reach / (2.0 * target.mass))
    start = np.minimum(np.maximum(low, 1e-10 * stop), stop)
    is_open = stop > start
    nodes, weights = _legendre(number)
    span = np.where(is_open, np.log(np.where(is_open, stop, 1.0) / np.where(is_open, start, 1.0)), 0.0)[..., None]
    recoil = np.where(is_open, start, 1.0)[..., None] * np.exp(0.5 * span * (nodes + 1.0))
    energy, mass, low, high = neutrino_energy[..., None], mass[..., None], low[..., None], high[..., None]
    recoil = np.clip(recoil, low, np.where(high > 0, high, 1.0))
    section = upscattering.spectrum_inside(target, recoil, energy, mass, low, high)
    hnl = np.maximum(energy - recoil, mass)
    momentum = np.sqrt((hnl - mass) * (hnl + mass))
    transverse2 = target.mass * (target.mass + 2.0 * energy) * (recoil - low) * (high - recoil)
    sine = np.sqrt(np.maximum(transverse2, 0.0)) / np.where(momentum > 0, energy * momentum, np.inf)
    along = 2.0 * energy * hnl - mass**2 - 2.0 * target.mass * recoil  # 2 E p cos(theta)
    weight = np.where(span > 0, units.GEV_M2_TO_CM2 * section * recoil * 0.5 * span * weights, 0.0)
    index = np.broadcast_to(np.arange(neutrino_energy.shape[-1])[:, None], recoil.shape)
    return States(
        weight,
        index,
        hnl,
        np.minimum(sine, 1.0),
        along > 0,
        recoil,
        np.full(recoil.shape, is_shower),
        np.full(recoil.shape, target.mass),
    )


def _inelastic(scatterer: Scatterer, neutrino_energy: FloatArray, mass: FloatArray) -> States:
    """Deep-inelastic final states, by quadrature in ln W and ln(Q^2 + 0.3 GeV^2); N is taken as fully flipped."""
    soft, m = structure_functions.SOFT, _DIS_TARGET
    nodes, weights = _legendre(_DIS_NODES)
    w_max = np.sqrt(m**2 + 2.0 * m * neutrino_energy) - mass
    is_open = w_max > structure_functions.W_MIN
    span_w = np.where(is_open, np.log(np.where(is_open, w_max, 2.0) / structure_functions.W_MIN), 0.0)[..., None]
    w = structure_functions.W_MIN * np.exp(0.5 * np.maximum(span_w, 0.0) * (nodes + 1.0))
    energy, mass = neutrino_energy[..., None], mass[..., None]
    low, high = deep_inelastic.q2_limits(w, energy, mass)
    span_q = np.log((high + soft) / (low + soft))[..., None]
    shifted = (low + soft)[..., None] * np.exp(0.5 * span_q * (nodes + 1.0))
    q2 = np.maximum(shifted - soft, 1e-12)
    w, energy, mass = w[..., None], energy[..., None], mass[..., None]
    excess = w**2 - m**2 + q2  # 2 m nu
    x = q2 / excess
    number = scatterer.protons + scatterer.neutrons * structure_functions.neutron_to_proton(x)
    value = number * np.maximum(deep_inelastic.on_proton(w, q2, energy, mass), 0.0)
    measure = 0.25 * span_w[..., None] * weights[:, None] * span_q * weights * 2.0 * w**2 * shifted * x**2 / q2
    lost = excess / (2.0 * m)
    hnl = np.maximum(energy - lost, mass)
    momentum = np.sqrt((hnl - mass) * (hnl + mass))
    along = 2.0 * energy * hnl - mass**2 - q2
    cosine = np.divide(along, 2.0 * energy * momentum, out=np.ones_like(along), where=momentum > 0)
    sine = np.sqrt(np.clip(1.0 - cosine**2, 0.0, 1.0))
    shape = value.shape
    index = np.broadcast_to(np.arange(neutrino_energy.shape[-1])[:, None, None], shape)
    weight = np.where(is_open[..., None, None], units.GEV_M2_TO_CM2 * value * measure, 0.0)
    return States(
        weight,
        index,
        np.broadcast_to(hnl, shape),
        sine,
        along > 0,
        np.broadcast_to(lost, shape),
        np.ones(shape, dtype=bool),
        np.zeros(shape),
    )


@functools.cache
def _legendre(number: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(number)
    return nodes, weights
