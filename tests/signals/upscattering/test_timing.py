"""Arrival times: delays, bunches and gates, searches between the bunches."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.portal import Direction
from nudipole.signals.upscattering import timing as arrival


def test_delay_is_path_over_velocity_less_path_over_c() -> None:
    energy, mass, path = np.array([0.5, 1.0, 3.0]), 0.2, 80.0
    momentum = np.sqrt(energy**2 - mass**2)
    direct = path / units.SPEED_OF_LIGHT * (energy / momentum - 1.0) * 1e9
    assert arrival.delay(path, energy, momentum) == pytest.approx(direct, rel=1e-12, abs=0)
    assert arrival.delay(path, 0.2, 0.0) == np.inf


def test_light_neutrinos_lose_no_digits() -> None:
    """delta = s M^2 / (2 c E^2) for M much below E; E/p - 1 would keep four digits here."""
    mass, energy = 1e-6, 1.0
    momentum = energy - 0.5 * mass**2 / energy
    assert arrival.delay(500.0, energy, momentum) == pytest.approx(
        500.0 / units.SPEED_OF_LIGHT * 1e9 * 0.5e-12, rel=1e-3, abs=0
    )


def test_gate_shares_against_throwing_times() -> None:
    rng = np.random.default_rng(5)
    gate, period, sigma = (6.5, 12.4), 18.94, 2.2
    for late in (0.0, 3.0, 9.0, 15.0, 40.0):
        phase = (late + sigma * rng.standard_normal(400_000)) % period
        thrown = np.mean((phase > gate[0]) & (phase < gate[1]))
        assert arrival.gate_share(late, gate, period, sigma) == pytest.approx(thrown, abs=3e-3)


def test_phases_average_to_the_open_part_of_the_period() -> None:
    late = np.linspace(0.0, 18.94, 2000, endpoint=False)
    shares = arrival.gate_share(late, (6.5, 12.4), 18.94, 2.2)
    assert shares.mean() == pytest.approx(5.9 / 18.94, rel=1e-3, abs=0)
    assert arrival.gate_share(np.inf, (6.5, 12.4), 18.94, 2.2) == pytest.approx(5.9 / 18.94, rel=1e-6, abs=0)


def test_one_bunch_keeps_nothing_that_never_comes() -> None:
    assert arrival.gate_share([np.inf, 3.0, 7.0, 20.0], (6.5, 12.4)).tolist() == [0.0, 0.0, 1.0, 0.0]


def test_a_gate_may_open_late_in_the_period() -> None:
    assert arrival.gate_share([0.0, 15.0], (14.0, 18.0), 18.94).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("gate", "period"), [((5.0, 5.0), 0.0), ((6.0, 4.0), 0.0), ((0.0, 20.0), 18.94)])
def test_impossible_gates_are_refused(gate: tuple[float, float], period: float) -> None:
    with pytest.raises(DomainError, match="must open before"):
        arrival.gate_share(1.0, gate, period)


@pytest.mark.parametrize(("key", "base"), [("sbnd", "default"), ("microboone", "projection"), ("miniboone", "default")])
def test_delayed_searches_win_where_n_is_slow_and_lives_long(key: str, base: str) -> None:
    """Light N are as fast as light: the gate then keeps what leaks. N of 0.1-0.2 GeV from the soil are tens of ns late."""
    experiment = registry.get(key)
    masses = np.array([0.001, 0.15])

    def signal(preset: str) -> np.ndarray:
        template = experiment.model(preset).signal(masses, Direction("mu"))
        return np.array([template.counts(i, np.array([1e-7])).sum() for i in range(2)])

    kept = signal("delayed") / signal(base)
    assert kept[0] < 0.02  # 0.3 % leaks, of all energies; the default of MiniBooNE takes a quarter of them
    assert kept[1] > 20.0 * kept[0]
    reach = {preset: experiment.limit([0.15], Direction("mu"), preset=preset).lower[0] for preset in (base, "delayed")}
    assert reach["delayed"] < reach[base]


def test_accepted_part_of_a_cell_is_that_of_its_late_end() -> None:
    """A cell is late from the distance c t / (E/p - 1) on; six parts of it are late or not as a whole."""
    mass, momenta, edges = 0.3, np.array([0.4, 0.1]), np.array([0.0, 10.0, 40.0, 41.0])
    per_metre = 1e9 / units.SPEED_OF_LIGHT * (np.hypot(momenta, mass) / momenta - 1.0)
    cut = 20.0 * per_metre[0]  # at 20 m of the faster
    found = arrival.accepted_fraction(edges, mass, momenta, delay_min_ns=cut)
    assert found[0] == pytest.approx([0.0, 4 / 6, 1.0], rel=1e-12, abs=0)
    assert found[1] == pytest.approx([5 / 6, 1.0, 1.0], rel=1e-12, abs=0)  # from 2.3 m on


def test_accepted_part_is_the_mean_over_the_gate() -> None:
    edges, momenta, gate = np.geomspace(10.0, 1000.0, 8), np.array([0.2, 0.7]), (6.5, 12.4)
    found = arrival.accepted_fraction(edges, 0.1, momenta, 0.0, gate, 18.94, 2.0)
    for row, p in enumerate(momenta):
        for cell in range(3):  # narrow against the period
            s = np.linspace(edges[cell], edges[cell + 1], 4001)
            exact = arrival.gate_share(arrival.delay(s, np.hypot(p, 0.1), p), gate, 18.94, 2.0).mean()
            assert found[row, cell] == pytest.approx(exact, abs=0.02)
    late = arrival.accepted_fraction(edges, 0.1, momenta, 1e9, gate, 18.94, 2.0)
    assert not late.any()
