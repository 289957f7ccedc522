r"""What decides whether the sky excludes a coupling: a ratio r(d) to a criterion, excluded where r > 1.

===================  ==================================================================================================
``sn1987a``          luminosity in N over 3e52 erg/s, in one of the modes of :mod:`nudipole.supernova.luminosity`
``supernova-energy`` the largest of: photon energy left in a progenitor over 0.1 B; gamma rays of SN1987A in the Solar
                     Maximum Mission, Delta(-2 ln L) over the critical value; energetic neutrinos in the 1987 burst over
                     the classical upper limit
``supernova-next``   energetic neutrinos of a supernova at 10 kpc in Super- and Hyper-Kamiokande (projection)
``red-giants``       (d / d_lim)^2 with d_lim(M) from plasmon decay and the bound on a massless N
===================  ==================================================================================================

Each is a frozen set of assumptions with the method ``ratio``; the presets of :mod:`nudipole.supernova.constraints` are such
sets. The cooling, energy and stellar criteria have no confidence level of their own: ``cl`` moves the counting experiments
only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST_TOTAL, DomainError, check_choice, check_positive
from nudipole.inference import counting
from nudipole.portal import Direction
from nudipole.supernova import bursts, deposition, emission, gamma_rays, luminosity, red_giants

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
            largest = np.maximum(largest, excess / one_sided_critical_value(cl))
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


def one_sided_critical_value(cl: float) -> float:
    """One-sided Gaussian critical value of Delta(-2 ln L): 2.71 at 95 %, 1.64 at 90 %."""
    if not 0.5 < cl < 1.0:
        raise DomainError(f"a confidence level lies between 0.5 and 1, got {cl:g}")
    return counting.critical_value(cl, one_sided=True)
