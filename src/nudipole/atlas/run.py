"""Compute and draw everything.

One task a constraint (its flavours share the model), in a process pool or on any ``concurrent.futures`` executor. Each
finished task is a file under ``DIR/parts``, whole or absent, so an interrupted atlas goes on where it stopped.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import __version__
from nudipole.atlas import store
from nudipole.constraint import Limit
from nudipole.errors import DomainError, MissingExtraError, UnknownNameError, check_choice
from nudipole.experiments import registry
from nudipole.portal import DIRECTIONS, Direction

Progress = Callable[[str, int, int], None]


_MOST_MASSES = 100_000


@dataclass(frozen=True)
class Atlas:
    """What one run produced."""

    folder: Path
    limits: tuple[Limit, ...]
    seconds: float

    def find(self, key: str, flavor: str) -> Limit:
        """The curve of one experiment and flavour."""
        for limit in self.limits:
            if (limit.key, limit.direction.name) == (key, flavor):
                return limit
        raise UnknownNameError("curve", f"{key}, {flavor}", (f"{c.key}, {c.direction.name}" for c in self.limits))

    def _repr_html_(self) -> str:
        figures = "".join(f"<li>{path.name}</li>" for path in sorted((self.folder / "figures").glob("*.svg")))
        return f"<p>{len(self.limits)} curves in {self.folder} ({self.seconds:.1f} s)</p><ul>{figures}</ul>"


def atlas(
    out: Path,
    flavors: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    masses: int = 200,
    jobs: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    compare: Path | None = None,
    figures: bool = True,
    progress: Progress | None = None,
) -> Atlas:
    """Every constraint and flavour on its own grid of masses, with tables, figures and comparisons, into a folder.

    Parameters
    ----------
    out : Path
    flavors : sequence of str, optional
        Directions to compute (default: e, mu, tau, universal, and ``coherent`` where a card asks for it).
    only : sequence of str, optional
        Keys to compute (default: all).
    masses : int
        Points of each curve.
    jobs : int, optional
        Processes (default: one a core).
    scheduler : str, optional
        Address of a dask scheduler to send the tasks to instead.
    resume : bool
        Take finished parts of an earlier run with the same code and options.
    compare : Path, optional
        Folder of an earlier atlas; the change of every curve is written to ``compare.md``.
    figures : bool
        Draw figures too (needs matplotlib).
    progress : callable, optional
        Called with (key, done, total).

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    started = time.perf_counter()
    if not 2 <= masses <= _MOST_MASSES:
        raise DomainError(f"a curve needs at least 2 masses and at most {_MOST_MASSES}, got {masses}")
    for flavor in flavors or ():
        check_choice("flavor", flavor, DIRECTIONS)
    for key in only or ():
        check_choice("experiment", key, registry.all_keys())
    store.prepare(out)
    keys = tuple(only) if only else registry.all_keys()
    earlier = None if compare is None else store.read_limits(compare)
    limits = tuple(_compute(out, keys, tuple(flavors or ()), masses, jobs, scheduler, resume, progress))
    store.write_text(out / "limits.csv", store.limits_csv(limits))
    document = {"nudipole": __version__, "code": store.code_fingerprint(), "convention": "d in GeV^-1, mu = 2 d"}
    store.write_text(out / "limits.json", json.dumps(document | {"curves": [store.to_record(c) for c in limits]}))
    _reports(out, limits, earlier, figures, jobs)
    return Atlas(out, limits, time.perf_counter() - started)


def curves(key: str, flavors: tuple[str, ...], points: int) -> list[Limit]:
    """All curves of one constraint, default preset."""
    constraint = registry.get(key)
    wanted = [f for f in constraint.flavors if not flavors or f in flavors]
    low, high = constraint.mass_range
    grid = np.geomspace(low, high * (1.0 - 1e-9), points)
    return [constraint.limit(grid, Direction(flavor)) for flavor in wanted]


