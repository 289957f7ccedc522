"""Figures of one observable: the numbers on their lines."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.plot import canvas

pytest.importorskip("matplotlib")


@pytest.fixture
def ax():
    return canvas.new_figure((4.6, 3.6)).add_subplot()


def data(line):
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def test_a_limit_is_what_limit_says(ax):
    nd.plot.limit("conus-plus", "e", masses=30, units="GeV^-1", ax=ax)
    (line,) = (line for line in ax.lines if line.get_gid() == "curve-conus-plus:default")
    mass, d = data(line)
    expected = nd.limit("conus-plus", "e", mass[0]).lower[0]
    assert d[0] == pytest.approx(expected, rel=1e-6, abs=0)
    assert any("published" in line.get_label() for line in ax.lines)


def test_presets_are_lines_of_their_own(ax):
    nd.plot.limit("gemma", "e", presets=["default", "sensitivity"], masses=20, published=False, ax=ax)
    assert [line.get_label() for line in ax.lines] == ["default, 90% CL", "sensitivity, 90% CL"]


def test_a_spectrum_adds_the_signal_to_what_is_expected(ax):
    nd.plot.spectrum("lz-nees", 1e-3, 1e-8, "e", ax=ax)
    rate = nd.rate("lz-nees", 1e-3, 1e-8, "e")
    without, with_n, _ = (patch.get_data() for patch in ax.patches)
    assert with_n.values - without.values == pytest.approx(rate.signal, rel=1e-6, abs=1e-9)
    assert without.edges == pytest.approx(rate.edges, rel=1e-12, abs=0)
    assert "keV" in ax.get_xlabel()


def test_a_cross_section_is_what_the_verb_says(ax):
    energy = nd.plot.Range(0.02, 1.0, 9)
    nd.plot.cross_section(["Ar40", "e-"], [0.01], 1e-7, energy=energy, ax=ax)
    first, second = ax.lines
    x, y = data(first)
    assert y[4] == pytest.approx(nd.cross_section("Ar40", x[4], 0.01, 1e-7)["sigma_cm2"], rel=1e-9, abs=0)
    assert np.isnan(data(second)[1][0])  # below threshold on an electron


def test_branching_ratios_add_up(ax):
    nd.plot.branching(mass=nd.plot.Range(0.01, 5.0, 12), ax=ax)
    total = np.nansum([data(line)[1] for line in ax.lines], axis=0)
    assert total == pytest.approx(np.ones(12), rel=1e-9, abs=0)
    assert len(ax.lines) == 4


def test_a_decay_length_is_what_the_portal_says(ax):
    nd.plot.decay_length([1.0], [1e-6], mass=nd.plot.Range(0.01, 2.0, 9), ax=ax)
    mass, length = data(ax.lines[0])
    assert length[3] == pytest.approx(nd.Portal(mass[3], 1e-6).decay_length(1.0), rel=1e-9, abs=0)
    assert np.isnan(length[-1])  # heavier than its energy
    assert length[0] / length[3] == pytest.approx((mass[3] / mass[0]) ** 4, rel=0.02, abs=0)


def test_units_are_those_asked_for(ax):
    nd.plot.limit("conus-plus", "e", masses=20, units="muB", published=False, ax=ax)
    mass, mu = data(ax.lines[0])
    assert mu[0] == pytest.approx(units.mu_from_d(nd.limit("conus-plus", "e", mass[0]).lower[0]), rel=1e-6, abs=0)


def test_every_verb_of_figures_is_listed():
    assert set(dir(nd.plot)) >= {"plane", "limit", "spectrum", "cross_section", "branching", "decay_length", "save"}
    for name in dir(nd.plot):
        assert getattr(nd.plot, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = nd.plot.nothing
