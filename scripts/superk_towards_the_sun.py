"""Counts of Super-Kamiokande IV towards the Sun and away from it, rebuilt from its published solar rates and their errors.

    python scripts/superk_towards_the_sun.py src/nudipole/catalogue/data/superk-sun-angle.csv

The collaboration publishes the rate S of recoil electrons that point away from the Sun and its statistical error, not the
isotropic background B underneath. In a cone of the share a of the sky, with a share e of the solar electrons inside,

    on = e S + a B,  off = (1 - e) S + (1 - a) B,  S = (on - r off) / (e - r (1 - e)),  r = a / (1 - a),

so the published error gives B: sigma^2 (e - r (1 - e))^2 = S (e + r^2 (1 - e)) + a B (1 + r). Exact for a count in and out
of a cone, where the collaboration fits the shape; so B is what makes such a count as precise as their fit.
The Standard Model prediction is that of the card superk-solar. The uncertainty is that of the count and, in quadrature, of
the energy scale, the resolution, the 8B shape and the bin-wise systematics on the elastic events.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from nudipole.catalogue.experiment import Experiment
from nudipole.inputs import tables

EDGES = (4.49, 5.99, 7.49, 9.49, 11.99, 19.49)  # MeV, kinetic energy of an electron
COSINE = 0.5
EXPOSURE = 22.5 * 2970.0 / 365.25  # kt yr
RESOLUTION_MEV_DEG = ((5.0, 33.0), (7.0, 29.0), (9.0, 26.0), (11.0, 24.0), (15.0, 21.0))  # 68 per cent, from memory


def resolution(energy: float) -> float:
    """Cone [degrees] with 68 per cent of the reconstructed directions of electrons of this energy [MeV]."""
    return float(np.interp(energy, *np.array(RESOLUTION_MEV_DEG).T))


def contained(energy: float) -> float:
    """Share of solar recoil electrons reconstructed in the cone: resolution and the angle of the recoil (E = 1.5 T)."""
    recoil = np.degrees(np.arccos((1.0 + 0.511 / (1.5 * energy)) / np.sqrt(1.0 + 1.022 / energy)))
    cone = np.hypot(resolution(energy), recoil)
    return float(1.0 - 0.32 ** ((np.degrees(np.arccos(COSINE)) / cone) ** 2))


def main(path: str) -> None:
    """Write the table."""
    table = tables.load("catalogue/data/superk-solar.csv")
    model = Experiment.from_file(Path("src/nudipole/catalogue/cards/superk-solar.toml")).model("default")
    predicted = model.components()["standard model"]
    share, ratio = 0.5 * (1.0 - COSINE), (1.0 - COSINE) / (1.0 + COSINE)
    on, off = [], []
    for low, high in itertools.pairwise(EDGES):
        use = (table["low"] > low - 0.01) & (table["high"] < high + 0.01)
        solar, expected = EXPOSURE * table["observed"][use].sum(), EXPOSURE * predicted[use].sum()
        sigma = EXPOSURE * np.sqrt(np.sum(table["uncertainty"][use] ** 2))
        middle = np.average(0.5 * (table["low"] + table["high"])[use], weights=table["observed"][use])
        e = contained(float(middle))
        isotropic = (sigma * (e - ratio * (1 - e))) ** 2 - solar * (e + ratio**2 * (1 - e))
        isotropic /= share * (1 + ratio)
        rate, shifts = table["observed"][use], [table[f"shift_{n}"][use] for n in ("scale", "resolution", "shape")]
        correlated = np.sqrt(sum(np.average(shift, weights=rate) ** 2 for shift in shifts))
        systematic = 0.01 * np.hypot(correlated, np.sqrt(np.sum((table["uncorrelated"][use] * rate) ** 2)) / rate.sum())
        print(f"{low:5.2f} {high:5.2f} mean {middle:5.2f} resolution {resolution(middle):4.1f} inside {e:.3f} "
              f"S {solar:7.0f} +- {sigma:4.0f} expected {expected:7.0f} B {isotropic:8.0f} systematic {systematic:.3f}")  # fmt: skip
        on.append((e * solar + share * isotropic, e * expected, share * isotropic, systematic))
        off.append(((1 - e) * solar + (1 - share) * isotropic, (1 - e) * expected, (1 - share) * isotropic, systematic))
    number = len(on)
    lines = [
        "# what: Super-Kamiokande IV, counts of electrons in five bins of kinetic energy (4.49, 5.99, 7.49, 9.49, 11.99, 19.49 MeV), first with cosine to the Sun above 0.5, then the rest",
        "# source: Super-Kamiokande, 2312.12907: rates and statistical errors of data/superk-solar.csv; background inferred from the errors",
        "# obtained: computed by scripts/superk_towards_the_sun.py; angular resolution 33 to 21 degrees (68 per cent) from memory of 1606.07538, not re-read",
        "# licence: numbers are facts; cite the source",
        "# note: elastic is our Standard Model prediction (card superk-solar); isotropic N is the background of energy bin N",
        "# columns: observed [1], uncertainty [1], elastic [1], "
        + ", ".join(f"isotropic {i + 1} [1]" for i in range(number)),
    ]
    for sky in (on, off):
        for index, (seen, elastic, background, systematic) in enumerate(sky):
            columns = [f"{background:.0f}" if i == index else "0" for i in range(number)]
            lines.append(
                ",".join(
                    [f"{seen:.0f}", f"{np.hypot(np.sqrt(seen), systematic * elastic):.0f}", f"{elastic:.0f}", *columns]
                )
            )
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
