"""What the documentation shows runs: every command, every block of Python, every flag, and tables of our numbers."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import nudipole as nd
from nudipole.cli import main
from nudipole.cli.main import VERBS
from nudipole.errors import DomainError

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^(?: {4})?((?:nudipole|cp) .+)$", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SLOW = {"cosmology.md: 1"}  # four histories of the Universe: test_the_histories_shown_are_those_computed
REFUSED = {"cosmology.md: 2": "my_universes"}  # needs grids that the user has to compute first, and says so


def shown(pattern):
    """(page: number, text) of everything that matches, commands without their comments."""
    found = []
    for page in PAGES:
        if "_generated" in page.parts:
            continue
        for number, match in enumerate(pattern.findall(page.read_text(encoding="utf-8")), 1):
            found.append(pytest.param(match, id=f"{page.name}: {number}"))
    return found


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that looks like a fresh clone to a command."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "germanium-reactor.toml", tmp_path / "my-detector.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_something_to_run():
    assert len(shown(COMMAND)) > 10
    assert len(shown(BLOCK)) > 4


@pytest.mark.parametrize("command", shown(COMMAND))
def test_every_command_runs(command, checkout):
    program, *arguments = shlex.split(command, comments=True)
    if program == "cp":
        assert Path(arguments[0]).exists()
        return
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout


@pytest.mark.parametrize("block", shown(BLOCK))
def test_every_block_of_python_runs(block, checkout, request):
    pytest.importorskip("matplotlib").use("Agg")
    name = request.node.callspec.id
    if name in SLOW:
        return
    if name in REFUSED:
        with pytest.raises(DomainError, match=REFUSED[name]):
            exec(compile(block, name, "exec"), {})
        return
    exec(compile(block, name, "exec"), {})


def test_the_first_figure_is_written(checkout):
    pytest.importorskip("matplotlib").use("Agg")
    (block,) = BLOCK.findall((ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8"))
    exec(compile(block, "quickstart", "exec"), {})
    assert (checkout / "conus-plus.png").stat().st_size > 5000


@pytest.mark.validation
def test_the_histories_shown_are_those_computed(capsys):
    block = BLOCK.findall((ROOT / "docs" / "physics" / "cosmology.md").read_text(encoding="utf-8"))[0]
    exec(compile(block, "cosmology", "exec"), {})
    printed = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    written = re.search(r"N_eff = ([\d., ]+)", block)
    assert written is not None
    assert printed == [float(number) for number in written.group(1).split(",")]


def test_every_verb_is_on_the_page_with_its_flags():
    page = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `nudipole ")]
    assert {row.split("`nudipole ")[1].split()[0].rstrip("`") for row in rows} == set(VERBS)
    for row in rows:
        module, _, name = VERBS[row.split("`nudipole ")[1].split()[0].rstrip("`")].partition(":")
        command = getattr(importlib.import_module(module), name)
        parts = command.commands.values() if isinstance(command, click.Group) else ()
        own, inner = (
            {flag for part in some for p in part.params if isinstance(p, click.Option) for flag in p.opts}
            for some in ([command], parts)
        )
        named = set(re.findall(r"--[a-z-]+", row))
        assert own <= named <= own | inner, row


PHYSICS = ROOT / "docs" / "physics"
XENON = re.compile(r"^\| `([a-z0-9-]+)`(?:, preset `([a-z0-9-]+)`)? \| ([0-9.]+e-[0-9]+) \|", re.MULTILINE)
# key, what is fitted, Standard Model, our moment and its flavour (the first of the card where none is named)
LOW_ENERGY = re.compile(
    r"^\| `([a-z0-9-]+)` \|[^|]*\|[^|]*\| ([0-9.]+e-[0-9]+)(?: \(?(universal|mu)\b)?[^|]*\|", re.MULTILINE
)


def moments_shown():
    """(key, preset, flavour, number) of the two tables of moments for M -> 0."""
    xenon = XENON.findall((PHYSICS / "xenon.md").read_text(encoding="utf-8"))
    low = LOW_ENERGY.findall((PHYSICS / "low_energy_experiments.md").read_text(encoding="utf-8"))
    return [(key, preset or "default", "universal", number) for key, preset, number in xenon] + [
        (key, "default", flavor, number) for key, number, flavor in low
    ]


def test_both_tables_are_found():
    assert len(moments_shown()) > 20


@pytest.mark.parametrize(("key", "preset", "flavor", "written"), moments_shown())
def test_tables_of_moments_show_what_is_computed(key, preset, flavor, written):
    """Upper edge of what is allowed at M -> 0, to the digits that are shown."""
    flavor = flavor or nd.experiments()[key].flavors[0]
    moment = nd.limit(key, flavor, 1e-6, preset=preset).excluded[0][-1].mu[0]
    digits = len(written.partition("e")[0].replace(".", ""))
    unit = 10.0 ** (np.floor(np.log10(moment)) - digits + 1)
    assert abs(moment - float(written)) <= 0.51 * unit
