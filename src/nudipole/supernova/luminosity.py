r"""How much energy N carries off, as a function of d, and the four ways in use of turning it into a limit.

Rays from every shell in every direction are followed to R_far through the opacity of the star and through decay,

.. math:: \frac{dN}{dE\,dt}(d) = d^2\int dV\,\frac{dQ}{dE}(r, E)\,
          \frac12\int d\cos\theta\; e^{-d^2\tau(r, \theta, E)}, \qquad L = \int E\,\frac{dN}{dE\,dt}\,dE .

Modes (:data:`MODES`):

``integrated-luminosity``
    L(d) at R_far exceeds L_max: a closed region
``mean-free-path``
    L without absorption exceeds L_max, up to the d at which the energy-averaged mean free path in the core falls to the
    core radius
``n-sphere``
    the same lower edge, up to the d at which the black-body luminosity of the sphere of optical depth 2/3 falls below L_max
``raffelt``
    emissivity at rho = 3e14 g/cm^3, T = 30 MeV, Y_p = 0.3 exceeds 1e19 erg/g/s; no upper edge

With the metric of the star (:meth:`nudipole.supernova.profiles.Profile.metric`) energies and times are those far away, N has
E / alpha in a shell of lapse alpha, and what has less than M far away never gets there. Rays are straight.

The first is the one of :cite:`Chauhan:2024nfa`, the last the criterion of :cite:`Raffelt:1996wa`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import SMALLEST, check_between, check_choice, check_non_negative
from nudipole.processes.decays import hnl_decay
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.supernova import channels, emission, profiles

FloatArray = npt.NDArray[np.float64]
MODES = ("integrated-luminosity", "mean-free-path", "n-sphere", "raffelt")
RAFFELT_ERG_PER_GRAM_SECOND = 1e19
RAFFELT_CONDITIONS = (0.0, 3e14, 30.0, 0.3)  # r [km], rho [g/cm3], T [MeV], Y_p (Raffelt 1996, Sec. 13.3)
CORE_KM = 10.0
_ERG_PER_SECOND = units.ERG / units.SECOND  # one erg/s in GeV^2
_ANGLES = 4
_DEPTH_STEP = 0.04  # in ln(depth); a spectrum damped by exp(-10) is off by 2 %, the edge in d by 1e-3
ANGULAR = ("average", "radial")
_SPHERE_DEPTH = 2.0 / 3.0
_OXYGEN_CHARGE, _OXYGEN_MASS_NUMBER, _OXYGEN_SCREENING = 8, 16, 47 * units.KEV


@dataclass(frozen=True, eq=False)
class Escape:
    """Emission per d^2 by optical depth per d^2 at one mass; all d follow from it as a Laplace transform.

    ``by_depth`` (species, energies, depths): dN/dE dt per d^2 [GeV^2] of the rays of each optical depth per d^2, the
    logarithmic grid ``depth`` [GeV^2]; a ray is shared by the two neighbours of its depth.
    """

    rates: emission.Rates
    by_depth: FloatArray
    depth: FloatArray
    far_km: float
    _spectra: dict[bytes, FloatArray] = field(default_factory=dict, repr=False)

    def spectrum(self, d: npt.ArrayLike) -> FloatArray:
        """dN/dE dt at R_far [1, i.e. GeV^-1 per GeV^-1], shape d.shape + (energies,), for couplings d [GeV^-1]."""
        return np.sum(self.species_spectrum(d), axis=-2)

    def species_spectrum(self, d: npt.ArrayLike) -> FloatArray:
        """The same by species, d.shape + (species, energies): N and N-bar, or both at once where they are alike."""
        check_non_negative(d=d)
        d = np.asarray(d, dtype=float)
        key = d.tobytes()
        if key not in self._spectra:  # every observable of one mass asks for the same couplings
            squared = d.ravel()[:, None] ** 2
            self._spectra[key] = np.tensordot(squared * np.exp(-squared * self.depth), self.by_depth, axes=(1, 2))
        return self._spectra[key].reshape((*d.shape, *self.by_depth.shape[:2]))

    def luminosity(self, d: npt.ArrayLike) -> FloatArray:
        """Energy per time at R_far [erg/s] for couplings d [GeV^-1]."""
        return self.spectrum(d) @ (self.rates.energy * self.rates.measure) / _ERG_PER_SECOND

    def free_luminosity(self) -> float:
        """Luminosity per d^2 without absorption [erg/s GeV^2]."""
        spectrum = np.sum(self.by_depth, axis=(0, 2))
        return float(spectrum @ (self.rates.energy * self.rates.measure) / _ERG_PER_SECOND)


@functools.lru_cache(maxsize=512)
def escape(rates: emission.Rates, far_km: float, angular: str = "average", column: float = 0.0) -> Escape:
    """Rays of one star at one mass, out to R_far [km].

    Parameters
    ----------
    rates : Rates
    far_km : float
        R_far [km]: what is absorbed or decays inside does not count as lost. Beyond the last shell N only decays.
    angular : {"average", "radial"}
        Average over directions of emission, or all N moving radially outward.
    column : float
        Oxygen [g/cm^2] beyond R_far that every N has to cross (:func:`oxygen_opacity`).
    """
    check_choice("directions of emission", angular, ANGULAR)
    check_non_negative(far_km=far_km, column=column)
    paths, beyond = _rays(tuple(rates.edges), far_km, angular)
    _, weight = _directions(angular)
    depth = np.einsum("iaj,sjm->smia", paths * rates.stretch, rates.opacity, optimize=True)
    depth += (rates.vacuum_width * rates.mass / rates.momentum)[:, None, None] * beyond
    if column > 0:
        scale = rates.vacuum_width / float(hnl_decay.radiative_width(rates.mass))  # flavours and nature, as the width
        depth += (column * scale * oxygen_opacity(rates.energy, rates.mass))[:, None, None]
    source = np.einsum("sim,i,a->smia", rates.emission, rates.volume, weight)
    grid, by_depth = _by_depth(depth.reshape(*depth.shape[:2], -1), source.reshape(*source.shape[:2], -1))
    return Escape(rates, by_depth, grid, far_km)


@functools.lru_cache(maxsize=64)
def _rays(edges: tuple[float, ...], far_km: float, angular: str) -> tuple[FloatArray, FloatArray]:
    """Lengths in each shell (shells, angles, shells) and beyond the last (shells, angles) [GeV^-1]."""
    bounds = np.array(edges)
    middle = 0.5 * (bounds[1:] + bounds[:-1])
    cosine, _ = _directions(angular)
    impact2 = middle[:, None] ** 2 * (1.0 - cosine**2)
    beyond = np.sqrt(np.maximum(far_km**2 - impact2, 0.0)) - np.sqrt(bounds[-1] ** 2 - impact2)
    return path_lengths(middle, cosine, bounds) * units.KILOMETRE, np.maximum(beyond, 0.0) * units.KILOMETRE


def _by_depth(depth: FloatArray, source: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sources (species, energies, rays) sorted by the logarithm of their depth: grid and (species, energies, grid)."""
    logarithm = np.log(np.maximum(depth, 1e-300))
    lowest = float(np.min(logarithm))
    count = int((float(np.max(logarithm)) - lowest) / _DEPTH_STEP) + 2
    position = (logarithm - lowest) / _DEPTH_STEP
    index = position.astype(np.intp)
    share = position - index
    rows = np.arange(depth.shape[0] * depth.shape[1]).reshape(*depth.shape[:2], 1) * count
    size = depth.shape[0] * depth.shape[1] * count
    result = np.zeros(size)
    for offset, weight in ((0, 1.0 - share), (1, share)):
        result += np.bincount((rows + index + offset).ravel(), (source * weight).ravel(), size)
    return np.exp(lowest + _DEPTH_STEP * np.arange(count)), result.reshape(*depth.shape[:2], count)


