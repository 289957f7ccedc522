r"""F_1 and F_2 of the nucleons, from ALLM97, for scattering through one photon.

F_2 of the proton is ALLM97 (:cite:`Abramowicz:1997ms`), which holds down to Q^2 = 0; with R = 0.18

.. math:: F_1 = F_2\,\frac{1 + 4m^2x^2/Q^2}{2x(1+R)}, \qquad F_2^n/F_2^p = 1 - 0.8\,x .

Integrals take F_2 from a table of ln F_2 in ln W and ln(Q^2 + 0.3 GeV^2), good to 1e-4 (1e-3 at x -> 1 and x -> 0).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_choice, check_positive

FloatArray = npt.NDArray[np.float64]
W_MIN = 1.4
"""Smallest invariant mass [GeV] of the hadronic system that counts as deep inelastic here."""
R_LONGITUDINAL = 0.18
_TARGET = units.PROTON_MASS

# ALLM97, hep-ph/9712415, Table 2; masses squared in GeV^2
_M0, _MP, _MR, _LAMBDA2, _Q0 = 0.31985, 49.457, 0.15052, 0.06527, 0.46017 + 0.06527


def allm97(x: npt.ArrayLike, q2: npt.ArrayLike) -> FloatArray:
    """F_2 of the proton, ALLM97: Regge (R) and pomeron (P) terms in shifted scaling variables.

    Parameters
    ----------
    x : array_like
        Bjorken x, in (0, 1].
    q2 : array_like
        Q^2 [GeV^2], positive.

    Returns
    -------
    ndarray
        F_2, dimensionless; fitted for W^2 > 3 GeV^2 and 0 <= Q^2 < 5000 GeV^2.

    Raises
    ------
    DomainError
        If x or Q^2 is not positive.

    Examples
    --------
    >>> allm97([0.1, 0.01], [5.0, 5.0]).round(3)
    array([0.376, 0.446])
    """
    if np.any(np.asarray(x, dtype=float) > 1.0):
        raise DomainError("x must not exceed 1")
    check_positive(x=x, q2=q2)
    x, q2 = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(q2, dtype=float))
    w2_excess = q2 * (1.0 - x) / x  # W^2 - m^2
    t = np.log(np.log((q2 + _Q0) / _LAMBDA2) / np.log(_Q0 / _LAMBDA2))
    rising_c_r = 0.80107 + 0.97307 * t**3.4942
    rising_a_r = 0.58400 + 0.37888 * t**2.6063
    rising_b_r = 0.10711**2 + 1.9386**2 * t**0.49338
    rising_b_p = 0.60243**2 + 1.3754**2 * t**1.8439
    falling_c_p = 0.28067 + (0.28067 - 0.22291) * (1.0 / (1.0 + t**2.1979) - 1.0)
    falling_a_p = -0.0808 + (-0.0808 + 0.44812) * (1.0 / (1.0 + t**1.1709) - 1.0)
    x_p = 1.0 / (1.0 + w2_excess / (q2 + _MP))
    x_r = 1.0 / (1.0 + w2_excess / (q2 + _MR))
    pomeron = falling_c_p * x_p**falling_a_p * (1.0 - x) ** rising_b_p
    reggeon = rising_c_r * x_r**rising_a_r * (1.0 - x) ** rising_b_r
    return q2 / (q2 + _M0) * (pomeron + reggeon)


def structure_functions(x: npt.ArrayLike, q2: npt.ArrayLike, nucleon: str) -> tuple[FloatArray, FloatArray]:
    """F_1 and F_2 of a nucleon, ``p`` or ``n``, at x and Q^2 [GeV^2]; see the module's formula."""
    check_choice("nucleon", nucleon, ("p", "n"))
    x, q2 = np.asarray(x, dtype=float), np.asarray(q2, dtype=float)
    f2 = allm97(x, q2) * (1.0 if nucleon == "p" else neutron_to_proton(x))
    f1 = f2 * (1.0 + 4.0 * _TARGET**2 * x**2 / q2) / (2.0 * x * (1.0 + R_LONGITUDINAL))
    return f1, f2


def neutron_to_proton(x: FloatArray) -> FloatArray:
    """F_2^n / F_2^p = 1 - 0.8 x."""
    return 1.0 - 0.8 * x


# ln[F_2 (Q^2 + M_0^2) / Q^2] is nearly linear in ln W and ln(Q^2 + 0.3 GeV^2): tabulated once, interpolated bilinearly
SOFT = 0.3
_W_TOP, _Q2_TOP, _CELLS_W, _CELLS_Q = 1e4, 2e8, 448, 640


@functools.cache
def _f2_table() -> tuple[FloatArray, float, float]:
    """The table, flattened, and the steps in ln W and ln(Q^2 + SOFT)."""
    w = np.geomspace(W_MIN, _W_TOP, _CELLS_W + 1)[:, None]
    q2 = np.maximum(np.geomspace(SOFT, _Q2_TOP, _CELLS_Q + 1) - SOFT, 1e-9)
    table = np.log(allm97(q2 / (w**2 - _TARGET**2 + q2), q2) * (q2 + _M0) / q2)
    return table.ravel(), np.log(_W_TOP / W_MIN) / _CELLS_W, np.log(_Q2_TOP / SOFT) / _CELLS_Q


def interpolated_f2(hadronic_mass: FloatArray, q2: FloatArray) -> FloatArray:
    """F_2 of the proton from the table; W at least 1.4 GeV (below, as at 1.4: closed phase space), no table beyond its top.

    Raises
    ------
    DomainError
        If W or Q^2 lies beyond the table (a neutrino of more than 5e7 GeV).
    """
    table, step_w, step_q = _f2_table()
    column = np.log(np.maximum(hadronic_mass, W_MIN) * (1.0 / W_MIN)) * (1.0 / step_w)
    row = np.log((q2 + SOFT) * (1.0 / SOFT)) * (1.0 / step_q)
    if column.max(initial=0.0) > _CELLS_W or row.max(initial=0.0) > _CELLS_Q:
        raise DomainError("deep-inelastic scattering is tabulated up to W = 10 TeV and Q^2 = 2e8 GeV^2")
    i = np.minimum(column.astype(np.intp), _CELLS_W - 1)
    j = np.minimum(row.astype(np.intp), _CELLS_Q - 1)
    column, row = column - i, row - j
    corner = i * (_CELLS_Q + 1) + j
    low, high = table[corner], table[corner + 1]
    low = low + row * (high - low)
    corner += _CELLS_Q + 1
    far, high = table[corner], table[corner + 1]
    far = far + row * (high - far)
    return np.exp(low + column * (far - low)) * (q2 / (q2 + _M0))
