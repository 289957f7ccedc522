"""From an atlas to ``explorer.html``: beside its other files, or wherever it is asked for."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from nudipole.compilation import run, store, validation
from nudipole.compilation.validation import Check
from nudipole.constraint import Limit
from nudipole.errors import OutputError
from nudipole.explorer import dataset, parts
from nudipole.explorer.page import page
from nudipole.explorer.parts import Part, Progress

NAME = "explorer.html"
_HEAD = 4000  # bytes in which the stamp of a page stands


def beside(
    folder: Path,
    jobs: int | None = None,
    progress: Progress | None = None,
    known: Mapping[str, str] | None = None,
) -> Path:
    """``explorer.html`` in the folder of a finished atlas; one that is there already from the same curves and code stays.

    Parameters
    ----------
    folder : Path
    jobs : int, optional
        Processes (default: one a core).
    progress : callable, optional
        Called with (key, done, total).
    known : mapping, optional
        What :func:`nudipole.explorer.parts.text` gave by key; the rest is computed.

    Raises
    ------
    OutputError
        If the folder holds no atlas, or cannot be written.
    """
    target = folder / NAME
    stamp = _stamp(folder)
    if _stamp_of(target) != stamp:
        store.write_text(target, stamped(render(folder, jobs, progress, known or {}), stamp))
    return target


def render(
    folder: Path, jobs: int | None = None, progress: Progress | None = None, known: Mapping[str, str] | None = None
) -> str:
    """The page of a finished atlas."""
    limits = store.read_limits(folder, joint=False)
    return page(encoded(limits, read_checks(folder), jobs, progress, known), limits)


def encoded(
    limits: Sequence[Limit],
    checks: Sequence[Check],
    jobs: int | None,
    progress: Progress | None,
    known: Mapping[str, str] | None = None,
) -> str:
    """The payload of these curves, with what is computed beside them."""
    found: dict[str, Part] = {key: parts.read(text) for key, text in (known or {}).items() if text}
    missing = [limit for limit in limits if limit.key not in found]
    if missing:
        found |= parts.every(missing, jobs or os.cpu_count() or 1, progress)
    return dataset.encode(limits, checks, found)


def read_checks(folder: Path) -> list[Check]:
    """The comparisons of a finished atlas.

    Raises
    ------
    OutputError
        If there are none to read.
    """
    path = folder / "validation.json"
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [validation.from_record(_with_numbers(record)) for record in records]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path}: no comparisons of an atlas ({type(error).__name__})") from None


def _with_numbers(record: dict[str, object]) -> dict[str, object]:
    """Numbers that do not exist are null in JSON."""
    return {
        name: [float("nan") if item is None else item for item in value] if isinstance(value, list) else value
        for name, value in record.items()
    }


def fresh(
    only: Sequence[str] | None, masses: int, jobs: int | None, progress: Progress | None
) -> tuple[list[Limit], list[Check], Mapping[str, str]]:
    """Curves, comparisons and parts computed now, without files that stay."""
    with tempfile.TemporaryDirectory(prefix="nudipole-") as name:
        folder = Path(name)
        made = run.atlas(
            folder, only=only, masses=masses, jobs=jobs, figures=False, progress=progress, beside=parts.text
        )
        return store.read_limits(folder, joint=False), read_checks(folder), made.beside


def stamped(text: str, stamp: str) -> str:
    """The page with a mark of what it was made from."""
    return text.replace("<head>", f'<head>\n<meta name="nudipole-stamp" content="{stamp}">', 1)


def _stamp(folder: Path) -> str:
    try:
        content = (folder / "limits.json").read_bytes() + (folder / "validation.json").read_bytes()
    except OSError as error:
        raise OutputError(f"{folder}: not a finished atlas ({error.strerror or error})") from None
    looks = page("", ())  # the modules and the style are part of what a page is made from
    return store.fingerprint(hashlib.sha256(content).hexdigest(), hashlib.sha256(looks.encode()).hexdigest())


def _stamp_of(target: Path) -> str:
    try:
        with target.open(encoding="utf-8") as stream:
            head = stream.read(_HEAD)
    except (OSError, ValueError):
        return ""
    return head.partition('<meta name="nudipole-stamp" content="')[2].partition('"')[0]