def path_lengths(radius: FloatArray, cosine: FloatArray, edges: FloatArray) -> FloatArray:
    """Length [km] inside each shell of the ray that leaves ``radius`` at ``cosine`` to the outward normal.

    Returns
    -------
    ndarray
        Shape (radii, angles, shells); exact for straight rays.

    Examples
    --------
    >>> edges = np.linspace(0.0, 10.0, 11)
    >>> paths = path_lengths(np.array([5.0]), np.array([1.0, -1.0]), edges)
    >>> [round(float(x), 12) for x in paths.sum(axis=-1)[0]]
    [5.0, 15.0]
    """
    start = radius[:, None, None]
    impact2 = (radius**2)[:, None, None] * (1.0 - cosine**2)[None, :, None]

    def along(r: FloatArray) -> FloatArray:
        return np.sqrt(np.maximum(r**2 - impact2, 0.0))

    lower, upper = edges[:-1], edges[1:]
    outward = along(np.maximum(upper, start)) - along(np.maximum(lower, start))
    inward = along(np.minimum(upper, start)) - along(np.minimum(lower, start))
    return outward + np.where((cosine < 0)[None, :, None], 2.0 * inward, 0.0)


@functools.cache
def _directions(angular: str) -> tuple[FloatArray, FloatArray]:
    if angular == "radial":
        return np.ones(1), np.ones(1)
    nodes, weights = plasma.legendre(_ANGLES)
    return nodes, 0.5 * weights


