"""Figures against pictures of themselves: made of invented curves, so that only the drawing can change them.

New pictures: ``pytest tests/plot/test_images.py --mpl-generate-path=tests/plot/baseline``, then look at each.
"""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.constraint import Interval, Limit
from nudipole.plot import canvas, pages, style
from nudipole.portal import Direction

pytest.importorskip("matplotlib")
pytest.importorskip("pytest_mpl")
MASSES = np.geomspace(1e-6, 10.0, 120)
# root mean square of a difference of pixels, of 255: fonts are smoothed a little differently from one release to the next
compared = pytest.mark.mpl_image_compare(tolerance=12, style="default", savefig_kwargs={"dpi": 80})


def curve(key, floor, end, kind="exclusion", ceiling=None, flavor="mu"):
    """A floor in mu that rises towards the end of the masses, and a ceiling that falls with the lifetime of N."""
    rise = np.sqrt(np.maximum(1.0 - MASSES / end, 1e-9))
    low = floor / rise / units.mu_from_d(1.0)
    high = np.full_like(MASSES, np.inf) if ceiling is None else ceiling / MASSES**2 / units.mu_from_d(1.0)
    excluded = tuple(
        (Interval(a, None if np.isinf(b) else b),) if m < end and a < b else ()
        for m, a, b in zip(MASSES, low, high, strict=True)
    )
    return Limit(key, Direction(flavor), 0.9, MASSES, excluded, kind)


CURVES = (
    curve("xenon-nees-combined", 2e-11, 3e-3),
    curve("coherent-csi", 2e-9, 5e-2),
    curve("nomad", 8e-9, 5.0, ceiling=1e-9),
    curve("donut", 2e-7, 0.2),
    curve("lep", 2e-6, 9.0),
    curve("dune-nd", 3e-10, 3.0, "projection", ceiling=1e-10),
    curve("flare-10", 1e-8, 0.5, "projection"),
)


def figure():
    size = style.SIZES["single"]
    drawn = canvas.new_figure(size)
    return drawn, canvas.panel(drawn, size)


@compared
def test_plane():
    with canvas.looks("paper"):
        drawn, axes = figure()
        nd.plot.plane("mu", curves=CURVES, ax=axes)
    return drawn


@compared
def test_dark_plane_with_an_overlay():
    overlay = nd.plot.Overlay("mine", np.array([1e-4, 1e-2, 1.0]), np.array([1e-8, 1e-8, 1e-6]))
    with canvas.looks("dark"):
        size = (7.0, 5.0)
        drawn = canvas.new_figure(size)
        axes = canvas.panel(drawn, size)
        nd.plot.plane("mu", curves=CURVES, ax=axes, style="dark", units="GeV^-1", labels="all", overlay=[overlay])
    return drawn


@compared
def test_page():
    return pages.figure("fig4", CURVES)
