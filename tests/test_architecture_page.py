"""docs/architecture.md shows what the code does: its levels are those checked, its calls happen, its files exist."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import nudipole
from tests.test_architecture import LEVELS

SOURCE = Path(nudipole.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\{call-path\}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def call_path():
    pytest.importorskip("sphinx")
    spec = importlib.util.spec_from_file_location("call_path", DOCS / "extensions" / "call_path.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_packages_is_the_one_that_imports_are_checked_against():
    rows = re.findall(r"^\| [\w ]+ \| (`[^|]+`) \| [^|]+ \|$", PAGE.partition("## Signal")[0], re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [set(names) for names in reversed(LEVELS)]


def test_every_file_named_exists():
    outside_diagrams = re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", outside_diagrams)
    assert len(named) > 10
    for name in named:
        assert (SOURCE / name).exists() or (DOCS.parent / name).exists(), name


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split()[1])
def test_every_call_shown_happens_inside_the_one_above_it(block):
    command, *calls = call_path().parse(block)
    seen = called(shlex.split(command.file)[1:])
    above = {}
    for call in calls:
        assert (SOURCE / call.file).exists(), call.file
        above[call.depth] = (call.file, call.function)
        nested = [above[depth] for depth in sorted(above) if depth <= call.depth]
        assert any(inside(nested, stack) for stack in seen.get(nested[-1], ())), f"no {nested}"


def inside(nested, stack):
    """Whether these calls are found in this order, with others between them."""
    rest = iter(stack)
    return all(any(frame == one for frame in rest) for one in nested)


WATCH = """
import json, sys
from pathlib import Path
import nudipole
from click.testing import CliRunner
from nudipole.cli.main import main

source = Path(nudipole.__file__).parent
stacks = set()

def watch(frame, event, _):
    if event == "call" and frame.f_code.co_filename.startswith(str(source)):
        stack = []
        while frame is not None:
            if frame.f_code.co_filename.startswith(str(source)):
                place = Path(frame.f_code.co_filename).relative_to(source).as_posix()
                stack.append((place, frame.f_code.co_qualname))
            frame = frame.f_back
        stacks.add(tuple(reversed(stack)))

sys.setprofile(watch)
result = CliRunner().invoke(main, sys.argv[1:])
sys.setprofile(None)
assert result.exit_code == 0, result.output
print(json.dumps(sorted(stacks)))
"""


def called(arguments):
    """(file, function) -> the different stacks under which this command calls it, in a process without caches."""
    done = subprocess.run([sys.executable, "-c", WATCH, *arguments], capture_output=True, text=True, check=True)
    seen = {}
    for stack in json.loads(done.stdout):
        seen.setdefault(tuple(stack[-1]), []).append([tuple(frame) for frame in stack])
    return seen


def test_a_diagram_is_one_box_a_line():
    page = call_path()
    for block in BLOCKS:
        calls = page.parse(block)
        drawn = page.svg(calls)
        assert drawn.count("<rect") == len(calls) == len(block.strip().splitlines())
        assert drawn.count("<path") == len(calls) - 1
        assert max(len(call.about) + 4 * call.depth for call in calls) < 130, "text leaves its box"
