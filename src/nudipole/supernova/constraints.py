r"""The sky's own constraints: ``sn1987a``, ``supernova-energy``, ``supernova-next`` and ``red-giants``.

Every one is a ratio r(d) to a criterion, excluded where r > 1:

===================  ==================================================================================================
``sn1987a``          luminosity in N over 3e52 erg/s, in one of the modes of :mod:`nudipole.supernova.luminosity`
``supernova-energy`` the largest of: photon energy left in a progenitor over 0.1 B; gamma rays of SN1987A in the Solar
                     Maximum Mission, Delta(-2 ln L) over the critical value; energetic neutrinos in the 1987 burst over
                     the classical upper limit
``supernova-next``   energetic neutrinos of a supernova at 10 kpc in Super- and Hyper-Kamiokande (projection)
``red-giants``       (d / d_lim)^2 with d_lim(M) from plasmon decay and the bound on a massless N
===================  ==================================================================================================

``test_statistic`` is r times the one-sided Gaussian critical value at the constraint's confidence level. The
cooling, energy and stellar criteria have no confidence level of their own: ``cl`` moves the counting experiments
only. Presets are the frozen settings below; the default is our best physics, ``explain`` lists what a preset changes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nudipole import units
from nudipole.cards import Published
from nudipole.constraint import Interval, Kind, Limit, as_masses
from nudipole.errors import LARGEST_TOTAL, DomainError, check_choice, check_positive
from nudipole.portal import DIRECTIONS, Direction, Portal
from nudipole.supernova import bursts, deposition, emission, gamma_rays, luminosity, red_giants, scan

FloatArray = npt.NDArray[np.float64]
COOLING_ERG_PER_SECOND = 3e52  # Raffelt 1996: the neutrino luminosity one second after bounce
GAIN_RADIUS_KM = deposition.GAIN_RADIUS_KM
SMALLEST_MASS = 1e-5  # GeV; below, decays in the time window happen on the scale of the distance to SN1987A
_EMPTY_RATIO = 1e-300


@dataclass(frozen=True)
class Cooling:
    """Settings of ``sn1987a``: the star, the mode, R_far [km], angular treatment and the luminosity limit [erg/s]."""

    star: emission.Star = field(default_factory=emission.Star)
    mode: str = "integrated-luminosity"
    far_km: float = GAIN_RADIUS_KM
    angular: str = "average"
    limit_erg_per_s: float = COOLING_ERG_PER_SECOND
    note: str = (
        "best physics: cold profile, nu_e degenerate as in beta equilibrium, energy beyond the gain radius is lost"
    )

    def __post_init__(self) -> None:
        check_choice("supernova mode", self.mode, luminosity.MODES)
        check_choice("angular treatment", self.angular, ("average", "radial"))
        check_positive(far_km=self.far_km)
        check_positive(largest=LARGEST_TOTAL, limit_erg_per_s=self.limit_erg_per_s)

    def ratio(self, mass: float, direction: Direction, d: FloatArray, cl: float) -> FloatArray:
        """r(d), shape d.shape."""
        if self.mode == "raffelt":
            weight = sum(emission.flavor_weights(direction))
            return weight * (d / luminosity.raffelt_coupling(mass)) ** 2
        rates = emission.rates(self.star, mass, direction, self.far_km)
        rays = luminosity.escape(rates, self.far_km, self.angular)
        if self.mode == "integrated-luminosity":
            return rays.luminosity(d) / self.limit_erg_per_s
        free = rays.free_luminosity() * d**2 / self.limit_erg_per_s
        if self.mode == "mean-free-path":
            # the path of N whose final neutrinos are not blocked
            clear = emission.rates(replace(self.star, neutrino_potential="none"), mass, direction, self.far_km)
            return np.minimum(free, (luminosity.mean_free_path_coupling(clear) / d) ** 2)
        sphere = luminosity.sphere_luminosity(rates, d) / self.limit_erg_per_s
        return np.minimum(free, sphere)


@dataclass(frozen=True)
class VisibleEnergy:
    """Settings of ``supernova-energy``: the star and which of the three arguments count."""

    star: emission.Star = field(default_factory=emission.Star)
    arguments: tuple[str, ...] = ("deposition", "gamma-rays", "neutrinos")
    limit_erg: float = deposition.LIMIT_ERG
    progenitor_cm: float = deposition.PROGENITOR_CM
    geometry: gamma_rays.Geometry = field(default_factory=gamma_rays.Geometry)
    observation: bursts.Observation = field(default_factory=bursts.Observation)
    angular: str = "average"
    note: str = "any of three: energy left in low-energy supernovae, gamma rays and energetic neutrinos of SN1987A"

    def __post_init__(self) -> None:
        check_positive(largest=LARGEST_TOTAL, limit_erg=self.limit_erg)
        check_positive(progenitor_cm=self.progenitor_cm)

    def ratio(self, mass: float, direction: Direction, d: FloatArray, cl: float) -> FloatArray:
        """r(d), shape d.shape: the largest of the arguments."""
        rates = emission.rates(self.star, mass, direction, GAIN_RADIUS_KM)
        rays = luminosity.escape(rates, GAIN_RADIUS_KM, self.angular)
        largest = np.full(d.shape, _EMPTY_RATIO)
        if "deposition" in self.arguments:
            energy = deposition.deposited_energy(rays, d, self.progenitor_cm)
            largest = np.maximum(largest, energy / self.limit_erg)
        if "gamma-rays" in self.arguments and mass >= SMALLEST_MASS:
            excess = gamma_rays.statistic(rays, d, self.geometry)
            largest = np.maximum(largest, excess / critical_value(cl))
        if "neutrinos" in self.arguments and mass >= SMALLEST_MASS:
            largest = np.maximum(largest, _burst_ratio(rays, d, direction, self.observation, cl, 0.0))
        return largest


@dataclass(frozen=True)
class NextSupernova:
    """Settings of ``supernova-next``: the star and what observes it, at which distance."""

    star: emission.Star = field(default_factory=emission.Star)
    observation: bursts.Observation = field(
        default_factory=lambda: bursts.Observation((bursts.SUPER_K, bursts.HYPER_K), distance_kpc=10.0)
    )
    note: str = "Super- and Hyper-Kamiokande together, 10 kpc, events above 75 MeV over the tail of the thermal burst"

    def ratio(self, mass: float, direction: Direction, d: FloatArray, cl: float) -> FloatArray:
        """r(d), shape d.shape."""
        if mass < SMALLEST_MASS:
            return np.full(d.shape, _EMPTY_RATIO)
        rates = emission.rates(self.star, mass, direction, GAIN_RADIUS_KM)
        rays = luminosity.escape(rates, GAIN_RADIUS_KM)
        background = bursts.thermal_background(self.observation)
        return _burst_ratio(rays, d, direction, self.observation, cl, background)


@dataclass(frozen=True)
class Stellar:
    """Settings of ``red-giants``: bound on mu of a massless N [mu_B] and the core."""

    massless_mu: float = 1.2e-12
    core: red_giants.Core = field(default_factory=red_giants.Core)
    note: str = "omega Centauri, mu < 1.2e-12 mu_B at 95 % for a massless partner (2007.03694)"

    def __post_init__(self) -> None:
        check_positive(massless_mu=self.massless_mu)

    def ratio(self, mass: float, direction: Direction, d: FloatArray, cl: float) -> FloatArray:
        """r(d), shape d.shape."""
        scale = units.d_from_mu(self.massless_mu) * float(red_giants.limit_ratio(mass, self.core))
        if not np.isfinite(scale):
            return np.full(d.shape, _EMPTY_RATIO)
        return sum(emission.flavor_weights(direction)) * (d / scale) ** 2


Settings = Cooling | VisibleEnergy | NextSupernova | Stellar


def _burst_ratio(
    rays: luminosity.Escape,
    d: FloatArray,
    direction: Direction,
    observation: bursts.Observation,
    cl: float,
    background: float,
) -> FloatArray:
    return bursts.events(rays, d, direction, observation) / bursts.upper_limit(cl, background)


def critical_value(cl: float) -> float:
    """One-sided Gaussian critical value of Delta(-2 ln L): 2.71 at 95 %, 1.64 at 90 %."""
    if not 0.5 <= cl < 1.0:
        raise DomainError(f"a confidence level lies between 0.5 and 1, got {cl:g}")
    return float(ndtri(cl) ** 2)


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
        ratios = [float(setting.ratio(p.mass, p.direction, np.array([p.d]), cl)[0]) for p in portals]
        return np.array(ratios) * critical_value(cl)

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
        level = self.confidence_level if cl is None else cl
        if not 0.5 < level < 1.0:
            raise DomainError(f"a confidence level lies between 0.5 and 1, got {level:g}")
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
