"""The directive ``fold``: what follows it in its section is shown on a click.

It stands right below a heading. The heading stays in the page and in its table of contents, and a link to anything inside
opens the fold: browsers do that for ``<details>``. Other builders than HTML show everything.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class fold_mark(nodes.Invisible, nodes.Element):
    """Where a fold begins; ``words`` is what a reader clicks."""


class fold(nodes.General, nodes.Element):
    """What is folded."""


class Fold(SphinxDirective):
    """``fold`` with the words of its summary as an optional argument."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A mark, which becomes a fold once the table of contents is known."""
        return [fold_mark(words=self.arguments[0] if self.arguments else "Show")]


def _close(_app: Any, doctree: nodes.document, _name: str) -> None:
    for mark in list(doctree.findall(fold_mark)):
        parent = mark.parent
        at = parent.index(mark)
        folded = fold(words=mark["words"])
        folded += parent.children[at + 1 :]
        del parent.children[at:]
        parent += folded


def _open(translator: Any, node: fold) -> None:
    translator.body.append(f'<details class="fold"><summary>{escape(node["words"])}</summary>\n')


def _shut(translator: Any, _node: fold) -> None:
    translator.body.append("</details>\n")


def _nothing(_translator: Any, _node: nodes.Node) -> None:
    return None


def setup(app: Any) -> dict[str, bool]:
    """Hook of Sphinx."""
    plain = dict.fromkeys(("latex", "text", "man", "texinfo"), (_nothing, _nothing))
    app.add_node(fold, html=(_open, _shut), **plain)
    app.add_node(fold_mark, html=(_nothing, _nothing), **plain)
    app.add_directive("fold", Fold)
    app.connect("doctree-resolved", _close)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
