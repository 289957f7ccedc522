"""HepMC3 ascii through pyhepmc, with NuHepMC 1.0 (arXiv:2310.13211) where it applies.

Run information: version and conventions, numbers of processes (in the ranges of E.C.1), vertices and particle states with
their meaning, citations, the provenance as JSON. Each event: weight ``CV``, process, place in the laboratory (mm),
and as attributes what the selection of the card makes of it. Vertex 1 is the production, 22 the decay of N; vertices in mm and
mm/c, momenta in GeV.

Not met, so that a strict validator refuses the files: G.R.5, since events stand for a share of an exposure and not of a cross
section (the one that HepMC3 carries is the expected number of events, as its unit says); E.R.7, since a meson that decays has
no target, and a bound nucleon is the target itself, with its nucleus as the attribute ``nudipole.nucleus`` and without a remnant.
The laboratory time (E.C.5) is only in the vertices.
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
from nudipole.portal import Direction, Portal

PRIMARY, DECAY, TARGET = 1, 22, 20
_STATES = {
    FINAL: ("Undecayed", "leaves the event"),
    DECAYED: ("Decayed", "decays in the event"),
    INCOMING: ("Beam", "incoming neutrino, meson, lepton or quark"),
    TARGET: ("Target", "target at rest, or the other beam"),
}
#: Number of NuHepMC's convention E.C.1 for each process of ours: coherent, quasi-elastic, deep-inelastic, other; all neutral.
PROCESS_IDS = {1: 150, 2: 250, 3: 251, 5: 650, 4: 750, 6: 751, 11: 760, 12: 761, 21: 770, 22: 771, 31: 780}
_VERTICES = {PRIMARY: ("Primary", "production of N"), DECAY: ("HNLDecay", "decay of N")}
_END = b"HepMC::Asciiv3-END_EVENT_LISTING\n\n"
_MM_PER_NS = 1e-6 * units.SPEED_OF_LIGHT


class HepMCWriter:
    """Writes one event after the other."""

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        try:
            import pyhepmc
        except ImportError:
            raise MissingExtraError("pyhepmc", "events", "writing HepMC3") from None
        self._hep, self._path = pyhepmc, path
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
        processes = {
            PROCESS_IDS[int(number)]: (f"process {number}", text) for number, text in provenance["processes"].items()
        }
        attributes: dict[str, Any] = {
            "NuHepMC.Version.Major": 1, "NuHepMC.Version.Minor": 0, "NuHepMC.Version.Patch": 0,
            "NuHepMC.Conventions": ["G.C.3", "G.C.5", "E.C.1"],
            "NuHepMC.Units.CrossSection.Unit": "events per exposure",
            "NuHepMC.Units.CrossSection.TargetScale": "exposure",
            "NuHepMC.Citations.Generator.InspireHep": list(provenance["references"]) or ["none"],
            "NuHepMC.AdditionalParticleNumbers": [HNL_PDG, SHOWER_PDG],
            f"NuHepMC.AdditionalParticleNumber[{HNL_PDG}].Name": "N",
            f"NuHepMC.AdditionalParticleNumber[{SHOWER_PDG}].Name": "hadrons of deep-inelastic scattering",
            f"NuHepMC.AdditionalParticleInfo[{HNL_PDG}].Description": _of_n(provenance),
            f"NuHepMC.AdditionalParticleInfo[{SHOWER_PDG}].Description": "all hadrons together; not to be propagated",
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
            name: table[name]
            for name in ("efficiency", "selected", "bin", "path", "kappa", "nucleus")
            if name in table.columns
        }
        for row in range(len(table)):
            event = self._event(momentum[row], position[row], pdg[row], status[row], mass[row])
            event.weights = [float(table["weight"][row])]
            event.attributes["signal_process_id"] = PROCESS_IDS[int(table["process"][row])]
            event.attributes["lab_pos"] = position[row][0][:3]  # no time: HepMC3 writes six decimals
            for name, values in scalars.items():
                value = values[row]
                event.attributes[f"nudipole.{name}"] = (
                    int(value) if name in ("selected", "bin", "nucleus") else float(value)
                )
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
        """End the file; what was still in a buffer may not have found room, of which pyhepmc says nothing."""
        self._file.close()
        with self._path.open("rb") as stream:
            stream.seek(max(self._path.stat().st_size - 64, 0))
            if not stream.read().endswith(_END):
                raise OutputError("HepMC3: the end of the file cannot be written (is the disk full?)")


def _of_n(provenance: Mapping[str, Any]) -> str:
    """Mass, width, spin and charge of N, for whoever propagates it."""
    coupling = Direction(
        str(provenance["flavor"]),
        nature="majorana" if provenance["nature"] == "majorana" else "dirac",
        extra_width=float(provenance["extra_width_GeV"]),
    )
    width = float(Portal(float(provenance["mass_GeV"]), float(provenance["d_GeV-1"]), coupling).width)
    return (
        f"heavy neutral lepton ({provenance['nature']}): mass {provenance['mass_GeV']:.10g} GeV, width {width:.10g} GeV, "
        "spin 1/2, charge 0"
    )
