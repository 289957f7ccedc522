r"""Accepted decays by the distance that N flies: production, geometry and photon selection joined.

With n_tp N of an angle and a momentum (:mod:`~nudipole.signals.upscattering.produced_hnl`), the share a_btp of their decays
whose photon ends in bin b (:mod:`~nudipole.signals.upscattering.photon_selection`) and the matter h_t(s) whose N are in the
decay volume a distance s further on (:mod:`~nudipole.signals.upscattering.acceptance`),

.. math:: n_b(d) = d^2 \sum_{p} \int_0^\infty ds\; m_{bp}(s)\,\kappa_p D\,e^{-\kappa_p D s},\qquad
    m_{bp}(s) = \sum_t n_{tp}\,a_{btp}\,h_t(s),\qquad \kappa_p \propto \frac1p .

Only s/p enters the exponent. Cells of s and the momenta p have the same logarithmic step, so cells of equal s/p are added.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nudipole.signals.upscattering.acceptance import STEP

FloatArray = npt.NDArray[np.float64]


def importance(produced: Mapping[str, FloatArray]) -> FloatArray:
    """Share of N at each angle and momentum, added over the columns of the fluence: where the photons are sampled.

    Parameters
    ----------
    produced : mapping of ndarray (2, columns, t, p)
        N (0) and their summed polarisation (1) from each kind of matter.

    Returns
    -------
    ndarray (t, p)
        Each column of the fluence that makes any N contributes 1 to the sum.
    """
    number = np.sum([made[0] for made in produced.values()], axis=0)
    total = number.sum(axis=(1, 2), keepdims=True)
    return np.asarray(np.divide(number, total, out=np.zeros_like(number), where=total > 0).sum(axis=0))


def decays_by_distance(
    produced: Mapping[str, FloatArray], accepted: FloatArray, matter: Mapping[str, FloatArray]
) -> FloatArray:
    """m_bp in every cell of the distance.

    Parameters
    ----------
    produced : mapping of ndarray (2, columns, t, p)
        As in :func:`importance`.
    accepted : ndarray (2, bins, t, p)
        Share of unpolarised decays in each bin, and what P = 1 adds to it.
    matter : mapping of ndarray (t, cells)
        Mean of h [kg] in each cell of the distance, for each kind of matter.

    Returns
    -------
    ndarray (columns, bins, p, cells)
    """
    columns, momenta = next(iter(produced.values())).shape[1::2]
    cells = next(iter(matter.values())).shape[1]
    found = np.zeros((columns, accepted.shape[1], momenta, cells))
    for name, mean in matter.items():
        angles = _occupied(mean.any(axis=1))
        lit = _occupied(produced[name].any(axis=(0, 1, 2)))
        seen = np.einsum("kftp,kbtp->fbpt", produced[name][:, :, angles, lit], accepted[:, :, angles, lit])
        found[:, :, lit] += np.matmul(seen, mean[angles])
    return found


def add_equal_ratios(decays: FloatArray) -> FloatArray:
    """Cells of equal s/p added.

    Parameters
    ----------
    decays : ndarray (columns, bins, p, cells)
        Of :func:`decays_by_distance`; momenta decrease by :data:`~.acceptance.STEP` in the logarithm, cells after the first
        grow by it.

    Returns
    -------
    ndarray (columns, bins, 2 p + cells - 2)
        First the first cell of each momentum, from s = 0 on; then the others by increasing s/p.
    """
    momenta, cells = decays.shape[2], decays.shape[3] - 1
    outer = np.zeros((*decays.shape[:2], cells + momenta - 1))
    for step in range(momenta):
        outer[:, :, step : step + cells] += decays[:, :, step, 1:]
    return np.concatenate([decays[..., 0], outer], axis=-1)


def ratio_edges(edges: FloatArray, momenta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Edges in s/p of the cells of :func:`add_equal_ratios`.

    Parameters
    ----------
    edges : ndarray (cells + 1,)
        Of the cells of the distance [m], from 0.
    momenta : ndarray (p,)
        [GeV], decreasing.

    Returns
    -------
    near, far : ndarray (2 p + cells - 2,)
        [m/GeV]: the path of an N of 1 GeV.
    """
    number = len(momenta)
    near = edges[1] / momenta[0] * np.exp(STEP * np.arange(number + len(edges) - 3))
    return np.concatenate([np.zeros(number), near]), np.concatenate([edges[1] / momenta, near * np.exp(STEP)])


def _occupied(used: npt.NDArray[np.bool_] | np.bool_) -> slice:
    """From the first to the last that is used."""
    where = np.flatnonzero(used)
    return slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0)
