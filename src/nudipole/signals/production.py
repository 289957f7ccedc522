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
from nudipole.matter.isotopes import Nucleus
from nudipole.matter.materials import Material
from nudipole.matter.targets import Structure, Target
from nudipole.processes.scattering import deep_inelastic, helicity, structure_functions, upscattering

FloatArray = npt.NDArray[np.float64]
CHANNELS = ("coherent", "incoherent", "electron", "dis")
_RECOIL_NODES, _DIS_NODES, _TABLE = 16, 12, 1200
_ALIKE = 1.25  # ratio of masses of nuclei that are one target
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
    polarisation : ndarray (n,)
        Twice the mean lab helicity of an N from a nu_L, of spin-0 targets (shortcut: used for all). Deep-inelastic
        scattering is taken as fully flipped: wrong by O(M^2 / E^2).
    """

    weight: FloatArray
    neutrino: npt.NDArray[np.intp]
    energy: FloatArray
    sine: FloatArray
    forward: npt.NDArray[np.bool_]
    recoil: FloatArray
    shower: npt.NDArray[np.bool_]
    polarisation: FloatArray

    def rows(self, chosen: npt.NDArray[np.bool_]) -> States:
        """Some of the states, as one-dimensional arrays."""
        return States(**{name: getattr(self, name)[chosen] for name in States.__dataclass_fields__})


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
    scatterer: Scatterer,
    neutrino_energy: FloatArray,
    hnl_masses: FloatArray,
    recoil_nodes: int = _RECOIL_NODES,
    cells: int = 0,
    floor: float = 0.0,
) -> States:
    """Final states on one target, of shape (masses, energies, nodes): the same nodes for every mass, closed ones empty.

    Energies [GeV] are the same for all masses, (energies,), or not, (masses, energies). Weights are for one target
    (deep-inelastic scattering: for ``protons`` and ``neutrons`` together). With ``cells`` the nodes are the middles of so
    many equal cells (deep-inelastic scattering: in each variable) of the shares of :func:`elastic_recoil` and
    :func:`inelastic_point`, from which events are drawn; ``floor``: smallest recoil [GeV] that is of interest.
    """
    masses = np.asarray(hnl_masses, dtype=float)[:, None]
    if scatterer.target is None:
        return _inelastic(scatterer, neutrino_energy, masses, _rule(_DIS_NODES, cells))
    return _elastic(scatterer.target, scatterer.is_shower, neutrino_energy, masses, _rule(recoil_nodes, cells), floor)


def elastic_recoil(
    target_mass: FloatArray | float,
    reach: FloatArray | float,
    neutrino_energy: FloatArray,
    hnl_mass: FloatArray | float,
    share: FloatArray,
    floor: float = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Recoil energy [GeV] at a share (0 to 1) of the way in ln E_r, the length of that way, and the limits of E_r.

    The way is that of the nodes of :func:`states_on`: from the kinematic limit to the other or to where the structure
    functions end (``reach`` in Q^2 [GeV^2]), and not below ``floor`` [GeV].
    """
    low, high = kinematics.recoil_limits(neutrino_energy, hnl_mass, target_mass)
    stop = np.minimum(high, np.asarray(reach) / (2.0 * np.asarray(target_mass)))
    start = np.minimum(np.maximum(low, np.maximum(1e-10 * stop, floor)), stop)
    is_open = stop > start
    start = np.where(is_open, start, 1.0)
    span = np.log(np.where(is_open, stop, start) / start)
    recoil = np.clip(start * np.exp(span * share), low, np.where(high > 0, high, 1.0))
    return recoil, span, low, high


