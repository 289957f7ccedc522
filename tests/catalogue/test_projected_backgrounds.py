"""The backgrounds of projections without a study of their own: FASER's photon search, scaled by charged currents."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import norm

from nudipole.catalogue import registry
from nudipole.errors import CardError
from nudipole.fluxes.accelerator import beam_dumps, forward_lhc
from nudipole.fluxes.accelerator.event_rates import charged_current_events
from nudipole.portal import Direction

LEAD_AND_SCINTILLATOR, KRYPTON = 1.77, 3.07  # t/m^2: 66 layers of 2 mm and 4 mm; 1.27 m of 2.42 g/cm^3
LHC = functools.cache(lambda name: forward_lhc.forward_lhc(name))
RING = np.pi * (0.5**2 - 0.18**2)


def events(flux, tonnes, energy):
    return sum(
        charged_current_events(flux, tonnes, flavor, energy_min_GeV=energy, neutron_fraction=0.6)
        for flavor in ("e", "mu", "tau")
    )


def fraction():
    """0.44 over the charged currents in FASER's four modules, 24.2 cm wide, in 57.7 of 150 fb^-1."""
    return 0.44 / events(LHC("fasernu"), 57.7 / 150 * LEAD_AND_SCINTILLATOR * 0.242**2, 1500.0)


def expected(key):
    """Charged currents [events] by flux, mass, distance and protons."""
    ship, wide = beam_dumps.ship(), LHC("flare-100")
    return {
        "faser2": lambda: events(wide, LEAD_AND_SCINTILLATOR * 3.0, 100.0),
        "facet": lambda: events(wide, LEAD_AND_SCINTILLATOR * RING, 100.0) * (620 / 122) ** 2,
        "na62": lambda: events(ship, KRYPTON * np.pi * (1 - 0.15**2), 10.0) * (46 / 218.43) ** 2 * 1.4e17 / 2e20,
        "hike": lambda: events(ship, KRYPTON * np.pi * (1 - 0.15**2), 10.0) * (46 / 218.43) ** 2 * 1e19 / 2e20,
        "ship-mesons": lambda: events(ship, LEAD_AND_SCINTILLATOR * np.pi * 2.5**2, 2.0) * (46 / 122) ** 2,
        "ship-main": lambda: events(ship, LEAD_AND_SCINTILLATOR * 50.0, 0.1) * (46 / 104) ** 2,
        "ship-ecc": lambda: events(ship, 9.6, 0.1),
    }[key]()


KEYS = ("faser2", "facet", "na62", "hike", "ship-mesons", "ship-main", "ship-ecc")


@pytest.mark.parametrize("key", KEYS)
def test_backgrounds_are_the_share_of_charged_currents_that_faser_has(key):
    background = sum(registry.get(key).model().components().values())
    assert background.sum() == pytest.approx(fraction() * expected(key), rel=0.03, abs=0)


@pytest.mark.parametrize("key", KEYS)
def test_limits_allow_what_the_background_allows(key):
    """Events at the limit: 1.64 (1.28) standard deviations of Poisson and relative error, and of the signal itself."""
    experiment = registry.get(key)
    masses = np.array([0.03])
    model = experiment.model()
    d = experiment.limit(masses, Direction("mu")).lower
    signal = model.signal(masses, Direction("mu")).counts(0, d).sum()
    card = model.card
    background = sum(model.components().values()).sum()
    if key == "na62":  # one count seen: Feldman-Cousins at 90 per cent
        assert signal == pytest.approx(3.11, rel=0.02, abs=0)
        return
    uncertainty = card.background[0].uncertainty if hasattr(card, "background") else card.observation.uncertainty
    deviations = norm.ppf(card.confidence_level)
    rough = deviations * np.sqrt(background + (uncertainty * background) ** 2)
    assert rough < signal < 1.25 * rough


@pytest.mark.parametrize("key", KEYS)
def test_background_free_reaches_farther(key):
    experiment, masses = registry.get(key), np.array([0.03])
    free = experiment.limit(masses, Direction("mu"), preset="background-free").lower
    assert free < experiment.limit(masses, Direction("mu")).lower
    model = experiment.model("background-free")
    events_at_limit = model.signal(masses, Direction("mu")).counts(0, free).sum()
    assert events_at_limit == pytest.approx(-np.log1p(-model.card.confidence_level), rel=0.01, abs=0)


@pytest.mark.parametrize("key", ["ship-mesons", "ship-main", "hike", "facet"])
def test_no_mass_is_lost_to_a_best_fit_made_of_rounding(key):
    """A projection sees its expectation: chi^2 falls below zero by 1e-12 here and there where N is lost, and is no fit."""
    found = registry.get(key).limit(np.geomspace(0.01, 0.07, 80), Direction("mu"))
    assert np.all(np.isfinite(found.lower))


@pytest.mark.parametrize(
    ("observation", "field"),
    [
        ('statistic = "asimov"\n', "background"),
        ('statistic = "asimov"\nbackground = 3.0\ncounts = 2.0\n', "counts"),
        ('statistic = "background-free"\nuncertainty = 0.1\n', "uncertainty"),
        ('statistic = "feldman-cousins"\nbackground = 1.0\nuncertainty = 0.1\n', "uncertainty"),
        ('statistic = "asimov"\nbackground = 3.0\nuncertainty = 2.0\n', "uncertainty"),
    ],
)
def test_observations_that_contradict_themselves_are_refused(tmp_path, observation, field):
    text = (registry.card_directory() / "na62.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("[observation]\n")
    rest = rest[rest.index("\n[presets.background-free]") :]
    file = tmp_path / "dump.toml"
    file.write_text(head.replace('key        = "na62"', 'key        = "dump"') + "[observation]\n" + observation + rest)
    with pytest.raises(CardError, match=field):
        registry.load(str(file)).model()
