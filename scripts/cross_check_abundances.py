"""Light elements of a few of our early Universes with a second BBN code, LINX, into a small table.

    pip install linx-bbn==0.1.4        # the extra 'second-bbn-code'; MIT, brings JAX: best in an environment of its own
    python scripts/cross_check_abundances.py [OUT.csv]

LINX (Giovanetti, Lisanti, Liu, Mishra-Sharma and Ruderman 2024, 2408.14538) gets T_gamma, T_nu, a and t of the histories
below and solves n <-> p and the PArthENoPE network in its own way; primat got the same in tests/cosmology. Neutrinos are
those of the thermal bath, because LINX gives them no chemical potential of ours. Some minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from linx import const
from linx.abundances import AbundanceModel
from linx.nuclear import NuclearRates

from nudipole import units
from nudipole.cosmology import baths, evolution

POINTS = ((1e-2, 0.0), (1e-2, 3e-10), (1e-2, 1e-10), (1e-1, 3e-11), (1e-1, 1e-10), (1e-3, 1e-8))  # M [GeV], d [GeV^-1]
ROWS = 600
HEADER = (
    "# what: light elements of thermal-bath early Universes by a second BBN code, network of PArthENoPE\\n"
    "# source: linx-bbn 0.1.4 (2408.14538) on histories of nudipole.cosmology.evolution, Omega_b h^2 = 0.02242\\n"
    "# obtained: derived by scripts/cross_check_abundances.py\\n"
    "# licence: MIT, as this package and LINX\\n"
    "# columns: mass [GeV], d [GeV^-1], helium [1], deuterium [1]\\n"
).replace("\\n", "\n")


def main(out: Path) -> None:
    """Compute every point and write the table."""
    model = AbundanceModel(NuclearRates(nuclear_net="key_PArthENoPE"))
    lines = []
    for mass, d in POINTS:
        history = evolution.evolve(mass, d**2, options=evolution.Options(neutrinos="thermal"))
        log_t = np.log(history.photon_temperature[::-1])
        wanted = np.log(np.geomspace(1.5e-2, 1e-6, ROWS))  # GeV

        def at(values: np.ndarray, log_t: np.ndarray = log_t, wanted: np.ndarray = wanted) -> np.ndarray:
            return np.exp(np.interp(wanted, log_t, np.log(values[::-1])))

        photon, neutrino = np.exp(wanted) / units.MEV, at(history.neutrino_temperature)
        none = jnp.full(ROWS, 1e-30)  # a and t carry N
        found = model(
            jnp.asarray(np.pi**2 / 15 * photon**4),
            jnp.asarray(baths.neutrino_energy(neutrino) / 3 / units.MEV**4),
            none,
            none,
            a_vec=jnp.asarray(at(history.scale)),
            t_vec=jnp.asarray(at(history.time)),
            eta_fac=jnp.asarray(0.02242 / const.Omegabh2),
        )
        helium, deuterium = 4 * float(found[5]), float(found[2] / found[1])
        lines.append(f"{mass:.6e},{d:.6e},{helium:.6e},{deuterium:.6e}\n")
        print(lines[-1], end="", flush=True)
    out.write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    here = Path(__file__).parents[1] / "src/nudipole/cosmology/data/light_elements_linx.csv"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
