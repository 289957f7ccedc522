r"""What is demanded of an early Universe: measured values, and the criterion built of them.

.. math::

    \chi^2 = r^{\rm T}C^{-1}r,\qquad r = (Y_p, {\rm D/H}) - \text{observed},\qquad
    C = {\rm diag}(\sigma^2) + \sigma_\omega^2\, g\,g^{\rm T},\quad g = \partial(Y_p, {\rm D/H})/\partial\Omega_bh^2,

so Omega_b h^2 is marginalised over its CMB prior; 3He/D counts only where it exceeds what the Sun was born with; one term in
N_eff for ``cmb``. The statistic is chi^2 above that of the Standard Model, held against chi^2 quantiles with one degree of freedom.
The presets are in :mod:`nudipole.cosmology.presets`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.constraint import End, Kind
from nudipole.cosmology import grid, grid_points, photodisintegration
from nudipole.errors import LARGEST
from nudipole.inference.counting import critical_value
from nudipole.inputs import tables
from nudipole.portal import Direction, Nature

FloatArray = npt.NDArray[np.float64]
STANDARD_MODEL = "cosmology/data/standard_model.csv"
EARLIEST_PHOTONS = 300.0  # s; shorter-lived N leave 1e-5 of themselves at 20 keV, and photons below 1 MeV only
_SCAN_POINTS = 260


@dataclass(frozen=True)
class Observed:
    """A measured value, its error and, in quadrature, the error of the prediction."""

    value: float
    error: float
    theory_error: float = 0.0
    source: str = ""

    @property
    def variance(self) -> float:
        """sigma^2."""
        return self.error**2 + self.theory_error**2


HELIUM_LBT = Observed(0.2458, 0.0013, 0.0003, "LBT, 2601.22238; theory: neutron lifetime and neutrino spectra")
HELIUM_PDG = Observed(0.245, 0.003, 0.0003, "PDG 2020-2024")
HELIUM_EMPRESS = Observed(0.2402, 0.0040, 0.0003, "EMPRESS XV, 2506.24050")
DEUTERIUM_2025 = Observed(2.510e-5, 0.028e-5, 0.06e-5, "2511.06275; theory: 2.5 % between nuclear networks")
DEUTERIUM_2017 = Observed(2.527e-5, 0.030e-5, 0.06e-5, "1710.11129; theory: 2.5 % between nuclear networks")
DEUTERIUM_PDG = Observed(2.547e-5, 0.029e-5, 0.06e-5, "PDG 2024; theory: 2.5 % between nuclear networks")
HELIUM3_SUN = Observed(
    0.83, 0.15, 0.0, "3He/D of the protosolar cloud, one-sided, as adopted by ACROPOLIS 1.3.1 (PDG 2020)"
)
N_EFF_PLANCK = Observed(2.99, 0.17, 0.0, "Planck 2018 with BAO, 1807.06209")
N_EFF_JOINT = Observed(2.990, 0.070, 0.0, "CMB and light elements together, 2603.13226")
N_EFF_ACT = Observed(2.86, 0.13, 0.0, "ACT DR6 with Planck, 2503.14454")
BARYON_ERROR = 0.00014  # Omega_b h^2, Planck 2018 with BAO


@dataclass(frozen=True)
class Criterion:
    """What is demanded of an early Universe.

    Either measured values (helium, deuterium, helium3 as an upper limit on 3He/D, n_eff: ``None`` leaves one out), or a cut:
    the largest allowed rise of Y_p to ``helium_cut`` or of N_eff by ``n_eff_cut``, which knows no level but 90 %.
    ``spread`` is a projection: an error of N_eff around the Standard Model. ``neutrinos`` lists the treatments of which the
    most lenient counts, ``reheating`` [GeV] is where the hot phase began without N, ``folder`` where its grids are if they are
    not shipped.
    """

    helium: Observed | None = None
    deuterium: Observed | None = None
    helium3: Observed | None = None
    n_eff: Observed | None = None
    helium_cut: float | None = None
    n_eff_cut: float | None = None
    spread: float | None = None
    neutrinos: tuple[str, ...] = ("kinetic",)
    reheating: float = float("inf")
    photodisintegration: bool = True
    folder: str = ""
    kind: Kind = "exclusion"
    confidence_level: float = 0.95
    note: str = ""

    @property
    def any_level(self) -> bool:
        """False for a cut, which is one number at one level."""
        return self.helium_cut is None and self.n_eff_cut is None

    @property
    def depends_on_decay(self) -> bool:
        """True."""
        return True

    @property
    def reach(self) -> tuple[float, float]:
        """Masses [GeV] of the grid."""
        ranges = [self._dirac_grid(neutrinos).mass_range for neutrinos in self.neutrinos]
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    @property
    def walls(self) -> tuple[End, End]:
        """Ends of the grid, both."""
        return "grid", "grid"

    @property
    def longest_lifetime(self) -> float:
        """Photon lifetime [s] of a Dirac N of strength D at which the grid ends."""
        return min(self._dirac_grid(neutrinos).longest for neutrinos in self.neutrinos)

    def couplings(self, mass: float, direction: Direction) -> FloatArray | None:
        """sqrt(D) [GeV^-1] from the longest lifetime of the grid to where N never leaves equilibrium; None at other masses."""
        low, high = self.reach
        if not low * (1 - 1e-9) <= mass <= high * (1 + 1e-9):
            return None
        smallest, largest = grid_points.coupling(mass, [self.longest_lifetime, grid_points.LIFETIMES[0]])
        return np.geomspace(smallest, min(largest, 2 * grid_points.LARGEST_D), _SCAN_POINTS)

    def critical(self, cl: float) -> float:
        """chi^2 quantile of one degree of freedom."""
        return critical_value(cl)

    def canonical(self, direction: Direction) -> tuple[Direction, float]:
        """The early Universe knows D = sum |d_alpha|^2 only."""
        return Direction("mu", nature=direction.nature), float(np.sqrt(direction.decay_norm))

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """Masses and lifetimes covered, and the initial state."""
        low, high = self.reach
        notes: tuple[str, ...] = (
            f"tabulated for {low:.3g} <= M <= {high:.3g} GeV and photon lifetimes up to {self.longest_lifetime:.0e} s;"
            " nothing is said beyond, where smaller couplings are excluded too as long as N was in equilibrium once"
            if self.reheating == np.inf
            else f"tabulated for {low:.3g} <= M <= {high:.3g} GeV and photon lifetimes up to {self.longest_lifetime:.0e} s;"
            " nothing is said beyond",
            "N was in equilibrium once: reheating above its decoupling temperature"
            if self.reheating == np.inf
            else f"there was no N when the hot phase began at {self.reheating:g} GeV",
        )
        if direction.nature == "majorana" and self.reheating < np.inf:
            words = "up to twice too many where it never was in equilibrium"
            notes += (f"Majorana N read at 2D from the grid of a Dirac N: {words}",)
        return notes

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """chi^2 above the Standard Model at sqrt(D) = ``d`` [GeV^-1]: of the most lenient treatment of neutrinos."""
        nature, found = direction.nature, []
        for neutrinos in self.neutrinos:
            standard, response = standard_model(neutrinos)
            helium, deuterium, n_eff, relics = np.moveaxis(self.sky(neutrinos, nature)(mass, d), -1, 0)
            # nucleosynthesis moves 3He/H by less than 40 % below 0.4 MeV, by a tenth where late photons act
            values = np.stack([helium, deuterium, n_eff, np.full_like(helium, standard[3])], axis=-1)
            if self.photodisintegration and self.deuterium is not None:
                values = after_late_photons(values, relics, mass, grid_points.lifetime(mass, d), nature)
            found.append(self.misfit(values, standard, response))
        return np.asarray(np.min(found, axis=0))

    def misfit(self, values: FloatArray, standard: FloatArray, response: FloatArray) -> FloatArray:
        """chi^2 - chi^2(Standard Model) of (Y_p, D/H, N_eff, 3He/H) along the last axis, d values / d ln Omega_b h^2 given."""
        cut = critical_value(0.9)
        if self.helium_cut is not None:
            rise = np.maximum(values[..., 0] - standard[0], 0.0) / (self.helium_cut - standard[0])
            return np.asarray(cut * rise**2)
        if self.n_eff_cut is not None:
            return np.asarray(cut * (np.maximum(values[..., 2] - standard[2], 0.0) / self.n_eff_cut) ** 2)
        if self.spread is not None:
            return np.asarray(((values[..., 2] - standard[2]) / self.spread) ** 2)
        used = [(i, o) for i, o in enumerate((self.helium, self.deuterium, self.n_eff)) if o is not None]
        index = [i for i, _ in used]
        observed = np.array([o.value for _, o in used])
        gradient = np.where(np.array(index) < 2, response[index], 0.0) * BARYON_ERROR / _baryon_density()
        inverse = np.linalg.inv(np.diag([o.variance for _, o in used]) + np.outer(gradient, gradient))

        def chi_squared(point: FloatArray) -> FloatArray:
            residual = point[..., index] - observed
            total = np.einsum("...i,ij,...j->...", residual, inverse, residual)
            if self.helium3 is not None:
                excess = point[..., 3] / np.maximum(point[..., 1], 1e-12) - self.helium3.value
                total = total + np.maximum(excess, 0.0) ** 2 / self.helium3.variance
            return np.asarray(total)

        return chi_squared(values) - chi_squared(standard)

    def sky(self, neutrinos: str, nature: Nature) -> Callable[[float, npt.ArrayLike], FloatArray]:
        """The grid of early Universes for one treatment of decay neutrinos, a function of mass and coupling.

        After low reheating a Majorana N is read at 2D from the Dirac grid: its lifetime is right, and where it was never in
        equilibrium its number twice too large.
        """
        if nature == "dirac":
            return self._dirac_grid(neutrinos)
        if self.reheating == np.inf:
            return grid.load(grid_points.Assumptions(neutrinos, nature))
        dirac = self._dirac_grid(neutrinos)
        return lambda mass, d: dirac(mass, np.sqrt(2.0) * np.asarray(d, dtype=float))

    def _dirac_grid(self, neutrinos: str) -> grid.SkyGrid:
        made_for = grid_points.Assumptions(neutrinos, reheating=self.reheating)
        return grid.load_from(Path(self.folder), made_for) if self.folder else grid.load(made_for)


@functools.cache
def standard_model(neutrinos: str) -> tuple[FloatArray, FloatArray]:
    """(Y_p, D/H, N_eff, 3He/H) without N, and their derivatives with respect to ln Omega_b h^2."""
    table = tables.load(STANDARD_MODEL)
    here = np.nonzero(table["kinetic"] == float(neutrinos == "kinetic"))[0]
    here = here[np.argsort(table["baryon_density"][here])]
    values = np.stack([table[name][here] for name in ("helium", "deuterium", "n_eff", "helium3")], axis=-1)
    log_density = np.log(table["baryon_density"][here])
    return values[1], (values[2] - values[0]) / (log_density[2] - log_density[0])


def _baryon_density() -> float:
    return float(np.median(tables.load(STANDARD_MODEL)["baryon_density"]))


def after_late_photons(
    values: FloatArray, relics: FloatArray, mass: float, lifetime: FloatArray, nature: Nature
) -> FloatArray:
    """(Y_p, D/H, N_eff, 3He/H) with photodisintegration, where N lives long enough for it."""
    lifetime = np.minimum(lifetime / (2.0 if nature == "majorana" else 1.0), LARGEST)  # s: beyond it nothing decays
    late = np.nonzero(lifetime > EARLIEST_PHOTONS)[0]
    energy = min(mass / 2, photodisintegration.LARGEST_ENERGY)
    if late.size == 0 or energy < photodisintegration.SMALLEST_ENERGY:
        return values
    helium, deuterium, _, helium3 = values[late].T
    # above the table's last energy the cascade has forgotten E_0: only the energy injected counts
    kappa = relics[late, None] * photodisintegration.exposures(energy, lifetime[late]) * (mass / 2 / energy)
    deuterium, helium3, helium = photodisintegration.disintegrate(deuterium, helium3, helium, kappa)
    changed = values.copy()
    changed[late, 0], changed[late, 1], changed[late, 3] = helium, deuterium, helium3
    return changed
