"""Smearing and cuts of single photons: kinematics by four-vectors, Gaussian moments, windows and their ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from nudipole import units
from nudipole.processes.decays import hnl_decay
from nudipole.signals.upscattering import photon_cuts
from nudipole.signals.upscattering.card import Selection

ENERGY = np.geomspace(0.1, 20.0, 60)  # with Q^2 < 0.02 GeV^2 no angle is cut below 0.07 GeV


def test_resolution_adds_in_quadrature():
    """a / sqrt(E) alone, b alone, and both as sides of a right triangle."""
    assert photon_cuts.relative_resolution(4.0, (0.12, 0.0)) == pytest.approx(0.06, rel=1e-12, abs=0)
    assert photon_cuts.relative_resolution(4.0, (0.0, 0.08)) == pytest.approx(0.08, rel=1e-12, abs=0)
    assert photon_cuts.relative_resolution(4.0, (0.12, 0.08)) == pytest.approx(0.1, rel=1e-12, abs=0)


def test_smeared_energies_have_the_quantiles_of_a_gaussian():
    uniform = np.array([0.1, 0.5, 0.975])
    expected = 0.25 + 0.25 * np.sqrt(0.1**2 / 0.25 + 0.03**2) * norm.ppf(uniform)
    found = photon_cuts.smeared_energy(np.full(3, 0.25), (0.1, 0.03), uniform)
    assert found == pytest.approx(expected, rel=1e-12, abs=0)
    assert photon_cuts.smeared_energy(np.array([0.01]), (2.0, 0.0), np.array([0.001])).tolist() == [0.0]


def test_energy_window_includes_its_ends():
    energy = np.array([0.099, 0.1, 0.2, 0.3, 0.301])
    both = photon_cuts.in_energy_window(energy, Selection(energy_min_GeV=0.1, energy_max_GeV=0.3))
    assert both.tolist() == [False, True, True, True, False]
    open_above = photon_cuts.in_energy_window(energy, Selection(energy_min_GeV=0.1))
    assert open_above.tolist() == [False, True, True, True, True]


def test_direction_is_smeared_by_a_gaussian_in_each_component():
    """Mean of theta^2 is twice the variance of a component; 39.35 % lie within one sigma."""
    uniform = (np.arange(200_000) + 0.5) / 200_000
    angle2 = 2.0 * (1.0 - photon_cuts.kick_cosine(2.0, uniform))
    assert angle2.mean() == pytest.approx(2.0 * np.deg2rad(2.0) ** 2, rel=5e-3, abs=0)
    assert np.mean(angle2 < np.deg2rad(2.0) ** 2) == pytest.approx(1.0 - np.exp(-0.5), rel=2e-3, abs=0)


@pytest.mark.parametrize("cut", [{"cosine_min": 0.2}, {"energy_angle2_max_GeV": 0.1}, {"q2_max_GeV2": 0.02}])
def test_each_cut_on_the_angle_is_known_as_one(cut):
    assert photon_cuts.cuts_angle(Selection(**cut))
    assert not photon_cuts.cuts_angle(Selection(energy_min_GeV=0.2))


def test_cut_on_energy_times_angle_squared():
    least = photon_cuts.least_cosine(Selection(energy_angle2_max_GeV=0.05), ENERGY)
    assert ENERGY * np.arccos(least) ** 2 == pytest.approx(np.full(60, 0.05), rel=1e-9, abs=0)
    wide = photon_cuts.least_cosine(Selection(energy_angle2_max_GeV=0.05), np.array([1e-3]))
    assert wide.tolist() == [-1.0]


def test_cut_on_q2_is_a_least_cosine():
    """Q^2 = 2 m (E_nu - E), with the neutrino energy of a massless lepton off a nucleon at rest."""
    nucleon = units.NEUTRON_MASS
    least = photon_cuts.least_cosine(Selection(q2_max_GeV2=0.02), ENERGY)
    for shift, allowed in ((1e-6, True), (-1e-6, False)):
        lost = ENERGY * (1.0 - least) * (1.0 - shift)
        inside = nucleon > lost
        neutrino = np.where(inside, nucleon * ENERGY / np.where(inside, nucleon - lost, 1.0), np.inf)
        assert np.all((2.0 * nucleon * (neutrino - ENERGY) <= 0.02) == allowed)


def test_the_tightest_cut_counts():
    chosen = Selection(cosine_min=0.9, energy_angle2_max_GeV=0.05, q2_max_GeV2=0.02)
    each = [Selection(cosine_min=0.9), Selection(energy_angle2_max_GeV=0.05), Selection(q2_max_GeV2=0.02)]
    parts = [photon_cuts.least_cosine(one, ENERGY) for one in each]
    assert photon_cuts.least_cosine(chosen, ENERGY) == pytest.approx(np.max(parts, axis=0), rel=1e-12, abs=0)
    assert len(set(np.argmax(parts, axis=0))) > 1


def test_quasi_elastic_energy_conserves_four_momentum():
    """(k + P - l)^2 = m_p^2 with the neutrino k along z, a neutron P at rest and the electron l."""
    m_n, m_p, m_e = units.NEUTRON_MASS, units.PROTON_MASS, units.ELECTRON_MASS
    energy, cosine = np.array([0.02, 0.3, 0.8]), np.array([-0.5, 0.4, 0.95])
    neutrino = photon_cuts.quasi_elastic_energy(energy, cosine)
    p = np.sqrt(energy**2 - m_e**2)
    left = neutrino + m_n - energy
    momentum2 = neutrino**2 + p**2 - 2.0 * neutrino * p * cosine
    assert left**2 - momentum2 == pytest.approx(np.full(3, m_p**2), rel=1e-10, abs=0)
    assert photon_cuts.quasi_elastic_energy(np.array([2.0]), np.array([0.0])).tolist() == [np.inf]


def test_the_variable_asked_for_is_histogrammed():
    energy, cosine = np.array([0.3]), np.array([0.4])
    assert photon_cuts.histogrammed("energy", energy, cosine) is energy
    assert photon_cuts.histogrammed("cosine", energy, cosine) is cosine
    found = photon_cuts.histogrammed("quasi-elastic-energy", energy, cosine)
    assert found == pytest.approx(photon_cuts.quasi_elastic_energy(energy, cosine), rel=1e-12, abs=0)


def test_bins_hold_their_lower_edge_and_nothing_outside():
    edges = np.array([0.2, 0.5, 1.0])
    assert photon_cuts.bin_index(np.array([0.1, 0.2, 0.49, 0.5, 0.99, 1.0, 7.0]), edges).tolist() == [
        -1, 0, 0, 1, 1, -1, -1,
    ]  # fmt: skip


def test_pairs_are_seen_whatever_the_photon_does():
    mass = 0.3
    widths = hnl_decay.partial_widths(mass)
    pair = float(widths["nu e+ e-"]) / float(widths["nu e+ e-"] + widths["nu gamma"])
    found = photon_cuts.chance_with_pairs(np.array([0.0, 0.4, 1.0]), mass)
    assert found == pytest.approx([pair, 0.4 + 0.6 * pair, 1.0], rel=1e-12, abs=0)
    assert photon_cuts.chance_with_pairs(np.array([0.4]), 0.0).tolist() == [0.4]
