"""nudipole: the neutrino dipole portal, one theory point in, every observable and every exclusion curve out.

The verbs of the command line exist here under the same names::

    import nudipole as nd
    nd.limit("lz-nees", flavor="tau", mass=[1e-4, 1e-3])
    nd.Portal(mass=0.15, d=1e-6).decay_length(1.0)

Everything is loaded on first use, so the import itself costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Portal": "nudipole.portal",
    "Direction": "nudipole.portal",
    "Completion": "nudipole.portal",
    "Limit": "nudipole.constraint",
    "Interval": "nudipole.constraint",
    "NudipoleError": "nudipole.errors",
    "atlas": "nudipole.api",
    "cite": "nudipole.api",
    "cross_section": "nudipole.api",
    "experiments": "nudipole.api",
    "flux": "nudipole.api",
    "limit": "nudipole.api",
    "meson": "nudipole.api",
    "rate": "nudipole.api",
    "width": "nudipole.api",
}
__all__ = ["__version__", "units", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name == "units":
        return importlib.import_module("nudipole.units")
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'nudipole' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _Verb(ModuleType):
    """A subpackage that shares its name with a verb; once loaded it hides the verb, so it answers as the verb."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module("nudipole.api"), self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Package(ModuleType):
    """This package: the import system hangs each loaded subpackage on it by name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _PUBLIC and isinstance(value, ModuleType):
            value.__class__ = _Verb
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
