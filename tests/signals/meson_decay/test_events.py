"""N in the lab: aimed and isotropic flights agree, momenta on shell, and the window that holds a volume."""

import numpy as np
import pytest

from nudipole.detectors.geometry import Cylinder
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay import draws as meson_draws
from nudipole.signals.meson_decay.events import fly, slope_window
from nudipole.signals.meson_decay.parents import beam_parents, target_parents


def test_aimed_and_isotropic_events_carry_the_same_rate():
    """N through a window: the aimed estimate against free flight from the same mesons."""
    window = np.array([[-0.05, -0.05], [0.05, 0.05]])
    parents = target_parents(120.0, "eta", 12.0, 0.15, tuple(window.ravel()), 1.0)
    energy, ratio = meson.hnl_energy_nodes("eta", "gamma nu N", 0.1)
    totals = []
    for narrow in (True, False):
        draws = meson_draws.draw(parents._replace(narrow=np.full(parents.narrow.shape, narrow)), energy, ratio, 0.0, 0)
        events = fly(draws, 0.1, window)
        slope = events.direction[:, :2] / events.direction[:, 2:]
        inside = (events.direction[:, 2] > 0) & np.all(np.abs(slope) < 0.05, axis=1)
        totals.append(np.sum(events.weight[inside]))
    assert totals[0] == pytest.approx(totals[1], rel=0.15, abs=0)


@pytest.mark.parametrize("narrow", [True, False])
def test_energy_in_the_rest_frame_of_the_meson_is_the_one_drawn(narrow):
    """N p.q = m E*: a scalar product with the meson, for aimed and for isotropic N."""
    window = np.array([[-0.05, -0.05], [0.05, 0.05]])
    parents = target_parents(120.0, "eta", 12.0, 0.15, tuple(window.ravel()), 1.0)
    drawn = meson_draws.draw(parents._replace(narrow=np.full(parents.narrow.shape, narrow)), *ENERGY, 0.3, 2)
    found = fly(drawn, 0.1, window)
    lab = found.four_momentum(0.1)
    product = found.parent[:, 0] * lab[:, 0] - np.sum(found.parent[:, 1:] * lab[:, 1:], axis=1)
    star = product / meson.parent_mass("eta")
    order = np.argsort(drawn.uniforms[:, 6])  # tells the draws apart
    drawn = drawn.rows(order[np.searchsorted(drawn.uniforms[order, 6], found.uniforms[:, 6])])
    assert star == pytest.approx(drawn.rest_energy, rel=1e-6, abs=0)
    assert found.parent == pytest.approx(drawn.parent, rel=1e-12, abs=0)
    assert np.sum(found.direction**2, axis=1) == pytest.approx(np.ones(len(star)), rel=1e-9, abs=0)
    assert set(found.group) == {2}
    assert set(found.polarisation) == {0.3}
    if not narrow:
        slope = found.direction[:, :2] / found.direction[:, 2:]
        assert np.all(np.abs(slope) < 0.05)


ENERGY = (np.array([0.2, 0.25]), np.array([1.0, 1.0]))


def test_a_wide_window_off_the_axis_holds_what_flies_into_it():
    """Slopes up to one, where the solid angle falls as the cube of the cosine, from a slow meson."""
    window = np.array([[0.1, -0.6], [1.0, 0.4]])
    kaons = beam_parents("K", 0.4, 1e6, (0.0, 1.0))
    totals = []
    for narrow in (True, False):
        drawn = meson_draws.draw(kaons._replace(narrow=np.array([narrow])), np.array([0.2]), np.array([1.0]), 0.0, 0)
        found = fly(drawn, 0.1, window)
        slope = found.direction[:, :2] / np.abs(found.direction[:, 2:])
        inside = (found.direction[:, 2] > 0) & np.all((slope > window[0]) & (slope < window[1]), axis=1)
        totals.append(np.sum(found.weight[inside]))
        assert inside.all() or narrow
    assert totals[1] == pytest.approx(totals[0], rel=0.02, abs=0)


def test_without_a_window_every_n_flies_as_it_is_made():
    kaons = beam_parents("K", 75.0, 1e6, (10.0, 60.0))
    drawn = meson_draws.draw(kaons, np.array([0.2]), np.array([1.0]), 0.0, 0)
    found = fly(drawn, 0.1, None)
    assert np.sum(found.weight) == pytest.approx(1e6, rel=0.01, abs=0)
    assert found.origin[:, 2] == pytest.approx(drawn.z, rel=1e-12, abs=0)
    assert not found.origin[:, :2].any()
    # mean energy of an isotropic decay is gamma E*
    mean = np.average(found.four_momentum(0.1)[:, 0], weights=found.weight)
    assert mean == pytest.approx(np.hypot(75.0, meson.parent_mass("K")) / meson.parent_mass("K") * 0.2, rel=0.01, abs=0)
    # even in azimuth: the second harmonic as well
    x, y = found.direction[:, :2].T / np.hypot(*found.direction[:, :2].T)
    assert np.average(x, weights=found.weight) == pytest.approx(0.0, abs=0.02)
    assert np.average(x**2 - y**2, weights=found.weight) == pytest.approx(0.0, abs=0.02)
    some = found.rows(np.array([3]))
    assert some.momentum[0] == found.momentum[3]


def test_the_window_holds_front_and_back_with_a_margin():
    volume = Cylinder(2.0, 40.0, 2, np.array([0.5, 0.0, 50.0]))
    low, high = slope_window(volume)
    # the front, at 30 m, is seen under the largest slopes
    assert high[0] == pytest.approx(2.5 / 30 + 0.01 * 4.0 / 30, rel=2e-3, abs=0)
    assert low[0] == pytest.approx(-1.5 / 30 - 0.01 * 4.0 / 30, rel=2e-3, abs=0)
    assert high[1] == pytest.approx(-low[1], rel=1e-3, abs=0)
    assert high[1] == pytest.approx(2.04 / 30, rel=2e-3, abs=0)
