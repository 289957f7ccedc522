"""Two atlases against each other: what moved, and by how much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import numpy as np

from nudipole.constraint import Limit


def markdown(before: Sequence[Limit], after: Sequence[Limit]) -> str:
    """A table of the change of every curve's lower edge: median and extremes of d(after) / d(before)."""
    old = {(c.key, c.direction.name): c for c in before}
    new = {(c.key, c.direction.name): c for c in after}
    lines = [
        "# Comparison with an earlier atlas",
        "",
        "| experiment | flavour | median d(new)/d(old) | min | max |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            lines.append(f"| {cell(name[0])} | {cell(name[1])} | {'new' if name in new else 'gone'} | | |")
            continue
        ratio = _ratio(old[name], new[name])
        shown = f"{np.median(ratio):.4f} | {ratio.min():.4f} | {ratio.max():.4f}" if ratio.size else "no overlap | |"
        lines.append(f"| {cell(name[0])} | {cell(name[1])} | {shown} |")
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Text of another file as one cell of a Markdown table: nothing in it is markup, nothing leaves the line.

    Examples
    --------
    >>> cell("dune-nd"), cell("<b>")
    ('dune-nd', '&lt;b&gt;')
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", escape(plain, quote=False))


def _ratio(old: Limit, new: Limit) -> np.ndarray:
    """Lower edges at the new masses that lie inside the old curve, which is interpolated in logarithms."""
    known = np.isfinite(old.lower) & (old.lower > 0)
    if not np.any(known):
        return np.zeros(0)
    masses = old.masses[known]
    inside = np.isfinite(new.lower) & (new.masses >= masses[0]) & (new.masses <= masses[-1])
    expected = np.exp(np.interp(np.log(new.masses[inside]), np.log(masses), np.log(old.lower[known])))
    return np.asarray(new.lower[inside] / expected)
