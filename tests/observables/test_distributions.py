"""Distributions and spectra against their integrals and other ways to them."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.errors import NudipoleError
from nudipole.kinematics import recoil_limits
from nudipole.processes.decays import hnl_decay
from nudipole.processes.mesons import meson


def area(y, x):
    return float(np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(x)))


@pytest.mark.parametrize("variable", ["recoil", "Q2", "hnl_energy", "angle"])
@pytest.mark.parametrize(("target", "energy", "mass"), [("Ar40", 0.03, 0.01), ("e-", 1.0, 0.01), ("p", 1.0, 0.3)])
def test_every_distribution_integrates_to_the_total(variable, target, energy, mass):
    grid = nd.differential(target, energy, mass, 1e-6, variable)
    x = next(iter(grid.values()))
    low, high = x[0], x[-1]
    fine = (
        np.geomspace(low, high, 40001)
        if variable != "hnl_energy"
        else energy - np.geomspace(energy - high, energy - low, 40001)[::-1]
    )
    y = list(nd.differential(target, energy, mass, 1e-6, variable, fine).values())[1]
    total = nd.cross_section(target, energy, mass, 1e-6)["sigma_GeV-2"]
    assert area(y, fine) == pytest.approx(total, rel=2e-2 if variable == "angle" and target == "e-" else 2e-3, abs=0)


def test_the_peak_is_where_the_spectrum_is_largest():
    mass, energy, m = 0.01, 0.5, 0.51099895e-3
    low, high = (float(v) for v in recoil_limits(energy, mass, m))
    recoil = np.geomspace(low, high, 200001)
    spectrum = nd.differential("e-", energy, mass, 1e-6, values=recoil)["dsigma_dE_GeV-3"]
    assert float(nd.peak_recoil(energy, mass, m)) == pytest.approx(recoil[np.argmax(spectrum)], rel=1e-4, abs=0)
    assert float(nd.peak_recoil(0.109, mass, m)) == pytest.approx(recoil_limits(0.109, mass, m)[0], rel=1e-12, abs=0)


def test_decay_probability_and_widths():
    length = nd.width(0.1, 1e-6, energy=2.0)["decay_length_m"]
    expected = np.exp(-10 / length) - np.exp(-30 / length)
    assert float(nd.decay_probability(10.0, 30.0, 2.0, 0.1, 1e-6)) == pytest.approx(expected, rel=1e-9, abs=0)
    small = nd.decay_probability(0.0, 1.0, 2.0, 0.1, np.array([1e-12, 2e-12]))
    assert small[1] / small[0] == pytest.approx(4.0, rel=1e-9, abs=0)
    many = nd.width([0.1, 0.3], 1e-6, True, energy=2.0, extra_width=1e-18)
    for index, mass in enumerate((0.1, 0.3)):
        one = nd.width(mass, 1e-6, True, energy=2.0, extra_width=1e-18)
        for name in ("width_GeV", "lifetime_s", "decay_length_m"):
            assert many[name][index] == pytest.approx(one[name], rel=1e-12, abs=0)
        for channel, value in one["branching_ratios"].items():
            assert many["branching_ratios"][channel][index] == pytest.approx(value, rel=1e-12, abs=0)


@pytest.mark.parametrize("helicity", [-1.0, 0.0, 0.6])
def test_photons_in_the_laboratory(helicity):
    """Against an independent boost of a sample in the rest frame; the mean energy is E/2 - P p/6."""
    mass, energy = 0.1, 0.25
    momentum = np.sqrt(energy**2 - mass**2)
    x = np.linspace((energy - momentum) / 2, (energy + momentum) / 2, 20001)
    y = nd.decay_spectrum("photon_energy", x, mass, energy, helicity)
    y[[0, -1]] = y[[1, -2]]
    assert area(y, x) == pytest.approx(1.0, rel=1e-4, abs=0)
    assert area(x * y, x) == pytest.approx(energy / 2 - helicity * momentum / 6, rel=1e-3, abs=0)
    star = np.linspace(-1, 1, 20001)
    gamma, beta = energy / mass, momentum / energy
    lab = gamma * (star + beta) / np.hypot(gamma * (star + beta), np.sqrt(1 - star**2))
    mean = area(lab * 0.5 * (1 - helicity * star), star)
    c = np.linspace(-1, 1, 20001)
    z = nd.decay_spectrum("photon_angle", c, mass, energy, helicity)
    assert area(z, c) == pytest.approx(1.0, rel=1e-5, abs=0)
    assert area(c * z, c) == pytest.approx(mean, rel=1e-3, abs=0)


def test_the_pair_of_a_three_body_decay():
    x = np.geomspace(0.00102200, 0.1, 40001)
    y = nd.decay_spectrum("dilepton_mass", x, 0.1)
    assert area(y, x) == pytest.approx(1.0, rel=1e-4, abs=0)
    assert y[20000] * 2 == pytest.approx(
        4 * x[20000] * hnl_decay.dilepton_spectrum(x[20000] ** 2, 0.1, "e") / hnl_decay.dilepton_ratio(0.1, "e"),
        rel=1e-9,
        abs=0,
    )


@pytest.mark.parametrize(
    ("parent", "channel", "variable", "ends"),
    [
        ("K", "mu gamma N", "photon_energy", (0.0, 0.24)),
        ("K", "e gamma N", "hnl_energy", (0.05, 0.26)),
        ("pi0", "gamma nu N", "photon_energy", (0.0, 0.07)),
        ("K", "mu e e N", "dilepton_mass", (0.001022, 0.36)),
    ],
)
def test_spectra_of_mesons_integrate_to_the_width(parent, channel, variable, ends):
    mass = 0.05
    x = np.geomspace(max(ends[0], 1e-4), ends[1], 1500)
    y = nd.meson_spectrum(parent, channel, mass, 1e-6, variable, x)
    width = 1e-12 * meson.width(parent, channel, mass)
    assert area(y, x) == pytest.approx(width, rel=3e-3, abs=0)
    if variable == "hnl_energy":
        energy, weight = meson.hnl_energy_nodes(parent, channel, mass)
        assert area(x * y, x) / area(y, x) == pytest.approx(np.sum(energy * weight) / np.sum(weight), rel=1e-3, abs=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nd.differential("Ar40", 0.001, 0.01, 1e-6), "below the threshold"),
        (lambda: nd.differential("Ar40", 0.1, 0.01, 1e-6, "speed"), "variable"),
        (lambda: nd.differential("Ar40", 0.1, 0.01, 1e-6, channel="total"), "elastic channel"),
        (lambda: nd.decay_probability(2.0, 1.0, 1.0, 0.1, 1e-6), "at least L1"),
        (lambda: nd.decay_probability(0.0, 1.0, 0.05, 0.1, 1e-6), "at least the mass"),
        (lambda: nd.decay_spectrum("photon_energy", 0.05, 0.1), "at rest"),
        (lambda: nd.decay_spectrum("dilepton_mass", 0.05, 0.1, lepton="mu"), "does not decay"),
        (lambda: nd.meson_spectrum("K", "mu mu mu N", 0.01, 1e-6, "dilepton_mass", 0.25), "equal leptons"),
        (lambda: nd.meson_spectrum("K", "mu gamma N", 0.01, 1e-6, "dilepton_mass", 0.25), "no spectrum"),
    ],
)
def test_bad_input_is_one_line(call, words):
    with pytest.raises(NudipoleError, match=words):
        call()
