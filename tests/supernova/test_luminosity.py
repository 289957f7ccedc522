"""Luminosity in N: geometry, limits of d, and the independent prototype of each mode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nudipole import units
from nudipole.portal import Direction
from nudipole.processes.plasma import stellar_plasma as plasma
from nudipole.sky.scan import excluded_intervals
from nudipole.supernova import channels, emission, luminosity
from nudipole.supernova.criteria import Cooling
from nudipole.supernova.emission import Star

MU = Direction("mu")
LIMIT = 3e52


def rays(profile: str, mass: float, far: float = 100.0, angular: str = "radial") -> luminosity.Escape:
    return luminosity.escape(emission.rates(Star(profile, "none", gravity=False), mass, MU, far), far, angular)


def free_edge(star: Star, mass: float, flavor: str = "mu") -> float:
    rates = emission.rates(star, mass, Direction(flavor))
    return float(np.sqrt(LIMIT / luminosity.escape(rates, 100.0).free_luminosity()))


def upper_edge(profile: str, mass: float, far: float) -> float:
    setting = Cooling(Star(profile, "none", gravity=False), far_km=far, angular="radial")
    (window,) = excluded_intervals(lambda d: setting.ratio(mass, MU, d))
    assert window.high is not None
    return window.high


@pytest.mark.parametrize("cosine", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_path_lengths_against_quadrature(cosine: float) -> None:
    edges = np.linspace(0.0, 20.0, 9)
    start = 7.3
    paths = luminosity.path_lengths(np.array([start]), np.array([cosine]), edges)[0, 0]
    total = -start * cosine + np.sqrt(400.0 - start**2 * (1 - cosine**2))
    steps = np.linspace(0, total, 200001)
    radius = np.sqrt(start**2 + steps**2 + 2 * start * steps * cosine)
    counted, _ = np.histogram(radius, bins=edges)
    assert np.allclose(paths, counted * total / 200001, atol=3e-4)
    assert paths.sum() == pytest.approx(total, rel=1e-6, abs=0)


def test_weak_coupling_is_free_streaming() -> None:
    escape = rays("cold", 0.05)
    d = np.array([1e-14, 1e-12])
    assert np.allclose(escape.luminosity(d), escape.free_luminosity() * d**2, rtol=1e-6, atol=0)


def test_luminosity_rises_and_then_falls_with_d() -> None:
    values = rays("cold", 0.03).luminosity(np.geomspace(1e-11, 1e-6, 40))
    peak = int(np.argmax(values))
    assert 0 < peak < 39
    assert np.all(np.diff(values[: peak + 1]) > 0)
    assert np.all(np.diff(values[peak:]) < 0)


def test_farther_r_far_lets_less_through() -> None:
    d = np.geomspace(1e-9, 1e-7, 5)
    near, far = (rays("cold", 0.1, km).luminosity(d) for km in (40.0, 100.0))
    assert np.all(far < near)


def test_species_add_up_to_the_spectrum() -> None:
    escape = luminosity.escape(emission.rates(Star("cold"), 0.05, Direction("e")), 100.0)
    d = np.array([1e-10, 1e-8])
    assert np.allclose(escape.species_spectrum(d).sum(axis=1), escape.spectrum(d), atol=0)


# Prototype of cosmo-astro.md section 4: an independent quick implementation. Its lower edges are free streaming.
LOWER = {
    ("analytic", 0.001): 9.9e-10,
    ("analytic", 0.01): 9.9e-10,
    ("analytic", 0.05): 1.1e-9,
    ("analytic", 0.1): 9.3e-10,
    ("analytic", 0.2): 1.2e-9,
    ("analytic", 0.3): 2.5e-9,
    ("cold", 0.001): 1.0e-9,
    ("cold", 0.05): 1.0e-9,
    ("cold", 0.1): 7.0e-10,
    ("cold", 0.2): 7.1e-10,
    ("cold", 0.3): 1.3e-9,
}
DEGENERATE = {
    ("analytic", 100.0): (2.3e-10, 2.5e-10, 3.2e-10, 6.3e-10),
    ("cold", 100.0): (3.0e-10, 2.4e-10, 2.2e-10, 3.8e-10),
    ("analytic", 150.0): (1.2e-10, 1.3e-10, 1.6e-10, 2.9e-10),
    ("cold", 150.0): (1.6e-10, 1.4e-10, 1.3e-10, 1.9e-10),
    ("analytic", 200.0): (6.8e-11, 7.3e-11, 9.3e-11, 1.5e-10),
    ("cold", 200.0): (9.8e-11, 8.8e-11, 7.7e-11, 1.1e-10),
}
UPPER = {  # masses where the prototype's absorption, which lacks 1/v, is right: N relativistic
    ("analytic", 0.001, 100.0): 1.3e-6,
    ("analytic", 0.01, 100.0): 4.5e-7,
    ("analytic", 0.05, 100.0): 6.3e-8,
    ("analytic", 0.1, 100.0): 1.6e-8,
    ("analytic", 0.001, 40.0): 5e-6,
    ("analytic", 0.01, 40.0): 2e-6,
    ("analytic", 0.05, 40.0): 1.0e-7,
    ("analytic", 0.1, 40.0): 2.8e-8,
    ("cold", 0.01, 100.0): 7.1e-7,
    ("cold", 0.05, 100.0): 7.9e-8,
    ("cold", 0.1, 100.0): 1.8e-8,
    ("cold", 0.01, 40.0): 1e-6,
    ("cold", 0.05, 40.0): 1.4e-7,
    ("cold", 0.1, 40.0): 3.5e-8,
}


@pytest.mark.parametrize(("profile", "mass"), list(LOWER))
def test_lower_edges_of_the_prototype(profile: str, mass: float) -> None:
    assert free_edge(Star(profile, "none", gravity=False), mass) == pytest.approx(LOWER[profile, mass], rel=0.1, abs=0)


@pytest.mark.parametrize(("profile", "potential"), list(DEGENERATE))
def test_lower_edges_of_the_prototype_with_degenerate_neutrinos(profile: str, potential: float) -> None:
    star = Star(profile, potential, degenerate_km=1e3, gravity=False)
    edges = [free_edge(star, mass, "e") for mass in (1e-3, 0.1, 0.2, 0.3)]
    assert np.allclose(edges, DEGENERATE[profile, potential], rtol=0.1, atol=0)


@pytest.mark.parametrize(("profile", "mass", "far"), list(UPPER))
def test_upper_edges_of_the_prototype(profile: str, mass: float, far: float) -> None:
    assert upper_edge(profile, mass, far) == pytest.approx(UPPER[profile, mass, far], rel=0.2, abs=0)


def test_heavy_upper_edges_lie_below_the_prototype_by_the_velocity() -> None:
    """The prototype's opacity is a rate per time; per length it is larger by 1/v, which matters from 200 MeV on."""
    edge = upper_edge("cold", 0.2, 100.0)
    assert 1 / 1.5 < edge / 3.5e-9 < 1.0


