"""Recompute the early-Universe grids with the live BBN code (`make sky`): a progress bar, and resumption.

Needs the extra ``cosmology``. The tables go where the package reads them unless told otherwise:

    python scripts/build_sky.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import nudipole
from nudipole.cosmology import grid


def main() -> None:
    """Compute every point that is not there yet."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(nudipole.__file__).parent / "cosmology" / "data"
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("early Universe", total=None)
        grid.build(folder, lambda done, total, found: bar.update(task, completed=done, total=total), resume=True)


if __name__ == "__main__":
    main()
