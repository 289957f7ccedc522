"""What a preset changes, and what each change does, in words."""

from __future__ import annotations

import numpy as np

from nudipole.catalogue import explanation, registry
from nudipole.catalogue.card_with_presets import typed_card
from nudipole.catalogue.experiment import Experiment
from nudipole.inputs import raw_cards
from nudipole.portal import Direction

PRESET = {"about": "as in the paper", "basis": "normalised", "source": {"power_GW": 3.0, "flux": "reactor"}}


def test_overrides_leave_out_the_description():
    assert explanation.overrides(PRESET) == {"basis": "normalised", "source": PRESET["source"]}


def test_changes_are_one_field_each_and_together_the_whole():
    changes = dict(explanation.single_changes(PRESET))
    assert list(changes) == ["basis", "source.power_GW", "source.flux"]
    assert changes["source.flux"] == {"source": {"flux": "reactor"}}


def test_effects_are_told_where_both_exclude():
    assert explanation.effect([0.1, 0.2], np.array([1.2345, 0.5])).endswith("= 1.23 at 0.1 GeV, 0.5 at 0.2 GeV")
    assert explanation.effect([0.1], np.array([np.inf])).endswith("no common excluded mass")


def test_tables_are_escaped():
    assert "<script>" not in explanation.html_table("<script>", {"<script>": "<script>"})


def test_explanations_say_what_the_card_and_the_preset_say():
    experiment = registry.get("miniboone")
    preset = experiment.presets[1]
    told, default = experiment.explain(preset), experiment.explain()
    assert default["overrides"] == {}
    assert told["overrides"] == explanation.overrides(experiment.card.presets[preset])
    assert told["about"] == experiment.card.presets[preset].get("about", "")
    assert told["test"] == experiment.model(preset).statistic().description
    assert told["completion"] == ""
    assert "completion that the direction brings" in registry.get("lep").explain()["completion"]


def test_a_single_change_shifts_the_limit_by_its_own_ratio():
    """Each field of the preset alone, written into a card of its own."""
    experiment, masses, direction = registry.get("conus-plus"), [1e-3], Direction("e")
    preset = "normalisation-only"
    base = experiment.limit(masses, direction).lower
    changes = dict(explanation.single_changes(experiment.card.presets[preset]))
    told = dict(experiment.preset_steps(preset, masses, direction))
    assert list(told) == list(changes)
    for field, change in changes.items():
        raw = raw_cards.merged(experiment.raw, change)
        try:
            alone = Experiment(typed_card(raw, experiment.file), raw, experiment.file)
            expected = explanation.effect(masses, alone.limit(masses, direction).lower / base)
        except ValueError:
            expected = "makes sense only together with the others"
        assert told[field] == expected
    assert any(" at 0.001 GeV" in effect for effect in told.values())
