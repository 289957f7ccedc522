"""Points of the tables of early Universes: lifetimes from the decay width, and where each table is fine or coarse."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.cosmology import grid_points
from nudipole.cosmology.grid_points import LARGEST_D, LIFETIMES, LONGEST, MASSES, Assumptions
from nudipole.errors import DomainError
from nudipole.processes.decays import hnl_decay

KINETIC, THERMAL, MAJORANA = Assumptions("kinetic"), Assumptions("thermal"), Assumptions("kinetic", "majorana")


def test_photon_lifetime_is_that_of_the_radiative_width():
    """tau = hbar / (d^2 Gamma) of a Dirac N."""
    mass, d = np.array([1e-3, 0.1]), np.array([1e-7, 3e-9])
    seconds = 1.0 / (d**2 * hnl_decay.radiative_width(mass) * units.SECOND)
    assert grid_points.lifetime(mass, d) == pytest.approx(seconds, rel=1e-9, abs=0)
    assert grid_points.coupling(mass, seconds) == pytest.approx(d, rel=1e-9, abs=0)
    with pytest.raises(DomainError):
        grid_points.coupling(0.0, 1.0)


def test_masses_are_six_a_decade_from_9_keV_to_950_MeV():
    assert np.diff(np.log10(MASSES)) == pytest.approx(np.full(30, 1.0 / 6.0), rel=1e-9, abs=0)
    assert MASSES[[0, -1]] == pytest.approx([9.487e-6, 0.9487], rel=1e-3, abs=0)


def test_tables_have_every_mass_or_every_third_and_more_where_edges_are():
    assert KINETIC.masses.tolist() == MASSES.tolist()
    low, high = grid_points.NARROW
    assert THERMAL.masses.tolist() == [m for m in MASSES.tolist() if low < m < high]
    coarse = Assumptions("thermal", reheating=1.0).masses
    assert set(coarse) <= set(MASSES[::3])
    assert np.diff(np.log(coarse)) == pytest.approx(np.full(len(coarse) - 1, 0.5 * np.log(10.0)), rel=1e-9, abs=0)
    low, high = grid_points.TRANSITION_MASSES
    inside = MASSES[(low < MASSES) & (high > MASSES)]
    assert set(inside) <= set(MAJORANA.masses)
    assert set(MAJORANA.masses) - set(inside) <= set(MASSES[::3])


def test_lifetimes_go_on_where_the_default_needs_them_and_are_dense_where_edges_are():
    assert KINETIC.lifetimes(0.1).tolist() == [*LIFETIMES, *LONGEST]
    assert THERMAL.lifetimes(0.1).tolist() == LIFETIMES.tolist()
    assert Assumptions(reheating=1.0).lifetimes(0.1).tolist() == [*LIFETIMES[::2], *LONGEST[:2]]
    assert MAJORANA.lifetimes(0.1).tolist() == LIFETIMES[::2].tolist()
    low, high = grid_points.TRANSITION_LIFETIMES
    fine = {t for t in LIFETIMES.tolist() if low < t < high}
    assert set(MAJORANA.lifetimes(5e-3)) == fine | set(LIFETIMES[::2])


def test_points_end_just_above_the_largest_coupling():
    for mass in THERMAL.masses[::9]:
        d = np.array([float(grid_points.coupling(*point)) for point in grid_points.points(THERMAL, mass)])
        assert np.all(np.diff(d) < 0)
        assert np.count_nonzero(d > LARGEST_D) <= 1
        skipped = len(LIFETIMES) - len(d)
        if skipped:
            assert d[0] > LARGEST_D
            assert float(grid_points.coupling(mass, LIFETIMES[skipped])) == pytest.approx(d[0], rel=1e-9, abs=0)
    assert len(grid_points.points(THERMAL)) == sum(len(grid_points.points(THERMAL, m)) for m in THERMAL.masses)


def test_names_and_words_say_what_a_table_is_for():
    assert MAJORANA.name == "sky_kinetic_majorana"
    assert Assumptions("thermal", reheating=1.0).described == "a Dirac N, absent at T = 1 GeV (neutrino bath thermal)"
    assert len({made_for.name for made_for in grid_points.SHIPPED}) == len(grid_points.SHIPPED)
    assert [a.options.log_step for a in (KINETIC, MAJORANA)][1] == 0.02
    assert MAJORANA.options.nodes == 32
