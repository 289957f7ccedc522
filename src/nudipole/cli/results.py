"""How verbs print what functions return: numbers and arrays by name, as text, JSON or CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
import numpy as np

from nudipole import columns
from nudipole.cli import common


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--json`` and ``--csv``."""
    function = click.option("--csv", "as_csv", is_flag=True, help="Print columns as CSV, single numbers in every row.")(
        function
    )
    return common.json_option(function)


def values_option(name: str, text: str, required: bool = False) -> Callable[..., Any]:
    """An option of numbers, one or more, or ``low:high:points``."""
    return click.option(name, type=common.Masses(), multiple=True, required=required, help=text)


def numbers(given: tuple[Any, ...]) -> Any:
    """What such an option got: nothing, a number, or a list of them."""
    flat = common.flattened(given)
    return None if not flat else flat[0] if len(flat) == 1 else flat


def show(found: Mapping[str, Any], as_json: bool, as_csv: bool, title: str = "") -> None:
    """Print numbers and arrays of equal length.

    Raises
    ------
    UsageError
        If both forms are asked for.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    plain = {name: np.asarray(value) for name, value in found.items()}
    if as_json:
        common.echo_json({name: value.tolist() for name, value in plain.items()})
        return
    arrays = {name: value for name, value in plain.items() if value.ndim}
    if as_csv:
        length = max((len(value) for value in arrays.values()), default=1)
        rows = {name: value if value.ndim else np.full(length, value) for name, value in plain.items()}
        click.echo(columns.text(rows), nl=False)
        return
    width = max(map(len, plain))
    for name, value in plain.items():
        if not value.ndim:
            click.echo(f"{name:<{width}}  {value:.6g}")
    if arrays:
        cells = [[f"{cell:.6g}" for cell in value.tolist()] for value in arrays.values()]
        common.show_table(list(arrays), list(zip(*cells, strict=True)), title)
