r"""Distributions of up-scattering nu X -> N X in recoil energy, Q^2, energy and angle of N.

Everything is the recoil spectrum of :mod:`nudipole.processes.scattering.upscattering` with a Jacobian: Q^2 = 2 m E_r, E_N = E - E_r, and
the angle theta of N in the laboratory through that in the centre of mass, theta*:

.. math:: E_r = E_r^{min} + (E_r^{max} - E_r^{min})\sin^2\tfrac{\theta^*}2,\qquad
          \tan\theta = \frac{\sin\theta^*}{\gamma(\cos\theta^* + g)},\qquad g = \frac{\beta_{cm}}{\beta^*_N} .

For g > 1 N is slower than the centre of mass: two recoil energies belong to one angle, and there is a largest angle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_choice, check_mass, check_non_negative, check_positive, number
from nudipole.kinematics import recoil_limits, two_body_momentum
from nudipole.matter.targets import Target
from nudipole.observables.cross_sections import Shape, composition
from nudipole.processes.scattering.upscattering import spectrum

FloatArray = npt.NDArray[np.float64]
#: Variable: key of its values and of the distribution in the result.
VARIABLES = {
    "recoil": ("recoil_GeV", "dsigma_dE_GeV-3"),
    "Q2": ("Q2_GeV2", "dsigma_dQ2_GeV-4"),
    "hnl_energy": ("hnl_energy_GeV", "dsigma_dE_GeV-3"),
    "angle": ("angle_rad", "dsigma_dangle_GeV-2"),
}
_POINTS = 200


@typed_arguments
def differential(
    target: str,
    energy: float,
    mass: float,
    d: float | None = None,
    variable: str = "recoil",
    values: npt.ArrayLike | None = None,
    *,
    mu: float | None = None,
    channel: str | None = None,
    form_factor: str | None = None,
    screening: bool = True,
) -> dict[str, Any]:
    """Distribution of up-scattering nu X -> N X in one variable.

    Parameters
    ----------
    target : str
        As for ``nd.cross_section``.
    energy, mass : float
        E of the neutrino, M of N [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    variable : {"recoil", "Q2", "hnl_energy", "angle"}
        E_r [GeV], Q^2 [GeV^2], E_N [GeV], or the angle [rad] between N and the neutrino in the laboratory.
    values : array_like, optional
        Where the distribution is wanted; a grid over the kinematic range if left out.
    channel : str, optional
        As for ``nd.cross_section``, elastic ones only.
    form_factor : str, optional
        As for ``nd.cross_section``.
    screening : bool
        Whether the electrons of neutral atoms screen the nuclei.

    Returns
    -------
    dict
        The values and the distribution per unit of the variable, under the two names in :data:`VARIABLES`; zero outside the
        kinematic limits.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown target, variable or channel; a number out of range; below threshold without ``values``.

    Notes
    -----
    Exact; Kang:2025ndp Eqs. (8), (9) with docs: errata. At the largest angle of an N slower than the centre of mass the distribution
    in the angle has an integrable singularity.

    Examples
    --------
    >>> found = differential("Ar40", 0.03, 0.01, 1e-6, "angle")
    >>> total = np.trapezoid if hasattr(np, "trapezoid") else np.trapz
    >>> f"{total(found['dsigma_dangle_GeV-2'], found['angle_rad']):.2e}"
    '5.30e-11'
    """
    d = number("d", coupling(d, mu))
    shape = Shape(form_factor, screening)
    check_choice("variable", variable, VARIABLES)
    energy, mass = number("energy", energy), number("mass", mass)
    check_positive(energy=energy)
    check_mass(mass=mass)
    parts = composition(target, channel, shape)
    if parts.protons + parts.neutrons or (channel == "total" and target != "e-"):
        raise DomainError("a distribution belongs to one elastic channel: not to deep-inelastic scattering or a total")
    where = _grid(variable, [part for part, _ in parts.scatterers], energy, mass) if values is None else values
    given: dict[str, Any] = {variable: where}
    check_non_negative(**given)
    at = np.asarray(where, dtype=float)
    terms = [count * _density(variable, part, at, energy, mass) for part, count in parts.scatterers]
    total = np.sum(np.stack(terms), axis=0) * d**2
    return dict(zip(VARIABLES[variable], (at, total), strict=True))


@typed_arguments
def peak_recoil(energy: npt.ArrayLike, mass: npt.ArrayLike, target_mass: npt.ArrayLike) -> FloatArray:
    r"""Recoil energy [GeV] at which the spectrum of a point-like spin-1/2 target is largest (review Eq. 13).

    .. math:: E_r^{peak} = \frac{M^4}{4mE^2}\Big/\Bigl(1 - \frac{M^2}{2mE} - \frac{M^2}{4E^2} + \frac{M^4}{8m^2E^2}\Bigr)

    where that lies between the kinematic limits, E_r^min elsewhere (docs: errata). Twice E_r^min far above threshold.

    Parameters
    ----------
    energy, mass, target_mass : array_like
        E, M, m [GeV], broadcast.

    Returns
    -------
    ndarray
        [GeV]; zero below threshold and for M = 0.

    Raises
    ------
    DomainError
        For a number out of range.

    Notes
    -----
    The zero of the derivative of Eq. (8) of Kang:2025ndp in E_r, exact; a form factor and spin 0 shift it slightly.

    Examples
    --------
    >>> low, _ = recoil_limits(1.0, 0.01, 0.51099895e-3)
    >>> f"{float(peak_recoil(1.0, 0.01, 0.51099895e-3) / low):.2f}"
    '1.99'
    """
    check_positive(energy=energy, target_mass=target_mass)
    check_mass(mass=mass)
    e, big, m = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (energy, mass, target_mass)))
    low, high = recoil_limits(e, big, m)
    slope = 1 - big**2 / (2 * m * e) - big**2 / (4 * e**2) + big**4 / (8 * m**2 * e**2)
    peak = np.divide(big**4 / (4 * m * e**2), slope, out=np.zeros_like(e), where=slope > 0)
    return np.where((peak > low) & (peak < high), peak, low)


def _density(variable: str, target: Target, at: FloatArray, energy: float, mass: float) -> FloatArray:
    """Distribution of one target per d^2; zero where the spectrum is."""
    if variable == "angle":
        return _per_angle(target, at, energy, mass)
    if variable == "Q2":
        jacobian, recoil = 1.0 / (2 * target.mass), at / (2 * target.mass)
    else:
        jacobian, recoil = 1.0, at if variable == "recoil" else energy - at
    inside = recoil > 0
    return np.where(inside, jacobian * spectrum(target, np.where(inside, recoil, energy), energy, mass), 0.0)


def _frame(target: Target, energy: float, mass: float) -> tuple[float, float, float, float]:
    """gamma of the centre of mass, g, and the limits of E_r; g is infinite below threshold."""
    low, high = (float(v) for v in recoil_limits(energy, mass, target.mass))
    root_s = float(np.sqrt(target.mass * (target.mass + 2 * energy)))
    momentum = float(two_body_momentum(root_s, mass, target.mass)) if root_s > mass + target.mass else 0.0
    slow = energy / (energy + target.mass) * float(np.hypot(momentum, mass))
    return (energy + target.mass) / root_s, slow / momentum if momentum > 0 else np.inf, low, high


def _per_angle(target: Target, angle: FloatArray, energy: float, mass: float) -> FloatArray:
    gamma, g, low, high = _frame(target, energy, mass)
    if not np.isfinite(g):
        return np.zeros(angle.shape)
    sine, cosine = np.sin(angle), np.cos(angle)
    scale = cosine**2 + (gamma * sine) ** 2
    lever = g * gamma * sine / np.sqrt(scale)
    inside = (angle > 0) & (angle < np.pi) & (lever < 1)
    root = np.sqrt(np.where(inside, 1 - np.where(inside, lever, 0.0) ** 2, 1.0))
    first, shift = np.arctan2(gamma * sine, cosine), np.arcsin(np.where(inside, lever, 0.0))
    result = np.zeros(angle.shape)
    for sign in (1.0, -1.0) if g > 1 else (1.0,):
        star = first + (shift if sign > 0 else np.pi - shift)
        slope = np.abs(gamma / scale + sign * g * gamma * cosine / (scale**1.5 * root))
        good = inside & (star >= 0) & (star <= np.pi)
        recoil = low + (high - low) * np.sin(np.where(good, star, 1.0) / 2) ** 2
        per_star = 0.5 * (high - low) * np.abs(np.sin(star))
        result += np.where(good, spectrum(target, recoil, energy, mass) * per_star * slope, 0.0)
    return result


def _grid(variable: str, parts: list[Target], energy: float, mass: float) -> FloatArray:
    """Values of the variable for recoils spaced evenly in their logarithm, over what any of the targets can do."""
    is_open: list[tuple[Target, float, float]] = []
    for part in parts:
        ends = recoil_limits(energy, mass, part.mass)
        if ends[1] > ends[0]:
            is_open.append((part, float(ends[0]), float(ends[1])))
    if not is_open:
        raise DomainError(f"{energy:g} GeV is below the threshold of N of {mass:g} GeV: there is no distribution")
    found = []
    for part, low, high in is_open:
        recoil = np.geomspace(max(low, 1e-9 * high) * (1 + 1e-9), high * (1 - 1e-9), _POINTS)
        if variable == "angle":
            gamma, g, _, _ = _frame(part, energy, mass)
            star = 2 * np.arcsin(np.sqrt(np.clip((recoil - low) / (high - low), 0.0, 1.0)))
            found.append(np.arctan2(np.sin(star), gamma * (np.cos(star) + g)))
        else:
            found.append(recoil * {"recoil": 1.0, "Q2": 2 * part.mass, "hnl_energy": 1.0}[variable])
    values = np.unique(np.concatenate(found))
    values = values[:: max(1, len(parts))]
    return np.unique(energy - values) if variable == "hnl_energy" else values
