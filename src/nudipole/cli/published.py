"""The verb ``published``: curves of publications that we hold, in any convention."""

from __future__ import annotations

import click

from nudipole.catalogue.curves import CONVENTIONS, PublishedCurve
from nudipole.cli.common import echo_json, json_option


@click.command()
@click.argument("name", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print the curve as a table of nudipole's own.")
@click.option(
    "--convention", type=click.Choice(CONVENTIONS), default="d", show_default=True, help="Of the numbers printed."
)
@json_option
def published(name: str | None, as_csv: bool, convention: str, as_json: bool) -> None:
    """Published curves: list them with convention, confidence level and source, or print the one called NAME.

    Conventions: d in GeV^-1, mu = 2 d in GeV^-1, muB = 2 d in Bohr magnetons.
    """
    from nudipole.catalogue import curves

    if name is None:
        if as_csv:
            raise click.UsageError("--csv prints one curve: name it.")
        known = curves.published()
        if as_json:
            echo_json([_record(curve) for curve in known.values()])
            return
        width = max(map(len, known))
        click.echo(f"{'name':<{width}}  {'flavour':<9}  {'CL':<5}  {'from':<4}  points  source")
        for curve in known.values():
            flavors = " ".join(curve.flavors) or "any"
            level = f"{curve.confidence_level:g}"
            head = f"{curve.name:<{width}}  {flavors:<9}  {level:<5}  {curve.convention:<4}  {len(curve.points):>6}"
            click.echo(f"{head}  {curve.source}")
        return
    curve = curves.published(name)
    if as_json:
        values = curves.convert([d for _, d in curve.points], convention).tolist()
        points = [{"mass_GeV": mass, convention: value} for (mass, _), value in zip(curve.points, values, strict=True)]
        echo_json(_record(curve) | {"convention": convention, "points": points})
        return
    click.echo(curve.csv(convention), nl=False)


def _record(curve: PublishedCurve) -> dict[str, object]:
    return {
        "name": curve.name,
        "what": curve.what,
        "source": curve.source,
        "source_convention": curve.convention,
        "cl": curve.confidence_level,
        "experiments": list(curve.experiments),
        "flavors": list(curve.flavors),
    }
