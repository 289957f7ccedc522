"""The named errors of nudipole, and the two-line checks that raise them.

Every failure that a user can cause is one of these; each says what was given and what is allowed, in one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class NudipoleError(Exception):
    """Base class: ``except NudipoleError`` catches everything that this package raises on purpose.

    Its message is one line of printable text, whatever a card or a file contained, and it travels: every subclass
    pickles, copies and crosses process pools with its type and message.

    Parameters
    ----------
    *message : object
        What is told; text is made printable.

    Examples
    --------
    >>> str(NudipoleError("one line"))
    'one line'
    """

    def __init__(self, *message: object) -> None:
        super().__init__(*(printable(part) if isinstance(part, str) else part for part in message))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, dict(self.__dict__))


def _rebuilt(kind: type[NudipoleError], message: tuple[Any, ...], state: dict[str, Any]) -> NudipoleError:
    """An error as it was, without the arguments that made its message."""
    error = kind.__new__(kind, *message)
    error.args = message
    error.__dict__.update(state)
    return error


def printable(text: str) -> str:
    r"""Text in one line that a terminal cannot mistake for a command: white space is one space, the rest is escaped.

    Examples
    --------
    >>> printable("two\nlines, \x1b[2J")
    'two lines, \\x1b[2J'
    """
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class DomainError(NudipoleError, ValueError):
    """A number outside the range in which a formula holds."""


_SHOWN_NAMES = 24  # a longer list of names is not printed
#: What people write, and the name that is meant where it exists.
SYNONYMS = {
    "nue": "e", "nu_e": "e", "electron": "e", "numu": "mu", "nu_mu": "mu", "muon": "mu", "nutau": "tau",
    "nu_tau": "tau", "sun": "solar", "sunlight": "solar", "pion": "stopped-pion", "sns": "stopped-pion", "bnb": "booster",
    "sn": "sn1987a", "1987a": "sn1987a", "supernova": "supernova-energy", "electrons": "e-", "e": "e-", "proton": "p",
    "neutron": "n",
}  # fmt: skip


def suggestions(name: object, names: Sequence[str]) -> list[str]:
    """The (at most three) names that somebody who wrote ``name`` may have meant.

    Examples
    --------
    >>> suggestions("MiniBooNE", ["miniboone", "microboone", "lep"])[0], suggestions("nue", ["e", "mu", "tau"])
    ('miniboone', ['e'])
    """
    wanted = str(name)[:100].lower().replace("_", "-")
    by_lower: dict[str, str] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower().replace("_", "-"), candidate)
    found = [by_lower[wanted]] if wanted in by_lower else []
    meant = SYNONYMS.get(wanted.replace("-", "_"), SYNONYMS.get(wanted))
    found += [meant] if meant is not None and meant in names else []
    found += [by_lower[close] for close in difflib.get_close_matches(wanted, by_lower, n=3)]
    if len(wanted) > 2:
        found += [candidate for low, candidate in by_lower.items() if low.startswith(wanted)]
    return list(dict.fromkeys(found))[:3]


class UnknownNameError(NudipoleError, LookupError):
    """A name (key, target, flavour, preset, column, ...) that does not exist; says the nearest, and all if they are few."""

    def __init__(self, kind: str, name: object, allowed: Iterable[object] = (), where: str = "") -> None:
        names = [str(item) for item in allowed]
        close = suggestions(name, names)
        meant = f" (did you mean {' or '.join(close)}?)" if close else ""
        if len(names) > _SHOWN_NAMES:
            listed = f"; there are {len(names)}" + (f", listed by {where}" if where else "")
        else:
            listed = f"; allowed: {', '.join(names)}" if names else ""
        super().__init__(f"unknown {kind} {shown(name)}{meant}{listed}")


class CardError(NudipoleError, ValueError):
    """A malformed experiment card or plan: names file, field, value and what is allowed.

    ``file``, ``field``, ``value`` (as shown) and ``allowed`` are kept as text.
    """

    def __init__(self, file: object, field: str, value: object, allowed: str) -> None:
        self.file, self.field = printable(str(file)), printable(field)
        self.value, self.allowed = shown(value), printable(allowed)
        super().__init__(f"{self.file}: {self.field} = {self.value}: {self.allowed}")


class UnreachableWarning(UserWarning):
    """No N made where the card says can be seen where it looks, so every count is zero."""


class TableError(NudipoleError, ValueError):
    """A data table that is missing, has no provenance header, or whose numbers are not what the header says."""


class ConvergenceError(NudipoleError, ArithmeticError):
    """A fit that found no minimum: says of what, where it stood and how far it was off."""


class MisfitWarning(UserWarning):
    """Data that the background alone does not describe (p below 1 %), so the limit is not to be trusted."""


class MeshError(NudipoleError, ValueError):
    """A mesh that is no closed convex surface."""


class MissingExtraError(NudipoleError, ImportError):
    """An optional dependency is not installed; says how to install it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}: pip install 'nudipole[{extra}]'")


