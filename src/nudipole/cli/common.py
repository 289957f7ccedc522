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


class ManyValues(click.Command):
    """A command whose repeatable options take several values in a row, too: ``--mass 1e-3 2e-3``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name: p for p in self.params if isinstance(p, click.Option) and p.multiple for name in p.opts}
        written: list[str] = []
        option: click.Option | None = None  # whose values are being read
        for position, word in enumerate(args):
            previous = args[position - 1] if position else ""
            if option is not None and previous not in options and _is_value(option, word, ctx):
                written.append(option.opts[0])
            elif previous not in options:
                option = options.get(word.partition("=")[0])
            written.append(word)
        return super().parse_args(ctx, written)


def _is_value(option: click.Option, word: str, ctx: click.Context) -> bool:
    """Whether a word is one more value of this option: what its type can read, and not the next option."""
    try:
        option.type.convert(word, option, ctx)
    except click.BadParameter:
        return False
    return not word.startswith("-") or isinstance(option.type, click.types.FloatParamType)


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


extra_width_option = click.option(
    "--extra-width", type=float, default=0.0, help="Width of N into something invisible [GeV], the same at every d."
)


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
