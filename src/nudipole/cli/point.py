"""The verb ``point``: one theory point against everything."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nudipole.cli import common
from nudipole.fits import point as points


@click.command("point")
@click.option("--mass", type=float, required=True, help="Mass of N [GeV].")
@common.coupling_options
@click.option("--flavor", help="Which coupling is switched on: e, mu, tau, universal or coherent.")
@click.option("--couplings", help="Several couplings [GeV^-1] instead: e=1e-7,mu=2e-7,tau=0.")
@common.majorana_option
@click.option("--cl", type=float, help="Confidence level of every limit; each card's own if left out.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Processes.")
@click.option("--all", "everything", is_flag=True, help="Also the searches that can say nothing at this mass.")
@common.json_option
def point(
    mass: float,
    d: float | None,
    mu: float | None,
    flavor: str | None,
    couplings: str | None,
    majorana: bool,
    cl: float | None,
    jobs: int,
    everything: bool,
    as_json: bool,
) -> None:
    """One theory point against every search: expected signal, excluded or not, and by how much."""
    found = points.point(
        mass, d, flavor, mu=mu, couplings=common.couplings(couplings), majorana=majorana, cl=cl, jobs=jobs
    )
    if as_json:
        common.echo_json(found.to_dict())
        return
    p = found.portal
    click.echo(
        f"M_N = {p.mass:g} GeV, d = {p.d:.4g} GeV^-1, mu = {p.mu:.4g} mu_B, {p.direction.name}, {p.direction.nature}"
    )
    click.echo(f"width {p.width:.4g} GeV, lifetime {p.lifetime:.4g} s")
    click.echo("  ".join(f"BR({name}) = {value:.4g}" for name, value in p.branching_ratios.items()))
    table = Table(box=None, pad_edge=False)
    for name in ("class", "key", "kind", "CL", "signal", "background", "statistic", "excluded", "d / limit"):
        table.add_column(name, no_wrap=True)
    silent = 0
    for v in found.verdicts:
        if v.excluded is None and v.kind != "roi" and not everything:
            silent += 1
            continue
        numbers = (v.signal, v.background, v.test_statistic)
        shown = ["" if n is None else f"{n:.3g}" for n in numbers]
        ratio = "" if v.d_over_limit is None else f"{v.d_over_limit:.3g}"
        word = {True: "yes", False: "no", None: "-"}[v.excluded]
        table.add_row(*map(escape, (v.group, v.key, v.kind, f"{v.confidence_level:g}", *shown, word, ratio)))
    Console(width=None if Console().is_terminal else 160).print(table)
    click.echo(f"excluded by {len(found.excluded_by)} measurements: {' '.join(found.excluded_by) or 'none'}")
    if silent:
        click.echo(f"{silent} constraints can say nothing here (--all lists them)")
