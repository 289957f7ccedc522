r"""Total up-scattering cross section on a point-like charge, in closed form.

With E = G = 1 (an electron) the spectrum 4 alpha d^2 [S_0 + S_M] of :mod:`nudipole.processes.scattering.upscattering` is a short
Laurent polynomial in E_r (:mod:`nudipole.processes.scattering.moments`), and so is its integral between the kinematic limits a, b:

.. math::

    \frac{\sigma}{4\alpha d^2} = -\frac{M^4}{8mE^2}\Bigl(\frac1a-\frac1b\Bigr)
       + \Bigl(1-\frac{M^2}{2mE}-\frac{M^2}{4E^2}+\frac{M^4}{8m^2E^2}\Bigr)\ln\frac ba
       + \Bigl(\frac{M^2}{4mE^2}-\frac1E\Bigr)(b-a).

The powers E_r of S_0 and S_M cancel. Near threshold, b < 30 a, where the terms lose digits, the spectrum is integrated.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import LARGEST_ENERGY, check_non_negative, check_positive
from nudipole.matter import targets
from nudipole.processes.scattering.moments import direct_total
from nudipole.processes.scattering.upscattering_total import integration_limits

FloatArray = npt.NDArray[np.float64]
_NARROW = 30.0


def electron_total(neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    """sigma(nu e -> N e) per unit d^2 on a free electron at rest.

    Parameters
    ----------
    neutrino_energy, hnl_mass : array_like
        E > 0 and M > 0 [GeV], broadcast.

    Returns
    -------
    ndarray
        Dimensionless; times d^2 [GeV^-2] it is in GeV^-2. Zero below threshold. Good to 1e-9.

    Raises
    ------
    DomainError
        For M = 0, where the integral over 1/E_r diverges, and for numbers out of range.

    Notes
    -----
    The integral of the review's Eq. (8), Kang:2025ndp. Checked against
    :func:`nudipole.processes.scattering.upscattering_total.total_cross_section` in tests/processes/scattering/test_point_total.py.

    Examples
    --------
    >>> f"{float(electron_total(1.0, 0.01)):.4f}"
    '0.2852'
    """
    energy, mass = np.asarray(neutrino_energy, dtype=float), np.asarray(hnl_mass, dtype=float)
    check_positive(largest=LARGEST_ENERGY, neutrino_energy=energy)
    check_non_negative(largest=LARGEST_ENERGY, hnl_mass=mass)
    energy, mass = np.broadcast_arrays(energy, mass)
    shape = energy.shape
    energy, mass = energy.ravel(), mass.ravel()
    target = targets.get("e-")
    low, high, _, _ = integration_limits(target, energy, mass)
    is_open = high > low
    a, b = np.where(is_open, low, 1.0), np.where(is_open, high, 1.0)
    m, m2, e2 = target.mass, mass**2, energy**2
    first = -(m2**2) / (8 * m * e2) * (b - a) / (a * b)
    logarithm = 1 - m2 / (2 * m * energy) - m2 / (4 * e2) + m2**2 / (8 * m**2 * e2)
    total = 4 * units.ALPHA * (first + logarithm * np.log(b / a) + (m2 / (4 * m * e2) - 1 / energy) * (b - a))
    narrow = is_open & (b < _NARROW * a)
    if np.any(narrow):
        total[narrow] = direct_total(target, energy[narrow], mass[narrow], panels=8)
    return np.where(is_open, total, 0.0).reshape(shape)
