r"""The constraints ``bbn`` (Y_p and D/H) and ``cmb`` (N_eff): which early Universes the sky allows.

Abundances are those of nucleosynthesis after the photons of late decays have broken some of the nuclei
(:mod:`photodisintegration`). The test statistic is chi^2 above the Standard Model (:mod:`criteria`), against chi^2 quantiles
with one degree of freedom. It is the smaller one of the two treatments of decay neutrinos (``kinetic``, ``thermal``:
:class:`nudipole.cosmology.evolution.Options`), so a point is excluded only where both exclude it.

N was in equilibrium once, reheating above its decoupling temperature, unless the preset names the temperature at which the
hot phase began without N (``reheating-1gev``; :func:`with_reheating` for others).
Nothing is said outside the masses of the grid (30 keV to 300 MeV). Couplings below the grid (photon lifetimes beyond 10^6 s) carry its
last value, and none after low reheating (10^8 s); distortions of the CMB spectrum are not included.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole.constraint import Constraint, Interval, Kind, Limit, as_masses
from nudipole.cosmology import grid, photodisintegration
from nudipole.cosmology.criteria import BBN, CMB, Criterion, standard_model
from nudipole.errors import LARGEST, DomainError, check_choice, check_non_negative
from nudipole.inference.counting import critical_value
from nudipole.inputs.cards import Published
from nudipole.portal import DIRECTIONS, Direction, Nature, Portal

FloatArray = npt.NDArray[np.float64]
EARLIEST_PHOTONS = 300.0  # s; shorter-lived N leave 1e-5 of themselves at 20 keV, and photons below 1 MeV only
_SCAN_POINTS = 240


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
    comparisons: tuple[Published, ...] = ()  # published curves for the validation page
    compared_edges: tuple[str, ...] = ("gap-low", "gap-high", "open")  # of the region, for the effect of a preset

    @property
    def presets(self) -> tuple[str, ...]:
        """Named criteria, ``default`` first."""
        return tuple(self.criteria)

    @property
    def mass_range(self) -> tuple[float, float]:
        """Masses [GeV] of the grid."""
        return float(grid.MASSES[0]), float(grid.MASSES[-1])

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """chi^2 above the Standard Model of each point; zero (nothing known) for masses outside the grid, and for couplings
        below it after low reheating.

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
            portal.direction.check_no_extra_width(self.key)
            d = np.sqrt([portal.decay_strength])
            known = d[0] > 0 and _covered(portal.mass)
            if known and criterion.reheating < np.inf:  # N was never common: nothing is known of smaller couplings
                lifetimes = grid.Assumptions(reheating=criterion.reheating).lifetimes
                known = bool(d[0] >= grid.coupling(portal.mass, lifetimes[-1]))
            values.append(float(_statistic(criterion, portal.mass, d, portal.direction.nature)[0]) if known else 0.0)
        return np.array(values)

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV]; none outside the masses of the grid.

        An interval is open above where N never leaves equilibrium at the largest couplings of the grid, and ends below
        at its smallest (a photon lifetime of 10^6 s; 10^8 s after low reheating).

        Raises
        ------
        DomainError
            If a mass is negative, ``cl`` is not between 0 and 1, or there is no grid for this reheating.
        UnknownNameError
            If there is no such preset.
        """
        check_non_negative(masses=masses)
        direction.check_no_extra_width(self.key)
        criterion = self._criterion(preset)
        level = cl if cl is not None else criterion.confidence_level
        critical_value(level)
        grid_of_masses = as_masses(masses)
        strength, nature = float(np.sqrt(direction.decay_norm)), direction.nature
        excluded = tuple(
            tuple(Interval(i.low / strength, None if i.high is None else i.high / strength) for i in found)
            for found in (_excluded(criterion, float(mass), nature, level) for mass in grid_of_masses)
        )
        low, high = grid.MASSES[0], grid.MASSES[-1]
        longest = grid.Assumptions(reheating=criterion.reheating).lifetimes[-1]
        notes: tuple[str, ...] = (
            criterion.note,
            f"tabulated for {low:g} <= M <= {high:g} GeV and photon lifetimes up to {longest:.0e} s; nothing is said beyond",
            "N was in equilibrium once: reheating above its decoupling temperature"
            if criterion.reheating == np.inf
            else f"there was no N when the hot phase began at {criterion.reheating:g} GeV",
        )
        if nature == "majorana" and criterion.reheating < np.inf:
            notes += (
                "Majorana N read at 2D from the grid of a Dirac N: up to twice too many where it never was in equilibrium",
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


def with_reheating(constraint: Constraint, temperature: float, folder: Path | str) -> SkyConstraint:
    """``bbn`` or ``cmb`` with every preset after reheating to T [GeV] without any N, on grids in ``folder``.

    The grids come of ``python scripts/build_sky.py FOLDER --reheating T`` (or :func:`nudipole.cosmology.grid.build`): a quarter
    of an hour with the extra ``cosmology``.

    Raises
    ------
    DomainError
        If T is below 0.02 GeV, or the folder has no grid for it.
    """
    if not isinstance(constraint, SkyConstraint):
        raise DomainError("only bbn and cmb depend on the reheating temperature")
    for neutrinos in grid.NEUTRINOS:
        grid.load_from(Path(folder), grid.Assumptions(neutrinos, reheating=temperature))
    changed = {
        name: replace(c, reheating=temperature, folder=str(folder))
        for name, c in constraint.criteria.items()
        if c.reheating == np.inf
    }
    return replace(constraint, criteria=changed, comparisons=())


@functools.lru_cache(maxsize=20000)
def _excluded(criterion: Criterion, mass: float, nature: Nature, level: float) -> tuple[Interval, ...]:
    """Excluded intervals in sqrt(D) [GeV^-1] at one mass."""
    if not _covered(mass):
        return ()
    lifetimes = grid.Assumptions(reheating=criterion.reheating).lifetimes
    smallest, largest = grid.coupling(mass, lifetimes[[-1, 0]])
    scan = np.geomspace(smallest, min(largest, 2 * grid.LARGEST_D), _SCAN_POINTS)
    excess = _statistic(criterion, mass, scan, nature) - critical_value(level)
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
        standard, response = standard_model(neutrinos)
        helium, deuterium, n_eff, relics = np.moveaxis(criterion.sky(neutrinos, nature)(mass, d), -1, 0)
        # nucleosynthesis moves 3He/H by less than 40 % below 0.4 MeV, by a tenth where late photons act
        values = np.stack([helium, deuterium, n_eff, np.full_like(helium, standard[3])], axis=-1)
        if criterion.photodisintegration and criterion.deuterium is not None:
            values = _after_late_photons(values, relics, mass, grid.lifetime(mass, d), nature)
        found.append(criterion.statistic(values, standard, response))
    return np.min(found, axis=0)


def _after_late_photons(
    values: FloatArray, relics: FloatArray, mass: float, lifetime: FloatArray, nature: Nature
) -> FloatArray:
    """(Y_p, D/H, N_eff, 3He/H) with photodisintegration, where N lives long enough for it."""
    lifetime = np.minimum(lifetime / (2.0 if nature == "majorana" else 1.0), LARGEST)  # s: beyond it nothing decays
    late = np.nonzero(lifetime > EARLIEST_PHOTONS)[0]
    if late.size == 0 or mass / 2 < photodisintegration.SMALLEST_ENERGY:
        return values
    helium, deuterium, _, helium3 = values[late].T
    kappa = relics[late, None] * photodisintegration.exposures(mass / 2, lifetime[late])
    deuterium, helium3, helium = photodisintegration.disintegrate(deuterium, helium3, helium, kappa)
    changed = values.copy()
    changed[late, 0], changed[late, 1], changed[late, 3] = helium, deuterium, helium3
    return changed


_UNKNOWN = "how 2007.15563 treats injected neutrinos and which values it demands is not known"
_WEAKER = "an independent prototype with the same cut is stronger than the published line too"
_NOSE = "above 1.2 MeV ours is open below the last region: gradual decoupling at the QCD transition shortens the nose"
_TIED = "ours lies lower because nu gamma <-> N ties neutrinos to photons while e+e- annihilate, which needs two temperatures"


def _published(table: str, preset: str, edge: str, note: str, evidence: bool = True) -> Published:
    return msgspec.convert(
        {
            "table": f"published/{table}.csv",
            "source": "2007.15563, Fig. 2 (vector graphics)",
            "convention": "mu",
            "preset": preset,
            "flavor": "mu",
            "edge": edge,
            "evidence": evidence,
            "note": note,
        },
        Published,
    )


CONSTRAINTS: tuple[Constraint, ...] = (
    SkyConstraint(
        "bbn",
        "Big Bang nucleosynthesis",
        BBN,
        (
            "Pitrou:2018cgg",
            "Depta:2020mhj",
            "Brdar:2020quo",
            "Escudero:2018mvt",
            "Escudero:2020dfa",
            "Cooke:2017cwo",
            "Aver:2026lbt",
        ),
        comparisons=(
            _published(
                "bbn",
                "brdar2020",
                "gap-low",
                f"{_UNKNOWN}; Y_p < 0.256 is fitted to the level of this very line",
                False,
            ),
            _published("bbn", "brdar2020", "gap-high", f"{_UNKNOWN}; {_NOSE}"),
            _published("bbn", "brdar2020", "open", f"{_UNKNOWN}; {_TIED}"),
        ),
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
        comparisons=tuple(
            _published(table, preset, edge, f"{_UNKNOWN}; {why}")
            for table, preset in (("cmb", "brdar2020"), ("cmb-future", "brdar2020-future"))
            for edge, why in (("gap-low", _WEAKER), ("gap-high", _TIED))
        ),
    ),
)
