"""One figure: the difference between the ways of turning the supernova into a limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.errors import MissingExtraError
from nudipole.portal import Direction
from nudipole.supernova import emission, luminosity
from nudipole.supernova.constraints import Cooling, SkyConstraint


def mode_limits(
    masses: npt.ArrayLike, flavor: str = "mu", star: emission.Star | None = None
) -> dict[str, list[tuple[float, float, float | None]]]:
    """Rows (mass, d_low, d_high) [GeV, GeV^-1] of each of :data:`nudipole.supernova.luminosity.MODES`, one star."""
    star = star or emission.Star()
    settings = {mode: Cooling(star, mode) for mode in luminosity.MODES}
    source = SkyConstraint("sn1987a", "SN1987A by mode", settings, ())
    rows: dict[str, list[tuple[float, float, float | None]]] = {}
    for mode in luminosity.MODES:
        limit = source.limit(masses, Direction(flavor), preset=mode)
        rows[mode] = [
            (float(mass), interval.low, interval.high)
            for mass, intervals in zip(limit.masses, limit.excluded, strict=True)
            for interval in intervals
        ]
    return rows


def draw_modes(masses: npt.ArrayLike | None = None, flavor: str = "mu", star: emission.Star | None = None) -> Any:
    """A matplotlib Figure with the excluded region of every mode.

    Parameters
    ----------
    masses : array_like, optional
        [GeV]; by default 25 from 1 to 400 MeV.
    flavor : str
    star : Star, optional

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib", "plot", "drawing the supernova modes") from None
    grid = np.geomspace(1e-3, 0.4, 25) if masses is None else np.asarray(masses, dtype=float)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for index, (mode, rows) in enumerate(mode_limits(grid, flavor, star).items()):
        color = f"C{index}"
        mass = [row[0] for row in rows]
        axes.plot(mass, [row[1] for row in rows], color=color, label=mode)
        closed = [(row[0], row[2]) for row in rows if row[2] is not None]
        if closed:
            axes.plot(*zip(*closed, strict=True), color=color, linestyle="--")
    axes.set(xscale="log", yscale="log", xlabel=r"$M$ [GeV]", ylabel=r"$d$ [GeV$^{-1}$]")
    axes.set_title(f"SN1987A, {flavor}: lower (solid) and trapping (dashed) edges")
    axes.legend()
    return figure
