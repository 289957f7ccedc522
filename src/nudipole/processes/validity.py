r"""Where the dipole operator stops standing for its completion: large couplings at high energy.

.. math:: d^2s<1, \qquad d<\frac{12\pi}{\sqrt{s^3\,\max_\chi|C_\chi|^2}}

The first is the scale 1/d of the operator against the collision energy, the second J = 1 partial-wave unitarity of
f fbar -> nu N (:mod:`nudipole.processes.collisions.annihilation`). Neither is an error for one point: a yield exists and is
warned of. A curve ends there: :func:`largest_coupling` decides for every experiment alike up to which d a limit is drawn, and
:func:`within` cuts excluded regions off. For a target at rest s is the energy squared that the collision adds to its rest
energy, 2 m E with the mass m of an electron or a nucleon; for a decaying meson its mass squared. Since M itself is a scale of
the vertex, M^2 counts where it is larger, which also keeps Gamma below M / 4 pi (M / 2 pi for Majorana N).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole.constraint import Interval
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


def largest_coupling(s: float, mass: npt.ArrayLike, largest_over_gamma: float = 1.0) -> FloatArray:
    r"""d [GeV^-1] up to which a limit is drawn, :math:`1 / (c \sqrt{\max(s, M^2)})`.

    Parameters
    ----------
    s : float
        Largest collision energy squared [GeV^2].
    mass : array_like
        M [GeV].
    largest_over_gamma : float
        c, the largest of d_gamma, d_Z and d_W over d_gamma.

    Examples
    --------
    >>> largest_coupling(4.0, [0.1, 10.0]).tolist()
    [0.5, 0.1]
    """
    check_positive(s=s, largest_over_gamma=largest_over_gamma)
    check_non_negative(mass=mass)
    return np.asarray(1.0 / (largest_over_gamma * np.sqrt(np.maximum(s, np.square(np.asarray(mass, dtype=float))))))


def within(intervals: Sequence[Interval], largest: float) -> tuple[Interval, ...]:
    """Excluded intervals up to the coupling ``largest`` [GeV^-1]; what begins beyond is dropped.

    Examples
    --------
    >>> [(i.low, i.high) for i in within([Interval(0.1, None), Interval(3.0, 4.0)], 2.0)]
    [(0.1, 2.0)]
    """
    kept = (i for i in intervals if i.low < largest)
    return tuple(Interval(i.low, largest if i.high is None else min(i.high, largest)) for i in kept)


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
    (:attr:`nudipole.completion.Completion.largest_over_gamma`), which the first is about.
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


def check_coupling(d: float, s: float, mass: float) -> None:
    """Warn (:class:`EffectiveTheoryWarning`) of a point beyond :func:`largest_coupling`."""
    largest = float(largest_coupling(s, mass))
    if d > largest:
        warnings.warn(
            f"d = {d:.3g} GeV^-1 is beyond {largest:.3g}, where d^2 max(s, M^2) = 1: the operator does not stand for"
            " its completion",
            EffectiveTheoryWarning,
            stacklevel=3,
        )
