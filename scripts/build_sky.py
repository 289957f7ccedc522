"""Recompute the grids of early Universes with the live BBN code (`make sky`): a progress bar, and resumption.

Needs the extra ``cosmology``. Every table that is shipped, where the package reads it, unless told otherwise:

    python scripts/build_sky.py [FOLDER]
    python scripts/build_sky.py --again                     # anew: points that are there are otherwise kept, whatever made them
    python scripts/build_sky.py FOLDER --reheating 5        # a Dirac N absent at T = 5 GeV, for constraints.with_reheating
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import nudipole
from nudipole.cosmology import grid, grid_points
from nudipole.errors import NudipoleError


def main() -> None:
    """Compute every point that is not there yet."""
    shipped = Path(nudipole.__file__).parent / "cosmology" / "data"
    parser = argparse.ArgumentParser(description="Recompute the grids of early Universes.")
    parser.add_argument("folder", nargs="?", type=Path, default=shipped)
    parser.add_argument("--reheating", type=float, help="temperature [GeV] at which the hot phase began without N")
    parser.add_argument("--again", action="store_true", help="begin anew, after a change of the physics: keep no point")
    given = parser.parse_args()
    try:
        wanted = grid_points.SHIPPED
        if given.reheating is not None:
            wanted = tuple(
                grid_points.Assumptions(neutrinos, reheating=given.reheating) for neutrinos in grid_points.NEUTRINOS
            )
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        ) as bar:
            task = bar.add_task("early Universe", total=None)

            def report(done: int, total: int, found: str) -> None:
                bar.update(task, completed=done, total=total)
                bar.console.print(found, highlight=False)

            grid.build(given.folder, report, resume=not given.again, wanted=wanted)
    except NudipoleError as error:
        sys.exit(f"build_sky: {error}")
    except KeyboardInterrupt:
        sys.exit(
            "build_sky: stopped; every point printed is kept, and the same command without --again goes on from there"
        )


if __name__ == "__main__":
    main()
