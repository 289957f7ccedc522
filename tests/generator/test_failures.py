"""What goes wrong, for every format: a full disk, Ctrl-C, points without events, missing extras; and the bar of progress."""

from __future__ import annotations

import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time

import pytest

import nudipole as nd
from nudipole.errors import DomainError, MissingExtraError, OutputError
from nudipole.generator.run import RareEventsWarning
from nudipole.generator.writers import FORMATS

POINT = ("miniboone", 0.15, 1e-6, "mu")
ARGUMENTS = ["miniboone", "--mass", "0.15", "--d", "1e-6", "--flavor", "mu"]
EXTRAS = {"parquet": "pyarrow", "hepmc3": "pyhepmc"}


def _command(*arguments):
    return [sys.executable, "-m", "nudipole", "generate", *map(str, arguments)]


@pytest.fixture(params=FORMATS)
def name(request):
    if request.param in EXTRAS:
        pytest.importorskip(EXTRAS[request.param])
    return request.param


#: processes of their own: two formats in a quick run, all with the validation
BY_COMMAND = pytest.mark.parametrize(
    "name",
    [n if n in ("csv", "hepmc3") else pytest.param(n, marks=pytest.mark.validation) for n in FORMATS],
    indirect=True,
)


@pytest.mark.parametrize("kilobytes", [1, 64])
def test_a_disk_that_fills_up_leaves_nothing_and_keeps_the_old_file(tmp_path, name, kilobytes):
    path = tmp_path / f"events.{name}"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, hard))
    try:
        with pytest.raises(OutputError) as raised:
            nd.generate(*POINT, 2000, format=name, out=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(raised.value)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_disk_that_lacks_the_last_bytes_leaves_nothing(tmp_path, name):
    """What stays in a buffer until the file is closed counts, too."""
    whole = tmp_path / "whole"
    nd.generate(*POINT, 20, format=name, out=whole)
    size = whole.stat().st_size
    whole.unlink()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, hard))
    try:
        with pytest.raises(OutputError):
            nd.generate(*POINT, 20, format=name, out=tmp_path / "events")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def _heed_interrupts():
    """A process whose parent ignores interrupts (a job in the background of a script) ignores them, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@BY_COMMAND
def test_an_interrupt_leaves_nothing(tmp_path, name):
    out = tmp_path / f"events.{name}"
    call = _command(*ARGUMENTS, "--events", 100_000_000, "--format", name, "--out", out)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(call, **pipes, text=True, preexec_fn=_heed_interrupts) as process:
        deadline = time.monotonic() + 120.0
        while not list(tmp_path.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        begun = [p.name for p in tmp_path.iterdir()]
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert begun, said
    assert begun != [out.name], "the file has its name only when it is whole"
    assert process.returncode not in (0, None)
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


@BY_COMMAND
def test_a_bar_on_a_terminal_and_silence_in_a_pipe(tmp_path, name):
    call = _command(*ARGUMENTS, "--events", 500, "--format", name, "--out")
    silent = subprocess.run([*call, tmp_path / "one"], capture_output=True, text=True, timeout=120, check=True)
    assert silent.stderr == ""
    assert "\x1b" not in silent.stdout
    outside, inside = pty.openpty()
    process = subprocess.Popen([*call, tmp_path / "two"], stdout=subprocess.PIPE, stderr=inside)
    os.close(inside)
    shown = b""
    while True:
        if select.select([outside], [], [], 0.2)[0]:
            try:
                piece = os.read(outside, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        elif process.poll() is not None:
            break
    process.communicate(timeout=120)
    os.close(outside)
    assert process.returncode == 0
    assert b"events" in shown
    assert b"\x1b[" in shown
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "events", "words"),
    [
        (POINT, 0, "events must be"),
        (POINT, -5, "events must be"),
        (("miniboone", 20.0, 1e-6, "mu"), 10, "phase space is closed"),
        (("lep", 300.0, 1e-6, "mu"), 10, "phase space is closed"),
        (("miniboone", 0.15, 1e-160, "mu"), 10, "nothing is expected|must be"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_leaves_nothing(tmp_path, name, arguments, events, words):
    with pytest.raises(DomainError, match=words) as raised:
        nd.generate(*arguments, events, format=name, out=tmp_path / "events")
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_coupling_at_which_nothing_decays_inside_is_written_with_a_warning(tmp_path, name):
    with pytest.warns(RareEventsWarning, match="weigh that little"):
        made = nd.generate("miniboone", 0.15, 1e-12, "mu", 50, format=name, out=tmp_path / "events", weighted=True)
    assert made.events == 50
    assert 0.0 < made.expected < 1e-12


def test_status_two_and_one_line_on_the_command_line(tmp_path):
    call = _command(*ARGUMENTS, "--events", 0, "--out", tmp_path / "events.csv")
    made = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 2
    assert made.stderr.strip().count("\n") == 0
    assert "events must be" in made.stderr
    assert not list(tmp_path.iterdir())


def test_only_formats_that_need_an_extra_name_one(tmp_path, name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyhepmc", None)
    monkeypatch.setitem(sys.modules, "pylhe", None)
    if name in EXTRAS:
        with pytest.raises(MissingExtraError, match=rf"{EXTRAS[name]}.*nudipole\[events\]"):
            nd.generate(*POINT, 10, format=name, out=tmp_path / "events")
        assert not list(tmp_path.iterdir())
    else:
        assert nd.generate(*POINT, 10, format=name, out=tmp_path / "events").events == 10
