"""The figures: planes of mass against coupling as in the review's Figs 3-7, and our curves over the published ones.

Left axis mu in Bohr magnetons, right axis d in GeV^-1. Exclusions are filled, projections dashed, regions of interest
hatched, lines (naturalness, ultraviolet estimates) dotted. Fig. 3 e, 4 mu, 5 tau: existing on the left, with
projections on the right; 6 the universal coupling; 7 everything with the sky.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.atlas import labels, store, style
from nudipole.atlas.validation import Check
from nudipole.constraint import Limit
from nudipole.errors import MissingExtraError
from nudipole.experiments import registry

FloatArray = npt.NDArray[np.float64]
NUMBERS = {"e": 3, "mu": 4, "tau": 5, "universal": 6}
SYMBOLS = {"e": r"$\nu_e$", "mu": r"$\nu_\mu$", "tau": r"$\nu_\tau$", "universal": "universal (effective moment)"}
SKY = ("bbn", "cmb", "sn1987a", "supernova-energy", "supernova-next", "red-giants", "naturalness", "uv-loop")
FORMATS = ("pdf", "png", "svg")


def figures(out: Path, limits: Sequence[Limit]) -> None:
    """Draw every figure for which there are curves, into ``out/figures``."""
    for name in names(limits):
        draw(out, name, limits)


def names(limits: Sequence[Limit]) -> tuple[str, ...]:
    """The figures that these curves fill."""
    ground = {c.direction.name for c in limits if c.key not in SKY and any(c.excluded)}
    planes = [f"fig{number}" for flavor, number in NUMBERS.items() if flavor in ground]
    return (*planes, *(("fig7",) if any(c.key in SKY and any(c.excluded) for c in limits) else ()))


def draw(out: Path, name: str, limits: Sequence[Limit]) -> None:
    """One figure in every format."""
    plt = _matplotlib()
    with plt.rc_context(style.RC):
        if name == "fig7":
            figure = _sky(plt, limits)
        else:
            flavor = {f"fig{number}": f for f, number in NUMBERS.items()}[name]
            ground = [c for c in limits if c.direction.name == flavor and c.key not in SKY and any(c.excluded)]
            figure = _pair(plt, ground, flavor)
        _save(out, name, figure)


def validation(out: Path, checks: Sequence[Check]) -> None:
    """``validation.png``: ours (line) over the published points, one panel a comparison."""
    plt = _matplotlib()
    shown = [c for c in checks if len(c.masses)]
    if not shown:
        return
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    with plt.rc_context(style.RC | {"font.size": 7}):
        figure, axes = plt.subplots(rows, columns, figsize=(3.1 * columns, 2.5 * rows), squeeze=False)
        for panel in axes.flat[len(shown) :]:
            panel.set_axis_off()
        for panel, check in zip(axes.flat, shown, strict=False):
            _check_panel(panel, check)
        figure.tight_layout()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120)
        plt.close(figure)
    store.write_bytes(out / "validation.png", buffer.getvalue())


def plane(axes: Any, limits: Sequence[Limit], flavor: str, projections: bool) -> None:
    """One plane of mass against coupling."""
    chosen = [c for c in limits if projections or c.kind != "projection"]
    named = []
    for order, limit in enumerate(sorted(chosen, key=lambda c: (c.kind == "projection", c.key))):
        _, color = style.family(limit.key)
        _draw(axes, limit, color, order, top=1e3)
        x, y = outline(limit)
        named.append(labels.Curve(registry.get(limit.key).title, color, x, y))
    _frame(axes, chosen, flavor)
    labels.place(axes, named)


def outline(limit: Limit) -> tuple[FloatArray, FloatArray]:
    """Lower edge of the lowest excluded interval in mu [Bohr magnetons], with its masses [GeV]."""
    lower = limit.lower
    keep = np.isfinite(lower) & (lower > 0)
    return limit.masses[keep], np.asarray(units.mu_from_d(1.0) * lower[keep])


@dataclass(frozen=True)
class Region:
    """A connected excluded region: masses [GeV], edges in mu (high is inf where open above), and which ends close it."""

    masses: FloatArray
    low: FloatArray
    high: FloatArray
    starts: bool
    stops: bool


def regions(limit: Limit) -> list[Region]:
    """Connected excluded regions; intervals at neighbouring masses belong together where they overlap.

    Where a region splits or merges, the smaller part is a region of its own whose end there is not drawn.
    """
    scale = units.mu_from_d(1.0)
    columns = [
        [(scale * i.low, np.inf if i.high is None else scale * i.high) for i in intervals]
        for intervals in limit.excluded
    ]
    chains: list[list[tuple[int, float, float]]] = []
    current: list[list[tuple[int, float, float]]] = []
    for index, column in enumerate(columns):
        following: list[list[tuple[int, float, float]]] = []
        for low, high in column:
            chain = next((c for c in current if c not in following and c[-1][1] <= high and low <= c[-1][2]), None)
            if chain is None:
                chain = []
                chains.append(chain)
            chain.append((index, low, high))
            following.append(chain)
        current = following

    def alone(index: int, low: float, high: float) -> bool:
        beside = columns[index] if 0 <= index < len(columns) else []
        return not any(other_low <= high and low <= other_high for other_low, other_high in beside)

    found = []
    for chain in chains:
        position = np.array([index for index, _, _ in chain])
        bottom, top = np.array([low for _, low, _ in chain]), np.array([high for _, _, high in chain])
        starts = bool(position[0] > 0) and alone(int(position[0]) - 1, bottom[0], top[0])
        stops = alone(int(position[-1]) + 1, bottom[-1], top[-1])
        found.append(Region(limit.masses[position], bottom, top, starts, stops))
    return found


def _draw(axes: Any, limit: Limit, color: str, order: int, top: float) -> None:
    dashed = limit.kind == "projection"
    top = axes.get_ylim()[1] if False else 1e3
    for region in regions(limit):
        masses, low, high = region.masses, region.low, region.high
        if limit.kind == "line":
            axes.plot(masses, low, color=color, lw=1.0, ls=":", zorder=3)
            continue
        finite = np.isfinite(high)
        ceiling = np.where(finite, high, top)
        if not dashed:
            hatch = "///" if limit.kind == "roi" else None
            axes.fill_between(masses, low, ceiling, color=color, alpha=0.045, lw=0, zorder=1, hatch=hatch)
        line = {"color": color, "lw": 1.1, "ls": "--" if dashed else "-", "zorder": 3 + 0.001 * order}
        axes.plot(masses, low, **line)
        if np.any(finite):
            axes.plot(masses[finite], high[finite], **line)
        for end, closes in ((0, region.starts), (-1, region.stops)):
            if closes:
                axes.plot([masses[end]] * 2, [low[end], ceiling[end]], **line)


def _frame(axes: Any, limits: Sequence[Limit], flavor: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    limits = [c for c in limits if c.kind != "line"] or limits
    low_x = min(float(c.masses[0]) for c in limits)
    high_x = max(float(np.max(c.masses[[bool(i) for i in c.excluded]])) for c in limits)
    lows = np.concatenate([outline(c)[1] for c in limits])
    axes.set_xlim(max(low_x, 1e-6), 1.6 * high_x)
    axes.set_ylim(0.4 * float(lows.min()), 1e-3 if high_x > 1.0 else 1e-5)
    axes.set_xlabel(r"$M_N$ [GeV]")
    axes.set_ylabel(r"$\mu = 2d$ [$\mu_B$]")
    second = axes.secondary_yaxis("right", functions=(_to_d, _to_mu))
    second.set_ylabel(r"$d$ [GeV$^{-1}$]")
    axes.text(0.98, 0.975, SYMBOLS[flavor], transform=axes.transAxes, ha="right", va="top", fontsize=11)


def _to_d(mu: Any) -> Any:
    return np.asarray(mu) * units.d_from_mu(1.0)


def _to_mu(d: Any) -> Any:
    return np.asarray(d) * units.mu_from_d(1.0)


def _pair(plt: Any, limits: Sequence[Limit], flavor: str) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(15.5, 7.2))
    existing = [c for c in limits if c.kind != "projection"]
    if existing:
        plane(left, existing, flavor, projections=False)
        left.set_title("existing", fontsize=9)
    plane(right, limits, flavor, projections=True)
    right.set_title("with projections (dashed)", fontsize=9)
    _legend(figure, limits)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    return figure


def _sky(plt: Any, limits: Sequence[Limit]) -> Any:
    figure, panels = plt.subplots(1, 3, figsize=(20, 7.4))
    for panel, flavor in zip(panels, ("e", "mu", "tau"), strict=True):
        chosen = [
            c
            for c in limits
            if c.direction.name == flavor and any(c.excluded) and (c.key in SKY or c.kind == "exclusion")
        ]
        if chosen:
            plane(panel, chosen, flavor, projections=True)
    _legend(figure, [c for c in limits if c.kind == "exclusion" or c.key in SKY])
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    return figure


def _legend(figure: Any, limits: Sequence[Limit]) -> None:
    from matplotlib.lines import Line2D

    seen = dict(style.family(c.key) for c in limits)
    handles = [Line2D([], [], color=color, lw=2, label=name) for name, color in seen.items()]
    figure.legend(handles=handles, loc="lower center", ncol=len(handles))


def _check_panel(panel: Any, check: Check) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    massless = units.KEV  # a zero-mass limit is drawn at 1 keV
    masses = np.maximum(check.masses, massless)
    panel.plot(masses, check.published, "o", ms=3.5, mfc="none", color="black", label="published")
    panel.plot(masses, check.ours, "x-", ms=3.5, lw=1, color=style.family(check.key)[1], label="ours")
    shown = np.concatenate([check.published, check.ours[np.isfinite(check.ours)]])
    panel.set_ylim(shown.min() / 3, shown.max() * 3)
    if masses.max() / masses.min() < 10:
        panel.set_xlim(masses.min() / 5, masses.max() * 5)
    panel.set_title(f"{check.key}, {check.flavor} ({check.preset}): {check.median:.2f}, {check.verdict}", fontsize=6.5)
    panel.set_xlabel(r"$M_N$ [GeV]")
    panel.set_ylabel(r"$d$ [GeV$^{-1}$]")
    panel.legend(loc="best")


def _save(out: Path, name: str, figure: Any) -> None:
    import matplotlib.pyplot as plt

    for kind in FORMATS:
        buffer = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"CreationDate": None} if kind == "pdf" else None
        figure.savefig(buffer, format=kind, metadata=metadata)
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
