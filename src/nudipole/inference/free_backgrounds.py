r"""Backgrounds whose size is free: what they can take of a signal leaves the likelihood unchanged.

With the change c_j of the counts for one unit of a free pull j and the statistical weight :math:`1/\sigma_b` of each bin, the
part of counts n that free backgrounds can take is its projection onto the span of the c_j,

.. math:: n \to n - \sigma\,Q Q^T (n/\sigma), \qquad Q\ \text{an orthonormal basis of the}\ c_j/\sigma ,

and the pulls that take it are those of the least squares :math:`|n/\sigma - \sum_j\theta_j\,c_j/\sigma|^2`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_DEPENDENT = 1e-9  # relative size of what is left of a template that others make up


def bin_weights(observed: FloatArray, background: FloatArray, sigma: FloatArray) -> FloatArray:
    """1 / sigma_b of each bin (b,): the Gaussian uncertainty, or the root of a Poisson bin's counts, at least 1.

    Examples
    --------
    >>> bin_weights(np.array([9.0, 0.0, 5.0]), np.array([4.0, 0.2, 5.0]), np.array([0.0, 0.0, 2.0]))
    array([0.33333333, 1.        , 0.5       ])
    """
    variance = np.where(sigma > 0, sigma**2, np.maximum(np.maximum(observed, background), 1.0))
    return np.asarray(1.0 / np.sqrt(variance))


def orthonormal_basis(templates: FloatArray, weight: FloatArray) -> FloatArray:
    """Q: an orthonormal basis of what the templates span in weighted bins.

    Parameters
    ----------
    templates : ndarray (j, b)
        Counts of each free background; zero ones and those that others make up add nothing.
    weight : ndarray (b,)
        Of :func:`bin_weights`.

    Returns
    -------
    ndarray (b, r)
        r is the number of independent templates.
    """
    rows = templates * weight
    norm = np.linalg.norm(rows, axis=1)
    rows = rows[norm > 0] / norm[norm > 0, None]
    _, size, basis = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(basis[size > _DEPENDENT * size.max(initial=0.0)].T)


def remainder(counts: FloatArray, weight: FloatArray, basis: FloatArray) -> FloatArray:
    """Counts less what free backgrounds can take.

    Parameters
    ----------
    counts : ndarray (..., b)
    weight, basis : ndarray (b,), (b, r)
        Of :func:`bin_weights` and :func:`orthonormal_basis`.

    Returns
    -------
    ndarray (..., b)
        Exactly zero where nothing is left, so that no rounding error of a large signal is taken for a difference.
    """
    scaled = counts * weight
    rest = scaled - (scaled @ basis) @ basis.T
    rest = rest - (rest @ basis) @ basis.T
    size = np.linalg.norm(scaled, axis=-1, keepdims=True)
    left = np.linalg.norm(rest, axis=-1, keepdims=True) > _DEPENDENT * size
    return np.where(left, rest, 0.0) / weight


def closest_pulls(counts: FloatArray, weight: FloatArray, templates: FloatArray) -> FloatArray:
    """Pulls of the free backgrounds that come closest to counts in the least squares of weighted bins.

    Parameters
    ----------
    counts : ndarray (m, b)
    weight, templates : ndarray (b,), (j, b)
        As in :func:`orthonormal_basis`.

    Returns
    -------
    ndarray (m, j)
        Of templates that are not independent, the smallest pulls in units of the size of their template.
    """
    rows = templates * weight
    norm = np.linalg.norm(rows, axis=1)
    norm = np.where(norm > 0, norm, 1.0)
    return np.asarray((counts * weight) @ np.linalg.pinv(rows / norm[:, None], rcond=_DEPENDENT) / norm)
