"""How a plane is drawn into axes: fill, curves and names.

What any exclusion covers is filled, class by class. Curves that form the frontier of it somewhere are strong and named,
the others thin, pale and unnamed. Projections are dashed and named where they reach beyond it, regions of interest
hatched, lines (naturalness, ultraviolet estimates) dotted. A curve that the end of its grid cuts off stays open there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units as conversion
from nudipole.constraint import Limit
from nudipole.plot import canvas, frontier, labels, names, style
from nudipole.plot.overlays import Overlay
from nudipole.plot.regions import Region, outline, regions

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
SYMBOLS = {
    "e": r"$\nu_e$", "mu": r"$\nu_\mu$", "tau": r"$\nu_\tau$", "universal": "universal", "coherent": r"$d_e=d_\mu=d_\tau$",
}  # fmt: skip
AXES = {"muB": r"$\mu = 2d$  [$\mu_B$]", "GeV^-1": r"$d$  [GeV$^{-1}$]"}
MASS = r"$M_N$  [GeV]"
TOP = 2e-5  # Bohr magnetons: d = 3e-3 GeV^-1; above, collisions resolve the operator and curves end by its validity
_ORDER = {"hidden": 2.0, "within": 2.2, "marked": 2.4, "beyond": 2.8, "frontier": 3.0}


@dataclass(frozen=True)
class Choice:
    """How a plane is drawn; the arguments of :func:`plane` that are about looks."""

    flavor: str
    units: str = "both"
    left: str = "muB"
    labels: str | tuple[str, ...] = "frontier"
    fill: str = "classes"
    colors: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    window: frontier.Window | None = None
    bare: tuple[str, ...] = ()  # exclusions that are filled in grey and not drawn as curves
    sides: str = "both"  # which side bears numbers and a name: both, or the one that looks outward in a row of panels
    light: bool = False  # small ticks as one collection: for files, which nobody zooms

    @property
    def scale(self) -> float:
        """What the left axis shows, over mu in Bohr magnetons."""
        shown = self.left if self.units == "both" else self.units
        return 1.0 if shown == "muB" else float(conversion.d_from_mu(1.0))

    def color(self, key: str) -> str:
        """That of the user, or of the family."""
        return self.colors.get(key, style.color(key))

    def name(self, key: str) -> str:
        """That of the user, or the short one."""
        return self.titles.get(key, names.short(key))


def window(shown: Sequence[Limit]) -> frontier.Window:
    """Masses and couplings that show these curves: from a little below the lowest to :data:`TOP` or three decades above it."""
    main = [c for c in shown if c.kind != "line"] or list(shown)
    low = min(float(c.masses[0]) for c in main)
    high = max(float(np.max(c.masses[[bool(i) for i in c.excluded]])) for c in main)
    bottom = min(float(outline(c)[1].min()) for c in main if len(outline(c)[1]))
    return frontier.Window((max(low, 1e-6), 1.6 * high), (0.4 * bottom, max(TOP, 1e3 * bottom)))


def draw(
    axes: Any, shown: Sequence[Limit], choice: Choice, look: style.Style, overlays: Sequence[Overlay] = ()
) -> tuple[frontier.Classified, ...]:
    """Draw limits of one flavour into axes; returns the role of each."""
    view = choice.window or window(shown)
    joint, shown = [c for c in shown if c.basis == "envelope"], [c for c in shown if c.basis != "envelope"]
    roles = frontier.classify(shown, view)
    symbol = frame(axes, view, choice, look)
    _fill(axes, roles, view, choice, look)
    for limit in joint:
        _envelope(axes, limit, view, choice, look)
    lines, named = [], []
    for found in sorted(roles, key=lambda c: (_ORDER[c.role], c.limit.key)):
        lines.append(_curve(axes, found, view, choice, look))
        if _is_named(found, choice):
            named.append(_name(found, choice, look))
    for number, over in enumerate(overlays):
        named.append(_overlay(axes, over, number, choice, look))
    labels.settle(axes, symbol, [*lines, *named])
    labels.place(axes, named, look.name_size, [symbol.get_window_extent()], lines)
    return roles


def frame(axes: Any, view: frontier.Window, choice: Choice, look: style.Style) -> Any:
    """Axes, ticks and grid; returns the name of the flavour, which no label may cover."""
    shown = choice.left if choice.units == "both" else choice.units
    coupling = (view.mu[0] * choice.scale, view.mu[1] * choice.scale)
    canvas.logarithmic(axes.xaxis, view.mass, small=not choice.light)
    canvas.logarithmic(axes.yaxis, coupling, small=not choice.light)
    axes.set_xlabel(MASS)
    if choice.sides == "right":
        axes.tick_params(axis="y", which="both", labelleft=False)
    else:
        axes.set_ylabel(AXES[shown])
    axes.grid(True, which="major", color=look.ink, alpha=0.07, lw=0.4)
    axes.set_axisbelow(False)
    axes.tick_params(axis="x", which="both", top=True)
    axes.tick_params(axis="y", which="both", right=choice.units != "both")
    factor = float(conversion.d_from_mu(1.0)) ** (1 if shown == "muB" else -1)
    other = (factor * coupling[0], factor * coupling[1])
    if choice.units == "both":
        right = axes.secondary_yaxis("right", functions=(lambda y: y * factor, lambda y: y / factor))
        canvas.logarithmic(right.yaxis, other, small=not choice.light)
        if choice.sides == "left":
            right.tick_params(axis="y", which="both", labelright=False)
        else:
            right.set_ylabel(AXES["GeV^-1" if shown == "muB" else "muB"])
    if choice.light:
        canvas.small_ticks(axes, True, view.mass, (0.0, 1.0), 1.0)
        canvas.small_ticks(axes, False, coupling, (0.0,) if choice.units == "both" else (0.0, 1.0), 1.0)
        if choice.units == "both":
            canvas.small_ticks(axes, False, other, (1.0,), factor)
    symbol = axes.text(
        0.975,
        0.035,
        SYMBOLS.get(choice.flavor, choice.flavor),
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        zorder=12,
    )
    symbol.set(
        fontsize=(1.5 if choice.flavor in ("e", "mu", "tau") else 1.1) * look.name_size,
        bbox={"facecolor": look.paper, "alpha": 0.8, "linewidth": 0, "pad": 2.0},
    )
    return symbol


def _fill(
    axes: Any, roles: Sequence[frontier.Classified], view: frontier.Window, choice: Choice, look: style.Style
) -> None:
    """The union of what is excluded: every region that bounds it, opaque, the one that reaches deepest on top."""
    if choice.fill == "none":
        return
    bounding = [c for c in roles if c.role == "frontier"]
    for found in sorted(bounding, key=lambda c: _deepest(c.limit), reverse=True):
        plain = choice.fill == "grey" or found.limit.key in choice.bare
        color = look.excluded if plain else style.tint(choice.color(found.limit.key), look)
        for region in regions(found.limit):
            x, y = polygon(region, view)
            axes.fill(x, y * choice.scale, color=color, lw=0, zorder=0.9 if plain else 1.0)


def _deepest(limit: Limit) -> float:
    """The smallest excluded coupling: the colour over a mass is that of the curve that bounds it from below."""
    _, y = outline(limit)
    return float(y.min()) if len(y) else np.inf


def polygon(region: Region, view: frontier.Window) -> tuple[FloatArray, FloatArray]:
    low, high = _clipped(region, view)
    there, back = frontier.simplify(region.masses, low), frontier.simplify(region.masses, high)[::-1]
    x = np.concatenate([region.masses[there], region.masses[back]])
    return x, np.concatenate([low[there], high[back]])


def _clipped(region: Region, view: frontier.Window) -> tuple[FloatArray, FloatArray]:
    """Edges, with what is far outside of the window brought near it."""
    bottom, top = view.mu[0] / 10.0, view.mu[1] * 10.0
    return np.clip(region.low, bottom, top), np.clip(region.high, bottom, top)


def _curve(
    axes: Any, found: frontier.Classified, view: frontier.Window, choice: Choice, look: style.Style
) -> labels.Curve:
    """The lines of one constraint, as one matplotlib line; returns them as what names keep clear of."""
    limit, color = found.limit, choice.color(found.limit.key)
    x, y = edges(limit, view)
    y = y * choice.scale
    plain = limit.kind == "exclusion" and (choice.fill == "grey" or limit.key in choice.bare)
    gid, order = f"curve-{limit.key}", _ORDER[found.role]
    if limit.kind == "roi":
        for region in regions(limit):
            px, py = polygon(region, view)
            axes.fill(
                px, py * choice.scale, fc="none", ec=color, lw=0.0, hatch="////", hatch_linewidth=0.35, zorder=1.5
            )
    if plain:
        if found.role == "hidden":
            return labels.Curve("", color, np.zeros(0), np.zeros(0))
        tx, ty = _stretches(found.trace, found.trace.exposed)
        axes.plot(tx, ty * choice.scale, color=style.mix(look.ink, look.paper, 0.4), lw=look.thin, zorder=1.2, gid=gid)
        return labels.Curve("", color, tx, ty * choice.scale)
    dashes = {"projection": (0, (4.0, 1.6)), "line": (0, (1.0, 1.5))}.get(limit.kind, "-")
    drawn = {"ls": dashes, "zorder": order, "solid_capstyle": "butt", "gid": gid}
    if found.role in ("hidden", "within"):
        axes.plot(x, y, color=style.pale(color, look), lw=look.thin, **drawn)
    elif found.role in ("frontier", "beyond"):  # strong where it counts, thin where an exclusion covers it
        covered = style.mix(color, look.paper, 0.75 if limit.kind == "exclusion" else 0.6)
        strength = look.strong * (1.0 if limit.kind == "exclusion" else 0.85)
        for mask, ink, width in ((~found.trace.exposed, covered, look.thin), (found.trace.exposed, color, strength)):
            tx, ty = _stretches(found.trace, mask)
            axes.plot(tx, ty * choice.scale, color=ink, lw=width, **drawn)
    else:
        axes.plot(x, y, color=color, lw=(0.5 if limit.kind == "roi" else 0.85) * look.strong, **drawn)
    return labels.Curve("", color, x, y)


def _envelope(axes: Any, limit: Limit, view: frontier.Window, choice: Choice, look: style.Style) -> None:
    """What all exclude together: a pale band of ink behind the curves that bound it."""
    x, y = edges(limit, view)
    drawn = {"color": style.mix(look.ink, look.paper, 0.45), "lw": 2.6 * look.strong, "zorder": 2.1}
    axes.plot(x, y * choice.scale, solid_capstyle="butt", gid=f"curve-{limit.key}", **drawn)


def edges(limit: Limit, view: frontier.Window) -> tuple[FloatArray, FloatArray]:
    """Edges of every region and its closed ends as one broken line, few points each."""
    x: list[float] = []
    y: list[float] = []

    def add(mass: FloatArray, mu: FloatArray) -> None:
        keep = frontier.simplify(mass, mu)
        x.extend([*mass[keep].tolist(), np.nan])
        y.extend([*mu[keep].tolist(), np.nan])

    for region in regions(limit):
        low, high = _clipped(region, view)
        finite = np.isfinite(region.high)
        start = [high[:1]] if region.starts else []
        stop = [high[-1:]] if region.stops else []
        ends = ([region.masses[:1]] if start else [], [region.masses[-1:]] if stop else [])
        if limit.kind == "line":
            add(region.masses, low)
            continue
        add(np.concatenate([*ends[0], region.masses, *ends[1]]), np.concatenate([*start, low, *stop]))
        if np.any(finite):
            add(region.masses[finite], high[finite])
    return np.array(x[:-1]), np.array(y[:-1])


def _stretches(trace: frontier.Trace, mask: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The stretches of a boundary where the mask holds, as one broken line of few points.

    Each goes on to the next point, so that neighbouring stretches touch.
    """
    mass, mu = np.log10(trace.mass), np.log10(trace.mu)
    joined = (np.diff(trace.stretches) == 0) & (np.hypot(np.diff(mass), np.diff(mu)) < 2.0 * frontier.SPACING)
    drawn = joined & (mask[:-1] if len(mask) else joined)
    edges = np.nonzero(np.diff(np.concatenate([[False], drawn, [False]])))[0].reshape(-1, 2)
    x, y = [np.zeros(0)], [np.zeros(0)]
    for start, stop in edges.tolist():
        px, py = trace.mass[start : stop + 1], trace.mu[start : stop + 1]
        keep = frontier.simplify(px, py)
        x += [px[keep], np.array([np.nan])]
        y += [py[keep], np.array([np.nan])]
    return np.concatenate(x), np.concatenate(y)


