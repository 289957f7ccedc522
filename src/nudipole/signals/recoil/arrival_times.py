r"""Arrival times of neutrinos from stopped pions: the share of each flux component in each bin of time.

The prompt component follows the proton pulse and the pion's decay, the delayed ones the muon's as well,

.. math::

    s_b = \int_{t_b}^{t_{b+1}} \epsilon(t)\, p(t)\, dt ,

with p(t) of :mod:`nudipole.fluxes.low_energy.stopped_pion` and an efficiency that may depend on time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.detectors.efficiency import coherent_csi_2021_time
from nudipole.errors import CardError
from nudipole.inputs import options
from nudipole.signals.recoil.card import TimingSection

FloatArray = npt.NDArray[np.float64]
_STEPS = 40  # of each bin, over which the efficiency counts as constant


def arrival(
    edges_us: list[float], component: str, pulse_mean_us: float = 0.0, pulse_sigma_us: float = 0.0
) -> FloatArray:
    """Share of a component in each time bin: a Gaussian proton pulse and the decay times of pion and muon.

    Parameters
    ----------
    edges_us : list of float, length n + 1
        Edges of the bins [microseconds].
    component : str
        Name of the flux component.
    pulse_mean_us, pulse_sigma_us : float
        Mean and standard deviation of the proton pulse [microseconds].

    Returns
    -------
    ndarray (n,)

    Examples
    --------
    >>> shares = arrival([0.0, 100.0], "nu_mu")
    >>> f"{shares[0]:.3f}"
    '1.000'
    """
    from nudipole.fluxes.low_energy import stopped_pion

    return stopped_pion.arrival_fractions(edges_us, component, pulse_mean_us, pulse_sigma_us)


def _always() -> Callable[[FloatArray], FloatArray]:
    return np.ones_like


def _coherent_csi_2021() -> Callable[[FloatArray], FloatArray]:
    return coherent_csi_2021_time


TIME_EFFICIENCY: dict[str, Callable[[], Callable[[FloatArray], FloatArray]]] = {
    "constant": _always,
    "coherent-csi-2021": _coherent_csi_2021,
}


def time_fractions(timing: TimingSection, components: Iterable[str], file: Path) -> dict[str, FloatArray]:
    """Accepted share of each flux component in each time bin.

    Parameters
    ----------
    timing : TimingSection
        Edges, pulse and efficiency, as on the card.
    components : iterable of str
        Names of the flux components.
    file : Path
        Of the card, for messages.

    Returns
    -------
    dict of ndarray (bins,)
        By component.

    Raises
    ------
    CardError
        If the edges do not increase, or the efficiency or the pulse is none that is known.
    """
    edges = np.asarray(timing.edges_us)
    if edges.size < 2 or np.any(np.diff(edges) <= 0):
        raise CardError(file, "timing.edges_us", timing.edges_us, "must be at least two times that increase")
    fine = np.interp(np.arange((len(edges) - 1) * _STEPS + 1) / _STEPS, np.arange(len(edges)), edges)
    efficiency = options.resolve(TIME_EFFICIENCY, timing.efficiency, "model", file, "timing.efficiency")
    accepted = efficiency(0.5 * (fine[1:] + fine[:-1]))
    fractions = {}
    for name in components:
        arguments = {"edges_us": fine.tolist(), "component": name, **timing.pulse}
        share = options.call(arrival, arguments, file, "timing.pulse")
        fractions[name] = (share * accepted).reshape(-1, _STEPS).sum(axis=1)
    return fractions


def spread_in_time(counts: FloatArray, fractions: FloatArray | None) -> FloatArray:
    """Counts (..., energy bins) divided over time bins, shape (..., energy bins * time bins), time running fastest.

    Parameters
    ----------
    counts : ndarray (..., energy bins)
    fractions : ndarray (time bins,) or None
        Shares of the component; None leaves the counts as they are.

    Returns
    -------
    ndarray (..., energy bins * time bins)

    Examples
    --------
    >>> spread_in_time(np.array([4.0, 8.0]), np.array([0.25, 0.5])).tolist()
    [1.0, 2.0, 2.0, 4.0]
    """
    if fractions is None:
        return counts
    return (counts[..., :, None] * fractions).reshape(*counts.shape[:-1], -1)
