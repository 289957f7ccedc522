r"""Where the electron of nu e -> N e goes: its angle is fixed by its energy.

.. math:: \cos\theta_e = \frac{M^2 + 2T(E + m_e)}{2 E p_e}, \qquad
          E_e\theta_e^2 \simeq 2 m_e\left(1 - \frac{T}{E}\right) - \frac{M^2}{E}

Exact from four-momentum conservation (tests/signals/electron_recoil/test_model.py).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_non_negative, check_positive

FloatArray = npt.NDArray[np.float64]


def cos_recoil_angle(
    recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike
) -> FloatArray:
    """cos(theta) of the electron, (M^2 + 2 T (E + m)) / (2 E p); 1 where no such electron comes out.

    Parameters
    ----------
    recoil_energy, neutrino_energy, hnl_mass : array_like
        T > 0, E > 0, M >= 0 [GeV], broadcast.

    Raises
    ------
    DomainError
        For a number out of range.

    Examples
    --------
    >>> round(float(cos_recoil_angle(2.0, 20.0, 0.0)), 6)
    0.99977
    """
    recoil, energy, mass = _checked(recoil_energy, neutrino_energy, hnl_mass)
    electron = units.ELECTRON_MASS
    momentum = np.sqrt(recoil * (recoil + 2.0 * electron))
    return np.minimum((mass**2 + 2.0 * recoil * (energy + electron)) / (2.0 * energy * momentum), 1.0)


def etheta2(recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""E_e theta^2 [GeV] of the electron, theta^2 from 1 - cos(theta) without cancellation.

    1 - cos = [2 E p - 2 T (E + m) - M^2] / (2 E p), with p - T = 2 m T/(p + T). Arguments as for
    :func:`cos_recoil_angle`.
    """
    recoil, energy, mass = _checked(recoil_energy, neutrino_energy, hnl_mass)
    electron = units.ELECTRON_MASS
    momentum = np.sqrt(recoil * (recoil + 2.0 * electron))
    difference = 2.0 * energy * 2.0 * electron * recoil / (momentum + recoil) - 2.0 * recoil * electron - mass**2
    one_minus = np.clip(difference / (2.0 * energy * momentum), 0.0, 2.0)
    angle = 2.0 * np.arcsin(np.sqrt(0.5 * one_minus))
    return (recoil + electron) * angle**2


def _checked(
    recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    check_positive(recoil_energy=recoil_energy, neutrino_energy=neutrino_energy)
    check_non_negative(hnl_mass=hnl_mass)
    recoil, energy, mass = (np.asarray(v, dtype=float) for v in (recoil_energy, neutrino_energy, hnl_mass))
    return recoil, energy, mass
