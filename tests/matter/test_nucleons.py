"""Nucleon form factors: moments, radii, and the published values of both fits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import nucleons


@pytest.mark.parametrize("name", nucleons.NAMES)
@pytest.mark.parametrize(("nucleon", "charge"), [("p", 1.0), ("n", 0.0)])
def test_charges_and_moments(name, nucleon, charge):
    electric, magnetic = nucleons.sachs(nucleon, 0.0, name)
    assert float(electric) == pytest.approx(charge, abs=1e-8)
    assert float(magnetic) == pytest.approx(nucleons.MOMENT[nucleon], rel=1e-8, abs=0)
    f1, f2 = nucleons.dirac_pauli(nucleon, 0.0, name)
    assert float(f1) == pytest.approx(charge, abs=1e-8)
    assert float(f2) == pytest.approx(nucleons.MOMENT[nucleon] - charge, rel=1e-7, abs=0)


@pytest.mark.parametrize(
    ("q2", "kelly", "ye"),
    [
        (0.01, (0.9690, 0.9700, 0.0047, 0.9660), (0.9683, 0.9700, 0.0047, 0.9684)),
        (0.1, (0.7509, 0.7562, 0.0339, 0.7407), (0.7537, 0.7583, 0.0320, 0.7454)),
        (0.5, (0.3354, 0.3440, 0.0566, 0.3485), (0.3292, 0.3518, 0.0522, 0.3440)),
        (2.0, (0.0561, 0.0736, 0.0231, 0.0713), (0.0557, 0.0749, 0.0254, 0.0710)),
    ],
)
def test_values_of_the_fits(q2, kelly, ye):
    for name, expected in (("kelly", kelly), ("ye2018", ye)):
        # the reference values of Kelly's neutron were made with the mass of the proton in tau; the dipole factor of
        # G_E^n does not know of tau and stays at Q^2
        shifted = q2 * (units.NEUTRON_MASS / units.PROTON_MASS) ** 2 if name == "kelly" else q2
        proton, neutron = nucleons.sachs("p", q2, name), nucleons.sachs("n", shifted, name)
        values = (
            proton[0],
            proton[1] / nucleons.MOMENT["p"],
            neutron[0] * nucleons.dipole(q2) / nucleons.dipole(shifted),
            neutron[1] / nucleons.MOMENT["n"],
        )
        # four digits, rounded by way of five
        np.testing.assert_allclose(values, expected, rtol=0, atol=5.5e-5)


def test_charge_radius_of_the_proton():
    q2 = 1e-5
    slope = (1.0 - float(nucleons.sachs("p", q2)[0])) / q2
    # the fit was made with the muonic-era electron-scattering radius 0.879 fm
    assert np.sqrt(6 * slope) / units.FEMTOMETRE == pytest.approx(0.879, abs=0.01)


def test_dirac_pauli_inverts_sachs():
    q2 = np.geomspace(1e-4, 10, 20)
    electric, magnetic = nucleons.sachs("p", q2)
    f1, f2 = nucleons.dirac_pauli("p", q2)
    tau = q2 / (4 * units.PROTON_MASS**2)
    np.testing.assert_allclose(f1 - tau * f2, electric, rtol=1e-10)
    np.testing.assert_allclose(f1 + f2, magnetic, rtol=1e-12)
    np.testing.assert_allclose(f1**2 + tau * f2**2, (electric**2 + tau * magnetic**2) / (1 + tau), rtol=1e-10)


@given(st.sampled_from(nucleons.NAMES), st.sampled_from(["p", "n"]), st.floats(min_value=0, max_value=1e6))
def test_bounded(name, nucleon, q2):
    for value in nucleons.sachs(nucleon, q2, name):
        assert abs(float(value)) <= 3.0


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        nucleons.sachs("d", 0.0)
    with pytest.raises(UnknownNameError):
        nucleons.sachs("p", 0.0, "helm")
    with pytest.raises(DomainError):
        nucleons.sachs("p", -1.0)
