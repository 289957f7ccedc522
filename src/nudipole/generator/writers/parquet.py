"""Parquet through pyarrow: a struct for each particle and vertex, units and provenance in the schema's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nudipole.errors import MissingExtraError
from nudipole.generator.table import AXES, MEANING, SLOTS, Columns, EventTable

VERTICES = {"production": "xyzt", "decay": "xyzt", "conversion": "xyz"}
_SCALARS = (
    "weight", "efficiency", "selected", "bin", "member", "process", "nucleus", "path", "kappa", "polarisation", "angular",
)  # fmt: skip


class ParquetWriter:
    """Writes row groups of one table each."""

    def __init__(self, path: Path, provenance: Mapping[str, Any]) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise MissingExtraError("pyarrow", "events", "writing Parquet") from None
        self._arrow = pa
        self._schema = schema(provenance)
        self._file = parquet.ParquetWriter(
            str(path),
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=False,
        )

    def write(self, table: EventTable) -> None:
        self._file.write_table(arrow_table(table, self._schema))

    def close(self) -> None:
        self._file.close()


def schema(provenance: Mapping[str, Any]) -> Any:
    """The schema of a file: unit and meaning of every field, and the provenance as JSON under ``nudipole``."""
    import pyarrow as pa

    def number(name: str, kind: Any, unit: str, text: str) -> Any:
        return pa.field(name, kind, metadata={"unit": unit, "meaning": text})

    kinds = {
        "selected": pa.bool_(),
        "bin": pa.int32(),
        "member": pa.int32(),
        "process": pa.int32(),
        "nucleus": pa.int64(),
    }
    fields = [number(name, kinds.get(name, pa.float64()), *MEANING[name]) for name in _SCALARS]
    for slot in SLOTS:
        inner = [number("pdg", pa.int64(), "1", "PDG number, 0 if there is no such particle")]
        inner += [number(axis, pa.float64(), "GeV", "four-momentum in the lab") for axis in AXES]
        fields.append(pa.field(slot, pa.struct(inner)))
    for vertex, axes in VERTICES.items():
        inner = [number(axis, pa.float64(), *MEANING[f"{vertex}_{axis}"]) for axis in axes]
        fields.append(pa.field(vertex, pa.struct(inner)))
    inner = [number(axis, pa.float64(), *MEANING[f"spin_{axis}"]) for axis in "xyz"]
    fields.append(pa.field("spin", pa.struct(inner)))
    return pa.schema(fields, metadata={"nudipole": json.dumps(provenance, sort_keys=True)})


def arrow_table(table: EventTable, layout: Any | None = None) -> Any:
    """Events as an Arrow table."""
    import pyarrow as pa

    layout = schema(table.provenance) if layout is None else layout
    number, columns = len(table), table.columns
    zero = np.zeros(number)
    arrays = [_array(columns.get(name, zero), layout.field(name).type) for name in _SCALARS]
    for slot in SLOTS:
        values = (table.pdg(slot), *table.momentum(slot))
        arrays.append(_struct(values, layout.field(slot).type))
    for vertex, axes in VERTICES.items():
        none = np.full(number, np.nan) if vertex == "conversion" else zero
        arrays.append(_struct([columns.get(f"{vertex}_{a}", none) for a in axes], layout.field(vertex).type))
    arrays.append(_struct(table.spin(), layout.field("spin").type))
    return pa.Table.from_arrays(arrays, schema=layout)


def _array(values: Any, kind: Any) -> Any:
    import pyarrow as pa

    return pa.array(np.ascontiguousarray(values, dtype=kind.to_pandas_dtype()), type=kind)


def _struct(values: Any, kind: Any) -> Any:
    import pyarrow as pa

    fields = [kind.field(index) for index in range(kind.num_fields)]
    parts = [_array(value, field.type) for value, field in zip(values, fields, strict=True)]
    return pa.StructArray.from_arrays(parts, fields=fields)


def read_parquet(path: Path) -> EventTable:
    """Events of a file that :class:`ParquetWriter` wrote.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "events", "reading Parquet") from None
    found = parquet.read_table(str(path))
    return from_arrow(found)


def from_arrow(found: Any) -> EventTable:
    """Events of an Arrow table with our schema."""
    columns: Columns = {}
    for field in found.schema:
        column = found.column(field.name).combine_chunks()
        if not hasattr(field.type, "num_fields") or field.type.num_fields == 0:
            columns[field.name] = column.to_numpy(zero_copy_only=False)
            continue
        chunk = column.chunk(0) if hasattr(column, "chunk") else column
        for index in range(field.type.num_fields):
            name = f"{field.name}_{field.type.field(index).name}"
            columns[name] = chunk.field(index).to_numpy(zero_copy_only=False)
    return EventTable(columns, json.loads((found.schema.metadata or {}).get(b"nudipole", b"{}")))
