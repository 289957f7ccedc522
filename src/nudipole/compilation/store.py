"""Files of the atlas: written whole or not at all, and known by what they were computed from."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import os
import platform
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import __version__, units
from nudipole.constraint import Interval, Limit
from nudipole.errors import OutputError
from nudipole.portal import Direction

COLUMNS = "experiment,flavor,kind,basis,preset,nature,cl,mass_GeV,interval,d_low_GeV-1,d_high_GeV-1,mu_low_muB,mu_high_muB,ends"


def prepare(folder: Path) -> None:
    """Make the folder, see that it can be written to, and remove what killed runs left half written.

    Raises
    ------
    OutputError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        for path in (p for place in (folder, folder / "parts", folder / "figures") for p in place.glob(".*.half")):
            if _abandoned(path.name):
                path.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write to {str(folder)!r}: {getattr(error, 'strerror', '') or error}") from None


def _abandoned(name: str) -> bool:
    """Whether a half-written file belongs to a process of this machine that is no more."""
    _, host, process, _, _ = name.rsplit(".", 4) if name.count(".") >= 5 else ("", "", "", "", "")
    if host != _host() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _host() -> str:
    return platform.node().replace(".", "-") or "here"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole: to a temporary name in the same folder, on the disk, then renamed; its mode is the user's."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.parent / f".{path.name[:60]}.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.half"
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(half, path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {str(path)!r}: {getattr(error, 'strerror', '') or error}") from None


def write_text(path: Path, content: str) -> None:
    """Write text whole."""
    write_bytes(path, content.encode("utf-8"))


@functools.cache
def code_fingerprint() -> str:
    """Hash of every source, card and table of the package: results are only reused from the very same code."""
    digest = hashlib.sha256(__version__.encode())
    root = Path(str(importlib.resources.files("nudipole")))
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".toml", ".csv", ".npz") and path.is_file():
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def fingerprint(*parts: object) -> str:
    """Hash of the code and these options."""
    text = json.dumps([code_fingerprint(), *map(str, parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def part_file(out: Path, key: str) -> Path:
    """Where the finished part of one constraint is."""
    return out / "parts" / f"{key}.json"


def write_part(out: Path, key: str, stamp: str, part: dict[str, Any]) -> None:
    """Keep a finished part, with what it was computed from and a checksum of what it holds."""
    document = {"fingerprint": stamp, "checksum": _checksum(part), **part}
    write_text(part_file(out, key), json.dumps(document))


def read_part(out: Path, key: str, stamp: str) -> dict[str, Any] | None:
    """A finished part; None if there is none, it is not whole, was altered, or was computed from something else."""
    part = _document(part_file(out, key))
    if part.pop("fingerprint", None) != stamp or part.pop("checksum", None) != _checksum(part):
        return None
    return part


def measured(out: Path, key: str) -> float | None:
    """How long [s] a part took in an earlier run, of whatever settings."""
    seconds = _document(part_file(out, key)).get("seconds")
    return float(seconds) if isinstance(seconds, (int, float)) and 0.0 <= seconds < 1e6 else None


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _checksum(part: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:32]


def to_record(limit: Limit) -> dict[str, Any]:
    """A limit as plain data, for JSON."""
    return {
        "experiment": limit.key,
        "flavor": limit.direction.name,
        "kind": limit.kind,
        "basis": limit.basis,
        "preset": limit.preset,
        "nature": limit.direction.nature,
        "cl": limit.confidence_level,
        "citations": list(limit.citations),
        "shortcuts": list(limit.notes),
        "mass_GeV": [float(f"{m:.8g}") for m in limit.masses],
        "ends": list(limit.ends),
        "excluded_d_GeV-1": [
            [[float(f"{i.low:.6g}"), None if i.high is None else float(f"{i.high:.6g}")] for i in intervals]
            for intervals in limit.excluded
        ],
    }


def from_record(record: dict[str, Any]) -> Limit:
    """The limit that :func:`to_record` wrote."""
    return Limit(
        key=record["experiment"],
        direction=Direction(record["flavor"], nature=record["nature"]),
        confidence_level=record["cl"],
        masses=np.array(record["mass_GeV"]),
        excluded=tuple(tuple(Interval(*pair) for pair in intervals) for intervals in record["excluded_d_GeV-1"]),
        kind=record["kind"],
        basis=record["basis"],
        preset=record["preset"],
        citations=tuple(record["citations"]),
        notes=tuple(record["shortcuts"]),
        ends=tuple(record.get("ends", ())),
    )


def limits_csv(limits: Iterable[Limit]) -> str:
    """The table ``limits.csv``: one row a mass and excluded interval."""
    rows = [COLUMNS]
    for limit in limits:
        head = f"{limit.key},{limit.direction.name},{limit.kind},{limit.basis},{limit.preset},"
        head += f"{limit.direction.nature},{limit.confidence_level:g}"
        for mass, intervals, end in zip(limit.masses, limit.excluded, limit.ends, strict=True):
            for number, i in enumerate(intervals):
                high, high_mu = ("", "") if i.high is None else (f"{i.high:.6g}", f"{units.mu_from_d(i.high):.6g}")
                rows.append(f"{head},{mass:.8g},{number},{i.low:.6g},{high},{i.mu[0]:.6g},{high_mu},{end}")
    return "\n".join(rows) + "\n"


def read_limits(folder: Path, flavors: Sequence[str] = (), joint: bool = True) -> list[Limit]:
    """The curves of an earlier atlas, of these flavours if any are given; without envelopes if not ``joint``.

    Raises
    ------
    OutputError
        If the folder holds no readable ``limits.json``.
    """
    path = folder / "limits.json"
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["curves"]
        found = [from_record(record) for record in records if not flavors or record["flavor"] in flavors]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(f"{str(path)!r}: not an atlas ({type(error).__name__})") from None
    return [limit for limit in found if joint or limit.basis != "envelope"]
