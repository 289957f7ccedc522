"""IceCube, Super-Kamiokande (atmospheric) and Borexino (N from the Earth): published curves and shapes."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.catalogue.registry import get
from nudipole.inputs import tables
from nudipole.portal import Direction
from nudipole.processes import validity


def lower(key, masses, flavor, preset="default"):
    found = get(key).limit(np.asarray(masses), Direction(flavor), preset=preset).excluded
    return np.array([intervals[0].low if intervals else np.nan for intervals in found])


def ratio(key, flavor, preset):
    card = get(key).card
    published = next(p for p in card.comparisons if p.flavor == flavor and p.preset == preset)
    table = tables.load(f"catalogue/{published.table}")
    return lower(key, table["mass_GeV"], flavor, preset) / table["d_low"]


@pytest.mark.parametrize("key", ["icecube", "superk-atmospheric", "borexino-superk-earth"])
def test_cards_exclude_something_for_every_flavour(key):
    experiment = get(key)
    mass = {"borexino-superk-earth": 0.005}.get(key, 0.05)
    for flavor in ("e", "mu", "tau", "universal"):
        assert lower(key, [mass], flavor)[0] > 0, flavor
    assert lower(key, [mass], "universal")[0] <= min(lower(key, [mass], f)[0] for f in ("e", "mu", "tau"))
    assert len(experiment.card.shortcuts) >= 3


def test_super_kamiokande_has_the_published_shape():
    """Lower edge for mu from 5 to 58 MeV, whose level is not claimed: flat to a few per cent after one factor."""
    values = ratio("superk-atmospheric", "mu", "gustafson2022")
    assert np.median(values) == pytest.approx(1.0, abs=0.25)
    assert values[:7] / np.median(values) == pytest.approx(np.ones(7), abs=0.1)


def test_super_kamiokande_has_the_published_ceiling():
    """Right edge of the published region for mu: 9.9e-6 at 71 MeV, 4.8e-6 at 81 MeV (HNLimits 1.2.0)."""
    found = get("superk-atmospheric").limit(np.array([0.071, 0.081]), Direction("mu"), preset="gustafson2022").excluded
    high = np.array([intervals[0].high for intervals in found])
    assert high / [9.9e-6, 4.8e-6] == pytest.approx(np.ones(2), abs=0.25)


@pytest.mark.parametrize("flavor", ["e", "tau"])
def test_super_kamiokande_flavours_within_a_factor_of_the_published_ones(flavor):
    values = ratio("superk-atmospheric", flavor, "gustafson2022")
    assert np.all((values > 0.5) & (values < 2.0))
    assert np.median(values) == pytest.approx(1.0, abs=0.25)


def test_super_kamiokande_closes_above_only_when_rock_is_kept_apart():
    masses, direction = np.array([0.08]), Direction("mu")
    experiment = get("superk-atmospheric")
    end = float(validity.largest_coupling(experiment.model().largest_s, 0.08))  # of the operator, not of the search
    assert experiment.limit(masses, direction).excluded[0][0].high == pytest.approx(end, rel=1e-9, abs=0)
    assert experiment.limit(masses, direction, preset="gustafson2022").excluded[0][0].high < 0.5 * end


def test_icecube_is_a_projection_that_falls_as_the_inverse_mass():
    assert get("icecube").kind == "projection"
    light = lower("icecube", [0.002, 0.02], "mu")
    assert light[0] / light[1] == pytest.approx(10.0, rel=0.1, abs=0)


def test_icecube_cubic_kilometre_follows_the_published_curve():
    values = ratio("icecube", "mu", "coloma2017")
    assert np.all((values > 0.5) & (values < 2.0))
    assert np.median(values) == pytest.approx(1.0, abs=0.25)


def test_icecube_ceiling_follows_from_the_separation():
    """Upper edge of the published region: 3.4e-5 at 0.1, 2.8e-6 at 0.3 GeV (2105.09699)."""
    found = get("icecube").limit(np.array([0.1, 0.3]), Direction("mu"), preset="coloma2017").excluded
    high = np.array([intervals[0].high for intervals in found])
    assert high / [3.4e-5, 2.8e-6] == pytest.approx(np.ones(2), abs=0.25)


def test_borexino_is_strongest_near_eight_mev_and_ends_with_the_spectrum():
    values = lower("borexino-superk-earth", [0.5e-3, 2e-3, 8e-3, 14e-3], "e")
    assert np.nanargmin(values) == 2
    assert get("borexino-superk-earth").mass_range[1] < 0.020


def test_borexino_and_super_kamiokande_stand_side_by_side():
    masses = [1e-3, 5e-3, 12e-3]
    both, borexino, superk = (
        lower("borexino-superk-earth", masses, "mu", preset) for preset in ("default", "borexino", "superk")
    )
    assert both == pytest.approx(np.minimum(borexino, superk), rel=0.01, abs=0)
    assert np.all((superk < borexino) & (superk > 0.5 * borexino))


def test_super_kamiokande_would_see_nothing_more_without_its_directions():
    """Its background floats in every bin of energy: photons without a direction are not told from it."""
    experiment = get("borexino-superk-earth")
    part = experiment.model("superk").members[0]
    signal, statistic = part.signal(np.array([0.005]), Direction("mu")), part.statistic()
    counts = signal.counts(0, np.array([1e-8]))[0].reshape(2, -1)
    assert np.all(counts[0] > counts[1] / 3.0)  # more in the cone than its quarter of the sky: what the limit lives on
    assert statistic.delta_chi2(signal, np.array([0]), np.array([5e-8]))[0] > 4.0


def test_double_cascades_in_the_dune_far_detector_need_a_recoil_and_a_flight():
    """Weaker than any photon at all, with a ceiling where N decays before the separation, and beyond a GeV not at all."""
    masses, direction = np.array([0.05, 0.3]), Direction("mu")
    found = get("dune-fd").limit(masses, direction, preset="double-cascade").excluded
    whole = lower("dune-fd", masses, "mu")
    assert np.all(np.array([intervals[0].low for intervals in found]) > np.array([6.0, 1.6]) * whole)
    high = [intervals[0].high for intervals in found]
    assert high[1] < high[0]


def test_rebuilt_counts_of_super_kamiokande_give_back_its_rates_and_errors():
    """In minus out of the cone, scaled to the sky, is the published solar rate with the published statistical error."""
    counts = tables.load("catalogue/data/superk-sun-angle.csv")
    rates = tables.load("catalogue/data/superk-solar.csv")
    edges, exposure, ratio = [4.49, 5.99, 7.49, 9.49, 11.99, 19.49], 22.5 * 2970.0 / 365.25, 1.0 / 3.0
    isotropic = np.sum([counts[f"isotropic {n}"] for n in range(1, 6)], axis=0)
    on, off = counts["observed"][:5], counts["observed"][5:]
    solar_on, solar_off = on - isotropic[:5], off - isotropic[5:]
    share = solar_on / (solar_on + solar_off)
    scale = share - ratio * (1.0 - share)
    for number in range(5):
        use = (rates["low"] > edges[number] - 0.01) & (rates["high"] < edges[number + 1] + 0.01)
        rate, error = exposure * rates["observed"][use].sum(), exposure * np.hypot.reduce(rates["uncertainty"][use])
        assert (on - ratio * off)[number] / scale[number] == pytest.approx(rate, rel=2e-3, abs=0)
        assert np.sqrt(on + ratio**2 * off)[number] / scale[number] == pytest.approx(error, rel=0.01, abs=0)
