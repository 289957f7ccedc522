"""N from the Earth: matter in sight, the sky, and the short- and long-lived limits of the template."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.matter import earth as planet
from nudipole.matter import isotopes, materials, targets
from nudipole.portal import Direction
from nudipole.processes.decays import hnl_decay
from nudipole.processes.scattering import upscattering_total
from nudipole.signals.earth import decays as earth_decays
from nudipole.signals.earth import model as earth
from nudipole.signals.earth import paths as earth_paths
from nudipole.signals.earth import photons as earth_photons
from nudipole.signals.earth import sky

FILE = Path("toy.toml")
MU = Direction("mu")
SUN = {"flux": {"flux": "solar", "components": ["8B"]}}
CARD = {
    "schema": 1,
    "key": "toy",
    "title": "toy",
    "signal": "earth",
    "basis": "first-principles",
    "summary": "a cavern of rock",
    "source": [SUN],
    "detector": {"material": "crust", "mass_tonne": 2600.0, "density_g_cm3": 2.6, "depth_m": 7000.0},
    "years": 1.0,
    "selection": {"photon_edges_GeV": [0.0, 1.0]},
    "observation": {"statistic": "upper-limit", "allowed": 3.0, "expectation": "none"},
}


def model(**changes):
    return earth.build(cards.convert(CARD | changes, earth.CardType, FILE), FILE)


def counts(built, mass, d, direction=MU):
    return built.signal(np.array([mass]), direction).counts(0, np.atleast_1d(np.asarray(d, float)))[:, 0]


def production_per_kilogram(built, material, mass, direction=MU):
    """Coherent up-scatterings per kilogram and d^2 in the run, from total cross-sections."""
    energy, fluence = built.beams[0].flux.nodes(direction)
    groups = np.arange(0, len(energy), 8)  # 500 nodes of the flux are more than a smooth cross section needs
    energy, fluence = np.add.reduceat(energy * fluence, groups), np.add.reduceat(fluence, groups)
    energy = np.divide(energy, fluence, out=np.full_like(energy, 1e-4), where=fluence > 0)
    result = 0.0
    for symbol, number in materials.get(material).atoms_per_kg.items():
        nucleus = max(isotopes.natural(symbol), key=lambda n: n.abundance)
        sigma = upscattering_total.total_cross_section(targets.get(nucleus.name), energy, mass) * units.GEV_M2_TO_CM2
        result += number * float(np.sum(sigma * fluence))
    return result * built.card.years * units.YEAR


def photon_fraction(mass):
    return float(hnl_decay.radiative_width(mass) / hnl_decay.total_width(mass))


def d_for_length(length, mass, energy):
    """The coupling at which N of this energy flies ``length`` [m] on average."""
    momentum = np.sqrt(energy**2 - mass**2)
    return np.sqrt(momentum * units.HBAR_C / (mass * length * float(hnl_decay.total_width(mass))))


# --- local equilibrium -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("length", [100.0, 0.01])
def test_decays_per_volume_are_productions_per_volume(length):
    """Where matter is uniform on the scale of the path; the prompt N counts the detector's own matter, d^2."""
    built, mass = model(), 0.004
    d = d_for_length(length, mass, 0.009)
    expected = production_per_kilogram(built, "crust", mass) * 2.6e6 * photon_fraction(mass) * d**2
    assert counts(built, mass, d)[0] == pytest.approx(expected, rel=0.01, abs=0)


def test_in_equilibrium_counts_do_not_know_the_lifetime():
    built, mass = model(), 0.004
    d = d_for_length(200.0, mass, 0.009)
    one, two = counts(built, mass, [d, 3.0 * d])
    assert two / one == pytest.approx(9.0, rel=0.01, abs=0)


def test_in_equilibrium_the_sun_counts_like_an_isotropic_source():
    mass = 0.004
    d = d_for_length(100.0, mass, 0.009)
    sun = model(source=[SUN | {"arrival": "sun"}], detector=CARD["detector"] | {"latitude_deg": 42.0})
    assert counts(sun, mass, d)[0] == pytest.approx(counts(model(), mass, d)[0], rel=0.01, abs=0)


# --- long lifetimes --------------------------------------------------------------------------------------------------
def test_long_lived_counts_go_as_the_fourth_power_and_majorana_doubles_them():
    built, mass = model(), 0.002
    d = d_for_length(3e9, mass, 0.009)
    one, two = counts(built, mass, [d, 2.0 * d])
    assert two / one == pytest.approx(16.0, rel=0.02, abs=0)
    majorana = counts(built, mass, d, Direction("mu", nature="majorana"))[0]
    assert majorana / one == pytest.approx(2.0, rel=0.01, abs=0)


