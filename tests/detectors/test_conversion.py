"""Conversion of photons along their paths: limits, order and overlap of matter, and a direct Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.detectors import conversion
from nudipole.detectors.conversion import Converter, conversion_map, seen_probability
from nudipole.detectors.geometry import box, sphere
from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import photon_conversion

AHEAD = np.array([[0.0, 0.0, 1.0]])
ENERGY = np.array([0.05, 1.0, 30.0])


def attenuation(material, density, energy):
    """Conversions per metre, straight from the cross section."""
    return 100.0 * density * photon_conversion.conversions_per_depth(material, energy)


def test_table_of_a_material_is_the_cross_section():
    energy = np.geomspace(2e-3, 900.0, 57)
    converter = Converter(box(1.0, 1.0, 1.0), "Pb", 11.35)
    assert converter.per_metre(energy) == pytest.approx(attenuation("Pb", 11.35, energy), rel=1e-3, abs=0)


def test_what_stands_before_takes_its_share():
    """A wall that loses photons, a gap, then a tracker: exp(-tau_wall) (1 - exp(-tau_tracker))."""
    wall = Converter(box(1.0, 1.0, 0.05, [0.0, 0.0, 0.5]), "Fe", 7.87, 0.0)
    tracker = Converter(box(1.0, 1.0, 2.0, [0.0, 0.0, 2.0]), "Ar", 1.4, 0.8)
    found = seen_probability([tracker, wall], np.zeros((1, 3)), AHEAD, ENERGY)[:, 0]
    through = np.exp(-0.05 * attenuation("Fe", 7.87, ENERGY))
    inside = -np.expm1(-2.0 * attenuation("Ar", 1.4, ENERGY))
    assert found == pytest.approx(0.8 * through * inside, rel=2e-3, abs=0)
    backwards = seen_probability([tracker, wall], np.zeros((1, 3)), -AHEAD, ENERGY)
    assert not np.any(backwards)


def test_first_listed_owns_the_place():
    """A fiducial sphere inside a tank of the same oil: out to 2 m conversions count, from there to 3 m they are lost."""
    fiducial, tank = Converter(sphere(2.0), "CH2", 0.86), Converter(sphere(3.0), "CH2", 0.86, 0.0)
    rate = attenuation("CH2", 0.86, ENERGY)
    start = np.array([[0.0, 0.0, -3.0]])
    nested = seen_probability([fiducial, tank], start, AHEAD, ENERGY)[:, 0]
    assert nested == pytest.approx(np.exp(-rate) * -np.expm1(-4.0 * rate), rel=2e-3, abs=0)
    hidden = seen_probability([tank, fiducial], start, AHEAD, ENERGY)
    assert not np.any(hidden)


def test_thin_and_thick():
    volume = box(2.0, 2.0, 2.0)
    thick = conversion_map([Converter(volume, "Pb", 1e6)], [volume])
    assert thick(np.array([0.5]), np.array([0.3])) == pytest.approx(1.0, abs=1e-4)
    one, ten = (conversion_map([Converter(volume, "Ar", d)], [volume]) for d in (1e-6, 1e-5))
    energy, cosine = np.array([0.1, 1.0, 10.0]), np.array([1.0, 0.0, -0.7])
    assert ten(energy, cosine) / one(energy, cosine) == pytest.approx(np.full(3, 10.0), rel=1e-4, abs=0)


def test_threshold_of_pairs():
    volume = box(2.0, 2.0, 2.0)
    table = conversion_map([Converter(volume, "Pb", 11.35)], [volume])
    below = np.array([1e-6, 0.9, 1.0]) * photon_conversion.THRESHOLD
    assert not np.any(table(below, np.ones(3)))
    assert table(np.array([2e-3]), np.ones(1)) > 0.0


def test_along_a_long_detector():
    """Decays spread evenly over a length L, photons along it: 1 - (1 - exp(-L/l)) l/L, l the mean free path."""
    volume = box(2.6, 2.6, 4.0)
    table = conversion_map([Converter(volume, "C", 0.1)], [volume])
    optical = 4.0 * attenuation("C", 0.1, ENERGY)
    expected = 1.0 + np.expm1(-optical) / optical
    assert table(ENERGY, np.ones(3)) == pytest.approx(expected, rel=5e-3, abs=0)


@pytest.mark.parametrize("shape", ["box", "sphere"])
def test_homogeneous_detector_against_monte_carlo(shape):
    """Decay points, azimuths and free paths drawn at random: does the photon convert before it leaves?"""
    rng = np.random.default_rng(5)
    volume = box(6.0, 2.0, 4.0) if shape == "box" else sphere(1.0)
    table = conversion_map([Converter(volume, "Ar", 0.6)], [volume])
    number = 200_000
    origin, azimuth = volume.sample(rng.random((number, 3))), 2.0 * np.pi * rng.random(number)
    for energy, cosine in ((0.02, 0.95), (0.3, 0.4), (5.0, -0.6)):
        sine = np.sqrt(1.0 - cosine**2)
        path = np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), np.full(number, cosine)], axis=1)
        free = rng.exponential(1.0 / float(attenuation("Ar", 0.6, energy)), number)
        _, far = volume.chord(origin, path)
        share = np.mean(free < far)
        error = np.sqrt(share * (1.0 - share) / number)
        ours = float(table(np.array([energy]), np.array([cosine]))[0])
        assert ours == pytest.approx(share, rel=5e-3, abs=4.0 * error)


def test_several_decay_volumes_count_by_their_size():
    small, large = box(1.0, 1.0, 1.0), box(1.0, 1.0, 3.0, [0.0, 0.0, 2.0])
    iron = [Converter(box(1.0, 1.0, 1.0), "Fe", 1.0)]
    both = conversion_map(iron, [small, large])(np.array([1.0]), np.array([0.0]))
    first = conversion_map(iron, [small])(np.array([1.0]), np.array([0.0]))
    assert both == pytest.approx(0.25 * first, rel=0.03, abs=0)


def test_bad_matter_is_named():
    with pytest.raises(DomainError):
        Converter(box(1.0, 1.0, 1.0), "Fe", 0.0)
    with pytest.raises(DomainError):
        Converter(box(1.0, 1.0, 1.0), "Fe", 1.0, 1.5)
    with pytest.raises(UnknownNameError):
        Converter(box(1.0, 1.0, 1.0), "unobtainium", 1.0)


def test_map_is_constant_beyond_its_energies():
    volume = box(1.0, 1.0, 1.0)
    table = conversion_map([Converter(volume, "C", 1.0)], [volume])
    top = conversion._HIGHEST
    assert table(np.array([top, 50.0 * top]), np.ones(2)).tolist() == [table.probability[0, -1]] * 2
