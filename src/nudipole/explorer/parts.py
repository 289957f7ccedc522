"""What the page shows of one constraint beside its curves in the atlas, made in the process that has its model.

Curves of a Majorana N and of every preset, and the tables of expected counts. What the atlas has computed is used again:
a Majorana curve is the Dirac one times a ratio that is computed at a few masses, and tables stand at masses of the atlas,
whose limits they are held against.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.compilation import store
from nudipole.constraint import Constraint, Interval, Limit
from nudipole.errors import NudipoleError
from nudipole.explorer import tables, whatif, yields
from nudipole.explorer.payload import Payload, decode
from nudipole.explorer.yields import Yields
from nudipole.inference import thinning
from nudipole.portal import Direction

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Excluded = tuple[tuple[Interval, ...], ...]
Progress = Callable[[str, int, int], None]
MASSES, PRESET_MASSES = 64, 12  # of the curves made here, at most
RATIOS = 20  # masses at which a Majorana N is computed
AGREEMENT = 0.01  # of the what-if with the full calculation, at its own masses, in d
_LEAST = 0.7  # of the masses of a table that it must be good for


@dataclass(frozen=True)
class Part:
    """What is made here for one constraint: curves, tables of counts, and what failed."""

    key: str
    curves: tuple[Limit, ...]
    tables: tuple[Yields, ...]
    failures: tuple[str, ...] = ()


def text(key: str, limits: Sequence[Limit]) -> str:
    """The part of a constraint as text, which :func:`read` reads: what an atlas keeps beside its curves."""
    return written(compute(key, limits))


def written(part: Part) -> str:
    """The text of a part."""
    payload = Payload()
    return payload.encode(
        {
            "key": part.key,
            "curves": [store.to_record(curve) for curve in part.curves],
            "tables": [tables.record(payload, table) for table in part.tables],
            "failures": list(part.failures),
        }
    )


def read(encoded: str) -> Part:
    """The part that :func:`text` wrote, its tables with the precision that the page has."""
    header, arrays = decode(encoded)
    return Part(
        header["key"],
        tuple(store.from_record(record) for record in header["curves"]),
        tuple(tables.table_from(record, arrays) for record in header["tables"]),
        tuple(header["failures"]),
    )


def compute(key: str, limits: Sequence[Limit]) -> Part:
    """Majorana and preset curves and tables of counts of the constraint of this key, for the flavours of its curves."""
    constraint = registry.get(key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about couplings beyond the effective theory: the atlas has said so
        return compute_one(constraint, limits)


def compute_one(constraint: Constraint, limits: Sequence[Limit]) -> Part:
    """The same for any constraint, a user's card included; a failure is kept as a sentence for the page."""
    curves: list[Limit] = []
    found: list[Yields] = []
    failures: list[str] = []

    def attempt(what: str, action: Callable[[], None]) -> None:
        try:
            action()
        except NudipoleError as error:
            failures.append(f"{what}: {error}")

    flavors = tuple(dict.fromkeys(limit.direction.name for limit in limits))
    for flavor in flavors:
        plain = _plain(constraint, flavor, limits)
        attempt(f"Majorana, {flavor}", lambda p=plain: curves.append(majorana(constraint, p)))  # type: ignore[misc]
        for preset in constraint.presets[1:]:
            if flavor in _preset_flavors(constraint, preset, flavors):
                attempt(f"{preset}, {flavor}", lambda f=flavor, p=preset: curves.append(_preset(constraint, f, p)))  # type: ignore[misc]
        if isinstance(constraint, Experiment):
            attempt(f"counts, {flavor}", lambda p=plain: found.extend(_tables(constraint, p)))  # type: ignore[misc]
    return Part(constraint.key, tuple(curves), tuple(found), tuple(failures))


def _plain(constraint: Constraint, flavor: str, limits: Sequence[Limit]) -> Limit:
    """The Dirac curve of the default assumptions: that of the atlas where it has it."""
    for limit in limits:
        level = limit.confidence_level == constraint.confidence_level
        if limit.direction == Direction(flavor) and limit.preset == "default" and level:
            return limit
    low, high = constraint.mass_range
    return constraint.limit(np.geomspace(low, high * (1.0 - 1e-9), MASSES), Direction(flavor))


def majorana(constraint: Constraint, dirac: Limit) -> Limit:
    """The curve of a Majorana N from that of a Dirac N, at masses of it.

    The two differ by a ratio that is smooth in mass, near 1 where N is stable and near 2^(-1/2) where its decay is what is
    seen. It is computed at :data:`RATIOS` masses and interpolated (cubic in logarithms) between those with the same
    regions, which is good to 2 per cent but at a sharp bend. Where regions differ only the masses that are computed are kept.
    """
    direction = replace(dirac.direction, nature="majorana")
    last = len(dirac.masses) - 1
    every, some = _rows(0, last, MASSES), _rows(0, last, RATIOS)
    rows = np.union1d(every, some)
    low, high = constraint.mass_range  # which masses read from a file may pass in their last digit
    at = np.clip(dirac.masses[some], low, high * (1.0 - 1e-9))
    new = constraint.limit(at, direction, dirac.confidence_level, dirac.preset).excluded
    same = [_alike(one, dirac.excluded[i]) for one, i in zip(new, some.tolist(), strict=True)]
    found = dict(zip(some.tolist(), new, strict=True))
    for start, stop in itertools.pairwise(range(len(some))):
        inside = [i for i in rows.tolist() if some[start] < i < some[stop]]
        if same[start] and same[stop] and all(_alike(new[start], dirac.excluded[i]) for i in (*inside, some[stop])):
            ratios = _ratios(dirac, some, new, same, start, inside)
            found |= {i: _times(ratio, dirac.excluded[i]) for i, ratio in zip(inside, ratios, strict=True)}
    kept = sorted(found)
    return replace(
        dirac,
        direction=direction,
        masses=dirac.masses[kept],
        excluded=tuple(found[i] for i in kept),
        ends=tuple(dirac.ends[i] for i in kept),
    )


