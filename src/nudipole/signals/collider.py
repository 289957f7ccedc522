r"""One photon and missing energy from N at e+ e- colliders.

Two sources, both for the sum of the lepton-number states:

* e+ e- -> nu N, then N -> nu gamma inside the detector. Weighted nodes in the energy lost to initial-state radiation
  along the beams (structure function), the direction of N, and the direction of the photon in the rest frame of N with
  the helicity of N folded in (:func:`nudipole.processes.annihilation.helicity`);
* e+ e- -> nu N gamma with N leaving the detector undecayed: exact tree-level radiator.

Without the first there is no limit where N is short-lived, without the second none where it is long-lived: the limit
rises below the mass at which N leaves. N is a decaying node with near = 0, far = the path to the wall in the first
and near = wall, far = infinity in the second. The photon's direction stands for its impact point.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole import units
from nudipole.errors import DomainError, check_non_negative, check_positive
from nudipole.portal import Direction, Nature
from nudipole.processes import annihilation, gauge_decays, mono_photon
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
Source = Literal["decay", "radiative"]
MASS_GRID = np.concatenate([np.geomspace(1e-3, 0.1, 5), np.linspace(0.15, 0.95, 13), 1.0 - np.geomspace(0.03, 1e-4, 4)])
PATH_GRID = np.geomspace(0.5, 200.0, 25)  # path to the wall times p_0 / p, in radii


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
        If positive: E_gamma above :func:`nudipole.processes.mono_photon.bhabha_veto_energy` for electrons lost beyond
        this :math:`|\cos\theta|`.
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

    def __post_init__(self) -> None:
        check_positive(cosine_max=self.cosine_max)
        check_non_negative(
            energy_min=self.energy_min, x_transverse_min=self.x_transverse_min, efficiency=self.efficiency
        )
        if self.cosine_max >= 1.0 or self.efficiency > 1.0 or self.energy_max <= self.energy_min:
            raise DomainError("a photon acceptance needs cosine_max < 1, efficiency <= 1 and energy_max > energy_min")

    def accepts(self, energy: FloatArray, cosine: FloatArray, sqrt_s: float) -> npt.NDArray[np.bool_]:
        """Whether photons of these energies [GeV] and polar cosines are counted at sqrt(s) [GeV]."""
        sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
        kept = (np.abs(cosine) < self.cosine_max) & (energy > self.energy_min) & (energy < self.energy_max)
        kept &= energy * sine > self.x_transverse_min * 0.5 * sqrt_s
        if self.veto_cosine > 0.0:
            inside = np.clip(cosine, -self.cosine_max, self.cosine_max)
            kept &= energy > mono_photon.bhabha_veto_energy(inside, sqrt_s, self.veto_cosine)
        if self.theta_min_deg or self.theta_max_deg:
            boosted = (cosine + self.beam_velocity) / (1.0 + self.beam_velocity * cosine)
            theta = np.degrees(np.arccos(np.clip(boosted, -1.0, 1.0)))
            if self.theta_min_deg:
                kept &= theta > np.polynomial.polynomial.polyval(energy, self.theta_min_deg)
            if self.theta_max_deg:
                kept &= theta < np.polynomial.polynomial.polyval(energy, self.theta_max_deg)
        return kept


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


def decay_rate_per_momentum(mass: float, direction: Direction) -> float:
    """kappa times momentum [GeV/m per D]: total width per D times M over hbar c, Majorana and completion included."""
    width = float(gauge_decays.total_width(mass, *_completion(direction), _lepton(direction)))
    return width * direction.majorana_factor * mass / units.HBAR_C


def photon_fraction(mass: float, direction: Direction) -> float:
    """Branching fraction of N -> nu gamma with everything that the completion brings."""
    return float(gauge_decays.photon_fraction(mass, *_completion(direction), _lepton(direction)))


def total_cross_section(mass: float, direction: Direction, sqrt_s: float) -> float:
    """sigma(e+ e- -> nu N), both lepton-number states, per d^2, in pb GeV^2: the quantity of total-rate recasts."""
    z_ratio = direction.completion.z_over_gamma
    sigma = float(annihilation.cross_section(sqrt_s**2, mass, "e", z_ratio))
    return 2.0 * sigma * direction.decay_norm / units.PICOBARN


def decay_template(mass: float, direction: Direction, collider: LeptonCollider) -> SignalTemplate:
    """e+ e- -> nu N, N -> nu gamma inside the detector: one bin, events per d^2.

    Parameters
    ----------
    mass : float
        M [GeV].
    direction : Direction
        Couplings, Dirac or Majorana, completion.
    collider : LeptonCollider

    Returns
    -------
    SignalTemplate
        Zero at and above the kinematic end.
    """
    nodes = _nodes("decay", mass, direction, collider)
    if nodes is None:
        return SignalTemplate.from_counts([0.0])
    # exp(-kappa L) needs kappa L alone: the path is carried in kappa, and far = 1
    return SignalTemplate.from_nodes(
        nodes[0][:, None], nodes[1], 0.0, 1.0, photon_fraction(mass, direction), direction.decay_norm
    )


def radiative_template(mass: float, direction: Direction, collider: LeptonCollider) -> SignalTemplate:
    """e+ e- -> nu N gamma with N leaving undecayed: one bin, events per d^2; parameters as in :func:`decay_template`.

    The direction of N, which only decides where the decay inside takes over, is taken as sin^2(theta) about the beam
    with the energy (sqrt(s) - E_gamma) / 2 + M^2 / 2 (sqrt(s) - E_gamma).
    """
    nodes = _nodes("radiative", mass, direction, collider)
    if nodes is None:
        return SignalTemplate.from_counts([0.0])
    return SignalTemplate.from_nodes(nodes[0][:, None], nodes[1], 1.0, np.inf, decay_norm=direction.decay_norm)


def _nodes(
    source: Source, mass: float, direction: Direction, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray] | None:
    """Events per d^2 and kappa times path of the nodes of one mass; None above the kinematic end and for M = 0."""
    check_non_negative(mass=mass)
    ratio = mass / collider.sqrt_s
    if not 0.0 < ratio < 1.0:
        return None
    shares = _shares(source, direction.completion.z_over_gamma, direction.nature, collider)
    index = int(np.clip(np.searchsorted(MASS_GRID, ratio) - 1, 0, MASS_GRID.size - 2))
    part = (max(ratio, MASS_GRID[0]) - MASS_GRID[index]) / (MASS_GRID[index + 1] - MASS_GRID[index])
    weight = (1.0 - part) * shares[index] + part * shares[index + 1]
    weight = weight * direction.decay_norm * (1.0 - ratio**2) ** 2 * (1.0 + 2.0 * ratio**2)
    momentum = 0.5 * collider.sqrt_s * (1.0 - ratio**2)
    return weight, decay_rate_per_momentum(mass, direction) / momentum * PATH_GRID * collider.radius


@functools.lru_cache(maxsize=128)
def _shares(source: Source, z_over_gamma: float, nature: Nature, collider: LeptonCollider) -> FloatArray:
    """Accepted events per d^2 over phase space, on the grid of M / sqrt(s) and of path times p_0 / (p radius).

    Accepted fractions are smooth in the mass, so that a curve interpolates them; below the grid they are constant
    (to 1e-6). Nodes are shared out between neighbouring points of :data:`PATH_GRID`, linearly in the logarithm.
    """
    compute = _decay_nodes if source == "decay" else _radiative_nodes
    table = np.zeros((MASS_GRID.size, PATH_GRID.size))
    for row, ratio in enumerate(MASS_GRID):
        weight, path_over_momentum = compute(ratio * collider.sqrt_s, z_over_gamma, nature, collider)
        reach = path_over_momentum * 0.5 * collider.sqrt_s * (1.0 - ratio**2) / collider.radius
        table[row] = deposit(weight, reach) / ((1.0 - ratio**2) ** 2 * (1.0 + 2.0 * ratio**2))
    return table


def midpoints(low: float, high: float, number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the midpoint rule, for integrands with steps."""
    width = (high - low) / number
    return low + width * (np.arange(number) + 0.5), np.full(number, width)


