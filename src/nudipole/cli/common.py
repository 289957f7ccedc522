"""Options that several verbs share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from nudipole.portal import DIRECTIONS, Completion

flavor_option = click.option(
    "--flavor", type=click.Choice(DIRECTIONS), required=True, help="Which coupling is switched on."
)
majorana_option = click.option("--majorana", is_flag=True, help="Majorana N (default: Dirac).")
preset_option = click.option("--preset", default="default", help="A named set of published assumptions.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def coupling_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--d X`` [GeV^-1] or ``--mu X`` [Bohr magnetons], exactly one."""
    function = click.option("--mu", type=float, help="Transition moment in Bohr magnetons, mu = 2 d.")(function)
    return click.option("--d", "d", type=float, help="Coupling in GeV^-1.")(function)


def completion_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--completion-ratio RATIO``: the SU(2)xU(1) completion with d_W = RATIO d_B instead of the photon operator alone."""
    return click.option(
        "--completion-ratio",
        "ratio",
        type=float,
        help="SU(2)xU(1) completion with d_W = RATIO x d_B, which brings a Z (and W) dipole; default: photon only.",
    )(function)


def completion(ratio: float | None) -> Completion:
    """The completion that the options ask for."""
    return Completion() if ratio is None else Completion("gauge", ratio)


def echo_json(value: Any) -> None:
    """One JSON document on standard output; infinities become null."""
    click.echo(json.dumps(_plain(value), indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return value
