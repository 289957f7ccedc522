"""Events as a struct of arrays: one row an event, one column a number, with units.

A chain has at most eight particles, each in its own slot: ``beam`` (neutrino, meson, electron or quark) and ``target`` (what
it meets; none for a meson) make ``hnl``, ``recoil`` (of the target, or the other particle of the production) and ``extra``
(a photon that comes with it); N decays to ``neutrino`` and ``photon``, or to ``neutrino``, ``photon`` (there the negative
lepton) and ``antilepton``. A slot that an event does not use has the PDG number 0. The recoil and the neutrino are what
four-momentum conservation leaves over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]
SLOTS = ("beam", "target", "hnl", "recoil", "extra", "neutrino", "photon", "antilepton")
"""Particles of a chain in the order of the writers."""
AXES = ("E", "px", "py", "pz")
HNL_PDG = 9900012
"""N; -9900012 is Nbar of a Dirac N."""
SHOWER_PDG = 2000000001
"""The hadrons of deep-inelastic scattering together (number of GENIE)."""

#: (unit, meaning) of every column that is not a particle; lengths in a Cartesian frame with z along the beam
MEANING: dict[str, tuple[str, str]] = {
    "weight": (
        "1",
        "expected events of the whole exposure that this event stands for, before efficiency and selection",
    ),
    "efficiency": ("1", "chance that the detector sees the event if it is selected"),
    "selected": ("1", "whether the event passes the cuts of the card, resolution included"),
    "bin": ("1", "bin of the card's observation, -1 for none"),
    "member": ("1", "which member of an envelope or a combination, 0 elsewhere"),
    "process": ("1", "number of the process, see the provenance"),
    "nucleus": ("1", "PDG number of the nucleus that held the target, 0 for none"),
    "production_x": ("m", "where N is made"),
    "production_y": ("m", "where N is made"),
    "production_z": ("m", "where N is made"),
    "production_t": ("ns", "when N is made; 0 is a particle at light speed at z = 0"),
    "decay_x": ("m", "where N decays"),
    "decay_y": ("m", "where N decays"),
    "decay_z": ("m", "where N decays"),
    "decay_t": ("ns", "when N decays"),
    "conversion_x": ("m", "where the photon makes a pair, if it does"),
    "conversion_y": ("m", "where the photon makes a pair, if it does"),
    "conversion_z": ("m", "where the photon makes a pair, if it does"),
    "path": ("m", "from production to decay, or the way out of the detector for N that leaves"),
    "kappa": ("GeV^2/m", "dipole decays per metre along the path of N and per sum of |d|^2, nature included"),
    "polarisation": ("1", "of N along its flight in the lab (twice the mean helicity)"),
    "spin_x": ("1", "polarisation vector of N in its rest frame"),
    "spin_y": ("1", "polarisation vector of N in its rest frame"),
    "spin_z": ("1", "polarisation vector of N in its rest frame"),
    "angular": ("1", "density of the decay angle of a Dirac N over that of an unpolarised one"),
}


@dataclass(frozen=True)
class EventTable:
    """Events and where they come from.

    Parameters
    ----------
    columns : dict of str to ndarray (n,)
        The names of :data:`MEANING`, ``<slot>_pdg`` and the four components ``<slot>_E`` ... of each particle [GeV].
    provenance : mapping
        What was generated: key, preset, mass, coupling, nature, seed, expected events, units.

    Examples
    --------
    >>> table = EventTable({"weight": np.array([0.5, 1.5])})
    >>> len(table), float(table.effective_size)
    (2, 1.6)
    """

    columns: Columns
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    @property
    def effective_size(self) -> float:
        """(sum w)^2 / sum w^2, the number of unweighted events of the same statistical power."""
        weight = self.columns["weight"]
        square = float(np.sum(weight**2))
        return float(np.sum(weight)) ** 2 / square if square > 0 else 0.0

    @property
    def counted(self) -> FloatArray:
        """Expected counts that each event adds to its bin: weight times efficiency, 0 if it is not selected."""
        return np.asarray(self.columns["weight"] * self.columns["efficiency"] * self.columns["selected"])

    def counts(self, bins: int) -> tuple[FloatArray, FloatArray]:
        """Expected counts in each bin of the card's observation, and their statistical errors."""
        good = self.columns["bin"] >= 0
        place, value = self.columns["bin"][good], self.counted[good]
        total = np.bincount(place, value, bins).astype(float)
        return total, np.sqrt(np.bincount(place, value**2, bins))

    def pdg(self, slot: str) -> npt.NDArray[np.int64]:
        """PDG numbers of a particle, 0 where it is absent."""
        found = self.columns.get(f"{slot}_pdg")
        return np.zeros(len(self), dtype=np.int64) if found is None else found

    def momentum(self, slot: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Energy and momentum (E, px, py, pz) [GeV] of a particle; zero where it is absent."""
        if f"{slot}_E" in self.columns:
            e, x, y, z = (self.columns[f"{slot}_{axis}"] for axis in AXES)
            return e, x, y, z
        if slot == "recoil":
            return self._rest(("beam", "target"), ("hnl", "extra"))
        if slot == "neutrino":
            return self._rest(("hnl",), ("photon", "antilepton"))
        none = np.zeros(len(self))
        return none, none, none, none

    def _rest(
        self, came: tuple[str, ...], left: tuple[str, ...]
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        there = self.pdg("recoil" if "beam" in came else "neutrino") != 0
        parts = []
        for axis in AXES:
            total = np.zeros(len(self))
            for sign, slots in ((1.0, came), (-1.0, left)):
                for slot in slots:
                    if (value := self.columns.get(f"{slot}_{axis}")) is not None:
                        total += sign * value
            parts.append(np.where(there, total, 0.0))
        return parts[0], parts[1], parts[2], parts[3]

    def spin(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Polarisation vector of N in its rest frame (axes of the lab, reached without a turn)."""
        if "spin_x" in self.columns:
            return self["spin_x"], self["spin_y"], self["spin_z"]
        _, x, y, z = self.momentum("hnl")
        size = np.maximum(np.sqrt(x**2 + y**2 + z**2), 1e-300)
        along = self["polarisation"] / size
        return along * x, along * y, along * z

    def rows(self, chosen: Any) -> EventTable:
        """Some of the events: a slice, a mask or positions."""
        return EventTable({name: values[chosen] for name, values in self.columns.items()}, self.provenance)

    def with_weight(self, weight: FloatArray) -> EventTable:
        """The same events with other weights."""
        return EventTable({**self.columns, "weight": weight}, self.provenance)


def joined(tables: Iterable[EventTable]) -> EventTable:
    """Tables of one run, one after the other; a column that some lack is zero there (a position: NaN)."""
    parts = list(tables)
    if len(parts) == 1:
        return parts[0]
    return EventTable(stacked([part.columns for part in parts]), parts[0].provenance if parts else {})


def stacked(parts: list[Columns]) -> Columns:
    """Columns one after the other."""
    names = dict.fromkeys(name for part in parts for name in part)
    result: Columns = {}
    for name in names:
        values = []
        for part in parts:
            if name in part:
                values.append(part[name])
            else:
                size = len(next(iter(part.values()))) if part else 0
                values.append(np.full(size, np.nan if name.startswith("conversion") else 0.0))
        kind = next(part[name].dtype for part in parts if name in part)
        result[name] = np.concatenate(values).astype(kind, copy=False)
    return result
