r"""Two-, three- and four-body phase space, and boosts: the kinematics under every meson decay.

.. math::

    \Gamma(X\to ab) &= \frac{|p|}{8\pi m_X^2}\,\overline{|\mathcal M|^2}, \\
    \frac{d\Gamma(X\to abc)}{dm_{ab}^2\,dm_{bc}^2} &= \frac{\overline{|\mathcal M|^2}}{(2\pi)^3\,32 m_X^3}, \qquad
    \frac{d\Gamma}{dm_{ab}^2\,d\cos\theta} = \frac{\lambda^{1/2}(m_X^2, m_{ab}^2, m_c^2)\,
    \lambda^{1/2}(m_{ab}^2, m_a^2, m_b^2)}{512\pi^3 m_X^3\, m_{ab}^2}\,\overline{|\mathcal M|^2}, \\
    d\Phi_n(X; 1\ldots n) &= d\Phi_2(X; q, n)\,\frac{dq^2}{2\pi}\,d\Phi_{n-1}(q; 1\ldots n-1).

Review, Appendix A (A.6, A.7 and the two unnumbered three-body formulas), with the limits of m_bc^2 that it announces
and does not give, and with the photon spectrum of its Sec. A.3.1 put right. A factor 1/n! for n identical particles in
the final state is left to the caller.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from nudipole.errors import SMALLEST, DomainError, check_count, check_finite, check_non_negative, check_positive
from nudipole.kinematics import kallen, two_body_momentum

FloatArray = npt.NDArray[np.float64]


def two_body_width(
    parent_mass: npt.ArrayLike, mass_1: npt.ArrayLike, mass_2: npt.ArrayLike, squared_amplitude: npt.ArrayLike
) -> FloatArray:
    """Width [GeV] of X -> 1 2: |p| |M|^2 / (8 pi m_X^2).

    Parameters
    ----------
    parent_mass, mass_1, mass_2 : array_like
        Masses [GeV], broadcast.
    squared_amplitude : array_like
        |M|^2 [GeV^2], summed over final and averaged over initial spins.

    Examples
    --------
    >>> float(two_body_width(1.0, 0.0, 0.0, 1.0)) == 1 / (16 * np.pi)
    True
    """
    momentum = two_body_momentum(parent_mass, mass_1, mass_2)
    check_finite(squared_amplitude=squared_amplitude)
    parent = np.asarray(parent_mass, dtype=float)
    return momentum * np.asarray(squared_amplitude, dtype=float) / (8.0 * np.pi * parent**2)


def dalitz_limits(
    m_ab2: npt.ArrayLike,
    parent_mass: npt.ArrayLike,
    mass_a: npt.ArrayLike,
    mass_b: npt.ArrayLike,
    mass_c: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    r"""Smallest and largest m_bc^2 [GeV^2] at given m_ab^2 in X -> a b c.

    With the energies and momenta of b and c in the rest frame of ab,
    m_bc^2 = m_b^2 + m_c^2 + 2 (E_b E_c -+ p_b p_c).

    Parameters
    ----------
    m_ab2 : array_like
        (p_a + p_b)^2 [GeV^2], between (m_a + m_b)^2 and (m_X - m_c)^2.
    parent_mass, mass_a, mass_b, mass_c : array_like
        Masses [GeV].

    Raises
    ------
    DomainError
        If m_ab^2 lies outside its own limits.

    Examples
    --------
    >>> low, high = dalitz_limits(0.25, 1.0, 0.0, 0.0, 0.0)
    >>> float(low), float(high)
    (0.0, 0.75)
    """
    check_positive(parent_mass=parent_mass, m_ab2=m_ab2)
    check_non_negative(mass_a=mass_a, mass_b=mass_b, mass_c=mass_c)
    s, m, a, b, c = (np.asarray(v, dtype=float) for v in (m_ab2, parent_mass, mass_a, mass_b, mass_c))
    if np.any(s < (a + b) ** 2 * (1 - 1e-12)) or np.any(s > (m - c) ** 2 * (1 + 1e-12)) or np.any(m < a + b + c):
        raise DomainError("m_ab^2 must lie between (m_a + m_b)^2 and (m_X - m_c)^2")
    root = np.sqrt(s)
    energy_b = (s - a**2 + b**2) / (2.0 * root)
    energy_c = (m**2 - s - c**2) / (2.0 * root)
    momenta = np.sqrt(np.maximum(kallen(s, a**2, b**2), 0.0) * np.maximum(kallen(m**2, s, c**2), 0.0)) / (4.0 * s)
    centre = b**2 + c**2 + 2.0 * energy_b * energy_c
    return centre - 2.0 * momenta, centre + 2.0 * momenta


def three_body_density(
    m_ab2: npt.ArrayLike,
    parent_mass: npt.ArrayLike,
    mass_a: npt.ArrayLike,
    mass_b: npt.ArrayLike,
    mass_c: npt.ArrayLike,
) -> FloatArray:
    """dGamma / (dm_ab^2 dcos(theta) |M|^2) [GeV^-3], theta an angle in the rest frame of ab; zero outside limits."""
    check_positive(parent_mass=parent_mass)
    check_non_negative(m_ab2=m_ab2, mass_a=mass_a, mass_b=mass_b, mass_c=mass_c)
    check_positive(parent_mass=parent_mass, m_ab2=m_ab2)
    s, m, a, b, c = (np.asarray(v, dtype=float) for v in (m_ab2, parent_mass, mass_a, mass_b, mass_c))
    inside = (s >= (a + b) ** 2) & (np.sqrt(s) <= m - c)
    product = np.maximum(kallen(m**2, s, c**2), 0.0) * np.maximum(kallen(s, a**2, b**2), 0.0)
    return np.where(inside, np.sqrt(product) / (512.0 * np.pi**3 * m**3 * s), 0.0)


def three_body_spectrum(
    m_ab2: npt.ArrayLike,
    masses: tuple[float, float, float, float],
    squared_amplitude: Callable[[FloatArray, FloatArray], FloatArray],
    nodes: int = 40,
) -> FloatArray:
    """dGamma/dm_ab^2 [GeV^-1] of X -> a b c by Gauss-Legendre integration over m_bc^2.

    Parameters
    ----------
    m_ab2 : array_like
        [GeV^2].
    masses : tuple of four floats
        m_X, m_a, m_b, m_c [GeV].
    squared_amplitude : callable
        |M|^2 (m_ab^2, m_bc^2), dimensionless, on broadcast arrays.
    nodes : int
        Order of the quadrature; exact for polynomials in m_bc^2 of degree 2 nodes - 1.
    """
    low, high = dalitz_limits(m_ab2, *masses)
    x, weight = legendre(nodes)
    half = 0.5 * (high - low)[..., None]
    m_bc2 = 0.5 * (high + low)[..., None] + half * x
    integrand = squared_amplitude(np.asarray(m_ab2, dtype=float)[..., None], m_bc2)
    return np.sum(weight * half * integrand, axis=-1) / ((2.0 * np.pi) ** 3 * 32.0 * masses[0] ** 3)


def photon_spectrum(
    x: npt.ArrayLike,
    parent_mass: float,
    lepton_mass: float,
    squared_amplitude: Callable[[FloatArray, FloatArray], FloatArray],
    nodes: int = 40,
) -> FloatArray:
    r"""dGamma/dx [GeV] of P -> l nu gamma with x = 2 E_gamma / m_P, massless nu (review A.3.1, corrected).

    .. math:: \frac{d\Gamma}{dx} = \frac{m_P\, x}{512\pi^3}\Bigl(1 - \frac{m_\ell^2/m_P^2}{1-x}\Bigr)
              \int |\mathcal M|^2\, d\cos\theta^*

    with theta* the angle of the lepton against the photon in the rest frame of l nu. The printed form has dimension
    GeV^-1 instead of GeV.

    Parameters
    ----------
    x : array_like
        Between 0 and 1 - m_l^2/m_P^2; the spectrum is zero outside.
    parent_mass, lepton_mass : float
        [GeV].
    squared_amplitude : callable
        |M|^2 (x, cos theta*), dimensionless.
    """
    check_positive(parent_mass=parent_mass)
    check_non_negative(x=x, lepton_mass=lepton_mass)
    x = np.asarray(x, dtype=float)
    ratio = (lepton_mass / parent_mass) ** 2
    inside = (x > 0) & (x < 1.0 - ratio)
    safe = np.where(inside, x, 0.5 * (1.0 - ratio))
    cosine, weight = legendre(nodes)
    integral = np.sum(weight * squared_amplitude(safe[..., None], cosine), axis=-1)
    prefactor = parent_mass * safe / (512.0 * np.pi**3) * (1.0 - ratio / (1.0 - safe))
    return np.where(inside, prefactor * integral, 0.0)


def volume(parent_mass: float, masses: tuple[float, ...], nodes: int = 60) -> float:
    r"""Phase-space volume Phi_n = int (2 pi)^4 delta^4(...) prod d^3p / ((2 pi)^3 2E) [GeV^(2n-4)] for n = 2, 3, 4.

    By the recursion dPhi_n = dPhi_2 dq^2/2pi dPhi_{n-1}; zero below threshold. Massless limits: 1/8pi,
    m^2/256 pi^3, m^4/24576 pi^5.

    Examples
    --------
    >>> round(volume(1.0, (0.0, 0.0, 0.0)) * 256 * np.pi**3, 10)
    1.0
    """
    check_positive(parent_mass=parent_mass)
    check_non_negative(masses=masses)
    if len(masses) not in (2, 3, 4):
        raise DomainError(f"phase-space volumes are given for two to four bodies, not {len(masses)}")
    return float(_volume(np.asarray(parent_mass, dtype=float), tuple(masses), nodes))


def _volume(parent_mass: FloatArray, masses: tuple[float, ...], nodes: int) -> FloatArray:
    *first, last = masses
    if len(masses) == 2:
        return two_body_momentum(np.maximum(parent_mass, SMALLEST), first[0], last) / (4.0 * np.pi * parent_mass)
    low, high = sum(first), np.maximum(parent_mass - last, sum(first))
    fraction, _, weight = endpoint_nodes(nodes)
    mass = low + (high - low)[..., None] * fraction
    inner = _volume(np.maximum(mass, SMALLEST), tuple(first), nodes)
    outer = two_body_momentum(parent_mass[..., None], mass, last) / (4.0 * np.pi * parent_mass[..., None])
    return np.sum(weight * (high - low)[..., None] * 2.0 * mass * inner * outer, axis=-1) / (2.0 * np.pi)


def boost(momentum: npt.ArrayLike, frame: npt.ArrayLike, frame_mass: npt.ArrayLike | None = None) -> FloatArray:
    """Four-momenta given in the rest frame of ``frame``, seen where ``frame`` has the momentum given.

    Parameters
    ----------
    momentum, frame : array_like (..., 4)
        (E, px, py, pz) [GeV]; ``frame`` must be time-like.
    frame_mass : array_like, optional
        Invariant mass of ``frame`` [GeV], where its energy and momentum are too close to yield it.

    Examples
    --------
    >>> boost([1.0, 0, 0, 0], [5.0, 0, 0, 3.0]).tolist()
    [1.25, 0.0, 0.0, 0.75]
    """
    if np.shape(momentum)[-1:] != (4,) or np.shape(frame)[-1:] != (4,):
        raise DomainError("a boost takes four-momenta (E, px, py, pz) on the last axis")
    check_finite(momentum=momentum, frame=frame)
    p, q = np.asarray(momentum, dtype=float), np.asarray(frame, dtype=float)
    if frame_mass is None:
        mass2 = q[..., 0] ** 2 - np.sum(q[..., 1:] ** 2, axis=-1)
    else:
        check_positive(frame_mass=frame_mass)
        mass2 = np.asarray(frame_mass, dtype=float) ** 2
    if np.any(mass2 <= 0):
        raise DomainError("the frame of a boost must be time-like")
    mass = np.sqrt(mass2)
    along = np.sum(p[..., 1:] * q[..., 1:], axis=-1)
    energy = (q[..., 0] * p[..., 0] + along) / mass
    factor = (p[..., 0] + energy) / (q[..., 0] + mass)
    return np.concatenate([energy[..., None], p[..., 1:] + factor[..., None] * q[..., 1:]], axis=-1)


@functools.cache
def legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on [-1, 1]."""
    check_count(nodes=nodes)
    x, weight = roots_legendre(nodes)
    return np.asarray(x), np.asarray(weight)


@functools.cache
def endpoint_nodes(nodes: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Tanh-sinh quadrature on [0, 1]: distance to 0, distance to 1, weight; blind to square roots at either end.

    Both distances come without cancellation, so integrands may be written in whichever vanishes.

    Examples
    --------
    >>> left, right, weight = endpoint_nodes(60)
    >>> bool(abs(np.sum(weight * np.sqrt(left / right)) - np.pi / 2) < 1e-7)
    True
    """
    check_count(2, nodes=nodes)
    t = np.linspace(-3.4, 3.4, nodes)
    argument = np.pi * np.sinh(t)
    left = 1.0 / (1.0 + np.exp(-argument))
    right = 1.0 / (1.0 + np.exp(argument))
    weight = np.pi * np.cosh(t) * left * right * (t[1] - t[0])
    return left, right, weight
