"""The card's completion: used by directions that say nothing, never instead of their own."""

from nudipole.portal import Completion, Direction
from nudipole.signals.completion import CompletionSection, completed

GAUGE = CompletionSection(kind="gauge", ratio=2.0)


def test_a_direction_without_a_completion_takes_the_card_s():
    found = completed(Direction("mu", nature="majorana", extra_width=1e-12), GAUGE)
    assert found.completion == Completion("gauge", 2.0)
    assert (found.name, found.nature, found.extra_width) == ("mu", "majorana", 1e-12)


def test_a_direction_keeps_its_own_completion():
    own = Direction("mu", completion=Completion("gauge", -0.5))
    assert completed(own, GAUGE) is own


def test_a_card_of_the_photon_alone_changes_nothing():
    direction = Direction("e")
    assert completed(direction, CompletionSection()) is direction
