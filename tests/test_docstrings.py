"""Docstrings hold what numpydoc asks for: whole in the public face, never wrong anywhere."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

import nudipole as nd

validation = pytest.importorskip("numpydoc.validate")

ROOT = Path(nd.__file__).parent
# a summary, every parameter with its type and words, what is returned, and (of functions and classes) an example
WHOLE = {"GL08", "SS01", "PR01", "PR02", "PR04", "PR07", "PR10", "RT01", "RT02", "RT03", "YD01"}
# said of something that is not there, or unreadable: "d, mu" share a line where exactly one is given, so no PR03
WRONG = {"PR02", "PR10", "GL02", "GL07", "SS03"}
# known, and to be mended where they stand: two arguments and one closing quote in these packages
LATER = ("nudipole.signals.", "nudipole.fluxes.")


def public_face():
    """The names of ``nudipole`` and ``nudipole.plot``, units, and methods of their classes."""
    found = []
    for home in (nd, nd.plot):
        for name in home.__all__:
            thing = getattr(home, name)
            if callable(thing):
                found.append(f"{thing.__module__}.{thing.__qualname__}")
                if inspect.isclass(thing):
                    found += [f"{found[-1]}.{member}" for member in members(thing)]
    return [*found, "nudipole.units.d_from_mu", "nudipole.units.mu_from_d"]


def members(thing):
    """Public methods and properties that a class defines itself."""
    kinds = (classmethod, staticmethod, property)
    return [
        n for n, v in vars(thing).items() if not n.startswith("_") and (inspect.isfunction(v) or isinstance(v, kinds))
    ]


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        parts = ["nudipole", *path.relative_to(ROOT).with_suffix("").parts]
        if parts[-1] != "__main__":
            yield ".".join(part for part in parts if part != "__init__")


def public(module):
    """Functions and classes that a module defines, with methods."""
    for name, thing in vars(importlib.import_module(module)).items():
        own = getattr(thing, "__module__", None) == module and not name.startswith("_")
        if own and (inspect.isfunction(thing) or inspect.isclass(thing)):
            yield f"{module}.{name}"
            if inspect.isclass(thing):
                yield from (f"{module}.{name}.{member}" for member in members(thing))


def problems(name, codes):
    return [f"{name}: {code} {words}" for code, words in validation.validate(name)["errors"] if code in codes]


@pytest.mark.parametrize("name", public_face())
def test_the_public_face_is_described_whole(name):
    kind, _, member = name.rpartition(".")
    method = kind.rpartition(".")[2][:1].isupper() and member.islower()
    assert not problems(name, WHOLE if method else WHOLE | {"EX01"})


def test_nothing_is_described_that_is_not_there():
    wrong = [line for module in modules() for name in public(module) for line in problems(name, WRONG)]
    assert not [line for line in wrong if not line.startswith(LATER)]
