"""The two converters of couplings, and the tables of particles."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.errors import DomainError


def test_converters_pass_on_what_a_limit_holds():
    limit = nd.limit("conus-plus", "e", [1e-3, 5e-3])
    values = np.array([1e-7, np.nan, np.inf, 0.0])
    there = units.mu_from_d(values)
    assert there[0] == pytest.approx(2e-7 / units.BOHR_MAGNETON, rel=1e-14, abs=0)
    assert np.isnan(there[1])
    assert there[2] == np.inf
    assert there[3] == 0.0
    assert units.d_from_mu(there)[0] == pytest.approx(1e-7, rel=1e-14, abs=0)
    assert isinstance(units.mu_from_d(1e-7), float)
    assert units.mu_from_d(limit.lower).shape == (2,)
    assert np.isnan(units.mu_from_d(float("nan")))


@pytest.mark.parametrize("value", ["seven", None.__class__, 1j, [[1.0], [1.0, 2.0]], 1e300])
def test_converters_refuse_what_is_no_coupling(value):
    for convert in (units.mu_from_d, units.d_from_mu):
        with pytest.raises(DomainError):
            convert(value)