def deposit(weight: FloatArray, reach: FloatArray) -> FloatArray:
    """Weights shared out between the neighbouring points of :data:`PATH_GRID`, linearly in ln(reach)."""
    step = np.log(PATH_GRID[1] / PATH_GRID[0])
    position = np.log(np.clip(reach, PATH_GRID[0], PATH_GRID[-1] * (1.0 - 1e-12)) / PATH_GRID[0]) / step
    left = np.minimum(position.astype(int), PATH_GRID.size - 2)
    part = position - left
    result = np.zeros(PATH_GRID.size)
    np.add.at(result, left, weight * (1.0 - part))
    np.add.at(result, left + 1, weight * part)
    return result


def _decay_nodes(
    mass: float, z_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV]."""
    s = collider.sqrt_s**2
    loss_nodes, loss_weight = _losses(s, mass, collider.radiation)
    c_nodes, c_weight = _legendre(12)
    star_nodes, star_weight = midpoints(-1.0, 1.0, 64)  # the cuts are steps: no Gauss rule here
    azimuth = (np.arange(4) + 0.5) * np.pi / 4.0  # symmetric in phi -> -phi
    loss, c, star, phi = np.ix_(loss_nodes, c_nodes, star_nodes, azimuth)
    reduced = s * (1.0 - loss)
    sigma = annihilation.angular_distribution(c, reduced, mass, "e", z_over_gamma, "sum")
    # the heavy lepton and the photon in the nu N frame, photon angle measured from the flight direction
    root = np.sqrt(reduced)
    energy, momentum = (reduced + mass**2) / (2.0 * root), (reduced - mass**2) / (2.0 * root)
    flat = nature == "majorana" or collider.isotropic
    tilt = 0.0 if flat else annihilation.helicity(c, reduced, mass)
    decay = 0.5 * (1.0 - tilt * star) * star_weight[:, None]
    photon = 0.5 * (energy + momentum * star)
    cos_open = np.clip((momentum + energy * star) / (energy + momentum * star), -1.0, 1.0)
    sin_open, sin_c = np.sqrt(1.0 - cos_open**2), np.sqrt(1.0 - c**2)
    cos_photon = c * cos_open - sin_c * sin_open * np.cos(phi)
    # boost along the beam against the lost photon; both legs by symmetry of the acceptance
    velocity = loss / (2.0 - loss)
    gamma = 1.0 / np.sqrt(1.0 - velocity**2)
    photon_lab = gamma * photon * (1.0 + velocity * cos_photon)
    cos_lab = (cos_photon + velocity) / (1.0 + velocity * cos_photon)
    kept = collider.acceptance.accepts(photon_lab, cos_lab, collider.sqrt_s)
    accepted = np.sum(decay * kept, axis=(2, 3)) / azimuth.size
    weight = sigma[..., 0, 0] * c_weight * loss_weight[:, None] * accepted
    along = (gamma * (momentum * c + velocity * energy))[..., 0, 0]
    total = np.sqrt(along**2 + (momentum * sin_c)[..., 0, 0] ** 2)
    ratio = collider.path(along / total) / total
    scale = collider.events_per_cross_section * collider.acceptance.efficiency
    return weight.ravel() * scale, ratio.ravel()


def _radiative_nodes(
    mass: float, z_over_gamma: float, nature: Nature, collider: LeptonCollider
) -> tuple[FloatArray, FloatArray]:
    """Events per d^2 with an accepted photon, and path to the wall over momentum of N [m / GeV]."""
    s, acceptance = collider.sqrt_s**2, collider.acceptance
    floor = max(acceptance.energy_min * 2.0 / collider.sqrt_s, acceptance.x_transverse_min, 1e-6)
    if acceptance.veto_cosine > 0.0:
        floor = max(floor, 2.0 / (1.0 + 1.0 / np.sqrt(1.0 - acceptance.veto_cosine**2)))
    ceiling = min(1.0 - mass**2 / s, acceptance.energy_max * 2.0 / collider.sqrt_s)
    if ceiling <= floor:
        return np.zeros(1), np.ones(1)
    log, log_weight = _legendre(24)
    half = 0.5 * np.log(ceiling / floor)
    x = np.minimum(floor * np.exp(half * (log + 1.0)), 1.0 - 1e-12)[:, None]
    c, c_weight = _legendre(40)
    c = acceptance.cosine_max * c
    kept = acceptance.accepts(0.5 * x * collider.sqrt_s, c, collider.sqrt_s)
    density = 2.0 * mono_photon.signal_distribution(x, c, s, mass, z_over_gamma) * kept
    rate = np.sum(density * c_weight * acceptance.cosine_max, axis=1) * half * log_weight * x[:, 0]
    polar, polar_weight = _legendre(4)
    rest = collider.sqrt_s * (1.0 - 0.5 * x)
    energy = 0.5 * (rest + mass**2 / rest)
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 1e-30))
    weight = rate[:, None] * 0.75 * (1.0 - polar**2) * polar_weight
    scale = collider.events_per_cross_section * acceptance.efficiency
    return weight.ravel() * scale, (collider.path(polar) / momentum).ravel()


def template(mass: float, direction: Direction, collider: LeptonCollider) -> SignalTemplate:
    """Both sources together: :func:`decay_template` + :func:`radiative_template`."""
    return decay_template(mass, direction, collider) + radiative_template(mass, direction, collider)


def z_invisible_template(mass: float, direction: Direction, radius: float) -> SignalTemplate:
    """Width of Z -> nu N with N leaving a sphere of this radius [m] undecayed: one bin, GeV per d^2; 0 for d_Z = 0."""
    width = 2.0 * direction.completion.z_over_gamma**2 * float(gauge_decays.z_width(mass)) * direction.decay_norm
    if width == 0.0 or mass == 0.0:
        return SignalTemplate.from_counts([width])
    kappa = _z_decay_rate(mass, direction)
    return SignalTemplate.from_nodes([[width]], kappa, radius, np.inf, decay_norm=direction.decay_norm)


def z_photon_template(mass: float, direction: Direction, radius: float) -> SignalTemplate:
    """Branching fraction of Z -> nu N, N -> nu gamma inside a sphere, photon above the cut of the search, per d^2."""
    rate = 2.0 * direction.completion.z_over_gamma**2 * float(gauge_decays.z_width(mass)) / units.Z_WIDTH
    if rate == 0.0 or mass == 0.0:
        return SignalTemplate.from_counts([0.0])
    energetic = gauge_decays.z_to_photon_fraction(mass, gauge_decays.Z_TO_PHOTON_ENERGY, direction.nature)
    weight = rate * direction.decay_norm * float(energetic)
    kappa, visible = _z_decay_rate(mass, direction), photon_fraction(mass, direction)
    return SignalTemplate.from_nodes([[weight]], kappa, 0.0, radius, visible, direction.decay_norm)


def _z_decay_rate(mass: float, direction: Direction) -> float:
    momentum = 0.5 * units.Z_MASS * (1.0 - (mass / units.Z_MASS) ** 2)
    return decay_rate_per_momentum(mass, direction) / momentum


def neutrino_background(collider: LeptonCollider) -> float:
    """Expected Standard Model e+ e- -> nu nubar gamma events inside the acceptance (no Bhabha veto, no polynomial bounds).

    Raises
    ------
    DomainError
        If the acceptance has no lower cut on the photon's energy.
    """
    acceptance = collider.acceptance
    sigma = mono_photon.visible_cross_section(
        mono_photon.neutrino_pair_cross_section,
        collider.sqrt_s**2,
        x_min=2.0 * acceptance.energy_min / collider.sqrt_s,
        cosine_max=acceptance.cosine_max,
        x_transverse_min=acceptance.x_transverse_min,
        x_max=min(2.0 * acceptance.energy_max / collider.sqrt_s, 1.0),
        radiation=collider.radiation and collider.sqrt_s > units.Z_MASS,
    )
    return float(sigma) * collider.events_per_cross_section * acceptance.efficiency


def _losses(s: float, mass: float, radiation: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the fraction of s lost along the beams."""
    if not radiation:
        return np.zeros(1), np.ones(1)
    node, weight = _legendre(3)
    x_max = (1.0 - mass**2 / s) * (1.0 - 1e-9)
    edges = np.array([0.0, *(x for x in (1e-3, 0.01, 0.03, 0.1, 0.4) if x < x_max), x_max])
    low, high = edges[:-1, None], edges[1:, None]
    beta = 2.0 * units.ALPHA / np.pi * (np.log(s / units.ELECTRON_MASS**2) - 1.0)
    u_low, u_high = low**beta, high**beta
    u = 0.5 * (u_high - u_low) * (node + 1.0) + u_low
    x = np.maximum(u ** (1.0 / beta), 1e-300).ravel()
    jacobian = (0.5 * (u_high - u_low) * weight).ravel() * x ** (1.0 - beta) / beta
    return x, jacobian * mono_photon.structure_function(x, s)


def _completion(direction: Direction) -> tuple[float, float]:
    return direction.completion.z_over_gamma, direction.completion.w_over_gamma


def _lepton(direction: Direction) -> str:
    couplings = np.abs(np.asarray(direction.couplings))
    return ("e", "mu", "tau")[int(np.argmax(couplings))]


@functools.cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    node, weight = roots_legendre(nodes)
    return np.asarray(node), np.asarray(weight)
