"""Mixing, adiabatic conversion in the Sun, propagation in vacuum and matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.fluxes import oscillations
from nudipole.fluxes.oscillations import Oscillation

ANGLES = st.floats(0.0, 1.0)
PHASED = Oscillation(delta_cp=1.2)


@given(ANGLES, ANGLES, ANGLES, st.floats(-7, 7))
def test_mixing_matrix_is_unitary(s12, s13, s23, delta):
    matrix = Oscillation(s12, s13, s23, delta).pmns
    assert np.allclose(matrix @ matrix.conj().T, np.eye(3), atol=1e-14)


def test_matter_potential_is_the_textbook_number():
    # sqrt(2) G_F n_e = 7.63e-14 eV per mol/cm^3
    in_ev = oscillations.POTENTIAL_PER_MOL / units.EV
    assert in_ev == pytest.approx(7.63e-14, rel=2e-3, abs=0)


@given(st.floats(0.0, 0.02), st.floats(0.0, 150.0), st.floats(-4, 4))
def test_solar_density_matrix_is_a_density_matrix(energy, density, delta):
    osc = Oscillation(delta_cp=delta)
    rho = oscillations.density_matrix(oscillations.solar_mass_fractions(energy, density, osc), osc)
    assert np.trace(rho).real == pytest.approx(1.0, rel=1e-12, abs=0)
    assert np.allclose(rho, rho.conj().T, atol=1e-14)
    assert np.linalg.eigvalsh(rho).min() > -1e-14


def test_electron_survival_is_the_adiabatic_formula():
    osc, energy, density = Oscillation(), 5e-3, 90.0
    b = 2 * energy * oscillations.POTENTIAL_PER_MOL * density * (1 - osc.sin2_theta13) / (osc.dm2_21 * 1e-18)
    cos2, sin2 = 1 - 2 * osc.sin2_theta12, 2 * np.sqrt(osc.sin2_theta12 * (1 - osc.sin2_theta12))
    cos2m = (cos2 - b) / np.hypot(cos2 - b, sin2)
    expected = (1 - osc.sin2_theta13) ** 2 * (0.5 + 0.5 * cos2m * cos2) + osc.sin2_theta13**2
    rho = oscillations.density_matrix(oscillations.solar_mass_fractions(energy, density))
    assert rho[0, 0].real == pytest.approx(expected, rel=1e-13, abs=0)


def test_adiabatic_limits_are_averaged_vacuum_and_pure_second_mass_state():
    osc = Oscillation()
    low = oscillations.density_matrix(oscillations.solar_mass_fractions(1e-9, 100.0))
    assert np.diagonal(low).real == pytest.approx(oscillations.averaged_probability(osc)[0], rel=1e-5, abs=0)
    high = oscillations.solar_mass_fractions(10.0, 100.0)
    assert high == pytest.approx([0.0, 1 - osc.sin2_theta13, osc.sin2_theta13], abs=1e-4)


def test_conversion_in_a_slowly_thinning_medium_agrees_with_numerical_propagation():
    """Two-flavour limit: follow the amplitude through many thin layers from n = 90 to vacuum."""
    osc = Oscillation(sin2_theta13=0.0, dm2_31=2.5e-3)
    energy, layers = 8e-3, 4000
    density = 90.0 * np.linspace(1.0, 0.0, layers)
    splitting = np.array([0, osc.dm2_21, osc.dm2_31]) * 1e-18
    matrix = osc.pmns
    states = np.eye(3, dtype=complex)[:, 0]
    length = 1.5e4 * units.KILOMETRE / 1e3
    for n in density:
        hamiltonian = matrix @ np.diag(splitting / (2 * energy)) @ matrix.conj().T
        hamiltonian[0, 0] += oscillations.POTENTIAL_PER_MOL * n
        values, vectors = np.linalg.eigh(hamiltonian)
        states = vectors @ (np.exp(-1j * values * length * 1e3) * (vectors.conj().T @ states))
    numerical = np.abs(matrix.conj().T @ states) ** 2
    assert numerical == pytest.approx(oscillations.solar_mass_fractions(energy, 90.0, osc), abs=0.01)


@pytest.mark.parametrize("antineutrino", [False, True])
def test_vacuum_probability_is_the_standard_formula(antineutrino):
    energy, length = 0.8, 500e3
    matrix = PHASED.pmns.conj() if antineutrino else PHASED.pmns
    phase = np.exp(-1j * np.array([0, PHASED.dm2_21, PHASED.dm2_31]) * 1e-18 * length * units.METRE / (2 * energy))
    amplitude = np.einsum("bi,i,ai->ab", matrix, phase, matrix.conj())
    result = oscillations.probability(energy, length, antineutrino=antineutrino, oscillation=PHASED)
    assert result == pytest.approx(np.abs(amplitude) ** 2, abs=1e-12)


def test_two_flavour_formula_in_matter():
    osc = Oscillation(sin2_theta12=0.0, sin2_theta13=0.03, sin2_theta23=0.0, dm2_21=1e-12)
    energy, length, density = 5.0, 2000e3, 2.0
    sin2_2, cos_2 = 4 * 0.03 * 0.97, 1 - 2 * 0.03
    ratio = 2 * energy * oscillations.POTENTIAL_PER_MOL * density / (osc.dm2_31 * 1e-18)
    change = sin2_2 + (cos_2 - ratio) ** 2
    phase = osc.dm2_31 * 1e-18 * length * units.METRE / (4 * energy) * np.sqrt(change)
    result = oscillations.probability(energy, length, density, oscillation=osc)
    assert result[0, 2] == pytest.approx(sin2_2 / change * np.sin(phase) ** 2, rel=1e-6, abs=0)


def test_layers_are_a_product_of_matrix_exponentials():
    energy, lengths, densities = 3.0, np.array([800e3, 1500e3]), np.array([1.5, 5.6])
    amplitude = np.eye(3)
    for length, density in zip(lengths, densities, strict=True):
        splitting = np.diag([0, PHASED.dm2_21, PHASED.dm2_31]) * 1e-18 / (2 * energy)
        hamiltonian = PHASED.pmns @ splitting @ PHASED.pmns.conj().T
        hamiltonian[0, 0] += oscillations.POTENTIAL_PER_MOL * density
        amplitude = expm(-1j * hamiltonian * length * units.METRE) @ amplitude
    result = oscillations.probability(energy, lengths, densities, oscillation=PHASED)
    assert result == pytest.approx(np.abs(amplitude.T) ** 2, abs=1e-10)


@given(st.floats(0.05, 100.0), st.floats(-1.0, 1.0), st.booleans())
def test_probabilities_are_unitary_through_the_earth(energy, cosine, antineutrino):
    lengths, densities = oscillations.earth_layers(cosine)
    result = oscillations.probability(energy, lengths, densities, antineutrino, PHASED)
    assert np.allclose(result.sum(axis=0), 1.0, atol=1e-10)
    assert np.allclose(result.sum(axis=1), 1.0, atol=1e-10)
    assert np.all(result >= 0)


def test_shapes_broadcast_energies_against_paths():
    lengths, densities = oscillations.earth_layers(np.linspace(-1, 1, 5))
    result = oscillations.probability(np.array([[1.0], [2.0]]), lengths[None], densities)
    assert result.shape == (2, 5, 3, 3)
    assert oscillations.probability([1.0, 2.0, 3.0], 1e5).shape == (3, 3, 3)


def test_cpt_and_the_atmospheric_minimum():
    path = 295e3
    neutrino = oscillations.probability(0.6, path, oscillation=PHASED)
    anti = oscillations.probability(0.6, path, antineutrino=True, oscillation=PHASED)
    assert neutrino == pytest.approx(anti.T, abs=1e-12)  # CPT in vacuum
    assert neutrino[1, 1] < 0.05


def test_paths_through_the_earth():
    lengths, densities = oscillations.earth_layers(np.array([1.0, 0.0, -0.5, -1.0]))
    assert lengths.shape == (4, 8)
    assert densities.shape == (8,)
    assert lengths[0].sum() == pytest.approx(15e3, rel=1e-6, abs=0)
    assert lengths[3, 1:].sum() == pytest.approx(2 * 6371e3, rel=1e-6, abs=0)
    assert lengths[2, 1:].sum() == pytest.approx(6371e3, rel=1e-6, abs=0)
    assert lengths[3, 1:4] == pytest.approx(lengths[3, 5:][::-1], rel=1e-6, abs=0)
    mass = np.sum(lengths[3] * densities)  # column of electrons through the centre
    assert mass == pytest.approx(
        2e3 * (1220 * 13 * 0.468 + 2260 * 11.3 * 0.468 + 2221 * 5 * 0.497 + 670 * 3.3 * 0.497), rel=1e-6, abs=0
    )


def test_bad_input_is_refused():
    with pytest.raises(DomainError):
        Oscillation(sin2_theta12=1.5)
    with pytest.raises(DomainError):
        oscillations.probability(0.0, 1.0)
    with pytest.raises(DomainError):
        oscillations.solar_mass_fractions(-1.0, 1.0)
    with pytest.raises(DomainError):
        oscillations.earth_layers(-1.1)
    with pytest.raises(UnknownNameError, match="dm2_31"):
        oscillations.parameters({"theta": 1.0})
