"""Figures of one experiment each: its limits and its spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nudipole import units as conversion
from nudipole.catalogue import curves, registry
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_choice, check_count, number
from nudipole.plot import drawing, frontier
from nudipole.plot import style as looks
from nudipole.plot.lines import COLORS, drawing_into
from nudipole.plot.regions import regions
from nudipole.portal import DIRECTIONS, Direction, Nature, Portal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]


def limit(
    experiment: str | Path,
    flavor: str,
    *,
    presets: Sequence[str] = ("default",),
    masses: int = 120,
    cl: float | None = None,
    majorana: bool = False,
    published: bool = True,
    units: str = "both",
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """What one experiment excludes, under one or several presets, with the published curves that its card names.

    Parameters
    ----------
    experiment : str or Path
        Key, or path of a card.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    presets : sequence of str
        One curve each.
    masses : int
        Points of each curve.
    cl : float, optional
        Confidence level; that of the card if left out.
    majorana : bool
        Whether N is its own antiparticle.
    published : bool
        Whether published curves of this flavour are drawn.
    units : {"both", "muB", "GeV^-1"}
        mu = 2 d in Bohr magnetons, d in GeV^-1, or one on each side.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Raises
    ------
    DomainError
        If nothing is excluded.

    Examples
    --------
    >>> limit("conus-plus", "e", masses=20).get_ylabel()[:4]
    '$\\\\mu'
    """
    check_choice("flavor", flavor, DIRECTIONS)
    check_choice("units", units, ("both", "muB", "GeV^-1"))
    constraint = registry.load(str(experiment))
    check_count(at_least=2, masses=masses)
    nature: Nature = "majorana" if majorana else "dirac"
    low, high = constraint.mass_range
    grid = np.geomspace(low, high * (1.0 - 1e-9), masses)
    found = [constraint.limit(grid, Direction(flavor, nature=nature), cl, preset) for preset in presets]
    if not any(any(c.excluded) for c in found):
        raise DomainError(f"{constraint.key} excludes nothing for {flavor}")
    shown = [c for c in found if any(c.excluded)]
    window = drawing.window(shown)
    window = frontier.Window(window.mass, (window.mu[0], min(window.mu[1], 1e5 * window.mu[0])))
    choice = drawing.Choice(flavor, units, "muB", "none", window=window)
    with drawing_into(ax, style) as (axes, look):
        drawing.frame(axes, window, choice, look)
        for number, one in enumerate(shown):
            color = COLORS[number % len(COLORS)]
            for region in regions(one):
                x, y = drawing.polygon(region, window)
                axes.fill(x, y * choice.scale, color=looks.tint(color, look), lw=0, zorder=1.0)
            x, y = drawing.edges(one, window)
            label = f"{one.preset}, {one.confidence_level:.0%} CL"
            axes.plot(
                x, y * choice.scale, color=color, lw=look.strong, label=label, gid=f"curve-{one.key}:{one.preset}"
            )
        for curve in _published(constraint.key, flavor) if published else ():
            mass = np.where(curve.mass > 0, np.maximum(curve.mass, window.mass[0]), curve.mass)
            mu = conversion.mu_from_d(1.0) * curve.d * choice.scale
            axes.plot(mass, mu, "o", ms=2.2 * look.strong, mfc="none", mec=look.ink, label=f"published: {curve.name}")
        axes.set_title(constraint.title)
        axes.legend(loc="best")
    return axes


def _published(key: str, flavor: str) -> list[curves.PublishedCurve]:
    own = [c for c in curves.published().values() if key in c.experiments]
    return [c for c in own if not c.flavors or flavor in c.flavors]


def spectrum(
    experiment: str | Path,
    mass: float,
    d: float | None = None,
    flavor: str | None = None,
    *,
    mu: float | None = None,
    majorana: bool = False,
    preset: str = "default",
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Counts per bin of one experiment: what is expected without N, with N, and what was seen.

    Parameters
    ----------
    experiment : str or Path
        Key, or path of a card.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Raises
    ------
    DomainError
        If it counts no events.

    Examples
    --------
    >>> axes = spectrum("conus-plus", 1e-3, 1e-8, "e")
    >>> axes.get_ylabel()
    'counts per bin'
    """
    d = number("d", coupling(d, mu))
    check_choice("flavor", flavor or "", DIRECTIONS)
    constraint: Any = registry.load(str(experiment))
    if not hasattr(constraint, "rate"):
        raise DomainError(f"{constraint.key} is not a counting experiment: it has limits but no rates")
    nature: Nature = "majorana" if majorana else "dirac"
    rate = constraint.rate(Portal(mass, d, Direction(str(flavor), nature=nature)), preset)
    edges = np.asarray(rate.edges, dtype=float)
    if len(edges) != len(rate.signal) + 1:
        edges = np.arange(len(rate.signal) + 1.0)
    expected = np.sum(list(rate.components.values()), axis=0) if rate.components else np.zeros_like(rate.signal)
    with drawing_into(ax, style) as (axes, look):
        axes.stairs(expected, edges, color=look.ink, lw=look.strong, label="without N", fill=False)
        with_n = f"with N: {mass:g} GeV, d = {d:g} GeV$^{{-1}}$"
        axes.stairs(expected + rate.signal, edges, color=COLORS[0], lw=look.strong, label=with_n)
        axes.stairs(
            expected + rate.signal, edges, baseline=expected, fill=True, color=looks.tint(COLORS[0], look), lw=0
        )
        if rate.observed is not None:
            centre, seen = 0.5 * (edges[1:] + edges[:-1]), np.asarray(rate.observed, dtype=float)
            error = np.sqrt(np.maximum(seen, 0.0))
            points = {"fmt": "o", "ms": 2.5 * look.strong, "color": look.ink, "lw": look.thin * 1.5}
            axes.errorbar(centre, seen, yerr=error, label="observed", **points)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(_axis(rate.axis))
        axes.set_ylabel("counts per bin")
        axes.set_title(constraint.title)
        axes.minorticks_on()
        axes.tick_params(which="both", right=True, top=True)
        axes.legend(loc="best")
    return axes


def _axis(name: str) -> str:
    """The name of the axis of a rate: a unit alone is one of energy."""
    return f"energy [{name}]" if name in ("eV", "keV", "MeV", "GeV") else name
