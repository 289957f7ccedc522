"""Explicit Dirac matrices for the tests: the independent method that every closed formula is checked against.

Metric (+,-,-,-), Dirac representation, traces over products of 4x4 complex matrices. Four-vectors carry their index on
the last axis and matrices on the last two; everything before counts points. Vectors of long doubles are traced in long
doubles. Nothing here is imported by the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Matrix = npt.NDArray[Any]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
IDENTITY: Matrix = np.eye(4, dtype=complex)
_PAULI = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])]
GAMMA: list[Matrix] = [np.kron(np.diag([1, -1]), np.eye(2)).astype(complex)] + [
    np.kron(np.array([[0, 1], [-1, 0]]), sigma).astype(complex) for sigma in _PAULI
]  # upper index
GAMMA5: Matrix = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
P_LEFT: Matrix = 0.5 * (IDENTITY - GAMMA5)
P_RIGHT: Matrix = 0.5 * (IDENTITY + GAMMA5)


def vector(energy: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """Four-vectors (..., 4) with upper index."""
    return np.stack(np.broadcast_arrays(energy, x, y, z), axis=-1)


def unit(scale: npt.ArrayLike) -> Matrix:
    """Multiples of the unit matrix, (..., 4, 4)."""
    return np.asarray(scale)[..., None, None] * IDENTITY


def dot(p: npt.ArrayLike, q: npt.ArrayLike) -> Any:
    """Minkowski product p.q."""
    return np.sum(_lowered(p) * np.asarray(q), axis=-1)


def slash(p: npt.ArrayLike) -> Matrix:
    """p-slash for four-vectors with upper index."""
    return np.einsum("...m,mij->...ij", _lowered(p), np.stack(GAMMA))


def sigma(mu: int, nu: int) -> Matrix:
    """sigma^{mu nu} = (i/2) [gamma^mu, gamma^nu], upper indices."""
    return 0.5j * (GAMMA[mu] @ GAMMA[nu] - GAMMA[nu] @ GAMMA[mu])


def sigma_q(mu: int, q: npt.ArrayLike) -> Matrix:
    """sigma^{mu nu} q_nu for q with upper index; the dipole vertex is 2 d times this (up to a phase)."""
    return np.einsum("...n,nij->...ij", _lowered(q), np.stack([sigma(mu, nu) for nu in range(4)]))


def bar(vertex: Matrix) -> Matrix:
    """gamma^0 vertex^dagger gamma^0."""
    return GAMMA[0] @ np.swapaxes(np.conj(vertex), -1, -2) @ GAMMA[0]


def trace(*matrices: Matrix) -> Any:
    """Trace of the product."""
    return np.einsum("...ii->...", reduce(np.matmul, matrices))


def lepton_tensor(outgoing: Matrix, vertices: Sequence[Matrix], incoming: Matrix) -> Array:
    """L^{mu nu} = Tr[outgoing V^mu incoming bar(V^nu)] with spin sums (p-slash +- m) passed in, (..., 4, 4)."""
    stacked = np.stack(np.broadcast_arrays(*vertices), axis=-3)
    inside = outgoing[..., None, :, :] @ stacked @ incoming[..., None, :, :]
    return np.einsum("...mij,...nji->...mn", inside, bar(stacked))


def contract(left: Array, right: Array) -> Any:
    """L^{mu nu} W_{mu nu}, real part."""
    signs = np.diag(METRIC)
    return np.real(np.sum(left * right * signs[:, None] * signs, axis=(-2, -1)))


def _lowered(p: npt.ArrayLike) -> Array:
    return np.asarray(p) * np.diag(METRIC)
