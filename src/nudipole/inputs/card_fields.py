"""Fields of a card against the types that they should have: what is wrong, in a card author's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from nudipole.errors import CardError
from nudipole.inputs import typed
from nudipole.inputs.raw_cards import look_up


def conversion_fault(raw: Mapping[str, Any], card_type: Any, file: object, error: msgspec.ValidationError) -> CardError:
    """What msgspec found in a card as a :class:`~nudipole.errors.CardError` with field, value and what is allowed."""
    message, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").lstrip(".")
    if "unknown field" in message:
        unknown = message.split("`")[1]
        field = f"{field}.{unknown}".lstrip(".")
        message = typed.unknown(unknown, field_names(card_type, field.split(".")[:-1]))
    elif "missing required field" in message:
        field = f"{field}.{message.split('`')[1]}".lstrip(".")
        message = "is required"
    elif "Invalid enum value" in message:
        message = typed.one_of(look_up(raw, field), typed.choices(hint_at(card_type, field.split("."))))
    return CardError(file, field or "card", look_up(raw, field), typed.in_words(message))


def field_faults(value: Any, hint: Any, file: object, field: str = "") -> Iterator[CardError]:
    """Faults of one value, of the fields of a table, or of the items of a list of tables, one by one.

    Parameters
    ----------
    value : Any
        What the card says.
    hint : type
        What it should be: a table (:class:`msgspec.Struct`), a list of them, or a type that msgspec knows.
    file, field : object, str
        For messages.

    Examples
    --------
    >>> [str(fault).partition(": ")[2] for fault in field_faults("three", float, "my.toml", "years")]
    ["years = 'three': must be a number, not text in quotes"]
    """
    kinds = list(typed.tables(hint))
    if isinstance(value, list) and kinds:
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from field_faults(item, kinds[0], file, f"{field}[{index}]")
    elif isinstance(value, Mapping) and kinds:
        fields = {f.name: f for f in msgspec.structs.fields(kinds[0])}
        for key, item in value.items():
            inside = f"{field}.{key}".lstrip(".")
            if key not in fields:
                yield CardError(file, inside, item, typed.unknown(key, list(fields)))
            else:
                yield from field_faults(item, fields[key].type, file, inside)
        missing = [f.name for f in fields.values() if f.required and f.name not in value]
        yield from (CardError(file, f"{field}.{name}".lstrip("."), None, "is required") for name in missing)
        return
    if isinstance(value, list) and kinds and any(isinstance(item, Mapping) for item in value):
        return
    try:
        typed.convert(value, hint)
    except msgspec.ValidationError as error:
        message = str(error).partition(" - at `")[0]
        if "Invalid enum value" in message:
            message = typed.one_of(value, typed.choices(hint))
        yield CardError(file, field, value, typed.in_words(message))


def field_names(hint: Any, path: Sequence[str]) -> list[str]:
    """Names of the fields of the table at this path of a type (``["matter[0]"]``, ``["selection"]``, ...)."""
    return [field.name for table in typed.tables(hint_at(hint, path)) for field in msgspec.structs.fields(table)]


def hint_at(hint: Any, path: Sequence[str]) -> Any:
    """The type of the field at this path of a type of card."""
    for part in path:
        inner = {field.name: field.type for table in typed.tables(hint) for field in msgspec.structs.fields(table)}
        hint = inner.get(part.partition("[")[0], hint)
    return hint
