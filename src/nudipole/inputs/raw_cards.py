"""The content of a card before its types are known: what text and numbers may be, presets, values by their field.

A field is written as in messages: ``selection.energy_min_GeV``, ``matter[0].name``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nudipole.errors import LARGEST, SMALLEST, CardError

DEEPEST = 20
"""Tables and lists inside one another."""
_SELECTORS = ("model", "shape", "flux", "statistic", "meson_beam")


def check_text(value: Any, file: object, field: str = "", depth: int = 0) -> None:
    """Refuse text that cannot be printed in one line, dates, and tables that are nested without end.

    Parameters
    ----------
    value : Any
        What TOML gave: a table, a list, text, a number.
    file : object
        For messages.
    field, depth : str, int
        Where in the card it is.

    Raises
    ------
    CardError
        With the field and the value.
    """
    if depth > DEEPEST:
        raise CardError(file, field, "...", f"is nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_text(key, file, f"{field}.{key}".lstrip("."), depth)
            check_text(item, file, f"{field}.{key}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_text(item, file, f"{field}[{index}]", depth + 1)
    elif isinstance(value, str):
        if not value.isprintable():
            raise CardError(file, field, value, "must be text in one line without control characters")
    elif not isinstance(value, (bool, int, float)):
        raise CardError(file, field, str(value), "must be text, a number, true or false, a list or a table: no date")


def merged(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A table with others merged into it, table by table; lists are replaced.

    A table that names another model, shape, flux or statistic replaces the old one whole: its parameters go with it.

    Examples
    --------
    >>> merged({"source": {"flux": "solar", "scale": 2.0}, "years": 1.0}, {"source": {"scale": 3.0}})
    {'source': {'flux': 'solar', 'scale': 3.0}, 'years': 1.0}
    >>> merged({"source": {"flux": "solar", "scale": 2.0}}, {"source": {"flux": "reactor"}})
    {'source': {'flux': 'reactor'}}
    """
    result = dict(base)
    for key, value in overrides.items():
        old = result.get(key)
        known = old if isinstance(old, Mapping) else {}  # a list, of sources say, is replaced by a table
        renamed = isinstance(value, dict) and any(value.get(s) not in (None, known.get(s)) for s in _SELECTORS)
        if isinstance(value, dict) and isinstance(old, Mapping) and not renamed:
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result


def number_faults(value: Any, file: object, field: str = "") -> Iterator[CardError]:
    """One error for each number that no formula can use: neither 0 nor between 1e-100 and 1e100 in size.

    Arguments as in :func:`check_text`.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from number_faults(item, file, f"{field}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from number_faults(item, file, f"{field}[{index}]")
    elif isinstance(value, (int, float)) and value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        allowed = f"a number must be 0 or lie between {SMALLEST:g} and {LARGEST:g} in size"
        yield CardError(file, field, value, allowed)


def look_up(raw: Any, field: str) -> Any:
    """The value of a field of a card; None if it is not there.

    Examples
    --------
    >>> look_up({"matter": [{"name": "oil"}]}, "matter[0].name")
    'oil'
    """
    value = raw
    for part in field.replace("]", "").replace("[", ".").split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return value if part == "" or part == "..." else None
    return value
