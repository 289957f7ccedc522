"""Derive src/nudipole/fluxes/data/meson_*.csv: momentum and angle of light mesons per inelastic p + A or p + p event.

Runs Sibyll 2.3d, and below its range (sqrt s < 10 GeV) UrQMD 3.4, through the package chromo (pip install chromo;
offline). Every meson in the event history is counted, so pi0 and eta include feed-down from the heavier ones listed beside
them; UrQMD keeps no history, so its eta, rho and omega are held stable, which leaves the feed-down to eta out. Normalisations
are left as the generator gives them; nudipole.fluxes.hadrons.mesons corrects the ones that data contradict and says so.

    python scripts/meson_spectra.py [EVENTS [BEAM ...]]
"""

from __future__ import annotations

import multiprocessing
import sys
from datetime import date
from pathlib import Path

import chromo
import numpy as np
from chromo.constants import GeV
from chromo.kinematics import CenterOfMass, FixedTarget
from chromo.models import Sibyll23d, UrQMD34

MESONS = {
    "pi0": (111,),
    "eta": (221,),
    "eta'": (331,),
    "rho": (113,),
    "omega": (223,),
    "phi": (333,),
    "pi+": (211,),
    "pi-": (-211,),
    "K+": (321,),
    "K-": (-321,),
}
PROTON = 0.938272  # GeV
BEAMS = {"80": 80.0, "120": 120.0, "400": 400.0, "450": 450.0, "800": 800.0, "lhc": 14000.0}
#: Beams of UrQMD: momentum of the proton [GeV], target (A, Z) and its name. Few phi and no eta' in that model.
SLOW = {"8": (8.89, (9, 4), "Be"), "30": (30.92, (12, 6), "C")}
SLOW_MESONS = ("eta", "rho", "omega", "K-")
TARGET = Path(__file__).parents[1] / "src" / "nudipole" / "fluxes" / "data"


def edges(top: float) -> np.ndarray:
    """Momentum bins [GeV], equal in ln p."""
    return np.geomspace(0.1, top, 21 if top < 1e3 else 29)


def histogram(generator, codes_of: dict, events: int, bins: np.ndarray, forward_only: bool):
    """Counts, momentum and angle sums per event: arrays (mesons, bins)."""
    shape = (len(codes_of), len(bins) - 1)
    count, angle, momentum = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for event in generator(events):
        pid, pt, pz = event.pid, event.pt, event.pz
        real = (event.status == 1) | (event.status == 2)
        p = np.hypot(pt, pz)
        theta = np.arctan2(pt, pz)
        for row, codes in enumerate(codes_of.values()):
            mine = real & np.isin(pid, codes)
            if forward_only:
                mine &= pz > 0
            for weights, store in ((None, count), (theta[mine], angle), (p[mine], momentum)):
                store[row] += np.histogram(p[mine], bins, weights=weights)[0]
    return count / events, angle / events, momentum / events


def derive(name: str, events: int) -> None:
    """One beam: its table, written whole."""
    collider, slow = name == "lhc", name in SLOW
    number = events // 5 if collider else events
    origin, chosen = "Sibyll 2.3d (Riehn:2019jet)", MESONS
    if slow:
        beam, nucleus, symbol = SLOW[name]
        chosen = {m: MESONS[m] for m in SLOW_MESONS}
        top, system, origin = beam, f"p + {symbol} at {beam:g} GeV, lab", "UrQMD 3.4 (Bleicher:1999xi)"
        generator = UrQMD34(FixedTarget(np.hypot(beam, PROTON) * GeV, "p", nucleus), seed=20241)
        for (code,) in chosen.values():
            generator.set_stable(code)
    elif collider:
        top, system = 7000.0, "p + p at 14 TeV, one hemisphere"
        generator = Sibyll23d(CenterOfMass(BEAMS[name] * GeV, "p", "p"), seed=20241)
    else:
        top, system = BEAMS[name], f"p + C at {BEAMS[name]:g} GeV, lab"
        generator = Sibyll23d(FixedTarget(top * GeV, "p", (12, 6)), seed=20241)
    bins = edges(top)
    count, angle, momentum = histogram(generator, chosen, number, bins, collider)
    rows = []
    for index in range(len(bins) - 1):
        cells = [f"{bins[index]:.5g}", f"{bins[index + 1]:.5g}"]
        for row in range(len(chosen)):
            n = count[row, index]
            mean = (
                (momentum[row, index] / n, angle[row, index] / n) if n else (np.sqrt(bins[index] * bins[index + 1]), 0)
            )
            cells += [f"{n:.4g}", f"{mean[0]:.4g}", f"{mean[1]:.4g}"]
        rows.append(", ".join(cells))
    names = [f"{m} [1], {m} momentum [GeV], {m} angle [rad]" for m in chosen]
    header = [
        f"what: light mesons per inelastic {system}: number, mean momentum and mean polar angle in bins of momentum",
        f"source: {origin} through chromo {chromo.__version__} (Dembinski:2023esa)",
        f"obtained: derived by scripts/meson_spectra.py, {number} events, {date.today():%Y}",
        "licence: numbers are facts; cite the source",
        f"columns: p low [GeV], p high [GeV], {', '.join(names)}",
    ]
    (TARGET / f"meson_{name}.csv").write_text("\n".join([*(f"# {line}" for line in header), *rows]) + "\n")
    print(name, {m: round(float(c.sum()), 4) for m, c in zip(chosen, count, strict=True)}, flush=True)


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for name in sys.argv[2:] or (*SLOW, *BEAMS):
        worker = multiprocessing.Process(target=derive, args=(name, events))  # one generator per process
        worker.start()
        worker.join()


if __name__ == "__main__":
    main()
