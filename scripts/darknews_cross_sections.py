"""Freeze total up-scattering cross sections of DarkNews for the tests: C12, Ar40 and a free proton.

    python -m venv peer && peer/bin/pip install DarkNews==0.4.8
    peer/bin/python scripts/darknews_cross_sections.py tests/processes/darknews.csv

DarkNews (MIT licence, arXiv:2207.04137) integrates with VEGAS: the spread between seeds is below 1e-4. Its parameter
mu_tr is our mu = 2 d. Both helicities are written, since either alone is a matter of frame (its centre of mass, our
laboratory) and only the sum is physics. Never used here: its differential cross section in Q^2 (wrong near the edge of
phase space), its neutron (no dipole channel) and its photon width (half of the right one).
"""

from __future__ import annotations

import sys

import numpy as np
from DarkNews import nuclear_tools, pdg
from DarkNews.model import ThreePortalModel
from DarkNews.processes import UpscatteringProcess

D = 5e-7  # GeV^-1
TARGETS = {"C12": ("C12", "coherent"), "Ar40": ("Ar40", "coherent"), "p": ("H1", "p-el")}
ENERGIES, MASSES = (0.5, 1.0, 5.0), (0.01, 0.1, 0.3)


def cross_section(target: str, energy: float, mass: float, helicity: str) -> float:
    """Total cross section [cm^2]; for the proton that of one free proton."""
    name, regime = TARGETS[target]
    portal = ThreePortalModel(m4=mass, mu_tr_mu4=2.0 * D, Umu4=0.0, UD4=0.0, epsilon=0.0, gD=0.0, loglevel="ERROR")
    process = UpscatteringProcess(
        nu_projectile=pdg.numu,
        nu_upscattered=pdg.neutrino4,
        nuclear_target=nuclear_tools.NuclearTarget(name),
        scattering_regime=regime,
        TheoryModel=portal,
        helicity=helicity,
    )
    return float(process.total_xsec(energy, NINT=30, NEVAL=20_000, NINT_warmup=10, NEVAL_warmup=5_000, seed=1))


def main(path: str) -> None:
    """Write the table."""
    lines = [
        "# what: total cross sections of nu_mu X -> N X through a transition moment, d = 5e-7 GeV^-1, as DarkNews 0.4.8 has them",
        "# source: DarkNews 0.4.8 (PyPI), arXiv:2207.04137",
        "# obtained: computed by scripts/darknews_cross_sections.py; VEGAS, spread below 1e-4",
        "# licence: our own output of an MIT-licensed program",
        "# columns: target, energy [GeV], mass [GeV], flipping [cm2], conserving [cm2]",
    ]
    for target in TARGETS:
        for mass in MASSES:
            for energy in ENERGIES:
                flip, keep = (cross_section(target, energy, mass, h) for h in ("flipping", "conserving"))
                lines.append(f"{target},{energy:g},{mass:g},{flip:.5e},{keep:.3e}")
                print(lines[-1], flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main(sys.argv[1])
