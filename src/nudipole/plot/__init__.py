"""Figures as functions: each draws into matplotlib axes and returns them to go on with.

``plane``, ``limit``, ``spectrum``, ``cross_section``, ``branching``, ``decay_length``, ``triangle`` and ``operators`` are the verbs of ``nudipole plot``;
``save`` writes a figure whole, with fonts embedded. Matplotlib is imported when the first of them is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nudipole.plot.canvas import save
    from nudipole.plot.experiments import limit, spectrum
    from nudipole.plot.lines import Range
    from nudipole.plot.overlays import Overlay
    from nudipole.plot.planes import plane
    from nudipole.plot.structure import corner, operators, triangle
    from nudipole.plot.theory import branching, cross_section, decay_length

_HOME = {
    "Overlay": "overlays",
    "Range": "lines",
    "branching": "theory",
    "corner": "structure",
    "cross_section": "theory",
    "decay_length": "theory",
    "limit": "experiments",
    "operators": "structure",
    "plane": "planes",
    "save": "canvas",
    "spectrum": "experiments",
    "triangle": "structure",
}
__all__ = [
    "Overlay",
    "Range",
    "branching",
    "corner",
    "cross_section",
    "decay_length",
    "limit",
    "operators",
    "plane",
    "save",
    "spectrum",
    "triangle",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"nudipole.plot.{_HOME[name]}"), name)
    raise AttributeError(f"module 'nudipole.plot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
