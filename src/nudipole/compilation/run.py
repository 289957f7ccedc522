"""Compute and draw everything.

One task a constraint: its curves for every flavour and its comparisons, which share the model. One process pool (or any
``concurrent.futures`` executor) takes the tasks, longest first, and then the figures. The pool's processes start with
everything loaded that the tasks have in common. Each finished task is a file under ``DIR/parts``, whole or absent, so an
interrupted atlas goes on where it stopped.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nudipole import __version__, units
from nudipole.catalogue import registry
from nudipole.compilation import store, validation
from nudipole.constraint import Limit
from nudipole.errors import DomainError, MissingExtraError, UnknownNameError, check_choice
from nudipole.portal import DIRECTIONS, Direction
from nudipole.signals import SIGNALS

Progress = Callable[[str, int, int], None]
Part = dict[str, list[dict[str, Any]]]


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
    DomainError
        If the number of masses makes no curve, or none of the constraints has a curve for any of the flavours.
    UnknownNameError
        For an unknown key or flavour.
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
    keys = tuple(only) if only else registry.all_keys()
    if not any(_wanted(key, tuple(flavors or ())) for key in keys):
        raise DomainError(
            f"there is nothing to draw: none of {', '.join(keys)} has a curve for {', '.join(flavors or ())}"
        )
    store.prepare(out)
    earlier = None if compare is None else store.read_limits(compare)
    stamps = {key: store.fingerprint(key, flavors or (), masses) for key in keys}
    parts = {key: _read_part(out, key, stamps[key]) for key in keys} if resume else {}
    done = {key: part for key, part in parts.items() if part is not None}
    workers = jobs or os.cpu_count() or 1
    _load(keys)
    with _executor(workers, scheduler) as pool:
        todo = sorted((key for key in keys if key not in done), key=_effort)
        for key, part in _finished(pool, todo, tuple(flavors or ()), masses):
            store.write_text(_part_file(out, key), json.dumps({"fingerprint": stamps[key], **part}))
            done[key] = part
            if progress is not None:
                progress(key, len(done), len(keys))
        limits = tuple(store.from_record(record) for key in keys for record in done[key]["curves"])
        checks = tuple(validation.from_record(record) for key in sorted(keys) for record in done[key]["checks"])
        drawn = _draw(out, limits, checks, pool if scheduler is None else None) if figures else []
        _write(out, limits, checks, earlier)
        for future in drawn:
            future.result()
    return Atlas(out, limits, time.perf_counter() - started)


def curves(key: str, flavors: tuple[str, ...], points: int) -> list[Limit]:
    """All curves of one constraint, default preset."""
    constraint = registry.get(key)
    low, high = constraint.mass_range
    grid = np.geomspace(low, high * (1.0 - 1e-9), points)
    return [constraint.limit(grid, Direction(flavor)) for flavor in _wanted(key, flavors)]


def _wanted(key: str, flavors: tuple[str, ...]) -> list[str]:
    """The flavours that a constraint offers, of those asked for."""
    return [f for f in registry.get(key).flavors if not flavors or f in flavors]


def _load(keys: Sequence[str]) -> None:
    """What every process needs, loaded once: a process pool that forks shares it."""
    for key in keys:
        signal = getattr(getattr(registry.get(key), "card", None), "signal", "")
        if signal in SIGNALS:
            SIGNALS[signal]  # imports it
    units.particle_mass("pi+")


# CPU seconds of one task of 200 masses by kind of signal, and of the constraints that take longer than their kind: as
# measured with benchmarks/test_atlas.py; only the order of tasks depends on them
SECONDS = {
    "recoil": 0.1,
    "combination": 0.3,
    "upscatter-decay": 1.5,
    "meson-decay": 1.5,
    "electron-recoil-beam": 1.0,
    "envelope": 2.0,
    "earth": 2.0,
    "lepton-collider": 1.0,
    "hadron-collider": 0.9,
    "supernova-energy": 14.0,
    "t2k-nd280": 9.0,
    "t2k-ii": 9.0,
    "miniboone": 8.0,
    "miniboone-roi": 6.5,
    "facet": 5.6,
    "sn1987a": 4.5,
    "dune-fd": 4.0,
    "minerva": 4.0,
    "supernova-next": 3.9,
    "hyper-k": 3.1,
    "dune-nd": 3.0,
    "icarus": 2.8,
    "microboone": 2.7,
    "sbnd": 2.5,
}


def _effort(key: str) -> tuple[float, str]:
    """Longest tasks first, so that no process waits for the last one."""
    constraint = registry.get(key)
    signal = getattr(getattr(constraint, "card", None), "signal", "")
    return -SECONDS.get(key, SECONDS.get(signal, 0.1)), key


def _task(key: str, flavors: tuple[str, ...], masses: int) -> Part:
    """One finished part: curves and comparisons of one constraint."""
    found = [store.to_record(limit) for limit in curves(key, flavors, masses)]
    return {"curves": found, "checks": [validation.to_record(check) for check in validation.compare_key(key)]}


def _finished(pool: Executor, keys: Sequence[str], flavors: tuple[str, ...], masses: int) -> Iterator[tuple[str, Part]]:
    """Key and part of every task as soon as it is done; whoever stops listening cancels what has not begun."""
    if isinstance(pool, _Here):
        yield from ((key, _task(key, flavors, masses)) for key in keys)
        return
    tasks = {pool.submit(_task, key, flavors, masses): key for key in keys}
    try:
        for finished in as_completed(tasks):
            yield tasks[finished], finished.result()
    finally:
        for task in tasks:
            task.cancel()


def _part_file(out: Path, key: str) -> Path:
    return out / "parts" / f"{key}.json"


def _read_part(out: Path, key: str, stamp: str) -> Part | None:
    try:
        part = json.loads(_part_file(out, key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(part, dict) or part.pop("fingerprint", None) != stamp:
        return None
    return part


class _Here(Executor):
    """One process is enough: every task is done when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def _executor(workers: int, scheduler: str | None) -> Iterator[Executor]:
    if scheduler is None:
        with _Here() if workers == 1 else ProcessPoolExecutor(workers) as pool:
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


