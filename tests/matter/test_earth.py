"""The Earth: its mass, its composition, its chords."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import units
from nudipole.errors import DomainError
from nudipole.matter import earth, materials


def test_mass_and_moment_of_inertia():
    assert earth.mass() == pytest.approx(5.972e24, rel=2e-3, abs=0)
    shells = quad(
        lambda r: 4e3 * np.pi * r**2 * float(earth.density(r)), 0, earth.RADIUS, limit=200,
        points=[layer.outer for layer in earth.LAYERS[:-1]],
    epsabs=0)[0]  # fmt: skip
    assert earth.mass() == pytest.approx(shells, rel=1e-8, abs=0)
    inertia = quad(
        lambda r: 8e3 / 3 * np.pi * r**4 * float(earth.density(r)), 0, earth.RADIUS, limit=200,
        points=[layer.outer for layer in earth.LAYERS[:-1]],
    epsabs=0)[0]  # fmt: skip
    # I / M R^2 = 0.3307
    assert inertia / (earth.mass() * earth.RADIUS**2) == pytest.approx(0.3307, abs=0.001)


@pytest.mark.parametrize(
    ("name", "electrons", "coherence"), [("mantle", 0.4956, 5.80), ("crust", 0.495, 5.87), ("core", 0.469, 11.8)]
)
def test_compositions(name, electrons, coherence):
    per_gram = 1e3 * units.AVOGADRO
    assert materials.get(name).electrons_per_kg / per_gram == pytest.approx(electrons, abs=6e-4)
    assert materials.get(name).coherence_per_kg / per_gram == pytest.approx(coherence, rel=3e-3, abs=0)


def test_densities():
    assert float(earth.density(0.0)) == pytest.approx(13.0885, rel=1e-6, abs=0)
    assert float(earth.density(3.48e6)) == pytest.approx(9.90, abs=0.01)
    assert float(earth.density(6.4e6)) == 0.0
    radius = 5e6
    electrons = float(earth.electron_density(radius))
    assert electrons == pytest.approx(float(earth.density(radius)) * 1e6 * 0.4956 * units.AVOGADRO, rel=2e-3, abs=0)
    assert float(earth.isotope_density(1e6, "O16")) == 0.0
    assert float(earth.isotope_density(radius, "O16")) > 1e28
    assert float(earth.coherent_density(7e6)) == 0.0
    iron = materials.get("core").mass_fractions["Fe"] * float(earth.density(1e6)) * 1e3
    nuclei = sum(float(earth.isotope_density(1e6, f"Fe{a}")) for a in (54, 56, 57, 58))
    assert nuclei == pytest.approx(iron * 1e3 * units.AVOGADRO / 55.845, rel=1e-4, abs=0)


def test_chords():
    np.testing.assert_allclose(earth.chord_length([-1.0, 0.0, 1.0]), [2 * earth.RADIUS, 0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(earth.chord_length([-1.0, 1.0], 1400.0), [2 * earth.RADIUS - 1400.0, 1400.0], rtol=1e-10)
    cosine = np.linspace(-1, 1, 41)
    length = earth.chord_length(cosine, 1000.0)
    np.testing.assert_allclose(earth.radius_along(length, cosine, 1000.0), earth.RADIUS, rtol=1e-12)


def test_columns():
    straight = quad(
        lambda r: 2 * 100 * float(earth.density(r)), 0, earth.RADIUS, limit=200,
        points=[layer.outer for layer in earth.LAYERS[:-1]],
    epsabs=0)[0]  # fmt: skip
    assert float(earth.column_density(-1.0)) == pytest.approx(straight, rel=1e-6, abs=0)
    assert float(earth.column_density(1.0, 1000.0)) == pytest.approx(1000.0 * 100 * 2.6, rel=1e-9, abs=0)
    coarse, fine = (earth.column_density([-0.9, -0.5, -0.1], 1400.0, nodes=n) for n in (400, 4000))
    np.testing.assert_allclose(coarse, fine, rtol=1e-6)


@given(st.floats(min_value=-1, max_value=1), st.floats(min_value=0, max_value=earth.RADIUS))
def test_chords_are_finite(cosine, depth):
    length = float(earth.chord_length(cosine, depth))
    assert 0 <= length <= 2 * earth.RADIUS * (1 + 1e-12)
    assert np.isfinite(float(earth.column_density(cosine, depth, nodes=40)))


def test_bad_input_is_named():
    for call in (
        lambda: earth.chord_length(1.1),
        lambda: earth.chord_length(0.5, -1.0),
        lambda: earth.chord_length(np.nan),
        lambda: earth.density(-1.0),
        lambda: earth.radius_along(-1.0, 0.0),
    ):
        with pytest.raises(DomainError):
            call()
