"""Arrival times of neutrinos from stopped pions against the decay law and a Monte Carlo."""

from pathlib import Path

import numpy as np
import pytest

from nudipole.errors import CardError
from nudipole.signals.recoil.arrival_times import arrival, spread_in_time, time_fractions
from nudipole.signals.recoil.card import TimingSection

PION, MUON = 0.026033, 2.1969811  # lifetimes [us], PDG


@pytest.mark.parametrize(("component", "lifetimes"), [("nu_mu", [PION]), ("nu_e", [PION, MUON])])
def test_shares_follow_the_decay_chain_behind_the_pulse(component, lifetimes):
    rng = np.random.default_rng(5)
    times = 0.4 + 0.15 * rng.normal(size=400_000) + sum(rng.exponential(tau, 400_000) for tau in lifetimes)
    edges = [0.0, 0.3, 0.5, 1.0, 3.0, 10.0]
    drawn = np.histogram(times, edges)[0] / times.size
    assert arrival(edges, component, 0.4, 0.15) == pytest.approx(drawn, abs=4 * np.sqrt(0.25 / times.size))


def test_an_efficiency_in_time_multiplies_the_share():
    edges, file = [0.0, 0.5, 4.0, 6.0], Path("card.toml")
    plain = TimingSection(edges_us=edges, pulse={"pulse_mean_us": 0.2, "pulse_sigma_us": 0.1})
    late = TimingSection(
        edges_us=edges,
        pulse={"pulse_mean_us": 0.2, "pulse_sigma_us": 0.1},
        efficiency={"model": "coherent-csi-2021"},
    )
    whole, kept = (time_fractions(section, ["nu_e"], file)["nu_e"] for section in (plain, late))
    # Akimov et al. 2110.07730: full until 0.52 us, exp(-0.0494 (t - 0.52 us)) after
    assert kept[0] == pytest.approx(whole[0], rel=1e-12, abs=0)
    rate = np.exp(-np.linspace(4.0, 6.0, 2001) / MUON)
    lost = np.exp(-0.0494 * (np.linspace(4.0, 6.0, 2001) - 0.52))
    assert kept[2] / whole[2] == pytest.approx(np.average(lost, weights=rate), rel=1e-3, abs=0)


def test_counts_are_divided_with_time_running_fastest():
    counts, shares = np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([0.5, 0.25, 0.125])
    divided = spread_in_time(counts, shares)
    assert divided.tolist() == [[0.5, 0.25, 0.125, 5.0, 2.5, 1.25], [1.0, 0.5, 0.25, 10.0, 5.0, 2.5]]
    assert spread_in_time(counts, None) is counts


@pytest.mark.parametrize("edges", [[1.0], [0.0, 2.0, 1.0]])
def test_edges_must_increase(edges):
    with pytest.raises(CardError, match=r"timing\.edges_us"):
        time_fractions(TimingSection(edges_us=edges), ["nu_e"], Path("card.toml"))
