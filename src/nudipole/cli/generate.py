"""The verb ``generate``: events into a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nudipole.api import coupling
from nudipole.cli.common import (
    completion,
    completion_options,
    coupling_options,
    extra_width_option,
    flavor_option,
    majorana_option,
    preset_option,
)


@click.command()
@click.argument("experiment", metavar="KEY|CARD.toml")
@click.option("--mass", type=float, required=True, help="Mass of N in GeV.")
@coupling_options
@flavor_option
@click.option("--events", type=int, required=True, metavar="N", help="How many events.")
@click.option("--format", "format_", metavar="FORMAT", help="hepmc3, lhe, parquet, hepevt or csv (default: by suffix).")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to write them.")
@click.option("--seed", type=int, default=1, show_default=True, help="All randomness comes from it.")
@preset_option
@majorana_option
@completion_options
@extra_width_option
@click.option("--weighted/--unweighted", default=False, help="Weighted events fill the tails (default: unweighted).")
@click.option(
    "--decays",
    metavar="forced|natural",
    default="forced",
    show_default=True,
    help="Where the search wants them, with their chance in the weight, or wherever the lifetime of N lets them be.",
)
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes; events do not depend on it.")
def generate(
    experiment: str,
    mass: float,
    d: float | None,
    mu: float | None,
    flavor: str,
    events: int,
    format_: str | None,
    out: Path,
    seed: int,
    preset: str,
    majorana: bool,
    ratio: float | None,
    extra_width: float,
    weighted: bool,
    decays: str,
    jobs: int,
) -> None:
    """Events of one theory point in one experiment: the template of its card, sampled."""
    from nudipole.generator import run

    quiet = not sys.stderr.isatty()
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task(out.name, total=max(events, 0), rate="")

        def step(done: int, _total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, rate="" if speed is None else f"{speed:,.0f}/s")

        made = run.generate(
            experiment, mass, coupling(d, mu), flavor, events, format=format_, out=out, seed=seed, majorana=majorana,
            preset=preset, weighted=weighted, jobs=jobs, completion=completion(ratio), extra_width=extra_width, decays=decays,
            progress=step,
        )  # fmt: skip
    assert isinstance(made, run.Generated)
    click.echo(
        f"{made.events} events in {made.path}: {made.expected:.6g} expected, {made.counted:.6g} after efficiency and cuts, "
        f"effective size {made.effective_size:.6g}"
    )
