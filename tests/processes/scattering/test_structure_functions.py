"""ALLM97 at published points, its photon limit, and the table that integrals use."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError
from nudipole.processes.scattering import structure_functions


def test_allm97_values() -> None:
    q2 = [0.5, 1.0, 2.0, 5.0, 10.0, 50.0]
    assert structure_functions.allm97(0.1, q2) == pytest.approx([0.278, 0.325, 0.354, 0.377, 0.389, 0.408], abs=6e-4)
    assert structure_functions.allm97(0.01, q2) == pytest.approx([0.223, 0.288, 0.354, 0.447, 0.526, 0.730], abs=6e-4)
    assert structure_functions.allm97(0.4, [1.0, 5.0, 50.0]) == pytest.approx([0.253, 0.221, 0.174], abs=6e-4)


def test_photoproduction_limit_is_finite() -> None:
    # F_2 ~ Q^2 as Q^2 -> 0 at fixed W: 4 pi^2 alpha F_2/Q^2 is the photon cross section, 115 microbarn at W = 10 GeV
    q2, w = 1e-6, 10.0
    x = q2 / (w**2 - units.PROTON_MASS**2 + q2)
    cross_section = (
        4 * np.pi**2 * units.ALPHA * float(structure_functions.allm97(x, q2)) / q2 * units.GEV_M2_TO_CM2 / 1e-30
    )
    assert 110 < cross_section < 125


def test_table_agrees_with_the_parametrisation() -> None:
    rng = np.random.default_rng(6)
    w, q2 = np.exp(rng.uniform(np.log(1.4), np.log(5e3), 500)), np.exp(rng.uniform(np.log(1e-4), np.log(1e5), 500))
    exact = structure_functions.allm97(q2 / (w**2 - units.PROTON_MASS**2 + q2), q2)
    deviation = np.abs(structure_functions.interpolated_f2(w, q2) / exact - 1.0)
    assert np.median(deviation) < 1e-4
    assert np.max(deviation) < 1.5e-3  # at x -> 1 and x -> 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(DomainError):
        structure_functions.allm97(0.0, 1.0)
    with pytest.raises(DomainError, match="tabulated"):
        structure_functions.interpolated_f2(np.array([2e4]), np.array([1.0]))
