r"""What decides whether a star excludes a coupling: a statistic q(d), excluded where it exceeds its critical value.

``sn1987a``
    luminosity in N over 3e52 erg/s, in one of the modes of :mod:`nudipole.supernova.luminosity`
``supernova-energy``
    the largest of: photon energy left in a progenitor over 0.1 B; gamma rays of SN1987A in the Solar Maximum Mission,
    -2 ln of the profile likelihood ratio; energetic neutrinos in the 1987 burst
``supernova-next``
    energetic neutrinos of a supernova at 10 kpc in Super- and Hyper-Kamiokande (projection)
``red-giants``
    (d / d_lim)^2 with d_lim(M) from plasmon decay and the bound on a massless N

Each is a frozen set of assumptions behind :class:`nudipole.sky.constraint.Criterion`; the presets of
:mod:`nudipole.supernova.constraints` are such sets. Critical values are one-sided Gaussian ones. The cooling, energy and stellar
criteria are ratios to one number without a confidence level: they count as 95 %, q is the ratio times the critical value
there, and no other level can be asked for. Counting gives any level.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.constraint import End, Kind
from nudipole.errors import LARGEST_TOTAL, DomainError, check_choice, check_non_negative, check_positive
from nudipole.inference import counting
from nudipole.portal import Direction
from nudipole.sky import scan
from nudipole.supernova import bursts, deposition, emission, gamma_rays, luminosity, red_giants

FloatArray = npt.NDArray[np.float64]
COOLING_ERG_PER_SECOND = 3e52  # Raffelt 1996: the neutrino luminosity one second after bounce
GAIN_RADIUS_KM = deposition.GAIN_RADIUS_KM
STATED_LEVEL = 0.95  # of criteria that are one number
LIGHTEST, HEAVIEST = 1e-6, 0.6  # GeV, of the curves; nothing changes for a smaller M in the cooling of a star
_EMPTY = 1e-300
OXYGEN_COLUMN = (
    8e13  # g/cm^2: half a solar mass at 1e9 cm, of the progenitors of energetic supernovae and of SN1987A (estimate)
)


@dataclass(frozen=True)
class _Stellar:
    """What every criterion of this module shares."""

    @property
    def kind(self) -> Kind:
        """Exclusion."""
        return "exclusion"

    @property
    def confidence_level(self) -> float:
        """95 %, by convention where the criterion is one number."""
        return STATED_LEVEL

    @property
    def any_level(self) -> bool:
        """False: one number."""
        return False

    @property
    def reach(self) -> tuple[float, float]:
        """Masses [GeV] of the curve."""
        return LIGHTEST, HEAVIEST

    @property
    def walls(self) -> tuple[End, End]:
        """The curve is drawn from 1 keV on and goes on below; heavier N are not made."""
        return "card", "physics"

    @property
    def depends_on_decay(self) -> bool:
        """True."""
        return True

    def couplings(self, mass: float, direction: Direction) -> FloatArray | None:
        """1e-14 to 1e-4 GeV^-1."""
        return scan.COUPLINGS

    def critical(self, cl: float) -> float:
        """One-sided Gaussian critical value."""
        return one_sided_critical_value(cl)

    def canonical(self, direction: Direction) -> tuple[Direction, float]:
        """The direction itself."""
        return direction, 1.0

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """None."""
        return ()


def _bath_only(direction: Direction) -> tuple[Direction, float]:
    """nu_mu for nu_tau where only the thermal bath matters, so that the second of them costs nothing."""
    return (replace(direction, name="mu") if direction.name == "tau" else direction), 1.0


@dataclass(frozen=True)
class Cooling(_Stellar):
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

    def canonical(self, direction: Direction) -> tuple[Direction, float]:
        """nu_mu for nu_tau."""
        return _bath_only(direction)

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """That this is no test at a confidence level."""
        return (_CRITERION,)

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """Luminosity over its limit, times the critical value at 95 %."""
        return self.ratio(mass, direction, d) * self.critical(STATED_LEVEL)

    def ratio(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """Luminosity or emissivity over its limit, shape d.shape."""
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


_CRITERION = "one number without a confidence level, stated as 95 %"
_COUNTED = "counts are judged by the Poisson CL_s, the whole part of the background being seen"


@dataclass(frozen=True)
class VisibleEnergy(_Stellar):
    """Settings of ``supernova-energy``: the star and which of the three arguments count."""

    star: emission.Star = field(default_factory=emission.Star)
    arguments: tuple[str, ...] = ("deposition", "gamma-rays", "neutrinos")
    limit_erg: float = deposition.LIMIT_ERG
    progenitor_cm: float = deposition.PROGENITOR_CM
    oxygen_column: float = OXYGEN_COLUMN
    geometry: gamma_rays.Geometry = field(default_factory=gamma_rays.Geometry)
    observation: bursts.Observation = field(default_factory=bursts.Observation)
    angular: str = "average"
    note: str = "any of three: energy left in low-energy supernovae, gamma rays and energetic neutrinos of SN1987A"

    def __post_init__(self) -> None:
        check_positive(largest=LARGEST_TOTAL, limit_erg=self.limit_erg)
        check_positive(progenitor_cm=self.progenitor_cm)
        check_non_negative(oxygen_column=self.oxygen_column)

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """The test of each argument."""
        tests = {"deposition": f"energy left in progenitors: {_CRITERION}", "neutrinos": f"neutrinos: {_COUNTED}"}
        return tuple(text for name, text in tests.items() if name in self.arguments)

    @property
    def any_level(self) -> bool:
        """Unless the energy left in progenitors counts, which is one number."""
        return "deposition" not in self.arguments

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """The largest of the arguments, shape d.shape."""
        rates = emission.rates(self.star, mass, direction, GAIN_RADIUS_KM)
        rays = luminosity.escape(rates, GAIN_RADIUS_KM, self.angular, self.oxygen_column)
        largest = np.full(d.shape, _EMPTY)
        if "deposition" in self.arguments:
            energy = deposition.deposited_energy(rays, d, self.progenitor_cm)
            largest = np.maximum(largest, energy / self.limit_erg * self.critical(STATED_LEVEL))
        if "gamma-rays" in self.arguments:
            largest = np.maximum(largest, gamma_rays.statistic(rays, d, self.geometry))
        if "neutrinos" in self.arguments:
            events = bursts.events(rays, d, direction, self.observation)
            largest = np.maximum(largest, bursts.statistic(events))
        return largest


@dataclass(frozen=True)
class NextSupernova(_Stellar):
    """Settings of ``supernova-next``: the star and what observes it, at which distance."""

    star: emission.Star = field(default_factory=emission.Star)
    observation: bursts.Observation = field(
        default_factory=lambda: bursts.Observation((bursts.SUPER_K, bursts.HYPER_K), distance_kpc=10.0)
    )
    oxygen_column: float = OXYGEN_COLUMN
    note: str = "Super- and Hyper-Kamiokande together, 10 kpc, events above 75 MeV over the tail of the thermal burst"

    def __post_init__(self) -> None:
        check_non_negative(oxygen_column=self.oxygen_column)

    @property
    def kind(self) -> Kind:
        """Projection."""
        return "projection"

    @property
    def confidence_level(self) -> float:
        """90 %."""
        return 0.9

    @property
    def any_level(self) -> bool:
        """True: Poisson counting."""
        return True

    def notes(self, direction: Direction) -> tuple[str, ...]:
        """The test."""
        return (_COUNTED,)

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """Of the events expected, shape d.shape."""
        rates = emission.rates(self.star, mass, direction, GAIN_RADIUS_KM)
        rays = luminosity.escape(rates, GAIN_RADIUS_KM, column=self.oxygen_column)
        background = bursts.thermal_background(self.observation)
        return bursts.statistic(bursts.events(rays, d, direction, self.observation), background)


@dataclass(frozen=True)
class Stellar(_Stellar):
    """Settings of ``red-giants``: bound on mu of a massless N [mu_B] and the core."""

    massless_mu: float = 1.2e-12
    core: red_giants.Core = field(default_factory=red_giants.Core)
    note: str = "omega Centauri, mu < 1.2e-12 mu_B at 95 % for a massless partner (2007.03694)"

    def __post_init__(self) -> None:
        check_positive(massless_mu=self.massless_mu)

    @property
    def reach(self) -> tuple[float, float]:
        """Masses [GeV] up to the largest photon mass of the plasma."""
        return LIGHTEST, self.core.largest_mass

    @property
    def depends_on_decay(self) -> bool:
        """False: N leaves the core, or its decay would heat it no less."""
        return False

    def canonical(self, direction: Direction) -> tuple[Direction, float]:
        """nu_mu for nu_tau."""
        return _bath_only(direction)

    def statistic(self, mass: float, direction: Direction, d: FloatArray) -> FloatArray:
        """(d / d_lim)^2 times the critical value at 95 %, shape d.shape."""
        scale = units.d_from_mu(self.massless_mu) * red_giants.scaled_limit(mass, self.core)
        if not np.isfinite(scale):
            return np.full(d.shape, _EMPTY)
        return sum(emission.flavor_weights(direction)) * (d / scale) ** 2 * self.critical(STATED_LEVEL)


Settings = Cooling | VisibleEnergy | NextSupernova | Stellar


def one_sided_critical_value(cl: float) -> float:
    """One-sided Gaussian critical value of Delta(-2 ln L): 2.71 at 95 %, 1.64 at 90 %."""
    if not 0.5 < cl < 1.0:
        raise DomainError(f"a confidence level lies between 0.5 and 1, got {cl:g}")
    return counting.critical_value(cl, one_sided=True)
