"""Tabulate how often a photon that a late decay injects breaks a light nucleus, with the cascade code ACROPOLIS.

    pip install acropolis==1.3.1        # the extra 'photodisintegration'; GPL, a tool for this script alone
    python scripts/build_photodisintegration.py [OUT.csv]

For one photon of energy E_0 injected per photon of the background at temperature T, the table holds the chance that a
given nucleus is broken: ACROPOLIS's rate per injection rate (its full cascade spectrum: pair production, photon-photon
and Compton scattering, pairs on nuclei, inverse Compton) times n_gamma(T). The spectrum is linear in the injection and
settles at once, so this serves every abundance and every lifetime; nudipole.cosmology.photodisintegration integrates it.
About twenty minutes; energies that are in the file already are kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from acropolis import flags, nucl
from acropolis.input import InputInterface, locate_sm_file
from scipy.special import zeta

REACTIONS = {
    1: "deuterium",
    2: "tritium_to_deuterium",
    3: "tritium",
    4: "helium3_to_deuterium",
    5: "helium3",
    6: "helium4_to_tritium",
    7: "helium4_to_helium3",
    8: "helium4_to_two_deuterium",
    9: "helium4_to_deuterium",
}
ENERGIES = (  # MeV; denser where the photon is only just above pair production and the cascade is not universal
    *(2.3, 2.6, 3, 3.6, 4, 4.5, 4.9, 5.4, 5.6, 6.2, 7, 7.7, 8.5, 9.4, 10.5, 11.7, 13, 14.5, 16, 18, 19.7),
    *(20.7, 23, 27, 33, 38, 45, 55, 70, 85, 100, 150),
)
TEMPERATURES = (2e-5, 2e-2)  # MeV
PER_DECADE = 12
HEADER = (
    "# what: chance that a nucleus is broken per photon injected and background photon, by reaction\n"
    "# source: ACROPOLIS 1.3.1 (Depta, Hufnagel and Schmidt-Hoberg, 2011.06518), full cascade spectrum, its cosmology and cross sections\n"
    "# obtained: derived by scripts/build_photodisintegration.py\n"
    "# licence: MIT, as this package; cite ACROPOLIS with it\n"
    f"# columns: photon_energy [GeV], temperature [GeV], {', '.join(f'{name} [1]' for name in REACTIONS.values())}\n"
)


def rows_of(energy: float, cosmology: InputInterface) -> list[str]:
    """Lines of the table for one photon energy [MeV]."""

    def unit_source(_: float) -> float:
        return 1.0  # MeV^4: photons per volume and time

    def none(*_: float) -> float:
        return 0.0

    reactor = nucl.NuclearReactor([unit_source, none, none], [none] * 3, TEMPERATURES, energy, cosmology)
    temperatures, rates = reactor.get_pdi_grids()  # MeV per MeV^4
    photons = 2 * zeta(3) / np.pi**2 * temperatures**3
    lines = []
    for i, temperature in enumerate(temperatures):
        chances = [rates[reaction][i] * photons[i] for reaction in REACTIONS]
        values = (energy * 1e-3, temperature * 1e-3, *(c if c > 1e-30 else 0.0 for c in chances))
        lines.append(",".join(f"{value:.5e}" for value in values))
    return lines


def main(out: Path) -> None:
    """Compute the energies that are not there yet, smallest first."""
    flags.verbose = False
    nucl.NT_pd = PER_DECADE
    cosmology = InputInterface(locate_sm_file())
    lines = [line for line in out.read_text().splitlines() if line[0] != "#"] if out.exists() else []
    there = {line.split(",")[0] for line in lines}
    for number, energy in enumerate(ENERGIES, start=1):
        if f"{energy * 1e-3:.5e}" not in there:
            lines += rows_of(energy, cosmology)
            lines.sort(key=lambda line: [float(cell) for cell in line.split(",")[:2]])
            out.write_text(HEADER + "\n".join(lines) + "\n")
        print(f"{number}/{len(ENERGIES)}: {energy:g} MeV", flush=True)


if __name__ == "__main__":
    here = Path(__file__).parents[1] / "src/nudipole/cosmology/data/photodisintegration.csv"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
