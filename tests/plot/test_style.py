"""Names and colours: one for each constraint, and readable."""

from __future__ import annotations

import itertools

import pytest

from nudipole.catalogue import families, registry
from nudipole.errors import UnknownNameError
from nudipole.plot import names, style


def test_every_constraint_has_its_own_short_name():
    keys = registry.all_keys()
    assert set(keys) <= set(names.SHORT)
    assert len({names.short(key) for key in keys}) == len(keys)
    assert max(len(names.short(key)) for key in keys) <= 20


def test_a_card_of_a_user_is_named_by_its_key():
    assert names.short("no-such-key") == "no-such-key"


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("look", ["paper", "dark"])
@pytest.mark.parametrize("family", style.COLORS)
def test_names_stand_out_from_the_paper_and_from_every_fill(look, family):
    """Contrast of at least 3 to 1, as WCAG 2 asks of large text and graphics."""
    chosen = style.get(look)
    text = luminance(style.written(style.COLORS[family], chosen))
    paper = luminance({"white": "#ffffff"}.get(chosen.paper, chosen.paper))
    for fill in (paper, *(luminance(style.tint(color, chosen)) for color in style.COLORS.values())):
        bright, dark = max(text, fill), min(text, fill)
        assert (bright + 0.05) / (dark + 0.05) >= 3.0


def test_classes_are_told_apart():
    for one, two in itertools.combinations(style.COLORS.values(), 2):
        assert sum(abs(int(one[i : i + 2], 16) - int(two[i : i + 2], 16)) for i in (1, 3, 5)) > 60


def test_every_family_has_a_colour():
    assert tuple(style.COLORS) == families.FAMILIES


def test_an_unknown_style_is_named():
    with pytest.raises(UnknownNameError, match="dark"):
        style.get("drak")
