"""Figures of one observable each: limits and spectra of an experiment, cross sections, branching ratios, decay lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units as conversion
from nudipole.catalogue import curves, registry
from nudipole.coupling import coupling
from nudipole.errors import DomainError, check_choice, check_count, check_positive, number
from nudipole.plot import canvas, drawing, frontier
from nudipole.plot import style as looks
from nudipole.plot.regions import regions
from nudipole.portal import DIRECTIONS, Direction, Nature, Portal
from nudipole.processes.scattering import upscattering_total

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
#: Okabe and Ito, in the order in which lines of one figure take them.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
_SIZE = (4.6, 3.6)


class Range(NamedTuple):
    """Ends and number of points of a logarithmic grid.

    Parameters
    ----------
    low, high : float
        Its ends, in the unit of what it is a grid of.
    points : int
        How many.

    Examples
    --------
    >>> Range(1.0, 100.0, 3).grid("mass").tolist()
    [1.0, 10.0, 100.0]
    """

    low: float
    high: float
    points: int = 120

    def grid(self, name: str) -> FloatArray:
        """The points.

        Parameters
        ----------
        name : str
            What errors call it.

        Returns
        -------
        ndarray
            Shape (points,).

        Raises
        ------
        DomainError
            If the ends are not positive and in order.
        """
        ends: dict[str, Any] = {name: [self.low, self.high]}
        check_positive(**ends)
        check_count(at_least=2, points=self.points)
        if not self.low < self.high:
            raise DomainError(f"{name} needs low < high, got {self.low:g} and {self.high:g}")
        return np.geomspace(self.low, self.high, self.points)


@contextmanager
def _drawing(ax: Axes | None, style: str | None) -> Iterator[tuple[Any, looks.Style]]:
    with canvas.looks(style) as look:
        yield (canvas.axes_for_user(_SIZE) if ax is None else ax), look


def limit(
    experiment: str | Path,
    flavor: str,
    *,
    presets: Sequence[str] = ("default",),
    masses: int = 120,
    cl: float | None = None,
    majorana: bool = False,
    published: bool = True,
    units: str = "both",
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """What one experiment excludes, under one or several presets, with the published curves that its card names.

    Parameters
    ----------
    experiment : str or Path
        Key, or path of a card.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    presets : sequence of str
        One curve each.
    masses : int
        Points of each curve.
    cl : float, optional
        Confidence level; that of the card if left out.
    majorana : bool
        Whether N is its own antiparticle.
    published : bool
        Whether published curves of this flavour are drawn.
    units : {"both", "muB", "GeV^-1"}
        mu = 2 d in Bohr magnetons, d in GeV^-1, or one on each side.
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
        If nothing is excluded.

    Examples
    --------
    >>> limit("conus-plus", "e", masses=20).get_ylabel()[:4]
    '$\\\\mu'
    """
    check_choice("flavor", flavor, DIRECTIONS)
    check_choice("units", units, ("both", "muB", "GeV^-1"))
    constraint = registry.load(str(experiment))
    check_count(at_least=2, masses=masses)
    nature: Nature = "majorana" if majorana else "dirac"
    low, high = constraint.mass_range
    grid = np.geomspace(low, high * (1.0 - 1e-9), masses)
    found = [constraint.limit(grid, Direction(flavor, nature=nature), cl, preset) for preset in presets]
    if not any(any(c.excluded) for c in found):
        raise DomainError(f"{constraint.key} excludes nothing for {flavor}")
    shown = [c for c in found if any(c.excluded)]
    window = drawing.window(shown)
    window = frontier.Window(window.mass, (window.mu[0], min(window.mu[1], 1e5 * window.mu[0])))
    choice = drawing.Choice(flavor, units, "muB", "none", window=window)
    with _drawing(ax, style) as (axes, look):
        drawing.frame(axes, window, choice, look)
        for number, one in enumerate(shown):
            color = COLORS[number % len(COLORS)]
            for region in regions(one):
                x, y = drawing.polygon(region, window)
                axes.fill(x, y * choice.scale, color=looks.tint(color, look), lw=0, zorder=1.0)
            x, y = drawing.edges(one, window)
            label = f"{one.preset}, {one.confidence_level:.0%} CL"
            axes.plot(
                x, y * choice.scale, color=color, lw=look.strong, label=label, gid=f"curve-{one.key}:{one.preset}"
            )
        for curve in _published(constraint.key, flavor) if published else ():
            mass = np.where(curve.mass > 0, np.maximum(curve.mass, window.mass[0]), curve.mass)
            mu = conversion.mu_from_d(1.0) * curve.d * choice.scale
            axes.plot(mass, mu, "o", ms=2.2 * look.strong, mfc="none", mec=look.ink, label=f"published: {curve.name}")
        axes.set_title(constraint.title)
        axes.legend(loc="best")
    return axes


def _published(key: str, flavor: str) -> list[curves.PublishedCurve]:
    own = [c for c in curves.published().values() if key in c.experiments]
    return [c for c in own if not c.flavors or flavor in c.flavors]


def spectrum(
    experiment: str | Path,
    mass: float,
    d: float | None = None,
    flavor: str | None = None,
    *,
    mu: float | None = None,
    majorana: bool = False,
    preset: str = "default",
    style: str | None = "paper",
    ax: Axes | None = None,
) -> Axes:
    """Counts per bin of one experiment: what is expected without N, with N, and what was seen.

    Parameters
    ----------
    experiment : str or Path
        Key, or path of a card.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    majorana : bool
        Whether N is its own antiparticle.
    preset : str
        A named set of published assumptions.
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
        If it counts no events.

    Examples
    --------
    >>> axes = spectrum("conus-plus", 1e-3, 1e-8, "e")
    >>> axes.get_ylabel()
    'counts per bin'
    """
    d = number("d", coupling(d, mu))
    check_choice("flavor", flavor or "", DIRECTIONS)
    constraint: Any = registry.load(str(experiment))
    if not hasattr(constraint, "rate"):
        raise DomainError(f"{constraint.key} is not a counting experiment: it has limits but no rates")
    nature: Nature = "majorana" if majorana else "dirac"
    rate = constraint.rate(Portal(mass, d, Direction(str(flavor), nature=nature)), preset)
    edges = np.asarray(rate.edges, dtype=float)
    if len(edges) != len(rate.signal) + 1:
        edges = np.arange(len(rate.signal) + 1.0)
    expected = np.sum(list(rate.components.values()), axis=0) if rate.components else np.zeros_like(rate.signal)
    with _drawing(ax, style) as (axes, look):
        axes.stairs(expected, edges, color=look.ink, lw=look.strong, label="without N", fill=False)
        with_n = f"with N: {mass:g} GeV, d = {d:g} GeV$^{{-1}}$"
        axes.stairs(expected + rate.signal, edges, color=COLORS[0], lw=look.strong, label=with_n)
        axes.stairs(
            expected + rate.signal, edges, baseline=expected, fill=True, color=looks.tint(COLORS[0], look), lw=0
        )
        if rate.observed is not None:
            centre, seen = 0.5 * (edges[1:] + edges[:-1]), np.asarray(rate.observed, dtype=float)
            error = np.sqrt(np.maximum(seen, 0.0))
            points = {"fmt": "o", "ms": 2.5 * look.strong, "color": look.ink, "lw": look.thin * 1.5}
            axes.errorbar(centre, seen, yerr=error, label="observed", **points)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(_axis(rate.axis))
        axes.set_ylabel("counts per bin")
        axes.set_title(constraint.title)
        axes.minorticks_on()
        axes.tick_params(which="both", right=True, top=True)
        axes.legend(loc="best")
    return axes


def _axis(name: str) -> str:
    """The name of the axis of a rate: a unit alone is one of energy."""
    return f"energy [{name}]" if name in ("eV", "keV", "MeV", "GeV") else name


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
    with _drawing(ax, style) as (axes, look):
        for index, (target, mass) in enumerate((t, m) for t in names for m in masses):
            sigma = [_total(target, float(e), mass, d, form_factor) for e in grid]
            label = f"{target}, $M_N$ = {mass:g} GeV"
            axes.plot(grid, sigma, color=COLORS[index % len(COLORS)], lw=look.strong, label=label)
        _logarithmic(axes, r"$E_\nu$ [GeV]", r"$\sigma$ [cm$^2$]")
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
    with _drawing(ax, style) as (axes, look):
        for number, name in enumerate(channels):
            values = [one.get(name, np.nan) for one in ratios]
            axes.plot(grid, values, color=COLORS[number % len(COLORS)], lw=look.strong, label=_channel(name))
        _logarithmic(axes, drawing.MASS, "branching ratio")
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
    couplings: Sequence[float],
    *,
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
    check_positive(energies=list(energies), couplings=list(couplings))
    direction = Direction("mu", nature="majorana" if majorana else "dirac")
    with _drawing(ax, style) as (axes, look):
        for number, (energy, d) in enumerate((e, c) for e in energies for c in couplings):
            lengths = [Portal(float(m), d, direction).decay_length(energy) if m <= energy else np.nan for m in grid]
            label = f"E = {energy:g} GeV, d = {d:g} GeV$^{{-1}}$"
            axes.plot(grid, lengths, color=COLORS[number % len(COLORS)], lw=look.strong, label=label)
        _logarithmic(axes, drawing.MASS, "decay length [m]")
    return axes


def _logarithmic(axes: Any, x: str, y: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.margins(x=0.0)
    axes.tick_params(which="both", right=True, top=True)
    axes.legend(loc="best")
