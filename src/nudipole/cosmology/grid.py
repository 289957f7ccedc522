r"""The grids of early Universes: Y_p, D/H, N_eff and what is left to decay late, over mass and lifetime.

Points are those of :mod:`nudipole.cosmology.grid_points`. Between them the logarithms of all four are interpolated by monotone
cubics in ln tau and then in ln M. :func:`build` makes the tables (``make sky``), :func:`load` reads what is shipped.
A Majorana N of strength D decays like a Dirac N of 2D, and as a relic that was relativistic at decoupling fills as many
states: its grid is interpolated as the ratio to the fine one at 2D, which is one except where N stays in equilibrium.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole.cosmology import evolution
from nudipole.cosmology.grid_points import (
    COLUMNS,
    MASSES,
    NEUTRINOS,
    SHIPPED,
    VALUES,
    Assumptions,
    coupling,
    lifetime,
    points,
)
from nudipole.errors import DomainError, OutputError
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, int, str], None]
_NONE_LEFT = 1e-30  # N per photon or D per H, in place of zero where a logarithm is taken


def build(
    out: Path, progress: Progress | None = None, resume: bool = True, wanted: Sequence[Assumptions] = SHIPPED
) -> tuple[Path, ...]:
    """Compute every table of this room with the live BBN code (about an hour on one core): what ``make sky`` does.

    Parameters
    ----------
    out : Path
        Directory for the tables (``sky_*.csv`` and ``standard_model.csv``); made if absent. Tables are replaced whole
        after every point.
    progress : callable
        Called with (points done, points in all, what was found, balance of energy and number included).
    resume : bool
        Keep the points (and the Standard Model) that are there already, whatever version of the code made them.
    wanted : sequence of Assumptions
        Which tables; all that are shipped unless told otherwise.

    Raises
    ------
    MissingExtraError
        If primat is not installed.
    OutputError
        If a table cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made ({error.strerror})") from None
    standard = out / "standard_model.csv"
    if not (resume and standard.is_file()):
        build_standard_model(standard)
    return (standard, *(build_table(out / f"{w.name}.csv", w, progress, resume) for w in wanted))


def build_table(
    out: Path,
    made_for: Assumptions,
    progress: Progress | None = None,
    resume: bool = True,
    masses: npt.ArrayLike | None = None,
) -> Path:
    """One table of :func:`build`, for the masses [GeV] given or all."""
    from nudipole.cosmology import abundances

    rows = _existing(out) if resume and out.exists() else {}
    wanted = points(made_for, masses)
    for number, (mass, tau) in enumerate(wanted, start=1):
        key = (f"{mass:.6e}", f"{tau:.6e}")
        if key in rows:
            continue
        d = float(coupling(mass, tau))
        history = evolution.evolve(mass, d**2, made_for.nature, made_for.options)
        light = abundances.abundances(history)
        values = (light.helium, light.deuterium, history.n_eff, max(history.relics, _NONE_LEFT))
        rows[key] = (mass, tau, d, *values, history.energy_residual)
        _write(out, list(rows.values()), made_for)
        if progress is not None:
            found = f"M = {mass:.3g} GeV, d = {d:.2e}: Y_p {light.helium:.4f}, N_eff {history.n_eff:.3f}"
            balance = f"energy conserved to {history.energy_residual:.0e}"
            if np.isfinite(history.number_residual):
                balance += f", number to {history.number_residual:.0e}"
            progress(number, len(wanted), f"{found}, {balance}")
    return out


def build_standard_model(out: Path) -> Path:
    """The Universe without N at Omega_b h^2 = 0.02242 and 1 % to either side, for both neutrino baths, as a table."""
    from nudipole.cosmology import abundances

    lines = []
    for neutrinos in NEUTRINOS:
        history = evolution.evolve(MASSES[0], 0.0, options=evolution.Options(neutrinos=neutrinos))
        for density in abundances.BARYON_DENSITY * np.array([0.99, 1.0, 1.01]):
            light = abundances.abundances(history, float(density))
            row = (density, neutrinos == "kinetic", light.helium, light.deuterium, history.n_eff, light.helium3)
            lines.append(",".join(f"{value:.6e}" for value in row))
    header = (
        "# what: the early Universe of the Standard Model in the same approximations as the grid\n"
        "# source: nudipole.cosmology.evolution with primat 0.3.3 (network small_parthenope)\n"
        "# obtained: derived by nudipole.cosmology.grid.build_standard_model (make sky)\n"
        "# licence: MIT, as this package; cite primat (Pitrou et al. 2018) with it\n"
        "# columns: baryon_density [1], kinetic [1], helium [1], deuterium [1], n_eff [1], helium3 [1]\n"
    )
    _replace(out, header + "\n".join(lines) + "\n")
    return out


def _existing(path: Path) -> dict[tuple[str, str], tuple[float, ...]]:
    table = tables.load_file(path)
    rows = zip(*(table[name] for name in COLUMNS), strict=True)
    return {(f"{row[0]:.6e}", f"{row[1]:.6e}"): tuple(map(float, row)) for row in rows}


