"""The atlas under other environments and after kills: the same numbers, whole files, one line where it cannot be.

Each run is a process of its own, as a user starts it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nudipole

SOURCE = str(Path(nudipole.__file__).parents[1])
KEYS = ("gemma", "conus-plus", "lep", "red-giants")
ENVIRONMENTS = {
    "C locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ascii streams": {"PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX"},
    "another language": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
    "dumb terminal": {"TERM": "dumb"},
    "unknown terminal": {"TERM": "no-such-terminal", "COLUMNS": "20", "LINES": "3"},
    "forced colour": {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"},
    "a backend of notebooks": {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    "a backend that is none": {"MPLBACKEND": "no-such-backend"},
    "no home": {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"},
    "hash seed": {"PYTHONHASHSEED": "4711"},
    "many threads": {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
}


def command(out: Path, *more: str, keys=KEYS) -> list[str]:
    options = ["--only", *keys, "--flavor", "e", "mu", "--masses", "12", "--jobs", "1", "--out", str(out), *more]
    return [sys.executable, "-m", "nudipole", "atlas", *options]


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", **changes}


def run(out: Path, *more: str, cwd: Path | None = None, **changes: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(out, *more), env=environment(**changes), capture_output=True, cwd=cwd, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What an undisturbed run writes."""
    out = tmp_path_factory.mktemp("usual") / "out"
    assert run(out, "--no-figures").returncode == 0
    return (out / "limits.csv").read_bytes()


@pytest.mark.validation
@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_the_numbers_do_not_depend_on_the_environment(name, usual, tmp_path):
    figures = [] if "backend" in name or name == "no home" else ["--no-figures"]
    found = run(tmp_path / "out", *figures, **ENVIRONMENTS[name])
    assert found.returncode == 0, found.stderr.decode(errors="replace")
    assert b"Traceback" not in found.stdout + found.stderr
    assert (tmp_path / "out" / "limits.csv").read_bytes() == usual
    drawn = tmp_path / "out" / "figures" / "fig4.pdf"
    assert drawn.exists() is not bool(figures)
    assert figures or drawn.stat().st_size > 1000


@pytest.mark.validation
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        folder = Path("/proc/locked")  # whoever may write everywhere may not write there
    found = run(folder / "out", "--no-figures", cwd=tmp_path)
    assert found.returncode == 2
    assert len(found.stderr.decode().strip().splitlines()) == 1
    assert b"Traceback" not in found.stderr


@pytest.mark.validation
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_killed_atlas_goes_on_where_it_stopped(sent, usual, tmp_path):
    """Killed at random moments, three times, then resumed: the files of an undisturbed run, and no half ones."""
    out, moments = tmp_path / "out", random.Random(int(sent))
    for _ in range(3):
        process = subprocess.Popen(
            command(out, "--no-figures", "--resume"),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a parent in the background ignores it
        )
        time.sleep(moments.uniform(0.2, 3.0))
        os.killpg(process.pid, sent)
        _, said = process.communicate(timeout=60)
        assert b"Traceback" not in said or b"importlib" in said  # Python itself was interrupted, while it imported
    found = run(out, "--no-figures", "--resume")
    assert found.returncode == 0, found.stderr.decode()
    assert (out / "limits.csv").read_bytes() == usual
    left = [path.name for path in out.rglob("*") if path.name.startswith(".") or path.suffix in (".tmp", ".part")]
    assert left == []


@pytest.mark.validation
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_verbs_work_in_processes_of_every_kind(method, tmp_path):
    code = f"""
import multiprocessing as mp
import nudipole as nd
def edge(key):
    return float(nd.limit(key, "e", 1e-3).lower[0])
if __name__ == "__main__":
    nd.limit("gemma", "e", 1e-3)
    with mp.get_context({method!r}).Pool(2) as pool:
        found = pool.map(edge, ["gemma", "conus-plus", "gemma"])
    assert found == [edge("gemma"), edge("conus-plus"), edge("gemma")]
    print("same")
"""
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, str(script)], env=environment(), capture_output=True, timeout=120, check=False
    )
    assert found.stdout.strip() == b"same", found.stderr.decode()
