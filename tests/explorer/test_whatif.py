"""Tables of counts give the limits of the full calculation, and change as physics says."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.explorer import parts, whatif, yields
from nudipole.explorer.whatif import Settings
from nudipole.portal import Direction

CASES = [("lz-nees", "mu"), ("conus-plus", "e"), ("gemma", "e"), ("donut", "tau"), ("nomad", "mu"), ("icarus", "mu")]


def table(key, flavor):
    experiment = registry.get(key)
    low, high = experiment.mass_range
    limit = experiment.limit(np.geomspace(low, high * (1.0 - 1e-9), 24), Direction(flavor))
    return experiment, yields.tabulate(experiment, limit, 12)


def lower(excluded):
    return np.array([min((i.low for i in some if i.low > 0), default=np.nan) for some in excluded])


@pytest.mark.parametrize(("key", "flavor"), CASES)
def test_the_card_itself_is_reproduced(key, flavor):
    experiment, found = table(key, flavor)
    ours = lower(whatif.recompute(found, Settings(cl=experiment.confidence_level)))
    full = experiment.limit(found.masses, Direction(flavor)).lower
    assert np.isfinite(full).any()
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(full))
    np.testing.assert_allclose(ours[np.isfinite(full)], full[np.isfinite(full)], rtol=parts.AGREEMENT)


def test_exposure_and_efficiency_act_alike_on_a_number_of_events():
    _, found = table("gemma", "e")
    card = lower(whatif.recompute(found, Settings(cl=0.9)))
    for change in ({"exposure": 4.0}, {"efficiency": 4.0}):
        np.testing.assert_allclose(lower(whatif.recompute(found, Settings(cl=0.9, **change))), card / 2.0, rtol=1e-12)


def test_a_higher_confidence_level_excludes_less():
    _, found = table("lz-nees", "mu")
    low, high = (lower(whatif.recompute(found, Settings(cl=cl))) for cl in (0.8, 0.97))
    assert np.all(high[np.isfinite(high)] > low[np.isfinite(high)])


@pytest.mark.parametrize("cl", [0.8, 0.95])
def test_the_confidence_level_is_that_of_the_full_calculation(cl):
    experiment, found = table("lz-nees", "mu")
    ours = lower(whatif.recompute(found, Settings(cl=cl)))
    full = experiment.limit(found.masses, Direction("mu"), cl).lower
    np.testing.assert_allclose(ours[np.isfinite(full)], full[np.isfinite(full)], rtol=parts.AGREEMENT)


def test_exposure_gains_between_background_and_no_background():
    experiment, found = table("supercdms", "universal")
    assert found.expectation_as_data
    more = Settings(cl=experiment.confidence_level, exposure=10.0)
    ours = lower(whatif.recompute(found, more))
    card = lower(whatif.recompute(found, Settings(cl=experiment.confidence_level)))
    gain = ours / card
    # between no gain (systematic errors alone) and that of a search without background
    assert np.all(gain[np.isfinite(gain)] < 1.0)
    assert np.all(gain[np.isfinite(gain)] > 10**-0.5)


def test_systematic_errors_weaken():
    experiment, found = table("conus-plus", "e")
    weak, strong = (
        lower(whatif.recompute(found, Settings(cl=experiment.confidence_level, systematic=s))) for s in (5.0, 0.0)
    )
    assert np.all(weak[np.isfinite(weak)] > strong[np.isfinite(weak)])


def test_background_weakens():
    """With the expectation as data, by no less than nothing and no more than a systematic error of its size."""
    experiment, found = table("supercdms", "universal")
    more, card = (
        lower(whatif.recompute(found, Settings(cl=experiment.confidence_level, background=b))) for b in (10.0, 1.0)
    )
    gain = (more / card)[np.isfinite(more)]
    assert np.all(gain > 1.0)
    assert np.all(gain < 10**0.5)


def test_a_higher_threshold_weakens_and_a_lower_one_strengthens():
    experiment, found = table("conus-plus", "e")
    assert found.threshold
    assert found.edges[0] < found.data_edges[0]
    at = {t: lower(whatif.recompute(found, Settings(0.9, systematic=0.0, threshold=t))) for t in (100.0, 160.0, 250.0)}
    assert np.nanmedian(at[250.0] / at[160.0]) > 1.0
    assert np.nanmedian(at[100.0] / at[160.0]) < 1.0
    assert experiment.card.response.window_eV[0] == 160.0


def test_a_threshold_above_everything_is_refused():
    _, found = table("conus-plus", "e")
    with pytest.raises(DomainError, match="leaves nothing"):
        whatif.recompute(found, Settings(cl=0.9, threshold=900.0))


def test_a_fit_in_mass_and_coupling_has_no_sliders():
    _, found = table("miniboone-roi", "mu")
    assert found.rule == "none"
    with pytest.raises(DomainError, match="fitted together"):
        whatif.recompute(found, Settings(cl=0.9))


def test_a_table_that_differs_from_the_full_calculation_loses_its_sliders():
    experiment, found = table("gemma", "e")
    limit = experiment.limit(found.masses, Direction("e"))
    assert parts.checked(experiment, found, limit).rule == "allowed"
    wrong = replace(found, allowed=found.allowed * 1.1)
    spoilt = parts.checked(experiment, wrong, limit)
    assert spoilt.rule == "none"
    assert "5 per cent" in spoilt.reason


def test_settings_outside_the_sliders_are_refused():
    for change in ({"exposure": 0.0}, {"systematic": -1.0}, {"efficiency": np.nan}):
        with pytest.raises(DomainError):
            Settings(cl=0.9, **change)
    with pytest.raises(DomainError):
        Settings(cl=1.0)


def test_the_cubic_is_exact_for_what_it_should_be():
    x = np.linspace(-3.0, 2.0, 11)
    at = np.linspace(-4.0, 3.0, 57)
    line = whatif.cubic(x, np.stack([2.0 * x - 1.0], axis=1), at)
    np.testing.assert_allclose(line[:, 0], 2.0 * at - 1.0, atol=1e-12)
    inside = at[(at > -2.5) & (at < 1.5)]
    np.testing.assert_allclose(whatif.cubic(x, x[:, None] ** 2, inside)[:, 0], inside**2, atol=1e-12)


@pytest.mark.parametrize(("key", "flavor"), [("icarus", "mu"), ("ship-ecc", "mu")])
def test_a_threshold_of_photon_energy_is_that_of_the_full_calculation(key, flavor, tmp_path):
    experiment, found = table(key, flavor)
    assert found.photons is not None
    start = experiment.card.selection.energy_min_GeV
    assert found.photons.above(start) == pytest.approx(np.ones(len(found.masses)), rel=1e-9, abs=0)
    for edge in (found.photons.edges[2], found.photons.edges[-4]):
        text = (registry.card_directory() / f"{key}.toml").read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^energy_min_GeV *=.*$", f"energy_min_GeV = {edge:.17g}", text, count=1)
        (tmp_path / f"{key}.toml").write_text(changed, encoding="utf-8")
        full = registry.load(str(tmp_path / f"{key}.toml")).limit(found.masses, Direction(flavor)).lower
        cl = experiment.confidence_level
        ours, card = (lower(whatif.recompute(found, Settings(cl=cl, threshold=t))) for t in (edge, None))
        both = np.isfinite(ours) & np.isfinite(full)
        assert np.count_nonzero(both) >= 6
        assert not np.allclose(ours[both], card[both], rtol=1e-3)
        np.testing.assert_allclose(np.median(ours[both] / full[both]), 1.0, rtol=0.01)


@pytest.mark.parametrize(
    ("key", "flavor", "within"), [("lz-nees", "mu", 0.01), ("conus-plus", "e", 0.01), ("icarus", "mu", 0.3)]
)
def test_a_majorana_n_decays_twice_as_fast(key, flavor, within):
    """Exact for recoils; for photon searches their spread in angle and energy stays that of a Dirac N."""
    experiment, found = table(key, flavor)
    ours = lower(whatif.recompute(found, Settings(cl=experiment.confidence_level, majorana=True)))
    full = experiment.limit(found.masses, Direction(flavor, nature="majorana")).lower
    both = np.isfinite(ours) & np.isfinite(full)
    assert np.count_nonzero(both) >= 8
    np.testing.assert_allclose(ours[both], full[both], rtol=within)


def test_the_upper_edge_of_a_majorana_n_is_lower():
    """d^2 S(sqrt(2) d) is half of d^2 S(d) at sqrt(2) d: a region of N that must leave closes earlier."""
    experiment, found = table("lz-nees", "mu")
    cl = experiment.confidence_level
    dirac, majorana = (whatif.recompute(found, Settings(cl=cl, majorana=m)) for m in (False, True))
    highs = [
        (a[-1].high, b[-1].high) for a, b in zip(dirac, majorana, strict=True) if a and b and a[-1].high and b[-1].high
    ]
    assert len(highs) >= 4
    assert all(0.6 < b / a < 1.0 for a, b in highs)


def test_the_operator_ends_a_table_where_it_ends_the_limit():
    experiment, found = table("icarus", "mu")
    s, ratio = found.operator
    highs = [i[-1].high for i in experiment.limit(found.masses, Direction("mu")).excluded if i]
    assert max(highs) <= 1.000001 / (ratio * np.sqrt(s))
    assert s == experiment.model().largest_s
