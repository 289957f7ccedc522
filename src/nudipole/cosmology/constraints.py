r"""The constraints ``bbn`` (Y_p and D/H) and ``cmb`` (N_eff): which early Universes the sky allows.

Abundances are those of nucleosynthesis after the photons of late decays have broken some of the nuclei
(:mod:`photodisintegration`). The test statistic is chi^2 above the Standard Model (:mod:`criteria`), against chi^2 quantiles
with one degree of freedom. Decay neutrinos share their energy at fixed number (``kinetic``,
:class:`nudipole.cosmology.evolution.Options`); the preset ``thermal`` has them absorbed by a thermal bath.

N was in equilibrium once, reheating above its decoupling temperature, unless the preset names the temperature at which the
hot phase began without N (``reheating-1gev``; :func:`with_reheating` for others).
Nothing is said outside the masses of the grid (9.5 keV to 0.95 GeV), nor of couplings below it (photon lifetimes beyond
10^9 s): these are ends of the grid, not edges of physics. Distortions of the CMB spectrum are not included.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from nudipole.constraint import Constraint
from nudipole.cosmology import grid, grid_points
from nudipole.cosmology.criteria import Criterion
from nudipole.cosmology.presets import BBN, CMB
from nudipole.errors import DomainError
from nudipole.inputs.cards import Published
from nudipole.sky.constraint import SkyConstraint


def with_reheating(constraint: Constraint, temperature: float, folder: Path | str) -> SkyConstraint:
    """``bbn`` or ``cmb`` with every preset after reheating to T [GeV] without any N, on grids in ``folder``.

    The grids come of ``python scripts/build_sky.py FOLDER --reheating T`` (or :func:`nudipole.cosmology.grid.build`): a quarter
    of an hour with the extra ``cosmology``.

    Raises
    ------
    DomainError
        If T is below 0.02 GeV, or the folder has no grid for it.
    """
    if not (isinstance(constraint, SkyConstraint) and isinstance(constraint.criteria["default"], Criterion)):
        raise DomainError("only bbn and cmb depend on the reheating temperature")
    for neutrinos in grid_points.NEUTRINOS:
        grid.load_from(Path(folder), grid_points.Assumptions(neutrinos, reheating=temperature))
    changed = {
        name: replace(c, reheating=temperature, folder=str(folder))
        for name, c in constraint.criteria.items()
        if isinstance(c, Criterion) and c.reheating == np.inf
    }
    return replace(constraint, criteria=changed, comparisons=())


_UNKNOWN = "how 2007.15563 treats injected neutrinos and which values it demands is not known"
_WEAKER = (
    "conservation of energy alone gives N_eff of 3.8 to 3.9 on the published line, given thermal N; an independent prototype"
    " with the same cut is stronger than it too"
)
_NOSE = "above 1.2 MeV ours is open below the last region: gradual decoupling at the QCD transition shortens the nose"
_TIED = "ours lies lower because nu gamma <-> N ties neutrinos to photons while e+e- annihilate, which needs two temperatures"


def _published(table: str, preset: str, edge: str, note: str, verdict: str, evidence: bool = True) -> Published:
    return msgspec.convert(
        {
            "table": f"published/{table}.csv",
            "source": "2007.15563, Fig. 2 (vector graphics)",
            "convention": "mu",
            "preset": preset,
            "flavor": "mu",
            "edge": edge,
            "evidence": evidence,
            "verdict": verdict,
            "note": note,
        },
        Published,
    )


CONSTRAINTS: tuple[SkyConstraint, ...] = (
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
        compared_edges=("gap-low", "gap-high", "open"),
        comparisons=(
            _published(
                "bbn",
                "brdar2020",
                "gap-low",
                f"{_UNKNOWN}; Y_p < 0.256 is fitted to the level of this very line",
                "",
                False,
            ),
            _published("bbn", "brdar2020", "gap-high", f"{_UNKNOWN}; {_NOSE}", "input missing"),
            _published("bbn", "brdar2020", "open", f"{_UNKNOWN}; {_TIED}", "refuted"),
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
        compared_edges=("gap-low", "gap-high", "open"),
        comparisons=tuple(
            _published(table, preset, edge, f"{_UNKNOWN}; {why}", "refuted")
            for table, preset in (("cmb", "brdar2020"), ("cmb-future", "brdar2020-future"))
            for edge, why in (("gap-low", _WEAKER), ("gap-high", _TIED))
        ),
    ),
)
