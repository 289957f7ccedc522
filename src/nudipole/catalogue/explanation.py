"""What a search assumes, and what a preset changes: in words, and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.inference.goodness import GoodnessOfFit
from nudipole.inference.limits import Statistic
from nudipole.inputs.cards import Card
from nudipole.portal import Completion

FloatArray = npt.NDArray[np.float64]


def explanation(
    card: Card, preset: str, about: Mapping[str, Any], statistic: Statistic, fit: GoodnessOfFit | None
) -> dict[str, Any]:
    """The assumptions of a card under one preset, by name.

    Parameters
    ----------
    card : Card
        With the preset merged in.
    preset : str
    about : mapping
        The preset as it is written in the card: its overrides and, under ``about``, what it is.
    statistic : Statistic
    fit : GoodnessOfFit or None
    """
    section = getattr(card, "completion", None)  # only colliders depend on the couplings to Z and W
    completion = "" if section is None else Completion(section.kind, section.ratio).label
    return {
        "key": card.key,
        "title": card.title,
        "summary": card.summary,
        "basis": card.basis,
        "confidence_level": card.confidence_level,
        "test": statistic.description,
        "goodness_of_fit": "" if fit is None else str(fit),
        "preset": preset,
        "about": about.get("about", ""),
        "completion": completion and f"{completion}; a completion that the direction brings comes first",
        "overrides": overrides(about),
        "shortcuts": list(card.shortcuts),
        "published": [{"source": p.source, "convention": p.convention, "note": p.note} for p in card.comparisons],
        "references": list(card.references),
    }


def overrides(preset: Mapping[str, Any]) -> dict[str, Any]:
    """What a preset sets, without its description."""
    return {key: value for key, value in preset.items() if key != "about"}


def single_changes(preset: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The overrides of a preset one by one, with the field of each: every field of a table, every other entry whole.

    Examples
    --------
    >>> list(single_changes({"about": "x", "basis": "normalised", "source": {"power_GW": 3.0}}))
    [('basis', {'basis': 'normalised'}), ('source.power_GW', {'source': {'power_GW': 3.0}})]
    """
    for key, value in overrides(preset).items():
        if isinstance(value, dict):
            yield from ((f"{key}.{field}", {key: {field: inner}}) for field, inner in value.items())
        else:
            yield key, {key: value}


def effect(masses: npt.ArrayLike, ratio: FloatArray) -> str:
    """``d(with it) / d(default)`` at each mass [GeV] where both exclude something, in words.

    Examples
    --------
    >>> effect([0.1, 0.2], np.array([1.5, np.nan]))
    'd(with it) / d(default) = 1.5 at 0.1 GeV'
    """
    told = [f"{r:.3g} at {m:g} GeV" for m, r in zip(np.atleast_1d(masses), ratio, strict=True) if np.isfinite(r)]
    return f"d(with it) / d(default) = {', '.join(told) or 'no common excluded mass'}"


def html_table(title: str, rows: Mapping[str, str]) -> str:
    """A table of names and texts under a title, escaped.

    Examples
    --------
    >>> html_table("A & B", {"kind": "roi"})
    '<table><caption>A &amp; B</caption><tr><th>kind</th><td>roi</td></tr></table>'
    """
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
    return f"<table><caption>{escape(title)}</caption>{lines}</table>"
