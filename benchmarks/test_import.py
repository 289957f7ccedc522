"""What `import nudipole` costs: every command line call and every worker process pays it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("statement", ["pass", "import numpy", "import nudipole", "import nudipole.cli.main"])
def test_start_of_a_process(benchmark, statement):
    benchmark.pedantic(subprocess.run, ([sys.executable, "-c", statement],), {"check": True}, rounds=7, warmup_rounds=1)
