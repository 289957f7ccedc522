"""Tables of a card that name a function: ``quenching = { model = "lindhard", k = 0.162 }``.

The choice (flux, quenching, resolution, efficiency, ...) is a function in an explicit registry; its annotated keyword
arguments are the schema of the table. Nothing is evaluated: values are converted to the annotated types or refused.
"""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nudipole.errors import CardError, NudipoleError, UnknownNameError
from nudipole.inputs import tables, typed


class LazyRegistry(Mapping[str, Any]):
    """Names of functions or modules, imported on first use: ``{"solar": "nudipole.fluxes.low_energy.solar:solar"}``."""

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        module, _, attribute = self._entries[name].partition(":")
        loaded = importlib.import_module(module)
        return getattr(loaded, attribute) if attribute else loaded

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def resolve(
    registry: Mapping[str, Callable[..., Any]], table: Mapping[str, Any], selector: str, file: object, field: str
) -> Any:
    """Call the function that ``table[selector]`` names with the rest of the table as keyword arguments.

    Raises
    ------
    CardError
        If the name is not registered, a keyword is unknown or missing, or a value has the wrong type or range.
    """
    if selector not in table:
        raise CardError(file, f"{field}.{selector}", None, f"is required: one of {', '.join(registry)}")
    name = table[selector]
    if not isinstance(name, str) or name not in registry:
        raise CardError(file, f"{field}.{selector}", name, typed.one_of(name, list(registry)))
    arguments = {key: value for key, value in table.items() if key != selector}
    return call(registry[name], arguments, file, field)


def call(function: Callable[..., Any], arguments: Mapping[str, Any], file: object, field: str) -> Any:
    """Call ``function`` with keyword arguments from a card, checked against its signature."""
    signature = inspect.signature(function)
    hints = typing.get_type_hints(function)
    allowed = [p.name for p in signature.parameters.values() if p.kind is not p.POSITIONAL_ONLY]
    for key in arguments:
        if key not in allowed:
            raise CardError(file, f"{field}.{key}", arguments[key], typed.unknown(key, allowed))
    for parameter in signature.parameters.values():
        if parameter.default is parameter.empty and parameter.name not in arguments:
            raise CardError(file, f"{field}.{parameter.name}", None, "is required")
    converted = {key: _convert(value, hints.get(key, Any), file, f"{field}.{key}") for key, value in arguments.items()}
    try:
        return function(**converted)
    except CardError:
        raise
    except NudipoleError as error:
        raise CardError(file, field, dict(arguments), str(error)) from error


def _convert(value: Any, hint: Any, file: object, field: str) -> Any:
    if isinstance(hint, types.UnionType) and Path in typing.get_args(hint):
        hint = str
    try:
        converted = typed.convert(value, hint)
    except msgspec.ValidationError as error:
        message = str(error).partition(" - at `")[0]
        if "Invalid enum value" in message:
            message = typed.one_of(value, typed.choices(hint))
        raise CardError(file, field, value, typed.in_words(message)) from None
    return tables.located(converted, file, field) if hint is tables.TableName else converted
