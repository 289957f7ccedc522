"""The theory point: conventions, flavour sums, widths, lengths."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError, NudipoleError, UnknownNameError
from nudipole.portal import DIRECTIONS, Completion, Direction, Portal


def test_moment_and_coupling():
    assert pytest.approx(296.30, abs=0.01) == units.BOHR_MAGNETON
    assert units.d_from_mu(1.0) == pytest.approx(148.15, abs=0.01)
    point = Portal.from_mu(0.1, 6.75e-10, "e")
    assert point.d == pytest.approx(1e-7, rel=1e-3, abs=0)
    assert point.mu == pytest.approx(6.75e-10, rel=1e-14, abs=0)
    # alpha mu_B^2 = pi r_e^2
    area = units.ALPHA * units.BOHR_MAGNETON**2 * units.GEV_M2_TO_CM2
    assert area == pytest.approx(2.4947e-25, rel=1e-4, abs=0)


def test_width_and_length():
    point = Portal(0.1, 1e-6, Direction("mu"))
    assert point.radiative_width == pytest.approx(1e-12 * 1e-3 / (4 * np.pi), rel=1e-12, abs=0)
    assert point.width == pytest.approx(point.radiative_width * (1 + 0.0053), rel=1e-3, abs=0)
    twice = Portal(0.1, 1e-6, Direction("mu", nature="majorana"))
    assert twice.width == pytest.approx(2 * point.width, rel=1e-14, abs=0)
    assert twice.branching_ratios == pytest.approx(point.branching_ratios, rel=1e-6, abs=0)
    # the review's (A.3) at E = 1 GeV: its boosted lifetime, and the length without the slip of a factor 100
    long = Portal(0.01, 1e-6, Direction("mu"))
    assert 100 * long.lifetime == pytest.approx(8.27e-4, rel=5e-3, abs=0)
    assert long.decay_length(1.0) == pytest.approx(2.48e5, rel=5e-3, abs=0)


def test_extra_width():
    point = Portal(0.1, 1e-6, extra_width=1e-15)
    bare = Portal(0.1, 1e-6)
    assert point.width == pytest.approx(bare.width + 1e-15, rel=1e-6, abs=0)
    assert sum(point.branching_ratios.values()) == pytest.approx(1.0, rel=1e-6, abs=0)
    assert point.branching_ratios["extra"] == pytest.approx(1e-15 / point.width, rel=1e-6, abs=0)


def test_stable_point():
    for point in (Portal(0.1, 0.0), Portal(0.0, 1e-6)):
        assert point.lifetime == np.inf
        assert point.decay_length(1.0) == np.inf
        assert point.branching_ratios == {}


def test_flavours_add_as_amplitudes():
    density = np.full((3, 3), 1 / 3)  # a mass eigenstate with equal components
    assert float(Direction("coherent").production(density)) == pytest.approx(3.0, rel=1e-6, abs=0)
    assert float(Direction("e").production(density)) == pytest.approx(1 / 3, rel=1e-6, abs=0)
    assert float(Direction("universal").production(density)) == pytest.approx(1.0, rel=1e-6, abs=0)
    signs = Direction("signs", (1, -1, 0))
    assert float(signs.production(density)) == pytest.approx(0.0, abs=1e-15)


def test_antineutrinos_couple_with_the_conjugate():
    density = np.array([[0.5, 0.5j, 0], [-0.5j, 0.5, 0], [0, 0, 0]])
    direction = Direction("phase", (1, 1j, 0))
    values = [float(direction.production(density, antineutrino=flag)) for flag in (False, True)]
    assert sorted(values) == pytest.approx([0.0, 2.0], rel=1e-6, abs=0)
    # conjugating both the density and the couplings changes nothing
    assert values[0] == pytest.approx(float(direction.production(density.conj(), antineutrino=True)), rel=1e-6, abs=0)


def test_from_couplings():
    point = Portal.from_couplings(0.1, d_e=3e-7, d_mu=4e-7j)
    assert point.d == pytest.approx(5e-7, rel=1e-6, abs=0)
    assert point.decay_strength == pytest.approx(25e-14, rel=1e-6, abs=0)
    with pytest.raises(DomainError):
        Portal.from_couplings(0.1)


def test_completion_without_a_gauge_partner():
    assert Completion().z_over_gamma == Completion().w_over_gamma == 0.0
    sine2 = units.SIN2_THETA_W_MSBAR
    assert Completion("gauge", 0.0).z_over_gamma == pytest.approx(-np.sqrt(sine2 / (1 - sine2)), rel=1e-6, abs=0)
    with pytest.raises(UnknownNameError):
        Completion("string")  # type: ignore[arg-type]
    with pytest.raises(DomainError):
        Completion("gauge", np.nan)
    with pytest.raises(DomainError, match="cancels the photon"):
        Completion("gauge", -2 * float(np.sqrt((1 - sine2) / sine2)))


@given(st.floats(), st.floats(), st.sampled_from(DIRECTIONS), st.sampled_from(["dirac", "majorana"]), st.floats())
def test_finite_or_a_named_error(mass, d, flavor, nature, energy):
    mass, d = (np.copysign(min(abs(x), 1e6), x) if np.isfinite(x) else x for x in (mass, d))
    try:
        point = Portal(float(mass), float(d), Direction(flavor, nature=nature))
        length = point.decay_length(float(energy))
    except NudipoleError:
        return
    assert not np.isnan(point.width)
    assert not np.isnan(length)
    assert length >= 0


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        Direction("x")
    with pytest.raises(UnknownNameError):
        Direction("e", nature="pseudo")  # type: ignore[arg-type]
    with pytest.raises(DomainError):
        Portal(0.1, 1e-6).decay_length(0.05)
    for mass, d in ((-0.1, 1e-6), (0.1, -1e-6), (np.nan, 1e-6), (0.1, np.inf)):
        with pytest.raises(DomainError):
            Portal(mass, d)


def test_a_point_takes_d_or_mu():
    by_mu, by_d = Portal(0.1, mu=2e-9), Portal(0.1, units.d_from_mu(2e-9))
    assert by_mu == by_d == Portal.from_mu(0.1, 2e-9)
    assert replace(by_mu, mass=0.2) == Portal(0.2, by_d.d)
    assert copy.copy(by_mu) == pickle.loads(pickle.dumps(by_mu)) == by_mu
    assert hash(by_mu) == hash(by_d)
    for wrong in (lambda: Portal(0.1), lambda: Portal(0.1, 1e-6, mu=1e-9), lambda: Portal(0.1, mu=-1.0)):
        with pytest.raises(DomainError):
            wrong()


def test_lengths_and_lives_of_many_energies():
    point = Portal(0.01, 1e-6)
    energies = np.array([0.02, 1.0, 50.0])
    gamma = energies / 0.01
    total = point.width
    assert point.lab_lifetime(energies) == pytest.approx(gamma / total * 6.582119569e-25, rel=1e-8, abs=0)
    lengths = point.decay_length(energies)
    speed = np.sqrt(1 - 1 / gamma**2) * 299792458.0
    assert lengths == pytest.approx(speed * point.lab_lifetime(energies), rel=1e-9, abs=0)
    assert point.decay_length(1.0) == pytest.approx(lengths[1], rel=1e-12, abs=0)
    assert isinstance(point.decay_length(1.0), float)
    assert np.all(np.isinf(Portal(0.01, 0.0).lab_lifetime(energies)))
    with pytest.raises(DomainError, match="at least the mass"):
        point.lab_lifetime([1.0, 0.005])
