r"""Energy that decays of N leave inside the progenitor, against supernovae of low explosion energy.

.. math:: E_{\rm dep} = \frac12\,\Delta t\int dE\,E\,\frac{dN}{dE\,dt}\Big|_{R_1}
          \left[1 - e^{-(R_2 - R_1)/\ell}\right], \qquad \ell = \frac{p}{M\Gamma},

half of the energy being the photon's; R_1 the gain radius, R_2 the progenitor's radius. Underluminous type II-P
supernovae exploded with less than 0.1 B = 1e50 erg :cite:`Caputo:2022mah`. Excluded where E_dep is larger: too weak
a coupling decays outside the star, too strong a one inside the core.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_non_negative, check_positive
from nudipole.supernova.gamma_rays import hnl_decay_share
from nudipole.supernova.luminosity import Escape

FloatArray = npt.NDArray[np.float64]
LIMIT_ERG = 1e50  # 0.1 B (2201.09890)
PROGENITOR_CM = 5e13  # red supergiant, from memory of 2201.09890, not re-read
GAIN_RADIUS_KM = 100.0
EMISSION_SECONDS = 3.0


def deposited_energy(
    escape: Escape, d: npt.ArrayLike, progenitor_cm: float = PROGENITOR_CM, emission_s: float = EMISSION_SECONDS
) -> FloatArray:
    """Photon energy left between R_far of ``escape`` (take the gain radius) and the surface [erg], shape d.shape.

    Parameters
    ----------
    escape : Escape
        Rays out to R_1.
    d : array_like
        [GeV^-1]
    progenitor_cm : float
        R_2 [cm].
    emission_s : float
        Duration of the emission at the rate of the snapshot [s].
    """
    check_non_negative(d=d)
    check_positive(progenitor_cm=progenitor_cm, emission_s=emission_s)
    if progenitor_cm * units.CENTIMETRE < escape.far_km * units.KILOMETRE:
        raise DomainError(f"the surface at {progenitor_cm:g} cm lies inside R_far = {escape.far_km:g} km")
    d = np.asarray(d, dtype=float)
    rates = escape.rates
    length = progenitor_cm * units.CENTIMETRE - escape.far_km * units.KILOMETRE
    depth = rates.vacuum_width * hnl_decay_share(rates.mass) * rates.mass / rates.momentum * length
    inside = -np.expm1(-(d[..., None] ** 2) * depth)
    energy = (escape.spectrum(d) * inside) @ (rates.energy * rates.measure)
    return 0.5 * energy * emission_s * units.SECOND / units.ERG
