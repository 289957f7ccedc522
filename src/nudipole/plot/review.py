"""The review's Figs 3-7 as captioned (2510.18181): its curves only, under the presets that follow their sources.

Confidence levels are those of the presets. Fig. 6 has one coupling at a time, which its names say; Fig. 7 lays the sky, with one
envelope "Cosmology" of BBN and CMB, over the right-hand panels of Figs 3-5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nudipole.constraint import Interval, Limit
from nudipole.plot import canvas, drawing, names, pages, style
from nudipole.plot.drawing import Choice

FIGURES = ("fig3", "fig4", "fig5", "fig6", "fig7")


@dataclass(frozen=True)
class Entry:
    """One curve of a figure: key, preset, the name that the review writes on it, and whether it is on the right only."""

    key: str
    preset: str = "default"
    name: str = ""
    right: bool = False
    flavor: str = ""  # where it is not that of the figure


_SOLAR = (
    Entry("borexino", "borexino2017"),
    Entry("xenon-nees-combined", "deromeri2025", "LZ+XENONnT+PandaX-4T (NEES)"),
    Entry("xenon-cevns-combined", name="XENONnT+PandaX-4T (CEνNS)"),
    Entry("borexino-superk-earth", "plestid2020", "N→νγ (solar)"),
    Entry("lep", "magill2018"),
)
_BEAMS = (
    Entry("ship-main", "background-free", "SHiP (Main)", right=True),
    Entry("ship-ecc", "background-free", "SHiP (ECC)", right=True),
    Entry("fasernu2", right=True),
    Entry("flare-10", right=True),
    Entry("flare-100", right=True),
)
#: Flavour and curves of each panel pair, from the captions and Sec. 5.
PLANES: dict[str, tuple[str, tuple[Entry, ...]]] = {
    "fig3": (
        "e",
        (
            Entry("conus"),
            Entry("dresden-ii", "fef", "Dresden-II (Fef)"),
            Entry("gemma"),
            Entry("texono-csi", name="TEXONO"),
            Entry("superk-solar", name="SK"),
            Entry("lsnd", "magill2018"),
            *_SOLAR,
            Entry("conus-plus", right=True),
            Entry("dune-nd", "schwetz2021", right=True),
            *_BEAMS,
        ),
    ),
    "fig4": (
        "mu",
        (
            Entry("charm-ii", "coloma2017"),
            Entry("nomad", "gninenko1998"),
            Entry("minerva", "kamp2022"),
            Entry("miniboone", "magill2018", "MB"),
            Entry("lsnd", "magill2018"),
            *_SOLAR,
            Entry("miniboone-roi", name="MiniBooNE only", right=True),
            Entry("miniboone-lsnd-roi", name="MiniBooNE+LSND", right=True),
            Entry("t2k-ii", name="T2K+T2K-II", right=True),
            Entry("dune-nd", "schwetz2021", right=True),
            Entry("icecube", "coloma2017", right=True),
            *_BEAMS,
        ),
    ),
    "fig5": (
        "tau",
        (
            Entry("donut", "schwetz2021"),
            *_SOLAR,
            Entry("superk-atmospheric", "gustafson2022", "N→νγ (atm.)"),
            Entry("dune-fd", "schwetz2021", right=True),
            Entry("icecube", "coloma2017", right=True),
            *_BEAMS,
        ),
    ),
}
ONE_AT_A_TIME = (
    Entry("xenon1t-er", flavor="mu"),
    Entry("coherent-csi", "coherent2017", "COHERENT", flavor="mu"),
    Entry("texono-csi", name="TEXONO", flavor="e"),
    Entry("borexino", "borexino2017", flavor="e"),
    Entry("lsnd", "magill2018", flavor="mu"),
    Entry("supercdms", flavor="e"),
    Entry("icecube", "coloma2017", flavor="mu"),
    Entry("sn1987a", "magill2018", flavor="mu"),
)
COSMOLOGY = (Entry("bbn", "brdar2020"), Entry("cmb", "brdar2020"))
SKY = (Entry("sn1987a", "magill2018"), *COSMOLOGY)
_SKY = ("cosmology", "sn1987a")
_LETTERS = {"e": "e", "mu": "μ", "tau": "τ"}


def requests() -> dict[str, tuple[tuple[str, str], ...]]:
    """Every curve that the figures need, (flavour, preset) by key."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for flavor, entries in PLANES.values():
        for entry in (*entries, *SKY):
            found.setdefault(entry.key, {})[flavor, entry.preset] = None
    for entry in ONE_AT_A_TIME:
        found.setdefault(entry.key, {})[entry.flavor, entry.preset] = None
    return {key: tuple(curves) for key, curves in found.items()}


