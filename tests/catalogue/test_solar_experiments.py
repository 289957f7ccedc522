"""Borexino and Super-Kamiokande: Standard Model rates, fits of the public data, limits of M -> 0, flavour."""

import functools

import numpy as np
import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.fluxes.low_energy.solar import solar
from nudipole.matter import materials
from nudipole.portal import Direction
from nudipole.signals.recoil.rate import ElectronChannel


@functools.cache
def moment_limit(key, flavor="universal", mass=0.0, preset="default"):
    """Upper end in Bohr magnetons."""
    limit = registry.get(key).limit([mass], Direction(flavor), preset=preset)
    return limit.excluded[0][-1].mu[0]


@pytest.mark.parametrize(
    ("component", "threshold", "rate", "error"),
    [("pp", 0.0, 131.1, 1.4), ("7Be", 0.0, 47.9, 2.8), ("pep", 0.0, 2.74, 0.04), ("8B", 3.2e-3, 0.211, 0.025)],
)
def test_borexino_interaction_rates_are_those_of_the_collaboration(component, threshold, rate, error):
    """Counts per day and 100 t for the high-metallicity model, Nature 562 (2018) 505, Table 1."""
    target = ElectronChannel(materials.get("pseudocumene"), 1e5 * units.DAY)
    recoil = np.geomspace(1e-8, 2e-2, 4000)
    flux = solar(components=[component]).components[0]
    spectrum = target.standard_model_spectra(recoil, [[flux]])[0]
    predicted = np.trapezoid(np.where(recoil > threshold, spectrum, 0.0), recoil)
    assert predicted == pytest.approx(rate, abs=error)


def test_borexino_spectrum_is_described_without_n():
    model = registry.get("borexino").model()
    chi2 = float(model.likelihood.chi2(np.zeros(51))[0])
    assert chi2 < 70.0  # 51 groups; Borexino's own fit has 57.7
    solar_counts = model.components()["standard model"]
    own = model.table["solar"]
    middle = (model.table["low"] >= 120) & (model.table["low"] < 290)  # below the 7Be edge
    assert solar_counts[middle] == pytest.approx(own[middle], rel=0.08, abs=0)
    assert np.sum(solar_counts[middle]) == pytest.approx(np.sum(own[middle]), rel=0.03, abs=0)


def test_borexino_moment_limit():
    """A recast with the public response gives 3.4e-11; the collaboration has 2.8e-11 with and 4.0e-11 without gallium."""
    assert moment_limit("borexino", preset="public-response") == pytest.approx(3.4e-11, rel=0.15, abs=0)
    for flavor, mu in (("universal", 2.8e-11), ("e", 3.9e-11), ("mu", 5.8e-11), ("tau", 5.8e-11)):
        assert moment_limit("borexino", flavor) == pytest.approx(mu, rel=0.15, abs=0)
    assert 2.8e-11 < moment_limit("borexino", preset="measured-fluxes") < 4.4e-11


def test_borexino_near_threshold_expects_what_its_own_simulation_does():
    model = registry.get("borexino").model()
    ratio = model.table["solar"] / model.components()["standard model"]
    assert ratio[model.table["low"] < 290] == pytest.approx(np.ones(28), rel=0.013, abs=0)


def test_borexino_limit_with_the_solar_spectrum_of_the_collaboration():
    assert moment_limit("borexino", preset="borexino2017") == pytest.approx(2.8e-11, rel=0.12, abs=0)
    for flavor, mu in (("e", 3.9e-11), ("mu", 5.8e-11), ("tau", 5.8e-11)):
        assert moment_limit("borexino", flavor, preset="borexino2017") == pytest.approx(mu, rel=0.15, abs=0)


def test_borexino_expected_limit_is_that_of_the_recast():
    model = registry.get("borexino").model()
    signal = model.signal(np.array([0.0]), Direction("universal"))
    statistic = type(model.statistic())(model.likelihood.asimov())
    assert statistic.intervals(signal, 0.9)[0][-1].mu[0] == pytest.approx(3.4e-11, rel=0.06, abs=0)


def test_borexino_flavours_follow_from_the_universal_limit():
    """Published 3.9, 5.8, 5.8e-11 from 2.8e-11: ratios 1.39 and 2.07, with equal shares of mu and tau."""
    universal = moment_limit("borexino")
    assert moment_limit("borexino", "e") / universal == pytest.approx(3.9 / 2.8, rel=0.03, abs=0)
    shares = sum(moment_limit("borexino", f) ** -2 for f in ("mu", "tau"))
    assert np.sqrt(2 / shares) / universal == pytest.approx(5.8 / 2.8, rel=0.03, abs=0)
    assert sum(moment_limit("borexino", f) ** -2 for f in ("e", "mu", "tau")) == pytest.approx(
        universal**-2, rel=0.02, abs=0
    )


@pytest.mark.parametrize("key", ["borexino", "superk-solar"])
def test_coherent_sum_is_a_third_answer(key):
    coherent, universal, electron = (moment_limit(key, f) for f in ("coherent", "universal", "e"))
    assert abs(coherent / universal - 1) > 0.2
    assert abs(coherent / electron - 1) > 0.05


def test_superk_simulation_without_oscillation_is_ours():
    """The ratio of Super-Kamiokande's Monte Carlo to our rate is flat below 13 MeV: it is the efficiency of the card."""
    model = registry.get("superk-solar").model()
    recoil = np.geomspace(5e-4, 2e-2, 3000)
    matrix = model.response.matrix(recoil) * np.gradient(recoil)
    target = model.targets[0].channel
    for component, total, column in (("8B", 5.25e6, "mc_8b"), ("hep", 7.88e3, "mc_hep")):
        flux = solar(components=[component], survival="none", fluxes_cm2_s={component: total}).components[0]
        ours = matrix @ target.standard_model_spectra(recoil, [[flux]])[0]
        below = model.table["high"] <= 13.0
        assert (model.table[column] / ours)[below] == pytest.approx(1.0, abs=0.05)


def test_superk_spectrum_is_described_without_n():
    model = registry.get("superk-solar").model()
    assert float(model.likelihood.chi2(np.zeros(23))[0]) < 35.0  # 23 bins
    total = model.components()["standard model"].sum()
    assert total == pytest.approx(model.bins.observed.sum(), rel=0.02, abs=0)


def test_superk_moment_limit():
    assert moment_limit("superk-solar") == pytest.approx(1.1e-10, rel=0.3, abs=0)


@pytest.mark.parametrize("key", ["borexino", "superk-solar"])
def test_reach_ends_where_hep_neutrinos_on_electrons_end(key):
    experiment = registry.get(key)
    electron, neutrino = units.ELECTRON_MASS, 18.784e-3
    end = np.sqrt(electron**2 + 2 * electron * neutrino) - electron
    assert experiment.model().maximum_mass() == pytest.approx(end, rel=0.01, abs=0)
    assert experiment.limit([1.001 * end], Direction("e")).excluded == ((),)


def test_limits_weaken_with_mass_towards_the_end_of_each_source():
    masses = np.array([0.0, 1e-4, 3e-4, 5.6e-4, 1e-3, 3e-3])
    limit = registry.get("borexino").limit(masses, Direction("universal"))
    upper = np.array([intervals[-1].low for intervals in limit.excluded])
    assert np.all(np.diff(upper) > 0)
    assert upper[-1] / upper[0] > 30
