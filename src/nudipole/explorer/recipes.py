"""What an experiment is made of, as names and values that the page can show: the card itself, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Constraint

Row = list[str]
# in this order; what a card has besides these follows in its own order
_FIRST = ("source", "exposure", "target", "matter", "detector", "response", "timing", "selection", "histogram")
_HEAD = (
    "schema", "key", "title", "signal", "kind", "basis", "summary", "references", "flavors", "confidence_level",
    "published", "shortcuts", "presets",
)  # fmt: skip
MECHANISMS = {
    "recoil": "recoil of the nucleus or electron that makes N",
    "electron-recoil-beam": "electron recoil in a beam",
    "upscatter-decay": "N made by up-scattering, seen by its decay photon",
    "meson-decay": "N from meson decays, seen by its decay photon",
    "earth": "N made in the Earth or the air, seen by its decay photon",
    "lepton-collider": "single photon at an electron-positron collider",
    "hadron-collider": "single photon at a hadron collider",
    "combination": "joint fit of several searches",
    "envelope": "strongest of several searches",
}


def recipe(constraint: Constraint) -> dict[str, Any]:
    """Everything the panel of one constraint shows, as text.

    Parameters
    ----------
    constraint : Constraint

    Returns
    -------
    dict
        ``sections``: list of (name, rows of (field, value)); ``presets``: name and what it assumes; ``mechanism``,
        ``summary``, ``shortcuts``, ``published`` (publications with their note).
    """
    if isinstance(constraint, Experiment):
        return _of_card(constraint)
    explained = constraint.explain()
    rows = [[_name(key), _value(value)] for key, value in explained.items() if key not in ("shortcuts", "about")]
    kind = "line" if constraint.kind == "line" else "the sky"
    return {
        "mechanism": "an estimate of theory" if kind == "line" else "cosmology, supernovae and stars",
        "summary": str(explained.get("summary", "")),
        "shortcuts": [str(line) for line in explained.get("shortcuts", ())],
        "sections": [["assumptions", rows]],
        "presets": [[name, str(_about(constraint, name))] for name in constraint.presets[1:]],
        "published": [_published(p) for p in getattr(constraint, "comparisons", ())],
    }


def _of_card(experiment: Experiment) -> dict[str, Any]:
    card, raw = experiment.card, experiment.raw
    names = [*(n for n in _FIRST if n in raw), *(n for n in raw if n not in _FIRST and n not in _HEAD)]
    return {
        "mechanism": MECHANISMS.get(card.signal, card.signal),
        "summary": card.summary,
        "shortcuts": list(card.shortcuts),
        "sections": [[_name(name), _rows(raw[name], "")] for name in names],
        "presets": [[name, str(overrides.get("about", ""))] for name, overrides in card.presets.items()],
        "published": [_published(p) for p in card.comparisons],
    }


def _about(constraint: Constraint, preset: str) -> object:
    explained = constraint.explain(preset)
    return explained.get("about") or explained.get("differs") or explained.get("overrides") or ""


def _published(entry: Any) -> Row:
    return [str(getattr(entry, "source", "")), str(getattr(entry, "note", ""))]


def _rows(value: Any, name: str) -> list[Row]:
    """Fields of a section: tables by field, lists of tables one after the other, everything else as it is written."""
    if isinstance(value, Mapping):
        found: list[Row] = []
        for field, inner in value.items():
            found += _rows(inner, f"{name} {_name(str(field))}".strip())
        return found
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return [row for number, item in enumerate(value, 1) for row in _rows(item, f"{name} {number}".strip())]
    return [[name or "value", _value(value)]]


def _name(field: str) -> str:
    return field.replace("_", " ")


def _value(value: Any) -> str:
    """A number in at most six digits, a list with commas, at most thirty entries of it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        shown = ", ".join(_value(item) for item in value[:30])
        return shown + (f", … ({len(value)} values)" if len(value) > 30 else "")
    if isinstance(value, Mapping):
        return ", ".join(f"{_name(str(k))} {_value(v)}" for k, v in value.items())
    return str(value)
