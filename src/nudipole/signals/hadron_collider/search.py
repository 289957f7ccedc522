"""What a mono-photon search at a proton-proton collider selects, and how many N are made for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, check_choice, check_non_negative, check_positive
from nudipole.fluxes.hadrons.parton_luminosity import PartonLuminosity
from nudipole.portal import Direction
from nudipole.processes.collisions import annihilation

FloatArray = npt.NDArray[np.float64]
Selection = Literal["any", "displaced", "delayed"]
QUARKS = ("u", "d", "s", "c", "b")


@dataclass(frozen=True)
class MonoPhotonSearch:
    """What a proton-proton experiment selects.

    Parameters
    ----------
    luminosity : float
        [fb^-1].
    missing_edges : tuple of float
        Edges [GeV] of the bins in missing transverse momentum; the last may be infinite.
    photon_pt_min : float
        [GeV].
    eta_max : float
        |eta| of the photon below this.
    eta_gap : tuple of two float
        |eta| range left out (the barrel-endcap transition).
    efficiency : float
        Photon identification, isolation and everything else inside the cuts.
    radius : float
        Transverse radius [m] inside which N must decay.
    lost_lepton : tuple of three float
        Fraction of l N events in which the charged e, mu, tau does not veto.
    isotropic : bool
        Let N -> nu gamma be isotropic whatever the helicity of N (a published simplification; right for Majorana N).
    selection : {"any", "displaced", "delayed"}
        ``displaced``: |z_DCA| above ``impact_min`` [m]; ``delayed``: t_gamma above ``delay_min`` [s].
    sqrt_s : float
        [GeV].
    """

    luminosity: float
    missing_edges: tuple[float, ...]
    photon_pt_min: float
    eta_max: float
    eta_gap: tuple[float, float] = (0.0, 0.0)
    efficiency: float = 1.0
    radius: float = 1.5
    lost_lepton: tuple[float, float, float] = (0.0, 0.0, 0.0)
    isotropic: bool = False
    selection: Selection = "any"
    impact_min: float = 0.0
    delay_min: float = 0.0
    sqrt_s: float = 13000.0

    def __post_init__(self) -> None:
        check_positive(luminosity=self.luminosity, eta_max=self.eta_max, radius=self.radius)
        check_positive(photon_pt_min=self.photon_pt_min, sqrt_s=self.sqrt_s)
        check_non_negative(impact_min=self.impact_min, delay_min=self.delay_min, lost_lepton=self.lost_lepton)
        check_choice("photon selection", self.selection, ("any", "displaced", "delayed"))
        if len(self.missing_edges) < 2 or any(np.diff(np.asarray(self.missing_edges)) <= 0):
            raise DomainError(f"missing_edges must increase, got {self.missing_edges}")
        if self.eta_gap[0] > self.eta_gap[1]:
            raise DomainError(f"eta_gap must increase, got {self.eta_gap}")
        if not 0.0 <= self.efficiency <= 1.0:
            raise DomainError(f"efficiency must lie in [0, 1], got {self.efficiency:g}")

    @property
    def threshold(self) -> float:
        """Smallest transverse momentum [GeV] of a photon that can count."""
        return max(self.photon_pt_min, self.missing_edges[0])


@dataclass(frozen=True)
class Production:
    """What of a direction matters for the accepted nodes."""

    z_over_gamma: float
    w_over_gamma_lost: float  # (d_W / d_gamma)^2 times the fraction of charged leptons lost
    polarised: bool  # whether the photon remembers the helicity of N

    @classmethod
    def of(cls, direction: Direction, search: MonoPhotonSearch) -> Production:
        couplings = np.abs(np.asarray(direction.couplings)) ** 2
        lost = float(np.dot(couplings, search.lost_lepton) / np.sum(couplings))
        completion = direction.completion
        polarised = direction.nature == "dirac" and not search.isotropic
        return cls(completion.z_over_gamma, completion.w_over_gamma**2 * lost, polarised)


def rates(root: FloatArray, mass: float, production: Production, luminosity: PartonLuminosity) -> FloatArray:
    """dsigma/dln(tau) per d^2 of both lepton-number states in each bin of |y| of the pair, shape (n, bins) [GeV^-2]."""
    s = root**2
    rate = np.zeros((root.size, luminosity.rapidity_edges.size - 1))
    for quark in QUARKS:
        sigma = 2.0 * annihilation.cross_section(s, mass, quark, production.z_over_gamma)
        rate += luminosity.binned(quark, root) * sigma[:, None]
    if production.w_over_gamma_lost > 0.0:
        charged = annihilation.charged_current_cross_section(s, mass) * production.w_over_gamma_lost
        rate += (luminosity.binned("wplus", root) + luminosity.binned("wminus", root)) * charged[:, None]
    return rate
