r"""Up-scattering events: cells of neutrino energy and final state with their content, and events drawn inside them.

A cell holds the fluence of a range of neutrino energies (exact integrals of the flux) times the cross section of a range of
the recoil, at its middle: the nodes of :mod:`nudipole.signals.production` on a finer and even grid. An event is even in its
cell, with the exact kinematics of its own energy and recoil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.generator.sampling.choice import Integers
from nudipole.generator.sampling.decay import NEUTRINO_PDG
from nudipole.generator.table import SHOWER_PDG, Columns
from nudipole.kinematics import threshold_energy
from nudipole.matter import isotopes
from nudipole.portal import FLAVORS, Direction
from nudipole.signals.production import Scatterer, elastic_recoil, inelastic_point, states_on

FloatArray = npt.NDArray[np.float64]
_ENERGIES, _CROWDING = 160, 0.4  # cells of neutrino energy, dense near the threshold
_RECOILS, _INELASTIC = 64, 24  # cells of the recoil, and of W and of Q^2 each
PROCESSES = {
    1: "coherent scattering on a nucleus",
    2: "scattering on a bound nucleon",
    3: "scattering on a free proton",
    4: "scattering on an electron",
    5: "deep-inelastic scattering",
}


@dataclass(frozen=True)
class Source:
    """Neutrinos of one flavour: PDG number (negative for antineutrinos), flux component, intensity at its nodes."""

    pdg: int
    component: FluxComponent
    intensity: FloatArray

    def fluence(self, edges: FloatArray) -> FloatArray:
        """Integral over each cell between edges [GeV]."""
        inside = np.clip(edges, None, self.component.energy[-1])
        above = self.component.cumulative_moments(self.intensity, inside, (0,))[0]
        return np.asarray(np.maximum(-np.diff(above), 0.0))


def sources_of(flux: Flux, direction: Direction, scale: float = 1.0) -> list[Source]:
    """The neutrinos of a flux that make N along a direction, by flavour; ``scale`` turns them into fluences [cm^-2]."""
    found = []
    for component in flux.components:
        whole = component.effective(direction) * scale
        parts = {}
        for flavor, coupling in zip(FLAVORS, direction.couplings, strict=True):
            strength = 1.0 if direction.incoherent else abs(coupling) ** 2
            parts[flavor] = strength * component.flavor_intensity(flavor) * scale
        # where flavours interfere, each is named in proportion to what it would make alone
        total = np.sum(list(parts.values()), axis=0)
        for flavor, part in parts.items():
            share = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
            if np.any(whole * share > 0):
                sign = -1 if component.antineutrino else 1
                found.append(Source(sign * NEUTRINO_PDG[flavor], component, whole * share))
    return found


def target_pdg(name: str) -> tuple[int, int, int, int]:
    """PDG numbers of target and of what recoils, of the nucleus around it (0: none), and the process.

    Examples
    --------
    >>> target_pdg("Ar40"), target_pdg("C12:n")
    ((1000180400, 1000180400, 0, 1), (2112, 2112, 1000060120, 2))
    """
    if name == "e-":
        return 11, 11, 0, 4
    if name == "H1":
        return 2212, 2212, 0, 3
    if name in ("p", "n"):
        return {"p": 2212, "n": 2112}[name], SHOWER_PDG, 0, 5
    nuclide, _, nucleon = name.partition(":")
    nucleus = isotopes.get(nuclide)
    code = 1_000_000_000 + 10_000 * nucleus.protons + 10 * nucleus.nucleons
    if nucleon:
        return {"p": 2212, "n": 2112}[nucleon], {"p": 2212, "n": 2112}[nucleon], code, 2
    return code, code, 0, 1


@dataclass(frozen=True)
class Cells:
    """Cells of energy and final state of every target, flattened one target after the other.

    Parameters
    ----------
    mass : float
        M [GeV].
    targets : tuple of Scatterer
    start : ndarray (targets + 1,)
        First cell of each target.
    width : ndarray (targets,)
        Cells of the final state at each energy.
    low, high : ndarray (targets, energies)
        Edges [GeV] of the cells of neutrino energy; equal for a line.
    fluence : ndarray (targets, energies, sources)
        Of each source in each cell of energy.
    section : ndarray (cells,)
        Cross section per d^2 times number of targets per kilogram [cm^2 GeV^2 / kg].
    theta, momentum, polarisation : ndarray (cells,)
        Of N at the middle of each cell.
    recoil : ndarray (cells,)
        Energy given to the target [GeV].
    """

    mass: float
    targets: tuple[Scatterer, ...]
    sources: tuple[Source, ...]
    start: Integers
    width: Integers
    low: FloatArray
    high: FloatArray
    fluence: FloatArray
    section: FloatArray
    theta: FloatArray
    momentum: FloatArray
    polarisation: FloatArray
    recoil: FloatArray
    floor: float = 0.0

    @classmethod
    def of(
        cls,
        mass: float,
        targets: Sequence[Scatterer],
        sources: Sequence[Source],
        lowest: float,
        highest: float,
        floor: float = 0.0,
    ) -> Cells:
        """Cells between two neutrino energies [GeV], of recoils above ``floor`` [GeV]; closed targets have empty cells."""
        if not sources:
            raise DomainError("the source holds no neutrinos that couple to N along this direction")
        lows, highs, fluences, parts = [], [], [], []
        for target in targets:
            heavy = units.PROTON_MASS if target.target is None else target.target.mass
            first = max(float(threshold_energy(mass, heavy)), lowest)
            low, high, fluence = _energy_cells(sources, first, highest, _ENERGIES)
            middle = 0.5 * (low + high)
            number = _INELASTIC if target.target is None else _RECOILS
            states = states_on(target, middle, np.array([mass]), cells=number, floor=floor)
            shape = (len(middle), -1)
            cosine = np.where(states.forward, 1.0, -1.0) * np.sqrt(np.maximum(1.0 - states.sine**2, 0.0))
            open_energy = (middle > first)[:, None]
            size = np.sqrt(np.maximum((states.energy - mass) * (states.energy + mass), 1e-30))
            parts.append(
                (
                    target.number * np.where(open_energy, states.weight.reshape(shape), 0.0),
                    np.arctan2(states.sine, cosine).reshape(shape),
                    size.reshape(shape),
                    states.polarisation.reshape(shape),
                    states.recoil.reshape(shape),
                )
            )
            lows.append(low)
            highs.append(high)
            fluences.append(fluence)
        section, theta, momentum, polarisation, recoil = (
            np.concatenate([part[k].ravel() for part in parts]) for k in range(5)
        )
        width = np.array([part[0].shape[1] for part in parts])
        start = np.concatenate([[0], np.cumsum([part[0].size for part in parts])])
        return cls(
            mass, tuple(targets), tuple(sources), start, width,
            np.stack(lows), np.stack(highs), np.stack(fluences), section, theta, momentum, polarisation, recoil, floor,
        )  # fmt: skip

    def content(self) -> FloatArray:
        """N made per kilogram and d^2 in each cell [GeV^2 / kg]."""
        total = self.fluence.sum(axis=2)
        each = [np.repeat(row, width) for row, width in zip(total, self.width, strict=True)]
        return np.asarray(np.concatenate(each) * self.section)

    @cached_property
    def table(self) -> Columns:
        """PDG numbers, masses [GeV], reaches [GeV^2] and thresholds [GeV] of the targets as arrays."""
        codes = np.array([target_pdg(t.name) for t in self.targets], dtype=np.int64)
        masses = np.array([units.PROTON_MASS if t.target is None else t.target.mass for t in self.targets])
        return {
            "target": codes[:, 0],
            "recoil": codes[:, 1],
            "nucleus": codes[:, 2],
            "process": codes[:, 3],
            "mass": masses,
            "reach": np.array([np.inf if t.target is None else t.target.reach for t in self.targets]),
            "threshold": np.asarray(threshold_energy(self.mass, masses)) * (1.0 + 1e-12),
            "inelastic": np.array([t.target is None for t in self.targets]),
            "shower": np.array([t.is_shower for t in self.targets]),
        }

    @cached_property
    def cumulative(self) -> FloatArray:
        """Fluence of the sources summed up, (targets, energies, sources)."""
        return np.cumsum(self.fluence, axis=2)

    def tilts(self, content: FloatArray) -> FloatArray:
        """Slope b of the density 1 + b x (x from -1 to 1) inside each cell in the direction of the recoil."""
        found = np.zeros(len(content))
        for index, target in enumerate(self.targets):
            if target.target is None:
                continue
            rows = slice(int(self.start[index]), int(self.start[index + 1]))
            table = content[rows].reshape(-1, self.width[index])
            step = np.zeros_like(table)
            step[:, 1:-1] = 0.25 * (table[:, 2:] - table[:, :-2])
            step[:, 0], step[:, -1] = 0.5 * (table[:, 1] - table[:, 0]), 0.5 * (table[:, -1] - table[:, -2])
            ratio = np.divide(step, table, out=np.zeros_like(table), where=table > 0)
            found[rows] = np.clip(ratio, -0.95, 0.95).ravel()
        return found

    def place(self, cell: Integers) -> tuple[Integers, Integers, Integers]:
        """Target, cell of energy and cell of the final state of each of the cells."""
        target = np.searchsorted(self.start, cell, side="right") - 1
        energy, state = np.divmod(cell - self.start[target], self.width[target])
        return target, energy, state


def _energy_cells(
    sources: Sequence[Source], first: float, last: float, number: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Edges and fluences of cells of energy between two energies [GeV]: continua, then each line."""
    u = np.linspace(0.0, 1.0, number + 1)
    last = max(last, first * (1.0 + 1e-9))
    edges = first * (last / first) ** (u**2 * (1.0 + _CROWDING) / (u + _CROWDING))
    low, high = [edges[:-1]], [edges[1:]]
    lines = [(index, s) for index, s in enumerate(sources) if s.component.lines]
    count = number + sum(len(s.component.energy) for _, s in lines)
    fluence = np.zeros((count, len(sources)))
    for index, source in enumerate(sources):
        if not source.component.lines:
            fluence[:number, index] = source.fluence(edges)
    row = number
    for index, source in lines:
        energy = source.component.energy
        inside = (energy >= first) & (energy <= last * (1.0 + 1e-9))
        fluence[row : row + len(energy), index] = np.where(inside, source.intensity, 0.0)
        low.append(energy)
        high.append(energy)
        row += len(energy)
    return np.concatenate(low), np.concatenate(high), fluence


