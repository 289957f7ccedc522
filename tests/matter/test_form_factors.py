"""Nuclear form factors: normalisation, radius, and numerical Fourier transforms of the densities they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.inputs import tables
from nudipole.matter import form_factors, isotopes

FM = units.FEMTOMETRE


def fourier(density, upper, q):
    """Normalised three-dimensional Fourier transform of a radial density, q in 1/fm."""
    top = quad(lambda r: density(r) * r * np.sin(q * r) / q, 0, upper, limit=400, epsabs=0, epsrel=1e-11)[0]
    bottom = quad(lambda r: density(r) * r**2, 0, upper, limit=400, epsabs=0, epsrel=1e-11)[0]
    return top / bottom


# those that have the measured radius of the nucleus
MEASURED = tuple(name for name in form_factors.NAMES if name != "helm-review")


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("nucleus", ["C12", "Ar40", "Ge74", "Pb208"])
def test_normalisation_and_radius(name, nucleus):
    shape = form_factors.form_factor(name, nucleus)
    assert float(shape(0.0)) == pytest.approx(1.0, abs=1e-12)
    if name == "point":
        assert float(shape(1.0)) == 1.0
        return
    q2 = 1e-7
    radius = np.sqrt(6.0 * (1.0 - float(shape(q2))) / q2) / FM
    expected = isotopes.get(nucleus).charge_radius
    assert radius == pytest.approx(expected, rel=0.005 if name == "fourier-bessel" else 1e-3, abs=0)


@pytest.mark.parametrize("q", [0.3, 1.0, 2.0])
def test_symmetrised_fermi_is_the_transform_of_its_density(q):
    a, c = 0.523, 3.6
    exact = fourier(lambda r: np.sinh(c / a) / (np.cosh(r / a) + np.cosh(c / a)), 40.0, q)
    assert float(form_factors.symmetrised_fermi((q / FM) ** 2, c, a)) == pytest.approx(exact, rel=1e-8, abs=0)


@pytest.mark.parametrize("nucleus", form_factors.FOURIER_BESSEL)
def test_fourier_bessel_is_the_transform_of_its_density(nucleus):
    table = tables.load("matter/data/fourier_bessel.csv")
    wanted = isotopes.get(nucleus)
    rows = (table["Z"] == wanted.protons) & (table["A"] == wanted.nucleons)
    a, n, radius = table["a"][rows], table["n"][rows], table["R"][rows][0]

    def density(r):
        return float(np.sum(a * np.sinc(n * r / radius)))

    charge = 4 * np.pi * quad(lambda r: density(r) * r**2, 0, radius, epsabs=0, epsrel=1e-10, limit=200)[0]
    assert charge == pytest.approx(wanted.protons, rel=3e-3, abs=0)
    for q in (0.4, 1.1, np.pi * 3 / radius):
        value = float(form_factors.fourier_bessel((q / FM) ** 2, nucleus))
        assert value == pytest.approx(fourier(density, radius, q), rel=1e-7, abs=1e-10)


def test_shapes_agree_while_the_nucleus_is_coherent():
    q2 = np.linspace(0, (0.5 / 3.43 / FM) ** 2, 20)  # q R < 0.5
    values = [form_factors.form_factor(name, "Ar40")(q2) for name in MEASURED if name != "point"]
    assert np.max(np.ptp(values, axis=0)) < 1e-3


def test_germanium_73_borrows_its_neighbour():
    q2 = np.geomspace(1e-4, 0.1, 5)
    np.testing.assert_array_equal(form_factors.fourier_bessel(q2, "Ge73"), form_factors.fourier_bessel(q2, "Ge72"))


def test_neutron_radii_are_larger_than_proton_radii_in_heavy_nuclei():
    for name, low, high in (("Cs133", 4.8, 5.1), ("Pb208", 5.6, 5.75), ("Ar40", 3.4, 3.6)):
        assert low < form_factors.neutron_radius(isotopes.get(name)) < high
    assert form_factors.neutron_radius(isotopes.get("H1")) == 0.0


@given(
    st.sampled_from(form_factors.NAMES),
    st.sampled_from(isotopes.ELEMENTS),
    st.floats(min_value=0.0, max_value=1e6, allow_nan=False),
)
def test_bounded_or_a_named_error(name, symbol, q2):
    for nucleus in isotopes.natural(symbol):
        try:
            value = float(form_factors.form_factor(name, nucleus)(q2))
        except (DomainError, UnknownNameError):
            continue
        assert abs(value) <= 1.0 + 1e-12


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError):
        form_factors.form_factor("cube", "Ar40")
    with pytest.raises(UnknownNameError):
        form_factors.fourier_bessel(0.0, "Xe132")
    with pytest.raises(DomainError):
        form_factors.form_factor("fermi", "He4")
    with pytest.raises(DomainError):
        form_factors.form_factor("helm", "Ar40")(-1.0)
    with pytest.raises(DomainError):
        form_factors.form_factor("point", "Ar40")(np.inf)
