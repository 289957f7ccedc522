r"""Astrophysical neutrinos: IceCube's single power laws, equal flavours at Earth.

.. math:: \phi(E) = \phi_0 \left(\frac{E}{100\ \rm TeV}\right)^{-\gamma} \quad
          {\rm per\ flavour,}\ \nu + \bar\nu,\ [\phi_0] = \rm GeV^{-1} cm^{-2} s^{-1} sr^{-1}

A fit holds in the energy range of its sample; a wider range may be asked for by name and is an extrapolation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nudipole.errors import DomainError, check_choice, check_positive
from nudipole.fluxes.flux import Flux, FluxComponent, mixed

FITS: Mapping[str, tuple[float, float, float, float, str]] = {
    "northern-tracks": (1.44e-18, 2.37, 15e3, 5e6, "IceCube:2021uhz"),
    "six-year-tracks": (0.90e-18, 2.13, 190e3, 9e6, "IceCube:2016umi"),
    "cascades": (1.66e-18, 2.53, 16e3, 2.6e6, "IceCube:2020acn"),
    "hese": (6.37e-18 / 3.0, 2.87, 60e3, 3e6, "IceCube:2020wum"),
}
"""phi_0 per flavour (nu + nubar) at 100 TeV, index, fitted range [GeV], citation; from memory, not re-read."""

_NODES = 200


def astrophysical(
    fit: str = "northern-tracks",
    energy_min_GeV: float | None = None,
    energy_max_GeV: float | None = None,
    extrapolate: bool = False,
) -> Flux:
    """The diffuse astrophysical flux per second over the whole sky (4 pi), nu_e : nu_mu : nu_tau = 1 : 1 : 1.

    Parameters
    ----------
    fit : {"northern-tracks", "six-year-tracks", "cascades", "hese"}
    energy_min_GeV, energy_max_GeV : float, optional
        Range [GeV]; by default the range of the fit.
    extrapolate : bool
        Allow a range outside the fitted one.

    Returns
    -------
    Flux
        cm^-2 s^-1 GeV^-1, neutrinos and antineutrinos in equal parts, flavours incoherent.

    Raises
    ------
    DomainError
        If the range is empty, or leaves the fitted one without ``extrapolate``.

    Examples
    --------
    >>> astrophysical().flavors
    ('e', 'mu', 'tau')
    """
    check_choice("astrophysical fit", fit, FITS)
    norm, index, fit_min, fit_max, citation = FITS[fit]
    low = fit_min if energy_min_GeV is None else energy_min_GeV
    high = fit_max if energy_max_GeV is None else energy_max_GeV
    check_positive(energy_min_GeV=low, energy_max_GeV=high)
    if high <= low:
        raise DomainError(f"the energy range {low:g}-{high:g} GeV is empty")
    if not extrapolate and (low < fit_min or high > fit_max):
        raise DomainError(f"the fit {fit} holds from {fit_min:g} to {fit_max:g} GeV; set extrapolate to go beyond")
    energy = np.geomspace(low, high, _NODES)
    per_kind = 3.0 * 0.5 * 4.0 * np.pi * norm * (energy / 1e5) ** -index
    density = mixed([1.0 / 3.0] * 3)
    components = tuple(
        FluxComponent(f"astrophysical {kind}", energy, per_kind, density, antineutrino)
        for kind, antineutrino in (("nu", False), ("nubar", True))
    )
    return Flux(f"astrophysical {fit}", components, "s", (citation,), tabulated=True)
