"""The verb ``discovery``: reach at so many standard deviations, and the significance of the data."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from nudipole.catalogue import discovery as discoveries
from nudipole.cli import common


@click.command("discovery", cls=common.ManyValues)
@click.argument("experiment", metavar="KEY|CARD.toml")
@common.flavor_option
@common.masses_option
@click.option("--sigmas", type=float, multiple=True, default=(3.0, 5.0), show_default=True, help="One or more.")
@common.majorana_option
@common.preset_option
@common.json_option
def discovery(
    experiment: str,
    flavor: str,
    masses: tuple[Any, ...],
    sigmas: tuple[float, ...],
    majorana: bool,
    preset: str,
    as_json: bool,
) -> None:
    """Couplings at which a search would see N, and how significant what it saw is."""
    grid = np.array(common.flattened(masses))
    found = discoveries.discovery(experiment, flavor, grid, sigmas=sigmas, majorana=majorana, preset=preset)
    columns = found.to_arrays()
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    if as_json:
        common.echo_json([{"flavor": flavor} | dict(zip(columns, row, strict=True)) for row in rows])
        return
    heads = ["M [GeV]", *(f"{s:g} sigma d [GeV^-1]" for s in found.sigmas), "best d", "observed sigma", "p value"]
    shown = [["-" if np.isnan(value) else f"{value:.4g}" for value in row] for row in rows]
    common.show_table(heads, shown, f"{found.key}, {flavor}, expected reach and observed local significance")
