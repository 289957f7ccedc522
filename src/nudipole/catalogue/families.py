"""Families of constraints: where N comes from and how it is seen, read off the card.

A family gives a constraint its colour in the figures and its place in tables. It follows from the kind of signal and from
the flux of the source, so that a new card is in the right one without being entered anywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from nudipole.catalogue import registry
from nudipole.errors import UnknownNameError

SOLAR_ELECTRON = "solar neutrinos, electron recoils"
SOLAR_NUCLEUS = "solar neutrinos, nuclear recoils"
REACTOR = "reactors"
STOPPED_PION = "pion decay at rest"
EARTH = "N from the Earth and the air"
COLLIDER = "colliders"
COSMOLOGY = "cosmology"
STARS = "supernovae and stars"
THEORY = "theory"
BEAM = "neutrino beams and dumps"
OWN = "own cards"
#: Every family, in the order of legends.
FAMILIES = (SOLAR_ELECTRON, SOLAR_NUCLEUS, REACTOR, STOPPED_PION, EARTH, COLLIDER, COSMOLOGY, STARS, THEORY, BEAM, OWN)

_SIGNALS = {"earth": EARTH, "lepton-collider": COLLIDER, "hadron-collider": COLLIDER, "meson-decay": BEAM}
_FLUXES = {"reactor": REACTOR, "stopped-pion": STOPPED_PION, "atmospheric": EARTH, "astrophysical": EARTH}
_SKY = {
    "bbn": COSMOLOGY,
    "cmb": COSMOLOGY,
    "naturalness": THEORY,
    "uv-loop": THEORY,
    "uv-leptoquark": THEORY,
    "uv-vector-like-lepton": THEORY,
    "sn1987a": STARS,
    "supernova-energy": STARS,
    "supernova-next": STARS,
    "red-giants": STARS,
    "cosmology": COSMOLOGY,
}


@functools.cache
def family(key: str) -> str:
    """Family of the constraint of this key; :data:`OWN` for a key that is not shipped.

    Parameters
    ----------
    key : str
        Key of a constraint.

    Returns
    -------
    str
        One of :data:`FAMILIES`.

    Examples
    --------
    >>> family("conus-plus"), family("juno-earth"), family("fcc-ee")
    ('reactors', 'N from the Earth and the air', 'colliders')
    """
    if key in _SKY:
        return _SKY[key]
    card = leading_card(key)
    return OWN if card is None else family_of_card(card)


def family_of_card(card: Any) -> str:
    """Family of a card that describes one search (of a joint one, pass the card of its first member).

    A kind of signal that only one family has decides; else the flux of the source; else it is a beam.
    """
    if card.signal in _SIGNALS:
        return _SIGNALS[card.signal]
    names = set(flux_names(card))
    if "solar" in names:
        return SOLAR_ELECTRON if card.response.recoil == "electron" else SOLAR_NUCLEUS
    return next((found for name, found in _FLUXES.items() if name in names), BEAM)


def leading_card(key: str) -> Any:
    """The card that says what is measured; of a joint one, that of its first member; None where there is no card."""
    try:
        card = getattr(registry.get(key), "card", None)
    except UnknownNameError:
        return None
    members = list(getattr(card, "members", None) or ())
    return leading_card(str(members[0]).removesuffix(".toml")) or card if members else card


def flux_names(card: Any) -> list[str]:
    """Names of the fluxes of a card's source or beams, each once, in the order of the card."""
    source = getattr(card, "source", None) or [beam.source for beam in getattr(card, "beam", ())]
    return list(dict.fromkeys(_names(source)))


def _names(source: Any) -> Iterable[str]:
    if isinstance(source, (list, tuple)):
        for one in source:
            yield from _names(one)
        return
    flux = source.get("flux") if isinstance(source, Mapping) else getattr(source, "flux", None)
    if isinstance(flux, str):
        yield flux
    elif flux is not None:
        yield from _names(flux)
