"""HepMC3 ascii through pyhepmc, with the conventions of NuHepMC (arXiv:2310.13211) where they apply.

Run information: version and conventions, numbers of processes, vertices and particle states with their meaning, the provenance
as JSON. Each event: weight ``CV``, process, place in the laboratory, and as attributes what the selection of the card makes
of it. Vertex 1 is the production, 22 the decay of N; lengths in mm, times in mm/c, momenta in GeV. The cross section that
HepMC3 carries is the expected number of events of the exposure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import units
from nudipole.errors import MissingExtraError, OutputError
from nudipole.generator.particles import DECAYED, FINAL, INCOMING, particles
from nudipole.generator.table import HNL_PDG, SHOWER_PDG, EventTable

PRIMARY, DECAY, TARGET = 1, 22, 20
_STATES = {
    FINAL: ("Undecayed", "leaves the event"),
    DECAYED: ("Decayed", "decays in the event"),
    INCOMING: ("Beam", "incoming neutrino, meson, lepton or quark"),
    TARGET: ("Target", "target at rest, or the other beam"),
}
_VERTICES = {PRIMARY: ("Primary", "production of N"), DECAY: ("HNLDecay", "decay of N")}
_MM_PER_NS = 1e-6 * units.SPEED_OF_LIGHT


class HepMCWriter:
    """Writes one event after the other."""

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        try:
            import pyhepmc
        except ImportError:
            raise MissingExtraError("pyhepmc", "events", "writing HepMC3") from None
        self._hep = pyhepmc
        self._mass, self._expected = float(provenance["mass_GeV"]), float(provenance["expected"])
        self._error = float(provenance["expected_error"])
        self._run = self._run_info(provenance)
        self._file = pyhepmc.io.WriterAscii(str(path), self._run)
        self._file.precision = 17
        self._events = 0

    def _run_info(self, provenance: Mapping[str, Any]) -> Any:
        run = self._hep.GenRunInfo()
        name, _, version = str(provenance["generator"]).partition(" ")
        run.tools = [(name, version, "neutrino dipole portal")]
        run.weight_names = ["CV"]
        processes = {int(number): (f"process {number}", text) for number, text in provenance["processes"].items()}
        attributes: dict[str, Any] = {
            "NuHepMC.Version.Major": 1, "NuHepMC.Version.Minor": 0, "NuHepMC.Version.Patch": 0,
            "NuHepMC.Conventions": ["G.C.1", "E.C.1", "E.C.2"],
            "NuHepMC.Units.CrossSection.Unit": "events per exposure",
            "NuHepMC.AdditionalParticleNumbers": [HNL_PDG, SHOWER_PDG],
            f"NuHepMC.AdditionalParticleNumber[{HNL_PDG}].Name": "N",
            f"NuHepMC.AdditionalParticleNumber[{SHOWER_PDG}].Name": "hadrons of deep-inelastic scattering",
            "nudipole.provenance": json.dumps(provenance, sort_keys=True),
        }  # fmt: skip
        for kind, table in (("Process", processes), ("VertexStatus", _VERTICES), ("ParticleStatus", _STATES)):
            attributes[f"NuHepMC.{kind}IDs"] = list(table)
            for number, (short, text) in table.items():
                attributes[f"NuHepMC.{kind}Info[{number}].Name"] = short
                attributes[f"NuHepMC.{kind}Info[{number}].Description"] = text
        for key, value in attributes.items():
            run.attributes[key] = value
        return run

    def write(self, table: EventTable) -> None:
        found = particles(table, self._mass)
        places = found.vertex.copy()
        places[..., :3] *= 1e3
        places[..., 3] *= _MM_PER_NS
        momentum = found.momentum[..., [1, 2, 3, 0]].tolist()
        position, pdg = places[:, [2, 5]].tolist(), found.pdg.tolist()
        status, mass = found.status.tolist(), found.mass.tolist()
        spin = np.stack(table.spin(), axis=1)
        scalars = {
            name: table[name] for name in ("efficiency", "selected", "bin", "path", "kappa") if name in table.columns
        }
        for row in range(len(table)):
            event = self._event(momentum[row], position[row], pdg[row], status[row], mass[row])
            event.weights = [float(table["weight"][row])]
            event.attributes["signal_process_id"] = int(table["process"][row])
            event.attributes["lab_pos"] = position[row][0]
            for name, values in scalars.items():
                value = values[row]
                event.attributes[f"nudipole.{name}"] = int(value) if name in ("selected", "bin") else float(value)
            event.attributes["nudipole.hnl_spin"] = spin[row].tolist()
            self._file.write_event(event)
            if self._file.failed():
                raise OutputError("HepMC3: the file cannot be written (is the disk full?)")

    def _event(
        self,
        momentum: list[list[float]],
        position: list[list[float]],
        pdg: list[int],
        status: list[int],
        mass: list[float],
    ) -> Any:
        hep = self._hep
        event = hep.GenEvent(hep.Units.GEV, hep.Units.MM)
        event.run_info = self._run
        event.event_number = self._events
        self._events += 1
        made: list[Any] = [None] * 8
        for slot in range(8):
            if pdg[slot]:
                state = TARGET if slot == 1 else status[slot]
                made[slot] = hep.GenParticle(momentum[slot], pdg[slot], state)
                made[slot].generated_mass = mass[slot]
        production = hep.GenVertex(position[0])
        production.status = PRIMARY
        for slot in (0, 1):
            if made[slot] is not None:
                production.add_particle_in(made[slot])
        for slot in (2, 3, 4):
            if made[slot] is not None:
                production.add_particle_out(made[slot])
        event.add_vertex(production)
        if status[2] == DECAYED:
            decay = hep.GenVertex(position[1])
            decay.status = DECAY
            decay.add_particle_in(made[2])
            for slot in (5, 6, 7):
                if made[slot] is not None:
                    decay.add_particle_out(made[slot])
            event.add_vertex(decay)
        section = hep.GenCrossSection()
        section.set_cross_section(self._expected, self._error)
        event.cross_section = section
        return event

    def close(self) -> None:
        self._file.close()
