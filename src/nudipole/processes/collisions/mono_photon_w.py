r"""e+ e- -> nu_e N gamma with W exchange: every tree diagram, the photon off the W and at the dipole vertex included.

:math:`d_W\,\bar L\sigma^{\mu\nu}\tau^a\tilde H N\,W^a_{\mu\nu}` holds the whole field strength. Its non-abelian piece
makes :math:`W^-_{\mu\nu}` the covariant curl :math:`D_\mu W^-_\nu-D_\nu W^-_\mu` and so adds an e N W gamma vertex (and a
nu N W+ W- one, which this process does not reach). Four diagrams with a W, two without; in spinor products, e-
:math:`p_1`, e+ :math:`p_2`, nubar n, photon k, N of momentum P, left-handed electrons, :math:`Q=p_1+p_2-k`,
:math:`q_2=p_2-n`, :math:`q_1=q_2-k`, :math:`D_i=1/(q_i^2-m_W^2)` and :math:`\tilde C=\sqrt2\,g\,d_W`,

.. math::

    A_+ &= -\frac{\sqrt2\,C_LQ^2\langle1n\rangle\langle N1\rangle}{\langle1k\rangle\langle2k\rangle}
        -\tfrac12\tilde C\Bigl\{D_1\bigl(\langle N|q_1|b]\langle n1\rangle-\langle Nn\rangle\langle1|q_1|b]\bigr)
        -\sqrt2D_2\frac{[k2]}{\langle1k\rangle}\langle n1\rangle\langle N1\rangle\Bigr\}, \\
    |b] &= \sqrt2\Bigl\{\Bigl(\frac{\langle12\rangle}{\langle2k\rangle}+D_2\langle1|q_1|k]\Bigr)\frac{|2]}{\langle1k\rangle}
        +\Bigl(D_2[k2]-\frac1{\langle2k\rangle}\Bigr)|k]\Bigr\}, \\
    A_- &= \frac{\sqrt2}{[k2]}\Bigl\{\frac{\langle\chi n\rangle}{[1k]}\bigl(C_L\langle N\chi\rangle
        -\tilde CD_2[n2]\langle Nn\rangle\bigr)-\tilde CD_1D_2\langle kn\rangle\langle\psi1\rangle\langle N\psi\rangle\Bigr\},
        \quad |\chi\rangle=Q|2],\;|\psi\rangle=q_1|2],

for nubar N, in units of 2e, C_L that of :mod:`nudipole.processes.collisions.chiral_exchange`. Right-handed electrons see no W.
nu Nbar is the mirror image, cos(theta) -> -cos(theta). Without a W the integral over N is the radiator of
:mod:`nudipole.processes.collisions.mono_photon`. The amplitudes are the sum of the diagrams in two gauges of the photon;
tests/processes/collisions/test_mono_photon_w.py has the diagrams themselves, their Ward identity and the soft limit. The W has no
width here: it is exchanged at negative q^2.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_between, check_count, check_finite, check_non_negative, check_positive
from nudipole.processes.collisions import chiral_exchange, mono_photon

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
Spinor = tuple[ComplexArray, ComplexArray]


@dataclass(frozen=True)
class Momenta:
    """e-, e+, antineutrino and photon: four components on the last axis [GeV]; N takes the rest."""

    electron: FloatArray
    positron: FloatArray
    neutrino: FloatArray
    photon: FloatArray

    @property
    def hnl(self) -> FloatArray:
        """Momentum of N."""
        return self.electron + self.positron - self.neutrino - self.photon


def squared_amplitudes(momenta: Momenta, annihilated: npt.ArrayLike, exchanged: npt.ArrayLike) -> FloatArray:
    r"""``sum |A|^2`` over the helicities of photon and N, left-handed electrons, in units of (2e)^2.

    Parameters
    ----------
    momenta : Momenta
        Massless electrons, neutrino and photon; the photon away from the beams.
    annihilated : array_like, complex
        C_L(Q^2) [GeV^-3 with d], :func:`nudipole.processes.collisions.chiral_exchange.chiral_amplitudes`.
    exchanged : array_like
        sqrt(2) g d_W, dimension of d.

    Returns
    -------
    ndarray
        Shape of the points.
    """
    check_finite(annihilated=np.abs(annihilated), exchanged=exchanged)
    factors = np.asarray(annihilated, dtype=complex), np.asarray(exchanged, dtype=complex)
    total = np.zeros(np.shape(momenta.photon)[:-1])
    for annihilating, exchanging in amplitude_spinors(momenta):
        both = _sum(_scaled(factors[0], annihilating), _scaled(factors[1], exchanging))
        total = total + _spin_sum(momenta.hnl, both, both)
    return total


def amplitude_spinors(momenta: Momenta) -> tuple[tuple[Spinor, Spinor], tuple[Spinor, Spinor]]:
    """The spinors X of A = <N X> for photon helicities + and -, per C_L and per sqrt(2) g d_W."""
    one, two, n, k = (_spinor(p) for p in (momenta.electron, momenta.positron, momenta.neutrino, momenta.photon))
    q1 = momenta.positron - momenta.neutrino - momenta.photon
    total = momenta.electron + momenta.positron - momenta.photon
    first = 1.0 / (_square(q1) - units.W_MASS**2)
    second = 1.0 / (_square(momenta.positron - momenta.neutrino) - units.W_MASS**2)
    one_k, two_k, one_n = _angle(one, k), _angle(two, k), _angle(one, n)
    two_k_box, root = _box(k, two), np.sqrt(2.0)

    plus_s = _scaled(-root * _square(total) * one_n / (one_k * two_k), one)
    to_two, to_k = _onto(q1, two), _onto(q1, k)
    alpha = root / one_k * (_angle(one, two) / two_k + second * _angle(one, to_k))
    beta = root * (second * two_k_box - 1.0 / two_k)
    y = _sum(_scaled(alpha, to_two), _scaled(beta, to_k))
    contact = root * second * two_k_box / one_k * one_n
    plus_w = _sum(
        _scaled(0.5 * first * one_n, y), _scaled(0.5 * first * _angle(one, y), n), _scaled(-0.5 * contact, one)
    )

    chi = _onto(total, two)
    front = root / two_k_box
    before = front * _angle(chi, n) / _box(one, k)
    minus_s = _scaled(before, chi)
    off_w = -front * first * second * _angle(k, n) * _angle(to_two, one)
    minus_w = _sum(_scaled(-before * second * _box(n, two), n), _scaled(off_w, to_two))
    return (plus_s, plus_w), (minus_s, minus_w)


def distribution_terms(
    x: npt.ArrayLike, cosine: npt.ArrayLike, s: float, hnl_mass: npt.ArrayLike, polar: int = 10, azimuths: int = 6
) -> tuple[FloatArray, FloatArray]:
    r"""What a W adds to d^2 sigma / dx dcos(theta), mean of both lepton-number states: a Re(C_L C~) + b C~^2.

    Parameters
    ----------
    x, cosine : array_like
        2 E_gamma / sqrt(s) in (0, 1) and cos(theta_gamma) in (-1, 1).
    s : float
        [GeV^2].
    hnl_mass : array_like
        M [GeV].
    polar, azimuths : int
        Gauss and midpoint nodes in the direction of N in the frame of N and nubar. The defaults are good to 3e-4 at
        sqrt(s) = 200 GeV and to 1e-9 below 10 GeV; at 500 GeV b is good to a per cent, and a wants twice as many.

    Returns
    -------
    tuple of ndarray
        a [GeV^4] and b [GeV^2], C_L in GeV^-2 per d and C~ = sqrt(2) g d_W / d; zero for x >= 1 - M^2 / s.

    Raises
    ------
    DomainError
        If x is outside (0, 1], the photon on the beam axis, a mass negative, or s outside 1e-20 to 1e20 GeV^2.
    """
    check_positive(x=x)
    check_between(1e-20, 1e20, s=s)
    check_non_negative(hnl_mass=hnl_mass)
    check_finite(cosine=cosine)
    x, cosine, mass = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (x, cosine, hnl_mass)))
    if np.any(x > 1.0) or np.any(np.abs(cosine) >= 1.0):
        raise DomainError("x must lie in (0, 1] and cos(theta) strictly inside (-1, 1)")
    threshold = np.minimum(mass**2 / s, 1.0)
    is_open = (1.0 - x > 1e-9) & (1.0 - x > threshold)  # at the end itself N and nubar have no frame of their own
    mass, safe = np.where(is_open, mass, 0.0), np.where(is_open, x, 0.5)
    share = np.where(is_open, 1.0 - threshold / np.where(is_open, 1.0 - x, 1.0), 0.0)[..., None]
    rule, weight, angle = directions(polar, azimuths)
    interference = square = np.zeros(())
    for sign in (1.0, -1.0):
        momenta = three_bodies(safe[..., None], sign * cosine[..., None], s, mass[..., None], rule, angle)
        for annihilating, exchanging in amplitude_spinors(momenta):
            interference = interference + _spin_sum(momenta.hnl, annihilating, exchanging)
            square = square + _spin_sum(momenta.hnl, exchanging, exchanging)
    front = units.ALPHA * x[..., None] * share * weight / (256.0 * np.pi**2)  # half of each state
    return np.sum(2.0 * front * interference, axis=-1), np.sum(front * square, axis=-1)


def signal_distribution(
    x: npt.ArrayLike,
    cosine: npt.ArrayLike,
    s: float,
    hnl_mass: npt.ArrayLike,
    z_over_gamma: float = 0.0,
    w_over_gamma: float = 0.0,
) -> FloatArray:
    r"""d^2 sigma(e+ e- -> nu_e N gamma) / dx dcos(theta) / d^2, mean of both lepton-number states, exact at tree level.

    Parameters and errors of :func:`distribution_terms`; d_Z / d_gamma and d_W / d_gamma of the electron flavour.

    Examples
    --------
    >>> alone = mono_photon.signal_distribution(0.3, 0.2, 189.0**2, 1.0)
    >>> bool(signal_distribution(0.3, 0.2, 189.0**2, 1.0) == alone)
    True
    """
    alone = mono_photon.signal_distribution(x, cosine, s, hnl_mass, z_over_gamma)
    check_finite(w_over_gamma=w_over_gamma)
    if w_over_gamma == 0.0:
        return alone
    interference, square = distribution_terms(x, cosine, s, hnl_mass)
    return np.maximum(alone + combined(x, s, interference, square, z_over_gamma, w_over_gamma), 0.0)


def combined(
    x: npt.ArrayLike,
    s: float,
    interference: FloatArray,
    square: FloatArray,
    z_over_gamma: float,
    w_over_gamma: float,
) -> FloatArray:
    """a Re(C_L C~) + b C~^2 of :func:`distribution_terms` for these d_Z / d_gamma and d_W / d_gamma."""
    exchanged = np.sqrt(2.0 * chiral_exchange.weak_coupling2()) * w_over_gamma
    reduced = np.maximum(s * (1.0 - np.asarray(x, dtype=float)), 1e-12 * s)
    left, _ = chiral_exchange.chiral_amplitudes(reduced, "e", z_over_gamma)
    return np.asarray(interference * np.real(left) * exchanged + square * exchanged**2)


def three_bodies(
    x: npt.ArrayLike,
    cosine: npt.ArrayLike,
    s: float,
    hnl_mass: npt.ArrayLike,
    polar_cosine: npt.ArrayLike,
    azimuth: npt.ArrayLike,
) -> Momenta:
    """Momenta with e- along z, the photon in the x-z plane, and N at these angles to z in the frame of N and nubar.

    That frame is reached from the centre of mass by the rotation-free boost. Arguments as above, broadcast.
    """
    x, cosine, mass, polar, azimuth = np.broadcast_arrays(
        *(np.asarray(a, dtype=float) for a in (x, cosine, hnl_mass, polar_cosine, azimuth))
    )
    root = np.sqrt(s)
    zero, half = np.zeros(x.shape), np.full(x.shape, 0.5 * root)
    omega, sine = 0.5 * x * root, np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    photon = np.stack([omega, omega * sine, zero, omega * cosine], axis=-1)
    virtual = root * np.sqrt(1.0 - x)
    rest = 0.5 * (virtual - mass**2 / virtual)
    across = np.sqrt(np.maximum(1.0 - polar**2, 0.0))
    back = -rest[..., None] * np.stack([across * np.cos(azimuth), across * np.sin(azimuth), polar], axis=-1)
    recoil = -photon[..., 1:]
    gamma = (root - omega) / virtual
    along = np.einsum("...i,...i->...", recoil, back)
    push = along / (virtual**2 * (1.0 + gamma)) + rest / virtual
    neutrino = np.concatenate([(gamma * rest + along / virtual)[..., None], back + push[..., None] * recoil], axis=-1)
    return Momenta(
        np.stack([half, zero, zero, half], axis=-1), np.stack([half, zero, zero, -half], axis=-1), neutrino, photon
    )


@functools.cache
def directions(polar: int, azimuths: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """cos, weight (sum 1) and azimuth of the product rule for N; the terms are even in the azimuth."""
    check_count(polar=polar, azimuths=azimuths)
    node, weight = np.polynomial.legendre.leggauss(polar)
    phi = (np.arange(azimuths) + 0.5) * np.pi / azimuths
    rule, angle = (grid.ravel() for grid in np.meshgrid(node, phi, indexing="ij"))
    return rule, np.repeat(0.5 * weight / azimuths, azimuths), angle


def _spinor(p: FloatArray) -> Spinor:
    """|p>, left-handed up to a constant matrix: p = |p> [p|, [p| its complex conjugate."""
    energy, x, y, z = np.moveaxis(p, -1, 0)
    up = z >= 0.0
    large = np.sqrt(np.maximum(energy + np.abs(z), 1e-300))
    small = (x - 1j * np.where(up, y, -y)) / large
    return np.where(up, large, small), np.where(up, small, large)


def _angle(a: Spinor, b: Spinor) -> ComplexArray:
    """<ab>, of square 2 a.b."""
    return a[0] * b[1] - a[1] * b[0]


def _box(a: Spinor, b: Spinor) -> ComplexArray:
    """[ab] for real momenta: <ab>[ba] = 2 a.b."""
    return np.conj(_angle(b, a))


def _onto(q: FloatArray, b: Spinor) -> Spinor:
    """q|b], a spinor of the other kind, for a real vector q."""
    energy, x, y, z = np.moveaxis(q, -1, 0)
    first, second = -np.conj(b[1]), np.conj(b[0])
    return (energy + z) * first + (x + 1j * y) * second, (x - 1j * y) * first + (energy - z) * second


def _spin_sum(p: FloatArray, a: Spinor, b: Spinor) -> FloatArray:
    """Re sum <N a> <N b>^* over the spins of N of momentum p."""
    energy, x, y, z = np.moveaxis(p, -1, 0)
    diagonal = (energy - z) * np.real(a[0] * np.conj(b[0])) + (energy + z) * np.real(a[1] * np.conj(b[1]))
    mixed = (x - 1j * y) * a[0] * np.conj(b[1]) + (x + 1j * y) * a[1] * np.conj(b[0])
    return np.asarray(diagonal - np.real(mixed))


def _square(q: FloatArray) -> FloatArray:
    energy, x, y, z = np.moveaxis(q, -1, 0)
    return np.asarray(energy**2 - x**2 - y**2 - z**2)


def _scaled(factor: ComplexArray, a: Spinor) -> Spinor:
    return factor * a[0], factor * a[1]


def _sum(*spinors: Spinor) -> Spinor:
    return functools.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), spinors)
