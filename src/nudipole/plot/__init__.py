"""Figures as functions: each draws into matplotlib axes and returns them to go on with.

``plane``, ``limit``, ``spectrum``, ``cross_section``, ``branching`` and ``decay_length`` are the verbs of ``nudipole plot``;
``save`` writes a figure whole, with fonts embedded. Matplotlib is imported when the first of them is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nudipole.plot.canvas import save
    from nudipole.plot.overlays import Overlay
    from nudipole.plot.planes import plane

_HOME = {
    "Overlay": "overlays",
    "plane": "planes",
    "save": "canvas",
}
__all__ = ["Overlay", "plane", "save"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"nudipole.plot.{_HOME[name]}"), name)
    raise AttributeError(f"module 'nudipole.plot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