@pytest.mark.parametrize(
    ("mass", "edge"), [(0.01, 6.2e-10), (0.05, 6.4e-10), (0.1, 5.7e-10), (0.2, 6.2e-10), (0.3, 1.2e-9)]
)
def test_raffelt_criterion_of_the_prototype(mass: float, edge: float) -> None:
    assert luminosity.raffelt_coupling(mass) == pytest.approx(edge, rel=0.1, abs=0)


@pytest.fixture
def prototype_protons(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The Pauli factor of the prototype, min(1, 3 T / 2 E_F), up to a half more than the blocked Fermi gas."""

    def joined(density: np.ndarray, temperature: np.ndarray) -> np.ndarray:
        return np.minimum(1.0, 1.5 * temperature / plasma.proton_fermi_energy(density))

    def forget() -> None:
        emission._rates.cache_clear()
        emission._booked_rates.cache_clear()

    monkeypatch.setattr(plasma, "proton_blocking", joined)
    forget()
    yield
    forget()


@pytest.mark.usefixtures("prototype_protons")
@pytest.mark.parametrize(("mass", "edge"), [(0.001, 2.6e-8), (0.05, 2.4e-8)])
def test_core_mean_free_path_of_the_prototype(mass: float, edge: float) -> None:
    rates = emission.rates(Star("analytic", "none", gravity=False), mass, MU)
    assert luminosity.mean_free_path_coupling(rates) == pytest.approx(edge, rel=0.2, abs=0)


@pytest.mark.parametrize("shell", [22, 26, 30])
def test_sphere_of_optical_depth_two_thirds_radiates_like_a_black_body(shell: int) -> None:
    """4 pi R^2 (7/8)(pi^2/120) g T^4 with g = 4, for the d that puts the sphere into the middle of this shell."""
    rates = emission.rates(Star("cold", "none", gravity=False), 1e-4, MU)
    heat = rates.conditions.temperature
    thermal = rates.measure * rates.energy**3 * np.exp(-np.logaddexp(0.0, rates.energy / heat[:, None]))
    mean = (thermal * rates.opacity[0]).sum(axis=1) / thermal.sum(axis=1)
    depths = mean * np.diff(rates.edges) * units.KILOMETRE
    d = np.sqrt((2 / 3) / (depths[shell + 1 :].sum() + 0.5 * depths[shell]))
    brightness = 4 * 7 / 8 * np.pi**2 / 120 * heat[shell] ** 4
    expected = 4 * np.pi * (rates.middle[shell] * units.KILOMETRE) ** 2 * brightness / (units.ERG / units.SECOND)
    assert float(luminosity.sphere_luminosity(rates, d)) == pytest.approx(expected, rel=2e-3, abs=0)


def test_sphere_is_absent_when_the_core_is_transparent() -> None:
    rates = emission.rates(Star("cold", "none", gravity=False), 0.01, MU)
    assert np.isposinf(luminosity.sphere_luminosity(rates, 1e-10))
    assert luminosity.sphere_luminosity(rates, 1e-7) > 0


def test_sphere_dims_as_it_moves_out() -> None:
    """No window opens inside the excluded region: inside the brightest sphere N comes from the volume."""
    rates = emission.rates(Star("cold", "none", gravity=False), 0.0136, MU)
    values = luminosity.sphere_luminosity(rates, np.geomspace(1e-9, 1e-6, 60))
    known = values[np.isfinite(values)]
    assert 10 < len(known) < 60
    assert np.all(np.diff(known) <= 0)


def forget() -> None:
    """Empty every cache of the emission and of the luminosity."""
    for module in (emission, luminosity):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.mark.validation
def test_limits_converge_in_shells_energies_and_angles(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Cooling(Star("cold", "none", gravity=False))

    def edges() -> list[float]:
        forget()
        (window,) = excluded_intervals(lambda d: setting.ratio(0.03, MU, d))
        assert window.high is not None
        return [window.low, window.high]

    coarse = edges()
    monkeypatch.setattr(emission, "INNER_SHELLS", 60)
    monkeypatch.setattr(emission, "OUTER_SHELLS", 60)
    monkeypatch.setattr(channels, "ENERGIES", 120)
    monkeypatch.setattr(luminosity, "_ANGLES", 12)
    assert np.allclose(coarse, edges(), rtol=0.02, atol=0)
    forget()


@pytest.mark.parametrize(("mass", "factor"), [(0.01, 1.19), (0.1, 1.35), (0.2, 1.83), (0.3, 2.49)])
def test_gravity_weakens_the_lower_edge(mass: float, factor: float) -> None:
    """Redshift of energy and time, and N that are bound; factors in d of an independent calculation."""
    free = [luminosity.escape(emission.rates(Star(gravity=g), mass, MU, 100.0), 100.0) for g in (True, False)]
    bound, flat = (rays.free_luminosity() for rays in free)
    assert np.sqrt(flat / bound) == pytest.approx(factor, rel=0.02, abs=0)


def test_an_n_that_climbs_out_has_left_the_energy_of_its_lapse() -> None:
    rates = emission.rates(Star(), 0.05, MU)
    assert np.all(rates.local_energy > rates.energy)
    assert np.allclose(rates.local_energy * rates.lapse[:, None], rates.energy, rtol=1e-14, atol=0)
    # per proper volume at one local energy, a shell emits as it does in flat space
    state = rates.conditions
    shell = 10
    local = rates.local_energy[shell]
    gain, _ = channels.sum_rates(("protons", "photons", "electrons", "pairs"), state, local, 0.05, np.zeros(44))
    assert np.allclose(rates.gain[0, shell], gain[shell], rtol=0.02, atol=0)


def test_oxygen_has_depth_one_where_a_shell_of_half_a_solar_mass_has() -> None:
    # sigma E^2 / 2 k^2 with Z = 8 and the logarithm 2 ln(2 E / kappa), by hand: 4 alpha d^2 64 / 2 ln
    column = 0.5 * 1.98841e33 / (4 * np.pi * (1e9) ** 2)
    assert column == pytest.approx(8e13, rel=0.02, abs=0)
    nuclei = column / (16 * 1.66054e-24)  # per cm^2
    sigma = 4 / 137.036 * 64 / 2 * 2 * np.log(2 * 0.1 / 47e-6) * 3.8938e-28
    assert column * luminosity.oxygen_opacity(0.1, 1e-6) == pytest.approx(nuclei * sigma, rel=1e-3, abs=0)
