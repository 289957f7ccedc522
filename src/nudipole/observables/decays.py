r"""Decays of N as numbers and spectra in the laboratory, for arrays.

.. math:: L = \frac{p_N}{M\Gamma},\qquad P = e^{-L_1/L} - e^{-L_2/L},\qquad
          E_\gamma = \tfrac M2\,\gamma\,(1 + \beta\cos\theta^*) .
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.arguments import typed_arguments
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
from nudipole.portal import Portal, direction
from nudipole.processes.decays import hnl_decay

FloatArray = npt.NDArray[np.float64]
VARIABLES = ("photon_energy", "photon_angle", "dilepton_mass")


@typed_arguments
def width(
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    majorana: bool = False,
    energy: npt.ArrayLike | None = None,
    *,
    mu: npt.ArrayLike | None = None,
    extra_width: float = 0.0,
) -> dict[str, Any]:
    """Width, lifetime, decay length and branching ratios of N: numbers for numbers, arrays where any is an array.

    Parameters
    ----------
    mass, energy : array_like
        M and, for the decay length, E_N [GeV].
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons]. All arrays broadcast.
    majorana : bool
        Twice the width.
    extra_width : float
        Width [GeV] of N into something invisible.

    Returns
    -------
    dict
        ``width_GeV``, ``lifetime_s`` in the rest frame of N, ``decay_length_m``, ``branching_ratios`` by channel.

    Raises
    ------
    DomainError
        For a number out of range, an energy below the mass, shapes that do not fit.

    Notes
    -----
    Kang:2025ndp Eqs. (36), (37), (A.2) as in docs: errata; :mod:`nudipole.processes.decays.hnl_decay`.

    Examples
    --------
    >>> round(width(0.15, 1e-6, energy=100.0)["decay_length_m"])
    487
    >>> width([0.1, 0.2], 1e-6)["width_GeV"].shape
    (2,)
    """
    size = coupling(d, mu)
    if np.ndim(mass) or np.ndim(size) or (energy is not None and np.ndim(energy)):
        return widths(mass, size**2 * (2.0 if majorana else 1.0), energy, extra_width)
    portal = Portal(number("mass", mass), size, direction("mu", majorana, extra_width=extra_width))
    return {
        "width_GeV": portal.width,
        "lifetime_s": portal.lifetime,
        "decay_length_m": None if energy is None else portal.decay_length(number("energy", energy)),
        "branching_ratios": portal.branching_ratios,
    }


def widths(
    mass: npt.ArrayLike, strength: npt.ArrayLike, energy: npt.ArrayLike | None = None, extra_width: float = 0.0
) -> dict[str, Any]:
    """Widths of N for arrays: see :func:`width`; ``strength`` is sum abs(d)^2 [GeV^-2], doubled for Majorana N."""
    check_mass(mass=mass)
    check_non_negative(strength=strength, extra_width=extra_width)
    given = {"mass": mass, "strength": strength} | ({} if energy is None else {"energy": energy})
    values = broadcast(**given)
    partial = {name: value * values[1] for name, value in hnl_decay.partial_widths(values[0]).items()}
    total = np.sum(np.stack(list(partial.values())), axis=0) + extra_width
    if extra_width:
        partial["extra"] = np.full(total.shape, extra_width)
    with np.errstate(divide="ignore"):
        lifetime = 1.0 / (total * units.SECOND)
    ratios = {
        name: np.divide(value, total, out=np.zeros(total.shape), where=total > 0)
        for name, value in partial.items()
        if np.any(value > 0)
    }
    result = {"width_GeV": total, "lifetime_s": lifetime, "decay_length_m": None, "branching_ratios": ratios}
    if energy is not None:
        result["decay_length_m"] = decay_length(values[2], values[0], total)
    return result


def decay_length(energy: npt.ArrayLike, mass: npt.ArrayLike, width: npt.ArrayLike) -> FloatArray:
    """Mean decay length [m] of N, (p / M) / Gamma: review Eqs. (37), (A.3), exact in beta; infinite for a stable N.

    Parameters
    ----------
    energy, mass, width : array_like
        E_N, M and the total width [GeV], broadcast.

    Raises
    ------
    DomainError
        If an energy is below the mass or a number out of range.

    Examples
    --------
    >>> f"{float(decay_length(1.0, 0.01, 7.96e-20)):.3g}"
    '2.48e+05'
    """
    check_mass(mass=mass)
    check_non_negative(energy=energy, width=width)
    e, m, rate = broadcast(energy=energy, mass=mass, width=width)
    if np.any(e < m):
        worst = int(np.argmax(m - e))
        raise DomainError(f"energy must be at least the mass {m.flat[worst]:g} GeV, got {e.flat[worst]:g}")
    momentum = np.sqrt((e - m) * (e + m))
    return np.divide(momentum * units.HBAR_C, m * rate, out=np.full(e.shape, np.inf), where=m * rate > 0)


def probability(near: npt.ArrayLike, far: npt.ArrayLike, length: npt.ArrayLike) -> FloatArray:
    """Probability to decay between two distances [m] from production, mean decay length [m] > 0 (review Eq. 38).

    exp(-L_1/L) - exp(-L_2/L) as exp(-L_1/L) times -expm1(-(L_2 - L_1)/L), without loss of digits for long-lived N.

    Raises
    ------
    DomainError
        If far < near, a distance is negative or a length is not positive.

    Examples
    --------
    >>> f"{float(probability(0.0, 1.0, 1e12)):.3e}"
    '1.000e-12'
    """
    check_non_negative(near=near, far=far)
    a, b, mean = broadcast(near=near, far=far, length=length)
    if np.any(b < a):
        raise DomainError("L2 must be at least L1: both are distances from where N is made")
    if np.any(np.isnan(mean)) or np.any(mean <= 0):
        raise DomainError("the mean decay length must be positive")
    return np.exp(-a / mean) * -np.expm1(-(b - a) / mean)


@typed_arguments
def decay_probability(
    near: npt.ArrayLike,
    far: npt.ArrayLike,
    energy: npt.ArrayLike,
    mass: npt.ArrayLike,
    d: npt.ArrayLike | None = None,
    *,
    mu: npt.ArrayLike | None = None,
    majorana: bool = False,
    extra_width: float = 0.0,
) -> FloatArray:
    """Probability that N decays between two distances from where it is made, to anything (review Eq. 38).

    Parameters
    ----------
    near, far : array_like
        L_1 <= L_2 [m], along the path of N.
    energy, mass : array_like
        E_N >= M [GeV]; all arrays broadcast.
    d, mu : array_like
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    majorana : bool
        Whether N is its own antiparticle: twice the width.
    extra_width : float
        Width [GeV] of N into something invisible: these decays count, too.

    Returns
    -------
    ndarray
        From 0 to 1, of the common shape.

    Raises
    ------
    DomainError
        If L_2 < L_1, an energy is below the mass, or a number is out of range.

    Notes
    -----
    Kang:2025ndp Eq. (38) with the exact L = p / (M Gamma). :func:`probability` takes L itself.

    Examples
    --------
    >>> round(float(decay_probability(0.0, 487.0, 100.0, 0.15, 1e-6)), 2)
    0.63
    """
    strength = coupling(d, mu) ** 2 * (2.0 if majorana else 1.0)
    return probability(near, far, widths(mass, strength, energy, extra_width)["decay_length_m"])


@typed_arguments
def decay_spectrum(
    variable: str,
    values: npt.ArrayLike,
    mass: float,
    energy: float | None = None,
    helicity: float = 0.0,
    lepton: str = "e",
) -> FloatArray:
    r"""Spectrum of one decay of N, normalised to one.

    .. math::

        \frac1\Gamma\frac{d\Gamma}{dE_\gamma} &= \frac{1 - P\cos\theta^*}{p_N},\qquad
        \cos\theta^* = \frac{2E_\gamma - E_N}{p_N}, \\
        \frac1\Gamma\frac{d\Gamma}{d\cos\theta} &= \frac{1 - P\cos\theta^*}2\,\frac{1-\beta^2}{(1-\beta\cos\theta)^2},\qquad
        \cos\theta^* = \frac{\cos\theta - \beta}{1 - \beta\cos\theta} .

    Parameters
    ----------
    variable : str
        ``photon_energy``: E_gamma of N -> nu gamma in the laboratory; ``photon_angle``: cos(theta) between photon and N there;
        ``dilepton_mass``: m_ll of N -> nu l+ l-.
    values : array_like
        [GeV], or a cosine in [-1, 1].
    mass : float
        M > 0 [GeV].
    energy : float, optional
        E_N [GeV] in the laboratory; M, at rest, if left out. ``photon_energy`` needs it above M.
    helicity : float
        P in [-1, 1], twice the mean helicity of a Dirac N that goes to nu gamma; 0 for Majorana N. Up-scattering of neutrinos
        gives +1 for light N (:mod:`nudipole.processes.scattering.helicity`).
    lepton : {"e", "mu", "tau"}
        For ``dilepton_mass``.

    Returns
    -------
    ndarray
        Per GeV, or per unit of the cosine; zero outside the kinematic limits.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown variable or lepton, a number out of range, an energy that makes no spectrum, a closed decay.

    Notes
    -----
    Exact two-body kinematics; m_ll from the docs: errata section on N -> nu l l, Kang:2025ndp Eq. (A.2) for nu gamma.

    Examples
    --------
    >>> [f"{value:.3f}" for value in decay_spectrum("photon_energy", [0.1, 0.5, 2.0], mass=0.1, energy=1.0)]
    ['1.005', '1.005', '0.000']
    """
    check_choice("variable", variable, VARIABLES)
    mass = number("mass", mass)
    check_positive(mass=mass)
    check_between(-1.0, 1.0, helicity=helicity)
    total = mass if energy is None else number("energy", energy)
    if not total >= mass:
        raise DomainError(f"energy must be at least the mass {mass:g} GeV, got {total:g}")
    check_positive(energy=total)
    if variable == "dilepton_mass":
        check_non_negative(dilepton_mass=values)
        check_choice("lepton", lepton, units.LEPTON_MASS)
        share = float(hnl_decay.dilepton_ratio(mass, lepton))
        if share <= 0:
            raise DomainError(f"N of {mass:g} GeV does not decay to nu {lepton}+ {lepton}-")
        pair = np.asarray(values, dtype=float)
        return 2 * pair * hnl_decay.dilepton_spectrum(pair**2, mass, lepton) / share
    momentum = float(np.sqrt((total - mass) * (total + mass)))
    if variable == "photon_angle":
        check_between(-1.0, 1.0, photon_angle=values)
        cosine = np.asarray(values, dtype=float)
        # 1 - beta cos(theta) = (M^2/(E (E + p)) + beta (1 - cos theta)), which keeps its digits
        gap = mass**2 / (total * (total + momentum)) + momentum / total * (1 - cosine)
        star = (cosine - momentum / total) / gap
        return 0.5 * (1 - helicity * np.clip(star, -1.0, 1.0)) * (mass / total / gap) ** 2
    check_non_negative(photon_energy=values)
    if momentum == 0:
        raise DomainError("the photon of N at rest has the energy M/2: give an energy above the mass for a spectrum")
    star = (2 * np.asarray(values, dtype=float) - total) / momentum
    return np.where(np.abs(star) <= 1, (1 - helicity * star) / momentum, 0.0)
