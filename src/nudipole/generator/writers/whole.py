"""Files that are whole or not there: written beside their place and renamed at the end."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nudipole.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside ``path`` that takes its place when the block ends, and goes when it fails.

    Raises
    ------
    OutputError
        If the file cannot be written, the disk is full or the folder is not there.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder, not a file to write events into")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} for the events does not exist")
    part = path.parent / f".{path.name[:100]}.{secrets.token_hex(4)}.part"
    try:
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