def made(
    rng: np.random.Generator, cells: Cells, cell: Integers, tilt: FloatArray, azimuth: FloatArray | None = None
) -> Columns:
    """Events of cells, of this slope inside: neutrinos along z, targets at rest, N at the azimuth [rad] given or drawn.

    Returns
    -------
    dict
        ``beam``, ``target`` and ``hnl`` with their PDG numbers, ``recoil_pdg``, ``nucleus``, ``process``, ``polarisation``,
        ``neutrino`` (PDG number of the flavour), ``anti``, ``lost``, the energy [GeV] given to the target, and
        whether that is a ``shower``.
    """
    number = len(cell)
    target, at, state = cells.place(cell)
    low = cells.low[target, at]
    energy = low + (cells.high[target, at] - low) * rng.random(number)
    mass = cells.mass
    info = cells.table
    energy = np.maximum(energy, info["threshold"][target])
    lost = np.zeros(number)
    along, transverse = np.zeros(number), np.zeros(number)
    inelastic = info["inelastic"][target]
    for kind, draw in ((False, _elastic), (True, _inelastic)):
        rows = np.flatnonzero(inelastic == kind)
        if len(rows) == number:
            lost, along, transverse = draw(rng, cells, target, (state, tilt), energy)
        elif len(rows):
            lost[rows], along[rows], transverse[rows] = draw(
                rng, cells, target[rows], (state[rows], tilt[rows]), energy[rows]
            )
    if azimuth is None:
        azimuth = 2.0 * np.pi * rng.random(number)
    hnl = np.sqrt(along**2 + transverse**2 + mass**2)
    source = _source_of(rng, cells, target, at)
    pdg = np.array([found.pdg for found in cells.sources])[source]
    none = np.broadcast_to(0.0, (number,))
    anti = pdg < 0
    polarisation = cells.polarisation[cell]
    return {
        "beam_pdg": pdg, "beam_E": energy, "beam_px": none, "beam_py": none, "beam_pz": energy,
        "target_pdg": info["target"][target], "target_E": info["mass"][target],
        "target_px": none, "target_py": none, "target_pz": none,
        "hnl_E": hnl, "hnl_px": transverse * np.cos(azimuth), "hnl_py": transverse * np.sin(azimuth), "hnl_pz": along,
        "recoil_pdg": info["recoil"][target], "nucleus": info["nucleus"][target], "process": info["process"][target],
        "polarisation": np.where(anti, -polarisation, polarisation), "neutrino": np.abs(pdg), "anti": anti, "lost": lost, "source": source, "shower": info["shower"][target],
    }  # fmt: skip


