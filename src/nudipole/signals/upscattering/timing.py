r"""Arrival time of the decay photon relative to the beam bunches, and the fraction accepted by a timing window.

N of energy E and momentum p that decays a distance s from where it was made is later than light by

.. math:: \delta = \frac{s}{c}\Bigl(\frac{E}{p} - 1\Bigr),

and in a beam of bunches every P apart only the phase of delta is seen. A gate from a to b after each bunch, with a
Gaussian spread sigma of bunch and clock together, keeps

.. math:: g(\delta) = \sum_k \Phi\Bigl(\frac{b+kP-\delta}{\sigma}\Bigr) - \Phi\Bigl(\frac{a+kP-\delta}{\sigma}\Bigr) .

g(0) is the share of prompt events, of neutrino interactions, that leaks into the gate. The detour of the photon and the
ends of the spill are left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from nudipole import units
from nudipole.errors import SMALLEST, DomainError, check_finite, check_non_negative

FloatArray = npt.NDArray[np.float64]
_BUNCHES = np.arange(-2, 3)
_PER_SIGMA = 100.0  # nodes between which a smooth gate is interpolated, to 3e-6
_PIECES = 6  # of a cell of distance, over which the accepted part is averaged


def delay(distance: npt.ArrayLike, energy: npt.ArrayLike, momentum: npt.ArrayLike) -> FloatArray:
    """Lateness [ns] relative to light of a particle after a path [m]; infinite at rest.

    Parameters
    ----------
    distance : array_like
        [m].
    energy, momentum : array_like
        [GeV].

    Examples
    --------
    >>> round(float(delay(100.0, 1.0, 0.99)), 2)  # M = 141 MeV
    3.37
    """
    check_non_negative(distance=distance, energy=energy, momentum=momentum)
    energy, momentum = np.asarray(energy, dtype=float), np.asarray(momentum, dtype=float)
    mass2 = (energy - momentum) * (energy + momentum)
    slowness = np.zeros(np.broadcast(energy, momentum).shape)
    np.divide(mass2, momentum * (energy + momentum), out=slowness, where=momentum > SMALLEST)
    late = 1e9 * np.asarray(distance, dtype=float) / units.SPEED_OF_LIGHT * slowness
    return np.where(momentum > SMALLEST, late, np.inf)


def gate_share(
    delay_ns: npt.ArrayLike, gate_ns: tuple[float, float], period_ns: float = 0.0, sigma_ns: float = 0.0
) -> FloatArray:
    """Chance g that an event this late [ns] falls into the gate.

    Parameters
    ----------
    delay_ns : array_like
        [ns]; infinite delays are spread evenly over a period, or miss a single gate.
    gate_ns : (float, float)
        Opening and closing of the gate after the middle of the bunch [ns].
    period_ns : float
        From bunch to bunch [ns]; 0: one bunch only.
    sigma_ns : float
        Spread of bunch and clock together [ns].

    Returns
    -------
    ndarray
        Between 0 and 1.

    Raises
    ------
    DomainError
        If the gate closes before it opens, or is longer than the period.

    Examples
    --------
    >>> gate_share([0.0, 8.0, 18.0, 26.0], (6.0, 12.0), period_ns=18.0)
    array([0., 1., 0., 1.])
    """
    opens, closes = gate_ns
    check_finite(gate_ns=np.array([opens, closes]))
    check_non_negative(period_ns=period_ns, sigma_ns=sigma_ns)
    if closes <= opens or (period_ns > 0 and closes - opens > period_ns):
        raise DomainError(f"a gate from {opens:g} to {closes:g} ns must open before it closes, within one period")
    late = np.asarray(delay_ns, dtype=float)
    never = ~np.isfinite(late)
    if period_ns > 0:
        phase = np.where(never, 0.0, late) % period_ns
        if sigma_ns > SMALLEST and (nodes := _PER_SIGMA * period_ns / sigma_ns) < 0.1 * phase.size:
            grid = np.linspace(0.0, period_ns, int(nodes) + 2)
            shares = np.interp(phase, grid, _share_of_phase(grid, gate_ns, period_ns, sigma_ns))
        else:
            shares = _share_of_phase(phase, gate_ns, period_ns, sigma_ns)
        return np.where(never, (closes - opens) / period_ns, shares)
    late = np.where(never, 0.0, late)
    return np.where(never, 0.0, _passed(closes - late, sigma_ns) - _passed(opens - late, sigma_ns))


def accepted_fraction(
    edges: FloatArray,
    mass: float,
    momenta: FloatArray,
    delay_min_ns: float = 0.0,
    gate_ns: tuple[float, float] | None = None,
    period_ns: float = 0.0,
    sigma_ns: float = 0.0,
) -> FloatArray:
    """Part of each cell of the distance that N flies whose decays come late enough and while the gate is open.

    Parameters
    ----------
    edges : ndarray (cells + 1,)
        [m], increasing.
    mass : float
        M [GeV].
    momenta : ndarray (p,)
        [GeV].
    delay_min_ns : float
        Smallest :func:`delay` [ns].
    gate_ns, period_ns, sigma_ns
        As in :func:`gate_share`; no gate: always open.

    Returns
    -------
    ndarray (p, cells)
        Mean over the middles of six equal parts of each cell, from 0 to 1.

    Examples
    --------
    >>> accepted_fraction(np.array([0.0, 10.0, 20.0]), 0.3, np.array([0.4]), delay_min_ns=8.34)  # 0.834 ns a metre
    array([[0., 1.]])
    """
    pieces = (np.arange(_PIECES) + 0.5) / _PIECES
    distance = (edges[:-1, None] + np.diff(edges)[:, None] * pieces).ravel()
    momentum = momenta[:, None]
    late = delay(distance, np.hypot(momentum, mass), momentum)
    share = (late >= delay_min_ns).astype(float)
    if gate_ns is not None:
        share *= gate_share(late, gate_ns, period_ns, sigma_ns)
    return np.asarray(share.reshape(len(momenta), -1, _PIECES).mean(axis=-1))


def _share_of_phase(phase: FloatArray, gate: tuple[float, float], period: float, sigma: float) -> FloatArray:
    """Chance that what is late by this part of a period falls into the gate after any of the bunches."""
    opens, closes = gate
    shares = [
        _passed(closes + k * period - phase, sigma) - _passed(opens + k * period - phase, sigma) for k in _BUNCHES
    ]
    return np.clip(np.sum(shares, axis=0), 0.0, 1.0)


def _passed(time: FloatArray, sigma: float) -> FloatArray:
    """Share of a Gaussian of this width at zero that lies before ``time``."""
    return np.asarray(ndtr(time / sigma) if sigma > SMALLEST else (time > 0).astype(float))
