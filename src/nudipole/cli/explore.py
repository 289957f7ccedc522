"""The verb ``explore``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nudipole.cli.common import ManyValues


@click.command(cls=ManyValues)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="At 127.0.0.1; 0: any.")
@click.option("--export", type=click.Path(path_type=Path), metavar="FILE", help="Write the page to a file instead.")
@click.option("--curves", type=click.Path(path_type=Path), metavar="DIR", help="Take them from this atlas.")
@click.option("--only", multiple=True, metavar="KEY", help="Only these constraints, one or more.")
@click.option("--masses", type=int, default=100, show_default=True, help="Points of each curve that is computed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes (default: one a core).")
def explore(
    port: int, export: Path | None, curves: Path | None, only: tuple[str, ...], masses: int, jobs: int | None
) -> None:
    """Every curve in the browser: a page in a file, or a local server that recomputes edited cards."""
    from nudipole.explorer import run

    quiet = not sys.stderr.isatty()
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("explorer", total=None)

        def ready(address: str) -> None:
            bar.stop()
            click.echo(f"{address}  (Ctrl-C ends it)")
            sys.stdout.flush()

        written = run.explore(
            port,
            export,
            curves,
            only or None,
            masses,
            jobs,
            progress=lambda key, done, total: bar.update(task, description=key, completed=done, total=total),
            ready=ready,
        )
    if written is not None:
        click.echo(f"{written}: {written.stat().st_size / 1e6:.2f} MB")
