"""Figures of a joint fit: the triangle of flavours, the plane of gauge-invariant operators, corners of a posterior."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nudipole.errors import DomainError, check_count
from nudipole.fits import flavours, smeft
from nudipole.fits.posterior import Posterior
from nudipole.plot import canvas, drawing, names
from nudipole.plot.lines import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.6, 3.6)
_CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])  # e above, mu on the left, tau on the right


def triangle(
    keys: Sequence[str | Path],
    mass: float,
    *,
    steps: int = 16,
    cl: float = 0.9,
    majorana: bool = False,
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """The joint limit on d over the mixtures of the three flavours at one mass.

    Parameters
    ----------
    keys : sequence of str or Path
        As in :func:`nudipole.fits.flavours.triangle`.
    mass : float
        M_N [GeV].
    steps : int
        Points along each side, less one.
    cl : float
        Confidence level, one parameter.
    majorana : bool
        Whether N is its own antiparticle.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Raises
    ------
    DomainError
        If fewer than three mixtures are excluded at any d.

    Examples
    --------
    >>> len(triangle(["lep"], 1.0, steps=3).collections) > 0
    True
    """
    found = flavours.triangle(keys, mass, steps=steps, cl=cl, majorana=majorana)
    known = np.isfinite(found.lower)
    if np.count_nonzero(known) < 3 or np.linalg.matrix_rank(np.diff(found.shares[known], axis=0)) < 2:
        raise DomainError(f"there is no triangle to draw at {mass:g} GeV: too few mixtures are excluded")
    with canvas.looks(style) as look:
        axes = canvas.axes_for_user(_SIZE) if ax is None else ax
        x, y = (found.shares[known] @ _CORNERS).T
        value = np.log10(found.lower[known])
        levels = np.linspace(value.min(), value.max() + 1e-3, 13)
        filled = axes.tricontourf(x, y, value, levels=levels, cmap="cividis")
        bar = axes.figure.colorbar(filled, ax=axes, shrink=0.7, format="%.2f")
        bar.set_label(r"smallest excluded $\log_{10}(d\,/\,{\rm GeV}^{-1})$")
        axes.plot(*np.vstack([_CORNERS, _CORNERS[:1]]).T, color=look.ink, lw=look.thin, gid="triangle")
        for name, (cx, cy), side in zip(flavours.FLAVORS, _CORNERS, ("center", "right", "left"), strict=True):
            axes.annotate(
                drawing.SYMBOLS[name], (cx, cy), ha=side, va="bottom" if cy else "top", xytext=(0, 3 if cy else -3),
                textcoords="offset points",
            )  # fmt: skip
        about = f"$M_N = {mass:g}$ GeV\n{cl:.0%} CL"
        axes.text(-0.02, 0.98, about, transform=axes.transAxes, va="top")
        axes.set_aspect("equal")
        axes.set_axis_off()
    return axes


def operators(
    keys: Sequence[str | Path],
    flavor: str,
    mass: float,
    *,
    points: int = 73,
    cl: float | None = None,
    majorana: bool = False,
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Excluded scales Lambda of the gauge-invariant operators over the angle arctan(d_W / d_B).

    Parameters
    ----------
    keys : sequence of str or Path
        As in :func:`nudipole.fits.smeft.smeft_plane`; one line each.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : float
        M_N [GeV].
    points : int
        Angles.
    cl : float, optional
        Confidence level; that of each card if left out.
    majorana : bool
        Whether N is its own antiparticle.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Raises
    ------
    DomainError
        If none of the searches excludes anything.

    Examples
    --------
    >>> axes = operators(["lep"], "mu", 1.0, points=3)
    >>> [line.get_label() for line in axes.lines]
    ['LEP']
    """
    found = smeft.smeft_plane(keys, flavor, mass, points=points, cl=cl, majorana=majorana)
    with canvas.looks(style) as look:
        axes = canvas.axes_for_user(_SIZE) if ax is None else ax
        shown = 1e-3 * found.scales
        drawn = [row for row in range(len(found.keys)) if np.any(np.isfinite(shown[row]))]
        for number, row in enumerate(drawn):
            color, dashes = COLORS[number % len(COLORS)], ("-", "--", ":")[number // len(COLORS) % 3]
            label = names.short(found.keys[row])
            axes.plot(found.angles, shown[row], color=color, ls=dashes, lw=look.strong, label=label)
        low, high = np.nanmin(shown[drawn]), np.nanmax(shown[drawn])
        canvas.logarithmic(axes.yaxis, (0.5 * low, 2.0 * high))
        axes.set_xlim(-90, 90)
        axes.set_xticks([-90, -45, 0, 45, 90])
        axes.set_xlabel(r"$\arctan(d_{\mathcal{W}}/d_{\mathcal{B}})$  [degrees]")
        axes.set_ylabel(r"excluded below $\Lambda$  [TeV]")
        about = rf"{drawing.SYMBOLS[flavor]}, $M_N = {mass:g}$ GeV"
        axes.text(0.97, 0.03, about, transform=axes.transAxes, ha="right")
        axes.legend(fontsize="small", loc="lower left")
    return axes


def corner(samples: Posterior, *, bins: int = 30, style: str | None = "paper") -> Any:
    """One histogram a parameter, and one for each pair of them.

    Parameters
    ----------
    samples : Posterior
        Of :func:`nudipole.fits.posterior.posterior`.
    bins : int
        Of each axis.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.

    Returns
    -------
    matplotlib Figure
        With k x k panels for k parameters, those above the diagonal empty.

    Raises
    ------
    DomainError
        If the number of bins makes no histogram.

    Examples
    --------
    >>> import numpy as np
    >>> ranges = np.array([[0.0, 1.0], [0.0, 1.0]])
    >>> draws = np.random.default_rng(1).uniform(size=(4, 50, 2))
    >>> found = Posterior(("a", "b"), ("a", "b"), ranges, draws, np.zeros((4, 50)), np.ones(2), ("lep",))
    >>> len([axes for axes in corner(found).axes if axes.has_data()])
    3
    """
    check_count(at_least=2, bins=bins)
    number, points = len(samples.names), samples.samples
    with canvas.looks(style):
        figure = canvas.new_figure((1.9 * number + 0.8, 1.9 * number + 0.6))
        grid = figure.subplots(number, number, squeeze=False)
        for row in range(number):
            for column in range(number):
                axes = grid[row, column]
                if column > row:
                    axes.set_axis_off()
                    continue
                axes.set_xlim(*samples.ranges[column])
                if row == column:
                    axes.hist(points[:, row], bins=bins, range=tuple(samples.ranges[row]), color=COLORS[0], lw=0)
                    axes.set_yticks([])
                else:
                    ends = [tuple(samples.ranges[column]), tuple(samples.ranges[row])]
                    axes.hist2d(points[:, column], points[:, row], bins=bins, range=ends, cmap="Blues")
                    axes.set_ylim(*samples.ranges[row])
                axes.tick_params(labelbottom=row == number - 1, labelleft=column == 0 and row > 0)
                if row == number - 1:
                    axes.set_xlabel(f"${samples.labels[column]}$")
                if column == 0 and row > 0:
                    axes.set_ylabel(f"${samples.labels[row]}$")
    return figure
