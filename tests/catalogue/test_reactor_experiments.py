"""Reactor cards: counts of the Standard Model, fits of the public data, limits of M -> 0."""

import functools

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.inputs import cards
from nudipole.portal import Direction
from nudipole.signals import background_shapes

KEYS = ("gemma", "texono-csi", "texono-ge", "conus", "conus-plus", "dresden-ii", "connie")


@functools.cache
def moment_limit(key, mass=0.0, preset="default"):
    return registry.get(key).limit([mass], Direction("e"), preset=preset).excluded[0][-1].mu[0]


def altered(key, **overrides):
    """The experiment with some fields of its card replaced."""
    file = registry.card_directory() / f"{key}.toml"
    raw = cards.read(file)
    raw["presets"] = {"altered": overrides}
    return Experiment(cards.convert(raw, type(registry.get(key).card), file), raw, file).model("altered")


def test_conus_plus_counts_of_the_standard_model():
    predicted = registry.get("conus-plus").model().components()["standard model"].sum()
    assert predicted == pytest.approx(347.0, abs=34.0)  # theory error of the publication


def test_conus_plus_limit_is_of_the_size_of_the_collaborations():
    assert 1.0 < moment_limit("conus-plus") / 5.18e-11 < 2.0  # one count, without their electron spectrum


@pytest.mark.parametrize(("preset", "chi2"), [("fef", 103.8), ("ybe", 105.8)])
def test_dresden_fit_with_the_standard_model(preset, chi2):
    model = registry.get("dresden-ii").model(preset)
    assert float(model.likelihood.chi2(np.zeros(130))[0]) == pytest.approx(chi2, abs=1.0)


def test_dresden_fit_without_any_signal():
    model = altered("dresden-ii", observation={"expectation": "none"})
    assert float(model.likelihood.chi2(np.zeros(130))[0]) == pytest.approx(111.3, abs=1.0)


@pytest.mark.parametrize(("preset", "mu"), [("fef", 2.5e-10), ("ybe", 3.9e-10)])
def test_dresden_moment_limit_depends_on_quenching(preset, mu):
    assert moment_limit("dresden-ii", preset=preset) == pytest.approx(mu, rel=0.12, abs=0)


def test_dresden_presets_are_ordered_by_how_much_ionisation_nuclei_give():
    assert moment_limit("dresden-ii", preset="fef") == moment_limit("dresden-ii")
    assert moment_limit("dresden-ii", preset="lindhard") > moment_limit("dresden-ii", preset="ybe")


def test_dresden_expectation_per_bin():
    """CEvNS in the bins of 205, 305 and 405 eV of the reference fit (counts per day, 10 eV and 2.924 kg).

    That fit gives the quoted flux to fission products alone; capture neutrinos, below 1.3 MeV, take 18 % of ours.
    """
    model = altered("dresden-ii", source={"capture": "none"}, response={"recoil": "nuclear"})
    predicted = model.components()["standard model"]
    assert predicted[[0, 10, 20]] == pytest.approx([22.2, 2.8, 0.128], rel=0.12, abs=0)


def test_texono_csi_moment_limit_and_its_normalisation():
    model = registry.get("texono-csi").model()
    assert model.components()["standard model"].sum() == pytest.approx(model.card.observation.weights, rel=2e-3, abs=0)
    assert moment_limit("texono-csi") == pytest.approx(2.2e-10, rel=0.15, abs=0)


@pytest.mark.parametrize(("key", "mu"), [("gemma", 2.9e-11), ("texono-ge", 7.4e-11), ("conus", 5.18e-11)])
def test_normalised_cards_reproduce_what_they_are_normalised_to(key, mu):
    """Arithmetic, not evidence."""
    experiment = registry.get(key)
    assert experiment.basis == "normalised"
    assert not experiment.card.comparisons[0].evidence
    assert moment_limit(key) == pytest.approx(mu, rel=1e-3, abs=0)


@pytest.mark.parametrize(("key", "mu"), [("gemma", 2.9e-11), ("texono-ge", 7.4e-11)])
def test_counted_background_implies_a_sensitivity_near_the_published_limit(key, mu):
    assert 1.0 < moment_limit(key, preset="sensitivity") / mu < 2.0


def test_normalised_electron_recoils_lose_reach_as_the_smallest_recoil_passes_the_window():
    """T_min = M^4 / 8 m E^2: CONUS' window (2-8 keV) closes before GEMMA's (2.8-55 keV) and TEXONO's (12-60 keV)."""
    ratios = {key: moment_limit(key, 1e-3) / moment_limit(key) for key in ("conus", "gemma", "texono-ge")}
    assert ratios["conus"] > ratios["gemma"] > ratios["texono-ge"] > 1


def test_connie_allows_seventy_times_the_standard_model():
    model = registry.get("connie").model()
    predicted = model.components()["standard model"].sum()
    assert model.card.observation.allowed == pytest.approx(69 * predicted, rel=2e-3, abs=0)
    ratio = moment_limit("connie") / moment_limit("conus-plus")
    assert 10 < ratio < 100


@pytest.mark.parametrize("key", KEYS)
def test_reactor_reach(key):
    model = registry.get(key).model()
    kinds = model.card.response.recoil
    electron = np.sqrt(units.ELECTRON_MASS**2 + 0.02 * units.ELECTRON_MASS) - units.ELECTRON_MASS
    expected = electron if kinds == "electron" else 0.01
    assert model.maximum_mass() == pytest.approx(expected, rel=0.01, abs=0)
    assert registry.get(key).limit([1.01 * expected], Direction("e")).excluded == ((),)


@pytest.mark.parametrize("key", KEYS)
def test_reactors_make_electron_antineutrinos_only(key):
    experiment = registry.get(key)
    assert set(experiment.flavors) == {"e", "universal"}
    assert experiment.limit([1e-4], Direction("mu")).excluded == ((),)


def test_derivative_shapes_are_first_order_changes():
    edges = np.linspace(0.2, 1.5, 131).tolist()
    moved = background_shapes.gaussian(edges, 0.801, 0.05)
    first = background_shapes.gaussian(edges, 0.8, 0.05) + 0.02 * background_shapes.gaussian_shift(edges, 0.8, 0.05)
    assert moved == pytest.approx(first, abs=2e-5)
    wider = background_shapes.gaussian(edges, 0.8, 0.0505)
    first = background_shapes.gaussian(edges, 0.8, 0.05) + 0.01 * background_shapes.gaussian_broadening(
        edges, 0.8, 0.05
    )
    assert wider == pytest.approx(first, abs=2e-5)
    softer = background_shapes.exponential(edges, 0.2525)
    first = background_shapes.exponential(edges, 0.25) + 0.01 * background_shapes.exponential_slope(edges, 0.25)
    assert softer == pytest.approx(first, abs=2e-5)
    tied = background_shapes.gaussians(edges, [0.8, 0.5], [0.05, 0.1], [1.0, 0.5])
    assert tied.sum() == pytest.approx(1.5, rel=0.01, abs=0)
