r"""Effective degrees of freedom g_*s(T), g_*rho(T) of the Standard Model, and Delta N_eff of a decoupled relic.

.. math:: s = \tfrac{2\pi^2}{45} g_{*s} T^3,\qquad \rho = \tfrac{\pi^2}{30} g_{*\rho} T^4, \qquad
          \Delta N_{\rm eff} = \frac{g_N}{2}\left[\frac{10.75}{g_{*s}(T_{\rm dec})}\right]^{4/3},

the last (review Eq. 52) for an N that is still relativistic at recombination; g_N = 4 for a Dirac N in complete
equilibrium, 2 for a Majorana N or for a Dirac N of which only the helicities that the dipole flips are populated.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole.errors import DomainError, check_positive
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
TABLE = "cosmology/data/effective_freedom.csv"


def entropy_freedom(temperature: npt.ArrayLike) -> FloatArray:
    """g_*s at T [GeV], from 1e-5 to 1e4 GeV (monotone cubic in ln T); constant above, where no particle is added.

    Raises
    ------
    DomainError
        Below 1e-5 GeV.

    Examples
    --------
    >>> round(float(entropy_freedom(0.01)), 2)
    10.74
    """
    return np.exp(_log_interpolators()[0](_log_temperature(temperature)))


def energy_freedom(temperature: npt.ArrayLike) -> FloatArray:
    """g_*rho at T [GeV]; range and errors as for :func:`entropy_freedom`."""
    return np.exp(_log_interpolators()[1](_log_temperature(temperature)))


def relic_delta_neff(decoupling_temperature: npt.ArrayLike, degeneracy: float) -> FloatArray:
    r"""Delta N_eff of an N that decoupled relativistic at T_dec [GeV] and stays relativistic (review Eq. 52).

    Examples
    --------
    >>> round(float(relic_delta_neff(1e4, 2.0)), 4)  # 0.0469 in the review, with g_* = 106.75
    0.0485
    """
    check_positive(degeneracy=degeneracy)
    return degeneracy / 2.0 * (10.75 / entropy_freedom(decoupling_temperature)) ** (4.0 / 3.0)


def _log_temperature(temperature: npt.ArrayLike) -> FloatArray:
    check_positive(temperature=temperature)
    table = tables.load(TABLE)
    lowest, highest = table["temperature"][0], table["temperature"][-1]
    if np.any(np.asarray(temperature) < lowest):
        raise DomainError(f"the table of g_* starts at T = {lowest:g} GeV, got {np.min(temperature):g}")
    return np.log(np.minimum(np.asarray(temperature, dtype=float), highest))


@functools.cache
def _log_interpolators() -> tuple[PchipInterpolator, PchipInterpolator]:
    table = tables.load(TABLE)
    log_t = np.log(table["temperature"])
    return PchipInterpolator(log_t, np.log(table["entropy"])), PchipInterpolator(log_t, np.log(table["energy"]))
