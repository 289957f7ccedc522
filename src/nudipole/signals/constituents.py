"""The targets in a kilogram of matter one by one, for events that name what was hit.

:func:`nudipole.signals.production.scatterers` takes nuclei of nearly equal mass together, and all bound nucleons; here
each has its own mass and name. Structure functions are the same.
"""

from __future__ import annotations

import functools

from nudipole.matter import isotopes, materials, targets
from nudipole.matter.targets import Target
from nudipole.signals.production import Scatterer, tabulated


@functools.lru_cache(maxsize=64)
def constituents(name: str, channels: tuple[str, ...]) -> tuple[Scatterer, ...]:
    """Every target of a material with its number per kilogram.

    Parameters
    ----------
    name : str
        A material.
    channels : tuple of {"coherent", "incoherent", "electron", "dis"}

    Returns
    -------
    tuple of Scatterer
        Named ``C12`` (an element is its most abundant isotope), ``H1``, ``C12:p`` for the bound protons of carbon, ``e-``,
        and ``p`` or ``n`` for deep-inelastic scattering on all protons or neutrons.

    Raises
    ------
    UnknownNameError
        If there is no such material.

    Examples
    --------
    >>> [found.name for found in constituents("CH2", ("coherent", "electron"))]
    ['C12', 'H1', 'e-']
    """
    material = materials.get(name)
    found: list[Scatterer] = []
    for symbol, number in material.atoms_per_kg.items():
        nucleus = max(isotopes.natural(symbol), key=lambda n: n.abundance)
        if nucleus.name == "H1":
            if "coherent" in channels or "incoherent" in channels:
                found.append(Scatterer("H1", _nucleus("H1"), number, True))
            continue
        if "coherent" in channels:
            found.append(Scatterer(nucleus.name, _nucleus(nucleus.name), number, False))
        if "incoherent" in channels:
            found += [Scatterer(f"{nucleus.name}:{n}", _bound(nucleus.name, n), number, True) for n in ("p", "n")]
    if "electron" in channels:
        found.append(Scatterer("e-", targets.get("e-"), material.electrons_per_kg, True))
    if "dis" in channels:
        found.append(Scatterer("p", None, 1.0, True, material.protons_per_kg, 0.0))
        found.append(Scatterer("n", None, 1.0, True, 0.0, material.neutrons_per_kg))
    return tuple(found)


@functools.cache
def _nucleus(name: str) -> Target:
    return tabulated(targets.get(name))


@functools.cache
def _bound(name: str, nucleon: str) -> Target:
    return tabulated(targets.bound_nucleons(isotopes.get(name), nucleon))