@functools.lru_cache(maxsize=64)
def scatterers(name: str, channels: tuple[str, ...]) -> tuple[Scatterer, ...]:
    """Every kind of target in a kilogram of a material with its number, structure functions tabulated.

    An element is its most abundant isotope (shortcut: mass and radius of the others differ by per cent). Nuclei of nearly
    equal mass are one target of their mean mass with the sum of their structure functions (shortcut: at fixed Q^2 the
    mass enters to order E/m), and so are all bound nucleons.
    """
    material = materials.get(name)
    found: list[Scatterer] = []
    nuclei: list[tuple[float, Nucleus]] = []
    bound: list[tuple[float, Target]] = []
    for symbol, number in material.atoms_per_kg.items():
        nucleus = max(isotopes.natural(symbol), key=lambda n: n.abundance)
        if nucleus.name == "H1":
            if "coherent" in channels or "incoherent" in channels:
                found.append(Scatterer("H1", _nucleus("H1"), number, True))
            continue
        if "coherent" in channels:
            nuclei.append((number, nucleus))
        if "incoherent" in channels:
            bound += [(number, targets.bound_nucleons(nucleus, nucleon)) for nucleon in ("p", "n")]
    for group in _alike(nuclei):
        number, nucleus = group[0]
        if len(group) == 1:
            found.append(Scatterer(nucleus.name, _nucleus(nucleus.name), number, False))
            continue
        strength = np.array([n * member.protons**2 for n, member in group])
        mass = float(strength @ [member.mass for _, member in group] / strength.sum())
        together = _together([(n, targets.get(member.name)) for n, member in group], mass)
        found.append(Scatterer(f"nuclei like {nucleus.name} of {name}", tabulated(together), 1.0, False))
    if bound:
        found.append(Scatterer(f"nucleons of {name}", tabulated(_together(bound, units.NUCLEON_MASS)), 1.0, True))
    if "electron" in channels:
        found.append(Scatterer("e-", targets.get("e-"), material.electrons_per_kg, True))
    if "dis" in channels:
        quarks = (material.protons_per_kg, material.neutrons_per_kg)
        found.append(Scatterer(f"quarks of {name}", None, 1.0, True, *quarks))
    return tuple(found)


@functools.cache
def _nucleus(name: str) -> Target:
    return tabulated(targets.get(name))


def _alike(nuclei: list[tuple[float, Nucleus]]) -> list[list[tuple[float, Nucleus]]]:
    """Groups, lightest first, in which no nucleus is heavier than the lightest by more than a quarter."""
    groups: list[list[tuple[float, Nucleus]]] = []
    for entry in sorted(nuclei, key=lambda n: n[1].mass):
        if groups and entry[1].mass <= _ALIKE * groups[-1][0][1].mass:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def _together(members: list[tuple[float, Target]], mass: float) -> Target:
    """Several targets as one of this mass, per kilogram."""

    def summed(structures: list[tuple[float, Structure]]) -> Structure:
        return lambda q2: np.asarray(sum(number * structure(q2) for number, structure in structures))

    magnetic = [(number, target.magnetic) for number, target in members if target.magnetic is not None]
    return replace(
        members[0][1],
        mass=mass,
        electric=summed([(number, target.electric) for number, target in members]),
        magnetic=summed(magnetic) if magnetic else None,
        reach=max(target.reach for _, target in members),
    )


def tabulated(target: Target) -> Target:
    """The same target with its structure functions interpolated in ln Q^2 (1e-4 where they matter)."""
    lowest, highest = np.log(1e-18), np.log(min(target.reach, 1e4))
    step = (highest - lowest) / (_TABLE - 1)
    grid = np.exp(lowest + step * np.arange(_TABLE))

    def interpolate(structure: Structure) -> Structure:
        values = structure(grid)
        rises = np.diff(values)

        def at(q2: FloatArray) -> FloatArray:
            place = np.clip((np.log(q2) - lowest) / step, 0.0, _TABLE - 1.0)
            below = np.minimum(place.astype(np.intp), _TABLE - 2)
            return np.asarray(values[below] + (place - below) * rises[below])

        return at

    magnetic = None if target.magnetic is None else interpolate(target.magnetic)
    return replace(target, electric=interpolate(target.electric), magnetic=magnetic)


