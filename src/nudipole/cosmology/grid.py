r"""The grid of early Universes: Y_p, D/H and N_eff over mass and lifetime, computed once and shipped.

Points lie on M [GeV] x tau = 4 pi / (D M^3), the photon lifetime of a Dirac N with strength D: late decays act at fixed
lifetime. Between points ln Y_p, ln D/H and ln N_eff are interpolated by monotone cubics in ln tau and then in ln M.
:func:`build` makes the tables (``make sky``), :func:`load` reads what is shipped.

A Majorana N of strength D decays like a Dirac N of 2D, and as a relic that was relativistic at decoupling it fills as
many states (both helicities of one field instead of one helicity of two): it is read off at 2D. This overstates an N
that was still in equilibrium with the baths when it became non-relativistic (2 states, not 4).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole import tables, units
from nudipole.cosmology import evolution
from nudipole.errors import DomainError, OutputError, check_choice, check_positive
from nudipole.portal import Nature

FloatArray = npt.NDArray[np.float64]
NEUTRINOS = ("kinetic", "thermal")
MASSES = np.geomspace(3e-5, 0.3, 25)  # GeV
LIFETIMES = np.geomspace(1e-5, 1e6, 23)  # s
LARGEST_D = 1e-4  # GeV^-1; N is in equilibrium all the way and nothing changes above
COLUMNS = ("mass", "lifetime", "d", "helium", "deuterium", "n_eff", "energy_residual")
Progress = Callable[[int, int, str], None]


def coupling(mass: npt.ArrayLike, lifetime: npt.ArrayLike) -> FloatArray:
    """d [GeV^-1] of a Dirac N with this mass [GeV] and photon lifetime [s]: d^2 = 4 pi / (tau M^3)."""
    check_positive(mass=mass, lifetime=lifetime)
    mass, lifetime = np.asarray(mass, dtype=float), np.asarray(lifetime, dtype=float)
    return np.sqrt(4 * np.pi / (lifetime * units.SECOND * mass**3))


def points(masses: npt.ArrayLike = MASSES) -> list[tuple[float, float]]:
    """(mass [GeV], lifetime [s]) of every grid point with d below :data:`LARGEST_D`, plus the next one above."""
    chosen = []
    for mass in np.ravel(np.asarray(masses, dtype=float)):
        d = coupling(mass, LIFETIMES)
        first = max(int(np.searchsorted(-d, -LARGEST_D)) - 1, 0)
        chosen += [(float(mass), float(lifetime)) for lifetime in LIFETIMES[first:]]
    return chosen


def build(out: Path, progress: Progress | None = None, resume: bool = True) -> tuple[Path, ...]:
    """Compute every table of this room with the live BBN code (about an hour on one core): what ``make sky`` does.

    Parameters
    ----------
    out : Path
        Directory for ``sky_kinetic.csv``, ``sky_thermal.csv`` and ``standard_model.csv``; made if absent. Tables are
        replaced whole after every point.
    progress : callable
        Called with (points done, points in all, what was found, energy balance included).
    resume : bool
        Keep the points that are there already.

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
    standard = build_standard_model(out / "standard_model.csv")
    tables_made = [build_table(out / f"sky_{n}.csv", n, progress, resume) for n in NEUTRINOS]
    return (standard, *tables_made)


def build_table(
    out: Path,
    neutrinos: str,
    progress: Progress | None = None,
    resume: bool = True,
    masses: npt.ArrayLike = MASSES,
) -> Path:
    """One table of :func:`build`, for one treatment of decay neutrinos and the masses [GeV] given."""
    from nudipole.cosmology import abundances

    check_choice("neutrino bath", neutrinos, NEUTRINOS)
    rows = _existing(out) if resume and out.exists() else {}
    wanted = points(masses)
    for number, (mass, lifetime) in enumerate(wanted, start=1):
        key = (f"{mass:.6e}", f"{lifetime:.6e}")
        if key in rows:
            continue
        d = float(coupling(mass, lifetime))
        history = evolution.evolve(mass, d**2, options=evolution.Options(neutrinos=neutrinos))
        light = abundances.abundances(history)
        rows[key] = (mass, lifetime, d, light.helium, light.deuterium, history.n_eff, history.energy_residual)
        _write(out, list(rows.values()), neutrinos)
        if progress is not None:
            found = f"M = {mass:.3g} GeV, d = {d:.2e}: Y_p {light.helium:.4f}, N_eff {history.n_eff:.3f}"
            progress(number, len(wanted), f"{found}, energy conserved to {history.energy_residual:.0e}")
    return out


