"""The Flux container: exact moments, quadrature, flavour, errors."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nudipole import fluxes
from nudipole.errors import CardError, DomainError, UnknownNameError
from nudipole.fluxes.flux import Flux, FluxComponent, mixed, pure
from nudipole.portal import Direction

ENERGY = np.array([0.001, 0.003, 0.004, 0.010])
INTENSITY = np.array([2.0, 5.0, 0.0, 1.0])
CONTINUUM = FluxComponent("toy", ENERGY, INTENSITY, pure("mu"))
LINES = FluxComponent("lines", np.array([0.002, 0.005]), np.array([3.0, 4.0]), pure("e"), lines=True)


@pytest.mark.parametrize("power", [0, 1, 2])
@pytest.mark.parametrize("minimum", [0.0, 0.0005, 0.001, 0.0022, 0.004, 0.0099, 0.01, 0.5])
def test_moments_of_a_continuum_are_exact(power, minimum):
    start = max(minimum, ENERGY[0])
    expected = 0.0
    for low, high in itertools.pairwise(ENERGY):
        if high > start:
            low = max(low, start)
            expected += quad(lambda e: np.interp(e, ENERGY, INTENSITY) * e**-power, low, high, epsrel=1e-12, epsabs=0)[
                0
            ]
    result = CONTINUUM.cumulative_moments(INTENSITY, minimum, (power,))[0]
    assert result == pytest.approx(expected, rel=1e-11, abs=1e-14)


def test_moments_keep_the_shape_of_the_thresholds_and_vanish_at_infinity():
    minimum = np.full((4, 5), np.inf)
    assert np.array_equal(CONTINUUM.cumulative_moments(INTENSITY, minimum, (0, 1, 2)), np.zeros((3, 4, 5)))


def test_moments_of_lines_count_the_lines_above_threshold():
    moments = LINES.cumulative_moments(LINES.intensity, [0.0, 0.003, 0.006], (0, 1))
    assert moments == pytest.approx(
        np.array([[7.0, 4.0, 0.0], [3 / 0.002 + 4 / 0.005, 4 / 0.005, 0.0]]), rel=1e-6, abs=0
    )


def test_moments_across_a_step_of_the_spectrum_lose_no_precision():
    step = 0.005 * np.array([1 - 1e-9, 1 + 1e-9])
    energy = np.array([0.001, *step, 0.009])
    component = FluxComponent("step", energy, np.array([1.0, 1.0, 3.0, 3.0]), pure("e"))
    first, second = component.cumulative_moments(component.intensity, 0.0, (1, 2))
    assert first == pytest.approx(np.log(5) + 3 * np.log(1.8), rel=1e-9, abs=0)
    assert second == pytest.approx((1 / 0.001 - 1 / 0.005) + 3 * (1 / 0.005 - 1 / 0.009), rel=1e-9, abs=0)


@given(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=8, unique=True), st.floats(0.0, 2.0), st.integers(0, 2))
def test_moments_are_finite_and_fall_with_the_threshold(energies, minimum, power):
    energy = np.sort(energies)
    component = FluxComponent("random", energy, np.ones_like(energy), pure("e"))
    low, high = component.cumulative_moments(component.intensity, [minimum, minimum + 0.1], (power,))[0]
    assert np.isfinite(low)
    assert low >= high - 1e-9 * abs(low)
    assert high >= -1e-9 * abs(low)


def test_nodes_integrate_lines_and_continua_together():
    flux = Flux("both", (CONTINUUM, LINES))
    energy, weight = flux.nodes(Direction("universal"))
    assert weight.sum() == pytest.approx(flux.total(), rel=1e-6, abs=0)
    assert energy.shape == weight.shape
    energy, weight = flux.nodes(Direction("e"))
    assert weight.sum() == pytest.approx(7.0, rel=1e-6, abs=0)
    assert np.all(weight > 0)


def test_flavours_are_kept_apart():
    flux = Flux("both", (CONTINUUM, LINES))
    assert flux.flavors == ("e", "mu")
    assert flux.total("e") == pytest.approx(7.0, rel=1e-6, abs=0)
    assert flux.total("mu") + flux.total("e") == pytest.approx(flux.total(), rel=1e-6, abs=0)
    assert flux.total("tau") == 0.0
    assert flux.cumulative_moments(Direction("tau"), 0.0) == pytest.approx(np.zeros(3), rel=1e-6, abs=0)


def test_effective_intensity_is_the_quadratic_form_of_the_density_matrix():
    density = np.array([[0.5, 0.2j, 0.1], [-0.2j, 0.3, 0.0], [0.1, 0.0, 0.2]])
    component = FluxComponent("mix", ENERGY, INTENSITY, density)
    vector = np.array([1.0, 2.0j, -0.5])
    direction = Direction("mix", couplings=tuple(vector))
    expected = np.real(vector.conj() @ density @ vector)
    assert component.effective(direction) == pytest.approx(INTENSITY * expected, rel=1e-6, abs=0)
    anti = FluxComponent("mix", ENERGY, INTENSITY, density, antineutrino=True)
    assert anti.effective(direction) == pytest.approx(
        INTENSITY * np.real(vector @ density @ vector.conj()), rel=1e-6, abs=0
    )


def test_scaling_and_differential():
    flux = Flux("toy", (CONTINUUM,))
    assert flux.scaled(3.0).total() == pytest.approx(3.0 * flux.total(), rel=1e-6, abs=0)
    assert flux.differential(ENERGY, "mu") == pytest.approx(INTENSITY, rel=1e-6, abs=0)
    assert flux.differential([1e-9, 1.0]) == pytest.approx([0.0, 0.0], rel=1e-6, abs=0)
    assert flux.maximum_energy == 0.010
    assert Flux("empty", (CONTINUUM,)).scaled(0.0).maximum_energy == 0.0


def test_mixed_is_diagonal():
    assert np.array_equal(np.diagonal(mixed([[0.2, 0.3, 0.5]]), axis1=-2, axis2=-1), [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("energy", "intensity", "density"),
    [
        ([0.0, 1.0], [1.0, 1.0], pure("e")),
        ([1.0, 0.5], [1.0, 1.0], pure("e")),
        ([1.0, 2.0], [1.0, -1.0], pure("e")),
        ([1.0, 2.0], [1.0, np.nan], pure("e")),
        ([1.0], [1.0], pure("e")),
        ([1.0, 2.0], [1.0, 1.0, 1.0], pure("e")),
        ([1.0, 2.0], [1.0, 1.0], np.eye(2)),
        ([1.0, 2.0], [1.0, 1.0], np.full((3, 3), np.nan)),
    ],
)
def test_malformed_components_are_refused(energy, intensity, density):
    with pytest.raises(DomainError):
        FluxComponent("bad", np.array(energy), np.array(intensity), density)


def test_bad_requests_are_refused():
    with pytest.raises(DomainError):
        CONTINUUM.cumulative_moments(INTENSITY, np.nan, (0,))
    with pytest.raises(DomainError):
        CONTINUUM.cumulative_moments(INTENSITY, 0.0, (3,))
    with pytest.raises(UnknownNameError):
        pure("sterile")
    with pytest.raises(UnknownNameError):
        CONTINUUM.flavor_intensity("x")


def test_registry_finds_every_flux_and_names_what_is_wrong():
    for name in fluxes.FLUXES:
        assert callable(fluxes.FLUXES[name])
    with pytest.raises(UnknownNameError, match="solar"):
        fluxes.named_flux("sun")
    with pytest.raises(CardError, match="distance"):
        fluxes.named_flux("reactor", power_GW=1.0, distance=3.0)
    with pytest.raises(CardError, match="baseline_m"):
        fluxes.named_flux("reactor", power_GW=1.0)
