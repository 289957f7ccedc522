"""Eight threads that load cards in a process where nothing was loaded before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("cold_threads.py")
SOURCE = Path(__file__).parents[2] / "src"


def cold(times: int) -> None:
    for _ in range(times):
        result = subprocess.run(
            [sys.executable, str(SCRIPT), "8"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", "PATH": ""},
        )
        assert result.returncode == 0, (result.returncode, result.stdout, result.stderr[-2000:])


def test_cards_load_from_many_threads():
    cold(3)


@pytest.mark.validation
def test_cards_load_from_many_threads_every_time():
    cold(50)
