"""Degrees of freedom: the table, its interpolation, and the review's Eq. (52)."""

import numpy as np
import pytest

from nudipole.cosmology import freedom
from nudipole.errors import DomainError


def test_neutrinos_photons_and_electrons_at_ten_mev():
    assert freedom.entropy_freedom(0.01) == pytest.approx(10.75, abs=0.02)
    assert freedom.energy_freedom(0.01) == pytest.approx(10.75, abs=0.02)


def test_after_annihilation_the_entropy_is_that_of_cooler_neutrinos():
    assert freedom.entropy_freedom(1e-5) == pytest.approx(2 + 5.25 * 4 / 11, abs=0.03)


def test_freedom_rises_with_temperature():
    assert np.all(np.diff(freedom.entropy_freedom(np.geomspace(1e-5, 1e4, 300))) >= 0)


def test_delta_neff_of_the_review():
    # Eq. (52) by hand: g_N/2 (10.75/g_*)^(4/3)
    hot = freedom.relic_delta_neff(1e4, 2.0)
    assert hot == pytest.approx((10.75 / 104.07) ** (4 / 3), rel=1e-6, abs=0)
    assert freedom.relic_delta_neff(0.01, 2.0) == pytest.approx(1.0, abs=2e-3)
    assert freedom.relic_delta_neff(1e4, 4.0) == pytest.approx(2 * hot, rel=1e-6, abs=0)


@pytest.mark.parametrize("bad", [1e-6, 0.0, -1.0, np.nan])
def test_outside_the_table_is_named(bad):
    with pytest.raises(DomainError):
        freedom.entropy_freedom(bad)
