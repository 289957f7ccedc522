"""What there is, in a line each: read from the cards, without building what they describe."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nudipole.catalogue import registry
from nudipole.inputs import cards


@dataclass(frozen=True)
class Summary:
    """One constraint. ``sources`` are names of fluxes, beams and colliders, or ``sky``."""

    key: str
    title: str
    kind: str
    basis: str
    confidence_level: float
    flavors: tuple[str, ...]
    presets: tuple[str, ...]
    sources: tuple[str, ...]


def summaries(kind: str | None = None, flavor: str | None = None, source: str | None = None) -> tuple[Summary, ...]:
    """Every constraint, or those of a kind, a flavour and a source (part of its name will do).

    Examples
    --------
    >>> [summary.key for summary in summaries(source="stopped-pion") if summary.key.startswith("coherent")]
    ['coherent-csi', 'coherent-ge', 'coherent-lar', 'coherent-nai']
    """
    return tuple(
        summary
        for summary in _every()
        if kind in (None, summary.kind)
        and (flavor is None or flavor in summary.flavors)
        and (source is None or any(source.lower() in name.lower() for name in summary.sources))
    )


@functools.cache
def _every() -> tuple[Summary, ...]:
    own = tomllib.loads((registry.card_directory().parent / "flavors.toml").read_text(encoding="utf-8"))
    found = [_of_card(key, own) for key in registry.card_keys()]
    found += [
        Summary(c.key, c.title, c.kind, c.basis, c.confidence_level, tuple(c.flavors), tuple(c.presets), ("sky",))
        for c in registry.sky().values()
    ]
    return tuple(found)


def _of_card(key: str, own: Mapping[str, list[str]]) -> Summary:
    raw = cards.read(registry.card_directory() / f"{key}.toml")
    flavors = raw.get("flavors") or own.get(key) or registry.get(key).flavors
    level = raw.get("confidence_level", cards.Card.__struct_defaults__[_LEVEL])
    presets = ("default", *raw.get("presets", {}))
    kind = raw.get("kind", "exclusion")
    sources = tuple(dict.fromkeys(_sources(raw))) or (raw.get("signal", "recoil"),)
    return Summary(key, raw["title"], kind, raw["basis"], float(level), tuple(flavors), presets, sources)


_LEVEL = -(len(cards.Card.__struct_fields__) - cards.Card.__struct_fields__.index("confidence_level"))


def _sources(raw: Mapping[str, Any]) -> Iterator[str]:
    """Names of the fluxes of a card, of those inside its beams and members, and of its collider."""
    if raw.get("signal") in ("lepton-collider", "hadron-collider"):
        yield raw["signal"]
    for key in raw.get("members", ()):
        for folder in ("", "parts/"):
            path = registry.card_directory() / f"{folder}{key}.toml"
            if path.is_file():
                yield from _sources(cards.read(path))
    source = raw.get("source", [])
    places = source if isinstance(source, list) else [source]
    for place in [*places, *(beam["source"] for beam in raw.get("beam", ()))]:
        flux = place.get("flux", place.get("meson_beam") or place.get("beam"))
        yield str(flux["flux"] if isinstance(flux, Mapping) else flux)
