"""The verb ``ufo``: a model for matrix-element generators."""

from __future__ import annotations

from pathlib import Path

import click

from nudipole.cli.common import completion, completion_options


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new folder.")
@click.option("--mass", type=float, default=0.1, show_default=True, help="Mass of N in the parameter card, GeV.")
@click.option("--d", "d", type=float, help="Muon coupling in the card, GeV^-1; 1e-6 if left out.")
@click.option("--mu", type=float, help="The same as a transition moment in Bohr magnetons, mu = 2 d.")
@click.option("--majorana", is_flag=True, help="Majorana N (default: Dirac).")
@completion_options
def ufo(out: Path, mass: float, d: float | None, mu: float | None, majorana: bool, ratio: float | None) -> None:
    """Write the dipole portal as a UFO model: N with photon (and Z, W) dipoles, and a parameter card."""
    from nudipole.generator.ufo.export import ufo as run

    folder = run(out, mass=mass, d=d, mu=mu, majorana=majorana, completion=completion(ratio))
    click.echo(f"UFO model in {folder}: {len(list(folder.iterdir()))} files, param_card.dat among them")
