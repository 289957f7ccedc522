"""Cards of searches together: members that stand there twice, and presets and tests that do not go together."""

import pytest

from nudipole.errors import CardError
from nudipole.inputs import cards
from nudipole.signals.joint.card import CombinationCard, EnvelopeCard

COMMON = {"schema": 1, "key": "both", "title": "both", "basis": "first-principles", "summary": "toy"}


@pytest.mark.parametrize("kind", [EnvelopeCard, CombinationCard])
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("members", {"members": ["lz-nees", "lz-nees"]}),
        ("members", {"members": []}),
        ("member_presets.gemma", {"members": ["lz-nees", "lsnd"], "member_presets": {"gemma": "x"}}),
    ],
)
def test_members_that_contradict_themselves_are_refused_by_field(tmp_path, kind, field, changes):
    with pytest.raises(CardError, match=field):
        cards.convert(COMMON | changes, kind, tmp_path / "both.toml")


def test_a_joint_fit_has_two_members_and_one_test(tmp_path):
    two = {"members": ["lz-nees", "lsnd"], "parameters": 2}
    assert cards.convert(COMMON | two, CombinationCard, tmp_path / "both.toml").parameters == 2
    with pytest.raises(CardError, match="a one-sided limit has one parameter"):
        cards.convert(COMMON | two | {"test": "one-sided"}, CombinationCard, tmp_path / "both.toml")
    with pytest.raises(CardError, match="members"):
        cards.convert(COMMON | {"members": ["lsnd"]}, CombinationCard, tmp_path / "both.toml")
    assert cards.convert(COMMON | {"members": ["lsnd"]}, EnvelopeCard, tmp_path / "both.toml").members == ["lsnd"]
