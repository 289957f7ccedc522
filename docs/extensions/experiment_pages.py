"""Pages written from the cards when the documentation is built: one for each constraint, their list, and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import experiment_pictures
import geometry_sketches
import numpy as np

from nudipole import units
from nudipole.catalogue import registry
from nudipole.catalogue.curves import published
from nudipole.compilation.validation import Check
from nudipole.constraint import Constraint, Limit
from nudipole.inputs import tables
from nudipole.portal import Direction

KINDS = {
    "exclusion": "Exclusions",
    "projection": "Projections",
    "roi": "Regions of interest",
    "line": "Lines of theory",
}
_MASSES = 30
_SHOWN = ("source", "target", "exposure", "detector", "matter", "volume", "geometry", "selection", "response")
_SHOWN += ("histogram", "beam", "running", "search", "production", "background", "nuisance", "members", "observation")
_EVERY = 3  # of the masses of a curve, for the curves of presets
_WIDTH, _HEIGHT, _MARGIN = 640, 420, 62


def flavor_of(constraint: Constraint) -> str:
    """The flavour that is drawn: nu_mu where there is a curve for it, else the first one."""
    return "mu" if "mu" in constraint.flavors else constraint.flavors[0]


def curve(constraint: Constraint) -> Limit:
    """The limit that is drawn on the page of a constraint."""
    low, high = constraint.mass_range
    masses = np.geomspace(low, high * (1.0 - 1e-9), _MASSES)
    return constraint.limit(masses, Direction(flavor_of(constraint)))


def drawing(limit: Limit, checks: Sequence[Check]) -> str:
    """Mass against mu in Bohr magnetons, both logarithmic, as SVG: our edges as lines, published points as circles.

    Empty if nothing is excluded.
    """
    lines = [(limit.masses, units.mu_from_d(limit.edge(name))) for name in ("lower", "upper")]
    points = [(c.masses, units.mu_from_d(c.published)) for c in checks if c.flavor == limit.direction.name]
    finite = [_finite(*pair) for pair in lines + points]
    every = np.concatenate([pair for pair in finite if pair.size], axis=1) if any(p.size for p in finite) else None
    if every is None:
        return ""
    low, high = np.floor(np.log10(every.min(axis=1))), np.ceil(np.log10(every.max(axis=1)))
    high = np.maximum(high, low + 1.0)
    size = np.array([_WIDTH - _MARGIN - 12.0, _HEIGHT - _MARGIN - 12.0])

    def place(pair: Any) -> Any:
        share = (np.log10(pair) - low[:, None]) / (high - low)[:, None]
        return np.array([_MARGIN + size[0] * share[0], 12.0 + size[1] * (1.0 - share[1])])

    parts = [*_axes(low, high, place), *(_line(place(p)) for p in finite[: len(lines)] if p.size)]
    for pair in finite[len(lines) :]:
        if pair.size:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="published"/>' for x, y in place(pair).T]
    title = f"{limit.key}, {limit.direction.name}: excluded mu against mass"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img"'
        f' font-size="13" fill="currentColor"><title>{escape(title)}</title>'
        "<style>.published{fill:none;stroke:#d55e00;stroke-width:1.5}.ours{fill:none;stroke:#0072b2;stroke-width:2.5}"
        f".grid{{stroke:currentColor;opacity:.18}}</style>{''.join(parts)}</svg>"
    )


def _finite(x: Any, y: Any) -> Any:
    good = np.isfinite(x) & np.isfinite(y) & (np.asarray(x) > 0) & (np.asarray(y) > 0)
    return np.array([np.asarray(x)[good], np.asarray(y)[good]])


def _line(at: Any) -> str:
    return f'<polyline class="ours" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at.T)}"/>'


def _axes(low: Any, high: Any, place: Any) -> list[str]:
    left, top = place(10.0 ** np.array([[low[0]], [high[1]]])).ravel()
    right, bottom = place(10.0 ** np.array([[high[0]], [low[1]]])).ravel()
    parts = []
    for power in np.arange(low[0], high[0] + 1.0):
        x = place(10.0 ** np.array([[power], [low[1]]]))[0, 0]
        parts.append(f'<path class="grid" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{_power(power)}</text>')
    step = max(1.0, np.ceil((high[1] - low[1]) / 12.0))
    for power in np.arange(low[1], high[1] + 1.0, step):
        y = place(10.0 ** np.array([[low[0]], [power]]))[1, 0]
        parts.append(f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')
        parts.append(f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{_power(power)}</text>')
    middle = 0.5 * (top + bottom)
    return [
        *parts,
        f'<text x="{0.5 * (left + right):.1f}" y="{bottom + 40:.1f}" text-anchor="middle">M [GeV]</text>',
        f'<text transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">\u03bc = 2d [\u03bc_B]</text>',
    ]


def _power(power: float) -> str:
    return f'10<tspan dy="-5" font-size="10">{power:.0f}</tspan>'


def page(constraint: Constraint, limit: Limit, checks: Sequence[Check]) -> str:
    """The page of one constraint, in MyST."""
    card = getattr(constraint, "card", None)
    raw = getattr(constraint, "raw", {})
    explained = constraint.explain("default")
    facts = [
        ("Key", constraint.key),
        ("Kind", constraint.kind),
        ("Basis", constraint.basis),
        ("Confidence level", f"{constraint.confidence_level:.3g}"),
        ("Test", explained.get("test", "")),
        ("Flavours", ", ".join(constraint.flavors)),
        ("Masses", "{:.3g} to {:.3g} GeV".format(*constraint.mass_range)),
    ]
    parts = [f"# {constraint.title}", "" if card is None else card.summary]
    parts.append("| | |\n|---|---|\n" + "\n".join(f"| {name} | {_cell(text)} |" for name, text in facts if text))
    sketch = geometry_sketches.sketch(raw, constraint.title)
    if sketch:
        parts += [
            "## Where N is made and seen",
            _raw(sketch),
            "From the side, the beam from the left; the numbers are the card's.",
        ]
    counts, words = experiment_pictures.spectrum(constraint, limit)
    if counts:
        parts += ["## Signal and background", _raw(counts), words]
    picture = drawing(limit, checks)
    if picture:
        words = f"Edges of the excluded region for the flavour `{limit.direction.name}`, default preset (line)"
        words += ", and published values (circles)." if "circle" in picture else "."
        parts += ["## Limit", _raw(picture), words]
    parts.append(f"    nudipole limit {constraint.key} --flavor {limit.direction.name} --mass {_middle(limit):.3g}")
    parts += _comparisons(checks)
    parts += _presets(constraint, limit)
    if card is not None and card.shortcuts:
        parts.append("## Simplifications\n\n" + "\n".join(f"- {_cell(text)}" for text in card.shortcuts))
    rows = [f"| `{name}` | {_inputs(raw[name])} |" for name in _SHOWN if name in raw]
    if rows:
        parts.append("## Inputs\n\nFrom its card.\n\n| section | values |\n|---|---|\n" + "\n".join(rows))
    parts += _tables(raw, getattr(constraint, "file", Path("card.toml")))
    if constraint.citations:
        parts.append("## References\n\n" + ", ".join(f"{{cite:t}}`{key}`" for key in constraint.citations))
    return "\n\n".join(part for part in parts if part) + "\n"


def _raw(picture: str) -> str:
    return f"```{{raw}} html\n{picture}\n```"


def _middle(limit: Limit) -> float:
    found = limit.masses[np.isfinite(limit.lower)]
    return float(found[len(found) // 2]) if found.size else float(limit.masses[0])


def _comparisons(checks: Sequence[Check]) -> list[str]:
    if not checks:
        return []
    rows = [
        f"| {_cell(c.source)} | {c.flavor} | {c.preset} | {c.convention} | {_ratio(c)} | {c.verdict} | {_cell(c.note)} |"
        for c in checks
    ]
    head = "| source | flavour | preset | its convention | ours / published in d, median (range) | verdict | note |\n"
    parts = ["## Comparison with published limits"]
    picture = experiment_pictures.ratio(checks, f"{checks[0].key}: our coupling over the published one against mass")
    if picture:
        parts += [
            _raw(picture),
            "Zero is agreement, one a factor 2; dashed: 25 per cent. Above zero our limit is weaker.",
        ]
    return [*parts, head + "|---|---|---|---|---|---|---|\n" + "\n".join(rows)]


def _ratio(check: Check) -> str:
    return "{:.3g} ({:.3g} to {:.3g})".format(check.median, *check.extremes) if check.ratio.size else "no common mass"


def _presets(constraint: Constraint, limit: Limit) -> list[str]:
    masses = limit.masses[::_EVERY]
    names = constraint.presets[1:]
    curves = [constraint.limit(masses, limit.direction, preset=name) for name in names]
    rows = []
    for name, one in zip(names, curves, strict=True):
        explained = constraint.explain(name)
        ratio = one.lower / limit.lower[::_EVERY]
        shown = ratio[np.isfinite(ratio)]
        middle = f"{np.median(shown):.3g}" if shown.size else "no common mass"
        rows.append(f"| `{name}` | {middle} | {_cell(explained.get('about') or explained.get('note') or '')} |")
    if not rows:
        return []
    picture = experiment_pictures.presets([limit, *curves], f"{constraint.key}: limits under each preset")
    table = "| preset | d / default, median | what it assumes |\n|---|---|---|\n" + "\n".join(rows)
    words = f"Flavour `{limit.direction.name}`, each at its own confidence level; thin lines are upper edges."
    return ["## Presets", *([_raw(picture), words] if picture else []), table]


def _tables(raw: Mapping[str, Any], file: Path) -> list[str]:
    """Where the numbers of each table that a card names are from."""
    rows = []
    for name in sorted(set(_named(raw))):
        table = tables.find(name, file, "table")
        if table is not None:
            told = table.provenance
            rows.append(
                f"| {_cell(told['what'])} | {_cell(told['source'])} | {_cell(told['obtained'])} | {len(table)} |"
            )
    head = "| what | source | how obtained | rows |\n|---|---|---|---|\n"
    words = "Every table is a file with these words at its top."
    return [f"## Tables and their provenance\n\n{words}\n\n{head}" + "\n".join(rows)] if rows else []


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.endswith(".csv"):
            yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _named(item)


def _inputs(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_inputs(item)}" for name, item in value.items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "<br>".join(_inputs(item) for item in value)
    if isinstance(value, list):
        return ", ".join(_inputs(item) for item in value)
    return f"`{value}`"


def _cell(text: str) -> str:
    """Text of a card in a table or paragraph: what would be markup is escaped."""
    for character in "\\|*_[]<>$`{}~":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def index(constraints: Iterable[Constraint]) -> str:
    """The list of all pages, by kind."""
    parts = [
        "# Experiments and other constraints",
        "One page each, written from its card: what it measures, the model, presets, and how far our curve is from the "
        "published one.",
    ]
    every = list(constraints)
    for kind, heading in KINDS.items():
        keys = sorted(c.key for c in every if c.kind == kind)
        if keys:
            parts.append(f"## {heading}\n\n```{{toctree}}\n:maxdepth: 1\n\n" + "\n".join(keys) + "\n```")
    return "\n\n".join(parts) + "\n"


def conventions() -> str:
    """Which publication uses which coupling, from the curves that we hold."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in published().values():
        found.setdefault((one.source, one.convention), set()).update(one.experiments)
    rows = [f"| {_cell(s)} | {c} | {', '.join(sorted(k))} |" for (s, c), k in sorted(found.items())]
    return "| source of a curve | its coupling | compared with |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def converter() -> str:
    """Three boxes that follow one another: d, mu in GeV^-1, mu in Bohr magnetons."""
    rows = [("d", "d [GeV<sup>-1</sup>]", 1.0), ("mu", "\u03bc = 2d [GeV<sup>-1</sup>]", 2.0)]
    rows.append(("muB", "\u03bc = 2d [\u03bc<sub>B</sub>]", units.mu_from_d(1.0)))
    boxes = "".join(
        f'<p><label>{text} <input class="convert" data-per-d="{factor!r}" value="{1e-9 * factor:.4g}"></label></p>'
        for _, text, factor in rows
    )
    script = """
const boxes = [...document.querySelectorAll("input.convert")];
for (const box of boxes) box.addEventListener("input", () => {
  const d = Number(box.value) / Number(box.dataset.perD);
  for (const other of boxes) {
    if (other !== box) other.value = Number.isFinite(d) ? (d * Number(other.dataset.perD)).toPrecision(5) : "";
  }
});
"""
    return f"{boxes}\n<script>{script}</script>\n"


def write(folder: Path, checks: Sequence[Check]) -> list[Limit]:
    """Every page into ``folder/experiments`` and the table of conventions into ``folder``; returns the limits drawn."""
    (folder / "experiments").mkdir(parents=True, exist_ok=True)
    limits = []
    for key in registry.all_keys():
        constraint = registry.get(key)
        limits.append(curve(constraint))
        own = [check for check in checks if check.key == key]
        (folder / "experiments" / f"{key}.md").write_text(page(constraint, limits[-1], own), encoding="utf-8")
    (folder / "experiments" / "index.md").write_text(index(map(registry.get, registry.all_keys())), encoding="utf-8")
    (folder / "converter.html").write_text(converter(), encoding="utf-8")
    (folder / "conventions_table.md").write_text(conventions(), encoding="utf-8")
    return limits
