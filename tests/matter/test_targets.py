"""Targets: structure functions at both ends, compositions, Pauli blocking."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError, UnknownNameError
from nudipole.matter import isotopes, materials, nucleons, targets


@pytest.mark.parametrize("name", ["C12", "Ar40", "Xe132", "Pb208", "H1", "H2", "He4"])
def test_atoms_look_neutral_from_far_and_bare_from_near(name):
    atom, bare = targets.get(name), targets.get(name, screening=False)
    charge = isotopes.get(name).protons
    assert float(bare.electric(np.array(0.0))) == pytest.approx(charge**2, rel=1e-7, abs=0)
    assert float(atom.electric(np.array(1e-18))) < 1e-10 * charge**2
    assert float(atom.electric(np.array(4e-4))) == pytest.approx(float(bare.electric(np.array(4e-4))), rel=6e-3, abs=0)
    assert bare.charged
    assert not atom.charged


def test_the_electron_is_a_point():
    electron = targets.get("e-")
    q2 = np.geomspace(1e-12, 1e6, 5)
    np.testing.assert_array_equal(electron.electric(q2), 1.0)
    assert electron.magnetic is not None
    np.testing.assert_array_equal(electron.magnetic(q2), 1.0)


def test_proton_structure_is_that_of_its_form_factors():
    proton, q2 = targets.get("p"), np.geomspace(1e-4, 5, 10)
    f1, f2 = nucleons.dirac_pauli("p", q2)
    tau = q2 / (4 * proton.mass**2)
    np.testing.assert_allclose(proton.electric(q2), f1**2 + tau * f2**2, rtol=1e-10)
    assert proton.magnetic is not None
    np.testing.assert_allclose(proton.magnetic(q2), (f1 + f2) ** 2, rtol=1e-10)


def test_compositions():
    assert [(t.name, n) for t, n in targets.composition("CsI")] == [("Cs133", 1.0), ("I127", 1.0)]
    assert sum(n for _, n in targets.composition("H2O")) == pytest.approx(3.0, rel=1e-6, abs=0)
    assert [t.name for t, _ in targets.composition("e-")] == ["e-"]
    assert [t.name for t, _ in targets.composition("H2")] == ["H2"]  # the deuteron: nuclides come first
    xenon = {t.name: n for t, n in targets.composition("Xe")}
    assert xenon["Xe132"] == pytest.approx(isotopes.get("Xe132").abundance, rel=1e-6, abs=0)
    assert materials.get("Xe").coherence_per_kg == pytest.approx(
        54**2 * materials.get("Xe").atoms_per_kg["Xe"], rel=1e-6, abs=0
    )


def test_pauli_blocking():
    carbon = isotopes.get("C12")
    assert targets.fermi_momentum(carbon) == pytest.approx(0.221, rel=1e-6, abs=0)
    assert 0.251 < targets.fermi_momentum(isotopes.get("Ge74")) < 0.265
    mass, kf = 0.939, 0.221
    q2 = np.geomspace(1e-8, 1.0, 300)
    factor = targets.pauli_factor(q2, mass, kf)
    assert np.all(np.diff(factor) >= 0)
    assert factor[-1] == 1.0
    # small q: 3 q / 4 k_F; by Monte Carlo: nucleons of a Fermi sphere that leave it when moved by q
    assert float(targets.pauli_factor(1e-8, mass, kf)) == pytest.approx(0.75 * 1e-4 / kf, rel=1e-4, abs=0)
    rng = np.random.default_rng(1)
    momenta = rng.normal(size=(400_000, 3))
    momenta *= (kf * rng.uniform(size=len(momenta)) ** (1 / 3) / np.linalg.norm(momenta, axis=1))[:, None]
    for q in (0.05, 0.2, 0.4):
        out = np.mean(np.linalg.norm(momenta + np.array([0, 0, q]), axis=1) > kf)
        square = 2 * mass**2 * (np.sqrt(1 + q**2 / mass**2) - 1)  # Q^2 with q^2 = Q^2 + Q^4 / 4 m^2
        assert float(targets.pauli_factor(square, mass, kf)) == pytest.approx(out, abs=3e-3)


def test_bound_nucleons():
    carbon = isotopes.get("C12")
    free, bound = targets.get("p"), targets.bound_nucleons(carbon, "p", pauli=False)
    q2 = np.geomspace(1e-6, 1, 10)
    np.testing.assert_allclose(bound.electric(q2), 6 * free.electric(q2))
    assert bound.charged
    assert not targets.bound_nucleons(carbon, "p").charged
    with pytest.raises(DomainError):
        targets.bound_nucleons(isotopes.get("He4"), "p")


@pytest.mark.parametrize("name", ["", "x", "Ar41", "e+", "N", "CsI9x"])
def test_unknown_targets_are_named(name):
    with pytest.raises(UnknownNameError):
        targets.get(name)
