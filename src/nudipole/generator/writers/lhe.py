"""Les Houches event files (hep-ph/0609017), as pylhe reads them.

The cross section of the header is the expected number of events of the exposure, per process; XWGTUP is the weight. VTIMUP of
N is c times its proper time [mm], SPINUP its polarisation along its flight. Production and decay stand in a comment of each
event, ``#vertices`` x y z [m] t [ns] of both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from nudipole.generator.particles import DECAYED, INCOMING, particles
from nudipole.generator.table import EventTable


class LHEWriter:
    """Writes one event after the other."""

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._mass = float(provenance["mass_GeV"])
        self._provenance = provenance
        self._begun = False

    def _begin(self, table: EventTable) -> None:
        given = self._provenance
        processes = {int(number): text for number, text in given["processes"].items()}
        beams = [int(table.pdg(slot)[0]) for slot in ("beam", "target")]
        energies = [float(np.broadcast_to(table.momentum(slot)[0], (len(table),))[0]) for slot in ("beam", "target")]
        strategy = 4 if given["weighted"] else 3
        share = float(given["expected"]) / len(processes)
        lines = [
            '<LesHouchesEvents version="3.0">',
            "<header>",
            escape(json.dumps(dict(given), sort_keys=True)),
            "</header>",
        ]
        lines += [
            "<init>",
            f"{beams[0]} {beams[1]} {energies[0]:.10e} {energies[1]:.10e} 0 0 0 0 {strategy} {len(processes)}",
        ]
        lines += [f"{share:.10e} {float(given['expected_error']):.10e} 1.0 {number}" for number in processes]
        self._file.write("\n".join([*lines, "</init>"]) + "\n")
        self._begun = True

    def write(self, table: EventTable) -> None:
        if not self._begun:
            self._begin(table)
        found = particles(table, self._mass)
        place = np.cumsum(found.there, axis=1) * found.there
        energy = np.maximum(np.broadcast_to(table.momentum("hnl")[0], (len(table),)), 1e-300)
        size = np.sqrt(np.sum(found.momentum[:, 2, 1:] ** 2, axis=1))
        path = table.columns.get("path", np.zeros(len(table)))
        proper = 1e3 * path * self._mass / np.maximum(size, 1e-300) * (found.status[:, 2] == DECAYED)
        spin = table.columns.get("polarisation", np.full(len(table), 9.0))
        ends = np.concatenate([found.vertex[:, 2], found.vertex[:, 5]], axis=1)
        lines = []
        for row in range(len(table)):
            slots = np.flatnonzero(found.there[row]).tolist()
            last = place[row].tolist()
            lines.append("<event>")
            lines.append(
                f"{len(slots)} {int(table['process'][row])} {float(table['weight'][row]):.16e} {energy[row]:.10e} "
                "7.2973525e-03 1.18e-01"
            )
            for slot in slots:
                pdg, state = int(found.pdg[row, slot]), int(found.status[row, slot])
                status = -1 if state == INCOMING else 2 if state == DECAYED else 1
                mothers = (0, 0) if slot < 2 else (1, last[1] or 1) if slot < 5 else (last[2], last[2])
                colour = (0, 0) if slot > 1 or not 0 < abs(pdg) < 7 else (501, 0) if pdg > 0 else (0, 501)
                e, px, py, pz = found.momentum[row, slot].tolist()
                lifetime, helicity = (proper[row], spin[row]) if slot == 2 else (0.0, 9.0)
                lines.append(
                    f"{pdg} {status} {mothers[0]} {mothers[1]} {colour[0]} {colour[1]} {px:.16e} {py:.16e} {pz:.16e} "
                    f"{e:.16e} {found.mass[row, slot]:.16e} {lifetime:.10e} {helicity:.6f}"
                )
            lines.append("#vertices " + " ".join(f"{value:.12e}" for value in ends[row]))
            lines.append("</event>")
        self._file.write("\n".join(lines) + "\n")

    def close(self) -> None:
        if self._begun:
            self._file.write("</LesHouchesEvents>\n")
        self._file.close()
