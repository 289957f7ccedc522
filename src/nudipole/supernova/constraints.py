r"""The sky's own constraints: ``sn1987a``, ``supernova-energy``, ``supernova-next`` and ``red-giants``.

A coupling is excluded where the ratio r(d) of :mod:`nudipole.supernova.criteria` exceeds 1. ``test_statistic`` is r times the
one-sided Gaussian critical value at the constraint's confidence level. Presets are frozen settings of those criteria; the
default is our best physics, ``explain`` lists what a preset changes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval, Kind, Limit, as_masses
from nudipole.errors import DomainError, check_choice, check_positive
from nudipole.inputs.cards import Published
from nudipole.portal import DIRECTIONS, Direction, Portal
from nudipole.supernova import bursts, emission, scan
from nudipole.supernova.criteria import (
    Cooling,
    NextSupernova,
    Settings,
    Stellar,
    VisibleEnergy,
    one_sided_critical_value,
)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SkyConstraint:
    """A constraint of this room: settings by preset, and the protocol of :class:`nudipole.constraint.Constraint`."""

    key: str
    title: str
    settings: Mapping[str, Settings]
    citations: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kind: Kind = "exclusion"
    basis: str = "first-principles"
    confidence_level: float = 0.95
    flavors: tuple[str, ...] = DIRECTIONS
    mass_range: tuple[float, float] = (1e-5, 0.6)  # GeV
    smooth: bool = True  # fine curves are interpolated in mass
    comparisons: tuple[Published, ...] = ()  # published curves for the validation page

    @property
    def presets(self) -> tuple[str, ...]:
        """Names of the settings, ``default`` first."""
        return tuple(self.settings)

    def setting(self, preset: str = "default") -> Settings:
        """The settings of a preset.

        Raises
        ------
        UnknownNameError
            If there is no such preset.
        """
        check_choice(f"preset of {self.key}", preset, self.settings)
        return self.settings[preset]

    def test_statistic(self, portals: Sequence[Portal], preset: str = "default") -> FloatArray:
        """r(d) times the one-sided Gaussian critical value at ``confidence_level``, for each point."""
        setting, cl = self.setting(preset), self.confidence_level
        for portal in portals:
            portal.direction.check_no_extra_width(self.key)
        ratios = [float(setting.ratio(p.mass, p.direction, np.array([p.d]), cl)[0]) for p in portals]
        return np.array(ratios) * one_sided_critical_value(cl)

    def limit(
        self, masses: npt.ArrayLike, direction: Direction, cl: float | None = None, preset: str = "default"
    ) -> Limit:
        """Excluded intervals in d at each mass [GeV], > 0.

        Raises
        ------
        DomainError
            If a mass is not positive or ``cl`` is not between 0.5 and 1.
        UnknownNameError
            If the preset does not exist.
        """
        check_positive(masses=masses)
        direction.check_no_extra_width(self.key)
        level = self.confidence_level if cl is None else cl
        one_sided_critical_value(level)  # refuses what is none
        setting = self.setting(preset)
        grid = as_masses(masses)
        same = _same_physics(setting, direction)
        knots = scan.KNOTS if self.smooth else len(grid)
        excluded = scan.curve(lambda mass: _excluded(setting, mass, same, level), grid, knots)
        return Limit(
            self.key, direction, level, grid, excluded, self.kind, self.basis, preset, self.citations, self.notes
        )

    def explain(self, preset: str = "default") -> dict[str, Any]:
        """The settings of a preset, and under ``differs`` what is not as in the default."""
        chosen, default = asdict(self.setting(preset)), asdict(self.setting())
        differs = {name: {"default": default.get(name), preset: chosen[name]} for name in chosen}
        return {
            "preset": preset,
            **chosen,
            "differs": {name: pair for name, pair in differs.items() if pair["default"] != pair[preset]},
            "notes": self.notes,
        }


def with_star(constraint: SkyConstraint, star: emission.Star) -> SkyConstraint:
    """The constraint with every preset on this star, such as a table of the user's; ``red-giants`` has none.

    Raises
    ------
    DomainError
        If the constraint does not depend on a proto-neutron star, or the star lacks the potential it should supply.
    TableError
        If the star's table cannot be read.

    Examples
    --------
    >>> source = with_star(CONSTRAINTS[0], emission.Star("hot", "none"))
    >>> bool(source.limit([0.1], Direction("mu")).lower[0] < 1e-9)
    True
    """
    star.load()
    settings: dict[str, Settings] = {}
    for name, setting in constraint.settings.items():
        if isinstance(setting, Stellar):
            raise DomainError(f"{constraint.key} does not depend on a proto-neutron star")
        settings[name] = replace(setting, star=star)
    return replace(constraint, settings=settings)


def _same_physics(setting: Settings, direction: Direction) -> Direction:
    """nu_tau for nu_mu where only the thermal bath matters, so that the second of them costs nothing."""
    bath_only = isinstance(setting, Cooling | Stellar)
    return replace(direction, name="mu") if bath_only and direction.name == "tau" else direction


@functools.lru_cache(maxsize=4096)
def _excluded(setting: Settings, mass: float, direction: Direction, cl: float) -> tuple[Interval, ...]:
    return scan.excluded_intervals(functools.partial(setting.ratio, mass, direction, cl=cl))


_ANALYTIC = emission.Star("analytic", "none")
_COOLING: dict[str, Settings] = {
    "default": Cooling(),
    "magill2018": Cooling(
        emission.Star("analytic", 200.0),
        "mean-free-path",
        angular="radial",
        note="1803.03262 as far as it is known: analytic profile, nu_e with the customary 200 MeV inside the"
        " neutrinosphere, free streaming below and a core mean free path of 10 km above",
    ),
    "magill2018-electrons": Cooling(
        emission.Star("analytic", 200.0, channels=("electrons", "photons", "pairs")),
        "mean-free-path",
        angular="radial",
        note="the same without protons: the published trapping edge is that of electrons alone (2402.01624 calls the"
        " Primakoff effect on protons its addition)",
    ),
    "chauhan2024": Cooling(
        _ANALYTIC,
        angular="radial",
        note="2402.01624 in method (integrated luminosity); its profile and curves were not available, ours: analytic",
    ),
    "hot": Cooling(emission.Star("hot"), note="the default with the hot profile"),
    "mean-free-path": Cooling(
        mode="mean-free-path", note="the default with a mean free path of 10 km as trapping edge"
    ),
    "n-sphere": Cooling(mode="n-sphere", note="the default with a black-body N sphere as trapping edge"),
    "raffelt": Cooling(mode="raffelt", note="local emissivity against 1e19 erg/g/s, non-degenerate, no trapping edge"),
}
_ENERGY: dict[str, Settings] = {
    "default": VisibleEnergy(),
    "chauhan2024": VisibleEnergy(
        _ANALYTIC,
        ("deposition",),
        angular="radial",
        note="2402.01624 in method: low-energy supernovae, analytic profile",
    ),
    "hot": VisibleEnergy(emission.Star("hot"), note="the default with the hot profile"),
    "low-energy-supernovae": VisibleEnergy(arguments=("deposition",), note="energy deposition alone"),
    "gamma-rays": VisibleEnergy(arguments=("gamma-rays",), note="Solar Maximum Mission alone"),
    "energetic-neutrinos": VisibleEnergy(arguments=("neutrinos",), note="Kamiokande-II, IMB and Baksan alone"),
}
_NEXT: dict[str, Settings] = {
    "default": NextSupernova(),
    "super-k": NextSupernova(
        observation=bursts.Observation((bursts.SUPER_K,), distance_kpc=10.0), note="Super-Kamiokande alone"
    ),
    "hyper-k": NextSupernova(
        observation=bursts.Observation((bursts.HYPER_K,), distance_kpc=10.0), note="Hyper-Kamiokande alone"
    ),
}
_GIANTS: dict[str, Settings] = {
    "default": Stellar(),
    "brdar2020": Stellar(
        2.2e-12, note="2007.15563: massless bound 2.2e-12 mu_B of 1910.10568, tail above 18 keV left out"
    ),
}
_CRITERION = "criterion without a confidence level of its own; cl has no effect"

CONSTRAINTS: tuple[SkyConstraint, ...] = (
    SkyConstraint(
        "sn1987a",
        "SN1987A cooling",
        _COOLING,
        ("Raffelt:1996wa", "Magill:2018jla", "Chang:2016ntp", "Bollig:2020xdr", "Chauhan:2024nfa"),
        (_CRITERION, "one snapshot at one second; gravitational trapping left out"),
        comparisons=(
            Published(
                table="published/sn1987a.csv",
                preset="magill2018",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                note="only degenerate nu_e give this edge (nu_mu is 12 times weaker); above 150 MeV inverse decay makes all"
                " of N, and the published edge keeps falling where the tail of photons and neutrinos at 15-30 MeV makes"
                " ours rise: a factor 4 at 300 MeV. A core at 40 MeV or mu_nu = 300 MeV would follow it; neither is ours to"
                " choose, the text was not available",
            ),
            Published(
                table="published/sn1987a.csv",
                preset="magill2018",
                edge="upper",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                note="below 50 MeV the published trapping edge is that of electrons alone, with protons the opacity is five"
                " times as large and ours half as high; above, d^2 M^4 of the published edge is constant to 8 %, the decay of N of a fixed 33"
                " MeV within 10 km, while we average over the emitted energies, which exceed M",
            ),
            Published(
                table="published/sn1987a.csv",
                preset="magill2018-electrons",
                edge="upper",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                note="without protons: 7 to 11 % up to 10 MeV; the rest as above",
            ),
        ),
    ),
    SkyConstraint(
        "supernova-energy",
        "Supernovae: energy, gamma rays and neutrinos of N decays",
        _ENERGY,
        ("Caputo:2022mah", "Chupp:1989kx", "Hoof:2022xbe", "Fiorillo:2022cdq", "Chauhan:2024nfa"),
        ("three seconds of emission at the snapshot's rate; fireballs not modelled",),
        comparisons=(
            Published(
                table="published/supernova-energy.csv",
                preset="chauhan2024",
                flavor="mu",
                source="2402.01624, abstract",
                note="one number, the strongest coupling of the paper, without its mass; its profile and curves were not"
                " available. Our analytic profile reaches 4.3e-11, the hot one 1.0e-11 (nu_e 7e-12)",
            ),
        ),
    ),
    SkyConstraint(
        "supernova-next",
        "Next Galactic supernova (Super-K, Hyper-K)",
        _NEXT,
        ("Akita:2023iwq", "Fiorillo:2022cdq"),
        ("three seconds of emission at the snapshot's rate",),
        kind="projection",
        confidence_level=0.9,
    ),
    SkyConstraint(
        "red-giants",
        "Red giants",
        _GIANTS,
        ("Capozzi:2020cbu", "Raffelt:1996wa", "Brdar:2020quo"),
        (_CRITERION, "scales the massless bound by plasmon decay; open above, trapping in the core is not modelled"),
        basis="normalised",
        mass_range=(1e-6, 1.79e-5),
        smooth=False,
        comparisons=(
            Published(
                table="published/red-giants.csv",
                convention="mu",
                preset="brdar2020",
                flavor="mu",
                source="2007.15563, Fig. 2",
                note="plasmon decay ends at 17.9 keV; the published tail above comes from a recipe that is not published",
            ),
        ),
    ),
)
