"""Verbs about experiments: rates, cards, citations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from nudipole import api
from nudipole.cli import common
from nudipole.cli.limits import print_explained
from nudipole.constraint import KINDS

_WIDE = 120  # columns of a terminal that shows everything


@click.command()
@click.argument("experiment", metavar="KEY|CARD.toml")
@click.option("--mass", type=float, required=True, help="Mass of N [GeV].")
@common.coupling_options
@common.flavor_option
@common.majorana_option
@common.preset_option
@common.completion_options
@common.extra_width_option
@common.json_option
def rate(
    experiment: str,
    mass: float,
    d: float | None,
    mu: float | None,
    flavor: str,
    majorana: bool,
    preset: str,
    ratio: float | None,
    extra_width: float,
    as_json: bool,
) -> None:
    """Signal, Standard Model and background counts per bin."""
    completion = common.completion(ratio)
    result = api.rate(experiment, mass, api.coupling(d, mu), flavor, majorana, preset, completion, extra_width)
    if as_json:
        common.echo_json(
            {
                "key": result.key,
                "mass_GeV": mass,
                "d_GeV-1": result.portal.d,
                "flavor": flavor,
                "axis": result.axis,
                "edges": result.edges.tolist(),
                "bins": {name: values.tolist() for name, values in result.columns.items()},
                "signal": result.signal.tolist(),
                "components": {name: values.tolist() for name, values in result.components.items()},
                "observed": None if result.observed is None else result.observed.tolist(),
            }
        )
        return
    rows = []
    for index, value in enumerate(result.signal):
        observed = "" if result.observed is None else f"{result.observed[index]:.6g}"
        cells = [f"{values[index]:.4g}" for values in result.components.values()]
        rows.append([result.label(index), f"{value:.4g}", *cells, observed])
    totals = [f"{values.sum():.4g}" for values in result.components.values()]
    seen = "" if result.observed is None else f"{result.observed.sum():.6g}"
    rows.append(["all", f"{result.signal.sum():.4g}", *totals, seen])
    common.show_table(["bin", "signal", *result.components, "observed"], rows, result.key, sums=True)


@click.group(invoke_without_command=True)
@common.json_option
@click.pass_context
def experiments(context: click.Context, as_json: bool) -> None:
    """List, show and validate experiment cards; by itself it lists them."""
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@experiments.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of this kind.")
@click.option("--flavor", type=common.FLAVOR, help="Only those that draw a curve for this flavour.")
@click.option("--source", help="Only those whose flux, beam or collider has this in its name; sky for the rest.")
@common.json_option
def list_(as_json: bool = False, kind: str | None = None, flavor: str | None = None, source: str | None = None) -> None:
    """Every constraint, or those of a kind, flavour or source: key, title, kind, basis, flavours, presets."""
    from nudipole.catalogue.summaries import summaries

    constraints = summaries(kind, flavor, source)
    rows = [
        {
            "key": c.key,
            "title": c.title,
            "kind": c.kind,
            "basis": c.basis,
            "cl": c.confidence_level,
            "flavors": list(c.flavors),
            "presets": list(c.presets),
            "sources": list(c.sources),
        }
        for c in constraints
    ]
    if as_json:
        common.echo_json(rows)
        return
    wide = common.width() >= _WIDE
    headings = ["key", "title", "kind", *(["basis"] if wide else []), "CL", "flavours", *(["presets"] if wide else [])]
    cells = []
    for c in constraints:
        basis, presets = ([c.basis], [" ".join(c.presets[1:])]) if wide else ([], [])
        cells.append([c.key, c.title, c.kind, *basis, f"{c.confidence_level:g}", " ".join(c.flavors), *presets])
    common.show_table(headings, cells, whole=["key"])


@experiments.command()
@click.argument("key")
@common.json_option
def show(key: str, as_json: bool) -> None:
    """What one constraint assumes."""
    from nudipole.catalogue import registry

    explained = registry.load(key).explain()
    if as_json:
        common.echo_json(explained)
        return
    print_explained(Console(), explained)


@experiments.command()
@click.argument("card", type=click.Path(path_type=Path))
@common.json_option
def validate(card: Path, as_json: bool) -> None:
    """Check a card: everything in it is read, and the experiment it describes is built and evaluated at a few masses.

    Tells all faults at once, a line each, with exit status 2.
    """
    from nudipole.catalogue.check import check

    report = check(card)
    valid, experiment = not report.faults, report.experiment
    if as_json:
        faults = [
            {"field": f.field, "value": f.value, "allowed": f.allowed, "line": f.line, "message": f.message}
            for f in report.faults
        ]
        found: dict[str, Any] = {"valid": valid, "faults": faults, "warnings": list(report.warnings)}
        if experiment is not None:
            found |= {"key": experiment.key, "flavors": list(experiment.flavors)}
        else:
            found["error"] = report.faults[0].message
        common.echo_json(found)
    else:
        for warning in report.warnings:
            click.echo(f"nudipole: warning: {warning}", err=True)
        for fault in report.faults:
            click.echo(f"nudipole: {fault.message}", err=True)
        if experiment is not None:
            click.echo(f"{card}: valid; {experiment.title}, flavours {' '.join(experiment.flavors)}")
    if not valid:
        sys.exit(2)


@click.command()
@click.argument("keys", nargs=-1, required=True)
def cite(keys: tuple[str, ...]) -> None:
    """BibTeX of what these experiments rest on."""
    click.echo(api.cite(list(keys)), nl=False)