class OutputError(NudipoleError, OSError):
    """A result that cannot be written where it was asked for."""


class InputFileError(NudipoleError, ValueError):
    """A file of the user's that cannot be read, or does not hold what it was given for."""


class WorkerError(NudipoleError, RuntimeError):
    """A process that computed for this one is gone."""


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
            raise DomainError(f"{name} must be a whole number between {at_least} and 10000000, got {shown(value)}")


def check_increasing(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value is a list of at least two finite numbers, each above the last."""
    for name, value in values.items():
        check_finite(**{name: value})
        edges = np.asarray(value, dtype=float)
        if edges.ndim != 1 or edges.size < 2 or np.any(np.diff(edges) <= 0):
            raise DomainError(f"{name} must be at least two numbers that increase, got {shown(value)}")


def check_triples(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value holds three numbers >= 0 on its last axis: flavours, mass states."""
    for name, value in values.items():
        check_non_negative(**{name: value})
        if np.shape(value)[-1:] != (3,):
            raise DomainError(f"{name} must hold three numbers on its last axis, got the shape {np.shape(value)}")


def check_mass(**values: Any) -> None:
    """Raise :class:`DomainError` unless every value (scalar or array) is 0 or lies in [SMALLEST, LARGEST]."""
    check_non_negative(**values)
    for name, value in values.items():
        array = _numbers(name, value)
        if np.any((array > 0) & (array < SMALLEST)):
            raise DomainError(f"{name} must be 0 or at least {SMALLEST:g}, got {array[array > 0].min():g}")


def number(name: str, value: Any) -> float:
    """One number in double precision, whatever type it came in.

    Raises
    ------
    DomainError
        If it is none, or an array of them.
    """
    array = _numbers(name, value)
    if array.ndim != 0:
        raise DomainError(f"{name} must be one number, got the shape {array.shape}")
    return float(array)


def check_once(kind: str, names: Iterable[str]) -> None:
    """Raise :class:`DomainError` if a name is given twice, as that would count twice."""
    listed = list(names)
    if twice := [name for name in listed if listed.count(name) > 1]:
        raise DomainError(f"{kind} {twice[0]!r} is given twice")


def check_choice(kind: str, value: str, allowed: Iterable[str]) -> None:
    """Raise :class:`UnknownNameError` unless value is one of allowed."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise UnknownNameError(kind, value, allowed)


def shown(value: object) -> str:
    """A value in one line of an error."""
    try:
        text = printable(repr(value))
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= 80 else text[:77] + "..."


def _numbers(name: str, value: Any) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(f"{name} must be a number or an array of numbers, got {shown(value)}") from None


def _inside(array: npt.NDArray[np.float64], low: float, high: float) -> bool:
    # NaN fails both comparisons, because the extremes of an array with a NaN are NaN
    return array.size == 0 or bool(array.min() >= low and array.max() <= high)


def _worst(array: npt.NDArray[np.float64], low: float, high: float) -> str:
    return f"{array[~((array >= low) & (array <= high))].flat[0]:g}"
