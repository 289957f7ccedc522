"""Cards of meson decays: bad ones are refused by field, and what a source stands for."""

import pytest

from nudipole.errors import CardError
from nudipole.fluxes.hadrons import mesons
from nudipole.inputs import cards
from nudipole.signals.meson_decay import model as meson_decay
from nudipole.signals.meson_decay.card import SourceSection, canonical, counted_mesons, exposure
from tests.signals.meson_decay.test_model import CARD


def _model(tmp_path, **changes):
    card = cards.convert(CARD | changes, meson_decay.CardType, tmp_path / "toy.toml")
    return meson_decay.build(card, tmp_path / "toy.toml")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("source.beam", {"source": {"protons": 1.0}}),
        ("source.beam", {"source": {"beam": 70.0, "protons": 1.0}}),
        ("source.protons", {"source": {"beam": 400.0}}),
        ("source.mesons", {"source": {"beam": 400.0, "protons": 1.0, "mesons": ["kaon"]}}),
        ("source.decays", {"source": {"meson_beam": "K", "momentum_GeV": 75.0}}),
        ("volume", {"volume": {"shape": "sphere", "radius_m": 1.0}}),
        ("volume.radius_m", {"volume": {"shape": "sphere"}}),
        ("selection.photon_GeV", {"selection": CARD["selection"] | {"photon_GeV": [3.0, 2.0]}}),
        ("selection.outer_m", {"selection": {"photon_GeV": [1.0, 2.0], "calorimeter_m": 3.0}}),
        ("selection.outer_m", {"selection": CARD["selection"] | {"inner_m": 2.5}}),
    ],
)
def test_bad_cards_name_the_field(tmp_path, field, changes):
    with pytest.raises(CardError, match=field):
        _model(tmp_path, **changes)


def test_both_charges_count_together():
    assert [canonical(name) for name in ("K+", "K-", "K", "pi0", "J/psi")] == ["K", "K", "K", "pi0", "J/psi"]
    assert counted_mesons(SourceSection(beam=400.0, mesons=["K+", "eta"])) == ("K", "eta")
    assert counted_mesons(SourceSection(meson_beam="K+")) == ("K+",)


def test_without_names_every_meson_of_the_beam_counts_once():
    found = counted_mesons(SourceSection(beam=400.0))
    assert len(set(found)) == len(found)
    assert set(found) == {canonical(name) for name in mesons.mesons(400.0)}


def test_the_exposure_is_in_protons_or_inverse_picobarn():
    assert exposure(SourceSection(beam=400.0, protons=1e18)) == 1e18
    assert exposure(SourceSection(beam="lhc", luminosity_fb=150.0)) == 1.5e5
