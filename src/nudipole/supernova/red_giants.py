r"""Red giants: plasmon decay gamma* -> nu N delays the helium flash.

With the width of :func:`nudipole.processes.plasma.stellar_plasma.plasmon_width`, the energy lost per volume and d^2 is

.. math:: Q(M) = \sum_{T,T,L}\int\frac{k^2dk}{2\pi^2}\,\frac{\omega\,\Gamma(K^2)}{e^{\omega/T} - 1},
          \qquad T:\ K^2 = \omega_p^2, \qquad L:\ \omega = \omega_p,\ Z_L = \omega_p^2/K^2,

in the non-relativistic plasma at the tip of the red-giant branch (rho = 1e6 g/cm^3, T = 8.6 keV, omega_p = 17.9
keV). A bound on a massless N rescales, mu(M) = mu(0) [Q(M)/Q(0)]^(-1/2), and ends at M = omega_p. What remains above
(thermal gamma e and gamma gamma) is shown by :cite:`Brdar:2020quo` as a tail whose recipe is not published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_between, check_non_negative
from nudipole.processes.plasma import stellar_plasma as plasma

FloatArray = npt.NDArray[np.float64]
_NODES = 200
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


def energy_loss(mass: npt.ArrayLike, core: Core | None = None) -> FloatArray:
    """Q(M) per d^2 [GeV^7] for masses [GeV]; zero at and above the plasma frequency.

    Examples
    --------
    >>> heavy, light = energy_loss([1e-5, 0.0])
    >>> bool(0 < heavy < light)
    True
    """
    check_non_negative(mass=mass)
    core = core or Core()
    mass = np.asarray(mass, dtype=float)[..., None]
    frequency, heat = core.plasma_frequency, core.temperature
    nodes, weights = plasma.legendre(_NODES)
    u = 0.5 * (nodes + 1.0)
    # transverse: k up to 40 T above; longitudinal: K^2 = omega_p^2 - k^2 > M^2
    wave = _TAIL * heat * u
    omega = np.sqrt(wave**2 + frequency**2)
    measure = 0.5 * _TAIL * heat * weights * wave**2 / (2.0 * np.pi**2) * omega * plasma.bose(omega, heat)
    transverse = 2.0 * np.sum(measure * plasma.plasmon_width(frequency**2, mass, omega), axis=-1)
    reach = np.sqrt(np.maximum(frequency**2 - mass**2, 0.0))
    wave = reach * u
    invariant2 = frequency**2 - wave**2
    residue = frequency**2 / np.maximum(invariant2, 1e-6 * frequency**2)
    width = plasma.plasmon_width(invariant2, mass, frequency, residue)
    occupied = frequency * plasma.bose(frequency, heat) / (2.0 * np.pi**2)
    longitudinal = np.sum(0.5 * reach * weights * wave**2 * occupied * width, axis=-1)
    return transverse + longitudinal


def limit_ratio(mass: npt.ArrayLike, core: Core | None = None) -> FloatArray:
    """d_lim(M) / d_lim(0) = [Q(M)/Q(0)]^(-1/2); infinite where nothing is emitted.

    Examples
    --------
    >>> round(float(limit_ratio(10e-6)), 2)
    1.16
    """
    loss = energy_loss(mass, core) / energy_loss(0.0, core)
    return np.divide(1.0, np.sqrt(loss), out=np.full_like(loss, np.inf), where=loss > 0)
