"""What the verbs take: every argument is held against its annotation before anything is computed.

A number where a name is wanted, a word where a number is: one line with the argument, what is allowed and what was given, not
an error from deep inside. Ranges are judged by the formulas.
"""

from __future__ import annotations

import functools
import inspect
import numbers
import os
from collections.abc import Callable, Collection, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np

from nudipole.errors import DomainError, shown

P = ParamSpec("P")
R = TypeVar("R")
_LARGEST, _LARGEST_REAL = 2**63, 10**300  # of whole numbers where one is asked for, and where a real one is
_WORDS = {
    "str": "a string",
    "Path": "a path",
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "complex": "a complex number",
    "npt.ArrayLike": "a number or an array of numbers",
    "None": "None",
    "Constraint": "an experiment",
    "Progress": "a function",
}


def typed_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose arguments are judged by their annotations first.

    Raises
    ------
    DomainError
        (by the function) If an argument is of another type than annotated. Types that nothing is known of are let through.

    Examples
    --------
    >>> @typed_arguments
    ... def double(x: float) -> float:
    ...     return 2 * x
    >>> double("two")
    Traceback (most recent call last):
    nudipole.errors.DomainError: x must be a number, got 'two'
    """
    signature = inspect.signature(function)
    allowed = {
        p.name: _alternatives(p.annotation)
        for p in signature.parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # a missing or unknown argument: Python's own words
        for name, value in given.items():
            check(name, value, allowed.get(name, ()))
        return function(*args, **kwargs)

    return call


def check(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise :class:`DomainError` unless the value is of one of the annotations ``allowed``."""
    if allowed and not any(_fits(value, one) for one in allowed):
        raise DomainError(f"{name} must be {' or '.join(_in_words(one) for one in allowed)}, got {shown(value)}")


def _alternatives(annotation: Any) -> tuple[str, ...]:
    """``str | Path | None`` taken apart, brackets left whole; nothing for what is no annotation."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return tuple(part for part in parts if part and part != "_empty")


def _fits(value: Any, annotation: str) -> bool:
    if annotation in _SIMPLE:
        return _SIMPLE[annotation](value)
    outer, _, inner = annotation.partition("[")
    if outer in ("Sequence", "Collection", "Iterable", "list"):
        within = _alternatives(inner[:-1])
        whole = isinstance(value, (Collection, np.ndarray)) and not isinstance(value, (str, bytes, Mapping))
        return whole and all(any(_fits(item, one) for one in within) for item in value)
    if outer in ("Mapping", "dict"):
        return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    if outer[:1].isupper() and not inner and outer not in ("Any", "Nature"):
        return any(base.__name__ == outer for base in type(value).__mro__)
    return True


def _in_words(annotation: str) -> str:
    outer, _, inner = annotation.partition("[")
    if inner and outer in ("Sequence", "Collection", "Iterable", "list"):
        return "a list of " + " or ".join(_in_words(one).removeprefix("a ") + "s" for one in _alternatives(inner[:-1]))
    if outer in ("Mapping", "dict"):
        return "a dictionary"
    return _WORDS.get(outer, outer if not outer[:1].isupper() else f"a {outer}")


def _is_real(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "fiu"
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.bool_)):
        return False
    return not isinstance(value, int) or abs(value) < _LARGEST_REAL


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and abs(int(value)) < _LARGEST


def _is_array(value: Any) -> bool:
    if isinstance(value, (str, bytes, bool)):
        return False
    try:
        np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "Path": lambda value: isinstance(value, os.PathLike),
    "bool": lambda value: isinstance(value, (bool, np.bool_)),
    "int": _is_whole,
    "float": _is_real,
    "complex": lambda value: isinstance(value, numbers.Complex) and not isinstance(value, bool),
    "npt.ArrayLike": _is_array,
    "None": lambda value: value is None,
    "Constraint": lambda value: hasattr(value, "test_statistic") and not isinstance(value, type),
    "Progress": callable,
}