def _draw(
    out: Path, limits: Sequence[Limit], checks: Sequence[validation.Check], pool: Executor | None
) -> list[Future[None]]:
    """Start drawing every figure, in the pool that computed the curves unless that is elsewhere."""
    from nudipole.plot import pages as drawing

    if pool is None:
        pool = _Here()
    names = sorted(drawing.names(limits), key=lambda name: -len(drawing.chosen(name, limits)))
    drawn = [pool.submit(drawing.draw, out, name, drawing.chosen(name, limits)) for name in names]
    return [pool.submit(drawing.validation, out, checks), *drawn] if checks else drawn


def _write(
    out: Path, limits: Sequence[Limit], checks: Sequence[validation.Check], earlier: Sequence[Limit] | None
) -> None:
    from nudipole import bibliography
    from nudipole.compilation import compare, table

    store.write_text(out / "limits.csv", store.limits_csv(limits))
    document = {"nudipole": __version__, "code": store.code_fingerprint(), "convention": "d in GeV^-1, mu = 2 d"}
    store.write_text(out / "limits.json", json.dumps(document | {"curves": [store.to_record(c) for c in limits]}))
    citations = [reference for limit in limits for reference in limit.citations]
    store.write_text(out / "references.bib", bibliography.bibtex(citations))
    store.write_text(out / "table1.md", table.markdown(limits))
    store.write_text(out / "table1.tex", table.latex(limits))
    store.write_text(out / "validation.md", validation.markdown(checks, {limit.key for limit in limits}))
    store.write_text(out / "validation.json", validation.as_json(checks))
    if earlier is not None:
        store.write_text(out / "compare.md", compare.markdown(earlier, limits))
