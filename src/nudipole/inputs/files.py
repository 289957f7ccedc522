"""How a text file of the user's is read: regular files of a reasonable size, UTF-8 with or without a byte-order mark."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from nudipole.errors import printable

LARGEST_CARD = 1_000_000
"""Bytes of a card."""
LARGEST_TABLE = 50_000_000
"""Bytes of a table."""
LONGEST_NAME = 255


class FileProblemError(Exception):
    """Why a file was not read, in a few words; turned into a card's or a table's error by whoever asked for it."""


def read_text(path: Path, largest: int) -> str:
    """The text of a regular file of at most ``largest`` bytes; a byte-order mark at its start is left out.

    Pipes, devices and folders are refused before they are opened, so that nothing is waited for.

    Raises
    ------
    FileProblemError
        If there is no such file, it is no regular file, is too large, is not UTF-8 or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise FileProblemError("no such file") from None
    except ValueError:  # a NUL in the name
        raise FileProblemError("is not the name of a file") from None
    except OSError as error:
        raise FileProblemError(f"cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise FileProblemError("cannot be read: Is a directory")
        if not stat.S_ISREG(found.st_mode):
            raise FileProblemError("is not a regular file")
        if found.st_size > largest:
            raise FileProblemError(f"has {found.st_size} bytes, more than the {largest} that are read")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise FileProblemError(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(content) > largest:
        raise FileProblemError(f"has more than the {largest} bytes that are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblemError(f"not UTF-8 text (byte {error.start})") from None


def beside(folder: Path, name: str) -> Path:
    """The path of ``name``, a file in ``folder`` or below it: a card reads nothing from elsewhere.

    Raises
    ------
    FileProblemError
        If the name is absolute, leads out of the folder, is too long or is not printable.

    Examples
    --------
    >>> beside(Path("cards"), "data/mine.csv").as_posix()
    'cards/data/mine.csv'
    """
    if not name or printable(name) != name or max(map(len, name.split("/"))) > LONGEST_NAME or len(name) > 1000:
        raise FileProblemError("is not the name of a file")
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in (*posix.parts, *windows.parts):
        raise FileProblemError("must lie in the folder of the card or below it, named by a relative path without ..")
    return folder / name
