"""The named errors of nudipole, and the two-line checks that raise them.

Every failure that a user can cause is one of these; each says what was given and what is allowed, in one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt


class NudipoleError(Exception):
    """Base class: ``except NudipoleError`` catches everything that this package raises on purpose."""


class DomainError(NudipoleError, ValueError):
    """A number outside the range in which a formula holds."""


class UnknownNameError(NudipoleError, LookupError):
    """A name (key, target, flavour, preset, column, ...) that does not exist; lists the ones that do."""

    def __init__(self, kind: str, name: object, allowed: Iterable[object] = ()) -> None:
        listed = ", ".join(str(item) for item in allowed)
        super().__init__(f"unknown {kind} {name!r}" + (f"; allowed: {listed}" if listed else ""))


class CardError(NudipoleError, ValueError):
    """A malformed experiment card or plan: names file, field, value and what is allowed."""

    def __init__(self, file: object, field: str, value: object, allowed: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        super().__init__(f"{file}: {field} = {shown}: {allowed}")


class TableError(NudipoleError, ValueError):
    """A data table that is missing, has no provenance header, or whose numbers are not what the header says."""


class MissingExtraError(NudipoleError, ImportError):
    """An optional dependency is not installed; says how to install it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}: pip install 'nudipole[{extra}]'")


class OutputError(NudipoleError, OSError):
    """A result that cannot be written where it was asked for."""


def check_non_negative(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is finite and >= 0."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise DomainError(f"{name} must be finite and non-negative, got {_worst(array, array < 0)}")


def check_positive(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is finite and > 0."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not np.all(np.isfinite(array) & (array > 0)):
            raise DomainError(f"{name} must be finite and positive, got {_worst(array, array <= 0)}")


def check_finite(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is finite."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not np.all(np.isfinite(array)):
            raise DomainError(f"{name} must be finite, got {_worst(array, ~np.isfinite(array))}")


def check_between(low: float, high: float, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) lies in [low, high]."""
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not np.all((array >= low) & (array <= high)):
            raise DomainError(f"{name} must lie between {low:g} and {high:g}, got {_worst(array, array < low, high)}")


def check_choice(kind: str, value: str, allowed: Iterable[str]) -> None:
    """Raise :class:`UnknownNameError` unless value is one of allowed."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise UnknownNameError(kind, value, allowed)


def _worst(array: npt.NDArray[np.float64], bad: npt.NDArray[np.bool_], high: float = np.inf) -> str:
    offending = array[bad | ~np.isfinite(array) | (array > high)]
    return f"{offending.flat[0]:g}"
