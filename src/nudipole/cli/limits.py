"""What an experiment excludes: ``nudipole limit``."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.markup import escape

from nudipole import api, units
from nudipole.catalogue.bands import Bands, bands, kind_of
from nudipole.catalogue.expected import ExpectedLimit, expected
from nudipole.cli import common
from nudipole.columns import text
from nudipole.constraint import Limit
from nudipole.errors import DomainError
from nudipole.portal import Direction


@click.command(cls=common.ManyValues)
@click.argument("experiment", metavar="KEY|CARD.toml")
@common.flavor_option
@common.masses_option
@click.option("--cl", type=float, help="Confidence level (default: the card's).")
@common.majorana_option
@common.preset_option
@common.completion_options
@common.extra_width_option
@click.option(
    "--explain", is_flag=True, help="Print what the preset assumes and what each difference does to the curve."
)
@common.json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--bands", "as_bands", is_flag=True, help="With the band of its uncertainties, and what dominates it.")
@click.option("--method", default="card", show_default=True, help="card: the test of the card; cls: CLs.")
@click.option("--expected", "as_expected", is_flag=True, help="What is expected without N: median and bands.")
def limit(
    experiment: str,
    flavor: str,
    masses: tuple[Any, ...],
    cl: float | None,
    majorana: bool,
    preset: str,
    ratio: float | None,
    extra_width: float,
    explain: bool,
    as_json: bool,
    as_csv: bool,
    method: str,
    as_bands: bool,
    as_expected: bool,
) -> None:
    """Excluded couplings of one experiment: nudipole limit KEY --flavor F --mass M [M ...]."""
    if as_json and as_csv:
        raise click.UsageError("Give one of --json and --csv.")
    grid = np.array(common.flattened(masses))
    completion = common.completion(ratio)
    if as_expected:
        if explain:
            raise click.UsageError("--explain tells the observed limit, not --expected: leave one out.")
        if method != "card":
            raise click.UsageError("--expected knows the test of the card only: leave --method out.")
        _expected(expected(experiment, flavor, grid, cl, majorana, preset, completion, extra_width), as_json, as_csv)
        return
    if as_bands:
        if explain or method != "card" or ratio is not None or extra_width:
            raise click.UsageError("--bands goes with --cl, --majorana and --preset only.")
        _bands(bands(experiment, flavor, grid, cl, majorana, preset), as_json, as_csv)
        return
    result = api.limit(experiment, flavor, grid, cl, majorana, preset, completion, extra_width, method)
    if as_json:
        common.echo_json(limit_records(result))
    elif as_csv:
        write_csv(result)
    else:
        _show(result)
    if explain:
        _explain(experiment, preset, result.direction, grid, cl, as_json or as_csv)


def _expected(found: ExpectedLimit, as_json: bool, as_csv: bool) -> None:
    """Median and bands: a row a mass."""
    columns = found.to_dict()
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    if as_json:
        head = {"flavor": found.direction.name, "cl": found.confidence_level}
        common.echo_json([head | dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{value:.6g}" for value in row] for row in rows)
    else:
        title = f"{found.key}, {found.direction.name}, {found.direction.nature}, {found.confidence_level:.3g} CL"
        heads = ["M [GeV]", "-2 sigma", "-1 sigma", "median d [GeV^-1]", "+1 sigma", "+2 sigma"]
        shown = [["nothing" if np.isnan(value) else f"{value:.4g}" for value in row] for row in rows]
        common.show_table(heads, shown, f"{title}, expected without N, preset {found.preset}")


def _bands(found: Bands, as_json: bool, as_csv: bool) -> None:
    """Limit, band and the largest variation: a row a mass."""
    columns = found.to_arrays()
    if as_csv:
        click.echo(text(columns), nl=False)
        return
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    if as_json:
        head = {"flavor": found.direction.name, "cl": found.confidence_level}
        common.echo_json([head | dict(zip(columns, row, strict=True)) for row in rows])
        return
    heads = ["M [GeV]", "d [GeV^-1]", "band from", "to", "dominated by", "which is"]
    shown = [
        [*("nothing" if np.isnan(v) else f"{v:.4g}" for v in row[:4]), row[4], row[4] and kind_of(row[4])]
        for row in rows
    ]
    common.show_table(
        heads, shown, f"{found.key}, {found.direction.name}, {found.confidence_level:.3g} CL, with uncertainties"
    )


def limit_records(result: Limit) -> list[dict[str, Any]]:
    """The JSON form of a limit: one record a mass."""
    return [
        {
            "mass_GeV": float(mass),
            "flavor": result.direction.name,
            "cl": result.confidence_level,
            "excluded": [{"d_GeV-1": [i.low, i.high], "mu_muB": list(i.mu)} for i in intervals],
        }
        for mass, intervals in zip(result.masses, result.excluded, strict=True)
    ]


def write_csv(result: Limit) -> None:
    """One row a mass and excluded interval, on standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["mass_GeV", "interval", "d_low_GeV-1", "d_high_GeV-1", "mu_low_muB", "mu_high_muB"])
    for mass, intervals in zip(result.masses, result.excluded, strict=True):
        for number, i in enumerate(intervals):
            high = ["", ""] if i.high is None else [f"{i.high:.6g}", f"{units.mu_from_d(i.high):.6g}"]
            writer.writerow([f"{mass:.6g}", number, f"{i.low:.6g}", high[0], f"{i.mu[0]:.6g}", high[1]])


