r"""Red giants: plasmon decay gamma* -> nu N delays the helium flash.

With the width of :func:`nudipole.processes.plasma.stellar_plasma.plasmon_width`, the energy lost per volume and d^2 is

.. math:: Q(M) = \sum_{T,T,L}\int\frac{k^2dk}{2\pi^2}\,\frac{\omega\,\Gamma(K^2)}{e^{\omega/T} - 1},

with the dispersion and residues of both branches of :mod:`nudipole.processes.plasma.dispersion` at the tip of the red-giant
branch: rho = 1e6 g/cm^3, T = 8.6 keV, omega_p = 17.9 keV, Fermi velocity 0.62. A bound on a massless N rescales, mu(M) = mu(0)
[Q(M)/Q(0)]^(-1/2), and ends at the largest invariant mass of a photon, 18.7 keV. What remains above (thermal gamma e -> e
gamma*) is shown by :cite:`Brdar:2020quo` as a tail whose recipe is not published.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole import units
from nudipole.errors import check_between, check_non_negative
from nudipole.processes.plasma import dispersion
from nudipole.processes.plasma import stellar_plasma as plasma

FloatArray = npt.NDArray[np.float64]
_NODES, _RATIOS = 80, 300
_TAIL = 40.0


@dataclass(frozen=True)
class Core:
    """Degenerate helium core: density [g/cm^3], electron fraction, temperature [GeV]."""

    density: float = 1e6
    electron_fraction: float = 0.5
    temperature: float = 8.6 * units.KEV

    def __post_init__(self) -> None:
        check_between(1.0, 1e15, density=self.density)
        check_between(0.01, 1.0, electron_fraction=self.electron_fraction)
        check_between(units.EV, units.GEV, temperature=self.temperature)

    @property
    def plasma_frequency(self) -> float:
        """omega_p [GeV]."""
        return float(plasma.stellar_plasma_frequency(self.density, self.electron_fraction))

    @property
    def fermi_velocity(self) -> float:
        """v_F of the degenerate electrons."""
        electrons = self.density * units.GRAM / units.CENTIMETRE**3 * self.electron_fraction / units.ATOMIC_MASS_UNIT
        momentum = (3.0 * np.pi**2 * electrons) ** (1.0 / 3.0)
        return float(momentum / np.hypot(momentum, units.ELECTRON_MASS))

    @property
    def largest_mass(self) -> float:
        """Invariant mass [GeV] of a transverse photon of high momentum, the heaviest that decays."""
        return float(dispersion.transverse_mass(self.plasma_frequency, self.fermi_velocity))


def energy_loss(mass: npt.ArrayLike, core: Core | None = None) -> FloatArray:
    """Q(M) per d^2 [GeV^7] for masses [GeV]; zero at and above the largest mass of a photon.

    Examples
    --------
    >>> heavy, light = energy_loss([1e-5, 0.0])
    >>> bool(0 < heavy < light)
    True
    """
    check_non_negative(mass=mass)
    core = core or Core()
    mass = np.asarray(mass, dtype=float)[..., None]
    nodes, weights = plasma.legendre(_NODES)
    u = 0.5 * (nodes + 1.0)
    return _transverse(mass, core, u, 0.5 * weights) + _longitudinal(mass, core, u, 0.5 * weights)


def _transverse(mass: FloatArray, core: Core, u: FloatArray, weights: FloatArray) -> FloatArray:
    """Both polarisations; K^2 rises with k from omega_p^2, and exceeds M^2 from some k on."""
    frequency, velocity = core.plasma_frequency, core.fermi_velocity
    first = _first_wave(mass, core)
    reach = _TAIL * core.temperature
    wave = first + reach * u**2  # dense at the threshold
    omega = dispersion.transverse_energy(wave, frequency, velocity)
    residue = dispersion.transverse_residue(omega, wave, frequency, velocity)
    width = plasma.plasmon_width((omega - wave) * (omega + wave), mass, omega, residue)
    measure = 2.0 * reach * u * weights * wave**2 / (2.0 * np.pi**2)
    return np.asarray(2.0 * np.sum(measure * omega * plasma.bose(omega, core.temperature) * width, axis=-1))


def _first_wave(mass: FloatArray, core: Core) -> FloatArray:
    """k above which K^2 > M^2: zero below the plasma frequency, else from the dispersion at K^2 = M^2."""
    frequency, velocity = core.plasma_frequency, core.fermi_velocity
    excess = 2.0 * ((mass / frequency) ** 2 - 1.0)
    x = _ratios(core)[0](np.clip(excess, 0.0, None))
    # K^2 = omega^2 - k^2 = k^2 (v^2 / x - 1)
    return np.where(excess > 0, mass / np.sqrt(velocity**2 / np.clip(x, 1e-15, velocity**2 * (1.0 - 1e-12)) - 1.0), 0.0)


def _longitudinal(mass: FloatArray, core: Core, u: FloatArray, weights: FloatArray) -> FloatArray:
    """K^2 falls with k from omega_p^2 and meets M^2, at the latest on the light cone x = v^2."""
    frequency, velocity = core.plasma_frequency, core.fermi_velocity

    last = np.clip(_ratios(core)[1](np.minimum((mass / frequency) ** 2, 1.0)), 0.0, velocity**2)
    root = np.sqrt(last) * u  # sqrt(x), as k is proportional to it
    x = root**2
    omega = dispersion.longitudinal_energy(x, frequency)
    wave = root * omega / velocity
    k2 = omega**2 * (1.0 - x / velocity**2)
    # dk = d(sqrt(x)) omega / v (1 + dln(omega) / dln(sqrt(x))), the last by a centred difference
    step = 1e-4
    ends = [np.log(dispersion.longitudinal_energy(np.minimum(x * np.exp(s), 0.99), frequency)) for s in (step, -step)]
    slope = (ends[0] - ends[1]) / step
    measure = np.sqrt(last) * weights * omega / velocity * (1.0 + slope) * wave**2 / (2.0 * np.pi**2)
    inside = k2 > 0
    residue = dispersion.longitudinal_residue(omega, wave, frequency, velocity) / np.where(inside, k2, np.inf)
    width = plasma.plasmon_width(np.maximum(k2, 0.0), mass, omega, residue)
    return np.asarray(np.sum(measure * omega * plasma.bose(omega, core.temperature) * width, axis=-1))


def limit_ratio(mass: npt.ArrayLike, core: Core | None = None) -> FloatArray:
    """d_lim(M) / d_lim(0) = [Q(M)/Q(0)]^(-1/2); infinite where nothing is emitted.

    Examples
    --------
    >>> round(float(limit_ratio(10e-6)), 2)
    1.15
    """
    core = core or Core()
    loss = energy_loss(mass, core) / _massless_loss(core)
    return np.divide(1.0, np.sqrt(loss), out=np.full_like(loss, np.inf), where=loss > 0)


@functools.cache
def _ratios(core: Core) -> tuple[PchipInterpolator, PchipInterpolator]:
    """x = v^2 k^2 / omega^2 where K^2 = M^2: transverse against 2 (M^2 / omega_p^2 - 1), longitudinal against M^2 / omega_p^2."""
    cone = core.fermi_velocity**2
    x = cone * np.sin(np.linspace(0.0, np.pi / 2, _RATIOS)) ** 2
    energy2 = dispersion.longitudinal_energy(x, 1.0) ** 2
    invariant2 = energy2 * (1.0 - x / cone)
    return (
        PchipInterpolator(dispersion.correction(x), x),
        PchipInterpolator(invariant2[::-1], x[::-1]),
    )


@functools.lru_cache(maxsize=4096)
def scaled_limit(mass: float, core: Core) -> float:
    """:func:`limit_ratio` of one mass [GeV], remembered."""
    return float(limit_ratio(mass, core))


@functools.cache
def _massless_loss(core: Core) -> float:
    return float(energy_loss(0.0, core))
