"""Figures of cross sections, branching ratios and decay lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_positive, number
from nudipole.plot import drawing
from nudipole.plot.lines import COLORS, Range, drawing_into, logarithmic
from nudipole.portal import Direction, Portal
from nudipole.processes.scattering import upscattering_total
from nudipole.units import d_from_mu

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]


def cross_section(
    targets: str | Sequence[str],
    masses: Sequence[float],
    d: float | None = None,
    *,
    mu: float | None = None,
    energy: Range | tuple[float, float] = (1e-3, 10.0),
    form_factor: str | None = None,
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Total up-scattering cross section [cm^2] against neutrino energy [GeV], one line a target and mass.

    Parameters
    ----------
    targets : str or sequence of str
        As for :func:`nudipole.cross_section`.
    masses : sequence of float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    energy : (low, high)
        Ends of the axis [GeV].
    form_factor : str, optional
        As for :func:`nudipole.cross_section`.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Examples
    --------
    >>> axes = cross_section("Ar40", [0.01, 0.1], 1e-7, energy=Range(1e-2, 1.0, 20))
    >>> len(axes.lines)
    2
    """
    grid = Range(*energy).grid("energy")
    names = [targets] if isinstance(targets, str) else list(targets)
    d = number("d", coupling(d, mu))
    check_positive(d=d)
    with drawing_into(ax, style) as (axes, look):
        for index, (target, mass) in enumerate((t, m) for t in names for m in masses):
            sigma = [_total(target, float(e), mass, d, form_factor) for e in grid]
            label = f"{target}, $M_N$ = {mass:g} GeV"
            axes.plot(grid, sigma, color=COLORS[index % len(COLORS)], lw=look.strong, label=label)
        logarithmic(axes, r"$E_\nu$ [GeV]", r"$\sigma$ [cm$^2$]")
        axes.set_title(f"d = {d:g} GeV$^{{-1}}$")
    return axes


def _total(target: str, energy: float, mass: float, d: float, form_factor: str | None) -> float:
    found = upscattering_total.cross_section(target, energy, mass, d, None, form_factor)["sigma_cm2"]
    return float(found) if found else np.nan


def branching(
    *,
    mass: Range | tuple[float, float] = (1e-3, 10.0),
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Branching ratios of N against its mass [GeV]; they do not depend on d, nor on whether N is Majorana.

    Parameters
    ----------
    mass : (low, high)
        Ends of the axis [GeV], or a :class:`Range`.
    style : {"paper", "talk", "dark"} or None
        None keeps the settings that are active.
    ax : matplotlib Axes, optional
        Axes to draw into; new ones if left out.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Examples
    --------
    >>> axes = branching(mass=Range(0.01, 1.0, 20))
    >>> [line.get_label() for line in axes.lines]
    ['$\\\\nu\\\\gamma$', '$\\\\nu e^+ e^-$', '$\\\\nu \\\\mu^+ \\\\mu^-$']
    """
    grid = Range(*mass).grid("mass")
    ratios = [Portal(float(m), 1e-6).branching_ratios for m in grid]
    channels = list(dict.fromkeys(name for one in ratios for name in one))
    with drawing_into(ax, style) as (axes, look):
        for number, name in enumerate(channels):
            values = [one.get(name, np.nan) for one in ratios]
            axes.plot(grid, values, color=COLORS[number % len(COLORS)], lw=look.strong, label=_channel(name))
        logarithmic(axes, drawing.MASS, "branching ratio")
        axes.set_ylim(top=2.0)
    return axes


def _channel(name: str) -> str:
    words = {"nu": r"\nu", "gamma": r"\gamma"}
    for lepton, symbol in (("e", "e"), ("mu", r"\mu"), ("tau", r"\tau")):
        words |= {f"{lepton}+": f"{symbol}^+", f"{lepton}-": f"{symbol}^-"}
    text = " ".join(words.get(part, part) for part in name.split())
    return f"${text.replace(chr(92) + 'nu ' + chr(92) + 'gamma', chr(92) + 'nu' + chr(92) + 'gamma')}$"


def decay_length(
    energies: Sequence[float],
    couplings: Sequence[float] = (),
    *,
    mu: Sequence[float] = (),
    mass: Range | tuple[float, float] = (1e-3, 10.0),
    majorana: bool = False,
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Mean decay length [m] of N against its mass, one line an energy and coupling.

    Parameters
    ----------
    energies : sequence of float
        E_N [GeV].
    couplings : sequence of float
        The couplings d [GeV^-1].
    mu : sequence of float
        More of them, as moments mu = 2 d [Bohr magnetons].
    mass : (low, high)
        Ends of the axis [GeV], or a :class:`Range`.
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

    Examples
    --------
    >>> axes = decay_length([1.0, 100.0], [1e-6], mass=Range(0.01, 0.5, 10))
    >>> len(axes.lines)
    2
    """
    grid = Range(*mass).grid("mass")
    check_positive(energies=list(energies), couplings=list(couplings), mu=list(mu))
    sizes = [*couplings, *(d_from_mu(moment) for moment in mu)]
    if not sizes:
        raise DomainError("give at least one coupling d [GeV^-1] or moment mu [Bohr magnetons]")
    direction = Direction("mu", nature="majorana" if majorana else "dirac")
    with drawing_into(ax, style) as (axes, look):
        for number, (energy, d) in enumerate((e, c) for e in energies for c in sizes):
            lengths = [Portal(float(m), d, direction).decay_length(energy) if m <= energy else np.nan for m in grid]
            label = f"E = {energy:g} GeV, d = {d:g} GeV$^{{-1}}$"
            axes.plot(grid, lengths, color=COLORS[number % len(COLORS)], lw=look.strong, label=label)
        logarithmic(axes, drawing.MASS, "decay length [m]")
    return axes
