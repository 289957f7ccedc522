"""The bibliography: every entry of every file is found, whole."""

from __future__ import annotations

import importlib.resources
import re

import pytest

from nudipole import bibliography
from nudipole.errors import UnknownNameError


def test_every_entry_is_found_and_complete() -> None:
    keys = set()
    for node in importlib.resources.files("nudipole.bibliography").iterdir():
        if node.name.endswith(".bib"):
            keys |= set(re.findall(r"^@\w+\s*\{\s*([^,\s]+)", node.read_text(encoding="utf-8"), re.MULTILINE))
    found = bibliography.entries()
    assert set(found) == keys
    for text in found.values():
        assert text.count("{") == text.count("}")
        assert len(re.findall(r"^@", text, re.MULTILINE)) == 1


def test_unknown_reference_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="nobody"):
        bibliography.bibtex(["nobody:2099"])
