"""The verb ``flux``: totals of a neutrino flux by component and flavour, and its spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.errors import check_positive


@typed_arguments
def flux(name: str, energy: npt.ArrayLike | None = None, **options: Any) -> dict[str, Any]:
    """A neutrino flux: totals by component and flavour, and the differential flux at energies if given.

    Parameters
    ----------
    name : str
        As in the ``[source]`` of a card: ``solar``, ``reactor``, ``booster``, ...
    energy : array_like, optional
        Energies [GeV] at which the spectrum is wanted, shape (n,) or a number.
    **options
        Those of the flux, as on a card: ``baseline_m``, ``mode``, ...

    Returns
    -------
    dict
        ``name``, ``per`` (what it is a flux per), ``unit``, ``components``, ``total_cm-2`` by flavour, and given ``energy``
        also ``energy_GeV`` and ``flux_cm-2_GeV-1`` by flavour, each of shape (n,).

    Raises
    ------
    UnknownNameError
        If there is no such flux.
    CardError
        If an option is unknown, missing or out of range.
    DomainError
        If an energy lies outside the table.

    Examples
    --------
    >>> found = flux("booster", [0.5, 1.0], baseline_m=541.0, mode="neutrino")
    >>> found["per"], len(found["flux_cm-2_GeV-1"]["mu"])
    ('POT', 2)
    """
    from nudipole.fluxes import named_flux

    source = named_flux(name, **options)
    result: dict[str, Any] = {
        "name": source.name,
        "per": source.per,
        "unit": f"cm^-2 per {source.per}",
        "components": [
            {
                "name": c.name,
                "antineutrino": c.antineutrino,
                "lines": c.lines,
                "total_cm-2": float(np.sum(c.quadrature(c.intensity))),
                "energy_min_GeV": float(c.energy[0]),
                "energy_max_GeV": float(c.energy[-1]),
            }
            for c in source.components
        ],
        "total_cm-2": {f: source.total(f) for f in ("e", "mu", "tau")},
    }
    if energy is not None:
        energies = np.atleast_1d(np.asarray(energy, dtype=float))
        check_positive(energy=energies)
        result["energy_GeV"] = energies.tolist()
        result["flux_cm-2_GeV-1"] = {f: source.differential(energies, f).tolist() for f in ("e", "mu", "tau")}
    return result
