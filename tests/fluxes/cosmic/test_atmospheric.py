"""Atmospheric neutrinos: published averages, angular shape, oscillation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole.errors import DomainError, TableError, UnknownNameError
from nudipole.fluxes.cosmic.atmospheric import atmospheric, differential

AVERAGED = {  # E [GeV]: numu, numubar, nue, nuebar [GeV^-1 cm^-2 s^-1 sr^-1], all directions, before oscillation
    0.1: (0.794, 0.808, 0.381, 0.377),
    1.0: (1.34e-2, 1.29e-2, 6.81e-3, 5.63e-3),
    10.0: (3.12e-5, 2.62e-5, 1.02e-5, 7.7e-6),
    100.0: (3.43e-8, 2.53e-8, 4.1e-9, 3.3e-9),
    1e3: (2.63e-11, 1.67e-11, 1.24e-12, 9.8e-13),
}


@pytest.mark.parametrize("energy", AVERAGED)
def test_sky_averages_are_those_of_the_model(energy: float) -> None:
    flux = atmospheric(oscillation=False)
    named = {c.name.split()[1]: c for c in flux.components}
    for species, expected in zip(("mu", "mubar", "e", "ebar"), AVERAGED[energy], strict=True):
        value = float(np.interp(energy, named[species].energy, named[species].intensity)) / (4 * np.pi)
        assert value == pytest.approx(expected, rel=0.035, abs=0)  # ten zenith bins against a fine average


def test_the_one_dimensional_model_is_lower_below_ten_gev() -> None:
    """H3a with Sibyll 2.3c against Honda: 7.9e-3 for numu at 1 GeV, a quarter at 0.1 GeV, 7 % less at 1 TeV."""
    low, high = (atmospheric(oscillation=False, model=model) for model in ("h3a-sibyll23c", "honda2014"))
    one, other = (
        next(c for c in flux.components if c.name == "atmospheric mu").intensity / (4 * np.pi) for flux in (low, high)
    )
    energy = low.components[0].energy
    assert float(np.interp(1.0, energy, one)) == pytest.approx(7.9e-3, rel=0.02, abs=0)
    assert np.interp([0.1, 1e3], energy, one / other) == pytest.approx([0.24, 0.93], abs=0.03)
    with pytest.raises(UnknownNameError, match="atmospheric flux"):
        atmospheric(model="bartol")


def test_vertical_over_horizontal() -> None:
    for energy, expected, tolerance in ((10.0, 0.61, 0.06), (100.0, 0.45, 0.06), (1000.0, 0.32, 0.06)):
        vertical = differential("mu", energy, 0.95) + differential("mu", energy, -0.95)
        horizontal = differential("mu", energy, 0.05) + differential("mu", energy, -0.05)
        assert float(vertical / horizontal) == pytest.approx(expected, abs=tolerance)


def test_oscillation_conserves_neutrinos_and_makes_tau_from_below() -> None:
    before, after = atmospheric(oscillation=False), atmospheric()
    assert after.total() == pytest.approx(before.total(), rel=1e-9, abs=0)
    assert before.total("tau") == 0.0
    up, down = atmospheric(-1.0, -0.8), atmospheric(0.8, 1.0)
    energy = np.array([25.0])  # first maximum through the diameter
    assert up.differential(energy, "tau")[0] > 0.5 * up.differential(energy)[0]
    assert down.differential(energy, "tau")[0] < 1e-3 * down.differential(energy)[0]


def test_fast_oscillations_average_to_half() -> None:
    up = atmospheric(-0.9, -0.3)
    energy = np.array([0.5])
    muon_before = atmospheric(-0.9, -0.3, oscillation=False).differential(energy, "mu")[0]
    assert 0.3 < up.differential(energy, "tau")[0] / muon_before < 0.6


def test_directions_add_up() -> None:
    whole = atmospheric(oscillation=False).total("mu")
    parts = atmospheric(-1.0, 0.13, False).total("mu") + atmospheric(0.13, 1.0, False).total("mu")
    assert parts == pytest.approx(whole, rel=2e-3, abs=0)


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_finite_or_a_named_error(energy: float, cosine: float) -> None:
    try:
        value = differential("mu", energy, cosine)
    except DomainError:
        assert not (0.1 <= energy <= 1e4 and -1 <= cosine <= 1)
    else:
        assert np.isfinite(value)
        assert value >= 0


def test_bad_ranges_are_refused() -> None:
    for low, high in ((0.5, 0.5), (0.5, -0.5), (-1.1, 0.0), (float("nan"), 1.0)):
        with pytest.raises(DomainError, match="cos_zenith_min"):
            atmospheric(low, high)
    with pytest.raises(TableError):
        differential("tau", 1.0, 0.0)
