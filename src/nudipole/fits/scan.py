"""Scans: the test statistic of every search at many points, in chunks that a killed run does not lose.

Each chunk of points that share a mass (or, for Sobol sets, neighbouring masses) is one task and one Parquet file, whole or
absent, with the fingerprint of the plan and of the code in its metadata. ``--resume`` computes only what is missing. The
result of a point does not depend on chunks or on the number of processes.
"""

from __future__ import annotations

import functools
import importlib
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from nudipole import __version__
from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.columns import Tabular
from nudipole.compilation import store, workers
from nudipole.errors import MissingExtraError, OutputError
from nudipole.fits import couplings as tables
from nudipole.fits.plan import Plan, check_grid, checked, read
from nudipole.portal import Portal

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]
COLUMNS = ("mass_GeV", "d_e_GeV-1", "d_mu_GeV-1", "d_tau_GeV-1")


@dataclass(frozen=True)
class Scan(Tabular):
    """What a scan wrote: its folder, files and keys; ``table()`` reads it as a dict of arrays."""

    folder: Path
    files: tuple[Path, ...]
    keys: tuple[str, ...]
    points: int
    seconds: float

    def to_arrays(self) -> dict[str, FloatArray]:
        """:meth:`table` under the name that every result has."""
        return self.table()

    def table(self) -> dict[str, FloatArray]:
        """All points: the columns of :data:`COLUMNS`, ``total`` and one test statistic a key (NaN out of range)."""
        parquet = _parquet()
        parts = [parquet.read_table(path).to_pydict() for path in self.files]
        return {name: np.concatenate([np.asarray(p[name], dtype=float) for p in parts]) for name in parts[0]}


