"""The figures of the atlas: planes as in the review's Figs 3-7, and our curves over the published ones.

Fig. 3 e, 4 mu, 5 tau: existing limits on the left, projections over what is excluded on the right; 6 the universal
coupling; 7 the sky over everything else.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import units
from nudipole.catalogue import families
from nudipole.compilation import store
from nudipole.compilation.validation import Check
from nudipole.constraint import Limit
from nudipole.plot import canvas, drawing, style
from nudipole.plot.drawing import Choice
from nudipole.plot.planes import SKY

NUMBERS = {"e": 3, "mu": 4, "tau": 5, "universal": 6}
_SKY_FLAVORS = ("e", "mu", "tau")
_WIDTH = style.SIZES["double"][0]
LEGEND = 0.42  # inches below the panels


def names(limits: Sequence[Limit]) -> tuple[str, ...]:
    """The figures that these curves fill."""
    ground = {c.direction.name for c in limits if c.key not in SKY and any(c.excluded)}
    planes = [f"fig{number}" for flavor, number in NUMBERS.items() if flavor in ground]
    return (*planes, *(("fig7",) if any(c.key in SKY for c in chosen("fig7", limits)) else ()))


def chosen(name: str, limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """The curves that a figure shows."""
    some = [c for c in limits if any(c.excluded)]
    if name == "fig7":
        some = [c for c in some if c.basis != "envelope"]
        return tuple(c for c in some if c.direction.name in _SKY_FLAVORS and (c.key in SKY or c.kind == "exclusion"))
    flavor = {f"fig{number}": f for f, number in NUMBERS.items()}[name]
    return tuple(c for c in some if c.direction.name == flavor and c.key not in SKY)


def draw(out: Path, name: str, limits: Sequence[Limit], look: str = "paper") -> None:
    """One figure in every format."""
    drawn = figure(name, limits, look)
    for kind in canvas.FORMATS:
        canvas.save(drawn, out / "figures" / f"{name}.{kind}", look)


def figure(name: str, limits: Sequence[Limit], look: str = "paper") -> Any:
    """One figure, still open."""
    shown = chosen(name, limits)
    with canvas.looks(look) as settings:
        return _sky(shown, settings) if name == "fig7" else _pair(shown, settings)


def _pair(limits: Sequence[Limit], look: style.Style) -> Any:
    """Existing limits on the left; on the right what they exclude in grey, and projections."""
    height = style.SIZES["double"][1]
    figure, panels = grid((_WIDTH, height), 1, 2)
    base = Choice(limits[0].direction.name, light=True, window=drawing.window(limits))
    existing = [c for c in limits if c.kind != "projection"]
    if existing:
        drawing.draw(panels[0], existing, replace(base, sides="left"), look)
    else:
        panels[0].set_axis_off()
    drawing.draw(panels[1], limits, replace(base, fill="grey", sides="right"), look)
    panels[0].set_title("existing")
    panels[1].set_title("projections")
    legend(figure, limits, look)
    return figure


def _sky(limits: Sequence[Limit], look: style.Style) -> Any:
    """One panel a flavour: the sky in colour, what is excluded on the ground in grey."""
    drawn = {f: own for f in _SKY_FLAVORS if (own := [c for c in limits if c.direction.name == f])}
    rows = 1 if len(drawn) < 3 else 2
    figure, panels = grid((_WIDTH, rows * style.SIZES["double"][1] - (rows - 1) * LEGEND), rows, 2)
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    view = drawing.window(limits)
    for number, (flavor, own) in enumerate(drawn.items()):
        bare = tuple(c.key for c in own if c.key not in SKY)
        side = ("left", "right")[number % 2] if number + 1 < len(drawn) else ("both", "right")[number % 2]
        drawing.draw(panels[number], own, Choice(flavor, light=True, bare=bare, sides=side, window=view), look)
    legend(figure, [c for c in limits if c.key in SKY], look, ground=True)
    return figure


def grid(size: tuple[float, float], rows: int, columns: int) -> tuple[Any, list[Any]]:
    """A figure with room [inches] for numbers and names between its panels, and for the legend below."""
    figure = canvas.new_figure(size)
    em = float(canvas.require().rcParams["font.size"]) / 72.0
    left, right, bottom, top, between = 5.6 * em, 5.4 * em, 3.3 * em, 1.9 * em, 2.0 * em
    wide = (size[0] - left - right - (columns - 1) * between) / columns
    tall = (size[1] - LEGEND) / rows
    panels = []
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        x, y = left + column * (wide + between), LEGEND + (rows - 1 - row) * tall + bottom
        box = (x / size[0], y / size[1], wide / size[0], (tall - bottom - top) / size[1])
        panels.append(figure.add_axes(box))
    return figure, panels


def legend(figure: Any, limits: Sequence[Limit], look: style.Style, ground: bool = False) -> None:
    """Classes and what dashes and hatches mean, in two lines below the panels."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    joint = any(c.basis == "envelope" for c in limits)
    limits = [c for c in limits if c.basis != "envelope"]
    seen = {families.family(c.key) for c in limits}
    patches: list[Any] = [
        Patch(facecolor=style.tint(color, look), edgecolor=color, lw=look.strong, label=name)
        for name, color in style.COLORS.items()
        if name in seen and name != families.THEORY
    ]
    kinds = {c.kind for c in limits}
    grey = style.mix(look.ink, look.paper, 0.6)
    excluded = Patch(facecolor=look.excluded, edgecolor=grey, lw=look.thin, label="excluded")
    if ground:
        excluded.set_label("excluded on the ground")
    how = {
        "exclusion": excluded,
        "projection": Line2D([], [], color=grey, lw=look.strong, ls=(0, (4.0, 1.6)), label="projection"),
        "roi": Patch(facecolor="none", edgecolor=grey, hatch="//////", lw=look.thin, label="region of interest"),
        "line": Line2D([], [], color=grey, lw=look.strong, ls=":", label="estimate"),
    }
    if joint:
        patches.append(
            Line2D([], [], color=style.mix(look.ink, look.paper, 0.45), lw=2.6 * look.strong, label="combined")
        )
    handles = [*patches, *(how[k] for k in how if k in kinds or (k == "exclusion" and ground))]
    columns = -(-len(handles) // 2) if len(handles) > 4 else len(handles)
    place = {"loc": "lower center", "handlelength": 1.6, "columnspacing": 1.2, "borderaxespad": 0.3}
    size = float(canvas.require().rcParams["legend.fontsize"])
    for shrink in (1.0, 0.9, 0.8, 0.7):
        drawn = figure.legend(handles=handles, ncol=columns, fontsize=shrink * size, **place)
        if drawn.get_window_extent().width <= figure.bbox.width or shrink == 0.7:
            return
        drawn.remove()


def validation(out: Path, checks: Sequence[Check]) -> None:
    """``validation.png``: ours (line) over the published points, one panel a comparison."""
    shown = [c for c in checks if len(c.masses)]
    if not shown:
        return
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    size = (3.1 * columns, 2.6 * rows)
    with canvas.looks("paper"):
        figure = canvas.new_figure(size)
        for number, check in enumerate(shown):
            row, column = divmod(number, columns)
            x, y = (column * 3.1 + 0.62) / size[0], ((rows - 1 - row) * 2.6 + 0.42) / size[1]
            _check_panel(figure.add_axes((x, y, 2.3 / size[0], 1.78 / size[1])), check)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, **canvas.FORMATS["png"])
    store.write_bytes(out / "validation.png", buffer.getvalue())


def _check_panel(panel: Any, check: Check) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    massless = units.KEV  # a zero-mass limit is drawn at 1 keV
    masses = np.maximum(check.masses, massless)
    panel.plot(masses, check.published, "o", ms=3.5, mfc="none", color="black", label="published")
    panel.plot(masses, check.ours, "x-", ms=3.5, lw=1, color=style.color(check.key), label="ours")
    shown = np.concatenate([check.published, check.ours[np.isfinite(check.ours)]])
    panel.set_ylim(shown.min() / 3.5, shown.max() * 3.5)
    around = 5.0 if masses.max() / masses.min() < 10 else 1.5
    panel.set_xlim(masses.min() / around, masses.max() * around)
    canvas.logarithmic(panel.xaxis, panel.get_xlim(), most=6, small=False)
    canvas.logarithmic(panel.yaxis, panel.get_ylim(), most=6, small=False)
    panel.set_title(
        f"{check.name}, {check.flavor} ({check.preset})\nmedian {check.median:.2f}, {check.verdict}", fontsize=6.5
    )
    panel.set_xlabel(r"$M_N$ [GeV]")
    panel.set_ylabel(r"$d$ [GeV$^{-1}$]")
    panel.legend(loc="best")