@pytest.mark.parametrize("length", [3e6, 3e8])
def test_isotropic_production_agrees_with_a_sum_over_the_earth(length):
    """V sum over the Earth of p kappa exp(-kappa r) / (4 pi r^2), points sampled from the centre of the Earth."""
    mass, energy = 0.004, 0.010
    built = model()
    d = d_for_length(length, mass, energy)
    rng = np.random.default_rng(5)
    number = 400_000
    radius = planet.RADIUS * np.cbrt(rng.random(number))
    cosine = rng.uniform(-1.0, 1.0, number)
    site = planet.RADIUS - 7000.0
    distance = np.sqrt(radius**2 + site**2 - 2.0 * radius * site * cosine)
    per_kg = {  # one neutrino energy, so that kappa is one number but for the recoil
        n: earth.final_states(materials.get(n), np.array([energy]), np.array([mass]), ("coherent",))[0].weight.sum()
        for n in ("core", "mantle", "crust")
    }
    momentum = np.sqrt(energy**2 - mass**2)
    kappa = d**2 * float(hnl_decay.total_width(mass)) * mass / momentum / units.HBAR_C
    layer = planet.layer_index(radius)
    made = np.array([per_kg[found.material_name] for found in planet.LAYERS])[layer] * planet.density(radius) * 1e3
    volume = 4.0 / 3.0 * np.pi * planet.RADIUS**3 / number
    expected = np.sum(made * kappa * np.exp(-kappa * distance) / (4.0 * np.pi * distance**2)) * volume
    one, line = np.array([mass]), np.array([energy])
    kinds = [earth.final_states(materials.get(k.material), line, one, k.channels)[0] for k in built.kinds]
    template = built._template(mass, kinds, MU, line, _isotropic())
    found = template.counts(np.array([d]))[0, 0] / (built.volume * d**2 * photon_fraction(mass))
    assert found == pytest.approx(expected, rel=0.03, abs=0)


def _isotropic():
    """One unit of fluence from everywhere, after every angle."""
    sky = np.full((1, earth_paths.DIRECTIONS), 1.0 / earth_paths.DIRECTIONS)
    return np.einsum("ei,tij->etj", sky, earth_paths.zenith_kernel()).reshape(-1, earth_paths.DIRECTIONS)


# --- double cascades -------------------------------------------------------------------------------------------------
INSIDE = {
    "source": [{"flux": {"flux": "atmospheric", "oscillation": False}}],
    "detector": {"material": "ice", "mass_tonne": 15.8e6, "density_g_cm3": 0.92},
    "production": {"where": "inside", "channels": ["dis"]},
    "selection": {"photon_edges_GeV": [5.6, 1e5], "first_cascade_min_GeV": 5.6, "separation_min_m": 20.0},
}


def test_contained_long_lived_pairs_are_counted_by_the_overlap():
    """counts = production x kappa x int_20m^2R f dl: changing only the smallest path changes only that integral."""
    selections = [INSIDE["selection"] | {"separation_min_m": s} for s in (20.0, 100.0)]
    near, far = (model(**(INSIDE | {"selection": selection})) for selection in selections)
    radius = earth_paths.radius_of(near.volume)

    def primitive(x):
        return x - 0.375 * x**2 / radius + x**4 / (64.0 * radius**3)

    expected = (primitive(2 * radius) - primitive(100.0)) / (primitive(2 * radius) - primitive(20.0))
    assert counts(far, 0.05, 1e-7)[0] / counts(near, 0.05, 1e-7)[0] == pytest.approx(expected, rel=0.005, abs=0)


def test_double_cascades_vanish_for_prompt_decays():
    built = model(**INSIDE)
    values = counts(built, 0.3, [1e-7, 1e-5, 1e-3])
    assert values[0] > 0
    assert values[2] < 1e-6 * values[1]


def test_a_coherent_recoil_is_no_cascade():
    """No hydrogen here: an elastic recoil of a free proton is one."""
    quartz = INSIDE["detector"] | {"material": "quartz"}
    built = model(**(INSIDE | {"detector": quartz, "production": {"where": "inside", "channels": ["coherent"]}}))
    assert counts(built, 0.05, 1e-6)[0] == 0.0


# --- photons around the Sun ------------------------------------------------------------------------------------------
SKY = {
    "source": [SUN | {"arrival": "sun"}],
    "selection": {
        "photon_edges_GeV": [4e-3, 7e-3, 14e-3],
        "sun_cosine_min": 0.5,
        "angle_resolution_deg": [30.0, 24.0],
    },
    "observation": {"statistic": "gaussian", "counts": [9.0] * 4, "uncertainty": 3.0, "expectation": "none"},
    "background": [{"name": "all", "counts": [9.0] * 4}],
}


def test_the_cone_and_the_rest_are_the_whole_sky():
    whole = model(**(SKY | {"selection": {"photon_edges_GeV": [4e-3, 14e-3]}, "observation": CARD["observation"],
                            "background": []}))  # fmt: skip
    parts = model(**SKY).signal(np.array([0.004]), MU).counts(0, np.array([1e-7]))
    assert parts.sum() == pytest.approx(counts(whole, 0.004, 1e-7)[0], rel=1e-9, abs=0)
    assert parts[0, :2].sum() > 0.25 * parts.sum()  # N goes forward: more than the cone's share of the sky


