"""The verb ``scan``: many points of a plan into Parquet."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nudipole.fits import scan as scans


@click.command("scan")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("scan"), show_default=True, help="Folder.")
@click.option("--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Local processes.")
@click.option("--scheduler", help="Address of a dask scheduler instead, such as tcp://host:8786.")
@click.option("--resume", is_flag=True, help="Keep the chunks that an earlier run of the same plan finished.")
def scan(plan: Path, out: Path, jobs: int, scheduler: str | None, resume: bool) -> None:
    """The test statistic of every search of a PLAN (TOML) at every point, into Parquet."""
    columns = (TextColumn("scan"), BarColumn(), MofNCompleteColumn(), TextColumn("chunks"), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("scan", total=None)
        found = scans.scan(
            plan,
            out,
            jobs=jobs,
            scheduler=scheduler,
            resume=resume,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    click.echo(
        f"{found.points} points, {len(found.keys)} keys, {len(found.files)} files in {out} ({found.seconds:.1f} s)"
    )
