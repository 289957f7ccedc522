r"""The constraints ``bbn`` (Y_p and D/H) and ``cmb`` (N_eff): which early Universes the sky allows.

.. math::

    \chi^2 = r^{\rm T}C^{-1}r,\qquad r = (Y_p, {\rm D/H}) - \text{observed},\qquad
    C = {\rm diag}(\sigma^2) + \sigma_\omega^2\, g\,g^{\rm T},\quad g = \partial(Y_p, {\rm D/H})/\partial\Omega_bh^2,

so Omega_b h^2 is marginalised over its CMB prior; for ``cmb`` one term in N_eff. The test statistic is chi^2 minus that of
the Standard Model, against chi^2 quantiles with one degree of freedom. It is the smaller one of the two treatments of
decay neutrinos (``kinetic``, ``thermal``: :class:`nudipole.cosmology.evolution.Options`), so a point is excluded only where
both exclude it. N is taken to have been in equilibrium once: reheating above its decoupling temperature.

Nothing is said outside the masses of the grid (30 keV to 300 MeV). Couplings below the grid (photon lifetimes beyond
10^6 s) carry its last value. Photodisintegration after 10^4 s is not included: a relic with such a lifetime is excluded by
Y_p and N_eff already.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from nudipole import tables
from nudipole.constraint import Constraint, Interval, Kind, Limit, as_masses
from nudipole.cosmology import grid
from nudipole.errors import DomainError, check_choice, check_non_negative
from nudipole.portal import DIRECTIONS, Direction, Nature, Portal

FloatArray = npt.NDArray[np.float64]
STANDARD_MODEL = "cosmology/data/standard_model.csv"
_SCAN_POINTS = 240


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
N_EFF_PLANCK = Observed(2.99, 0.17, 0.0, "Planck 2018 with BAO, 1807.06209")
N_EFF_JOINT = Observed(2.990, 0.070, 0.0, "CMB and light elements together, 2603.13226")
N_EFF_ACT = Observed(2.86, 0.13, 0.0, "ACT DR6 with Planck, 2503.14454")
BARYON_ERROR = 0.00014  # Omega_b h^2, Planck 2018 with BAO


@dataclass(frozen=True)
class Criterion:
    """What is demanded of an early Universe.

    Either measured values (helium, deuterium, n_eff: ``None`` leaves one out), or a cut: the largest allowed rise of Y_p
    to ``helium_cut`` or of N_eff by ``n_eff_cut``, taken as the 90 % point of a Gaussian. ``spread`` is a projection: an
    error of N_eff around the Standard Model. ``neutrinos`` lists the treatments of which the most lenient counts.
    """

    helium: Observed | None = None
    deuterium: Observed | None = None
    n_eff: Observed | None = None
    helium_cut: float | None = None
    n_eff_cut: float | None = None
    spread: float | None = None
    neutrinos: tuple[str, ...] = grid.NEUTRINOS
    kind: Kind = "exclusion"
    confidence_level: float = 0.95
    note: str = ""

    def statistic(self, values: FloatArray, standard: FloatArray, response: FloatArray) -> FloatArray:
        """chi^2 - chi^2(Standard Model) of (Y_p, D/H, N_eff) along the last axis, d values / d ln Omega_b h^2 given."""
        cut = chi2.ppf(0.9, 1)
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
            return np.asarray(np.einsum("...i,ij,...j->...", residual, inverse, residual))

        return chi_squared(values) - chi_squared(standard)


BBN: Mapping[str, Criterion] = {
    "default": Criterion(
        HELIUM_LBT, DEUTERIUM_2025, note="modern: Y_p from LBT, D/H of 2025, both neutrino treatments"
    ),
    "modern": Criterion(HELIUM_LBT, DEUTERIUM_2025, note="the default under its own name"),
    "brdar2020": Criterion(
        helium_cut=0.256,
        neutrinos=("thermal",),
        confidence_level=0.9,
        note="2007.15563: Y_p below 0.256 with a thermal neutrino bath; the cut is fitted to the published 4He line, whose"
        " criterion is not known, so agreement with its level proves nothing, agreement with its shape does",
    ),
    "pdg": Criterion(HELIUM_PDG, DEUTERIUM_PDG, note="Y_p and D/H of the PDG 2024"),
    "empress": Criterion(HELIUM_EMPRESS, DEUTERIUM_2017, note="the low helium of EMPRESS with D/H of 2017"),
    "helium": Criterion(HELIUM_LBT, note="Y_p of LBT alone"),
    "kinetic": Criterion(
        HELIUM_LBT, DEUTERIUM_2025, neutrinos=("kinetic",), note="the default, kinetic neutrinos only"
    ),
    "thermal": Criterion(
        HELIUM_LBT, DEUTERIUM_2025, neutrinos=("thermal",), note="the default, thermal neutrinos only"
    ),
}
CMB: Mapping[str, Criterion] = {
    "default": Criterion(n_eff=N_EFF_ACT, note="modern: N_eff of ACT DR6 with Planck, both neutrino treatments"),
    "modern": Criterion(n_eff=N_EFF_ACT, note="the default under its own name"),
    "joint2026": Criterion(n_eff=N_EFF_JOINT, note="N_eff of CMB and light elements together; not to be added to bbn"),
    "planck2018": Criterion(n_eff=N_EFF_PLANCK, note="N_eff of Planck 2018 with BAO"),
    "brdar2020": Criterion(
        n_eff_cut=0.3, neutrinos=("thermal",), confidence_level=0.9, note="2007.15563: Delta N_eff below 0.3"
    ),
    "brdar2020-future": Criterion(
        n_eff_cut=0.05,
        neutrinos=("thermal",),
        confidence_level=0.9,
        kind="projection",
        note="2007.15563: Delta N_eff below 0.05",
    ),
    "simons-observatory": Criterion(
        spread=0.07, kind="projection", note="baseline sigma(N_eff) = 0.07, 1808.07445 (from memory, not re-read)"
    ),
    "cmb-s4": Criterion(
        spread=0.03, kind="projection", note="sigma(N_eff) = 0.03, 1907.04473 (from memory, not re-read)"
    ),
}


@dataclass(frozen=True)
class SkyConstraint:
    """``bbn`` or ``cmb``: the protocol of :class:`nudipole.constraint.Constraint` on the shipped grid.

    Examples
    --------
    >>> cmb = CONSTRAINTS[1]
    >>> cmb.limit([1e-3], Direction("mu"), preset="brdar2020").excluded[0][0].high is None
    True
    """

    key: str
    title: str
    criteria: Mapping[str, Criterion]
    citations: tuple[str, ...]
    kind: Kind = "exclusion"
    basis: str = "first-principles"
    confidence_level: float = 0.95
    flavors: tuple[str, ...] = DIRECTIONS

    @property
    def presets(self) -> tuple[str, ...]:
        """Named criteria, ``default`` first."""
        return tuple(self.criteria)

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] of the grid."""
        return float(grid.MASSES[0]), float(grid.MASSES[-1])

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """chi^2 above the Standard Model of each point; zero (nothing known) for masses outside the grid.

        Raises
        ------
        UnknownNameError
            If there is no such preset.
        DomainError
            If N has other decays than its dipole's.
        """
        criterion = self._criterion(preset)
        values = []
        for portal in portals:
            if portal.extra_width > 0:
                raise DomainError(
                    f"{self.key}: the early Universe is tabulated for dipole decays only, without extra width"
                )
            d = np.sqrt([portal.decay_strength])
            known = _covered(portal.mass) and d[0] > 0
            values.append(float(_statistic(criterion, portal.mass, d, portal.direction.nature)[0]) if known else 0.0)
        return np.array(values)

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]; none outside the masses of the grid.

        An interval is open above where N never leaves equilibrium at the largest couplings of the grid, and ends below
        at its smallest (a photon lifetime of 10^6 s).

        Raises
        ------
        DomainError
            If a mass is negative or ``cl`` is not between 0 and 1.
        UnknownNameError
            If there is no such preset.
        """
        check_non_negative(masses=masses)
        criterion = self._criterion(preset)
        level = cl if cl is not None else criterion.confidence_level
        if not 0.0 < level < 1.0:
            raise DomainError(f"a confidence level lies between 0 and 1, got {level:g}")
        grid_of_masses = as_masses(masses)
        strength, nature = float(np.sqrt(direction.decay_norm)), direction.nature
        excluded = tuple(
            tuple(Interval(i.low / strength, None if i.high is None else i.high / strength) for i in found)
            for found in (_excluded(self.key, preset, float(mass), nature, level) for mass in grid_of_masses)
        )
        low, high = grid.MASSES[0], grid.MASSES[-1]
        notes = (
            criterion.note,
            f"tabulated for {low:g} <= M <= {high:g} GeV and photon lifetimes up to 1e6 s; nothing is said beyond",
            "N was in equilibrium once: reheating above its decoupling temperature",
        )
        return Limit(
            self.key,
            direction,
            level,
            grid_of_masses,
            excluded,
            criterion.kind,
            self.basis,
            preset,
            self.citations,
            notes,
        )

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """The criterion of a preset, and under ``differs`` what is not as in the default."""
        chosen, default = asdict(self._criterion(preset)), asdict(self._criterion("default"))
        differs = {k: {"default": default[k], preset: v} for k, v in chosen.items() if default[k] != v}
        return {"preset": preset, **chosen, "differs": differs}

    def _criterion(self, preset: str) -> Criterion:
        check_choice(f"preset of {self.key}", preset, self.criteria)
        return self.criteria[preset]


@functools.lru_cache(maxsize=20000)
def _excluded(key: str, preset: str, mass: float, nature: Nature, level: float) -> tuple[Interval, ...]:
    """Excluded intervals in sqrt(D) [GeV^-1] at one mass."""
    if not _covered(mass):
        return ()
    criterion = _CRITERIA[key][preset]
    lightest = grid.coupling(mass, grid.LIFETIMES[[-1, 0]])
    scan = np.geomspace(lightest[0], min(lightest[1], 2 * grid.LARGEST_D), _SCAN_POINTS)
    excess = _statistic(criterion, mass, scan, nature) - chi2.ppf(level, 1)
    out = excess > 0
    edges = np.nonzero(out[1:] != out[:-1])[0]
    fraction = excess[edges] / (excess[edges] - excess[edges + 1])
    crossings = list(scan[edges] * (scan[edges + 1] / scan[edges]) ** fraction)
    lows = ([float(scan[0])] if out[0] else []) + [
        float(c) for c, e in zip(crossings, edges, strict=True) if not out[e]
    ]
    highs: list[float | None] = [float(c) for c, e in zip(crossings, edges, strict=True) if out[e]]
    highs += [None] if out[-1] else []
    return tuple(Interval(low, high) for low, high in zip(lows, highs, strict=True))


def _covered(mass: float) -> bool:
    return bool(grid.MASSES[0] * (1 - 1e-9) <= mass <= grid.MASSES[-1] * (1 + 1e-9))


def _statistic(criterion: Criterion, mass: float, d: FloatArray, nature: Nature) -> FloatArray:
    found = []
    for neutrinos in criterion.neutrinos:
        standard, response = _standard_model(neutrinos)
        found.append(criterion.statistic(grid.load(neutrinos)(mass, d, nature), standard, response))
    return np.min(found, axis=0)


@functools.cache
def _standard_model(neutrinos: str) -> tuple[FloatArray, FloatArray]:
    """(Y_p, D/H, N_eff) without N, and their derivatives with respect to ln Omega_b h^2."""
    table = tables.load(STANDARD_MODEL)
    here = np.nonzero(table["kinetic"] == float(neutrinos == "kinetic"))[0]
    here = here[np.argsort(table["baryon_density"][here])]
    values = np.stack([table[name][here] for name in ("helium", "deuterium", "n_eff")], axis=-1)
    log_density = np.log(table["baryon_density"][here])
    return values[1], (values[2] - values[0]) / (log_density[2] - log_density[0])


def _baryon_density() -> float:
    return float(np.median(tables.load(STANDARD_MODEL)["baryon_density"]))


_CRITERIA = {"bbn": BBN, "cmb": CMB}
CONSTRAINTS: tuple[Constraint, ...] = (
    SkyConstraint(
        "bbn",
        "Big Bang nucleosynthesis",
        BBN,
        ("Pitrou:2018cgg", "Brdar:2020quo", "Escudero:2018mvt", "Escudero:2020dfa", "Cooke:2017cwo", "Aver:2026lbt"),
    ),
    SkyConstraint(
        "cmb",
        "Cosmic microwave background, N_eff",
        CMB,
        (
            "Planck:2018vyg",
            "ACT:2025tim",
            "SimonsObservatory:2018koc",
            "Abazajian:2019eic",
            "Brdar:2020quo",
            "Escudero:2018mvt",
        ),
    ),
)
