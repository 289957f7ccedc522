"""The particles of events in rows, as text formats list them: status, mothers, momentum, mass, where they start."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.generator.table import HNL_PDG, SHOWER_PDG, SLOTS, EventTable

FloatArray = npt.NDArray[np.float64]
INCOMING, DECAYED, FINAL = 4, 2, 1
_LIGHT = {11: units.ELECTRON_MASS, 13: units.MUON_MASS, 15: units.TAU_MASS, 12: 0.0, 14: 0.0, 16: 0.0, 22: 0.0}


class Particles(NamedTuple):
    """Particles of events, shape (n, 8) in the order of :data:`nudipole.generator.table.SLOTS`.

    ``pdg`` is 0 where there is none; ``status``: 4 incoming, 2 decayed, 1 final; ``momentum`` (n, 8, 4): E, px, py, pz [GeV];
    ``mass``: nominal where there is one, else of the momentum [GeV]; ``vertex`` (n, 8, 4): x, y, z [m], t [ns].
    """

    pdg: npt.NDArray[np.int64]
    status: npt.NDArray[np.int64]
    momentum: FloatArray
    mass: FloatArray
    vertex: FloatArray

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """Which of the slots hold a particle."""
        return self.pdg != 0


def particles(table: EventTable, hnl_mass: float) -> Particles:
    """The particles of a table; ``hnl_mass`` is M [GeV]."""
    number = len(table)
    pdg = np.stack([np.broadcast_to(table.pdg(slot), (number,)) for slot in SLOTS], axis=1)
    momentum = np.zeros((number, len(SLOTS), 4))
    for index, slot in enumerate(SLOTS):
        for axis, values in enumerate(table.momentum(slot)):
            momentum[:, index, axis] = values
    status = np.full(pdg.shape, FINAL)
    status[:, :2] = INCOMING
    decays = pdg[:, SLOTS.index("photon")] != 0
    status[:, 2] = np.where(decays, DECAYED, FINAL)
    mass2 = momentum[..., 0] ** 2 - np.sum(momentum[..., 1:] ** 2, axis=-1)
    mass = np.sqrt(np.maximum(mass2, 0.0))
    for code, value in {**_LIGHT, HNL_PDG: hnl_mass}.items():
        mass[np.abs(pdg) == code] = value
    vertex = np.zeros((number, len(SLOTS), 4))
    for axis, name in enumerate("xyzt"):
        start = table.columns.get(f"production_{name}")
        end = table.columns.get(f"decay_{name}")
        if start is not None:
            vertex[:, :5, axis] = start[:, None]
        if end is not None:
            vertex[:, 5:, axis] = end[:, None]
    return Particles(pdg, status, momentum, mass, vertex)


__all__ = ["DECAYED", "FINAL", "INCOMING", "SHOWER_PDG", "Particles", "particles"]
