"""One task a constraint: its curves under the settings of an atlas, and its comparisons."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue import registry
from nudipole.compilation import store, validation
from nudipole.constraint import Limit
from nudipole.errors import DomainError, InputFileError, UnknownNameError, check_choice
from nudipole.portal import DIRECTIONS, Direction, Nature
from nudipole.signals import SIGNALS

Part = dict[str, Any]
Beside = Callable[[str, Sequence[Limit]], str]
"""What else is made of a constraint and its curves, in the process that has its model: text that is kept with the part."""
MOST_MASSES = 100_000
_MANY, _NEAR_THE_END = 60, (0.06, 0.04, 0.025, 0.015, 0.008, 0.004, 0.002)  # points; 1 - M over that of the end
_LARGEST_LIST = 1_000_000  # bytes of a file of keys


@dataclass(frozen=True)
class Settings:
    """What is asked of every constraint of an atlas.

    ``requests`` lists curves (flavour, preset) by key where they are not those of ``flavors`` and ``presets``.
    """

    flavors: tuple[str, ...] = ()
    masses: int = 200
    presets: Mapping[str, str] = field(default_factory=dict)
    cl: float | None = None
    nature: Nature = "dirac"
    requests: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def wanted(self, key: str) -> tuple[tuple[str, str], ...]:
        """Flavours and presets of the curves of one constraint."""
        if key in self.requests:
            return self.requests[key]
        preset = self.presets.get(key, "default")
        return tuple((f, preset) for f in registry.get(key).flavors if not self.flavors or f in self.flavors)

    def stamp(self, key: str, beside: Beside | None = None) -> str:
        """What a finished part is known by: the code, everything that its curves depend on, and what is made beside them."""
        options = (self.flavors, self.masses, self.presets.get(key, ""), self.cl, self.nature)
        other = "" if beside is None else f"{beside.__module__}.{beside.__qualname__}"
        return store.fingerprint(key, *options, self.requests.get(key, ()), other)


def check(settings: Settings, keys: Sequence[str]) -> None:
    """Raise unless these settings make curves of these constraints.

    Raises
    ------
    DomainError
        If the number of masses makes no curve, or there is nothing to draw.
    UnknownNameError
        For an unknown key, flavour or preset.
    """
    if not 2 <= settings.masses <= MOST_MASSES:
        raise DomainError(f"a curve needs at least 2 masses and at most {MOST_MASSES}, got {settings.masses}")
    if settings.cl is not None and not 0.0 < settings.cl < 1.0:
        raise DomainError(f"confidence level must lie between 0 and 1 (exclusive), got {settings.cl:g}")
    for flavor in settings.flavors:
        check_choice("flavor", flavor, DIRECTIONS)
    for key in (*keys, *settings.presets):
        check_choice("experiment", key, registry.all_keys())
    for key, preset in settings.presets.items():
        check_choice(f"preset of {key}", preset, registry.get(key).presets)
    if not any(settings.wanted(key) for key in keys):
        flavors = ", ".join(settings.flavors)
        raise DomainError(f"there is nothing to draw: none of {', '.join(keys)} has a curve for {flavors}")


def presets(named: Sequence[str]) -> dict[str, str]:
    """``KEY=NAME`` for one constraint, or ``NAME`` for every constraint that has it, as a mapping by key.

    Raises
    ------
    UnknownNameError
        If there is no such key, or nothing has a preset of this name.

    Examples
    --------
    >>> presets(["gemma=sensitivity"])
    {'gemma': 'sensitivity'}
    """
    found: dict[str, str] = {}
    for item in named:
        key, separator, name = item.partition("=")
        if separator:
            check_choice("experiment", key, registry.all_keys())
            check_choice(f"preset of {key}", name, registry.get(key).presets)
            found[key] = name
            continue
        having = [k for k in registry.all_keys() if item in registry.get(k).presets]
        if not having:
            every = sorted({p for k in registry.all_keys() for p in registry.get(k).presets})
            raise UnknownNameError("preset", item, every)
        found |= dict.fromkeys(having, item)
    return found


def keys_from(path: Path) -> tuple[str, ...]:
    """The keys in a file: separated by blanks, commas or lines; the rest of a line after ``#`` is passed over.

    Raises
    ------
    InputFileError
        If there is no such file, or no key in it.
    UnknownNameError
        For a key that does not exist.
    """
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_LIST:
            raise InputFileError(f"{str(path)!r}: no such file, or none that lists keys")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputFileError(f"{str(path)!r}: not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise InputFileError(f"{str(path)!r}: cannot be read ({error})") from None
    found = [key for line in text.splitlines() for key in line.partition("#")[0].replace(",", " ").split()]
    if not found:
        raise InputFileError(f"{str(path)!r}: holds no keys")
    for key in found:
        check_choice("experiment", key, registry.all_keys())
    return tuple(dict.fromkeys(found))


def mass_grid(low: float, high: float, number: int) -> npt.NDArray[np.float64]:
    """Masses [GeV] of a curve: even in ln M, of many a few next to the end, where kinematics lets a curve rise steeply.

    Examples
    --------
    >>> masses = mass_grid(1e-3, 10.0, 200)
    >>> len(masses), round(float(masses[-3]), 2)
    (200, 9.96)
    """
    near = high * (1.0 - np.array(_NEAR_THE_END if number >= _MANY else ()))
    return np.sort(np.concatenate([np.geomspace(low, high * (1.0 - 1e-9), number - near.size), near]))


def curves(key: str, settings: Settings) -> list[Limit]:
    """All curves of one constraint."""
    constraint, found = registry.get(key), []
    for flavor, preset in settings.wanted(key):
        low, high = constraint.mass_range
        if preset != "default" and hasattr(constraint, "reach"):
            low, high = constraint.reach(preset)
            low = max(low, units.KEV)
        masses = mass_grid(low, high, settings.masses)
        found.append(constraint.limit(masses, Direction(flavor, nature=settings.nature), settings.cl, preset))
    return found


def run(key: str, settings: Settings, beside: Beside | None = None) -> Part:
    """One finished part: curves and comparisons of one constraint, what it refused, and how long it took [s]."""
    started = time.process_time()
    part: Part = {"curves": [], "checks": [], "refused": "", "beside": ""}
    found: list[Limit] = []
    try:
        found = curves(key, settings)
        part["curves"] = [store.to_record(limit) for limit in found]
    except DomainError as error:  # a level that its counts do not allow
        if settings.cl is None and settings.nature == "dirac":
            raise
        part["refused"] = str(error)
    if beside is not None:
        part["beside"] = beside(key, found)
    part["checks"] = [validation.to_record(check) for check in validation.compare_key(key)]
    return part | {"seconds": round(time.process_time() - started, 2)}


def load(keys: Sequence[str]) -> None:
    """What every process needs, loaded once: a process pool that forks shares it."""
    for key in keys:
        signal = getattr(getattr(registry.get(key), "card", None), "signal", "")
        if signal in SIGNALS:
            SIGNALS[signal]  # imports it
    units.particle_mass("pi+")


# kinds of signals by how much there is to compute: stars, then beams with many nodes, then spectra of recoils
_HEAVY = ("", "upscatter-decay", "envelope", "meson-decay", "earth", "lepton-collider", "hadron-collider")


def order(key: str, seconds: Mapping[str, float]) -> tuple[float, int, str]:
    """Longest tasks first, so that no process waits for the last one: as measured in an earlier run where there is one."""
    constraint = registry.get(key)
    signal = getattr(getattr(constraint, "card", None), "signal", "")
    rank = _HEAVY.index(signal) if signal in _HEAVY else len(_HEAVY)
    return -seconds.get(key, np.inf if rank == 0 else 0.0), rank, key
