"""The range of decay angles that is sampled holds every photon that can be accepted, and little else."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.signals.decay_in_flight import photon_cosine, photon_energy
from nudipole.signals.upscattering import rest_angles
from nudipole.signals.upscattering.card import Selection

ENERGY, MASS = np.array([0.5, 0.9, 2.0]), 0.3
MOMENTUM, ANGLE = np.sqrt(ENERGY**2 - MASS**2), np.array([0.02, 0.2, 0.5])


@pytest.mark.parametrize("x", [0.0, 0.4])
def test_without_resolution_the_range_is_the_energy_window(x):
    chosen = Selection(energy_min_GeV=0.25, energy_max_GeV=0.42)
    x = np.full(3, x) if x else x
    least = rest_angles.least_rest_cosine(chosen, ENERGY, MOMENTUM, ANGLE, x)
    most = rest_angles.most_rest_cosine(chosen, ENERGY, MOMENTUM, x)
    assert np.any(least > -1.0)
    assert np.any(most < 1.0)
    inside, below = np.abs(least) < 1.0, np.abs(most) < 1.0
    assert photon_energy(ENERGY, MOMENTUM, least, x)[inside] == pytest.approx(0.25, rel=1e-9, abs=0)
    assert photon_energy(ENERGY, MOMENTUM, most, x)[below] == pytest.approx(0.42, rel=1e-9, abs=0)


def test_smeared_energies_reach_five_sigma_beyond_the_window():
    """The true energy at each end is measured at the edge of the window by a fluctuation of five to ten sigma."""
    chosen = Selection(energy_min_GeV=0.25, energy_max_GeV=0.42, energy_resolution=(0.03, 0.02))
    low = photon_energy(ENERGY, MOMENTUM, rest_angles.least_rest_cosine(chosen, ENERGY, MOMENTUM, ANGLE), 0.0)[1]
    high = photon_energy(ENERGY, MOMENTUM, rest_angles.most_rest_cosine(chosen, ENERGY, MOMENTUM), 0.0)[1]
    for edge, true in ((0.25, low), (0.42, high)):
        sigmas = abs(edge - true) / (true * np.sqrt(0.03**2 / true + 0.02**2))
        assert 4.99 < sigmas < 10.0
    assert low < 0.25
    assert high > 0.42
    for constant in (0.201, 0.3):
        blurred = Selection(energy_max_GeV=0.42, energy_resolution=(0.0, constant))
        assert rest_angles.most_rest_cosine(blurred, ENERGY, MOMENTUM).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "cut", [{"cosine_min": 0.9}, {"energy_angle2_max_GeV": 0.02, "energy_min_GeV": 0.1}, {"cosine_min": -0.5}]
)
def test_no_photon_below_the_range_is_near_enough_to_the_beam(cut):
    """The photon nearest to the beam lies in the plane of N: alpha - theta."""
    chosen = Selection(**cut)
    least = rest_angles.least_rest_cosine(chosen, ENERGY, MOMENTUM, ANGLE)
    widest = np.arccos(cut.get("cosine_min", -1.0))
    if "energy_angle2_max_GeV" in cut:
        widest = np.sqrt(0.02 / 0.1)
    for row in range(3):
        rest = np.linspace(-1.0, least[row], 50)[:-1]
        alpha = np.arccos(photon_cosine(ENERGY[row], MOMENTUM[row], rest))
        too_soft = photon_energy(ENERGY[row], MOMENTUM[row], rest) < chosen.energy_min_GeV
        assert np.all(too_soft | (alpha - ANGLE[row] > widest - 1e-9))
    if cut.get("cosine_min") == 0.9:  # and the one at its end just is
        alpha = np.arccos(photon_cosine(ENERGY, MOMENTUM, least))
        assert np.all(np.abs(least) < 1.0)
        assert alpha - ANGLE == pytest.approx(np.full(3, widest), rel=1e-9, abs=0)


def test_smeared_directions_widen_the_range():
    sharp, blurred = Selection(cosine_min=0.95), Selection(cosine_min=0.95, angle_resolution_deg=3.0)
    least = rest_angles.least_rest_cosine(blurred, ENERGY, MOMENTUM, ANGLE)
    wider = rest_angles.least_rest_cosine(sharp, ENERGY, MOMENTUM, ANGLE + np.deg2rad(15.0))
    assert least == pytest.approx(wider, rel=1e-9, abs=0)


def test_a_pair_is_not_cut_on_the_angle():
    chosen = Selection(cosine_min=0.99)
    assert rest_angles.least_rest_cosine(chosen, ENERGY, MOMENTUM, ANGLE, np.full(3, 0.2)).tolist() == [-1.0] * 3


def test_importance_is_the_root_of_the_width_of_the_range():
    everything = rest_angles.sampling_importance(Selection(), MASS, ANGLE, MOMENTUM)
    assert everything == pytest.approx(np.full(3, np.sqrt(2.0)), rel=1e-9, abs=0)
    half = Selection(energy_min_GeV=0.25)  # of N of 0.5 GeV: the forward half
    assert rest_angles.sampling_importance(half, MASS, ANGLE, MOMENTUM)[0] == pytest.approx(1.0, rel=1e-9, abs=0)
    none = rest_angles.sampling_importance(Selection(energy_min_GeV=9.0), MASS, ANGLE, MOMENTUM)
    assert none == pytest.approx(np.full(3, np.sqrt(1e-3)), rel=1e-9, abs=0)
