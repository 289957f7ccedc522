"""The one place that knows matplotlib's figures, ticks and files.

Figures for files are drawn by Agg and the vector writers whatever ``MPLBACKEND`` says; only a figure that a user asks for
without axes of their own comes from pyplot, so that a notebook shows it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nudipole.compilation import store
from nudipole.errors import MissingExtraError, OutputError
from nudipole.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# no dates, so that equal figures are equal files
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {"pil_kwargs": {"compress_level": 6}},
    "svg": {"metadata": {"Date": None}},
}


def require() -> Any:
    """The package matplotlib.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if (loaded := sys.modules.get("matplotlib")) is not None:
        return loaded
    chosen = os.environ.pop("MPLBACKEND", None)  # an unknown one makes the import itself fail
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("matplotlib", "plot", "drawing figures") from None
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen
    if chosen:  # as matplotlib would have done: a notebook names its own
        with suppress(ValueError):
            matplotlib.rcParams["backend"] = chosen
    return matplotlib


@contextmanager
def looks(name: str | None) -> Iterator[style.Style]:
    """Matplotlib's settings of a style while something is drawn or saved; None keeps the user's own (mplhep, ...)."""
    matplotlib = require()
    if name is None:
        yield _of_the_user(matplotlib)
        return
    chosen = style.get(name)
    with matplotlib.rc_context(chosen.rc):
        yield chosen
        interactive = matplotlib.is_interactive()  # set by the backend of a notebook when pyplot first makes a figure
    matplotlib.interactive(interactive)


def _of_the_user(matplotlib: Any) -> style.Style:
    """Line widths and sizes that go with whatever settings are active."""
    rc, base = matplotlib.rcParams, style.get("paper")
    size, line = float(rc["font.size"]), float(rc["lines.linewidth"])
    return style.Style(base.paper, base.ink, base.excluded, 0.8 * size, line, 0.4 * line, base.tint, {})


def new_figure(size: tuple[float, float]) -> Figure:
    """A figure for a file, with Agg's canvas."""
    require()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure


def axes_for_user(size: tuple[float, float]) -> Axes:
    """Axes in a figure of pyplot's, which a notebook or ``plt.show`` displays; of Agg's where its backend fails."""
    require()
    import matplotlib.pyplot as plt

    try:
        figure = plt.figure(figsize=size)
    except (ImportError, ValueError):
        plt.switch_backend("agg")
        figure = plt.figure(figsize=size)
    return panel(figure, size)


def panel(figure: Any, size: tuple[float, float]) -> Axes:
    """One panel with room [em of the font] for numbers and names on both sides."""
    em = float(require().rcParams["font.size"]) / 72.0
    width, height = size
    left, right, bottom, top = 4.9 * em, 4.6 * em, 3.6 * em, 0.9 * em
    box = (left / width, bottom / height, 1.0 - (left + right) / width, 1.0 - (bottom + top) / height)
    return figure.add_axes(box)


def save(figure: Any, path: str | Path, look: str | None = "paper", dpi: float | None = None) -> None:
    """Write a figure whole or not at all, in the format that the file is named by: pdf, png or svg.

    Parameters
    ----------
    figure : matplotlib Figure
        That of axes: ``axes.figure``.
    path : str or Path
        Its suffix is the format.
    look : {"paper", "talk", "dark"} or None
        Settings while it is written; None keeps those that are active.
    dpi : float, optional
        Dots per inch of a png; those of the figure if left out.

    Raises
    ------
    OutputError
        For another format, or if the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from nudipole import plot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(plot.branching(mass=(0.01, 1.0, 5)).figure, f"{folder}/ratios.pdf")
    """
    path = Path(path)
    kind = check_format(path)
    buffer = io.BytesIO()
    extra = FORMATS[kind] | ({} if dpi is None else {"dpi": dpi})
    with looks(look):
        figure.savefig(buffer, format=kind, **extra)
    store.write_bytes(path, buffer.getvalue())


def check_format(path: Path) -> str:
    """The format that a file is named by.

    Raises
    ------
    OutputError
        If it is none of those that figures are written in.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise OutputError(f"cannot write {str(path)!r}: the name of a figure ends in .{', .'.join(FORMATS)}")
    return kind


def logarithmic(axis: Any, ends: tuple[float, float], most: int = 12, small: bool = True) -> None:
    """A logarithmic axis with a tick at every decade, at most ``most`` of them numbered, and small ticks between."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, LogLocator, NullFormatter, NullLocator

    axes, horizontal = axis.axes, axis.axis_name == "x"
    (axes.set_xscale if horizontal else axes.set_yscale)("log")
    (axes.set_xlim if horizontal else axes.set_ylim)(*ends)
    first, last = int(np.ceil(np.log10(ends[0]) - 1e-9)), int(np.floor(np.log10(ends[1]) + 1e-9))
    if last - first < 2:  # not enough decades to read the axis by
        return
    step = max(1, -(-(last - first) // most))
    numbered = np.arange(first, last + 1)
    axis.set_major_locator(FixedLocator((10.0**numbered).tolist()))
    names = ["10" + str(n).translate(RAISED) if (n - first) % step == 0 else "" for n in numbered.tolist()]
    axis.set_major_formatter(FixedFormatter(names))
    axis.set_minor_locator(LogLocator(subs=np.arange(2, 10).tolist(), numticks=100) if small else NullLocator())
    axis.set_minor_formatter(NullFormatter())


def small_ticks(axes: Any, horizontal: bool, ends: tuple[float, float], sides: Sequence[float], scale: float) -> None:
    """The small ticks of a logarithmic axis as one collection, for files: hundreds of tick objects are slow to draw.

    ``ends`` are those of the axis they belong to, ``scale`` that axis over the data; ``sides`` says where on the other
    axis they stand, 0 at its start and 1 at its end.
    """
    from matplotlib.collections import LineCollection

    rc = require().rcParams
    low, high = ends
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)))
    small = np.outer(decades, np.arange(2, 10)).ravel()
    small = small[(small > low) & (small < high)] / scale
    width, height = axes.get_window_extent().size
    length = float(rc["xtick.minor.size"]) * axes.figure.dpi / 72.0 / (height if horizontal else width)
    spans = [(side, side + (length if side < 0.5 else -length)) for side in sides]
    segments = [[(x, a), (x, b)] if horizontal else [(a, x), (b, x)] for a, b in spans for x in small.tolist()]
    transform = axes.get_xaxis_transform() if horizontal else axes.get_yaxis_transform()
    look = {"colors": rc["axes.edgecolor"], "linewidths": rc["xtick.minor.width"], "zorder": 2.5}
    axes.add_collection(LineCollection(segments, transform=transform, **look), autolim=False)
