"""Numbers and text for the page, as one compressed string.

All arrays are float32. The bits of each number are read as an integer, replaced by the difference to the number before
it, and the bytes of all numbers are sorted by significance: neighbouring numbers are alike, so most bytes become zero
and deflate finds them. The page undoes this in a few lines (``web/payload.js``).

Layout after inflating: the length of the header (uint32, little endian), the header (JSON, UTF-8), then byte 0 of every
number, byte 1 of every number, byte 2, byte 3. ``header["arrays"]`` holds the length of each array; a number in the
header that stands for an array is its place in that list.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import DomainError

FloatArray = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint32]
_MANTISSA = 23


def rounded(values: npt.ArrayLike, bits: int = _MANTISSA) -> npt.NDArray[np.float32]:
    """Values as float32 with ``bits`` bits of mantissa, to nearest: relative error at most 2^-(bits + 1).

    Parameters
    ----------
    values : array_like
        Any shape; infinities and NaN pass unchanged.
    bits : int
        From 1 to 23.

    Returns
    -------
    ndarray of float32

    Raises
    ------
    DomainError
        If ``bits`` is not between 1 and 23.

    Examples
    --------
    >>> rounded([0.1, 1.0], 10).tolist()
    [0.0999755859375, 1.0]
    """
    if not 1 <= bits <= _MANTISSA:
        raise DomainError(f"bits must lie between 1 and {_MANTISSA}, got {bits}")
    single = np.asarray(values, dtype=np.float32)
    if bits == _MANTISSA:
        return single
    dropped = _MANTISSA - bits
    words = np.atleast_1d(single).view(np.uint32)
    half = np.uint32(1 << (dropped - 1))
    kept = ((words + half) & np.uint32((0xFFFFFFFF << dropped) & 0xFFFFFFFF)).view(np.float32)
    return np.where(np.isfinite(single), kept.reshape(single.shape), single).astype(np.float32)


@dataclass
class Payload:
    """Arrays collected for one page; equal arrays are stored once."""

    _arrays: list[Words] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    def add(self, values: npt.ArrayLike, bits: int = _MANTISSA) -> int:
        """Store an array (flattened) and return its place."""
        words = np.ascontiguousarray(rounded(values, bits)).ravel().view(np.uint32)
        key = words.tobytes()
        if key not in self._known:
            self._known[key] = len(self._arrays)
            self._arrays.append(words)
        return self._known[key]

    def encode(self, header: Mapping[str, Any]) -> str:
        """The whole payload as base64 text.

        Raises
        ------
        ValueError
            If the header holds a number that JSON does not know.
        """
        document = dict(header) | {"arrays": [int(a.size) for a in self._arrays]}
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        differences = [np.diff(a, prepend=np.uint32(0)) for a in self._arrays]
        words = np.concatenate([np.zeros(0, dtype=np.uint32), *differences]).astype("<u4")
        planes = words.view(np.uint8).reshape(-1, 4).T.tobytes()
        return base64.b64encode(zlib.compress(struct.pack("<I", len(text)) + text + planes, 9)).decode()


def decode(encoded: str) -> tuple[dict[str, Any], list[npt.NDArray[np.float32]]]:
    """Header and arrays of a payload: what the page reads, in Python.

    Examples
    --------
    >>> payload = Payload()
    >>> place = payload.add([1.0, 2.0])
    >>> header, arrays = decode(payload.encode({"mass": place}))
    >>> arrays[header["mass"]].tolist()
    [1.0, 2.0]
    """
    raw = zlib.decompress(base64.b64decode(encoded))
    (length,) = struct.unpack("<I", raw[:4])
    header: dict[str, Any] = json.loads(raw[4 : 4 + length])
    planes = np.frombuffer(raw[4 + length :], dtype=np.uint8).reshape(4, -1)
    words = np.ascontiguousarray(planes.T).view("<u4").ravel()
    arrays, start = [], 0
    for size in header["arrays"]:
        part = np.cumsum(words[start : start + size], dtype=np.uint32)
        arrays.append(part.view(np.float32))
        start += size
    return header, arrays
