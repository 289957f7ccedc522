"""The figures: planes of mass against coupling as in the review's Figs 3-7, and our curves over the published ones.

Left axis mu in Bohr magnetons, right axis d in GeV^-1. What any exclusion covers is grey, projections are dashed, regions of
interest hatched, lines (naturalness, ultraviolet estimates) dotted. Fig. 3 e, 4 mu, 5 tau: existing on the left, with
projections on the right; 6 the universal coupling; 7 everything with the sky.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.catalogue import registry
from nudipole.compilation import store
from nudipole.compilation.validation import Check
from nudipole.constraint import Limit
from nudipole.errors import MissingExtraError
from nudipole.plot import labels, style
from nudipole.plot.regions import outline, regions

FloatArray = npt.NDArray[np.float64]
NUMBERS = {"e": 3, "mu": 4, "tau": 5, "universal": 6}
SYMBOLS = {"e": r"$\nu_e$", "mu": r"$\nu_\mu$", "tau": r"$\nu_\tau$", "universal": "universal (effective moment)"}
SKY = ("bbn", "cmb", "sn1987a", "supernova-energy", "supernova-next", "red-giants", "naturalness", "uv-loop")
_SKY_FLAVORS = ("e", "mu", "tau")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# no dates, so that equal figures are equal files; the fast end of zlib
OPTIONS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {"pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None}},
}


def figures(out: Path, limits: Sequence[Limit]) -> None:
    """Draw every figure for which there are curves, into ``out/figures``."""
    for name in names(limits):
        draw(out, name, limits)


def names(limits: Sequence[Limit]) -> tuple[str, ...]:
    """The figures that these curves fill."""
    ground = {c.direction.name for c in limits if c.key not in SKY and any(c.excluded)}
    planes = [f"fig{number}" for flavor, number in NUMBERS.items() if flavor in ground]
    return (*planes, *(("fig7",) if any(c.key in SKY for c in chosen("fig7", limits)) else ()))


def chosen(name: str, limits: Sequence[Limit]) -> tuple[Limit, ...]:
    """The curves that a figure shows."""
    some = [c for c in limits if any(c.excluded)]
    if name == "fig7":
        return tuple(c for c in some if c.direction.name in _SKY_FLAVORS and (c.key in SKY or c.kind == "exclusion"))
    flavor = {f"fig{number}": f for f, number in NUMBERS.items()}[name]
    return tuple(c for c in some if c.direction.name == flavor and c.key not in SKY)


def draw(out: Path, name: str, limits: Sequence[Limit]) -> None:
    """One figure in every format."""
    with _matplotlib().rc_context(style.get("paper").rc):
        _save(out, name, figure(name, limits))


def figure(name: str, limits: Sequence[Limit]) -> Any:
    """One figure, still open."""
    plt = _matplotlib()
    shown = chosen(name, limits)
    with plt.rc_context(style.get("paper").rc):
        return _sky(plt, shown) if name == "fig7" else _pair(plt, shown, shown[0].direction.name)


def validation(out: Path, checks: Sequence[Check]) -> None:
    """``validation.png``: ours (line) over the published points, one panel a comparison."""
    plt = _matplotlib()
    shown = [c for c in checks if len(c.masses)]
    if not shown:
        return
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    width, height = 3.1 * columns, 2.6 * rows
    room = _margins(width, height, columns, rows, left=0.62, right=0.08, bottom=0.42, top=0.38, between=0.64)
    with plt.rc_context(style.get("paper").rc | {"font.size": 7}):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, gridspec_kw=room)
        for panel in axes.flat[len(shown) :]:
            panel.set_axis_off()
        for panel, check in zip(axes.flat, shown, strict=False):
            _check_panel(panel, check)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, **OPTIONS["png"])
        plt.close(figure)
    store.write_bytes(out / "validation.png", buffer.getvalue())


def plane(axes: Any, limits: Sequence[Limit], flavor: str, projections: bool) -> None:
    """One plane of mass against coupling."""
    chosen = [c for c in limits if projections or c.kind != "projection"]
    named = []
    for order, limit in enumerate(sorted(chosen, key=lambda c: (c.kind == "projection", c.key))):
        _, color = style.family(limit.key)
        _draw(axes, limit, color, order)
        x, y = outline(limit)
        named.append(labels.Curve(registry.get(limit.key).title, color, x, y))
    symbol = _frame(axes, chosen, flavor)
    labels.place(axes, named, reserved=[symbol.get_window_extent()])


def _draw(axes: Any, limit: Limit, color: str, order: int, top: float = 1e3) -> None:
    dashed = limit.kind == "projection"
    for region in regions(limit):
        masses, low, high = region.masses, region.low, region.high
        if limit.kind == "line":
            axes.plot(masses, low, color=color, lw=1.0, ls=":", zorder=3)
            continue
        finite = np.isfinite(high)
        ceiling = np.where(finite, high, top)
        if limit.kind == "roi":
            axes.fill_between(masses, low, ceiling, facecolor="none", edgecolor=color, lw=0, zorder=1.2, hatch="////")
        elif not dashed:  # opaque: the union of all
            axes.fill_between(masses, low, ceiling, color=style.get("paper").excluded, lw=0, zorder=1)
        line = {"color": color, "lw": 1.1, "ls": "--" if dashed else "-", "zorder": 3 + 0.001 * order}
        axes.plot(masses, low, **line)
        if np.any(finite):
            axes.plot(masses[finite], high[finite], **line)
        for end, closes in ((0, region.starts), (-1, region.stops)):
            if closes:
                axes.plot([masses[end]] * 2, [low[end], ceiling[end]], **line)


def _frame(axes: Any, limits: Sequence[Limit], flavor: str) -> Any:
    """Axes, ticks and grid; the name of the flavour, which no label may cover."""
    limits = [c for c in limits if c.kind != "line"] or limits
    low_x = min(float(c.masses[0]) for c in limits)
    high_x = max(float(np.max(c.masses[[bool(i) for i in c.excluded]])) for c in limits)
    lows = np.concatenate([outline(c)[1] for c in limits])
    bottom, top = 0.4 * float(lows.min()), 1e-3 if high_x > 1.0 else 1e-5
    right = axes.twinx()
    right.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    for panel, ends in ((axes, (bottom, top)), (right, (bottom / units.mu_from_d(1.0), top / units.mu_from_d(1.0)))):
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlim(max(low_x, 1e-6), 1.6 * high_x)
        panel.set_ylim(*ends)
    _ticks(axes.xaxis, sides=(0.0, 1.0))
    _ticks(axes.yaxis, sides=(0.0,))
    _ticks(right.yaxis, sides=(1.0,))
    axes.grid(True, which="major", color="black", alpha=0.08, lw=0.5, zorder=1.1)
    axes.set_xlabel(r"$M_N$ [GeV]")
    axes.set_ylabel(r"$\mu = 2d$ [$\mu_B$]")
    right.set_ylabel(r"$d$ [GeV$^{-1}$]")
    symbol = axes.text(0.985, 0.98, SYMBOLS[flavor], transform=axes.transAxes, ha="right", va="top")
    symbol.set(
        zorder=12,
        fontsize=11 if len(SYMBOLS[flavor]) < 12 else 9,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 2.5},
    )
    return symbol


def _ticks(axis: Any, sides: Sequence[float]) -> None:
    """Decades with numbers, and all small ticks of an axis as one collection: hundreds of tick objects are slow to draw.

    ``sides``: where on the other axis they stand, 0 at its start and 1 at its end.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axes, horizontal = axis.axes, axis.axis_name == "x"
    low, high = axis.get_view_interval()
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    decades = np.arange(first - 1, last + 1)
    small = np.outer(10.0**decades, np.arange(2, 10)).ravel()
    small = small[(small > low) & (small < high)]
    width, height = axes.get_window_extent().size
    length = 2.0 * axes.figure.dpi / 72.0 / (height if horizontal else width)
    ends = [(side, side + (length if side < 0.5 else -length)) for side in sides]
    segments = [[(x, a), (x, b)] if horizontal else [(a, x), (b, x)] for a, b in ends for x in small]
    transform = axes.get_xaxis_transform() if horizontal else axes.get_yaxis_transform()
    axes.add_collection(
        LineCollection(segments, colors="black", linewidths=0.6, transform=transform, zorder=2.5), autolim=False
    )
    axis.set_minor_locator(NullLocator())
    step = max(1, -(-(last - first) // 12))
    numbered = np.arange(first, last + 1)
    axis.set_major_locator(FixedLocator((10.0**numbered).tolist()))
    names = ["10" + str(n).translate(RAISED) if (n - first) % step == 0 else "" for n in numbered.tolist()]
    axis.set_major_formatter(FixedFormatter(names))


def _pair(plt: Any, limits: Sequence[Limit], flavor: str) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(15.5, 7.2), gridspec_kw=_margins(15.5, 7.2, 2))
    existing = [c for c in limits if c.kind != "projection"]
    if existing:
        plane(left, existing, flavor, projections=False)
        left.set_title("existing", fontsize=9)
    plane(right, limits, flavor, projections=True)
    right.set_title("with projections (dashed)", fontsize=9)
    _legend(figure, limits)
    return figure


def _margins(
    width: float,
    height: float,
    columns: int,
    rows: int = 1,
    left: float = 0.72,
    right: float = 0.68,
    bottom: float = 0.88,
    top: float = 0.32,
    between: float = 1.28,
) -> dict[str, float]:
    """Room [inches] for numbers, names and the legend, as fractions of the figure: known, so nothing is laid out twice."""
    panel = (width - left - right - (columns - 1) * between) / columns
    stacked = bottom + top  # between rows
    tall = (height - rows * stacked) / rows
    return {
        "left": left / width,
        "right": 1.0 - right / width,
        "bottom": bottom / height,
        "top": 1.0 - top / height,
        "wspace": between / panel,
        "hspace": stacked / tall,
    }


def _sky(plt: Any, limits: Sequence[Limit]) -> Any:
    drawn = {flavor: own for flavor in _SKY_FLAVORS if (own := [c for c in limits if c.direction.name == flavor])}
    number = len(drawn)
    width = 20.0 * number / 3.0
    room = _margins(width, 7.4, number)
    figure, panels = plt.subplots(1, number, figsize=(width, 7.4), squeeze=False, gridspec_kw=room)
    for panel, (flavor, own) in zip(panels[0], drawn.items(), strict=True):
        plane(panel, own, flavor, projections=True)
    _legend(figure, limits)
    return figure


def _legend(figure: Any, limits: Sequence[Limit]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    seen = {style.family(c.key) for c in limits}
    families = [
        Line2D([], [], color=color, lw=2, label=name) for name, color, _ in style.FAMILIES if (name, color) in seen
    ]
    kinds = {c.kind for c in limits}
    how = {
        "exclusion": Patch(facecolor=style.get("paper").excluded, edgecolor="0.3", label="excluded"),
        "projection": Line2D([], [], color="0.3", ls="--", label="projection"),
        "roi": Patch(facecolor="none", edgecolor="0.3", hatch="////", label="region of interest"),
        "line": Line2D([], [], color="0.3", ls=":", label="estimate"),
    }
    figure.legend(handles=families, loc="lower center", ncol=len(families), bbox_to_anchor=(0.5, 0.022))
    figure.legend(handles=[how[k] for k in how if k in kinds], loc="lower center", ncol=len(kinds))


def _check_panel(panel: Any, check: Check) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    massless = units.KEV  # a zero-mass limit is drawn at 1 keV
    masses = np.maximum(check.masses, massless)
    panel.plot(masses, check.published, "o", ms=3.5, mfc="none", color="black", label="published")
    panel.plot(masses, check.ours, "x-", ms=3.5, lw=1, color=style.family(check.key)[1], label="ours")
    shown = np.concatenate([check.published, check.ours[np.isfinite(check.ours)]])
    panel.set_ylim(shown.min() / 3.5, shown.max() * 3.5)
    around = 5.0 if masses.max() / masses.min() < 10 else 1.5
    panel.set_xlim(masses.min() / around, masses.max() * around)
    _ticks(panel.xaxis, sides=(0.0,))
    _ticks(panel.yaxis, sides=(0.0,))
    panel.set_title(
        f"{check.name}, {check.flavor} ({check.preset})\nmedian {check.median:.2f}, {check.verdict}", fontsize=6.5
    )
    panel.set_xlabel(r"$M_N$ [GeV]")
    panel.set_ylabel(r"$d$ [GeV$^{-1}$]")
    panel.legend(loc="best")


def _save(out: Path, name: str, figure: Any) -> None:
    import matplotlib.pyplot as plt

    for kind in OPTIONS:
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, **OPTIONS[kind])
        store.write_bytes(out / "figures" / f"{name}.{kind}", buffer.getvalue())
    plt.close(figure)


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("matplotlib", "plot", "drawing figures") from None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
