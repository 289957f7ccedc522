"""The verb ``hepdata``: an atlas as a HEPData submission."""

from __future__ import annotations

from pathlib import Path

import click

from nudipole.compilation import hepdata as submissions


@click.command("hepdata")
@click.argument("atlas", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write.")
def hepdata(atlas: Path, out: Path) -> None:
    """Write the atlas in DIR as a submission to HEPData, one table a curve."""
    files = submissions.hepdata(atlas, out)
    click.echo(f"{len(files) - 1} tables in {out}")
