"""Files of the atlas: written whole or not at all, and known by what they were computed from."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import __version__, units
from nudipole.constraint import Interval, Limit
from nudipole.errors import OutputError
from nudipole.portal import Direction

COLUMNS = (
    "experiment,flavor,kind,basis,preset,nature,cl,mass_GeV,interval,d_low_GeV-1,d_high_GeV-1,mu_low_muB,mu_high_muB"
)


def prepare(folder: Path) -> None:
    """Make the folder and see that it can be written to.

    Raises
    ------
    OutputError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole: to a temporary name in the same folder, then renamed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


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
    )


def limits_csv(limits: Iterable[Limit]) -> str:
    """The table ``limits.csv``: one row a mass and excluded interval."""
    rows = [COLUMNS]
    for limit in limits:
        head = f"{limit.key},{limit.direction.name},{limit.kind},{limit.basis},{limit.preset},"
        head += f"{limit.direction.nature},{limit.confidence_level:g}"
        for mass, intervals in zip(limit.masses, limit.excluded, strict=True):
            for number, i in enumerate(intervals):
                high, high_mu = ("", "") if i.high is None else (f"{i.high:.6g}", f"{units.mu_from_d(i.high):.6g}")
                rows.append(f"{head},{mass:.8g},{number},{i.low:.6g},{high},{i.mu[0]:.6g},{high_mu}")
    return "\n".join(rows) + "\n"


def read_limits(folder: Path) -> list[Limit]:
    """The curves of an earlier atlas.

    Raises
    ------
    OutputError
        If the folder holds no readable ``limits.json``.
    """
    path = folder / "limits.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [from_record(record) for record in document["curves"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path}: not an atlas to compare with ({type(error).__name__})") from None
