"""Counts of three couplings by table: against the full calculation, decaying and stable, with and without interference."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.fits import couplings
from nudipole.portal import Portal, direction


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


@pytest.mark.parametrize(("key", "mass", "scale"), [("lz-nees", 2e-4, 3e-9), ("supercdms", 1e-4, 1e-8)])
def test_an_interference_that_changes_its_sign_with_the_decay_length(key, mass, scale):
    """Couplings of both signs; the decay before the detector selects energies, and with them the sign."""
    experiment = registry.get(key)
    table = couplings.tabulate(experiment, mass)
    points = scale * np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [0.5, -2.0, 3.0], [-1.0, 0.3, 0.0], [1e3, 1e3, -1e3]])
    portals = [Portal.from_couplings(mass, *row) for row in points.tolist()]
    expected = np.array([float(experiment.delta_chi2([p])[0]) for p in portals])
    assert table.test_statistic(points) == pytest.approx(expected, rel=2e-3, abs=1e-3)


def test_weights_rebuild_a_quadratic_form():
    """Of counts that are a quadratic form of the couplings, at every D."""
    rng = np.random.default_rng(2)
    form = rng.normal(size=(3, 3))
    form = form @ form.T
    ones = np.eye(3)
    table = [
        (ones[a] + (ones[b] if a != b else 0)) @ form @ (ones[a] + (ones[b] if a != b else 0))
        for a, b in couplings.PAIRS
    ]
    found = couplings.CountsTable(tuple(range(6)), np.array(table)[:, None, None])
    points = rng.normal(size=(20, 3))
    expected = np.einsum("pi,ij,pj->p", points, form, points)
    np.testing.assert_allclose(found.counts(points)[0][:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("key", ["fasernu", "flare-10"])
def test_uncertain_signals_of_counting_searches_are_profiled(key):
    """An uncertainty of 30 per cent on the signal bounds -2 ln L by 1 / 0.3^2, however large the signal."""
    table = couplings.tabulate(registry.get(key), 0.01)
    assert 10.5 < float(table.test_statistic(np.array([[0.0, 3e-4, 0.0]]))[0]) < 1.0 / 0.3**2


@pytest.mark.validation
@pytest.mark.parametrize("key", registry.card_keys())
def test_every_table_is_the_full_calculation(key):
    """Couplings of either sign, within a decade of the limit, at three masses; on the flank of decay 3 per cent."""
    experiment, rng = registry.get(key), np.random.default_rng(1)
    low, high = experiment.mass_range
    for share in (0.15, 0.5, 0.8):
        mass = float(low ** (1 - share) * min(high, 1e3) ** share)
        edges = [float(experiment.limit([mass], direction(flavor)).lower[0]) for flavor in experiment.flavors]
        table = couplings.tabulate(experiment, mass)
        if table is None or np.all(np.isnan(edges)):
            continue
        points = np.nanmin(edges) * 10 ** rng.uniform(-1, 1, (5, 3)) * rng.choice([-1, 1], (5, 3))
        portals = [Portal.from_couplings(mass, *row) for row in points.tolist()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of couplings beyond the operator
            expected = np.array([float(experiment.delta_chi2([p])[0]) for p in portals])
        assert table.test_statistic(points) == pytest.approx(expected, rel=3e-2, abs=5e-3)
