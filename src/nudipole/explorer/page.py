"""The page as one file: style, modules and data put into the template, with a picture for readers without scripts."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.resources
import re
from collections.abc import Sequence

import numpy as np

from nudipole import __version__
from nudipole.constraint import Limit
from nudipole.plot import style
from nudipole.plot.regions import regions
from nudipole.units import mu_from_d

#: Modules in the order in which they need one another.
MODULES = (
    "payload", "numbers", "dom", "statistics", "whatif", "curves", "state", "plane", "spectrum", "recipe", "point",
    "sliders", "save", "table", "controls", "live", "main",
)  # fmt: skip
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_NOTES = re.compile(r"^ *(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)  # that fill whole lines
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)
# the first view, as in web/state.js: log10 of mass/GeV and of d GeV; and the size of the picture without scripts
HOME = (-6.0, 2.6, -12.4, -2.6)
_WIDTH, _HEIGHT, _UNIT, _CEILING = 900, 600, 1000, 3.0
_ORDER = ("mu", "e", "tau", "universal", "coherent")


def source(name: str) -> str:
    """One file of the web folder."""
    return (importlib.resources.files(__package__) / "web" / name).read_text(encoding="utf-8")


def script() -> str:
    """Every module in one: what a browser runs. Names at the top of modules must differ, which a test keeps."""
    parts = [_EXPORT.sub("", _IMPORT.sub("", _NOTES.sub("", source(f"{name}.js")))) for name in MODULES]
    return "\n".join(parts)


def page(data: str, limits: Sequence[Limit], token: str = "") -> str:
    """The whole page.

    Parameters
    ----------
    data : str
        From :func:`nudipole.explorer.dataset.encode`.
    limits : sequence of Limit
        Curves, for the picture that is there before any script runs.
    token : str
        Of the local server; empty for a file that stands alone, which then may connect to nothing.
    """
    code = script()
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    values = {
        "SCRIPT_HASH": f"sha256-{digest}",
        "CONNECT": "'self'" if token else "'none'",
        "TOKEN": f'<meta name="nudipole-token" content="{html.escape(token, quote=True)}">' if token else "",
        "VERSION": html.escape(__version__),
        "STYLE": source("style.css"),
        "PICTURE": picture(limits),
        "DATA": data,
        "SCRIPT": code,
    }
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], source("page.html"))


def picture(limits: Sequence[Limit]) -> str:
    """The curves of one flavour as SVG: the first paint, and all there is without JavaScript."""
    present = {limit.direction.name for limit in limits}
    flavor = next((f for f in _ORDER if f in present), "")
    chosen = [c for c in limits if c.direction.name == flavor and any(c.excluded)]
    fills = "".join(
        f'<path class="fill" d="{d}"/>' for c in chosen if c.kind == "exclusion" for d in (_path(c, filled=True),)
    )
    dashes = {"projection": "7 4", "roi": "2 3", "line": "1 4"}
    strokes = []
    for c in chosen:
        dash = f' stroke-dasharray="{dashes[c.kind]}"' if c.kind in dashes else ""
        color = style.color(c.key)
        strokes.append(
            f'<path class="curve {c.kind}" data-key="{html.escape(c.key, quote=True)}" stroke="{color}"{dash}'
            f' vector-effect="non-scaling-stroke" d="{_path(c)}"><title>{html.escape(c.key)}</title></path>'
        )
    sx, sy = _WIDTH / (HOME[1] - HOME[0]) / _UNIT, _HEIGHT / (HOME[3] - HOME[2]) / _UNIT
    matrix = f"matrix({sx:.6g} 0 0 {sy:.6g} {-HOME[0] * _UNIT * sx:.6g} {HOME[3] * _UNIT * sy:.6g})"
    name = f"Plane of mass and coupling, {html.escape(flavor)}: {len(chosen)} curves"
    return (
        f'<svg id="plane" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="application" tabindex="0" aria-label="{name}"'
        f' aria-describedby="keys"><g transform="{matrix}">{fills}{"".join(strokes)}</g></svg>'
    )


def _path(limit: Limit, filled: bool = False) -> str:
    """The boundary of every region in thousandths of a decade, or its area."""
    scale = mu_from_d(1.0)
    text = []
    for region in regions(limit):
        x = np.log10(region.masses)
        low, finite = np.log10(region.low / scale), np.isfinite(region.high)
        high = np.where(finite, np.log10(np.where(finite, region.high, 1.0) / scale), _CEILING)
        if filled:
            text.append(_line(np.append(x, x[::-1]), np.append(low, high[::-1])) + "Z")
            continue
        start, stop = [high[0]] if region.starts else [], [high[-1]] if region.stops else []
        if limit.kind == "line":
            start, stop = [], []
        xs = np.concatenate([x[:1][: len(start)], x, x[-1:][: len(stop)]])
        text.append(_line(xs, np.concatenate([start, low, stop])))
        if np.count_nonzero(finite) > 1 and limit.kind != "line":
            text.append(_line(x[finite], high[finite]))
    return "".join(text)


def _line(x: np.ndarray, y: np.ndarray) -> str:
    points = [f"{round(_UNIT * a)} {round(-_UNIT * b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    return "M" + "L".join(points)
