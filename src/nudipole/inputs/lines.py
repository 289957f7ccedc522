"""On which line of a card a field stands."""

from __future__ import annotations

import re
from collections import Counter

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-\"' ]+?)\s*=")


def find(text: str, field: str) -> int | None:
    """The line, from 1, of a field such as ``matter[1].density_g_cm3``, or of the nearest table around it; None if nowhere.

    Examples
    --------
    >>> find("schema = 1\\n[[matter]]\\nname = 'a'\\n[[matter]]\\nname = 'b'", "matter[1].name")
    5
    """
    places = _places(text)
    parts = _parts(field)
    for length in range(len(parts), 0, -1):
        found = places.get(".".join(parts[:length]))
        if found is not None:
            return found
    return None


def _parts(field: str) -> list[str]:
    """``matter[1].name`` as ``matter``, ``1``, ``name``."""
    return [part for part in re.split(r"[.\[\]]+", field) if part]


def _places(text: str) -> dict[str, int]:
    """Line of every header and key, by dotted path; entries of arrays of tables are counted from 0."""
    found: dict[str, int] = {}
    seen: Counter[str] = Counter()
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            path = ".".join(_unquoted(part) for part in header[2].split("."))
            if header[1] == "[[":
                prefix = f"{path}.{seen[path]}"
                seen[path] += 1
                found.setdefault(path, number)
            else:
                prefix = path
            found.setdefault(prefix, number)
        elif key := _KEY.match(line):
            name = ".".join(_unquoted(part) for part in key[1].split("."))
            found.setdefault(f"{prefix}.{name}".lstrip("."), number)
    return found


def _unquoted(part: str) -> str:
    return part.strip().strip("\"'")
