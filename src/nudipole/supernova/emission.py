r"""What a proto-neutron star does to N at one mass: gain and loss rates on a grid of radius and energy, per d^2.

The rates of a plasma are those of :mod:`nudipole.supernova.channels`. The neutrino of flavour alpha is in equilibrium with
chemical potential mu_alpha: that of nu_e from the profile, a constant, or zero; zero for nu_mu and nu_tau. A Dirac N
and its antiparticle are separate species (mu -> -mu), with two helicities each; a Majorana N is one species with two
helicities that does both.

Nothing here depends on d: emission per d^2 and opacity per d^2 are tabulated once per mass and scanned in
:mod:`nudipole.supernova.luminosity`; every flavour is a sum of three bookings, mu_nu, -mu_nu and zero, made together.
One snapshot in time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST, SMALLEST, DomainError, check_between, check_choice, check_positive
from nudipole.portal import Direction
from nudipole.processes.decays import hnl_decay
from nudipole.supernova import profiles
from nudipole.supernova.channels import CHANNELS, HEAVIEST, SLOW, energy_grid, gain_and_loss, total_rate

FloatArray = npt.NDArray[np.float64]
INNER_SHELLS, OUTER_SHELLS = 24, 20  # limits move by 2 % or less when they and the energies are doubled
_MASS_NODES, _NODES_PER_DECADE = (3e-4, 1.0), 5  # GeV, first and last
_OVERSHOOT = 0.2  # of the interpolation in mass beyond the neighbouring nodes, in ln(rate)
_TINY = 1e-300
_INNER_KM = 14.0


@dataclass(frozen=True)
class Star:
    """A proto-neutron star and what is assumed of it.

    Parameters
    ----------
    profile : str
        One of :data:`nudipole.supernova.profiles.NAMES` or the path of a table.
    neutrino_potential : {"profile", "none"} or float
        Chemical potential of nu_e: from the profile, zero, or this constant [MeV] inside ``degenerate_km``.
    degenerate_km : float
        Radius [km] out to which a constant potential holds.
    channels : tuple of str
        Subset of :data:`nudipole.supernova.channels.CHANNELS`.
    gravity : bool
        Whether N climbs out of the star's potential (its lapse), or through flat space.

    Raises
    ------
    UnknownNameError
        For an unknown channel or an unknown word for the potential.
    """

    profile: str = "cold"
    neutrino_potential: str | float = "profile"
    degenerate_km: float = profiles.NEUTRINOSPHERE_KM
    channels: tuple[str, ...] = CHANNELS
    gravity: bool = True

    def __post_init__(self) -> None:
        for channel in self.channels:
            check_choice("supernova channel", channel, CHANNELS)
        if isinstance(self.neutrino_potential, str):
            check_choice("neutrino potential", self.neutrino_potential, ("profile", "none"))
        check_positive(degenerate_km=self.degenerate_km)

    def load(self) -> profiles.Profile:
        """The profile.

        Raises
        ------
        DomainError
            If the potential should come from a profile that has none.
        """
        return _load(self)

    def potential(self, plasma_state: profiles.Conditions) -> FloatArray:
        """mu_nu of nu_e [GeV] at these conditions."""
        if self.neutrino_potential == "none":
            return np.zeros_like(plasma_state.radius)
        if self.neutrino_potential == "profile":
            return plasma_state.neutrino_potential
        inside = plasma_state.radius <= self.degenerate_km
        return np.where(inside, float(self.neutrino_potential) * units.MEV, 0.0)


@functools.lru_cache(maxsize=32)
def _load(star: Star) -> profiles.Profile:
    profile = profiles.load(star.profile) if star.profile in profiles.NAMES else profiles.load_file(Path(star.profile))
    if star.neutrino_potential == "profile" and profile.neutrino_potential is None:
        raise DomainError(
            f"profile {profile.name} has no neutrino potential; give one in MeV, or 'none' for non-degenerate neutrinos"
        )
    return profile


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates at one mass, per d^2, on shells x energies for each species.

    ``edges`` (n + 1) [km] and ``middle`` (n) [km] of the shells; proper ``volume`` (n) [GeV^-3]; ``energy`` (m) [GeV] far from the
    star with quadrature weights ``measure`` (m) [GeV]; ``lapse`` (n) of the shells: there N has ``energy / lapse``; ``stretch`` (n), proper length per radius; ``gain``, ``loss`` (species, n, m) [GeV^3]; ``multiplicity`` (species),
    how many like species each stands for; ``vacuum_width`` [GeV^3], the decay width at rest; ``conditions`` at the
    shells.
    """

    mass: float
    edges: FloatArray
    middle: FloatArray
    volume: FloatArray
    energy: FloatArray
    measure: FloatArray
    gain: FloatArray
    loss: FloatArray
    multiplicity: FloatArray
    vacuum_width: float
    conditions: profiles.Conditions
    lapse: FloatArray
    stretch: FloatArray

    @property
    def momentum(self) -> FloatArray:
        """Momentum of N [GeV] far from the star."""
        return np.sqrt((self.energy - self.mass) * (self.energy + self.mass))

    @property
    def local_energy(self) -> FloatArray:
        """Energy of N [GeV] in each shell, (n, m)."""
        return self.energy / self.lapse[:, None]

    @property
    def local_momentum(self) -> FloatArray:
        """Momentum of N [GeV] in each shell, (n, m)."""
        local = self.local_energy
        return np.sqrt((local - self.mass) * (local + self.mass))

    @property
    def emission(self) -> FloatArray:
        """dN/dV dt dE per d^2 [GeV^5], (species, n, m): g E p / 2 pi^2 times the gain, g = 2, with the local E and p.

        Per time and energy far from the star, where both redshifts cancel in the number of N. What has less than M there
        stays and is not counted.
        """
        phase_space = self.local_energy * self.local_momentum / np.pi**2
        return self.multiplicity[:, None, None] * phase_space * self.gain

    @property
    def opacity(self) -> FloatArray:
        """Absorption per length and d^2 [GeV^3], (species, n, m): (gain + loss) / v, what drives f_N to equilibrium."""
        return (self.gain + self.loss) * (self.local_energy / self.local_momentum)

    def emissivity(self) -> FloatArray:
        """Energy lost per volume, time and d^2 in each shell [GeV^7 = GeV^5 per GeV^-2], as it arrives far from the star."""
        return np.einsum("snm,m->n", self.emission, self.measure * self.energy)


