r"""How fast N is made and absorbed where it is hot: the early Universe, a proto-neutron star, the core of a red giant.

====================  ================================================================================================
``early-universe``    rates of one N through nu gamma <-> N, N f <-> nu f and N nubar <-> f fbar against the expansion
``supernova``         energy lost to N per mass of star through protons, electrons, photons and pairs; mean free path
``red-giant``         energy lost through plasmon decay, gamma* -> nu N
====================  ================================================================================================

Built on :mod:`nudipole.processes.plasma`, :mod:`nudipole.supernova` and :mod:`nudipole.cosmology.freedom`: the numbers behind the
review's Secs. 5.6 and 5.7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from nudipole import units
from nudipole.arguments import typed_arguments
from nudipole.cosmology import freedom
from nudipole.coupling import coupling
from nudipole.errors import (
    DomainError,
    check_between,
    check_choice,
    check_mass,
    check_non_negative,
    check_positive,
    number,
)
from nudipole.observables.cross_sections import broadcast
from nudipole.processes.plasma import relativistic_plasma, thermal_annihilation, thermal_decay, thermal_scattering
from nudipole.supernova import channels, luminosity, profiles, red_giants

FloatArray = npt.NDArray[np.float64]
PLACES = ("early-universe", "supernova", "red-giant")
MEAN_MOMENTUM = 3.15137  # of massless fermions, in temperatures: 7 pi^4 / 180 zeta(3)
_COLDEST, _HOTTEST, _LIGHTEST, _HEAVIEST = 1e-5, 1e4, 1e-9, 1e3  # GeV
_ERG_PER_SECOND = units.ERG / units.SECOND  # one erg/s in GeV^2
_CORE_DENSITY, _CORE_TEMPERATURE, _CORE_PROTONS = luminosity.RAFFELT_CONDITIONS[1:]  # g/cm3, MeV


@typed_arguments
def thermal(
    place: str,
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    temperature: npt.ArrayLike | None = None,
    *,
    mu: npt.ArrayLike | None = None,
    majorana: bool = False,
    momentum: npt.ArrayLike | None = None,
    density: float | None = None,
    proton_fraction: float | None = None,
) -> dict[str, Any]:
    r"""Rates of N in a thermal bath, by process.

    Parameters
    ----------
    place : {"early-universe", "supernova", "red-giant"}
    mass : array_like
        M [GeV]; above zero in the early Universe.
    d, mu : array_like
        Exactly one: d [GeV^-1], sqrt(sum abs(d_alpha)^2), or mu = 2 d [Bohr magnetons]. All arrays broadcast.
    temperature : array_like
        T [GeV]. Needed in the early Universe (1e-5 to 1e4); 0.030 in the supernova, 8.6e-6 in the red giant if left out.
    majorana : bool
        A Majorana N interacts twice as fast; what a star loses is the same, one species in the place of N and Nbar.
    momentum : array_like, optional
        p of N [GeV] of which rates and mean free path are told; 3.15 T, the mean of massless fermions, if left out.
    density, proton_fraction : float, optional
        rho [g/cm^3] of a star: 3e14 in the supernova, 1e6 in the red giant if left out; Y_p of the supernova, 0.3.

    Returns
    -------
    dict
        ``early-universe``: ``decay_GeV`` (nu gamma <-> N), ``scattering_GeV`` (N f <-> nu f, screened), ``annihilation_GeV``
        (N nubar <-> f fbar), ``rate_GeV`` their sum, ``hubble_GeV``, ``rate_over_hubble``.
        ``supernova``: ``protons``, ``electrons``, ``photons``, ``pairs`` and ``emissivity``, all [erg/g/s],
        ``emissivity_over_raffelt`` (1e19 erg/g/s), ``mean_free_path_m``.
        ``red-giant``: ``emissivity`` [erg/g/s], ``plasma_frequency_GeV``, ``largest_mass_GeV``. Numbers for numbers, arrays for arrays.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown place, a number out of range, or an argument that the place does not have.

    Notes
    -----
    Early Universe: quantum statistics, both helicities averaged, neutrinos at the temperature of the photons; plasmon decay, 1e-3 of
    scattering and less, is left out. Supernova: mu_nu = 0, free streaming; :func:`nudipole.supernova.luminosity.escape` for what leaves a
    star. Kang:2025ndp Secs. 5.6, 5.7, docs: errata.

    Examples
    --------
    >>> found = thermal("early-universe", 1e-3, mu=1e-10, temperature=[0.001, 0.1])
    >>> [f"{ratio:.1e}" for ratio in found["rate_over_hubble"]]
    ['3.4e-02', '1.9e+00']
    >>> f"{thermal('supernova', 0.01, 1e-7)['emissivity']:.1e}"
    '2.2e+23'
    """
    check_choice("place", place, PLACES)
    check_mass(mass=mass)
    size = coupling(d, mu)
    if place == "early-universe":
        if density is not None or proton_fraction is not None:
            raise DomainError("density and proton_fraction are those of a star: the early Universe has neither")
        if temperature is None:
            raise DomainError("the early Universe needs a temperature [GeV]")
        found = _early_universe(mass, size, temperature, momentum, 2.0 if majorana else 1.0)
    elif place == "supernova":
        heat = _CORE_TEMPERATURE * units.MEV if temperature is None else temperature
        star = (
            _CORE_DENSITY if density is None else density,
            _CORE_PROTONS if proton_fraction is None else proton_fraction,
        )
        found = _supernova(mass, size, heat, momentum, star, 2.0 if majorana else 1.0)
    else:
        if momentum is not None or proton_fraction is not None:
            raise DomainError(
                "momentum and proton_fraction have no meaning in the red giant: only plasmons decay there"
            )
        found = _red_giant(mass, size, temperature, density)
    return {name: float(value) if np.ndim(value) == 0 else value for name, value in found.items()}


@typed_arguments
def decoupling_temperature(
    mass: float, d: float | None = None, *, mu: float | None = None, majorana: bool = False
) -> float:
    """The temperature [GeV] above which N was in equilibrium, the highest where its rate is that of the expansion.

    Parameters
    ----------
    mass : float
        M [GeV], 1e-9 to 1e3.
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    majorana : bool

    Returns
    -------
    float
        Between M and 1e4 GeV, where N is relativistic. Infinite if the rate stays below that of the expansion up to 1e4 GeV, zero if
        it still is above at T = M: then N decouples when it is heavy, or not at all.

    Raises
    ------
    DomainError
        If a number is out of range.

    Notes
    -----
    An instant where there is a slow change: for Delta N_eff through :func:`nudipole.cosmology.freedom.relic_delta_neff`, review Eq. (52);
    :mod:`nudipole.cosmology.evolution` has the whole history. The operator must hold at T.

    Examples
    --------
    >>> hot = decoupling_temperature(1e-6, mu=1e-10)
    >>> f"{hot:.2g}", f"{float(freedom.relic_delta_neff(hot, 4.0)):.1f}"
    ('0.055', '1.3')
    """
    size, mass = number("d", coupling(d, mu)), number("mass", mass)
    check_between(_LIGHTEST, _HEAVIEST, mass=mass)

    def excess(log_temperature: float) -> float:
        ratio = thermal("early-universe", mass, size, float(np.exp(log_temperature)), majorana=majorana)[
            "rate_over_hubble"
        ]
        return float(np.log(max(ratio, 1e-300)))

    grid = np.linspace(np.log(max(mass, _COLDEST) * (1 + 1e-9)), np.log(_HOTTEST) - 1e-9, 60)
    values = [excess(t) for t in grid]
    if values[-1] < 0:
        return float("inf")
    below = [index for index, value in enumerate(values) if value < 0]
    return float(np.exp(brentq(excess, grid[below[-1]], grid[below[-1] + 1], xtol=1e-8))) if below else 0.0


def _early_universe(
    mass: npt.ArrayLike,
    size: npt.ArrayLike,
    temperature: npt.ArrayLike,
    momentum: npt.ArrayLike | None,
    majorana: float,
) -> dict[str, FloatArray]:
    check_between(_LIGHTEST, _HEAVIEST, mass=mass)
    check_between(_COLDEST, _HOTTEST, temperature=temperature)
    p = MEAN_MOMENTUM * np.asarray(temperature, dtype=float) if momentum is None else momentum
    check_positive(momentum=p)
    masses, couplings, t, p = broadcast(mass=mass, d=size, temperature=temperature, momentum=p)
    check_between(1e-6, 1e3, momentum_over_temperature=p / t)
    strength = majorana * couplings**2
    screened = relativistic_plasma.photon_mass2(t)

    def per_mass(rate: Callable[..., FloatArray], *more: FloatArray) -> FloatArray:
        """A rate that takes one mass at a time, at every point."""
        result = np.zeros(t.shape)
        for one in np.unique(masses):
            here = masses == one
            result[here] = rate(p[here], float(one), t[here], *(extra[here] for extra in more))
        return result

    def decay(at: FloatArray, one: float, heat: FloatArray, photon_mass2: FloatArray) -> FloatArray:
        return np.mean(thermal_decay.relaxation(at, one, heat, heat, photon_mass2).loss, axis=0)

    parts = {
        "decay_GeV": strength * per_mass(decay, screened),
        "scattering_GeV": strength * per_mass(thermal_scattering.rate),
        "annihilation_GeV": strength * per_mass(thermal_annihilation.rate),
    }
    total = np.sum(np.stack(list(parts.values())), axis=0)
    expansion = np.sqrt(8.0 * np.pi**3 / 90.0 * freedom.energy_freedom(t)) * t**2 / units.PLANCK_MASS
    return parts | {"rate_GeV": total, "hubble_GeV": expansion, "rate_over_hubble": total / expansion}


def _supernova(
    mass: npt.ArrayLike,
    size: npt.ArrayLike,
    temperature: npt.ArrayLike,
    momentum: npt.ArrayLike | None,
    star: tuple[float, float],
    majorana: float,
) -> dict[str, FloatArray]:
    check_between(0.0, channels.HEAVIEST, mass=mass)
    check_between(1e-4, 1.0, temperature=temperature)
    check_between(1e3, 1e17, density=star[0])
    check_between(1e-3, 1.0, proton_fraction=star[1])
    p = MEAN_MOMENTUM * np.asarray(temperature, dtype=float) if momentum is None else momentum
    check_between(1e-4, 1e2, momentum=p)
    masses, couplings, heat, p = broadcast(mass=mass, d=size, temperature=temperature, momentum=p)
    names = (*channels.CHANNELS, "opacity")
    found = np.zeros((len(names), masses.size))
    for index, (one, t, wave) in enumerate(zip(masses.flat, heat.flat, p.flat, strict=True)):
        state = profiles.conditions(np.zeros(1), star[0], t / units.MEV, star[1])
        found[:-1, index] = [channels.local_emissivity(float(one), state, (name,))[0] for name in channels.CHANNELS]
        energy = np.hypot(one, wave)
        rate = channels.total_rate(channels.CHANNELS, state, np.array([energy]), float(one), np.zeros(1))
        found[-1, index] = rate[0, 0] * energy / wave
    emitted = found[:-1] * units.GRAM / _ERG_PER_SECOND * couplings.ravel() ** 2
    parts = {name: row.reshape(masses.shape) for name, row in zip(channels.CHANNELS, emitted, strict=True)}
    total = np.sum(emitted, axis=0).reshape(masses.shape)
    absorbed = majorana * couplings**2 * found[-1].reshape(masses.shape)
    free = np.divide(units.HBAR_C, absorbed, out=np.full(masses.shape, np.inf), where=absorbed > 0)
    return parts | {
        "emissivity": total,
        "emissivity_over_raffelt": total / luminosity.RAFFELT_ERG_PER_GRAM_SECOND,
        "mean_free_path_m": free,
    }


def _red_giant(
    mass: npt.ArrayLike, size: npt.ArrayLike, temperature: npt.ArrayLike | None, density: float | None
) -> dict[str, FloatArray]:
    usual = red_giants.Core()
    core = red_giants.Core(
        density=usual.density if density is None else density,
        temperature=usual.temperature if temperature is None else number("temperature", temperature),
    )
    check_non_negative(mass=mass)
    masses, couplings = broadcast(mass=mass, d=size)
    per_volume = red_giants.energy_loss(masses, core) * couplings**2
    per_gram = per_volume / (core.density * units.GRAM / units.CENTIMETRE**3) * units.GRAM / _ERG_PER_SECOND
    return {
        "emissivity": per_gram,
        "plasma_frequency_GeV": np.asarray(core.plasma_frequency),
        "largest_mass_GeV": np.asarray(core.largest_mass),
    }
