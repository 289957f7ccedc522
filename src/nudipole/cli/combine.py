"""The verb ``combine``: several searches in one likelihood."""

from __future__ import annotations

import click

from nudipole.cli import common
from nudipole.errors import DomainError
from nudipole.fits import combination


@click.command("combine", cls=common.ManyValues)
@click.argument("keys", nargs=-1, required=True)
@click.option("--flavor", help="e, mu, tau, universal or coherent; or give --couplings.")
@click.option("--couplings", help="Couplings in fixed proportion instead, d_a / d: e=1,mu=0.5,tau=-0.2.")
@click.option("--profile", help="Couplings that take whatever size fits best: tau, or e,tau.")
@click.option("--mass", "masses", type=float, multiple=True, required=True, help="Masses of N [GeV], one or more.")
@click.option("--cl", type=float, default=0.9, show_default=True, help="Confidence level of the joint limit.")
@click.option("--one-sided", is_flag=True, help="Exclude above the best fit only.")
@click.option("--preset", "presets", multiple=True, help="KEY=PRESET of a member.")
@common.majorana_option
@common.json_option
def combine(
    keys: tuple[str, ...],
    flavor: str | None,
    couplings: str | None,
    profile: str | None,
    masses: tuple[float, ...],
    cl: float,
    one_sided: bool,
    presets: tuple[str, ...],
    majorana: bool,
    as_json: bool,
) -> None:
    """Excluded couplings of several searches (keys or cards) fitted together."""
    chosen = {}
    for text in presets:
        key, equals, name = text.partition("=")
        if not equals or not key or not name:
            raise DomainError(f"--preset must read KEY=PRESET, got {text!r}")
        chosen[key] = name
    found = combination.combine(
        keys,
        flavor,
        list(masses),
        cl=cl,
        majorana=majorana,
        presets=chosen,
        one_sided=one_sided,
        ratios=common.couplings(couplings),
        profile=tuple(profile.split(",")) if profile else (),
    )
    if as_json:
        common.echo_json(found.to_dict())
        return
    along = flavor or couplings
    over = f", profiled over {profile}" if profile else ""
    click.echo(f"joint limit of {' + '.join(found.members)}, {along}{over}, {cl:g} confidence level")
    for name, members in found.shared.items():
        click.echo(f"shared parameter {name}: {', '.join(members)}")
    for key, reason in found.left_out.items():
        click.echo(f"left out: {key} ({reason})")
    click.echo(f"{'M_N [GeV]':>12}  {'excluded d [GeV^-1]':<28}  {'mu = 2d [mu_B]':<28}  preference for N")
    for mass, intervals, preference in zip(found.limit.masses, found.limit.excluded, found.preference, strict=True):
        for interval in intervals or (None,):
            d = mu = "none"
            if interval is not None:
                low, high = interval.mu
                d = f"{interval.low:.4g} to {'inf' if interval.high is None else format(interval.high, '.4g')}"
                mu = f"{low:.4g} to {'inf' if high is None else format(high, '.4g')}"
            click.echo(f"{mass:>12.5g}  {d:<28}  {mu:<28}  {preference:.3g}")
