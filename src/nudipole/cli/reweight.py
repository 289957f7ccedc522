"""The verb ``reweight``: events of another coupling, nature or mass."""

from __future__ import annotations

from pathlib import Path

import click

from nudipole.api import coupling
from nudipole.cli.common import coupling_options


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@coupling_options
@click.option("--mass", type=float, help="New mass of N in GeV: that of the events to 5 per cent above it.")
@click.option("--majorana/--dirac", default=None, help="New nature (default: that of the events).")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE2", help="A Parquet file.")
def reweight(
    file: Path, d: float | None, mu: float | None, mass: float | None, majorana: bool | None, out: Path
) -> None:
    """Events of a Parquet file as events of another point: exact in d and in nature."""
    from nudipole.generator.reweight import reweight as run

    found = run(file, coupling(d, mu), mass=mass, majorana=majorana, out=out)
    total = float(found.table["weight"].sum())
    counted = float(found.table.counted.sum())
    click.echo(
        f"{len(found.table)} events in {out}: {total:.6g} expected, {counted:.6g} after efficiency and cuts, "
        f"effective size {found.effective_size:.6g}, {found.lost} without weight"
    )
