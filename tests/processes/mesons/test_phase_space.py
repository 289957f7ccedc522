"""Phase space: closed massless volumes, Dalitz limits against boosted vectors, Monte Carlo, and boosts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.errors import DomainError
from nudipole.processes.mesons import phase_space as ps
from tests.processes import montecarlo


@pytest.mark.parametrize(
    ("masses", "expected"),
    [
        ((0.0, 0.0), 1 / (8 * np.pi)),
        ((0.0, 0.0, 0.0), 1.3**2 / (256 * np.pi**3)),
        ((0.0, 0.0, 0.0, 0.0), 1.3**4 / (24576 * np.pi**5)),
    ],
)
def test_massless_volumes_are_the_closed_forms(masses, expected):
    assert ps.volume(1.3, masses) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize("masses", [(0.1, 0.3, 0.2), (0.0, 0.106, 0.2), (0.1, 0.05, 0.2, 0.3), (0.106, 0.0, 0.0, 0.4)])
def test_massive_volumes_agree_with_monte_carlo(masses):
    _, weight = montecarlo.phase_space(1.0, masses, 200_000, np.random.default_rng(7))
    error = np.std(weight) / np.sqrt(weight.size)
    assert abs(ps.volume(1.0, masses) - np.mean(weight)) < 4 * error
    assert error < 5e-3 * np.mean(weight)


def test_volume_vanishes_below_threshold_and_does_not_depend_on_the_order():
    assert ps.volume(1.0, (0.5, 0.4, 0.2)) == 0.0
    assert ps.volume(1.0, (0.1, 0.2, 0.3, 0.0)) == pytest.approx(ps.volume(1.0, (0.3, 0.0, 0.2, 0.1)), rel=1e-7, abs=0)


def test_dalitz_limits_are_reached_and_not_passed_by_events():
    masses = (0.1, 0.2, 0.3)
    (a, b, c), _ = montecarlo.phase_space(1.0, masses, 100_000, np.random.default_rng(3))

    def square(p):
        return p[:, 0] ** 2 - np.sum(p[:, 1:] ** 2, axis=1)

    low, high = ps.dalitz_limits(square(a + b), 1.0, *masses)
    position = (square(b + c) - low) / (high - low)
    assert np.all(position > -1e-9)
    assert np.all(position < 1 + 1e-9)
    assert np.min(position) < 1e-3
    assert np.max(position) > 1 - 1e-3
    assert np.mean(position) == pytest.approx(0.5, abs=5e-3)  # flat along m_bc^2


def test_three_body_spectrum_of_a_constant_amplitude_integrates_to_the_volume():
    masses = (1.0, 0.1, 0.2, 0.3)
    left, _, weight = ps.endpoint_nodes(80)
    low, high = 0.3**2, 0.7**2
    s = low + (high - low) * left
    total = np.sum(weight * (high - low) * ps.three_body_spectrum(s, masses, lambda ab, bc: np.ones_like(ab * bc)))
    density = np.sum(weight * (high - low) * 2 * ps.three_body_density(s, *masses))
    assert total == pytest.approx(ps.volume(1.0, masses[1:]) / 2, rel=1e-9, abs=0)
    assert density == pytest.approx(total, rel=1e-9, abs=0)


def test_photon_spectrum_of_a_constant_amplitude_integrates_to_the_volume():
    left, _, weight = ps.endpoint_nodes(80)
    top = 1 - (0.3 / 1.2) ** 2
    spectrum = ps.photon_spectrum(top * left, 1.2, 0.3, lambda x, c: np.ones_like(x * c))
    assert np.sum(weight * top * spectrum) == pytest.approx(ps.volume(1.2, (0.0, 0.0, 0.3)) / 2.4, rel=1e-9, abs=0)


def test_two_body_width_of_the_z_to_massless_neutrinos():
    # sum over spins of |M|^2, averaged over three: (1/3) 4 (g_Z/2)^2 m^2 (1/2 + 1/2)/... = 2 sqrt2 G_F m^4 / 3
    fermi, mass = 1.1663787e-5, 91.188
    width = ps.two_body_width(mass, 0, 0, 2 * np.sqrt(2) / 3 * fermi * mass**4)
    assert float(width) == pytest.approx(0.16589, rel=1e-3, abs=0)  # G_F m_Z^3 / (12 sqrt2 pi)


@given(st.floats(0.01, 5), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 2), st.floats(0.1, 3))
def test_boosts_keep_invariants_and_undo(mass, px, pz, m, frame_mass):
    frame = np.array([np.sqrt(frame_mass**2 + px**2 + pz**2), px, 0.0, pz])
    p = np.array([np.hypot(m, 0.7), 0.0, 0.7, 0.0])
    q = ps.boost(p, frame)
    back = ps.boost(q, frame * [1, -1, -1, -1])
    assert np.allclose(back, p, rtol=1e-9, atol=1e-9)
    assert q[0] * frame[0] - q[1:] @ frame[1:] == pytest.approx(p[0] * frame_mass, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ps.dalitz_limits(0.9, 1.0, 0.1, 0.1, 0.3),
        lambda: ps.volume(1.0, (0.1,)),
        lambda: ps.volume(-1.0, (0.1, 0.1)),
        lambda: ps.boost([1, 0, 0, 0], [1.0, 0, 0, 2.0]),
        lambda: ps.photon_spectrum(np.nan, 1.0, 0.1, lambda x, c: x),
    ],
)
def test_bad_input_is_named(call):
    with pytest.raises(DomainError):
        call()


def test_masses_of_heavy_products_bound_their_pair():
    """(m_a + m_b)^2 = 4 GeV^2 of two of 1 GeV: below refused, just above the two limits meet."""
    low, high = ps.dalitz_limits(4.0 * (1 + 1e-9), 5.0, 1.0, 1.0, 0.5)
    assert high - low < 1e-2 * high
    with pytest.raises(DomainError, match="m_ab"):
        ps.dalitz_limits(3.99, 5.0, 1.0, 1.0, 0.5)
    with pytest.raises(DomainError, match="m_ab"):
        ps.dalitz_limits(20.3, 5.0, 1.0, 1.0, 0.5)
