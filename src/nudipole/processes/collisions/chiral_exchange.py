r"""What f fbar and nu N exchange: a photon, a Z and, for e+ e- -> nu_e N, a W, as chiral amplitudes per unit d_gamma.

A fermion f of charge Q and weak isospin T_3 with :math:`g_L=T_3-Qs_W^2`, :math:`g_R=-Qs_W^2`, :math:`g_Z=e/s_Wc_W`:

.. math::

    C_\chi = \frac{2eQ}{s}+\frac{d_Z}{d_\gamma}\frac{2g_Zg_\chi}{s-m_Z^2+im_Z\Gamma_Z}, \qquad
    C_W = \frac{d_W}{d_\gamma}\frac{\sqrt2\,g}{t-m_W^2}, \qquad g^2 = 4\sqrt2\,G_Fm_W^2 .

Used by :mod:`nudipole.processes.collisions.annihilation`, where they are checked against explicit Dirac traces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError, check_finite, check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fermion:
    """Charge in units of e, weak isospin and number of colours of the annihilating fermion."""

    charge: float
    isospin: float
    colours: int = 1
    mass: float = 0.0


_UP, _DOWN = Fermion(2 / 3, 0.5, 3), Fermion(-1 / 3, -0.5, 3)
FERMIONS = {
    "e": Fermion(-1.0, -0.5, mass=units.ELECTRON_MASS),
    "mu": Fermion(-1.0, -0.5, mass=units.MUON_MASS),
    "u": _UP,
    "c": _UP,
    "d": _DOWN,
    "s": _DOWN,
    "b": _DOWN,
}


def chiral_amplitudes(
    s: npt.ArrayLike, fermion: str = "e", z_over_gamma: float = 0.0, z_width: float = units.Z_WIDTH
) -> tuple[FloatArray, FloatArray]:
    r"""C_L and C_R per unit d_gamma, photon and Z.

    Parameters
    ----------
    s : array_like
        Square of the centre-of-mass energy of the pair [GeV^2], > 0.
    fermion : str
        A key of :data:`FERMIONS`.
    z_over_gamma : float
        d_Z / d_gamma; 0 for photon exchange alone (:attr:`nudipole.completion.Completion.z_over_gamma`).
    z_width : float
        Total width of the Z [GeV], >= 0; constant-width propagator.

    Returns
    -------
    tuple of ndarray
        [GeV^-2], complex where there is a Z.

    Raises
    ------
    UnknownNameError
        If there is no such fermion.
    DomainError
        If s is not positive, the width negative, or s sits on the pole of a Z without width.
    """
    if fermion not in FERMIONS:
        raise UnknownNameError("fermion", fermion, FERMIONS)
    check_positive(s=s)
    check_finite(z_over_gamma=z_over_gamma)
    check_non_negative(z_width=z_width)
    kind, s = FERMIONS[fermion], np.asarray(s, dtype=float)
    photon = 2.0 * units.ELEMENTARY_CHARGE * kind.charge / s
    if z_over_gamma == 0.0:
        return photon, photon
    if z_width == 0.0 and np.any(s == units.Z_MASS**2):
        raise DomainError("a Z without width has no cross section on its pole")
    sine2 = units.SIN2_THETA_W_MSBAR
    g_z = units.ELEMENTARY_CHARGE / np.sqrt(sine2 * (1.0 - sine2))
    pole = 2.0 * z_over_gamma * g_z / (s - units.Z_MASS**2 + 1j * units.Z_MASS * z_width)
    return photon + pole * (kind.isospin - kind.charge * sine2), photon - pole * kind.charge * sine2


def chiral_couplings(
    s: npt.ArrayLike, fermion: str = "e", z_over_gamma: float = 0.0, z_width: float = units.Z_WIDTH
) -> tuple[FloatArray, FloatArray]:
    r"""``|C_L|^2`` and ``|C_R|^2`` per unit d_gamma^2 [GeV^-4]: the squares of :func:`chiral_amplitudes`.

    Examples
    --------
    >>> left, right = chiral_couplings(100.0)
    >>> bool(left == right)
    True
    """
    left, right = chiral_amplitudes(s, fermion, z_over_gamma, z_width)
    return np.abs(left) ** 2, np.abs(right) ** 2


def w_exchange(
    s: FloatArray, mass2: FloatArray, fermion: str, w_over_gamma: float
) -> tuple[FloatArray | float, FloatArray | float]:
    """-(1 - M^2/s) C_W as strength / (pole - c): strength [GeV^-2] and pole = 1 + 2 m_W^2 / (s - M^2)."""
    check_finite(w_over_gamma=w_over_gamma)
    if w_over_gamma == 0.0:
        return 0.0, np.inf
    if fermion != "e":
        raise DomainError(f"W exchange makes nu N out of e+ e- alone, not out of a pair of {fermion}")
    g = np.sqrt(weak_coupling2())
    room = np.maximum(s - mass2, 1e-12 * s)
    return 2.0 * np.sqrt(2.0) * g * w_over_gamma / s, 1.0 + 2.0 * units.W_MASS**2 / room


def weak_coupling2() -> float:
    """g^2 = 4 sqrt(2) G_F m_W^2."""
    return float(4.0 * np.sqrt(2.0) * units.FERMI_CONSTANT * units.W_MASS**2)
