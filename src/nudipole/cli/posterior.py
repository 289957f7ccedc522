"""The verb ``posterior``: samples of mass and couplings."""

from __future__ import annotations

from pathlib import Path

import click

from nudipole.cli import common
from nudipole.fits import posterior as posteriors


@click.command("posterior", cls=common.ManyValues)
@click.argument("keys", nargs=-1, required=True, metavar="KEY|CARD.toml ...")
@click.option("--mass", "masses", type=float, multiple=True, required=True, help="M [GeV], or both ends of its range.")
@click.option("--flavors", required=True, help="Couplings that are free: mu, or e,mu,tau.")
@click.option("--d-range", type=float, nargs=2, default=(1e-10, 1e-3), show_default=True, help="Ends of the prior.")
@click.option("--walkers", type=int, default=32, show_default=True)
@click.option("--steps", type=int, default=2000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@common.majorana_option
@click.option("--out", type=click.Path(path_type=Path), metavar="ROOT", help="Write ROOT.txt and so on for GetDist.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw the corner plot.")
def posterior(
    keys: tuple[str, ...],
    masses: tuple[float, ...],
    flavors: str,
    d_range: tuple[float, float],
    walkers: int,
    steps: int,
    seed: int,
    majorana: bool,
    out: Path | None,
    figure: Path | None,
) -> None:
    """Sample mass and couplings from the joint likelihood of searches."""
    if figure is not None:
        from nudipole.plot import canvas

        canvas.check_format(figure)
    options = {"d_range": d_range, "walkers": walkers, "steps": steps, "seed": seed, "majorana": majorana}
    mass = masses[0] if len(masses) == 1 else list(masses)
    found = posteriors.posterior(keys, mass, flavors.split(","), **options)  # type: ignore[arg-type]
    rows = [
        [name, *(f"{found.quantile(q)[k]:.4g}" for q in (0.05, 0.5, 0.9, 0.95)), f"{found.autocorrelation[k]:.3g}"]
        for k, name in enumerate(found.names)
    ]
    heads = ["parameter", "5 %", "median", "90 %", "95 %", "autocorrelation"]
    common.show_table(heads, rows, f"{' + '.join(found.members)}, {len(found.samples)} samples")
    for path in found.to_getdist(out) if out is not None else ():
        click.echo(f"{path}")
    if figure is not None:
        from nudipole.plot import canvas, structure

        canvas.save(structure.corner(found), figure)
        click.echo(f"{figure}")
