"""Results as columns: plain dictionaries of arrays of equal length, and the same as CSV files."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError, InputFileError, OutputError

Columns = dict[str, npt.NDArray[Any]]
_LARGEST = 200_000_000  # bytes of a table that is read


class Tabular:
    """A result that can be had as columns."""

    def to_arrays(self) -> Columns:
        """Columns of equal length, by name with unit."""
        raise NotImplementedError

    def to_csv(self, path: str | Path) -> Path:
        """The columns as a file, written whole or not at all; see :func:`write`.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Path
            The same, written.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        return write(path, self.to_arrays())


def text(columns: Mapping[str, npt.ArrayLike]) -> str:
    """Columns as CSV with a header: numbers with six digits, ``inf``, and nothing where there is no number.

    Parameters
    ----------
    columns : mapping of array_like (n,)
        By name with unit.

    Returns
    -------
    str

    Raises
    ------
    DomainError
        If the columns differ in length.

    Examples
    --------
    >>> text({"mass_GeV": [0.001, 0.01], "d_low_GeV-1": [1e-9, float("nan")]}).splitlines()
    ['mass_GeV,d_low_GeV-1', '0.001,1e-09', '0.01,']
    """
    arrays = {name: np.atleast_1d(np.asarray(values)) for name, values in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise DomainError(f"columns must be of equal length, got {sizes}")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(arrays)
    writer.writerows([_cell(value) for value in row] for row in zip(*arrays.values(), strict=True))
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)


def write(path: str | Path, columns: Mapping[str, npt.ArrayLike]) -> Path:
    """Columns into a CSV file, written beside its place and renamed: whole or not there.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.
    columns : mapping of array_like (n,)
        By name with unit.

    Returns
    -------
    Path

    Raises
    ------
    DomainError
        If the columns differ in length.
    OutputError
        If the file cannot be written.
    """
    return write_text(Path(path), text(columns))


def write_text(target: Path, content: str) -> Path:
    """Text into a file, written beside its place and renamed: whole or not there.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    half = target.parent / f".{target.name[:100]}.{secrets.token_hex(4)}.part"
    try:
        with half.open("x", encoding="utf-8", newline="") as stream:
            stream.write(content)
        half.replace(target)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {str(target)!r}: {getattr(error, 'strerror', '') or error}") from None
    finally:
        if os.path.lexists(half):
            half.unlink()
    return target


def read(path: str | Path) -> Columns:
    """The columns of a CSV file with a header, such as ``limits.csv``: numbers where all entries are (NaN if empty).

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of ndarray (n,)

    Raises
    ------
    InputFileError
        If it cannot be read or is no table.
    """
    name = repr(str(path))
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise InputFileError(f"{name}: more than {_LARGEST} bytes")
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            head, *rows = list(csv.reader(stream, strict=True))
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, InputFileError):
            raise
        raise InputFileError(f"{name}: no table ({getattr(error, 'strerror', '') or error})") from None
    if len(set(head)) != len(head) or any(len(row) != len(head) for row in rows):
        raise InputFileError(f"{name}: no table: every row needs one entry for each of the {len(head)} names")
    return {key: _column([row[index] for row in rows]) for index, key in enumerate(head)}


def _column(cells: list[str]) -> npt.NDArray[Any]:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells, dtype=str)
