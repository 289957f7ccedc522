"""Group XENONnT's released bins of solar 8B recoils, and tabulate what a nuclear recoil does in each.

The search for 8B neutrinos (2408.02877, 2604.06002; XENONnT/cevns_data_release, CC-BY-4.0) has 81 bins of four
observables in each of three science runs. Bins of one run with a similar ratio of expected signal to background are
added: that loses next to nothing of the sensitivity and leaves ten bins a run. The ionisation-only search (2601.11296;
XENONnT/s2_only_data_release) has seven bins a run and is taken as it is. A recoil falls into one of the runs with the run's
share of the exposure, so that one exposure serves all bins.

    python scripts/group_xenonnt_8b.py BINS.csv MONO.csv S2ONLY.csv S2RESPONSE.csv

Inputs hold one row a bin (run, indices, observed, backgrounds, 8B) or a recoil energy (run, keV, probabilities).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / "src/nudipole/catalogue/data"
RUNS = ("sr0", "sr1", "sr2")
CEVNS_EXPOSURE = {"sr0": 1.174398, "sr1": 2.342593, "sr2": 3.249665}  # t yr, of the release
S2_EXPOSURE = {"sr0": 1.50, "sr1": 2.44, "sr2": 3.89}
GROUPS = 10
ENERGIES = np.round(np.arange(0.5, 5.01, 0.1), 1)


def rows(file: str, run: str) -> np.ndarray:
    """Numeric columns of the rows of one run."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return np.array([line.split(",")[1:] for line in lines if line.startswith(f"{run},")], dtype=float)


def groups(signal: np.ndarray, background: np.ndarray) -> list[np.ndarray]:
    """Bins by rising signal over background, with about as much information, s^2 / (s + b), in each group."""
    order = np.argsort(signal / background)
    information = (signal**2 / (signal + background))[order]
    share = (np.cumsum(information) - 0.5 * information) / information.sum()
    number = np.minimum((share * GROUPS).astype(int), GROUPS - 1)
    return [order[number == index] for index in range(GROUPS) if np.any(number == index)]


def write(name: str, lines: list[str]) -> None:
    """Replace the rows of a table, keeping its header."""
    path = DATA / name
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


def responses(name: str, columns: list[np.ndarray]) -> None:
    """Recoil energies and the probability of each bin."""
    body = np.column_stack([ENERGIES, *columns])
    write(name, [",".join(f"{x:.4g}" for x in row) for row in body])


def main() -> None:
    """Write the four tables."""
    bins, mono, s2only, s2response = sys.argv[1:5]
    counts, columns = [], []
    for position, run in enumerate(RUNS):
        table, response = rows(bins, run), rows(mono, run)
        observed, accidental, electron, neutron, boron = table[:, 4:9].T
        share = CEVNS_EXPOSURE[run] / sum(CEVNS_EXPOSURE.values())
        at = [int(np.argmin(np.abs(response[:, 0] - energy))) for energy in ENERGIES]
        for group in groups(boron, accidental + electron + neutron):
            apart = [0.0] * len(RUNS)
            apart[position] = accidental[group].sum()
            values = [observed[group].sum(), *apart, electron[group].sum(), neutron[group].sum(), boron[group].sum()]
            counts.append(values)
            columns.append(share * response[np.ix_(at, 1 + group)].sum(axis=1))
    write("xenonnt-8b.csv", [",".join([str(i), str(i + 1), *(f"{x:.5g}" for x in v)]) for i, v in enumerate(counts)])
    responses("xenonnt-8b-response.csv", columns)
    counts, columns = [], []
    for position, run in enumerate(RUNS):
        table, response = rows(s2only, run), rows(s2response, run)
        share = S2_EXPOSURE[run] / sum(S2_EXPOSURE.values())
        at = [int(np.argmin(np.abs(response[:, 0] - energy))) for energy in ENERGIES]
        for index, (_, _, observed, cevns, *others) in enumerate(table):
            apart = np.zeros(3 * len(RUNS))
            apart[position :: len(RUNS)] = others
            counts.append([observed, *apart, cevns])
            columns.append(share * response[at, 1 + index])
    write(
        "xenonnt-s2only.csv", [",".join([str(i), str(i + 1), *(f"{x:.5g}" for x in v)]) for i, v in enumerate(counts)]
    )
    responses("xenonnt-s2only-response.csv", columns)


if __name__ == "__main__":
    main()
