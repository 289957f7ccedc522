"""Options that several verbs share."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import numpy as np

from nudipole.errors import DomainError, suggestions
from nudipole.portal import DIRECTIONS, Completion


class Flavor(click.Choice[str]):
    """The name of a flavour; what is none is answered with what was meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if isinstance(value, str) and value not in DIRECTIONS:
            close = suggestions(value, DIRECTIONS)
            meant = f" (did you mean {close[0]}?)" if close else ""
            self.fail(f"{value!r} is not one of {', '.join(map(repr, DIRECTIONS))}{meant}.", param, ctx)
        return str(super().convert(value, param, ctx))


FLAVOR = Flavor(DIRECTIONS)
flavor_option = click.option("--flavor", type=FLAVOR, required=True, help="Which coupling is switched on.")


class Masses(click.types.FloatParamType):
    """A number, or ``low:high:points``: that many from low to high, evenly in their logarithm."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not (isinstance(value, str) and ":" in value):
            return super().convert(value, param, ctx)
        try:
            low, high, points = (part.strip() for part in value.split(":"))
            first, last, number = float(low), float(high), int(points)
        except ValueError:
            self.fail(f"{value!r} is no range: write low:high:points, such as 1e-4:1:50.", param, ctx)
        if not (0.0 < first < last < np.inf and 2 <= number <= _MOST_MASSES):
            self.fail(f"{value!r}: needs 0 < low < high and 2 to {_MOST_MASSES} points.", param, ctx)
        return tuple(np.geomspace(first, last, number).tolist())


_MOST_MASSES = 10_000
masses_option = click.option(
    "--mass",
    "masses",
    type=Masses(),
    multiple=True,
    required=True,
    help="Masses of N [GeV], one or more; low:high:points for so many, evenly in the logarithm.",
)


def flattened(masses: Iterable[Any]) -> list[float]:
    """The masses of ``--mass``, ranges written out."""
    return [m for mass in masses for m in (mass if isinstance(mass, tuple) else (mass,))]


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


def couplings(text: str | None) -> dict[str, complex] | None:
    """``e=1e-7,mu=2e-7`` as a mapping."""
    if text is None:
        return None
    found: dict[str, complex] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        name = name.strip()
        try:
            if not equals or name in found:
                raise ValueError
            found[name] = complex(value.strip().replace("i", "j"))
        except ValueError:
            raise DomainError(f"--couplings must read like e=1e-7,mu=2e-7, got {part!r}") from None
    return found


def echo_json(value: Any) -> None:
    """One JSON document on standard output; infinities, and what is no number, become null."""
    click.echo(json.dumps(_plain(value), indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


_PIPE = 100_000  # columns where nobody looks: nothing is cut or wrapped


def width() -> int:
    """Columns of the terminal; as many as it takes where there is none."""
    from rich.console import Console

    return Console().width if sys.stdout.isatty() else _PIPE


def show_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    whole: Sequence[str] = (),
    sums: bool = False,
) -> None:
    """A table of plain text, in which brackets are brackets; columns that are ``whole`` are never cut.

    With ``sums`` the last row stands apart.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None)
    for heading in headings:
        table.add_column(Text(heading), no_wrap=heading in whole, overflow="fold")
    for index, row in enumerate(rows):
        if sums and index == len(rows) - 1:
            table.add_section()
        table.add_row(*(Text(cell) for cell in row))
    Console(width=width(), soft_wrap=not sys.stdout.isatty()).print(table)