def flavor_weights(direction: Direction) -> tuple[float, float]:
    """|d_e|^2 / d^2 and (|d_mu|^2 + |d_tau|^2) / d^2; flavours of a thermal bath add without interference.

    ``universal`` is the flavour-blind effective moment: sum |d_alpha|^2 = d^2 in equal parts.
    """
    if direction.incoherent:
        return 1.0 / 3.0, 2.0 / 3.0
    squares = np.abs(np.asarray(direction.couplings)) ** 2
    return float(squares[0]), float(squares[1] + squares[2])


def rates(star: Star, mass: float, direction: Direction, far_km: float | None = None) -> Rates:
    """Rates of the whole star at one mass [GeV], cached.

    Parameters
    ----------
    star : Star
    mass : float
        M > 0 [GeV].
    direction : Direction
        Flavour weights, Dirac or Majorana.
    far_km : float, optional
        Shells end here if the profile reaches farther.
    """
    check_between(SMALLEST, HEAVIEST, mass=mass)
    if far_km is not None:
        check_between(1e-3, LARGEST, far_km=far_km)
    return _rates(star, float(mass), flavor_weights(direction), direction.majorana_factor, far_km)


@functools.lru_cache(maxsize=512)
def _rates(star: Star, mass: float, weights: tuple[float, float], majorana: float, far_km: float | None) -> Rates:
    edges, state, energy, measure, (lapse, stretch) = _grid(star, mass, far_km)
    gain, loss = _booked_rates(star, mass, far_km)
    if weights[0] == 0 or len(gain) == 1:
        gain, loss = (sum(weights) * rate[-1:] for rate in (gain, loss))
    else:
        gain, loss = (weights[0] * rate[:2] + weights[1] * rate[2:] for rate in (gain, loss))
    copies = 2.0 / len(gain)
    if majorana > 1.0:  # one species with the rates of both
        gain, loss = copies * np.sum(gain, axis=0, keepdims=True), copies * np.sum(loss, axis=0, keepdims=True)
        copies = 1.0
    return Rates(
        mass=mass,
        edges=edges,
        middle=0.5 * (edges[1:] + edges[:-1]),
        volume=4.0 * np.pi / 3.0 * np.diff((edges * units.KILOMETRE) ** 3) * stretch,
        energy=energy,
        measure=measure,
        gain=gain,
        loss=loss,
        multiplicity=np.full(len(gain), copies),
        vacuum_width=float(hnl_decay.radiative_width(mass)) * sum(weights) * majorana,
        conditions=state,
        lapse=lapse,
        stretch=stretch,
    )


