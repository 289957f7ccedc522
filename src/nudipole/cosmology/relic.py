r"""The phase-space density of N on a grid of comoving momenta, and the rates that change it.

Each helicity h of N obeys f_h' = G_h - R_h f_h at fixed comoving momentum q = p a, with

.. math:: R_h = D\,[\mathrm{loss}_h(\nu\gamma\leftrightarrow N) + (1 + hv)\,\Gamma_{\mathrm{scattering, annihilation}}]

and G_h from detailed balance at the neutrino temperature. The factor (1 + h v) is the weight of helicity h in the
chirality that couples: a relativistic left-handed N neither scatters nor is made (a Dirac relic that stays relativistic
has half its degrees of freedom), an N at rest does not know the difference. It is exact in both limits. For Nbar the
helicities change places, so N and Nbar together are twice one set; a Majorana N couples with both, :math:`R = R_+ + R_-`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RectBivariateSpline
from scipy.special import roots_legendre

from nudipole.errors import check_between, check_count, check_non_negative, check_positive
from nudipole.portal import Nature
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import relativistic_plasma as thermal
from nudipole.processes.plasma import thermal_annihilation, thermal_decay, thermal_scattering

FloatArray = npt.NDArray[np.float64]
COLD = 60.0  # above M/T of this many, thermal photons and neutrinos no longer matter to the decay


class Rates(NamedTuple):
    """Per phase-space cell, shape (2 helicities, momenta): all in GeV, photon terms in GeV^2."""

    gain: FloatArray
    loss: FloatArray
    photon_gain: FloatArray
    photon_loss: FloatArray


_LIGHTEST, _HEAVIEST = 5e-6, 10.0  # GeV, of the tables of scattering rates; the rate no longer depends on a smaller M


@dataclass(frozen=True)
class Relic:
    """An N of mass M [GeV] and strength D [GeV^-2] on comoving momenta (a = 1 GeV / T at the start, so q ~ p/T)."""

    mass: float
    strength: float
    nature: Nature
    momenta: FloatArray
    weights: FloatArray  # of the integral multiplicity d^3q / (2 pi)^3
    helicities: str = "flipped"  # or "all": both alike, as if helicity did not matter

    def rates(
        self, scale: float, photon_temperature: float, neutrino_temperature: float, degeneracy: float = 0.0
    ) -> Rates:
        """Gain and loss at scale factor a, bath temperatures [GeV] and z = mu_nu / T_nu."""
        check_positive(scale=scale, photon_temperature=photon_temperature, neutrino_temperature=neutrino_temperature)
        p = self.momenta / scale
        energy = np.hypot(p, self.mass)
        tilt = 0.0 if self.helicities == "all" else 1.0
        helicity_weight = 1.0 + tilt * thermal_decay.HELICITIES[:, None] * p / energy
        scattering = self.strength * helicity_weight * scattering_rate(self.mass, photon_temperature, p)
        occupation = thermal.fermi(energy / neutrino_temperature - degeneracy)
        gain, loss = scattering * occupation, scattering
        decay = self._decay(p, energy, photon_temperature, neutrino_temperature, degeneracy)
        gain, loss = gain + decay.gain, loss + decay.loss
        photon_gain, photon_loss = decay.photon_gain, decay.photon_loss
        if self.helicities == "all":
            gain, loss, photon_gain, photon_loss = (
                np.broadcast_to(v.mean(axis=0), v.shape) for v in (gain, loss, photon_gain, photon_loss)
            )
        if self.nature == "majorana":
            gain, loss, photon_gain, photon_loss = (
                np.broadcast_to(v.sum(axis=0), v.shape) for v in (gain, loss, photon_gain, photon_loss)
            )
        return Rates(gain, loss, photon_gain, photon_loss)

    def _decay(self, p: FloatArray, energy: FloatArray, photon_t: float, neutrino_t: float, z: float) -> Rates:
        if self.mass > COLD * max(photon_t, neutrino_t):
            flat = self.strength * self.mass * hnl_decay.radiative_width(self.mass) / energy
            loss = np.stack([flat, flat])
            # k (1 - h c) averaged over flat k = (E + p c)/2
            photon = loss * (energy - thermal_decay.HELICITIES[:, None] * p / 3) / 2
            return Rates(np.zeros_like(loss), loss, np.zeros_like(loss), photon)
        relaxation = thermal_decay.relaxation(p, self.mass, photon_t, neutrino_t, _photon_mass2(photon_t), z)
        return Rates(*(self.strength * v for v in relaxation))

    def density(self, occupation: FloatArray, scale: float, kernel: FloatArray | float = 1.0) -> float:
        """Integral of kernel(p) f over phase space, both helicities, N and Nbar [GeV^3 times the kernel's unit]."""
        return float(np.sum(self.weights * occupation * kernel)) / scale**3

    def energy(self, scale: float) -> FloatArray:
        """Energy [GeV] of each momentum at scale factor a."""
        check_positive(scale=scale)
        return np.hypot(self.momenta / scale, self.mass)


def relic(
    mass: float, strength: float, nature: Nature, nodes: int, comoving_max: float, helicities: str = "flipped"
) -> Relic:
    """A :class:`Relic` on Gauss-Legendre nodes q in (0, comoving_max)."""
    check_non_negative(mass=mass, strength=strength)
    check_positive(comoving_max=comoving_max)
    check_count(nodes=nodes)
    x, w = roots_legendre(nodes)
    q = 0.5 * comoving_max * (x + 1.0)
    multiplicity = 1.0 if nature == "majorana" else 2.0
    weights = multiplicity * 0.5 * comoving_max * w * q**2 / (2 * np.pi**2)
    return Relic(mass, strength, nature, q, weights, helicities)


def relax(f: FloatArray, rates: Rates, dt: float) -> tuple[FloatArray, FloatArray]:
    """f after dt, and its mean over dt, for constant gain and loss."""
    x = rates.loss * dt
    target = np.where(rates.loss > 0, rates.gain / np.where(rates.loss > 0, rates.loss, 1.0), f)
    decayed = -np.expm1(-x)
    mean_weight = np.where(x > 1e-8, decayed / np.where(x > 1e-8, x, 1.0), 1.0 - 0.5 * x)
    return f + (target - f) * decayed, target + (f - target) * mean_weight


def scattering_rate(mass: float, temperature: npt.ArrayLike, momentum: npt.ArrayLike) -> FloatArray:
    """Helicity-averaged rate [GeV^3, per D] of N f -> nu f and N nubar -> f fbar, from a table made once per mass.

    M from 5e-6 to 10 GeV. T [GeV] is held inside 1.5e-5 to 1e4 GeV (the rate over T^3 is flat above, nothing below), p/T
    inside 1e-3 to 100.

    Raises
    ------
    DomainError
        If a mass is outside.
    """
    check_between(_LIGHTEST, _HEAVIEST, mass=mass)
    check_positive(temperature=temperature)
    check_non_negative(momentum=momentum)
    spline, log_low, log_high = _scattering_table(mass)
    t, p = np.broadcast_arrays(np.asarray(temperature, dtype=float), np.asarray(momentum, dtype=float))
    log_t, log_y = np.clip(np.log(t), log_low, log_high), np.log(np.clip(p / t, 1e-3, 100.0))
    return t**3 * np.exp(spline(log_t, log_y, grid=False))


@functools.lru_cache(maxsize=8)
def _scattering_table(mass: float) -> tuple[RectBivariateSpline, float, float]:
    temperatures, y = np.geomspace(1.5e-5, 1e4, 150), np.geomspace(1e-3, 100.0, 36)
    t, p = temperatures[:, None], y[None, :] * temperatures[:, None]
    rate = thermal_scattering.rate(p, mass, t) + thermal_annihilation.rate(p, mass, t)
    log_rate = np.log(np.maximum(rate / t**3, 1e-250))
    log_t = np.log(temperatures)
    return RectBivariateSpline(log_t, np.log(y), log_rate, kx=1, ky=3, s=0), float(log_t[0]), float(log_t[-1])


@functools.lru_cache(maxsize=1)
def _photon_mass_table() -> tuple[FloatArray, FloatArray]:
    temperatures = np.geomspace(1e-6, 1e4, 600)
    return np.log(temperatures), thermal.photon_mass2(temperatures) / temperatures**2


def _photon_mass2(temperature: float) -> float:
    log_t, scaled = _photon_mass_table()
    return float(np.interp(np.log(temperature), log_t, scaled)) * temperature**2
