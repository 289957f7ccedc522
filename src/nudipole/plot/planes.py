"""The verb ``plane``: mass against coupling, as a function that draws into axes and returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from nudipole.catalogue import registry
from nudipole.compilation import store
from nudipole.constraint import Limit
from nudipole.errors import DomainError, UnknownNameError, check_choice, check_count
from nudipole.plot import canvas, drawing, frontier
from nudipole.plot.overlays import Overlay, as_overlay
from nudipole.plot.style import SIZES
from nudipole.portal import DIRECTIONS, Direction, Nature

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Units = Literal["muB", "GeV^-1", "both"]
Fill = Literal["classes", "grey", "none"]
UNITS: tuple[str, ...] = ("muB", "GeV^-1", "both")
FILLS: tuple[str, ...] = ("classes", "grey", "none")
LABELS = ("frontier", "all", "none")
SKY = (
    "bbn", "cmb", "sn1987a", "supernova-energy", "supernova-next", "red-giants",
    "naturalness", "uv-loop", "uv-leptoquark", "uv-vector-like-lepton",
)  # fmt: skip


def plane(
    flavor: str,
    keys: Sequence[str] | None = None,
    *,
    left: str = "muB",
    units: Units = "both",
    axes: Mapping[str, tuple[float, float]] | None = None,
    style: str | None = "paper",
    labels: str | Sequence[str] = "frontier",
    fill: Fill = "classes",
    overlay: Sequence[str | Path | Overlay] = (),
    presets: Mapping[str, str] | None = None,
    colors: Mapping[str, str] | None = None,
    titles: Mapping[str, str] | None = None,
    curves: str | Path | Sequence[Limit] | None = None,
    masses: int = 120,
    cl: float | None = None,
    majorana: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw a plane of mass against coupling, and return its matplotlib axes to go on with.

    Parameters
    ----------
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    keys : sequence of str, optional
        Constraints, or paths of cards; by default every experiment with a curve for this flavour, without the sky.
    left : {"muB", "GeV^-1"}
        What the left axis shows where ``units`` is "both".
    units : {"muB", "GeV^-1", "both"}
        mu = 2 d in Bohr magnetons, d in GeV^-1, or one on each side.
    axes : mapping, optional
        Ends of the axes: ``{"mass": (low, high), "coupling": (low, high)}``, masses in GeV, couplings in the unit of
        the left axis.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active, those of mplhep for example.
    labels : {"frontier", "all", "none"} or sequence of str
        Whose names are written; a sequence names keys.
    fill : {"classes", "grey", "none"}
        The tint of what is excluded: one a class, grey, or no tint.
    overlay : sequence
        Published curves (:func:`nudipole.published`) by name, :class:`~nudipole.plot.overlays.Overlay` objects, or
        paths of CSV files with two columns, mass [GeV] and d [GeV^-1].
    presets : mapping, optional
        Preset by key.
    colors, titles : mapping, optional
        Colour and name by key, instead of those of the class.
    curves : path or sequence of Limit, optional
        The folder of an atlas, or limits, instead of computing them.
    masses : int
        Points of each curve that is computed.
    cl : float, optional
        Confidence level; that of each constraint if left out.
    majorana : bool
        Whether N is its own antiparticle.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        Each curve is a line whose ``gid`` is ``curve-KEY``.

    Raises
    ------
    DomainError
        If there is nothing to draw.
    UnknownNameError
        For an unknown flavour, key, preset, style or unit.

    Examples
    --------
    >>> axes = plane("e", ["gemma", "conus-plus"], masses=20)
    >>> [text.get_text() for text in axes.texts if "GEMMA" in text.get_text()]
    ['GEMMA']
    """
    check_choice("flavor", flavor, DIRECTIONS)
    check_choice("units", units, UNITS)
    check_choice("left", left, UNITS[:2])
    check_choice("fill", fill, FILLS)
    if isinstance(labels, str):
        check_choice("labels", labels, LABELS)
    shown = limits(flavor, keys, curves, presets or {}, masses, cl, "majorana" if majorana else "dirac")
    over = [as_overlay(one, flavor) for one in overlay]
    named = labels if isinstance(labels, str) else tuple(labels)
    choice = drawing.Choice(flavor, units, left, named, fill, dict(colors or {}), dict(titles or {}))
    choice = _with_window(choice, axes, shown)
    with canvas.looks(style) as look:
        ax = canvas.axes_for_user(_SIZE.get(style or "", _SIZE["paper"])) if ax is None else ax
        drawing.draw(ax, shown, choice, look, over)
    return ax


_SIZE = {"paper": (4.6, 3.6), "talk": SIZES["slide"], "dark": SIZES["slide"]}


def limits(
    flavor: str,
    keys: Sequence[str] | None,
    curves: str | Path | Sequence[Limit] | None,
    presets: Mapping[str, str],
    masses: int,
    cl: float | None,
    nature: Nature,
) -> list[Limit]:
    """The curves of a plane: those of an atlas, those given, or computed now.

    Raises
    ------
    DomainError
        If none excludes anything.
    """
    if curves is not None:
        known = store.read_limits(Path(curves), (flavor,)) if isinstance(curves, (str, Path)) else list(curves)
        own = [c for c in known if c.direction.name == flavor]
        wanted = [c.key for c in own if c.key not in SKY] if keys is None else list(keys)
        for key in wanted:
            if key not in {c.key for c in own}:
                raise UnknownNameError(f"curve for {flavor}", key, sorted(c.key for c in own))
        found = [c for c in own if c.key in wanted]
    else:
        check_count(at_least=2, masses=masses)
        found = []
        for key in registry.card_keys() if keys is None else keys:
            constraint = registry.load(key)
            if keys is None and flavor not in constraint.flavors:
                continue
            low, high = constraint.mass_range
            grid = np.geomspace(low, high * (1.0 - 1e-9), masses)
            preset = presets.get(key, "default")
            found.append(constraint.limit(grid, Direction(flavor, nature=nature), cl, preset))
    if not (found := [c for c in found if any(c.excluded)]):
        raise DomainError(f"there is nothing to draw for {flavor}: none of the curves excludes anything")
    return found


def _with_window(
    choice: drawing.Choice, axes: Mapping[str, tuple[float, float]] | None, shown: Sequence[Limit]
) -> drawing.Choice:
    default, asked = drawing.window(shown), dict(axes or {})
    for name, (low, high) in asked.items():
        check_choice("axis", name, ("mass", "coupling"))
        if not 0.0 < low < high < np.inf:
            raise DomainError(f"the axis {name} needs 0 < low < high, got {low:g} and {high:g}")
    mu = asked.get("coupling")
    couplings = default.mu if mu is None else (mu[0] / choice.scale, mu[1] / choice.scale)
    return replace(choice, window=frontier.Window(asked.get("mass", default.mass), couplings))
