r"""N from a hot sea of electrons and positrons, nu e <-> N e and e+e- <-> N nubar: exact collision integrals.

Massless electrons of potential mu_e, spins summed, x = -t, :math:`y = x + M^2`, photon screened as 1/t(t - kappa^2):

.. math:: \sum|\mathcal M|^2 = 64\pi\alpha d^2\,\frac{2s^2 - 2ys + M^2y}{x + \kappa^2}, \qquad
          \Gamma^\pm = \frac{1}{256\pi^3EP}\int dE_\nu\,dq\,dk\; \langle\textstyle\sum|\mathcal M|^2\rangle\,F^\pm ,

q the momentum transfer, :math:`\omega = E_\nu - E` the energy the electron gains, k > (q - omega)/2 its energy before,
<> the average over its azimuth, F+ = f_nu f_e(k) [1 - f_e(k + omega)]. With :math:`f(k)[1 - f(k + \omega)] = [f(k) - f(k
+ \omega)](1 + f_B)` the integral over k is one of three complete Fermi integrals, and

.. math:: \Gamma^+ + \Gamma^- \propto \int dE_\nu\,[f_\nu(E_\nu) + f_B(\omega)] \dots, \qquad \Gamma^+ = f_N\,(\Gamma^+ +
          \Gamma^-),

f_N the Fermi function of E - mu_nu: detailed balance holds identically. Pairs are the crossed process, with p_nu ->
-p_nubar: S the invariant mass squared of the pair, G = S - M^2, :math:`w = 2\,k\cdot p_{\bar\nu}`,

.. math:: \sum|\mathcal M|^2 = 64\pi\alpha d^2\,\frac{2Gw - 2w^2 + M^2G}{S}, \qquad
          f_-f_+ = f_B(\omega)\,[1 - f_-(k) - f_+(\omega - k)], \quad \omega = E + E_{\bar\nu} .

The pole in between, at t = m_T^2, are the photons of :mod:`nudipole.processes.plasma.stellar_plasma`. Own derivation; the amplitude is
traced and the rates are checked by Monte Carlo over all momenta in tests/processes/plasma/test_electron_gas.py.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_finite, check_non_negative, check_positive
from nudipole.processes.plasma.stellar_plasma import bose, fermi, legendre

FloatArray = npt.NDArray[np.float64]
_TAIL = 24.0  # temperatures above N (or above the neutrino sea) at which the neutrino energy stops
_BEYOND = 50.0  # of the filled states, in temperatures
_TABLE = (-45.0, 80.0, 0.05)  # degeneracy: first, last, step; Taylor series to the next node leaves 1e-7


def scattering_rates(
    energy: npt.ArrayLike,
    mass: float,
    electron_potential: npt.ArrayLike,
    temperature: npt.ArrayLike,
    screening2: npt.ArrayLike,
    potential: npt.ArrayLike = 0.0,
    nodes: tuple[int, int] = (32, 16),
) -> tuple[FloatArray, FloatArray]:
    r"""Gain and loss rate per d^2 [GeV^3] of N through :math:`\nu e^\pm \leftrightarrow N e^\pm`.

    Parameters
    ----------
    energy, electron_potential, temperature, screening2, potential : array_like
        E > M of N [GeV], mu_e, T [GeV], kappa^2 [GeV^2] and mu_nu of the neutrino [GeV], broadcast; mu_nu -> -mu_nu
        gives the rates of N-bar.
    mass : float
        M >= 0 [GeV].
    nodes : (int, int)
        Quadrature in E_nu (on either side of E) and in q: the emission of energy by a core is good to 1e-4 with (32, 16),
        to 5e-4 with the default and to 5e-3 with (8, 6).

    Raises
    ------
    DomainError
        If an argument is negative (the potentials excepted) or not finite.

    Examples
    --------
    >>> gain, loss = scattering_rates(0.1, 0.01, 0.2, 0.03, 1e-3)
    >>> bool(np.isclose(gain / loss, np.exp(-0.1 / 0.03)))
    True
    """
    check_non_negative(mass=mass)
    check_positive(energy=energy, temperature=temperature, screening2=screening2)
    check_finite(electron_potential=electron_potential, potential=potential)
    # no broadcast yet: only the last factor knows mu_nu, so N and N-bar cost little more than one
    energy, electron, temperature, kappa2, potential = (
        np.asarray(v, dtype=float)[..., None, None]
        for v in (energy, electron_potential, temperature, screening2, potential)
    )
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    gap = np.maximum(mass**2 / (energy + momentum), 1e-12 * energy)  # E - P; above zero because omega = 0 is 0/0
    several = tuple(range(potential.ndim - max(energy.ndim, electron.ndim)))
    sea = np.max(potential, axis=several, initial=-np.inf)
    highest = _TAIL * temperature + np.maximum(sea - energy, 0.0)
    # t < 0 from E_nu = (E - P)/2 on; the smallest q is |omega| up to (E + P)/2 and |E_nu - P| beyond
    intervals = ((-0.5 * gap, -energy + 0.5 * gap), (0.0, -0.5 * gap), (0.0, highest))
    total = np.zeros(())
    for start, end in intervals:
        u, weight = _unit_interval(nodes[0])
        omega = start + (end - start) * u[:, None] ** 2
        measure = np.abs(end - start) * (2.0 * u * weight)[:, None]
        measure = measure * _electrons(omega, energy, momentum, mass, electron, temperature, kappa2, nodes[1])
        statistics = fermi(energy + omega, temperature, potential) + 1.0 / np.expm1(
            np.minimum(omega / temperature, 700.0)
        )
        total = total + np.sum(measure * statistics, axis=(-2, -1))
    energy, momentum, temperature, potential = (v[..., 0, 0] for v in (energy, momentum, temperature, potential))
    flux = energy * momentum
    total = np.divide(total, flux, out=np.zeros_like(total), where=flux > 0) * units.ALPHA / (4.0 * np.pi**2)
    return total * fermi(energy, temperature, potential), total * fermi(-energy, temperature, -potential)


def pair_rates(
    energy: npt.ArrayLike,
    mass: float,
    electron_potential: npt.ArrayLike,
    temperature: npt.ArrayLike,
    potential: npt.ArrayLike = 0.0,
    nodes: tuple[int, int, int] = (32, 10, 24),
) -> tuple[FloatArray, FloatArray]:
    r"""Gain and loss rate per d^2 [GeV^3] of N through :math:`e^+e^- \leftrightarrow N\bar\nu`, vacuum photon.

    Without statistics it integrates to 4 alpha d^2 T^6 / 3 pi^4 at M = 0.

    Parameters
    ----------
    energy, electron_potential, temperature, potential : array_like
        E > M of N, mu_e, T and mu_nu of the neutrino [GeV], broadcast; mu_nu -> -mu_nu gives the rates of N-bar.
    mass : float
        M >= 0 [GeV].
    nodes : (int, int, int)
        Quadrature in the energy of nubar, in S and in the direction of the pair: 1e-4 with the default.

    Raises
    ------
    DomainError
        If a mass, energy or temperature is negative or not finite.

    Examples
    --------
    >>> gain, loss = pair_rates(0.1, 0.01, 0.0, 0.03)
    >>> bool(np.isclose(gain / loss, np.exp(-0.1 / 0.03)))
    True
    """
    check_non_negative(mass=mass)
    check_positive(energy=energy, temperature=temperature)
    check_finite(electron_potential=electron_potential, potential=potential)
    energy, electron, temperature, potential = (
        np.asarray(v, dtype=float)[..., None] for v in (energy, electron_potential, temperature, potential)
    )
    momentum = np.sqrt(np.maximum((energy - mass) * (energy + mass), 0.0))
    u, weight = _unit_interval(nodes[0])
    # up to where antineutrinos fill the final state or the electrons are degenerate, and the thermal tail beyond
    several = tuple(range(potential.ndim - max(energy.ndim, electron.ndim)))
    sea = -np.min(potential, axis=several, initial=np.inf)
    reach = _TAIL * temperature + np.maximum(np.maximum(sea, electron - energy), 0.0)
    neutrino = reach * u**1.5
    measure = reach * 1.5 * np.sqrt(u) * weight * _pairs(neutrino, energy, momentum, mass, electron, temperature, nodes)
    # (1 - f_nubar) f_B = f_N (f_nubar + f_B)
    statistics = fermi(neutrino, temperature, -potential) + bose(energy + neutrino, temperature)
    total = np.sum(measure * statistics, axis=-1)
    energy, momentum, temperature, potential = (v[..., 0] for v in (energy, momentum, temperature, potential))
    flux = energy * momentum
    total = np.divide(total, flux, out=np.zeros_like(total), where=flux > 0) * units.ALPHA / (16.0 * np.pi**2)
    return total * fermi(energy, temperature, potential), total * fermi(-energy, temperature, -potential)


def _pairs(
    neutrino: FloatArray,
    energy: FloatArray,
    momentum: FloatArray,
    mass: float,
    electron: FloatArray,
    temperature: FloatArray,
    nodes: tuple[int, int, int],
) -> FloatArray:
    """Integral over S and the direction z of <2 G w - 2 w^2 + M^2 G> (1 - f_- - f_+) / S [GeV^4].

    z is the cosine of e- to the momentum q of the pair, in its rest frame: k = (omega + q z) / 2.
    """
    omega = (energy + neutrino)[..., None, None]
    neutrino, energy, momentum = (v[..., None, None] for v in (neutrino, energy, momentum))
    electron, temperature = electron[..., None, None], temperature[..., None, None]
    u, weight = _unit_interval(nodes[1])
    lowest, highest = 2.0 * neutrino * mass**2 / (energy + momentum), 2.0 * neutrino * (energy + momentum)
    gap2 = lowest + (highest - lowest) * u[:, None]
    s = mass**2 + gap2
    q = np.sqrt(np.maximum((omega**2 - s), 1e-24 * omega**2))
    along = np.clip((2.0 * omega * neutrino - gap2) / (2.0 * q), -neutrino, neutrino)  # of p_nubar, along q
    z, share = legendre(nodes[2])
    electrons = 0.5 * (omega + q * z)
    mean = 2.0 * neutrino * electrons - along * (omega * z + q)
    square = mean**2 + 0.5 * (neutrino**2 - along**2) * s * (1.0 - z**2)
    first = fermi(-electrons, temperature, -electron)
    second = fermi(electrons - omega, temperature, electron)
    free = -np.expm1(-omega / temperature) * first * second  # 1 - f_- - f_+
    inner = np.sum((2.0 * gap2 * mean - 2.0 * square + mass**2 * gap2) * free * share, axis=-1)
    return np.sum(inner * ((highest - lowest) * weight[:, None] / s)[..., 0], axis=-1)


def _electrons(
    omega: FloatArray,
    energy: FloatArray,
    momentum: FloatArray,
    mass: float,
    electron: FloatArray,
    temperature: FloatArray,
    kappa2: FloatArray,
    count: int,
) -> FloatArray:
    """Integral over q and k of <2 s^2 - 2 y s + M^2 y> [f(k) - f(k + omega)] / (x + kappa^2), both charges; [GeV^4].

    Nodes in q are dense where N and the neutrino are collinear; last axis of length one.
    """
    u, weight = _unit_interval(count)
    neutrino = energy + omega
    nearest = np.maximum(np.abs(neutrino - momentum), np.abs(omega))
    farthest = neutrino + momentum
    q = nearest + (farthest - nearest) * u**3
    x = (q - omega) * (q + omega)
    q2 = q**2
    measure = (farthest - nearest) * 3.0 * u**2 * weight / (x + kappa2)
    y = x + mass**2
    # s = slope k + offset - (azimuth) sqrt(4 across (x/q^2)(k^2 + k omega - x/4)); across: p_nu^2 transverse to q
    along = 2.0 * neutrino * omega + y
    slope = 2.0 * neutrino - along * omega / q2
    offset = x * along / (2.0 * q2)
    across = 4.0 * (neutrino**2 - along**2 / (4.0 * q2)) * x / q2
    quadratic = 2.0 * slope**2 + across
    linear = 4.0 * offset * slope + across * omega - 2.0 * y * slope
    constant = 2.0 * offset**2 - across * x / 4.0 - 2.0 * y * offset + mass**2 * y
    least = 0.5 * (q - omega)
    filled = np.zeros(())
    for charge in (1.0, -1.0):
        degeneracy = (charge * electron - least) / temperature
        before, after = _fermi_integrals(degeneracy), _fermi_integrals(degeneracy - omega / temperature)
        i0, i1, i2 = (f - shifted for f, shifted in zip(before, after, strict=True))
        moment1 = least * i0 + temperature * i1
        moment2 = least**2 * i0 + 2.0 * least * temperature * i1 + temperature**2 * i2
        filled = filled + constant * i0 + linear * moment1 + quadratic * moment2
    return np.sum(filled * temperature * measure, axis=-1, keepdims=True)


def _fermi_integrals(degeneracy: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Integrals of u^j / (exp(u - degeneracy) + 1) over u > 0 for j = 0, 1, 2, from a table and their derivatives."""
    first, last, step = _TABLE
    inside = np.clip(degeneracy, first, last)
    index = np.rint((inside - first) / step).astype(np.intp)
    h = inside - (first + step * index)
    filling, g0, g1, g2 = (column[index] for column in _fermi_table())
    slope = filling * (1.0 - filling)
    bend = slope * (1.0 - 2.0 * filling)
    i0 = g0 + h * (filling + h * (slope / 2.0 + h * bend / 6.0))
    i1 = g1 + h * (g0 + h * (filling / 2.0 + h * slope / 6.0))
    i2 = g2 + 2.0 * h * (g1 + h * (g0 / 2.0 + h * (filling / 6.0 + h * slope / 24.0)))
    return i0, i1, i2


@functools.cache
def _fermi_table() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The Fermi function at zero energy and the three integrals at the nodes of the degeneracy."""
    first, last, step = _TABLE
    degeneracy = first + step * np.arange(round((last - first) / step) + 1)[:, None]
    u, weight = _unit_interval(60)
    edge = np.maximum(degeneracy, 0.0)
    nodes = np.concatenate([edge * u, edge + _BEYOND * u], axis=-1)  # filled states and the tail
    measure = np.concatenate([edge * weight, np.full_like(edge, _BEYOND) * weight], axis=-1)
    measure = measure * fermi(nodes, 1.0, degeneracy)
    empty = degeneracy[:, 0]
    return (
        fermi(0.0, 1.0, empty),
        np.logaddexp(0.0, empty),
        np.sum(measure * nodes, axis=-1),
        np.sum(measure * nodes**2, axis=-1),
    )


@functools.cache
def _unit_interval(count: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    nodes, weights = legendre(count)
    return 0.5 * (nodes + 1.0), 0.5 * weights