def _grid(
    star: Star, mass: float, far_km: float | None
) -> tuple[FloatArray, profiles.Conditions, FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Edges of the shells, conditions in their middle, energies far away and weights, metric in the middle."""
    profile = star.load()
    edges = _shells(profile, far_km)
    state = profile.at(np.maximum(0.5 * (edges[1:] + edges[:-1]), profile.radius[0]))
    return edges, state, *energy_grid(mass, state.temperature, star.potential(state)), _metric(star, far_km)


@functools.lru_cache(maxsize=64)
def _metric(star: Star, far_km: float | None) -> tuple[FloatArray, FloatArray]:
    """Lapse and stretch in the middle of the shells."""
    profile = star.load()
    edges = _shells(profile, far_km)
    middle = 0.5 * (edges[1:] + edges[:-1])
    return profile.metric(middle) if star.gravity else (np.ones_like(middle), np.ones_like(middle))


@functools.lru_cache(maxsize=512)
def _booked_rates(star: Star, mass: float, far_km: float | None) -> tuple[FloatArray, FloatArray]:
    """Rates of N at mu_nu, at -mu_nu (N-bar) and at zero (nu_mu); the last alone where nothing is degenerate."""
    _, state, energy, _, (lapse, _) = _grid(star, mass, far_km)
    local = energy / lapse[:, None]
    potential = _bookings(star.potential(state))
    total = total_rate(tuple(c for c in star.channels if c not in SLOW), state, local, mass, potential)
    slow = tuple(c for c in star.channels if c in SLOW)
    if slow:
        total += _interpolated_rate(star, slow, mass, far_km)
    return gain_and_loss(total, state, local, potential)


def _bookings(potential: FloatArray) -> FloatArray:
    signs = np.array([1.0, -1.0, 0.0] if np.any(potential != 0) else [0.0])
    return signs[:, None] * potential


def _interpolated_rate(star: Star, channels: tuple[str, ...], mass: float, far_km: float | None) -> FloatArray:
    """Gain plus loss of slow channels from the four nearest of a few masses a decade, at equal kinetic energies.

    Cubic in ln M and ln(rate), good to half a per cent; the lightest node stands for every smaller mass, and heavier masses than
    the last are computed.
    """
    position = np.log(mass / _MASS_NODES[0]) * _NODES_PER_DECADE / np.log(10.0)
    if position <= 0:
        return _slow_rate(star, channels, _MASS_NODES[0], far_km)
    if mass > _MASS_NODES[1]:
        return _slow_rate(star, channels, mass, far_km)
    first = max(int(position) - 1, 0)
    nodes = first + np.arange(4)
    masses = [_MASS_NODES[0] * 10.0 ** (i / _NODES_PER_DECADE) for i in nodes]
    logs = [np.log(_slow_rate(star, channels, node, far_km)) for node in masses]
    others = [np.delete(nodes, i) for i in range(4)]
    shares = [np.prod((position - o) / (i - o)) for i, o in zip(nodes, others, strict=True)]
    cubic = sum(share * rate for share, rate in zip(shares, logs, strict=True))
    index = int(np.clip(int(position) - first, 0, 2))
    lower, upper = np.minimum(logs[index], logs[index + 1]), np.maximum(logs[index], logs[index + 1])
    return np.exp(np.clip(cubic, lower - _OVERSHOOT, upper + _OVERSHOOT))


@functools.lru_cache(maxsize=512)
def _slow_rate(star: Star, channels: tuple[str, ...], mass: float, far_km: float | None) -> FloatArray:
    _, state, energy, _, (lapse, _) = _grid(star, mass, far_km)
    local, root = energy / lapse[:, None], np.sqrt(energy - mass)
    return np.maximum(total_rate(channels, state, local, mass, _bookings(star.potential(state)), root), _TINY)


def _shells(profile: profiles.Profile, far_km: float | None) -> FloatArray:
    outer = profile.outer_radius if far_km is None else min(far_km, profile.outer_radius)
    if outer <= _INNER_KM:
        return np.linspace(0.0, outer, INNER_SHELLS + 1)
    inner = np.linspace(0.0, _INNER_KM, INNER_SHELLS + 1)
    return np.concatenate([inner, np.geomspace(_INNER_KM, outer, OUTER_SHELLS + 1)[1:]])
