r"""The proto-neutron star as data: density, temperature, proton fraction and neutrino potential against radius.

Built in, by name:

``analytic``
    core of radius R_c = 10 km with :math:`\rho = \rho_c[1 + 0.2(1 - r/R_c)]`, :math:`T = T_c[1 - 0.5(1 - r/R_c)]`,
    outside :math:`\rho = \rho_c(r/R_c)^{-5}`, :math:`T = T_c(r/R_c)^{-5/3}`; rho_c = 3e14 g/cm^3, T_c = 30 MeV,
    Y_p = 0.3 (:cite:`Chang:2016ntp`, from memory, not re-read; it holds the 1.6 solar masses it should), the profile of
    :cite:`Magill:2018jla`
``cold``
    anchor points similar to the Garching model SFHo-18.80 :cite:`Bollig:2020xdr`, from 25 to 100 km continued with the
    power laws of the last two
``hot``
    the same for SFHo-20.0

and any table of the user's with columns radius [km], density [g/cm3], temperature [MeV], proton_fraction [1] and, if
there is one, neutrino_potential [MeV] (of nu_e; used inside 15 km); ``examples/star.csv`` is one. Its lapse follows from its density:
:meth:`Profile.metric`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, TableError, check_choice, check_finite, check_non_negative, check_positive
from nudipole.inputs import tables
from nudipole.processes.plasma import stellar_plasma as plasma

FloatArray = npt.NDArray[np.float64]
NAMES = ("cold", "hot", "analytic")
NEUTRINOSPHERE_KM = 15.0  # outside, neutrinos do not follow the beta-equilibrium potential (see the tables' headers)
_INNERMOST_KM = 0.5
_CORE_KM = 10.0
_OUTER_KM = 100.0  # built-in profiles are continued to here, beyond the ends of their tables
_EXTENSION_NODES = 60
_LAPSE_NODES, _LAPSE_STEPS = 4001, 12
_GRAVITY_KM = units.GRAM / units.CENTIMETRE**3 / units.PLANCK_MASS**2 * units.KILOMETRE**2  # G rho in km^-2 of 1 g/cm^3
_COLUMNS = ("radius", "density", "temperature", "proton_fraction")


@dataclass(frozen=True)
class Conditions:
    """Plasma at given radii, natural units, every array of the shape of ``radius``.

    ``radius`` [km]; ``mass_density`` [GeV^4]; ``temperature`` T, ``electron_potential`` mu_e, ``photon_mass`` m_T [GeV];
    ``proton_density`` n_p and its unblocked part ``proton_targets`` [GeV^3]; ``screening2`` kappa^2 [GeV^2];
    ``neutrino_potential`` mu_nu of nu_e in beta equilibrium [GeV], zero outside the neutrinosphere or where the profile
    has none.
    """

    radius: FloatArray
    mass_density: FloatArray
    temperature: FloatArray
    proton_density: FloatArray
    electron_potential: FloatArray
    photon_mass: FloatArray
    screening2: FloatArray
    proton_targets: FloatArray
    neutrino_potential: FloatArray


def conditions(
    radius: npt.ArrayLike,
    density: npt.ArrayLike,
    temperature: npt.ArrayLike,
    proton_fraction: npt.ArrayLike,
    neutrino_potential: npt.ArrayLike = 0.0,
) -> Conditions:
    """Everything that follows from rho [g/cm^3], T [MeV], Y_p and mu_nu [MeV] at radii [km], with Y_e = Y_p.

    Examples
    --------
    >>> centre = conditions(10.0, 3e14, 30.0, 0.3)
    >>> round(float(centre.electron_potential) / units.MEV), round(float(centre.photon_mass) / units.MEV)
    (218, 15)
    """
    check_positive(density=density, temperature=temperature, proton_fraction=proton_fraction)
    radius, density, temperature, fraction, neutrino = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (radius, density, temperature, proton_fraction, neutrino_potential))
    )
    heat = temperature * units.MEV
    mass_density = density * units.GRAM / units.CENTIMETRE**3
    protons = mass_density / units.NUCLEON_MASS * fraction
    electron = plasma.electron_potential(protons, heat)
    return Conditions(
        radius=radius,
        mass_density=mass_density,
        temperature=heat,
        proton_density=protons,
        electron_potential=electron,
        photon_mass=plasma.photon_mass(electron, heat),
        screening2=plasma.electron_screening2(electron, heat) + plasma.proton_screening2(protons, heat),
        proton_targets=protons * plasma.proton_blocking(protons, heat),
        neutrino_potential=neutrino * units.MEV,
    )


@dataclass(frozen=True)
class Profile:
    """A spherically symmetric snapshot on nodes in radius; density and temperature interpolate logarithmically.

    Parameters
    ----------
    name : str
    radius : ndarray (n,)
        [km], increasing, starting at or near zero.
    density : ndarray (n,)
        [g/cm^3], > 0.
    temperature : ndarray (n,)
        [MeV], > 0.
    proton_fraction : ndarray (n,)
        In (0, 1].
    neutrino_potential : ndarray (n,) or None
        Chemical potential of nu_e [MeV]; None if the profile does not know it.
    citations : tuple of str

    Raises
    ------
    DomainError
        If a column is not positive, radii do not increase from the centre, or a fraction exceeds one.
    """

    name: str
    radius: FloatArray
    density: FloatArray
    temperature: FloatArray
    proton_fraction: FloatArray
    neutrino_potential: FloatArray | None = None
    citations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.radius.ndim != 1 or len(self.radius) < 2 or not np.all(np.isfinite(self.radius)):
            raise DomainError(f"profile {self.name}: needs at least two radii, all finite")
        if not 0.0 <= self.radius[0] <= _INNERMOST_KM:
            raise DomainError(
                f"profile {self.name}: starts at {self.radius[0]:g} km; it must begin within {_INNERMOST_KM:g} km of the"
                " centre"
            )
        if np.any(np.diff(self.radius) <= 0):
            index = int(np.argmax(np.diff(self.radius) <= 0))
            raise DomainError(
                f"profile {self.name}: radius is not monotonic, {self.radius[index + 1]:g} km follows"
                f" {self.radius[index]:g} km"
            )
        check_positive(density=self.density, temperature=self.temperature, proton_fraction=self.proton_fraction)
        if not self.radius.shape == self.density.shape == self.temperature.shape == self.proton_fraction.shape:
            raise DomainError(f"profile {self.name}: every column needs as many rows as there are radii")
        if np.any(self.proton_fraction > 1):
            raise DomainError(f"profile {self.name}: a proton fraction exceeds one")
        if self.neutrino_potential is not None:
            check_finite(neutrino_potential=self.neutrino_potential)

    @property
    def outer_radius(self) -> float:
        """Where the profile ends [km]; there is vacuum beyond, as far as N is concerned."""
        return float(self.radius[-1])

    def at(self, radius: npt.ArrayLike) -> Conditions:
        """Conditions at these radii [km].

        Raises
        ------
        DomainError
            If a radius lies outside the profile.
        """
        radius = np.asarray(radius, dtype=float)
        inside = (radius >= self.radius[0]) & (radius <= self.radius[-1])
        if not np.all(inside):
            wrong = radius[~inside].flat[0]
            raise DomainError(
                f"radius {wrong:g} km is outside profile {self.name} ({self.radius[0]:g} - {self.radius[-1]:g} km)"
            )
        density = np.exp(np.interp(radius, self.radius, np.log(self.density)))
        heat = np.exp(np.interp(radius, self.radius, np.log(self.temperature)))
        fraction = np.interp(radius, self.radius, self.proton_fraction)
        neutrino = np.zeros_like(radius)
        if self.neutrino_potential is not None:
            trapped = radius <= NEUTRINOSPHERE_KM
            neutrino = np.where(trapped, np.interp(radius, self.radius, self.neutrino_potential), 0.0)
        return conditions(radius, density, heat, fraction, neutrino)

    def extended(self, outer_km: float) -> Profile:
        """The profile continued to ``outer_km`` with the power laws of its last two nodes.

        Proton fraction constant; the neutrino potential, of no effect outside the neutrinosphere, too.
        """
        check_non_negative(outer_km=outer_km)
        if outer_km <= self.outer_radius:
            return self
        more = np.geomspace(self.outer_radius, outer_km, _EXTENSION_NODES + 1)[1:]
        step = np.log(self.radius[-1] / self.radius[-2])
        columns = []
        for column in (self.density, self.temperature):
            slope = np.log(column[-1] / column[-2]) / step
            columns.append(np.concatenate([column, column[-1] * (more / self.outer_radius) ** slope]))
        fraction = np.concatenate([self.proton_fraction, np.full_like(more, self.proton_fraction[-1])])
        potential = self.neutrino_potential
        if potential is not None:
            potential = np.concatenate([potential, np.full_like(more, potential[-1])])
        radius = np.concatenate([self.radius, more])
        return Profile(self.name, radius, columns[0], columns[1], fraction, potential, self.citations)

    def metric(self, radius: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        r"""Lapse alpha and proper length per radius beta at radii [km], of the star at rest.

        Alpha is the clock rate and the energy far away over the local ones.

        .. math:: \frac{d\ln\alpha}{dr} = \frac{G(m + 4\pi r^3P)}{r^2(1 - 2Gm/r)},\qquad
                  \frac{dP}{dr} = -(\rho + P)\frac{d\ln\alpha}{dr},\qquad
                  \alpha(R) = \sqrt{1 - 2Gm/R},\qquad \beta = (1 - 2Gm/r)^{-1/2},

        m the mass inside r of the density of the profile, P the pressure that holds it.

        Raises
        ------
        DomainError
            If a radius is negative, or the star lies inside its Schwarzschild radius.

        Examples
        --------
        >>> lapse, stretch = load("cold").metric([0.0, 10.0, 100.0])
        >>> [round(float(a), 2) for a in lapse], [round(float(b), 2) for b in stretch]
        ([0.71, 0.79, 0.98], [1.0, 1.14, 1.02])
        """
        check_non_negative(radius=radius)
        nodes = np.linspace(1e-3, self.outer_radius, _LAPSE_NODES)
        density = np.exp(np.interp(nodes, self.radius, np.log(self.density)))
        # lengths in km: G m and 4 pi G rho r^3 in km, P in units of rho
        density = density * _GRAVITY_KM
        mass = _cumulative(4.0 * np.pi * nodes**2 * density, nodes)
        room = 1.0 - 2.0 * mass / nodes
        if np.min(room) <= 0:
            raise DomainError(f"profile {self.name} lies inside its Schwarzschild radius")
        pressure = np.zeros_like(nodes)
        for _ in range(_LAPSE_STEPS):
            slope = (mass + 4.0 * np.pi * nodes**3 * pressure) / (nodes**2 * room)
            outward = _cumulative((density + pressure) * slope, nodes)
            pressure = outward[-1] - outward
        log_lapse = _cumulative(slope, nodes)
        log_lapse += 0.5 * np.log(room[-1]) - log_lapse[-1]
        radius = np.asarray(radius, dtype=float)
        beyond = 0.5 * np.log1p(-2.0 * mass[-1] / np.maximum(radius, nodes[-1]))
        lapse = np.exp(np.where(radius > nodes[-1], beyond, np.interp(radius, nodes, log_lapse)))
        return lapse, np.where(radius > nodes[-1], np.exp(-beyond), 1.0 / np.sqrt(np.interp(radius, nodes, room)))

    def enclosed_mass(self) -> float:
        """Baryonic mass [solar masses]."""
        radius = np.linspace(self.radius[0], self.radius[-1], 4001)
        density = np.exp(np.interp(radius, self.radius, np.log(self.density)))
        grams = np.trapezoid(4.0 * np.pi * (radius * 1e5) ** 2 * density, radius * 1e5)
        return float(grams * units.GRAM / units.SOLAR_MASS)


def _cumulative(values: FloatArray, nodes: FloatArray) -> FloatArray:
    """Integral from the first node to each, by trapezia."""
    steps = 0.5 * (values[1:] + values[:-1]) * np.diff(nodes)
    return np.concatenate([[0.0], np.cumsum(steps)])


@functools.cache
def load(name: str) -> Profile:
    """One of the built-in profiles :data:`NAMES`.

    Raises
    ------
    UnknownNameError
        For another name.

    Examples
    --------
    >>> round(load("analytic").enclosed_mass(), 1), round(load("cold").enclosed_mass(), 1)
    (1.6, 1.4)
    """
    check_choice("supernova profile", name, NAMES)
    if name == "analytic":
        return _analytic()
    table = tables.load(f"supernova/data/profile_{name}.csv")
    return from_table(table, name, ("Bollig:2020xdr",)).extended(_OUTER_KM)


def load_file(path: Path) -> Profile:
    """A profile in a table of the user's (columns as at the head of this module).

    Raises
    ------
    TableError
        If the table cannot be read, lacks a column or states another unit.
    DomainError
        If its radii are not monotonic or its values not physical.
    """
    return from_table(tables.load_file(path), str(path))


def from_table(table: tables.Table, name: str, citations: tuple[str, ...] = ()) -> Profile:
    """The profile in a table with columns radius, density, temperature, proton_fraction[, neutrino_potential]."""
    expected = dict(zip(_COLUMNS, ("km", "g/cm3", "MeV", "1"), strict=True)) | {"neutrino_potential": "MeV"}
    for column in _COLUMNS:
        if column not in table.columns:
            raise TableError(
                f"{name}: a supernova profile needs the columns {', '.join(_COLUMNS)}; {column} is missing"
            )
    for column, unit in table.units.items():
        if column in expected and unit != expected[column]:
            raise TableError(f"{name}: column {column} must be in [{expected[column]}], not [{unit}]")
    potential = table["neutrino_potential"] if "neutrino_potential" in table.columns else None
    radius, density, temperature, fraction = (table[column] for column in _COLUMNS)
    return Profile(name, radius, density, temperature, fraction, potential, citations)


def _analytic() -> Profile:
    inner = np.linspace(0.0, _CORE_KM, 201)
    outer = np.geomspace(_CORE_KM, _OUTER_KM, 401)[1:]
    depth, stretch = 1.0 - inner / _CORE_KM, outer / _CORE_KM
    radius = np.concatenate([inner, outer])
    return Profile(
        "analytic",
        radius,
        3e14 * np.concatenate([1.0 + 0.2 * depth, stretch**-5.0]),
        30.0 * np.concatenate([1.0 - 0.5 * depth, stretch ** (-5.0 / 3.0)]),
        np.full_like(radius, 0.3),
        citations=("Chang:2016ntp",),
    )