def draw(out: Path, name: str, limits: Sequence[Limit]) -> None:
    """One figure in every format, as far as its curves are there."""
    drawn = figure(name, limits)
    if drawn is None:
        return
    for kind in canvas.FORMATS:
        canvas.save(drawn, out / "figures" / f"{name}.{kind}")


def figure(name: str, limits: Sequence[Limit]) -> Any:
    """One figure, still open; None if none of its curves is there."""
    known = {(c.key, c.direction.name, c.preset): c for c in limits if any(c.excluded)}
    with canvas.looks("paper") as look:
        if name == "fig6":
            return _one_at_a_time(known, look)
        if name == "fig7":
            return _sky(known, look)
        return _pair(name, known, look)


_Known = dict[tuple[str, str, str], Limit]


def _chosen(known: _Known, entries: Sequence[Entry], flavor: str) -> tuple[list[Limit], dict[str, str]]:
    """The curves of some entries, and their names; two presets of one key get keys of their own."""
    found, titles = [], {}
    for entry in entries:
        limit = known.get((entry.key, entry.flavor or flavor, entry.preset))
        if limit is None:
            continue
        key = entry.key if entry.preset == "default" or entry.key not in titles else f"{entry.key}:{entry.preset}"
        title = entry.name or names.short(entry.key)
        titles[key] = f"{title} ({_LETTERS[entry.flavor]})" if entry.flavor else title
        found.append(replace(limit, key=key))
    return found, titles


def _pair(name: str, known: _Known, look: style.Style) -> Any:
    flavor, entries = PLANES[name]
    left, titles = _chosen(known, [e for e in entries if not e.right], flavor)
    both, all_titles = _chosen(known, entries, flavor)
    if not both:
        return None
    figure, panels = pages.grid((style.SIZES["double"][0], style.SIZES["double"][1]), 1, 2)
    base = Choice(flavor, light=True, labels="all", window=drawing.window(both), titles=titles | all_titles)
    if left:
        drawing.draw(panels[0], left, replace(base, sides="left"), look)
    drawing.draw(panels[1], both, replace(base, sides="right"), look)
    panels[0].set_title("current")
    panels[1].set_title("with projections and regions of interest")
    pages.legend(figure, both, look)
    return figure


def _one_at_a_time(known: _Known, look: style.Style) -> Any:
    shown, titles = _chosen(known, ONE_AT_A_TIME, "")
    if not shown:
        return None
    size = (0.8 * style.SIZES["double"][0], style.SIZES["double"][1])
    figure, (panel,) = pages.grid(size, 1, 1)
    drawing.draw(panel, shown, Choice("one coupling at a time", light=True, labels="all", titles=titles), look)
    pages.legend(figure, shown, look)
    return figure


def _sky(known: _Known, look: style.Style) -> Any:
    drawn = {}
    for flavor, entries in PLANES.values():
        ground, titles = _chosen(known, entries, flavor)
        sky, sky_titles = _chosen(known, [SKY[0]], flavor)
        parts, _ = _chosen(known, COSMOLOGY, flavor)
        if sky or parts:
            drawn[flavor] = ground, [*sky, *([envelope("cosmology", parts)] if parts else [])], titles | sky_titles
    if not drawn:
        return None
    height = 2 * style.SIZES["double"][1] - pages.LEGEND
    figure, panels = pages.grid((style.SIZES["double"][0], height), 2, 2)
    window = drawing.window([c for ground, sky, _ in drawn.values() for c in (*ground, *sky)])
    for number, (flavor, (ground, sky, titles)) in enumerate(drawn.items()):
        existing = tuple(c.key for c in ground if c.kind == "exclusion")
        side = ("left", "right")[number % 2] if number + 1 < len(drawn) else ("both", "right")[number % 2]
        choice = Choice(flavor, light=True, bare=existing, titles=titles | {"cosmology": "Cosmology"}, sides=side)
        shown = [c for c in ground if c.kind != "roi"] + sky
        drawing.draw(panels[number], shown, replace(choice, window=window, labels="all"), look)
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    coloured = [
        c for ground, sky, _ in drawn.values() for c in (*sky, *ground) if c.kind == "projection" or c.key in _SKY
    ]
    pages.legend(figure, coloured, look, ground=True)
    return figure


def envelope(key: str, parts: Sequence[Limit]) -> Limit:
    """What any of several constraints on one grid of masses excludes, as one constraint."""
    merged = []
    for intervals in zip(*(c.excluded for c in parts), strict=True):
        found: list[Interval] = []
        for one in sorted((i for some in intervals for i in some), key=lambda i: i.low):
            last = found[-1] if found else None
            if last is not None and (last.high is None or one.low <= last.high):
                high = None if last.high is None or one.high is None else max(last.high, one.high)
                found[-1] = Interval(last.low, high)
            else:
                found.append(one)
        merged.append(tuple(found))
    return replace(parts[0], key=key, excluded=tuple(merged))
