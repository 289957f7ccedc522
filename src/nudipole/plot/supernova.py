"""One figure: the difference between the ways of turning the supernova into a limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.constraint import as_masses
from nudipole.errors import MissingExtraError, check_positive
from nudipole.portal import Direction
from nudipole.sky.constraint import SkyConstraint
from nudipole.supernova import emission, luminosity
from nudipole.supernova.criteria import Cooling

FloatArray = npt.NDArray[np.float64]
_COUPLINGS = np.geomspace(2e-10, 1e-5, 240)  # GeV^-1, of the figure
_LEAST_RATIO = 1e-30
# where a mode's name stands: mass [GeV], coupling [GeV^-1], colour (Okabe and Ito)
_LABELS = {
    "integrated-luminosity": (2.4e-3, 1.9e-6, "#0072B2"),
    "mean-free-path": (1.15e-3, 3.3e-8, "#D55E00"),
    "n-sphere": (1.15e-3, 3.2e-7, "#009E73"),
    "raffelt": (1.15e-3, 4.6e-10, "#555555"),
}


def _criteria(star: emission.Star | None) -> dict[str, Cooling]:
    return {mode: Cooling(star or emission.Star(), mode) for mode in luminosity.MODES}


def mode_limits(
    masses: npt.ArrayLike, flavor: str = "mu", star: emission.Star | None = None
) -> dict[str, list[tuple[float, float, float | None]]]:
    """Rows (mass, d_low, d_high) [GeV, GeV^-1] of each of :data:`nudipole.supernova.luminosity.MODES`, one star."""
    criteria = _criteria(star)
    source = SkyConstraint("sn1987a", "SN1987A by mode", {"default": Cooling(), **criteria}, (), smooth=True)
    rows: dict[str, list[tuple[float, float, float | None]]] = {}
    for mode in luminosity.MODES:
        limit = source.limit(masses, Direction(flavor), preset=mode)
        rows[mode] = [
            (float(mass), interval.low, interval.high)
            for mass, intervals in zip(limit.masses, limit.excluded, strict=True)
            for interval in intervals
        ]
    return rows


def mode_ratios(
    masses: npt.ArrayLike, couplings: npt.ArrayLike, flavor: str = "mu", star: emission.Star | None = None
) -> dict[str, FloatArray]:
    """Luminosity or emissivity over its criterion, by mode: (couplings, masses); excluded above one."""
    direction = Direction(flavor)
    check_positive(couplings=couplings)
    grid, d = as_masses(masses), np.ravel(np.asarray(couplings, dtype=float))
    return {
        mode: np.array([criterion.ratio(float(mass), direction, d) for mass in grid]).T
        for mode, criterion in _criteria(star).items()
    }


def draw_modes(masses: npt.ArrayLike | None = None, flavor: str = "mu", star: emission.Star | None = None) -> Any:
    """A matplotlib Figure with the excluded region of every mode.

    Parameters
    ----------
    masses : array_like, optional
        [GeV], at least two; by default 60 from 1 to 500 MeV.
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
    grid = np.geomspace(1e-3, 0.5, 60) if masses is None else np.asarray(masses, dtype=float)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xscale="log", yscale="log", xlabel=r"$M$ [GeV]", ylabel=r"$d$ [GeV$^{-1}$]")
    axes.set(xlim=(grid[0], grid[-1]), ylim=(_COUPLINGS[0], _COUPLINGS[-1]))
    for mode, ratio in mode_ratios(grid, _COUPLINGS, flavor, star).items():
        mass, coupling, color = _LABELS[mode]
        axes.text(mass, coupling, mode, color=color, fontsize=9)
        if mode == "n-sphere":  # jumps where the sphere appears: edges, not contours
            rows = mode_limits(grid, flavor, star)[mode]
            outline = [(row[0], row[1]) for row in rows]
            outline += [(row[0], row[2] or _COUPLINGS[-1]) for row in reversed(rows)]
            if rows:
                axes.fill(*zip(*outline, strict=True), facecolor=(color, 0.10), edgecolor=color, linewidth=1.6)
            continue
        # the sign of ln(ratio) is the contour: regions close where ours do, without a mass exactly there
        height = np.log(np.maximum(ratio, _LEAST_RATIO))
        axes.contourf(grid, _COUPLINGS, height, levels=[0.0, np.inf], colors=[color], alpha=0.10)
        axes.contour(grid, _COUPLINGS, height, levels=[0.0], colors=[color], linewidths=1.6)
    axes.set_title(f"SN1987A, {flavor}: excluded by each mode", fontsize=10)
    return figure
