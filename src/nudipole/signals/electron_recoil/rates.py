r"""Rates of nu e -> N e, and of nu e -> nu e, in cells of recoil energy T and neutrino energy E.

.. math::

    \frac{dn}{dT}\Big|_k = \sum_{j=0}^{2} c_j(T, M) \int_{\max(E_{\min}(T, M),\,E_k)}^{E_{k+1}} \phi(E)\,E^{-j}\,dE ,

per electron of the target. The cross section is a polynomial in 1/E (:mod:`nudipole.processes.scattering.upscattering`), so
each cell is a difference of cumulative flux moments and exact; only the electron's angle and the momentum of N are taken
at the middle of the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import kinematics, units
from nudipole.errors import check_positive
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.portal import Direction
from nudipole.processes.scattering import upscattering
from nudipole.processes.standard_model import neutrino_scattering as standard_model

FloatArray = npt.NDArray[np.float64]
_RECOILS_PER_BIN, _RECOILS = 8, 32  # nodes in ln T: at least so many in a bin, and about so many in all
_ENERGY_CELLS = 40


class Cells(NamedTuple):
    """Rates at recoils (t,) in cells of neutrino energy (k), for masses (m).

    ``recoil``: T (t,) [GeV]; ``rate``: dn/dT (m, t, k) per electron [GeV^-1 per unit of the flux, and per d^2 for N];
    ``energy``: E in the middle of the part of each cell that is above threshold (m, t, k) [GeV].
    """

    recoil: FloatArray
    rate: FloatArray
    energy: FloatArray

    @property
    def hnl_energy(self) -> FloatArray:
        """E_N = E - T [GeV], shape (m, t, k)."""
        return self.energy - self.recoil[:, None]


def recoil_nodes(edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Gauss-Legendre nodes in ln T for each bin of E_e = T + m_e: :math:`n_b = \sum_t \frac{dn}{dT}(T_t)\, w_{tb}`.

    Parameters
    ----------
    edges : ndarray (bins + 1,)
        Edges of E_e [GeV], increasing, above m_e.

    Returns
    -------
    tuple of ndarray
        T (t,) [GeV] and w (t, bins) [GeV], zero for the nodes of other bins.

    Examples
    --------
    >>> recoil, weights = recoil_nodes(np.array([1.0, 2.0, 4.0]))
    >>> (recoil**2 @ weights).round(6).tolist()  # the integral of T^2 over both bins
    [2.331801, 18.660535]
    """
    thresholds = edges - units.ELECTRON_MASS
    per_bin = max(_RECOILS_PER_BIN, _RECOILS // (len(thresholds) - 1))
    nodes, gauss = np.polynomial.legendre.leggauss(per_bin)
    half = 0.5 * np.diff(np.log(thresholds))
    middle = 0.5 * (np.log(thresholds[1:]) + np.log(thresholds[:-1]))
    recoil = np.exp(middle[:, None] + half[:, None] * nodes)
    weights = np.zeros((len(half), per_bin, len(half)))
    for index in range(len(half)):
        weights[index, :, index] = half[index] * gauss * recoil[index]
    return recoil.ravel(), weights.reshape(-1, len(half))


def energy_cells(component: FluxComponent, lowest: float) -> FloatArray:
    """Edges [GeV] of the cells of E over which the electron's angle and the momentum of N count as constant.

    Parameters
    ----------
    component : FluxComponent
        A line each has its own cell; a continuum has 40, even in ln E.
    lowest : float
        Smallest E_e [GeV] that is counted; cells begin at half of it, since E > T.

    Returns
    -------
    ndarray (k + 1,)
        A single number where the component ends below ``lowest / 2``: no cell.

    Raises
    ------
    DomainError
        If ``lowest`` is not positive.
    """
    check_positive(lowest=lowest)
    if component.lines:
        return np.concatenate([component.energy[:1] * (1.0 - 1e-9), component.energy * (1.0 + 1e-9)])
    low = max(float(component.energy[0]), 0.5 * lowest)
    high = float(component.energy[-1])
    if high <= low:
        return np.array([low])
    return np.geomspace(low, high * (1.0 + 1e-12), _ENERGY_CELLS + 1)


def rate_in_cells(
    component: FluxComponent,
    intensity: FloatArray,
    edges: FloatArray,
    recoil: FloatArray,
    coefficients: FloatArray,
    masses: FloatArray,
) -> Cells:
    """The equation on top for one component of the flux.

    Parameters
    ----------
    component, intensity : FluxComponent, ndarray (n,)
        Neutrinos, and how many count at each energy of the component [its units].
    edges : ndarray (k + 1,)
        From :func:`energy_cells` [GeV].
    recoil : ndarray (t,)
        T [GeV].
    coefficients : ndarray (3, m, t)
        c_j [GeV^(j-3) per d^2 (N), GeV^(j-3) (Standard Model)].
    masses : ndarray (m,)
        M [GeV].

    Returns
    -------
    Cells
        With one empty cell where the component is empty or below threshold.
    """
    minimum = kinematics.minimum_neutrino_energy(recoil, masses[:, None], units.ELECTRON_MASS)
    if edges.size < 2 or not np.any(intensity > 0):
        return Cells(recoil, np.zeros((*minimum.shape, 1)), np.ones((*minimum.shape, 1)))
    start = np.minimum(np.maximum(minimum[..., None], edges), edges[-1])
    moments = component.cumulative_moments(intensity, start, (0, 1, 2))
    inside = moments[..., :-1] - moments[..., 1:]
    rate = np.maximum(np.einsum("jmt,jmtk->mtk", coefficients, inside), 0.0) * units.GEV_M2_TO_CM2
    middle = 0.5 * (start[..., :-1] + start[..., 1:])
    return Cells(recoil, rate, np.maximum(middle, recoil[:, None]))


def dipole_rates(
    flux: Flux, direction: Direction, recoil: FloatArray, masses: FloatArray, lowest: float
) -> list[Cells]:
    """nu e -> N e per d^2 for each component of the flux that makes N in this direction.

    Parameters
    ----------
    flux, direction : Flux, Direction
        The intensity of each component is that of its flavours that couple.
    recoil, masses : ndarray (t,), ndarray (m,)
        T and M [GeV].
    lowest : float
        Smallest E_e [GeV] that is counted, for :func:`energy_cells`.
    """
    coefficients = upscattering.electron_energy_coefficients(recoil, masses[:, None])
    made = [(component, component.effective(direction)) for component in flux.components]
    return [
        rate_in_cells(component, intensity, energy_cells(component, lowest), recoil, coefficients, masses)
        for component, intensity in made
        if np.any(intensity > 0)
    ]


def standard_model_rates(flux: Flux, flavors: Sequence[str], recoil: FloatArray, lowest: float) -> list[Cells]:
    """nu e -> nu e for each component and each of these flavours; arguments as for :func:`dipole_rates`, with M = 0."""
    massless = np.zeros(1)
    found = []
    for component in flux.components:
        cells = energy_cells(component, lowest)
        for flavor in flavors:
            coefficients = standard_model.electron_energy_coefficients(recoil, flavor, component.antineutrino)
            intensity = component.flavor_intensity(flavor)
            found.append(rate_in_cells(component, intensity, cells, recoil, coefficients[:, None, :], massless))
    return found
