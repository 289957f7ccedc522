"""Pictures of one constraint from its own numbers: counts with the signal at the limit, ratio to published, presets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import svg

from nudipole import units
from nudipole.compilation.validation import Check
from nudipole.constraint import Limit
from nudipole.portal import Portal

_NAMES = {"1": "observable of the card", "quasi-elastic-energy": "quasi-elastic energy [GeV]"}


def shown_point(limit: Limit) -> tuple[float, float] | None:
    """Mass and coupling in the middle of the curve, on its lower edge; None if nothing is excluded."""
    found = np.nonzero(np.isfinite(limit.lower) & (limit.lower > 0))[0]
    if not found.size:
        return None
    middle = found[len(found) // 2]
    return float(limit.masses[middle]), float(limit.lower[middle])


def spectrum(constraint: Any, limit: Limit) -> tuple[str, str]:
    """Counts per bin, expected without N and those of N at the limit; the picture and what it shows, both may be empty."""
    point = shown_point(limit)
    if point is None or not hasattr(constraint, "rate"):
        return "", ""
    rate = constraint.rate(Portal(*point, limit.direction))
    expected = np.sum(list(rate.components.values()), axis=0) if rate.components else np.zeros_like(rate.signal)
    title = f"{limit.key}: counts expected without N, and those of N at the limit"
    if len(rate.signal) == 1:
        picture = _bars(rate.components, float(rate.signal[0]), rate.observed, title)
    else:
        picture = _stairs(rate, expected, title)
    words = (
        f"Expected counts, {'bin by bin' if len(rate.signal) > 1 else 'one number'}, and those of N with"
        f" M = {point[0]:.3g} GeV and d = {point[1]:.3g} GeV⁻¹, a point on the limit (flavour `{limit.direction.name}`)."
    )
    return picture, words


def _stairs(rate: Any, expected: Any, title: str) -> str:
    edges = np.asarray(rate.edges, dtype=float)
    if len(edges) != len(rate.signal) + 1:
        edges = np.arange(len(rate.signal) + 1.0)
    every = np.concatenate([expected, rate.signal, np.zeros(0) if rate.observed is None else rate.observed])
    top = float(every.max())
    low = max(float(every[every > 0].min()), 1e-4 * top, 0.3 * float(rate.signal.max()) * 1e-2)
    wide = bool(edges[0] > 0 and edges[-1] > 30.0 * edges[0])
    name = _NAMES.get(rate.axis, f"energy [{rate.axis}]" if rate.axis in ("eV", "keV", "MeV", "GeV") else rate.axis)
    frame = svg.Frame(
        svg.Axis(edges[0], edges[-1], name, wide),
        svg.Axis(10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(1.01 * top)), "counts per bin", True),
    )
    x = np.repeat(edges, 2)[1:-1]
    styles = {"without N": 'stroke="currentColor"', "N alone": f'stroke="{svg.COLORS[0]}"'}
    parts = frame.axes()
    for values, style in zip((expected, rate.signal), styles.values(), strict=True):
        shown = np.maximum(values, 1e-3 * frame.y.low)
        parts.append(frame.line(x, np.repeat(shown, 2), style))
    entries = [(style, words) for words, style in styles.items()]
    if rate.observed is not None:
        seen = np.where(np.asarray(rate.observed) > 0, rate.observed, np.nan)
        parts += frame.dots(0.5 * (edges[1:] + edges[:-1]), seen)
        entries.append((f'stroke="{svg.COLORS[1]}" stroke-dasharray="1 5"', "observed (circles)"))
    return svg.picture([*parts, *svg.legend(entries, frame.width - 190.0, 32.0)], frame.width, frame.height, title)


def _bars(components: Mapping[str, Any], signal: float, observed: Any, title: str) -> str:
    """One bin: what adds up to the count, one bar a component."""
    rows = [(name, float(np.sum(values)), "currentColor") for name, values in components.items()]
    rows.append(("N at the limit", signal, svg.COLORS[0]))
    seen = None if observed is None else float(np.sum(observed))
    most = max([value for _, value, _ in rows] + [seen or 0.0]) or 1.0
    if seen is not None:
        rows.append(("observed", seen, svg.COLORS[1]))
    parts = []
    for number, (name, value, color) in enumerate(rows):
        y = 14.0 + 26.0 * number
        parts.append(svg.text(225.0, y + 14.0, name if len(name) < 34 else name[:31] + "...", "end"))
        wide = 320.0 * value / most
        parts.append(f'<rect x="235" y="{y:.1f}" width="{wide:.1f}" height="18" fill="{color}" fill-opacity=".6"/>')
        parts.append(svg.text(241.0 + wide, y + 14.0, f"{value:.4g}", "start"))
    return svg.picture(parts, 640.0, 24.0 + 26.0 * len(rows), title)


def ratio(checks: Sequence[Check], title: str) -> str:
    """Our coupling over the published one against mass, one colour a comparison; empty without common masses."""
    shown = [c for c in checks if c.ratio.size]
    if not shown:
        return ""
    masses = np.concatenate([_common(c)[0] for c in shown])
    values = np.concatenate([c.ratio for c in shown])
    low, high = masses.min(), masses.max()
    spread = max(float(np.max(np.maximum(values, 1.0 / values))), 2.0) * 1.15
    frame = svg.Frame(
        svg.Axis(low / 1.3, high * 1.3, "M [GeV]", True),
        svg.Axis(-np.log2(spread), np.log2(spread), "log₂ of ours / published"),
        height=230.0,
        top=14.0 + 17.0 * len(shown),
    )
    parts = frame.axes()
    for level in (-np.log2(1.25), 0.0, np.log2(1.25)):
        dash = "" if level == 0 else 'stroke-dasharray="4 4"'
        parts.append(
            frame.line([frame.x.low, frame.x.high], [level, level], f'stroke="currentColor" opacity=".5" {dash}')
        )
    entries = []
    for number, check in enumerate(shown):
        style = svg.stroke(number)
        x, y = _common(check)
        dot = f'fill="{svg.COLORS[number % len(svg.COLORS)]}"'
        parts.append(frame.line(x, np.log2(y), style) if len(x) > 1 else "")
        parts += frame.dots(x, np.log2(y), dot)
        entries.append((style, f"{check.source[:44]} ({check.flavor}, {check.preset}, {check.edge} edge)"))
    return svg.picture([*parts, *svg.legend(entries, 74.0, 14.0)], frame.width, frame.height, title)


def _common(check: Check) -> tuple[Any, Any]:
    both = np.isfinite(check.ours) & np.isfinite(check.published) & (check.published > 0)
    return np.maximum(check.masses[both], units.EV), check.ratio


def presets(limits: Sequence[Limit], title: str) -> str:
    """The curves of one experiment under its presets, lower edges bold, upper ones thin; empty if there is nothing."""
    lines = [(lim, units.mu_from_d(lim.edge(e)), e) for lim in limits for e in ("lower", "upper")]
    good = [np.isfinite(y) & (y > 0) for _, y, _ in lines]
    if len(limits) < 2 or not any(g.any() for g in good):
        return ""
    x = np.concatenate([lim.masses[g] for (lim, _, _), g in zip(lines, good, strict=True)])
    y = np.concatenate([mu[g] for (_, mu, _), g in zip(lines, good, strict=True)])
    low = 10.0 ** np.floor(np.log10(y.min()))
    frame = svg.Frame(
        svg.Axis(10.0 ** np.floor(np.log10(x.min())), 10.0 ** np.ceil(np.log10(x.max())), "M [GeV]", True),
        svg.Axis(low, max(10.0 ** np.ceil(np.log10(y.max())), 10.0 * low), "μ = 2d [μ_B]", True),
        height=360.0 + 17.0 * len(limits),
        top=14.0 + 17.0 * len(limits),
    )
    parts, entries = frame.axes(), []
    for number, lim in enumerate(limits):
        style = svg.stroke(number)
        for edge, width in (("lower", 2.2), ("upper", 1.1)):
            mu = units.mu_from_d(lim.edge(edge))
            keep = np.where(np.isfinite(mu) & (mu > 0), mu, np.nan)
            parts.append(frame.line(lim.masses, keep, f'{style} style="stroke-width:{width}"'))
        entries.append((style, lim.preset))
    return svg.picture([*parts, *svg.legend(entries, 74.0, 14.0)], frame.width, frame.height, title)
