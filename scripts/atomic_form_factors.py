"""Re-make the atomic tables of nudipole.matter from public packages: isotopes, electron shells, x-ray form factors.

    pip install periodictable xraydb mendeleev
    python scripts/atomic_form_factors.py

writes src/nudipole/matter/data/{isotopes,electron_shells,xray_form_factors}.csv. The rms charge radii and spins are
those of the table that is already there (typed from the IAEA compilation); masses and abundances come from
periodictable, binding energies and form factors from xraydb, ground-state configurations and first ionisation energies of
the elements with open d or f shells from mendeleev.
"""

from __future__ import annotations

from pathlib import Path

import mendeleev
import numpy as np
import periodictable
import xraydb

DATA = Path(__file__).parents[1] / "src" / "nudipole" / "matter" / "data"
LICENCE = "numbers are facts; cite the source"
# capacity of a subshell by the last digit of its x-ray name: s1/2, p1/2, p3/2, d3/2, d5/2, f5/2, f7/2
CAPACITY = {"1": 2, "2": 2, "3": 4, "4": 4, "5": 6, "6": 6, "7": 8}
# elements whose listed subshells fill in order; the open 3d metals are left out
SHELL_ELEMENTS = [
    "H", "He", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "S", "Cl", "Ar", "K", "Ca",
    "Ge", "I", "Xe", "Cs", "Pb",
]  # fmt: skip


def write(name: str, what: str, source: str, obtained: str, columns: str, rows: list[str]) -> None:
    header = {"what": what, "source": source, "obtained": obtained, "licence": LICENCE, "columns": columns}
    text = "".join(f"# {key}: {value}\n" for key, value in header.items()) + "\n".join(rows) + "\n"
    (DATA / name).write_text(text, encoding="utf-8")


def isotopes() -> list[int]:
    """Masses and abundances beside the typed radii and spins."""
    typed = np.loadtxt(DATA / "isotopes.csv", delimiter=",", ndmin=2)
    rows = []
    for charge, number, *_rest, spin, radius in typed:
        nuclide = periodictable.elements[int(charge)][int(number)]
        abundance = URANIUM.get(int(number), 0.0) if charge == 92 else nuclide.abundance / 100
        rows.append(f"{charge:.0f},{number:.0f},{nuclide.mass:.9g},{abundance:.6g},{spin:g},{radius:g}")
    write(
        "isotopes.csv",
        "natural and long-lived nuclides: mass of the neutral atom, natural abundance, nuclear spin, rms charge radius",
        "masses and abundances: atomic mass evaluation and IUPAC/CIAAW as shipped in periodictable "
        f"{periodictable.__version__}; spins and radii: IAEA nuclear data (Angeli and Marinova, At. Data Nucl. Data "
        "Tables 99, 69 (2013)), as tabulated in the public ampsci nuclear data table",
        "derived by scripts/atomic_form_factors.py; radii and spins typed; spins that the compilation lacks "
        "from textbook knowledge; radius of S33: mean of its neighbours; of V50, Ta180, Al26, Cl36, Ni59, "
        "Ni63, Se79, Zr93, Nb94, Pd107, I129, U232: that of the nearest isotope times A^(1/3); of Pa231, "
        "Tc97, Tc98, Tc99, Pm145, Ac227, Np237: 0.836 A^(1/3) + 0.570 fm; abundances of uranium: IUPAC",
        "Z [1], A [1], atomic_mass [u], abundance [1], spin [1], charge_radius [fm]",
        rows,
    )
    return sorted({int(charge) for charge in typed[:, 0]})