def _source_of(rng: np.random.Generator, cells: Cells, target: Integers, at: Integers) -> Integers:
    """Which of the sources each neutrino is from."""
    if len(cells.sources) == 1:
        return np.zeros(len(target), dtype=np.intp)
    fluence = cells.cumulative
    wanted = rng.random(len(target)) * fluence[target, at, -1]
    chosen = np.zeros(len(target), dtype=np.intp)
    for index in range(len(cells.sources) - 1):
        chosen += wanted >= fluence[target, at, index]
    return chosen


def _elastic(
    rng: np.random.Generator, cells: Cells, target: Integers, at: tuple[Integers, FloatArray], energy: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Recoil energy and components of N's momentum along and across the neutrino [GeV]."""
    m, mass, (state, tilt) = cells.table["mass"][target], cells.mass, at
    t = 4.0 * rng.random(len(state)) - 2.0 + tilt
    inside = t / (1.0 + np.sqrt(np.maximum(1.0 + tilt * t, 0.0)))  # with the density (1 + b x) / 2
    share = (state + 0.5 * (1.0 + inside)) / _RECOILS
    recoil, _, low, high = elastic_recoil(m, cells.table["reach"][target], energy, mass, share, cells.floor)
    along = (2.0 * energy * (energy - recoil) - mass**2 - 2.0 * m * recoil) / (2.0 * energy)
    transverse2 = m * (m + 2.0 * energy) * (recoil - low) * (high - recoil)
    return recoil, along, np.sqrt(np.maximum(transverse2, 0.0)) / energy


def _inelastic(
    rng: np.random.Generator, cells: Cells, _target: Integers, at: tuple[Integers, FloatArray], energy: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same from W and Q^2."""
    mass = cells.mass
    row, column = np.divmod(at[0], _INELASTIC)
    at_w = (row + rng.random(len(row))) / _INELASTIC
    at_q = (column + rng.random(len(row))) / _INELASTIC
    w, q2, _, _ = inelastic_point(energy, mass, at_w, at_q)
    lost = (w**2 - units.PROTON_MASS**2 + q2) / (2.0 * units.PROTON_MASS)
    hnl = np.maximum(energy - lost, mass)
    along = (2.0 * energy * hnl - mass**2 - q2) / (2.0 * energy)
    return lost, along, np.sqrt(np.maximum((hnl - mass) * (hnl + mass) - along**2, 0.0))


__all__ = ["PROCESSES", "Cells", "Source", "made", "sources_of", "target_pdg"]
