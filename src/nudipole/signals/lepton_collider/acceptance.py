"""Which single photons an e+ e- detector counts, and the running around it that makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_between, check_non_negative, check_positive
from nudipole.processes.collisions import mono_photon

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PhotonAcceptance:
    r"""Which single photons a detector counts, in the centre of mass of the beams.

    Parameters
    ----------
    cosine_max : float
        :math:`|\cos\theta_\gamma|` below this.
    energy_min, energy_max : float
        [GeV].
    x_transverse_min : float
        E sin(theta) / E_beam above this.
    efficiency : float
        Of trigger and reconstruction inside the cuts.
    veto_cosine : float
        If positive: E_gamma above :func:`nudipole.processes.collisions.mono_photon.bhabha_veto_energy` for electrons lost beyond
        this :math:`|\cos\theta|`.
    cosine_gap : tuple of two float
        :math:`|\cos\theta_\gamma|` between these is left out (barrel to endcap).
    theta_min_deg, theta_max_deg : tuple of float
        Polynomials in E_gamma (lowest power first) that bound the polar angle in the laboratory; empty: no bound.
    beam_velocity : float
        Velocity of the centre of mass in the laboratory, along the electron beam, for those bounds.
    """

    cosine_max: float
    energy_min: float = 0.0
    energy_max: float = float("inf")
    x_transverse_min: float = 0.0
    efficiency: float = 1.0
    veto_cosine: float = 0.0
    theta_min_deg: tuple[float, ...] = ()
    theta_max_deg: tuple[float, ...] = ()
    beam_velocity: float = 0.0
    cosine_gap: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        check_positive(cosine_max=self.cosine_max)
        check_non_negative(
            energy_min=self.energy_min, x_transverse_min=self.x_transverse_min, efficiency=self.efficiency
        )
        check_between(-1.0, 1.0, veto_cosine=self.veto_cosine, beam_velocity=self.beam_velocity)
        check_between(0.0, 1.0, cosine_gap=self.cosine_gap)
        if self.cosine_max >= 1.0 or self.efficiency > 1.0 or not self.energy_max > self.energy_min:
            raise DomainError("a photon acceptance needs cosine_max < 1, efficiency <= 1 and energy_max > energy_min")
        if self.cosine_gap[0] > self.cosine_gap[1]:
            raise DomainError(f"cosine_gap must increase, got {self.cosine_gap}")

    @property
    def symmetric(self) -> bool:
        """Whether cos(theta) and -cos(theta) count alike: no polynomial bounds in the laboratory."""
        return not (self.theta_min_deg or self.theta_max_deg)

    def minimum_energy(self, cosine: FloatArray, sqrt_s: float) -> FloatArray:
        """Smallest photon energy [GeV] that counts at each polar cosine; infinite outside the angular acceptance."""
        lowest = np.full(np.shape(cosine), self.energy_min)
        if self.x_transverse_min > 0.0:
            sine = np.sqrt(np.maximum(1.0 - cosine**2, 1e-300))
            lowest = np.maximum(lowest, self.x_transverse_min * 0.5 * sqrt_s / sine)
        if self.veto_cosine > 0.0:
            inside = np.clip(cosine, -self.cosine_max, self.cosine_max)
            lowest = np.maximum(lowest, mono_photon.bhabha_veto_energy(inside, sqrt_s, self.veto_cosine))
        size = np.abs(cosine)
        inside_gap = (size > self.cosine_gap[0]) & (size < self.cosine_gap[1]) if any(self.cosine_gap) else False
        return np.where((size < self.cosine_max) & np.logical_not(inside_gap), lowest, np.inf)

    def share(self, energy: FloatArray, width: FloatArray | float, cosine: FloatArray, sqrt_s: float) -> FloatArray:
        """Share of photons with energies in a cell of this width [GeV] around ``energy`` that is counted; cells tile."""
        lowest, size = self.minimum_energy(cosine, sqrt_s), np.maximum(width, 1e-300)
        top = energy + 0.5 * width
        part = np.clip((top - lowest) / size, 0.0, 1.0)
        if np.isfinite(self.energy_max):
            part = part - np.clip((top - np.maximum(lowest, self.energy_max)) / size, 0.0, 1.0)
        if self.theta_min_deg or self.theta_max_deg:
            boosted = (cosine + self.beam_velocity) / (1.0 + self.beam_velocity * cosine)
            theta = np.degrees(np.arccos(np.clip(boosted, -1.0, 1.0)))
            if self.theta_min_deg:
                part = part * (theta > np.polynomial.polynomial.polyval(energy, self.theta_min_deg))
            if self.theta_max_deg:
                part = part * (theta < np.polynomial.polynomial.polyval(energy, self.theta_max_deg))
        return part


@dataclass(frozen=True)
class LeptonCollider:
    """A running of an e+ e- collider and the detector around it.

    Parameters
    ----------
    sqrt_s : float
        [GeV].
    luminosity : float
        Integrated, [pb^-1].
    acceptance : PhotonAcceptance
    radius, half_length : float
        Cylinder [m] inside which N -> nu gamma gives an acceptable photon: the inner wall of the calorimeter.
    radiation : bool
        Whether initial-state radiation along the beams is folded in.
    isotropic : bool
        Let N -> nu gamma be isotropic whatever the helicity of N (a published simplification; right for Majorana N).
    """

    sqrt_s: float
    luminosity: float
    acceptance: PhotonAcceptance
    radius: float
    half_length: float
    radiation: bool = True
    isotropic: bool = False

    def __post_init__(self) -> None:
        check_positive(sqrt_s=self.sqrt_s, luminosity=self.luminosity, radius=self.radius, half_length=self.half_length)

    @property
    def events_per_cross_section(self) -> float:
        """Integrated luminosity in GeV^2."""
        return self.luminosity / units.PICOBARN

    def path(self, cosine: FloatArray) -> FloatArray:
        """Distance [m] from the interaction point to the wall of the cylinder."""
        sine, along = np.sqrt(np.maximum(1.0 - cosine**2, 1e-18)), np.maximum(np.abs(cosine), 1e-9)
        return np.minimum(self.radius / sine, self.half_length / along)
