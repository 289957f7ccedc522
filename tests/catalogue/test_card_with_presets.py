"""A card and its presets: settings, reach, models kept, errors with the name of the file."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from nudipole import units
from nudipole.catalogue import registry
from nudipole.catalogue.card_with_presets import as_card_error, typed_card
from nudipole.errors import CardError, DomainError, UnknownNameError

FILE = Path("my.toml")


@pytest.fixture(scope="module")
def experiment():
    return registry.get("miniboone")


def test_the_signal_of_a_card_chooses_its_type(experiment):
    assert type(experiment.card).__name__ == "UpscatterCard"
    with pytest.raises(CardError, match=r"my\.toml: signal = 'telepathy': must be one of recoil"):
        typed_card({"signal": "telepathy"}, FILE)
    with pytest.raises(CardError, match=r"flavors = 'nu': must be among e"):
        typed_card({**experiment.raw, "flavors": ["nu"]}, FILE)
    with pytest.raises(CardError, match="no such preset"):
        typed_card(experiment.raw, FILE, "unheard-of")


def test_settings_are_the_card_with_the_preset_merged_in(experiment):
    assert experiment.settings() == experiment.card
    changed = experiment.settings("delayed")
    assert changed.selection.gate_ns is not None
    assert experiment.card.selection.gate_ns is None
    assert experiment.kind_of("delayed") == changed.kind


def test_reach_is_the_narrower_of_card_and_kinematics(experiment):
    low, high = experiment.reach()
    assert low == 0.0
    assert high == experiment.model().maximum_mass()
    assert experiment.mass_range == (units.KEV, high)
    lhc = registry.get("lhc-monophoton")
    assert lhc.reach()[0] == pytest.approx(lhc.card.mass_range_MeV[0] * 1e-3, rel=1e-12, abs=0)


def test_models_are_kept_and_not_copied(experiment):
    assert experiment.model() is experiment.model()
    assert experiment.model("delayed") is not experiment.model()
    for other in (copy.copy(experiment), pickle.loads(pickle.dumps(experiment))):
        assert type(other) is type(experiment)
        assert other == experiment
        assert hash(other) == hash(experiment)
        assert other.model() is not experiment.model()
    with pytest.raises(UnknownNameError, match="unheard-of"):
        experiment.model("unheard-of")


@pytest.mark.parametrize("error", [DomainError("a mass is negative"), UnknownNameError("nucleus", "X", ["Ar40"])])
def test_errors_of_formulas_name_the_card(error):
    with (
        pytest.raises(CardError, match=r"my\.toml: card = 'toy': cannot be evaluated: ") as found,
        as_card_error(FILE, "toy"),
    ):
        raise error
    assert found.value.__cause__ is error
    with pytest.raises(ZeroDivisionError), as_card_error(FILE, "toy"):
        raise ZeroDivisionError
