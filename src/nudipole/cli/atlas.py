"""The verb ``atlas``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nudipole.cli.common import ManyValues, majorana_option
from nudipole.portal import DIRECTIONS


@click.command(cls=ManyValues)
@click.option("--flavor", "flavors", multiple=True, type=click.Choice(DIRECTIONS), help="Only these, one or more.")
@click.option("--only", multiple=True, metavar="KEY", help="Only these constraints, one or more.")
@click.option(
    "--keys-from", type=click.Path(path_type=Path), metavar="FILE", help="Only the constraints that it lists."
)
@click.option(
    "--preset", "presets", multiple=True, metavar="[KEY=]NAME", help="Of one constraint, or of all that have it."
)
@click.option("--cl", type=float, help="Confidence level (default: that of each constraint).")
@majorana_option
@click.option(
    "--style",
    type=click.Choice(["paper", "talk", "dark", "review"]),
    default="paper",
    show_default=True,
    help="review: the review's Figs 3-7 as captioned.",
)
@click.option("--no-figures", is_flag=True, help="Write numbers only.")
@click.option("--masses", type=int, default=200, show_default=True, help="Points of each curve.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes (default: one a core).")
@click.option("--scheduler", metavar="ADDRESS", help="Send the tasks to this dask scheduler instead.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True, metavar="DIR")
@click.option("--resume", is_flag=True, help="Take finished parts of an earlier run with the same code and options.")
@click.option("--compare", type=click.Path(path_type=Path), metavar="OLD", help="Report what changed since this atlas.")
def atlas(
    flavors: tuple[str, ...],
    only: tuple[str, ...],
    masses: int,
    jobs: int | None,
    scheduler: str | None,
    out: Path,
    resume: bool,
    compare: Path | None,
    keys_from: Path | None,
    presets: tuple[str, ...],
    cl: float | None,
    majorana: bool,
    style: str,
    no_figures: bool,
) -> None:
    """Compute and draw everything: tables, figures, validation, citations, into a folder."""
    from nudipole.compilation import run, tasks
    from nudipole.explorer import build, parts

    page = style != "review"  # a choice of curves, two presets of some
    if keys_from is not None:
        only = tuple(dict.fromkeys((*only, *tasks.keys_from(keys_from))))
    quiet = not sys.stderr.isatty()
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("atlas", total=None)
        result = run.atlas(
            out,
            flavors=flavors,
            only=only,
            masses=masses,
            jobs=jobs,
            scheduler=scheduler,
            resume=resume,
            compare=compare,
            presets=presets,
            cl=cl,
            majorana=majorana,
            style=style,
            figures=not no_figures,
            progress=lambda key, done, total: bar.update(task, description=key, completed=done, total=total),
            beside=parts.text if page else None,
        )
        if page:
            build.beside(
                out,
                jobs,
                lambda key, done, total: bar.update(task, description="explorer", completed=done, total=total),
                result.beside,
            )
    click.echo(f"{len(result.limits)} curves in {result.folder} after {result.seconds:.1f} s")
