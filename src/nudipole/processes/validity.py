r"""Where the dipole operator stops standing for its completion: large couplings at high energy.

.. math:: d^2s<1, \qquad d<\frac{12\pi}{\sqrt{s^3\,\max_\chi|C_\chi|^2}}

The first is the scale 1/d of the operator against the collision energy, the second J = 1 partial-wave unitarity of
f fbar -> nu N (:mod:`nudipole.processes.collisions.annihilation`). Neither is an error: a yield exists and is warned of.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from nudipole.errors import check_non_negative, check_positive
from nudipole.processes.collisions import chiral_exchange

FloatArray = npt.NDArray[np.float64]


class EffectiveTheoryWarning(UserWarning):
    """The coupling is so large at this energy that the dipole operator no longer stands for its completion."""


class OutOfReachWarning(UserWarning):
    """N is heavier than the collision energy, or outside the masses of a curve: nothing can be said."""


def unitarity_coupling(s: npt.ArrayLike, fermion: str = "e", z_over_gamma: float = 0.0) -> FloatArray:
    r"""Largest d [GeV^-1] that J = 1 partial-wave unitarity allows for f fbar -> nu N at this s, M << sqrt(s).

    One helicity state of the pair annihilates with 4 sigma_chi (both lepton-number states) and at most 12 pi / s, with
    sigma_chi = 2 s^2 |C_chi|^2 / 96 pi in colour-singlet normalisation: d^2 <= 144 pi^2 / (s^3 max |C_chi|^2).

    Examples
    --------
    >>> bool(unitarity_coupling(13e3**2) < unitarity_coupling(91.2**2))
    True
    """
    left, right = chiral_exchange.chiral_couplings(s, fermion, z_over_gamma)
    return 12.0 * np.pi / np.sqrt(np.asarray(s, dtype=float) ** 3 * np.maximum(left, right))


def check_effective_theory(
    d: npt.ArrayLike,
    s: npt.ArrayLike,
    fermion: str = "e",
    z_over_gamma: float = 0.0,
    largest_over_gamma: float = 1.0,
) -> None:
    r"""Warn where d^2 s is not small.

    Two levels, one :class:`EffectiveTheoryWarning`: d > 1/sqrt(s), the scale of the operator lies below the collision
    energy even for a strongly coupled completion; and d above :func:`unitarity_coupling`, the amplitude is no
    probability any more. d times ``largest_over_gamma`` is the largest of d_gamma, d_Z and d_W
    (:attr:`nudipole.portal.Completion.largest_over_gamma`), which the first is about.
    """
    check_non_negative(d=d)
    check_positive(s=s, largest_over_gamma=largest_over_gamma)
    d, s = np.broadcast_arrays(np.asarray(d, dtype=float), np.asarray(s, dtype=float))
    if np.any(d > unitarity_coupling(s, fermion, z_over_gamma)):
        warnings.warn(
            f"d = {np.max(d):.3g} GeV^-1 violates partial-wave unitarity at sqrt(s) = {np.sqrt(np.max(s)):.4g} GeV",
            EffectiveTheoryWarning,
            stacklevel=3,
        )
    elif np.any((largest_over_gamma * d) ** 2 * s > 1.0):
        size = np.max((largest_over_gamma * d) ** 2 * s)
        which = "d" if largest_over_gamma == 1.0 else "max(d_Z, d_W)"
        warnings.warn(
            f"{which}^2 s = {size:.3g} is not small: the scale 1/{which} lies below the collision energy",
            EffectiveTheoryWarning,
            stacklevel=3,
        )


def check_point(
    mass: float, d: float, sqrt_s: float, z_over_gamma: float = 0.0, largest_over_gamma: float = 1.0
) -> None:
    """Warn (:class:`OutOfReachWarning`, :class:`EffectiveTheoryWarning`) where a point says nothing at this energy [GeV]."""
    check_non_negative(mass=mass, d=d, sqrt_s=sqrt_s)
    if mass >= sqrt_s:
        warnings.warn(
            f"sqrt(s) = {sqrt_s:g} GeV is not above the mass {mass:g} GeV: no N", OutOfReachWarning, stacklevel=4
        )
    else:
        check_effective_theory(d, sqrt_s**2, "e", z_over_gamma, largest_over_gamma)
