r"""Kinematics of up-scattering nu(E) + A(m) -> N(M) + A, target at rest, and of two-body decays.

Recoil limits are the roots of (errata section 3)

.. math:: 4m(m+2E)\,E_r^2 - \left[8mE^2 - 4M^2(m+E)\right]E_r + M^4 = 0,

the small one through the product of the roots, because the difference loses all digits far above threshold.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


def threshold_energy(hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike) -> FloatArray:
    """Smallest neutrino energy [GeV] that makes N: M + M^2 / 2m."""
    check_non_negative(hnl_mass=hnl_mass)
    check_positive(target_mass=target_mass)
    mass = np.asarray(hnl_mass, dtype=float)
    return mass + mass**2 / (2.0 * np.asarray(target_mass, dtype=float))


def maximum_hnl_mass(neutrino_energy: npt.ArrayLike, target_mass: npt.ArrayLike) -> FloatArray:
    """Largest mass [GeV] of N that a neutrino of this energy [GeV] makes: sqrt(m^2 + 2 m E) - m, kept stable."""
    check_non_negative(neutrino_energy=neutrino_energy)
    check_positive(target_mass=target_mass)
    energy, target = np.asarray(neutrino_energy, dtype=float), np.asarray(target_mass, dtype=float)
    return 2.0 * target * energy / (np.sqrt(target * (target + 2.0 * energy)) + target)


def recoil_limits(
    neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Smallest and largest recoil energy [GeV] of the target.

    Parameters
    ----------
    neutrino_energy, hnl_mass, target_mass : array_like
        E, M, m [GeV], broadcast.

    Returns
    -------
    tuple of ndarray
        E_r^min, E_r^max [GeV]; both NaN-free: (0, 0) below threshold.

    Notes
    -----
    Review Eq. (14), with E_r^min = M^4 / [4 m (m + 2 E) E_r^max].

    Examples
    --------
    >>> low, high = recoil_limits(1.0, 0.010, 0.51099895e-3)
    >>> f"{float(low):.3e}"
    '2.712e-06'
    """
    check_non_negative(neutrino_energy=neutrino_energy, hnl_mass=hnl_mass)
    check_positive(target_mass=target_mass)
    energy, mass, target = np.broadcast_arrays(
        np.asarray(neutrino_energy, dtype=float),
        np.asarray(hnl_mass, dtype=float),
        np.asarray(target_mass, dtype=float),
    )
    # lambda^(1/2)(s, m^2, M^2) as a product of factors that vanish at threshold without cancellation
    s = target * (target + 2.0 * energy)
    threshold = threshold_energy(mass, target)
    allowed = energy >= threshold
    root = 2.0 * target * np.sqrt(np.where(allowed, (energy - threshold) * (energy - threshold + 2.0 * mass), 0.0))
    # 4 m (m + 2E) E_r^max = 4 m E^2 - 2 M^2 (m + E) + 2 E lambda^(1/2)
    largest = (4.0 * target * energy**2 - 2.0 * mass**2 * (target + energy) + 2.0 * energy * root) / (4.0 * s)
    largest = np.where(allowed, np.maximum(largest, 0.0), 0.0)
    product = mass**4 / (4.0 * s)
    smallest = np.divide(product, largest, out=np.zeros_like(product), where=largest > 0)
    return np.minimum(smallest, largest), largest


def minimum_neutrino_energy(
    recoil_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike, target_mass: npt.ArrayLike
) -> FloatArray:
    r"""Smallest neutrino energy [GeV] that gives this recoil: (M^2 + 2 m E_r) / 2(sqrt(E_r^2 + 2 m E_r) - E_r).

    Review Eq. (11), exact; infinite at zero recoil with M > 0.
    """
    check_non_negative(recoil_energy=recoil_energy, hnl_mass=hnl_mass)
    check_positive(target_mass=target_mass)
    recoil, mass, target = np.broadcast_arrays(
        np.asarray(recoil_energy, dtype=float), np.asarray(hnl_mass, dtype=float), np.asarray(target_mass, dtype=float)
    )
    momentum = np.sqrt(recoil * (recoil + 2.0 * target))
    numerator = (mass**2 + 2.0 * target * recoil) * (momentum + recoil)
    denominator = 4.0 * target * recoil  # 2 (p^2 - E_r^2)
    at_rest = np.where(mass > 0, np.inf, 0.0)
    return np.divide(numerator, denominator, out=at_rest, where=denominator > 0)


def kallen(x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> FloatArray:
    """Kaellen function lambda(x, y, z), as the factored product that is stable at threshold for x >= y, z >= 0."""
    check_finite(x=x, y=y, z=z)
    x, y, z = (np.asarray(v, dtype=float) for v in (x, y, z))
    root_y, root_z = np.sqrt(np.abs(y)), np.sqrt(np.abs(z))
    factored = (x - (root_y + root_z) ** 2) * (x - (root_y - root_z) ** 2)
    plain = x**2 + y**2 + z**2 - 2 * (x * y + y * z + z * x)
    return np.where((y >= 0) & (z >= 0), factored, plain)


def two_body_momentum(parent_mass: npt.ArrayLike, mass_1: npt.ArrayLike, mass_2: npt.ArrayLike) -> FloatArray:
    """Momentum [GeV] of either daughter in the rest frame of the parent; zero where the decay is closed."""
    check_positive(parent_mass=parent_mass)
    check_non_negative(mass_1=mass_1, mass_2=mass_2)
    parent, m1, m2 = (np.asarray(v, dtype=float) for v in (parent_mass, mass_1, mass_2))
    gap = kallen(parent**2, m1**2, m2**2)
    open_channel = parent >= m1 + m2
    return np.where(open_channel, np.sqrt(np.maximum(np.where(open_channel, gap, 0.0), 0.0)) / (2.0 * parent), 0.0)
