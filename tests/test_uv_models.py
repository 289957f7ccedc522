"""Explicit models: loops against two-dimensional Feynman integrals, mixing against a numerical diagonalisation, limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

import nudipole as nd
from nudipole import units, uv_models
from nudipole.bibliography import bibtex
from nudipole.catalogue import registry
from nudipole.errors import DomainError


def triangle(numerator, inner, outer):
    """2 int dx dy of a triangle: two propagators of one particle, one of the other, massless legs, in 1/GeV^2."""

    def integrand(y, x):
        return numerator(x + y) / ((x + y) * inner**2 + (1 - x - y) * outer**2)

    return dblquad(integrand, 0, 1, 0, lambda x: 1 - x, epsabs=0, epsrel=1e-9)[0]


@pytest.mark.parametrize(("fermion", "scalar"), [(400.0, 1000.0), (1000.0, 1000.0), (1500.0, 300.0), (4.2, 100.0)])
def test_the_dipole_is_the_sum_of_two_diagrams(fermion, scalar):
    """Coefficient of (p1 + p2)^mu: the photon from the fermion, x + y, and from the scalar, 1 - x - y (own algebra)."""
    both = triangle(lambda s: s, fermion, scalar) + triangle(lambda s: 1 - s, scalar, fermion)
    expected = units.ELEMENTARY_CHARGE * 0.3 * 0.7 * fermion / (32 * np.pi**2) * both
    found = float(uv_models.one_loop_dipole(fermion, scalar, 0.3, 0.7))
    assert found == pytest.approx(expected, rel=1e-7, abs=0)


def test_the_loop_function_is_smooth_and_has_its_limits():
    for r in (1e-8, 0.3, 0.9899, 0.9901, 1.0, 1.005, 1.02, 50.0):
        direct = quad(lambda x, r=r: x / (r * x + 1 - x), 0, 1, epsabs=0, epsrel=1e-10, limit=200)[0]
        assert float(uv_models.loop_function(r)) == pytest.approx(direct, rel=1e-8, abs=0)
    assert float(uv_models.loop_function(1e-12)) == pytest.approx(np.log(1e12) - 1, rel=1e-9, abs=0)


def test_the_induced_mass_is_the_loop_without_its_photon():
    """Euclidean momenta up to a cutoff far above the masses: the same logarithm, and differences between masses exact."""

    def cut(fermion, scalar, cutoff):
        def integrand(log):
            k2 = np.exp(2 * log)
            return 2 * k2**2 / ((k2 + fermion**2) * (k2 + scalar**2))

        return fermion / (16 * np.pi**2) * quad(integrand, -5, np.log(cutoff), epsabs=0, epsrel=1e-10, limit=500)[0]

    cutoff = 1e7
    for fermion, scalar in ((300.0, 1000.0), (1000.0, 1000.0), (2000.0, 500.0)):
        found = float(uv_models.induced_mass(fermion, scalar, cutoff))
        # a hard cutoff and minimal subtraction differ by one in the bracket
        assert found - fermion / (16 * np.pi**2) == pytest.approx(cut(fermion, scalar, cutoff), rel=1e-5, abs=0)


def test_leptoquark_of_the_review():
    """mu = e m_b [ln(M^2/m_b^2) - 1] / 16 pi^2 M^2 times the couplings: three colours, charge 1/3."""
    mass, bottom = 1200.0, uv_models.BOTTOM_MASS
    found = uv_models.leptoquark(mass, 0.5, 2.0)
    expected = units.ELEMENTARY_CHARGE * bottom / (16 * np.pi**2 * mass**2) * (np.log(mass**2 / bottom**2) - 1)
    assert 2 * float(found.d) == pytest.approx(expected, rel=1e-3, abs=0)
    assert float(found.mu) == pytest.approx(2 * float(found.d) / units.BOHR_MAGNETON, rel=1e-9, abs=0)
    assert uv_models.leptoquark([700.0, 900.0]).allowed.tolist() == [False, True]
    seesaw = found.seesaw_mass([1.0, 10.0])
    assert seesaw == pytest.approx(
        [float(found.induced_mass) ** 2, float(found.induced_mass) ** 2 / 10], rel=1e-9, abs=0
    )


@pytest.mark.parametrize(("mass", "yukawa", "scalar"), [(1000.0, 1.0, 700.0), (400.0, 0.2, 900.0), (150.0, 1.0, 300.0)])
def test_vector_like_leptons_are_two_mixed_states(mass, yukawa, scalar):
    flip = yukawa * units.HIGGS_VEV / np.sqrt(2)
    left, masses, right = np.linalg.svd(np.array([[mass, flip], [flip, mass]]))
    expected = sum(
        left[0, i] * right[i, 1] * float(uv_models.one_loop_dipole(masses[i], scalar, 0.4, 0.6)) for i in range(2)
    )
    found = uv_models.vector_like_lepton(mass, 0.4, 0.6, yukawa, scalar)
    assert float(found.d) == pytest.approx(abs(expected), rel=1e-9, abs=0)
    assert float(found.charged_mass) == pytest.approx(masses.min(), rel=1e-9, abs=0)


def test_the_dipole_of_vector_like_leptons_needs_the_higgs():
    assert float(uv_models.vector_like_lepton(1000.0, yukawa=0.0).d) == 0.0
    small, half = (float(uv_models.vector_like_lepton(5000.0, yukawa=y).d) for y in (0.02, 0.01))
    assert small == pytest.approx(2 * half, rel=1e-4, abs=0)
    far, near = (float(uv_models.vector_like_lepton(m, yukawa=0.1).d) for m in (2e4, 1e4))
    assert near == pytest.approx(4 * far, rel=1e-3, abs=0)  # v / M^2


@pytest.mark.parametrize("key", ["uv-leptoquark", "uv-vector-like-lepton"])
def test_lines_in_the_plane_stand_at_the_bounds(key):
    line = registry.get(key)
    told = line.explain()
    assert told["charged_mass_GeV"] == pytest.approx(told["collider_bound"]["mass_GeV"], rel=1e-9, abs=0)
    assert told["collider_bound"]["source"] in bibtex(line.citations)
    weak, strong = (nd.limit(key, "mu", 0.1, preset=name).lower[0] for name in ("default", "strong"))
    assert strong == pytest.approx(4 * np.pi * weak, rel=1e-6, abs=0)
    assert line.limit([0.1, 500.0], nd.Direction("mu")).excluded[1] == ()
    assert set(line.explain("strong")["differs"]) == {"couplings"}


def test_the_leptoquark_line_is_the_function():
    assert nd.limit("uv-leptoquark", "e", 0.1).lower[0] == pytest.approx(
        float(uv_models.leptoquark(800.0).d), rel=1e-9, abs=0
    )
    assert nd.limit("uv-vector-like-lepton", "e", 0.1, preset="lep").lower[0] == pytest.approx(
        float(uv_models.vector_like_lepton(100.8 + units.HIGGS_VEV / np.sqrt(2)).d), rel=1e-9, abs=0
    )


def test_bad_input_is_named():
    for call in (
        lambda: uv_models.leptoquark(-1.0),
        lambda: uv_models.leptoquark(1000.0, coupling_nu=np.nan),
        lambda: uv_models.vector_like_lepton(units.HIGGS_VEV / np.sqrt(2)),
        lambda: uv_models.vector_like_lepton(1000.0, yukawa=-1.0),
        lambda: uv_models.loop_function(0.0),
        lambda: uv_models.one_loop_dipole(1000.0, np.inf),
        lambda: uv_models.leptoquark(1000.0).seesaw_mass(0.0),
    ):
        with pytest.raises(DomainError) as error:
            call()
        assert "\n" not in str(error.value)