@typed_arguments
def scan(
    plan: Plan | str | Path,
    out: str | Path = "scan",
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Scan:
    """The test statistic of every key of a plan at every point, into a folder of Parquet files.

    Parameters
    ----------
    plan : Plan, str or Path
        What to scan, or the path of a TOML file that says it (``examples/scan.toml``).
    out : str or Path
        Folder; must be empty, or hold an earlier run of the same plan if ``resume`` is set.
    jobs : int
        Local processes.
    scheduler : str, optional
        Address of a dask scheduler instead.
    resume : bool
        Keep the chunks that are there.
    progress : callable, optional
        Called with (chunks done, chunks in all).

    Returns
    -------
    Scan
        The folder, to be read again.

    Raises
    ------
    PlanError
        If the plan cannot be run.
    OutputError
        If the folder cannot be written, or holds something else.
    WorkerError
        If a process was killed; ``resume`` goes on.

    Notes
    -----
    Columns: M_N, the three couplings, -2 ln L relative to no signal for each key (NaN out of its range) and their sum
    ``total`` over measurements. Members that share nuisance parameters are profiled one by one here; see
    :func:`~nudipole.fits.combination.combine` for the joint fit of shared ones.

    Examples
    --------
    >>> import tempfile
    >>> from nudipole.fits.plan import Axis, Plan
    >>> plan = Plan(mass=Axis(value=1e-3), couplings={"e": Axis(values=[1e-8, 1e-7])}, keys=["gemma"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(scan(plan, f"{folder}/out").table()["total"])
    2
    """
    _parquet()
    started = time.perf_counter()
    chosen = read(Path(plan)) if isinstance(plan, (str, Path)) else checked(plan)
    check_grid(chosen)
    folder, stamp = Path(out), store.fingerprint(chosen.fingerprint)
    _prepare(folder, chosen, stamp, resume)
    keys = tuple(chosen.keys) or _measurements()
    points = chosen.table()
    spans = list(_spans(points[:, 0], chosen.chunk))
    names = {f"{number:06d}": span for number, span in enumerate(spans)}
    missing = [name for name in names if not (resume and _is_whole(_file(folder, name), stamp))]
    done = len(names) - len(missing)
    if progress is not None:
        progress(done, len(names))
    work = functools.partial(_compute, names, points, keys, chosen, str(folder), stamp)
    with workers.executor(jobs, scheduler) as pool:
        for _ in workers.finished(pool, work, missing):
            done += 1
            if progress is not None:
                progress(done, len(names))
    files = tuple(_file(folder, name) for name in names)
    lost = [path.name for path in files if not path.is_file()]
    if lost:
        raise OutputError(
            f"{folder}: {len(lost)} parts disappeared while the scan ran ({lost[0]} ...); --resume goes on"
        )
    return Scan(folder, files, keys, len(points), time.perf_counter() - started)


def _measurements() -> tuple[str, ...]:
    """Every search that has measured something and counts events."""
    found = (registry.get(key) for key in registry.card_keys())
    return tuple(c.key for c in found if c.kind == "exclusion")


def _spans(masses: FloatArray, chunk: int) -> Iterator[tuple[int, int]]:
    """First and one past the last point of each chunk: whole masses where they fit."""
    start = 0
    for end in (*np.nonzero(np.diff(masses))[0] + 1, len(masses)):
        while end - start >= chunk:
            yield start, start + chunk
            start += chunk
        if start < end and (end == len(masses) or end - start >= chunk // 2):
            yield start, int(end)
            start = int(end)


def _compute(
    names: dict[str, tuple[int, int]],
    points: FloatArray,
    keys: Sequence[str],
    plan: Plan,
    folder: str,
    stamp: str,
    name: str,
) -> None:
    """One chunk, written whole."""
    first, last = names[name]
    chunk = points[first:last]
    columns = dict(zip(COLUMNS, chunk.T, strict=True))
    values = {key: np.full(len(chunk), np.nan) for key in keys}
    for mass in np.unique(chunk[:, 0]):
        rows = np.nonzero(chunk[:, 0] == mass)[0]
        for key in keys:
            values[key][rows] = _statistic(key, float(mass), chunk[rows, 1:], plan)
    total = np.nansum([values[key] for key in keys], axis=0)
    _write(_file(Path(folder), name), {**columns, "total": total, **values}, plan, stamp)


@functools.lru_cache(maxsize=512)
def _table(key: str, mass: float, nature: Any, preset: str) -> tables.Tabulated | tables.TabulatedEnvelope | None:
    constraint = registry.get(key)
    assert isinstance(constraint, Experiment)
    return tables.tabulate(constraint, mass, nature, preset)


def _statistic(key: str, mass: float, couplings: FloatArray, plan: Plan) -> FloatArray:
    """-2 ln L of one search at one mass and many couplings; NaN where it can say nothing."""
    constraint, preset = registry.get(key), plan.presets.get(key, "default")
    if isinstance(constraint, Experiment):
        table = _table(key, mass, plan.nature, preset)
        return np.full(len(couplings), np.nan) if table is None else table.test_statistic(couplings)
    low, high = constraint.mass_range
    if constraint.kind == "line" or not low <= mass <= high:
        return np.full(len(couplings), np.nan)
    portals = [Portal.from_couplings(mass, e, mu, tau, nature=plan.nature) for e, mu, tau in couplings.tolist()]
    return np.asarray(constraint.test_statistic(portals, preset), dtype=float)


# --- files ------------------------------------------------------------------------------------------------------------
def _parquet() -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError("pyarrow", "events", "scans into Parquet") from None


def _file(folder: Path, name: str) -> Path:
    return folder / f"part-{name}.parquet"


def _prepare(folder: Path, plan: Plan, stamp: str, resume: bool) -> None:
    """The folder and its ``plan.json``; a folder of something else is refused."""
    store.prepare(folder)
    record = folder / "plan.json"
    if record.is_file():
        try:
            earlier = msgspec.json.decode(record.read_bytes())
        except (msgspec.DecodeError, OSError):
            raise OutputError(f"{record} cannot be read; choose another folder") from None
        if not isinstance(earlier, dict) or earlier.get("plan_fingerprint") != plan.fingerprint:
            raise OutputError(f"{folder} holds a scan of another plan; choose another folder")
        if not resume:
            raise OutputError(f"{folder} holds a scan of this plan; --resume goes on with it")
    elif any(folder.glob("*.parquet")):
        raise OutputError(f"{folder} holds Parquet files but no plan.json; choose another folder")
    document = {"nudipole": __version__, "plan_fingerprint": plan.fingerprint, "code": stamp, "seed": plan.seed}
    store.write_bytes(record, msgspec.json.encode({**document, "plan": msgspec.to_builtins(plan)}))


def _write(path: Path, columns: dict[str, FloatArray], plan: Plan, stamp: str) -> None:
    arrow = importlib.import_module("pyarrow")
    about = {
        "nudipole": __version__,
        "stamp": stamp,
        "plan": msgspec.json.encode(msgspec.to_builtins(plan)).decode(),
        "seed": str(plan.seed),
        "statistic": "-2 ln L relative to no signal; NaN out of range",
        "units": "mass_GeV: GeV; d_*: GeV^-1",
    }
    table = arrow.table(columns).replace_schema_metadata(about)
    buffer = io.BytesIO()
    _parquet().write_table(table, buffer, compression="zstd")
    store.write_bytes(path, buffer.getvalue())


def _is_whole(path: Path, stamp: str) -> bool:
    """Whether a chunk is there, readable, and of this plan and code."""
    if not path.is_file():
        return False
    try:
        metadata = _parquet().read_schema(path).metadata or {}
    except (OSError, ValueError):
        return False
    return bool(metadata.get(b"stamp") == stamp.encode())
