"""Formats that events are written in: each writer takes tables one after the other."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from nudipole.errors import check_choice
from nudipole.generator.table import EventTable

FORMATS = {
    "hepmc3": "nudipole.generator.writers.hepmc:HepMCWriter",
    "lhe": "nudipole.generator.writers.lhe:LHEWriter",
    "parquet": "nudipole.generator.writers.parquet:ParquetWriter",
    "hepevt": "nudipole.generator.writers.text:HepevtWriter",
    "csv": "nudipole.generator.writers.text:CsvWriter",
}


class Writer(Protocol):
    """Writes one file."""

    def write(self, table: EventTable) -> None:
        """Append events."""

    def close(self) -> None:
        """End the file."""


def writer(name: str, path: Path, provenance: Mapping[str, Any]) -> Writer:
    """A writer of this format into a new file.

    Raises
    ------
    UnknownNameError
        For a format that there is not.
    MissingExtraError
        If the package that writes it is not installed.
    """
    check_choice("format", name, FORMATS)
    module, _, attribute = FORMATS[name].partition(":")
    made: Writer = getattr(importlib.import_module(module), attribute)(path, provenance)
    return made
