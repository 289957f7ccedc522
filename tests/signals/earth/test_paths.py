"""Matter along paths that end in a detector, and the directions of the sky."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.matter import earth as planet
from nudipole.signals.earth import paths


def test_cells_hold_the_column_density():
    edges = paths.path_edges()
    cells = sum(paths.earth_density(edges, 1400.0).values()) @ np.diff(edges) * 0.1
    steps = (np.arange(16) + 0.5) / 16.0
    for number, low in enumerate(paths.ZENITH_EDGES[:-1]):
        cosine = low + np.diff(paths.ZENITH_EDGES)[number] * steps
        assert cells[number] == pytest.approx(planet.column_density(cosine, 1400.0).mean(), rel=0.02, abs=0)


def test_elements_weigh_what_their_materials_weigh():
    matter = paths.surroundings(paths.path_edges(), 1000.0, "anywhere", "water", 2.25e7, 1e3)
    assert sum(paths.by_element(matter).values()) == pytest.approx(sum(matter.values()), rel=1e-6, abs=0)


def test_overlap_is_that_of_random_steps_in_a_sphere():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(100_000, 3))
    points *= (np.cbrt(rng.random(100_000)) / np.linalg.norm(points, axis=1))[:, None]
    for step in (0.3, 1.0, 1.6):
        inside = np.linalg.norm(points + np.array([0.0, 0.0, step]), axis=1) < 1.0
        assert paths.overlap(step, 4.0 / 3.0 * np.pi) == pytest.approx(inside.mean(), abs=0.006)


def test_turning_by_an_angle_multiplies_the_mean_cosine():
    """Exact but for the cells: a turn smaller than a cell is seen only at its edge, an eighth of a cell on average.

    Turning back is as likely as turning, cell by cell.
    """
    kernel = paths.zenith_kernel()
    middle = 0.5 * (paths.ZENITH_EDGES[1:] + paths.ZENITH_EDGES[:-1])
    angle = 0.5 * (paths.ANGLE_EDGES[1:] + paths.ANGLE_EDGES[:-1])
    assert kernel.sum(axis=-1) == pytest.approx(np.ones(kernel.shape[:2]), rel=1e-6, abs=0)
    assert kernel @ middle == pytest.approx(np.cos(angle)[:, None] * middle, abs=0.025)
    assert kernel == pytest.approx(np.swapaxes(kernel, 1, 2), abs=0.02)


def test_the_sun_is_up_as_long_as_it_is_down():
    for latitude in (-60.0, 0.0, 42.0, 90.0):
        share = paths.sun_zenith(latitude)
        assert share == pytest.approx(share[::-1], abs=0.01)
        assert share.sum() == pytest.approx(1.0, rel=1e-6, abs=0)
    pole = paths.sun_zenith(90.0)
    assert pole[np.abs(paths.ZENITH_EDGES[:-1] + 0.1) > 0.5].sum() == 0.0


def test_a_random_point_sees_the_detector_near_and_the_earth_beyond():
    """Inside plus outside is everywhere; the detector's own matter is density times overlap."""
    edges = paths.path_edges(0.0, 1000.0)
    site = ("water", 2.25e7, 1e3)
    inside, outside, both = (paths.surroundings(edges, 1000.0, w, *site) for w in ("inside", "outside", "anywhere"))
    assert set(inside) == {"water"}
    for name in both:
        parts = inside.get(name, 0.0) + outside.get(name, 0.0)
        assert both[name] == pytest.approx(parts, rel=1e-12, abs=1e-300)
    mean = paths.overlap(np.linspace(edges[:-1], edges[1:], 2001), 2.25e4).mean(axis=0)
    assert inside["water"][0] == pytest.approx(1e3 * mean, rel=0.02, abs=1e-6)
    assert np.all(outside["crust"][:, 0] < 0.05 * outside["crust"][0, -1])


def test_edges_begin_where_asked_and_have_eight_cells_a_decade():
    edges = paths.path_edges(0.0, 100.0, 0.1)
    assert edges[:2].tolist() == [0.0, 0.1]
    assert np.diff(np.log10(edges[1:])) == pytest.approx(np.full(24, 0.125), rel=1e-9, abs=0)
    assert paths.path_edges(50.0, 60.0)[[0, -1]].tolist() == pytest.approx([50.0, 60.0], rel=1e-9, abs=0)


def test_radius_is_that_of_the_sphere():
    assert 4.0 / 3.0 * np.pi * paths.radius_of(7.0) ** 3 == pytest.approx(7.0, rel=1e-12, abs=0)


@pytest.mark.parametrize("latitude", [-35.0, 0.0, 42.0])
def test_the_sun_is_where_rotated_vectors_put_it(latitude):
    """Ecliptic longitude at random, turned by the obliquity; the zenith of the site at a random hour."""
    rng = np.random.default_rng(12)
    longitude, hour = 2.0 * np.pi * rng.random((2, 400_000))
    tilt, site = np.deg2rad(23.44), np.deg2rad(latitude)
    sun = np.stack([np.cos(longitude), np.sin(longitude) * np.cos(tilt), np.sin(longitude) * np.sin(tilt)])
    zenith = np.stack([np.cos(site) * np.cos(hour), np.cos(site) * np.sin(hour), np.full_like(hour, np.sin(site))])
    count, _ = np.histogram(np.sum(sun * zenith, axis=0), paths.ZENITH_EDGES)
    assert paths.sun_zenith(latitude) == pytest.approx(count / count.sum(), abs=0.003)


def test_angles_are_resolved_to_15_degrees():
    assert paths.ANGLE_EDGES[[0, -1]].tolist() == [0.0, np.pi]
    assert np.rad2deg(np.diff(paths.ANGLE_EDGES)).max() < 15.0 + 1e-9


@pytest.mark.parametrize("latitude", [91.0, -91.0])
def test_a_latitude_is_at_most_90_degrees(latitude):
    with pytest.raises(DomainError, match="latitude"):
        paths.sun_zenith(latitude)


def test_bad_arguments_are_named():
    with pytest.raises(DomainError, match="no path"):
        paths.path_edges(10.0, 5.0)
