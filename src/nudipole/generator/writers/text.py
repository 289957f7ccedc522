"""Plain text: HEPEVT, as LArSoft reads it, and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nudipole.generator.particles import FINAL, particles
from nudipole.generator.table import AXES, MEANING, SLOTS, EventTable

_DOCUMENTATION = 3


class HepevtWriter:
    """One line an event (number, particles), one a particle.

    A particle is: status, PDG number, first and last mother, first and last daughter, px py pz E mass [GeV], x y z [cm],
    t [ns]. Status 1 is final, 2 decayed, 3 incoming; particles count from 1.
    """

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        self._file = path.open("w", encoding="ascii", newline="\n")
        self._mass = float(provenance["mass_GeV"])
        self._events = 0

    def write(self, table: EventTable) -> None:
        found = particles(table, self._mass)
        status = np.where(found.status == 4, _DOCUMENTATION, found.status)
        place = np.cumsum(found.there, axis=1) * found.there
        lines = []
        for row in range(len(table)):
            slots = np.flatnonzero(found.there[row])
            self._events += 1
            lines.append(f"{self._events} {len(slots)}")
            last = place[row].tolist()
            made = [last[k] for k in (2, 3, 4) if last[k]]
            decayed = [last[k] for k in (5, 6, 7) if last[k]]
            for slot in slots.tolist():
                mothers = (0, 0) if slot < 2 else (1, last[1] or 1) if slot < 5 else (last[2], last[2])
                children = made if slot < 2 else decayed if slot == 2 and status[row, 2] != FINAL else []
                first, final = (children[0], children[-1]) if children else (0, 0)
                e, px, py, pz = found.momentum[row, slot].tolist()
                x, y, z, t = found.vertex[row, slot].tolist()
                lines.append(
                    f"{status[row, slot]} {found.pdg[row, slot]} {mothers[0]} {mothers[1]} {first} {final} "
                    f"{px:.17g} {py:.17g} {pz:.17g} {e:.17g} {found.mass[row, slot]:.17g} "
                    f"{100.0 * x:.12g} {100.0 * y:.12g} {100.0 * z:.12g} {t:.12g}"
                )
        self._file.write("\n".join(lines) + "\n")

    def close(self) -> None:
        self._file.close()


class CsvWriter:
    """One row an event; the provenance as JSON in a comment, then names with units."""

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(f"# {json.dumps(provenance, sort_keys=True)}\n")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow([f"{name} [{unit}]" for name, unit in csv_columns()])

    def write(self, table: EventTable) -> None:
        number = len(table)
        values: list[list[Any]] = []
        for name, _ in csv_columns():
            slot, _, axis = name.rpartition("_")
            if slot in SLOTS:
                column = table.pdg(slot) if axis == "pdg" else table.momentum(slot)[AXES.index(axis)]
            elif slot == "spin":
                column = table.spin()["xyz".index(axis)]
            else:
                missing = np.full(number, np.nan if slot == "conversion" else 0.0)
                column = table.columns.get(name, missing)
            values.append(np.broadcast_to(column, (number,)).tolist())
        self._writer.writerows(zip(*values, strict=True))

    def close(self) -> None:
        self._file.close()


def csv_columns() -> list[tuple[str, str]]:
    """Names and units of the columns of a CSV file."""
    own = [(name, unit) for name, (unit, _) in MEANING.items()]
    momenta = [(f"{slot}_{axis}", "1" if axis == "pdg" else "GeV") for slot in SLOTS for axis in ("pdg", *AXES)]
    return own + momenta
