"""The named errors of nudipole, and the two-line checks that raise them.

Every failure that a user can cause is one of these; each says what was given and what is allowed, in one line.
"""

from __future__ import annotations

import difflib
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
        names = [str(item) for item in allowed]
        close = difflib.get_close_matches(str(name), names, n=2)
        meant = f" (did you mean {' or '.join(close)}?)" if close else ""
        listed = f"; allowed: {', '.join(names)}" if names else ""
        super().__init__(f"unknown {kind} {name!r}{meant}{listed}")


class CardError(NudipoleError, ValueError):
    """A malformed experiment card or plan: names file, field, value and what is allowed."""

    def __init__(self, file: object, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{file}: {field} = {_shown(value)}: {allowed}")


class UnreachableWarning(UserWarning):
    """No N made where the card says can be seen where it looks, so every count is zero."""


class TableError(NudipoleError, ValueError):
    """A data table that is missing, has no provenance header, or whose numbers are not what the header says."""


class MissingExtraError(NudipoleError, ImportError):
    """An optional dependency is not installed; says how to install it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}: pip install 'nudipole[{extra}]'")


class OutputError(NudipoleError, OSError):
    """A result that cannot be written where it was asked for."""


#: The numbers that a formula is fed. Nothing physical lies outside in the units of this package: the range holds the
#: energy of a recoil on a nucleus at M = 1 eV (1e-33 GeV) and the Planck mass (1e19 GeV), the decay length of N in metres
#: and the electrons per cubic centimetre of a white dwarf. Inside it the powers that the formulas take stay finite;
#: outside a double overflows before the physics is over. Counts and other large totals go to LARGEST_TOTAL.
SMALLEST, LARGEST, LARGEST_TOTAL = 1e-40, 1e30, 1e70
#: Energies [GeV] of up-scattering, whose formulas take the twelfth power: beyond the Planck mass.
LARGEST_ENERGY = 1e20


def check_non_negative(*, largest: float = LARGEST, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is finite, >= 0 and <= largest."""
    for name, value in values.items():
        array = _numbers(name, value)
        if not _inside(array, 0.0, largest):
            raise DomainError(
                f"{name} must be finite and non-negative, at most {largest:g}, got {_worst(array, 0.0, largest)}"
            )


def check_positive(*, largest: float = LARGEST, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) lies in [SMALLEST, largest]."""
    for name, value in values.items():
        array = _numbers(name, value)
        if not _inside(array, SMALLEST, largest):
            raise DomainError(
                f"{name} must be finite and positive, between {SMALLEST:g} and {largest:g}, "
                f"got {_worst(array, SMALLEST, largest)}"
            )


def check_finite(*, largest: float = LARGEST, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is finite, and at most largest in size."""
    for name, value in values.items():
        array = _numbers(name, value)
        if not _inside(array, -largest, largest):
            raise DomainError(
                f"{name} must be finite, at most {largest:g} in size, got {_worst(array, -largest, largest)}"
            )


def check_between(low: float, high: float, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) lies in [low, high]."""
    for name, value in values.items():
        array = _numbers(name, value)
        if not _inside(array, low, high):
            raise DomainError(f"{name} must lie between {low:g} and {high:g}, got {_worst(array, low, high)}")


def check_count(at_least: int = 1, **values: Any) -> None:
    """Raise :class:`DomainError` unless every value is a whole number, from at_least to ten million (they make arrays)."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not at_least <= value <= 10_000_000:
            raise DomainError(f"{name} must be a whole number between {at_least} and 10000000, got {_shown(value)}")


def check_increasing(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value is a list of at least two finite numbers, each above the last."""
    for name, value in values.items():
        check_finite(**{name: value})
        edges = np.asarray(value, dtype=float)
        if edges.ndim != 1 or edges.size < 2 or np.any(np.diff(edges) <= 0):
            raise DomainError(f"{name} must be at least two numbers that increase, got {_shown(value)}")


def check_triples(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value holds three numbers >= 0 on its last axis: flavours, mass states."""
    for name, value in values.items():
        check_non_negative(**{name: value})
        if np.shape(value)[-1:] != (3,):
            raise DomainError(f"{name} must hold three numbers on its last axis, got the shape {np.shape(value)}")


def check_choice(kind: str, value: str, allowed: Iterable[str]) -> None:
    """Raise :class:`UnknownNameError` unless value is one of allowed."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise UnknownNameError(kind, value, allowed)


def _shown(value: object) -> str:
    """A value in one line of an error."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _numbers(name: str, value: Any) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(f"{name} must be a number or an array of numbers, got {_shown(value)}") from None


def _inside(array: npt.NDArray[np.float64], low: float, high: float) -> bool:
    # NaN fails both comparisons, because the extremes of an array with a NaN are NaN
    return array.size == 0 or bool(array.min() >= low and array.max() <= high)


def _worst(array: npt.NDArray[np.float64], low: float, high: float) -> str:
    return f"{array[~((array >= low) & (array <= high))].flat[0]:g}"
