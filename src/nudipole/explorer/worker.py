"""One limit of an edited card, in a process of its own: ``python -m nudipole.explorer.worker``.

Reads one JSON request from standard input and writes one JSON answer. The process has limits on memory, processor time
and file size, sees no file but the shipped ones, and ends when the process that started it does.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MEMORY = 2 << 30  # bytes of address space
SECONDS = 60  # of processor time
MASSES = 60
_WARNINGS = 5


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The excluded intervals of a card, or its errors by field.

    Parameters
    ----------
    request : mapping
        ``toml``: text of the card; ``flavor``, ``nature``, ``preset``: names.

    Returns
    -------
    dict
        ``title``, ``kind``, ``cl``, ``masses`` [GeV], ``excluded`` (pairs d_low, d_high or null), ``seconds``,
        ``warnings``; or ``errors``, a list of ``field`` and ``message``.
    """
    from nudipole.errors import NudipoleError

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nudipole-") as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        file = Path(folder) / "card.toml"
        file.write_text(str(request["toml"]), encoding="utf-8")
        try:
            found = _limit(file, request)
        except NudipoleError as error:
            return {"errors": faults(error, file)}
        except (RecursionError, MemoryError, ValueError, OverflowError) as error:
            return {"errors": [{"field": "card", "message": f"cannot be computed: {type(error).__name__}"}]}
    texts = dict.fromkeys(str(w.message).replace(str(file), file.name) for w in caught)
    return found | {"seconds": time.perf_counter() - started, "warnings": list(texts)[:_WARNINGS]}


def _limit(file: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np

    from nudipole.catalogue.experiment import Experiment
    from nudipole.errors import check_choice
    from nudipole.inputs import cards
    from nudipole.portal import DIRECTIONS, Direction, Nature

    check_choice("flavor", request["flavor"], DIRECTIONS)
    stay_inside(cards.read(file), file)
    experiment = Experiment.from_file(file)
    low, high = experiment.mass_range
    masses = np.geomspace(low, high * (1.0 - 1e-9), MASSES)
    nature: Nature = "majorana" if request["nature"] == "majorana" else "dirac"
    limit = experiment.limit(masses, Direction(request["flavor"], nature=nature), None, request["preset"])
    return {
        "title": experiment.title,
        "kind": limit.kind,
        "cl": limit.confidence_level,
        "masses": masses.tolist(),
        "excluded": [[[i.low, i.high] for i in intervals] for intervals in limit.excluded],
    }


def stay_inside(raw: Mapping[str, Any], file: Path) -> None:
    """Raise ``CardError`` where a card names a file outside the package: the server reads none.

    Any text that is an absolute path, goes up a folder or starts with ``~`` is refused, in whatever field.
    """
    from nudipole.errors import CardError

    for field, text in _texts(raw, ""):
        parts = Path(text).parts if len(text) < 4096 else ()
        if text.startswith(("/", "~", "\\")) or ".." in parts or ":\\" in text[:4]:
            raise CardError(file, field, text, "a card in the browser can only name tables that nudipole ships")


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{field}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{field}[{index}]")
    elif isinstance(value, str):
        yield field, value


def faults(error: Exception, file: Path) -> list[dict[str, str]]:
    """The errors of a card by field; whatever lists its parts is taken apart."""
    inner = getattr(error, "errors", None) or getattr(error, "exceptions", None)
    if inner and not callable(inner):
        return [fault for one in inner if isinstance(one, Exception) for fault in faults(one, file)]
    text = str(error).replace(f"{file}: ", "").replace(str(file), file.name)
    field, separator, rest = text.partition(" = ")
    if not separator or " " in field.strip():
        return [{"field": str(getattr(error, "field", "card")), "message": text}]
    return [{"field": field, "message": f"= {rest}"}]


def restrict() -> None:
    """Limits on memory, time and files, where the system knows them; end with the parent."""
    try:
        import resource
    except ImportError:  # Windows: the server still kills what takes too long
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 1 << 22)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """One request, one answer."""
    restrict()
    request = json.loads(sys.stdin.buffer.read())
    text = json.dumps(answer(request), allow_nan=False)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
