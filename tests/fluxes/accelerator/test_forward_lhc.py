"""Forward LHC neutrinos: numbers through the face (charged-current counts: test_flux_cross_checks.py)."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import UnknownNameError
from nudipole.fluxes import flux
from nudipole.fluxes.accelerator.forward_lhc import FACE_CM2, forward_lhc

THROUGH_FACE = {
    "fasernu": {"mu": 1.82e12, "mubar": 1.44e12, "e": 2.2e11, "ebar": 2.5e11, "tau": 6.4e9, "taubar": 6.4e9},
    "fasernu2": {"mu": 6.4e13, "mubar": 4.7e13, "e": 6.6e12, "ebar": 8.9e12, "tau": 2.2e11, "taubar": 2.2e11},
    "flare-10": {"mu": 1.73e14, "mubar": 1.35e14, "e": 1.7e13, "ebar": 2.1e13, "tau": 8.0e11, "taubar": 8.0e11},
}


def component(detector: str, species: str) -> flux.FluxComponent:
    return next(c for c in forward_lhc(detector).components if c.name.endswith(f" {species}"))


@pytest.mark.parametrize("detector", THROUGH_FACE)
def test_numbers_through_the_face(detector: str) -> None:
    for species, number in THROUGH_FACE[detector].items():
        c = component(detector, species)
        assert float(np.sum(c.quadrature(c.intensity))) * FACE_CM2[detector] == pytest.approx(number, rel=0.04, abs=0)


def test_flare_100_covers_a_larger_face_with_a_softer_beam() -> None:
    large, small = component("flare-100", "mu"), component("flare-10", "mu")
    flux = [float(np.sum(c.quadrature(c.intensity))) for c in (large, small)]
    energy = [float(np.sum(c.quadrature(c.intensity * c.energy))) for c in (large, small)]
    assert flux[0] < flux[1]
    assert energy[0] / flux[0] < energy[1] / flux[1]
    assert flux[0] * FACE_CM2["flare-100"] > flux[1] * FACE_CM2["flare-10"]


def test_tau_neutrinos_come_in_equal_numbers_of_both_signs() -> None:
    for detector in FACE_CM2:
        tau, anti = component(detector, "tau"), component(detector, "taubar")
        ratio = np.sum(tau.quadrature(tau.intensity)) / np.sum(anti.quadrature(anti.intensity))
        assert ratio == pytest.approx(1.0, abs=0.02)


def test_unknown_detector_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="fasernu2"):
        forward_lhc("faser3")