def _is_named(found: frontier.Classified, choice: Choice) -> bool:
    if not isinstance(choice.labels, str):
        return found.limit.key in choice.labels
    plain = found.limit.kind == "exclusion" and (choice.fill == "grey" or found.limit.key in choice.bare)
    if choice.labels == "none" or plain:
        return False
    return choice.labels == "all" or found.role in ("frontier", "beyond", "marked")


def _name(found: frontier.Classified, choice: Choice, look: style.Style) -> labels.Curve:
    """The name of a curve and where it may stand: beside an exposed stretch, else anywhere along it."""
    color = style.written(choice.color(found.limit.key), look)
    exposed = found.role in ("frontier", "beyond")
    x, y = _stretches(found.trace, found.trace.exposed) if exposed else (np.zeros(0), np.zeros(0))
    if np.count_nonzero(np.isfinite(x)) < 2:
        x, y = outline(found.limit)
    return labels.Curve(choice.name(found.limit.key), color, x, y * choice.scale)


def _overlay(axes: Any, over: Overlay, number: int, choice: Choice, look: style.Style) -> labels.Curve:
    color = over.color or style.mix(look.ink, look.paper, 0.75)
    y = np.asarray(conversion.mu_from_d(1.0)) * over.d * choice.scale
    dashes = [(0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1))][number % 4]
    (line,) = axes.plot(over.mass, y, color=color, lw=0.9 * look.strong, ls=dashes, zorder=4.0)
    line.set_gid(f"overlay-{number}")
    if len(over.mass) > 1:
        return labels.Curve(over.name, color, over.mass, y)
    line.set(marker="o", markersize=2.5 * look.strong)
    return labels.Curve(over.name, color, np.append(over.mass, 1.2 * over.mass), np.append(y, y))
