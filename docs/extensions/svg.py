"""Small pictures of the documentation as SVG text: axes that follow the colours of the page, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

#: Okabe and Ito, in the order in which lines of one picture take them.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255")
DASHES = ("", "7 3", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Axis:
    """One axis: its ends, whether it is logarithmic, and its name (plain text)."""

    low: float
    high: float
    name: str
    logarithmic: bool = False

    def share(self, values: Any) -> Any:
        """Where values lie between the ends, from 0 to 1."""
        low, high, at = self._scale(self.low), self._scale(self.high), self._scale(values)
        return (at - low) / (high - low)

    def marks(self, most: int = 8) -> list[tuple[float, str]]:
        """Values that are marked, with their text."""
        if self.logarithmic:
            first, last = np.ceil(np.log10(self.low) - 1e-9), np.floor(np.log10(self.high) + 1e-9)
            step = max(1.0, np.ceil((last - first) / most))
            return [(10.0**p, power(p)) for p in np.arange(first, last + 0.5, step)]
        step = rounded((self.high - self.low) / 5.0)
        first = np.ceil(self.low / step - 1e-9)
        return [(step * n, f"{step * n:g}") for n in np.arange(first, np.floor(self.high / step + 1e-9) + 0.5)]

    def _scale(self, values: Any) -> Any:
        return np.log10(values) if self.logarithmic else np.asarray(values, dtype=float)


@dataclass(frozen=True)
class Frame:
    """Two axes and the place that they have [px]."""

    x: Axis
    y: Axis
    width: float = 640.0
    height: float = 380.0
    left: float = 66.0
    bottom: float = 48.0
    top: float = 12.0
    right: float = 14.0

    def place(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Pixels of values."""
        wide, high = self.width - self.left - self.right, self.height - self.top - self.bottom
        return self.left + wide * self.x.share(x), self.top + high * (1.0 - self.y.share(y))

    def axes(self) -> list[str]:
        """Grid, marks and names."""
        low, high = self.height - self.bottom, self.top
        left, right = self.left, self.width - self.right
        parts = [f'<rect class="frame" x="{left}" y="{high}" width="{right - left:.1f}" height="{low - high:.1f}"/>']
        for value, words in self.x.marks():
            x = self.place(value, self.y.low)[0]
            parts.append(f'<path class="grid" d="M{x:.1f} {high:.1f}V{low:.1f}"/>')
            parts.append(text(x, low + 18.0, words, raw=True))
        for value, words in self.y.marks():
            y = self.place(self.x.low, value)[1]
            parts.append(f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')
            parts.append(text(left - 6.0, y + 4.0, words, "end", raw=True))
        parts.append(text(0.5 * (left + right), low + 40.0, self.x.name))
        middle = 0.5 * (low + high)
        turn = f'transform="translate(14 {middle:.1f}) rotate(-90)"'
        parts.append(f'<text {turn} text-anchor="middle">{escape(self.y.name)}</text>')
        return parts

    def line(self, x: Any, y: Any, style: str = "") -> str:
        """A line through the points that can be drawn, broken where there is none; clipped to the frame."""
        px, py = self.place(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        low, high = self.top, self.height - self.bottom
        words, begun = [], False
        for a, b in zip(px, np.clip(py, low - 1.0, high + 1.0), strict=True):
            if np.isfinite(a) and np.isfinite(b):
                words.append(f"{'L' if begun else 'M'}{a:.1f} {b:.1f}")
            begun = bool(np.isfinite(a) and np.isfinite(b))
        return f'<path fill="none" stroke-width="2.2" {style} d="{"".join(words)}"/>' if words else ""

    def dots(self, x: Any, y: Any, style: str = 'class="published"') -> list[str]:
        """Circles."""
        px, py = self.place(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        pairs = zip(np.atleast_1d(px), np.atleast_1d(py), strict=True)
        return [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" {style}/>' for a, b in pairs if np.isfinite(a + b)]


def text(x: float, y: float, words: str, anchor: str = "middle", *, raw: bool = False, size: int = 13) -> str:
    """A piece of text; ``raw`` is text that holds SVG."""
    shown = words if raw else escape(words)
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{shown}</text>'


def power(exponent: float) -> str:
    """Ten to the power of it."""
    return f'10<tspan dy="-5" font-size="10">{exponent:.0f}</tspan>'


def legend(entries: Sequence[tuple[str, str]], x: float, y: float) -> list[str]:
    """Lines (style, words) one below the other, from a place [px]."""
    parts = []
    for number, (style, words) in enumerate(entries):
        at = y + 17.0 * number
        parts.append(f'<path fill="none" stroke-width="2.2" {style} d="M{x:.1f} {at - 4:.1f}h22"/>')
        parts.append(text(x + 28.0, at, words, "start", size=12))
    return parts


def stroke(number: int) -> str:
    """Colour and dashes of the line of this number."""
    return f'stroke="{COLORS[number % len(COLORS)]}" stroke-dasharray="{DASHES[number // len(COLORS) % len(DASHES)]}"'


def picture(parts: Sequence[str], width: float, height: float, title: str) -> str:
    """The whole picture with its name for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="100%" role="img"'
        f' style="max-width:{width:.0f}px" font-size="13" fill="currentColor"><title>{escape(title)}</title>'
        "<style>.published{fill:none;stroke:#d55e00;stroke-width:1.5}.grid{stroke:currentColor;opacity:.15}"
        ".frame{fill:none;stroke:currentColor;opacity:.4}.body{stroke:currentColor;stroke-width:1}"
        f".measure{{stroke:currentColor;stroke-width:1.2}}</style>{''.join(part for part in parts if part)}</svg>"
    )


def rounded(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below a step."""
    base = 10.0 ** np.floor(np.log10(step))
    return float(next(n * base for n in (1.0, 2.0, 5.0, 10.0) if n * base >= step * (1.0 - 1e-9)))
