"""Tabulate atmospheric fluxes by energy and direction, from nuflux 2.0.7 (LGPL).

    pip install "nuflux==2.0.7" "numpy<2" && python scripts/derive_atmospheric_flux.py

Models IPhonda2014_sk_solmin (HKKM 2014 at Super-Kamiokande, averaged over azimuth, solar minimum) and H3a_SIBYLL23C (one
dimension, no geomagnetic field: low below 10 GeV, but the one that 2205.02234 used), 41 energies from 0.1 GeV to 10 TeV
by the centres of ten bins of cos(zenith): one table per flavour.
"""

from __future__ import annotations

from pathlib import Path

import nuflux
import numpy as np

DATA = Path(__file__).resolve().parents[1] / "src" / "nudipole" / "fluxes" / "data"
MODELS = {
    "atmospheric": ("IPhonda2014_sk_solmin", "Honda et al. 2014, arXiv:1502.03916 (Honda:2015fha)", "at Super-Kamiokande", ", solar minimum"),
    "atmospheric_h3a": ("H3a_SIBYLL23C", "H3a cosmic rays and Sibyll 2.3c, as in nuflux", "without geomagnetic field", ""),
}  # fmt: skip
ENERGY = np.geomspace(0.1, 1e4, 41)
COSINE = np.linspace(-0.9, 0.9, 10)
SPECIES = {"e": "NuE", "mu": "NuMu", "ebar": "NuEBar", "mubar": "NuMuBar"}


def main() -> None:
    """Write one table for each model and flavour."""
    for stem, (model, source, place, note) in MODELS.items():
        flux = nuflux.makeFlux(model)
        for name, particle in SPECIES.items():
            columns = ", ".join(f"cos {c:+.1f} [GeV^-1 cm^-2 s^-1 sr^-1]" for c in COSINE)
            header = [
                f"# what: atmospheric neutrinos ({name}) {place} by energy and cos(zenith){note}",
                f"# source: {source}, model {model} of nuflux 2.0.7",
                "# obtained: derived by scripts/derive_atmospheric_flux.py",
                "# licence: numbers are facts; cite the source",
                f"# columns: energy [GeV], {columns}",
            ]
            rows = []
            for energy in ENERGY:
                values = [flux.getFlux(getattr(nuflux, particle), float(min(energy, 9999.9)), float(c)) for c in COSINE]
                rows.append(", ".join([f"{energy:.6g}", *(f"{v:.4g}" for v in values)]))
            (DATA / f"{stem}_{name}.csv").write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
