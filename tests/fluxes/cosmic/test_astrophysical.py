"""Astrophysical power laws: normalisation, integral, range."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes.cosmic.astrophysical import FITS, astrophysical


@pytest.mark.parametrize("fit", FITS)
def test_normalisation_at_100_tev(fit: str) -> None:
    norm, index, low, high, _ = FITS[fit]
    flux = astrophysical(fit, 1e3, 1e7, extrapolate=True)
    for flavor in ("e", "mu", "tau"):
        # nodes are dense, 200 over four decades: linear interpolation of a power law is good to 1e-3
        assert float(flux.differential(1e5, flavor)) / (4 * np.pi) == pytest.approx(norm, rel=3e-3, abs=0)
    fitted = astrophysical(fit)
    analytic = 3 * 4 * np.pi * norm * 1e5**index * (low ** (1 - index) - high ** (1 - index)) / (index - 1)
    assert fitted.total() == pytest.approx(analytic, rel=2e-3, abs=0)


def test_neutrinos_and_antineutrinos_in_equal_parts() -> None:
    nu, nubar = astrophysical().components
    assert not nu.antineutrino
    assert nubar.antineutrino
    assert np.array_equal(nu.intensity, nubar.intensity)


def test_a_fit_is_not_extrapolated_silently() -> None:
    with pytest.raises(DomainError, match="extrapolate"):
        astrophysical("northern-tracks", energy_min_GeV=1e3)
    with pytest.raises(DomainError, match="empty"):
        astrophysical("hese", 2e6, 1e6, extrapolate=True)
    for bad in (0.0, -1.0, float("nan")):
        with pytest.raises(DomainError, match="energy_min"):
            astrophysical(energy_min_GeV=bad)
    with pytest.raises(UnknownNameError, match="cascades"):
        astrophysical("tracks")
