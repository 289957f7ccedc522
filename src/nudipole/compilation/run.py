"""Compute and draw everything.

One task a constraint: its curves for every flavour and its comparisons, which share the model. One process pool (or the
workers of a dask scheduler) takes the tasks, longest first, and then the figures. The pool's processes start with
everything loaded that the tasks have in common. Each finished task is a file under ``DIR/parts``, whole or absent, so an
interrupted atlas goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

from nudipole import __version__
from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.compilation import combined, store, tasks, validation, workers
from nudipole.constraint import Limit
from nudipole.errors import DomainError, OutputError, UnknownNameError, check_choice

Progress = Callable[[str, int, int], None]
STYLES = ("paper", "talk", "dark", "review")


@dataclass(frozen=True)
class Atlas:
    """What one run produced."""

    folder: Path
    limits: tuple[Limit, ...]
    seconds: float
    beside: Mapping[str, str] = field(default_factory=dict, repr=False)

    def find(self, key: str, flavor: str) -> Limit:
        """The curve of one experiment and flavour."""
        for limit in self.limits:
            if (limit.key, limit.direction.name) == (key, flavor):
                return limit
        raise UnknownNameError("curve", f"{key}, {flavor}", (f"{c.key}, {c.direction.name}" for c in self.limits))

    def _repr_html_(self) -> str:
        figures = "".join(f"<li>{path.name}</li>" for path in sorted((self.folder / "figures").glob("*.svg")))
        return f"<p>{len(self.limits)} curves in {self.folder} ({self.seconds:.1f} s)</p><ul>{figures}</ul>"


@typed_arguments
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
    presets: Sequence[str] = (),
    cl: float | None = None,
    majorana: bool = False,
    style: str = "paper",
    beside: tasks.Beside | None = None,
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
    presets : sequence of str
        ``KEY=NAME`` for one constraint, ``NAME`` for every one that has it.
    cl : float, optional
        Confidence level; that of each constraint if left out. A constraint that cannot be computed at this level is
        left out with a warning.
    majorana : bool
    style : {"paper", "talk", "dark", "review"}
        ``review``: the review's Figs 3-7 with its curves only, under the presets that follow their sources.
    beside : callable, optional
        Called with a key and its curves in the process that computed them, and gives text that the result holds by key.

    Raises
    ------
    DomainError
        If the number of masses makes no curve, or none of the constraints has a curve for any of the flavours.
    UnknownNameError
        For an unknown key, flavour, preset or style.
    MissingExtraError
        If figures are asked for and matplotlib is not installed.
    OutputError
        If the folder cannot be written, or is removed before the end.
    WorkerError
        If a process was killed.
    """
    started = time.perf_counter()
    check_choice("style", style, STYLES)
    if figures:
        from nudipole.plot import canvas

        canvas.require()
    settings = tasks.Settings(
        flavors=tuple(flavors or ()),
        masses=masses,
        presets=tasks.presets(presets),
        cl=cl,
        nature="majorana" if majorana else "dirac",
        requests=_requests(style),
    )
    chosen = tuple(only) if only else tuple(settings.requests) or registry.all_keys()
    tasks.check(settings, chosen)
    store.prepare(out)
    earlier = None if compare is None else store.read_limits(compare)
    with workers.executor(jobs or os.cpu_count() or 1, scheduler) as pool:
        done = _parts(pool, out, chosen, settings, beside, resume, progress)
        limits = tuple(store.from_record(record) for key in chosen for record in done[key]["curves"])
        checks = tuple(validation.from_record(record) for key in sorted(chosen) for record in done[key]["checks"])
        if not limits:
            raise DomainError("no curve could be computed: " + "; ".join(done[key]["refused"] for key in chosen))
        # the review's style draws one constraint under several presets: no set of independent curves
        unions = () if style == "review" else combined.envelopes(limits, 2 * masses)
        joint = tuple(store.from_record(store.to_record(union)) for union in unions)  # as the files hold it
        every = (*limits, *joint)
        drawn = _draw(out, every, checks, pool if scheduler is None else workers.Here(), style) if figures else []
        _write(out, limits, joint, checks, earlier)
        for future in drawn:
            future.result()
    if missing := [key for key in chosen if not store.part_file(out, key).is_file()]:
        raise OutputError(
            f"{str(out)!r} lost {len(missing)} of its parts ({missing[0]}, ...) while the atlas was running"
        )
    for key in chosen:
        if done[key]["refused"]:
            warnings.warn(f"{key} is left out: {done[key]['refused']}", UserWarning, stacklevel=2)
    return Atlas(out, every, time.perf_counter() - started, {key: done[key]["beside"] for key in chosen})


def _requests(style: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """The curves of a style that chooses them."""
    if style != "review":
        return {}
    from nudipole.plot import review

    return review.requests()


def _parts(
    pool: Executor,
    out: Path,
    keys: Sequence[str],
    settings: tasks.Settings,
    beside: tasks.Beside | None,
    resume: bool,
    progress: Progress | None,
) -> dict[str, tasks.Part]:
    """Every part, by key: finished ones of an earlier run if they may be taken, and the rest computed."""
    stamps = {key: settings.stamp(key, beside) for key in keys}
    found = {key: store.read_part(out, key, stamps[key]) for key in keys} if resume else {}
    done = {key: part for key, part in found.items() if part is not None}
    seconds = {key: took for key in keys if (took := store.measured(out, key)) is not None}
    todo = sorted((key for key in keys if key not in done), key=lambda key: tasks.order(key, seconds))
    tasks.load(todo)
    for key, part in workers.finished(pool, tasks.run, todo, settings, beside):
        store.write_part(out, key, stamps[key], part)
        done[key] = part
        if progress is not None:
            progress(key, len(done), len(keys))
    return done


def _draw(
    out: Path, limits: Sequence[Limit], checks: Sequence[validation.Check], pool: Executor, style: str
) -> list[Future[None]]:
    """Start drawing every figure, in the pool that computed the curves unless that is elsewhere."""
    from nudipole.plot import pages, review

    if style == "review":
        drawn = [pool.submit(review.draw, out, name, limits) for name in review.FIGURES]
    else:
        names = sorted(pages.names(limits), key=lambda name: -len(pages.chosen(name, limits)))
        drawn = [pool.submit(pages.draw, out, name, pages.chosen(name, limits), style) for name in names]
    return [pool.submit(pages.validation, out, checks), *drawn] if checks else drawn


def _write(
    out: Path,
    limits: Sequence[Limit],
    joint: Sequence[Limit],
    checks: Sequence[validation.Check],
    earlier: Sequence[Limit] | None,
) -> None:
    from nudipole import bibliography
    from nudipole.compilation import compare, table

    every = (*limits, *joint)
    store.write_text(out / "limits.csv", store.limits_csv(every))
    store.write_text(out / "strongest.md", combined.markdown(limits))
    document = {"nudipole": __version__, "code": store.code_fingerprint(), "convention": "d in GeV^-1, mu = 2 d"}
    store.write_text(out / "limits.json", json.dumps(document | {"curves": [store.to_record(c) for c in every]}))
    citations = [reference for limit in limits for reference in limit.citations]
    store.write_text(out / "references.bib", bibliography.bibtex(citations))
    store.write_text(out / "table1.md", table.markdown(limits))
    store.write_text(out / "table1.tex", table.latex(limits))
    store.write_text(out / "validation.md", validation.markdown(checks, {limit.key for limit in limits}))
    store.write_text(out / "validation.json", validation.as_json(checks))
    if earlier is not None:
        store.write_text(out / "compare.md", compare.markdown(earlier, every))