def build_standard_model(out: Path) -> Path:
    """The Universe without N at Omega_b h^2 = 0.02242 and 1 % to either side, for both neutrino baths, as a table."""
    from nudipole.cosmology import abundances

    lines = []
    for neutrinos in NEUTRINOS:
        history = evolution.evolve(MASSES[0], 0.0, options=evolution.Options(neutrinos=neutrinos))
        for density in abundances.BARYON_DENSITY * np.array([0.99, 1.0, 1.01]):
            light = abundances.abundances(history, float(density))
            row = (density, float(neutrinos == "kinetic"), light.helium, light.deuterium, history.n_eff)
            lines.append(",".join(f"{value:.6e}" for value in row))
    header = (
        "# what: the early Universe of the Standard Model in the same approximations as the grid\n"
        "# source: nudipole.cosmology.evolution with primat 0.3.3 (network small_parthenope)\n"
        "# obtained: derived by nudipole.cosmology.grid.build_standard_model (make sky)\n"
        "# licence: MIT, as this package; cite primat (Pitrou et al. 2018) with it\n"
        "# columns: baryon_density [1], kinetic [1], helium [1], deuterium [1], n_eff [1]\n"
    )
    _replace(out, header + "\n".join(lines) + "\n")
    return out


def _existing(path: Path) -> dict[tuple[str, str], tuple[float, ...]]:
    table = tables.load_file(path)
    rows = zip(*(table[name] for name in COLUMNS), strict=True)
    return {(f"{row[0]:.6e}", f"{row[1]:.6e}"): tuple(map(float, row)) for row in rows}


def _write(path: Path, rows: list[tuple[float, ...]], neutrinos: str) -> None:
    header = (
        f"# what: early Universe with a Dirac N: light elements and N_eff, neutrino bath {neutrinos}\n"
        "# source: nudipole.cosmology.evolution with primat 0.3.3 (network small_parthenope, Omega_b h^2 = 0.02242)\n"
        "# obtained: derived by nudipole.cosmology.grid.build (make sky)\n"
        "# licence: MIT, as this package; cite primat (Pitrou et al. 2018) with it\n"
        "# columns: mass [GeV], lifetime [s], d [GeV^-1], helium [1], deuterium [1], n_eff [1], energy_residual [1]\n"
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
    """One table: for each mass [GeV] a curve ln(Y_p, D/H, N_eff) over ln lifetime."""

    masses: FloatArray
    curves: tuple[PchipInterpolator, ...]

    def __call__(self, mass: float, d: npt.ArrayLike, nature: Nature = "dirac") -> FloatArray:
        """(Y_p, D/H, N_eff) of shape (..., 3) at one mass [GeV] and any couplings sqrt(D) [GeV^-1].

        Couplings beyond the ends of the table take the values at its ends: above, N never leaves equilibrium; below,
        the result is only used to say that it is excluded there (see :mod:`constraints`).

        Raises
        ------
        DomainError
            If the mass is not covered.
        """
        if not self.masses[0] * (1 - 1e-9) <= mass <= self.masses[-1] * (1 + 1e-9):
            low, high = self.masses[0], self.masses[-1]
            raise DomainError(f"the grid of early Universes covers {low:g} to {high:g} GeV, got {mass:g}")
        strength = np.asarray(d, dtype=float) ** 2 * (2.0 if nature == "majorana" else 1.0)
        log_lifetime = np.log(4 * np.pi / (np.maximum(strength, 1e-60) * mass**3 * units.SECOND))
        middle = int(np.clip(np.searchsorted(self.masses, mass), 1, len(self.masses) - 1))
        nearby = slice(max(middle - 3, 0), min(middle + 3, len(self.masses)))
        at_masses = [curve(np.clip(log_lifetime, curve.x[0], curve.x[-1])) for curve in self.curves[nearby]]
        return np.exp(PchipInterpolator(np.log(self.masses[nearby]), np.stack(at_masses), axis=0)(np.log(mass)))


@functools.cache
def load(neutrinos: str = "kinetic") -> SkyGrid:
    """The shipped grid with this neutrino bath."""
    check_choice("neutrino bath", neutrinos, NEUTRINOS)
    return from_table(tables.load(f"cosmology/data/sky_{neutrinos}.csv"))


def from_table(table: tables.Table) -> SkyGrid:
    """A grid from a table that :func:`build` has written."""
    masses = np.unique(table["mass"])
    curves = []
    values = np.log(np.stack([table["helium"], table["deuterium"], table["n_eff"]], axis=-1))
    for mass in masses:
        here = np.nonzero(table["mass"] == mass)[0]
        here = here[np.argsort(table["lifetime"][here])]
        curves.append(PchipInterpolator(np.log(table["lifetime"][here]), values[here], axis=0))
    return SkyGrid(masses, tuple(curves))
