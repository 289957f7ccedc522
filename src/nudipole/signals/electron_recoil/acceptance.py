r"""Acceptance of the cut on E_e theta^2, with the angular resolution of the detector.

The measured angle is the true one plus a two-dimensional Gaussian of width sigma in each projection, so that theta^2 /
sigma^2 follows a non-central chi-squared distribution with two degrees of freedom:

.. math:: P = F_{\chi'^2}\!\left(\frac{\rm cut}{E_e\sigma^2};\, 2,\, \frac{E_e\theta^2}{E_e\sigma^2}\right), \qquad
          \sigma^2 = \sigma_0^2 + \frac{\sigma_1^2}{E_e} .
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from nudipole import units
from nudipole.signals.electron_recoil.angle import etheta2
from nudipole.signals.electron_recoil.card import SelectionSection

FloatArray = npt.NDArray[np.float64]


def angular_acceptance(
    recoil: FloatArray,
    energy: FloatArray,
    mass: FloatArray,
    cut: float,
    constant: float = 0.0,
    stochastic: float = 0.0,
) -> FloatArray:
    """Probability that the measured E_e theta^2 of the electron lies below the cut.

    Parameters
    ----------
    recoil, energy, mass : ndarray
        T, E and M [GeV], broadcast.
    cut : float
        Largest E_e theta^2 [GeV].
    constant, stochastic : float
        sigma_0 [rad] and sigma_1 [rad GeV^1/2] of one projection; both 0: the angle is exact.

    Returns
    -------
    ndarray
        Between 0 and 1, of the broadcast shape.

    Examples
    --------
    >>> t, e, m = (np.array(v) for v in (2.0, 20.0, 0.0))
    >>> float(angular_acceptance(t, e, m, 3.2e-3)), round(float(angular_acceptance(t, e, m, 3.2e-3, 0.02)), 3)
    (1.0, 0.711)
    """
    true = etheta2(recoil, energy, mass)
    if constant == stochastic == 0.0:
        return (true < cut).astype(float)
    total = recoil + units.ELECTRON_MASS
    scale = total * (constant**2 + stochastic**2 / total)
    return np.asarray(chndtr(cut / scale, 2.0, true / scale), dtype=float)


def accepted_share(selection: SelectionSection, recoil: FloatArray, energy: FloatArray, mass: FloatArray) -> FloatArray:
    """Efficiency of a card's selection times its cut on E_e theta^2, if it has one; T, E, M [GeV], broadcast."""
    if selection.etheta2_MeV is None:
        return np.full(np.broadcast_shapes(recoil.shape, energy.shape, mass.shape), selection.efficiency)
    cut = selection.etheta2_MeV * units.MEV
    constant, stochastic = selection.angle_mrad * 1e-3, selection.angle_mrad_sqrtGeV * 1e-3
    return selection.efficiency * angular_acceptance(recoil, energy, mass, cut, constant, stochastic)
