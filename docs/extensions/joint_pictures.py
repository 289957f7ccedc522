"""Pictures of the page on joint fits, drawn by the functions that it describes."""

from __future__ import annotations

from pathlib import Path

import nudipole as nd
from nudipole import plot


def write(folder: Path) -> None:
    """Draw them into a folder."""
    import matplotlib

    matplotlib.use("Agg")
    plot.save(plot.operators(["lep", "miniboone", "charm-ii"], "mu", 0.1, points=37).figure, folder / "operators.svg")
    keys = ["miniboone", "charm-ii", "nomad", "donut", "lep"]
    plot.save(plot.triangle(keys, 0.1, steps=10).figure, folder / "triangle.svg")
    samples = nd.posterior(["lep", "charm-ii"], 0.07, ["mu", "tau"], steps=2500)
    plot.save(plot.corner(samples), folder / "corner.svg")
