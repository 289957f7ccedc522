"""The verb ``doctor``."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nudipole.cli import common


@click.command()
@common.json_option
def doctor(as_json: bool) -> None:
    """Versions, extras and what each enables, cores, places, and a self-test of a few seconds."""
    from nudipole import installation

    found = installation.doctor()
    if as_json:
        common.echo_json(found.to_dict())
        sys.exit(0 if found.healthy else 1)
    console = Console(width=None if sys.stdout.isatty() else 120)
    for name, version in found.versions.items():
        console.print(f"{name:<16} {escape(version)}", highlight=False)
    console.print(f"{'cores':<16} {found.cores}, of which {found.usable_cores} for this process", highlight=False)
    for name, place in found.places.items():
        console.print(f"{name}: {escape(place)}", highlight=False, soft_wrap=True)
    extras = Table("extra", "state", "enables")
    for extra in found.extras:
        state = f"missing: {', '.join(extra.missing)}" if extra.missing else "installed"
        extras.add_row(extra.name, state, extra.enables)
    console.print(extras)
    if any(extra.missing for extra in found.extras):
        console.print(escape("Install an extra with: pip install 'nudipole[NAME]'"), highlight=False)
    checks = Table("self-test", "found", "expected", "", "seconds")
    for check in found.checks:
        mark = "passed" if check.passed else "FAILED"
        checks.add_row(check.name, f"{check.found:.6g}", f"{check.expected:.6g}", mark, f"{check.seconds:.2f}")
    console.print(checks)
    sys.exit(0 if found.healthy else 1)
