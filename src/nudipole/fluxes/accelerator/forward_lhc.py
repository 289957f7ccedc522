r"""Neutrinos of every flavour far forward at the LHC, through the faces of FASERnu, FASERnu2 and FLArE.

The public tables count neutrinos through the detector face per energy bin, ten bins per decade with (arithmetic) centre
E_c, so that a bin is Delta E = 2 E_c (r - 1)/(r + 1) wide, r = 10^(1/10). Divided by Delta E and the face they are the
mean flux in cm^-2 GeV^-1 for the whole run. The tables' authors :cite:`Kling:2021gos` warn that location, crossing
angle and luminosity have changed since; electron and tau flavours, from charm, are uncertain by a factor of about 2.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from nudipole.errors import check_choice
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.fluxes.tabulated import SPECIES, tabulated
from nudipole.inputs import tables

FACE_CM2: Mapping[str, float] = {
    "fasernu": 25.0 * 25.0,
    "fasernu2": 50.0 * 50.0,
    "flare-10": 100.0 * 100.0,
    "flare-100": 160.0 * 160.0,
}
"""Face [cm^2] that each table counts through (:cite:`Kling:2021gos`; FLArE: arXiv:2109.05032)."""

_BIN_RATIO = 10.0**0.1


def forward_lhc(detector: str = "fasernu") -> Flux:
    """Neutrinos per run through one forward detector: 150 fb^-1 for FASERnu, 3 ab^-1 for the others; 11 GeV-5.7 TeV.

    Parameters
    ----------
    detector : {"fasernu", "fasernu2", "flare-10", "flare-100"}

    Returns
    -------
    Flux
        cm^-2 GeV^-1 per run, the mean over the face.

    Raises
    ------
    UnknownNameError
        If there is no such detector.

    Examples
    --------
    >>> forward_lhc("fasernu").flavors
    ('e', 'mu', 'tau')
    """
    check_choice("forward detector", detector, FACE_CM2)
    return Flux(f"LHC forward at {detector}", _components(detector), "run", ("Kling:2021gos",), tabulated=True)


@functools.cache
def _components(detector: str) -> tuple[FluxComponent, ...]:
    table = tables.load(f"fluxes/data/forward_{detector.replace('-', '')}.csv")
    centre = table["energy"]
    width = 2.0 * centre * (_BIN_RATIO - 1.0) / (_BIN_RATIO + 1.0)
    density = {s: table[s] / width / FACE_CM2[detector] for s in table.columns if s in SPECIES}
    return tabulated(detector, centre, density)
