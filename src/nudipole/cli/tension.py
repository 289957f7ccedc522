"""The verb ``tension``: a region of interest against everything else."""

from __future__ import annotations

import click

from nudipole.cli import common
from nudipole.fits import tension as tensions


@click.command("tension", cls=common.ManyValues)
@click.argument("region", metavar="KEY|CARD.toml")
@click.argument("keys", nargs=-1)
@common.flavor_option
@common.masses_option
@common.majorana_option
@common.json_option
def tension(
    region: str, keys: tuple[str, ...], flavor: str, masses: tuple[object, ...], majorana: bool, as_json: bool
) -> None:
    """Whether a search that prefers N (the first KEY) agrees with others (default: every measurement)."""
    grid = common.flattened(masses)
    found = tensions.tension(region, keys or ("laboratory",), flavor, grid, majorana=majorana)
    if as_json:
        common.echo_json(found.to_dict())
        return
    click.echo(f"{found.region} against {' + '.join(found.members)}, {flavor}")
    for name, best in (("region alone", found.preferred), ("rest alone", found.rest), ("together", found.joint)):
        place = f"M_N = {best.mass:.4g} GeV, d = {best.d:.4g} GeV^-1" if best.d > 0 else "no N"
        click.echo(f"best fit, {name}: {place} (-2 ln L = {best.chi2:.4g} relative to no N)")
    click.echo(
        f"parameter goodness of fit: chi^2 = {found.chi2:.4g} of {tensions.PARAMETERS} degrees of freedom, "
        f"p = {found.p_value:.3g} ({found.sigmas:.2g} sigma)"
    )