def _ratios(
    dirac: Limit, some: Rows, new: Excluded, same: Sequence[bool], start: int, inside: Sequence[int]
) -> list[FloatArray]:
    """Ratios of all edges at some masses between two that are computed, by up to two on each side."""
    shape = new[start]
    near = [start, start + 1]
    if start and same[start - 1] and _alike(new[start - 1], shape):
        near = [start - 1, *near]
    if start + 2 < len(some) and same[start + 2] and _alike(new[start + 2], shape):
        near = [*near, start + 2]
    known = np.log([_edges(new[k]) / _edges(dirac.excluded[int(some[k])]) for k in near])
    x, at = np.log(dirac.masses[some[near]]), np.log(dirac.masses[list(inside)])
    columns = [thinning.smooth_cubic(x, column, at) for column in known.T]
    return list(np.exp(np.stack(columns, axis=1))) if columns else [np.ones(0)] * len(inside)


def _edges(intervals: tuple[Interval, ...]) -> FloatArray:
    """Every edge that is not zero or open."""
    return np.array([edge for i in intervals for edge in (i.low, i.high) if edge])


def _times(ratios: FloatArray, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    factors = iter(ratios.tolist())
    found = []
    for i in intervals:
        low = i.low * next(factors) if i.low else 0.0
        high = i.high * next(factors) if i.high else i.high
        found.append(Interval(low, high if high is None else max(low, high)))
    return tuple(found)


def _rows(first: int, last: int, number: int) -> Rows:
    """At most so many places, evenly between two, both included."""
    return np.unique(np.round(np.linspace(first, last, min(number, last - first + 1))).astype(np.intp))


def _alike(one: tuple[Interval, ...], other: tuple[Interval, ...]) -> bool:
    shapes = [[(i.low > 0.0, i.high is None) for i in some] for some in (one, other)]
    return shapes[0] == shapes[1]


def _preset(constraint: Constraint, flavor: str, preset: str) -> Limit:
    low, high = constraint.mass_range
    masses = np.geomspace(low, high * (1.0 - 1e-9), PRESET_MASSES)
    return constraint.limit(masses, Direction(flavor), None, preset)


def _preset_flavors(constraint: Constraint, preset: str, flavors: Sequence[str]) -> set[str]:
    """Where a preset is drawn: the flavours of the publications that it follows, else the first; the others look alike."""
    comparisons = getattr(getattr(constraint, "card", constraint), "comparisons", ())
    named = {c.flavor or flavors[0] for c in comparisons if c.preset == preset} & set(flavors)
    return named or {flavors[0]}


def _tables(experiment: Experiment, limit: Limit) -> list[Yields]:
    table = yields.tabulate(experiment, limit)
    return [] if table is None else [checked(experiment, table, limit)]


def checked(experiment: Experiment, table: Yields, limit: Limit) -> Yields:
    """The table as far as its what-if gives the full calculation within :data:`AGREEMENT`.

    The calculation is the limit, where its masses are among the limit's and its interpolation is good enough.
    Where a region closes at its heaviest masses the table may end earlier; one that fails elsewhere has no what-if.
    """
    if table.rule == "none":
        return table
    found = whatif.recompute(table, whatif.Settings(cl=experiment.confidence_level))
    ours = np.array([min((i.low for i in some if i.low > 0), default=np.nan) for some in found])
    full = limit.lower[np.searchsorted(limit.masses, table.masses * (1.0 - 1e-6))]
    distance = _distance(ours, full)
    if not np.all(distance <= AGREEMENT):
        distance = _distance(ours, experiment.limit(table.masses, Direction(table.flavor)).lower)
    good = distance <= AGREEMENT  # NaN, where one has a limit and the other has none, is not
    if np.all(good):
        return table
    first = int(np.argmin(good))
    if first >= _LEAST * len(good):
        return table.until(first)
    worst = float(np.nanmax(np.where(np.isfinite(distance), distance, 0.0)))
    many = f"by {100 * worst:.0f} per cent" if worst > AGREEMENT else "in where there is a limit"
    return replace(table, rule="none", reason=f"the table of counts differs from the full calculation {many}")


def _distance(ours: FloatArray, full: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(ours) | np.isfinite(full), np.abs(np.log(ours / full)), 0.0)


def every(limits: Sequence[Limit], jobs: int, progress: Progress | None = None) -> dict[str, Part]:
    """:func:`compute` for every key, in processes."""
    wanted: dict[str, list[Limit]] = {}
    for limit in limits:
        wanted.setdefault(limit.key, []).append(limit)
    done: dict[str, Part] = {}
    if jobs == 1:
        for key, curves in wanted.items():
            done[key] = compute(key, curves)
            if progress is not None:
                progress(key, len(done), len(wanted))
        return done
    with ProcessPoolExecutor(jobs) as pool:
        tasks = {pool.submit(compute, key, curves): key for key, curves in wanted.items()}
        for finished in as_completed(tasks):
            done[tasks[finished]] = finished.result()
            if progress is not None:
                progress(tasks[finished], len(done), len(wanted))
    return done
