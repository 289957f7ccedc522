r"""N before 20 MeV, when it only gravitates: out of equilibrium, or into it, in a plasma of g_* degrees of freedom.

    f_h' = G_h - R_h f_h (:mod:`nudipole.cosmology.relic`),   a T g_*s(T)^(1/3) = const,   H^2 = 8 pi rho / 3 M_Planck^2

with the entropy and the energy of :mod:`nudipole.cosmology.freedom`. What is left at 20 MeV is where
:mod:`nudipole.cosmology.evolution` begins.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.cosmology import freedom, relic
from nudipole.errors import DomainError, check_non_negative
from nudipole.processes.plasma import relativistic_plasma as thermal

FloatArray = npt.NDArray[np.float64]
MATCHING_TEMPERATURE = 0.02  # GeV
HOTTEST = 1e4  # GeV, where the table of degrees of freedom ends


def check_reheating(temperature: float) -> None:
    """Raise :class:`DomainError` unless the hot phase begins at 20 MeV or above (infinity: it always was)."""
    if not temperature >= MATCHING_TEMPERATURE:
        raise DomainError(
            f"the reheating temperature must be at least {MATCHING_TEMPERATURE:g} GeV, got {temperature:g}"
        )


def occupation(n: relic.Relic, reheating_temperature: float, dilution: str = "entropy") -> FloatArray:
    """f of both helicities at 20 MeV, shape (2, momenta): every momentum followed through the hot phase.

    From equilibrium long before decoupling, or from nothing at a reheating at ``reheating_temperature`` [GeV].

    Raises
    ------
    DomainError
        If the reheating temperature lies below 20 MeV.
    """
    check_reheating(reheating_temperature)
    hottest = max(1.0, 5 * n.mass, 20 * decoupling_temperature(n.mass, n.strength))
    thermalised = reheating_temperature > hottest
    start = min(HOTTEST, hottest) if thermalised else reheating_temperature
    log_t = np.linspace(
        np.log(start), np.log(MATCHING_TEMPERATURE), 2 + int(np.log(start / MATCHING_TEMPERATURE) / 0.02)
    )
    temperature = np.exp(log_t)
    entropy, energy_freedom = freedom.entropy_freedom(temperature), freedom.energy_freedom(temperature)
    heated = (entropy[-1] / entropy) ** (1 / 3) if dilution == "entropy" else 1.0
    scale = heated / temperature
    filled = np.zeros((2, n.momenta.size))
    if thermalised:
        filled[0] = thermal.fermi(n.energy(float(scale[0])) / start)
        if n.nature == "majorana" or n.helicities == "all":
            filled[1] = filled[0]
    for i in range(len(log_t) - 1):
        a, t = float(np.sqrt(scale[i] * scale[i + 1])), float(np.sqrt(temperature[i] * temperature[i + 1]))
        plasma = np.pi**2 / 30 * 0.5 * (energy_freedom[i] + energy_freedom[i + 1]) * t**4
        rho = plasma + n.density(filled, a, n.energy(a))
        dt = np.log(scale[i + 1] / scale[i]) * units.PLANCK_MASS / np.sqrt(8 * np.pi / 3 * rho)
        filled, _ = relic.relax(filled, n.rates(a, t, t), float(dt))
    return filled


def sudden_occupation(n: relic.Relic, dilution: str = "entropy") -> FloatArray:
    """The same by the cruder recipe: equilibrium if N decouples below 60 MeV, else a relic that decoupled at once.

    f of both helicities at 20 MeV, shape (2, momenta); ``dilution`` as for :func:`occupation`: with ``entropy`` the relic is
    cooler by the cube root of the ratio of g_*s.
    """
    decoupling = decoupling_temperature(n.mass, n.strength)
    scale = 1.0 / MATCHING_TEMPERATURE
    if decoupling < 0.06:
        return np.broadcast_to(thermal.fermi(n.energy(scale) / MATCHING_TEMPERATURE), (2, n.momenta.size)).copy()
    cooler = MATCHING_TEMPERATURE
    if dilution == "entropy":
        freedom_now, freedom_then = freedom.entropy_freedom([MATCHING_TEMPERATURE, min(decoupling, HOTTEST)])
        cooler *= (freedom_now / freedom_then) ** (1 / 3)
    filled = 1.0 if n.nature == "majorana" or n.helicities == "all" else 0.5
    return np.broadcast_to(filled * thermal.fermi(n.momenta / scale / cooler), (2, n.momenta.size)).copy()


def decoupling_temperature(mass: float, strength: float) -> float:
    r"""Temperature [GeV] at which the scattering rate of a relativistic N of the coupled helicity falls to H.

    Solved at p = 3 T with every charged fermion of the plasma; the largest root below 1e6 GeV (continued with the
    relativistic scaling T^3 above 1e4 GeV), and 1e-4 GeV if N stays coupled down to there. Per D = ``strength``; infinity
    for D = 0.

    Raises
    ------
    DomainError
        If the mass is not between 1e-5 and 10 GeV (lighter N decouple where the lightest does), or D is negative.

    Examples
    --------
    >>> [f"{decoupling_temperature(1e-3, d**2):.2g}" for d in (1e-7, 1e-9)]
    ['0.00076', '4.6']
    """
    check_non_negative(strength=strength)
    if strength == 0:
        return float("inf")
    temperatures = np.geomspace(1e-4, 1e4, 400)
    rate = 2 * strength * relic.scattering_rate(mass, temperatures, 3 * temperatures)
    g_star = freedom.energy_freedom(temperatures)
    ratio = rate / (np.sqrt(8 * np.pi**3 / 90 * g_star) * temperatures**2 / units.PLANCK_MASS)
    coupled = np.nonzero(ratio >= 1)[0]
    if len(coupled) == 0:
        return float(temperatures[-1] / ratio[-1])
    first = coupled[0]
    if first == 0:
        return float(temperatures[0])
    low, high = ratio[first - 1], ratio[first]
    fraction = -np.log(low) / np.log(high / low)
    return float(
        np.exp(np.log(temperatures[first - 1]) + fraction * np.log(temperatures[first] / temperatures[first - 1]))
    )
