"""The literature that the code rests on: ``*.bib`` beside this file, also read by the documentation."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Iterable

from nudipole.errors import UnknownNameError

# an entry starts with @type{key, at the start of a line and ends where the next one, or a comment, starts
_ENTRY = re.compile(r"^@\w+\s*\{\s*([^,\s]+)\s*,.*?\}[ \t]*(?=\s*(?:^[@%]|\Z))", re.DOTALL | re.MULTILINE)


@functools.cache
def entries() -> dict[str, str]:
    """BibTeX entries by key."""
    found: dict[str, str] = {}
    for node in sorted(importlib.resources.files(__name__).iterdir(), key=lambda n: n.name):
        if node.name.endswith(".bib"):
            found |= {m.group(1): m.group(0) for m in _ENTRY.finditer(node.read_text(encoding="utf-8"))}
    return found


def bibtex(keys: Iterable[str]) -> str:
    """The entries of these keys, each once, in alphabetical order.

    Raises
    ------
    UnknownNameError
        If a key is not in the bibliography.
    """
    known = entries()
    wanted = sorted(set(keys))
    for key in wanted:
        if key not in known:
            raise UnknownNameError("reference", key)
    return "\n\n".join(known[key] for key in wanted) + ("\n" if wanted else "")
