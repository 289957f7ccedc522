"""Counts of three couplings by table: against the full calculation, decaying and stable, with and without interference."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.fits import couplings
from nudipole.portal import Portal


@pytest.mark.parametrize(
    ("key", "mass", "scale"),
    [("miniboone", 0.1, 1e-6), ("t2k-nd280", 0.3, 3e-7), ("charm-ii", 0.05, 3e-6), ("lsnd", 0.03, 1e-5), ("lep", 1.0, 1e-4),
     ("borexino", 1e-3, 1e-8), ("conus-plus", 1e-3, 1e-7)],
)  # fmt: skip
def test_the_table_is_the_full_calculation(key, mass, scale):
    experiment = registry.get(key)
    table = couplings.tabulate(experiment, mass)
    assert table is not None
    rng = np.random.default_rng(7)
    points = scale * 10 ** rng.uniform(-1, 0.5, (6, 3))
    points[0, 1:], points[1, [0, 2]], points[2, :2] = 0.0, 0.0, 0.0
    portals = [Portal.from_couplings(mass, *row) for row in points.tolist()]
    expected = np.array([float(experiment.delta_chi2([p])[0]) for p in portals])
    assert table.test_statistic(points) == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_solar_neutrinos_interfere_and_beams_do_not():
    solar = couplings.tabulate(registry.get("borexino"), 1e-3)
    beam = couplings.tabulate(registry.get("miniboone"), 0.1)
    assert max(solar.counts.pairs) > 2
    assert set(beam.counts.pairs) <= {0, 1, 2}


def test_out_of_range_there_is_no_table():
    assert couplings.tabulate(registry.get("conus-plus"), 0.5) is None


def test_an_interference_that_changes_sign_is_refused():
    table = np.ones((1, len(couplings._STEPS), 1))
    table[0, 200:] = -1.0
    with pytest.raises(couplings.DomainError, match="changes its sign"):
        couplings.CountsTable((3,), table).counts(np.full((1, 3), 1e-6))
