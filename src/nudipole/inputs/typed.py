"""Values of cards converted to annotated types, safely from many threads at once, and refused in a card author's words."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec

from nudipole.errors import suggestions

_LOCK = threading.RLock()


def convert(value: Any, hint: Any) -> Any:
    """``value`` as the type ``hint``; one thread at a time.

    msgspec builds what it knows of a type when it first meets it, and two threads that do so at once corrupt each
    other. Conversions take microseconds, so that waiting for one another costs nothing.

    Raises
    ------
    msgspec.ValidationError
        If it is of another type or outside its range.

    Examples
    --------
    >>> convert([1, 2], tuple[float, float])
    (1.0, 2.0)
    """
    with _LOCK:
        return msgspec.convert(value, hint)


def tables(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """The tables of a card that a field of this type may hold, inside lists, unions and annotations too."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for argument in get_args(hint):
        yield from tables(argument)


def choices(hint: Any) -> list[str]:
    """The values that a field of this type may have, where they are a list of words or numbers."""
    found: list[str] = []
    for argument in get_args(hint):
        found += [str(argument)] if get_origin(hint) is Literal else choices(argument)
    return found


_WORDS = {
    "array": "a list",
    "object": "a table",
    "str": "text in quotes",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "null": "left out",
}


def in_words(message: str) -> str:
    """``Expected `array`, got `float``` in the words of a card's author: must be a list, not a number."""

    def said(types: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(name.strip(), name.strip()) for name in types[1].split("|"))

    wanted, got, given = message.partition(", got ")
    if not wanted.startswith("Expected `"):
        return message
    bound = re.search(r"(?<=` )(<=|>=|<|>) .*", wanted)
    wanted = bound[0] if bound else wanted.removeprefix("Expected ").replace("matching regex", "matching")
    return re.sub(r"`(.+?)`", said, f"must be {wanted}{', not ' if got else ''}{given}")


def one_of(value: object, names: list[str]) -> str:
    """``must be one of a, b, c``, with the nearest of them where something like it was written."""
    close = suggestions(value, names)
    return f"must be one of {', '.join(names)}" + (f" (did you mean {close[0]}?)" if close else "")


def unknown(field: str, names: list[str]) -> str:
    """``unknown field``, with the fields that there are and the nearest of them."""
    close = suggestions(field, names)
    return f"unknown field; allowed: {', '.join(names)}" + (f" (did you mean {close[0]}?)" if close else "")
