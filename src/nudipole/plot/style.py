"""Colours, line widths and settings of the figures; nothing here needs matplotlib.

One colour a family of experiments, safe for colour-blind eyes (Okabe and Ito 2008, Tol 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nudipole.catalogue import families
from nudipole.errors import check_choice

#: Colour of each family, in the order of legends.
COLORS: dict[str, str] = {
    families.SOLAR_ELECTRON: "#E69F00",
    families.SOLAR_NUCLEUS: "#D55E00",
    families.REACTOR: "#009E73",
    families.STOPPED_PION: "#56B4E9",
    families.EARTH: "#8C6D31",
    families.COLLIDER: "#7A4FA3",
    families.COSMOLOGY: "#CC79A7",
    families.STARS: "#882255",
    families.THEORY: "#777777",
    families.BEAM: "#0072B2",
    families.OWN: "#2B2B2B",
}

Size = Literal["single", "double", "slide"]
#: Figure sizes [inches]: one and two columns of a journal (86 and 178 mm), and a 16:9 slide.
SIZES: dict[str, tuple[float, float]] = {"single": (3.386, 3.05), "double": (7.008, 3.45), "slide": (10.0, 5.625)}


@dataclass(frozen=True)
class Style:
    """One look: colours of paper and ink, strengths of lines, size of names [pt], matplotlib settings."""

    paper: str
    ink: str
    excluded: str
    name_size: float
    strong: float
    thin: float
    tint: float  # share of the class colour in its fill
    rc: dict[str, Any]


_SHARED: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "nudipole",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "legend.frameon": False,
}


def _settings(size: float, line: float, paper: str, ink: str, dpi: float = 300.0) -> dict[str, Any]:
    inked = ("axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color", "text.color")
    colors = dict.fromkeys(inked, ink)
    colors |= {"figure.facecolor": paper, "axes.facecolor": paper, "savefig.facecolor": paper}
    ticks = {f"{axis}tick.{part}.width": line for axis in "xy" for part in ("major", "minor")}
    ticks |= {f"{axis}tick.labelsize": size for axis in "xy"}
    ticks |= {f"{axis}tick.major.size": 4.5 * line / 0.6 * 0.7 for axis in "xy"}
    ticks |= {f"{axis}tick.minor.size": 2.4 * line / 0.6 * 0.7 for axis in "xy"}
    sizes = {"font.size": size, "axes.labelsize": size + 1, "axes.titlesize": size, "legend.fontsize": size - 0.5}
    return {**_SHARED, **colors, **ticks, **sizes, "axes.linewidth": line, "figure.dpi": 150, "savefig.dpi": dpi}


STYLES: dict[str, Style] = {
    "paper": Style("white", "black", "#E9E9E9", 5.6, 1.15, 0.45, 0.17, _settings(7.0, 0.6, "white", "black")),
    "talk": Style("white", "black", "#E9E9E9", 9.0, 2.0, 0.8, 0.17, _settings(12.0, 1.0, "white", "black", 200.0)),
    "dark": Style(
        "#16181D", "#E8E8E8", "#2A2E36", 9.0, 2.0, 0.8, 0.20, _settings(12.0, 1.0, "#16181D", "#E8E8E8", 200.0)
    ),
}


def get(name: str) -> Style:
    """The style of this name.

    Raises
    ------
    UnknownNameError
        Lists the styles there are.
    """
    check_choice("style", name, STYLES)
    return STYLES[name]


def color(key: str) -> str:
    """Colour of a constraint: that of its family (:func:`nudipole.catalogue.families.family`).

    Examples
    --------
    >>> color("conus-plus")
    '#009E73'
    """
    return COLORS[families.family(key)]


def mix(color: str, other: str, share: float) -> str:
    """A share of one colour in another, both as #rrggbb, ``white`` or ``black``.

    Examples
    --------
    >>> mix("#000000", "white", 0.5)
    '#808080'
    """
    one, two = _rgb(color), _rgb(other)
    return "#" + "".join(f"{round(share * a + (1.0 - share) * b):02x}" for a, b in zip(one, two, strict=True))


def tint(color: str, style: Style) -> str:
    """The fill of a class: its colour, light on the paper of this style."""
    return mix(color, style.paper, style.tint)


def written(color: str, style: Style) -> str:
    """The colour of a name: that of its curve, with more contrast to the paper."""
    return mix(color, style.ink, 0.70 if style.ink == "black" else 0.55)


def pale(color: str, style: Style) -> str:
    """The colour of a curve that forms no frontier."""
    return mix(color, style.paper, 0.45)


def _rgb(color: str) -> tuple[int, int, int]:
    text = {"white": "#ffffff", "black": "#000000"}.get(color, color)
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
