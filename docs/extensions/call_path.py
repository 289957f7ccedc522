"""The directive ``call-path``: nested calls, written as indented text, drawn as a diagram (SVG, no other program needed).

Each line is ``file: function | what it does``; two more blanks of indentation mean "calls". The first line may be a command
in backquotes. ``tests/test_architecture_page.py`` runs the command and checks that every call shown happens as nested.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_ROW, _INDENT, _WIDTH, _BOX = 50, 22, 860, 40


class Call(NamedTuple):
    """One line of a diagram; ``function`` is empty for a command."""

    depth: int
    file: str
    function: str
    about: str


def parse(text: str) -> list[Call]:
    """The calls of a diagram, in order.

    Examples
    --------
    >>> parse("a.py: f | starts\\n  b.py: g | goes on")[1]
    Call(depth=1, file='b.py', function='g', about='goes on')
    """
    calls = []
    for line in text.splitlines():
        if line.strip():
            depth = (len(line) - len(line.lstrip())) // 2
            place, _, about = (part.strip() for part in line.partition("|"))
            file, _, function = (
                ("", "", "") if place.startswith("`") else (part.strip() for part in place.partition(":"))
            )
            calls.append(Call(depth, file or place.strip("`"), function, about))
    return calls


def svg(calls: list[Call]) -> str:
    """Boxes below one another, each joined to the one that calls it; colours are those of the page."""
    parts = []
    last: dict[int, int] = {}
    for row, call in enumerate(calls):
        x, y = call.depth * _INDENT, row * _ROW
        if call.depth and call.depth - 1 in last:
            corner = (call.depth - 1) * _INDENT + 10
            top = last[call.depth - 1] * _ROW + _BOX
            parts.append(f'<path d="M{corner} {top} V{y + _BOX / 2} H{x}" fill="none" stroke="currentColor"/>')
        name = f"{call.file}: {call.function}" if call.function else call.file
        parts.append(
            f'<rect x="{x}" y="{y}" width="{_WIDTH - x}" height="{_BOX}" rx="4" fill="none" stroke="currentColor"/>'
            f'<text x="{x + 10}" y="{y + 17}" font-family="monospace" font-size="13" font-weight="bold"'
            f' fill="currentColor">{escape(name)}</text>'
            f'<text x="{x + 10}" y="{y + 33}" font-size="12" fill="currentColor">{escape(call.about)}</text>'
        )
        last[call.depth] = row
    size = f'viewBox="-1 -1 {_WIDTH + 2} {len(calls) * _ROW}"'
    title = f"Calls made by {calls[0].file}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="100%" {size}><title>{title}</title>{"".join(parts)}</svg>'


class CallPath(SphinxDirective):
    """Draws its content; formats other than HTML show the text."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        if self.env.app.builder.format == "html":
            return [nodes.raw("", svg(parse(text)), format="html")]
        return [nodes.literal_block(text, text)]


def setup(app: Any) -> dict[str, bool]:
    """Hook of Sphinx."""
    app.add_directive("call-path", CallPath)
    return {"parallel_read_safe": True}
