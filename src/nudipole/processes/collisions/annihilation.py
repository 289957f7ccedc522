r"""Pair annihilation through a photon, a Z and a W: e+ e- -> nu N and q qbar -> nu N.

With :math:`\mathcal L=\bar\nu_L\sigma^{\mu\nu}(d_\gamma F_{\mu\nu}+d_ZZ_{\mu\nu})N_R
+d_W\bar\ell_L\sigma^{\mu\nu}W^-_{\mu\nu}N_R`, a fermion f of charge Q and weak isospin T_3,
:math:`g_L=T_3-Qs_W^2`, :math:`g_R=-Qs_W^2`, :math:`g_Z=e/s_Wc_W`, massless f and c = cos(theta) between f and N,

.. math::

    C_\chi &= \frac{2d_\gamma eQ}{s}+\frac{2d_Zg_Zg_\chi}{s-m_Z^2+im_Z\Gamma_Z}, \qquad
    C_W = \frac{\sqrt2\,g\,d_W}{t-m_W^2}, \\
    \frac{d\sigma}{dc} &= \frac{(s-M^2)^2}{128\pi N_cs}\Bigl\{
        s\,(1-c^2)\Bigl[\bigl|C_L-\bigl(1-\tfrac{M^2}{s}\bigr)C_W\bigr|^2+|C_R|^2\Bigr]
        +M^2\bigl[(1+c)^2|C_L|^2+(1-c)^2|C_R|^2\bigr]\Bigr\}, \\
    \sigma &= \frac{(s-M^2)^2(s+2M^2)}{96\pi N_cs}\textstyle\sum_\chi|C_\chi|^2\quad(C_W=0),

for ONE lepton-number state, nubar N; nu Nbar has c -> -c. Both together are twice sigma, Dirac and Majorana alike. The
amplitudes are those of :mod:`nudipole.processes.collisions.chiral_exchange`. C_W is there for e+ e- -> nu_e N alone, by W exchange
with t = -(s - M^2)(1 - c)/2: it feeds only the first bracket, in which N has helicity +1/2; in the second, suppressed by
M^2, N has the other one. Photon alone is the review's Eqs. (31)-(33),
which hold with d for its mu (docs: errata, section 8). Checked against explicit Dirac traces to 1e-8 in
tests/processes/collisions/test_annihilation.py.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError, check_finite, check_non_negative, check_positive
from nudipole.processes.collisions.chiral_exchange import (
    FERMIONS,
    chiral_amplitudes,
    chiral_couplings,
    w_exchange,
    weak_coupling2,
)

FloatArray = npt.NDArray[np.float64]
State = Literal["nu Nbar", "nubar N", "sum"]
_SIGNS: dict[str, tuple[float, ...]] = {"nubar N": (1.0,), "nu Nbar": (-1.0,), "sum": (1.0, -1.0)}  # of cos(theta)


def helicity_weights(
    cosine: npt.ArrayLike,
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    fermion: str = "e",
    z_over_gamma: float = 0.0,
    state: State = "sum",
    w_over_gamma: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    r"""The two terms in the braces of dsigma/dc, without and with mass suppression: helicity +1/2 and -1/2 of N.

    Parameters
    ----------
    cosine : array_like
        cos(theta) in [-1, 1] between f (e.g. e-) and the heavy lepton in the centre of mass.
    s : array_like
        [GeV^2].
    hnl_mass : array_like
        M [GeV].
    fermion, z_over_gamma
        As in :func:`nudipole.processes.collisions.chiral_exchange.chiral_amplitudes`.
    state : {"sum", "nu Nbar", "nubar N"}
        One lepton-number state, or both; Nbar has the opposite helicities.
    w_over_gamma : float
        d_W / d_gamma of the electron flavour; 0 for every other flavour and for quarks.

    Returns
    -------
    tuple of ndarray
        Per d^2 [GeV^-2].

    Raises
    ------
    DomainError
        If ``|cos| > 1``, s is not positive, a mass is negative, or a W is asked for with another fermion than e.
    """
    if state not in _SIGNS:
        raise UnknownNameError("lepton-number state", state, _SIGNS)
    check_non_negative(hnl_mass=hnl_mass)
    cosine = _cosine(cosine)
    left, right = chiral_amplitudes(s, fermion, z_over_gamma)
    s, mass2 = np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2
    strength, pole = w_exchange(s, mass2, fermion, w_over_gamma)
    allowed = suppressed = np.zeros(())
    for sign in _SIGNS[state]:
        c = sign * cosine
        with_w = left + strength / (pole - c) if w_over_gamma else left
        allowed = allowed + s * (1.0 - c**2) * (np.abs(with_w) ** 2 + np.abs(right) ** 2)
        suppressed = suppressed + mass2 * ((1.0 + c) ** 2 * np.abs(left) ** 2 + (1.0 - c) ** 2 * np.abs(right) ** 2)
    return allowed, suppressed


def angular_distribution(
    cosine: npt.ArrayLike,
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    fermion: str = "e",
    z_over_gamma: float = 0.0,
    state: State = "sum",
    w_over_gamma: float = 0.0,
) -> FloatArray:
    r"""dsigma/dcos(theta) / d^2, parameters and errors as in :func:`helicity_weights`.

    Returns
    -------
    ndarray
        Dimensionless (GeV^-2 per GeV^-2); zero at and below threshold.
    """
    allowed, suppressed = helicity_weights(cosine, s, hnl_mass, fermion, z_over_gamma, state, w_over_gamma)
    return _front(s, hnl_mass, fermion) * (allowed + suppressed)


def cross_section(
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    fermion: str = "e",
    z_over_gamma: float = 0.0,
    w_over_gamma: float = 0.0,
) -> FloatArray:
    r"""sigma(f fbar -> nu Nbar) / d^2, one lepton-number state, massless f; the sum of both is twice this.

    Parameters
    ----------
    s : array_like
        [GeV^2].
    hnl_mass : array_like
        M [GeV].
    fermion, z_over_gamma, w_over_gamma
        As in :func:`helicity_weights`.

    Returns
    -------
    ndarray
        Dimensionless (GeV^-2 per GeV^-2); zero at and below threshold. Photon only and M -> 0: alpha Q^2 / (3 N_c),
        whatever s.

    Examples
    --------
    >>> round(float(cross_section(91.2**2, 0.0)) / units.ALPHA, 10)
    0.3333333333
    """
    check_non_negative(hnl_mass=hnl_mass)
    left, right = chiral_amplitudes(s, fermion, z_over_gamma)
    s, mass2 = np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2
    total = 4.0 / 3.0 * (s + 2.0 * mass2) * (np.abs(left) ** 2 + np.abs(right) ** 2)
    if w_over_gamma:
        strength, pole = w_exchange(s, mass2, fermion, w_over_gamma)
        first, second = _pole_integrals(pole)
        total = total + s * (2.0 * strength * np.real(left) * first + strength**2 * second)
    return _front(s, hnl_mass, fermion) * total


def _pole_integrals(pole: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """int (1 - c^2) / (a - c)^n dc over [-1, 1] for n = 1, 2 and a > 1; a series where the logarithms cancel."""
    a = np.asarray(pole, dtype=float)
    near = np.minimum(a, 30.0)
    log = np.log1p(2.0 / np.maximum(near - 1.0, np.finfo(float).eps))  # a - 1 = 2 m_W^2 / s has no digits beyond
    far = 1.0 / np.maximum(a, 30.0) ** 2
    first = 4.0 * np.sqrt(far) * (1 / 3 + far * (1 / 15 + far * (1 / 35 + far * (1 / 63 + far / 99))))
    second = 4.0 * far * (1 / 3 + far * (1 / 5 + far * (1 / 7 + far * (1 / 9 + far / 11))))
    exact = a < 30.0
    return (
        np.where(exact, 2.0 * near - (near**2 - 1.0) * log, first),
        np.where(exact, 2.0 * near * log - 4.0, second),
    )


def _front(s: npt.ArrayLike, hnl_mass: npt.ArrayLike, fermion: str) -> FloatArray:
    """(s - M^2)^2 / (128 pi N_c s), zero below threshold."""
    s, mass2 = np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2
    return np.maximum(s - mass2, 0.0) ** 2 / (128.0 * np.pi * FERMIONS[fermion].colours * s)


def charged_current_cross_section(
    s: npt.ArrayLike, hnl_mass: npt.ArrayLike, w_width: float = units.W_WIDTH
) -> FloatArray:
    r"""sigma(q qbar' -> W* -> l N) / d_W^2 for one charge of the lepton, massless quarks and lepton, ``|V_CKM| = 1``.

    The same formula with :math:`C_L = 2d_W\,(g/\sqrt2)/(s-m_W^2+im_W\Gamma_W)`, C_R = 0, N_c = 3 and
    g^2 = 4 sqrt(2) G_F m_W^2.

    Parameters
    ----------
    s : array_like
        [GeV^2].
    hnl_mass : array_like
        M [GeV].
    w_width : float
        Total width of the W [GeV], >= 0.

    Returns
    -------
    ndarray
        Dimensionless (GeV^-2 per GeV^-2); zero at and below threshold.
    """
    check_positive(s=s)
    check_non_negative(hnl_mass=hnl_mass, w_width=w_width)
    s, mass2 = np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2
    coupling2 = 2.0 * weak_coupling2() / np.abs(s - units.W_MASS**2 + 1j * units.W_MASS * w_width) ** 2
    return np.maximum(s - mass2, 0.0) ** 2 * (s + 2.0 * mass2) / (288.0 * np.pi * s) * coupling2


def threshold_factor(s: npt.ArrayLike, fermion_mass: float) -> FloatArray:
    r"""(1 + 2 m^2/s) / sqrt(1 - 4 m^2/s): what a finite mass m of f does to photon exchange (errata, section 8).

    Raises
    ------
    DomainError
        At or below the threshold s = 4 m^2.
    """
    check_non_negative(fermion_mass=fermion_mass)
    check_positive(s=s)
    ratio = fermion_mass**2 / np.asarray(s, dtype=float)
    if np.any(ratio >= 0.25):
        raise DomainError(f"s must be above 4 m^2 = {4 * fermion_mass**2:g} GeV^2")
    return (1.0 + 2.0 * ratio) / np.sqrt(1.0 - 4.0 * ratio)


def forward_backward_asymmetry(
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    fermion: str = "e",
    z_over_gamma: float = 0.0,
    state: State = "nubar N",
) -> FloatArray:
    r"""(F - B) / (F + B) of the heavy lepton against f: ``mp 3 M^2 (|C_L|^2 - |C_R|^2) / [2 (s + 2 M^2) sum |C|^2]``.

    Photon and Z; needs the Z and a mass: zero for photon exchange, for M -> 0 and in the sum of both lepton-number
    states. W exchange adds a larger one, to be had from :func:`angular_distribution`.

    Raises
    ------
    DomainError
        Below threshold, sqrt(s) <= M, where there is nothing to be asymmetric.
    """
    if state not in _SIGNS:
        raise UnknownNameError("lepton-number state", state, _SIGNS)
    check_above_threshold(s, hnl_mass)
    left, right = chiral_couplings(s, fermion, z_over_gamma)
    s, mass2 = np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float) ** 2
    sign = sum(_SIGNS[state]) / len(_SIGNS[state])
    return sign * 1.5 * mass2 / (s + 2.0 * mass2) * (left - right) / (left + right)


def helicity(
    cosine: npt.ArrayLike,
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    z_over_gamma: float = 0.0,
    w_over_gamma: float = 0.0,
) -> FloatArray:
    r"""Mean helicity of N (minus that of Nbar), both lepton-number states summed, from -1 to 1.

    .. math:: h = \frac{s(1-c^2)-M^2(1+c^2)}{s(1-c^2)+M^2(1+c^2)}\quad(d_W=0)

    The state without mass suppression has N and nubar of helicity +1/2 back to back: J_z = 0 along N, hence 1 - c^2.
    In N -> nu gamma the photon follows (1 - h cos theta*)/2 about the flight direction, and so it does in
    Nbar -> nubar gamma: both prefer the softer photon. For Majorana N the photon is isotropic. The couplings of e+ e-
    matter only with a W; quarks have the same h.

    Raises
    ------
    DomainError
        Below threshold, sqrt(s) <= M.
    """
    return polarised_distribution(cosine, s, hnl_mass, z_over_gamma, w_over_gamma)[1]


def polarised_distribution(
    cosine: npt.ArrayLike,
    s: npt.ArrayLike,
    hnl_mass: npt.ArrayLike,
    z_over_gamma: float = 0.0,
    w_over_gamma: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """:func:`angular_distribution` and :func:`helicity` of e+ e-, both lepton-number states, in one go.

    Raises
    ------
    DomainError
        Below threshold, sqrt(s) <= M.
    """
    check_above_threshold(s, hnl_mass)
    allowed, suppressed = helicity_weights(cosine, s, hnl_mass, "e", z_over_gamma, "sum", w_over_gamma)
    total = allowed + suppressed
    mean = np.divide(allowed - suppressed, total, out=np.ones_like(total), where=total > 0)
    return _front(s, hnl_mass, "e") * total, mean


def check_above_threshold(s: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> None:
    """Raise :class:`DomainError` unless sqrt(s) > M everywhere."""
    check_positive(s=s)
    check_non_negative(hnl_mass=hnl_mass)
    s, mass = np.broadcast_arrays(np.asarray(s, dtype=float), np.asarray(hnl_mass, dtype=float))
    if np.any(s <= mass**2):
        worst = int(np.argmax(mass**2 - s))
        raise DomainError(f"sqrt(s) = {np.sqrt(s.flat[worst]):g} GeV is not above the mass {mass.flat[worst]:g} GeV")


def _cosine(cosine: npt.ArrayLike) -> FloatArray:
    check_finite(cosine=cosine)
    cosine = np.asarray(cosine, dtype=float)
    if np.any(np.abs(cosine) > 1.0 + 1e-12):
        raise DomainError(f"cos(theta) must lie in [-1, 1], got {cosine.flat[int(np.argmax(np.abs(cosine)))]:g}")
    return cosine
