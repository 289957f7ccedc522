"""Vertical bars in the plain formulas of docstrings (|x|^2) stay bars: reStructuredText would read substitutions."""

from __future__ import annotations

import re
from typing import Any

# what is left alone: displayed mathematics, roles and literals, lines of examples
_KEPT = (
    r"^(?P<indent>[ ]*)\.\. math::.*(?:\n(?:(?P=indent)[ ]+.*|[ ]*$))*|:[\w:]+:`[^`]*`|``.*?``|^[ ]*(?:>>>|\.\.\.).*$"
)
_BAR = re.compile(rf"(?P<kept>{_KEPT})|\|", re.MULTILINE)


def escape(text: str) -> str:
    """The docstring with its plain bars escaped.

    Examples
    --------
    >>> escape("the sum of |d|^2, as in :math:`|x|`")
    'the sum of \\\\|d\\\\|^2, as in :math:`|x|`'
    """
    return _BAR.sub(lambda match: match.group("kept") or r"\|", text)


def _process(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = escape("\n".join(lines)).split("\n")


def setup(app: Any) -> dict[str, bool]:
    """Hook of Sphinx."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
