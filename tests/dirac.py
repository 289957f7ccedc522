"""Explicit Dirac matrices for the tests: the independent method that every closed formula is checked against.

Metric (+,-,-,-), Dirac representation, traces over products of 4x4 complex matrices. Nothing here is imported by the
package.
"""

from __future__ import annotations

import itertools
from functools import reduce

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.complex128]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
IDENTITY: Matrix = np.eye(4, dtype=complex)
_PAULI = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])]
GAMMA: list[Matrix] = [np.kron(np.diag([1, -1]), np.eye(2)).astype(complex)] + [
    np.kron(np.array([[0, 1], [-1, 0]]), sigma).astype(complex) for sigma in _PAULI
]  # upper index
GAMMA5: Matrix = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
P_LEFT: Matrix = 0.5 * (IDENTITY - GAMMA5)
P_RIGHT: Matrix = 0.5 * (IDENTITY + GAMMA5)


def dot(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> float:
    """Minkowski product p.q."""
    return float(p @ METRIC @ q)


def slash(p: npt.ArrayLike) -> Matrix:
    """p-slash for a four-vector with upper index."""
    lowered = METRIC @ np.asarray(p)
    return sum((lowered[mu] * GAMMA[mu] for mu in range(4)), np.zeros((4, 4), dtype=complex))


def sigma(mu: int, nu: int) -> Matrix:
    """sigma^{mu nu} = (i/2) [gamma^mu, gamma^nu], upper indices."""
    return 0.5j * (GAMMA[mu] @ GAMMA[nu] - GAMMA[nu] @ GAMMA[mu])


def sigma_q(mu: int, q: npt.ArrayLike) -> Matrix:
    """sigma^{mu nu} q_nu for q with upper index; the dipole vertex is 2 d times this (up to a phase)."""
    lowered = METRIC @ np.asarray(q)
    return sum((sigma(mu, nu) * lowered[nu] for nu in range(4)), np.zeros((4, 4), dtype=complex))


def bar(vertex: Matrix) -> Matrix:
    """gamma^0 vertex^dagger gamma^0."""
    return GAMMA[0] @ vertex.conj().T @ GAMMA[0]


def trace(*matrices: Matrix) -> complex:
    """Trace of the product."""
    return complex(np.trace(reduce(np.matmul, matrices)))


def lepton_tensor(outgoing: Matrix, vertices: list[Matrix], incoming: Matrix) -> Matrix:
    """L^{mu nu} = Tr[outgoing V^mu incoming bar(V^nu)] with spin sums (p-slash +- m) passed in."""
    result = np.zeros((4, 4), dtype=complex)
    for mu, nu in itertools.product(range(4), repeat=2):
        result[mu, nu] = trace(outgoing, vertices[mu], incoming, bar(vertices[nu]))
    return result


def contract(left: Matrix, right: Matrix) -> float:
    """L^{mu nu} W_{mu nu}, real part."""
    return float(np.real(np.einsum("ab,ac,bd,cd->", left, METRIC, METRIC, right)))
