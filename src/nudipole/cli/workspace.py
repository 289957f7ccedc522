"""The verb ``workspace``: the likelihood of one search as a pyhf workspace."""

from __future__ import annotations

from pathlib import Path

import click

from nudipole.catalogue import workspace as workspaces
from nudipole.cli import common


@click.command("workspace")
@click.argument("experiment", metavar="KEY|CARD.toml")
@common.flavor_option
@click.option("--mass", type=float, required=True, help="M [GeV].")
@common.coupling_options
@common.majorana_option
@common.preset_option
@click.option("--out", type=click.Path(path_type=Path), help="JSON file; standard output if left out.")
def workspace(
    experiment: str,
    flavor: str,
    mass: float,
    d: float | None,
    mu: float | None,
    majorana: bool,
    preset: str,
    out: Path | None,
) -> None:
    """The likelihood of one search at one mass as a pyhf workspace; --d: the coupling of strength 1 (default: the limit)."""
    found = workspaces.workspace(experiment, flavor, mass, d, mu=mu, majorana=majorana, preset=preset, out=out)
    if out is None:
        common.echo_json(found)
    else:
        click.echo(f"{out}: {found['measurements'][0]['name']}")