def shells() -> None:
    """Binding energy and number of electrons of every subshell, filled from inside out."""
    rows = []
    for symbol in SHELL_ELEMENTS:
        charge = periodictable.elements.symbol(symbol).number
        left = charge
        for name, edge in sorted(
            xraydb.xray_edges(symbol).items(), key=lambda item: "KLMNOPQ".index(item[0][0]) * 10 + int(item[0][1:] or 1)
        ):
            electrons = min(left, CAPACITY[name[1:] or "1"])
            left -= electrons
            if electrons:
                rows.append(f"{charge},{edge.energy:g},{electrons}")
        if left:  # the valence s electrons that the x-ray tables leave out: first ionisation energy
            rows.append(f"{charge},{VALENCE_S[symbol]:g},{left}")
    for charge in range(1, 93):
        symbol = periodictable.elements[charge].symbol
        if symbol not in SHELL_ELEMENTS and symbol in isotope_symbols():
            rows += [f"{charge},{energy:g},{electrons}" for energy, electrons in configuration(symbol)]
    rows.sort(key=lambda row: int(row.split(",")[0]))
    write(
        "electron_shells.csv",
        "binding energies of the electrons of free atoms, subshell by subshell",
        "W. T. Elam, B. D. Ravel, J. R. Sieber, Radiat. Phys. Chem. 63, 121 (2002), as shipped in xraydb "
        f"{xraydb.__version__}; valence s electrons of Na, Mg, K, Ca, Cs: first ionisation energies (NIST); of the elements with "
        "open d or f shells and all others added later: ground-state configurations, and first ionisation energies where "
        f"the x-ray tables have no edge, as shipped in mendeleev {mendeleev.__version__}",
        "derived by scripts/atomic_form_factors.py",
        "Z [1], binding [eV], electrons [1]",
        rows,
    )


def isotope_symbols() -> set[str]:
    charges = np.loadtxt(DATA / "isotopes.csv", delimiter=",", ndmin=2)[:, 0]
    return {periodictable.elements[int(charge)].symbol for charge in charges}


def configuration(symbol: str) -> list[tuple[float, int]]:
    """Subshells of the ground state, the lower j filled first; no electron is bound by less than the first is."""
    element, edges = mendeleev.element(symbol), xraydb.xray_edges(symbol)
    first = element.ionenergies[1]
    found = []
    for (n, letter), electrons in element.ec.conf.items():
        for name, capacity in zip(EDGE_NAMES[letter], CAPACITIES[letter], strict=True):
            edge = edges.get("KLMNOPQ"[n - 1] + (name if n > 1 else ""))
            here = min(electrons, capacity)
            electrons -= here
            if here:
                found.append((max(edge.energy if edge else first, first), here))
    return sorted(found, reverse=True)


EDGE_NAMES = {"s": ["1"], "p": ["2", "3"], "d": ["4", "5"], "f": ["6", "7"]}
CAPACITIES = {"s": [2], "p": [2, 4], "d": [4, 6], "f": [6, 8]}
URANIUM = {234: 5.4e-5, 235: 0.007204, 238: 0.992742}  # IUPAC
VALENCE_S = {"Na": 5.139, "Mg": 7.646, "K": 4.341, "Ca": 6.113, "Cs": 3.894}


def form_factors(charges: list[int]) -> None:
    """Waasmaier-Kirfel coefficients of the neutral atoms."""
    database = xraydb.XrayDB()
    table = database.tables["Waasmaier"]
    rows = []
    for charge in charges:
        symbol = periodictable.elements[charge].symbol
        row = database.query(table).filter(table.c.ion == symbol).one()
        numbers = [float(row.offset)]
        for scale, exponent in zip(_numbers(row.scale), _numbers(row.exponents), strict=True):
            numbers += [scale, exponent]
        rows.append(",".join([str(charge), *(f"{x:.9g}" for x in numbers)]))
    write(
        "xray_form_factors.csv",
        "x-ray form factor of neutral atoms, f0(s) = c + sum a_i exp(-b_i s^2), s = q / 4 pi in 1/angstrom, s < 6",
        "D. Waasmaier and A. Kirfel, Acta Cryst. A51, 416 (1995), as shipped in xraydb " + xraydb.__version__,
        "derived by scripts/atomic_form_factors.py",
        "Z [1], c [1], " + ", ".join(f"a{i} [1], b{i} [angstrom^2]" for i in range(1, 6)),
        rows,
    )


def _numbers(text: str) -> list[float]:
    return [float(x) for x in str(text).strip("[] ").split(",")]


if __name__ == "__main__":
    form_factors(isotopes())
    shells()