def oxygen_opacity(energy: npt.ArrayLike, mass: float) -> FloatArray:
    r"""Depth per d^2 and column [GeV^2 per g/cm^2] of N A -> nu A on the oxygen of a progenitor, a burnt shell at 10^9 K.

    :math:`\sigma = Z^2\sigma_{\nu\to N}E^2/2k^2` of the static formula, screened by electrons and ions at 10^5 g/cm^3 (47 keV);
    without form factor, which takes 15 % of it at 100 MeV.

    Examples
    --------
    >>> d = float(1 / np.sqrt(8e13 * oxygen_opacity(0.1, 1e-5)))  # where half a solar mass at 10^9 cm has depth one
    >>> f"{d:.1e}"
    '7.4e-06'
    """
    check_non_negative(energy=energy, mass=mass)
    nuclei = 1.0 / (_OXYGEN_MASS_NUMBER * units.ATOMIC_MASS_UNIT) * units.GRAM / units.CENTIMETRE**2
    forward = plasma.static_cross_section(energy, mass, _OXYGEN_SCREENING**2)
    energy = np.asarray(energy, dtype=float)
    slowness = np.divide(mass, energy, out=np.ones_like(energy), where=energy > mass)
    velocity = np.sqrt(np.maximum(1.0 - slowness**2, SMALLEST))
    return nuclei * _OXYGEN_CHARGE**2 * plasma.backward(forward, energy, mass) / velocity


def raffelt_coupling(mass: float) -> float:
    """d [GeV^-1] at which the emissivity meets Raffelt's 1e19 erg/g/s (mu_nu = 0); inf if N is not made."""
    radius, *rest = RAFFELT_CONDITIONS
    state = profiles.conditions(np.array([radius]), *rest)
    per_d2 = float(channels.local_emissivity(mass, state)[0])
    limit = RAFFELT_ERG_PER_GRAM_SECOND * _ERG_PER_SECOND / units.GRAM
    return float(np.sqrt(limit / per_d2)) if per_d2 > 0 else np.inf


def mean_free_path_coupling(rates: emission.Rates, core_km: float = CORE_KM) -> float:
    """d [GeV^-1] at which the mean free path at the core's middle, averaged over the emitted energy, equals the core.

    The average is the harmonic one of a thermal flux: <1/l> weighted with the energy spectrum emitted there.
    """
    check_between(1e-3, 2.0 * float(rates.edges[-1]), core_km=core_km)
    shell = int(np.searchsorted(rates.edges, 0.5 * core_km)) - 1
    energy_weight = rates.emission[:, shell] * rates.energy * rates.measure
    mean = np.sum(energy_weight * rates.opacity[:, shell]) / np.sum(energy_weight)
    return float(1.0 / np.sqrt(mean * core_km * units.KILOMETRE))


def sphere_luminosity(rates: emission.Rates, d: npt.ArrayLike) -> FloatArray:
    r"""Black-body luminosity [erg/s] of trapped N from the sphere where its radial optical depth is 2/3.

    :math:`L = 4\pi R^2\,\tfrac14\int 4p^2dp/2\pi^2\,vE f(E, T(R))`, with the opacity averaged over the thermal flux
    at each radius; only matter and decay inside the profile count. Where the depth at the brightest sphere of all is
    below 2/3, N still comes from the volume and no sphere limits it: infinity.
    """
    check_non_negative(d=d)
    state = rates.conditions
    heat = state.temperature[:, None]
    # p^2 E dE of the local energies, times alpha^2: both energy and time are redshifted
    local = rates.local_energy
    flux = rates.lapse[:, None] * rates.measure * rates.local_momentum**2 * local * plasma.fermi(local, heat)
    opacity = np.mean(rates.opacity, axis=0)
    total = np.sum(flux, axis=-1)
    mean = np.divide(np.sum(flux * opacity, axis=-1), total, out=np.zeros_like(total), where=total > 0)
    thickness = np.diff(rates.edges) * rates.stretch * units.KILOMETRE
    # optical depth per d^2 from each shell's middle outward
    outside = np.cumsum((mean * thickness)[::-1])[::-1] - 0.5 * mean * thickness
    brightness = 2.0 * np.sum(rates.multiplicity) / (8.0 * np.pi**2) * total
    luminosity = 4.0 * np.pi * (rates.middle * units.KILOMETRE) ** 2 * brightness / _ERG_PER_SECOND
    d = np.asarray(d, dtype=float)
    needed = np.log(_SPHERE_DEPTH) - 2.0 * np.log(np.where(d > 0, d, SMALLEST))
    log_depth = np.log(np.maximum(outside, 1e-300))
    brightest = int(np.argmax(luminosity))
    log_luminosity = np.log(np.maximum(luminosity, 1e-300))
    result = np.exp(np.interp(-needed, -log_depth[brightest:], log_luminosity[brightest:]))
    return np.where(needed > log_depth[brightest], np.inf, result)
