"""Decays of mesons into N: which coupling drives each, thresholds, yields and shares."""

import numpy as np
import pytest

from nudipole import units
from nudipole.portal import FLAVORS, Direction
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay import channels
from nudipole.signals.meson_decay.parents import beam_parents


def source(name, number=1.0):
    return name, beam_parents(name, 50.0, number, (0.0, 1.0))


def test_two_and_three_body_channels_alone_are_sampled():
    for parent in meson.PARENTS:
        found = channels.sampled_channels(parent)
        assert all(len(name.split()) in (2, 3) for name in found)
        assert set(found) <= set(meson.channels(parent))


def test_neutral_mesons_need_any_coupling_and_charged_ones_that_of_their_lepton():
    assert {channels.coupling_group(c) for c in channels.sampled_channels("eta")} == {"any"}
    assert {channels.coupling_group(c) for c in channels.sampled_channels("K")} == {"e", "mu"}
    direction = Direction("mix", couplings=(3.0, 4.0j, 0.0))
    assert channels.strength("any", direction) == pytest.approx(25.0, rel=1e-12, abs=0)
    assert [channels.strength(f, direction) for f in FLAVORS] == pytest.approx([9.0, 16.0, 0.0], rel=1e-12, abs=0)
    assert channels.strength("tau", Direction("universal")) == 1.0


def test_flavours_and_thresholds_of_a_set_of_mesons():
    assert channels.flavors(["K"]) == ("e", "mu")
    assert channels.flavors(["Ds", "eta"]) == FLAVORS
    assert channels.maximum_mass(["K"]) == meson.parent_mass("K") - units.ELECTRON_MASS
    assert channels.maximum_mass(["eta", "K"]) == meson.parent_mass("eta")


@pytest.mark.parametrize(("parent", "states"), [("eta", 2), ("K", 1)])
def test_yields_are_mesons_times_branching_ratios_of_both_lepton_numbers(parent, states):
    name, parents = source(parent, 3e5)
    found = channels.channels_of(name, parents, 0.1, "pole")
    for one in found:
        ratio = float(meson.branching_ratio(parent, one.channel, 0.1, "pole"))
        assert one.made == pytest.approx(3e5 * states * ratio, rel=1e-3, abs=0)
        gamma = float(parents.energy[0]) / meson.parent_mass(parent)
        mean = np.average((gamma * one.energy) ** 12, weights=one.ratio)
        assert one.made_fast == pytest.approx(one.made * mean, rel=1e-9, abs=0)
        assert one.group == channels.coupling_group(one.channel)


def test_closed_channels_are_left_out():
    name, parents = source("K")
    assert [one.channel for one in channels.channels_of(name, parents, 0.45, "pole")] == ["e gamma N"]
    assert channels.channels_of(name, parents, 0.5, "pole") == []
    assert channels.open_channels([(name, parents)], 0.5, "pole") == []


def test_shares_count_beside_what_the_same_coupling_drives():
    made = np.array([[6.0, 1.0], [2.0, 3.0], [4.0, 4.0], [8.0, 8.0]])
    found = channels.shares(["any", "mu", "mu", "e"], made)
    # tau drives the neutral meson alone
    assert found[0] == pytest.approx(0.8 * 6 / 6 + 0.2 * 1 / 1, rel=1e-12, abs=0)
    assert found[1] == pytest.approx(0.8 * 2 / 12 + 0.2 * 3 / 8, rel=1e-12, abs=0)
    assert found[3] == pytest.approx(0.8 * 8 / 14 + 0.2 * 8 / 9, rel=1e-12, abs=0)


def test_rare_channels_are_not_sampled():
    many, few = source("eta", 1e6), source("pi0", 1.0)
    found = channels.open_channels([many, few], 0.1, "pole")
    assert {one.parent for one in found} == {"eta"}
    assert sum(one.share for one in found) == pytest.approx(1.0, rel=1e-2, abs=0)
    assert {one.parent for one in channels.open_channels([many, source("pi0", 1e6)], 0.1, "pole")} == {"eta", "pi0"}