def _write(path: Path, rows: list[tuple[float, ...]], made_for: Assumptions) -> None:
    header = (
        f"# what: early Universe with {made_for.described}\n"
        "# source: nudipole.cosmology.evolution with primat 0.3.3 (network small_parthenope, Omega_b h^2 = 0.02242)\n"
        "# obtained: derived by nudipole.cosmology.grid.build (make sky)\n"
        "# licence: MIT, as this package; cite primat (Pitrou et al. 2018) with it\n"
        "# note: before photodisintegration; relics are N and Nbar per photon at 20 keV\n"
        f"# columns: mass [GeV], lifetime [s], d [GeV^-1], {', '.join(f'{v} [1]' for v in COLUMNS[3:])}\n"
    )
    text = header + "".join(",".join(f"{value:.6e}" for value in row) + "\n" for row in sorted(rows))
    _replace(path, text)


def _replace(path: Path, text: str) -> None:
    """Write whole or not at all; the scratch file is this process's own."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


@dataclass(frozen=True)
class SkyGrid:
    """One table: for each mass [GeV] a curve of the logarithms of :data:`VALUES` over ln lifetime."""

    masses: FloatArray
    curves: tuple[PchipInterpolator, ...]
    reference: SkyGrid | None = None  # the curves are ratios to this grid, read at the coupling times sqrt(2)

    @property
    def mass_range(self) -> tuple[float, float]:
        """Lightest and heaviest N [GeV]; a ratio is held beyond its own."""
        return (float(self.masses[0]), float(self.masses[-1])) if self.reference is None else self.reference.mass_range

    @property
    def longest(self) -> float:
        """Photon lifetime [s] up to which every mass is tabulated."""
        return float(np.exp(min(curve.x[-1] for curve in self.curves)))

    def __call__(self, mass: float, d: npt.ArrayLike) -> FloatArray:
        """(Y_p, D/H, N_eff, relics) of shape (..., 4) at one mass [GeV] and any couplings sqrt(D) [GeV^-1].

        Couplings beyond the ends of the table take the values at its ends: above, N never leaves equilibrium; below, nothing is
        known, and :mod:`criteria` does not ask.

        Raises
        ------
        DomainError
            If the mass is not covered.
        """
        low, high = self.mass_range
        if not low * (1 - 1e-9) <= mass <= high * (1 + 1e-9):
            raise DomainError(f"the grid of early Universes covers {low:g} to {high:g} GeV, got {mass:g}")
        log_lifetime = np.log(lifetime(mass, d))
        middle = int(np.clip(np.searchsorted(self.masses, mass), 1, len(self.masses) - 1))
        nearby = slice(max(middle - 3, 0), min(middle + 3, len(self.masses)))
        at_masses = [curve(np.clip(log_lifetime, curve.x[0], curve.x[-1])) for curve in self.curves[nearby]]
        between = PchipInterpolator(np.log(self.masses[nearby]), np.stack(at_masses), axis=0)
        found = np.exp(between(np.log(np.clip(mass, self.masses[0], self.masses[-1]))))
        return found if self.reference is None else found * self.reference(mass, np.sqrt(2.0) * np.asarray(d))


@functools.cache
def load(made_for: Assumptions = SHIPPED[0]) -> SkyGrid:
    """The shipped grid for these assumptions.

    Raises
    ------
    DomainError
        If there is none; it says how to make one.
    """
    if made_for not in SHIPPED:
        raise DomainError(f"no early Universes with {made_for.described} are shipped; {_how_to_make(made_for)}")
    fine = load(Assumptions(made_for.neutrinos)) if made_for.nature == "majorana" else None
    return from_table(tables.load(f"cosmology/data/{made_for.name}.csv"), fine)


@functools.cache
def load_from(folder: Path, made_for: Assumptions) -> SkyGrid:
    """The Dirac grid for these assumptions that :func:`build` has written into a folder; errors as for :func:`load`."""
    path = folder / f"{made_for.name}.csv"
    if made_for.nature == "majorana" or not path.is_file():
        raise DomainError(f"{path}: no early Universes with {made_for.described} there; {_how_to_make(made_for)}")
    return from_table(tables.load_file(path))


def _how_to_make(made_for: Assumptions) -> str:
    return (
        "make them with 'pip install nudipole[cosmology]' and nudipole.cosmology.grid.build(FOLDER, wanted=[Assumptions("
        f"neutrinos={made_for.neutrinos!r}, nature={made_for.nature!r}, reheating={made_for.reheating:g})])"
    )


def from_table(table: tables.Table, reference: SkyGrid | None = None) -> SkyGrid:
    """A grid from a table that :func:`build` has written; ``reference``: a Dirac grid that it is the ratio to, at 2D."""
    masses = np.unique(table["mass"])
    curves = []
    values = np.log(np.maximum(np.stack([table[name] for name in VALUES], axis=-1), _NONE_LEFT))
    for mass in masses:
        here = np.nonzero(table["mass"] == mass)[0]
        here = here[np.argsort(table["lifetime"][here])]
        if reference is not None:
            values[here] -= np.log(reference(float(mass), np.sqrt(2.0) * table["d"][here]))
        curves.append(PchipInterpolator(np.log(table["lifetime"][here]), values[here], axis=0))
    return SkyGrid(masses, tuple(curves), reference)
