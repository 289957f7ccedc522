"""Re-bin the public beam-flux tables that the DarkNews 0.4.8 source distribution ships (MIT licence) to short tables.

    pip download --no-deps --no-binary DarkNews DarkNews==0.4.8 && tar xzf darknews-0.4.8.tar.gz
    python scripts/derive_beam_fluxes.py darknews-0.4.8/src/DarkNews/include/fluxes

Every row is the average of the piecewise-linear source over a bin, put at the bin centre, so integrals carry over. The
file named ND280_FHC.dat there holds the antineutrino-mode flux (it equals ND280_RHC.dat) and is not used.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
DATA = Path(__file__).resolve().parents[1] / "src" / "nudipole" / "fluxes" / "data"
COLUMNS = ("e", "mu", "ebar", "mubar")
SOURCE_COLUMN = {"e": 1, "mu": 2, "ebar": 4, "mubar": 5}


def edges(*pieces: tuple[float, float, float]) -> Array:
    """Bin edges from (start, stop, step) pieces that join."""
    joined = [np.arange(start, stop - 0.5 * step, step) for start, stop, step in pieces]
    return np.concatenate([*joined, [pieces[-1][1]]])


BNB = edges((0.0, 2.0, 0.05), (2.0, 3.0, 0.1), (3.0, 5.0, 0.25), (5.0, 8.0, 0.5))
NUMI_LE = edges((0.25, 10.25, 0.5), (10.25, 20.25, 1.0), (20.25, 50.0, 2.975))
NUMI_ME = edges((1.0, 12.0, 0.2), (12.0, 20.0, 0.5))
ND280 = edges((0.0, 2.0, 0.05), (2.0, 4.0, 0.2), (4.0, 7.0, 0.5), (7.0, 10.0, 1.0), (10.0, 20.0, 2.5))
LBNF = edges(
    (0.125, 8.125, 0.25), (8.125, 12.125, 0.5), (12.125, 20.125, 1.0), (20.125, 40.125, 2.5), (40.125, 70.125, 10)
)
SPS = edges((3.0, 41.0, 2.0), (41.0, 101.0, 4.0), (101.0, 191.0, 10.0))

BNB_SOURCE = "MiniBooNE flux prediction, arXiv:0806.1449 (AguilarArevalo:2008yp), data release"
NUMI_LE_SOURCE = "MINERvA NuMI flux, arXiv:1607.00704 (MINERvA:2016iqn), ancillary files"
SPS_SOURCE = "CHARM-II flux, Phys. Lett. B 335 (1994) 246 (CHARM-II:1994dzw), digitised by the DarkNews authors"
TABLES: dict[str, tuple[str, Array, float, str, str]] = {
    "bnb_541m_fhc": (
        "MiniBooNE_FHC.dat",
        BNB,
        1.0,
        "Booster Neutrino Beam at 541 m (MiniBooNE), neutrino mode",
        BNB_SOURCE,
    ),
    "bnb_541m_rhc": (
        "MiniBooNE_RHC.dat",
        BNB,
        1.0,
        "Booster Neutrino Beam at 541 m (MiniBooNE), antineutrino mode",
        BNB_SOURCE,
    ),
    "bnb_470m_fhc": (
        "MicroBooNE_BNB_fullflux.txt",
        BNB,
        20.0,  # the file is per 50 MeV
        "Booster Neutrino Beam at 470 m (MicroBooNE), neutrino mode",
        "MicroBooNE flux (MCC9 flux histogram), as shipped",
    ),
    "bnb_110m_fhc": (
        "sbnd_fhc.dat",
        edges((0.05, 2.0, 0.05), (2.0, 3.0, 0.1)),
        1.0,
        "Booster Neutrino Beam at 110 m (SBND), neutrino mode, 0.05-3 GeV",
        "SBND flux, digitised by the DarkNews authors from the collaboration's figure",
    ),
    "numi_le_fhc": (
        "NUMI_FHC_LE.dat",
        NUMI_LE,
        1.0,
        "NuMI low-energy beam on axis at MINERvA, neutrino mode",
        NUMI_LE_SOURCE,
    ),
    "numi_le_rhc": (
        "NUMI_RHC_LE.dat",
        NUMI_LE,
        1.0,
        "NuMI low-energy beam on axis at MINERvA, antineutrino mode",
        NUMI_LE_SOURCE,
    ),
    "numi_me_fhc": (
        "NUMI_FHC_ME.dat",
        NUMI_ME,
        1.0,
        "NuMI medium-energy beam on axis at MINERvA, neutrino mode, 1-20 GeV",
        "MINERvA medium-energy flux, digitised by the DarkNews authors",
    ),
    "numi_me_rhc": (
        "NUMI_RHC_ME.dat",
        NUMI_ME,
        1.0,
        "NuMI medium-energy beam on axis at MINERvA, antineutrino mode, 1-20 GeV",
        "MINERvA medium-energy flux, digitised by the DarkNews authors",
    ),
    "t2k_nd280_rhc": (
        "ND280_RHC.dat",
        ND280,
        1.0,
        "T2K at ND280 (2.5 degrees off axis, 280 m), horns at -250 kA",
        "T2K flux release 2016, arXiv:1211.0469 (T2K:2012bge)",
    ),
    "lbnf_near_fhc": (
        "DUNE_ND_FHC.dat",
        LBNF,
        1.0,
        "LBNF at 574 m (DUNE near detector), neutrino mode",
        "DUNE flux release, arXiv:2002.03005 (DUNE:2020ypp)",
    ),
    "lbnf_near_rhc": (
        "DUNE_ND_RHC.dat",
        LBNF,
        1.0,
        "LBNF at 574 m (DUNE near detector), antineutrino mode",
        "DUNE flux release, arXiv:2002.03005 (DUNE:2020ypp)",
    ),
    "sps_charm2_fhc": (
        "CHARMII_FHC.dat",
        SPS,
        1e-4,  # the file is per m^2
        "CERN SPS horn-focused wide-band beam at CHARM-II, neutrino mode; muon flavours only",
        SPS_SOURCE,
    ),
    "sps_charm2_rhc": (
        "CHARMII_RHC.dat",
        SPS,
        1e-4,
        "CERN SPS horn-focused wide-band beam at CHARM-II, antineutrino mode; muon flavours only",
        SPS_SOURCE,
    ),
}


def bin_averages(energy: Array, flux: Array, bins: Array) -> Array:
    """Average over each bin of the function that is linear between the source points and zero outside them."""
    knots = np.union1d(energy, bins)
    values = np.interp(knots, energy, flux, left=0.0, right=0.0)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(knots) * (values[1:] + values[:-1]))])
    return np.diff(np.interp(bins, knots, cumulative)) / np.diff(bins)


def main(folder: Path) -> None:
    """Write every table."""
    for name, (file, bins, factor, what, source) in TABLES.items():
        raw = np.genfromtxt(folder / file)
        averaged = [bin_averages(raw[:, 0], raw[:, SOURCE_COLUMN[c]] * factor, bins) for c in COLUMNS]
        present = [(c, a) for c, a in zip(COLUMNS, averaged, strict=True) if np.any(a > 0)]
        header = [
            f"# what: {what}",
            f"# source: {source}; file {file} of DarkNews 0.4.8 (MIT licence)",
            "# obtained: derived by scripts/derive_beam_fluxes.py (bin averages at bin centres, four digits)",
            "# licence: numbers are facts; cite the source",
            "# columns: energy [GeV], " + ", ".join(f"{c} [cm^-2 GeV^-1 POT^-1]" for c, _ in present),
        ]
        centres = 0.5 * (bins[1:] + bins[:-1])
        rows = [", ".join([f"{e:.5g}", *(f"{a[i]:.4g}" for _, a in present)]) for i, e in enumerate(centres)]
        (DATA / f"{name}.csv").write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
