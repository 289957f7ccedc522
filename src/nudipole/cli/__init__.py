"""The command line: ``nudipole VERB``. Each verb is a function of :mod:`nudipole.api` with its numbers printed."""

import os

# many small matrices: one BLAS thread a process is faster than a team that waits for itself (set before numpy loads)
for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from nudipole.cli.main import main  # noqa: E402

__all__ = ["main"]
