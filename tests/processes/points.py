"""Two hundred random points a process, all over phase space: in the bulk, at threshold, and down to M = 0.

Energies and masses are drawn here as long doubles, because explicit traces lose as many digits as N is slow or light;
the formulas of the package get the same numbers as doubles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nudipole.kinematics import maximum_hnl_mass, recoil_limits
from tests import dirac

POINTS = 200


class Points(NamedTuple):
    """Neutrino energy, mass of N, target mass and recoil energy [GeV], exact in double precision."""

    energy: np.ndarray
    mass: np.ndarray
    target: np.ndarray
    recoil: np.ndarray


def fractions(rng: np.random.Generator) -> np.ndarray:
    """M over its kinematic limit: 100 in the bulk, 50 within 1e-2 to 1e-7 of the limit, 50 from 1e-3 down to zero."""
    light = 10 ** rng.uniform(-10.0, -3.0, 50)
    light[:10] = 0.0
    return np.concatenate([rng.uniform(0.0, 1.0, 100), 1.0 - 10 ** rng.uniform(-7.0, -2.0, 50), light])


def upscattering(seed: int, target: float | None = None, lowest: float = -2.0) -> Points:
    """Points of nu A -> N A, from 10 to the power ``lowest`` to 10 GeV; targets of 10 MeV to 10 GeV, or one."""
    rng = np.random.default_rng(seed)
    masses = 10 ** rng.uniform(-2.0, 1.0, POINTS) if target is None else np.full(POINTS, target)
    energy = 10 ** rng.uniform(lowest, 1.0, POINTS)
    mass = maximum_hnl_mass(energy, masses) * fractions(rng)
    low, high = recoil_limits(energy, mass, masses)
    return Points(energy, mass, masses, low + (high - low) * rng.uniform(1e-3, 1.0 - 1e-3, POINTS))


def elastic(seed: int, target: float, lowest: float, highest: float) -> Points:
    """The same for a massless final state: E between two powers of ten, E_r from nothing to all but 1e-6 of it."""
    rng = np.random.default_rng(seed)
    energy = 10 ** rng.uniform(lowest, highest, POINTS)
    share = np.concatenate([rng.uniform(0, 1, 100), 10 ** rng.uniform(-6, -2, 50), 1 - 10 ** rng.uniform(-6, -2, 50)])
    recoil = recoil_limits(energy, 0.0, target)[1] * share
    return Points(energy, np.zeros(POINTS), np.full(POINTS, target), recoil)


def momenta(points: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """k, p, k', p' and the momentum transfer q = k - k' of nu(k) A(p) -> N(k') A(p'), (points, 4), as long doubles."""
    energy, mass, target, recoil = (np.asarray(v, dtype=np.longdouble) for v in points)
    hnl_energy, q2 = energy - recoil, 2 * target * recoil
    # k.k' from (k - k')^2 = -Q^2, written so that the components of q do not cancel
    longitudinal = recoil + (mass**2 + q2) / (2 * energy)
    transverse2 = q2 + recoil**2 - longitudinal**2
    assert np.all(transverse2 > -1e-15 * (q2 + recoil**2))
    zero = np.zeros_like(energy)
    q = dirac.vector(recoil, -np.sqrt(np.maximum(transverse2, 0)), zero, longitudinal)
    k, p = dirac.vector(energy, zero, zero, energy), dirac.vector(target, zero, zero, zero)
    k_out = k - q
    assert np.allclose(k_out[:, 0], hnl_energy)
    return k, p, k_out, p + q, q
