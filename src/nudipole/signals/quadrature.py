"""Rules of integration for yields: Gauss where the integrand is smooth, cells where cuts make steps."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_count, check_finite

FloatArray = npt.NDArray[np.float64]


@functools.cache
def legendre(number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1]."""
    check_count(number=number)
    node, weight = np.polynomial.legendre.leggauss(number)
    return np.asarray(node), np.asarray(weight)


def midpoints(low: float, high: float, number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the midpoint rule, for integrands with steps."""
    check_finite(low=low, high=high)
    check_count(number=number)
    edges = np.linspace(low, high, number + 1)
    return 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)


def interpolation(number: int, at: FloatArray) -> FloatArray:
    """Matrix (at, number) that takes values at Gauss-Legendre nodes to their polynomial at other points of [-1, 1]."""
    return np.asarray(np.polynomial.legendre.legvander(at, number - 1) @ _coefficients(number))


@functools.cache
def _coefficients(number: int) -> FloatArray:
    """Legendre coefficients of a polynomial from its values at the nodes: (l + 1/2) w P_l."""
    node, weight = legendre(number)
    order = np.arange(number)[:, None]
    return np.asarray((order + 0.5) * weight * np.polynomial.legendre.legvander(node, number - 1).T)
