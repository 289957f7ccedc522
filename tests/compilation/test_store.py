"""Files of the atlas: whole, the user's own, known by what is in them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from nudipole.compilation import compare, store
from nudipole.errors import OutputError

PART = {"curves": [{"d": 1e-9}], "checks": [], "refused": "", "seconds": 1.5}


def test_a_part_comes_back_as_it_was(tmp_path):
    store.write_part(tmp_path, "gemma", "stamp", PART)
    assert store.read_part(tmp_path, "gemma", "stamp") == PART
    assert store.measured(tmp_path, "gemma") == 1.5


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["curves"].clear(),
        lambda d: d["curves"][0].update(d=2e-9),
        lambda d: d.pop("checksum"),
        lambda d: d.update(fingerprint="other"),
        lambda d: d.update(extra=1),
    ],
)
def test_a_part_that_was_altered_is_not_taken(tmp_path, change):
    store.write_part(tmp_path, "gemma", "stamp", PART)
    path = store.part_file(tmp_path, "gemma")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    assert store.read_part(tmp_path, "gemma", "stamp") is None


@pytest.mark.parametrize("text", ["", "[]", "null", '{"half":', "[" * 5000])
def test_what_is_no_part_is_not_taken(tmp_path, text):
    store.write_text(store.part_file(tmp_path, "gemma"), text)
    assert store.read_part(tmp_path, "gemma", "stamp") is None
    assert store.measured(tmp_path, "gemma") is None


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_files_have_the_mode_of_the_user(tmp_path, mask):
    before = os.umask(mask)
    try:
        store.write_text(tmp_path / "a.txt", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o666 & ~mask


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / "parts").mkdir()
    left = tmp_path / "parts" / f".gemma.json.{store._host()}.{dead.pid}.0123abcd.half"
    living = tmp_path / f".limits.csv.{store._host()}.{os.getpid()}.0123abcd.half"
    elsewhere = tmp_path / f".limits.csv.another-machine.{dead.pid}.0123abcd.half"
    foreign = tmp_path / ".mine.half"
    for path in (left, living, elsewhere, foreign):
        path.write_text("half")
    store.prepare(tmp_path)
    assert not left.exists()
    assert living.exists()
    assert elsewhere.exists()
    assert foreign.exists()


def test_names_that_no_disk_takes_are_one_line(tmp_path):
    for name in ("a\0b", "x" * 300):
        with pytest.raises(OutputError, match="cannot write"):
            store.write_text(tmp_path / name, "text")
        with pytest.raises(OutputError, match="cannot write"):
            store.prepare(tmp_path / name)


@pytest.mark.parametrize("text", ["[]", '{"curves": [1]}', '{"curves": [{"flavor": "e"}]}', "[" * 5000])
def test_what_is_no_atlas_is_named(tmp_path, text):
    (tmp_path / "limits.json").write_text(text)
    with pytest.raises(OutputError, match="not an atlas"):
        store.read_limits(tmp_path)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a|b\n| c", "[x](javascript:1)", "![i](u)", "`c`"])
def test_text_of_another_atlas_is_no_markup(text):
    shown = compare.cell(text)
    assert "<" not in shown
    assert "\n" not in shown
    for character in "|[]`!":
        assert shown.count(character) == shown.count("\\" + character)
