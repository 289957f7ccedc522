"""Cards of mono-photon searches at the LHC: every number reaches its place and unit, and bad ones are refused."""

import numpy as np
import pytest

from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.signals.hadron_collider.card import HadronColliderCard, search

CARD = {
    "schema": 1,
    "key": "toy",
    "title": "toy",
    "signal": "hadron-collider",
    "basis": "first-principles",
    "summary": "toy",
    "search": {
        "luminosity_fb": 139.0,
        "missing_edges_GeV": [200.0, 250.0],
        "photon_pt_min_GeV": 150.0,
        "eta_max": 2.37,
        "eta_gap": [1.37, 1.52],
        "efficiency": 0.8,
        "radius_m": 1.2,
        "lost_lepton": {"mu": 0.2, "tau": 0.3},
    },
    "observation": {"statistic": "upper-limit", "visible_fb": 2.0},
}


def card(tmp_path, part="search", **changes):
    raw = CARD | {part: CARD[part] | changes}
    return cards.convert(raw, HadronColliderCard, tmp_path / "toy.toml")


def test_every_number_has_its_place(tmp_path):
    found = search(card(tmp_path), tmp_path / "toy.toml")
    assert found.missing_edges == (200.0, 250.0, np.inf)
    assert (found.luminosity, found.photon_pt_min, found.eta_max, found.eta_gap) == (139.0, 150.0, 2.37, (1.37, 1.52))
    assert (found.efficiency, found.radius, found.sqrt_s) == (0.8, 1.2, 13000.0)
    assert found.lost_lepton == (0.0, 0.2, 0.3)
    assert (found.isotropic, found.selection, found.delay_min, found.impact_min) == (False, "any", 0.0, 0.0)


def test_the_last_bin_may_be_closed_and_delays_are_in_nanoseconds(tmp_path):
    changed = card(tmp_path, missing_max_GeV=300.0, selection="delayed", delay_min_ns=1.5, isotropic_decay=True)
    found = search(changed, tmp_path / "toy.toml")
    assert found.missing_edges == (200.0, 250.0, 300.0)
    assert found.delay_min == pytest.approx(1.5e-9, rel=1e-12, abs=0)
    assert (found.selection, found.isotropic) == ("delayed", True)
    displaced = search(card(tmp_path, selection="displaced", impact_min_m=0.01), tmp_path / "toy.toml")
    assert displaced.impact_min == 0.01


@pytest.mark.parametrize(
    ("field", "part", "changes"),
    [
        ("search.eta_gap", "search", {"eta_gap": [1.5, 1.4]}),
        ("search.impact_min_m", "search", {"impact_min_m": 0.1}),
        ("search.delay_min_ns", "search", {"delay_min_ns": 0.1}),
        ("observation.visible_fb", "observation", {"visible_events": 3.0}),
        ("observation.counts", "observation", {"counts": [3.0]}),
        ("observation.background", "observation", {"statistic": "gaussian", "visible_fb": None, "counts": [3.0]}),
    ],
)
def test_bad_sections_are_refused_by_field(tmp_path, field, part, changes):
    with pytest.raises(CardError, match=field):
        card(tmp_path, part, **changes)


@pytest.mark.parametrize("changes", [{"missing_edges_GeV": [250.0, 200.0]}, {"sqrt_s_GeV": 900.0}])
def test_numbers_that_make_no_search_name_the_section(tmp_path, changes):
    with pytest.raises(CardError, match="search"):
        search(card(tmp_path, **changes), tmp_path / "toy.toml")
