"""Bin XENONnT's released electron recoils of science run 0 into ``xenonnt-sr0.csv`` and thin its efficiency.

The release that goes with PRL 129, 161805 (2207.11330) holds 433 reconstructed energies between 1 and 30 keV, the
fitted background B0 per t yr and keV (solar neutrinos, efficiency and resolution inside) and the total efficiency
against reconstructed energy. It ends at 30 keV. The bins above are those digitised from Fig. 5, two at a time, to
whose background the Standard Model's solar neutrinos are added here, since that table leaves them out.

    python scripts/bin_xenonnt_electrons.py EVENTS.csv B0.csv EFFICIENCY.csv

Each input has two (or one) columns of numbers; lines that start otherwise are skipped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from nudipole.catalogue import registry
from nudipole.inputs import tables

EXPOSURE = 1.16  # t yr
DATA = Path(__file__).parents[1] / "src/nudipole/catalogue/data"
EDGES = np.r_[np.arange(1.0, 5.0, 0.25), np.arange(5.0, 10.0, 0.5), np.arange(10.0, 30.1, 1.0)]


def numbers(file: str) -> np.ndarray:
    """The numeric rows of a file."""
    rows = [line.split(",") for line in Path(file).read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    return np.array(rows, dtype=float)


def integrated(centres: np.ndarray, rate: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Integral over each bin of a histogram given by equal steps around ``centres``."""
    step = centres[1] - centres[0]
    cumulative = np.r_[0.0, np.cumsum(rate * step)]
    return np.diff(np.interp(edges, np.r_[centres - step / 2, centres[-1] + step / 2], cumulative))


def above_30_kev() -> list[tuple[float, float, float, float]]:
    """Two bins of the digitised figure at a time, with solar neutrinos in the background."""
    table = tables.load("catalogue/data/xenonnt-nees.csv")
    solar = registry.get("xenonnt-nees").model("figure").components()["standard model"]
    rows = []
    for first in range(int(np.argmax(table["low"] >= 30.0)), len(table), 2):
        pair = slice(first, first + 2)
        background = float((table["background"] + solar)[pair].sum())
        rows.append(
            (
                float(table["low"][first]),
                float(table["high"][pair][-1]),
                float(table["observed"][pair].sum()),
                background,
            )
        )
    return rows


def main() -> None:
    """Write both tables."""
    events, b0, efficiency = (numbers(file) for file in sys.argv[1:4])
    observed = np.histogram(events[:, 0], EDGES)[0]
    background = EXPOSURE * integrated(b0[:, 0], b0[:, 1], EDGES)
    lines = (DATA / "xenonnt-sr0.csv").read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = [
        f"{a:g},{b:g},{n:g},{x:.4f}" for a, b, n, x in zip(EDGES[:-1], EDGES[1:], observed, background, strict=True)
    ]
    body += [f"{low:g},{high:g},{n:g},{x:.3f}" for low, high, n, x in above_30_kev()]
    (DATA / "xenonnt-sr0.csv").write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")
    nodes = np.r_[np.geomspace(0.5, 4.0, 25), 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 29.8]
    values = np.interp(nodes, efficiency[:, 0], efficiency[:, 1])
    lines = (DATA / "xenonnt-sr0-efficiency.csv").read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = [f"{x:.4g},{y:.5f}" for x, y in zip(nodes, values, strict=True)]
    body += ["60,0.79", "100,0.779"]
    (DATA / "xenonnt-sr0-efficiency.csv").write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
