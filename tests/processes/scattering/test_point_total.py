"""The closed total cross section on an electron."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.kinematics import threshold_energy
from nudipole.matter import targets
from nudipole.processes.scattering.point_total import electron_total
from nudipole.processes.scattering.upscattering_total import total_cross_section


@pytest.mark.parametrize("mass", [1e-9, 1e-4, 0.01, 1.0])
def test_it_is_the_integral_of_the_spectrum(mass):
    electron = targets.get("e-")
    edge = float(threshold_energy(mass, electron.mass))
    energy = edge * np.geomspace(1.0 + 1e-6, 1e6, 60)
    np.testing.assert_allclose(electron_total(energy, mass), total_cross_section(electron, energy, mass), rtol=1e-9)
    assert electron_total(0.999 * edge, mass) == 0.0


def test_many_energies_agree_with_one_at_a_time():
    """Near threshold they are interpolated."""
    energy = np.geomspace(0.108, 0.3, 5000)
    some = [0, 7, 401, 1999, 4998]
    np.testing.assert_allclose(
        electron_total(energy, 0.01)[some], total_cross_section(targets.get("e-"), energy[some], 0.01), rtol=1e-7
    )


def test_it_diverges_without_mass():
    with pytest.raises(DomainError, match="diverges"):
        electron_total(1.0, 0.0)
