r"""Derive the shipped table of parton luminosities from a public PDF grid in LHAPDF format.

    phi_ab(s_hat, y) = x1 a(x1, Q) x2 b(x2, Q) + (1 <-> 2),  x_{1,2} = sqrt(tau) exp(+-y),  tau = s_hat / s = Q^2 / s

so that a hadronic cross section is int dln(tau) dy phi sigma_hat. The table holds the integral of phi over bins of |y|
for q qbar of each flavour, for the two charged currents (CKM weighted) and for photon-quark.

The grid is the central member of PDF4LHC21 (arXiv:2203.05506) as packed in the source archive of PYTHIA 8.318
(share/Pythia8/pdfdata/PDF4LHC21_mc_0000.dat), or NNPDF3.1 LUXqed for its photon:

    pip download --no-binary :all: --no-deps pythia8mc==8.318
    python scripts/parton_luminosities.py PDF4LHC21_mc_0000.dat NNPDF31_nnlo_as_0118_luxqed_0000.dat > TABLE.csv
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.special import roots_legendre

SQRT_S = 13000.0  # GeV
SQRT_S_HAT = np.geomspace(60.0, 9000.0, 64)  # GeV
RAPIDITY_EDGES = np.array([0.0, 0.4, 0.8, 1.2, 1.7, 2.3, 5.5])
QUARKS = {"d": 1, "u": 2, "s": 3, "c": 4, "b": 5}
CKM2 = {("u", "d"): 0.97435**2, ("u", "s"): 0.22501**2, ("c", "d"): 0.22487**2, ("c", "s"): 0.97349**2}  # PDG 2024
PHOTON = 22


class Grid:
    """x f(x, Q) from an LHAPDF grid by bicubic splines in ln x and ln Q, one per block in Q."""

    def __init__(self, path: Path) -> None:
        blocks = path.read_text(encoding="utf-8").split("---")[1:]
        self.blocks: list[tuple[float, float, dict[int, RectBivariateSpline]]] = []
        for block in blocks:
            lines = block.strip().splitlines()
            if len(lines) < 4:
                continue
            x, q = (np.array(line.split(), dtype=float) for line in lines[:2])
            codes = [int(code) for code in lines[2].split()]
            values = np.array([line.split() for line in lines[3:]], dtype=float).reshape(len(x), len(q), len(codes))
            degree = min(3, len(q) - 1)
            splines = {
                code: RectBivariateSpline(np.log(x), np.log(q), values[:, :, index], kx=3, ky=degree)
                for index, code in enumerate(codes)
            }
            self.blocks.append((float(q[0]), float(q[-1]), splines))

    def __call__(self, code: int, x: np.ndarray, q: float) -> np.ndarray:
        for low, high, splines in self.blocks:
            if low <= q <= high:
                return np.where(x < 1.0, splines[code](np.log(np.minimum(x, 1.0)), np.log(q), grid=False), 0.0)
        raise SystemExit(f"Q = {q} GeV lies outside the grid")


def binned(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> float:
    return float(np.sum(weight * (first * second[::-1] + second * first[::-1])))


def luminosities(grid: Grid, photon_grid: Grid, q: float) -> list[float]:
    """int phi dy over +-[edge, next edge] for every channel, in the order of :func:`columns`."""
    node, gauss = roots_legendre(24)
    root_tau = q / SQRT_S
    y_max = -np.log(root_tau)
    row: dict[str, list[float]] = {}
    for edges in itertools.pairwise(RAPIDITY_EDGES):
        low, high = np.minimum(edges, y_max)
        positive = 0.5 * (high - low) * (node + 1.0) + low
        y = np.concatenate([-positive[::-1], positive])  # symmetric, so that reversing y exchanges x1 and x2
        weight = 0.5 * (high - low) * np.concatenate([gauss[::-1], gauss])
        x = root_tau * np.exp(y)
        f = {code: np.maximum(grid(code, x, q), 0.0) for number in QUARKS.values() for code in (number, -number)}
        photon = np.maximum(photon_grid(PHOTON, x, q), 0.0)
        for name, code in QUARKS.items():
            row.setdefault(name, []).append(binned(f[code], f[-code], weight))
        plus = sum(v * binned(f[QUARKS[up]], f[-QUARKS[down]], weight) for (up, down), v in CKM2.items())
        minus = sum(v * binned(f[-QUARKS[up]], f[QUARKS[down]], weight) for (up, down), v in CKM2.items())
        row.setdefault("wplus", []).append(plus)
        row.setdefault("wminus", []).append(minus)
        for kind, codes in {"photon_up": (2, -2, 4, -4), "photon_down": (1, -1, 3, -3, 5, -5)}.items():
            row.setdefault(kind, []).append(sum(binned(photon, f[code], weight) for code in codes))
    return [value for values in row.values() for value in values]


def columns() -> list[str]:
    names = [*QUARKS, "wplus", "wminus", "photon_up", "photon_down"]
    return [f"{name}_{index} [1]" for name in names for index in range(len(RAPIDITY_EDGES) - 1)]


def main(arguments: list[str]) -> None:
    grid, photon_grid = (Grid(Path(argument)) for argument in arguments)
    edges = " ".join(f"{edge:g}" for edge in RAPIDITY_EDGES)
    print(
        "# what: parton luminosities at sqrt(s) = 13 TeV, int phi dy in bins of |y|; sigma = int dln(tau) phi sigma_hat"
    )
    print(f"# note: |y| edges {edges}; scale Q = sqrt(s_hat); wplus, wminus are CKM weighted u dbar and d ubar sums")
    print("# source: PDF4LHC21 central member (arXiv:2203.05506); photon: NNPDF3.1 NNLO LUXqed (arXiv:1712.07053)")
    print("# obtained: derived by scripts/parton_luminosities.py from the grids in the source archive of PYTHIA 8.318")
    print("# licence: numbers derived from public parton distributions; cite the source")
    print("# columns: sqrt_s_hat [GeV], " + ", ".join(columns()))
    for q in SQRT_S_HAT:
        print(",".join([f"{q:.6g}", *(f"{value:.5e}" for value in luminosities(grid, photon_grid, float(q)))]))


if __name__ == "__main__":
    main(sys.argv[1:])
