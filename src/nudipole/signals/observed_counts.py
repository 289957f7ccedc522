"""Counts of data and backgrounds in each bin of an observation, as a card gives them: typed, by column, or by shape."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.errors import CardError, NudipoleError
from nudipole.inputs import options, rates, tables
from nudipole.inputs.cards import Background
from nudipole.signals.background_shapes import SHAPES

FloatArray = npt.NDArray[np.float64]


def column_counts(
    table: tables.Table, name: str, size: int, exposure: float | None, energies: FloatArray | None, file: Path
) -> FloatArray:
    """A column of a table in counts in each bin.

    Parameters
    ----------
    table : Table
    name : str
        Of the column; its unit says whether it is counts, or a rate per mass, time and energy.
    size : int
        Number of bins.
    exposure : float or None
        [kg s], for rates.
    energies : ndarray or None
        Edges [GeV] of the bins in energy, for columns per energy; each of them holds for as many bins in a row as there are.
    file : Path
        The card, for messages.

    Returns
    -------
    ndarray (size,)

    Raises
    ------
    CardError
        If there is no such column, its unit cannot be counts here, or it has another number of rows.
    """
    try:
        values, unit = table[name], table.units[name]
        widths = None if energies is None else np.diff(energies)
        if widths is not None and len(widths) != size:
            widths = np.repeat(widths, size // len(widths))
        factor = rates.counts_per(unit, exposure, widths)
    except NudipoleError as error:
        raise CardError(file, "observation.table", table.name, f"column {name}: {error}") from None
    if len(values) != size:
        raise CardError(file, "observation.table", table.name, f"has {len(values)} rows, there are {size} bins")
    return np.asarray(values * factor)


def background_counts(
    background: Background,
    column: Callable[[str], FloatArray] | None,
    weights: float,
    edges: FloatArray,
    size: int,
    file: Path,
) -> FloatArray:
    """Expected counts of one background in each bin.

    Parameters
    ----------
    background : Background
        One number is spread evenly over the bins, or over them as its shape has it.
    column : callable or None
        Counts of a column of the observation's table by name; None without a table.
    weights : float
        Multiplies typed counts and columns, but not counts beside a shape.
    edges : ndarray
        Of the bins, for shapes.
    size, file : int, Path
        Number of bins; the card, for messages.

    Returns
    -------
    ndarray (size,)

    Raises
    ------
    CardError
        If they are not given once, have another number of bins, or are negative and not free.
    """
    field = f"background.{background.name}"
    if background.column:
        if column is None:
            raise CardError(file, f"{field}.column", background.column, "needs observation.table")
        values = column(background.column) * weights
    elif background.shape is not None:
        values = _of_shape(background, edges, field, file)
    elif background.counts is not None:
        values = np.asarray(background.counts, dtype=float) * weights
        values = np.full(size, float(values) / size) if values.ndim == 0 else values
        if values.size == 0:
            raise CardError(file, f"{field}.counts", [], "must not be empty")
    else:
        raise CardError(file, field, None, "needs counts, column or shape")
    if values.shape != (size,):
        raise CardError(file, field, f"{values.size} values", f"the observation has {size} bins")
    if np.any(values < 0) and not background.free:
        raise CardError(file, f"{field}.counts", float(values.min()), "only a free component may be negative")
    return values


def _of_shape(background: Background, edges: FloatArray, field: str, file: Path) -> FloatArray:
    """Counts that have a shape: its share of each bin times the counts of all."""
    assert background.shape is not None
    shape = background.shape | {"edges": edges.tolist()}
    values = np.asarray(options.resolve(SHAPES, shape, "model", file, f"{field}.shape"))
    if not np.any(values):
        raise CardError(file, f"{field}.shape", background.shape, "nothing of it lies in the bins")
    if not isinstance(background.counts, (int, float)):
        raise CardError(file, f"{field}.counts", background.counts, "is required beside a shape: one number")
    return np.asarray(values * background.counts)
