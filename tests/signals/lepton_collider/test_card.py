"""Cards of single-photon searches: every number of a running reaches its place, and runnings come from a table too."""

import numpy as np
import pytest

from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.signals.lepton_collider.card import LeptonColliderCard, RunSection, machine, runnings

RUN = {
    "label": "toy",
    "sqrt_s_GeV": 10.58,
    "luminosity_pb": 5e4,
    "cosine_max": 0.9,
    "energy_min_GeV": 1.8,
    "energy_max_GeV": 4.0,
    "x_transverse_min": 0.04,
    "efficiency": 0.7,
    "veto_cosine": 0.98,
    "cosine_gap": [0.3, 0.4],
    "theta_min_deg": [10.0, 1.0],
    "theta_max_deg": [150.0, -2.0],
    "beam_velocity": 0.27,
    "radius_m": 1.1,
    "half_length_m": 1.9,
}
CARD = {
    "schema": 1,
    "key": "toy",
    "title": "toy",
    "signal": "lepton-collider",
    "basis": "first-principles",
    "summary": "toy",
    "running": [RUN],
    "observation": {"statistic": "significance"},
}
TABLE = """# what: toy
# columns: sqrt_s [GeV], energy_min [GeV], cosine_max [1], x_transverse_min [1], radius [m], half_length [m], measured [pb], statistical [pb], systematic [pb]
189.0,1.0,0.9,0.05,1.5,2.5,3.5,0.3,0.4
"""


def card(tmp_path, **changes):
    return cards.convert(CARD | changes, LeptonColliderCard, tmp_path / "toy.toml")


def test_every_number_has_its_place(tmp_path):
    toy = card(tmp_path, radiation=False, isotropic_decay=True)
    found = machine(toy.running[0], 0, toy, tmp_path / "toy.toml")
    photon = found.acceptance
    assert (found.sqrt_s, found.luminosity, found.radius, found.half_length) == (10.58, 5e4, 1.1, 1.9)
    assert (found.radiation, found.isotropic) == (False, True)
    assert (photon.cosine_max, photon.energy_min, photon.energy_max, photon.x_transverse_min) == (0.9, 1.8, 4.0, 0.04)
    assert (photon.efficiency, photon.veto_cosine, photon.cosine_gap) == (0.7, 0.98, (0.3, 0.4))
    assert (photon.theta_min_deg, photon.theta_max_deg, photon.beam_velocity) == ((10.0, 1.0), (150.0, -2.0), 0.27)


def test_without_a_ceiling_photons_of_any_energy_count(tmp_path):
    toy = card(tmp_path, running=[{"label": "open", "sqrt_s_GeV": 91.0}])
    found = machine(toy.running[0], 0, toy, tmp_path / "toy.toml")
    assert found.acceptance.energy_max == np.inf
    assert found.radiation
    assert not found.isotropic
    # what a card that says nothing stands for: a cross section, any angle between N and its photon, a small detector
    assert (found.luminosity, found.radius, found.half_length) == (1.0, 1.5, 2.0)
    assert toy.running[0].opening_max_deg == 180.0


def test_runnings_of_the_table_come_before_those_of_the_card(tmp_path):
    (tmp_path / "runs.csv").write_text(TABLE, encoding="utf-8")
    toy = card(tmp_path, observation={"statistic": "measured", "table": "runs.csv"})
    first, second = runnings(toy, tmp_path / "toy.toml")
    assert second == toy.running[0]
    assert (first.label, first.sqrt_s_GeV, first.cosine_max, first.energy_min_GeV) == (
        "runs.csv row 1",
        189.0,
        0.9,
        1.0,
    )
    assert (first.x_transverse_min, first.radius_m, first.half_length_m, first.measured_pb) == (0.05, 1.5, 2.5, 3.5)
    assert first.uncertainty_pb == pytest.approx(0.5, rel=1e-12, abs=0)


def test_a_card_needs_a_running(tmp_path):
    with pytest.raises(CardError, match="at least one running"):
        runnings(card(tmp_path, running=[]), tmp_path / "toy.toml")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("cosine_gap", {"running": [RUN | {"cosine_gap": [0.4, 0.3]}]}),
        ("theta_max_deg", {"running": [RUN | {"theta_max_deg": []}]}),
        ("energy_max_GeV", {"running": [RUN | {"energy_max_GeV": 1.0}]}),
        ("running.label", {"running": [RUN, RUN]}),
        ("completion.ratio", {"completion": {"ratio": 2.0}}),
        ("observation.allowed", {"observation": {"statistic": "significance", "allowed": 1.0}}),
    ],
)
def test_bad_sections_are_refused_by_field(tmp_path, field, changes):
    with pytest.raises(CardError, match=field):
        card(tmp_path, **changes)


def test_numbers_that_make_no_detector_name_the_running(tmp_path):
    toy = card(tmp_path)
    with pytest.raises(CardError, match=r"running\[3\]"):
        machine(RunSection(label="x", sqrt_s_GeV=10.0, cosine_max=1.0), 3, toy, tmp_path / "toy.toml")