def _compute(
    out: Path,
    keys: Sequence[str],
    flavors: tuple[str, ...],
    masses: int,
    jobs: int | None,
    scheduler: str | None,
    resume: bool,
    progress: Progress | None,
) -> Iterator[Limit]:
    parts = {key: out / "parts" / f"{key}.json" for key in keys}
    stamp = {key: store.fingerprint(key, flavors, masses) for key in keys}
    records: dict[str, list[dict[str, Any]]] = {}
    if resume:
        for key in keys:
            found = _read_part(parts[key], stamp[key])
            if found is not None:
                records[key] = found
    todo = sorted((key for key in keys if key not in records), key=_effort)

    def finish(key: str, found: list[dict[str, Any]]) -> None:
        store.write_text(parts[key], json.dumps({"fingerprint": stamp[key], "curves": found}))
        records[key] = found
        if progress is not None:
            progress(key, len(records), len(keys))

    workers = jobs or os.cpu_count() or 1
    if (workers == 1 and scheduler is None) or len(todo) < 2:
        for key in todo:
            finish(key, _task(key, flavors, masses))
    else:
        with _executor(min(workers, len(todo)), scheduler) as pool:
            futures = {pool.submit(_task, key, flavors, masses): key for key in todo}
            for future in as_completed(futures):
                finish(futures[future], future.result())
    for key in keys:
        yield from (store.from_record(record) for record in records[key])


def _effort(key: str) -> tuple[int, str]:
    """Long tasks first, so that no process waits for the last one: the sky, photon searches, then recoils."""
    constraint = registry.get(key)
    recoil = getattr(getattr(constraint, "card", None), "signal", "") in ("recoil", "combination")
    return (2 if recoil else 1 if hasattr(constraint, "card") else 0), key


def _task(key: str, flavors: tuple[str, ...], masses: int) -> list[dict[str, Any]]:
    return [store.to_record(limit) for limit in curves(key, flavors, masses)]


def _read_part(path: Path, stamp: str) -> list[dict[str, Any]] | None:
    try:
        part = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return part["curves"] if part.get("fingerprint") == stamp else None


@contextmanager
def _executor(workers: int, scheduler: str | None) -> Iterator[Executor]:
    if scheduler is None:
        with ProcessPoolExecutor(workers) as pool:
            yield pool
        return
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise MissingExtraError("distributed", "parallel", "a dask scheduler") from None
    try:
        client = distributed.Client(scheduler, timeout="10s")
    except OSError as error:
        raise DomainError(f"no dask scheduler answers at {scheduler}: {error}") from None
    try:
        yield client.get_executor()
    finally:
        client.close()


def _reports(
    out: Path, limits: Sequence[Limit], earlier: Sequence[Limit] | None, figures: bool, jobs: int | None
) -> None:
    from nudipole import bibliography
    from nudipole.atlas import compare, table, validation

    citations = [reference for limit in limits for reference in limit.citations]
    store.write_text(out / "references.bib", bibliography.bibtex(citations))
    store.write_text(out / "table1.md", table.markdown(limits))
    store.write_text(out / "table1.tex", table.latex(limits))
    if earlier is not None:
        store.write_text(out / "compare.md", compare.markdown(earlier, limits))
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        drawn = []
        if figures:
            from nudipole.atlas import drawing

            drawn = [pool.submit(drawing.draw, out, name, limits) for name in drawing.names(limits)]
        keys = sorted({limit.key for limit in limits}, key=_effort)
        found = {key: pool.submit(validation.compare_key, key) for key in keys}
        checks = tuple(check for key in sorted(found) for check in found[key].result())
        store.write_text(out / "validation.md", validation.markdown(checks))
        store.write_text(out / "validation.json", validation.as_json(checks))
        if figures:
            drawn.append(pool.submit(drawing.validation, out, checks))
        for future in drawn:
            future.result()