# --- limits of the method --------------------------------------------------------------------------------------------
def test_a_light_n_decays_with_the_fourth_power_of_its_mass():
    built = model()
    one, two = (counts(built, mass, 1e-9)[0] / mass**4 for mass in (1e-5, 2e-5))
    assert two / one == pytest.approx(1.0, rel=0.05, abs=0)  # but for the logarithm of the cross section


def test_the_signal_fades_towards_threshold():
    built, d = model(), 1e-6
    heaviest = built.maximum_mass()
    values = [counts(built, heaviest * (1.0 - gap), d)[0] for gap in (0.3, 0.1, 0.03, 0.01)]
    assert np.all(np.diff(values) < 0)
    assert values[-1] < 1e-3 * values[0]
    assert counts(built, heaviest * 1.001, d)[0] == 0.0


@pytest.mark.parametrize(
    ("change", "masses"),
    [
        ({}, [0.001, 0.006, 0.012, 0.014]),
        (SKY, [0.002, 0.008, 0.013]),
        ({"source": [{"arrival": "zenith", "flux": {"flux": "atmospheric"}}], "selection": {"photon_edges_GeV": [0.1, 1.33]},
          "production": {"channels": ["coherent", "incoherent"]}}, [0.003, 0.03, 0.3]),
    ],
)  # fmt: skip
def test_counts_are_those_of_dense_nodes(change, masses, monkeypatch):
    """The nodes that make a curve cheap, against many times as many: 2 % of the counts, 1 % in d."""
    couplings = np.array([1e-8, 1e-6])
    ours = [model(**change).signal(np.array([m]), MU).counts(0, couplings).sum(axis=-1) for m in masses]
    monkeypatch.setattr(sky, "_BULK", 120)
    monkeypatch.setattr(sky, "_TAIL", 40)
    monkeypatch.setattr(earth, "_RECOILS", 40)
    monkeypatch.setattr(earth_decays, "_PER_DECADE", 48)
    monkeypatch.setattr(earth_decays, "_MOMENTA", 240)
    monkeypatch.setattr(earth_photons, "_LEGENDRE", 16)
    monkeypatch.setattr(earth_photons, "_NODES", 6)
    monkeypatch.setattr(earth_paths, "_PER_DECADE", 32)
    dense = [model(**change).signal(np.array([m]), MU).counts(0, couplings).sum(axis=-1) for m in masses]
    assert np.array(ours) == pytest.approx(np.array(dense), rel=0.02, abs=0)


# --- sky -----------------------------------------------------------------------------------------------------------
def test_the_sky_holds_the_whole_flux():
    source = {"flux": {"flux": "atmospheric", "oscillation": False}}
    whole, bands = model(source=[source]), model(source=[source | {"arrival": "zenith"}])
    for direction in (MU, Direction("e")):
        total = whole.sky(direction)[1].sum()
        assert bands.sky(direction)[1].sum() == pytest.approx(total, rel=1e-6, abs=0)


# --- properties and errors -------------------------------------------------------------------------------------------
@settings(max_examples=15, deadline=None)
@given(mass=st.floats(1e-5, 0.03), exponent=st.floats(-12.0, 2.0))
def test_counts_are_finite(mass, exponent):
    value = counts(SHARED, mass, 10.0**exponent)[0]
    assert np.isfinite(value)
    assert value >= 0.0


SHARED = model()


def test_nothing_is_made_above_threshold_or_without_mass():
    built = model()
    assert counts(built, 0.02, 1e-3)[0] == 0.0
    assert counts(built, 0.0, 1e-3)[0] == 0.0


def test_photons_above_every_neutrino_are_not_seen():
    assert counts(model(selection={"photon_edges_GeV": [1.0, 2.0]}), 0.004, 1e-6)[0] == 0.0


def test_counts_are_linear_in_time_and_volume():
    long = model(years=3.0)
    assert counts(long, 0.004, 1e-8)[0] == pytest.approx(3.0 * counts(model(), 0.004, 1e-8)[0], rel=1e-6, abs=0)


def test_bad_cards_and_arguments_are_named():
    with pytest.raises(CardError, match="bin edges must increase"):
        _ = model(selection={"photon_edges_GeV": [1.0, 0.5]}).observation
    with pytest.raises(CardError, match="flux per second"):
        model(source=[{"flux": {"flux": "booster", "baseline_m": 541.0}}])
    with pytest.raises(CardError, match="at least one"):
        model(source=[])
    with pytest.raises(CardError, match=r"sun_cosine_min = 1\.5: must be <= 1"):
        model(**(SKY | {"selection": SKY["selection"] | {"sun_cosine_min": 1.5}})).signal(np.array([0.004]), MU)
    with pytest.raises(CardError, match="one number or one a bin"):
        model(**(SKY | {"selection": SKY["selection"] | {"angle_resolution_deg": [30.0, 20.0, 10.0]}}))
    with pytest.raises(CardError, match="around the Sun"):
        model(**(SKY | {"source": [SUN]}))