def _elastic(
    target: Target,
    is_shower: bool,
    neutrino_energy: FloatArray,
    mass: FloatArray,
    rule: tuple[FloatArray, FloatArray],
    floor: float = 0.0,
) -> States:
    nodes, weights = rule
    energy, mass = neutrino_energy[..., None], mass[..., None]
    recoil, span, low, high = elastic_recoil(target.mass, target.reach, energy, mass, 0.5 * (nodes + 1.0), floor)
    section = upscattering.spectrum_inside(target, recoil, energy, mass, low, high)
    polarisation = helicity.polarisation_spin0(recoil, energy, mass, np.asarray(target.mass), low, high)
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
        polarisation,
    )


def inelastic_point(
    neutrino_energy: FloatArray, hnl_mass: FloatArray | float, share_w: FloatArray, share_q: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """W [GeV] and Q^2 [GeV^2] at shares (0 to 1) of the way in ln W and ln(Q^2 + 0.3 GeV^2), and how long both ways are."""
    soft, m, least = structure_functions.SOFT, _DIS_TARGET, structure_functions.W_MIN
    w_max = np.sqrt(m**2 + 2.0 * m * neutrino_energy) - hnl_mass
    is_open = w_max > least
    span_w = np.where(is_open, np.log(np.where(is_open, w_max, 2.0) / least), 0.0)
    w = least * np.exp(span_w * share_w)
    low, high = deep_inelastic.q2_limits(w, neutrino_energy, hnl_mass)
    span_q = np.log((high + soft) / (low + soft))
    return w, np.maximum((low + soft) * np.exp(span_q * share_q) - soft, 1e-12), span_w, span_q


def _inelastic(
    scatterer: Scatterer, neutrino_energy: FloatArray, mass: FloatArray, rule: tuple[FloatArray, FloatArray]
) -> States:
    """Deep-inelastic final states, by quadrature in ln W and ln(Q^2 + 0.3 GeV^2); N is taken as fully flipped."""
    m = _DIS_TARGET
    nodes, weights = rule
    share = 0.5 * (nodes + 1.0)
    energy, mass = neutrino_energy[..., None, None], mass[..., None, None]
    w, q2, span_w, span_q = inelastic_point(energy, mass, share[:, None], share)
    is_open = span_w > 0.0
    shifted = q2 + structure_functions.SOFT
    excess = w**2 - m**2 + q2  # 2 m nu
    x = q2 / excess
    number = scatterer.protons + scatterer.neutrons * structure_functions.neutron_to_proton(x)
    value = number * np.maximum(deep_inelastic.on_proton(w, q2, energy, mass), 0.0)
    measure = 0.25 * span_w * weights[:, None] * span_q * weights * 2.0 * w**2 * shifted * x**2 / q2
    lost = excess / (2.0 * m)
    hnl = np.maximum(energy - lost, mass)
    momentum = np.sqrt((hnl - mass) * (hnl + mass))
    along = 2.0 * energy * hnl - mass**2 - q2
    cosine = np.divide(along, 2.0 * energy * momentum, out=np.ones_like(along), where=momentum > 0)
    sine = np.sqrt(np.clip(1.0 - cosine**2, 0.0, 1.0))
    shape = value.shape
    index = np.broadcast_to(np.arange(neutrino_energy.shape[-1])[:, None, None], shape)
    weight = np.where(is_open, units.GEV_M2_TO_CM2 * value * measure, 0.0)
    return States(
        weight,
        index,
        np.broadcast_to(hnl, shape),
        sine,
        along > 0,
        np.broadcast_to(lost, shape),
        np.ones(shape, dtype=bool),
        np.ones(shape),
    )


@functools.cache
def _rule(number: int, cells: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [-1, 1]: Gauss-Legendre, or the middles of equal cells."""
    if cells:
        return (2.0 * np.arange(cells) + 1.0) / cells - 1.0, np.full(cells, 2.0 / cells)
    nodes, weights = np.polynomial.legendre.leggauss(number)
    return nodes, weights