_HEADINGS = {"exclusion": "excluded", "projection": "would exclude", "roi": "of interest", "line": "beyond the line"}


def _show(result: Limit) -> None:
    title = f"{result.key}, {result.direction.name}, {result.direction.nature}, {result.confidence_level:.3g} CL"
    if result.direction.completion.kind != "photon":
        title = f"{title}, {result.direction.completion.label}"
    if result.direction.extra_width > 0.0:
        title = f"{title}, extra width {result.direction.extra_width:g} GeV"
    if "judged by CLs" in result.notes:
        title = f"{title}, CLs"
    if result.kind == "line":
        title = f"{result.key}, {result.direction.name}, {result.direction.nature}, a line of theory"
    heading = f"{_HEADINGS[result.kind]} d [GeV^-1]"
    rows = []
    for mass, intervals in zip(result.masses, result.excluded, strict=True):
        if not intervals:
            rows.append([f"{mass:.4g}", "nothing", ""])
        for i in intervals:
            high_d, high_mu = ("inf", "inf") if i.high is None else (f"{i.high:.4g}", f"{units.mu_from_d(i.high):.4g}")
            rows.append([f"{mass:.4g}", f"{i.low:.4g} - {high_d}", f"{i.mu[0]:.4g} - {high_mu}"])
    common.show_table(["M [GeV]", heading, "mu = 2d [mu_B]"], rows, f"{title}, preset {result.preset}")


def _explain(experiment: str, preset: str, ray: Direction, grid: Any, cl: float | None, to_stderr: bool) -> None:
    from nudipole.catalogue import registry

    constraint = registry.load(experiment)
    console = Console(stderr=to_stderr)
    print_explained(console, constraint.explain(preset))
    if preset == "default":
        for other in constraint.presets[1:]:
            console.print(f"[bold]preset {escape(other)}[/bold]: {_shift(constraint, other, ray, grid, cl)}")
    else:
        console.print(f"[bold]this preset[/bold]: {_shift(constraint, preset, ray, grid, cl)}")
        for step, ratio in getattr(constraint, "preset_steps", lambda *_: ())(preset, grid, ray, cl):
            console.print(f"  [bold]{escape(step)}[/bold] alone: {escape(ratio)}", highlight=False)


def print_explained(console: Console, explained: dict[str, Any]) -> None:
    """Name and value on a line; the sentences of a list on lines of their own."""
    for name, value in explained.items():
        items = (
            [_sentence(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)] if value else []
        )
        if items:
            listed = isinstance(value, (list, tuple)) and any(" " in item for item in items)
            shown = "".join(f"\n  - {item}" for item in items) if listed else " " + ", ".join(items)
            console.print(f"[bold]{escape(name)}[/bold]:{escape(shown)}", highlight=False)


def _sentence(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    return "; ".join(str(value) if " " in str(value) else f"{name} {value}" for name, value in item.items() if value)


def _shift(constraint: Any, preset: str, ray: Direction, grid: Any, cl: float | None) -> str:
    try:
        base, other = constraint.limit(grid, ray, cl), constraint.limit(grid, ray, cl, preset)
    except DomainError as refused:  # a published number has its own level
        return escape(str(refused))
    found = []
    for edge in getattr(constraint, "compared_edges", ("lower",)):
        ratio = other.edge(edge) / base.edge(edge)
        shown = ", ".join(f"{r:.3g} at {m:g} GeV" for m, r in zip(grid, ratio, strict=True) if np.isfinite(r))
        if shown:
            found.append(("" if edge == "lower" else f"{edge}: ") + f"d(preset) / d(default) = {shown}")
    return "; ".join(found) or "no common excluded mass"
